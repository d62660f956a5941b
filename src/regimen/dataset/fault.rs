//! What can be wrong with a data set: one variant per kind, with the value met and what was expected instead.

use thiserror::Error;

/// Largest ADDL taken: at one dose an hour, more than a century. More is a slip, and would only look like a hang.
pub const MAX_ADDITIONAL: u32 = 1_000_000;

/// One kind of problem. The text says value and expectation; the place is in [`super::Problem`], the remedy in
/// [`Fault::hint`].
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The source failed while it was read (a broken archive among the causes).
    #[error("reading failed: {message}; expected a readable text or gzip file")]
    Unreadable {
        /// What the system said.
        message: String,
    },
    /// UTF-16 byte order mark.
    #[error("the text is UTF-16; expected UTF-8")]
    Utf16,
    /// A zip archive, which an .xlsx file is.
    #[error("this is a zip archive or a workbook; expected text with one record a line")]
    Workbook,
    /// No line at all.
    #[error("the file is empty; expected a header line and records")]
    Empty,
    /// Header, nothing else.
    #[error("no records follow the header; expected at least one")]
    NoRecords,
    /// A header of one column.
    #[error("the header `{header}` has one column; expected several, separated by comma, semicolon or tab")]
    OneColumn {
        /// As written.
        header: String,
    },
    /// A first line of numbers.
    #[error("the first line holds the number `{value}` where a column name was expected")]
    HeaderIsData {
        /// First cell.
        value: String,
    },
    /// A column every data set has.
    #[error("no column `{name}`; expected one")]
    ColumnMissing {
        /// ID or TIME.
        name: &'static str,
    },
    /// A covariate of the model without a column.
    #[error("no column `{name}`; the model takes that covariate from the data{}{uses}", if uses.is_empty() { "" } else { ", for " })]
    CovariateColumnMissing {
        /// As the model names it.
        name: String,
        /// What the model computes from it; empty where that is not known.
        uses: String,
        /// The most similar column.
        nearest: Option<String>,
    },
    /// A column to be carried that is not there.
    #[error("no column `{name}` to carry along; expected a column of the data set")]
    CarriedColumnMissing {
        /// As asked for.
        name: String,
        /// The most similar column.
        nearest: Option<String>,
    },
    /// An interpolation of a covariate that is not there.
    #[error("the interpolation asked for `{name}` has no such covariate to apply to")]
    InterpolatedCovariateMissing {
        /// As asked for.
        name: String,
        /// The most similar covariate.
        nearest: Option<String>,
    },
    /// Two columns of one name or one meaning.
    #[error("column `{name}` says again what column {first} (`{first_name}`) says; expected one of them")]
    ColumnTwice {
        /// The later one.
        name: String,
        /// Number of the earlier one.
        first: usize,
        /// Name of the earlier one.
        first_name: String,
    },
    /// A line too long to be a record.
    #[error("the line is longer than {limit} bytes; expected one record a line")]
    LineTooLong {
        /// In bytes.
        limit: usize,
    },
    /// Cells missing or too many.
    #[error("the line has {found} cells; the header has {expected}")]
    CellCount {
        /// In this line.
        found: usize,
        /// In the header.
        expected: usize,
    },
    /// A quote opened and not closed on its line.
    #[error("a quoted cell does not end on its line; expected a closing quote")]
    QuoteNotClosed,
    /// Bytes that are no text.
    #[error("`{value}` is not UTF-8 text")]
    NotText {
        /// With replacement characters.
        value: String,
    },
    /// A control character in a name or an ID.
    #[error("`{value}` holds a control character; expected printable text")]
    ControlCharacter {
        /// With escapes.
        value: String,
    },
    /// An empty cell that must not be.
    #[error("the value is missing{}; expected {expected}", as_written(value))]
    ValueMissing {
        /// As written.
        value: String,
        /// For instance `a time`.
        expected: &'static str,
    },
    /// AMT missing where a dose is given.
    #[error("EVID {evid} gives a dose, but AMT is missing; expected an amount")]
    AmountMissing {
        /// 1 or 4.
        evid: u8,
    },
    /// Not a number.
    #[error("`{value}` is not a number")]
    NotANumber {
        /// As written.
        value: String,
    },
    /// A number with a decimal comma.
    #[error("`{value}` has a decimal comma; expected a decimal point")]
    DecimalComma {
        /// As written.
        value: String,
    },
    /// Infinite, or beyond double precision.
    #[error("`{value}` is not a finite number")]
    NotFinite {
        /// As written.
        value: String,
    },
    /// A fraction where a count or a code is expected.
    #[error("`{value}` is not a whole number")]
    NotWhole {
        /// As written.
        value: String,
    },
    /// Below zero (AMT, II, ADDL, durations).
    #[error("`{value}` is negative; expected 0 or more")]
    Negative {
        /// As written.
        value: String,
    },
    /// A code without a meaning (EVID, SS, MDV, RATE).
    #[error("`{value}` has no meaning here; expected {expected}")]
    UnknownCode {
        /// As written.
        value: String,
        /// The codes.
        expected: &'static str,
    },
    /// AMT where no dose is given.
    #[error("the record gives `{value}` but has EVID {evid}, which gives no dose; expected 0")]
    AmountWithoutDose {
        /// As written.
        value: String,
        /// 0, 2 or 3.
        evid: u8,
    },
    /// RATE and duration that do not agree.
    #[error("RATE `{rate}` and duration `{duration}` do not agree with AMT `{amount}`; expected one of the two")]
    RateAndDuration {
        /// RATE.
        rate: f64,
        /// TINF, DUR or DURATION.
        duration: f64,
        /// AMT.
        amount: f64,
    },
    /// Rule 6.
    #[error("ADDL `{additional}` asks for additional doses, but II is `{interval}`; expected II above 0")]
    AdditionalWithoutInterval {
        /// ADDL.
        additional: u32,
        /// II.
        interval: f64,
    },
    /// More than [`MAX_ADDITIONAL`].
    #[error("`{value}` additional doses are more than {MAX_ADDITIONAL}")]
    TooManyAdditional {
        /// As written.
        value: String,
    },
    /// SS without II.
    #[error("SS `{steady_state}` asks for a steady state, but II is `{interval}`; expected II above 0")]
    SteadyStateWithoutInterval {
        /// SS.
        steady_state: u8,
        /// II.
        interval: f64,
    },
    /// Rule 9.
    #[error("the steady state of a constant infusion (AMT 0) has no interval, but II is `{interval}`; expected 0")]
    ConstantInfusionWithInterval {
        /// II.
        interval: f64,
    },
    /// Rule 9.
    #[error("SS 2 cannot add the steady state of a constant infusion (AMT 0); expected SS 1")]
    ConstantInfusionAdded,
    /// CMT above the number of compartments.
    #[error("`{value}` is not a compartment; expected 1 to {highest}")]
    CompartmentOutOfRange {
        /// As written.
        value: String,
        /// Highest number allowed on this record.
        highest: usize,
    },
    /// CMT by a name the model does not know.
    #[error("`{value}` is not a compartment of the model; expected {known}")]
    CompartmentUnknown {
        /// As written.
        value: String,
        /// The model's names.
        known: String,
        /// The most similar one.
        nearest: Option<String>,
    },
    /// CMT negative where nothing is turned off.
    #[error("`{value}` turns a compartment off, which EVID {evid} cannot; expected EVID 2")]
    CompartmentOff {
        /// As written.
        value: String,
        /// Not 2.
        evid: u8,
    },
    /// Not a clock time.
    #[error("`{value}` is not a time; expected a number, hh:mm or hh:mm:ss")]
    TimeUnreadable {
        /// As written.
        value: String,
    },
    /// An hour or minute that no clock shows.
    #[error("`{value}` is not a time of day; expected 00:00 to 23:59:59")]
    NotATimeOfDay {
        /// As written.
        value: String,
    },
    /// Not a date.
    #[error("`{value}` is not a date; expected {expected}")]
    DateUnreadable {
        /// As written.
        value: String,
        /// The forms this column takes.
        expected: &'static str,
    },
    /// A date with a time of day beside a TIME column.
    #[error("`{value}` holds a time of day, and so does column TIME; expected one of them")]
    TimeTwice {
        /// As written.
        value: String,
    },
    /// A date without a time of day, and no TIME column.
    #[error("`{value}` has no time of day, and there is no column TIME; expected `yyyy-mm-dd hh:mm`")]
    DateWithoutTime {
        /// As written.
        value: String,
    },
    /// Numbers and clock times in one subject.
    #[error("`{value}` mixes numbers and clock times within a subject; expected the form of its first record")]
    TimeMixed {
        /// As written.
        value: String,
    },
    /// Rule 18.
    #[error(
        "`{value}` (time {time}) is before the record above (time {previous}); expected times that do not decrease"
    )]
    TimeGoesBack {
        /// As written.
        value: String,
        /// On the subject's clock.
        time: f64,
        /// Of the record before.
        previous: f64,
    },
    /// Rule 18.
    #[error("subject `{id}` comes again after rows of others; expected its rows together")]
    SubjectSplit {
        /// As written.
        id: String,
    },
    /// A covariate without a value to start from.
    #[error(
        "the covariate is missing{} in the subject's first record; expected a value to start from",
        as_written(value)
    )]
    CovariateMissing {
        /// As written.
        value: String,
    },
    /// A covariate without any value.
    #[error("the covariate is missing in every record of the subject; expected at least one value")]
    CovariateNeverGiven,
    /// Warning, rule 16.
    #[error("the dose is 0, so that nothing is given")]
    ZeroAmount,
    /// Warning: dosing items on a record that gives no dose.
    #[error("`{value}` has no effect on a record with EVID {evid}")]
    IgnoredItem {
        /// As written.
        value: String,
        /// 0, 2 or 3.
        evid: u8,
    },
    /// Warning: MDV 0 where nothing is observed.
    #[error("MDV 0 has no effect on a record with EVID {evid}")]
    IgnoredMdv {
        /// 1 to 4.
        evid: u8,
    },
    /// Warning: a column without a name.
    #[error("the column has no name and is not read")]
    UnnamedColumn,
    /// Warning: a column of text, read without knowing which covariates are wanted.
    #[error("`{value}` is not a number, so that this column cannot be a covariate")]
    TextColumn {
        /// First such value.
        value: String,
    },
}

/// What stands in a missing cell, where anything does.
fn as_written(value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" (`{value}`)") }
}

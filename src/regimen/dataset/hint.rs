//! What to do about a fault, and a short name for counting it.

use super::fault::Fault;

impl Fault {
    /// A stable short name, for counts and for programs that read the report.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::Utf16 => "utf-16",
            Self::Workbook => "workbook",
            Self::Empty => "empty-file",
            Self::NoRecords => "no-records",
            Self::OneColumn { .. } => "one-column",
            Self::HeaderIsData { .. } => "header-is-data",
            Self::ColumnMissing { .. } => "column-missing",
            Self::CovariateColumnMissing { .. } => "covariate-column-missing",
            Self::CarriedColumnMissing { .. } => "carried-column-missing",
            Self::InterpolatedCovariateMissing { .. } => "interpolated-covariate-missing",
            Self::ColumnTwice { .. } => "column-twice",
            Self::LineTooLong { .. } => "line-too-long",
            Self::CellCount { .. } => "cell-count",
            Self::QuoteNotClosed => "quote-not-closed",
            Self::NotText { .. } => "not-utf-8",
            Self::ControlCharacter { .. } => "control-character",
            Self::ValueMissing { .. } => "value-missing",
            Self::AmountMissing { .. } => "amount-missing",
            Self::NotANumber { .. } => "not-a-number",
            Self::DecimalComma { .. } => "decimal-comma",
            Self::NotFinite { .. } => "not-finite",
            Self::NotWhole { .. } => "not-whole",
            Self::Negative { .. } => "negative",
            Self::UnknownCode { .. } => "unknown-code",
            Self::AmountWithoutDose { .. } => "amount-without-dose",
            Self::RateAndDuration { .. } => "rate-and-duration",
            Self::AdditionalWithoutInterval { .. } => "addl-without-ii",
            Self::TooManyAdditional { .. } => "addl-too-large",
            Self::SteadyStateWithoutInterval { .. } => "ss-without-ii",
            Self::ConstantInfusionWithInterval { .. } => "constant-infusion-with-ii",
            Self::ConstantInfusionAdded => "constant-infusion-ss-2",
            Self::CompartmentOutOfRange { .. } => "compartment-out-of-range",
            Self::CompartmentUnknown { .. } => "compartment-unknown",
            Self::CompartmentOff { .. } => "compartment-off",
            Self::TimeUnreadable { .. } => "time-unreadable",
            Self::NotATimeOfDay { .. } => "not-a-time-of-day",
            Self::DateUnreadable { .. } => "date-unreadable",
            Self::TimeTwice { .. } => "time-twice",
            Self::DateWithoutTime { .. } => "date-without-time",
            Self::TimeMixed { .. } => "time-mixed",
            Self::TimeGoesBack { .. } => "time-goes-back",
            Self::SubjectSplit { .. } => "subject-split",
            Self::CovariateMissing { .. } => "covariate-missing",
            Self::CovariateNeverGiven => "covariate-never-given",
            Self::ZeroAmount => "zero-amount",
            Self::IgnoredItem { .. } => "ignored-item",
            Self::IgnoredMdv { .. } => "ignored-mdv",
            Self::UnnamedColumn => "unnamed-column",
            Self::TextColumn { .. } => "text-column",
        }
    }

    /// Whether the data set can be used all the same.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::ZeroAmount
                | Self::IgnoredItem { .. }
                | Self::IgnoredMdv { .. }
                | Self::UnnamedColumn
                | Self::TextColumn { .. }
        )
    }

    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        let nearest = match self {
            Self::CovariateColumnMissing { nearest, .. }
            | Self::CarriedColumnMissing { nearest, .. }
            | Self::InterpolatedCovariateMissing { nearest, .. }
            | Self::CompartmentUnknown { nearest, .. } => nearest.as_deref(),
            _ => None,
        };
        match nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => self.general_hint().to_owned(),
        }
    }

    fn general_hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "check that the file is complete and that you may read it",
            Self::Utf16 => "save the file as CSV UTF-8",
            Self::Workbook => "export the sheet as CSV UTF-8",
            Self::Empty | Self::NoRecords => "check the path, and the step that wrote the file",
            Self::OneColumn { .. } => "separate cells by commas; runs of spaces are not read as separators",
            Self::HeaderIsData { .. } => "put a header line with the column names first",
            Self::ColumnMissing { .. } => "add the column, or rename the one that holds these values",
            Self::CovariateColumnMissing { .. } => "add the column, with a value in each subject's first record",
            Self::CarriedColumnMissing { .. } | Self::InterpolatedCovariateMissing { .. } => "check the name",
            Self::ColumnTwice { .. } => "remove or rename one; names match without regard to case",
            Self::LineTooLong { .. } => "check the line ends of the file",
            Self::CellCount { .. } => "write `.` for a missing value, and quote a cell that holds the separator",
            Self::QuoteNotClosed => "close the quote, or remove it",
            Self::NotText { .. } => "save the file as UTF-8",
            Self::ControlCharacter { .. } => "remove it, and check the line ends of the file",
            Self::ValueMissing { .. } => "fill the value in, or mark the row in column C as a comment",
            Self::AmountMissing { .. } => "give AMT, or make the record an observation with EVID 0",
            Self::NotANumber { .. } => "write a number such as 12.5 or 1e-3, or `.` where there is none",
            Self::DecimalComma { .. } => "export the file with decimal points",
            Self::NotFinite { .. } => "write `.` where there is no value",
            Self::NotWhole { .. } => "remove the fraction",
            Self::Negative { .. } => "check the sign; a missing value is written `.`",
            Self::UnknownCode { .. } => "use one of these codes",
            Self::AmountWithoutDose { .. } => "use EVID 1 for a dose, or set AMT to 0",
            Self::RateAndDuration { .. } => "give RATE or the duration, and set the other one to 0",
            Self::AdditionalWithoutInterval { .. } => "give the time between doses in II, or set ADDL to 0",
            Self::TooManyAdditional { .. } => "check ADDL and II: they may have changed places",
            Self::SteadyStateWithoutInterval { .. } => {
                "give the time between doses in II, or set SS to 0; a constant infusion has AMT 0 and RATE above 0"
            }
            Self::ConstantInfusionWithInterval { .. } => "set II to 0, or give AMT for repeated infusions",
            Self::ConstantInfusionAdded => "use SS 1",
            Self::CompartmentOutOfRange { .. } => "compartments count from 1 in the model's order; names work too",
            Self::CompartmentUnknown { .. } => "use a name of the model, or the compartment's number",
            Self::CompartmentOff { .. } => "use EVID 2 to turn a compartment off, or drop the sign",
            Self::TimeUnreadable { .. } => "write hours as a number, or a clock time such as 08:30",
            Self::NotATimeOfDay { .. } => "count hours from 0 to 23, and put the day into the date",
            Self::DateUnreadable { .. } => {
                "write 2024-03-31; a column DAT1 takes day/month/year, DAT2 year/month/day, DAT3 year/day/month"
            }
            Self::TimeTwice { .. } => "keep the time of day in TIME",
            Self::DateWithoutTime { .. } => "add a TIME column with hh:mm, or write the time behind the date",
            Self::TimeMixed { .. } => "write all times of a subject in one form",
            Self::TimeGoesBack { value, .. } if value.contains(':') => {
                "sort the records, start the clock again with EVID 3 or 4, or say the day in a column DATE where midnight has passed"
            }
            Self::TimeGoesBack { .. } => "sort the records, or start the clock again with EVID 3 or 4",
            Self::SubjectSplit { .. } => "sort by ID, or give the later rows an ID of their own",
            Self::CovariateMissing { .. } => "give a value there, or let the covariate be carried back (nocb)",
            Self::CovariateNeverGiven => "give a value in one of the subject's records",
            Self::ZeroAmount => "check AMT; use EVID 2 for a record without a dose",
            Self::IgnoredItem { .. } => "set it to 0, or use EVID 1 for a dose",
            Self::IgnoredMdv { .. } => "set MDV to 1",
            Self::UnnamedColumn => "name it, or leave row names out (write.csv: row.names = FALSE)",
            Self::TextColumn { .. } => "code it as a number to use it as a covariate",
        }
    }
}

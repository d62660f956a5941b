//! What can be wrong with a cohort.

use std::path::PathBuf;

/// What can be wrong with a cohort. Keys are as in the study, below `cohort`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CohortError {
    /// `size = 0`.
    #[error("empty cohort: `cohort.size` is 0; expected at least 1")]
    Empty,
    /// A subject that is not in the cohort.
    #[error("there is no subject {subject} in a cohort of {size}; subjects count from 1")]
    NoSuchSubject {
        /// Number asked for.
        subject: u64,
        /// Size of the cohort.
        size: u64,
    },
    /// The same covariate from two places.
    #[error("covariate `{name}` comes from both {first} and {second}; drop one")]
    DuplicateCovariate {
        /// Its name.
        name: String,
        /// Where it comes from first.
        first: &'static str,
        /// Where it comes from again.
        second: &'static str,
    },
    /// None or several of the ways to say a distribution.
    #[error(
        "covariate `{name}` has {found} distributions; expected one of `normal`, `lognormal`, `uniform`, `probability`, `categories`, `quantiles`, `bsa`, `lbm`"
    )]
    NotOneDistribution {
        /// Its name.
        name: String,
        /// How many there are.
        found: usize,
    },
    /// A number outside its range.
    #[error("`cohort.{key}` is {value}; expected {expected}")]
    OutOfRange {
        /// Key below `cohort`.
        key: String,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: String,
    },
    /// Bounds the wrong way round.
    #[error("`cohort.{key}` has min {min} above max {max}")]
    EmptyRange {
        /// Key below `cohort`.
        key: String,
        /// Lower bound.
        min: f64,
        /// Upper bound.
        max: f64,
    },
    /// A key that its kind of covariate does not take.
    #[error("`cohort.{key}` does not go with {with}; drop it")]
    UselessKey {
        /// Key below `cohort`.
        key: String,
        /// What it does not go with.
        with: &'static str,
    },
    /// Body size from covariates that are not there.
    #[error(
        "covariate `{name}` is computed from `{needed}`, which the cohort does not have; expected WT in kg, HT in cm{and_sex}"
    )]
    MissingForBodySize {
        /// Its name.
        name: String,
        /// The covariate that is missing.
        needed: &'static str,
        /// `, SEXF` where the formula needs it.
        and_sex: &'static str,
    },
    /// No factor makes the median what it should be.
    #[error(
        "no shift of `cohort.body.{key}` brings its median to {median} within the bounds: it stays at {reached:.1}; widen `min` and `max`"
    )]
    UnreachableMedian {
        /// `weight` or `height`.
        key: &'static str,
        /// Median wanted.
        median: f64,
        /// Median reached.
        reached: f64,
    },
    /// Bounds that no draw meets.
    #[error("{rejected} draws of {what} in a row were outside {bounds}; widen the bounds")]
    TooManyRejections {
        /// What was drawn.
        what: String,
        /// The bounds.
        bounds: String,
        /// How many draws were made.
        rejected: u32,
    },
    /// The file could not be read.
    #[error("cannot read the cohort file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A header and nothing else, or nothing at all.
    #[error("{}: no subjects; expected a header line and one line per subject", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// A column that is not there.
    #[error("{}:1: no column `{column}`; the columns are {}", path.display(), list(found))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Column wanted.
        column: String,
        /// Columns there are.
        found: Vec<String>,
    },
    /// Two columns of one name.
    #[error("{}:1:{position}: column `{column}` is there twice; rename one", path.display())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: String,
        /// Number of the second one, from 1.
        position: usize,
    },
    /// A line with too few or too many values.
    #[error("{}:{line}: {}; the header has {expected} columns", path.display(), counted(*found, "value"))]
    RaggedRow {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Values found.
        found: usize,
        /// Values expected.
        expected: usize,
    },
    /// A subject without an identifier.
    #[error("{}:{line}:{position}: no identifier in column `{column}`; give every subject one", path.display())]
    NoIdentifier {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Number of the column, from 1.
        position: usize,
        /// Its name.
        column: String,
    },
    /// Two subjects of one identifier.
    #[error(
        "{}:{line}:{position}: line {first} has the identifier `{id}` as well; expected one line per subject, each with an identifier of its own",
        path.display()
    )]
    DuplicateIdentifier {
        /// The file.
        path: PathBuf,
        /// Line of the second one, from 1.
        line: u64,
        /// Number of the column, from 1.
        position: usize,
        /// The identifier.
        id: String,
        /// Line of the first one.
        first: u64,
    },
    /// A value that is no number.
    #[error(
        "{}:{line}:{position}: {} in column `{column}` is not a finite number; correct it, or name the columns wanted in `cohort.csv.columns`",
        path.display(),
        cell(value)
    )]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Number of the column, from 1.
        position: usize,
        /// Its name.
        column: String,
        /// As written.
        value: String,
    },
    /// More subjects than the file has lines for.
    #[error(
        "{}: {} for a cohort of {size}; set `cohort.size = {rows}`, or `cohort.csv.sample = \"with-replacement\"`",
        path.display(),
        counted(*rows, "subject")
    )]
    TooFewRows {
        /// The file.
        path: PathBuf,
        /// Subjects in the file.
        rows: usize,
        /// Size of the cohort.
        size: u64,
    },
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// `1 value`, `3 values`.
fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// A cell as it is named where it is wrong.
fn cell(value: &str) -> String {
    if value.trim().is_empty() { "an empty cell".to_owned() } else { format!("`{value}`") }
}

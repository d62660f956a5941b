//! What can be wrong with the uncertainty of parameters.

use std::path::PathBuf;

/// A cell of a table of numbers, for messages: `run1.cov:4:2`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellPlace {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: u64,
    /// Number of the value within the line, from 1.
    pub column: usize,
}

impl std::fmt::Display for CellPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

/// What can be wrong with the uncertainty of parameters. Keys are as in the study, below `uncertainty`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UncertaintyError {
    /// A file that cannot be opened.
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing, or nothing but a header.
    #[error("`{}` holds no table; expected {expected}", path.display())]
    NoTable {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// A first line of numbers.
    #[error(
        "{place}: the first line begins with the number `{value}`, so the columns have no names; write the names of the parameters into the first line"
    )]
    NamesMissing {
        /// First cell.
        place: CellPlace,
        /// What stands there.
        value: String,
    },
    /// Two columns of one name.
    #[error("{place}: column `{name}` is there twice; remove one")]
    NameTwice {
        /// The second one.
        place: CellPlace,
        /// Its name.
        name: String,
    },
    /// A row named otherwise than its column.
    #[error(
        "{place}: row `{found}` stands where `{expected}` should; rows of a covariance matrix are in the order of its columns"
    )]
    RowName {
        /// Where.
        place: CellPlace,
        /// As found.
        found: String,
        /// Name of the column with the same number.
        expected: String,
    },
    /// A line with too few or too many values.
    #[error("{place}: {found} values under {expected} names; expected one each")]
    Ragged {
        /// End of the line.
        place: CellPlace,
        /// Values found.
        found: usize,
        /// Values expected.
        expected: usize,
    },
    /// A cell that is no number.
    #[error("{place}: `{value}` under `{name}` is not a finite number")]
    NotANumber {
        /// Where.
        place: CellPlace,
        /// Name of the column.
        name: String,
        /// As written.
        value: String,
    },
    /// Not as many rows as columns.
    #[error("`{}` has {columns} columns and {rows} rows; a covariance matrix is square: a row and a column for each parameter", path.display())]
    NotSquare {
        /// The file.
        path: PathBuf,
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
    /// Two cells that should be the same.
    #[error(
        "{place}: the covariance of `{row}` and `{column}` is `{value}`, but that of `{column}` and `{row}` is `{mirrored}`; the two are one number"
    )]
    NotSymmetric {
        /// The cell below the diagonal.
        place: CellPlace,
        /// Name of its row.
        row: String,
        /// Name of its column.
        column: String,
        /// Its value.
        value: f64,
        /// Value of its mirror image.
        mirrored: f64,
    },
    /// A variance below zero.
    #[error("{place}: the variance of `{name}` is `{value}`; a variance is not negative")]
    NegativeVariance {
        /// The cell.
        place: CellPlace,
        /// Of the parameter.
        name: String,
        /// Its value.
        value: f64,
    },
    /// A covariance that the variances do not allow.
    #[error(
        "{place}: the covariance of `{row}` and `{column}` is `{value}`, which makes their correlation {correlation:.4}; expected -1 to 1: check the two variances, or whether the matrix holds correlations"
    )]
    CorrelationTooLarge {
        /// The cell below the diagonal.
        place: CellPlace,
        /// Name of its row.
        row: String,
        /// Name of its column.
        column: String,
        /// Its value.
        value: f64,
        /// The correlation it leads to.
        correlation: f64,
    },
    /// No random variables have these covariances.
    #[error(
        "{place}: the matrix is not positive definite from the row of `{name}` on: as correlations its smallest eigenvalue is {eigenvalue:.3e}; give it with all its digits, or without `{name}`"
    )]
    NotPositiveDefinite {
        /// Diagonal cell of the first row that fails.
        place: CellPlace,
        /// Name of that row.
        name: String,
        /// Smallest eigenvalue of the correlation matrix.
        eigenvalue: f64,
    },
    /// A name that is no parameter of the model.
    #[error("{}`{name}` is no parameter of the model", prefix(place))]
    UnknownParameter {
        /// Where in a file; none for a key of the study.
        place: Option<CellPlace>,
        /// As written.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A name of `names` or `leave_out` that the file does not have.
    #[error("`{}` has no parameter `{name}`", path.display())]
    NotInFile {
        /// The file.
        path: PathBuf,
        /// As written.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// Two columns for one parameter of the model.
    #[error(
        "{place}: `{name}` is the parameter `{parameter}` of the model, which has a column already; each parameter has one"
    )]
    ParameterTwice {
        /// The second column.
        place: CellPlace,
        /// Its name.
        name: String,
        /// What it is in the model.
        parameter: String,
    },
    /// Uncertainty of what is fixed.
    #[error("{}`{name}` is fixed in the model, so it is not uncertain; leave it out, or remove `fix()`", prefix(place))]
    Fixed {
        /// Where in a file; none for a key of the study.
        place: Option<CellPlace>,
        /// The parameter.
        name: String,
    },
    /// A standard error that is none.
    #[error("`{key}` of `{name}` is `{value}`; expected a number that is not negative{}", percent(key))]
    BadStandardError {
        /// `rse` or `se`.
        key: &'static str,
        /// The parameter.
        name: String,
        /// As written.
        value: f64,
    },
    /// A percentage of nothing.
    #[error(
        "`{name}` is {why}, so a relative standard error says nothing of it; give its standard error on the scale of ini, such as `se = {{ {name} = 0.1 }}`"
    )]
    RelativeToNothing {
        /// The parameter.
        name: String,
        /// `0`, or how it enters the model.
        why: &'static str,
    },
    /// Estimates of another model, or on another scale.
    #[error(
        "{place}: the estimate of `{name}` is `{found}`, but `{parameter}` of the model is `{expected}`, {distance:.1} standard errors away; expected the same parameter on the same scale (a logarithm where the model has one)"
    )]
    OtherEstimate {
        /// Where.
        place: CellPlace,
        /// Name in the file.
        name: String,
        /// Name in the model.
        parameter: String,
        /// In the file.
        found: f64,
        /// In the model.
        expected: f64,
        /// Their distance in standard errors.
        distance: f64,
    },
    /// An `.ext` file without the line asked for.
    #[error("`{}` has no line of {what} (iteration {iteration}); the covariance step may not have run", path.display())]
    NoIteration {
        /// The file.
        path: PathBuf,
        /// What the line holds.
        what: &'static str,
        /// Its number.
        iteration: i64,
    },
    /// More replicates than rows.
    #[error("`{}` has {rows} rows for {replicates} replicates; expected a row for each: ask for at most {rows}", path.display())]
    TooFewRows {
        /// The file.
        path: PathBuf,
        /// Rows of the bootstrap table.
        rows: usize,
        /// Replicates asked for.
        replicates: u32,
    },
    /// A bootstrap value beyond its bounds.
    #[error("{place}: `{value}` is no value of `{name}`; expected {expected}")]
    OutsideBounds {
        /// Where.
        place: CellPlace,
        /// The parameter.
        name: String,
        /// As written.
        value: f64,
        /// The bounds.
        expected: String,
    },
    /// Draws that stay outside the bounds.
    #[error(
        "{redraws} draws of {names} in a row were outside the bounds of ini; its standard error is too large for them: widen the bounds, or make it smaller"
    )]
    TooManyRedraws {
        /// The parameters drawn together.
        names: String,
        /// Draws made.
        redraws: u32,
    },
    /// Too few degrees of freedom.
    #[error(
        "`omega_df` of the block of {names} is `{found}`; expected above {needed} (its number of etas + 3), below which drawn variances have no finite spread; it is about the number of subjects that the model was estimated from"
    )]
    DegreesOfFreedom {
        /// Etas of the block.
        names: String,
        /// As written.
        found: f64,
        /// Number of etas + 3.
        needed: usize,
    },
    /// Two degrees of freedom for one block.
    #[error("`omega_df` names both `{first}` and `{second}`, which are one block; name one of them")]
    BlockTwice {
        /// Named first.
        first: String,
        /// Named again.
        second: String,
    },
}

fn prefix(place: &Option<CellPlace>) -> String {
    place.as_ref().map_or_else(String::new, |place| format!("{place}: "))
}

fn percent(key: &str) -> &'static str {
    if key == "rse" { ", in percent of the estimate" } else { "" }
}

impl UncertaintyError {
    /// The way out, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownParameter { nearest: Some(nearest), place: None, .. } => {
                Some(format!("did you mean `{nearest}`?"))
            }
            Self::UnknownParameter { place: Some(_), name, nearest, known } => {
                let parameter = nearest.as_ref().or(known.first()).map_or("lcl", String::as_str);
                Some(format!(
                    "say which parameter it is, such as `names = {{ \"{name}\" = \"{parameter}\" }}`, or `leave_out = [\"{name}\"]`; the model has {}",
                    quoted(known)
                ))
            }
            Self::UnknownParameter { known, .. } => Some(format!("the model has {}", quoted(known))),
            Self::NotInFile { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::NotInFile { known, .. } => Some(format!("it has {}", quoted(known))),
            _ => None,
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

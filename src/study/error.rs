//! What can be wrong with a study, where it stands, and the way out.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::forest::ForestProblem;
use super::model_text::ModelText;
use super::sweep::SweepError;
use super::vpc::VpcProblem;
use crate::cohort::CohortError;
use crate::cohort::uncertainty::UncertaintyError;
use crate::exposure::comparison::CriteriaError;
use crate::model::diagnostic::Diagnostic;
use crate::model::{CovariateUse, ModelError};
use crate::regimen::dataset::{DatasetError, Report};
use crate::regimen::dosing::RegimenError;

/// A problem of a study with its place.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct StudyError {
    /// What is wrong.
    pub problem: Box<Problem>,
    /// Where, as far as that is known.
    pub place: Option<Place>,
}

/// A place in a study file, or in an override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path of the file, or `--set cohort.size=0`.
    pub origin: String,
    /// Line and column, both from 1; none in an override.
    pub position: Option<Position>,
}

/// A position in a text, with what a message needs to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// In characters, at least 1; never beyond the line.
    pub width: usize,
    /// The line itself.
    pub source_line: String,
}

/// What is wrong with a study.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file cannot be opened or is not UTF-8.
    #[error("cannot read study file `{}`: {source}", path.display())]
    Unreadable {
        /// As asked for.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no embedded study of that name.
    #[error("there is no built-in study `{name}`")]
    UnknownStudy {
        /// As asked for.
        name: String,
        /// The nearest built-in name.
        nearest: Option<String>,
    },
    /// The text is not TOML, or a value has the wrong type.
    #[error("{message}")]
    Shape {
        /// What the TOML reader says.
        message: String,
    },
    /// A key that nothing reads.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// As written.
        key: String,
        /// The nearest known key.
        nearest: Option<String>,
        /// Keys known at that place.
        known: Vec<String>,
    },
    /// One of several names was expected.
    #[error("unknown value `{value}`")]
    UnknownValue {
        /// As written.
        value: String,
        /// The nearest known value.
        nearest: Option<String>,
        /// Values known at that place.
        known: Vec<String>,
    },
    /// An override without `=`.
    #[error("override `{text}` has no value; expected KEY=VALUE")]
    OverrideWithoutValue {
        /// As written.
        text: String,
    },
    /// An override goes into something that has no keys.
    #[error("`{path}` is not a table, so `{key}` cannot be set in it")]
    OverrideIntoValue {
        /// The part of the path that leads to a plain value.
        path: String,
        /// What was to be set there.
        key: String,
    },
    /// The path of an override names an arm or list element that does not exist.
    #[error("`{path}` has no element `{key}`")]
    OverrideElement {
        /// The list.
        path: String,
        /// As written.
        key: String,
        /// Names of its elements.
        known: Vec<String>,
    },
    /// Sample times that are not increasing steps.
    #[error(
        "a grid from `{from}` to `{to}` by `{by}` is not one; expected finite numbers, `to` not before `from`, `by` above 0"
    )]
    Grid {
        /// First time.
        from: f64,
        /// Last time.
        to: f64,
        /// Distance.
        by: f64,
    },
    /// Sample times beyond reason.
    #[error("the grid has {samples} sample times; expected at most a million")]
    GridTooFine {
        /// How many there would be.
        samples: f64,
    },
    /// A model file that cannot be opened.
    #[error("cannot read model file `{}`: {cause}", path.display())]
    ModelUnreadable {
        /// As found from the study's folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A model that does not run.
    #[error("model `{}` cannot be run: {}", model.origin, counted(diagnostics.len(), "error"))]
    ModelRefused {
        /// The model.
        model: ModelText,
        /// Everything that is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// A built-in model, a parameter or a random effect that does not exist.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A value of a parameter that is no number.
    #[error("`{text}` is not a number{}", reason(text, cause))]
    NotConstant {
        /// As written.
        text: String,
        /// Why.
        cause: Diagnostic,
    },
    /// Something about the cohort.
    #[error(transparent)]
    Cohort(#[from] CohortError),
    /// Something about the uncertainty of the parameters.
    #[error(transparent)]
    Uncertainty(Box<UncertaintyError>),
    /// Parameters from two places.
    #[error("`uncertainty` has both `{first}` and `{second}` for the same parameters; expected one of them")]
    UncertainTwice {
        /// One key.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// Replicates that would all be the same.
    #[error(
        "nothing is uncertain, so all replicates would be the same; expected `rse`, `se`, `covariance`, `ext`, `bootstrap` or `omega_df`, or `common_random_numbers = false`"
    )]
    NothingUncertain,
    /// Names of columns without a file that has them.
    #[error(
        "`{key}` says what the columns of a file are, but there is none; expected `covariance`, `ext` or `bootstrap` beside it"
    )]
    NamesOfNoFile {
        /// `names` or `leave_out`.
        key: &'static str,
    },
    /// Replicates of a study that says nothing of uncertainty and has no data set.
    #[error(
        "the study has nothing to replicate; expected [uncertainty], which says how sure the parameters are, or [data]"
    )]
    NothingToReplicate,
    /// Something about a regimen or a course.
    #[error(transparent)]
    Regimen(#[from] RegimenError),
    /// Something about a sweep.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// A target's condition that cannot be read.
    #[error("{}", cause.message)]
    Condition {
        /// What is wrong.
        cause: Diagnostic,
    },
    /// Two targets of one name.
    #[error("there are two targets `{name}`; each needs a name of its own")]
    DuplicateTarget {
        /// As written.
        name: String,
    },
    /// Targets on a model whose exposure nothing measures.
    #[error(
        "the model has no output that exposure is measured on, so no target can be judged; name one with `outputs.exposure_of`"
    )]
    NoExposure,
    /// A data set that cannot be opened.
    #[error(transparent)]
    Data(DatasetError),
    /// A data set that cannot be used.
    #[error("the data set cannot be used: {}", counted(report.errors.count() as usize, "error"))]
    DataRefused {
        /// Everything that is wrong with it.
        report: Box<Report>,
    },
    /// Neither a cohort nor a data set.
    #[error("the study says nobody to treat; expected [cohort] and [[arm]], or [data]")]
    Nobody,
    /// Choices for a data set, and no data set.
    #[error("the study reads no data set that this could be about; expected `--data FILE`, or `path` in [data]")]
    DataWithoutPath,
    /// Both a cohort and a data set.
    #[error("the study has both [data] and [{key}]; a data set brings its own subjects and doses")]
    DataAndMore {
        /// The other key.
        key: &'static str,
    },
    /// Occasions that should follow a line.
    #[error(
        "the model takes `{column}` for the occasion, and there is none between two of them; expected `locf` or `nocb`"
    )]
    OccasionOnALine {
        /// The column, as written.
        column: String,
    },
    /// The model asks for covariates that nobody gives.
    #[error("the model needs {}, which the cohort does not give", listed(missing))]
    MissingCovariates {
        /// Which.
        missing: Vec<CovariateUse>,
        /// What the cohort gives.
        given: Vec<String>,
    },
    /// No state of that name.
    #[error("the model has no compartment `{name}`")]
    NoSuchCompartment {
        /// As written.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// No output of that name.
    #[error("the model has no output `{name}`")]
    NoSuchOutput {
        /// As asked for.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// Those that are not hidden.
        known: Vec<String>,
    },
    /// A study without arms.
    #[error("the study has no arms; expected at least one [[arm]]")]
    NoArms,
    /// No arm of that name.
    #[error("there is no arm `{name}`")]
    NoSuchArm {
        /// As asked for.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// An arm without treatment.
    #[error("arm `{arm}` gives nothing; expected [arm.regimen] or [arm.course]")]
    NothingGiven {
        /// Its name.
        arm: String,
    },
    /// An arm with two treatments.
    #[error("arm `{arm}` has both a regimen and a course; expected one of them")]
    GivenTwice {
        /// Its name.
        arm: String,
    },
    /// A number outside its range.
    #[error("`{key}` is `{}`; expected {expected}", readable(*value))]
    OutOfRange {
        /// Key in the study.
        key: &'static str,
        /// As written.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// Something about a visual predictive check.
    #[error(transparent)]
    Vpc(#[from] VpcProblem),
    /// A comparison without a second arm.
    #[error("arm `{arm}` is the only one, and cannot be compared with itself; expected at least two arms")]
    NothingToCompare {
        /// The reference.
        arm: String,
    },
    /// Something about a forest.
    #[error(transparent)]
    Forest(#[from] ForestProblem),
    /// Limits or a level that are none.
    #[error(transparent)]
    Criteria(#[from] CriteriaError),
    /// A name that tables and pictures cannot show.
    #[error("an arm cannot be called `{}`; expected a name of letters, digits or other signs on one line", name.escape_debug())]
    ArmName {
        /// As written.
        name: String,
    },
    /// Two arms of one name.
    #[error("there are two arms `{name}`; each needs a name of its own")]
    DuplicateArm {
        /// As written.
        name: String,
    },
}

/// Why a text is no number, where its diagnostic says more than that.
fn reason(text: &str, cause: &Diagnostic) -> String {
    if cause.message.starts_with(&format!("`{text}`")) {
        "; expected one, or an expression of numbers such as `log(0.2)`".to_owned()
    } else {
        format!(": {}", cause.message)
    }
}

impl StudyError {
    pub(super) fn new(problem: Problem, place: Option<Place>) -> Self {
        Self { problem: Box::new(problem), place }
    }
}

impl From<UncertaintyError> for Problem {
    fn from(error: UncertaintyError) -> Self {
        Self::Uncertainty(Box::new(error))
    }
}

impl From<DatasetError> for Problem {
    fn from(error: DatasetError) -> Self {
        match error {
            DatasetError::Invalid { report } => Self::DataRefused { report },
            error => Self::Data(error),
        }
    }
}

impl Problem {
    /// The way out, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { nearest, known, .. }
            | Self::UnknownValue { nearest, known, .. }
            | Self::NoSuchArm { nearest, known, .. }
            | Self::NoSuchCompartment { nearest, known, .. }
            | Self::NoSuchOutput { nearest, known, .. } => Some(match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("known here: {}", quoted(known)),
            }),
            Self::Sweep(error) => error.hint(),
            Self::Condition { cause } => cause.help.clone(),
            Self::UnknownStudy { nearest, .. } => Some(match nearest {
                Some(nearest) => format!("did you mean `{nearest}`? `teorell study` lists all"),
                None => "`teorell study` lists the built-in studies".to_owned(),
            }),
            Self::OverrideElement { known, .. } => {
                Some(format!("elements are named by their `name` or counted from 1; there are {}", quoted(known)))
            }
            Self::MissingCovariates { missing, given } => {
                let first = missing.first().map_or("NAME", |missing| missing.name.as_str());
                let given = if given.is_empty() { "nothing".to_owned() } else { quoted(given) };
                Some(format!(
                    "it gives {given}; add the others under [cohort.covariates], such as `{first} = 1`, \
                     or on the command line, such as `--set cohort.covariates.{first}=1`"
                ))
            }
            Self::Vpc(problem) => problem.hint(),
            Self::NothingToReplicate => {
                Some("add relative standard errors, such as `--set uncertainty.rse.lcl=5`".to_owned())
            }
            Self::Uncertainty(problem) => problem.hint(),
            _ => None,
        }
    }

    /// Findings that have a page of their own, each with its place; empty for most problems. Ends with a line break.
    #[must_use]
    pub fn details(&self) -> String {
        match self {
            Self::ModelRefused { model, diagnostics } => {
                diagnostics.iter().map(|diagnostic| diagnostic.render(&model.text, &model.origin)).collect()
            }
            Self::DataRefused { report } => format!("{report}\n"),
            _ => String::new(),
        }
    }
}

/// `1 error`, `2 errors`.
fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

impl Place {
    /// The place of `span` (bytes) in `text`.
    #[must_use]
    pub fn in_text(origin: &str, text: &str, span: std::ops::Range<usize>) -> Self {
        let start = floor_char_boundary(text, span.start);
        let end = floor_char_boundary(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        let position = Position {
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            width: text[start..end.min(line_end)].chars().count().max(1),
            source_line: text[line_start..line_end].trim_end_matches('\r').to_owned(),
        };
        Self { origin: origin.to_owned(), position: Some(position) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.position {
            Some(position) => write!(f, "{}:{}:{}", self.origin, position.line, position.column),
            None => f.write_str(&self.origin),
        }
    }
}

/// The known name that is nearest to `name`, where one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Jaro-Winkler above 0.75 still finds `sampel` for `sampling` and nothing for unrelated words.
    const NEAR: f64 = 0.75;
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity > NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

/// `a`, `b`, `c` in backticks.
fn listed(missing: &[CovariateUse]) -> String {
    let one = |missing: &CovariateUse| format!("`{}` (for {})", missing.name, missing.used_by.join(", "));
    missing.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A number as somebody would write it: with an exponent where it is tiny.
fn readable(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 { format!("{value:e}") } else { format!("{value}") }
}

fn floor_char_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

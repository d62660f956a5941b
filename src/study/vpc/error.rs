//! What can be wrong with a visual predictive check.

use std::path::PathBuf;

use crate::exposure::vpc::VpcError;

/// What can be wrong with a visual predictive check.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VpcProblem {
    /// A study of a cohort.
    #[error("a visual predictive check compares with observed data, and the study has none")]
    NoData,
    /// Data that can be read once only.
    #[error("a visual predictive check reads its data more than once, which standard input does not allow")]
    StandardInput,
    /// Fewer than a band needs.
    #[error(
        "`{found}` replicates are too few for 95 % bands: the ends of the band would be the extremes; expected at least {needed}, better 500"
    )]
    FewReplicates {
        /// As written.
        found: u32,
        /// How many there have to be.
        needed: u32,
    },
    /// A model that does not say what is observed.
    #[error("the model has no endpoint, so that nothing can be compared with the column DV")]
    NoEndpoint,
    /// No endpoint of that name.
    #[error("the model has no endpoint `{name}`")]
    NoSuchEndpoint {
        /// As written.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// Observations of several endpoints.
    #[error("the data observe {} endpoints, {}; a check compares one", .observed.len(), quoted(.observed))]
    SeveralEndpoints {
        /// Their names.
        observed: Vec<String>,
    },
    /// An endpoint whose percentiles mean nothing.
    #[error("endpoint `{endpoint}` is a category, whose percentiles say nothing; expected a number or a count")]
    Categories {
        /// Its name.
        endpoint: String,
    },
    /// A data set without observed values.
    #[error("`{}` has no column DV, so nothing was observed in it", path.display())]
    NoDv {
        /// The file.
        path: PathBuf,
        /// The columns that it has.
        known: Vec<String>,
    },
    /// No observation that counts.
    #[error(
        "`{}` has {records} observation records of `{endpoint}`, and none counts: a DV is missing, or MDV is 1, in every one",
        path.display()
    )]
    NothingObserved {
        /// The file.
        path: PathBuf,
        /// Records with EVID 0 of this endpoint.
        records: usize,
        /// Its name.
        endpoint: String,
    },
    /// A column that was asked for.
    #[error("`{}` has no column `{name}`", path.display())]
    NoSuchColumn {
        /// The file.
        path: PathBuf,
        /// As written.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A cell that is not what its column holds.
    #[error("{}, line {line}, column `{column}`: `{value}` is not {expected}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Its line.
        line: u64,
        /// Name of the column.
        column: String,
        /// As written.
        value: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A value marked as below a limit that nobody says.
    #[error("{}, line {line}: the value is marked as below quantification, and the limit is not given", path.display())]
    LimitMissing {
        /// The file.
        path: PathBuf,
        /// Its line.
        line: u64,
    },
    /// A column with too many values to stratify by.
    #[error("column `{column}` has {found} different values; expected at most {most} strata, such as arms or sexes")]
    ManyStrata {
        /// Its name.
        column: String,
        /// How many values.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// Time after dose where there is none.
    #[error("no dose is recorded before any of the {observations} observations, so that there is no time after dose")]
    NeverDosed {
        /// How many that count.
        observations: usize,
    },
    /// Uncertainty that the study does not have.
    #[error("the study says nothing of how uncertain its parameters are, so that replicates cannot draw them")]
    NothingUncertain,
    /// Bins that are none.
    #[error(transparent)]
    Bins(#[from] VpcError),
}

impl VpcProblem {
    /// The way out, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoData => "give a data set and its model, or a study file with [data]".to_owned(),
            Self::StandardInput => "write the data into a file".to_owned(),
            Self::NoEndpoint => "say in the model what DV is, such as `Cc ~ prop(prop_sd)`".to_owned(),
            Self::NoSuchEndpoint { nearest, known, .. } | Self::NoSuchColumn { nearest, known, .. } => match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("there are {}", quoted(known)),
            },
            Self::SeveralEndpoints { observed } => {
                format!("name the one, such as `--endpoint {}`", observed.first().map_or("NAME", String::as_str))
            }
            Self::LimitMissing { .. } => "add a column LLOQ, or give the limit with `--lloq`".to_owned(),
            Self::NeverDosed { .. } => "leave time_after_dose out, or record the doses: AMT, and EVID 1".to_owned(),
            Self::NothingUncertain => {
                "add [uncertainty] with replicates above 0, or leave `vpc.uncertainty` out".to_owned()
            }
            Self::NoDv { known, .. } => {
                format!("name the column of observed values DV; there are {}", quoted(known))
            }
            _ => return None,
        })
    }
}

/// `a`, `b`, `c` in backticks.
fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

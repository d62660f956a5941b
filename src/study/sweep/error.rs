//! What can be wrong with a sweep.

use crate::units::UnitError;

/// Why a sweep cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// A key that no study has.
    #[error("`{key}` is neither a key of a study nor one of a regimen")]
    UnknownKey {
        /// As written.
        key: String,
        /// The nearest known key.
        nearest: Option<String>,
        /// Keys known at that place.
        known: Vec<String>,
    },
    /// A covariate that neither the model uses nor the cohort has.
    #[error("`{key}` is a covariate that neither the model uses nor the cohort has")]
    UnknownCovariate {
        /// As written.
        key: String,
        /// The nearest known one.
        nearest: Option<String>,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A key whose values do not belong into one table.
    #[error("`{key}` cannot be swept: it says what the study is or what is written, not what is simulated")]
    Fixed {
        /// As written.
        key: String,
    },
    /// A key of regimens, and no arm has one.
    #[error("`{key}` is swept in every arm that has a `{table}`, and none has")]
    NoArms {
        /// As written.
        key: String,
        /// `regimen` or `course`.
        table: String,
    },
    /// Something else than a list or a range.
    #[error(
        "`{key}` has no values to sweep over; expected a list such as `[100, 200, 400]`, or a range such as `{{ from = 100, to = 400, by = 100 }}`"
    )]
    NoValues {
        /// As written.
        key: String,
    },
    /// A range that lacks something, or says too much.
    #[error(
        "`{key}` is not a range; expected `from` and `to`, and either `by` or `n` (with `log = true` for equal ratios)"
    )]
    Incomplete {
        /// As written.
        key: String,
    },
    /// Numbers that make no range.
    #[error("`{key}` does not go from `{from}` to `{to}` in this way; expected {expected}")]
    Range {
        /// As written.
        key: String,
        /// First value.
        from: f64,
        /// Last value.
        to: f64,
        /// What they should be.
        expected: &'static str,
    },
    /// A value that is there twice.
    #[error("`{key}` is to be `{value}` twice; expected each value once")]
    Repeated {
        /// As written.
        key: String,
        /// The value.
        value: String,
    },
    /// A key that is swept twice.
    #[error("`{key}` is swept twice; expected each key once")]
    Twice {
        /// As written.
        key: String,
    },
    /// More points than anybody runs.
    #[error("the sweep has {points} points; expected at most {most}")]
    TooMany {
        /// How many there would be.
        points: f64,
        /// How many there may be.
        most: u64,
    },
    /// A unit for something that has none.
    #[error("`{key}` takes no unit; expected one for amounts of a regimen and for lengths of time only")]
    NoUnit {
        /// As written.
        key: String,
    },
    /// A unit that does not fit.
    #[error("`{key}`: {cause}")]
    Unit {
        /// As written.
        key: String,
        /// Why.
        cause: UnitError,
    },
    /// A column of that name is there already.
    #[error("a swept column cannot be called `{name}`: the tables have a column of that name")]
    ColumnTaken {
        /// As written.
        name: String,
    },
    /// A point whose tables would have other columns than the first point's.
    #[error(
        "`{key}` changes which arms, covariates, outputs or uncertain parameters there are, so its points do not fit one table"
    )]
    OtherColumns {
        /// As written.
        key: String,
    },
}

impl SweepError {
    /// The way out, where there is one to name.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownKey { nearest: Some(nearest), .. } | Self::UnknownCovariate { nearest: Some(nearest), .. } => {
                format!("did you mean `{nearest}`?")
            }
            Self::UnknownCovariate { known, .. } => format!("known are {}", list(known)),
            Self::UnknownKey { known, .. } => format!(
                "keys are written as for --set, such as `arm.NAME.regimen.amount` or `cohort.size`; known here: {}",
                list(known)
            ),
            Self::Fixed { .. } | Self::OtherColumns { .. } => {
                "run one study per value, each into its own folder".to_owned()
            }
            Self::ColumnTaken { .. } => "give the column another `name`".to_owned(),
            Self::NoUnit { .. } => "leave `unit` out, and write the values in the unit of the key".to_owned(),
            _ => return None,
        })
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

//! Why there is no forest.

use crate::simulate::SimulateError;
use crate::study::nearest;

/// Why there is no forest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForestProblem {
    /// The model has no covariates.
    #[error("model `{model}` uses no covariates, so there is nothing to compare; expected a model with covariates")]
    NoCovariates {
        /// Its name.
        model: String,
    },
    /// Nothing varies in the cohort.
    #[error("every covariate of the model is the same in all subjects ({}); give values, such as `{name} = [0, 1]` under [forest.covariates] or `--covariate {name}=0,1`", names.join(", "), name = names.first().map_or("NAME", String::as_str))]
    NothingVaries {
        /// The covariates.
        names: Vec<String>,
    },
    /// A covariate that was asked for does not vary.
    #[error(
        "covariate `{name}` is {value} in every subject; give the values to compare, such as `{name} = [0, 1]` or `--covariate {name}=0,1`"
    )]
    Constant {
        /// Its name.
        name: String,
        /// Its value.
        value: f64,
    },
    /// A covariate that changes nothing.
    #[error("neither the model nor the doses depend on covariate `{name}`; expected one of `{}`", used.join("`, `"))]
    Unused {
        /// Its name.
        name: String,
        /// Those that they depend on.
        used: Vec<String>,
    },
    /// A name that is none.
    #[error("there is no {what} `{name}`; {}", hint(nearest.as_deref(), known))]
    Unknown {
        /// `covariate`, `individual parameter`.
        what: &'static str,
        /// As written.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A cycle that the arm does not have.
    #[error("arm `{arm}` has no cycle {cycle}; expected 1 to {last}")]
    NoSuchCycle {
        /// Name of the arm.
        arm: String,
        /// As asked for.
        cycle: u32,
        /// The last there is.
        last: u32,
    },
    /// A quantity that nothing can be related to.
    #[error(
        "{quantity} of the subject with {who} is {value}, so that there is no ratio to it; expected a number above 0"
    )]
    NoRatio {
        /// `auc`, or an individual parameter.
        quantity: String,
        /// As in `Failed`.
        who: String,
        /// What was found.
        value: f64,
    },
    /// No covariate moves a parameter.
    #[error(
        "no covariate moves an individual parameter of model `{model}`; expected doses, so that AUC and Cmax can be compared"
    )]
    NothingMoves {
        /// Its name.
        model: String,
    },
    /// A subject of the forest could not be simulated.
    #[error("the subject with {who} could not be simulated: {message}")]
    Failed {
        /// `BSA = 0.5`.
        who: String,
        /// Why.
        message: String,
    },
    /// The run could not be made.
    #[error(transparent)]
    Run(#[from] SimulateError),
}

fn hint(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known here: `{}`", known.join("`, `")),
    }
}

/// A name that is none of these.
pub(super) fn unknown(what: &'static str, name: &str, known: &[String]) -> ForestProblem {
    let nearest = nearest(name, known.iter().map(String::as_str));
    ForestProblem::Unknown { what, name: name.to_owned(), nearest, known: known.to_vec() }
}

//! Why a design cannot be run, or a run could not end.

use crate::cohort::CohortError;
use crate::cohort::random_effects::RandomEffectsError;
use crate::engine::EngineError;
use crate::regimen::dosing::RegimenError;
use crate::regimen::schedule::ScheduleError;

/// Why a design cannot be run, or a run could not end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// The model wants covariates that the cohort does not give.
    #[error("the model needs {}, which the cohort does not give; it gives {}", list(.missing), list(.given))]
    MissingCovariates {
        /// Names the model uses.
        missing: Vec<String>,
        /// Names the cohort gives.
        given: Vec<String>,
    },
    /// A subject could not be drawn.
    #[error(transparent)]
    Cohort(#[from] CohortError),
    /// The model's variances are none.
    #[error(transparent)]
    RandomEffects(#[from] RandomEffectsError),
    /// The solver does not fit the model.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Doses cannot be worked out.
    #[error(transparent)]
    Regimen(#[from] RegimenError),
    /// A subject's doses or samples are out of order.
    #[error("subject {number}: {cause}")]
    Schedule {
        /// Number of the subject.
        number: u64,
        /// What is wrong.
        cause: ScheduleError,
    },
    /// The records of a subject make no schedule.
    #[error("subject `{id}`: {cause}")]
    Records {
        /// As in the data set.
        id: String,
        /// What is wrong.
        cause: ScheduleError,
    },
    /// No threads could be had.
    #[error("no worker threads could be started: {cause}; ask for fewer")]
    Threads {
        /// What the system said.
        cause: String,
    },
    /// A result could not be written.
    #[error(transparent)]
    Sink(std::io::Error),
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

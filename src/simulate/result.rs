//! What a simulation says of one subject in one arm: the unit that sinks are fed with.

use std::sync::Arc;

use crate::profile::Profile;
use crate::regimen::dosing::{CourseEvent, Cycle};

/// One subject in one arm. Times are in the unit of the model.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// Index of the arm.
    pub arm: usize,
    /// Replicate, from 0: number of the parameter draw times trials under each, plus the trial.
    pub replicate: u32,
    /// Number of the subject in the cohort, from 1.
    pub number: u64,
    /// Identifier in files: the number, or the text of the data.
    pub id: Arc<str>,
    /// Values of the cohort's covariates, in the order of the cohort's names.
    pub covariates: Vec<f64>,
    /// Subject-level etas, in the model's order.
    pub etas: Vec<f64>,
    /// Individual parameters, in the model's order; NaN where undefined.
    pub parameters: Vec<f64>,
    /// Terminal half-life that follows from the parameters; `None` where the model is not linear, or it was not asked for.
    pub terminal_half_life: Option<f64>,
    /// Sample times, one per row of the profile (shared by all subjects where the regimen is).
    pub times: Arc<[f64]>,
    /// What was given per cycle or dosing interval, one per exposure interval of the profile.
    pub cycles: Arc<[Cycle]>,
    /// What happened in the course of treatment, in order of time.
    pub events: Vec<CourseEvent>,
    /// Columns of the data set that go along with the rows, row by row; empty for a cohort.
    pub carried: Vec<String>,
    /// Concentrations and exposures, or why there are none.
    pub outcome: Result<Outcome, Failure>,
}

/// What an engine found, with residual error added.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Values of all outputs of the model at the sample times, exposure per interval.
    pub profile: Profile,
    /// Simulated observation of the first endpoint at each sample time; empty where residuals are off.
    pub observed: Vec<f64>,
    /// The integrator that finished the subject, as `--solver` has it.
    pub solver: &'static str,
}

/// Why a subject has no result. A failed subject is a row that says so, not the end of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Time reached, where the integration had begun.
    pub time: Option<f64>,
    /// What went wrong and the likely cause, as a lower-case fragment.
    pub message: String,
}

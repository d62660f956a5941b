//! What is simulated: a model, who is treated, how, and when it is looked at.

use std::sync::Arc;

use crate::cohort::Cohort;
use crate::cohort::streams::Streams;
use crate::engine::{SolverChoice, Tolerance};
use crate::model::Model;
use crate::regimen::course::Course;
use crate::regimen::cycles::Regimen;

pub use super::sampling::Sampling;

/// What every simulation of a model needs to be told.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The drug.
    pub model: Model,
    /// Which integrator.
    pub solver: SolverChoice,
    /// How exact.
    pub tolerance: Tolerance,
    /// Where random numbers come from.
    pub streams: Streams,
    /// Whether observations with residual error are drawn.
    pub residual: bool,
    /// Whether all etas are 0.
    pub typical: bool,
    /// Levels of the output that exposure is measured on: the time above each is measured in every cycle.
    pub levels: Arc<[f64]>,
    /// Whether individual parameters and terminal half-lives are wanted.
    pub parameters: bool,
}

/// A virtual study of a cohort. All arms treat the same subjects: covariates, etas and residuals of a subject are
/// those of its number in every arm (common random numbers).
#[derive(Clone, Debug)]
pub struct Design {
    /// Model, solver, random numbers.
    pub setup: Setup,
    /// Who is treated; subjects are numbered from 1.
    pub cohort: Cohort,
    /// How; at least one.
    pub arms: Vec<Arm>,
}

/// One way to treat the cohort.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Short name, for columns.
    pub name: String,
    /// Name in plots.
    pub label: String,
    /// What is given.
    pub prescription: Prescription,
    /// When it is looked at.
    pub sampling: Sampling,
}

/// What is given, and when.
#[derive(Clone, Debug)]
pub enum Prescription {
    /// The same doses for everybody, but for body size.
    Regimen(Box<Regimen>),
    /// Doses that answer to the patient's course.
    Course(Box<Course>),
}

impl Prescription {
    /// Covariate that doses are given per.
    #[must_use]
    pub fn per(&self) -> Option<&str> {
        match self {
            Self::Regimen(regimen) => regimen.per(),
            Self::Course(course) => course.per(),
        }
    }
}

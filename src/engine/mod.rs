//! States through time. Knows no pharmacology: a [`program::Program`] gives the derivatives, a [`Timeline`] says what happens
//! when, and an engine returns a [`crate::profile::Profile`] per subject.
//!
//! `cursor.rs` is the one place that knows what an event does (NONMEM's rules); every integrator is driven by it, so
//! that they differ in nothing but how they get from one stop to the next.

pub mod covariates;
pub mod cursor;
mod dosing;
mod exposure_tracker;
pub mod failure;
pub mod lanes;
pub mod program;
mod queue;
mod steady_state;
pub mod timeline;

pub use cursor::Cursor;
pub use failure::{EngineError, SubjectError};
use timeline::Timeline;

/// What one subject brings.
#[derive(Clone, Copy, Debug)]
pub struct SubjectInput<'a> {
    /// Position of the subject in the cohort; lane groups are cut by it.
    pub number: u64,
    /// In the model's order.
    pub thetas: &'a [f64],
    /// Subject-level etas, in the model's order. Occasion-level ones are columns of the timeline's covariates.
    pub etas: &'a [f64],
    /// Records, covariates and exposure intervals.
    pub timeline: &'a Timeline,
}

/// Which integrator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SolverChoice {
    /// By the structure of the equations: see `Program::structure`.
    #[default]
    Auto,
    /// Taylor series over lanes.
    Taylor,
    /// Exact, for constant-coefficient linear systems.
    Linear,
    /// Embedded explicit Runge-Kutta over lanes.
    RungeKutta,
    /// L-stable implicit method.
    Stiff,
    /// Dormand-Prince of the `ode_solvers` crate: the independent judge.
    Reference,
}

/// Local error allowed per step: `atol + rtol * |y|` for each state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Relative.
    pub rtol: f64,
    /// Absolute, in the unit of the states.
    pub atol: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { rtol: 1e-8, atol: 1e-10 }
    }
}

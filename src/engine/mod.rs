//! States through time. Knows no pharmacology: a [`program::Program`] gives the derivatives, a [`Timeline`] says what happens
//! when, and an engine returns a [`crate::profile::Profile`] per subject.
//!
//! `cursor.rs` is the one place that knows what an event does (NONMEM's rules); every integrator is driven by it, so
//! that they differ in nothing but how they get from one stop to the next.

pub mod covariates;
mod crossing;
pub mod cursor;
mod dosing;
mod eigen;
mod exposure_tracker;
pub mod failure;
pub mod lanes;
mod linear;
mod maximum;
pub mod program;
mod queue;
mod reference;
mod relay;
mod right_hand_side;
mod runge_kutta;
mod steady_state;
mod stiff;
mod taylor;
pub mod timeline;

use crate::profile::Profile;
pub use cursor::Cursor;
pub use failure::{EngineError, SubjectError};
use lanes::Backend;
use program::{Program, Structure};
use relay::Relay;
use runge_kutta::RungeKutta;
use std::sync::Arc;
use taylor::Taylor;
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

/// What an engine returns for one subject, and what that took.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The profile, or why there is none.
    pub result: Result<Profile, SubjectError>,
    /// Who integrated it, in how many steps.
    pub work: Work,
}

/// What it took to integrate one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// The integrator that finished the subject, as `--solver` has it.
    pub solver: &'static str,
    /// Its steps, refused ones included; 0 for `linear`, which takes none.
    pub steps: u32,
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

impl Tolerance {
    /// Relative change of a state in a step far below what a method of this order could take: its steps are then held down by
    /// something else than accuracy.
    fn calm_change(self, order: usize) -> f64 {
        0.1 * libm::pow(self.rtol, 1.0 / order as f64)
    }

    /// Size of a state below which only the absolute tolerance counts.
    fn negligible(self) -> f64 {
        self.atol / self.rtol.max(f64::EPSILON)
    }
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { rtol: 1e-8, atol: 1e-10 }
    }
}

/// A program with the integrator that runs it.
#[derive(Clone, Debug)]
pub struct Engine {
    program: Arc<Program>,
    solver: Solver,
    why: &'static str,
    /// Asked for: then nothing else is taken where a subject's covariates do not fit it.
    forced: bool,
    tolerance: Tolerance,
    backend: Backend,
}

/// What a choice comes down to.
#[derive(Clone, Debug)]
enum Solver {
    /// With the integrator of subjects whose eigenvalues repeat or are complex: the exponential of a matrix is exact there
    /// too, but much slower. `None`: no other was asked for, or none fits.
    Linear(Option<Box<Taylor>>),
    Taylor(Box<Taylor>),
    RungeKutta(Box<RungeKutta>),
    Stiff,
    Reference,
}

impl Solver {
    fn name(&self) -> &'static str {
        match self {
            Self::Linear(_) => "linear",
            Self::Taylor(_) => "taylor",
            Self::RungeKutta(_) => "rk",
            Self::Stiff => "stiff",
            Self::Reference => "reference",
        }
    }
}

impl Engine {
    /// Chooses the integrator: by the structure of the equations, or the one asked for.
    ///
    /// # Errors
    /// A solver that does not fit the equations.
    pub fn new(program: Arc<Program>, choice: SolverChoice, tolerance: Tolerance) -> Result<Self, EngineError> {
        Self::with_backend(program, choice, tolerance, Backend::detect())
    }

    /// The same for given processor instructions.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_backend(
        program: Arc<Program>,
        choice: SolverChoice,
        tolerance: Tolerance,
        backend: Backend,
    ) -> Result<Self, EngineError> {
        let (solver, why) = choose(&program, choice, tolerance, backend)?;
        Ok(Self { program, solver, why, forced: choice != SolverChoice::Auto, tolerance, backend })
    }

    /// Name of the integrator taken, as `--solver` has it.
    #[must_use]
    pub fn solver(&self) -> &'static str {
        self.solver.name()
    }

    /// Why it was taken.
    #[must_use]
    pub fn why(&self) -> &'static str {
        self.why
    }

    /// Processor instructions that lane integrators run on: for the run's record.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Local error allowed.
    #[must_use]
    pub fn tolerance(&self) -> Tolerance {
        self.tolerance
    }

    /// What it runs.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Integrates subjects, in their order; one that fails does not touch the others. With `Auto` a subject whose equations
    /// turn out stiff goes on to the implicit method, and one for whom no Taylor series exists to Runge-Kutta.
    #[must_use]
    pub fn run(&self, subjects: &[SubjectInput<'_>]) -> Vec<Result<Profile, SubjectError>> {
        self.answer(subjects).into_iter().map(|answer| answer.result).collect()
    }

    /// [`Engine::run`], with what each subject took.
    #[must_use]
    pub fn answer(&self, subjects: &[SubjectInput<'_>]) -> Vec<Answer> {
        self.answer_among(subjects, &[])
    }

    /// [`Engine::answer`] of subjects at the end of a cohort. Subjects on one schedule (whose timelines share their records)
    /// go in groups of sixteen by their numbers, and the last digits of one depend on the others. `companions` are who would
    /// come next in a larger cohort: they complete the last group, and are not answered.
    #[must_use]
    pub fn answer_among(&self, subjects: &[SubjectInput<'_>], companions: &[SubjectInput<'_>]) -> Vec<Answer> {
        let mut relay = Relay::new(&self.program, self.tolerance, self.backend, !self.forced, subjects);
        match &self.solver {
            Solver::Linear(otherwise) => {
                relay.linear(self.forced, otherwise.is_some());
                if let Some(taylor) = otherwise {
                    relay.series(taylor.as_ref());
                }
            }
            Solver::Taylor(taylor) => relay.lanes(taylor.as_ref(), companions),
            Solver::RungeKutta(runge_kutta) => relay.lanes(runge_kutta.as_ref(), companions),
            Solver::Stiff => relay.stiff(),
            Solver::Reference => relay.reference(),
        }
        relay.finish()
    }
}

fn choose(
    program: &Program,
    choice: SolverChoice,
    tolerance: Tolerance,
    backend: Backend,
) -> Result<(Solver, &'static str), EngineError> {
    const ASKED: &str = "asked for";
    let taylor = || Taylor::new(program, tolerance, backend).map(|taylor| Solver::Taylor(Box::new(taylor)));
    let runge_kutta = || Solver::RungeKutta(Box::new(RungeKutta::new(program, tolerance, backend)));
    match (choice, program.structure) {
        (SolverChoice::Auto, Structure::LinearConstant) => {
            let otherwise = Taylor::new(program, tolerance, backend).map(Box::new);
            Ok((
                Solver::Linear(otherwise),
                "the equations are linear with constant coefficients between events: solved exactly, \
                 or by Taylor series for subjects whose eigenvalues repeat or are complex",
            ))
        }
        (SolverChoice::Auto, Structure::LinearTimeVarying | Structure::Nonlinear) => Ok(match taylor() {
            Some(taylor) => (
                taylor,
                "the equations are smooth: solved by Taylor series; a subject for whom they are stiff goes on to the implicit \
                 method, one who has no series somewhere (a power of 0) to Runge-Kutta",
            ),
            None => (
                runge_kutta(),
                "an operation on time or states has no Taylor series: solved by Runge-Kutta, or where stiff by the implicit method",
            ),
        }),
        (SolverChoice::Taylor, _) => match taylor() {
            Some(taylor) => Ok((taylor, ASKED)),
            None => Err(EngineError::DoesNotFit {
                solver: "taylor",
                reason: "its derivatives hold branches or functions that have no Taylor series",
            }),
        },
        (SolverChoice::Linear, Structure::LinearConstant) => Ok((Solver::Linear(None), ASKED)),
        (SolverChoice::Linear, Structure::LinearTimeVarying) => Err(EngineError::DoesNotFit {
            solver: "linear",
            reason: "its coefficients change with time between events",
        }),
        (SolverChoice::Linear, Structure::Nonlinear) => {
            Err(EngineError::DoesNotFit { solver: "linear", reason: "its derivatives are not linear in the states" })
        }
        (SolverChoice::Linear, Structure::NotSmooth) => Err(EngineError::DoesNotFit {
            solver: "linear",
            reason: "its derivatives hold branches, minima, maxima or roundings of time or states",
        }),
        (SolverChoice::Reference, _) => Ok((Solver::Reference, ASKED)),
        (SolverChoice::Auto, Structure::NotSmooth) => Ok((
            runge_kutta(),
            "the equations are not smooth: solved by Runge-Kutta, or where stiff by the implicit method",
        )),
        (SolverChoice::RungeKutta, _) => Ok((runge_kutta(), ASKED)),
        (SolverChoice::Stiff, _) => Ok((Solver::Stiff, ASKED)),
    }
}

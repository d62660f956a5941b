//! A model run for its typical subject: no random effects.

use std::sync::Arc;

use teorell::engine::timeline::{Interval, Timeline};
use teorell::engine::{Engine, SolverChoice, SubjectInput, Tolerance};
use teorell::model::Model;
use teorell::profile::Profile;
use teorell::regimen::schedule::{Plan, PlannedDose, from_plan};

/// Tight enough that what is left of the integration disappears behind the tolerances of the tests.
pub const TIGHT: Tolerance = Tolerance { rtol: 1e-11, atol: 1e-13 };

/// What was asked of a subject.
#[derive(Clone, Copy, Default)]
pub struct Question<'a> {
    pub covariates: &'a [(&'a str, f64)],
    pub doses: &'a [PlannedDose],
    pub samples: &'a [f64],
    pub intervals: &'a [Interval],
    pub solver: SolverChoice,
}

/// What came out.
pub struct Answer<'a> {
    model: &'a Model,
    pub profile: Profile,
}

impl Answer<'_> {
    /// Values of an output at the samples.
    pub fn of(&self, output: &str) -> Vec<f64> {
        let index = self.model.output(output).unwrap_or_else(|| panic!("no output `{output}`"));
        (0..self.profile.values.len() / self.profile.n_outputs).map(|row| self.profile.row(row)[index]).collect()
    }
}

/// A bolus (duration 0) or infusion into a state of the model.
pub fn dose(model: &Model, state: &str, time: f64, amount: f64, duration: f64) -> PlannedDose {
    let state = model.state(state).unwrap_or_else(|| panic!("no state `{state}`"));
    PlannedDose { time, amount, duration, state }
}

/// Runs the typical subject to a relative tolerance of 1e-11.
pub fn ask<'a>(model: &'a Model, question: &Question<'_>) -> Answer<'a> {
    let mut values: Vec<f64> = (model.covariates().iter())
        .map(|name| {
            let given = question.covariates.iter().find(|(known, _)| known == name);
            given.unwrap_or_else(|| panic!("covariate `{name}` is not given")).1
        })
        .collect();
    // Behind the covariates stand the random effects of the occasion.
    values.resize(model.program().covariates.len(), 0.0);
    let plan =
        Plan { doses: question.doses, samples: question.samples, covariates: &values, intervals: question.intervals };
    run(model, &from_plan(&plan).expect("the plan is in order").timeline, question.solver)
}

/// The same for a timeline.
pub fn run<'a>(model: &'a Model, timeline: &Timeline, solver: SolverChoice) -> Answer<'a> {
    let engine = Engine::new(Arc::new(model.program().clone()), solver, TIGHT).expect("the solver fits the model");
    let thetas = model.thetas();
    let etas = vec![0.0; model.program().etas.len()];
    let subject = SubjectInput { number: 0, thetas: &thetas, etas: &etas, timeline };
    let profile = engine.run(&[subject]).remove(0).unwrap_or_else(|error| panic!("{error}"));
    Answer { model, profile }
}

/// Fails unless every value is found to a relative tolerance.
#[track_caller]
pub fn assert_near(found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len(), "found {found:?}, expected {expected:?}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            error <= relative * expected.abs(),
            "value {index}: found {found}, expected {expected}, error {:.1e}",
            error / expected.abs()
        );
    }
}

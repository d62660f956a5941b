//! Cohorts of random patients: what the engines are tested and timed on.

use std::sync::Arc;

use teorell::engine::program::Program;
use teorell::engine::timeline::Timeline;
use teorell::engine::{Engine, SolverChoice, SubjectError, SubjectInput, Tolerance};
use teorell::profile::Profile;

/// SplitMix64 (Steele, Lea, Flood 2014): a fixed sequence that needs no crate.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In (0, 1).
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// A patient: what an engine needs.
#[derive(Clone)]
pub struct Patient {
    pub etas: Vec<f64>,
    pub timeline: Timeline,
}

/// A cohort on one model.
#[derive(Clone)]
pub struct Cohort {
    pub program: Arc<Program>,
    pub thetas: Vec<f64>,
    pub patients: Vec<Patient>,
    /// Absolute tolerance over the relative one, in the unit of the states.
    pub negligible: f64,
}

impl Cohort {
    pub fn inputs(&self) -> Vec<SubjectInput<'_>> {
        self.patients
            .iter()
            .enumerate()
            .map(|(number, patient)| SubjectInput {
                number: number as u64 + 1,
                thetas: &self.thetas,
                etas: &patient.etas,
                timeline: &patient.timeline,
            })
            .collect()
    }

    pub fn engine(&self, choice: SolverChoice, rtol: f64) -> Engine {
        self.try_engine(choice, rtol).expect("the solver fits")
    }

    /// `None` where the solver does not fit the equations.
    pub fn try_engine(&self, choice: SolverChoice, rtol: f64) -> Option<Engine> {
        Engine::new(self.program.clone(), choice, Tolerance { rtol, atol: rtol * self.negligible }).ok()
    }

    pub fn run(&self, choice: SolverChoice, rtol: f64) -> Vec<Result<Profile, SubjectError>> {
        self.engine(choice, rtol).run(&self.inputs())
    }
}

//! ode_solvers: `Dopri5` with its continuous output model.

use ode_solvers::continuous_output_model::ContinuousOutputModel;
use ode_solvers::dop_shared::OutputType;
use ode_solvers::{Dopri5, System, Vector3};

use crate::measure::{Contender, Found};
use crate::patients::{Individual, Individuals, NANOGRAMS, SAMPLE_INTERVAL, SAMPLES, areas, stretches};

pub struct Dopri {
    patients: Individuals,
    rtol: f64,
}

struct Stretch<'a> {
    individual: &'a Individual,
    rate: f64,
}

impl System<f64, Vector3<f64>> for Stretch<'_> {
    fn system(&self, time: f64, y: &Vector3<f64>, dy: &mut Vector3<f64>) {
        *dy = self.individual.derivatives(self.rate, time, (*y).into()).into();
    }
}

impl Dopri {
    pub fn new(patients: &Individuals, rtol: f64) -> Self {
        Self { patients: patients.clone(), rtol }
    }

    fn one(&self, individual: &Individual, stretches: &[(f64, f64, usize, bool)]) -> Found {
        let mut concentrations = Vec::with_capacity(SAMPLES);
        let mut at_ends = Vec::new();
        let mut y = Vector3::zeros();
        for &(start, end, dose, infused) in stretches {
            let rate = if infused { individual.amounts[dose] } else { 0.0 };
            let length = end - start;
            let mut solver = Dopri5::from_param(
                Stretch { individual, rate },
                start,
                end,
                0.0,
                y,
                self.rtol,
                self.rtol * 1e-3,
                // The crate's own defaults from here on.
                0.9,
                0.04,
                0.2,
                10.0,
                length,
                0.0,
                100_000,
                1_000,
                OutputType::Continuous,
            );
            let mut between = ContinuousOutputModel::default();
            solver.integrate_with_continuous_output_model(&mut between).expect("it integrates");
            let mut time = concentrations.len() as f64 * SAMPLE_INTERVAL;
            while concentrations.len() < SAMPLES && time < end {
                let state = between.evaluate(time).expect("inside");
                concentrations.push(NANOGRAMS * state[0] / individual.vc);
                time += SAMPLE_INTERVAL;
            }
            y = *solver.y_out().last().expect("a last step");
            if !infused {
                at_ends.push(y[2]);
            }
        }
        if concentrations.len() < SAMPLES {
            concentrations.push(NANOGRAMS * y[0] / individual.vc);
        }
        Found { concentrations, areas: areas(&at_ends) }
    }
}

impl Contender for Dopri {
    fn run(&self) -> Vec<Found> {
        let stretches = stretches();
        self.patients.iter().map(|individual| self.one(individual, &stretches)).collect()
    }
}

//! differential-equations: `ExplicitRungeKutta::dopri5` with output at given times.

use differential_equations::prelude::*;

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

impl ODE<f64, [f64; 3]> for Stretch<'_> {
    fn diff(&self, time: f64, y: &[f64; 3], dy: &mut [f64; 3]) {
        *dy = self.individual.derivatives(self.rate, time, *y);
    }
}

impl Dopri {
    pub fn new(patients: &Individuals, rtol: f64) -> Self {
        Self { patients: patients.clone(), rtol }
    }

    fn one(&self, individual: &Individual, stretches: &[(f64, f64, usize, bool)]) -> Found {
        let mut concentrations = Vec::with_capacity(SAMPLES);
        let mut at_ends = Vec::new();
        let mut y = [0.0; 3];
        for &(start, end, dose, infused) in stretches {
            let rate = if infused { individual.amounts[dose] } else { 0.0 };
            let mut times: Vec<f64> = (concentrations.len()..SAMPLES)
                .map(|sample| sample as f64 * SAMPLE_INTERVAL)
                .take_while(|&time| time < end)
                .collect();
            let samples = times.len();
            times.push(end);
            let solution = IVP::ode(&Stretch { individual, rate }, start, end, y)
                .method(ExplicitRungeKutta::dopri5().rtol(self.rtol).atol(self.rtol * 1e-3))
                .t_eval(&times)
                .solve()
                .expect("it integrates");
            concentrations.extend(solution.y[..samples].iter().map(|state| NANOGRAMS * state[0] / individual.vc));
            y = *solution.y.last().expect("the end");
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

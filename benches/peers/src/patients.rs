//! The patients as numbers: individual parameters and amounts, for solvers that take equations written by hand.

use teorell::model::{Model, ModelOptions};

use crate::fixtures::{Cohort, Patient};
use crate::inotuzumab::dose_times;

/// End of the last cycle, in hours.
pub const END: f64 = 3864.0;

/// Times of the concentrations.
pub const SAMPLES: usize = 323;
pub const SAMPLE_INTERVAL: f64 = 12.0;

/// Infusions take an hour.
pub const INFUSION: f64 = 1.0;

/// mg/L to ng/mL.
pub const NANOGRAMS: f64 = 1000.0;

/// Parameters of dA/dt in h and L, and the amounts in mg.
#[derive(Clone)]
pub struct Individual {
    pub cl1: f64,
    pub cl2: f64,
    pub kdes: f64,
    pub vc: f64,
    pub q: f64,
    pub vp: f64,
    pub amounts: Vec<f64>,
}

pub type Individuals = Vec<Individual>;

impl Individual {
    /// d/dt of central, peripheral and area: clearance falls with time along an exponential.
    #[inline]
    pub fn derivatives(&self, rate: f64, time: f64, y: [f64; 3]) -> [f64; 3] {
        let cl = self.cl1 + self.cl2 * (-self.kdes * time).exp();
        let (out, back) = (self.q / self.vc * y[0], self.q / self.vp * y[1]);
        [rate - cl / self.vc * y[0] - out + back, out - back, NANOGRAMS * y[0] / self.vc]
    }
}

/// What the model computes of each patient.
pub fn individuals(cohort: &Cohort) -> Individuals {
    let text = teorell::model::library::builtin_text("inotuzumab_garrett_2019").expect("a built-in model");
    let model = Model::from_text(text, "inotuzumab", &ModelOptions::default()).expect("it compiles");
    let names: Vec<&str> = model.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
    let individual = |patient: &Patient| {
        let values = model.individual_parameters(&cohort.thetas, &patient.etas, &patient.timeline.covariates.values);
        let of = |name: &str| values[names.iter().position(|&known| known == name).expect("a parameter")];
        let amounts = patient.timeline.doses.iter().map(|dose| dose.amount);
        Individual {
            cl1: of("cl1"),
            cl2: of("cl2"),
            kdes: of("kdes"),
            vc: of("vc"),
            q: of("q"),
            vp: of("vp"),
            amounts: amounts.collect(),
        }
    };
    cohort.patients.iter().map(individual).collect()
}

/// Stretches without an event inside: start, end, index of the dose, and whether it is being infused.
pub fn stretches() -> Vec<(f64, f64, usize, bool)> {
    let starts = dose_times();
    let ends = starts.iter().skip(1).copied().chain([END]);
    let stretch = |(dose, (&start, end)): (usize, (&f64, f64))| {
        [(start, start + INFUSION, dose, true), (start + INFUSION, end, dose, false)]
    };
    starts.iter().zip(ends).enumerate().flat_map(stretch).collect()
}

/// Areas per cycle from the integral at the end of every dose's stretch: a cycle is three doses.
pub fn areas(at_ends: &[f64]) -> Vec<f64> {
    let cycles: Vec<f64> = at_ends.iter().skip(2).step_by(3).copied().collect();
    let before = std::iter::once(0.0).chain(cycles.iter().copied());
    cycles.iter().zip(before).map(|(after, before)| after - before).collect()
}

//! pharmsol: `Tsit45` of diffsol behind its `ode!` macro, with its cache of predictions off.

use pharmsol::prelude::*;
use pharmsol::{Cache, ODE, Parameters};

use crate::inotuzumab::dose_times;
use crate::measure::{Contender, Found};
use crate::patients::{END, INFUSION, Individuals, SAMPLE_INTERVAL, SAMPLES, areas};

pub struct Pharmsol {
    model: ODE,
    /// Events and parameters, made beforehand.
    subjects: Vec<(Subject, Parameters)>,
}

impl Pharmsol {
    pub fn new(patients: &Individuals, rtol: f64) -> Self {
        let model = ode! {
            name: "inotuzumab",
            params: [cl1, cl2, kdes, vc, q, vp],
            states: [central, peripheral, area],
            outputs: [cp, auc],
            diffeq: |x, _p, t, dx, _cov| {
                let cl = cl1 + cl2 * (-kdes * t).exp();
                let out = q / vc * x[central];
                let back = q / vp * x[peripheral];
                dx[central] = infusion[iv] - cl / vc * x[central] - out + back;
                dx[peripheral] = out - back;
                dx[area] = 1000.0 * x[central] / vc;
            },
            out: |x, _p, _t, _cov, y| {
                y[cp] = 1000.0 * x[central] / vc;
                y[auc] = x[area];
            },
        }
        .with_solver(OdeSolver::ExplicitRk(ExplicitRkTableau::Tsit45))
        .with_tolerances(rtol, rtol * 1e-3)
        .disable_cache();
        let times = dose_times();
        let subjects = patients.iter().map(|individual| {
            let mut builder = Subject::builder("patient");
            for (&time, &amount) in times.iter().zip(&individual.amounts) {
                builder = builder.infusion(time, amount, "iv", INFUSION);
            }
            for sample in 0..SAMPLES {
                builder = builder.missing_observation(sample as f64 * SAMPLE_INTERVAL, "cp");
            }
            for &end in times.iter().skip(1).chain(&[END]) {
                builder = builder.missing_observation(end, "auc");
            }
            let parameters = [
                ("cl1", individual.cl1),
                ("cl2", individual.cl2),
                ("kdes", individual.kdes),
                ("vc", individual.vc),
                ("q", individual.q),
                ("vp", individual.vp),
            ];
            (builder.build(), Parameters::with_model(&model, parameters).expect("its parameters"))
        });
        let subjects = subjects.collect();
        Self { model, subjects }
    }
}

impl Contender for Pharmsol {
    fn run(&self) -> Vec<Found> {
        let one = |(subject, parameters): &(Subject, Parameters)| {
            let predictions = self.model.estimate_predictions(subject, parameters).expect("it integrates");
            let (mut concentrations, mut at_ends) = (Vec::with_capacity(SAMPLES), Vec::new());
            for prediction in predictions.predictions() {
                if prediction.outeq() == 0 {
                    concentrations.push(prediction.prediction());
                } else {
                    at_ends.push(prediction.prediction());
                }
            }
            Found { concentrations, areas: areas(&at_ends) }
        };
        self.subjects.iter().map(one).collect()
    }
}

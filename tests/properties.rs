//! What holds for every patient and every regimen of the inotuzumab model, whatever the numbers.

use std::sync::Arc;

use proptest::prelude::*;

use teorell::engine::timeline::Interval;
use teorell::engine::{Engine, SolverChoice, SubjectInput, Tolerance};
use teorell::model::library::builtin_text;
use teorell::model::{Model, ModelOptions};
use teorell::profile::Profile;
use teorell::regimen::schedule::{Plan, PlannedDose, from_plan};

/// Garrett's model with one more state, which collects what is eliminated.
fn model() -> Model {
    let text = builtin_text("inotuzumab_garrett_2019").unwrap();
    let derivative = "d/dt(peripheral1) <-";
    assert!(text.contains(derivative));
    let text = text.replace(derivative, &format!("d/dt(eliminated) <- cl / vc * central\n    {derivative}"));
    Model::from_text(&text, "garrett_with_balance", &ModelOptions::default()).unwrap()
}

/// One patient: etas, BSA, blasts.
#[derive(Clone, Debug)]
struct Patient {
    etas: [f64; 4],
    bsa: f64,
    blasts: f64,
}

/// Etas within two SDs of each, body sizes and blasts of the study's range.
fn patient() -> impl Strategy<Value = Patient> {
    let eta = |sd: f64| -2.0 * sd..2.0 * sd;
    let etas = (eta(0.423), eta(0.412), eta(0.672), eta(0.455));
    (etas, 1.27..2.81_f64, -4.0..2.0_f64).prop_map(|((cl1, vc, cl2, kdes), bsa, log_blasts)| Patient {
        etas: [cl1, vc, cl2, kdes],
        bsa,
        blasts: 10f64.powf(log_blasts),
    })
}

/// Up to six doses of one hour, some hours or weeks apart.
fn doses() -> impl Strategy<Value = Vec<PlannedDose>> {
    prop::collection::vec((1.5..600.0_f64, 0.2..4.0_f64), 1..6).prop_map(|gaps| {
        let mut time = 0.0;
        let mut doses = Vec::new();
        for (gap, amount) in gaps {
            doses.push(PlannedDose { time, amount, duration: 1.0, state: 0 });
            time += gap;
        }
        doses
    })
}

struct Bench {
    model: Model,
    engine: Engine,
}

impl Bench {
    fn new() -> Self {
        let model = model();
        // Tight, so that the tolerances below are about the model and not about the steps.
        let tolerance = Tolerance { rtol: 1e-11, atol: 1e-13 };
        let engine = Engine::new(Arc::new(model.program().clone()), SolverChoice::Reference, tolerance).unwrap();
        Self { model, engine }
    }

    fn run(&self, patient: &Patient, doses: &[PlannedDose], samples: &[f64], intervals: &[Interval]) -> Profile {
        let value = |name: &str| match name {
            "ALL" => 1.0,
            "RITUX" => 0.0,
            "BSA" => patient.bsa,
            "BLSTPB" => patient.blasts,
            other => panic!("unknown covariate {other}"),
        };
        let covariates: Vec<f64> = self.model.covariates().iter().map(|name| value(name)).collect();
        let timeline = from_plan(&Plan { doses, samples, covariates: &covariates, intervals }).unwrap().timeline;
        let thetas = self.model.thetas();
        let input = SubjectInput { number: 1, thetas: &thetas, etas: &patient.etas, timeline: &timeline };
        self.engine.run(&[input]).remove(0).unwrap()
    }

    fn value(&self, profile: &Profile, row: usize, name: &str) -> f64 {
        profile.row(row)[self.model.output(name).unwrap()]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Runge-Kutta steps keep linear invariants to rounding; 1e-8 is what the issue asks, 1e-11 what rounding leaves.
    #[test]
    fn what_was_given_is_eliminated_or_still_there(patient in patient(), doses in doses()) {
        let bench = Bench::new();
        let end = doses.last().unwrap().time + 400.0;
        let profile = bench.run(&patient, &doses, &[end], &[]);
        let found: f64 = ["central", "peripheral1", "eliminated"].iter().map(|name| bench.value(&profile, 0, name)).sum();
        let given: f64 = doses.iter().map(|dose| dose.amount).sum();
        prop_assert!((found / given - 1.0).abs() < 1e-11, "{found} of {given}");
    }

    /// The equations are linear in the amounts: both sides carry the local error of 1e-11, over some hundred steps.
    #[test]
    fn twice_the_dose_is_twice_the_concentration(patient in patient(), doses in doses(), factor in 0.1..10.0_f64) {
        let bench = Bench::new();
        let samples = [0.5, 24.0, doses.last().unwrap().time + 100.0];
        let scaled: Vec<PlannedDose> =
            doses.iter().map(|dose| PlannedDose { amount: dose.amount * factor, ..*dose }).collect();
        let (mut samples, mut last) = (samples.to_vec(), f64::NEG_INFINITY);
        samples.sort_by(f64::total_cmp);
        samples.retain(|&time| { let new = time > last; last = time; new });
        let (one, many) = (bench.run(&patient, &doses, &samples, &[]), bench.run(&patient, &scaled, &samples, &[]));
        for row in 0..samples.len() {
            let (one, many) = (bench.value(&one, row, "Cc"), bench.value(&many, row, "Cc"));
            prop_assert!((many / (factor * one) - 1.0).abs() < 1e-8, "{many} {one}");
        }
    }

    /// The sum of the curves of single doses is the curve of all; tolerance as above.
    #[test]
    fn doses_superpose(patient in patient(), doses in doses()) {
        let bench = Bench::new();
        let end = [doses.last().unwrap().time + 50.0];
        let together = bench.value(&bench.run(&patient, &doses, &end, &[]), 0, "Cc");
        let apart: f64 =
            doses.iter().map(|&dose| bench.value(&bench.run(&patient, &[dose], &end, &[]), 0, "Cc")).sum();
        prop_assert!((together / apart - 1.0).abs() < 1e-8, "{together} {apart}");
    }

    /// Clearance has settled when exp(-kdes t) is below 1e-16: then the same dose gives the same curve, whenever it is given.
    #[test]
    fn after_the_decay_the_time_of_a_dose_does_not_matter(patient in patient(), later in 1.0..5_000.0_f64) {
        let bench = Bench::new();
        let kdes = 0.0337 * 0.14 * patient.etas[3].exp() * (patient.blasts / 5.25).powf(-0.0401);
        let settled = 40.0 / kdes;
        let curve = |start: f64| {
            let dose = PlannedDose { time: start, amount: 1.0, duration: 1.0, state: 0 };
            let profile = bench.run(&patient, &[dose], &[start + 1.0, start + 100.0, start + 1000.0], &[]);
            [0, 1, 2].map(|row| bench.value(&profile, row, "Cc"))
        };
        for (early, late) in curve(settled).iter().zip(curve(settled + later)) {
            prop_assert!((late / early - 1.0).abs() < 1e-8, "{early} {late}");
        }
    }

    /// Monotone, not close: no tolerance but for rounding.
    #[test]
    fn more_clearance_never_gives_more_area(patient in patient(), doses in doses(), more in 0.001..1.0_f64, which in 0..2usize) {
        let bench = Bench::new();
        let end = doses.last().unwrap().time + 500.0;
        let interval = [Interval { start: 0.0, end }];
        let mut faster = patient.clone();
        // Eta 0 is that of CL1, eta 2 that of CL2.
        faster.etas[2 * which] += more;
        let slow = bench.run(&patient, &doses, &[end], &interval).exposures[0].auc;
        let fast = bench.run(&faster, &doses, &[end], &interval).exposures[0].auc;
        prop_assert!(fast <= slow * (1.0 + 1e-10), "{fast} {slow}");
    }
}

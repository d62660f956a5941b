//! Saturable elimination, alone and beside a linear one.

use teorell::engine::timeline::Interval;
use teorell::model::Model;

use crate::by_hand::integrate;
use crate::mammillary::Mammillary;
use crate::typical::{Question, ask, assert_near, dose};

const ADULT: [(&str, f64); 3] = [("WT", 70.0), ("AGE", 40.0), ("JAPANESE", 0.0)];

fn phenytoin() -> Model {
    Model::builtin("phenytoin_grasela_1983").unwrap()
}

fn dupilumab() -> Model {
    Model::builtin("dupilumab_kovalenko_2016").unwrap()
}

/// Km ln(C0 / C) + C0 - C = Vmax t / V, and AUC = V C0 (Km + C0 / 2) / Vmax.
#[test]
fn phenytoin_after_a_bolus_obeys_the_integrated_michaelis_menten_equation() {
    let model = phenytoin();
    let doses = [dose(&model, "central", 0.0, 1000.0, 0.0)];
    let samples = [0.5, 2.0, 4.0, 8.0];
    let question = Question {
        covariates: &ADULT,
        doses: &doses,
        samples: &samples,
        intervals: &[Interval { start: 0.0, end: 60.0 }],
        ..Question::default()
    };
    let answer = ask(&model, &question);
    let start = 1000.0 / 78.6;
    let elapsed: Vec<f64> =
        answer.of("Cc").iter().map(|c| (5.7 * (start / c).ln() + start - c) * 78.6 / 415.0).collect();
    assert_near(&elapsed, &samples, 1e-9);
    // After 60 days what is left is exp(-50).
    assert_near(&[answer.profile.exposures[0].auc], &[78.6 * start * (5.7 + start / 2.0) / 415.0], 1e-9);
}

/// Css = Km R / (Vm - R): with the printed 415 mg/day and 5.7 mg/L, 300 mg/day give 14.9 mg/L and 350 mg/day twice that.
#[test]
fn phenytoin_rises_out_of_proportion_at_steady_state() {
    let model = phenytoin();
    let child = [("WT", 30.0), ("AGE", 9.0), ("JAPANESE", 1.0)];
    let child_vmax = 415.0 * (30.0f64 / 70.0).powf(0.6);
    let child_km = 5.7 * (1.0 - 0.43) * (1.0 - 0.23);
    for (covariates, rate, expected) in [
        (ADULT, 300.0, 5.7 * 300.0 / 115.0),
        (ADULT, 350.0, 5.7 * 350.0 / 65.0),
        (child, 150.0, child_km * 150.0 / (child_vmax - 150.0)),
    ] {
        let doses = [dose(&model, "central", 0.0, rate * 2000.0, 2000.0)];
        let question = Question { covariates: &covariates, doses: &doses, samples: &[2000.0], ..Question::default() };
        assert_near(&ask(&model, &question).of("Cc"), &[expected], 1e-9);
    }
}

/// An infusion balances both eliminations: R / V = kel C + Vm C / (Km + C), a quadratic equation in C.
#[test]
fn dupilumab_at_steady_state_leaves_by_both_ways() {
    let model = dupilumab();
    for rate in [1.0f64, 2.7, 40.0] {
        let input = rate / 2.74;
        let b = 0.0459 * 0.01 + 0.968 - input;
        let expected = (-b + (b * b + 4.0 * 0.0459 * input * 0.01).sqrt()) / (2.0 * 0.0459);
        // Below saturation the slow exit from the peripheral compartment decides: 8 days to a factor e.
        let end = 1500.0;
        let doses = [dose(&model, "central", 0.0, rate * end, end)];
        let question = Question { covariates: &[("WT", 75.0)], doses: &doses, samples: &[end], ..Question::default() };
        assert_near(&ask(&model, &question).of("Cc"), &[expected], 1e-9);
    }
}

/// Above saturation the target takes Vm V = 2.65 mg a day whatever the concentration: the curve is that of two compartments with a constant
/// infusion out of the central one, to Km / C.
#[test]
fn dupilumab_far_above_saturation_loses_a_constant_rate() {
    let model = dupilumab();
    let (amount, samples) = (600.0, [1.0, 7.0, 14.0]);
    let doses = [dose(&model, "central", 0.0, amount, 0.0)];
    let question = Question { covariates: &[("WT", 75.0)], doses: &doses, samples: &samples, ..Question::default() };
    let linear = Mammillary::new(0.0459 * 2.74, 2.74, &[(0.0652 * 2.74, 0.0652 * 2.74 / 0.129)]);
    let expected = samples.map(|t| linear.bolus(amount, t) - linear.infusion(0.968 * 2.74 * t, t, t));
    let found = ask(&model, &question).of("Cc");
    // Km = 0.01 mg/L against concentrations above 60 mg/L: the sink is 1.6e-4 short of Vm at most, and it takes less than a tenth of the drug.
    assert!(found[2] > 60.0);
    assert_near(&found, &expected, 5e-5);
}

#[test]
fn dupilumab_follows_the_published_equations() {
    let model = dupilumab();
    let weight = 90.0;
    let doses = [dose(&model, "depot", 0.0, 75.0, 0.0)];
    let samples = [2.0, 10.0, 20.0, 40.0];
    let question = Question { covariates: &[("WT", weight)], doses: &doses, samples: &samples, ..Question::default() };
    let vc = 2.74 * (weight / 75.0f64).powf(0.705);
    let right_hand_side = |_: f64, a: &[f64; 3]| {
        let c = a[1] / vc;
        let exchange = 0.0652 * a[1] - 0.129 * a[2];
        [-0.254 * a[0], 0.254 * a[0] - 0.0459 * a[1] - exchange - a[1] * 0.968 / (0.01 + c), exchange]
    };
    let mut amounts = [75.0 * 0.607, 0.0, 0.0];
    let mut start = 0.0;
    let expected = samples.map(|end| {
        // At low concentrations the target takes 97 per day: steps of 1/5,000 day.
        amounts = integrate(amounts, start, end, ((end - start) * 5000.0) as u32, right_hand_side);
        start = end;
        amounts[1] / vc
    });
    // By day 40 the target has taken nearly all: 1e-3 of the peak is left.
    assert!(expected[3] < 0.01 * expected[1], "{expected:?}");
    assert_near(&ask(&model, &question).of("Cc"), &expected, 1e-8);
}

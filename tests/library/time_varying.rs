//! Clearances that change with time.

use teorell::model::Model;

use crate::by_hand::integrate;
use crate::mammillary::Mammillary;
use crate::typical::{Question, ask, assert_near, dose};

/// The paper's reference: a woman of 80 kg, 90 mL/min/1.73 m2, performance status 0.
const REFERENCE: [(&str, f64); 5] = [("WT", 80.0), ("EGFR", 90.0), ("SEXF", 1.0), ("ECOG", 0.0), ("ASIAN", 0.0)];

fn nivolumab() -> Model {
    Model::builtin("nivolumab_bajaj_2017").unwrap()
}

#[test]
fn nivolumab_clearance_falls_along_a_sigmoid_by_a_quarter() {
    let model = nivolumab();
    let samples = [0.0, 1410.0, 1e6];
    let cl = ask(&model, &Question { covariates: &REFERENCE, samples: &samples, ..Question::default() }).of("cl");
    // At T50 half the change of the logarithm is over; after a century what is left is (1410 / 1e6)^3.15 of it.
    assert_near(&cl, &[0.0094, 0.0094 * (-0.1475f64).exp(), 0.0094 * (-0.295f64).exp()], 1e-8);
    // The paper prints a mean largest fall of 24.5 %; the typical patient's is 25.5 %, the mean of exp(normal) a little less.
    let fall = 100.0 * (1.0 - cl[2] / cl[0]);
    assert!((fall - 24.5).abs() < 1.5, "{fall} %");
}

#[test]
fn nivolumab_covariates_act_as_printed() {
    let model = nivolumab();
    let man = [("WT", 100.0), ("EGFR", 60.0), ("SEXF", 0.0), ("ECOG", 1.0), ("ASIAN", 1.0)];
    let answer = ask(&model, &Question { covariates: &man, samples: &[0.0], ..Question::default() });
    let cl = 0.0094 * 1.25f64.powf(0.566) * (60.0f64 / 90.0).powf(0.186) * (0.165f64 + 0.172 - 0.125).exp();
    let vc = 3.63 * 1.25f64.powf(0.597) * 0.152f64.exp();
    assert_near(&[answer.of("cl")[0], answer.of("vc")[0]], &[cl, vc], 1e-13);
}

#[test]
fn nivolumab_without_the_change_is_two_compartments() {
    let model = nivolumab().with_theta("emax", 0.0).unwrap();
    let kinetics = Mammillary::new(0.0094, 3.63, &[(0.0321, 2.78)]);
    let samples = [1.0, 24.0, 336.0, 2000.0];
    let doses = [dose(&model, "central", 0.0, 240.0, 1.0)];
    let question = Question { covariates: &REFERENCE, doses: &doses, samples: &samples, ..Question::default() };
    assert_near(&ask(&model, &question).of("Cc"), &samples.map(|t| kinetics.infusion(240.0, 1.0, t)), 1e-9);
}

#[test]
fn nivolumab_follows_the_published_equations() {
    let model = nivolumab();
    let doses: Vec<_> = (0..6u8).map(|k| dose(&model, "central", 336.0 * f64::from(k), 240.0, 1.0)).collect();
    let question = Question { covariates: &REFERENCE, doses: &doses, samples: &[2016.0], ..Question::default() };
    let found = ask(&model, &question).of("Cc");
    let right_hand_side = |rate: f64| {
        move |t: f64, a: &[f64; 2]| {
            let cl = 0.0094 * (-0.295 * t.powf(3.15) / (1410f64.powf(3.15) + t.powf(3.15))).exp();
            let exchange = 0.0321 * (a[0] / 3.63 - a[1] / 2.78);
            [rate - cl * a[0] / 3.63 - exchange, exchange]
        }
    };
    let mut amounts = [0.0; 2];
    for cycle in 0..6u8 {
        let start = 336.0 * f64::from(cycle);
        amounts = integrate(amounts, start, start + 1.0, 50, right_hand_side(240.0));
        amounts = integrate(amounts, start + 1.0, start + 336.0, 4000, right_hand_side(0.0));
    }
    // 4,000 steps of 5 minutes leave 1e-13; the engine runs at 1e-11 per step.
    assert_near(&found, &[amounts[0] / 3.63], 1e-9);
}

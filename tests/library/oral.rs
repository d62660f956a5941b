//! Absorption with a lag and through transit compartments, and the response to what was absorbed.

use std::f64::consts::LN_2;

use teorell::engine::timeline::Interval;
use teorell::model::Model;

use crate::by_hand::area;
use crate::mammillary::Mammillary;
use crate::typical::{Question, ask, assert_near, dose};

fn warfarin() -> Model {
    Model::builtin("warfarin_nguyen_2017").unwrap()
}

fn rifampicin() -> Model {
    Model::builtin("rifampicin_wilkins_2008").unwrap()
}

/// Concentration of warfarin in somebody of 70 kg.
fn warfarin_concentration(amount: f64, t: f64) -> f64 {
    Mammillary::new(0.131, 8.06, &[]).depot(amount, LN_2 / 0.944, t - 1.03)
}

#[test]
fn warfarin_is_absorbed_after_its_lag() {
    let model = warfarin();
    let doses = [dose(&model, "depot", 0.0, 105.0, 0.0)];
    let samples = [1.0, 1.5, 3.0, 24.0, 120.0];
    let question = Question {
        covariates: &[("WT", 70.0)],
        doses: &doses,
        samples: &samples,
        intervals: &[Interval { start: 0.0, end: 2000.0 }],
        ..Question::default()
    };
    let answer = ask(&model, &question);
    let found = answer.of("Cc");
    assert_eq!(found[0], 0.0);
    assert_near(&found[1..], &samples.map(|t| warfarin_concentration(105.0, t))[1..], 1e-9);
    assert_near(&[answer.profile.exposures[0].auc], &[105.0 / 0.131], 1e-9);
    // 43 hours to a half: the weekly rhythm of warfarin.
    let half_life = LN_2 * 8.06 / 0.131;
    let late = warfarin_concentration(105.0, 100.0 + half_life) / warfarin_concentration(105.0, 100.0);
    assert!((late - 0.5).abs() < 1e-9 && (half_life - 42.6).abs() < 0.1, "{half_life} h");
}

#[test]
fn without_warfarin_the_activity_stays_at_its_baseline() {
    let model = warfarin();
    let question = Question { covariates: &[("WT", 70.0)], samples: &[0.0, 50.0, 500.0], ..Question::default() };
    for activity in ask(&model, &question).of("PCA") {
        // exp(log(95.9)) differs from 95.9 by a rounding.
        assert!((activity - 95.9).abs() < 1e-12, "{activity}");
    }
}

/// PCA(t) = E0 + the integral of k E0 effect(C(s)) exp(-k (t - s)) over s: by Simpson's rule over the closed form of the concentration.
#[test]
fn the_activity_is_the_convolution_of_inhibited_production() {
    let model = warfarin();
    let doses = [dose(&model, "depot", 0.0, 105.0, 0.0)];
    let samples = [12.0, 36.0, 72.0, 144.0];
    let question = Question { covariates: &[("WT", 70.0)], doses: &doses, samples: &samples, ..Question::default() };
    let found = ask(&model, &question).of("PCA");
    let k = LN_2 / 13.3;
    let expected = samples.map(|t| {
        let lost = area(1.03, t, 20_000, |s| {
            let c = warfarin_concentration(105.0, s);
            k * 95.9 * c / (1.17 + c) * (-k * (t - s)).exp()
        });
        95.9 - lost
    });
    assert_near(&found, &expected, 1e-9);
    // 1.5 mg/kg take the activity down to a quarter in two days, and a week is too short to bring it back.
    assert!(expected[1] < 30.0 && expected[2] < 30.0 && expected[3] < 70.0, "{expected:?}");
}

#[test]
fn warfarin_at_steady_state_leaves_the_activity_of_the_emax_curve() {
    let model = warfarin();
    let rate = 0.131 * 1.17;
    let doses = [dose(&model, "central", 0.0, 3000.0 * rate, 3000.0)];
    let question = Question { covariates: &[("WT", 70.0)], doses: &doses, samples: &[3000.0], ..Question::default() };
    let answer = ask(&model, &question);
    assert_near(&[answer.of("Cc")[0], answer.of("PCA")[0]], &[1.17, 95.9 / 2.0], 1e-9);
}

/// The chain's output is a gamma density of shape n + 1 and rate (n + 1) / MTT; what becomes of it is a convolution with the response of depot
/// and body to a unit dose.
fn rifampicin_concentration(amount: f64, alone: bool, t: f64) -> f64 {
    let (n, ka) = (7.13, 1.15);
    let (cl, mtt) = if alone { (19.2 * 1.236, 0.424 * 2.04) } else { (19.2, 0.424) };
    let rate = (n + 1.0) / mtt;
    let body = Mammillary::new(cl, 53.2, &[]);
    let density = |s: f64| {
        if s <= 0.0 { 0.0 } else { rate * ((rate * s).ln() * n - rate * s - libm::lgamma(n + 1.0)).exp() }
    };
    // The chain has emptied after a few hours; finer panels there.
    let end = t.min(8.0);
    amount * area(0.0, end, 40_000, |s| density(s) * body.depot(1.0, ka, t - s))
}

#[test]
fn rifampicin_passes_its_chain_as_a_gamma_density() {
    let model = rifampicin();
    let doses = [dose(&model, "depot", 0.0, 600.0, 0.0)];
    let samples = [0.25, 0.7, 1.5, 4.0, 12.0];
    for alone in [false, true] {
        let covariates = [("FDC", f64::from(u8::from(!alone)))];
        let question = Question {
            covariates: &covariates,
            doses: &doses,
            samples: &samples,
            intervals: &[Interval { start: 0.0, end: 120.0 }],
            ..Question::default()
        };
        let answer = ask(&model, &question);
        let expected = samples.map(|t| rifampicin_concentration(600.0, alone, t));
        assert_near(&answer.of("Cc"), &expected, 1e-8);
        // The paper's effects of rifampicin alone: 23.6 % more clearance, 104 % more transit time.
        let cl = if alone { 19.2 * 1.236 } else { 19.2 };
        assert_near(&[answer.profile.exposures[0].auc], &[600.0 / cl], 1e-8);
    }
}

/// A second dose starts the chain anew: with the first one gone from it, both add up.
#[test]
fn rifampicin_doses_a_day_apart_add_up() {
    let model = rifampicin();
    let doses = [0.0, 24.0].map(|time| dose(&model, "depot", time, 600.0, 0.0));
    let samples = [25.0, 30.0];
    let question = Question { covariates: &[("FDC", 1.0)], doses: &doses, samples: &samples, ..Question::default() };
    let one = |t: f64| rifampicin_concentration(600.0, false, t);
    assert_near(&ask(&model, &question).of("Cc"), &samples.map(|t| one(t) + one(t - 24.0)), 1e-8);
}

/// Half a year of nothing lets steps grow to months: they must not carry past the chain of the next dose.
#[test]
fn rifampicin_after_a_long_pause_is_not_stepped_over() {
    let model = rifampicin();
    let pause = 24.0 * 182.0;
    let doses = [0.0, pause].map(|time| dose(&model, "depot", time, 600.0, 0.0));
    let samples = [pause + 1.0, pause + 6.0];
    let question = Question { covariates: &[("FDC", 1.0)], doses: &doses, samples: &samples, ..Question::default() };
    let one = |t: f64| rifampicin_concentration(600.0, false, t);
    assert_near(&ask(&model, &question).of("Cc"), &samples.map(|t| one(t - pause)), 1e-8);
}

//! Friberg's chain: proliferating cells, three steps of maturation, circulating cells, feedback.

use teorell::model::Model;

use crate::by_hand::integrate;
use crate::typical::{Question, ask, assert_near, dose};

/// A patient's kinetics of unbound paclitaxel.
const PATIENT: [(&str, f64); 3] = [("CLI", 285.0), ("V1I", 290.0), ("V2I", 995.0)];
const JAPANESE: [(&str, f64); 2] = [("AAG", 0.94), ("NEUT", 4.0)];
const CELLS: [&str; 5] = ["proliferating", "transit1", "transit2", "transit3", "circulating"];

fn paclitaxel() -> Model {
    Model::builtin("paclitaxel_friberg_2002").unwrap()
}

fn docetaxel() -> Model {
    Model::builtin("docetaxel_ozawa_2007").unwrap()
}

/// The chain of five after Friberg 2002, and what comes into the circulation beside it.
fn chain(cells: &[f64], base: f64, mtt: f64, feedback: f64, effect: f64, release: f64) -> [f64; 5] {
    let k = 4.0 / mtt;
    [
        k * cells[0] * (1.0 - effect) * (base / cells[4]).powf(feedback) - k * cells[0],
        k * cells[0] - k * cells[1],
        k * cells[1] - k * cells[2],
        k * cells[2] - k * cells[3],
        k * cells[3] - k * cells[4] + release,
    ]
}

#[test]
fn without_drug_cells_stay_at_the_baseline() {
    let samples = [0.0, 100.0, 2000.0];
    // exp(-800) is 0: no dexamethasone.
    let docetaxel = docetaxel().with_theta("lrelease", -800.0).unwrap();
    for (model, covariates, base) in [(paclitaxel(), &PATIENT[..], 7.21), (docetaxel, &JAPANESE[..], 4.0)] {
        let answer = ask(&model, &Question { covariates, samples: &samples, ..Question::default() });
        for state in CELLS {
            assert_near(&answer.of(state), &[base; 3], 1e-12);
        }
    }
}

/// A constant concentration is held in balance where (1 - slope C) (base / cells)^gamma = 1.
#[test]
fn under_a_constant_infusion_the_feedback_holds_the_cells() {
    let model = paclitaxel();
    let concentration = 0.01;
    let end = 20_000.0;
    let doses = [dose(&model, "central", 0.0, 285.0 * concentration * end, end)];
    let question = Question { covariates: &PATIENT, doses: &doses, samples: &[end], ..Question::default() };
    let answer = ask(&model, &question);
    let expected = 7.21 * (1.0 - 28.9 * concentration).powf(1.0 / 0.239);
    for state in CELLS {
        assert_near(&answer.of(state), &[expected], 1e-8);
    }
}

#[test]
fn paclitaxel_follows_the_published_equations_and_leukocytes_recover() {
    let model = paclitaxel();
    // 175 mg/m2 in 1.8 m2 are 369 umol.
    let doses = [dose(&model, "central", 0.0, 369.0, 3.0)];
    let days: Vec<f64> = (1..=28u8).map(|day| 24.0 * f64::from(day)).collect();
    let found = ask(&model, &Question { covariates: &PATIENT, doses: &doses, samples: &days, ..Question::default() })
        .of("circulating");
    let right_hand_side = |rate: f64| {
        move |_: f64, y: &[f64; 7]| {
            let c = y[0] / 290.0;
            let exchange = 204.0 * (c - y[1] / 995.0);
            let cells = chain(&y[2..], 7.21, 124.0, 0.239, 28.9 * c, 0.0);
            [rate - 285.0 * c - exchange, exchange, cells[0], cells[1], cells[2], cells[3], cells[4]]
        }
    };
    let mut y = integrate([0.0, 0.0, 7.21, 7.21, 7.21, 7.21, 7.21], 0.0, 3.0, 2000, right_hand_side(123.0));
    let mut start = 3.0;
    let expected: Vec<f64> = (days.iter())
        .map(|&end| {
            y = integrate(y, start, end, 3000, right_hand_side(0.0));
            start = end;
            y[6]
        })
        .collect();
    assert_near(&found, &expected, 1e-8);
    // The lowest count comes about when a damaged cell would have circulated, after twice the mean transit time; at three weeks
    // treatment is given again.
    let nadir = (0..28).min_by(|&a, &b| found[a].total_cmp(&found[b])).unwrap();
    assert!((8..=13).contains(&(nadir + 1)) && found[nadir] < 4.0, "day {}: {}", nadir + 1, found[nadir]);
    assert!(found[20] > 0.9 * 7.21, "{}", found[20]);
}

#[test]
fn docetaxel_follows_the_published_equations_and_neutrophils_recover_in_three_weeks() {
    let model = docetaxel();
    // 60 mg/m2 in 1.5 m2, and a glycoprotein other than the reference.
    let covariates = [("AAG", 1.2), ("NEUT", 4.0)];
    let doses = [dose(&model, "central", 0.0, 90.0, 1.0)];
    let days: Vec<f64> = (1..=21u8).map(|day| 24.0 * f64::from(day)).collect();
    let answer =
        ask(&model, &Question { covariates: &covariates, doses: &doses, samples: &days, ..Question::default() });
    let slope = 17.9 * (1.2f64 / 0.94).powf(-1.38);
    let right_hand_side = |rate: f64| {
        move |_: f64, y: &[f64; 9]| {
            let c = y[0] / 6.94;
            let (first, second) = (5.58 * (c - y[1] / 7.39), 12.5 * (c - y[2] / 225.0));
            let cells = chain(&y[3..8], 4.0, 113.0, 0.196, slope * c, y[8] / 35.5);
            let drug = rate - 35.7 * c - first - second;
            [drug, first, second, cells[0], cells[1], cells[2], cells[3], cells[4], -y[8] / 35.5]
        }
    };
    let mut y = integrate([0.0, 0.0, 0.0, 4.0, 4.0, 4.0, 4.0, 4.0, 5.19], 0.0, 1.0, 4000, right_hand_side(90.0));
    let mut start = 1.0;
    let expected: Vec<f64> = (days.iter())
        .map(|&end| {
            y = integrate(y, start, end, 6000, right_hand_side(0.0));
            start = end;
            y[7]
        })
        .collect();
    let found = answer.of("circulating");
    assert_near(&found, &expected, 1e-8);
    // Dexamethasone raises the count on the first days; it is given every three weeks, at no less than 1.5e9/L.
    assert!(found[0] > 4.5, "{found:?}");
    let nadir = (0..21).min_by(|&a, &b| found[a].total_cmp(&found[b])).unwrap();
    assert!((7..=12).contains(&(nadir + 1)) && found[nadir] < 1.5 && found[20] > 1.5, "{found:?}");
}

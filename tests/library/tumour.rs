//! Growth and inhibition of tumours.

use teorell::model::Model;

use crate::by_hand::integrate;
use crate::typical::{Question, ask, assert_near, dose};

const LAMBDA0: f64 = 0.273;
const LAMBDA1: f64 = 0.814;

fn simeoni() -> Model {
    Model::builtin("paclitaxel_simeoni_2004").unwrap()
}

/// Below lambda1 / lambda0 = 2.98 g growth is exponential to (w / 2.98)^20, above it is linear to 1/20 of (2.98 / w)^20.
#[test]
fn untreated_tumours_grow_exponentially_then_linearly() {
    let model = simeoni();
    let samples = [0.0, 5.0, 10.0, 30.0, 31.0, 40.0];
    let weight = ask(&model, &Question { samples: &samples, ..Question::default() }).of("tumour");
    assert_near(&weight[..3], &[0.0, 5.0, 10.0].map(|t: f64| 0.055 * (LAMBDA0 * t).exp()), 1e-9);
    assert!(weight[3] > 2.0 * LAMBDA1 / LAMBDA0);
    assert_near(&[weight[4] - weight[3], weight[5] - weight[3]], &[LAMBDA1, 10.0 * LAMBDA1], 1e-6);
}

/// The paper's threshold concentration lambda0 / k2 = 0.434 mg/L: held there the proliferating cells neither grow nor shrink, and the damaged
/// ones come to k2 C / k1 of them in each of three steps.
#[test]
fn at_the_threshold_concentration_proliferation_stands_still() {
    let model = simeoni();
    let threshold = LAMBDA0 / 0.629;
    let clearance = 0.868 * 24.0 * 0.81;
    // A week fills the peripheral compartment; forty days are more than the digits asked for.
    let doses = [dose(&model, "central", 0.0, clearance * threshold * 60.0, 60.0)];
    let samples = [40.0, 60.0];
    let answer = ask(&model, &Question { doses: &doses, samples: &samples, ..Question::default() });
    assert_near(&answer.of("Cc"), &[threshold; 2], 1e-9);
    let cycling = answer.of("cycling");
    assert_near(&[cycling[1]], &[cycling[0]], 1e-9);
    for state in ["damaged1", "damaged2", "damaged3"] {
        assert_near(&[answer.of(state)[1] / cycling[1]], &[LAMBDA0 / 0.968], 1e-9);
    }
}

#[test]
fn treated_tumours_follow_the_published_equations() {
    let model = simeoni();
    // 30 mg/kg every 4 days, three times, from day 8.
    let doses: Vec<_> = [8.0, 12.0, 16.0].iter().map(|&day| dose(&model, "central", day, 30.0, 0.0)).collect();
    let samples = [10.0, 16.0, 24.0, 36.0];
    let found = ask(&model, &Question { doses: &doses, samples: &samples, ..Question::default() }).of("tumour");
    let right_hand_side = |_: f64, y: &[f64; 6]| {
        let c = y[0] / 0.81;
        let exchange = 24.0 * (0.0060 * y[0] - 0.0838 * y[1]);
        let weight: f64 = y[2..].iter().sum();
        let growth = LAMBDA0 * y[2] / (1.0 + (LAMBDA0 / LAMBDA1 * weight).powi(20)).powf(0.05);
        let killed = 0.629 * c * y[2];
        [
            -24.0 * 0.868 * y[0] - exchange,
            exchange,
            growth - killed,
            killed - 0.968 * y[3],
            0.968 * (y[3] - y[4]),
            0.968 * (y[4] - y[5]),
        ]
    };
    let mut y = [0.0, 0.0, 0.055, 0.0, 0.0, 0.0];
    let mut expected = Vec::new();
    for (start, end) in [(0.0, 8.0), (8.0, 10.0), (10.0, 12.0), (12.0, 16.0), (16.0, 24.0), (24.0, 36.0)] {
        if [8.0, 12.0, 16.0].contains(&start) {
            y[0] += 30.0;
        }
        y = integrate(y, start, end, ((end - start) * 4000.0) as u32, right_hand_side);
        if samples.contains(&end) {
            expected.push(y[2..].iter().sum::<f64>());
        }
    }
    assert_near(&found, &expected, 1e-8);
    // Without treatment day 24 finds more than 4 g.
    let untreated = ask(&model, &Question { samples: &[24.0], ..Question::default() }).of("tumour")[0];
    assert!(untreated > 4.0 && found[2] < 0.2 * untreated, "{} of {untreated}", found[2]);
}

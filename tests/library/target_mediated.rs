//! Target-mediated disposition: binding in quasi-steady state, and written out.

use teorell::model::Model;

use crate::by_hand::integrate;
use crate::typical::{Question, ask, assert_near, dose};

const REFERENCE: [(&str, f64); 2] = [("WT", 85.0), ("STATIN", 0.0)];
const NMOL_PER_MG: f64 = 1e6 / 146_000.0;
const KON: f64 = 559.0;

fn quasi_steady_state() -> Model {
    Model::builtin("alirocumab_djebli_2017").unwrap()
}

fn full() -> Model {
    Model::builtin("alirocumab_djebli_2017_full").unwrap()
}

#[test]
fn without_antibody_the_target_stays_where_it_is() {
    for model in [quasi_steady_state(), full()] {
        let question = Question { covariates: &REFERENCE, samples: &[0.0, 1.0, 100.0], ..Question::default() };
        let answer = ask(&model, &question);
        // Synthesis and degradation cancel to a rounding in every step.
        assert_near(&answer.of("target"), &[9.14; 3], 1e-11);
        assert_eq!(answer.of("Cc"), [0.0; 3]);
    }
}

/// Target, complex and input (nmol/day) that belong to a free antibody in steady state, where `k` is free antibody times free target over
/// complex: from the balances of target and antibody.
fn steady_state(free: f64, k: f64) -> (f64, f64, f64) {
    let target = 1.10 * 9.14 / (1.10 + 0.112 * free / k);
    let complex = free * target / k;
    (target, complex, 0.176 * free + 0.112 * complex * 4.67)
}

#[test]
fn an_infusion_settles_where_synthesis_and_elimination_balance() {
    let model = quasi_steady_state();
    for free in [1.0, 100.0, 1000.0] {
        let (target, complex, rate) = steady_state(free, 0.58);
        let end = 2000.0;
        let doses = [dose(&model, "central", 0.0, rate * end / NMOL_PER_MG, end)];
        let question = Question { covariates: &REFERENCE, doses: &doses, samples: &[end], ..Question::default() };
        let answer = ask(&model, &question);
        let found = ["Cc", "free", "target", "complex"].map(|output| answer.of(output)[0]);
        assert_near(&found, &[free + complex, free, target + complex, complex], 1e-8);
    }
}

/// With the target saturated, all target that is made leaves as complex: kdeg R0 / kint, a tenfold of the baseline.
#[test]
fn much_antibody_raises_the_total_target_tenfold() {
    let (target, complex, _) = steady_state(1e6, 0.58);
    assert!(((target + complex) / 9.14 - 1.10 / 0.112).abs() < 1e-3);
}

#[test]
fn quasi_steady_state_follows_the_published_equations() {
    let model = quasi_steady_state();
    let (weight, statin) = (70.0f64, 1.0);
    let covariates = [("WT", weight), ("STATIN", statin)];
    let doses = [dose(&model, "depot", 0.0, 75.0, 0.0)];
    let samples = [3.0, 14.0, 40.0];
    let answer =
        ask(&model, &Question { covariates: &covariates, doses: &doses, samples: &samples, ..Question::default() });
    let size = weight / 85.0;
    let (cl, q, vc) = (0.176 * size.powf(0.75) * 1.27, 0.343 * size.powf(0.75), 4.67 * size);
    let right_hand_side = |_: f64, y: &[f64; 4]| {
        // Gibiansky et al. 2008: the free antibody is the positive zero of a quadratic.
        let (total, target) = (y[1] / vc, y[3]);
        let b = total - target - 0.58;
        let free = 0.5 * (b + (b * b + 4.0 * 0.58 * total).sqrt());
        let complex = target * free / (0.58 + free);
        let exchange = q * free - q * y[2] / 2.61;
        [
            -0.307 * y[0],
            0.307 * y[0] - cl * free - exchange - 0.112 * complex * vc,
            exchange,
            1.10 * 9.14 - 1.10 * (target - complex) - 0.112 * complex,
        ]
    };
    let mut y = [75.0 * 0.556 * NMOL_PER_MG, 0.0, 0.0, 9.14];
    // The lag moves the curve; before it nothing happens.
    let mut start = 0.0535;
    for (row, &end) in samples.iter().enumerate() {
        y = integrate(y, start, end, 20_000, right_hand_side);
        start = end;
        let found = [answer.of("Cc")[row], answer.of("target")[row]];
        assert_near(&found, &[y[1] / vc, y[3]], 1e-8);
    }
}

/// Binding at 559 L/nmol/day is settled within minutes, so both forms agree but for kint / kon and what the transient moved: 1e-3.
#[test]
fn full_binding_comes_to_the_quasi_steady_state() {
    let samples = [0.2, 1.0];
    let curves = [quasi_steady_state(), full()].map(|model| {
        let doses = [dose(&model, "central", 0.0, 3.0, 0.0)];
        let question = Question { covariates: &REFERENCE, doses: &doses, samples: &samples, ..Question::default() };
        let answer = ask(&model, &question);
        (answer.of("Cc"), answer.of("free"))
    });
    assert_near(&curves[1].0, &curves[0].0, 1e-3);
    assert_near(&curves[1].1, &curves[0].1, 2e-3);
}

#[test]
fn full_binding_follows_its_equations() {
    let model = full();
    let doses = [dose(&model, "central", 0.0, 3.0, 0.0)];
    let samples = [0.002, 0.05, 0.5];
    let answer =
        ask(&model, &Question { covariates: &REFERENCE, doses: &doses, samples: &samples, ..Question::default() });
    let koff = KON * 0.58;
    let right_hand_side = |_: f64, y: &[f64; 4]| {
        let free = y[0] / 4.67;
        let binding = KON * free * y[2] - koff * y[3];
        let exchange = 0.343 * (free - y[1] / 2.61);
        [-0.176 * free - exchange - 4.67 * binding, exchange, 1.10 * (9.14 - y[2]) - binding, binding - 0.112 * y[3]]
    };
    let mut y = [3.0 * NMOL_PER_MG, 0.0, 9.14, 0.0];
    let mut start = 0.0;
    for (row, &end) in samples.iter().enumerate() {
        // The fastest process takes 8,000 per day: a hundred steps in its time.
        y = integrate(y, start, end, ((end - start) * 8e5) as u32, right_hand_side);
        start = end;
        let found = ["free", "target", "complex"].map(|output| answer.of(output)[row]);
        assert_near(&found, &[y[0] / 4.67, y[2], y[3]], 1e-7);
    }
}

/// The balance of steady_state() holds for full binding with kd + kint / kon: put in as derivatives, because an explicit integrator would need
/// millions of steps to get there.
#[test]
fn full_binding_has_its_steady_state_where_the_balances_are() {
    let model = full();
    let free = 10.0;
    let (target, complex, rate) = steady_state(free, 0.58 + 0.112 / KON);
    let program = model.program();
    let mut registers = program.registers();
    for (register, theta) in program.thetas.clone().zip(model.thetas()) {
        registers[register as usize] = theta;
    }
    for register in program.etas.clone() {
        registers[register as usize] = 0.0;
    }
    for (register, (name, value)) in program.covariates.clone().zip(REFERENCE) {
        assert!(model.covariates().contains(&name.to_owned()));
        registers[register as usize] = value;
    }
    let states = [0.0, free * 4.67, free * 2.61, target, complex, 0.0];
    for (register, state) in program.states.clone().zip(states) {
        registers[register as usize] = state;
    }
    registers[program.time as usize] = 0.0;
    for block in [&program.subject, &program.record, &program.derivative] {
        block.run(&mut registers);
    }
    let derivatives: Vec<f64> = program.derivatives.iter().map(|&register| registers[register as usize]).collect();
    // Binding and unbinding, 3,000 nmol/L/day each, cancel: their rounding is what is left.
    assert!((derivatives[1] + rate).abs() < 1e-9, "{derivatives:?}");
    assert!(derivatives[2..5].iter().all(|derivative| derivative.abs() < 1e-9), "{derivatives:?}");
}

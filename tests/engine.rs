//! What an engine answers beside event records: exposure over intervals, dose inputs, event times of the model, failures.
//! Tolerances as in `events.rs`.

mod programs;

use programs::*;
use std::sync::Arc;
use teorell::engine::failure::Cause;
use teorell::engine::program::{BinaryOp, DoseInput, Program, Structure, UnaryOp};
use teorell::engine::timeline::SteadyState;
use teorell::engine::{Engine, EngineError, SolverChoice, SubjectInput, Tolerance};

const PROMISED: f64 = 1e-9;

/// One compartment: k = 0.1 per hour.
const ONE: Kinetics = Kinetics { ka: 1.0, cl: 5.0, v1: 50.0, q: 0.0, v2: 80.0 };

/// e^{-k t} after a dose at 0, 0 before.
fn decay(k: f64, t: f64) -> f64 {
    if t < 0.0 { 0.0 } else { (-k * t).exp() }
}

/// Concentration of one compartment, k = 0.1, V = 50, after a bolus of 100 given `t` ago.
fn after_bolus(t: f64) -> f64 {
    2.0 * decay(0.1, t)
}

/// The same for an infusion of `rate` over `duration` that began `t` ago.
fn after_infusion(rate: f64, duration: f64, t: f64) -> f64 {
    if t <= 0.0 {
        return 0.0;
    }
    rate / 5.0 * (1.0 - decay(0.1, t.min(duration))) * decay(0.1, (t - duration).max(0.0))
}

/// dA/dt = -k t A.
fn ageing() -> Arc<Program> {
    let mut a = Assembler::new(1, 0, 1);
    let (k, amount, time) = (a.theta(0), a.state(0), a.program.time);
    let rate = a.flow(k, time);
    let loss = a.flow(rate, amount);
    let change = a.unary(derivative, UnaryOp::Neg, loss);
    a.program.derivatives = vec![change];
    a.program.outputs = vec![amount];
    a.program.structure = Structure::LinearTimeVarying;
    a.finish()
}

#[test]
fn time_of_the_last_dose_counts_from_its_entry() {
    // Outputs: time since the last dose, amount of it, time of the first, all of the one state.
    let mut a = Assembler::new(0, 1, 1);
    let inputs = [DoseInput::LastTime(None), DoseInput::LastAmount(Some(0)), DoseInput::FirstTime(Some(0))];
    let registers: Vec<_> = inputs.iter().map(|_| a.register()).collect();
    a.program.dose_inputs = registers.iter().copied().zip(inputs).collect();
    let zero = a.constant(0.0);
    let tad = a.binary(|program| &mut program.observation, BinaryOp::Sub, a.program.time, registers[0]);
    a.program.dose_registers[0].lag = Some(a.covariate(0));
    a.program.derivatives = vec![zero];
    a.program.outputs = vec![tad, registers[1], registers[2]];
    a.program.structure = Structure::LinearConstant;
    let program = a.finish();
    let records = Records::with_covariates(&[1.0])
        .observe(0.0)
        .dose(0.0, bolus(0, 5.0).every(10.0).additional(1))
        .observe_all(&[3.0, 12.0])
        .reset(20.0)
        .observe(21.0);
    for solver in [SolverChoice::Linear, SolverChoice::Reference] {
        let profile = run(&program, solver, &[], &records).expect("it runs");
        assert!(profile.row(0).iter().all(|value| value.is_nan()), "nothing was given");
        assert_eq!(profile.row(1), [2.0, 5.0, 1.0]);
        assert_eq!(profile.row(2), [1.0, 5.0, 1.0]);
        assert!(profile.row(3).iter().all(|value| value.is_nan()), "a reset forgets the doses");
    }
}

#[test]
fn steady_state_exists_where_coefficients_change_with_the_time_since_the_last_dose_alone() {
    // dA/dt = -k tad A: over an interval of 10 h a factor e^{-k 50}.
    let mut a = Assembler::new(1, 0, 1);
    let (k, amount, time) = (a.theta(0), a.state(0), a.program.time);
    let last = a.register();
    a.program.dose_inputs = vec![(last, DoseInput::LastTime(None))];
    let tad = a.sub(time, last);
    let rate = a.flow(k, tad);
    let loss = a.flow(rate, amount);
    let change = a.unary(derivative, UnaryOp::Neg, loss);
    a.program.derivatives = vec![change];
    a.program.outputs = vec![amount];
    a.program.structure = Structure::LinearTimeVarying;
    let program = a.finish();
    let dose = bolus(0, 100.0).every(10.0).steady(SteadyState::Replace);
    let records = Records::with_covariates(&[]).answered_dose(7.0, dose).observe(12.0);
    let profile = run(&program, SolverChoice::Reference, &[0.02], &records).expect("it has a steady state");
    let peak = 100.0 / (1.0 - (-1.0f64).exp());
    // Newton's method stops at 1e-8 per step and has then gained its next digits too.
    assert_close(&profile.values, &[peak, peak * (-0.01f64 * 25.0).exp()], 1e-8);
}

#[test]
fn model_event_times_are_stops() {
    // dA/dt = 1 from the event time on, 0 before: exact only where nothing steps across it.
    let mut a = Assembler::new(1, 0, 1);
    let time = a.program.time;
    let start = a.theta(0);
    let on = a.binary(derivative, BinaryOp::LessEqual, start, time);
    a.program.derivatives = vec![on];
    a.program.outputs = vec![a.state(0)];
    a.program.event_times = vec![start];
    a.program.structure = Structure::NotSmooth;
    let program = a.finish();
    let records = Records::with_covariates(&[]).observe_all(&[0.0, 7.0, 20.0]);
    let profile = run(&program, SolverChoice::Reference, &[7.3], &records).expect("it runs");
    assert_close(&profile.values[2..], &[20.0 - 7.3], 1e-12);
}

#[test]
fn initial_values_hold_at_the_start_and_after_a_reset() {
    let mut a = Assembler::new(2, 0, 1);
    let (k, amount) = (a.theta(1), a.state(0));
    let loss = a.flow(k, amount);
    let change = a.unary(derivative, UnaryOp::Neg, loss);
    a.program.initials = vec![Some(a.theta(0))];
    a.program.derivatives = vec![change];
    a.program.outputs = vec![amount];
    a.program.structure = Structure::LinearConstant;
    let program = a.finish();
    let records = Records::with_covariates(&[]).observe(0.0).observe(3.0).reset(5.0).observe(5.0).observe(6.0);
    let profile = run(&program, SolverChoice::Linear, &[40.0, 0.1], &records).expect("it runs");
    assert_close(&profile.values, &[40.0, 40.0 * decay(0.1, 3.0), 40.0, 40.0 * decay(0.1, 1.0)], PROMISED);
}

#[test]
fn exposure_is_the_area_from_the_states_and_the_maximum_over_the_curve() {
    // Infusion of 2 h every 12 h, no samples at all; intervals that begin at no event too.
    let dose = infusion(CENTRAL, 100.0, 50.0).every(12.0).additional(3);
    let records = Records::new()
        .dose(0.0, dose)
        .interval(0.0, 12.0)
        .interval(12.0, 24.0)
        .interval(25.0, 31.5)
        .interval(36.0, 60.0);
    let at = |t: f64| -> f64 { (0..4).map(|j| after_infusion(50.0, 2.0, t - 12.0 * f64::from(j))).sum() };
    // CL AUC = what was given less what is still there.
    let area = |t: f64| -> f64 {
        let given: f64 = (0..4).map(|j| 50.0 * (t - 12.0 * f64::from(j)).clamp(0.0, 2.0)).sum();
        (given - 50.0 * at(t)) / 5.0
    };
    let program = compartments().finish();
    for solver in [SolverChoice::Linear, SolverChoice::Reference] {
        let profile = run(&program, solver, &ONE.thetas(), &records).expect("it runs");
        let peaks = [2.0, 14.0, 26.0, 38.0];
        for ((exposure, interval), peak) in profile.exposures.iter().zip(&records.timeline.intervals).zip(peaks) {
            let expected = [area(interval.end) - area(interval.start), at(peak), peak, at(interval.end)];
            assert_close(&[exposure.auc, exposure.cmax, exposure.tmax, exposure.ctrough], &expected, PROMISED);
        }
    }
}

#[test]
fn exposure_finds_the_peak_of_an_oral_dose_between_all_stops() {
    let records = Records::new()
        .dose(0.0, bolus(DEPOT, 100.0).every(24.0).additional(1))
        .interval(0.0, 24.0)
        .interval(24.0, 48.0);
    let program = compartments().finish();
    let closed = |t: f64| 2.0 / 0.9 * (decay(0.1, t) - decay(1.0, t));
    let peak = 10.0f64.ln() / 0.9;
    for solver in [SolverChoice::Linear, SolverChoice::Reference] {
        let profile = run(&program, solver, &ONE.thetas(), &records).expect("it runs");
        assert_close(&[profile.exposures[0].cmax], &[closed(peak)], PROMISED);
        // Where the curve is flat a time is only known to the root of the value's digits.
        assert_close(&[profile.exposures[0].tmax], &[peak], 1e-5);
        assert_close(&[profile.exposures[0].ctrough], &[closed(24.0)], PROMISED);
    }
}

#[test]
fn the_trough_is_before_the_dose_and_the_peak_of_a_bolus_after_it() {
    let records = Records::new()
        .dose(0.0, bolus(CENTRAL, 100.0).every(12.0).additional(1))
        .reset(18.0)
        .interval(0.0, 12.0)
        .interval(12.0, 24.0);
    let program = compartments().finish();
    for solver in [SolverChoice::Linear, SolverChoice::Reference] {
        let profile = run(&program, solver, &ONE.thetas(), &records).expect("it runs");
        let first = profile.exposures[0];
        assert_close(&[first.cmax, first.ctrough], &[2.0, after_bolus(12.0)], PROMISED);
        assert_eq!(first.tmax, 0.0);
        // The area before a reset is kept; what the reset took away is not in the second half.
        let second = profile.exposures[1];
        let start = after_bolus(12.0) + 2.0;
        assert_close(&[second.auc, second.cmax], &[start / 0.1 * (1.0 - decay(0.1, 6.0)), start], PROMISED);
        assert_eq!((second.tmax, second.ctrough), (12.0, 0.0));
    }
}

#[test]
fn auto_runs_subjects_with_repeated_eigenvalues_beside_the_others_and_in_order() {
    // ka = k for the second of three: C = D k t e^{-k t} / V. By Taylor series there, so at the engine's own tolerance.
    let engine =
        Engine::new(compartments().finish(), SolverChoice::Auto, Tolerance::default()).expect("auto always fits");
    let records = Records::new().dose(0.0, bolus(DEPOT, 100.0)).observe(10.0);
    let thetas = [1.0, 0.1, 0.5].map(|ka| Kinetics { ka, ..ONE }.thetas());
    let subjects: Vec<SubjectInput<'_>> = (0..)
        .zip(&thetas)
        .map(|(number, thetas)| SubjectInput { number, thetas, etas: &[], timeline: &records.timeline })
        .collect();
    let found: Vec<f64> =
        engine.run(&subjects).into_iter().map(|profile| profile.expect("it runs").values[0]).collect();
    let bateman = |ka: f64| 2.0 * ka / (ka - 0.1) * (decay(0.1, 10.0) - decay(ka, 10.0));
    assert_close(&found, &[bateman(1.0), 2.0 * decay(0.1, 10.0), bateman(0.5)], 1e-7);
}

#[test]
fn failures_name_time_states_and_likely_cause() {
    let program = compartments().finish();
    let records = Records::new().dose(0.0, bolus(CENTRAL, 100.0)).observe(1.0);
    for solver in [SolverChoice::Linear, SolverChoice::Reference] {
        let zero_volume = Kinetics { v1: 0.0, ..ONE };
        let failure = run(&program, solver, &zero_volume.thetas(), &records).expect_err("division by zero");
        assert_eq!(failure.cause, Cause::NonFinite);
        assert_eq!(failure.states[CENTRAL], 100.0);
    }
    // dA/dt = A² from A = 1 explodes at t = 1.
    let mut a = Assembler::new(0, 0, 1);
    let change = a.flow(a.state(0), a.state(0));
    a.program.derivatives = vec![change];
    a.program.outputs = vec![a.state(0)];
    let explosive = a.finish();
    let records = Records::with_covariates(&[]).dose(0.0, bolus(0, 1.0)).observe(2.0);
    let failure = run(&explosive, SolverChoice::Auto, &[], &records).expect_err("it explodes");
    assert!((0.9..=1.0 + 1e-6).contains(&failure.time), "{failure}");
}

#[test]
fn values_that_must_be_positive_are_named_where_they_are_not() {
    let mut a = compartments();
    let v1 = a.theta(2);
    a.program.must_be_positive = vec![(v1, "vc".into())];
    let program = a.finish();
    let negative = Kinetics { v1: -3.0, ..ONE };
    for solver in [SolverChoice::Linear, SolverChoice::Reference] {
        let failure =
            run(&program, solver, &negative.thetas(), &Records::new().observe(0.0)).expect_err("a volume below 0");
        assert_eq!(failure.cause, Cause::NotPositive { name: "vc".into(), value: -3.0 });
    }
}

#[test]
fn a_forced_solver_that_does_not_fit_is_an_error_that_says_why() {
    let forced = |program: Arc<Program>| {
        Engine::new(program, SolverChoice::Linear, Tolerance::default()).expect_err("it does not fit")
    };
    let EngineError::DoesNotFit { solver, reason } = forced(saturable().finish()) else { panic!("another error") };
    assert_eq!((solver, reason), ("linear", "its derivatives are not linear in the states"));
    assert!(forced(ageing()).to_string().contains("change with time"));
    let engine =
        Engine::new(compartments().finish(), SolverChoice::Auto, Tolerance::default()).expect("auto always fits");
    assert_eq!(engine.solver(), "linear");
}

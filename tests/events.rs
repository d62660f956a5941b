//! What each rule of the event specification means, against closed forms written out here. Rules are cited by number.
//!
//! Tolerance: the exact solver has to give 1e-9 relative (rounding in a few hundred operations is below 1e-12; 1e-9 is what
//! is promised); `concentrations` checks the reference solver on every case on the way.

mod programs;

use programs::*;
use std::sync::Arc;
use teorell::engine::SolverChoice;
use teorell::engine::failure::Cause;
use teorell::engine::program::{BinaryOp, Program, Structure, UnaryOp};
use teorell::engine::timeline::{DoseRate, Interpolation, RecordKind, SteadyState};

const PROMISED: f64 = 1e-9;

/// The anchors' one compartment: k = 0.1 per hour.
const ONE: Kinetics = Kinetics { ka: 1.0, cl: 5.0, v1: 50.0, q: 0.0, v2: 80.0 };
const TWO: Kinetics = Kinetics { ka: 1.0, cl: 5.0, v1: 50.0, q: 3.0, v2: 80.0 };

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

/// Concentration of one compartment at steady state, `phase` after a bolus of 100 every `interval`.
fn steady_bolus(interval: f64, phase: f64) -> f64 {
    after_bolus(phase) / (1.0 - decay(0.1, interval))
}

/// Sum over the doses of the past: enough of them that the rest is below 1e-16.
fn steady_infusion(rate: f64, duration: f64, interval: f64, phase: f64) -> f64 {
    (0..2000).map(|past| after_infusion(rate, duration, phase + f64::from(past) * interval)).sum()
}

fn error_of(records: &Records) -> Cause {
    let program = compartments().finish();
    run(&program, SolverChoice::Linear, &ONE.thetas(), records).expect_err("the record is refused").cause
}

#[test]
fn the_anchors_of_the_specification_come_out() {
    let times = [1.0, 4.0, 8.0];
    // Eleven digits are given.
    let single = concentrations(&ONE, &Records::new().dose(0.0, bolus(CENTRAL, 100.0)).observe_all(&times));
    assert_close(&single, &[1.8096748361, 1.3406400921, 0.89865792823], 5e-11);
    let steady = bolus(CENTRAL, 100.0).every(12.0).steady(SteadyState::Replace);
    let steady = concentrations(&ONE, &Records::new().dose(0.0, steady).observe_all(&times));
    assert_close(&steady, &[2.5896677831, 1.9184730793, 1.2859909628], 5e-11);
}

#[test]
fn two_compartments_follow_their_biexponential() {
    let (k10, k12, k21): (f64, f64, f64) = (0.1, 3.0 / 50.0, 3.0 / 80.0);
    let sum = k10 + k12 + k21;
    let root = (sum * sum - 4.0 * k10 * k21).sqrt();
    let (alpha, beta) = ((sum + root) / 2.0, (sum - root) / 2.0);
    let (a, b) = ((alpha - k21) / (alpha - beta) / 50.0, (k21 - beta) / (alpha - beta) / 50.0);
    let times = [0.25, 1.0, 4.0, 24.0, 240.0];

    let bolus_closed: Vec<f64> = times.iter().map(|&t| 100.0 * (a * decay(alpha, t) + b * decay(beta, t))).collect();
    assert_close(
        &concentrations(&TWO, &Records::new().dose(0.0, bolus(CENTRAL, 100.0)).observe_all(&times)),
        &bolus_closed,
        PROMISED,
    );

    let piece =
        |c: f64, rate: f64, t: f64| c / rate * (1.0 - decay(rate, t.min(2.0))) * decay(rate, (t - 2.0).max(0.0));
    let infusion_closed: Vec<f64> = times.iter().map(|&t| 50.0 * (piece(a, alpha, t) + piece(b, beta, t))).collect();
    let records = Records::new().dose(0.0, infusion(CENTRAL, 100.0, 50.0)).observe_all(&times);
    assert_close(&concentrations(&TWO, &records), &infusion_closed, PROMISED);

    let absorbed = |c: f64, rate: f64, t: f64| c / (1.0 - rate) * (decay(rate, t) - decay(1.0, t));
    let oral_closed: Vec<f64> = times.iter().map(|&t| 100.0 * (absorbed(a, alpha, t) + absorbed(b, beta, t))).collect();
    assert_close(
        &concentrations(&TWO, &Records::new().dose(0.0, bolus(DEPOT, 100.0)).observe_all(&times)),
        &oral_closed,
        PROMISED,
    );
}

#[test]
fn absorption_as_fast_as_elimination_has_no_eigenvectors_and_still_its_closed_form() {
    // ka = k: A2 = D k t e^{-k t}.
    let equal = Kinetics { ka: 0.1, ..ONE };
    let times = [1.0, 2.0, 10.0, 100.0];
    let closed: Vec<f64> = times.iter().map(|&t| 2.0 * 0.1 * t * decay(0.1, t)).collect();
    assert_close(
        &concentrations(&equal, &Records::new().dose(0.0, bolus(DEPOT, 100.0)).observe_all(&times)),
        &closed,
        PROMISED,
    );
}

#[test]
fn rule_1_row_order_decides_what_an_observation_at_a_dose_sees() {
    let records = Records::new()
        .observe(0.0)
        .dose(0.0, bolus(CENTRAL, 100.0))
        .observe(0.0)
        .observe(5.0)
        .dose(5.0, bolus(CENTRAL, 100.0))
        .observe(5.0)
        .answered_dose(6.0, bolus(CENTRAL, 100.0));
    let at_5 = after_bolus(5.0);
    let at_6 = after_bolus(6.0) + after_bolus(1.0) + 2.0;
    assert_close(&concentrations(&ONE, &records), &[0.0, 2.0, at_5, at_5 + 2.0, at_6], PROMISED);
}

#[test]
fn rule_2_additional_and_lagged_doses_come_before_a_record_of_their_time() {
    let additional = Records::new().dose(0.0, bolus(CENTRAL, 100.0).every(12.0).additional(1)).observe(12.0);
    assert_close(&concentrations(&ONE, &additional), &[after_bolus(12.0) + 2.0], PROMISED);
    let lagged = Records::with_dosing(1.0, 2.0, f64::NAN, f64::NAN).dose(0.0, bolus(CENTRAL, 100.0)).observe(2.0);
    assert_close(&concentrations(&ONE, &lagged), &[2.0], PROMISED);
}

#[test]
fn rule_3_a_dose_is_at_a_time_only_when_it_equals_it() {
    // The j-th dose comes at t + j II with one rounding. Here two roundings, or adding II over and over, give another double.
    let (start, interval) = (0.1, 0.7);
    let repeat = (1..100_u32)
        .find(|&j| f64::from(j).mul_add(interval, start) != start + f64::from(j) * interval)
        .expect("some product rounds");
    let due = f64::from(repeat).mul_add(interval, start);
    let dose = bolus(CENTRAL, 100.0).every(interval).additional(repeat);
    let found = concentrations(&ONE, &Records::new().dose(start, dose).observe(due.next_down()).observe(due));
    let before: f64 = (0..repeat).map(|j| after_bolus(due - start - f64::from(j) * interval)).sum();
    assert_close(&found, &[before, before + 2.0], PROMISED);
}

#[test]
fn rule_3_a_lagged_dose_within_1e_minus_13_of_a_sample_is_after_it() {
    let lag = 1.0 + 1e-13;
    let records =
        Records::with_dosing(1.0, lag, f64::NAN, f64::NAN).dose(0.0, bolus(CENTRAL, 100.0)).observe(1.0).observe(lag);
    assert_close(&concentrations(&ONE, &records), &[0.0, 2.0], PROMISED);
}

#[test]
fn rule_3_holds_past_16384_hours_and_before_0() {
    for start in [20_000.0, 123_456.0, -50.0] {
        let due: f64 = start + 24.0;
        let dose = bolus(CENTRAL, 100.0).every(24.0).additional(1);
        let records = Records::new().dose(start, dose).observe(due.next_down()).observe(due).observe(due + 8.0);
        let before = after_bolus(24.0);
        // The clock's last digit is 4e-12 or 1.5e-11 h there: far below 1e-9 of the value.
        assert_close(
            &concentrations(&ONE, &records),
            &[before, before + 2.0, after_bolus(32.0) + after_bolus(8.0)],
            PROMISED,
        );
    }
}

#[test]
fn rule_4_a_reset_empties_everything_and_turns_compartments_on() {
    let records = Records::new()
        .dose(0.0, bolus(CENTRAL, 100.0))
        .record(1.0, RecordKind::Other(Some((CENTRAL, false))))
        .answered(2.0, RecordKind::Reset)
        .observe(3.0)
        .dose(3.0, bolus(DEPOT, 100.0))
        .observe(4.0);
    let oral = 2.0 * 1.0 / 0.9 * (decay(0.1, 1.0) - decay(1.0, 1.0));
    assert_close(&concentrations(&ONE, &records), &[0.0, 0.0, oral], PROMISED);
}

#[test]
fn rule_4_a_reset_with_a_lagged_dose_resets_at_the_record_and_its_additional_doses_do_not_reset() {
    let dose = bolus(CENTRAL, 100.0).every(10.0).additional(1);
    let records = Records::with_dosing(1.0, 2.0, f64::NAN, f64::NAN)
        .dose(0.0, bolus(CENTRAL, 100.0))
        .answered_reset_and_dose(10.0, dose)
        .observe_all(&[11.0, 12.0, 22.0, 25.0]);
    let expected = [0.0, 0.0, 2.0, after_bolus(10.0) + 2.0, after_bolus(13.0) + after_bolus(3.0)];
    assert_close(&concentrations(&ONE, &records), &expected, PROMISED);
}

#[test]
fn rule_4_time_may_start_again_at_a_reset() {
    let records = Records::new()
        .dose(0.0, bolus(CENTRAL, 100.0).every(24.0).additional(5))
        .observe(30.0)
        .answered_reset_and_dose(0.0, bolus(CENTRAL, 100.0))
        .observe(8.0)
        .observe(30.0);
    let expected = [after_bolus(30.0) + after_bolus(6.0), 2.0, after_bolus(8.0), after_bolus(30.0)];
    assert_close(&concentrations(&ONE, &records), &expected, PROMISED);
}

#[test]
fn rule_5_a_reset_cancels_infusions_and_additional_and_lagged_doses_recorded_earlier() {
    let records = Records::with_dosing(1.0, 3.0, f64::NAN, f64::NAN)
        .dose(0.0, infusion(CENTRAL, 100.0, 10.0))
        .dose(1.0, bolus(CENTRAL, 100.0).every(6.0).additional(5))
        .dose(4.0, bolus(CENTRAL, 100.0))
        .reset(5.0)
        .observe_all(&[5.0, 7.0, 10.0, 40.0]);
    assert_eq!(concentrations(&ONE, &records), [0.0; 4]);
}

#[test]
fn rule_5_at_one_time_the_row_order_says_which_dose_a_reset_cancels() {
    let cancelled = Records::new().dose(5.0, infusion(CENTRAL, 100.0, 10.0)).reset(5.0).observe(8.0);
    assert_eq!(concentrations(&ONE, &cancelled), [0.0]);
    let kept = Records::new().reset(5.0).dose(5.0, infusion(CENTRAL, 100.0, 10.0)).observe(8.0);
    assert_close(&concentrations(&ONE, &kept), &[after_infusion(10.0, 10.0, 3.0)], PROMISED);
    // An additional dose of the same time comes before the reset, so it goes too; one recorded after it stays.
    let additional = Records::new()
        .dose(0.0, bolus(CENTRAL, 100.0).every(5.0).additional(3))
        .reset(5.0)
        .dose(5.0, bolus(CENTRAL, 100.0))
        .observe(5.0)
        .observe(11.0);
    assert_close(&concentrations(&ONE, &additional), &[2.0, after_bolus(6.0)], PROMISED);
}

#[test]
fn rule_5_steady_state_cancels_what_was_recorded_earlier() {
    let records = Records::new()
        .dose(0.0, infusion(CENTRAL, 100.0, 1.0))
        .dose(0.0, bolus(CENTRAL, 100.0).every(7.0).additional(9))
        .dose(10.0, bolus(CENTRAL, 100.0).every(12.0).steady(SteadyState::Replace))
        .observe_all(&[11.0, 30.0]);
    assert_close(&concentrations(&ONE, &records), &[steady_bolus(12.0, 1.0), steady_bolus(12.0, 20.0)], PROMISED);
}

#[test]
fn rule_5_a_compartment_turned_off_is_empty_and_loses_what_was_to_come_into_it() {
    let records = Records::new()
        .dose(0.0, infusion(CENTRAL, 100.0, 10.0))
        .dose(0.0, bolus(CENTRAL, 100.0).every(6.0).additional(3))
        .dose(0.0, bolus(DEPOT, 100.0))
        .answered(2.0, RecordKind::Other(Some((CENTRAL, false))))
        .observe_all(&[3.0, 9.0])
        .record(10.0, RecordKind::Other(Some((CENTRAL, true))))
        .observe(11.0);
    // From 2 to 10 what leaves the depot is lost; afterwards the rest of it arrives.
    let rest = 100.0 * decay(1.0, 10.0);
    let expected = rest / 50.0 / 0.9 * (decay(0.1, 1.0) - decay(1.0, 1.0));
    assert_close(&concentrations(&ONE, &records), &[0.0, 0.0, 0.0, expected], PROMISED);
}

#[test]
fn rule_5_a_dose_turns_its_compartment_on_again() {
    let records = Records::new()
        .dose(0.0, bolus(CENTRAL, 100.0))
        .record(2.0, RecordKind::Other(Some((CENTRAL, false))))
        .dose(4.0, bolus(CENTRAL, 100.0))
        .observe(5.0);
    assert_close(&concentrations(&ONE, &records), &[after_bolus(1.0)], PROMISED);
}

#[test]
fn rule_6_additional_doses_need_an_interval() {
    let cause = error_of(&Records::new().dose(0.0, bolus(CENTRAL, 100.0).additional(2)).observe(1.0));
    assert_eq!(cause, Cause::Interval { record: 1, interval: 0.0 });
    let cause = error_of(&Records::new().observe(0.0).dose(0.0, bolus(CENTRAL, 100.0).steady(SteadyState::Replace)));
    assert_eq!(cause, Cause::Interval { record: 2, interval: 0.0 });
}

#[test]
fn rule_6_additional_doses_after_steady_state_are_ordinary_ones() {
    let dose = bolus(CENTRAL, 100.0).every(12.0).steady(SteadyState::Replace).additional(2);
    let found = concentrations(&ONE, &Records::new().dose(0.0, dose).observe_all(&[1.0, 13.0, 25.0, 37.0]));
    let steady = steady_bolus(12.0, 1.0);
    assert_close(&found, &[steady, steady, steady, steady_bolus(12.0, 13.0)], PROMISED);
}

#[test]
fn rule_7_steady_state_replaces_or_adds() {
    let replace = bolus(CENTRAL, 100.0).every(12.0).steady(SteadyState::Replace);
    let add = bolus(CENTRAL, 100.0).every(24.0).steady(SteadyState::Add);
    let records = Records::new()
        .dose(0.0, bolus(CENTRAL, 700.0))
        .answered_dose(3.0, replace)
        .answered_dose(8.0, add)
        .observe(20.0);
    // The first train is not continued: only the state it had reached decays on.
    let expected = [
        steady_bolus(12.0, 0.0),
        steady_bolus(12.0, 5.0) + steady_bolus(24.0, 0.0),
        steady_bolus(12.0, 17.0) + steady_bolus(24.0, 12.0),
    ];
    assert_close(&concentrations(&ONE, &records), &expected, PROMISED);
}

#[test]
fn rule_7_added_steady_state_leaves_running_infusions_and_doses_to_come() {
    let records = Records::new()
        .dose(0.0, infusion(CENTRAL, 100.0, 10.0))
        .dose(0.0, bolus(CENTRAL, 100.0).every(6.0).additional(1))
        .dose(4.0, infusion(CENTRAL, 80.0, 20.0).every(24.0).steady(SteadyState::Add))
        .observe_all(&[4.0, 5.0, 12.0]);
    let expected: Vec<f64> = [4.0, 5.0, 12.0]
        .iter()
        .map(|&t| {
            after_infusion(10.0, 10.0, t)
                + after_bolus(t)
                + after_bolus(t - 6.0)
                + steady_infusion(20.0, 4.0, 24.0, t - 4.0)
        })
        .collect();
    assert_close(&concentrations(&ONE, &records), &expected, PROMISED);
}

#[test]
fn rule_8_infusions_longer_than_the_interval_overlap_and_end_at_their_own_times() {
    let times = [0.0, 3.0, 7.0, 15.0, 40.0];
    for (rate, duration, interval) in [(10.0, 10.0, 4.0), (10.0, 12.0, 12.0), (10.0, 24.0, 6.0), (10.0, 7.0, 5.0)] {
        let dose = infusion(CENTRAL, rate * duration, rate).every(interval).steady(SteadyState::Replace);
        let found = concentrations(&ONE, &Records::new().dose(0.0, dose).observe_all(&times));
        // No dose after the one of the record: the train ends with it.
        let expected: Vec<f64> = times.iter().map(|&t| steady_infusion(rate, duration, interval, t)).collect();
        assert_close(&found, &expected, PROMISED);
    }
}

#[test]
fn rule_9_a_constant_infusion_at_steady_state_ends_at_the_record_and_ignores_bioavailability() {
    let dose = infusion(CENTRAL, 0.0, 10.0).steady(SteadyState::Replace);
    let records = Records::with_dosing(0.3, 0.0, f64::NAN, f64::NAN).answered_dose(0.0, dose.clone()).observe(5.0);
    assert_close(&concentrations(&ONE, &records), &[2.0, 2.0 * decay(0.1, 5.0)], PROMISED);
    let lagged = Records::with_dosing(1.0, 1.0, f64::NAN, f64::NAN).dose(0.0, dose);
    assert_eq!(error_of(&lagged), Cause::SteadyStateLag { record: 1, lag: 1.0, interval: 0.0 });
}

#[test]
fn rule_10_with_a_lag_the_record_stands_in_the_cycle_before_its_dose() {
    let lag = 5.0;
    let times = [0.0, 2.0, 5.0, 9.0, 17.0, 20.0];
    let steady = bolus(CENTRAL, 100.0).every(12.0).steady(SteadyState::Replace).additional(1);
    let records = Records::with_dosing(1.0, lag, f64::NAN, f64::NAN).dose(0.0, steady).observe_all(&times);
    let bolus_closed: Vec<f64> = times.iter().map(|&t| steady_bolus(12.0, (t + 7.0) % 12.0)).collect();
    assert_close(&concentrations(&ONE, &records), &bolus_closed, PROMISED);

    // An infusion of 9 h that began at -7 still runs until 2; the one before it, of 20 h, too.
    for duration in [9.0, 20.0] {
        let dose = infusion(CENTRAL, 10.0 * duration, 10.0).every(12.0).steady(SteadyState::Replace);
        let records = Records::with_dosing(1.0, lag, f64::NAN, f64::NAN).dose(0.0, dose).observe_all(&times);
        let closed: Vec<f64> = times
            .iter()
            .map(|&t| steady_infusion(10.0, duration, 12.0, t + 7.0) + after_infusion(10.0, duration, t - lag))
            .collect();
        assert_close(&concentrations(&ONE, &records), &closed, PROMISED);
    }

    let too_long = Records::with_dosing(1.0, 12.0, f64::NAN, f64::NAN)
        .dose(0.0, bolus(CENTRAL, 100.0).every(12.0).steady(SteadyState::Replace));
    assert_eq!(error_of(&too_long), Cause::SteadyStateLag { record: 1, lag: 12.0, interval: 12.0 });
}

#[test]
fn rule_11_states_that_only_integrate_keep_their_value_at_steady_state() {
    let dose = bolus(CENTRAL, 100.0).every(12.0).steady(SteadyState::Replace);
    let records = Records::new().dose(0.0, bolus(CENTRAL, 100.0)).dose(10.0, dose).observe(10.0);
    let program = compartments().finish();
    let profile = run(&program, SolverChoice::Linear, &ONE.thetas(), &records).expect("it runs");
    // AUC to 10 h: 2/0.1 (1 - e^-1); outputs are the concentration and then the states.
    assert_close(&profile.row(0)[1 + AUC..], &[20.0 * (1.0 - decay(0.1, 10.0))], PROMISED);
}

#[test]
fn rule_11_a_compartment_that_never_empties_has_no_steady_state() {
    let kinetics = Kinetics { cl: 0.0, ..TWO };
    let records = Records::new().dose(0.0, bolus(CENTRAL, 100.0).every(12.0).steady(SteadyState::Replace));
    let program = compartments().finish();
    let failure = run(&program, SolverChoice::Linear, &kinetics.thetas(), &records).expect_err("nothing leaves");
    assert!(matches!(failure.cause, Cause::NoSteadyState { record: 1, .. }), "{failure}");
}

#[test]
fn rule_11_nonlinear_steady_state_is_where_further_doses_change_nothing() {
    // Vmax 10 per hour, Km 50: capacity 120 per 12 h, so that at 100 plain repetition is still 1e-3 off after 60 doses.
    let program = saturable().finish();
    let dose = bolus(0, 100.0).every(12.0).steady(SteadyState::Replace).additional(1);
    let records = Records::with_covariates(&[]).answered_dose(0.0, dose).answered(12.0, RecordKind::Observation);
    let profile = run(&program, SolverChoice::Reference, &[10.0, 50.0], &records).expect("it has a steady state");
    assert_close(&profile.values[..1], &profile.values[1..], 1e-8);
    // Over an interval Vmax II = A0 - A1 + Km ln(A0/A1), with A0 = A1 + 100: ln(1 + 100/A1) = 0.4.
    let trough = 100.0 / 0.4f64.exp_m1();
    assert_close(&profile.values[..1], &[trough + 100.0], 1e-8);
}

#[test]
fn rule_11_nonlinear_steady_state_under_constant_infusion_balances_elimination() {
    let program = saturable().finish();
    let records = Records::with_covariates(&[]).answered_dose(0.0, infusion(0, 0.0, 9.0).steady(SteadyState::Replace));
    let profile = run(&program, SolverChoice::Reference, &[10.0, 50.0], &records).expect("it has a steady state");
    // R = Vmax A / (Km + A).
    assert_close(&profile.values, &[9.0 * 50.0 / (10.0 - 9.0)], 1e-8);
}

#[test]
fn rule_11_more_than_can_be_eliminated_has_no_steady_state() {
    let program = saturable().finish();
    let records = Records::with_covariates(&[]).dose(0.0, bolus(0, 130.0).every(12.0).steady(SteadyState::Replace));
    let failure = run(&program, SolverChoice::Reference, &[10.0, 50.0], &records).expect_err("it accumulates for ever");
    assert!(matches!(failure.cause, Cause::NoSteadyState { record: 1, .. }), "{failure}");
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
fn rule_11_coefficients_that_change_with_time_have_no_steady_state() {
    let records = Records::with_covariates(&[]).dose(0.0, bolus(0, 100.0).every(12.0).steady(SteadyState::Replace));
    let failure = run(&ageing(), SolverChoice::Auto, &[0.1], &records).expect_err("there is none");
    assert_eq!(failure.cause, Cause::TimeVaryingSteadyState { record: 1 });
}

#[test]
fn rule_12_bioavailability_changes_the_duration_of_a_rate_and_the_rate_of_a_duration() {
    let times = [1.0, 4.0, 6.0, 12.0];
    let with = |rate| Records::with_dosing(0.5, 0.0, 25.0, 8.0).dose(0.0, dose_at(rate)).observe_all(&times);
    let closed = |rate: f64, duration: f64| times.map(|t| after_infusion(rate, duration, t));
    assert_close(&concentrations(&ONE, &with(DoseRate::Rate(10.0))), &closed(10.0, 5.0), PROMISED);
    assert_close(&concentrations(&ONE, &with(DoseRate::Duration(5.0))), &closed(10.0, 5.0), PROMISED);
    assert_close(&concentrations(&ONE, &with(DoseRate::ModelledDuration)), &closed(6.25, 8.0), PROMISED);
    assert_close(&concentrations(&ONE, &with(DoseRate::ModelledRate)), &closed(25.0, 2.0), PROMISED);
}

fn dose_at(rate: DoseRate) -> teorell::engine::timeline::DoseRecord {
    teorell::engine::timeline::DoseRecord { rate, ..bolus(CENTRAL, 100.0) }
}

#[test]
fn rule_12_modelled_rates_and_durations_have_to_be_there_and_positive() {
    let cause = error_of(&Records::with_dosing(1.0, 0.0, 0.0, 1.0).dose(0.0, dose_at(DoseRate::ModelledRate)));
    assert_eq!(cause, Cause::Rate { record: 1, compartment: 2, value: 0.0 });
    let cause = error_of(&Records::with_dosing(1.0, 0.0, 1.0, -2.0).dose(0.0, dose_at(DoseRate::ModelledDuration)));
    assert_eq!(cause, Cause::Duration { record: 1, compartment: 2, value: -2.0 });
}

#[test]
fn rule_13_a_lag_holds_for_all_additional_doses_and_may_exceed_the_interval() {
    let dose = bolus(CENTRAL, 100.0).every(4.0).additional(2);
    let records =
        Records::with_dosing(1.0, 9.0, f64::NAN, f64::NAN).dose(0.0, dose).observe_all(&[8.0, 9.0, 14.0, 20.0]);
    let closed = [8.0, 9.0, 14.0, 20.0].map(|t| [9.0, 13.0, 17.0].iter().map(|due| after_bolus(t - due)).sum());
    assert_close(&concentrations(&ONE, &records), &closed, PROMISED);
    let cause = error_of(&Records::with_dosing(1.0, -1.0, f64::NAN, f64::NAN).dose(0.0, bolus(CENTRAL, 100.0)));
    assert_eq!(cause, Cause::Lag { record: 1, compartment: 2, value: -1.0 });
}

#[test]
fn rule_13_and_14_lag_is_that_of_the_record_and_bioavailability_that_of_the_entry() {
    let mut records = Records::new().dose(0.0, bolus(CENTRAL, 100.0).every(6.0).additional(1)).observe_all(&[2.0, 8.0]);
    let covariates = &mut records.timeline.covariates;
    covariates.times = vec![0.0, 1.0, 5.0];
    // F, lag, rate, duration: the lag of 2 h stays that of the record when it becomes 4; F is 0.5 at 2 h and 0.25 at 8 h.
    covariates.values = vec![1.0, 2.0, 1.0, 1.0, 0.5, 4.0, 1.0, 1.0, 0.25, 4.0, 1.0, 1.0];
    let expected = [0.5 * 2.0, 0.5 * after_bolus(6.0) + 0.25 * 2.0];
    assert_close(&concentrations(&ONE, &records), &expected, PROMISED);
}

#[test]
fn rule_14_bioavailability_below_zero_is_an_error_that_names_the_record() {
    let records = Records::with_dosing(-0.1, 0.0, f64::NAN, f64::NAN).observe(0.0).dose(3.0, bolus(CENTRAL, 100.0));
    let program = compartments().finish();
    let failure = run(&program, SolverChoice::Linear, &ONE.thetas(), &records).expect_err("F < 0");
    assert_eq!(failure.cause, Cause::Bioavailability { record: 2, compartment: 2, value: -0.1 });
    assert_eq!(failure.time, 3.0);
    assert!(failure.to_string().contains("record 2: bioavailability of compartment 2 is `-0.1`"), "{failure}");
}

/// dA/dt = -k A with k a covariate.
fn covariate_rate() -> Arc<Program> {
    let mut a = Assembler::new(0, 1, 1);
    let (k, amount) = (a.covariate(0), a.state(0));
    let loss = a.flow(k, amount);
    let change = a.unary(derivative, UnaryOp::Neg, loss);
    let rate = a.binary(|program| &mut program.observation, BinaryOp::Mul, k, a.program.time);
    a.program.derivatives = vec![change];
    a.program.outputs = vec![amount, rate];
    a.program.structure = Structure::LinearConstant;
    a.finish()
}

#[test]
fn rule_15_covariates_are_carried_forward_or_back_or_follow_a_line() {
    let case = |interpolation, expected: [f64; 3]| {
        let mut records = Records::with_covariates(&[0.1]).dose(0.0, bolus(0, 1.0)).observe_all(&[2.0, 4.0, 6.0]);
        records.timeline.covariates.times = vec![0.0, 4.0];
        records.timeline.covariates.values = vec![0.1, 0.3];
        records.timeline.covariates.interpolation = vec![interpolation];
        // Exponents of the remaining amount; on a line k = 0.1 + 0.05 t its integral is 0.1 t + 0.025 t².
        let profile = run(&covariate_rate(), SolverChoice::Auto, &[], &records).expect("it runs");
        let found: Vec<f64> = (0..3).map(|row| -profile.row(row)[0].ln()).collect();
        assert_close(&found, &expected, PROMISED);
        profile.row(1)[1] / 4.0
    };
    // Records at 4 h see the value of 4 h in every case.
    assert_eq!(case(Interpolation::Locf, [0.2, 0.4, 0.4 + 0.6]), 0.3);
    assert_eq!(case(Interpolation::Nocb, [0.6, 1.2, 1.2 + 0.6]), 0.3);
    assert_eq!(case(Interpolation::Linear, [0.3, 0.8, 0.8 + 0.6]), 0.3);
}

#[test]
fn rule_15_the_exact_solver_says_that_it_cannot_follow_a_line() {
    let mut records = Records::with_covariates(&[0.1]).dose(0.0, bolus(0, 1.0)).observe(6.0);
    records.timeline.covariates.times = vec![0.0, 4.0];
    records.timeline.covariates.values = vec![0.1, 0.3];
    records.timeline.covariates.interpolation = vec![Interpolation::Linear];
    let failure =
        run(&covariate_rate(), SolverChoice::Linear, &[], &records).expect_err("coefficients are not constant");
    assert_eq!(failure.cause, Cause::ContinuousCovariates { solver: "linear" });
}

#[test]
fn rule_15_each_record_of_a_time_sees_its_own_row() {
    let mut records = Records::with_covariates(&[0.1]).dose(0.0, bolus(0, 1.0)).observe(4.0).observe(4.0).observe(5.0);
    records.timeline.covariates.times = vec![0.0, 4.0, 4.0, 5.0];
    records.timeline.covariates.values = vec![0.1, 0.1, 0.3, 0.3];
    let profile = run(&covariate_rate(), SolverChoice::Auto, &[], &records).expect("it runs");
    assert_eq!([profile.row(0)[1] / 4.0, profile.row(1)[1] / 4.0], [0.1, 0.3]);
    assert_close(&[-profile.row(2)[0].ln()], &[0.4 + 0.3], PROMISED);
}

#[test]
fn rule_16_a_bolus_of_nothing_changes_nothing() {
    let records = Records::new().dose(0.0, bolus(CENTRAL, 100.0)).dose(3.0, bolus(CENTRAL, 0.0)).observe(5.0);
    assert_close(&concentrations(&ONE, &records), &[after_bolus(5.0)], PROMISED);
}

#[test]
fn rule_18_equal_times_each_have_their_row() {
    let records = Records::new().dose(0.0, bolus(CENTRAL, 100.0)).observe_all(&[5.0, 5.0, 5.0]);
    assert_close(&concentrations(&ONE, &records), &[after_bolus(5.0); 3], PROMISED);
}

#[test]
fn rule_19_infusions_and_boluses_superpose() {
    let records = Records::new()
        .dose(0.0, infusion(CENTRAL, 100.0, 10.0))
        .dose(2.0, infusion(CENTRAL, 60.0, 20.0))
        .observe(2.5)
        .dose(3.0, bolus(CENTRAL, 100.0))
        .observe_all(&[4.0, 7.0, 15.0]);
    let closed = [2.5, 4.0, 7.0, 15.0]
        .map(|t| after_infusion(10.0, 10.0, t) + after_infusion(20.0, 3.0, t - 2.0) + after_bolus(t - 3.0));
    assert_close(&concentrations(&ONE, &records), &closed, PROMISED);
}

#[test]
fn rule_20_observations_never_change_the_solution() {
    let doses = || Records::new().dose(0.0, infusion(CENTRAL, 100.0, 10.0).every(24.0).additional(3));
    let few = doses().observe_all(&[5.0, 80.0]);
    let many = (0..800).fold(doses(), |records, tenth| records.observe(f64::from(tenth) * 0.1)).observe(80.0);
    let program = compartments().finish();
    for solver in [SolverChoice::Linear, SolverChoice::Reference] {
        let few = run(&program, solver, &TWO.thetas(), &few).expect("it runs");
        let many = run(&program, solver, &TWO.thetas(), &many).expect("it runs");
        assert_eq!(few.row(1), many.row(800), "the same bytes with 2 and with 801 samples");
        assert_eq!(few.row(0), many.row(50));
    }
}

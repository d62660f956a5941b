//! The lane engines and the implicit one against the reference and closed forms, and what must not depend on the lanes.

mod builtin;
mod fixtures;
mod independence;
mod inotuzumab;
mod judged;
mod kinks;
mod late;
mod peaks;
mod recurrences;
mod small;
mod stiffness;
mod together;
mod together_events;

use fixtures::Cohort;
use inotuzumab::{inotuzumab, worst_difference};
use small::{model, one_subject};
use teorell::engine::SolverChoice;
use teorell::engine::failure::Cause;

/// Half the tolerance asked for: steps hold the estimated error of each to four tenths of it, and the estimate is the last term that
/// is kept instead of the first one left out. A third is what was found.
#[test]
fn taylor_agrees_with_the_reference_on_random_patients() {
    let cohort = inotuzumab(100, 1);
    let expected = cohort.run(SolverChoice::Reference, 1e-11);
    for rtol in [1e-6, 1e-8, 1e-10] {
        let worst = worst_of(&cohort, SolverChoice::Taylor, rtol, &expected);
        assert!(worst < rtol / 2.0, "{rtol:e}: {worst:e}");
    }
}

/// Ten times the tolerance asked for: errors of explicit steps add up over the 36 events.
#[test]
fn runge_kutta_and_rodas_agree_with_the_reference_on_random_patients() {
    let cohort = inotuzumab(20, 2);
    let expected = cohort.run(SolverChoice::Reference, 1e-11);
    for (choice, rtol) in [
        (SolverChoice::RungeKutta, 1e-6),
        (SolverChoice::RungeKutta, 1e-9),
        (SolverChoice::Stiff, 1e-5),
        (SolverChoice::Stiff, 1e-7),
    ] {
        let worst = worst_of(&cohort, choice, rtol, &expected);
        assert!(worst < 10.0 * rtol, "{choice:?} {rtol:e}: {worst:e}");
    }
}

fn worst_of(
    cohort: &Cohort,
    choice: SolverChoice,
    rtol: f64,
    expected: &[Result<teorell::profile::Profile, teorell::engine::SubjectError>],
) -> f64 {
    let found = cohort.run(choice, rtol);
    let differences = found.iter().zip(expected).map(|(found, expected)| {
        worst_difference(found.as_ref().expect("it runs"), expected.as_ref().expect("it runs"), 1e-3)
    });
    differences.fold(0.0, |worst, difference| if difference < worst { worst } else { difference })
}

const SOLVERS: [SolverChoice; 3] = [SolverChoice::Taylor, SolverChoice::RungeKutta, SolverChoice::Stiff];

const ORAL: &str = "m <- function() {
  ini({ ka <- 1.5; ke <- 0.1 })
  model({
    d/dt(depot) <- -ka * depot
    d/dt(central) <- ka * depot - ke * central
    Cc <- central
    Cc ~ add(0)
  })
}";

fn bateman(t: f64) -> f64 {
    let (ka, ke) = (1.5f64, 0.1f64);
    100.0 * ka / (ka - ke) * ((-ke * t).exp() - (-ka * t).exp())
}

/// The tolerance is 1e-9; a factor of ten for the steps that add up.
#[test]
fn samples_and_maximum_of_an_oral_dose_follow_bateman_on_any_grid() {
    let model = model(ORAL);
    let grids: [&[f64]; 4] = [
        // Ends exactly at the end of the last step.
        &[0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0],
        // Finer than any step.
        &[0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 24.0],
        // Coarser than any step.
        &[24.0],
        // Two samples at one time, more samples than lanes in one step.
        &[
            1.0, 1.0, 1.1, 1.11, 1.12, 1.13, 1.14, 1.15, 1.16, 1.17, 1.18, 1.19, 1.2, 1.21, 1.22, 1.23, 1.24, 1.25,
            1.26, 24.0,
        ],
    ];
    for start in [0.0, -100.0, 17_000.0] {
        for grid in grids {
            let times: Vec<f64> = grid.iter().map(|time| start + time).collect();
            let cohort = one_subject(&model, start, 100.0, &times);
            for choice in SOLVERS {
                let profile = cohort.run(choice, 1e-9).remove(0).expect("it runs");
                let concentration = model.output("Cc").expect("an output");
                for (row, time) in times.iter().enumerate() {
                    let (found, expected) = (profile.row(row)[concentration], bateman(time - start));
                    let error = (found - expected).abs() / expected.max(1e-3);
                    assert!(error < 1e-8, "{choice:?} at {start} + {}: {found} not {expected}", time - start);
                }
                let exposure = profile.exposures[0];
                let tmax = (1.5f64 / 0.1).ln() / 1.4;
                assert!((exposure.cmax - bateman(tmax)).abs() < 1e-7, "{choice:?}: {exposure:?}");
                // The curve is flat there: its time is known to the root of the value's error.
                assert!((exposure.tmax - start - tmax).abs() < 1e-3, "{choice:?}: {exposure:?}");
                let area = 100.0 / 0.1 * (1.0 - (1.5 * (-2.4f64).exp() - 0.1 * (-36.0f64).exp()) / 1.4);
                assert!((exposure.auc / area - 1.0).abs() < 1e-8, "{choice:?}: {exposure:?} not {area}");
            }
        }
    }
}

/// A branch on a state, a maximum, an absolute value: Runge-Kutta, by itself.
#[test]
fn a_right_hand_side_that_is_not_smooth_is_solved_by_runge_kutta() {
    let model = model(
        "m <- function() {
  ini({ k <- 0.3; limit <- 40 })
  model({
    if (central > limit) {
      rate <- k
    } else {
      rate <- 0.5 * k
    }
    d/dt(depot) <- -1.2 * depot
    d/dt(central) <- 1.2 * depot - rate * central + max(0, 3 - t) * 0.1 + abs(central - 20) * 0.01
    Cc <- central
    Cc ~ add(0)
  })
}",
    );
    let times: Vec<f64> = (0..=24).map(f64::from).collect();
    let cohort = one_subject(&model, 0.0, 100.0, &times);
    let engine = cohort.engine(SolverChoice::Auto, 1e-8);
    assert_eq!(engine.solver(), "rk");
    let found = engine.run(&cohort.inputs());
    let expected = cohort.run(SolverChoice::Reference, 1e-11);
    // Three kinks; the judge steps over them with its error estimate alone.
    let worst = worst_difference(found[0].as_ref().expect("it runs"), expected[0].as_ref().expect("it runs"), 1e-3);
    assert!(worst < 1e-7, "{worst:e}");
}

/// C^γ has no Taylor series where C is 0, as it is before the first dose: such a subject goes on to Runge-Kutta.
#[test]
fn a_power_of_a_state_that_is_zero_is_solved_all_the_same() {
    let model = model(
        "m <- function() {
  ini({ gamma <- 1.7; ec50 <- 20 })
  model({
    d/dt(depot) <- -1.2 * depot
    d/dt(central) <- 1.2 * depot - 0.2 * central
    effect <- central^gamma / (ec50^gamma + central^gamma)
    d/dt(response) <- 1 - effect - 0.1 * response
    Cc <- central
    Cc ~ add(0)
  })
}",
    );
    let times: Vec<f64> = (0..=24).map(f64::from).collect();
    let cohort = one_subject(&model, 0.0, 100.0, &times);
    assert_eq!(cohort.engine(SolverChoice::Auto, 1e-8).solver(), "taylor");
    let found = cohort.run(SolverChoice::Auto, 1e-8);
    let expected = cohort.run(SolverChoice::Reference, 1e-11);
    let worst = worst_difference(found[0].as_ref().expect("it runs"), expected[0].as_ref().expect("it runs"), 1e-3);
    assert!(worst < 1e-7, "{worst:e}");
}

#[test]
fn an_amount_that_is_none_fails_its_subject() {
    let model = model(
        "m <- function() { ini({ ke <- 0.1 }); model({ d/dt(central) <- -ke * central; Cc <- central; Cc ~ add(0) }) }",
    );
    for amount in [f64::NAN, f64::INFINITY, -5.0] {
        for solver in SOLVERS.into_iter().chain([SolverChoice::Auto, SolverChoice::Reference]) {
            let error = one_subject(&model, 0.0, amount, &[1.0]).run(solver, 1e-8).remove(0).expect_err("no amount");
            assert!(matches!(error.cause, Cause::Amount { record: 1, compartment: 1, .. }), "{solver:?}: {error}");
        }
    }
}

/// The first of the times at which it is as high as anywhere. The implicit method is left out: its rounding makes hills of 1e-14.
#[test]
fn a_flat_curve_has_its_maximum_at_the_start() {
    let model = model(
        "m <- function() { ini({ k <- 3 }); model({ d/dt(central) <- 0; central(0) <- k; Cc <- central; Cc ~ add(0) }) }",
    );
    for solver in [SolverChoice::Auto, SolverChoice::Taylor, SolverChoice::RungeKutta, SolverChoice::Reference] {
        let found = one_subject(&model, 0.0, 0.0, &[1.0, 24.0]).run(solver, 1e-8).remove(0).expect("it runs");
        assert_eq!((found.exposures[0].cmax, found.exposures[0].tmax), (3.0, 0.0), "{solver:?}");
    }
}

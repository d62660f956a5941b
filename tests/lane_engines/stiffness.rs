//! Stiff equations: who solves them, and how well.

use crate::builtin::{USES, cohort};
use crate::inotuzumab::worst_difference;
use crate::small::{model, one_subject};
use teorell::engine::SolverChoice;

/// Target-mediated disposition with full binding: binding is 1e4 times faster than elimination.
const FULL_BINDING: &str = "tmdd <- function() {
  ini({ kon <- 1000; koff <- 1; kel <- 0.02; kint <- 0.04; kdeg <- 0.2; ksyn <- 2 })
  model({
    target(0) <- ksyn / kdeg
    d/dt(central) <- -kel * central - kon * central * target + koff * bound
    d/dt(target) <- ksyn - kdeg * target - kon * central * target + koff * bound
    d/dt(bound) <- kon * central * target - koff * bound - kint * bound
    Cc <- central
    Cc ~ add(0)
  })
}";

/// Ten times the tolerance: a transient and a decline of some dozen steps.
#[test]
fn full_binding_goes_to_the_implicit_method_and_agrees_with_the_reference() {
    let model = model(FULL_BINDING);
    // As far as the reference gets with the steps it has.
    let times: Vec<f64> = (0..=20).map(|row| 0.5 * f64::from(row)).collect();
    let cohort = one_subject(&model, 0.0, 50.0, &times);
    let auto = cohort.run(SolverChoice::Auto, 1e-7);
    let forced = cohort.run(SolverChoice::Stiff, 1e-7);
    let expected = cohort.run(SolverChoice::Reference, 1e-10);
    assert_eq!(auto, forced, "chosen for its stiffness");
    let worst = worst_difference(auto[0].as_ref().expect("it runs"), expected[0].as_ref().expect("it runs"), 1e-3);
    assert!(worst < 1e-6, "{worst:e}");
}

/// The same model where binding is slow stays with the series.
#[test]
fn slow_binding_stays_with_the_series() {
    let model = model(&FULL_BINDING.replace("kon <- 1000", "kon <- 0.01"));
    let times: Vec<f64> = (0..=48).map(|row| 7.0 * f64::from(row)).collect();
    let cohort = one_subject(&model, 0.0, 50.0, &times);
    let auto = cohort.run(SolverChoice::Auto, 1e-7);
    assert_eq!(auto, cohort.run(SolverChoice::Taylor, 1e-7));
    assert_ne!(auto, cohort.run(SolverChoice::Stiff, 1e-7));
}

/// Relaxation to a moving equilibrium 1e6 times faster than it moves, with a slope in time: y follows cos t, between steps as at
/// their ends.
#[test]
fn a_fast_relaxation_follows_its_equilibrium() {
    let model = model(
        "m <- function() {
  ini({ fast <- 1e6 })
  model({
    y(0) <- 1
    d/dt(y) <- -fast * (y - cos(t)) - sin(t)
    Cc <- y + 2
    Cc ~ add(0)
  })
}",
    );
    let times: Vec<f64> = (0..=20).map(|row| 0.5 * f64::from(row)).collect();
    let cohort = one_subject(&model, 0.0, 0.0, &times);
    let auto = cohort.run(SolverChoice::Auto, 1e-7);
    assert_eq!(auto, cohort.run(SolverChoice::Stiff, 1e-7), "chosen for its stiffness");
    let profile = auto[0].as_ref().expect("it runs");
    let output = model.output("Cc").expect("an output");
    for (row, time) in times.iter().enumerate() {
        let error = (profile.row(row)[output] - 2.0 - time.cos()).abs();
        assert!(error < 1e-6, "at {time}: {error:e}");
    }
}

/// Who takes which: full binding and the body of organs are stiff. Chains of cells are so mildly that the series, which is
/// tried first, needs fewer steps than the implicit method is worth, and the subject comes back to it: all on paclitaxel, and
/// most on docetaxel, whose feedback after a deep fall is steeper.
#[test]
fn stiff_models_go_to_the_implicit_method_and_mildly_stiff_ones_come_back() {
    for (name, solver, patients, least) in [
        ("alirocumab_djebli_2017_full", "stiff", 2, 2),
        ("mitoxantrone_an_2012", "stiff", 2, 2),
        ("docetaxel_ozawa_2007", "taylor", 12, 8),
        ("paclitaxel_friberg_2002", "taylor", 2, 2),
    ] {
        let of = USES.iter().find(|of| of.model == name).expect("a built-in model");
        let cohort = cohort(of, patients, 20_260_101);
        let answers = cohort.engine(SolverChoice::Auto, 1e-6).answer(&cohort.inputs());
        for answer in &answers {
            assert!(answer.result.is_ok(), "{name}: {:?}", answer.result);
            assert!(answer.work.steps > 10, "{name}: {:?}", answer.work);
        }
        let taken = answers.iter().filter(|answer| answer.work.solver == solver).count();
        assert!(taken >= least, "{name}: {taken} of {patients} by {solver}");
    }
}

/// x' = x² ends at t = 1: whoever gets there says where and why.
#[test]
fn a_solution_that_ends_fails_with_its_time_and_a_likely_cause() {
    let model = model(
        "m <- function() {
  ini({ k <- 1 })
  model({
    x(0) <- 1
    d/dt(x) <- k * x^2
    Cc <- x
    Cc ~ add(0)
  })
}",
    );
    let cohort = one_subject(&model, 0.0, 0.0, &[0.5, 2.0]);
    for choice in [SolverChoice::Auto, SolverChoice::Taylor, SolverChoice::RungeKutta, SolverChoice::Stiff] {
        let failure = cohort.run(choice, 1e-6).remove(0).expect_err("there is no solution at 2");
        assert!((failure.time - 1.0).abs() < 1e-3, "{choice:?}: {failure}");
        let message = failure.to_string();
        assert!(message.contains("likely"), "{choice:?}: {message}");
    }
}

//! Stiff equations: who solves them, and how well.

use crate::fixtures::worst_difference;
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

/// Rodas is held to a hundred times its tolerance: its fast variables are known to the tolerance of the largest one alone.
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
    assert!(worst < 1e-5, "{worst:e}");
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

/// Relaxation to a moving equilibrium 1e6 times faster than it moves, with a slope in time: y follows cos t. A hundred times
/// the tolerance: the order of a Rosenbrock method falls where the equilibrium moves.
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
        assert!(error < 1e-5, "at {time}: {error:e}");
    }
}

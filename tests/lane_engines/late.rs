//! Inputs that set in after a stop, while nothing or only slow states move: no step may pass over them.

use std::sync::Arc;

use crate::fixtures::Cohort;
use crate::small::{model, one_subject};
use teorell::engine::SolverChoice;
use teorell::engine::timeline::RecordKind;

/// What was absorbed at the end, over the doses.
fn absorbed(cohort: &Cohort, choice: SolverChoice, output: usize, doses: f64) -> f64 {
    let profile = cohort.run(choice, 1e-6).remove(0).expect("it runs");
    let last = profile.values.len() / profile.n_outputs - 1;
    profile.row(last)[output] / doses
}

/// Two doses a month apart through transit compartments that are passed within an hour, into a drug that stays for months:
/// at the second dose the states ask for steps of days. All of it arrives; ten times the tolerance.
#[test]
fn a_dose_through_transit_compartments_arrives_whatever_slow_states_are_there() {
    let model = model(
        "m <- function() {
  ini({ ke <- 0.0005 })
  model({
    d/dt(depot) <- transit(6, 0.3) - 2 * depot
    d/dt(central) <- 2 * depot - ke * central
    d/dt(gone) <- ke * central
    total <- depot + central + gone
    total ~ add(0)
  })
}",
    );
    let mut cohort = one_subject(&model, 0.0, 100.0, &[700.0, 1400.0]);
    let records = Arc::make_mut(&mut cohort.patients[0].timeline.records);
    let mut second = records[0];
    second.time = 700.0;
    assert!(matches!(second.kind, RecordKind::Dose(_)));
    records.insert(2, second);
    let total = model.output("total").expect("an output");
    for choice in [SolverChoice::Auto, SolverChoice::RungeKutta, SolverChoice::Stiff, SolverChoice::Reference] {
        let found = absorbed(&cohort, choice, total, 200.0);
        assert!((found - 1.0).abs() < 1e-5, "{choice:?}: {found}");
    }
}

/// Zero-order input by a bell around 30 h, into an empty body: at the start it is exactly 0, and all its derivatives. The area
/// under the bell is 1. A series sees no further than its place: whoever writes such an input gives it a time to stop at.
#[test]
fn an_input_that_sets_in_late_is_not_stepped_over() {
    let model = model(
        "m <- function() {
  ini({ width <- 0.7 })
  model({
    d/dt(central) <- exp(-0.5 * ((t - 30) / width)^2) / (width * sqrt(2 * 3.141592653589793))
    Cc <- central
    Cc ~ add(0)
  })
}",
    );
    let cohort = one_subject(&model, 0.0, 0.0, &[60.0]);
    let output = model.output("Cc").expect("an output");
    for choice in [SolverChoice::RungeKutta, SolverChoice::Stiff] {
        let found = absorbed(&cohort, choice, output, 1.0);
        assert!((found - 1.0).abs() < 1e-5, "{choice:?}: {found}");
    }
}

//! The lane engines against the reference, and what must not depend on the lanes.

mod fixtures;

use std::sync::Arc;

use fixtures::{Cohort, Patient, inotuzumab, model, worst_difference};
use teorell::engine::SolverChoice;
use teorell::engine::timeline::{CovariateTable, DoseRate, DoseRecord, Record, RecordKind, SteadyState, Timeline};

#[test]
fn taylor_agrees_with_the_reference_on_random_patients() {
    let cohort = inotuzumab(100, 1);
    let expected = cohort.run(SolverChoice::Reference, 1e-11);
    for rtol in [1e-6, 1e-8, 1e-10] {
        let found = cohort.run(SolverChoice::Taylor, rtol);
        let mut worst: f64 = 0.0;
        for (found, expected) in found.iter().zip(&expected) {
            worst = worst.max(worst_difference(found.as_ref().unwrap(), expected.as_ref().unwrap(), 1e-3));
        }
        assert!(worst < rtol, "{rtol:e}: {worst:e}");
    }
}

/// One subject from state 0.3 at t = 0.1, a bolus on the way, a sample every 0.25 h up to 3 h.
fn small_cohort(text: &str) -> Cohort {
    let model = model(text);
    let covariates = CovariateTable { times: vec![0.1], values: vec![], interpolation: vec![] };
    let mut records: Vec<Record> = (0..12)
        .map(|row| Record { time: 0.1 + 0.25 * row as f64, kind: RecordKind::Observation, row: Some(row) })
        .collect();
    let dose = DoseRecord {
        state: 0,
        amount: 0.05,
        rate: DoseRate::Bolus,
        additional: 0,
        interval: 0.0,
        steady_state: SteadyState::None,
    };
    records.insert(5, Record { time: 1.2, kind: RecordKind::Dose(dose), row: None });
    let timeline = Timeline { records, covariates, intervals: vec![], n_rows: 12 };
    Cohort {
        program: Arc::new(model.program().clone()),
        thetas: model.thetas(),
        patients: vec![Patient { etas: vec![], timeline }],
    }
}

/// Every function with a recurrence, of a state, of a line in time, of a sum of both. 1e-9 is the tolerance asked for; the
/// reference is asked for a hundred times more.
#[test]
fn every_recurrence_gives_what_the_reference_gives() {
    let arguments = ["x", "0.2 + 0.1 * t", "0.3 * x + 0.1 * t", "0.5 * x * exp(-0.3 * t)", "k * x"];
    let functions = [
        "exp(@)",
        "log(@)",
        "log1p(@)",
        "expm1(@)",
        "sqrt(@)",
        "sin(@)",
        "cos(@)",
        "tan(@)",
        "asin(@)",
        "acos(@)",
        "atan(@)",
        "sinh(@)",
        "cosh(@)",
        "tanh(@)",
        "phi(@)",
        "1 / (1 + @)",
        "@ / (0.4 + @)",
        "(1 + t) / (2 + @)",
        "x / (1 + 0.5 * t)",
        "1 / (1 + 0.5 * t) + @",
        "(@)^2",
        "(@)^3 + (@)^4",
        "(@)^0.5",
        "(@)^1.3",
        "(@)^k",
        "(@)^k / (0.3^k + (@)^k)",
        "k^(@)",
        "(1 + @)^(0.5 * x)",
        "(1 + @) * (2 + t) * (x - t)",
        "(@) * (@) * t",
        "ifelse(k > 1, @, 5)",
        "-(@) - 3 * (@) + k",
        "abs(k) * @",
    ];
    for function in functions {
        for argument in arguments {
            let rate = function.replace('@', &format!("({argument})"));
            let text = format!(
                "m <- function() {{\n ini({{ k <- 1.4 }})\n model({{\n x(0) <- 0.3\n d/dt(x) <- 0.05 * ({rate}) - 0.3 * (x - 0.5)\n \
                 y <- 2 * x + t\n y ~ add(0)\n }})\n }}"
            );
            let cohort = small_cohort(&text);
            let engine = cohort.engine(SolverChoice::Taylor, 1e-9);
            let found = engine.run(&cohort.inputs());
            let expected = cohort.run(SolverChoice::Reference, 1e-11);
            let worst = worst_difference(found[0].as_ref().unwrap(), expected[0].as_ref().unwrap(), 1e-3);
            assert!(worst < 1e-9, "{rate}: {worst:e}");
        }
    }
}

//! Random event tables: mass is kept, and three solvers, which share nothing but the cursor, agree.

mod programs;

use programs::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use teorell::engine::SolverChoice;
use teorell::engine::program::Structure;
use teorell::engine::timeline::{DoseRate, DoseRecord, RecordKind, SteadyState};
use teorell::profile::Profile;

/// Time of the last row: every dose has entered by then.
const END: f64 = 400.0;

fn kinetics() -> impl Strategy<Value = Kinetics> {
    (0.05..3.0f64, 0.5..10.0f64, 5.0..100.0f64, 0.0..5.0f64, 5.0..200.0f64).prop_map(|(ka, cl, v1, q, v2)| Kinetics {
        ka,
        cl,
        v1,
        q,
        v2,
    })
}

/// A dose with up to three repeats at most 12 h apart, and further apart than any lag, as steady state needs.
fn dose(steady: impl Strategy<Value = SteadyState>) -> impl Strategy<Value = DoseRecord> {
    let rate = prop_oneof![
        Just(DoseRate::Bolus),
        (1.0..200.0f64).prop_map(DoseRate::Rate),
        (0.01..30.0f64).prop_map(DoseRate::Duration),
        Just(DoseRate::ModelledDuration),
        Just(DoseRate::ModelledRate),
    ];
    (0..2usize, 0.0..500.0f64, rate, 0..4u32, prop_oneof![Just(6.0), Just(12.0), 2.5..12.0f64], steady).prop_map(
        |(state, amount, rate, additional, interval, steady_state)| {
            // Only the central compartment of the model has a modelled rate and duration.
            let state =
                if matches!(rate, DoseRate::ModelledDuration | DoseRate::ModelledRate) { CENTRAL } else { state };
            DoseRecord { state, amount, rate, additional, interval, steady_state }
        },
    )
}

/// F, lag (on a grid that ties with records, or not), rate and duration of the central compartment.
fn dosing() -> impl Strategy<Value = (f64, f64, f64, f64)> {
    (0.0..2.0f64, prop_oneof![Just(0.0), Just(2.0), 0.0..0.9f64], 5.0..100.0f64, 0.1..20.0f64)
}

/// Times in order, many of them equal.
fn in_order<T: Clone>(mut events: Vec<(f64, T)>) -> Vec<(f64, T)> {
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    events
}

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![(0..40u32).prop_map(f64::from), 0.0..100.0f64]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, rng_seed: RngSeed::Fixed(20), ..ProptestConfig::default() })]

    #[test]
    fn what_was_given_is_in_the_body_or_was_eliminated(
        kinetics in kinetics(),
        dosing in dosing(),
        doses in prop::collection::vec((time(), dose(Just(SteadyState::None))), 1..8),
    ) {
        let mut records = Records::with_dosing(dosing.0, dosing.1, dosing.2, dosing.3);
        let mut given = 0.0;
        for (time, dose) in in_order(doses) {
            let bioavailability = if dose.state == CENTRAL { dosing.0 } else { 1.0 };
            given += bioavailability * dose.amount * f64::from(dose.additional + 1);
            records = records.dose(time, dose);
        }
        // A rate of 1 with 500 x 2 takes 1,000 h.
        let records = records.observe(END + 1000.0);
        let profile = run(&compartments().finish(), SolverChoice::Linear, &kinetics.thetas(), &records).expect("it runs");
        let found: f64 = profile.row(0)[1..=1 + ELIMINATED].iter().sum();
        // Rounding of some hundred stretches, each far below 1e-13 of the total.
        prop_assert!((found - given).abs() <= 1e-10 * given, "given {given}, found {found}");
    }

    #[test]
    fn the_exact_solver_agrees_with_the_reference_and_with_taylor_series(
        kinetics in kinetics(),
        dosing in dosing(),
        events in prop::collection::vec((time(), event()), 1..10),
        samples in prop::collection::vec(time(), 1..10),
    ) {
        let mut records = Records::with_dosing(dosing.0, dosing.1, dosing.2, dosing.3);
        let samples = samples.into_iter().map(|time| (time, Event::Plain(RecordKind::Observation)));
        for (time, event) in in_order(events.into_iter().chain(samples).collect()) {
            records = event.answered(records, time);
        }
        let records = records.interval(0.0, 24.0).interval(24.0, 50.0);
        let program = compartments().finish();
        let exact = run(&program, SolverChoice::Linear, &kinetics.thetas(), &records);
        prop_assert!(exact.is_ok(), "{exact:?}");
        let exact = exact.expect("checked above");
        for solver in [SolverChoice::Reference, SolverChoice::Taylor] {
            let other = run(&program, solver, &kinetics.thetas(), &records);
            prop_assert!(other.is_ok(), "{solver:?}: {other:?}");
            agree(&exact, &other.expect("checked above"), &records, solver)?;
        }
    }
}

/// The others keep 1e-11 per step, 1e-13 absolute: values far below the largest of their column are only as good as that.
fn agree(exact: &Profile, other: &Profile, records: &Records, solver: SolverChoice) -> Result<(), TestCaseError> {
    for column in 0..exact.n_outputs {
        let values = |profile: &Profile| -> Vec<f64> {
            (0..records.timeline.n_rows).map(|row| profile.row(row)[column]).collect()
        };
        let (exact, other) = (values(exact), values(other));
        let scale = exact.iter().fold(0.0f64, |scale, value| scale.max(value.abs()));
        for (exact, other) in exact.iter().zip(&other) {
            let allowed = 1e-7 * exact.abs().max(1e-4 * scale).max(1e-4);
            prop_assert!((exact - other).abs() <= allowed, "{solver:?}, output {column}: {exact} {other}");
        }
    }
    for (exact, other) in exact.exposures.iter().zip(&other.exposures) {
        for (exact, other) in [(exact.auc, other.auc), (exact.cmax, other.cmax), (exact.ctrough, other.ctrough)] {
            prop_assert!((exact - other).abs() <= 1e-7 * exact.abs() + 1e-9, "{solver:?}, exposure: {exact} {other}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_search_for_nonlinear_steady_states_finds_the_linear_ones(
        kinetics in kinetics(),
        dosing in dosing(),
        dose in dose(prop_oneof![Just(SteadyState::Replace), Just(SteadyState::Add)]),
    ) {
        // Where Q is nearly 0 the second compartment takes for ever to fill, for either way.
        let kinetics = Kinetics { q: kinetics.q + 0.05, ..kinetics };
        let records = Records::with_dosing(dosing.0, dosing.1, dosing.2, dosing.3)
            .answered_dose(0.0, dose)
            .observe_all(&[0.5, 5.0, 30.0]);
        let exact = run(&compartments().finish(), SolverChoice::Linear, &kinetics.thetas(), &records).expect("it runs");
        let mut program = compartments();
        program.program.structure = Structure::Nonlinear;
        let found = run(&program.finish(), SolverChoice::Reference, &kinetics.thetas(), &records).expect("it runs");
        let scale = exact.values.iter().fold(0.0f64, |scale, value| scale.max(value.abs()));
        for (exact, found) in exact.values.iter().zip(&found.values) {
            prop_assert!((exact - found).abs() <= 1e-7 * exact.abs().max(1e-3 * scale), "{exact} {found}");
        }
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    Dose(DoseRecord),
    ResetAndDose(DoseRecord),
    Plain(RecordKind),
}

impl Event {
    fn answered(self, records: Records, time: f64) -> Records {
        match self {
            Self::Dose(dose) => records.answered_dose(time, dose),
            Self::ResetAndDose(dose) => records.answered_reset_and_dose(time, dose),
            Self::Plain(kind) => records.answered(time, kind),
        }
    }
}

/// Anything that can happen.
fn event() -> impl Strategy<Value = Event> {
    let steady =
        prop_oneof![4 => Just(SteadyState::None), 1 => Just(SteadyState::Replace), 1 => Just(SteadyState::Add)];
    prop_oneof![
        8 => dose(steady).prop_map(Event::Dose),
        1 => dose(Just(SteadyState::None)).prop_map(Event::ResetAndDose),
        1 => Just(Event::Plain(RecordKind::Reset)),
        1 => Just(Event::Plain(RecordKind::Other(Some((CENTRAL, false))))),
        1 => Just(Event::Plain(RecordKind::Other(Some((CENTRAL, true))))),
        1 => Just(Event::Plain(RecordKind::Other(Some((PERIPHERAL, false))))),
    ]
}

//! From records and plans to timelines: samples among records, exposure intervals, covariates.

mod programs;

use std::sync::Arc;

use programs::{Assembler, TIGHT};
use proptest::prelude::*;
use teorell::engine::program::{Program, Structure};
use teorell::engine::timeline::{CovariateTable, Interpolation, Interval, RecordKind, SteadyState, Timeline};
use teorell::engine::{Engine, SolverChoice, SubjectInput};
use teorell::regimen::dose::Dose;
use teorell::regimen::event::{Compartment, EventRecord, Evid, SubjectRecords};
use teorell::regimen::names::ModelNames;
use teorell::regimen::schedule::{
    Answer, CovariateInterpolation, Exposures, Plan, PlannedDose, RowOrigin, Schedule, ScheduleError, ScheduleOptions,
    from_plan, from_records,
};

fn names() -> ModelNames {
    ModelNames::new(&["central".to_owned()], &["WT".to_owned()])
}

fn observation(time: f64) -> EventRecord {
    EventRecord::observation(time)
}

fn reset(time: f64) -> EventRecord {
    EventRecord { evid: Evid::Reset, ..EventRecord::other(time) }
}

/// One covariate, 70 throughout.
fn subject(records: &[EventRecord]) -> SubjectRecords {
    with_weights(records, &vec![70.0; records.len()])
}

fn with_weights(records: &[EventRecord], weights: &[f64]) -> SubjectRecords {
    SubjectRecords {
        id: "1".to_owned(),
        records: records.to_vec(),
        covariate_names: vec!["wt".to_owned()].into(),
        covariates: weights.to_vec(),
        ..SubjectRecords::default()
    }
}

fn schedule(subject: &SubjectRecords, options: &ScheduleOptions<'_>) -> Schedule {
    from_records(subject, &names(), options).unwrap()
}

/// Time and kind of every record of a timeline, and whether it has a row.
fn outline(schedule: &Schedule) -> Vec<(f64, &'static str, bool)> {
    let kind = |kind: RecordKind| match kind {
        RecordKind::Observation => "observation",
        RecordKind::Dose(_) => "dose",
        RecordKind::Other(_) => "other",
        RecordKind::Reset => "reset",
        RecordKind::ResetAndDose(_) => "reset and dose",
    };
    let records = schedule.timeline.records.iter();
    records.map(|record| (record.time, kind(record.kind), record.row.is_some())).collect()
}

#[test]
fn rows_answer_every_record_or_observations_only() {
    let subject = subject(&[Dose::bolus(100.0).record(), observation(1.0), reset(2.0)]);
    let every = schedule(&subject, &ScheduleOptions::default());
    assert_eq!(every.rows, [RowOrigin::Record(0), RowOrigin::Record(1), RowOrigin::Record(2)]);
    let options = ScheduleOptions { answer: Answer::ObservationsOnly, ..ScheduleOptions::default() };
    let observed = schedule(&subject, &options);
    assert_eq!(observed.rows, [RowOrigin::Record(1)]);
    assert_eq!(observed.timeline.n_rows, 1);
}

#[test]
fn grid_samples_come_before_the_records_of_their_time_and_say_what_they_are() {
    let subject = subject(&[Dose::bolus(100.0).at(4.0).record(), observation(6.0)]);
    let grid = [0.0, 4.0, 5.0, 6.0, 8.0];
    let options = ScheduleOptions { grid: &grid, answer: Answer::ObservationsOnly, ..ScheduleOptions::default() };
    let found = schedule(&subject, &options);
    let expected = [
        (4.0, "observation", true),
        (4.0, "dose", false),
        (5.0, "observation", true),
        (6.0, "observation", true),
        (6.0, "observation", true),
        (8.0, "observation", true),
    ];
    assert_eq!(outline(&found), expected);
    let rows = [RowOrigin::Grid(1), RowOrigin::Grid(2), RowOrigin::Grid(3), RowOrigin::Record(1), RowOrigin::Grid(4)];
    assert_eq!(found.rows, rows);
}

#[test]
fn the_grid_runs_again_where_a_reset_turns_the_clock_back() {
    let subject = subject(&[observation(1.0), observation(3.0), reset(0.0), observation(2.0)]);
    let options = ScheduleOptions { grid: &[0.0, 1.5, 2.5, 4.0], ..ScheduleOptions::default() };
    let found: Vec<f64> = schedule(&subject, &options).timeline.records.iter().map(|record| record.time).collect();
    assert_eq!(found, [1.0, 1.5, 2.5, 3.0, 0.0, 0.0, 1.5, 2.0, 2.5, 4.0]);
}

#[test]
fn a_planned_sample_at_a_dose_comes_before_it_and_the_plan_starts_at_time_0() {
    let doses = [24.0, 48.0].map(|time| PlannedDose { time, amount: 100.0, duration: 1.0, state: 0 });
    let plan = Plan { doses: &doses, samples: &[24.0, 48.0, 72.0], ..Plan::default() };
    let expected = [
        (0.0, "other", false),
        (24.0, "observation", true),
        (24.0, "dose", false),
        (48.0, "observation", true),
        (48.0, "dose", false),
        (72.0, "observation", true),
    ];
    assert_eq!(outline(&from_plan(&plan).unwrap()), expected);
}

fn between_doses(records: &[EventRecord]) -> Result<Vec<(f64, f64)>, ScheduleError> {
    let options = ScheduleOptions { exposures: Exposures::BetweenDoses, ..ScheduleOptions::default() };
    let found = from_records(&subject(records), &names(), &options)?;
    Ok(found.timeline.intervals.iter().map(|interval| (interval.start, interval.end)).collect())
}

#[test]
fn exposure_is_measured_from_dose_to_dose_additional_ones_among_them() {
    let train = Dose::bolus(100.0).every(12.0).additional(2);
    let found = between_doses(&[train.record(), Dose::bolus(50.0).at(30.0).record(), observation(40.0)]);
    assert_eq!(found.unwrap(), [(0.0, 12.0), (12.0, 24.0), (24.0, 30.0), (30.0, 40.0)]);
    assert_eq!(between_doses(&[train.record(), observation(12.0)]).unwrap(), [(0.0, 12.0)]);
    assert_eq!(between_doses(&[observation(12.0)]).unwrap(), []);
}

#[test]
fn rule_5_doses_that_are_cancelled_bound_no_interval() {
    let train = Dose::bolus(100.0).every(12.0).additional(5).record();
    let off = EventRecord { compartment: Compartment::Off(1), ..EventRecord::other(18.0) };
    let steady = Dose::bolus(100.0).at(18.0).every(12.0).steady_state().record();
    let both = EventRecord { evid: Evid::ResetAndDose, ..Dose::bolus(100.0).at(18.0).record() };
    assert_eq!(between_doses(&[train, reset(18.0), observation(40.0)]).unwrap(), [(0.0, 12.0), (12.0, 40.0)]);
    assert_eq!(between_doses(&[train, off, observation(40.0)]).unwrap(), [(0.0, 12.0), (12.0, 40.0)]);
    let again = [(0.0, 12.0), (12.0, 18.0), (18.0, 40.0)];
    assert_eq!(between_doses(&[train, steady, observation(40.0)]).unwrap(), again);
    assert_eq!(between_doses(&[train, both, observation(40.0)]).unwrap(), again);
    // At one time the order of rows decides: what is recorded after the reset stays.
    let late = EventRecord { time: 18.0, ..train };
    assert_eq!(between_doses(&[reset(18.0), late, observation(40.0)]).unwrap(), [(18.0, 30.0), (30.0, 40.0)]);
}

#[test]
fn rule_3_additional_doses_are_at_t_plus_j_ii_with_one_rounding() {
    let found = between_doses(&[Dose::bolus(1.0).every(0.1).additional(6).record(), observation(1.0)]).unwrap();
    assert_eq!(found[5].1, 6.0 * 0.1);
    assert_ne!(found[5].1, [0.1; 6].iter().sum::<f64>());
}

#[test]
fn exposure_between_doses_needs_a_clock_that_never_goes_back() {
    let found = between_doses(&[Dose::bolus(1.0).at(5.0).record(), reset(0.0)]);
    assert!(matches!(found, Err(ScheduleError::ExposureAcrossClockReset { .. })));
}

fn weights(
    records: &[EventRecord],
    weights: &[f64],
    interpolation: Interpolation,
    grid: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    let interpolation = CovariateInterpolation { default: interpolation, ..Default::default() };
    let options = ScheduleOptions { interpolation, grid, ..ScheduleOptions::default() };
    let table = schedule(&with_weights(records, weights), &options).timeline.covariates;
    (table.times, table.values)
}

#[test]
fn constant_covariates_are_one_row_and_repeated_values_none() {
    let records: Vec<EventRecord> = (0..6).map(|time| observation(f64::from(time))).collect();
    let table = |values: &[f64]| weights(&records, values, Interpolation::Locf, &[]);
    assert_eq!(table(&[70.0; 6]), (vec![0.0], vec![70.0]));
    assert_eq!(table(&[70.0, f64::NAN, 70.0, f64::NAN, f64::NAN, 70.0]), (vec![0.0], vec![70.0]));
    assert_eq!(table(&[70.0, 70.0, 70.0, 80.0, 80.0, 80.0]), (vec![0.0, 2.0, 3.0], vec![70.0, 70.0, 80.0]));
}

#[test]
fn rule_15_missing_values_are_filled_by_the_covariates_own_interpolation() {
    let records = [0.0, 1.0, 4.0, 9.0].map(observation);
    let subject = with_weights(&records, &[10.0, f64::NAN, 50.0, f64::NAN]);
    let filled = |default| {
        let interpolation = CovariateInterpolation { default, ..Default::default() };
        let schedule = schedule(&subject, &ScheduleOptions { interpolation, ..ScheduleOptions::default() });
        assert_eq!(schedule.timeline.covariates.times, [0.0, 4.0], "what says nothing is no row");
        values(&schedule.timeline).into_iter().step_by(2).collect::<Vec<f64>>()
    };
    assert_eq!(filled(Interpolation::Locf), [10.0, 10.0, 50.0, 50.0]);
    assert_eq!(filled(Interpolation::Nocb), [10.0, 50.0, 50.0, 50.0]);
    assert_eq!(filled(Interpolation::Linear), [10.0, 20.0, 50.0, 50.0]);
}

#[test]
fn a_value_that_is_told_behind_a_record_without_one_is_kept() {
    let records = [0.0, 1.0, 4.0, 9.0].map(observation);
    let table = |values: &[f64]| weights(&records, values, Interpolation::Nocb, &[]);
    assert_eq!(table(&[10.0, f64::NAN, 50.0, 50.0]), (vec![0.0, 4.0], vec![10.0, 50.0]));
}

#[test]
fn rows_of_one_time_stay_apart_where_they_differ_and_a_grid_sample_takes_one() {
    let records = [0.0, 5.0, 5.0, 5.0, 5.0, 9.0].map(observation);
    let values = [70.0, 70.0, 70.0, 80.0, 80.0, 80.0];
    let table = |grid| weights(&records, &values, Interpolation::Locf, grid);
    // The third record at time 5 is the first to see 80, and the fourth sees what the third saw.
    assert_eq!(table(&[]), (vec![0.0, 5.0, 5.0, 5.0], vec![70.0, 70.0, 70.0, 80.0]));
    assert_eq!(table(&[5.0]), (vec![0.0, 5.0, 5.0, 5.0, 5.0], vec![70.0, 70.0, 70.0, 70.0, 80.0]));
}

#[test]
fn a_covariate_without_a_value_to_start_from_is_named() {
    let error = from_records(
        &with_weights(&[observation(0.0), observation(1.0)], &[f64::NAN, 70.0]),
        &names(),
        &ScheduleOptions::default(),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "covariate `WT` has no value at record 1; the first record of a subject has to give one"
    );
}

#[test]
fn what_makes_no_timeline_is_refused_with_its_record() {
    let message = |records: &[EventRecord]| {
        from_records(&subject(records), &names(), &ScheduleOptions::default()).unwrap_err().to_string()
    };
    let dose = Dose::bolus(100.0);
    let all = [
        message(&[]),
        message(&[observation(f64::NAN)]),
        message(&[observation(2.0), EventRecord { line: 7, ..observation(1.0) }]),
        message(&[dose.into(1).record()]),
        message(&[EventRecord { compartment: Compartment::Off(1), ..dose.record() }]),
        message(&[EventRecord { compartment: Compartment::Unresolved, ..dose.record() }]),
        message(&[Dose::bolus(-1.0).record()]),
        message(&[Dose::infusion(1.0, f64::INFINITY).record()]),
        message(&[dose.additional(3).record()]),
        message(&[dose.steady_state().record()]),
        message(&[dose.every(-12.0).record()]),
        from_plan(&Plan { samples: &[1.0, 1.0], ..Plan::default() }).unwrap_err().to_string(),
        from_plan(&Plan { samples: &[-1.0], ..Plan::default() }).unwrap_err().to_string(),
        from_plan(&Plan { samples: &[1.0], intervals: &[Interval { start: 2.0, end: 2.0 }], ..Plan::default() })
            .unwrap_err()
            .to_string(),
    ];
    insta::assert_snapshot!(all.join("\n"), @r"
    the subject has no records; at least one is needed
    record 1 has time `NaN`; a finite number is needed
    record 2 (line 7) has time `1`, before the record above it at `2`; only EVID 3 and 4 may go back
    record 1 concerns compartment `2`; the model has compartments 1 to 1
    record 1 (EVID 1) has compartment `-1`; only EVID 2 turns a compartment off
    record 1 names its compartment; read the data set with the model's state names
    record 1 gives a dose of `-1`; a finite amount of 0 or more is needed
    record 1 has duration or rate `inf`; a finite number of 0 or more is needed
    record 1 has additional doses or a steady state with interval `0`; a finite number above 0 is needed
    record 1 has additional doses or a steady state with interval `0`; a finite number above 0 is needed
    record 1 has additional doses or a steady state with interval `-12`; a finite number above 0 is needed
    sample time 2 is `1`; sample times have to be finite and increasing
    sample time `-1` is before the start of the plan at `0`; sample from `0` on
    exposure interval 1 runs from `2` to `2`; intervals have to be finite, in order and not overlap
    ");
}

/// d/dt of the one state is the covariate; outputs are the covariate and the state.
fn integrating_the_covariate() -> Arc<Program> {
    let mut a = Assembler::new(0, 1, 1);
    let (weight, area) = (a.covariate(0), a.state(0));
    a.program.derivatives = vec![weight];
    a.program.outputs = vec![weight, area];
    a.program.structure = Structure::LinearTimeVarying;
    a.finish()
}

fn values(timeline: &Timeline) -> Vec<f64> {
    let engine = Engine::new(integrating_the_covariate(), SolverChoice::Reference, TIGHT).expect("the solver fits");
    engine.run(&[SubjectInput { number: 0, thetas: &[], etas: &[], timeline }]).remove(0).expect("it runs").values
}

proptest! {
    /// A table with a row for every record is what the shorter one stands for.
    #[test]
    fn rows_left_out_of_a_covariate_table_change_nothing(
        rows in prop::collection::vec((0_u32..4, prop_oneof![Just(60.0), Just(70.0), Just(80.0)], 0_u32..8), 1..25),
        interpolation in prop_oneof![Just(Interpolation::Locf), Just(Interpolation::Nocb), Just(Interpolation::Linear)],
        grid in prop::collection::btree_set(0_u32..40, 0..6),
    ) {
        let mut time = 5.0;
        let mut records = Vec::new();
        let mut given = Vec::new();
        for (step, weight, kind) in rows {
            let back = kind == 0;
            time = if back { (time - 7.0_f64).max(0.0) } else { time + f64::from(step) };
            records.push(if back { reset(time) } else { observation(time) });
            given.push(weight);
        }
        let grid: Vec<f64> = grid.into_iter().map(f64::from).collect();
        let options = ScheduleOptions {
            interpolation: CovariateInterpolation { default: interpolation, ..Default::default() },
            grid: &grid,
            ..ScheduleOptions::default()
        };
        let found = schedule(&with_weights(&records, &given), &options);
        let mut full = found.timeline.clone();
        // A sample sees what the record after it at its time sees, or the reset that turned the clock back to it.
        let row_of = |at: usize| match found.rows[at] {
            RowOrigin::Record(index) => Some(index),
            RowOrigin::Grid(index) => {
                let is_at_its_time = |record: usize| records[record].time == grid[index];
                let before = at.checked_sub(1).and_then(|before| match found.rows[before] {
                    RowOrigin::Record(record) if record > 0 && records[record].time < records[record - 1].time => Some(record),
                    _ => None,
                });
                let after = found.rows[at..].iter().find_map(|origin| match *origin {
                    RowOrigin::Record(record) => Some(record),
                    RowOrigin::Grid(_) => None,
                });
                before.filter(|&record| is_at_its_time(record)).or(after.filter(|&record| is_at_its_time(record)))
            }
        };
        let rows: Vec<usize> = (0..found.rows.len()).filter_map(row_of).collect();
        full.covariates = CovariateTable {
            times: rows.iter().map(|&row| records[row].time).collect(),
            values: rows.iter().map(|&row| given[row]).collect(),
            interpolation: vec![interpolation],
        };
        // Restarting the integrator at more places moves the last digits: states reach some thousands.
        for (found, full) in values(&found.timeline).iter().zip(values(&full)) {
            prop_assert!((found - full).abs() <= 1e-8, "{found} {full}");
        }
    }
}

#[test]
fn a_steady_state_dose_is_built_with_its_interval() {
    let record = Dose::infusion(100.0, 2.0).into(0).at(3.0).every(24.0).additional(4).steady_state().record();
    assert_eq!((record.time, record.interval, record.additional), (3.0, 24.0, 4));
    assert_eq!((record.compartment, record.steady_state), (Compartment::Number(1), SteadyState::Replace));
}

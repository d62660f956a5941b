//! Events of subjects who share their steps: every kind that a group knows, and those for which it is left alone.

use std::sync::Arc;

use crate::fixtures::{Cohort, Patient, Random};
use crate::independence::same_bytes;
use crate::inotuzumab::worst_difference;
use crate::small::model;
use teorell::engine::SolverChoice;
use teorell::engine::timeline::{
    CovariateTable, DoseRate, DoseRecord, Interpolation, Interval, Record, RecordKind, SteadyState, Timeline,
};
use teorell::profile::Profile;

const DEPOT: usize = 0;
const CENTRAL: usize = 1;

/// A clearance that falls with time, so that series are taken; something is there before the first dose. `line` is one more
/// of the model's lines.
fn text(line: &str) -> String {
    format!(
        "m <- function() {{
  ini({{ lka <- log(0.9); lcl <- log(2); lv <- log(20); eta.cl ~ 0.1; eta.v ~ 0.1 }})
  model({{
    ka <- exp(lka)
    cl <- exp(lcl + eta.cl) * SIZE
    v <- exp(lv + eta.v)
    {line}
    d/dt(depot) <- -ka * depot
    d/dt(central) <- ka * depot - cl * (1 + exp(-0.02 * t)) / v * central
    central(0) <- 5 * v
    Cc <- central / v
    Cc ~ add(0)
  }})
}}"
    )
}

fn dose(state: usize, rate: DoseRate, additional: u32, interval: f64) -> DoseRecord {
    DoseRecord { state, amount: 0.0, rate, additional, interval, steady_state: SteadyState::None }
}

/// Everything that a schedule can hold: additional doses, two doses at one time, a record that is dose and sample in one, samples
/// between doses of one time, a record that asks for nothing, samples at stops and between them, and exposure intervals that
/// start and end at stops and far from them.
fn timeline() -> Timeline {
    let doses = vec![
        dose(DEPOT, DoseRate::Bolus, 3, 12.0),
        dose(CENTRAL, DoseRate::Duration(2.0), 1, 36.0),
        dose(CENTRAL, DoseRate::Bolus, 0, 0.0),
        dose(CENTRAL, DoseRate::Duration(30.0), 0, 0.0),
        dose(CENTRAL, DoseRate::Bolus, 0, 0.0),
    ];
    let mut timeline = Timeline { doses, ..Timeline::default() };
    let mut row = 0;
    let mut push = |time: f64, kind: RecordKind, sampled: bool| {
        timeline.push(Record { time, kind, row: sampled.then_some(row) });
        row += usize::from(sampled);
    };
    push(0.0, RecordKind::Observation, true);
    push(0.0, RecordKind::Dose(0), false);
    push(0.0, RecordKind::Observation, true);
    for time in [0.5, 3.0, 12.0, 13.0] {
        push(time, RecordKind::Observation, true);
    }
    push(20.0, RecordKind::Other(None), true);
    push(24.0, RecordKind::Observation, true);
    push(24.0, RecordKind::Dose(1), true);
    push(24.0, RecordKind::Dose(2), false);
    push(24.0, RecordKind::Observation, true);
    push(25.0, RecordKind::Observation, true);
    push(25.0, RecordKind::Dose(3), false);
    for step in 0..40 {
        if step == 29 {
            // The highest point of the last interval is where it begins.
            push(62.0, RecordKind::Dose(4), false);
        }
        push(26.0 + 1.25 * f64::from(step), RecordKind::Observation, true);
    }
    timeline.n_rows = row;
    timeline.intervals =
        [(0.0, 24.0), (24.0, 31.7), (33.3, 62.0), (62.0, 100.0)].map(|(start, end)| Interval { start, end }).to_vec();
    timeline
}

fn cohort(n: usize, text: &str) -> Cohort {
    let model = model(text);
    let mut random = Random::new(21);
    let timeline = timeline();
    let patient = |_| {
        let mut timeline = timeline.clone();
        timeline.doses.iter_mut().for_each(|dose| dose.amount = 50.0 + 200.0 * random.unit());
        timeline.covariates = CovariateTable {
            times: vec![0.0],
            values: vec![0.5 + random.unit()],
            interpolation: vec![Interpolation::Locf],
        };
        Patient { etas: vec![0.3 * random.normal(), 0.3 * random.normal()], timeline }
    };
    let patients = (0..n).map(patient).collect();
    Cohort { program: Arc::new(model.program().clone()), thetas: model.thetas(), patients, negligible: 1e-3 }
}

fn profiles(cohort: &Cohort, choice: SolverChoice, rtol: f64) -> Vec<Profile> {
    cohort.run(choice, rtol).into_iter().map(|result| result.expect("it runs")).collect()
}

/// Each patient with records of its own.
fn apart(cohort: &Cohort) -> Cohort {
    let mut cohort = cohort.clone();
    for patient in &mut cohort.patients {
        patient.timeline.records = Arc::new(patient.timeline.records.to_vec());
    }
    cohort
}

/// Against the reference, whose subjects are walked along one by one. Ten times the tolerance, which is per step; the times of
/// maxima, at which the curve is flat, to its root.
#[test]
fn a_group_gives_what_the_reference_gives() {
    const RTOL: f64 = 1e-9;
    let cohort = cohort(32, &text(""));
    let answers = cohort.engine(SolverChoice::Taylor, RTOL).answer(&cohort.inputs());
    for group in answers.chunks(16) {
        assert!(group.iter().all(|answer| answer.work.steps == group[0].work.steps), "they share their steps");
    }
    let expected = profiles(&cohort, SolverChoice::Reference, 1e-12);
    let mut maxima = Vec::new();
    for (answer, expected) in answers.into_iter().zip(&expected) {
        let found = answer.result.expect("it runs");
        let worst = worst_difference(&found, expected, 1e-3);
        assert!(worst < 10.0 * RTOL, "{worst:e}");
        for (found, expected) in found.exposures.iter().zip(&expected.exposures) {
            assert!((found.tmax - expected.tmax).abs() < 10.0 * RTOL.sqrt() * expected.tmax, "{found:?} {expected:?}");
        }
        maxima.extend(found.exposures.iter().map(|exposure| exposure.tmax));
    }
    // Or the test shows less than it says.
    assert!(maxima.contains(&26.0) && maxima.contains(&62.0), "some are at a stop");
    assert!(maxima.iter().any(|time| time.fract() != 0.0), "some are between two");
}

#[test]
fn samples_may_be_left_out() {
    let mut cohort = cohort(16, &text(""));
    let sampled = profiles(&cohort, SolverChoice::Taylor, 1e-8);
    let mut records = timeline();
    Arc::make_mut(&mut records.records).retain(|record| record.kind.dose().is_some());
    Arc::make_mut(&mut records.records).iter_mut().for_each(|record| record.row = None);
    for patient in &mut cohort.patients {
        patient.timeline.records = Arc::clone(&records.records);
        patient.timeline.n_rows = 0;
    }
    for (bare, sampled) in profiles(&cohort, SolverChoice::Taylor, 1e-8).iter().zip(&sampled) {
        assert!(bare.values.is_empty());
        assert_eq!(bare.exposures, sampled.exposures);
    }
}

/// What makes stops depend on more than the schedule, or what a group does not know: the same bytes as in lanes of their own.
#[test]
fn what_a_schedule_does_not_say_is_left_to_each_lane() {
    let change = |change: fn(&mut Timeline)| {
        let mut cohort = cohort(16, &text(""));
        for patient in &mut cohort.patients {
            change(&mut patient.timeline);
        }
        let records = Arc::clone(&cohort.patients[0].timeline.records);
        cohort.patients.iter_mut().for_each(|patient| patient.timeline.records = Arc::clone(&records));
        cohort
    };
    let insert = |kind: RecordKind| {
        let mut cohort = change(|_| {});
        let mut records = cohort.patients[0].timeline.records.to_vec();
        let place = records.len() - 5;
        records.insert(place, Record { time: records[place - 1].time, kind, row: None });
        let records = Arc::new(records);
        cohort.patients.iter_mut().for_each(|patient| patient.timeline.records = Arc::clone(&records));
        cohort
    };
    let cases = [
        ("a lag", cohort(16, &text("alag(depot) <- 0.3 * v / 20"))),
        ("bioavailability", cohort(16, &text("f(depot) <- 0.5"))),
        ("time after dose", cohort(16, &text("later <- tad() + v"))),
        ("a reset", insert(RecordKind::Reset)),
        ("a compartment turned off", insert(RecordKind::Other(Some((DEPOT, false))))),
        ("no amount", change(|timeline| timeline.doses[1].amount = 0.0)),
        ("a rate", change(|timeline| timeline.doses[1].rate = DoseRate::Rate(30.0))),
        ("levels", change(|timeline| timeline.levels = [4.0].into())),
        (
            "a covariate that changes",
            change(|timeline| {
                timeline.covariates.times.push(30.0);
                timeline.covariates.values.push(1.1);
            }),
        ),
    ];
    let plain = cohort(16, &text(""));
    assert!(
        !same_bytes(
            &profiles(&plain, SolverChoice::Taylor, 1e-8)[3],
            &profiles(&apart(&plain), SolverChoice::Taylor, 1e-8)[3]
        ),
        "a group leaves its mark on the last digits"
    );
    for (what, cohort) in cases {
        let found = profiles(&cohort, SolverChoice::Taylor, 1e-8);
        let alone = profiles(&apart(&cohort), SolverChoice::Taylor, 1e-8);
        assert!(found.iter().zip(&alone).all(|(found, alone)| same_bytes(found, alone)), "{what}");
    }
}

#[test]
fn one_without_a_dose_leaves_other_groups_as_they_are() {
    let plain = cohort(48, &text(""));
    let mut cohort = plain.clone();
    cohort.patients[0].timeline.doses[1].amount = 0.0;
    let found = profiles(&cohort, SolverChoice::Taylor, 1e-8);
    let expected = profiles(&plain, SolverChoice::Taylor, 1e-8);
    assert!(found.iter().zip(&expected).skip(16).all(|(found, expected)| same_bytes(found, expected)));
    assert!(found.iter().zip(&expected).take(16).all(|(found, expected)| !same_bytes(found, expected)));
}

/// Doses, samples and intervals at random: many at the same times, overlapping, before the first interval and after the last.
/// Twenty times the tolerance: two solutions that are each within ten times of the true one.
#[test]
fn groups_agree_with_lanes_on_random_schedules() {
    const RTOL: f64 = 1e-9;
    let program = Arc::new(model(&text("")).program().clone());
    let thetas = model(&text("")).thetas();
    let mut random = Random::new(33);
    for round in 0..80 {
        let timeline = random_timeline(&mut random);
        let mut patient = |_| {
            let mut timeline = timeline.clone();
            timeline.doses.iter_mut().for_each(|dose| dose.amount *= 0.5 + random.unit());
            timeline.covariates.values = vec![0.5 + random.unit()];
            Patient { etas: vec![0.3 * random.normal(), 0.3 * random.normal()], timeline }
        };
        let patients = (0..16).map(&mut patient).collect();
        let cohort = Cohort { program: Arc::clone(&program), thetas: thetas.clone(), patients, negligible: 1e-3 };
        let found = profiles(&cohort, SolverChoice::Taylor, RTOL);
        for (found, alone) in found.iter().zip(&profiles(&apart(&cohort), SolverChoice::Taylor, RTOL)) {
            let worst = worst_difference(found, alone, 1e-3);
            assert!(worst < 20.0 * RTOL, "{round}: {worst:e} {timeline:?}");
        }
    }
}

fn random_timeline(random: &mut Random) -> Timeline {
    // Few different times, so that many fall together.
    let mut time = |most: u64| [0.5, 1.0, 6.0, 12.0][(random.bits() % 4) as usize] * (random.bits() % most) as f64;
    let mut timeline = Timeline::default();
    let mut events: Vec<(f64, RecordKind)> = Vec::new();
    for index in 0..4 {
        let duration = time(4);
        let rate = if duration > 0.0 { DoseRate::Duration(duration) } else { DoseRate::Bolus };
        let state = if time(2) > 0.0 { DEPOT } else { CENTRAL };
        let amount = if time(3) > 6.0 { 20.0 } else { 200.0 };
        timeline.add_dose(DoseRecord { amount, ..dose(state, rate, time(3) as u32 % 3, 8.0) });
        events.push((time(8) - 6.0, RecordKind::Dose(index)));
    }
    events.extend((0..12).map(|_| (time(10) - 6.0, RecordKind::Observation)));
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (row, (time, kind)) in events.into_iter().enumerate() {
        timeline.push(Record { time, kind, row: Some(row) });
    }
    timeline.n_rows = 16;
    let mut boundaries: Vec<f64> = (0..6).map(|_| time(9) - 6.0).collect();
    boundaries.sort_by(f64::total_cmp);
    boundaries.dedup();
    timeline.intervals = boundaries.chunks_exact(2).map(|pair| Interval { start: pair[0], end: pair[1] }).collect();
    timeline.covariates =
        CovariateTable { times: vec![-6.0], values: vec![], interpolation: vec![Interpolation::Locf] };
    timeline
}

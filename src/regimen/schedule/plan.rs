//! Doses decided by a regimen or a course, instead of read from a file.

use crate::engine::timeline::{DoseRate, Interval};
use crate::regimen::event::{Compartment, EventRecord, Evid, SubjectRecords};
use crate::regimen::schedule::{Assembler, Schedule, ScheduleError, covariates, intervals};

/// One dose of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedDose {
    /// Time at which it begins.
    pub time: f64,
    /// Amount, in the model's dose unit.
    pub amount: f64,
    /// Length of the infusion; 0 is a bolus.
    pub duration: f64,
    /// Index of the state it goes into.
    pub state: usize,
}

/// What one subject is to be given, and when it is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Plan<'a> {
    /// In order of time.
    pub doses: &'a [PlannedDose],
    /// Increasing. A sample at the time of a dose sees the state before it.
    pub samples: &'a [f64],
    /// Constant covariates, in the model's order.
    pub covariates: &'a [f64],
    /// Exposure intervals, for instance cycles: in order, not overlapping.
    pub intervals: &'a [Interval],
}

/// The timeline of a plan; row k of the result answers sample k.
///
/// The system starts at time 0, or at the first dose where that is earlier: the first sample has no say in it.
///
/// # Errors
/// A [`ScheduleError`] where doses, samples or intervals are out of order or not finite.
///
/// # Examples
/// ```
/// use teorell::regimen::schedule::{Plan, PlannedDose, RowOrigin, from_plan};
///
/// // 1.5 mg over one hour into the first state, seen before it, at its end, and a day later.
/// let dose = PlannedDose { time: 0.0, amount: 1.5, duration: 1.0, state: 0 };
/// let schedule = from_plan(&Plan { doses: &[dose], samples: &[0.0, 1.0, 24.0], ..Plan::default() })?;
/// assert_eq!(schedule.timeline.records.len(), 4);
/// assert_eq!(schedule.rows, [RowOrigin::Grid(0), RowOrigin::Grid(1), RowOrigin::Grid(2)]);
/// # Ok::<(), teorell::regimen::schedule::ScheduleError>(())
/// ```
pub fn from_plan(plan: &Plan<'_>) -> Result<Schedule, ScheduleError> {
    let start = start_of(plan)?;
    let n_states = plan.doses.iter().map(|dose| dose.state + 1).max().unwrap_or(0);
    let mut assembler = Assembler::new(plan.samples, n_states, 0)?;
    assembler.reserve(plan.doses.len() + plan.samples.len() + 1);
    for (index, record) in dose_records(plan, start).enumerate() {
        assembler.push(index, &record, false)?;
    }
    let mut schedule = assembler.finish()?;
    schedule.timeline.covariates = covariates::constant(start, plan.covariates);
    schedule.timeline.intervals = intervals::checked(plan.intervals)?;
    Ok(schedule)
}

/// The same plan as the records of a data set, samples as observations: what a data set of the plan holds.
///
/// # Errors
/// As [`from_plan`].
pub fn records_from_plan(
    id: &str,
    plan: &Plan<'_>,
    covariate_names: &std::sync::Arc<[String]>,
) -> Result<SubjectRecords, ScheduleError> {
    from_plan(plan)?;
    let start = start_of(plan)?;
    let mut records = Vec::with_capacity(plan.doses.len() + plan.samples.len() + 1);
    let mut samples = plan.samples.iter().copied().peekable();
    for dose in dose_records(plan, start) {
        while let Some(time) = samples.next_if(|&time| time <= dose.time) {
            records.push(EventRecord::observation(time));
        }
        records.push(dose);
    }
    records.extend(samples.map(EventRecord::observation));
    let covariates = plan.covariates.repeat(records.len());
    let covariate_names = covariate_names.clone();
    Ok(SubjectRecords { id: id.to_owned(), records, covariate_names, covariates, ..SubjectRecords::default() })
}

fn start_of(plan: &Plan<'_>) -> Result<f64, ScheduleError> {
    let start = plan.doses.first().map_or(0.0, |dose| dose.time.min(0.0));
    match plan.samples.first() {
        Some(&time) if time < start => Err(ScheduleError::SampleBeforeStart { time, start }),
        _ => Ok(start),
    }
}

/// The doses as records, after one that marks the start where no dose is given then.
fn dose_records(plan: &Plan<'_>, start: f64) -> impl Iterator<Item = EventRecord> {
    let doses_at_start = plan.doses.first().is_some_and(|dose| dose.time == start);
    let mark = (!doses_at_start).then(|| EventRecord::other(start));
    mark.into_iter().chain(plan.doses.iter().map(|dose| EventRecord {
        evid: Evid::Dose,
        compartment: Compartment::Number(u32::try_from(dose.state + 1).unwrap_or(u32::MAX)),
        amount: dose.amount,
        rate: if dose.duration == 0.0 { DoseRate::Bolus } else { DoseRate::Duration(dose.duration) },
        missing_dv: true,
        ..EventRecord::observation(dose.time)
    }))
}

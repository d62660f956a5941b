//! One schedule: the records of a data set and the doses of a plan become the same [`Timeline`].
//!
//! [`from_records`] takes the records of one subject as a data set has them; [`from_plan`] takes the doses of cycles and
//! courses, makes records of them and goes the same way. What a record does is not decided here but in the engine
//! (`engine/cursor.rs`): a schedule only resolves compartments, sets samples among the records, and fills covariates in.
//!
//! Times are in the model's unit; nothing is converted.

mod covariates;
mod intervals;
mod plan;

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::engine::timeline::{
    DoseRate, DoseRecord, Interpolation, Interval, Record, RecordKind, SteadyState, Timeline,
};
use crate::regimen::event::{Compartment, EventRecord, Evid, SubjectRecords};
use crate::regimen::names::ModelNames;

pub use plan::{Plan, PlannedDose, from_plan, records_from_plan};

/// A timeline, and what each of its sample rows answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// For the engine.
    pub timeline: Timeline,
    /// One per row of the result, in order.
    pub rows: Vec<RowOrigin>,
}

/// What a row of the result answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowOrigin {
    /// The record with this index.
    Record(usize),
    /// The extra sample time with this index: of the grid, or of a plan's samples.
    Grid(usize),
}

/// Which records get a row of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Answer {
    /// All, doses and resets too, as NONMEM's tables.
    #[default]
    EveryRecord,
    /// EVID 0 only.
    ObservationsOnly,
}

/// Over what exposure is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Exposures<'a> {
    /// Nothing.
    #[default]
    None,
    /// From each dose to the next, additional doses among them, and from the last one to the last record.
    BetweenDoses,
    /// These, in order and not overlapping.
    Given(&'a [Interval]),
}

/// Interpolation of covariates: a default, and exceptions by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CovariateInterpolation {
    /// For every covariate not named below.
    pub default: Interpolation,
    /// Exceptions; names match without regard to case.
    pub by_name: Vec<(String, Interpolation)>,
}

impl CovariateInterpolation {
    /// How one covariate goes from one record to the next.
    #[must_use]
    pub fn of(&self, name: &str) -> Interpolation {
        let named = self.by_name.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map_or(self.default, |&(_, interpolation)| interpolation)
    }
}

/// Choices of [`from_records`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScheduleOptions<'a> {
    /// Which records get a row.
    pub answer: Answer,
    /// Extra sample times, increasing. Each comes before the records of its time. Times before the subject's first record
    /// are left out, because the system starts there; where a reset turns the clock back, they run again, after that reset.
    pub grid: &'a [f64],
    /// Over what exposure is measured.
    pub exposures: Exposures<'a>,
    /// Covariates between records.
    pub interpolation: CovariateInterpolation,
}

/// Which record of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordPlace {
    /// Counted from 1 within the subject.
    pub number: usize,
    /// Line of the file; 0 where there is none.
    pub line: u64,
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "record {}", self.number),
            line => write!(f, "record {} (line {line})", self.number),
        }
    }
}

/// Why records or doses do not make a timeline.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Nothing to do.
    #[error("the subject has no records; at least one is needed")]
    NoRecords,
    /// A time that is not a number, or infinite.
    #[error("{place} has time `{time}`; a finite number is needed")]
    TimeNotFinite {
        /// Which.
        place: RecordPlace,
        /// As given.
        time: f64,
    },
    /// Rule 18.
    #[error("{place} has time `{time}`, before the record above it at `{previous}`; only EVID 3 and 4 may go back")]
    TimeGoesBack {
        /// Which.
        place: RecordPlace,
        /// As given.
        time: f64,
        /// Of the record before.
        previous: f64,
    },
    /// Rule 16.
    #[error("{place} concerns compartment `{compartment}`; the model has compartments 1 to {n_states}")]
    CompartmentOutOfRange {
        /// Which.
        place: RecordPlace,
        /// Its number.
        compartment: u32,
        /// Number of states.
        n_states: usize,
    },
    /// A negative number where nothing is turned off.
    #[error("{place} (EVID {evid}) has compartment `-{compartment}`; only EVID 2 turns a compartment off")]
    CompartmentTurnedOff {
        /// Which.
        place: RecordPlace,
        /// Its EVID.
        evid: u8,
        /// Its number.
        compartment: u32,
    },
    /// Read without the model's names.
    #[error("{place} names its compartment; read the data set with the model's state names")]
    CompartmentUnresolved {
        /// Which.
        place: RecordPlace,
    },
    /// A dose that is not one.
    #[error("{place} gives a dose of `{amount}`; a finite amount of 0 or more is needed")]
    AmountOutOfRange {
        /// Which.
        place: RecordPlace,
        /// As given.
        amount: f64,
    },
    /// An infusion that is not one.
    #[error("{place} has duration or rate `{value}`; a finite number of 0 or more is needed")]
    RateOutOfRange {
        /// Which.
        place: RecordPlace,
        /// As given.
        value: f64,
    },
    /// Rules 6 and 9.
    #[error(
        "{place} has additional doses or a steady state with interval `{interval}`; a finite number above 0 is needed"
    )]
    IntervalOutOfRange {
        /// Which.
        place: RecordPlace,
        /// As given.
        interval: f64,
    },
    /// The model wants a covariate that is no column.
    #[error("covariate `{name}` is not among the columns of the records; add a column of that name")]
    CovariateMissing {
        /// As the model names it.
        name: String,
    },
    /// A covariate without a value to start from.
    #[error("covariate `{name}` has no value at {place}; the first record of a subject has to give one")]
    CovariateUndefined {
        /// As the model names it.
        name: String,
        /// Which.
        place: RecordPlace,
    },
    /// Sample times that do not increase.
    #[error("sample time {number} is `{time}`; sample times have to be finite and increasing")]
    SampleOutOfOrder {
        /// Counted from 1.
        number: usize,
        /// As given.
        time: f64,
    },
    /// A sample before the plan begins.
    #[error("sample time `{time}` is before the start of the plan at `{start}`; sample from `{start}` on")]
    SampleBeforeStart {
        /// As given.
        time: f64,
        /// Time 0, or the first dose where that is earlier.
        start: f64,
    },
    /// Exposure intervals that overlap or run backwards.
    #[error(
        "exposure interval {number} runs from `{start}` to `{end}`; intervals have to be finite, in order and not overlap"
    )]
    ExposureIntervalOutOfOrder {
        /// Counted from 1.
        number: usize,
        /// Its start.
        start: f64,
        /// Its end.
        end: f64,
    },
    /// Intervals on a clock that goes back.
    #[error("{place} turns the clock back, so that exposure between doses has no order in time; ask for none")]
    ExposureAcrossClockReset {
        /// Which.
        place: RecordPlace,
    },
}

/// The timeline of one subject of a data set.
///
/// # Errors
/// A [`ScheduleError`] that names the record: the reader of data sets has reported most of them before, with line and
/// column; records made by other means meet them here.
pub fn from_records(
    subject: &SubjectRecords,
    names: &ModelNames,
    options: &ScheduleOptions<'_>,
) -> Result<Schedule, ScheduleError> {
    let mut assembler = Assembler::new(options.grid, names.states.len(), names.default_state)?;
    assembler.reserve(subject.records.len() + options.grid.len());
    for (index, record) in subject.records.iter().enumerate() {
        let wants_row = match options.answer {
            Answer::EveryRecord => true,
            Answer::ObservationsOnly => record.evid == Evid::Observation,
        };
        assembler.push(index, record, wants_row)?;
    }
    let mut schedule = assembler.finish()?;
    schedule.timeline.covariates = covariates::table(subject, names, &options.interpolation, options.grid)?;
    schedule.timeline.intervals = match options.exposures {
        Exposures::None => Vec::new(),
        Exposures::BetweenDoses => intervals::between_doses(subject, names)?,
        Exposures::Given(given) => intervals::checked(given)?,
    };
    Ok(schedule)
}

/// Sets records and extra samples one after the other: the one way to a timeline's records.
struct Assembler<'a> {
    schedule: Schedule,
    records: Vec<Record>,
    grid: &'a [f64],
    /// First grid time not yet set.
    next_grid: usize,
    previous: Option<f64>,
    n_states: usize,
    default_state: usize,
}

impl<'a> Assembler<'a> {
    fn new(grid: &'a [f64], n_states: usize, default_state: usize) -> Result<Self, ScheduleError> {
        for (index, &time) in grid.iter().enumerate() {
            if !time.is_finite() || (index > 0 && time <= grid[index - 1]) {
                return Err(ScheduleError::SampleOutOfOrder { number: index + 1, time });
            }
        }
        let (schedule, records) = (Schedule::default(), Vec::new());
        Ok(Self { schedule, records, grid, next_grid: 0, previous: None, n_states, default_state })
    }

    fn reserve(&mut self, n_records: usize) {
        self.records.reserve_exact(n_records);
        self.schedule.rows.reserve_exact(n_records);
    }

    fn push(&mut self, index: usize, record: &EventRecord, wants_row: bool) -> Result<(), ScheduleError> {
        let place = RecordPlace { number: index + 1, line: record.line };
        let time = record.time;
        if !time.is_finite() {
            return Err(ScheduleError::TimeNotFinite { place, time });
        }
        let clock_goes_back = self.previous.is_some_and(|previous| time < previous);
        if let (true, false, Some(previous)) = (clock_goes_back, record.evid.resets(), self.previous) {
            return Err(ScheduleError::TimeGoesBack { place, time, previous });
        }
        let kind = self.kind(place, record)?;
        if clock_goes_back || self.previous.is_none() {
            self.next_grid = self.grid.partition_point(|&sample| sample < time);
        }
        self.previous = Some(time);
        // Before the reset that turns the clock back, its time has not come.
        if !clock_goes_back {
            self.samples_until(time);
        }
        let row = wants_row.then(|| self.row(RowOrigin::Record(index)));
        self.records.push(Record { time, kind, row });
        self.samples_until(time);
        Ok(())
    }

    /// Sets the samples that are due and not yet set.
    fn samples_until(&mut self, time: f64) {
        while let Some(&sample) = self.grid.get(self.next_grid).filter(|&&sample| sample <= time) {
            self.sample(sample);
        }
    }

    fn finish(mut self) -> Result<Schedule, ScheduleError> {
        if self.previous.is_none() {
            return Err(ScheduleError::NoRecords);
        }
        self.samples_until(f64::INFINITY);
        self.schedule.timeline.n_rows = self.schedule.rows.len();
        self.schedule.timeline.records = Arc::new(self.records);
        Ok(self.schedule)
    }

    fn sample(&mut self, time: f64) {
        let row = Some(self.row(RowOrigin::Grid(self.next_grid)));
        self.next_grid += 1;
        self.records.push(Record { time, kind: RecordKind::Observation, row });
    }

    fn row(&mut self, origin: RowOrigin) -> usize {
        self.schedule.rows.push(origin);
        self.schedule.rows.len() - 1
    }

    fn kind(&mut self, place: RecordPlace, record: &EventRecord) -> Result<RecordKind, ScheduleError> {
        if let (Compartment::Off(compartment), true) = (record.compartment, record.evid != Evid::Other) {
            return Err(ScheduleError::CompartmentTurnedOff { place, evid: record.evid.number(), compartment });
        }
        Ok(match record.evid {
            Evid::Observation => RecordKind::Observation,
            Evid::Dose => RecordKind::Dose(self.add_dose(place, record)?),
            Evid::Other => RecordKind::Other(match record.compartment {
                Compartment::Default => None,
                Compartment::Number(number) => Some((self.state(place, number)?, true)),
                Compartment::Off(number) => Some((self.state(place, number)?, false)),
                Compartment::Unresolved => return Err(ScheduleError::CompartmentUnresolved { place }),
            }),
            Evid::Reset => RecordKind::Reset,
            Evid::ResetAndDose => RecordKind::ResetAndDose(self.add_dose(place, record)?),
        })
    }

    fn add_dose(&mut self, place: RecordPlace, record: &EventRecord) -> Result<usize, ScheduleError> {
        let dose = self.dose(place, record)?;
        Ok(self.schedule.timeline.add_dose(dose))
    }

    fn dose(&self, place: RecordPlace, record: &EventRecord) -> Result<DoseRecord, ScheduleError> {
        let state = match record.compartment {
            Compartment::Number(number) => self.state(place, number)?,
            Compartment::Unresolved => return Err(ScheduleError::CompartmentUnresolved { place }),
            Compartment::Default | Compartment::Off(_) => self.default_state,
        };
        let &EventRecord { amount, rate, additional, interval, steady_state, .. } = record;
        if !(amount.is_finite() && amount >= 0.0) {
            return Err(ScheduleError::AmountOutOfRange { place, amount });
        }
        if let DoseRate::Rate(value) | DoseRate::Duration(value) = rate
            && !(value.is_finite() && value >= 0.0)
        {
            return Err(ScheduleError::RateOutOfRange { place, value });
        }
        // The one steady state without an interval is that of a constant infusion (rule 9).
        let constant = amount == 0.0 && matches!(rate, DoseRate::Rate(_)) && steady_state == SteadyState::Replace;
        let repeats = additional > 0 || (steady_state != SteadyState::None && !constant);
        if !interval.is_finite() || interval < 0.0 || (repeats && interval == 0.0) {
            return Err(ScheduleError::IntervalOutOfRange { place, interval });
        }
        let rate = match rate {
            DoseRate::Rate(0.0) | DoseRate::Duration(0.0) => DoseRate::Bolus,
            rate => rate,
        };
        Ok(DoseRecord { state, amount, rate, additional, interval, steady_state })
    }

    fn state(&self, place: RecordPlace, compartment: u32) -> Result<usize, ScheduleError> {
        let index = (compartment as usize).wrapping_sub(1);
        if index < self.n_states {
            return Ok(index);
        }
        Err(ScheduleError::CompartmentOutOfRange { place, compartment, n_states: self.n_states })
    }
}

//! The way of subjects on one schedule who differ in nothing but parameters and amounts: the stops that they share.
//!
//! What happens at a stop is known to the cursor alone, so one subject's cursor is walked along once, without integrating:
//! where doses depend on nothing but their amounts, no stop depends on a state.

use crate::engine::SubjectInput;
use crate::engine::cursor::{Cursor, Happening, Purpose};
use crate::engine::program::{DoseRegisters, Program};
use crate::engine::timeline::{DoseRate, DoseRecord, RecordKind, SteadyState, Timeline};
use std::ops::Range;

/// All stops from the first time to the last.
#[derive(Debug, Default)]
pub(super) struct Itinerary {
    /// The first of them is where everybody starts.
    pub stops: Vec<Stop>,
    /// Rows of the profile between stops: time and number.
    pub rows: Vec<(f64, usize)>,
}

/// A stop, and the way there.
#[derive(Debug)]
pub(super) struct Stop {
    pub time: f64,
    /// Those of [`Itinerary::rows`] that are on the way there.
    pub rows: Range<usize>,
    /// What happens there, in order.
    pub events: Vec<Event>,
    /// Infusions that run from here on, where others did before.
    pub infusions: Option<Vec<Entering>>,
}

/// What happens at a stop.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// All of this dose enters this state.
    Bolus { dose: usize, state: usize },
    /// This row of the profile sees what is there now.
    Row(usize),
}

/// An infusion that runs: which dose into which state, and in how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entering {
    pub dose: usize,
    pub state: usize,
    pub duration: f64,
}

impl Itinerary {
    /// The way of a subject; `None` where it depends on more than the schedule.
    pub fn of(program: &Program, subject: SubjectInput<'_>) -> Option<Self> {
        if !is_scheduled(program, subject.timeline) {
            return None;
        }
        let mut state = vec![0.0; program.n_states()];
        let mut cursor = Cursor::start(program, subject, &mut state).ok()?;
        let mut way = Self::default();
        way.arrive(&cursor, 0..0, true)?;
        while let Some(stop) = cursor.next_stop() {
            if stop <= cursor.time() {
                return None;
            }
            let first = way.rows.len();
            while let Some(sample) = cursor.next_sample(stop) {
                if let Purpose::Row(row) = sample.purpose {
                    way.rows.push((sample.time, row));
                }
            }
            let changed = cursor.arrive(&mut state).ok()?;
            way.arrive(&cursor, first..way.rows.len(), changed.rates)?;
        }
        Some(way)
    }

    fn arrive(&mut self, cursor: &Cursor<'_>, rows: Range<usize>, rates: bool) -> Option<()> {
        let timeline = cursor.timeline;
        let dose_of = |record: usize| timeline.records[record].kind.dose();
        let event = |happening: &Happening| match *happening {
            Happening::Bolus { record, state } => Some(Event::Bolus { dose: dose_of(record)?, state }),
            Happening::Row(row) => Some(Event::Row(row)),
        };
        let events = cursor.happened.iter().map(event).collect::<Option<_>>()?;
        let running = cursor.infusions.running().iter().map(|infusion| {
            Some(Entering { dose: dose_of(infusion.record)?, state: infusion.state, duration: infusion.duration })
        });
        let infusions = if rates { Some(running.collect::<Option<_>>()?) } else { None };
        self.stops.push(Stop { time: cursor.time(), rows, events, infusions });
        Some(())
    }
}

/// Whether the stops of a subject follow from its schedule, whatever its parameters and amounts are.
fn is_scheduled(program: &Program, timeline: &Timeline) -> bool {
    let is_plain = |dose: &DoseRecord| {
        program.dose_registers[dose.state] == DoseRegisters::default()
            && dose.steady_state == SteadyState::None
            && matches!(dose.rate, DoseRate::Bolus | DoseRate::Duration(_))
    };
    let is_kept =
        |kind: RecordKind| matches!(kind, RecordKind::Observation | RecordKind::Dose(_) | RecordKind::Other(None));
    program.event_times.is_empty()
        && program.dose_inputs.is_empty()
        && timeline.levels.is_empty()
        && timeline.doses.iter().all(is_plain)
        && timeline.records.iter().all(|record| is_kept(record.kind))
        && brings_constants(program, timeline)
}

/// Whether a subject goes the way of another, whose way follows from its schedule; both have the same records.
pub(super) fn goes_along(program: &Program, leader: &Timeline, subject: &Timeline) -> bool {
    let is_like = |(a, b): (&DoseRecord, &DoseRecord)| {
        let gives = |dose: &DoseRecord| dose.amount > 0.0 && dose.amount.is_finite();
        let schedule = |dose: &DoseRecord| (dose.state, dose.rate, dose.additional, dose.interval, dose.steady_state);
        // Without an amount no infusion runs, and none ends.
        gives(a) && gives(b) && schedule(a) == schedule(b)
    };
    leader.doses.len() == subject.doses.len()
        && leader.doses.iter().zip(&subject.doses).all(is_like)
        && leader.intervals == subject.intervals
        && leader.n_rows == subject.n_rows
        && subject.levels.is_empty()
        && brings_constants(program, subject)
}

/// Whether covariates stay what they are.
fn brings_constants(program: &Program, timeline: &Timeline) -> bool {
    program.covariates.is_empty() || timeline.covariates.times.len() == 1
}

//! One subject's way through its timeline: the one place that knows what an event does.
//!
//! An integrator asks where the next stop is, goes there, hands over the samples on the way, and lets the cursor
//! apply what happens at the stop:
//!
//! ```text
//! let mut cursor = Cursor::start(program, input, &mut state)?;
//! while let Some(stop) = cursor.next_stop() {
//!     // integrate from cursor.time() to stop with cursor.rates(), cursor.off(), cursor.registers();
//!     while let Some(sample) = cursor.next_sample(stop) { cursor.record(&sample, state_at(sample.time)); }
//!     // where exposure is measured: cursor.note(time, value) at both ends and at every maximum in between
//!     cursor.arrive(&mut state)?;
//! }
//! let profile = cursor.finish();
//! ```
//!
//! Observations are never stops (rule 20). At a stop infusions end first, then come doses that are due (additional,
//! lagged), then the records of that time in file order (rules 1 and 2). Times tie only when equal (rule 3). Rules are
//! those of NONMEM's event records, numbered as in the event specification; `dosing.rs` has those of doses.
//!
//! The subject and record blocks run only when one of their inputs changed, and only when somebody needs them
//! ([`Cursor::settle`]): a lane engine may run them over lanes instead, from the inputs in [`Cursor::registers`].

use super::SubjectInput;
use super::covariates::{self, CovariateLine, CovariateWalk};
use super::exposure_tracker::ExposureTracker;
use super::failure::{Cause, SubjectError};
use super::program::Program;
use super::queue::{DoseQueue, Infusions};
use super::timeline::{RecordKind, Timeline};
use crate::profile::Profile;

/// See the module's text.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    pub(super) program: &'a Program,
    pub(super) timeline: &'a Timeline,
    pub(super) registers: Vec<f64>,
    subject_stale: bool,
    pub(super) record_stale: bool,
    /// Values that have to be positive were looked at since the blocks ran.
    checked: bool,
    pub(super) time: f64,
    end: f64,
    stop: Option<f64>,
    /// Observations at the stop itself see the state before it, for nothing but ends of infusions comes first.
    samples_at_stop: bool,
    next_record: usize,
    /// The first record from `next_record` on that is not an observation.
    next_event: usize,
    pub(super) queue: DoseQueue,
    pub(super) infusions: Infusions,
    pub(super) off: Vec<bool>,
    pub(super) any_off: bool,
    pub(super) covariates: CovariateWalk,
    tracker: ExposureTracker,
    values: Vec<f64>,
    pub(super) arrival: Arrival,
    pub(super) happened: Vec<Happening>,
}

/// What happened at the last stop, in order, beside infusions that started and ended: for those who follow another's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// The dose of this record entered this state at once.
    Bolus { record: usize, state: usize },
    /// This row of the profile was answered.
    Row(usize),
}

/// A value asked for between two stops, or at a stop before anything happens there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub time: f64,
    /// What for.
    pub purpose: Purpose,
}

/// What a sample is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The outputs, for this row of the profile.
    Row(usize),
    /// The start of this exposure interval: the integrating state and the exposure's output.
    IntervalStart(usize),
    /// Its end: the same two.
    IntervalEnd(usize),
}

/// What changed at a stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// A state jumped.
    pub state: bool,
    /// [`Cursor::rates`] changed.
    pub rates: bool,
    /// A covariate or a dose input changed: the record block's results are to be computed anew.
    pub inputs: bool,
    /// [`Cursor::off`] changed.
    pub off: bool,
}

impl<'a> Cursor<'a> {
    /// Stands at the subject's first time, everything there applied, the state filled.
    ///
    /// # Errors
    /// What goes wrong at the first records.
    pub fn start(program: &'a Program, input: SubjectInput<'a>, state: &mut [f64]) -> Result<Self, SubjectError> {
        let mut cursor = Self {
            program,
            timeline: input.timeline,
            registers: program.registers(),
            subject_stale: true,
            record_stale: true,
            checked: false,
            time: 0.0,
            end: 0.0,
            stop: None,
            samples_at_stop: false,
            next_record: 0,
            next_event: 0,
            queue: DoseQueue::default(),
            infusions: Infusions::default(),
            off: Vec::new(),
            any_off: false,
            covariates: CovariateWalk::default(),
            tracker: ExposureTracker::default(),
            values: Vec::new(),
            arrival: Arrival::default(),
            happened: Vec::new(),
        };
        cursor.restart(input, state)?;
        Ok(cursor)
    }

    /// Takes the next subject with the buffers of the last one.
    ///
    /// # Errors
    /// As [`Cursor::start`].
    pub fn restart(&mut self, input: SubjectInput<'a>, state: &mut [f64]) -> Result<(), SubjectError> {
        let program = self.program;
        let timeline = input.timeline;
        self.timeline = timeline;
        self.subject_stale = true;
        self.record_stale = true;
        self.checked = false;
        self.registers[range(&program.thetas)].copy_from_slice(input.thetas);
        self.registers[range(&program.etas)].copy_from_slice(input.etas);
        for &(register, _) in &program.dose_inputs {
            self.registers[register as usize] = f64::NAN;
        }
        self.covariates.restart(&timeline.covariates, &mut self.registers[range(&program.covariates)]);

        let first_record = timeline.records.first().map(|record| record.time);
        let first_interval = timeline.intervals.first().map(|interval| interval.start);
        self.time = earlier(first_record, first_interval).unwrap_or(0.0);
        let last_record = timeline.records.last().map_or(self.time, |record| record.time);
        self.end = timeline.intervals.last().map_or(last_record, |interval| last_record.max(interval.end));

        self.next_record = 0;
        self.queue.clear();
        self.infusions.restart(program.n_states());
        self.off.clear();
        self.off.resize(program.n_states(), false);
        self.any_off = false;
        self.tracker.restart(&timeline.intervals, timeline.levels.len(), program.exposure.is_some());
        self.values.clear();
        self.values.resize(timeline.n_rows * program.outputs.len(), f64::NAN);

        self.stop = Some(self.time);
        self.next_event = 0;
        self.samples_at_stop = false;
        self.arrival = Arrival::default();
        self.initialise(state);
        while let Some(sample) = self.next_sample(self.time) {
            match (sample.purpose, self.auc_state(state)) {
                // The output there is noted as the start of the first stretch: no need to run the blocks for it.
                (Purpose::IntervalStart(_), Some(auc_state)) => self.tracker.start(auc_state),
                _ => self.record(&sample, state),
            }
        }
        self.arrive(state)?;
        self.arrival = Arrival { state: true, rates: true, inputs: true, off: true };
        Ok(())
    }

    /// Now: the last stop.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.time
    }

    /// When all is done.
    pub(super) fn end(&self) -> f64 {
        self.end
    }

    /// The next time at which the equations or the state change, or the end; `None` where all is done.
    #[must_use]
    pub fn next_stop(&self) -> Option<f64> {
        self.stop
    }

    /// Amount per time that infusions bring into each state until the next stop.
    #[must_use]
    pub fn rates(&self) -> &[f64] {
        self.infusions.rates()
    }

    /// States that are turned off, where any is: they stay 0, whatever their derivative says.
    #[must_use]
    pub fn off(&self) -> Option<&[bool]> {
        self.any_off.then_some(&self.off)
    }

    /// Covariates that move along a line until the next stop. Where there are any, the record block belongs to the
    /// right-hand side: [`covariates::follow`] at each evaluation, or a solver that says it cannot.
    #[must_use]
    pub fn lines(&self) -> &[CovariateLine] {
        self.covariates.lines()
    }

    /// The subject's register file: inputs are current; results of the subject and record blocks are after [`Cursor::settle`].
    #[must_use]
    pub fn registers(&self) -> &[f64] {
        &self.registers
    }

    /// Whether exposure is measured in the stretch before the next stop, so that [`Cursor::note`] is worth calling.
    #[must_use]
    pub fn measures_exposure(&self) -> bool {
        self.tracker.is_open() || self.stop.is_some_and(|stop| self.tracker.next_time() < stop)
    }

    /// When an exposure interval starts or ends next; ∞ where none does.
    pub(super) fn next_boundary(&self) -> f64 {
        self.tracker.next_time()
    }

    /// Runs the subject and record blocks where an input of theirs changed.
    pub fn settle(&mut self) {
        if self.subject_stale {
            self.program.subject.run(&mut self.registers);
            self.subject_stale = false;
        }
        if self.record_stale {
            self.program.record.run(&mut self.registers);
            self.record_stale = false;
        }
    }

    /// [`Cursor::settle`], then whether every value that has to be positive is.
    ///
    /// # Errors
    /// [`Cause::NotPositive`], with the name of the value.
    pub fn settle_and_check(&mut self, state: &[f64]) -> Result<(), SubjectError> {
        if self.subject_stale || self.record_stale || !self.checked {
            self.settle();
            self.checked = true;
            for (register, name) in &self.program.must_be_positive {
                let value = self.registers[*register as usize];
                if value.is_nan() || value <= 0.0 {
                    return Err(self.fail(self.time, state, Cause::NotPositive { name: name.clone(), value }));
                }
            }
        }
        Ok(())
    }

    /// The next sample at `until` or before, in order of time; `until` is at most the next stop. All have to be taken
    /// before [`Cursor::arrive`].
    #[inline]
    pub fn next_sample(&mut self, until: f64) -> Option<Sample> {
        let time = self.tracker.next_time();
        while let Some(record) = self.timeline.records[..self.next_event].get(self.next_record) {
            let waits = record.time == until && !self.samples_at_stop && self.stop == Some(until);
            if record.time > until || waits || record.time >= time {
                break;
            }
            self.next_record += 1;
            if let Some(row) = record.row {
                return Some(Sample { time: record.time, purpose: Purpose::Row(row) });
            }
        }
        if time > until || time == f64::INFINITY {
            return None;
        }
        let (index, is_end) = self.tracker.next_boundary();
        self.tracker.pass_boundary(&self.timeline.intervals);
        let purpose = if is_end { Purpose::IntervalEnd(index) } else { Purpose::IntervalStart(index) };
        Some(Sample { time, purpose })
    }

    /// The next rows at `until` or before, as many as there is room for: their times and numbers, and how many. What
    /// [`Cursor::next_sample`] would say of them, for integrators that take many at a time.
    pub(super) fn next_rows(&mut self, until: f64, times: &mut [f64], rows: &mut [usize]) -> usize {
        let at_stop = self.stop == Some(until) && !self.samples_at_stop;
        let mut count = 0;
        while let Some(record) = self.timeline.records[..self.next_event].get(self.next_record) {
            if count == rows.len() || record.time > until || record.time == until && at_stop {
                break;
            }
            if let Some(row) = record.row {
                times[count] = record.time;
                rows[count] = row;
                count += 1;
            }
            self.next_record += 1;
        }
        count
    }

    /// All rows of the profile, for an integrator that computes outputs itself.
    pub(super) fn rows_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// Answers a sample from the state at its time: runs the derivative and observation blocks on the subject's own registers.
    pub fn record(&mut self, sample: &Sample, state: &[f64]) {
        self.evaluate_outputs(sample.time, state);
        match sample.purpose {
            Purpose::Row(row) => self.copy_outputs(row),
            Purpose::IntervalStart(_) | Purpose::IntervalEnd(_) => {
                if let Some(target) = self.program.exposure {
                    let value = self.registers[self.program.outputs[target.output] as usize];
                    self.record_interval(sample, state[target.auc_state], value);
                }
            }
        }
    }

    /// Answers a sample at the boundary of an exposure interval: the integrating state and the output there.
    pub fn record_interval(&mut self, sample: &Sample, auc_state: f64, value: f64) {
        match sample.purpose {
            Purpose::IntervalStart(_) => self.tracker.start(auc_state),
            Purpose::IntervalEnd(interval) => self.tracker.end(interval, auc_state, value),
            Purpose::Row(_) => return,
        }
        self.note(sample.time, value);
    }

    /// A value of the exposure's output between the last stop and the next one, both included. Integrators note both
    /// ends of every such stretch and each maximum in between.
    pub fn note(&mut self, time: f64, value: f64) {
        self.tracker.note(&self.timeline.intervals, self.time, self.stop, time, value);
    }

    /// Levels of the exposure's output above which time is counted; none in most runs.
    #[must_use]
    pub fn levels(&self) -> &'a [f64] {
        &self.timeline.levels
    }

    /// The curve is above a level from one time to another, within the stretch before the next stop. Integrators note this beside
    /// the values of [`Cursor::note`].
    pub fn note_above(&mut self, level: usize, from: f64, to: f64) {
        self.tracker.note_above(&self.timeline.intervals, level, from, to);
    }

    /// Applies what happens at the next stop to the state, which is the one just before it; moves to that stop.
    ///
    /// # Errors
    /// A dose that cannot be given, or a steady state that does not exist.
    pub fn arrive(&mut self, state: &mut [f64]) -> Result<Arrival, SubjectError> {
        self.arrival = Arrival::default();
        self.happened.clear();
        let Some(stop) = self.stop else { return Ok(self.arrival) };
        let timeline = self.timeline;
        self.time = stop;
        let covariates = range(&self.program.covariates);
        let moved = self.covariates.reach(&timeline.covariates, stop, &mut self.registers[covariates.clone()]);
        self.note_inputs(moved);
        self.arrival.rates |= self.infusions.end_due(stop);
        self.give_due_doses(state)?;
        while let Some(record) = timeline.records.get(self.next_record) {
            if record.time > self.time {
                break;
            }
            let is_reset = matches!(record.kind, RecordKind::Reset | RecordKind::ResetAndDose(_));
            if record.time < self.time && is_reset {
                self.time = record.time;
                self.covariates.rewind(&timeline.covariates, record.time);
            }
            let seen = self.covariates.see(&timeline.covariates, self.time, &mut self.registers[covariates.clone()]);
            self.note_inputs(seen);
            match record.kind {
                RecordKind::Observation | RecordKind::Other(None) => {}
                RecordKind::Dose(dose) => self.take_dose(self.next_record, &timeline.doses[dose], state)?,
                RecordKind::Other(Some((compartment, on))) => self.switch(compartment, on, state),
                RecordKind::Reset => self.reset(state),
                RecordKind::ResetAndDose(dose) => {
                    self.reset(state);
                    self.take_dose(self.next_record, &timeline.doses[dose], state)?;
                }
            }
            if let Some(row) = record.row {
                self.evaluate_outputs(self.time, state);
                self.copy_outputs(row);
                self.happened.push(Happening::Row(row));
            }
            self.next_record += 1;
            self.give_due_doses(state)?;
        }
        let departed = self.covariates.depart(&timeline.covariates, self.time, &mut self.registers[covariates]);
        self.note_inputs(departed);
        self.find_stop();
        Ok(self.arrival)
    }

    /// The profile; samples that were never answered are NaN.
    #[must_use]
    pub fn finish(&mut self) -> Profile {
        Profile {
            n_outputs: self.program.outputs.len(),
            values: std::mem::take(&mut self.values),
            exposures: self.tracker.exposures(|value| value),
            above: self.tracker.take_above(),
        }
    }

    /// An error that says where the subject stands.
    #[must_use]
    pub fn fail(&self, time: f64, state: &[f64], cause: Cause) -> SubjectError {
        SubjectError { time, states: state.to_vec(), cause }
    }

    pub(super) fn note_inputs(&mut self, changed: bool) {
        self.record_stale |= changed;
        self.checked &= !changed;
        self.arrival.inputs |= changed;
    }

    /// Time and states into their registers.
    pub(super) fn load(&mut self, time: f64, state: &[f64]) {
        self.registers[self.program.time as usize] = time;
        self.registers[range(&self.program.states)].copy_from_slice(state);
    }

    fn evaluate_outputs(&mut self, time: f64, state: &[f64]) {
        self.settle();
        covariates::follow(self.covariates.lines(), self.program, time, &mut self.registers);
        self.load(time, state);
        self.program.derivative.run(&mut self.registers);
        self.program.observation.run(&mut self.registers);
    }

    fn copy_outputs(&mut self, row: usize) {
        let n = self.program.outputs.len();
        for (value, &register) in self.values[row * n..(row + 1) * n].iter_mut().zip(&self.program.outputs) {
            *value = self.registers[register as usize];
        }
    }

    /// All states at their initial condition.
    fn initialise(&mut self, state: &mut [f64]) {
        state.fill(0.0);
        self.arrival.state = true;
        if self.program.initials.iter().all(Option::is_none) {
            return;
        }
        self.settle();
        self.load(self.time, state);
        self.program.initial.run(&mut self.registers);
        for (value, register) in state.iter_mut().zip(&self.program.initials) {
            if let Some(register) = register {
                *value = self.registers[*register as usize];
            }
        }
    }

    /// Rules 4 and 5: all states initial and on, everything recorded earlier cancelled, no dose given so far.
    fn reset(&mut self, state: &mut [f64]) {
        let before = self.auc_state(state);
        self.cancel_all();
        if self.any_off {
            self.off.fill(false);
            self.any_off = false;
            self.arrival.off = true;
        }
        for &(register, _) in &self.program.dose_inputs {
            self.registers[register as usize] = f64::NAN;
        }
        self.note_inputs(!self.program.dose_inputs.is_empty());
        self.initialise(state);
        if let (Some(before), Some(after)) = (before, self.auc_state(state)) {
            self.tracker.replace_auc_state(before, after);
        }
    }

    /// Running infusions and doses to come.
    pub(super) fn cancel_all(&mut self) {
        self.queue.clear();
        self.infusions.clear();
        self.arrival.rates = true;
    }

    /// Changes the state at an event; what the integrating state had collected is kept.
    pub(super) fn jump(&mut self, state: &mut [f64], change: impl FnOnce(&mut [f64])) {
        let before = self.auc_state(state);
        change(state);
        self.arrival.state = true;
        if let (Some(before), Some(after)) = (before, self.auc_state(state)) {
            self.tracker.replace_auc_state(before, after);
        }
    }

    fn auc_state(&self, state: &[f64]) -> Option<f64> {
        self.program.exposure.map(|target| state[target.auc_state])
    }

    /// Rules 4 and 5: a compartment turned off is emptied and loses what was still to come into it.
    fn switch(&mut self, compartment: usize, on: bool, state: &mut [f64]) {
        if !on {
            let timeline = self.timeline;
            state[compartment] = 0.0;
            self.arrival.state = true;
            self.infusions.cancel_into(compartment);
            self.arrival.rates = true;
            let dose = |record: usize| timeline.dose(timeline.records[record].kind);
            self.queue.cancel(|record| dose(record).is_some_and(|dose| dose.state == compartment));
        }
        self.set_off(compartment, !on);
    }

    pub(super) fn set_off(&mut self, compartment: usize, off: bool) {
        if self.off[compartment] != off {
            self.off[compartment] = off;
            self.any_off = self.off.contains(&true);
            self.arrival.off = true;
        }
    }

    /// Where the next stop is, after an arrival.
    fn find_stop(&mut self) {
        let timeline = self.timeline;
        let records = &timeline.records;
        self.next_event = self.next_event.max(self.next_record);
        while records
            .get(self.next_event)
            .is_some_and(|record| matches!(record.kind, RecordKind::Observation | RecordKind::Other(None)))
        {
            self.next_event += 1;
        }
        let event_time = match records.get(self.next_event) {
            // Where time goes back at a reset, the stretch before it ends with the record before it.
            Some(record) if self.next_event > 0 => record.time.max(records[self.next_event - 1].time),
            Some(record) => record.time,
            None => f64::INFINITY,
        };
        let covariate_time = self.covariates.next_time(&timeline.covariates, self.program.covariates.len());
        let mut stop = event_time.min(self.queue.earliest()).min(self.infusions.earliest_end()).min(covariate_time);
        if !self.program.event_times.is_empty() {
            self.settle();
            for &register in &self.program.event_times {
                let time = self.registers[register as usize];
                if time > self.time {
                    stop = stop.min(time);
                }
            }
        }
        self.samples_at_stop = self.queue.earliest() > stop && covariate_time > stop;
        self.stop = if event_time.is_finite() || stop <= self.end {
            Some(stop)
        } else if self.time < self.end {
            self.samples_at_stop = true;
            Some(self.end)
        } else {
            None
        };
    }
}

fn range(registers: &std::ops::Range<u32>) -> std::ops::Range<usize> {
    registers.start as usize..registers.end as usize
}

fn earlier(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

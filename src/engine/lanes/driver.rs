//! Subjects through lanes: each lane has its own subject, cursor, time and step, and takes the next subject when its own
//! is done. No number of a subject depends on which others are in the lanes beside it.

use super::bank::{Bank, LaneIntegrator, Marks};
use super::maxima::Maxima;
use super::observer::{Moments, Observer};
use super::{Backend, LANES, Lanes};
use crate::engine::SubjectInput;
use crate::engine::crossing::note_above;
use crate::engine::cursor::{Arrival, Cursor};
use crate::engine::failure::{Cause, SubjectError};
use crate::engine::program::{ExposureTarget, Program, Register};
use crate::profile::Profile;

/// Steps allowed to one subject between two stops.
const MAX_STEPS: u32 = 100_000;

/// A subject counts as stiff after this many steps in which no state changed by what accuracy would have allowed, and which
/// no stop cut short. A lane's step costs about a hundredth of an implicit one, so a few hundred are worth a look.
const STIFF_STEPS: u32 = 400;

/// Such steps are counted from this many after a stop on: most stretches end before.
const STEPS_BEFORE_COUNTING: u32 = 40;

/// A step is looked at in so many places for crossings of a level: a series may go far, and rise and fall on the way.
const LEVEL_POINTS: usize = 9;

/// What became of a subject.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done(Profile),
    Failed(SubjectError),
    /// The derivatives are not finite, or this integrator cannot expand the solution there (a power of a state that is 0).
    Broken(SubjectError),
    /// Stability holds the steps down: see [`STIFF_STEPS`].
    Stiff,
}

/// Integrates subjects, in their order. `watches_stiffness`: subjects in whom an explicit method is out of place are
/// given back.
pub(crate) fn run<I: LaneIntegrator>(
    program: &Program,
    integrator: &mut I,
    backend: Backend,
    watches_stiffness: bool,
    subjects: &[SubjectInput<'_>],
) -> Vec<Outcome> {
    let mut driver = Driver::new(program, integrator, backend, subjects);
    driver.watches_stiffness = watches_stiffness;
    driver.fill();
    while driver.seats.iter().any(|seat| seat.subject.is_some()) {
        driver.round();
    }
    driver.outcomes.into_iter().map(|outcome| outcome.expect("every subject sat in a lane until it was done")).collect()
}

struct Driver<'a, 'i, I> {
    program: &'a Program,
    integrator: &'i mut I,
    backend: Backend,
    outputs: Observer,
    exposure: Option<Exposure>,
    bank: Bank,
    seats: Vec<Seat<'a>>,
    subjects: &'a [SubjectInput<'a>],
    next_subject: usize,
    outcomes: Vec<Option<Outcome>>,
    /// Registers of earlier phases that the integrator or the outputs read.
    inputs: Vec<Register>,
    inputs_changed: bool,
    /// States of the lane at hand.
    state: Vec<f64>,
    moments: Moments,
    watches_stiffness: bool,
}

/// The curve that exposure is measured on.
struct Exposure {
    target: ExposureTarget,
    observer: Observer,
    maxima: Maxima,
    /// Its value at the end of the step in each lane.
    at_end: Lanes,
}

/// One lane.
#[derive(Default)]
struct Seat<'a> {
    cursor: Option<Cursor<'a>>,
    /// Position of its subject; `None` where the lane is idle.
    subject: Option<usize>,
    steps: u32,
    /// Of the subject, see [`STIFF_STEPS`].
    calm_steps: u32,
    /// Exposure is measured before the stop.
    measures: bool,
}

impl<'a, 'i, I: LaneIntegrator> Driver<'a, 'i, I> {
    fn new(program: &'a Program, integrator: &'i mut I, backend: Backend, subjects: &'a [SubjectInput<'a>]) -> Self {
        let outputs = Observer::new(program, &program.outputs, backend);
        let exposure = program.exposure.map(|target| Exposure {
            target,
            observer: Observer::new(program, &[program.outputs[target.output]], backend),
            maxima: Maxima::new(backend),
            at_end: Lanes::splat(0.0),
        });
        let mut inputs: Vec<Register> = integrator.inputs().iter().chain(outputs.inputs()).copied().collect();
        inputs.sort_unstable();
        inputs.dedup();
        let mut bank = Bank::new(program, integrator.n_registers());
        integrator.prepare(&mut bank);
        Self {
            program,
            integrator,
            backend,
            outputs,
            exposure,
            bank,
            seats: (0..LANES).map(|_| Seat::default()).collect(),
            subjects,
            next_subject: 0,
            outcomes: subjects.iter().map(|_| None).collect(),
            inputs,
            inputs_changed: false,
            state: vec![0.0; program.n_states()],
            moments: Moments::default(),
            watches_stiffness: false,
        }
    }

    fn fill(&mut self) {
        for lane in 0..LANES {
            self.take_next(lane);
        }
        self.refresh();
    }

    fn refresh(&mut self) {
        if self.inputs_changed {
            self.integrator.inputs_changed(&mut self.bank);
            self.inputs_changed = false;
        }
    }

    /// One step in every lane, and what follows from it.
    fn round(&mut self) {
        self.integrator.step(&mut self.bank);
        let marks = self.bank.mark(self.backend);
        let mut peaks = 0;
        if let Some(exposure) = &mut self.exposure {
            let solution = self.integrator.solution();
            peaks = exposure.maxima.find(solution.of(exposure.target.auc_state), &self.bank.step);
            if marks.arrived != 0 {
                exposure.observer.observe_ends(&self.bank);
                exposure.at_end = *exposure.observer.output(0);
            }
        }
        self.bank.advance(self.backend);
        for lane in 0..LANES {
            if self.seats[lane].subject.is_none() {
                continue;
            }
            match self.follow(lane, &marks, peaks) {
                Ok(true) => {}
                Ok(false) => self.finish(lane),
                Err(outcome) => self.leave(lane, outcome),
            }
        }
        self.refresh();
    }

    /// After a step of one lane: samples, maxima, arrival. False where the subject is done.
    fn follow(&mut self, lane: usize, marks: &Marks, peaks: u32) -> Result<bool, Outcome> {
        let bit = 1 << lane;
        if (marks.broken | marks.stuck) & bit != 0 {
            return self.stumble(lane, marks);
        }
        let seat = &mut self.seats[lane];
        seat.steps += 1;
        if seat.steps > STEPS_BEFORE_COUNTING {
            self.count_step(lane)?;
        }
        self.answer_rows(lane);
        if self.seats[lane].measures {
            self.measure(lane, marks.arrived & bit != 0, peaks & bit != 0);
        }
        if marks.arrived & bit == 0 {
            return Ok(true);
        }
        for (state, end) in self.state.iter_mut().zip(&self.bank.end) {
            *state = end[lane];
        }
        self.arrive(lane)
    }

    /// In a long stretch: whether there are too many steps, or too many that accuracy does not ask for.
    fn count_step(&mut self, lane: usize) -> Result<(), Outcome> {
        if self.seats[lane].steps > MAX_STEPS {
            return Err(self.give_up(lane, Cause::TooManySteps { limit: MAX_STEPS }));
        }
        if !self.watches_stiffness {
            return Ok(());
        }
        let floor = self.integrator.negligible();
        let largest = self.integrator.calm_change();
        let calm = self.integrator.solution().coefficients.chunks_exact(self.integrator.solution().stride);
        let calm = calm.zip(&self.bank.end).all(|(polynomial, end)| {
            let (before, after) = (polynomial[0][lane], end[lane]);
            (after - before).abs() <= largest * (before.abs() + floor)
        });
        let seat = &mut self.seats[lane];
        seat.calm_steps = if calm { seat.calm_steps + 1 } else { seat.calm_steps.saturating_sub(1) };
        if seat.calm_steps > STIFF_STEPS { Err(Outcome::Stiff) } else { Ok(()) }
    }

    /// An explicit method cannot go on: another may, where that is allowed.
    fn give_up(&self, lane: usize, cause: Cause) -> Outcome {
        if self.watches_stiffness { Outcome::Stiff } else { Outcome::Failed(self.error(lane, cause)) }
    }

    /// A lane that did not get on: broken, refused for now, or for good.
    fn stumble(&mut self, lane: usize, marks: &Marks) -> Result<bool, Outcome> {
        if marks.broken & (1 << lane) != 0 {
            return Err(Outcome::Broken(self.error(lane, Cause::NonFinite)));
        }
        self.seats[lane].steps += 1;
        if self.bank.wish[lane] <= f64::EPSILON * self.bank.time[lane].abs() {
            return Err(self.give_up(lane, Cause::StepTooSmall));
        }
        Ok(true)
    }

    /// The rows that lie in the step.
    fn answer_rows(&mut self, lane: usize) {
        let Self { program, integrator, outputs, bank, seats, moments, .. } = self;
        let Some(cursor) = seats[lane].cursor.as_mut() else { return };
        let mut rows = [0; LANES];
        moments.lane = lane;
        loop {
            moments.count = cursor.next_rows(bank.finish[lane], &mut moments.times.0, &mut rows);
            if moments.count == 0 {
                break;
            }
            moments.since(bank.start[lane]);
            outputs.observe(integrator.solution(), &bank.registers, moments);
            let width = program.outputs.len();
            outputs.copy_outputs(&rows[..moments.count], cursor.rows_mut(), width);
        }
    }

    /// Boundaries of exposure intervals and maxima that lie in the step.
    fn measure(&mut self, lane: usize, arrived: bool, peak: bool) {
        let Self { integrator, exposure, bank, seats, moments, .. } = self;
        let (Some(cursor), Some(exposure)) = (seats[lane].cursor.as_mut(), exposure.as_mut()) else { return };
        let (start, end) = (bank.start[lane], bank.finish[lane]);
        let area = integrator.solution().of(exposure.target.auc_state);
        let mut value_at = |time: f64| {
            if time == end && arrived {
                return exposure.at_end[lane];
            }
            moments.lane = lane;
            moments.count = 1;
            moments.times[0] = time;
            moments.since(start);
            exposure.observer.observe(integrator.solution(), &bank.registers, moments);
            exposure.observer.output(0)[0]
        };
        while let Some(sample) = cursor.next_sample(end) {
            let value = value_at(sample.time);
            let area = if sample.time == end {
                bank.end[exposure.target.auc_state][lane]
            } else {
                area.iter().rev().fold(0.0, |value, c| value * (sample.time - start) + c[lane])
            };
            cursor.record_interval(&sample, area, value);
        }
        if peak && let Some(elapsed) = exposure.maxima.locate(area, lane, bank.step[lane]) {
            cursor.note(start + elapsed, value_at(start + elapsed));
        }
        if arrived {
            cursor.note(end, exposure.at_end[lane]);
        }
        let levels = cursor.levels();
        if !levels.is_empty() {
            let points: [f64; LEVEL_POINTS] = std::array::from_fn(|i| match i {
                i if i + 1 == LEVEL_POINTS => end,
                i => start + (end - start) * (i as f64 / (LEVEL_POINTS - 1) as f64),
            });
            note_above(&points, levels, value_at, |level, from, to| cursor.note_above(level, from, to));
        }
    }

    /// At a stop, with the states there. False where it was the last one.
    fn arrive(&mut self, lane: usize) -> Result<bool, Outcome> {
        let seat = &mut self.seats[lane];
        let cursor = seat.cursor.as_mut().expect("a lane with a subject has a cursor");
        let mut changed = cursor.arrive(&mut self.state).map_err(Outcome::Failed)?;
        loop {
            cursor.settle_and_check(&self.state).map_err(Outcome::Failed)?;
            let Some(stop) = cursor.next_stop() else { return Ok(false) };
            if stop > cursor.time() {
                break;
            }
            while let Some(sample) = cursor.next_sample(stop) {
                cursor.record(&sample, &self.state);
            }
            let arrival = cursor.arrive(&mut self.state).map_err(Outcome::Failed)?;
            changed = Arrival {
                state: true,
                rates: changed.rates | arrival.rates,
                inputs: changed.inputs | arrival.inputs,
                off: changed.off | arrival.off,
            };
        }
        self.load(lane, changed);
        Ok(true)
    }

    /// Puts a lane where its cursor stands.
    fn load(&mut self, lane: usize, changed: Arrival) {
        let seat = &mut self.seats[lane];
        let cursor = seat.cursor.as_mut().expect("a lane with a subject has a cursor");
        let stop = cursor.next_stop().unwrap_or(cursor.time());
        seat.steps = 0;
        seat.measures = cursor.measures_exposure();
        let bank = &mut self.bank;
        bank.place(lane, cursor.time(), stop, &self.state);
        if changed.rates {
            for (rate, value) in bank.rates.iter_mut().zip(cursor.rates()) {
                rate[lane] = *value;
            }
        }
        if changed.off {
            for (state, gate) in bank.gates.iter_mut().enumerate() {
                gate[lane] = if cursor.off().is_some_and(|off| off[state]) { 0.0 } else { 1.0 };
            }
            bank.any_off = bank.gates.iter().any(|gate| gate.0.contains(&0.0));
        }
        if changed.inputs {
            for &register in &self.inputs {
                bank.registers[register as usize][lane] = cursor.registers()[register as usize];
            }
            self.inputs_changed = true;
            // Other equations from here on: nothing is known about their steps.
            bank.wish[lane] = f64::INFINITY;
        }
        if let Some(exposure) = &mut self.exposure {
            exposure.maxima.forget(lane);
            if seat.measures {
                // The curve goes on from where it was unless something jumped.
                if changed.state || changed.inputs || changed.off {
                    exposure.at_end[lane] =
                        exposure.observer.observe_start(cursor.registers(), &self.state, cursor.time());
                }
                cursor.note(cursor.time(), exposure.at_end[lane]);
            }
        }
    }

    /// Seats the next subject that gets past its first records.
    fn take_next(&mut self, lane: usize) {
        self.seats[lane].subject = None;
        self.bank.vacate(lane);
        while let Some(&input) = self.subjects.get(self.next_subject) {
            let index = self.next_subject;
            self.next_subject += 1;
            self.seats[lane].subject = Some(index);
            match self.begin(lane, input) {
                Ok(true) => return,
                Ok(false) => self.store_profile(lane),
                Err(outcome) => self.outcomes[index] = Some(outcome),
            }
            self.seats[lane].subject = None;
        }
    }

    fn begin(&mut self, lane: usize, input: SubjectInput<'a>) -> Result<bool, Outcome> {
        let seat = &mut self.seats[lane];
        match &mut seat.cursor {
            Some(cursor) => cursor.restart(input, &mut self.state).map_err(Outcome::Failed)?,
            None => {
                let cursor = Cursor::start(self.program, input, &mut self.state).map_err(Outcome::Failed)?;
                seat.cursor = Some(cursor);
            }
        }
        seat.calm_steps = 0;
        let cursor = seat.cursor.as_mut().expect("set just now");
        cursor.settle_and_check(&self.state).map_err(Outcome::Failed)?;
        let Some(stop) = cursor.next_stop() else { return Ok(false) };
        if stop <= cursor.time() && !self.arrive(lane)? {
            return Ok(false);
        }
        self.load(lane, Arrival { state: true, rates: true, inputs: true, off: true });
        Ok(true)
    }

    fn finish(&mut self, lane: usize) {
        self.store_profile(lane);
        self.take_next(lane);
    }

    fn store_profile(&mut self, lane: usize) {
        let seat = &mut self.seats[lane];
        if let (Some(subject), Some(cursor)) = (seat.subject, seat.cursor.as_mut()) {
            self.outcomes[subject] = Some(Outcome::Done(cursor.finish()));
        }
    }

    fn leave(&mut self, lane: usize, outcome: Outcome) {
        if let Some(subject) = self.seats[lane].subject {
            self.outcomes[subject] = Some(outcome);
        }
        self.take_next(lane);
    }

    fn error(&self, lane: usize, cause: Cause) -> SubjectError {
        let states = self.bank.state.iter().map(|state| state[lane]).collect();
        SubjectError { time: self.bank.time[lane], states, cause }
    }
}

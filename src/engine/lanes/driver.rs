//! Subjects through lanes: each lane has its own subject, cursor, time and step, and takes the next subject when its own
//! is done. No number of a subject depends on which others are in the lanes beside it. Subjects on one schedule share their
//! steps instead, see `group/mod.rs`.

use super::bank::{Bank, LaneIntegrator, Marks};
use super::group;
use super::maxima::Maxima;
use super::observer::{Held, Observer};
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

/// And only if it would take this many in all: below, the implicit method has nothing to gain.
const WORTH_HANDING_ON: u32 = 2_000;

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
    /// Stability holds the steps down: see [`STIFF_STEPS`]. It would take about this many.
    Stiff {
        expected_steps: u32,
    },
}

/// Integrates subjects, in their order; what became of each, and in how many steps. `watches_stiffness`: subjects in whom
/// an explicit method is out of place are given back. `companions` allows groups of subjects that share their steps, and
/// says who would come after the last subject: they complete its group, and nothing is said of them.
pub(crate) fn run<I: LaneIntegrator>(
    program: &Program,
    integrator: &mut I,
    backend: Backend,
    watches_stiffness: bool,
    subjects: &[SubjectInput<'_>],
    companions: Option<&[SubjectInput<'_>]>,
) -> Vec<(Outcome, u32)> {
    let everybody = [subjects, companions.unwrap_or_default()].concat();
    let mut driver = Driver::new(program, integrator, backend, &everybody);
    driver.watches_stiffness = watches_stiffness;
    if companions.is_some() && driver.integrator.shares_steps() {
        driver.take_groups();
    }
    driver.waiting.retain(|&index| index < subjects.len());
    driver.fill();
    while driver.seats.iter().any(|seat| seat.subject.is_some()) {
        driver.round();
    }
    driver.outcomes.truncate(subjects.len());
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
    /// Positions of those who wait for a lane, the next one last.
    waiting: Vec<usize>,
    outcomes: Vec<Option<(Outcome, u32)>>,
    /// Registers of earlier phases that the integrator or the outputs read.
    inputs: Vec<Register>,
    inputs_changed: bool,
    /// States of the lane at hand.
    state: Vec<f64>,
    watches_stiffness: bool,
}

/// The curve that exposure is measured on.
struct Exposure {
    target: ExposureTarget,
    observer: Observer,
    maxima: Maxima,
    /// Its value at the end of the step in each lane.
    at_end: Lanes,
    /// One value in a step.
    moment: Held,
}

/// One lane.
struct Seat<'a> {
    cursor: Option<Cursor<'a>>,
    /// Position of its subject; `None` where the lane is idle.
    subject: Option<usize>,
    /// Steps since the last stop, and those of the subject before it.
    steps: u32,
    steps_before: u32,
    /// Of the subject, see [`STIFF_STEPS`].
    calm_steps: u32,
    /// Exposure is measured before the stop, and an interval of it starts or ends next at this time.
    measures: bool,
    boundary: f64,
    /// Time above levels of it is counted.
    counts_time_above: bool,
    /// Rows whose outputs are still to be computed.
    held: Held,
}

impl Seat<'_> {
    fn new(held: Held) -> Self {
        Self {
            cursor: None,
            subject: None,
            steps: 0,
            steps_before: 0,
            calm_steps: 0,
            measures: false,
            boundary: f64::INFINITY,
            counts_time_above: false,
            held,
        }
    }
}

impl<'a, 'i, I: LaneIntegrator> Driver<'a, 'i, I> {
    fn new(program: &'a Program, integrator: &'i mut I, backend: Backend, subjects: &'a [SubjectInput<'a>]) -> Self {
        let outputs = Observer::new(program, &program.outputs, backend);
        let exposure = program.exposure.map(|target| {
            let observer = Observer::new(program, &[program.outputs[target.output]], backend);
            let moment = observer.held();
            Exposure { target, observer, maxima: Maxima::new(backend), at_end: Lanes::splat(0.0), moment }
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
            seats: (0..LANES).map(|_| Seat::new(outputs.held())).collect(),
            outputs,
            exposure,
            bank,
            subjects,
            waiting: (0..subjects.len()).rev().collect(),
            outcomes: subjects.iter().map(|_| None).collect(),
            inputs,
            inputs_changed: false,
            state: vec![0.0; program.n_states()],
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

    /// Those who go together, which leaves the others waiting.
    fn take_groups(&mut self) {
        let done = group::run(self.program, self.integrator, self.backend, self.subjects);
        for (outcome, done) in self.outcomes.iter_mut().zip(done) {
            *outcome = done.map(|(profile, steps)| (Outcome::Done(profile), steps));
        }
        self.waiting.retain(|&index| self.outcomes[index].is_none());
    }

    /// One step in every lane: what became of it, and in which lanes the curve may have a maximum.
    fn step(&mut self) -> (Marks, u32) {
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
        (marks, peaks)
    }

    /// One step in every lane, and what follows from it.
    fn round(&mut self) {
        let (marks, peaks) = self.step();
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
        let arrived = marks.arrived & bit != 0;
        self.measure_where_needed(lane, arrived, peaks & bit != 0);
        if arrived { self.arrive_from_bank(lane) } else { Ok(true) }
    }

    fn measure_where_needed(&mut self, lane: usize, arrived: bool, peak: bool) {
        let seat = &self.seats[lane];
        if seat.measures && (arrived || peak || seat.counts_time_above || seat.boundary <= self.bank.finish[lane]) {
            self.measure(lane, arrived, peak);
        }
    }

    /// At a stop after a step, with the states that the step ended in. False where it was the last stop.
    fn arrive_from_bank(&mut self, lane: usize) -> Result<bool, Outcome> {
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
        if seat.calm_steps <= STIFF_STEPS {
            return Ok(());
        }
        let expected_steps = self.expected_steps(lane);
        if expected_steps < WORTH_HANDING_ON { Ok(()) } else { Err(Outcome::Stiff { expected_steps }) }
    }

    /// Steps of a whole subject, were all as long as those since the last stop.
    fn expected_steps(&self, lane: usize) -> u32 {
        let seat = &self.seats[lane];
        let Some(cursor) = &seat.cursor else { return u32::MAX };
        let (passed, left) = (self.bank.finish[lane] - cursor.time(), cursor.end() - self.bank.finish[lane]);
        let steps = f64::from(seat.steps) * (1.0 + left / passed) + f64::from(seat.steps_before);
        if steps < f64::from(u32::MAX) { steps as u32 } else { u32::MAX }
    }

    /// An explicit method cannot go on: another may, where that is allowed.
    fn give_up(&self, lane: usize, cause: Cause) -> Outcome {
        if self.watches_stiffness {
            Outcome::Stiff { expected_steps: u32::MAX }
        } else {
            Outcome::Failed(self.error(lane, cause))
        }
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
        loop {
            let Self { integrator, outputs, bank, seats, .. } = self;
            let Seat { cursor: Some(cursor), held, .. } = &mut seats[lane] else { return };
            let first = held.count;
            let times = &mut held.times[first..LANES];
            let added = cursor.next_rows(bank.finish[lane], times, &mut held.rows[first..]);
            if added == 0 {
                return;
            }
            held.count += added;
            outputs.hold(integrator.solution(), lane, bank.start[lane], first, held);
            if held.count < LANES {
                return;
            }
            self.answer_held(lane);
        }
    }

    /// Computes the outputs of what is held, with the inputs that held then.
    fn answer_held(&mut self, lane: usize) {
        let Self { program, outputs, bank, seats, .. } = self;
        let Seat { cursor: Some(cursor), held, .. } = &mut seats[lane] else { return };
        if held.count > 0 {
            outputs.answer(held, &bank.registers, lane);
            outputs.copy_outputs(held, cursor.rows_mut(), program.outputs.len());
            held.count = 0;
        }
    }

    /// Boundaries of exposure intervals and maxima that lie in the step.
    fn measure(&mut self, lane: usize, arrived: bool, peak: bool) {
        let Self { integrator, exposure, bank, seats, .. } = self;
        let (Seat { cursor: Some(cursor), boundary, .. }, Some(exposure)) = (&mut seats[lane], exposure.as_mut())
        else {
            return;
        };
        let (start, end) = (bank.start[lane], bank.finish[lane]);
        let area = integrator.solution().of(exposure.target.auc_state);
        let mut value_at = |time: f64| {
            if time == end && arrived {
                return exposure.at_end[lane];
            }
            exposure.moment.count = 1;
            exposure.moment.times[0] = time;
            exposure.observer.hold(integrator.solution(), lane, start, 0, &mut exposure.moment);
            exposure.observer.answer(&exposure.moment, &bank.registers, lane);
            exposure.observer.output(0)[0]
        };
        while *boundary <= end {
            let Some(sample) = cursor.next_sample(end) else { break };
            *boundary = cursor.next_boundary();
            let value = value_at(sample.time);
            let area = if sample.time == end {
                bank.end[exposure.target.auc_state][lane]
            } else {
                area.iter().rev().fold(0.0, |value, c| value * (sample.time - start) + c[lane])
            };
            cursor.record_interval(&sample, area, value);
        }
        if peak {
            for elapsed in exposure.maxima.locate(area, lane, bank.step[lane]) {
                cursor.note(start + elapsed, value_at(start + elapsed));
            }
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
        if changed.inputs {
            self.answer_held(lane);
        }
        let seat = &mut self.seats[lane];
        let cursor = seat.cursor.as_mut().expect("a lane with a subject has a cursor");
        let stop = cursor.next_stop().unwrap_or(cursor.time());
        seat.steps_before += seat.steps;
        seat.steps = 0;
        seat.measures = cursor.measures_exposure();
        seat.boundary = cursor.next_boundary();
        seat.counts_time_above = !cursor.levels().is_empty();
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
        while let Some(index) = self.waiting.pop() {
            self.seats[lane].subject = Some(index);
            match self.begin(lane, self.subjects[index]) {
                Ok(true) => return,
                Ok(false) => self.store_profile(lane),
                Err(outcome) => self.outcomes[index] = Some((outcome, 0)),
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
        seat.held.count = 0;
        seat.steps = 0;
        seat.steps_before = 0;
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
        self.answer_held(lane);
        let seat = &mut self.seats[lane];
        if let (Some(subject), Some(cursor)) = (seat.subject, seat.cursor.as_mut()) {
            let steps = seat.steps_before + seat.steps;
            self.outcomes[subject] = Some((Outcome::Done(cursor.finish()), steps));
        }
    }

    fn leave(&mut self, lane: usize, outcome: Outcome) {
        let seat = &self.seats[lane];
        if let Some(subject) = seat.subject {
            self.outcomes[subject] = Some((outcome, seat.steps_before + seat.steps));
        }
        self.take_next(lane);
    }

    fn error(&self, lane: usize, cause: Cause) -> SubjectError {
        let states = self.bank.state.iter().map(|state| state[lane]).collect();
        SubjectError { time: self.bank.time[lane], states, cause }
    }
}

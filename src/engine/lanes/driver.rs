//! Subjects through lanes: each lane has its own subject, cursor, time and step, and takes the next subject when its own
//! is done. No number of a subject depends on which others are in the lanes beside it.

use super::bank::{Bank, LaneIntegrator};
use super::observer::{Moments, Observer};
use super::wide::{Instructions, Wide};
use super::{Backend, LANES, Lanes, lane_kernel};
use crate::engine::SubjectInput;
use crate::engine::cursor::{Arrival, Cursor, Purpose, Sample};
use crate::engine::failure::{Cause, SubjectError};
use crate::engine::program::{Program, Register};
use crate::profile::Profile;

/// Steps allowed to one subject between two stops.
const MAX_STEPS: u32 = 100_000;

/// What became of a subject.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done(Profile),
    Failed(SubjectError),
    /// This integrator cannot expand the solution where the subject stands (a power of a state that is 0).
    NotAnalytic,
}

/// Integrates subjects, in their order.
pub(crate) fn run<I: LaneIntegrator>(
    program: &Program,
    integrator: &mut I,
    backend: Backend,
    subjects: &[SubjectInput<'_>],
) -> Vec<Outcome> {
    let mut driver = Driver::new(program, integrator, backend, subjects);
    driver.fill();
    while driver.seats.iter().any(|seat| seat.subject.is_some()) {
        driver.round();
    }
    driver.outcomes.into_iter().map(|outcome| outcome.expect("every subject sat in a lane until it was done")).collect()
}

struct Driver<'a, 'i, I> {
    program: &'a Program,
    integrator: &'i mut I,
    observer: Observer,
    backend: Backend,
    bank: Bank,
    seats: Vec<Seat<'a>>,
    subjects: &'a [SubjectInput<'a>],
    next_subject: usize,
    outcomes: Vec<Option<Outcome>>,
    /// Registers of earlier phases that the integrator or the outputs read.
    inputs: Vec<Register>,
    inputs_changed: bool,
    state: Vec<f64>,
    slopes: Slopes,
}

/// One lane.
#[derive(Default)]
struct Seat<'a> {
    cursor: Option<Cursor<'a>>,
    /// Position of its subject; `None` where the lane is idle.
    subject: Option<usize>,
    stop: f64,
    steps: u32,
    /// Exposure is measured before the stop.
    measures: bool,
    /// Nothing of the stretch before the stop has been integrated yet.
    at_start: bool,
    /// The exposure's curve was not falling at the end of the last step.
    was_rising: bool,
}

/// Why an output is wanted at a time.
#[derive(Clone, Copy)]
enum Task {
    Sample(Sample),
    /// The exposure's curve: an end of a stretch or a maximum.
    Note,
}

/// Times at which outputs are wanted, and why.
struct Tasks {
    moments: Moments,
    tasks: [Task; LANES],
}

impl<'a, 'i, I: LaneIntegrator> Driver<'a, 'i, I> {
    fn new(program: &'a Program, integrator: &'i mut I, backend: Backend, subjects: &'a [SubjectInput<'a>]) -> Self {
        let observer = Observer::new(program, backend);
        let mut inputs: Vec<Register> = integrator.inputs().iter().chain(observer.inputs()).copied().collect();
        inputs.sort_unstable();
        inputs.dedup();
        let mut bank = Bank::new(program, integrator.n_registers());
        integrator.prepare(&mut bank);
        let zeros = Lanes::splat(0.0);
        Self {
            program,
            integrator,
            observer,
            bank,
            seats: (0..LANES).map(|_| Seat::default()).collect(),
            subjects,
            next_subject: 0,
            outcomes: subjects.iter().map(|_| None).collect(),
            inputs,
            inputs_changed: false,
            state: vec![0.0; program.n_states()],
            slopes: Slopes { start: zeros, middle: zeros, end: zeros },
            backend,
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
        if let (Some(target), true) = (self.program.exposure, self.seats.iter().any(|seat| seat.measures)) {
            let area = self.integrator.solution().of(target.auc_state);
            self.slopes = slopes(self.backend, area, &self.bank.step);
        }
        for lane in 0..LANES {
            if self.seats[lane].subject.is_none() {
                continue;
            }
            match self.follow(lane) {
                Ok(true) => {}
                Ok(false) => self.finish(lane),
                Err(outcome) => self.leave(lane, outcome),
            }
        }
        self.refresh();
    }

    /// After a step of one lane: samples, maxima, arrival. False where the subject is done.
    fn follow(&mut self, lane: usize) -> Result<bool, Outcome> {
        let (start, step) = (self.bank.time[lane], self.bank.step[lane]);
        if self.bank.broken[lane] != 0.0 {
            return Err(Outcome::NotAnalytic);
        }
        let seat = &mut self.seats[lane];
        seat.steps += 1;
        if seat.steps > MAX_STEPS {
            return Err(Outcome::Failed(self.error(lane, Cause::TooManySteps { limit: MAX_STEPS })));
        }
        let arrives = step >= self.bank.room[lane];
        let end = if arrives { seat.stop } else { start + step };
        if end <= start {
            let too_small = self.bank.wish[lane] <= f64::EPSILON * start.abs();
            return if too_small { Err(Outcome::Failed(self.error(lane, Cause::StepTooSmall))) } else { Ok(true) };
        }
        self.answer_samples(lane, start, end, arrives);
        let seat = &mut self.seats[lane];
        seat.at_start = false;
        for (state, end) in self.state.iter_mut().zip(&self.bank.end) {
            *state = end[lane];
        }
        if arrives {
            return self.arrive(lane);
        }
        self.bank.time[lane] = end;
        self.bank.room[lane] = seat.stop - end;
        for (state, end) in self.bank.state.iter_mut().zip(&self.state) {
            state[lane] = *end;
        }
        Ok(true)
    }

    /// Everything that is asked for between the start and the end of a step.
    fn answer_samples(&mut self, lane: usize, start: f64, end: f64, arrives: bool) {
        let Self { program, integrator, observer, bank, seats, slopes, .. } = self;
        let seat = &mut seats[lane];
        let Some(cursor) = seat.cursor.as_mut() else { return };
        let solution = integrator.solution();
        let mut tasks = Tasks::new(lane);
        if seat.measures {
            let target = program.exposure.expect("exposure is measured, so there is what it is measured on");
            // A maximum exactly between two steps shows in neither.
            if seat.at_start || seat.was_rising && slopes.start[lane] <= 0.0 {
                tasks.push(Task::Note, start, start);
            }
            seat.was_rising = slopes.end[lane] >= 0.0;
            if let Some(elapsed) = interior_maximum(slopes, solution.of(target.auc_state), lane, end - start) {
                tasks.push(Task::Note, start + elapsed, start);
            }
            if arrives {
                tasks.push(Task::Note, end, start);
            }
        }
        let mut more = true;
        while more {
            more = false;
            while let Some(sample) = cursor.next_sample(end) {
                tasks.push(Task::Sample(sample), sample.time, start);
                if tasks.moments.count == LANES {
                    more = true;
                    break;
                }
            }
            if tasks.moments.count == 0 {
                break;
            }
            observer.observe(solution, &bank.registers, &tasks.moments);
            for index in 0..tasks.moments.count {
                let value = || program.exposure.map_or(f64::NAN, |target| observer.output(target.output, index));
                match tasks.tasks[index] {
                    Task::Sample(Sample { purpose: Purpose::Row(row), .. }) => {
                        observer.copy_outputs(index, cursor.row_mut(row));
                    }
                    Task::Sample(sample) => {
                        let area = program.exposure.map_or(f64::NAN, |target| {
                            evaluate(solution.of(target.auc_state), lane, tasks.moments.elapsed[index])
                        });
                        cursor.record_interval(&sample, area, value());
                    }
                    Task::Note => cursor.note(tasks.moments.times[index], value()),
                }
            }
            tasks.moments.count = 0;
        }
    }

    /// At a stop. False where it was the last one.
    fn arrive(&mut self, lane: usize) -> Result<bool, Outcome> {
        let seat = &mut self.seats[lane];
        let cursor = seat.cursor.as_mut().expect("a lane with a subject has a cursor");
        let mut changed = cursor.arrive(&mut self.state).map_err(Outcome::Failed)?;
        loop {
            cursor.settle_and_check(&self.state).map_err(Outcome::Failed)?;
            let Some(stop) = cursor.next_stop() else { return Ok(false) };
            if stop > cursor.time() {
                seat.stop = stop;
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
        let cursor = seat.cursor.as_ref().expect("a lane with a subject has a cursor");
        seat.steps = 0;
        seat.at_start = true;
        seat.measures = cursor.measures_exposure();
        let bank = &mut self.bank;
        bank.time[lane] = cursor.time();
        bank.room[lane] = seat.stop - cursor.time();
        for (state, value) in bank.state.iter_mut().zip(&self.state) {
            state[lane] = *value;
        }
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
        }
    }

    /// Seats the next subject that gets past its first records.
    fn take_next(&mut self, lane: usize) {
        self.seats[lane].subject = None;
        self.bank.room[lane] = 0.0;
        self.bank.wish[lane] = f64::INFINITY;
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
        let cursor = seat.cursor.as_mut().expect("set just now");
        cursor.settle_and_check(&self.state).map_err(Outcome::Failed)?;
        let Some(stop) = cursor.next_stop() else { return Ok(false) };
        seat.stop = stop;
        let everything = Arrival { state: true, rates: true, inputs: true, off: true };
        if stop > cursor.time() {
            self.load(lane, everything);
            return Ok(true);
        }
        Ok(self.arrive(lane)? && {
            self.load(lane, everything);
            true
        })
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
        SubjectError {
            time: self.bank.time[lane],
            states: self.bank.state.iter().map(|state| state[lane]).collect(),
            cause,
        }
    }
}

impl Tasks {
    fn new(lane: usize) -> Self {
        let zeros = Lanes::splat(0.0);
        Self { moments: Moments { lane, count: 0, times: zeros, elapsed: zeros }, tasks: [Task::Note; LANES] }
    }

    fn push(&mut self, task: Task, time: f64, start: f64) {
        let moments = &mut self.moments;
        self.tasks[moments.count] = task;
        moments.times[moments.count] = time;
        moments.elapsed[moments.count] = time - start;
        moments.count += 1;
    }
}

/// A polynomial of one lane.
fn evaluate(coefficients: &[Lanes], lane: usize, at: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |value, c| value * at + c[lane])
}

/// Slopes of the exposure's curve at the start, the middle and the end of a step. The curve is the first derivative of the
/// area's polynomial.
#[derive(Clone, Copy)]
struct Slopes {
    start: Lanes,
    middle: Lanes,
    end: Lanes,
}

lane_kernel!(fn slopes(area: &[Lanes], step: &Lanes) -> Slopes = slopes_kernel);

#[inline(always)]
fn slopes_kernel<I: Instructions>(area: &[Lanes], step: &Lanes) -> Slopes {
    let step = Wide::<I>::load(step);
    let half = step.times(Wide::splat(0.5));
    let mut middle = Wide::splat(0.0);
    let mut end = middle;
    for (k, c) in area.iter().enumerate().skip(2).rev() {
        let c = Wide::load(c).times(Wide::splat((k * (k - 1)) as f64));
        middle = middle.mul_add(half, c);
        end = end.mul_add(step, c);
    }
    let start = area[2].map(|c| 2.0 * c);
    Slopes { start, middle: middle.to_lanes(), end: end.to_lanes() }
}

/// Time since the start of the step at which the curve is highest inside it, where it rises and then falls.
fn interior_maximum(slopes: &Slopes, area: &[Lanes], lane: usize, step: f64) -> Option<f64> {
    let (start, middle, end) = (slopes.start[lane], slopes.middle[lane], slopes.end[lane]);
    let (mut low, mut high) = if start > 0.0 && middle < 0.0 {
        (0.0, 0.5 * step)
    } else if middle > 0.0 && end < 0.0 {
        (0.5 * step, step)
    } else if start > 0.0 && end < 0.0 {
        (0.0, step)
    } else {
        return None;
    };
    let slope = |at: f64| {
        let terms = area.iter().enumerate().skip(2).rev();
        terms.fold(0.0, |value, (k, c)| value * at + c[lane] * (k * (k - 1)) as f64)
    };
    // Bisection to the last digits: rare, and the curve is flat there.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(0.5 * (low + high))
}

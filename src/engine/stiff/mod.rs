//! An L-stable Rosenbrock method (Rodas5P) for subjects in whom an explicit method's steps are held down by stability.
//!
//! One subject at a time: each step factors one matrix with the program's symbolic Jacobian (differences where it has none) and
//! solves eight linear systems with it; there is no iteration that could fail to converge.

#![expect(clippy::needless_range_loop, reason = "matrices and stages are walked by index")]

mod matrix;
mod rodas;

use self::matrix::Factors;
use self::rodas::{COUPLING, DENSE, GAMMA, NODES, STAGES, STATE, TIME};
use super::crossing::note_above;
use super::cursor::Cursor;
use super::failure::{Cause, SubjectError};
use super::maximum::note_maxima;
use super::program::Program;
use super::right_hand_side::RightHandSide;
use super::{Answer, SubjectInput, Tolerance, Work};
use crate::profile::Profile;

/// Steps allowed between two stops.
const MAX_STEPS: u32 = 100_000;

/// Order of the error estimate plus one.
const ERROR_ORDER: f64 = 5.0;

/// Share of the step size at which the estimated error would be as large as allowed, and limits of its change.
const SAFETY: f64 = 0.85;
const SMALLEST_CHANGE: f64 = 0.2;
const LARGEST_CHANGE: f64 = 6.0;

/// First step: this share of the time in which the states would change by as much as they are; of states that stand still or
/// come from nothing, this share of the time to the next stop.
const FIRST_STEP: f64 = 0.01;
const FIRST_STEP_AT_REST: f64 = 1e-6;

/// And no more than this share of the time to the next stop: an input that begins with the stretch may be over before slow
/// states move.
const LARGEST_FIRST_STEP: f64 = 1e-3;

/// Limit of growth while nothing moves, which is where the error over the allowed one is below the second: an input that sets in
/// late must not be stepped over.
const LARGEST_CHANGE_AT_REST: f64 = 2.0;
const AT_REST: f64 = 1e-30;

/// Where in a step its dense output is judged; not in the middle, where the slope of a symmetric error vanishes.
const JUDGED_AT: f64 = 0.3;

/// Values per step at which the curve is looked at for a maximum.
const POINTS_PER_STEP: u32 = 4;

/// Integrates one subject. Fails where events cannot be applied, values are not finite, steps too small or too many. `None`
/// as soon as more steps are on the way than allowed.
pub(super) fn run(
    program: &Program,
    input: SubjectInput<'_>,
    tolerance: Tolerance,
    allowed_steps: u32,
) -> Option<Answer> {
    let mut method = Rodas::new(program.n_states(), tolerance, Budget::new(allowed_steps));
    let result = integrate(program, input, &mut method);
    let work = Work { solver: "stiff", steps: method.attempts };
    (!method.budget.is_spent).then_some(Answer { result, work })
}

fn integrate(program: &Program, input: SubjectInput<'_>, method: &mut Rodas) -> Result<Profile, SubjectError> {
    let mut state = vec![0.0; program.n_states()];
    let mut cursor = Cursor::start(program, input, &mut state)?;
    cursor.settle_and_check(&state)?;
    method.budget.start = cursor.time();
    method.budget.end = cursor.end();
    let mut at = state.clone();
    let mut samples = Vec::new();
    let mut maxima = Vec::new();
    let mut above = Vec::new();
    while let Some(stop) = cursor.next_stop() {
        let measures = cursor.measures_exposure();
        let start = cursor.time();
        samples.clear();
        while let Some(sample) = cursor.next_sample(stop) {
            samples.push(sample);
        }
        maxima.clear();
        above.clear();
        {
            let right_hand_side = RightHandSide::of(&cursor);
            method
                .integrate(&right_hand_side, start, stop, &mut state)
                .map_err(|(time, cause)| cursor.fail(time, &state, cause))?;
            if measures {
                let mut curve = |time: f64| {
                    method.evaluate(time, &mut at);
                    right_hand_side.exposure(time, &at)
                };
                let points = method.points(start, stop);
                note_maxima(&points, &mut curve, |time, value| maxima.push((time, value)));
                note_above(&points, cursor.levels(), curve, |level, from, to| above.push((level, from, to)));
            }
        }
        for sample in &samples {
            method.evaluate(sample.time, &mut at);
            cursor.record(sample, &at);
        }
        for &(time, value) in &maxima {
            cursor.note(time, value);
        }
        for &(level, from, to) in &above {
            cursor.note_above(level, from, to);
        }
        if cursor.arrive(&mut state)?.inputs {
            // Other equations from here on: nothing is known about their steps.
            method.wish = f64::INFINITY;
        }
        cursor.settle_and_check(&state)?;
    }
    Ok(cursor.finish())
}

/// The method, with the steps of the last stretch.
struct Rodas {
    tolerance: Tolerance,
    /// Step size it would take if there were room; outlives stops.
    wish: f64,
    /// Steps of all stretches, refused ones included.
    attempts: u32,
    budget: Budget,
    steps: Vec<Step>,
    /// Per step: states at its start, at its end, and the three terms of the dense output.
    dense: Vec<f64>,
    jacobian: Vec<f64>,
    factors: Factors,
    /// Stage by stage.
    stages: Vec<f64>,
    /// Terms of the dense output of the step at hand.
    inner: Vec<f64>,
    derivative: Vec<f64>,
    time_derivative: Vec<f64>,
    stage_state: Vec<f64>,
    inside: Vec<f64>,
    right: Vec<f64>,
}

/// How many steps there may be, spread evenly over a subject's time.
struct Budget {
    steps: u32,
    start: f64,
    end: f64,
    is_spent: bool,
}

/// A subject may be ahead of its budget by this share of it: steps crowd at doses.
const ADVANCE: f64 = 0.5;

impl Budget {
    fn new(steps: u32) -> Self {
        Self { steps, start: 0.0, end: 0.0, is_spent: false }
    }

    fn is_exceeded(&mut self, taken: u32, time: f64) -> bool {
        let share = (time - self.start) / (self.end - self.start);
        self.is_spent = self.steps < u32::MAX && f64::from(taken) > f64::from(self.steps) * (ADVANCE + share);
        self.is_spent
    }
}

#[derive(Clone, Copy)]
struct Step {
    start: f64,
    size: f64,
}

/// Vectors kept per step.
const KEPT: usize = 5;

impl Rodas {
    fn new(n: usize, tolerance: Tolerance, budget: Budget) -> Self {
        let zeros = vec![0.0; n];
        Self {
            tolerance,
            wish: f64::INFINITY,
            attempts: 0,
            budget,
            steps: Vec::new(),
            dense: Vec::new(),
            jacobian: vec![0.0; n * n],
            factors: Factors::new(n),
            stages: vec![0.0; n * STAGES],
            inner: vec![0.0; n * DENSE.len()],
            derivative: zeros.clone(),
            time_derivative: zeros.clone(),
            stage_state: zeros.clone(),
            inside: zeros.clone(),
            right: zeros,
        }
    }

    /// Moves the state from one stop to the next.
    fn integrate(
        &mut self,
        system: &RightHandSide<'_>,
        start: f64,
        stop: f64,
        state: &mut [f64],
    ) -> Result<(), (f64, Cause)> {
        self.steps.clear();
        self.dense.clear();
        let mut time = start;
        let mut fresh = false;
        for _ in 0..MAX_STEPS {
            if time >= stop {
                return Ok(());
            }
            if self.budget.is_exceeded(self.attempts, time) {
                break;
            }
            if !fresh {
                self.linearise(system, time, state).map_err(|cause| (time, cause))?;
                fresh = true;
            }
            let room = stop - time;
            let first = self.first_step(state, room);
            let wish = if self.wish < f64::INFINITY { self.wish } else { first };
            let size = if wish < room { wish } else { room };
            if time + size <= time {
                return Err((time, Cause::StepTooSmall));
            }
            let error = self.attempt(system, time, size, state);
            let change = if error.is_nan() {
                SMALLEST_CHANGE
            } else {
                let limit = if error > AT_REST { LARGEST_CHANGE } else { LARGEST_CHANGE_AT_REST };
                (SAFETY * libm::pow(error, -1.0 / ERROR_ORDER)).clamp(SMALLEST_CHANGE, limit)
            };
            // A step that was cut short by a stop says nothing against a longer one.
            let accepted = error <= 1.0;
            let cut_short = accepted && size >= room && self.wish < f64::INFINITY;
            self.wish = if cut_short { self.wish.max(size * change) } else { size * change };
            if accepted {
                self.keep(time, size, state);
                state.copy_from_slice(&self.stage_state);
                time = if size >= room { stop } else { time + size };
                fresh = false;
            }
        }
        Err((time, Cause::TooManySteps { limit: MAX_STEPS }))
    }

    /// Right-hand side, its Jacobian and its derivative in time at the start of a step.
    fn linearise(&mut self, system: &RightHandSide<'_>, time: f64, state: &[f64]) -> Result<(), Cause> {
        let n = state.len();
        system.derivatives(time, state, &mut self.derivative);
        self.jacobian.fill(0.0);
        let symbolic = system.jacobian(time, state, |row, column, value| self.jacobian[row * n + column] = value);
        let root = f64::EPSILON.sqrt();
        if !symbolic {
            self.stage_state.copy_from_slice(state);
            for column in 0..n {
                let shift = root * state[column].abs().max(self.tolerance.atol / root);
                self.stage_state[column] = state[column] + shift;
                let shift = self.stage_state[column] - state[column];
                system.derivatives(time, &self.stage_state, &mut self.right);
                for row in 0..n {
                    self.jacobian[row * n + column] = (self.right[row] - self.derivative[row]) / shift;
                }
                self.stage_state[column] = state[column];
            }
        }
        let later = time + root * time.abs().max(1e-3);
        system.derivatives(later, state, &mut self.time_derivative);
        for (slope, derivative) in self.time_derivative.iter_mut().zip(&self.derivative) {
            *slope = (*slope - derivative) / (later - time);
        }
        let all = self.derivative.iter().chain(&self.jacobian);
        if all.chain(state).all(|value| value.is_finite()) { Ok(()) } else { Err(Cause::NonFinite) }
    }

    fn first_step(&self, state: &[f64], room: f64) -> f64 {
        let (mut size, mut speed) = (0.0, 0.0);
        for (value, derivative) in state.iter().zip(&self.derivative) {
            let scale = 1.0 / (self.tolerance.atol + self.tolerance.rtol * value.abs());
            size += value.abs() * scale;
            speed += derivative.abs() * scale;
        }
        if size > 0.0 && speed > 0.0 {
            (FIRST_STEP * size / speed).min(LARGEST_FIRST_STEP * room)
        } else {
            FIRST_STEP_AT_REST * room
        }
    }

    /// Tries a step: the new state is left in `stage_state`, the error over the allowed one is returned.
    fn attempt(&mut self, system: &RightHandSide<'_>, time: f64, size: f64, state: &[f64]) -> f64 {
        let n = state.len();
        self.attempts += 1;
        if !self.factors.factor(1.0 / (GAMMA * size), &self.jacobian) {
            return f64::NAN;
        }
        self.stage_state.copy_from_slice(state);
        for stage in 0..STAGES {
            let (known, rest) = self.stages.split_at_mut(stage * n);
            if stage == 0 {
                self.right.copy_from_slice(&self.derivative);
            } else {
                match STATE.get(stage) {
                    Some(weights) => {
                        for i in 0..n {
                            self.stage_state[i] = state[i] + weighted(weights, known, i, n);
                        }
                    }
                    None => {
                        for i in 0..n {
                            self.stage_state[i] += known[(stage - 1) * n + i];
                        }
                    }
                }
                system.derivatives(time + NODES[stage] * size, &self.stage_state, &mut self.right);
            }
            for i in 0..n {
                self.right[i] +=
                    weighted(COUPLING[stage], known, i, n) / size + size * TIME[stage] * self.time_derivative[i];
            }
            self.factors.solve(&mut self.right);
            rest[..n].copy_from_slice(&self.right);
        }
        let last = &self.stages[(STAGES - 1) * n..];
        let mut worst = 0.0;
        let mut poison = 0.0;
        for i in 0..n {
            self.stage_state[i] += last[i];
            let value = self.stage_state[i].abs().max(state[i].abs());
            let share = last[i].abs() / (self.tolerance.atol + self.tolerance.rtol * value);
            worst = if share > worst { share } else { worst };
            poison += (last[i] + self.stage_state[i]) * 0.0;
        }
        let error = worst + poison;
        if error <= 1.0 { error.max(self.inner_error(system, time, size, state)) } else { error }
    }

    /// Error of the dense output of the step just tried over the allowed one.
    ///
    /// The defect u' - f(t, u), where the method does not look: dividing it by I/(γh) - J gives back the error of u, for
    /// slow states as for those that follow the others in an instant.
    fn inner_error(&mut self, system: &RightHandSide<'_>, time: f64, size: f64, state: &[f64]) -> f64 {
        let n = state.len();
        for (term, weights) in DENSE.iter().enumerate() {
            for i in 0..n {
                self.inner[term * n + i] = weighted(weights, &self.stages, i, n);
            }
        }
        let x = JUDGED_AT;
        for i in 0..n {
            let [a, b, c] = std::array::from_fn(|term| self.inner[term * n + i]);
            self.inside[i] = inside(x, state[i], self.stage_state[i], [a, b, c]);
        }
        system.derivatives(time + x * size, &self.inside, &mut self.right);
        for i in 0..n {
            let [a, b, c] = std::array::from_fn(|term| self.inner[term * n + i]);
            let bend = (1.0 - 2.0 * x) * (a + x * (b + x * c)) + x * (1.0 - x) * (b + 2.0 * x * c);
            self.right[i] = (self.stage_state[i] - state[i] + bend) / size - self.right[i];
        }
        self.factors.solve(&mut self.right);
        let shares = self
            .right
            .iter()
            .zip(&self.inside)
            .map(|(error, value)| error.abs() / (self.tolerance.atol + self.tolerance.rtol * value.abs()));
        shares.fold(0.0, |worst, share| if share <= worst { worst } else { share })
    }

    /// Keeps an accepted step for values inside it.
    fn keep(&mut self, time: f64, size: f64, state: &[f64]) {
        self.steps.push(Step { start: time, size });
        self.dense.extend_from_slice(state);
        self.dense.extend_from_slice(&self.stage_state);
        self.dense.extend_from_slice(&self.inner);
    }

    /// The state at a time of the last stretch.
    fn evaluate(&self, time: f64, out: &mut [f64]) {
        let n = out.len();
        let index = self.steps.partition_point(|step| step.start <= time).saturating_sub(1);
        let Some(step) = self.steps.get(index) else { return };
        let x = ((time - step.start) / step.size).clamp(0.0, 1.0);
        let kept = &self.dense[index * KEPT * n..][..KEPT * n];
        for i in 0..n {
            let [before, after, a, b, c] = std::array::from_fn(|k| kept[k * n + i]);
            out[i] = inside(x, before, after, [a, b, c]);
        }
    }

    /// Times that resolve the curve over the last stretch.
    fn points(&self, start: f64, stop: f64) -> Vec<f64> {
        let mut points = vec![start];
        for step in &self.steps {
            for part in 1..=POINTS_PER_STEP {
                points.push(step.start + step.size * f64::from(part) / f64::from(POINTS_PER_STEP));
            }
        }
        if let Some(last) = points.last_mut() {
            *last = stop;
        }
        points
    }
}

/// Dense output of one state at the share x of a step.
fn inside(x: f64, before: f64, after: f64, [a, b, c]: [f64; 3]) -> f64 {
    (1.0 - x) * before + x * (after + (1.0 - x) * (a + x * (b + x * c)))
}

/// Σ weight x stage of one state.
fn weighted(weights: &[f64], stages: &[f64], state: usize, n: usize) -> f64 {
    weights.iter().zip(stages.chunks_exact(n)).map(|(weight, stage)| weight * stage[state]).sum()
}

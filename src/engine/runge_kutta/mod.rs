//! Embedded explicit Runge-Kutta over lanes, for right-hand sides that are not smooth (branches, min, max, floor on time or
//! states) or stand where a Taylor series does not exist.
//!
//! Order 5(4) for loose tolerances, 8(5,3) for tight ones, both with dense output. Step control as in Hairer, Nørsett and
//! Wanner, "Solving Ordinary Differential Equations I", section II.4, with the largest error over the states instead of a mean.

mod branches;
mod tableau;

use self::branches::{Branches, Ways};
use self::tableau::{DORMAND_PRINCE_5, DORMAND_PRINCE_8, Tableau};
use super::Tolerance;
use super::lanes::bank::{Bank, LaneIntegrator, Solution};
use super::lanes::block::run_block_kernel;
use super::lanes::math::rough_inverse_root;
use super::lanes::slice::Slice;
use super::lanes::wide::{Instructions, Wide};
use super::lanes::{Backend, LANES, Lanes, lane_kernel};
use super::program::{Program, Register};

/// Below this relative tolerance the pair of higher order needs fewer evaluations, however strictly it has to be held.
const TIGHT: f64 = 1e-9;

/// Shares of the tolerance that steps of order 5 and 8 are held to: inside a step dense output errs more than at its end, which is
/// all that the estimate sees. Up to 35 times the tolerance was measured for order 5, 1,000 times for order 8.
const SHARE_5: f64 = 0.2;
const SHARE_8: f64 = 0.003;

/// Error of a step with a kink inside, as a share of the step times the largest change of a derivative in it: up to 0.4 for a derivative
/// that jumps, as the weights of order 5 say, less for one that bends. The embedded estimate is of no use there: it vanishes for
/// kinks at some places of a step, and 90 times the tolerance was measured with it alone.
const ERROR_OF_KINK: f64 = 0.5;

/// Steps are held to no less than this, which is some hundred roundings.
const SMALLEST_RTOL: f64 = 1e-13;

/// Share of the step size at which the estimated error would be as large as allowed.
const SAFETY: f64 = 0.9;

/// Limits of the change from one step to the next.
const SMALLEST_CHANGE: f64 = 0.2;
const LARGEST_CHANGE: f64 = 6.0;

/// A step whose error is not a number is cut to this share.
const CUT: f64 = 0.05;

/// First step: this share of the time in which the states would change by as much as they are.
const FIRST_STEP: f64 = 0.01;

/// And no more than this share of the time to the next stop: an input that begins with the stretch, as a dose's through transit
/// compartments, may be over before slow states move.
const LARGEST_FIRST_STEP: f64 = 1e-3;

/// First step of states that stand still or come from nothing: this share of the time to the next stop.
const FIRST_STEP_AT_REST: f64 = 1e-6;

/// Limit of growth while nothing moves: an input that sets in late, as behind a chain of transit compartments, must not be
/// stepped over.
const LARGEST_CHANGE_AT_REST: f64 = 2.0;

/// Error over the allowed one below which nothing counts as moving.
const AT_REST: f64 = 1e-30;

/// The Runge-Kutta method for one program.
#[derive(Clone, Debug)]
pub(super) struct RungeKutta {
    backend: Backend,
    plan: Plan,
    scratch: Scratch,
}

#[derive(Clone, Debug)]
struct Plan {
    tableau: Tableau,
    /// That steps are held to.
    tolerance: Tolerance,
    /// That was asked for, in units of the other: what a step over a kink is held to.
    asked: f64,
    n_registers: usize,
    constants: Vec<(Register, f64)>,
    time: Register,
    first_state: usize,
    /// What the derivatives need.
    slice: Slice,
    derivatives: Vec<Register>,
    branches: Branches,
    /// See [`Tableau::dense_weights`].
    dense: Vec<Vec<f64>>,
}

#[derive(Clone, Debug)]
struct Scratch {
    /// Derivatives, stage by stage.
    stages: Vec<Lanes>,
    ways: Ways,
    /// Dense output, state by state.
    polynomials: Vec<Lanes>,
}

impl RungeKutta {
    pub fn new(program: &Program, tolerance: Tolerance, backend: Backend) -> Self {
        let (tableau, share) =
            if tolerance.rtol < TIGHT { (DORMAND_PRINCE_8, SHARE_8) } else { (DORMAND_PRINCE_5, SHARE_5) };
        let rtol = (share * tolerance.rtol).max(SMALLEST_RTOL.min(tolerance.rtol));
        let asked = tolerance.rtol / rtol;
        let tolerance = Tolerance { rtol, atol: tolerance.atol / asked };
        let n = program.n_states();
        let dense = tableau.dense_weights();
        let scratch = Scratch {
            stages: vec![Lanes::splat(0.0); tableau.stages() * n],
            ways: Ways::default(),
            polynomials: vec![Lanes::splat(0.0); (dense.len() + 1) * n],
        };
        let slice = Slice::of(program, &[&program.derivative], &program.derivatives);
        let plan = Plan {
            tableau,
            tolerance,
            asked,
            n_registers: program.n_registers,
            constants: program.constants.clone(),
            time: program.time,
            first_state: program.states.start as usize,
            branches: Branches::of(&slice.block),
            slice,
            derivatives: program.derivatives.clone(),
            dense,
        };
        Self { backend, plan, scratch }
    }
}

impl LaneIntegrator for RungeKutta {
    fn name(&self) -> &'static str {
        "rk"
    }

    fn n_registers(&self) -> usize {
        self.plan.n_registers
    }

    fn prepare(&self, bank: &mut Bank) {
        for &(register, value) in &self.plan.constants {
            bank.registers[register as usize] = Lanes::splat(value);
        }
    }

    fn inputs(&self) -> &[Register] {
        &self.plan.slice.inputs
    }

    fn inputs_changed(&mut self, _: &mut Bank) {}

    fn step(&mut self, bank: &mut Bank) {
        step(self.backend, &self.plan, bank, &mut self.scratch);
    }

    fn expands_in_series(&self) -> bool {
        false
    }

    fn calm_change(&self) -> f64 {
        self.plan.tolerance.calm_change(self.plan.tableau.order)
    }

    fn negligible(&self) -> f64 {
        self.plan.tolerance.negligible()
    }

    fn solution(&self) -> Solution<'_> {
        let degree = self.plan.dense.len();
        Solution { coefficients: &self.scratch.polynomials, stride: degree + 1, degree }
    }
}

lane_kernel!(fn step(plan: &Plan, bank: &mut Bank, scratch: &mut Scratch) = step_kernel);

#[inline(always)]
fn step_kernel<I: Instructions>(plan: &Plan, bank: &mut Bank, scratch: &mut Scratch) {
    let n = plan.derivatives.len();
    for state in 0..n {
        bank.registers[plan.first_state + state] = bank.state[state];
    }
    evaluate::<I>(plan, bank, &mut scratch.stages[..n], bank.time);
    plan.branches.start(&bank.registers, &mut scratch.ways);
    let step = proposed_step(plan, bank, &scratch.stages[..n]);
    for stage in 1..plan.tableau.stages() {
        let (known, rest) = scratch.stages.split_at_mut(stage * n);
        for state in 0..n {
            let sum = weighted::<I>(plan.tableau.weights[stage - 1], known, state, n);
            let value = sum.mul_add(Wide::load(&step), Wide::load(&bank.state[state]));
            value.store(&mut bank.registers[plan.first_state + state]);
        }
        if stage == plan.tableau.steps {
            let first = plan.first_state;
            bank.end.copy_from_slice(&bank.registers[first..first + n]);
        }
        let node = plan.tableau.nodes[stage];
        let time = bank.time.zip(step, |time, step| time + node * step);
        evaluate::<I>(plan, bank, &mut rest[..n], time);
        plan.branches.compare(&bank.registers, &mut scratch.ways);
    }
    accept::<I>(plan, bank, scratch, &step);
    interpolate::<I>(plan, bank, scratch);
}

/// Σ weight x derivative of one state over the first stages.
#[inline(always)]
fn weighted<I: Instructions>(weights: &[f64], stages: &[Lanes], state: usize, n: usize) -> Wide<I> {
    let mut sum = Wide::splat(0.0);
    for (weight, stage) in weights.iter().zip(stages.chunks_exact(n)) {
        if *weight != 0.0 {
            sum = Wide::load(&stage[state]).mul_add(Wide::splat(*weight), sum);
        }
    }
    sum
}

/// The right-hand side at the states that are in the registers.
#[inline(always)]
fn evaluate<I: Instructions>(plan: &Plan, bank: &mut Bank, out: &mut [Lanes], time: Lanes) {
    bank.registers[plan.time as usize] = time;
    run_block_kernel::<I>(&plan.slice.block, &mut bank.registers);
    for (state, (out, &register)) in out.iter_mut().zip(&plan.derivatives).enumerate() {
        *out = bank.registers[register as usize].zip(bank.rates[state], |value, rate| value + rate);
        if bank.any_off {
            *out = out.zip(bank.gates[state], |value, gate| if gate == 0.0 { 0.0 } else { value });
        }
    }
}

/// The step each lane wishes for, or a first one, as far as there is room.
#[inline(always)]
fn proposed_step(plan: &Plan, bank: &Bank, first: &[Lanes]) -> Lanes {
    let mut size = Lanes::splat(0.0);
    let mut speed = size;
    for (state, derivative) in bank.state.iter().zip(first) {
        for i in 0..LANES {
            let scale = 1.0 / (state.0[i].abs() * plan.tolerance.rtol + plan.tolerance.atol);
            size.0[i] += state.0[i].abs() * scale;
            speed.0[i] += derivative.0[i].abs() * scale;
        }
    }
    let mut step = bank.room;
    for i in 0..LANES {
        let known = bank.wish.0[i] < f64::INFINITY;
        let moving = (size.0[i] > 0.0) & (speed.0[i] > 0.0);
        let largest = if moving { LARGEST_FIRST_STEP } else { FIRST_STEP_AT_REST } * step.0[i];
        let by_speed = FIRST_STEP * size.0[i] / speed.0[i];
        let first = if moving & (by_speed < largest) { by_speed } else { largest };
        let wish = if known { bank.wish.0[i] } else { first };
        step.0[i] = if wish < step.0[i] { wish } else { step.0[i] };
    }
    step
}

/// Judges the step by its error estimate and wishes for the next one.
#[inline(always)]
fn accept<I: Instructions>(plan: &Plan, bank: &mut Bank, scratch: &Scratch, step: &Lanes) {
    let n = plan.derivatives.len();
    let stages = &scratch.stages;
    let Tableau { error, coarse_error, error_order, .. } = plan.tableau;
    let mut ratio = Lanes::splat(0.0);
    let mut poison = ratio;
    let mut start = ratio;
    for state in 0..n {
        let fine = weighted::<I>(error, stages, state, n).to_lanes();
        let coarse = weighted::<I>(coarse_error, stages, state, n).to_lanes();
        for i in 0..LANES {
            let (before, after) = (bank.state[state].0[i].abs(), bank.end[state].0[i].abs());
            let size = if before > after { before } else { after };
            let allowed = size * plan.tolerance.rtol + plan.tolerance.atol;
            let fine = (fine.0[i] * step.0[i]).abs() / allowed;
            let coarse = coarse.0[i] * step.0[i] / allowed;
            // Hairer's weighing of the two estimates of his order 8 method; without a coarse one this is `fine`.
            let weighed = fine * fine / (fine * fine + 0.01 * coarse * coarse).sqrt();
            let error = if fine > 0.0 { weighed } else { 0.0 };
            ratio.0[i] = if error > ratio.0[i] { error } else { ratio.0[i] };
            poison.0[i] += (fine + bank.end[state].0[i]) * 0.0;
            start.0[i] += stages[state].0[i] * 0.0;
        }
        for lane in scratch.ways.changed() {
            let size = bank.state[state].0[lane].abs().max(bank.end[state].0[lane].abs());
            let allowed = plan.asked * (size * plan.tolerance.rtol + plan.tolerance.atol);
            let change = largest_change(stages.chunks_exact(n).map(|stage| stage[state].0[lane]));
            ratio.0[lane] = ratio.0[lane].max(ERROR_OF_KINK * step.0[lane] * change / allowed);
        }
    }
    for i in 0..LANES {
        let idle = bank.room.0[i] <= 0.0;
        let ratio = if idle { 0.0 } else { ratio.0[i] + poison.0[i] };
        let fits = ratio <= 1.0;
        let change = rough_inverse_root(ratio, error_order as f64) * SAFETY;
        let limit = if ratio > AT_REST { LARGEST_CHANGE } else { LARGEST_CHANGE_AT_REST };
        let change = if change < limit { change } else { limit };
        let change = if change > SMALLEST_CHANGE { change } else { SMALLEST_CHANGE };
        let change = if ratio.is_nan() { CUT } else { change };
        // A step that was cut short by a stop says nothing against a longer one.
        let wish = step.0[i] * change;
        let kept =
            if fits & (step.0[i] >= bank.room.0[i]) & (bank.wish.0[i] < f64::INFINITY) { bank.wish.0[i] } else { 0.0 };
        let wish = if wish > kept { wish } else { kept };
        bank.wish.0[i] = if idle { f64::INFINITY } else { wish };
        bank.step.0[i] = if fits { step.0[i] } else { 0.0 };
        bank.broken.0[i] = if !idle & start.0[i].is_nan() { 1.0 } else { 0.0 };
    }
    for (end, state) in bank.end.iter_mut().zip(&bank.state) {
        for i in 0..LANES {
            end.0[i] = if bank.step.0[i] > 0.0 { end.0[i] } else { state.0[i] };
        }
    }
}

/// Of a derivative from its value at the start of the step.
fn largest_change(mut stages: impl Iterator<Item = f64>) -> f64 {
    let start = stages.next().unwrap_or(0.0);
    stages.map(|value| (value - start).abs()).fold(0.0, f64::max)
}

/// Dense output as polynomials in the time since the start of the step.
#[inline(always)]
fn interpolate<I: Instructions>(plan: &Plan, bank: &Bank, scratch: &mut Scratch) {
    let n = plan.derivatives.len();
    let stride = plan.dense.len() + 1;
    // y = y0 + h Σ x^(m+1) ..., x = s / h: the power m + 1 of s is divided by h^m.
    let inverse = bank.step.map(|step| if step > 0.0 { 1.0 / step } else { 0.0 });
    for state in 0..n {
        scratch.polynomials[state * stride] = bank.state[state];
    }
    let mut scale = Wide::<I>::splat(1.0);
    for (m, weights) in plan.dense.iter().enumerate() {
        for state in 0..n {
            let sum = weighted::<I>(weights, &scratch.stages, state, n);
            sum.times(scale).store(&mut scratch.polynomials[state * stride + m + 1]);
        }
        scale = scale.times(Wide::load(&inverse));
    }
}

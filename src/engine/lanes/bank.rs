//! Where sixteen subjects stand, and what an integrator over lanes does with them.

use super::wide::Instructions;
use super::{Backend, LANES, Lanes, lane_kernel};
use crate::engine::program::{Program, Register};

/// Sixteen subjects, each at its own time with its own next stop. An idle lane has no room.
#[derive(Clone, Debug)]
pub(crate) struct Bank {
    /// Register files: inputs of each lane's subject, and what an integrator keeps there.
    pub registers: Vec<Lanes>,
    /// Time now.
    pub time: Lanes,
    /// The next stop.
    pub stop: Lanes,
    /// Time left to it.
    pub room: Lanes,
    /// States now.
    pub state: Vec<Lanes>,
    /// Infusions into each state.
    pub rates: Vec<Lanes>,
    /// 1, or 0 for a state that is off; looked at only where `any_off`.
    pub gates: Vec<Lanes>,
    pub any_off: bool,
    /// Step size that each lane would take if there were room. Outlives stops: an infusion changes a rate, nothing else.
    pub wish: Lanes,
    /// Step taken: `room` exactly where the stop is reached; 0 where none was.
    pub step: Lanes,
    /// Time at the start and the end of the step.
    pub start: Lanes,
    pub finish: Lanes,
    /// States at the end of the step.
    pub end: Vec<Lanes>,
    /// All lanes are at one time, with one stop, and take one step.
    pub together: bool,
    /// Not 0 where the derivatives are not finite at the start of the step.
    pub broken: Lanes,
}

/// What became of the lanes in a step, as bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    /// At its stop.
    pub arrived: u32,
    /// No further than before.
    pub stuck: u32,
    /// See [`Bank::broken`].
    pub broken: u32,
}

impl Bank {
    pub fn new(program: &Program, n_registers: usize) -> Self {
        let zero = Lanes::splat(0.0);
        let zeros = vec![zero; program.n_states()];
        Self {
            registers: vec![zero; n_registers],
            time: zero,
            stop: zero,
            room: zero,
            state: zeros.clone(),
            rates: zeros.clone(),
            gates: vec![Lanes::splat(1.0); program.n_states()],
            any_off: false,
            wish: Lanes::splat(f64::INFINITY),
            step: zero,
            start: zero,
            finish: zero,
            end: zeros,
            together: false,
            broken: zero,
        }
    }

    /// Puts a subject into a lane, or further on.
    pub fn place(&mut self, lane: usize, time: f64, stop: f64, state: &[f64]) {
        self.time[lane] = time;
        self.stop[lane] = stop;
        self.room[lane] = stop - time;
        for (lanes, value) in self.state.iter_mut().zip(state) {
            lanes[lane] = *value;
        }
    }

    /// From where everybody stands to one stop for all.
    pub fn set_off(&mut self, stop: f64) {
        self.stop = Lanes::splat(stop);
        self.room = self.stop.zip(self.time, |stop, time| stop - time);
    }

    /// Makes a lane idle, with nothing in it that the next subject would see.
    pub fn vacate(&mut self, lane: usize) {
        self.stop[lane] = self.time[lane];
        self.room[lane] = 0.0;
        self.wish[lane] = f64::INFINITY;
        self.broken[lane] = 0.0;
    }

    /// Works out where the step ended.
    pub fn mark(&mut self, backend: Backend) -> Marks {
        mark(backend, self)
    }

    /// Moves every lane to the end of its step.
    pub fn advance(&mut self, backend: Backend) {
        advance(backend, self);
    }
}

lane_kernel!(fn mark(bank: &mut Bank) -> Marks = mark_kernel);
lane_kernel!(fn advance(bank: &mut Bank) = advance_kernel);

#[inline(always)]
fn mark_kernel<I: Instructions>(bank: &mut Bank) -> Marks {
    let mut marks = Marks::default();
    bank.start = bank.time;
    for i in 0..LANES {
        let arrived = bank.step.0[i] >= bank.room.0[i];
        let end = bank.time.0[i] + bank.step.0[i];
        bank.finish.0[i] = if arrived { bank.stop.0[i] } else { end };
        marks.arrived |= u32::from(arrived) << i;
        marks.stuck |= u32::from(bank.finish.0[i] <= bank.time.0[i]) << i;
        marks.broken |= u32::from(bank.broken.0[i] != 0.0) << i;
    }
    marks
}

#[inline(always)]
fn advance_kernel<I: Instructions>(bank: &mut Bank) {
    bank.time = bank.finish;
    bank.room = bank.stop.zip(bank.time, |stop, time| stop - time);
    for (state, end) in bank.state.iter_mut().zip(&bank.end) {
        *state = *end;
    }
}

/// A way of getting sixteen subjects one step further.
pub(crate) trait LaneIntegrator {
    /// As `--solver` has it.
    fn name(&self) -> &'static str;

    /// Registers it needs, those of the program included.
    fn n_registers(&self) -> usize;

    /// Sets what never changes.
    fn prepare(&self, bank: &mut Bank);

    /// Registers of earlier phases that a subject has to bring.
    fn inputs(&self) -> &[Register];

    /// Takes note that inputs of some lanes changed.
    fn inputs_changed(&mut self, bank: &mut Bank);

    /// One step, or a refusal, in each lane: fills `step`, `end`, `wish` and `broken`. Where no step is taken `end` is `state`.
    fn step(&mut self, bank: &mut Bank);

    /// Whether it obeys [`Bank::together`], and gains by it.
    fn shares_steps(&self) -> bool {
        false
    }

    /// Whether it needs more of a right-hand side than finite values.
    fn expands_in_series(&self) -> bool;

    /// Relative change of a state in a step that is far below what accuracy allows: then stability holds the step down.
    fn calm_change(&self) -> f64;

    /// Size of a state that counts as nothing.
    fn negligible(&self) -> f64;

    /// The solution over the last step, as polynomials in the time since its start.
    fn solution(&self) -> Solution<'_>;
}

/// Coefficients of polynomials, state by state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Solution<'a> {
    pub coefficients: &'a [Lanes],
    /// From one state to the next in `coefficients`.
    pub stride: usize,
    /// Highest power.
    pub degree: usize,
}

impl<'a> Solution<'a> {
    /// Coefficients of one state, constant first.
    #[inline(always)]
    pub fn of(&self, state: usize) -> &'a [Lanes] {
        &self.coefficients[state * self.stride..][..=self.degree]
    }
}

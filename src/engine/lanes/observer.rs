//! Outputs at sample times, from the polynomials of a step.
//!
//! Lanes are subjects where sixteen are looked at together ([`Observer::observe_all`]). The samples that one subject alone has in
//! a step are few, and those of its neighbours are at other places: there the lanes are sample times, and only the states
//! are evaluated step by step, by Horner's rule ([`Observer::hold`]); what the outputs need of the derivative and observation
//! blocks waits until there are as many samples as lanes ([`Observer::answer`]).

use super::bank::{Bank, Solution};
use super::block::{run_block, run_block_kernel};
use super::slice::Slice;
use super::wide::{Instructions, Wide, polynomial};
use super::{LANES, Lanes, lane_kernel};
use crate::engine::lanes::Backend;
use crate::engine::program::{Program, Register};

/// Computes some of a program's outputs over sample times.
#[derive(Clone, Debug)]
pub(crate) struct Observer {
    backend: Backend,
    plan: Plan,
    registers: Vec<Lanes>,
    /// Register of each output.
    outputs: Vec<Register>,
}

/// Numbers that four lanes at a time are written to from anywhere in the first [`LANES`] on.
pub(crate) type Row = [f64; 2 * LANES];

/// Samples of one subject whose states are known and whose outputs are not yet.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// How many; what is behind them does not count.
    pub count: usize,
    pub times: Row,
    /// Rows of the profile that they answer.
    pub rows: [usize; LANES],
    /// The states that the outputs need.
    states: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Plan {
    /// What the outputs need of the derivative and observation blocks.
    slice: Slice,
    time: Register,
}

impl Observer {
    pub fn new(program: &Program, outputs: &[Register], backend: Backend) -> Self {
        let slice = Slice::of(program, &[&program.derivative, &program.observation], outputs);
        let mut registers = vec![Lanes::splat(f64::NAN); program.n_registers];
        for &(register, value) in &program.constants {
            registers[register as usize] = Lanes::splat(value);
        }
        Self { backend, plan: Plan { slice, time: program.time }, registers, outputs: outputs.to_vec() }
    }

    /// Registers of earlier phases that a subject has to bring.
    pub fn inputs(&self) -> &[Register] {
        &self.plan.slice.inputs
    }

    /// Room for samples of one subject.
    pub fn held(&self) -> Held {
        let nothing = [0.0; 2 * LANES];
        Held { count: 0, times: nothing, rows: [0; LANES], states: vec![nothing; self.plan.slice.states.len()] }
    }

    /// Evaluates the states of a lane's subject at the times held from number `first` on, all in a step that began at `start`.
    pub fn hold(&self, solution: Solution<'_>, lane: usize, start: f64, first: usize, held: &mut Held) {
        hold(self.backend, &self.plan, solution, lane, start, first, held);
    }

    /// Computes the outputs of what is held. `inputs` are the registers of all lanes.
    pub fn answer(&mut self, held: &Held, inputs: &[Lanes], lane: usize) {
        self.registers[self.plan.time as usize] = first_lanes(&held.times);
        for &register in &self.plan.slice.inputs {
            self.registers[register as usize] = Lanes::splat(inputs[register as usize].0[lane]);
        }
        for (&(_, register), values) in self.plan.slice.states.iter().zip(&held.states) {
            self.registers[register as usize] = first_lanes(values);
        }
        run_block(self.backend, &self.plan.slice.block, &mut self.registers);
    }

    /// Computes the outputs of every lane's subject at the end of its step.
    pub fn observe_ends(&mut self, bank: &Bank) {
        self.take_inputs(bank);
        self.observe_states(&bank.end, bank.finish);
    }

    /// Takes what the subjects of all lanes bring, for [`Self::observe_states`] and [`Self::observe_all`].
    pub fn take_inputs(&mut self, bank: &Bank) {
        for &register in &self.plan.slice.inputs {
            self.registers[register as usize] = bank.registers[register as usize];
        }
    }

    /// Computes the outputs of every lane's subject in these states at these times.
    pub fn observe_states(&mut self, states: &[Lanes], times: Lanes) {
        self.registers[self.plan.time as usize] = times;
        for &(state, register) in &self.plan.slice.states {
            self.registers[register as usize] = states[state];
        }
        run_block(self.backend, &self.plan.slice.block, &mut self.registers);
    }

    /// Computes the outputs of every lane's subject at these times, which are so long after the start of its step.
    pub fn observe_all(&mut self, solution: Solution<'_>, elapsed: Lanes, times: Lanes) {
        self.registers[self.plan.time as usize] = times;
        observe_all(self.backend, &self.plan, solution, &elapsed, &mut self.registers);
    }

    /// Values of all outputs, in the lanes.
    pub fn values(&self) -> impl Iterator<Item = &Lanes> {
        self.outputs.iter().map(|&register| &self.registers[register as usize])
    }

    /// The first output of one subject from its own registers.
    pub fn observe_start(&mut self, registers: &[f64], state: &[f64], time: f64) -> f64 {
        self.registers[self.plan.time as usize] = Lanes::splat(time);
        for &register in &self.plan.slice.inputs {
            self.registers[register as usize] = Lanes::splat(registers[register as usize]);
        }
        for &(index, register) in &self.plan.slice.states {
            self.registers[register as usize] = Lanes::splat(state[index]);
        }
        run_block(self.backend, &self.plan.slice.block, &mut self.registers);
        self.output(0)[0]
    }

    /// Values of an output: at the moments, or in the lanes.
    pub fn output(&self, output: usize) -> &Lanes {
        &self.registers[self.outputs[output] as usize]
    }

    /// Copies all outputs of what is held into its rows of a table `width` wide.
    pub fn copy_outputs(&self, held: &Held, table: &mut [f64], width: usize) {
        for (column, &register) in self.outputs.iter().enumerate() {
            let values = &self.registers[register as usize].0;
            for (row, value) in held.rows[..held.count].iter().zip(values) {
                table[row * width + column] = *value;
            }
        }
    }
}

fn first_lanes(row: &Row) -> Lanes {
    let mut lanes = Lanes::splat(0.0);
    lanes.0.copy_from_slice(&row[..LANES]);
    lanes
}

lane_kernel! {
    fn hold(
        plan: &Plan,
        solution: Solution<'_>,
        lane: usize,
        start: f64,
        first: usize,
        held: &mut Held,
    ) = hold_kernel
}

lane_kernel! {
    fn observe_all(
        plan: &Plan,
        solution: Solution<'_>,
        elapsed: &Lanes,
        registers: &mut [Lanes],
    ) = observe_all_kernel
}

#[inline(always)]
fn observe_all_kernel<I: Instructions>(plan: &Plan, solution: Solution<'_>, elapsed: &Lanes, registers: &mut [Lanes]) {
    for &(state, register) in &plan.slice.states {
        let value = polynomial::<I, 4>(solution.of(state), Wide::load(elapsed), Wide::load);
        registers[register as usize] = value.to_lanes();
    }
    run_block_kernel::<I>(&plan.slice.block, registers);
}

#[inline(always)]
fn hold_kernel<I: Instructions>(
    plan: &Plan,
    solution: Solution<'_>,
    lane: usize,
    start: f64,
    first: usize,
    held: &mut Held,
) {
    for (&(state, _), out) in plan.slice.states.iter().zip(&mut held.states) {
        let coefficients = solution.of(state);
        let mut from = first;
        while from < held.count {
            // Four at a time leave three quarters of the chains' latency unused: eight where there are as many.
            if held.count - from > 4 {
                horner::<I, 2>(coefficients, lane, start, &held.times[from..], &mut out[from..]);
                from += 8;
            } else {
                horner::<I, 1>(coefficients, lane, start, &held.times[from..], &mut out[from..]);
                from += 4;
            }
        }
    }
}

/// One lane's polynomial at the first `4 Q` times.
#[inline(always)]
fn horner<I: Instructions, const Q: usize>(
    coefficients: &[Lanes],
    lane: usize,
    start: f64,
    times: &[f64],
    out: &mut [f64],
) {
    let x = Wide::<I, Q>::load_slice(times).minus(Wide::splat(start));
    polynomial(coefficients, x, |c| Wide::splat(c.0[lane])).store_slice(out);
}

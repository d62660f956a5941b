//! Outputs at sample times, from the polynomials of a step: one subject's samples side by side.
//!
//! The samples of one subject in one step are few and those of its neighbours are at other places, so here the lanes are
//! sample times: states by Horner's rule, then what the outputs need of the derivative and observation blocks.

use super::bank::{Bank, Solution};
use super::block::{run_block, run_block_kernel};
use super::slice::Slice;
use super::wide::{Instructions, Wide};
use super::{Lanes, lane_kernel};
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

/// Times in one lane's step at which outputs are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moments {
    pub lane: usize,
    /// How many; what is behind them does not count.
    pub count: usize,
    pub times: Lanes,
    /// The same since the start of the step.
    elapsed: Lanes,
}

impl Moments {
    /// Sets where the step starts, after the times.
    pub fn since(&mut self, start: f64) {
        self.elapsed = self.times.map(|time| time - start);
    }
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

    /// Computes the outputs at these moments. `inputs` are the registers of all lanes.
    pub fn observe(&mut self, solution: Solution<'_>, inputs: &[Lanes], moments: &Moments) {
        observe(self.backend, &self.plan, &mut self.registers, solution, inputs, moments);
    }

    /// Computes the outputs of every lane's subject at the end of its step.
    pub fn observe_ends(&mut self, bank: &Bank) {
        self.registers[self.plan.time as usize] = bank.finish;
        for &register in &self.plan.slice.inputs {
            self.registers[register as usize] = bank.registers[register as usize];
        }
        for &(state, register) in &self.plan.slice.states {
            self.registers[register as usize] = bank.end[state];
        }
        run_block(self.backend, &self.plan.slice.block, &mut self.registers);
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

    /// Copies all outputs at the moments into rows of a table `width` wide.
    pub fn copy_outputs(&self, rows: &[usize], table: &mut [f64], width: usize) {
        for (column, &register) in self.outputs.iter().enumerate() {
            let values = &self.registers[register as usize].0;
            for (row, value) in rows.iter().zip(values) {
                table[row * width + column] = *value;
            }
        }
    }
}

lane_kernel! {
    fn observe(
        plan: &Plan,
        registers: &mut [Lanes],
        solution: Solution<'_>,
        inputs: &[Lanes],
        moments: &Moments,
    ) = observe_kernel
}

#[inline(always)]
fn observe_kernel<I: Instructions>(
    plan: &Plan,
    registers: &mut [Lanes],
    solution: Solution<'_>,
    inputs: &[Lanes],
    moments: &Moments,
) {
    let Moments { lane, count, times, elapsed } = moments;
    let (lane, count) = (*lane, *count);
    registers[plan.time as usize] = *times;
    for &register in &plan.slice.inputs {
        registers[register as usize] = Lanes::splat(inputs[register as usize].0[lane]);
    }
    for &(state, register) in &plan.slice.states {
        let coefficients = solution.of(state);
        let out = &mut registers[register as usize];
        if count <= 4 {
            horner::<I, 1>(coefficients, lane, elapsed, out);
        } else if count <= 8 {
            horner::<I, 2>(coefficients, lane, elapsed, out);
        } else {
            horner::<I, 4>(coefficients, lane, elapsed, out);
        }
    }
    run_block_kernel::<I>(&plan.slice.block, registers);
}

/// One lane's polynomial at the first `4 Q` times. Even and odd powers apart: two short chains instead of a long one.
#[inline(always)]
fn horner<I: Instructions, const Q: usize>(coefficients: &[Lanes], lane: usize, at: &Lanes, out: &mut Lanes) {
    let x = Wide::<I, Q>::load(at);
    let square = x.times(x);
    let (pairs, rest) = coefficients.as_chunks::<2>();
    let mut even = Wide::splat(rest.first().map_or(0.0, |last| last.0[lane]));
    let mut odd = Wide::splat(0.0);
    for [a, b] in pairs.iter().rev() {
        even = even.mul_add(square, Wide::splat(a.0[lane]));
        odd = odd.mul_add(square, Wide::splat(b.0[lane]));
    }
    odd.mul_add(x, even).store(out);
}

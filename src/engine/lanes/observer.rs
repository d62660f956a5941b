//! Outputs at sample times, from the polynomials of a step: one subject's samples side by side.
//!
//! The samples of one subject in one step are few and those of its neighbours are at other places, so here the lanes are
//! sample times: states by Horner's rule, then what the outputs need of the derivative and observation blocks.

use super::bank::Solution;
use super::block::run_block_kernel;
use super::wide::{Instructions, Wide};
use super::{Lanes, lane_kernel};
use crate::engine::lanes::Backend;
use crate::engine::program::{Block, Instruction, Program, Register};

/// Computes a program's outputs over sample times.
#[derive(Clone, Debug)]
pub(crate) struct Observer {
    backend: Backend,
    plan: Plan,
    registers: Vec<Lanes>,
    /// Register of each output.
    outputs: Vec<Register>,
}

/// Times in one lane's step at which outputs are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    pub lane: usize,
    /// How many; what is behind them does not count.
    pub count: usize,
    pub times: Lanes,
    /// The same since the start of the step.
    pub elapsed: Lanes,
}

#[derive(Clone, Debug)]
struct Plan {
    /// Those instructions of the derivative and observation blocks that outputs need.
    block: Block,
    /// States they read: index and register.
    states: Vec<(usize, Register)>,
    /// Registers of earlier phases they read.
    inputs: Vec<Register>,
    time: Register,
}

impl Observer {
    pub fn new(program: &Program, backend: Backend) -> Self {
        let mut needed = vec![false; program.n_registers];
        for &output in &program.outputs {
            needed[output as usize] = true;
        }
        let all = program.derivative.instructions.iter().chain(&program.observation.instructions);
        let mut block: Vec<Instruction> = Vec::new();
        for instruction in all.rev() {
            if needed[instruction.out() as usize] {
                for operand in instruction.operands().into_iter().flatten() {
                    needed[operand as usize] = true;
                }
                block.push(*instruction);
            }
        }
        block.reverse();
        for instruction in &block {
            needed[instruction.out() as usize] = false;
        }
        let mut registers = vec![Lanes::splat(f64::NAN); program.n_registers];
        for &(register, value) in &program.constants {
            registers[register as usize] = Lanes::splat(value);
            needed[register as usize] = false;
        }
        needed[program.time as usize] = false;
        let states = (0..).zip(program.states.clone()).filter(|&(_, state)| needed[state as usize]).collect();
        for state in program.states.clone() {
            needed[state as usize] = false;
        }
        let inputs = (0..).zip(&needed).filter(|&(_, &needed)| needed).map(|(register, _)| register).collect();
        let plan = Plan { block: Block { instructions: block }, states, inputs, time: program.time };
        Self { backend, plan, registers, outputs: program.outputs.clone() }
    }

    /// Registers of earlier phases that a subject has to bring.
    pub fn inputs(&self) -> &[Register] {
        &self.plan.inputs
    }

    /// Computes the outputs at these moments. `inputs` are the registers of all lanes.
    pub fn observe(&mut self, solution: Solution<'_>, inputs: &[Lanes], moments: &Moments) {
        observe(self.backend, &self.plan, &mut self.registers, solution, inputs, moments);
    }

    /// Value of an output at one of the times.
    #[inline(always)]
    pub fn output(&self, output: usize, sample: usize) -> f64 {
        self.registers[self.outputs[output] as usize].0[sample]
    }

    /// Values of all outputs at one of the times.
    #[inline(always)]
    pub fn copy_outputs(&self, sample: usize, row: &mut [f64]) {
        for (value, &register) in row.iter_mut().zip(&self.outputs) {
            *value = self.registers[register as usize].0[sample];
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
    for &register in &plan.inputs {
        registers[register as usize] = Lanes::splat(inputs[register as usize].0[lane]);
    }
    for &(state, register) in &plan.states {
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
    run_block_kernel::<I>(&plan.block, registers);
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

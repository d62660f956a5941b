//! The part of a program's evaluated blocks that some registers need.

use crate::engine::program::{Block, Instruction, Program, Register};

/// Instructions, and what they start from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slice {
    pub block: Block,
    /// States that are read: index and register.
    pub states: Vec<(usize, Register)>,
    /// Registers of earlier phases that are read; constants and time are not among them.
    pub inputs: Vec<Register>,
}

impl Slice {
    /// What `wanted` needs of consecutive blocks.
    pub fn of(program: &Program, blocks: &[&Block], wanted: &[Register]) -> Self {
        let mut needed = vec![false; program.n_registers];
        for &register in wanted {
            needed[register as usize] = true;
        }
        let mut instructions: Vec<Instruction> = Vec::new();
        for instruction in blocks.iter().flat_map(|block| &block.instructions).rev() {
            if needed[instruction.out() as usize] {
                for operand in instruction.operands().into_iter().flatten() {
                    needed[operand as usize] = true;
                }
                instructions.push(*instruction);
            }
        }
        instructions.reverse();
        // Blocks are straight-line code: what is not written there comes from before.
        for instruction in &instructions {
            needed[instruction.out() as usize] = false;
        }
        for &(register, _) in &program.constants {
            needed[register as usize] = false;
        }
        needed[program.time as usize] = false;
        let states: Vec<(usize, Register)> =
            (0..).zip(program.states.clone()).filter(|&(_, state)| needed[state as usize]).collect();
        for state in program.states.clone() {
            needed[state as usize] = false;
        }
        let inputs = (0..).zip(&needed).filter(|&(_, &needed)| needed).map(|(register, _)| register).collect();
        Self { block: Block { instructions }, states, inputs }
    }
}

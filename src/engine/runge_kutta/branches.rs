//! Which way a right-hand side goes where it has branches: a step in which that changes has a kink inside.

use crate::engine::lanes::{LANES, Lanes};
use crate::engine::program::{BinaryOp, Block, Instruction, Register, UnaryOp};

/// The places of a block where what depends on time and states may go two ways.
#[derive(Clone, Debug)]
pub(super) struct Branches {
    /// Comparisons and roundings: the way is their value.
    values: Vec<Register>,
    /// min, max and the absolute value: the way is whether they give their first operand. (Result, operand.)
    picks: Vec<(Register, Register)>,
}

/// Ways taken in each lane at the start of a step, and whether another was taken since.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    first: Vec<Lanes>,
    changed: [bool; LANES],
}

impl Branches {
    pub fn of(block: &Block) -> Self {
        let (mut values, mut picks) = (Vec::new(), Vec::new());
        for instruction in &block.instructions {
            match *instruction {
                Instruction::Unary { op: UnaryOp::Abs, out, a }
                | Instruction::Binary { op: BinaryOp::Min | BinaryOp::Max, out, a, .. } => picks.push((out, a)),
                Instruction::Unary { op: UnaryOp::Floor | UnaryOp::Ceil | UnaryOp::Round, out, .. }
                | Instruction::Binary { op: BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Equal, out, .. } => {
                    values.push(out);
                }
                _ => {}
            }
        }
        Self { values, picks }
    }

    /// The ways taken by what is in the registers are those that a step starts on.
    #[inline(always)]
    pub fn start(&self, registers: &[Lanes], ways: &mut Ways) {
        ways.changed = [false; LANES];
        ways.first.clear();
        ways.first.extend(self.now(registers));
    }

    /// Compares the ways taken by what is in the registers with those that the step started on.
    #[inline(always)]
    pub fn compare(&self, registers: &[Lanes], ways: &mut Ways) {
        for (way, first) in self.now(registers).zip(&ways.first) {
            for i in 0..LANES {
                ways.changed[i] |= way.0[i] != first.0[i];
            }
        }
    }

    #[inline(always)]
    fn now<'a>(&'a self, registers: &'a [Lanes]) -> impl Iterator<Item = Lanes> + 'a {
        let values = self.values.iter().map(|&register| registers[register as usize]);
        let picks = self.picks.iter().map(|&(out, operand)| {
            registers[out as usize].zip(registers[operand as usize], |out, operand| f64::from(out == operand))
        });
        values.chain(picks)
    }
}

impl Ways {
    /// Lanes whose step has a kink inside.
    pub fn changed(&self) -> impl Iterator<Item = usize> + '_ {
        (0..LANES).filter(|&lane| self.changed[lane])
    }
}

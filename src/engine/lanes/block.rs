//! Blocks of a program over lanes: each instruction runs on 16 register files at once.

use super::math::{exp_lanes, exp_m1_lanes, ln_1p_lanes, ln_lanes, pow_lanes, sin_cos_lanes, tanh_lanes};
use super::wide::{Instructions, Wide};
use super::{LANES, Lanes, lane_kernel};
use crate::engine::program::{BinaryOp, Block, Instruction, UnaryOp};

lane_kernel! {
    /// Runs a block over lanes of registers (`registers.len() >= Program::n_registers`).
    pub fn run_block(block: &Block, registers: &mut [Lanes]) = run_block_kernel
}

/// The body of [`run_block`], for kernels that run blocks among other things.
#[inline(always)]
pub(crate) fn run_block_kernel<I: Instructions>(block: &Block, registers: &mut [Lanes]) {
    for instruction in &block.instructions {
        match *instruction {
            Instruction::Unary { op, out, a } => registers[out as usize] = unary::<I>(op, registers[a as usize]),
            Instruction::Binary { op, out, a, b } => {
                registers[out as usize] = binary::<I>(op, registers[a as usize], registers[b as usize]);
            }
            Instruction::Select { out, condition, then, otherwise } => {
                let (c, a, b) =
                    (registers[condition as usize], registers[then as usize], registers[otherwise as usize]);
                let mut value = a;
                for i in 0..LANES {
                    value.0[i] = if c.0[i] != 0.0 { a.0[i] } else { b.0[i] };
                }
                registers[out as usize] = value;
            }
        }
    }
}

/// One-operand operation over lanes. The functions that models rarely use run lane by lane.
#[inline(always)]
pub(crate) fn unary<I: Instructions>(op: UnaryOp, x: Lanes) -> Lanes {
    match op {
        UnaryOp::Neg => x.map(|x| -x),
        UnaryOp::Exp => exp_lanes::<I>(x),
        UnaryOp::Ln => ln_lanes::<I>(x),
        UnaryOp::ExpM1 => exp_m1_lanes::<I>(x),
        UnaryOp::Ln1p => ln_1p_lanes::<I>(x),
        UnaryOp::Sqrt => x.map(f64::sqrt),
        UnaryOp::Abs => x.map(f64::abs),
        UnaryOp::Sin => sin_cos_lanes::<I>(x).0,
        UnaryOp::Cos => sin_cos_lanes::<I>(x).1,
        UnaryOp::Tanh => tanh_lanes::<I>(x),
        UnaryOp::Not => x.map(|x| if x == 0.0 { 1.0 } else { 0.0 }),
        _ => lane_by_lane(op, x),
    }
}

lane_kernel! {
    /// [`unary`] as a function of its own, for kernels whose time is spent elsewhere.
    pub(crate) fn unary_out_of_line(op: UnaryOp, x: &Lanes) -> Lanes = unary_of
}

#[inline(always)]
fn unary_of<I: Instructions>(op: UnaryOp, x: &Lanes) -> Lanes {
    unary::<I>(op, *x)
}

/// Out of line: calls to scalar functions would otherwise be unrolled 16 times into every kernel.
#[inline(never)]
fn lane_by_lane(op: UnaryOp, x: Lanes) -> Lanes {
    x.map(|x| op.apply(x))
}

/// Two-operand operation over lanes.
#[inline(always)]
pub(crate) fn binary<I: Instructions>(op: BinaryOp, a: Lanes, b: Lanes) -> Lanes {
    match op {
        BinaryOp::Add => wide::<I>(&a).plus(wide(&b)).to_lanes(),
        BinaryOp::Sub => wide::<I>(&a).minus(wide(&b)).to_lanes(),
        BinaryOp::Mul => wide::<I>(&a).times(wide(&b)).to_lanes(),
        BinaryOp::Div => wide::<I>(&a).over(wide(&b)).to_lanes(),
        BinaryOp::Pow => pow_lanes::<I>(a, b),
        BinaryOp::Min => a.zip(b, f64::min),
        BinaryOp::Max => a.zip(b, f64::max),
        BinaryOp::Less => truth(a, b, |a, b| a < b),
        BinaryOp::LessEqual => truth(a, b, |a, b| a <= b),
        BinaryOp::Equal => truth(a, b, |a, b| a == b),
        BinaryOp::And => truth(a, b, |a, b| (a != 0.0) & (b != 0.0)),
        BinaryOp::Or => truth(a, b, |a, b| (a != 0.0) | (b != 0.0)),
    }
}

#[inline(always)]
fn wide<I: Instructions>(lanes: &Lanes) -> Wide<I> {
    Wide::load(lanes)
}

#[inline(always)]
fn truth(a: Lanes, b: Lanes, holds: impl Fn(f64, f64) -> bool) -> Lanes {
    a.zip(b, |a, b| if holds(a, b) { 1.0 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::super::Backend;
    use super::*;

    const UNARY: [UnaryOp; 24] = [
        UnaryOp::Neg,
        UnaryOp::Exp,
        UnaryOp::Ln,
        UnaryOp::ExpM1,
        UnaryOp::Ln1p,
        UnaryOp::Sqrt,
        UnaryOp::Abs,
        UnaryOp::Sin,
        UnaryOp::Cos,
        UnaryOp::Tan,
        UnaryOp::Asin,
        UnaryOp::Acos,
        UnaryOp::Atan,
        UnaryOp::Sinh,
        UnaryOp::Cosh,
        UnaryOp::Tanh,
        UnaryOp::Floor,
        UnaryOp::Ceil,
        UnaryOp::Round,
        UnaryOp::LnGamma,
        UnaryOp::Gamma,
        UnaryOp::NormalCdf,
        UnaryOp::NormalQuantile,
        UnaryOp::Not,
    ];
    const BINARY: [BinaryOp; 12] = [
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::Div,
        BinaryOp::Pow,
        BinaryOp::Min,
        BinaryOp::Max,
        BinaryOp::Less,
        BinaryOp::LessEqual,
        BinaryOp::Equal,
        BinaryOp::And,
        BinaryOp::Or,
    ];

    /// Two inputs and a condition, then every operation once.
    fn every_operation() -> (Block, usize) {
        let mut instructions = Vec::new();
        let mut out = 3;
        for op in UNARY {
            instructions.push(Instruction::Unary { op, out, a: 0 });
            out += 1;
        }
        for op in BINARY {
            instructions.push(Instruction::Binary { op, out, a: 0, b: 1 });
            out += 1;
        }
        instructions.push(Instruction::Select { out, condition: 2, then: 0, otherwise: 1 });
        (Block { instructions }, out as usize + 1)
    }

    /// 2 ulp is what `math.rs` allows; all else is the same operation.
    #[test]
    fn each_lane_gets_what_the_scalar_block_gives_on_either_backend() {
        let (block, n) = every_operation();
        let inputs =
            [0.3, -0.7, 0.0, 2.5, -3.0, 0.999, 40.0, -0.0, f64::INFINITY, f64::NAN, 1e-200, 7.0, 0.5, 1.0, -1.0, 12.25];
        for backend in [Backend::detect(), Backend::portable()] {
            for shift in 0..LANES {
                let mut lanes = vec![Lanes::splat(0.0); n];
                for i in 0..LANES {
                    lanes[0][i] = inputs[i];
                    lanes[1][i] = inputs[(i + shift) % LANES];
                    lanes[2][i] = f64::from(u8::from(i % 3 == 0));
                }
                let before = lanes.clone();
                run_block(backend, &block, &mut lanes);
                for i in 0..LANES {
                    let mut scalar: Vec<f64> = before.iter().map(|register| register[i]).collect();
                    block.run(&mut scalar);
                    for (k, instruction) in block.instructions.iter().enumerate() {
                        let (value, expected) = (lanes[k + 3][i], scalar[k + 3]);
                        let same = value == expected || (value.is_nan() && expected.is_nan());
                        let close = (value - expected).abs() <= 2.0 * f64::EPSILON * expected.abs();
                        assert!(
                            same || close,
                            "{instruction:?} of {} and {}: {value} not {expected}",
                            scalar[0],
                            scalar[1]
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_lane_does_not_feel_its_neighbours() {
        let (block, n) = every_operation();
        let backend = Backend::detect();
        let mut alone = vec![Lanes::splat(0.37); n];
        run_block(backend, &block, &mut alone);
        let mut among = vec![Lanes::splat(f64::NAN); n];
        for register in &mut among[..3] {
            for i in 0..LANES {
                register[i] = if i == 5 { 0.37 } else { -1e9 * (i as f64 - 3.0) };
            }
        }
        run_block(backend, &block, &mut among);
        for k in 3..n {
            assert_eq!(alone[k][5].to_bits(), among[k][5].to_bits(), "{:?}", block.instructions[k - 3]);
        }
    }
}

//! Straight-line register code: what a model becomes before it is integrated.
//!
//! A [`Program`] has no branches and no loops. Every instruction reads registers and writes one; a conditional is a
//! [`Instruction::Select`] over both results. So one instruction can run over one subject ([`Block::run`]), over 16
//! subjects side by side, or in Taylor arithmetic, where a register holds the coefficients of a series. Inside a block
//! each register is written once, and a register of a later block is never written by an earlier one.
//!
//! The blocks are the phases of a model. What does not change is computed once:
//! `subject` (thetas and etas), `record` (covariates, occasion, last dose: again at every event that changes one),
//! `derivative` (time and states: at every evaluation of the right-hand side) and `observation` (what only outputs
//! need: at sample times). This file knows no pharmacology beyond the names of those inputs.

use std::ops::Range;

/// Index into the register file of a [`Program`].
pub type Register = u32;

/// One-operand operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// Sign change.
    Neg,
    /// Natural exponential.
    Exp,
    /// Natural logarithm.
    Ln,
    /// exp(x) - 1.
    ExpM1,
    /// ln(1 + x).
    Ln1p,
    /// Square root.
    Sqrt,
    /// Absolute value (not smooth at 0).
    Abs,
    /// Sine, radians.
    Sin,
    /// Cosine, radians.
    Cos,
    /// Tangent, radians.
    Tan,
    /// Arc sine.
    Asin,
    /// Arc cosine.
    Acos,
    /// Arc tangent.
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Hyperbolic tangent.
    Tanh,
    /// Largest integer not above x.
    Floor,
    /// Smallest integer not below x.
    Ceil,
    /// Nearest integer, halves to even (R's rule).
    Round,
    /// ln |Γ(x)|.
    LnGamma,
    /// Γ(x).
    Gamma,
    /// Standard normal distribution function Φ(x).
    NormalCdf,
    /// Its inverse, Φ⁻¹(p).
    NormalQuantile,
    /// 1 where x is 0, else 0.
    Not,
}

/// Two-operand operations. Comparisons and logic give 1 or 0; any non-zero operand of `And`/`Or` counts as true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a * b
    Mul,
    /// a / b
    Div,
    /// a to the power b
    Pow,
    /// smaller of a and b
    Min,
    /// larger of a and b
    Max,
    /// a < b
    Less,
    /// a <= b
    LessEqual,
    /// a == b
    Equal,
    /// a and b
    And,
    /// a or b
    Or,
}

/// One step of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instruction {
    /// `out = op(a)`
    Unary { op: UnaryOp, out: Register, a: Register },
    /// `out = op(a, b)`
    Binary { op: BinaryOp, out: Register, a: Register, b: Register },
    /// `out = if condition != 0 { then } else { otherwise }`; a NaN in the value not taken does not reach `out`.
    Select { out: Register, condition: Register, then: Register, otherwise: Register },
}

/// A straight run of instructions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// In order of execution; each writes a register no other one writes.
    pub instructions: Vec<Instruction>,
}

/// What a register of the record phase takes from the doses given so far. Before the first dose all are NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DoseInput {
    /// Time of the last dose into the state (`None`: into any). `tad()` is time minus this.
    LastTime(Option<usize>),
    /// Time of the first dose into the state (`None`: into any).
    FirstTime(Option<usize>),
    /// Amount of the last dose into the state (`None`: into any), as recorded (before bioavailability).
    LastAmount(Option<usize>),
}

/// Registers that say what happens to a dose into one state; `None` means F = 1, no lag, no modelled rate or duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoseRegisters {
    /// Bioavailability, F.
    pub bioavailability: Option<Register>,
    /// Absorption lag.
    pub lag: Option<Register>,
    /// Modelled infusion rate (RATE = -1).
    pub rate: Option<Register>,
    /// Modelled infusion duration (RATE = -2).
    pub duration: Option<Register>,
}

/// A compiled model. Register file: constants, thetas, etas, covariates, dose inputs, time, states, then results.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Size of the register file.
    pub n_registers: usize,
    /// Values that never change, set when a register file is made.
    pub constants: Vec<(Register, f64)>,
    /// Registers of the thetas, in the model's order.
    pub thetas: Range<Register>,
    /// Registers of the etas, in the model's order.
    pub etas: Range<Register>,
    /// Registers of the covariates, in the model's order.
    pub covariates: Range<Register>,
    /// Registers fed from the doses given so far.
    pub dose_inputs: Vec<(Register, DoseInput)>,
    /// Register of time, in the unit of the model (the clock of the whole engine).
    pub time: Register,
    /// Registers of the states, in order of compartment number.
    pub states: Range<Register>,
    /// From thetas and etas only.
    pub subject: Block,
    /// From covariates and dose inputs, and what depends on them (time and states excluded).
    pub record: Block,
    /// What the derivatives need of time and states.
    pub derivative: Block,
    /// Register of d/dt of each state, infusions excluded; may be an input or a constant.
    pub derivatives: Vec<Register>,
    /// What outputs need beyond `derivative` (run after it, at sample times).
    pub observation: Block,
    /// Registers of the outputs, in the model's order of outputs.
    pub outputs: Vec<Register>,
    /// Initial value per state (subject or record phase, `initial` run after them at t of the first record).
    pub initial: Block,
    /// Register of each state's initial value; `None` is 0.
    pub initials: Vec<Option<Register>>,
    /// What a dose needs when it enters (run after record phase, with time and states current).
    pub dose: Block,
    /// Per state.
    pub dose_registers: Vec<DoseRegisters>,
    /// Model event times (`mtime`, and times at which a condition on time switches the derivatives), evaluated after the record phase; the integrator stops at each. NaN: there is none.
    pub event_times: Vec<Register>,
    /// Symbolic Jacobian, where it could be derived: run after `derivative`.
    pub jacobian: Option<Jacobian>,
    /// b(t) per state of a linear right-hand side f = A(t) y + b(t), whose A is `jacobian.entries`; `None` is 0. Written by the
    /// jacobian block or an earlier one. Empty where the right-hand side is not linear in the states.
    pub inhomogeneous: Vec<Option<Register>>,
    /// Values of the subject or record phase that divide states, such as volumes, with their names: a subject in whom one is
    /// not above 0 (or is NaN) after the record phase fails, and the name says why.
    pub must_be_positive: Vec<(Register, String)>,
    /// Index into `outputs` of the concentration that exposure is measured on, and the state that integrates it.
    pub exposure: Option<ExposureTarget>,
    /// States that only integrate (their value feeds no derivative, only outputs), per state. Left out of steady state.
    pub only_integrates: Vec<bool>,
    /// What the derivatives are as functions of time and states.
    pub structure: Structure,
}

/// The output whose exposure is measured, and its running integral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExposureTarget {
    /// Index into [`Program::outputs`].
    pub output: usize,
    /// Index of the state whose derivative is that output.
    pub auc_state: usize,
}

/// d(derivative of `row`)/d(state `column`), sparse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Jacobian {
    /// Run after the derivative block.
    pub block: Block,
    /// (row, column, register); entries not listed are 0.
    pub entries: Vec<(usize, usize, Register)>,
}

/// Shape of the right-hand side: it decides which integrators apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Structure {
    /// f(t, y) = A y + b with A, b constant between events.
    LinearConstant,
    /// f(t, y) = A(t) y + b(t).
    LinearTimeVarying,
    /// Anything else that is smooth.
    #[default]
    Nonlinear,
    /// Branches, min, max, floor, abs... on time or states, or functions without a Taylor recurrence. A smooth right-hand side may
    /// hold a `Select` too, whose condition then comes from the subject or record phase.
    NotSmooth,
}

impl Instruction {
    /// The register it writes.
    #[must_use]
    pub fn out(&self) -> Register {
        match *self {
            Self::Unary { out, .. } | Self::Binary { out, .. } | Self::Select { out, .. } => out,
        }
    }

    /// The registers it reads.
    #[must_use]
    pub fn operands(&self) -> [Option<Register>; 3] {
        match *self {
            Self::Unary { a, .. } => [Some(a), None, None],
            Self::Binary { a, b, .. } => [Some(a), Some(b), None],
            Self::Select { condition, then, otherwise, .. } => [Some(condition), Some(then), Some(otherwise)],
        }
    }
}

impl Block {
    /// Runs the block over one register file (`registers.len() >= Program::n_registers`).
    pub fn run(&self, registers: &mut [f64]) {
        for instruction in &self.instructions {
            match *instruction {
                Instruction::Unary { op, out, a } => registers[out as usize] = op.apply(registers[a as usize]),
                Instruction::Binary { op, out, a, b } => {
                    registers[out as usize] = op.apply(registers[a as usize], registers[b as usize]);
                }
                Instruction::Select { out, condition, then, otherwise } => {
                    let taken = if registers[condition as usize] != 0.0 { then } else { otherwise };
                    registers[out as usize] = registers[taken as usize];
                }
            }
        }
    }
}

impl UnaryOp {
    /// The operation on one number.
    #[must_use]
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Self::Neg => -x,
            Self::Exp => libm::exp(x),
            Self::Ln => libm::log(x),
            Self::ExpM1 => libm::expm1(x),
            Self::Ln1p => libm::log1p(x),
            Self::Sqrt => x.sqrt(),
            Self::Abs => x.abs(),
            Self::Sin => libm::sin(x),
            Self::Cos => libm::cos(x),
            Self::Tan => libm::tan(x),
            Self::Asin => libm::asin(x),
            Self::Acos => libm::acos(x),
            Self::Atan => libm::atan(x),
            Self::Sinh => libm::sinh(x),
            Self::Cosh => libm::cosh(x),
            Self::Tanh => libm::tanh(x),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => x.round_ties_even(),
            Self::LnGamma => libm::lgamma(x),
            Self::Gamma => libm::tgamma(x),
            Self::NormalCdf => 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
            Self::NormalQuantile => normal_quantile(x),
            Self::Not => f64::from(x == 0.0),
        }
    }
}

/// Φ⁻¹(p); ±∞ at 1 and 0, NaN outside.
fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * p)
}

impl BinaryOp {
    /// The operation on two numbers.
    #[must_use]
    pub fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Pow => libm::pow(a, b),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
            Self::Less => f64::from(a < b),
            Self::LessEqual => f64::from(a <= b),
            Self::Equal => f64::from(a == b),
            Self::And => f64::from(a != 0.0 && b != 0.0),
            Self::Or => f64::from(a != 0.0 || b != 0.0),
        }
    }
}

impl Program {
    /// A register file with the constants set and everything else NaN, so that a value read before it is set shows.
    #[must_use]
    pub fn registers(&self) -> Vec<f64> {
        let mut registers = vec![f64::NAN; self.n_registers];
        for &(register, value) in &self.constants {
            registers[register as usize] = value;
        }
        registers
    }

    /// Number of states.
    #[must_use]
    pub fn n_states(&self) -> usize {
        self.states.len()
    }
}

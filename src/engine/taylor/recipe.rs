//! What the Taylor engine does for one program, in the order in which it does it.
//!
//! A register of the derivative block is one of three kinds. A *constant* does not change between events: it is computed
//! over lanes when a subject is loaded. A *line* is a value and a slope in time (time itself, `tad()`). Everything else is a
//! *series*: its Taylor coefficients at the start of the step live in a slot. Sums, products with constants and products of
//! two series are not stored where they are used once: they are parts of one [`Combination`], so that most right-hand
//! sides of pharmacokinetics are one operation per state and order.

use crate::engine::program::{Block, Register, UnaryOp};

/// Index of a series. The first ones are the states.
pub(super) type Slot = u32;

/// `value + slope s + Σ coefficient x series + Σ coefficient x series x series`, as a series in s, the time since the
/// start of the step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Combination {
    pub value: Option<Register>,
    pub slope: Option<Register>,
    pub terms: Vec<Term>,
    pub products: Vec<Product>,
}

/// `coefficient x series`, times s where `shifted` is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Term {
    pub coefficient: Register,
    pub slot: Slot,
    pub shifted: u32,
}

/// `coefficient x a x b`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Product {
    pub coefficient: Register,
    pub a: Slot,
    pub b: Slot,
}

/// Computes the next coefficient of the series `out` (of two series, where a derivative is kept beside it).
///
/// A `derivative` slot holds k x (coefficient k): the series of s d/ds. A `reciprocal` register holds 1 / (the divisor at
/// the start). All recurrences follow from comparing coefficients: Jorba and Zou, "A software package for the numerical
/// integration of ODEs by means of high-order Taylor methods", Experimental Mathematics 14 (2005) 99-117, proposition 2.1.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SeriesOp {
    Combine {
        out: Slot,
        of: Combination,
    },
    /// `out = s d(of)/ds`
    Derivative {
        out: Slot,
        of: Slot,
    },
    /// `out = numerator / denominator`
    Divide {
        out: Slot,
        numerator: Combination,
        denominator: Slot,
        reciprocal: Register,
    },
    /// `out = numerator / (value + slope s)`
    DivideByLine {
        out: Slot,
        numerator: Combination,
        slope: Register,
        reciprocal: Register,
    },
    /// `out' = sign x factor x argument'`; `first` gives the value at the start from the argument's.
    Chain {
        out: Slot,
        argument: Slot,
        derivative: Slot,
        factor: Slot,
        sign: f64,
        first: UnaryOp,
    },
    /// The same for an argument `value + slope s`.
    ChainOfLine {
        out: Slot,
        value: Register,
        slope: Register,
        factor: Slot,
        sign: f64,
        first: UnaryOp,
    },
    /// `out' = argument' / divisor`
    Quotient {
        out: Slot,
        out_derivative: Slot,
        argument: Slot,
        derivative: Slot,
        divisor: Slot,
        reciprocal: Register,
        first: UnaryOp,
    },
    /// `out = base ^ exponent`, the exponent constant.
    Power {
        out: Slot,
        out_derivative: Slot,
        base: Slot,
        base_derivative: Slot,
        exponent: Register,
        reciprocal: Register,
    },
    Sqrt {
        out: Slot,
        of: Slot,
        reciprocal: Register,
    },
    Select {
        out: Slot,
        condition: Register,
        then: Slot,
        otherwise: Slot,
    },
    /// `out` is `of` but for the value at the start: `first` of the argument's.
    Restart {
        out: Slot,
        of: Slot,
        argument: Slot,
        first: UnaryOp,
    },
}

/// A compiled right-hand side.
#[derive(Clone, Debug, Default)]
pub(super) struct Recipe {
    /// Registers of the program and, after them, those that the blocks below add.
    pub n_registers: usize,
    /// Register of time.
    pub time: Register,
    /// Registers that hold numbers known at build time.
    pub literals: Vec<(Register, f64)>,
    /// Registers of earlier phases that a subject has to bring.
    pub inputs: Vec<Register>,
    /// Computed anew when a subject's inputs change.
    pub constants: Block,
    /// Computed at the start of every step: what depends on the time then.
    pub per_step: Block,
    /// One coefficient of each series, in this order, for every order.
    pub ops: Vec<SeriesOp>,
    /// d/dt of each state.
    pub derivatives: Vec<Combination>,
    /// Number of slots.
    pub n_slots: usize,
}

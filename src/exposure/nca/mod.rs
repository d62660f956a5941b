//! Non-compartmental analysis of one sampled curve after one dose or over one dosing interval.
//!
//! Parameters carry PKNCA's names and follow its definitions (Denney, Duvvuri, Buckeridge 2015, J Pharmacokinet Pharmacodyn
//! 42:S65; PKNCA 0.12): what is undefined is a [`Undefined`] that says why, never 0. `area.rs` holds the trapezoids,
//! `terminal.rs` the choice of the terminal points, `blq.rs` what becomes of values below quantification.

mod area;
mod blq;
mod parameters;
mod terminal;

pub use area::Method;
pub use blq::{BlqRule, BlqRules};
pub use parameters::{Analysis, Parameter, Undefined, Value, analyse};

/// One concentration as sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sample {
    /// A measured concentration, 0 or more.
    Value(f64),
    /// Below the limit of quantification.
    Blq,
    /// Not measured.
    Missing,
}

/// One dose given at the start of the curve; several at once count together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dose {
    /// Amount.
    pub amount: f64,
    /// Length of the infusion; 0 is a bolus. Only an intravascular dose has one.
    pub duration: f64,
    /// Whether it entered the blood as such.
    pub intravascular: bool,
}

/// Choices of an analysis; the defaults are PKNCA's, with `linear-up/log-down` areas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How areas are measured.
    pub method: Method,
    /// What becomes of values below quantification.
    pub blq: BlqRules,
    /// Dosing interval τ: adds what is measured over it. The curve then counts up to τ for these.
    pub tau: Option<f64>,
    /// Fewest points of the terminal slope.
    pub min_points: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { method: Method::LinearUpLogDown, blq: BlqRules::default(), tau: None, min_points: 3 }
    }
}

/// Why a curve cannot be analysed at all.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NcaError {
    /// Not one value per time.
    #[error("{times} times and {values} concentrations were given; each time needs one concentration")]
    LengthsDiffer {
        /// Number of times.
        times: usize,
        /// Number of concentrations.
        values: usize,
    },
    /// Times that do not increase.
    #[error("sample {number} is at time `{time}`; times have to be finite and increasing")]
    TimeOutOfOrder {
        /// Counted from 1.
        number: usize,
        /// As given.
        time: f64,
    },
    /// A concentration that is none.
    #[error("sample {number} has concentration `{value}`; a finite number of 0 or more is needed")]
    NotAConcentration {
        /// Counted from 1.
        number: usize,
        /// As given.
        value: f64,
    },
}

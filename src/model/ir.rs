//! The one intermediate representation of a model: what a reader of any model language produces, before analysis.
//!
//! Names are not resolved here: an [`Expression`] refers to thetas, etas, states, covariates and variables by name, and
//! `analyse` says which is which. Positions in the text ride along and never take part in comparisons.

use std::fmt;

use serde::Serialize;

pub use crate::engine::timeline::Interpolation;

/// A stretch of the model's text, in bytes.
#[derive(Clone, Copy, Default, Eq, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Two models are equal when they say the same, wherever they say it.
impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Name {
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A model as read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelIr {
    /// Name of the R function, or of the file.
    pub name: String,
    /// `description <- "..."`.
    pub description: Option<String>,
    /// `reference <- "..."`.
    pub reference: Option<String>,
    /// `units <- list(time = , dosing = , concentration = )`.
    pub units: Units,
    /// Every other literal assignment outside ini and model, in order; first what `units` says beyond the above.
    pub metadata: Vec<(String, Metadata)>,
    /// Fixed effects, in order of `ini`.
    pub thetas: Vec<Theta>,
    /// Random effects, in order of `ini`.
    pub etas: Vec<Eta>,
    /// Their variances, block by block; blocks cover the etas in order.
    pub omegas: Vec<OmegaBlock>,
    /// States, in order of compartment number (first `d/dt`, or `cmt()` declarations first).
    pub states: Vec<Name>,
    /// The `model` block.
    pub statements: Vec<Statement>,
    /// Observed quantities, in order.
    pub endpoints: Vec<Endpoint>,
    /// How covariates run between records, where the model says it: `linear(x)`, `nocb(x)`, `locf(x)`.
    pub interpolation: Vec<(Name, Interpolation)>,
}

/// Units as the model file states them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Units {
    /// For instance `h`, `hour`, `day`.
    pub time: Option<String>,
    /// For instance `mg`.
    pub dosing: Option<String>,
    /// For instance `mg/L`, `ng/mL`.
    pub concentration: Option<String>,
}

/// A literal of R.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metadata {
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// TRUE or FALSE.
    Logical(bool),
    /// NULL or NA.
    Null,
    /// `c(...)` or `list(...)`, names where given.
    List(Vec<(Option<String>, Metadata)>),
}

/// One fixed effect.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Theta {
    /// Name and place.
    pub name: Name,
    /// Estimate.
    pub estimate: f64,
    /// Lower bound; -∞ where none.
    pub lower: f64,
    /// Upper bound; ∞ where none.
    pub upper: f64,
    /// `fix()`.
    pub fixed: bool,
    /// `label("...")`.
    pub label: Option<String>,
}

/// One random effect.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Eta {
    /// Name and place.
    pub name: Name,
    /// `| occ`: the column whose value says the occasion; `None` is the subject.
    pub level: Option<String>,
    /// `label("...")`.
    pub label: Option<String>,
}

/// Variances and covariances of consecutive etas.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OmegaBlock {
    /// Number of etas.
    pub size: usize,
    /// Lower triangle by rows, diagonal included: `size * (size + 1) / 2` values.
    pub lower: Vec<f64>,
    /// `fix()`.
    pub fixed: bool,
    /// Place of the declaration.
    pub span: Span,
}

/// One statement of the model block.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// `name <- value`, or `name ~ value`
    Assign {
        /// Variable set.
        name: Name,
        /// Its value.
        value: Expression,
        /// False for `name ~ value`: computed, but not shown among the outputs.
        output: bool,
    },
    /// `d/dt(state) <- value`
    Derivative {
        /// State.
        state: Name,
        /// Its derivative, infusions excluded.
        value: Expression,
    },
    /// `state(0) <- value`
    Initial {
        /// State.
        state: Name,
        /// Its value at the start and after a reset.
        value: Expression,
    },
    /// `f(state)`, `alag(state)`, `dur(state)`, `rate(state)`
    DoseProperty {
        /// Which.
        property: DoseProperty,
        /// State.
        state: Name,
        /// Value when a dose enters.
        value: Expression,
    },
    /// `mtime(name) <- value`: a variable, and a time at which the integrator stops.
    EventTime {
        /// Variable set.
        name: Name,
        /// The time.
        value: Expression,
    },
    /// `if (...) {...} else if (...) {...} else {...}`
    If {
        /// Condition and what it guards, in order.
        branches: Vec<(Expression, Vec<Statement>)>,
        /// `else`; empty where none.
        otherwise: Vec<Statement>,
    },
}

/// What a model can say of the doses into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DoseProperty {
    /// `f()`: bioavailability.
    Bioavailability,
    /// `alag()`: lag, in the model's time unit.
    Lag,
    /// `dur()`: modelled duration (RATE = -2).
    Duration,
    /// `rate()`: modelled rate (RATE = -1).
    Rate,
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expression {
    /// What it is.
    pub node: Node,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A number.
    Number(f64),
    /// A name, `t` and `time` among them (both read as `time`).
    Name(String),
    /// One operand.
    Unary(UnaryOperator, Box<Expression>),
    /// Two operands.
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// A function of the language with its arguments, their number already checked.
    Call(Function, Vec<Expression>),
}

/// Operators before their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// Operators between their operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is named after its sign")]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

/// Functions of the language. `linCmt()` and `transit()` are gone by now: the reader writes out what they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is named after the function of the language")]
pub enum Function {
    Exp,
    Log,
    Log10,
    Log2,
    Log1p,
    Expm1,
    Sqrt,
    Abs,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Min,
    Max,
    Floor,
    Ceiling,
    Round,
    /// One argument, or with bounds: low + (high - low) / (1 + exp(-x)).
    Expit,
    /// One argument, or with bounds: its inverse.
    Logit,
    Probit,
    Phi,
    Lgamma,
    Gamma,
    Factorial,
    Pow,
    /// `ifelse(condition, yes, no)`: the value not taken does not count, not even a NaN.
    IfElse,
    /// Time since the last dose, of a state where one is named.
    Tad,
    /// Time since the first dose.
    Tafd,
    /// Time of the last dose.
    Tlast,
    /// Time of the first dose.
    Tfirst,
    /// Amount of the last dose.
    Podo,
}

/// One observed quantity: `y ~ add(a) + prop(b) | cmt`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Endpoint {
    /// The variable left of `~`.
    pub prediction: Name,
    /// The distribution right of it.
    pub error: ErrorModel,
    /// `| cmt`: name of the endpoint in data; the prediction's name where not given.
    pub condition: Option<Name>,
    /// Place of the whole statement.
    pub span: Span,
}

/// Distribution of an observation around its prediction f. Arguments are SDs, each a theta or a model variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorModel {
    /// Continuous: y = h⁻¹(h(f) + sd · N) on the scale h of `transform`.
    Continuous {
        /// `add(a)`.
        additive: Option<Expression>,
        /// `prop(b)`, or `pow(b, c)` with its exponent: b f^c.
        proportional: Option<(Expression, Option<Expression>)>,
        /// True: sd = a + b f^c (`combined1`); false: sd = sqrt(a² + b² f^2c) (`combined2`, the default).
        combined1: bool,
        /// Scale on which the error is added.
        transform: Transform,
        /// `t(df)`: Student's t instead of a normal.
        degrees_of_freedom: Option<Expression>,
    },
    /// `pois(lambda)`.
    Poisson(Expression),
    /// `binom(n, p)`.
    Binomial(Expression, Expression),
    /// `c(p1, p2, ...)`: probabilities of categories 1, 2, ...; the rest is the last one.
    Ordinal(Vec<Expression>),
    /// `~ fix(...)`-less `y ~ none`: no residual.
    None,
}

/// Scale of a continuous error model.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// y = f + sd N.
    Identity,
    /// `lnorm(s)`: y = f exp(s N).
    Log,
    /// `logitNorm(s, low, high)`.
    Logit {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// `probitNorm(s, low, high)`.
    Probit {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// `boxCox(lambda)`.
    BoxCox(Expression),
    /// `yeoJohnson(lambda)`.
    YeoJohnson(Expression),
}

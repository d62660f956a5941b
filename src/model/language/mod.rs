//! Readers of model languages: text in, [`ModelIr`] out. Nothing of a text is ever run.
//!
//! `lexer`, `tree`, `parser` and `precedence` know R's syntax alone. `nlmixr` finds the parts of a model in it; `metadata`, `ini` with
//! `omega`, and `statements` with `target`, `expression`, `function` and `endpoint` give them the meaning of the
//! nlmixr2/rxode2 model language; `linear_compartment` and `transit` write out what stands for equations. What names refer
//! to is the analysis's affair. `print` is the way back.

mod constant;
mod endpoint;
mod expression;
mod function;
mod ini;
mod lexer;
mod linear_compartment;
mod metadata;
mod nlmixr;
mod omega;
mod parser;
pub(crate) mod precedence;
pub(crate) mod print;
mod scope;
mod statements;
mod target;
mod transit;
mod tree;

use super::diagnostic::{Diagnostic, Severity};
use super::ir::{ModelIr, Span};
pub(crate) use tree::{Argument, Operator, Tree, TreeNode};

/// A model and what the user should know of its reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The model.
    pub ir: ModelIr,
    /// What was read in a way that may surprise, or not used.
    pub notes: Vec<Diagnostic>,
}

/// Largest text that is read, in bytes. The largest published models have about 100 kB.
const MAX_BYTES: usize = 5_000_000;
/// So many findings are reported; a file with more of them is not a model.
const MAX_FINDINGS: usize = 200;

/// Reads a model from text. A text without a name for its model takes `fallback_name`.
///
/// # Errors
///
/// Every fault that reading alone shows, in order of place.
///
/// # Examples
///
/// ```
/// let text = "
/// one_compartment <- function() {
///   ini({ lcl <- log(5); lvc <- log(40); etalcl ~ 0.09; prop_sd <- 0.2 })
///   model({
///     cl <- exp(lcl + etalcl)
///     vc <- exp(lvc)
///     d/dt(central) <- -cl / vc * central
///     Cc <- central / vc
///     Cc ~ prop(prop_sd)
///   })
/// }";
/// let reading = teorell::model::language::read(text, "model").unwrap();
/// assert_eq!(reading.ir.name, "one_compartment");
/// assert_eq!(reading.ir.states[0].text, "central");
/// ```
pub fn read(text: &str, fallback_name: &str) -> Result<Reading, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        return Err(vec![too_large(text.len())]);
    }
    let mut diagnostics = Vec::new();
    let ir = match parser::parse(text, &mut diagnostics) {
        Some(statements) => nlmixr::model(&statements, fallback_name, &mut diagnostics),
        None => ModelIr::default(),
    };
    diagnostics.sort_by_key(|d| d.span.start);
    // Spans are equal to each other by design, so they are asked for by themselves.
    diagnostics.dedup_by(|a, b| a == b && a.span.start == b.span.start);
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        diagnostics.retain(|d| d.severity == Severity::Error);
        if diagnostics.len() > MAX_FINDINGS {
            let span = diagnostics[MAX_FINDINGS].span;
            let message = format!("{} further errors are not shown", diagnostics.len() - MAX_FINDINGS);
            diagnostics.truncate(MAX_FINDINGS);
            diagnostics.push(Diagnostic::error(span, message));
        }
        return Err(diagnostics);
    }
    Ok(Reading { ir, notes: diagnostics })
}

/// The number of a constant expression, such as `log(0.2)`, as `ini` takes it.
///
/// # Errors
///
/// What is not constant, and where in the text.
///
/// # Examples
///
/// ```
/// assert_eq!(teorell::model::language::constant("2 * sqrt(9)"), Ok(6.0));
/// assert!(teorell::model::language::constant("cl / v").is_err());
/// ```
pub fn constant(text: &str) -> Result<f64, Diagnostic> {
    constant::value(&tree(text)?)
}

/// The syntax of one expression, for readers of other texts than models.
///
/// # Errors
///
/// What is no expression, and where in the text.
pub(crate) fn tree(text: &str) -> Result<Tree, Diagnostic> {
    let mut diagnostics = Vec::new();
    let statements = parser::parse(text, &mut diagnostics);
    if let Some(error) = diagnostics.into_iter().find(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(error);
    }
    let mut statements = statements.unwrap_or_default();
    match (statements.pop(), statements.is_empty()) {
        (Some(tree), true) => Ok(tree),
        _ => Err(Diagnostic::error(Span { start: 0, end: text.len() }, "this is not one expression")),
    }
}

/// Reads a model from the bytes of a file: [`read`] of their [`text_of`].
///
/// # Errors
///
/// As both; the text that places refer to is [`String::from_utf8_lossy`] of the bytes.
pub fn read_bytes(bytes: &[u8], fallback_name: &str) -> Result<Reading, Vec<Diagnostic>> {
    read(text_of(bytes)?, fallback_name)
}

/// The bytes of a file as text.
///
/// # Errors
///
/// Where they are not UTF-8, or that there are too many of them.
pub fn text_of(bytes: &[u8]) -> Result<&str, Vec<Diagnostic>> {
    if bytes.len() > MAX_BYTES {
        return Err(vec![too_large(bytes.len())]);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let start = error.valid_up_to();
            let wide = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
            let message = if wide {
                "the file is UTF-16".to_owned()
            } else {
                format!("byte 0x{:02X} is not UTF-8", bytes[start])
            };
            let help = "save the file as UTF-8 text";
            Err(vec![Diagnostic::error(Span { start, end: start + 1 }, message).with_help(help)])
        }
    }
}

fn too_large(bytes: usize) -> Diagnostic {
    Diagnostic::error(Span::default(), format!("the file has {bytes} bytes; a model has at most {MAX_BYTES}"))
        .with_help("is this the data instead of the model?")
}

//! Constant expressions: the numbers of `ini`, and of metadata.

use super::tree::{Argument, Operator, Tree, TreeNode};
use crate::engine::program::UnaryOp;
use crate::model::diagnostic::Diagnostic;
use std::f64::consts;

/// The numbers of a constant expression; several where it holds `c(...)`, over which arithmetic goes element by element.
///
/// # Errors
///
/// What is not constant, and where.
pub(super) fn values(tree: &Tree) -> Result<Vec<f64>, Diagnostic> {
    match &tree.node {
        TreeNode::Number(value) => Ok(vec![*value]),
        TreeNode::Logical(value) => Ok(vec![f64::from(u8::from(*value))]),
        TreeNode::Name(name) => match named(name) {
            Some(value) => Ok(vec![value]),
            None => Err(Diagnostic::error(tree.span, format!("`{name}` is not a number"))
                .with_help("only numbers and functions of numbers can stand here")),
        },
        TreeNode::Null => {
            Err(Diagnostic::error(tree.span, "a missing value cannot stand here").with_help("give it a number"))
        }
        TreeNode::Prefix(Operator::Subtract, operand) => Ok(values(operand)?.into_iter().map(|x| -x).collect()),
        TreeNode::Prefix(Operator::Add, operand) => values(operand),
        TreeNode::Infix(operator, left, right) => {
            let combine: fn(f64, f64) -> f64 = match operator {
                Operator::Add => |a, b| a + b,
                Operator::Subtract => |a, b| a - b,
                Operator::Multiply => |a, b| a * b,
                Operator::Divide => |a, b| a / b,
                Operator::Power => libm::pow,
                _ => return Err(not_constant(tree)),
            };
            element_by_element(tree, &values(left)?, &values(right)?, combine)
        }
        TreeNode::Call(..) => match tree.as_call() {
            Some((name, arguments)) => called(tree, name, arguments),
            None => Err(not_constant(tree)),
        },
        _ => Err(not_constant(tree)),
    }
}

/// The one number of a constant expression.
///
/// # Errors
///
/// As [`values`], and where there are several.
pub(super) fn value(tree: &Tree) -> Result<f64, Diagnostic> {
    match values(tree)?.as_slice() {
        [value] => Ok(*value),
        several => Err(Diagnostic::error(tree.span, format!("{} numbers where one belongs", several.len()))
            .with_help("give one number")),
    }
}

/// Constants that R or rxode2 know by name.
pub(super) fn named(name: &str) -> Option<f64> {
    Some(match name {
        "pi" | "M_PI" => consts::PI,
        "M_2PI" => consts::TAU,
        "M_PI_2" => consts::FRAC_PI_2,
        "M_PI_4" => consts::FRAC_PI_4,
        "M_1_PI" => consts::FRAC_1_PI,
        "M_2_PI" => consts::FRAC_2_PI,
        "M_E" => consts::E,
        "M_LN2" => consts::LN_2,
        "M_LN10" => consts::LN_10,
        "M_LOG2E" => consts::LOG2_E,
        "M_LOG10E" => consts::LOG10_E,
        "M_LOG10_2" => consts::LOG10_2,
        "M_SQRT2" => consts::SQRT_2,
        "M_SQRT1_2" => consts::FRAC_1_SQRT_2,
        _ => return None,
    })
}

fn not_constant(tree: &Tree) -> Diagnostic {
    Diagnostic::error(tree.span, "this is not a constant expression")
        .with_help("only numbers and functions of numbers can stand here")
}

fn element_by_element(
    tree: &Tree,
    left: &[f64],
    right: &[f64],
    combine: fn(f64, f64) -> f64,
) -> Result<Vec<f64>, Diagnostic> {
    match (left, right) {
        ([a], _) => Ok(right.iter().map(|&b| combine(*a, b)).collect()),
        (_, [b]) => Ok(left.iter().map(|&a| combine(a, *b)).collect()),
        _ if left.len() == right.len() => Ok(left.iter().zip(right).map(|(&a, &b)| combine(a, b)).collect()),
        _ => {
            let message = format!("{} numbers against {}", left.len(), right.len());
            Err(Diagnostic::error(tree.span, message).with_help("make both of the same length"))
        }
    }
}

fn called(tree: &Tree, name: &str, arguments: &[Argument]) -> Result<Vec<f64>, Diagnostic> {
    let mut evaluated = Vec::with_capacity(arguments.len());
    for (place, Argument { name: given, value }) in arguments.iter().enumerate() {
        let Some(argument) = value else {
            return Err(Diagnostic::error(tree.span, format!("`{name}` has an empty argument"))
                .with_help("remove the comma that is too many"));
        };
        let in_order = |given: &str| {
            matches!(
                (name, place, given),
                ("log", 1, "base") | ("expit" | "logit", 1, "low") | ("expit" | "logit", 2, "high")
            )
        };
        if let Some(given) = given.as_ref().filter(|given| !in_order(&given.text)) {
            return Err(Diagnostic::error(given.span, format!("`{name}` has an argument by name, `{} =`", given.text))
                .with_help("give the arguments in order, without names"));
        }
        evaluated.push(values(argument)?);
    }
    let one = |apply: &dyn Fn(f64) -> f64| evaluated[0].iter().map(|&x| apply(x)).collect();
    Ok(match (name, evaluated.as_slice()) {
        ("c", _) => evaluated.concat(),
        ("log", [x, base]) => element_by_element(tree, x, base, |x, base| libm::log(x) / libm::log(base))?,
        ("expit", [_, low, high]) => bounds(tree, low, high, |low, high| one(&|x| expit(x, low, high)))?,
        ("logit", [_, low, high]) => bounds(tree, low, high, |low, high| one(&|x| logit(x, low, high)))?,
        ("expit" | "plogis", [_]) => one(&|x| expit(x, 0.0, 1.0)),
        ("logit" | "qlogis", [_]) => one(&|x| logit(x, 0.0, 1.0)),
        (_, [_]) => match function(name) {
            Some(apply) => one(&apply),
            None => return Err(unknown(tree, name)),
        },
        _ => return Err(unknown(tree, name)),
    })
}

fn bounds(
    tree: &Tree,
    low: &[f64],
    high: &[f64],
    apply: impl Fn(f64, f64) -> Vec<f64>,
) -> Result<Vec<f64>, Diagnostic> {
    match (low, high) {
        ([low], [high]) => Ok(apply(*low, *high)),
        _ => Err(Diagnostic::error(tree.span, "each bound is one number").with_help("write `logit(x, low, high)`")),
    }
}

fn unknown(tree: &Tree, name: &str) -> Diagnostic {
    Diagnostic::error(tree.span, format!("`{name}()` cannot be evaluated here"))
        .with_help("write the number, or use log, exp, sqrt, expit, logit, + - * / ^ and c()")
}

fn expit(x: f64, low: f64, high: f64) -> f64 {
    low + (high - low) / (1.0 + libm::exp(-x))
}

fn logit(x: f64, low: f64, high: f64) -> f64 {
    let fraction = (x - low) / (high - low);
    libm::log(fraction / (1.0 - fraction))
}

fn function(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "exp" => libm::exp,
        "log" => libm::log,
        "log10" => libm::log10,
        "log2" => libm::log2,
        "log1p" => libm::log1p,
        "expm1" => libm::expm1,
        "sqrt" => f64::sqrt,
        "abs" => f64::abs,
        "probit" | "qnorm" => |x| UnaryOp::NormalQuantile.apply(x),
        "probitInv" | "phi" | "pnorm" => |x| UnaryOp::NormalCdf.apply(x),
        _ => return None,
    })
}

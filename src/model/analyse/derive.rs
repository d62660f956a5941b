//! Symbolic derivatives of nodes with respect to states, and the value of a linear expression where all states are 0.
//!
//! A derivative that is zero by structure is `None`, so that sparse systems stay sparse and `0 * x` never has to be simplified.

use super::graph::{Dependence, Graph, Id, Input, Term};
use crate::engine::program::{BinaryOp, UnaryOp};

/// d(root)/d(state) by root and state, those that are not 0 by structure. `None`: a function without a derivative among the operations of a
/// program (Γ) takes part.
pub(crate) fn jacobian(graph: &mut Graph, roots: &[Id]) -> Option<Vec<(usize, usize, Id)>> {
    let mut order = graph.cone(roots.iter().copied());
    order.retain(|&id| graph.dependence(id).on(Dependence::STATES));
    let mut partials: Vec<Option<Id>> = vec![None; graph.len()];
    let mut entries = Vec::new();
    for state in 0..roots.len() {
        for &id in &order {
            partials[id as usize] = partial(graph, id, state, &partials).ok()?;
        }
        for (row, &root) in roots.iter().enumerate() {
            if let Some(id) = partials[root as usize].filter(|&id| graph.value(id) != Some(0.0)) {
                entries.push((row, state, id));
            }
        }
    }
    entries.sort_unstable_by_key(|&(row, column, _)| (row, column));
    Some(entries)
}

/// Marks an operation whose derivative cannot be written.
struct NoDerivative;

fn partial(graph: &mut Graph, id: Id, state: usize, partials: &[Option<Id>]) -> Result<Option<Id>, NoDerivative> {
    let of = |operand: Id| partials[operand as usize];
    match graph.term(id) {
        Term::Input(Input::State(index)) if index == state => Ok(Some(graph.constant(1.0))),
        Term::Constant(_) | Term::Input(_) => Ok(None),
        Term::Unary(op, a) => match of(a) {
            None => Ok(None),
            Some(inner) => unary(graph, op, id, a, inner),
        },
        Term::Binary(BinaryOp::Pow, _, b) if of(b).is_some() => Err(NoDerivative),
        Term::Binary(_, a, b) if of(a).is_none() && of(b).is_none() => Ok(None),
        Term::Binary(op, a, b) => Ok(binary(graph, op, id, (a, of(a)), (b, of(b)))),
        Term::Select(condition, then, otherwise) => Ok(select(graph, condition, of(then), of(otherwise))),
    }
}

fn select(graph: &mut Graph, condition: Id, then: Option<Id>, otherwise: Option<Id>) -> Option<Id> {
    if then.is_none() && otherwise.is_none() {
        return None;
    }
    let zero = graph.constant(0.0);
    Some(graph.select(condition, then.unwrap_or(zero), otherwise.unwrap_or(zero)))
}

/// Chain rule: `value` is op(a), `inner` the derivative of a.
fn unary(graph: &mut Graph, op: UnaryOp, value: Id, a: Id, inner: Id) -> Result<Option<Id>, NoDerivative> {
    let one = graph.constant(1.0);
    let square = |graph: &mut Graph, x: Id| graph.mul(x, x);
    let derivative = match op {
        UnaryOp::Neg => return Ok(Some(graph.neg(inner))),
        UnaryOp::Exp => graph.mul(value, inner),
        UnaryOp::Ln => graph.div(inner, a),
        UnaryOp::ExpM1 => {
            let power = graph.add(value, one);
            graph.mul(power, inner)
        }
        UnaryOp::Ln1p => {
            let argument = graph.add(one, a);
            graph.div(inner, argument)
        }
        UnaryOp::Sqrt => {
            let two = graph.constant(2.0);
            let double = graph.mul(two, value);
            graph.div(inner, double)
        }
        UnaryOp::Abs => {
            let zero = graph.constant(0.0);
            let negative = graph.binary(BinaryOp::Less, a, zero);
            let minus = graph.neg(inner);
            graph.select(negative, minus, inner)
        }
        UnaryOp::Sin => {
            let cosine = graph.unary(UnaryOp::Cos, a);
            graph.mul(cosine, inner)
        }
        UnaryOp::Cos => {
            let sine = graph.unary(UnaryOp::Sin, a);
            let product = graph.mul(sine, inner);
            graph.neg(product)
        }
        UnaryOp::Tan | UnaryOp::Tanh => {
            let square = square(graph, value);
            let slope = if op == UnaryOp::Tan { graph.add(one, square) } else { graph.sub(one, square) };
            graph.mul(slope, inner)
        }
        UnaryOp::Asin | UnaryOp::Acos => {
            let square = square(graph, a);
            let rest = graph.sub(one, square);
            let root = graph.unary(UnaryOp::Sqrt, rest);
            let slope = graph.div(inner, root);
            if op == UnaryOp::Asin { slope } else { graph.neg(slope) }
        }
        UnaryOp::Atan => {
            let square = square(graph, a);
            let denominator = graph.add(one, square);
            graph.div(inner, denominator)
        }
        UnaryOp::Sinh | UnaryOp::Cosh => {
            let slope = graph.unary(if op == UnaryOp::Sinh { UnaryOp::Cosh } else { UnaryOp::Sinh }, a);
            graph.mul(slope, inner)
        }
        UnaryOp::NormalCdf | UnaryOp::NormalQuantile => {
            let density = normal_density(graph, if op == UnaryOp::NormalCdf { a } else { value });
            if op == UnaryOp::NormalCdf { graph.mul(density, inner) } else { graph.div(inner, density) }
        }
        UnaryOp::Floor | UnaryOp::Ceil | UnaryOp::Round | UnaryOp::Not => return Ok(None),
        UnaryOp::LnGamma | UnaryOp::Gamma => return Err(NoDerivative),
    };
    Ok(Some(derivative))
}

/// exp(-x²/2) / sqrt(2π)
fn normal_density(graph: &mut Graph, x: Id) -> Id {
    let square = graph.mul(x, x);
    let minus_half = graph.constant(-0.5);
    let exponent = graph.mul(minus_half, square);
    let power = graph.unary(UnaryOp::Exp, exponent);
    let scale = graph.constant(1.0 / std::f64::consts::TAU.sqrt());
    graph.mul(scale, power)
}

/// Sum, product, quotient and power rule; each operand comes with its derivative.
fn binary(
    graph: &mut Graph,
    op: BinaryOp,
    value: Id,
    (a, da): (Id, Option<Id>),
    (b, db): (Id, Option<Id>),
) -> Option<Id> {
    match op {
        BinaryOp::Add => sum(graph, da, db),
        BinaryOp::Sub => difference(graph, da, db),
        BinaryOp::Mul => {
            let left = da.map(|da| graph.mul(da, b));
            let right = db.map(|db| graph.mul(a, db));
            sum(graph, left, right)
        }
        // (a / b)' = (a' - (a / b) b') / b
        BinaryOp::Div => {
            let right = db.map(|db| graph.mul(value, db));
            let top = difference(graph, da, right)?;
            Some(graph.div(top, b))
        }
        // The exponent does not depend on the state: a power with such a one was written as an exponential.
        BinaryOp::Pow => {
            let da = da?;
            let one = graph.constant(1.0);
            let reduced = graph.sub(b, one);
            let power = graph.pow(a, reduced);
            let slope = graph.mul(b, power);
            Some(graph.mul(slope, da))
        }
        BinaryOp::Min | BinaryOp::Max => {
            let first = if op == BinaryOp::Min { (a, b) } else { (b, a) };
            let condition = graph.binary(BinaryOp::Less, first.0, first.1);
            select(graph, condition, da, db)
        }
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Equal | BinaryOp::And | BinaryOp::Or => None,
    }
}

fn sum(graph: &mut Graph, a: Option<Id>, b: Option<Id>) -> Option<Id> {
    match (a, b) {
        (Some(a), Some(b)) => Some(graph.add(a, b)),
        (a, b) => a.or(b),
    }
}

fn difference(graph: &mut Graph, a: Option<Id>, b: Option<Id>) -> Option<Id> {
    match (a, b) {
        (Some(a), Some(b)) => Some(graph.sub(a, b)),
        (None, Some(b)) => Some(graph.neg(b)),
        (a, None) => a,
    }
}

/// The roots where every state is 0; `None` is 0. Only for roots that are linear in the states.
pub(crate) fn at_zero(graph: &mut Graph, roots: &[Id]) -> Vec<Option<Id>> {
    let order = graph.cone(roots.iter().copied());
    let mut values: Vec<Option<Id>> = vec![None; graph.len()];
    for id in order {
        values[id as usize] = if graph.dependence(id).on(Dependence::STATES) {
            let of = |operand: Id| values[operand as usize];
            match graph.term(id) {
                Term::Constant(_) | Term::Input(_) => None,
                Term::Unary(UnaryOp::Neg, a) => of(a).map(|a| graph.neg(a)),
                Term::Unary(op, a) => {
                    let a = of(a).unwrap_or_else(|| graph.constant(0.0));
                    Some(graph.unary(op, a))
                }
                Term::Binary(BinaryOp::Add, a, b) => sum(graph, of(a), of(b)),
                Term::Binary(BinaryOp::Sub, a, b) => difference(graph, of(a), of(b)),
                Term::Binary(BinaryOp::Mul, a, b) => of(a).zip(of(b)).map(|(a, b)| graph.mul(a, b)),
                Term::Binary(op, a, b) => match (op, of(a)) {
                    (BinaryOp::Div, None) => None,
                    (_, a) => {
                        let zero = graph.constant(0.0);
                        Some(graph.binary(op, a.unwrap_or(zero), of(b).unwrap_or(zero)))
                    }
                },
                Term::Select(condition, then, otherwise) => {
                    let condition = of(condition).unwrap_or_else(|| graph.constant(0.0));
                    select(graph, condition, of(then), of(otherwise))
                }
            }
        } else {
            Some(id).filter(|&id| graph.value(id) != Some(0.0))
        };
    }
    roots.iter().map(|&root| values[root as usize]).collect()
}

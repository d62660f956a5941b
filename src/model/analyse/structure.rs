//! The shape of the right-hand side: symbolic Jacobian, linearity, smoothness.

use super::derive;
use super::graph::{Dependence, Graph, Id, Input, Term};
use crate::engine::program::{BinaryOp, Structure, UnaryOp};

/// What was found out about a right-hand side.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) structure: Structure,
    /// Why it is not a simpler one, as a clause.
    pub(crate) reason: String,
    /// Row, column, value; `None` where a derivative cannot be written.
    pub(crate) jacobian: Option<Vec<(usize, usize, Id)>>,
    /// Per state, for a linear one; else empty.
    pub(crate) inhomogeneous: Vec<Option<Id>>,
    /// Per state.
    pub(crate) only_integrates: Vec<bool>,
}

/// The shape of `derivatives`, one per state of `states`.
pub(crate) fn shape(graph: &mut Graph, derivatives: &[Id], states: &[String]) -> Shape {
    let only_integrates = only_integrates(graph, derivatives);
    let jacobian = derive::jacobian(graph, derivatives);
    let smoothness = not_smooth(graph, derivatives, states);
    let linearity = match &jacobian {
        None => Err("it has no symbolic derivative".to_owned()),
        Some(entries) => linearity(graph, entries, states),
    };
    let (structure, reason) = match (smoothness, linearity) {
        (Some(reason), _) => (Structure::NotSmooth, reason),
        (None, Err(reason)) => (Structure::Nonlinear, reason),
        (None, Ok(Some(reason))) => (Structure::LinearTimeVarying, reason),
        (None, Ok(None)) => {
            let forcing = derivatives.iter().position(|&id| graph.dependence(id).on(Dependence::TIME));
            match forcing {
                Some(row) => {
                    (Structure::LinearTimeVarying, format!("d/dt({}) has a term that changes with time", states[row]))
                }
                None => (
                    Structure::LinearConstant,
                    "the coefficients of every state are constant between events".to_owned(),
                ),
            }
        }
    };
    let linear = matches!(structure, Structure::LinearConstant | Structure::LinearTimeVarying);
    let inhomogeneous = if linear { derive::at_zero(graph, derivatives) } else { Vec::new() };
    Shape { structure, reason, jacobian, inhomogeneous, only_integrates }
}

/// States that no derivative reads.
fn only_integrates(graph: &Graph, derivatives: &[Id]) -> Vec<bool> {
    let mut only = vec![true; derivatives.len()];
    for id in graph.cone(derivatives.iter().copied()) {
        if let Term::Input(Input::State(state)) = graph.term(id) {
            only[state] = false;
        }
    }
    only
}

/// `Err`: nonlinear; `Ok(Some)`: linear with coefficients that change in time; the text says where.
fn linearity(graph: &Graph, entries: &[(usize, usize, Id)], states: &[String]) -> Result<Option<String>, String> {
    let place = |row: usize, column: usize| format!("the coefficient of {} in d/dt({})", states[column], states[row]);
    for &(row, column, id) in entries {
        if graph.dependence(id).on(Dependence::STATES) {
            return Err(format!("{} depends on the states", place(row, column)));
        }
    }
    let varying = entries.iter().find(|&&(_, _, id)| graph.dependence(id).on(Dependence::TIME));
    Ok(varying.map(|&(row, column, _)| format!("{} changes with time", place(row, column))))
}

/// The first operation on time or states that is not smooth or has no series, as a clause.
fn not_smooth(graph: &Graph, derivatives: &[Id], states: &[String]) -> Option<String> {
    let culprit = |roots: &[Id]| {
        graph.cone(roots.iter().copied()).into_iter().find_map(|id| Some((id, what_is_not_smooth(graph, id)?)))
    };
    culprit(derivatives)?;
    // Row by row, so that the reason can name the equation.
    let (row, (id, what)) = derivatives.iter().enumerate().find_map(|(row, &id)| Some((row, culprit(&[id])?)))?;
    let on = if graph.dependence(id).on(Dependence::STATES) { "the states" } else { "time" };
    Some(format!("d/dt({}) has {what} that depends on {on}", states[row]))
}

fn what_is_not_smooth(graph: &Graph, id: Id) -> Option<&'static str> {
    if !graph.dependence(id).is_continuous() {
        return None;
    }
    match graph.term(id) {
        Term::Constant(_) | Term::Input(_) => None,
        Term::Select(condition, _, _) => graph.dependence(condition).is_continuous().then_some("a condition"),
        Term::Unary(op, _) => match op {
            UnaryOp::Abs => Some("abs"),
            UnaryOp::Floor => Some("floor"),
            UnaryOp::Ceil => Some("ceiling"),
            UnaryOp::Round => Some("round"),
            UnaryOp::LnGamma => Some("lgamma"),
            UnaryOp::Gamma => Some("gamma"),
            UnaryOp::NormalCdf => Some("phi"),
            UnaryOp::NormalQuantile => Some("probit"),
            UnaryOp::Not => Some("a negation"),
            _ => None,
        },
        Term::Binary(op, _, exponent) => match op {
            BinaryOp::Min => Some("min"),
            BinaryOp::Max => Some("max"),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Equal => Some("a comparison"),
            BinaryOp::And | BinaryOp::Or => Some("a logical operation"),
            BinaryOp::Pow if graph.dependence(exponent).is_continuous() => Some("a power of a negative number"),
            _ => None,
        },
    }
}

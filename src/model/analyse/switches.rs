//! Times at which the right-hand side switches (`if (t > 24)`, `max(t - 2, 0)`): the integrator must stop there, or it may step over a short
//! pulse without seeing it.

use super::graph::{Graph, Id, Input, Term};
use crate::engine::program::{BinaryOp, UnaryOp};

/// slope * time + offset, both fixed between events; `None` is 0.
#[derive(Clone, Copy, Debug)]
struct Line {
    slope: Option<Id>,
    offset: Option<Id>,
}

/// The times at which a comparison, `min`, `max` or `abs` of lines in time switches, in order of first use.
pub(crate) fn switch_times(graph: &mut Graph, derivatives: &[Id]) -> Vec<Id> {
    let mut times = Vec::new();
    for id in graph.cone(derivatives.iter().copied()) {
        let difference = match graph.term(id) {
            Term::Unary(UnaryOp::Abs, a) => line(graph, a),
            Term::Binary(BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Min | BinaryOp::Max, a, b) => {
                line(graph, a).zip(line(graph, b)).map(|(a, b)| combine(graph, Graph::sub, a, b))
            }
            _ => None,
        };
        let Some(Line { slope: Some(slope), offset }) = difference else { continue };
        let zero = graph.constant(0.0);
        let minus_offset = graph.sub(zero, offset.unwrap_or(zero));
        let time = graph.div(minus_offset, slope);
        if !times.contains(&time) {
            times.push(time);
        }
    }
    times
}

/// A node as a line in time, if it is one.
fn line(graph: &mut Graph, id: Id) -> Option<Line> {
    if !graph.dependence(id).is_continuous() {
        return Some(Line { slope: None, offset: Some(id) });
    }
    match graph.term(id) {
        Term::Input(Input::Time) => Some(Line { slope: Some(graph.constant(1.0)), offset: None }),
        Term::Unary(UnaryOp::Neg, a) => {
            let nothing = Line { slope: None, offset: None };
            let a = line(graph, a)?;
            Some(combine(graph, Graph::sub, nothing, a))
        }
        Term::Binary(BinaryOp::Add, a, b) => {
            let (a, b) = (line(graph, a)?, line(graph, b)?);
            Some(combine(graph, Graph::add, a, b))
        }
        Term::Binary(BinaryOp::Sub, a, b) => {
            let (a, b) = (line(graph, a)?, line(graph, b)?);
            Some(combine(graph, Graph::sub, a, b))
        }
        Term::Binary(BinaryOp::Mul, a, b) => {
            let (factor, of) = if graph.dependence(a).is_continuous() { (b, a) } else { (a, b) };
            if graph.dependence(factor).is_continuous() {
                return None;
            }
            let of = line(graph, of)?;
            let mut scaled = |part: Option<Id>| part.map(|part| graph.mul(factor, part));
            Some(Line { slope: scaled(of.slope), offset: scaled(of.offset) })
        }
        _ => None,
    }
}

fn combine(graph: &mut Graph, operation: fn(&mut Graph, Id, Id) -> Id, a: Line, b: Line) -> Line {
    let mut parts = |a: Option<Id>, b: Option<Id>| {
        if a.is_none() && b.is_none() {
            return None;
        }
        let zero = graph.constant(0.0);
        let sum = operation(graph, a.unwrap_or(zero), b.unwrap_or(zero));
        Some(sum).filter(|&sum| graph.value(sum) != Some(0.0))
    };
    Line { slope: parts(a.slope, b.slope), offset: parts(a.offset, b.offset) }
}

//! On which scale thetas and etas enter: `exp(lcl + etalcl)` makes both logarithmic.

use super::graph::{Graph, Id, Input, Term};
use crate::engine::program::{BinaryOp, UnaryOp};

/// Scale on which a theta or an eta enters the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// As it is.
    #[default]
    Natural,
    /// Inside `exp()`.
    Log,
    /// Inside `expit()`.
    Logit,
}

/// Scales of the thetas and of the etas (with the theta each is added to).
#[derive(Clone, Debug, Default)]
pub(crate) struct Scales {
    pub(crate) thetas: Vec<Scale>,
    pub(crate) etas: Vec<(Scale, Option<usize>)>,
}

/// Finds the sums inside exponentials. `eta_inputs` says how each eta of the model reaches the graph.
pub(crate) fn scales(graph: &Graph, n_thetas: usize, eta_inputs: &[Input]) -> Scales {
    let mut scales =
        Scales { thetas: vec![Scale::Natural; n_thetas], etas: vec![(Scale::Natural, None); eta_inputs.len()] };
    for id in graph.ids() {
        let Term::Unary(UnaryOp::Exp, exponent) = graph.term(id) else { continue };
        // expit(x) is 1 / (1 + exp(-x)) by now.
        let (scale, sum) = match graph.term(exponent) {
            Term::Unary(UnaryOp::Neg, sum) | Term::Binary(BinaryOp::Sub, _, sum) if is_logistic(graph, id) => {
                (Scale::Logit, sum)
            }
            _ => (Scale::Log, exponent),
        };
        let mut terms = Vec::new();
        add_terms(graph, sum, &mut terms);
        let inputs = |wanted: fn(&Input) -> bool| {
            terms.iter().filter_map(move |&term| match graph.term(term) {
                Term::Input(input) if wanted(&input) => Some(input),
                _ => None,
            })
        };
        let mut first_theta = None;
        for input in inputs(|input| matches!(input, Input::Theta(_))) {
            if let Input::Theta(index) = input {
                scales.thetas[index] = scale;
                first_theta = first_theta.or(Some(index));
            }
        }
        for input in inputs(|input| matches!(input, Input::Eta(_) | Input::OccasionEta(_))) {
            if let Some(eta) = eta_inputs.iter().position(|known| *known == input) {
                scales.etas[eta] = (scale, first_theta);
            }
        }
    }
    scales
}

fn is_logistic(graph: &Graph, power: Id) -> bool {
    graph.ids().any(|id| match graph.term(id) {
        Term::Binary(BinaryOp::Add, a, b) => {
            (a == power && graph.value(b) == Some(1.0)) || (b == power && graph.value(a) == Some(1.0))
        }
        _ => false,
    })
}

fn add_terms(graph: &Graph, id: Id, terms: &mut Vec<Id>) {
    match graph.term(id) {
        Term::Binary(BinaryOp::Add, a, b) => {
            add_terms(graph, a, terms);
            add_terms(graph, b, terms);
        }
        Term::Binary(BinaryOp::Sub, a, _) => add_terms(graph, a, terms),
        _ => terms.push(id),
    }
}

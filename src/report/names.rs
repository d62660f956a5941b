//! How names of a model are typeset: `k12` as k with an index, `eta.cl` as η with an index.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::model::ir::{Expression, ModelIr, Node, Statement};

/// Letters by their names.
const GREEK: [(&str, &str); 22] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("Omega", "Ω"),
];

/// A name taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parts {
    base: String,
    index: String,
}

/// The names of a model, each with how it is typeset. No two look the same.
#[derive(Clone, Debug, Default)]
pub struct Names {
    parts: BTreeMap<String, Parts>,
}

impl Names {
    /// Of all names that a model mentions.
    pub fn of(ir: &ModelIr) -> Self {
        let mut all: Vec<&str> = Vec::new();
        all.extend(ir.thetas.iter().map(|theta| theta.name.text.as_str()));
        all.extend(ir.states.iter().map(|state| state.text.as_str()));
        in_statements(&ir.statements, &mut all);
        let etas: Vec<&str> = ir.etas.iter().map(|eta| eta.name.text.as_str()).collect();
        all.extend(&etas);
        let mut parts: BTreeMap<String, Parts> =
            all.into_iter().map(|name| (name.to_owned(), take_apart(name, etas.contains(&name)))).collect();
        let mut counts: BTreeMap<Parts, usize> = BTreeMap::new();
        for part in parts.values() {
            *counts.entry(part.clone()).or_default() += 1;
        }
        for (name, part) in &mut parts {
            if counts[part] > 1 {
                *part = Parts { base: name.clone(), index: String::new() };
            }
        }
        Self { parts }
    }

    /// Whether a name is typeset otherwise than it is written.
    pub fn differs(&self, name: &str) -> bool {
        self.parts.get(name).is_some_and(|parts| parts.base != name)
    }

    /// A name as MathML.
    pub fn typeset(&self, name: &str) -> Markup {
        let known = self.parts.get(name).cloned();
        let Parts { base, index } = known.unwrap_or_else(|| take_apart(name, false));
        html! {
            @if index.is_empty() { mi { (base) } } @else { msub { mi { (base) } mi { (index) } } }
        }
    }
}

fn in_statements<'a>(statements: &'a [Statement], found: &mut Vec<&'a str>) {
    for statement in statements {
        match statement {
            Statement::Assign { name, value, .. } | Statement::EventTime { name, value } => {
                found.push(&name.text);
                in_expression(value, found);
            }
            Statement::Derivative { value, .. }
            | Statement::Initial { value, .. }
            | Statement::DoseProperty { value, .. } => in_expression(value, found),
            Statement::If { branches, otherwise } => {
                for (condition, guarded) in branches {
                    in_expression(condition, found);
                    in_statements(guarded, found);
                }
                in_statements(otherwise, found);
            }
        }
    }
}

fn in_expression<'a>(expression: &'a Expression, found: &mut Vec<&'a str>) {
    match &expression.node {
        Node::Number(_) => {}
        Node::Name(name) => found.push(name),
        Node::Unary(_, operand) => in_expression(operand, found),
        Node::Binary(_, left, right) => {
            in_expression(left, found);
            in_expression(right, found);
        }
        Node::Call(_, arguments) => arguments.iter().for_each(|argument| in_expression(argument, found)),
    }
}

fn take_apart(name: &str, is_eta: bool) -> Parts {
    if name == "time" {
        return Parts { base: "t".to_owned(), index: String::new() };
    }
    let (base, index) = match name.split_once(['_', '.']).filter(|(base, index)| !base.is_empty() && !index.is_empty())
    {
        Some((base, index)) => (base, index.replace(['_', '.'], ",")),
        None => match name.strip_prefix("eta").filter(|rest| is_eta && !rest.is_empty()) {
            Some(rest) => ("eta", rest.to_owned()),
            None => {
                let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
                if letters.is_empty() { (name, String::new()) } else { (letters, name[letters.len()..].to_owned()) }
            }
        },
    };
    let base = GREEK.iter().find(|(word, _)| *word == base).map_or(base, |(_, letter)| *letter);
    Parts { base: base.to_owned(), index }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(name: &str, is_eta: bool) -> (String, String) {
        let Parts { base, index } = take_apart(name, is_eta);
        (base, index)
    }

    #[test]
    fn indices_follow_separators_and_letters() {
        let pair = |base: &str, index: &str| (base.to_owned(), index.to_owned());
        assert_eq!(parts("k12", false), pair("k", "12"));
        assert_eq!(parts("eta.cl", true), pair("η", "cl"));
        assert_eq!(parts("etalcl", true), pair("η", "lcl"));
        assert_eq!(parts("etalcl", false), pair("etalcl", ""));
        assert_eq!(parts("e_wt_cl", false), pair("e", "wt,cl"));
        assert_eq!(parts("WT", false), pair("WT", ""));
    }

    #[test]
    fn names_that_would_look_the_same_are_left_as_they_are() {
        let text = "m <- function() {\n  ini({ k_12 <- 1; k12 <- 2 })\n  model({\n    x <- k_12 + k12\n  })\n}\n";
        let ir = crate::model::language::read(text, "m").unwrap().ir;
        let names = Names::of(&ir);
        assert_eq!(names.typeset("k12").into_string(), "<mi>k12</mi>");
        assert_eq!(names.typeset("k_12").into_string(), "<mi>k_12</mi>");
    }
}

//! What a name can mean, and which known name a mistaken one was likely meant to be.

use std::collections::HashMap;

use super::statements::CovariateUse;
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{Metadata, ModelIr, Name, Span, Statement};

/// A name that the model declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    /// Index in the thetas.
    Theta(usize),
    /// Index in the model's etas.
    Eta(usize),
    /// Index in the states.
    State(usize),
}

/// Names of R and C that stand for numbers.
const CONSTANTS: [(&str, f64); 14] = [
    ("pi", std::f64::consts::PI),
    ("M_PI", std::f64::consts::PI),
    ("M_PI_2", std::f64::consts::FRAC_PI_2),
    ("M_PI_4", std::f64::consts::FRAC_PI_4),
    ("M_1_PI", std::f64::consts::FRAC_1_PI),
    ("M_2_PI", std::f64::consts::FRAC_2_PI),
    ("M_2_SQRTPI", std::f64::consts::FRAC_2_SQRT_PI),
    ("M_SQRT2", std::f64::consts::SQRT_2),
    ("M_SQRT1_2", std::f64::consts::FRAC_1_SQRT_2),
    ("M_E", std::f64::consts::E),
    ("M_LN2", std::f64::consts::LN_2),
    ("M_LN10", std::f64::consts::LN_10),
    ("M_LOG2E", std::f64::consts::LOG2_E),
    ("M_LOG10E", std::f64::consts::LOG10_E),
];

/// Value of a name such as `pi`.
pub(crate) fn constant(name: &str) -> Option<f64> {
    CONSTANTS.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
}

/// The names of a model.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    declared: HashMap<&'a str, Declared>,
    variables: HashMap<&'a str, usize>,
    /// Variables of the model block in order of first assignment.
    pub(crate) variable_names: Vec<&'a Name>,
    /// Whether each is an output.
    pub(crate) shown: Vec<bool>,
    covariate_data: Option<&'a [(Option<String>, Metadata)]>,
}

impl<'a> Names<'a> {
    /// Collects the names and reports those declared twice.
    pub(crate) fn collect(ir: &'a ModelIr, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut names = Self {
            declared: HashMap::new(),
            variables: HashMap::new(),
            variable_names: Vec::new(),
            shown: Vec::new(),
            covariate_data: ir.metadata.iter().find_map(|(name, value)| match value {
                Metadata::List(entries) if name == "covariateData" => Some(entries.as_slice()),
                _ => None,
            }),
        };
        let thetas = ir.thetas.iter().enumerate().map(|(i, theta)| (&theta.name, Declared::Theta(i)));
        let etas = ir.etas.iter().enumerate().map(|(i, eta)| (&eta.name, Declared::Eta(i)));
        let states = ir.states.iter().enumerate().map(|(i, state)| (state, Declared::State(i)));
        for (name, declared) in thetas.chain(etas).chain(states) {
            if names.declared.insert(&name.text, declared).is_some() {
                let message = format!("`{}` is declared twice", name.text);
                diagnostics.push(Diagnostic::error(name.span, message).with_help("rename one of the two"));
            }
        }
        names.collect_variables(&ir.statements);
        names
    }

    fn collect_variables(&mut self, statements: &'a [Statement]) {
        for statement in statements {
            match statement {
                Statement::Assign { name, output, .. } => self.collect_variable(name, *output),
                Statement::EventTime { name, .. } => self.collect_variable(name, true),
                Statement::If { branches, otherwise } => {
                    for (_, body) in branches {
                        self.collect_variables(body);
                    }
                    self.collect_variables(otherwise);
                }
                Statement::Derivative { .. } | Statement::Initial { .. } | Statement::DoseProperty { .. } => {}
            }
        }
    }

    /// A variable is shown when any of its assignments shows it.
    fn collect_variable(&mut self, name: &'a Name, output: bool) {
        let next = self.variable_names.len();
        let index = *self.variables.entry(&name.text).or_insert(next);
        if index == next {
            self.variable_names.push(name);
            self.shown.push(output);
        } else {
            self.shown[index] |= output;
        }
    }

    /// What `ini` and the derivatives say the name is.
    pub(crate) fn declared(&self, name: &str) -> Option<Declared> {
        self.declared.get(name).copied()
    }

    /// Index of a variable of the model block.
    pub(crate) fn variable(&self, name: &str) -> Option<usize> {
        self.variables.get(name).copied()
    }

    /// Index of a state.
    pub(crate) fn state(&self, name: &str) -> Option<usize> {
        match self.declared(name) {
            Some(Declared::State(state)) => Some(state),
            _ => None,
        }
    }

    /// What `covariateData` says of a name.
    pub(crate) fn covariate_data(&self, name: &str) -> Option<&'a Metadata> {
        let entry = |(key, _): &&(Option<String>, Metadata)| key.as_deref() == Some(name);
        self.covariate_data?.iter().find(entry).map(|(_, value)| value)
    }

    /// Whether the model lists its covariates at all.
    pub(crate) fn lists_covariates(&self) -> bool {
        self.covariate_data.is_some()
    }

    /// The known name that a mistaken one resembles.
    pub(crate) fn similar(&self, name: &str) -> Option<&'a str> {
        let declared = self.declared.keys().copied();
        let covariates = self.covariate_data.unwrap_or_default().iter().filter_map(|(key, _)| key.as_deref());
        nearest(name, declared.chain(self.variable_names.iter().map(|name| name.text.as_str())).chain(covariates))
    }

    /// "`x` is not a state", with a likely one or the list of states.
    pub(crate) fn no_such_state(&self, ir: &ModelIr, name: &str, span: Span) -> Diagnostic {
        let states = ir.states.iter().map(|state| state.text.as_str());
        let help = match nearest(name, states.clone()) {
            Some(state) => format!("did you mean `{state}`?"),
            None if ir.states.is_empty() => "the model has no states".to_owned(),
            None => format!("the states are {}", list(states)),
        };
        Diagnostic::error(span, format!("`{name}` is not a state of the model")).with_help(help)
    }
}

/// Reports names told how to run between records that are no covariates: what a record does not give does not run.
pub(crate) fn check_interpolation(ir: &ModelIr, covariates: &[CovariateUse], diagnostics: &mut Vec<Diagnostic>) {
    for (name, interpolation) in &ir.interpolation {
        if covariates.iter().any(|covariate| covariate.name == name.text) {
            continue;
        }
        let word = interpolation.as_str();
        let names = covariates.iter().map(|covariate| covariate.name.as_str());
        let help = match nearest(&name.text, names.clone()) {
            Some(covariate) => format!("did you mean `{covariate}`?"),
            None if covariates.is_empty() => "the model has no covariates: remove the line".to_owned(),
            None => format!("the covariates are {}", list(names)),
        };
        let message = format!("`{word}({})`: the equations take no covariate of this name", name.text);
        diagnostics.push(Diagnostic::error(name.span, message).with_help(help));
    }
}

/// The candidate nearest to `name`, if one is near enough to be what was meant: one edit per three letters,
/// case aside. Among equals the first in alphabetical order.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let allowed = name.chars().count() / 3;
    candidates
        .filter(|candidate| *candidate != name && candidate.chars().count() > 1)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `a`, `b`, `c`
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

//! From the statements of a model block to what each state, variable and endpoint is in the end.
//!
//! Statements are taken in order, so that a reassigned variable means its latest value. Both sides of an `if` are worked out and
//! joined by a selection. A variable that a side leaves without a value is NaN there, as in rxode2, whose variables
//! start as NA (rxode2 issue 654); a state without a derivative on a side keeps its amount there.

use std::collections::HashMap;

use super::graph::{Graph, Id, Input};
use super::names::{self, Names};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{DoseProperty, ErrorModel, Expression, Metadata, ModelIr, Name, Span, Statement, Transform};

/// The properties in the order in which [`Meaning::dose_properties`] keeps them.
pub(crate) const DOSE_PROPERTIES: [DoseProperty; 4] =
    [DoseProperty::Bioavailability, DoseProperty::Lag, DoseProperty::Duration, DoseProperty::Rate];

/// A covariate and where the model reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct CovariateUse {
    /// Name, as the data must spell it.
    pub name: String,
    /// Whether the model lists it in `covariateData`.
    pub declared: bool,
    /// `description` there.
    pub description: Option<String>,
    /// `units` there.
    pub unit: Option<String>,
    /// What is computed from it: a variable, `d/dt(state)` and the like, `if` for a condition.
    pub used_by: Vec<String>,
    /// Each place that reads it.
    pub places: Vec<Span>,
}

impl CovariateUse {
    /// Its unit; empty where the model says none, or `1`, which is how the language writes a number without a unit.
    #[must_use]
    pub fn unit_or_empty(&self) -> &str {
        self.unit.as_deref().filter(|unit| *unit != "1").unwrap_or_default()
    }
}

/// A name that divides something.
#[derive(Clone, Debug)]
pub(crate) struct Divisor {
    pub(crate) numerator: Id,
    pub(crate) divisor: Id,
    pub(crate) name: String,
}

/// Nodes of an endpoint.
#[derive(Clone, Debug)]
pub(crate) struct EndpointMeaning {
    pub(crate) prediction: Id,
    /// In the order of the fields of [`ErrorModel`].
    pub(crate) parameters: Vec<Id>,
}

/// A variable in the end.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Its last value.
    pub(crate) value: Id,
    /// Whether it is an output (`<-`, not `~`).
    pub(crate) shown: bool,
}

/// A model block as nodes.
#[derive(Debug)]
pub(crate) struct Meaning {
    pub(crate) graph: Graph,
    /// Variables in order of first assignment.
    pub(crate) variables: Vec<Variable>,
    /// Per state.
    pub(crate) derivatives: Vec<Id>,
    /// Per state.
    pub(crate) initials: Vec<Option<Id>>,
    /// Per state, by [`DOSE_PROPERTIES`].
    pub(crate) dose_properties: Vec<[Option<Id>; 4]>,
    pub(crate) event_times: Vec<Id>,
    /// One per endpoint of the model.
    pub(crate) endpoints: Vec<EndpointMeaning>,
    pub(crate) covariates: Vec<CovariateUse>,
    pub(crate) divisors: Vec<Divisor>,
    /// How each eta of the model reaches the graph.
    pub(crate) eta_inputs: Vec<Input>,
}

/// Works through a model block.
pub(crate) struct Translator<'a> {
    pub(super) ir: &'a ModelIr,
    pub(super) names: Names<'a>,
    pub(super) graph: Graph,
    /// Value of every slot at this place: variables, then derivatives, initial values and dose properties of the states, then event times.
    pub(super) values: Vec<Option<Id>>,
    pub(super) theta_used: Vec<bool>,
    pub(super) eta_used: Vec<bool>,
    /// How each eta of the model reaches the program.
    pub(super) eta_inputs: Vec<Input>,
    pub(super) divisors: Vec<Divisor>,
    covariates: Vec<CovariateUse>,
    covariate_index: HashMap<String, usize>,
    /// What the statement at hand computes.
    pub(super) target: String,
    event_times_met: usize,
    without_value: Vec<bool>,
    diagnostics: Vec<Diagnostic>,
}

/// Nodes of a model and what there is to say about it; the findings may hold errors.
pub(crate) fn translate(ir: &ModelIr) -> (Meaning, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let names = Names::collect(ir, &mut diagnostics);
    let (mut subject_etas, mut occasion_etas) = (0, 0);
    let eta_inputs = ir.etas.iter().map(|eta| {
        let (input, count): (fn(usize) -> Input, _) = match eta.level {
            None => (Input::Eta, &mut subject_etas),
            Some(_) => (Input::OccasionEta, &mut occasion_etas),
        };
        *count += 1;
        input(*count - 1)
    });
    let eta_inputs = eta_inputs.collect();
    let n_variables = names.variable_names.len();
    let slots = n_variables + ir.states.len() * (2 + DOSE_PROPERTIES.len()) + count_event_times(&ir.statements);
    let mut translator = Translator {
        ir,
        names,
        graph: Graph::default(),
        values: vec![None; slots],
        theta_used: vec![false; ir.thetas.len()],
        eta_used: vec![false; ir.etas.len()],
        eta_inputs,
        divisors: Vec::new(),
        covariates: Vec::new(),
        covariate_index: HashMap::new(),
        target: String::new(),
        event_times_met: 0,
        without_value: vec![false; n_variables],
        diagnostics,
    };
    translator.statements(&ir.statements);
    translator.finish()
}

fn count_event_times(statements: &[Statement]) -> usize {
    let count = |statement: &Statement| match statement {
        Statement::EventTime { .. } => 1,
        Statement::If { branches, otherwise } => {
            branches.iter().map(|(_, body)| count_event_times(body)).sum::<usize>() + count_event_times(otherwise)
        }
        _ => 0,
    };
    statements.iter().map(count).sum()
}

impl Translator<'_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn first_state_slot(&self) -> usize {
        self.names.variable_names.len()
    }

    fn derivative_slot(&self, state: usize) -> usize {
        self.first_state_slot() + state
    }

    fn initial_slot(&self, state: usize) -> usize {
        self.first_state_slot() + self.ir.states.len() + state
    }

    fn dose_slot(&self, property: usize, state: usize) -> usize {
        self.first_state_slot() + self.ir.states.len() * (2 + property) + state
    }

    fn first_event_time_slot(&self) -> usize {
        self.first_state_slot() + self.ir.states.len() * (2 + DOSE_PROPERTIES.len())
    }

    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Assign { name, value, .. } => {
                    self.assign(name, value);
                }
                Statement::EventTime { name, value } => {
                    let value = self.assign(name, value);
                    if self.graph.dependence(value).is_continuous() {
                        let message = format!("the event time `{}` changes with time or with the states", name.text);
                        let help =
                            "an event time must be known beforehand: compute it from parameters, covariates and doses";
                        self.report(Diagnostic::error(name.span, message).with_help(help));
                    }
                    let slot = self.first_event_time_slot() + self.event_times_met;
                    self.event_times_met += 1;
                    self.values[slot] = Some(value);
                }
                Statement::Derivative { state, value } => {
                    self.target = format!("d/dt({})", state.text);
                    let value = self.expression(value);
                    self.set_of_state(state, value, Self::derivative_slot);
                }
                Statement::Initial { state, value } => {
                    self.target = format!("{}(0)", state.text);
                    let value = self.expression(value);
                    self.set_of_state(state, value, Self::initial_slot);
                }
                Statement::DoseProperty { property, state, value } => {
                    self.target = format!("{}({})", property.as_str(), state.text);
                    let value = self.expression(value);
                    let position = DOSE_PROPERTIES.iter().position(|known| known == property);
                    let position = position.expect("every property is listed");
                    self.set_of_state(state, value, |translator, state| translator.dose_slot(position, state));
                }
                Statement::If { branches, otherwise } => self.conditional(branches, otherwise),
            }
        }
    }

    fn assign(&mut self, name: &Name, value: &Expression) -> Id {
        self.target.clone_from(&name.text);
        let value = self.expression(value);
        if self.names.state(&name.text).is_some() {
            let message = format!("the state `{}` cannot be assigned to", name.text);
            let help = format!("write `d/dt({0}) <- ...`, or `{0}(0) <- ...` for its initial value", name.text);
            self.report(Diagnostic::error(name.span, message).with_help(help));
        } else if matches!(name.text.as_str(), "time" | "t") {
            self.report(Diagnostic::error(name.span, "time cannot be assigned to").with_help("use another name"));
        }
        let slot = self.names.variable(&name.text).expect("every assigned name was collected");
        self.values[slot] = Some(value);
        value
    }

    fn set_of_state(&mut self, state: &Name, value: Id, slot: impl Fn(&Self, usize) -> usize) {
        match self.names.state(&state.text) {
            Some(index) => {
                let slot = slot(self, index);
                self.values[slot] = Some(value);
            }
            None => self.report(self.names.no_such_state(self.ir, &state.text, state.span)),
        }
    }

    fn conditional(&mut self, branches: &[(Expression, Vec<Statement>)], otherwise: &[Statement]) {
        let before = self.values.clone();
        let mut sides = Vec::with_capacity(branches.len());
        for (condition, body) in branches {
            "a condition".clone_into(&mut self.target);
            let condition = self.expression(condition);
            self.statements(body);
            sides.push((condition, std::mem::replace(&mut self.values, before.clone())));
        }
        self.statements(otherwise);
        for (condition, side) in sides.into_iter().rev() {
            for (slot, then) in side.into_iter().enumerate() {
                let otherwise = self.values[slot];
                if then == otherwise {
                    continue;
                }
                let then = then.unwrap_or_else(|| self.missing(slot));
                let otherwise = otherwise.unwrap_or_else(|| self.missing(slot));
                self.values[slot] = Some(self.graph.select(condition, then, otherwise));
            }
        }
    }

    /// What a slot is on the side of an `if` that does not set it.
    fn missing(&mut self, slot: usize) -> Id {
        let n_states = self.ir.states.len();
        let value = match slot.checked_sub(self.first_state_slot()) {
            None => {
                self.without_value[slot] = true;
                f64::NAN
            }
            Some(slot) if slot < 2 * n_states => 0.0,
            Some(slot) => match DOSE_PROPERTIES.get(slot / n_states.max(1) - 2) {
                Some(DoseProperty::Bioavailability) => 1.0,
                Some(DoseProperty::Lag) => 0.0,
                Some(DoseProperty::Duration | DoseProperty::Rate) | None => f64::NAN,
            },
        };
        self.graph.constant(value)
    }

    /// A name that nothing gives: the data or the cohort must.
    pub(super) fn covariate(&mut self, name: &str, span: Span) -> Id {
        let index = match self.covariate_index.get(name) {
            Some(&index) => index,
            None => {
                let index = self.covariates.len();
                self.covariate_index.insert(name.to_owned(), index);
                let entry = self.names.covariate_data(name);
                let text = |key: &str| match entry {
                    Some(Metadata::List(entries)) => entries.iter().find_map(|(name, value)| match value {
                        Metadata::Text(text) if name.as_deref() == Some(key) => Some(text.clone()),
                        _ => None,
                    }),
                    Some(Metadata::Text(text)) if key == "description" => Some(text.clone()),
                    _ => None,
                };
                let covariate = CovariateUse {
                    name: name.to_owned(),
                    declared: entry.is_some(),
                    description: text("description"),
                    unit: text("units").or_else(|| text("unit")),
                    used_by: Vec::new(),
                    places: Vec::new(),
                };
                self.covariates.push(covariate);
                self.note_undeclared(name, span);
                index
            }
        };
        let covariate = &mut self.covariates[index];
        covariate.places.push(span);
        if !covariate.used_by.contains(&self.target) {
            covariate.used_by.push(self.target.clone());
        }
        self.graph.input(Input::Covariate(index))
    }

    fn note_undeclared(&mut self, name: &str, span: Span) {
        if self.names.covariate_data(name).is_some() || self.names.variable(name).is_some() {
            return;
        }
        let similar = self.names.similar(name);
        let like_an_eta = name.len() > 3 && name.to_ascii_lowercase().starts_with("eta");
        if like_an_eta && similar.is_none() {
            let message = format!("`{name}` has no variance in `ini`, so it is taken as a covariate");
            let help = format!("a random effect is declared there: `{name} ~ 0.09`");
            return self.report(Diagnostic::note(span, message).with_help(help));
        }
        if similar.is_none() && !self.names.lists_covariates() {
            return;
        }
        let message = format!("nothing in the model gives `{name}`, so it is taken as a covariate");
        let help = match similar {
            Some(similar) => format!("did you mean `{similar}`? otherwise the data or the cohort must give `{name}`"),
            None => format!("the data or the cohort must give `{name}`; list it in covariateData"),
        };
        self.report(Diagnostic::note(span, message).with_help(help));
    }

    /// Endpoints and the last findings.
    fn finish(mut self) -> (Meaning, Vec<Diagnostic>) {
        let ir = self.ir;
        let endpoints =
            ir.endpoints.iter().map(|endpoint| self.endpoint(&endpoint.prediction, &endpoint.error)).collect();
        let nan = self.graph.constant(f64::NAN);
        let mut variables = Vec::new();
        for (index, name) in self.names.variable_names.clone().into_iter().enumerate() {
            if self.without_value[index] {
                let message = format!("`{}` has no value where none of the conditions that set it holds", name.text);
                let help = format!(
                    "what is computed from it fails there; set `{}` before the `if`, or in an `else`",
                    name.text
                );
                self.report(Diagnostic::note(name.span, message).with_help(help));
            }
            let value = self.values[index].unwrap_or(nan);
            variables.push(Variable { name: name.text.clone(), value, shown: self.names.shown[index] });
        }
        let zero = self.graph.constant(0.0);
        let mut derivatives = Vec::new();
        for (index, state) in ir.states.iter().enumerate() {
            derivatives.push(self.values[self.derivative_slot(index)].unwrap_or_else(|| {
                let message =
                    format!("the state `{}` has no derivative, so its amount changes by doses only", state.text);
                self.diagnostics.push(
                    Diagnostic::note(state.span, message).with_help(format!("write `d/dt({}) <- ...`", state.text)),
                );
                zero
            }));
        }
        self.note_unused();
        let states = 0..ir.states.len();
        let meaning = Meaning {
            initials: states.clone().map(|state| self.values[self.initial_slot(state)]).collect(),
            dose_properties: states
                .map(|state| std::array::from_fn(|property| self.values[self.dose_slot(property, state)]))
                .collect(),
            event_times: self.values[self.first_event_time_slot()..].iter().flatten().copied().collect(),
            derivatives,
            variables,
            endpoints,
            graph: self.graph,
            covariates: self.covariates,
            divisors: self.divisors,
            eta_inputs: self.eta_inputs,
        };
        let mut diagnostics = self.diagnostics;
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
        (meaning, diagnostics)
    }

    fn endpoint(&mut self, prediction: &Name, error: &ErrorModel) -> EndpointMeaning {
        self.target = format!("the error of {}", prediction.text);
        let known = match self.names.variable(&prediction.text) {
            Some(variable) => self.values[variable],
            None => self.names.state(&prediction.text).map(|state| self.graph.input(Input::State(state))),
        };
        let prediction = known.unwrap_or_else(|| {
            let message = format!("the endpoint `{}` is not a variable or state of the model", prediction.text);
            let outputs = self.names.variable_names.iter().map(|name| name.text.as_str());
            let help = match names::nearest(
                &prediction.text,
                outputs.chain(self.ir.states.iter().map(|state| state.text.as_str())),
            ) {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => format!("assign `{}` before it is observed", prediction.text),
            };
            self.report(Diagnostic::error(prediction.span, message).with_help(help));
            self.graph.constant(f64::NAN)
        });
        let parameters = error_expressions(error).into_iter().map(|parameter| self.expression(parameter)).collect();
        EndpointMeaning { prediction, parameters }
    }

    fn note_unused(&mut self) {
        let ir = self.ir;
        for (theta, _) in ir.thetas.iter().zip(&self.theta_used).filter(|(_, used)| !**used) {
            let message = format!("the parameter `{}` is not used", theta.name.text);
            self.diagnostics.push(Diagnostic::note(theta.name.span, message));
        }
        for (eta, _) in ir.etas.iter().zip(&self.eta_used).filter(|(_, used)| !**used) {
            let message = format!("the random effect `{}` is not used", eta.name.text);
            self.diagnostics.push(Diagnostic::note(eta.name.span, message));
        }
    }
}

/// The expressions of an error model in the order of its fields.
fn error_expressions(error: &ErrorModel) -> Vec<&Expression> {
    match error {
        ErrorModel::Continuous { additive, proportional, transform, degrees_of_freedom, .. } => {
            let (sd, exponent) = match proportional {
                Some((sd, exponent)) => (Some(sd), exponent.as_ref()),
                None => (None, None),
            };
            let lambda = match transform {
                Transform::BoxCox(lambda) | Transform::YeoJohnson(lambda) => Some(lambda),
                Transform::Identity | Transform::Log | Transform::Logit { .. } | Transform::Probit { .. } => None,
            };
            additive.iter().chain(sd).chain(exponent).chain(lambda).chain(degrees_of_freedom).collect()
        }
        ErrorModel::Poisson(rate) => vec![rate],
        ErrorModel::Binomial(trials, probability) => vec![trials, probability],
        ErrorModel::Ordinal(probabilities) => probabilities.iter().collect(),
        ErrorModel::None => Vec::new(),
    }
}

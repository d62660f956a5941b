//! From the intermediate representation to a program: names, phases, derivatives, structure.
//!
//! `statements.rs` and `expressions.rs` turn the model block into nodes of one graph (`graph.rs`); `derive.rs` and `structure.rs` work out the
//! Jacobian and the shape of the right-hand side, `switches.rs` the times at which it switches; `emit.rs` puts every node into the earliest block that can compute it.
//!
//! Where tools differ: a statement is evaluated continuously in time unless it depends on nothing that changes (so an `if` on time switches when
//! its time comes, not at the next record); covariates and what is known of doses change at records only; `tad()`, `podo()` and
//! their like are NaN before the first dose, and so is a variable that no branch taken has set.

mod derive;
mod emit;
mod expressions;
mod graph;
mod names;
mod omega;
mod scale;
mod statements;
mod structure;
mod switches;

use super::diagnostic::{Diagnostic, Severity};
use super::ir::{ErrorModel, ModelIr, Span};
use super::{CompiledEndpoint, ModelOptions, Output, Parameter};
use crate::engine::program::{BinaryOp, ExposureTarget, Program};
use emit::Roots;
use graph::{Dependence, Graph, Id, Input, Term};
pub(crate) use names::nearest;
pub use scale::Scale;
use scale::Scales;
pub use statements::CovariateUse;
use statements::{Meaning, Variable};

/// When a value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// While the model is read.
    Constant,
    /// Once per subject.
    Subject,
    /// At every record that changes a covariate, the occasion or the last dose.
    Record,
    /// Whenever time or the states have moved.
    Continuous,
}

impl Phase {
    fn of(dependence: Dependence) -> Self {
        if dependence.is_continuous() {
            Self::Continuous
        } else if dependence.on(Dependence::RECORD) {
            Self::Record
        } else if dependence.on(Dependence::SUBJECT) {
            Self::Subject
        } else {
            Self::Constant
        }
    }
}

/// All that is known of a model after analysis.
#[derive(Clone, Debug)]
pub(crate) struct Analysis {
    pub(crate) program: Program,
    pub(crate) covariates: Vec<CovariateUse>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) endpoints: Vec<CompiledEndpoint>,
    pub(crate) parameters: Vec<Parameter>,
    /// Variables of the model block and when each is computed.
    pub(crate) phases: Vec<(String, Phase)>,
    pub(crate) scales: Scales,
    /// Why the structure is not a simpler one.
    pub(crate) reason: String,
    pub(crate) notes: Vec<Diagnostic>,
}

/// Names a concentration goes by where a model declares no endpoint.
const CONCENTRATION_NAMES: [&str; 6] = ["Cc", "cp", "Cp", "CP", "cc", "conc"];

/// Analyses a model and compiles it.
///
/// # Errors
///
/// Everything that keeps the model from running, with notes among it.
pub(crate) fn analyse(ir: &ModelIr, options: &ModelOptions) -> Result<Analysis, Vec<Diagnostic>> {
    let (mut meaning, mut diagnostics) = statements::translate(ir);
    diagnostics.extend(omega::check(ir));
    names::check_interpolation(ir, &meaning.covariates, &mut diagnostics);
    let mut states: Vec<String> = ir.states.iter().map(|state| state.text.clone()).collect();
    let wanted = wanted_outputs(ir, &mut meaning, options, &mut diagnostics);
    let exposure = exposure_variable(ir, &mut meaning, options, &mut diagnostics);
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(diagnostics);
    }

    let mut roots = Roots {
        n_thetas: ir.thetas.len(),
        n_etas: ir.etas.iter().filter(|eta| eta.level.is_none()).count(),
        n_covariates: meaning.covariates.len(),
        n_occasion_etas: ir.etas.iter().filter(|eta| eta.level.is_some()).count(),
        outputs: wanted.iter().map(|&(_, id)| id).collect(),
        event_times: std::mem::take(&mut meaning.event_times),
        ..Roots::default()
    };
    roots.derivatives.clone_from(&meaning.derivatives);
    roots.initials.clone_from(&meaning.initials);
    roots.dose_properties.clone_from(&meaning.dose_properties);
    let mut output_index = |id: Id| match roots.outputs.iter().position(|&known| known == id) {
        Some(index) => index,
        None => {
            roots.outputs.push(id);
            roots.outputs.len() - 1
        }
    };
    let endpoints = (ir.endpoints.iter().zip(&meaning.endpoints))
        .map(|(endpoint, nodes)| CompiledEndpoint {
            name: endpoint.condition.as_ref().unwrap_or(&endpoint.prediction).text.clone(),
            prediction: output_index(nodes.prediction),
            error: endpoint.error.clone(),
            parameters: nodes.parameters.iter().map(|&id| output_index(id)).collect(),
        })
        .collect();
    let exposure = exposure.map(|(name, id)| {
        let target = ExposureTarget { output: output_index(id), auc_state: states.len() };
        states.push(format!("auc_{name}"));
        roots.derivatives.push(id);
        roots.initials.push(None);
        roots.dose_properties.push([None; 4]);
        target
    });

    let shape = structure::shape(&mut meaning.graph, &roots.derivatives, &states);
    for time in switches::switch_times(&mut meaning.graph, &roots.derivatives) {
        if !roots.event_times.contains(&time) {
            roots.event_times.push(time);
        }
    }
    roots.jacobian = shape.jacobian;
    roots.inhomogeneous = shape.inhomogeneous;
    roots.only_integrates = shape.only_integrates;
    roots.structure = shape.structure;
    roots.must_be_positive = must_be_positive(&meaning, &roots.derivatives);
    let is_fixed =
        |variable: &&Variable| matches!(phase(&meaning.graph, variable.value), Phase::Subject | Phase::Record);
    let fixed: Vec<&Variable> = meaning.variables.iter().filter(|variable| variable.shown).filter(is_fixed).collect();
    roots.fixed = fixed.iter().map(|variable| variable.value).collect();

    let (mut program, registers) = emit::emit(&meaning.graph, &roots);
    program.exposure = exposure;
    let outputs: Vec<Output> =
        wanted.iter().map(|(name, id)| Output { name: name.clone(), unit: unit(ir, name, &meaning, *id) }).collect();
    let parameters = fixed.iter().zip(registers).map(|(variable, register)| Parameter {
        name: variable.name.clone(),
        unit: unit(ir, &variable.name, &meaning, variable.value),
        register,
        output: outputs.iter().position(|output| output.name == variable.name),
    });
    Ok(Analysis {
        parameters: parameters.collect(),
        phases: meaning
            .variables
            .iter()
            .map(|variable| (variable.name.clone(), phase(&meaning.graph, variable.value)))
            .collect(),
        scales: scale::scales(&meaning.graph, ir.thetas.len(), &meaning.eta_inputs),
        program,
        covariates: meaning.covariates,
        outputs,
        endpoints,
        reason: shape.reason,
        notes: diagnostics,
    })
}

fn phase(graph: &Graph, id: Id) -> Phase {
    Phase::of(graph.dependence(id))
}

/// Variables, then states; or those that the options name.
fn wanted_outputs(
    ir: &ModelIr,
    meaning: &mut Meaning,
    options: &ModelOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(String, Id)> {
    let shown = meaning.variables.iter().filter(|variable| variable.shown || options.outputs.is_some());
    let mut all: Vec<(String, Id)> = shown.map(|variable| (variable.name.clone(), variable.value)).collect();
    for (index, state) in ir.states.iter().enumerate() {
        all.push((state.text.clone(), meaning.graph.input(Input::State(index))));
    }
    let Some(wanted) = &options.outputs else {
        return all;
    };
    let mut outputs = Vec::with_capacity(wanted.len());
    for name in wanted {
        match all.iter().find(|(known, _)| known == name) {
            Some(output) => outputs.push(output.clone()),
            None => diagnostics.push(no_such_output(name, all.iter().map(|(name, _)| name.as_str()))),
        }
    }
    outputs
}

fn no_such_output<'a>(name: &str, outputs: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let help = match nearest(name, outputs.clone()) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!("the outputs are {}", names::list(outputs)),
    };
    Diagnostic::error(Span::default(), format!("the model has no output `{name}`")).with_help(help)
}

/// The output whose integral is added to the states: the one the options name, else the first continuous endpoint, else a usual name.
fn exposure_variable(
    ir: &ModelIr,
    meaning: &mut Meaning,
    options: &ModelOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(String, Id)> {
    let state = |meaning: &mut Meaning, name: &str| {
        let index = ir.states.iter().position(|state| state.text == name)?;
        Some((name.to_owned(), meaning.graph.input(Input::State(index))))
    };
    let variable = |meaning: &Meaning, name: &str| {
        let found = meaning.variables.iter().find(|variable| variable.name == name)?;
        Some((found.name.clone(), found.value))
    };
    if let Some(name) = &options.exposure {
        let found = variable(meaning, name).or_else(|| state(meaning, name));
        if found.is_none() {
            let outputs = meaning.variables.iter().map(|variable| variable.name.as_str());
            diagnostics.push(no_such_output(name, outputs.chain(ir.states.iter().map(|state| state.text.as_str()))));
        }
        return found;
    }
    let is_continuous = |error: &ErrorModel| matches!(error, ErrorModel::Continuous { .. } | ErrorModel::None);
    let endpoint = ir.endpoints.iter().position(|endpoint| is_continuous(&endpoint.error));
    match endpoint {
        Some(index) => Some((ir.endpoints[index].prediction.text.clone(), meaning.endpoints[index].prediction)),
        None => CONCENTRATION_NAMES.iter().find_map(|name| variable(meaning, name)),
    }
}

/// Values by name that divide the states somewhere in the right-hand side: volumes, in a word. A rate constant may be negative without
/// making nonsense of the equations, and a difference written in place (`ka - ke`) often is; neither is asked to be positive.
fn must_be_positive(meaning: &Meaning, derivatives: &[Id]) -> Vec<(Id, String)> {
    let graph = &meaning.graph;
    let divisors: Vec<Id> = (graph.cone(derivatives.iter().copied()).into_iter())
        .filter_map(|id| match graph.term(id) {
            // A state divided by a fixed value was written as a product with its reciprocal.
            Term::Binary(BinaryOp::Div, one, divisor) if graph.value(one) == Some(1.0) => Some(divisor),
            _ => None,
        })
        .collect();
    let mut found: Vec<(Id, String)> = Vec::new();
    for candidate in &meaning.divisors {
        let id = candidate.divisor;
        let divides_states = graph.dependence(candidate.numerator).on(Dependence::STATES) && divisors.contains(&id);
        let is_fixed = matches!(phase(graph, id), Phase::Subject | Phase::Record);
        if divides_states && is_fixed && found.iter().all(|&(known, _)| known != id) {
            found.push((id, candidate.name.clone()));
        }
    }
    found
}

/// Unit of an output, as far as the model says it.
fn unit(ir: &ModelIr, name: &str, meaning: &Meaning, id: Id) -> Option<String> {
    if meaning.endpoints.iter().any(|endpoint| endpoint.prediction == id) {
        return ir.units.concentration.clone();
    }
    if ir.states.iter().any(|state| state.text == name) {
        return ir.units.dosing.clone();
    }
    super::labels::unit_of_variable(ir, name)
}

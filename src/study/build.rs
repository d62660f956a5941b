//! From a study as written to a design that can be run: everything is checked against everything else.

use super::Plan;
use super::data::DataRun;
use super::error::{Problem, StudyError};
use super::model_text::ModelText;
use super::sampling;
use super::source::Source;
use super::spec::{ArmSpec, Quantity, StudySpec};
use super::target::{self, Target};
use crate::cohort::streams::Streams;
use crate::cohort::{Cohort, CohortError, CohortSpec};
use crate::engine::Tolerance;
use crate::model::ir::ModelIr;
use crate::model::{Model, ModelOptions, language};
use crate::regimen::course::Course;
use crate::regimen::cycles::Regimen;
use crate::regimen::dosing::{DoseTarget, RegimenError};
use crate::simulate::{Arm, Design, Prescription, Sampling, Setup};
use crate::units::TimeUnit;

/// The model of a study as its text says it, before the study changes parameters: the same at all points of a sweep.
#[derive(Debug)]
pub(super) struct Compiled {
    pub model: Model,
    pub text: ModelText,
}

/// Smallest relative tolerance: some hundred roundings of a number of double precision, which a step adds up.
const LEAST_RTOL: f64 = 1e-13;

/// What a study simulates, and what it aims at.
pub(super) fn plan(spec: &StudySpec, source: &Source, compiled: &Compiled) -> Result<(Plan, Vec<Target>), StudyError> {
    let at = |problem: Problem, path: &[&str]| StudyError::new(problem, Some(source.place_of(path)));
    let model = with_parameters(compiled.model.clone(), spec, source)?;
    let unit = time_unit(&model);
    let grid = sampling::times(&spec.sampling.grid, unit).map_err(|(index, problem)| {
        let key = match problem {
            Problem::Grid { by, .. } if by > 0.0 => "to",
            _ => "by",
        };
        at(problem, &["sampling", "grid", &(index + 1).to_string(), key])
    })?;
    let default = Tolerance::default();
    let tolerance =
        Tolerance { rtol: spec.solver.rtol.unwrap_or(default.rtol), atol: spec.solver.atol.unwrap_or(default.atol) };
    let Tolerance { rtol, atol } = tolerance;
    for (key, value, is_large_enough, expected) in [
        ("rtol", rtol, rtol >= LEAST_RTOL, "1e-13 or more and below 1, for double precision cannot give more"),
        ("atol", atol, atol > 0.0, "a number above 0 and below 1"),
    ] {
        if !(is_large_enough && value < 1.0) {
            return Err(at(Problem::OutOfRange { key, value, expected }, &["solver", key]));
        }
    }
    let (targets, levels) = target::targets(spec, source, &model)?;
    let setup = Setup {
        model,
        solver: spec.solver.choice.into(),
        tolerance,
        streams: Streams::new(spec.seed.0),
        residual: spec.residual.on,
        typical: spec.typical,
        parameters: spec.outputs.subjects,
        levels,
    };
    let plan = match (&spec.data, &spec.cohort) {
        (Some(data), _) if data.path.as_os_str().is_empty() => return Err(at(Problem::DataWithoutPath, &["data"])),
        (Some(_), Some(_)) => return Err(at(Problem::DataAndMore { key: "cohort" }, &["data"])),
        (Some(_), None) if !spec.arm.is_empty() => return Err(at(Problem::DataAndMore { key: "[arm]" }, &["data"])),
        (Some(data), None) => {
            let run = DataRun::new(data, setup, grid, unit, &source.folder).map_err(|problem| {
                let place = match &problem {
                    Problem::OccasionOnALine { column } => source.place_of(&["data", "covariate", column]),
                    _ => source.place_of(&["data"]),
                };
                StudyError::new(problem, Some(place))
            })?;
            Plan::Data(Box::new(run))
        }
        (None, Some(cohort)) => Plan::Cohort(Box::new(design(spec, cohort, source, setup, grid)?)),
        (None, None) => return Err(at(Problem::Nobody, &[])),
    };
    Ok((plan, targets))
}

fn design(
    spec: &StudySpec,
    cohort: &CohortSpec,
    source: &Source,
    setup: Setup,
    grid: Vec<f64>,
) -> Result<Design, StudyError> {
    let at = |problem: Problem, path: &[&str]| StudyError::new(problem, Some(source.place_of(path)));
    let cohort = Cohort::new(cohort, &source.folder).map_err(|cause| {
        let path = cohort_path(&cause);
        at(cause.into(), &path.iter().map(String::as_str).collect::<Vec<_>>())
    })?;
    let uses = setup.model.covariate_uses().iter();
    let missing: Vec<_> = uses.filter(|used| !gives(&cohort, &used.name)).cloned().collect();
    if !missing.is_empty() {
        let given = cohort.names().to_vec();
        return Err(at(Problem::MissingCovariates { missing, given }, &["cohort"]));
    }
    let sampling = Sampling { grid, peaks: spec.sampling.peaks, troughs: spec.sampling.troughs };
    let selected = selected(spec).map_err(|problem| at(problem, &["arms"]))?;
    let mut arms: Vec<Arm> = Vec::with_capacity(spec.arm.len());
    for (index, arm) in spec.arm.iter().enumerate() {
        let number = (index + 1).to_string();
        if arm.name.trim().is_empty() || arm.name.contains(char::is_control) {
            return Err(at(Problem::ArmName { name: arm.name.clone() }, &["arm", &number, "name"]));
        }
        if spec.arm[..index].iter().any(|other| other.name == arm.name) {
            return Err(at(Problem::DuplicateArm { name: arm.name.clone() }, &["arm", &number, "name"]));
        }
        if !selected.contains(&arm.name.as_str()) {
            continue;
        }
        let prescription = prescription(arm, &setup.model, time_unit(&setup.model)).map_err(|(problem, key)| {
            let mut path = vec!["arm".to_owned(), number.clone(), key.to_owned()];
            path.extend(regimen_path(&problem));
            at(problem, &path.iter().map(String::as_str).collect::<Vec<_>>())
        })?;
        if let Some(covariate) = prescription.per().filter(|per| !gives(&cohort, per)) {
            let key = if arm.regimen.is_some() { "regimen" } else { "course" };
            let problem = Problem::Regimen(RegimenError::UnknownSize { covariate: covariate.to_owned() });
            return Err(at(problem, &["arm", &number, key, "per"]));
        }
        arms.push(Arm {
            name: arm.name.clone(),
            label: arm.label.clone().unwrap_or_else(|| arm.name.clone()),
            prescription,
            sampling: sampling.clone(),
        });
    }
    Ok(Design { setup, cohort, arms })
}

pub(super) fn compiled(spec: &StudySpec, source: &Source) -> Result<Compiled, StudyError> {
    let at = |problem: Problem, path: &[&str]| StudyError::new(problem, Some(source.place_of(path)));
    let text = ModelText::find(&spec.model, &source.folder).map_err(|problem| at(problem, &["model"]))?;
    let options = |ir: &ModelIr| ModelOptions {
        exposure: spec.outputs.exposure_of.clone(),
        // A data set is answered as other tools answer it: by everything that the model says.
        outputs: spec.outputs.variables.clone().or_else(|| if spec.data.is_some() { None } else { predictions(ir) }),
    };
    let (model, _) = text.compile_with(options).map_err(|problem| match unknown_output(&text, spec) {
        Some((problem, key)) => at(problem, &["outputs", key]),
        None => at(problem, &["model"]),
    })?;
    Ok(Compiled { model, text })
}

/// The output asked for that a model does not have, and the key that asks for it; `None` where the model is to blame.
fn unknown_output(text: &ModelText, spec: &StudySpec) -> Option<(Problem, &'static str)> {
    let (model, _) = text.compile().ok()?;
    let variables = spec.outputs.variables.iter().flatten().map(|name| (name, "variables"));
    let asked = variables.chain(spec.outputs.exposure_of.iter().map(|name| (name, "exposure_of")));
    let is_unknown = |(name, key): &(&String, &str)| {
        let options = match *key {
            "variables" => ModelOptions { outputs: Some(vec![(*name).clone()]), exposure: None },
            _ => ModelOptions { outputs: None, exposure: Some((*name).clone()) },
        };
        text.compile_with(|_| options).is_err()
    };
    let known: Vec<String> = model.outputs().iter().map(|output| output.name.clone()).collect();
    let (name, key) = asked.into_iter().find(is_unknown)?;
    let nearest = super::nearest(name, known.iter().map(String::as_str));
    Some((Problem::NoSuchOutput { name: name.clone(), nearest, known }, key))
}

/// The model with the study's values of parameters and variances.
fn with_parameters(mut model: Model, spec: &StudySpec, source: &Source) -> Result<Model, StudyError> {
    let at = |problem: Problem, path: &[&str]| StudyError::new(problem, Some(source.place_of(path)));
    for (name, value) in &spec.parameters {
        let value = match value {
            Quantity::Number(value) => *value,
            Quantity::Expression(text) => language::constant(text)
                .map_err(|cause| at(Problem::NotConstant { text: text.clone(), cause }, &["parameters", name]))?,
        };
        model = model.with_theta(name, value).map_err(|cause| at(cause.into(), &["parameters", name]))?;
    }
    for (name, variance) in &spec.omega {
        model = model.with_omega(name, *variance).map_err(|cause| at(cause.into(), &["omega", name]))?;
    }
    Ok(model)
}

/// Names of the observed quantities, each once; `None`, which is all outputs, where the model has no endpoint.
fn predictions(ir: &ModelIr) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for endpoint in &ir.endpoints {
        if !names.contains(&endpoint.prediction.text) {
            names.push(endpoint.prediction.text.clone());
        }
    }
    (!names.is_empty()).then_some(names)
}

/// Names of the arms that are run.
fn selected(spec: &StudySpec) -> Result<Vec<&str>, Problem> {
    let known: Vec<&str> = spec.arm.iter().map(|arm| arm.name.as_str()).collect();
    let Some(wanted) = &spec.arms else {
        return if known.is_empty() { Err(Problem::NoArms) } else { Ok(known) };
    };
    if let Some(name) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Problem::NoSuchArm {
            name: name.clone(),
            nearest: super::nearest(name, known.iter().copied()),
            known: known.into_iter().map(str::to_owned).collect(),
        });
    }
    if wanted.is_empty() {
        return Err(Problem::NoArms);
    }
    Ok(wanted.iter().map(String::as_str).collect())
}

/// Whether a cohort has a covariate; case does not matter, as in data sets.
fn gives(cohort: &Cohort, name: &str) -> bool {
    cohort.names().iter().any(|given| given.eq_ignore_ascii_case(name))
}

/// Where in a study a problem of its cohort stands.
fn cohort_path(problem: &CohortError) -> Vec<String> {
    let mut path = vec!["cohort".to_owned()];
    match problem {
        CohortError::Empty => path.push("size".to_owned()),
        CohortError::OutOfRange { key, .. }
        | CohortError::EmptyRange { key, .. }
        | CohortError::UselessKey { key, .. } => path.extend(key_path(key)),
        CohortError::NotOneDistribution { name, .. }
        | CohortError::DuplicateCovariate { name, .. }
        | CohortError::MissingForBodySize { name, .. } => path.extend(["covariates".to_owned(), name.clone()]),
        CohortError::UnreachableMedian { key, .. } => path.extend(["body".to_owned(), (*key).to_owned()]),
        CohortError::Unreadable { .. }
        | CohortError::NoRows { .. }
        | CohortError::NoIdentifier { .. }
        | CohortError::MissingColumn { .. }
        | CohortError::DuplicateColumn { .. }
        | CohortError::RaggedRow { .. }
        | CohortError::DuplicateIdentifier { .. }
        | CohortError::NotANumber { .. }
        | CohortError::TooFewRows { .. } => path.extend(["csv".to_owned(), "path".to_owned()]),
        _ => {}
    }
    path
}

/// Where in a regimen or a course a problem stands; empty where no one key is to blame.
fn regimen_path(problem: &Problem) -> Vec<String> {
    let key = match problem {
        Problem::NoSuchCompartment { .. } => "compartment",
        Problem::Regimen(RegimenError::Unit { .. } | RegimenError::NoModelUnit { .. }) => "unit",
        Problem::Regimen(RegimenError::CapWithoutSize) => "per_max",
        Problem::Regimen(RegimenError::Contradiction { key }) => key,
        Problem::Regimen(RegimenError::OutOfRange { key, .. } | RegimenError::DosesNotInOrder { key, .. }) => key,
        _ => return Vec::new(),
    };
    key_path(key).collect()
}

/// `cycles[1].doses[2].amount` as the keys and numbers on the way.
fn key_path(key: &str) -> impl Iterator<Item = String> {
    // What is said of a key, such as `amounts (its length)`, is not part of it.
    let key = key.split_once(' ').map_or(key, |(key, _)| key);
    key.split(['.', '[']).map(|part| part.trim_end_matches(']').to_owned())
}

/// The model's unit of time; hours where it does not say.
pub(super) fn time_unit(model: &Model) -> TimeUnit {
    model.ir().units.time.as_deref().and_then(|unit| unit.parse().ok()).unwrap_or_default()
}

/// What an arm gives; with a problem goes the key that it stands under.
fn prescription(arm: &ArmSpec, model: &Model, time: TimeUnit) -> Result<Prescription, (Problem, &'static str)> {
    let target = |compartment: Option<&str>, key| {
        let state = dose_state(compartment, model).map_err(|problem| (problem, key))?;
        let amount = model.ir().units.dosing.as_deref().and_then(|unit| unit.parse().ok());
        Ok(DoseTarget { time, amount, state })
    };
    match (&arm.regimen, &arm.course) {
        (Some(regimen), None) => {
            let target = target(regimen.compartment.as_deref(), "regimen")?;
            let regimen = Regimen::new(regimen, target).map_err(|cause| (cause.into(), "regimen"))?;
            Ok(Prescription::Regimen(Box::new(regimen)))
        }
        (None, Some(course)) => {
            let target = target(course.compartment.as_deref(), "course")?;
            let course = Course::new(course, target).map_err(|cause| (cause.into(), "course"))?;
            Ok(Prescription::Course(Box::new(course)))
        }
        (None, None) => Err((Problem::NothingGiven { arm: arm.name.clone() }, "name")),
        (Some(_), Some(_)) => Err((Problem::GivenTwice { arm: arm.name.clone() }, "course")),
    }
}

/// Where doses go: the compartment asked for, the one that the model's metadata name (`dosing`), or the first.
fn dose_state(compartment: Option<&str>, model: &Model) -> Result<usize, Problem> {
    if let Some(name) = compartment {
        let known: Vec<String> = model.states().map(str::to_owned).collect();
        return model.state(name).ok_or_else(|| Problem::NoSuchCompartment {
            nearest: super::nearest(name, known.iter().map(String::as_str)),
            name: name.to_owned(),
            known,
        });
    }
    Ok(model.default_dose_state().unwrap_or(0))
}

//! The balance of mass: what was given is found again in the states, or has left them.
//!
//! The model gets one more state, which collects what all others lose: its derivative is minus the sum of theirs. Between the
//! first and the last sample of a subject the sum of all states, this one included, must grow by the doses given in between and
//! by nothing else, whatever the equations are. A dose that is lost, given twice or cut short shows, and so does a solver that
//! makes or loses mass.

use super::{Check, CheckError, Keep, SUBJECTS, brief};
use crate::model::ir::{BinaryOperator, DoseProperty, Expression, ModelIr, Name, Node, Span, Statement, UnaryOperator};
use crate::model::{Model, ModelOptions};
use crate::regimen::schedule::PlannedDose;
use crate::simulate::result::Simulated;
use crate::simulate::{Design, Replicates};
use crate::study::export::treatment;
use crate::study::{Plan, Study};

const NAME: &str = "Balance of mass";
/// The state that collects; a model that has one of this name is not checked.
const LOST: &str = "teorell_lost";
/// Before the name of a state: its bioavailability, its lag.
const BIOAVAILABILITY: &str = "teorell_f_";
const LAG: &str = "teorell_lag_";
/// The sum of the states is kept by every integrator but for rounding, over some ten thousand steps.
const ALLOWED: f64 = 1e-8;

/// Checks the first subjects of a cohort.
pub(super) fn check(study: &Study, threads: Option<usize>) -> Result<Check, CheckError> {
    let mut plan = study.first_subjects(SUBJECTS).map_err(CheckError::Study)?;
    let Plan::Cohort(design) = &mut plan else {
        return Ok(Check::not_done(NAME, "records of a data set may reset, replace and begin in a steady state"));
    };
    let model = match with_balance(&design.setup.model) {
        Ok(model) => model,
        Err(why) => return Ok(Check::not_done(NAME, why)),
    };
    design.setup.model = model;
    design.setup.residual = false;
    let design = design.clone();
    let keep = Keep::default();
    plan.run(&Replicates::default(), threads, &[&keep], &mut |_| {})?;
    let errors: Vec<f64> = keep.into_all().iter().filter_map(|simulated| imbalance(&design, simulated)).collect();
    if errors.is_empty() {
        return Ok(Check::not_done(NAME, "no subject has two samples with a dose between them"));
    }
    let largest = errors.iter().copied().fold(0.0, f64::max);
    let found =
        format!("largest imbalance {} of what was given, over {} subjects times arms", brief(largest), errors.len());
    let limit = format!("at most {}: what rounding leaves of a sum that the equations keep", brief(ALLOWED));
    Ok(Check::within(NAME, largest <= ALLOWED, found, limit))
}

/// The model with the collecting state, and with bioavailabilities and lags among its outputs.
fn with_balance(model: &Model) -> Result<Model, &'static str> {
    let mut ir: ModelIr = model.ir().clone();
    if ir.states.iter().any(|state| state.text == LOST) {
        return Err("the model has a state of the name that the check needs");
    }
    let mut lost: Option<Expression> = None;
    let mut properties = Vec::new();
    for statement in &ir.statements {
        match statement {
            Statement::Derivative { value, .. } => {
                lost = Some(match lost {
                    None => node(Node::Unary(UnaryOperator::Negate, Box::new(value.clone()))),
                    Some(sum) => node(Node::Binary(BinaryOperator::Subtract, Box::new(sum), Box::new(value.clone()))),
                });
            }
            Statement::DoseProperty { property, state, value } => {
                let prefix = match property {
                    DoseProperty::Bioavailability => BIOAVAILABILITY,
                    DoseProperty::Lag => LAG,
                    _ => return Err("the model sets rates or durations of doses"),
                };
                properties.push(assign(&format!("{prefix}{}", state.text), value.clone()));
            }
            Statement::If { branches, otherwise } => {
                let blocks = branches.iter().map(|(_, guarded)| guarded).chain([otherwise]);
                if blocks.flatten().any(is_of_states) {
                    return Err("equations of the model stand under conditions");
                }
            }
            _ => {}
        }
    }
    let Some(lost) = lost else { return Err("the model has no differential equations") };
    let mut outputs: Vec<String> = ir.states.iter().map(|state| state.text.clone()).collect();
    outputs.push(LOST.to_owned());
    outputs.extend(properties.iter().filter_map(|statement| match statement {
        Statement::Assign { name, .. } => Some(name.text.clone()),
        _ => None,
    }));
    ir.states.push(name(LOST));
    ir.statements.append(&mut properties);
    ir.statements.push(Statement::Derivative { state: name(LOST), value: lost });
    ir.endpoints.clear();
    let options = ModelOptions { exposure: None, outputs: Some(outputs) };
    Model::from_ir(ir, &options).map_err(|_| "the model cannot take one more state")
}

fn is_of_states(statement: &Statement) -> bool {
    match statement {
        Statement::Derivative { .. } | Statement::DoseProperty { .. } => true,
        Statement::If { branches, otherwise } => {
            branches.iter().flat_map(|(_, guarded)| guarded).chain(otherwise).any(is_of_states)
        }
        _ => false,
    }
}

fn node(node: Node) -> Expression {
    Expression { node, span: Span::default() }
}

fn name(text: &str) -> Name {
    Name { text: text.to_owned(), span: Span::default() }
}

fn assign(text: &str, value: Expression) -> Statement {
    Statement::Assign { name: name(text), value, output: true }
}

/// What is too much or too little at the last sample, relative to what was given or to what there is; `None` where nothing was
/// given, or the subject has no result.
fn imbalance(design: &Design, simulated: &Simulated) -> Option<f64> {
    let model = &design.setup.model;
    let profile = &simulated.outcome.as_ref().ok()?.profile;
    let (&start, &end) = (simulated.times.first()?, simulated.times.last()?);
    let rows: Vec<&[f64]> = profile.values.chunks(profile.n_outputs.max(1)).collect();
    let (first, last) = (*rows.first()?, *rows.last()?);
    let states: Vec<usize> = model.states().filter_map(|state| model.output(state)).collect();
    let total = |row: &[f64]| states.iter().map(|&state| row[state]).sum::<f64>();
    let (_, treatment) = treatment(design, design.arms.get(simulated.arm)?, simulated.number).ok()?;
    let property = |prefix: &str, state: usize, otherwise: f64| {
        let state = model.states().nth(state)?;
        match model.output(&format!("{prefix}{state}")) {
            None => Some(otherwise),
            // One that moves in time cannot be told from the samples.
            Some(column) => (first[column] == last[column]).then_some(first[column]),
        }
    };
    let mut given = 0.0;
    for dose in &treatment.doses {
        let available = property(BIOAVAILABILITY, dose.state, 1.0)?;
        given += available * entered(dose, property(LAG, dose.state, 0.0)?, start, end);
    }
    let present = states.iter().map(|&state| last[state].abs()).fold(0.0, f64::max);
    (given > 0.0).then(|| (total(last) - total(first) - given).abs() / given.max(present))
}

/// The part of a dose that enters after `start` and up to `end`. A sample at the time of a dose sees the state before it.
fn entered(dose: &PlannedDose, lag: f64, start: f64, end: f64) -> f64 {
    let from = dose.time + lag;
    if dose.duration == 0.0 {
        return if from >= start && from < end { dose.amount } else { 0.0 };
    }
    let overlap = (from + dose.duration).min(end) - from.max(start);
    dose.amount * overlap.max(0.0) / dose.duration
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_infusion_counts_what_has_entered() {
        let dose = PlannedDose { time: 2.0, amount: 10.0, duration: 4.0, state: 0 };
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(entered(&dose, 0.0, 0.0, 4.0), 5.0));
        assert!(near(entered(&dose, 0.0, 5.0, 10.0), 2.5));
        assert!(near(entered(&dose, 1.0, 0.0, 4.0), 2.5));
        assert!(near(entered(&dose, 0.0, 8.0, 9.0), 0.0));
        let bolus = PlannedDose { duration: 0.0, ..dose };
        assert!(near(entered(&bolus, 0.0, 2.0, 3.0), 10.0), "after the sample at its time");
        assert!(near(entered(&bolus, 0.0, 0.0, 2.0), 0.0), "not before it");
    }

    fn study(model: &str) -> (tempfile::TempDir, Study) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m.R"), model).unwrap();
        let text = "model = \"m.R\"\n[cohort]\nsize = 3\n[sampling]\ngrid = [{ to = 30, by = 1.5 }]\n\
                    [[arm]]\nname = \"a\"\nregimen = { amount = 100.0, every = \"12 h\", repeat = 3 }\n";
        std::fs::write(folder.path().join("s.toml"), text).unwrap();
        let study = Study::from_path(&folder.path().join("s.toml"), &[]).unwrap();
        (folder, study)
    }

    const ORAL: &str = "m <- function() {\n  ini({ ka <- 1; etaka ~ 0.1; ke <- 0.1 })\n  model({\n    k <- ka * exp(etaka)\n    d/dt(depot) <- -k * depot\n    d/dt(central) <- k * depot - ke * central\n    f(depot) <- 0.7\n    alag(depot) <- 0.25\n    Cc <- central\n  })\n}\n";

    #[test]
    fn a_model_with_bioavailability_and_lag_is_balanced() {
        let (_folder, study) = study(ORAL);
        let check = check(&study, Some(1)).unwrap();
        assert_eq!(check.verdict, super::super::Verdict::Passed, "{check:?}");
    }

    #[test]
    fn a_wrong_bioavailability_unbalances() {
        let (_folder, study) = study(ORAL);
        let Plan::Cohort(mut design) = study.first_subjects(3).unwrap() else { panic!("a cohort") };
        design.setup.model = with_balance(&design.setup.model).unwrap();
        let keep = Keep::default();
        crate::simulate::run(&design, Some(1), &[&keep], &mut |_| {}).unwrap();
        let simulated = keep.into_all();
        assert!(imbalance(&design, &simulated[0]).unwrap() < ALLOWED);
        // The same subject, held to a design that gives half as much.
        let half = study_with_half(&study);
        assert!(imbalance(&Design { arms: half, ..*design }, &simulated[0]).unwrap() > 0.4);
    }

    fn study_with_half(study: &Study) -> Vec<crate::simulate::Arm> {
        let text = study.to_toml().replace("100.0", "50.0");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m.R"), ORAL).unwrap();
        std::fs::write(folder.path().join("h.toml"), text).unwrap();
        match Study::from_path(&folder.path().join("h.toml"), &[]).unwrap().plan() {
            Plan::Cohort(design) => design.arms.clone(),
            Plan::Data(_) => panic!("a cohort"),
        }
    }
}

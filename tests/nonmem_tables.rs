//! Every row of two result tables of NONMEM 7.5.1 (public test data of mrgsolve), from the file through reader,
//! schedule and engine.
//!
//! The tables lie beside the project, in `../shared/nonmem`, or where `TEORELL_NONMEM` says; where they are missing the
//! tests say so and pass, and the cases of `events.rs` still run.

mod programs;

use programs::{Assembler, assert_close, derivative, record, subject};
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use teorell::engine::program::{BinaryOp, DoseRegisters, Program, Structure, UnaryOp};
use teorell::engine::timeline::Interpolation;
use teorell::engine::{Engine, SolverChoice, SubjectInput, Tolerance};
use teorell::regimen::dataset::{Dataset, DatasetOptions};
use teorell::regimen::names::ModelNames;
use teorell::regimen::schedule::{CovariateInterpolation, ScheduleOptions, from_records};

/// Five digits are printed: half a unit of the last one is 5e-5 of a value that begins with 1; the rest is room for
/// the same in the inputs.
const PRINTED: f64 = 6e-5;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("TEORELL_NONMEM")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/nonmem"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: NONMEM's tables are not in {} (set TEORELL_NONMEM to their folder)", folder.display());
    None
}

/// The data set, read as any other. A column of standard weights is added where there is none.
fn data(path: PathBuf) -> Dataset {
    let text = std::fs::read_to_string(path).expect("the data set opens");
    let has_weight = text.lines().next().is_some_and(|header| header.contains("WT"));
    let with_weight = |(index, line): (usize, &str)| match (has_weight, index) {
        (true, _) => format!("{line}\n"),
        (false, 0) => format!("{line},WT\n"),
        (false, _) => format!("{line},70\n"),
    };
    let text: String = text.lines().enumerate().map(with_weight).collect();
    let options = DatasetOptions { interpolation: NOCB, ..DatasetOptions::for_model(&names()) };
    Dataset::from_reader(Cursor::new(text), "data", &options).expect("no errors")
}

/// NONMEM takes covariates backwards.
const NOCB: CovariateInterpolation = CovariateInterpolation { default: Interpolation::Nocb, by_name: Vec::new() };

fn names() -> ModelNames {
    let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    ModelNames::new(&names("depot central"), &names("BIOAV LAGT RAT2 DUR2 WT"))
}

/// Last column of a NONMEM table.
fn results(path: PathBuf) -> Vec<f64> {
    let text = std::fs::read_to_string(path).expect("the table opens");
    let last = |line: &str| line.split_whitespace().last().and_then(|field| field.parse().ok()).expect("a number");
    text.lines().skip(2).map(last).collect()
}

/// First-order absorption into one compartment; covariates BIOAV, LAGT, RAT2, DUR2, WT; CL = theta (WT/70)^0.75.
fn model() -> Arc<Program> {
    let mut a = Assembler::new(3, 5, 2);
    let (ka, cl, v) = (a.theta(0), a.theta(1), a.theta(2));
    let standard = a.constant(70.0);
    let power = a.constant(0.75);
    let thousand = a.constant(1000.0);
    let weight = a.covariate(4);
    let relative = a.binary(record, BinaryOp::Div, weight, standard);
    let factor = a.binary(record, BinaryOp::Pow, relative, power);
    let clearance = a.binary(record, BinaryOp::Mul, cl, factor);
    let ke = a.binary(record, BinaryOp::Div, clearance, v);
    let scale = a.binary(subject, BinaryOp::Div, v, thousand);
    let (depot, central) = (a.state(0), a.state(1));
    let absorbed = a.flow(ka, depot);
    let eliminated = a.flow(ke, central);
    let depot_change = a.unary(derivative, UnaryOp::Neg, absorbed);
    let central_change = a.sub(absorbed, eliminated);
    let concentration = a.binary(|program| &mut program.observation, BinaryOp::Div, central, scale);
    a.program.dose_registers[1] = DoseRegisters {
        bioavailability: Some(a.covariate(0)),
        lag: Some(a.covariate(1)),
        rate: Some(a.covariate(2)),
        duration: Some(a.covariate(3)),
    };
    a.program.derivatives = vec![depot_change, central_change];
    a.program.outputs = vec![concentration];
    a.program.structure = Structure::LinearConstant;
    a.finish()
}

fn every_row_agrees(data_file: &str, table: &str, expected_rows: usize, solver: SolverChoice) {
    let Some(folder) = folder() else { return };
    let dataset = data(folder.join(data_file));
    let nonmem = results(folder.join(table));
    assert_eq!((dataset.report().records, nonmem.len()), (expected_rows as u64, expected_rows));
    let engine = Engine::new(model(), solver, Tolerance::default()).expect("the solver fits");
    let mut found = Vec::new();
    let mut places = Vec::new();
    for subject in dataset.subjects() {
        let options = ScheduleOptions { interpolation: NOCB, ..ScheduleOptions::default() };
        let timeline = from_records(subject, &names(), &options).expect("every subject has a schedule").timeline;
        let input = SubjectInput { number: 0, thetas: &[1.5, 1.1, 20.0], etas: &[], timeline: &timeline };
        let profile = engine.run(&[input]).remove(0).expect("every subject runs");
        found.extend_from_slice(&profile.values);
        places.extend(subject.records.iter().map(|record| (&subject.id, record.time, record.evid)));
    }
    let wrong: Vec<_> = (0..expected_rows)
        .filter(|&row| (found[row] - nonmem[row]).abs() > PRINTED * nonmem[row].abs())
        .map(|row| (places[row], found[row], nonmem[row]))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {expected_rows} rows differ ((id, time, evid), found, NONMEM): {:?}",
        wrong.len(),
        &wrong[..wrong.len().min(10)]
    );
    assert_close(&found, &nonmem, PRINTED);
}

#[test]
fn every_row_of_the_dosing_table_agrees_by_the_exact_solver() {
    every_row_agrees("dosing-data.csv", "dosing-nonmem.tab", 3837, SolverChoice::Linear);
}

#[test]
fn every_row_of_the_dosing_table_agrees_by_the_reference() {
    every_row_agrees("dosing-data.csv", "dosing-nonmem.tab", 3837, SolverChoice::Reference);
}

#[test]
fn every_row_of_the_covariate_table_agrees_by_the_exact_solver() {
    every_row_agrees("covariate-data.csv", "covariate-nonmem.tab", 34, SolverChoice::Linear);
}

#[test]
fn every_row_of_the_covariate_table_agrees_by_the_reference() {
    every_row_agrees("covariate-data.csv", "covariate-nonmem.tab", 34, SolverChoice::Reference);
}

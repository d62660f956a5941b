//! Every row of two result tables of NONMEM 7.5.1 (public test data of mrgsolve), against the engine.
//!
//! The tables lie beside the project, in `../shared/nonmem`, or where `TEORELL_NONMEM` says; where they are missing the
//! tests say so and pass, and the cases of `events.rs` still run.

mod programs;

use programs::{Assembler, assert_close, derivative, record, subject};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use teorell::engine::program::{BinaryOp, DoseRegisters, Program, Structure, UnaryOp};
use teorell::engine::timeline::{
    CovariateTable, DoseRate, DoseRecord, Interpolation, Record, RecordKind, SteadyState, Timeline,
};
use teorell::engine::{Engine, SolverChoice, SubjectInput, Tolerance};

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

/// One row of a data set, by column name in lower case.
type Row = HashMap<String, f64>;

fn data(path: PathBuf) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).expect("the data set opens");
    let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_lowercase).collect();
    reader
        .records()
        .map(|row| {
            let row = row.expect("a row");
            names.iter().cloned().zip(row.iter().map(|field| field.parse().unwrap_or(f64::NAN))).collect()
        })
        .collect()
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

fn timeline(rows: &[Row]) -> Timeline {
    let records = rows.iter().enumerate().map(|(index, row)| {
        let dose = || DoseRecord {
            state: row["cmt"] as usize - 1,
            amount: row["amt"],
            rate: match row["rate"] {
                0.0 => DoseRate::Bolus,
                -1.0 => DoseRate::ModelledRate,
                -2.0 => DoseRate::ModelledDuration,
                rate => DoseRate::Rate(rate),
            },
            additional: row["addl"] as u32,
            interval: row["ii"],
            steady_state: [SteadyState::None, SteadyState::Replace, SteadyState::Add][row["ss"] as usize],
        };
        let kind = match row["evid"] as u32 {
            0 => RecordKind::Observation,
            1 => RecordKind::Dose(dose()),
            2 => RecordKind::Other(None),
            3 => RecordKind::Reset,
            _ => RecordKind::ResetAndDose(dose()),
        };
        Record { time: row["time"], kind, row: Some(index) }
    });
    let columns =
        |row: &Row| [row["bioav"], row["lagt"], row["rat2"], row["dur2"], row.get("wt").copied().unwrap_or(70.0)];
    Timeline {
        records: records.collect(),
        covariates: CovariateTable {
            times: rows.iter().map(|row| row["time"]).collect(),
            values: rows.iter().flat_map(columns).collect(),
            interpolation: vec![Interpolation::Nocb; 5],
        },
        intervals: Vec::new(),
        n_rows: rows.len(),
    }
}

fn every_row_agrees(data_file: &str, table: &str, expected_rows: usize, solver: SolverChoice) {
    let Some(folder) = folder() else { return };
    let rows = data(folder.join(data_file));
    let nonmem = results(folder.join(table));
    assert_eq!((rows.len(), nonmem.len()), (expected_rows, expected_rows));
    let engine = Engine::new(model(), solver, Tolerance::default()).expect("the solver fits");
    let mut found = Vec::new();
    for subject in rows.chunk_by(|a, b| a["id"] == b["id"]) {
        let timeline = timeline(subject);
        let input = SubjectInput { number: 0, thetas: &[1.5, 1.1, 20.0], etas: &[], timeline: &timeline };
        let profile = engine.run(&[input]).remove(0).expect("every subject runs");
        found.extend_from_slice(&profile.values);
    }
    let wrong: Vec<_> = (0..expected_rows)
        .filter(|&row| (found[row] - nonmem[row]).abs() > PRINTED * nonmem[row].abs())
        .map(|row| (rows[row]["id"], rows[row]["time"], rows[row]["evid"], found[row], nonmem[row]))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {expected_rows} rows differ (id, time, evid, found, NONMEM): {:?}",
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

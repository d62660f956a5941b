//! Covariance matrices and standard errors of a fit, as files: read, checked, and matched with the parameters of the model.

use std::path::Path;

use nalgebra::DMatrix;

use super::error::UncertaintyError;
use super::normal::JointNormal;
use super::table::{Row, Table};
use super::{FitTable, nearest, theta_index};
use crate::model::Model;

/// Rows of an `.ext` that are no iteration: the estimates, their standard errors, and 1 where a parameter is fixed (NONMEM 7.5,
/// introduction to NONMEM 7, section "$EST: additional output files").
const ESTIMATES: i64 = -1_000_000_000;
const STANDARD_ERRORS: i64 = -1_000_000_001;
const FIXED: i64 = -1_000_000_006;
/// What NONMEM writes for the standard error of a fixed parameter.
const NO_STANDARD_ERROR: f64 = 1e10;

/// The stream of what is drawn by a matrix; those of single parameters are hashes of their names.
const STREAM: u32 = 0;

/// Two cells that mirror each other differ at most by this part of the two standard deviations: digits beyond those that are printed.
const SYMMETRIC: f64 = 1e-6;

/// How far estimates of the same fit may lie apart, in standard errors: printed digits and rounding, never another scale.
const SAME_ESTIMATE: f64 = 1.0;

/// Which columns are thetas of the model, and which are left out.
struct Matched {
    thetas: Vec<(usize, usize)>,
    left_out: Vec<String>,
}

/// The joint distribution that a matrix says, and the names that were left out.
pub(super) fn read(
    model: &Model,
    fit: &FitTable,
    ext: Option<&Path>,
) -> Result<(JointNormal, Vec<String>), UncertaintyError> {
    let table = Table::read(&fit.path, "a covariance matrix with the names of the parameters in its first line")?;
    check_square(&table)?;
    check_symmetric(&table)?;
    let varies = |column: usize| table.rows[column].values[column] != 0.0;
    let matched = matched(model, fit, &table, varies)?;
    let (columns, indices): (Vec<usize>, Vec<usize>) = matched.thetas.into_iter().unzip();
    let variance = |column: usize| table.rows[column].values[column];
    let sds: Vec<f64> = columns.iter().map(|&column| variance(column).sqrt()).collect();
    if let Some(ext) = ext {
        let ext = Table::read(ext, "NONMEM's iterations")?;
        let estimates = iteration(&ext, ESTIMATES, "estimates")?;
        for ((&column, &index), &sd) in columns.iter().zip(&indices).zip(&sds) {
            let name = &table.names[column];
            let Some(place) = ext.column(name) else { return Err(not_in_file(&ext, name)) };
            same_estimate(model, index, sd, &ext, estimates, place)?;
        }
    }
    let n = columns.len();
    let correlation = DMatrix::from_fn(n, n, |i, j| table.rows[columns[i]].values[columns[j]] / (sds[i] * sds[j]));
    check_positive_definite(&table, &columns, &correlation)?;
    let normal = JointNormal::new(STREAM, indices, sds, &correlation)
        .ok_or_else(|| not_positive_definite(&table, &columns, &correlation, smallest_eigenvalue(&correlation)))?;
    Ok((normal, matched.left_out))
}

/// What an `.ext` says.
pub(super) struct StandardErrors {
    /// By index of the theta.
    pub by_theta: Vec<(usize, f64)>,
    /// Names that are not used.
    pub left_out: Vec<String>,
}

/// Standard errors of an `.ext`.
pub(super) fn read_ext(model: &Model, fit: &FitTable) -> Result<StandardErrors, UncertaintyError> {
    let table = Table::read(&fit.path, "NONMEM's iterations")?;
    let estimates = iteration(&table, ESTIMATES, "estimates")?;
    let errors = iteration(&table, STANDARD_ERRORS, "standard errors")?;
    let fixed = iteration(&table, FIXED, "fixed parameters").ok();
    let varies = |column: usize| {
        let error = errors.values[column];
        error != 0.0 && error < NO_STANDARD_ERROR && fixed.is_none_or(|fixed| fixed.values[column] == 0.0)
    };
    let matched = matched(model, fit, &table, varies)?;
    let mut found = Vec::new();
    for (column, index) in matched.thetas {
        let sd = errors.values[column];
        if sd < 0.0 {
            let (place, name) = (table.place(errors.line, column), table.names[column].clone());
            return Err(UncertaintyError::NegativeVariance { place, name, value: sd });
        }
        same_estimate(model, index, sd, &table, estimates, column)?;
        found.push((index, sd));
    }
    Ok(StandardErrors { by_theta: found, left_out: matched.left_out })
}

fn iteration<'a>(table: &'a Table, number: i64, what: &'static str) -> Result<&'a Row, UncertaintyError> {
    let is = |row: &&Row| row.label.as_deref().and_then(|label| label.parse().ok()) == Some(number);
    let missing = || UncertaintyError::NoIteration { path: table.path.clone(), what, iteration: number };
    table.rows.iter().rev().find(is).ok_or_else(missing)
}

fn same_estimate(
    model: &Model,
    index: usize,
    sd: f64,
    ext: &Table,
    estimates: &Row,
    column: usize,
) -> Result<(), UncertaintyError> {
    let theta = &model.ir().thetas[index];
    let found = estimates.values[column];
    let distance = (found - theta.estimate).abs() / sd;
    if distance <= SAME_ESTIMATE {
        return Ok(());
    }
    Err(UncertaintyError::OtherEstimate {
        place: ext.place(estimates.line, column),
        name: ext.names[column].clone(),
        parameter: theta.name.text.clone(),
        found,
        expected: theta.estimate,
        distance,
    })
}

/// Names of NONMEM that are no thetas: omegas have their own distribution, SIGMA is no parameter here, the others are no parameters.
fn is_other(name: &str) -> bool {
    ["OMEGA(", "SIGMA("].iter().any(|start| name.starts_with(start)) || ["OBJ", "SAEMOBJ", "MCMCOBJ"].contains(&name)
}

fn matched(
    model: &Model,
    fit: &FitTable,
    table: &Table,
    varies: impl Fn(usize) -> bool,
) -> Result<Matched, UncertaintyError> {
    for name in fit.names.keys().chain(&fit.leave_out) {
        if table.column(name).is_none() {
            return Err(not_in_file(table, name));
        }
    }
    let mut matched = Matched { thetas: Vec::new(), left_out: Vec::new() };
    for (column, name) in table.names.iter().enumerate() {
        let renamed = fit.names.get(name);
        if fit.leave_out.contains(name) || (renamed.is_none() && is_other(name)) {
            matched.left_out.push(name.clone());
            continue;
        }
        if !varies(column) {
            continue;
        }
        let place = table.header_place(column);
        // What `names` says wrongly is wrong in the study, not in the file.
        let index = theta_index(model, renamed.unwrap_or(name), renamed.is_none().then(|| place.clone()))?;
        if model.ir().thetas[index].fixed {
            return Err(UncertaintyError::Fixed { place: Some(place), name: name.clone() });
        }
        if matched.thetas.iter().any(|(_, known)| *known == index) {
            let parameter = model.ir().thetas[index].name.text.clone();
            return Err(UncertaintyError::ParameterTwice { place, name: name.clone(), parameter });
        }
        matched.thetas.push((column, index));
    }
    Ok(matched)
}

fn not_in_file(table: &Table, name: &str) -> UncertaintyError {
    UncertaintyError::NotInFile {
        path: table.path.clone(),
        name: name.to_owned(),
        nearest: nearest(name, &table.names),
        known: table.names.clone(),
    }
}

fn check_square(table: &Table) -> Result<(), UncertaintyError> {
    let (rows, columns) = (table.rows.len(), table.names.len());
    if rows != columns {
        return Err(UncertaintyError::NotSquare { path: table.path.clone(), rows, columns });
    }
    for (row, expected) in table.rows.iter().zip(&table.names) {
        if let Some(found) = row.label.as_ref().filter(|found| *found != expected) {
            let mut place = table.place(row.line, 0);
            place.column = 1;
            return Err(UncertaintyError::RowName { place, found: found.clone(), expected: expected.clone() });
        }
    }
    Ok(())
}

fn check_symmetric(table: &Table) -> Result<(), UncertaintyError> {
    let at = |row: usize, column: usize| table.rows[row].values[column];
    for row in 0..table.names.len() {
        let name = |index: usize| table.names[index].clone();
        let place = |column: usize| table.place(table.rows[row].line, column);
        if at(row, row) < 0.0 {
            return Err(UncertaintyError::NegativeVariance { place: place(row), name: name(row), value: at(row, row) });
        }
        for column in 0..row {
            let scale = (at(row, row) * at(column, column)).sqrt();
            let (value, mirrored) = (at(row, column), at(column, row));
            if (value - mirrored).abs() > SYMMETRIC * scale {
                let (place, row, column) = (place(column), name(row), name(column));
                return Err(UncertaintyError::NotSymmetric { place, row, column, value, mirrored });
            }
            // Printed digits may carry a correlation of 1 a little beyond it.
            if value.abs() > scale * (1.0 + SYMMETRIC) {
                let (place, row, column) = (place(column), name(row), name(column));
                let correlation = value / scale;
                return Err(UncertaintyError::CorrelationTooLarge { place, row, column, value, correlation });
            }
        }
    }
    Ok(())
}

/// Eigenvalues of a correlation matrix down to this count as 0: what printed digits make of a singular matrix.
const ROUNDING: f64 = 1e-6;

fn smallest_eigenvalue(correlation: &DMatrix<f64>) -> f64 {
    correlation.symmetric_eigenvalues().iter().copied().fold(f64::INFINITY, f64::min)
}

fn check_positive_definite(
    table: &Table,
    columns: &[usize],
    correlation: &DMatrix<f64>,
) -> Result<(), UncertaintyError> {
    // Where every variance is 0 there is no correlation, and an empty matrix has no eigenvalues to ask for.
    if columns.is_empty() {
        return Ok(());
    }
    let eigenvalue = smallest_eigenvalue(correlation);
    if eigenvalue >= -ROUNDING {
        return Ok(());
    }
    Err(not_positive_definite(table, columns, correlation, eigenvalue))
}

fn not_positive_definite(
    table: &Table,
    columns: &[usize],
    correlation: &DMatrix<f64>,
    eigenvalue: f64,
) -> UncertaintyError {
    // The first leading block that fails names the row that brought it.
    let fails = |size: &usize| smallest_eigenvalue(&correlation.view((0, 0), (*size, *size)).into_owned()) < -ROUNDING;
    let size = (1..=columns.len()).find(fails).unwrap_or(columns.len());
    let column = columns[size - 1];
    let (place, name) = (table.place(table.rows[column].line, column), table.names[column].clone());
    UncertaintyError::NotPositiveDefinite { place, name, eigenvalue }
}

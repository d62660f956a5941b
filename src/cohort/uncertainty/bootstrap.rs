//! Parameters as the rows of a bootstrap table.

use super::error::UncertaintyError;
use super::table::Table;
use super::{Bounds, FitTable, ParameterDraw, block_of, eta_names, nearest, unknown};
use crate::model::Model;

/// Sets of parameters, one a row.
#[derive(Clone, Debug)]
pub(super) struct Bootstrap {
    columns: Vec<Column>,
    rows: Vec<Vec<f64>>,
}

/// What a column of the table is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Column {
    Theta(usize),
    /// Its variance.
    Eta(usize),
    /// Left out, or fixed.
    Unused,
}

impl Bootstrap {
    pub fn read(model: &Model, fit: &FitTable, replicates: u32) -> Result<Self, UncertaintyError> {
        let table = Table::read(&fit.path, "a line of names, and a line of values per replicate")?;
        for name in fit.names.keys().chain(&fit.leave_out) {
            if table.column(name).is_none() {
                let (path, known) = (table.path.clone(), table.names.clone());
                let nearest = nearest(name, &known);
                return Err(UncertaintyError::NotInFile { path, name: name.clone(), nearest, known });
            }
        }
        let rows = table.rows.len();
        if (rows as u64) < u64::from(replicates) {
            return Err(UncertaintyError::TooFewRows { path: table.path, rows, replicates });
        }
        let mut columns: Vec<Column> = Vec::with_capacity(table.names.len());
        for index in 0..table.names.len() {
            let column = column(model, fit, &table, index)?;
            if column != Column::Unused && columns.contains(&column) {
                let (place, name) = (table.header_place(index), table.names[index].clone());
                let parameter = fit.names.get(&name).unwrap_or(&name).clone();
                return Err(UncertaintyError::ParameterTwice { place, name, parameter });
            }
            columns.push(column);
        }
        check_bounds(model, &table, &columns)?;
        Ok(Self { columns, rows: table.rows.into_iter().map(|row| row.values).collect() })
    }

    pub fn has_theta(&self, index: usize) -> bool {
        self.columns.contains(&Column::Theta(index))
    }

    pub fn has_eta(&self, index: usize) -> bool {
        self.columns.contains(&Column::Eta(index))
    }

    pub fn draw(&self, model: &Model, replicate: u32, draw: &mut ParameterDraw) {
        let Some(row) = self.rows.get(replicate as usize) else { return };
        for (column, &value) in self.columns.iter().zip(row) {
            match *column {
                Column::Theta(index) => draw.thetas[index] = value,
                Column::Eta(index) => {
                    let (block, position) = block_of(model, index);
                    draw.omegas[block].set_variance(position, value);
                }
                Column::Unused => {}
            }
        }
    }
}

fn column(model: &Model, fit: &FitTable, table: &Table, index: usize) -> Result<Column, UncertaintyError> {
    let name = &table.names[index];
    if fit.leave_out.contains(name) {
        return Ok(Column::Unused);
    }
    let place = table.header_place(index);
    let renamed = fit.names.get(name);
    let wanted = renamed.unwrap_or(name);
    let (thetas, etas) = (&model.ir().thetas, eta_names(model));
    if let Some(theta) = thetas.iter().position(|theta| theta.name.text == *wanted) {
        if !thetas[theta].fixed {
            return Ok(Column::Theta(theta));
        }
        // Programs write fixed parameters into every row.
        if table.rows.iter().all(|row| row.values[index] == thetas[theta].estimate) {
            return Ok(Column::Unused);
        }
        return Err(UncertaintyError::Fixed { place: Some(place), name: name.clone() });
    }
    if let Some(eta) = etas.iter().position(|eta| eta == wanted) {
        return Ok(Column::Eta(eta));
    }
    let known = thetas.iter().map(|theta| theta.name.text.clone()).chain(etas).collect();
    Err(unknown(wanted, known, renamed.is_none().then_some(place)))
}

fn check_bounds(model: &Model, table: &Table, columns: &[Column]) -> Result<(), UncertaintyError> {
    for row in &table.rows {
        for (index, (column, &value)) in columns.iter().zip(&row.values).enumerate() {
            let bounds = match *column {
                Column::Theta(theta) => Bounds::of(model, theta),
                Column::Eta(_) => Bounds { lower: 0.0, upper: f64::INFINITY },
                Column::Unused => continue,
            };
            if !bounds.contain(value) {
                return Err(UncertaintyError::OutsideBounds {
                    place: table.place(row.line, index),
                    name: table.names[index].clone(),
                    value,
                    expected: match *column {
                        Column::Eta(_) => "a variance, which is not negative".to_owned(),
                        _ => format!("{} to {}, the bounds of ini", bounds.lower, bounds.upper),
                    },
                });
            }
        }
    }
    Ok(())
}

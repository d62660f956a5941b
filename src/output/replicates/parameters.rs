//! `replicates.csv`: the parameters of every replicate.

use std::io::{self, Write};

use crate::model::Model;
use crate::model::ir::OmegaBlock;
use crate::output::columns::{self, Column};
use crate::output::layout::{Layout, Quantity};
use crate::output::row_sink::push_swept;
use crate::output::rows::Table;
use crate::simulate::Replicates;

/// Which values of a draw have a column.
pub struct DrawnParameters {
    thetas: Vec<(usize, Quantity)>,
    omegas: Vec<Omega>,
}

struct Omega {
    block: usize,
    position: usize,
    quantity: Quantity,
}

impl DrawnParameters {
    /// The thetas and the (co)variances of the etas of these names.
    #[must_use]
    pub fn new(model: &Model, thetas: &[String], etas: &[String]) -> Self {
        let named = model.ir().thetas.iter().enumerate().filter(|(_, theta)| thetas.contains(&theta.name.text));
        let thetas = named.map(|(index, theta)| {
            let meaning = theta.label.clone().unwrap_or_else(|| "fixed effect".to_owned());
            let meaning = format!("{meaning}, on the scale of ini");
            (index, Quantity { index, name: theta.name.text.clone(), unit: String::new(), meaning })
        });
        Self { thetas: thetas.collect(), omegas: omegas(model, etas) }
    }

    /// Columns of `replicates.csv`.
    #[must_use]
    pub fn columns(&self, layout: &Layout) -> Vec<Column> {
        let thetas = self.thetas.iter().map(|(_, quantity)| quantity.clone());
        let all: Vec<Quantity> = thetas.chain(self.omegas.iter().map(|omega| omega.quantity.clone())).collect();
        columns::replicates(layout, &all)
    }

    /// Adds the replicates of a point to a table with the columns of `replicates.csv`.
    ///
    /// # Errors
    /// Where they could not be written.
    pub fn append<W: Write>(&self, table: &Table<W>, replicates: &Replicates, layout: &Layout) -> io::Result<()> {
        let mut cells = table.cells();
        for replicate in 0..replicates.count() {
            let (draw, trial) = replicates.place(replicate);
            let Some(parameters) = replicates.draws().get(draw) else { break };
            push_swept(&mut cells, layout);
            cells.word(replicate);
            cells.word(draw);
            cells.word(trial);
            cells.numbers(self.thetas.iter().map(|(index, _)| parameters.thetas[*index]));
            cells.numbers(self.omegas.iter().map(|omega| parameters.omegas[omega.block].lower[omega.position]));
            cells.end_line();
        }
        table.write(cells)
    }
}

/// Entries of the blocks that hold one of these etas: `omega_etalcl`, `omega_etalcl_etalvc`.
fn omegas(model: &Model, etas: &[String]) -> Vec<Omega> {
    let names: Vec<&str> = model.ir().etas.iter().map(|eta| eta.name.text.as_str()).collect();
    let mut found = Vec::new();
    let mut first = 0;
    for (block, omega) in model.omegas().iter().enumerate() {
        let names = &names[first..first + omega.size];
        first += omega.size;
        if !names.iter().any(|name| etas.iter().any(|eta| eta == name)) {
            continue;
        }
        for row in 0..omega.size {
            for column in 0..=row {
                let (name, meaning) = if row == column {
                    (format!("omega_{}", names[row]), format!("variance of {}", names[row]))
                } else {
                    let (a, b) = (names[column], names[row]);
                    (format!("omega_{a}_{b}"), format!("covariance of {a} and {b}"))
                };
                let position = OmegaBlock::position(row, column);
                found.push(Omega {
                    block,
                    position,
                    quantity: Quantity { index: position, name, unit: String::new(), meaning },
                });
            }
        }
    }
    found
}

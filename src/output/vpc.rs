//! `vpc.csv` and `vpc_observations.csv`: a visual predictive check as tables.

use std::io::{self, Write};

use crate::exposure::vpc::{Clock, Compared, VpcCell, VpcResult};

use super::cells::Cells;
use super::columns;
use super::layout::Format;
use super::rows::Table;

/// Names and units of a visual predictive check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VpcNames {
    /// Name of the endpoint.
    pub endpoint: String,
    /// Unit of time.
    pub time: String,
    /// From where on times are counted.
    pub clock: Clock,
    /// Unit of what is observed; empty where it has none or none is known.
    pub observed: String,
}

/// What is compared, in the order of [`VpcCell::percentiles`].
pub const QUANTITIES: [&str; 3] = ["p5", "p50", "p95"];

/// The share below quantification as a quantity.
pub const SHARE_BELOW: &str = "blq_share";

/// Writes `vpc.csv`: a row per stratum, bin and quantity.
///
/// # Errors
/// Where it could not be written.
pub fn write_vpc<W: Write>(result: &VpcResult, names: &VpcNames, format: Format, writer: W) -> io::Result<W> {
    let table = Table::new(writer, format, &columns::vpc(names))?;
    let mut cells = table.cells();
    for cell in &result.cells {
        for (quantity, compared) in QUANTITIES.iter().zip(&cell.percentiles) {
            push_cell(&mut cells, result, cell, names);
            push_compared(&mut cells, quantity, &names.observed, compared);
        }
        if let Some(below) = &cell.below {
            push_cell(&mut cells, result, cell, names);
            push_compared(&mut cells, SHARE_BELOW, "", below);
        }
    }
    table.write(cells)?;
    table.into_writer()
}

fn push_cell(cells: &mut Cells, result: &VpcResult, cell: &VpcCell, names: &VpcNames) {
    let bin = &result.design.bins.bins[cell.bin];
    cells.text(&names.endpoint);
    cells.text(&result.design.strata[cell.stratum]);
    cells.word(cell.bin + 1);
    cells.numbers([bin.low, bin.high, bin.time]);
    cells.word(cell.n);
    cells.word(cell.n_below);
    cells.word(result.replicates);
    cells.word(result.design.parameters.name());
}

fn push_compared(cells: &mut Cells, quantity: &str, unit: &str, compared: &Compared) {
    cells.word(quantity);
    cells.text(unit);
    // What is below quantification is not finite, and so an empty cell.
    cells.numbers([compared.observed, compared.low, compared.median, compared.high]);
    cells.optional(compared.is_inside().map(u8::from));
    cells.end_line();
}

/// Writes `vpc_observations.csv`: a row per observation that counts.
///
/// # Errors
/// Where it could not be written.
pub fn write_observations<W: Write>(result: &VpcResult, names: &VpcNames, format: Format, writer: W) -> io::Result<W> {
    let table = Table::new(writer, format, &columns::vpc_observations(names, result.corrected))?;
    let mut cells = table.cells();
    let design = &result.design;
    for ((observation, bin), factor) in design.observations.iter().zip(&design.bins.of).zip(&result.factors) {
        cells.text(&observation.id);
        cells.number(observation.time);
        cells.number(observation.after_dose);
        cells.text(&design.strata[observation.stratum as usize]);
        cells.optional(bin.map(|bin| bin + 1));
        cells.number(observation.value);
        cells.word(u8::from(observation.value.is_none()));
        cells.number(observation.lloq);
        if result.corrected {
            cells.number(observation.value.map(|value| value * factor));
        }
        cells.end_line();
    }
    table.write(cells)?;
    table.into_writer()
}

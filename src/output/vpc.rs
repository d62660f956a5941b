//! `vpc.csv` and `vpc_observations.csv`: a visual predictive check as tables.

use std::io::{self, Write};

use crate::exposure::vpc::{Clock, Compared, VpcCell, VpcResult};

use super::columns;
use super::layout::Format;
use super::number;
use super::rows::{Table, push_text};

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
    let mut bytes = Vec::new();
    let mut n_rows = 0;
    for cell in &result.cells {
        for (quantity, compared) in QUANTITIES.iter().zip(&cell.percentiles) {
            push_cell(&mut bytes, result, cell, names, format);
            push_compared(&mut bytes, quantity, &names.observed, compared, format);
            n_rows += 1;
        }
        if let Some(below) = &cell.below {
            push_cell(&mut bytes, result, cell, names, format);
            push_compared(&mut bytes, SHARE_BELOW, "", below, format);
            n_rows += 1;
        }
    }
    table.append(table.seal(bytes, n_rows))?;
    table.into_writer()
}

fn push_cell(bytes: &mut Vec<u8>, result: &VpcResult, cell: &VpcCell, names: &VpcNames, format: Format) {
    let bin = &result.design.bins.bins[cell.bin];
    push_text(bytes, &names.endpoint);
    bytes.push(b',');
    push_text(bytes, &result.design.strata[cell.stratum]);
    bytes.extend_from_slice(format!(",{}", cell.bin + 1).as_bytes());
    for time in [bin.low, bin.high, bin.time] {
        bytes.push(b',');
        number::push(bytes, time, format.digits);
    }
    let parameters = result.design.parameters.name();
    bytes.extend_from_slice(format!(",{},{},{},{parameters},", cell.n, cell.n_below, result.replicates).as_bytes());
}

fn push_compared(bytes: &mut Vec<u8>, quantity: &str, unit: &str, compared: &Compared, format: Format) {
    bytes.extend_from_slice(quantity.as_bytes());
    bytes.push(b',');
    push_text(bytes, unit);
    // What is below quantification is not finite, and so an empty cell.
    for value in [compared.observed, compared.low, compared.median, compared.high] {
        bytes.push(b',');
        number::push(bytes, value, format.digits);
    }
    let inside = compared.is_inside().map_or("", |inside| if inside { "1" } else { "0" });
    bytes.extend_from_slice(format!(",{inside}\n").as_bytes());
}

/// Writes `vpc_observations.csv`: a row per observation that counts.
///
/// # Errors
/// Where it could not be written.
pub fn write_observations<W: Write>(result: &VpcResult, names: &VpcNames, format: Format, writer: W) -> io::Result<W> {
    let table = Table::new(writer, format, &columns::vpc_observations(names, result.corrected))?;
    let mut bytes = Vec::new();
    let design = &result.design;
    for ((observation, bin), factor) in design.observations.iter().zip(&design.bins.of).zip(&result.factors) {
        push_text(&mut bytes, &observation.id);
        bytes.push(b',');
        number::push(&mut bytes, observation.time, format.digits);
        bytes.push(b',');
        number::push_option(&mut bytes, observation.after_dose, format.digits);
        bytes.push(b',');
        push_text(&mut bytes, &design.strata[observation.stratum as usize]);
        bytes.push(b',');
        bytes.extend_from_slice(bin.map_or_else(String::new, |bin| (bin + 1).to_string()).as_bytes());
        bytes.push(b',');
        number::push_option(&mut bytes, observation.value, format.digits);
        bytes.push(b',');
        bytes.push(if observation.value.is_none() { b'1' } else { b'0' });
        bytes.push(b',');
        number::push_option(&mut bytes, observation.lloq, format.digits);
        if result.corrected {
            bytes.push(b',');
            number::push_option(&mut bytes, observation.value.map(|value| value * factor), format.digits);
        }
        bytes.push(b'\n');
    }
    table.append(table.seal(bytes, design.observations.len() as u64))?;
    table.into_writer()
}

//! Reading back a visual predictive check.

use std::path::Path;

use super::{ReadError, TableReader, columns};
use crate::exposure::vpc::{Bin, Clock, Compared, VpcParameters};
use crate::output::columns::TIME_AFTER_DOSE;

/// One row of `vpc.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcRow {
    /// Name of the endpoint.
    pub endpoint: String,
    /// Name of the stratum; empty where there is one.
    pub stratum: String,
    /// Number of the bin, from 1.
    pub number: u32,
    /// From where on its times are counted.
    pub clock: Clock,
    /// Where it lies.
    pub bin: Bin,
    /// Observations.
    pub n: u64,
    /// Replicates.
    pub replicates: u64,
    /// What their parameters are.
    pub parameters: VpcParameters,
    /// `p5`, `p50`, `p95` or `blq_share`.
    pub quantity: String,
    /// Its unit.
    pub unit: String,
    /// What is compared; NaN where empty.
    pub compared: Compared,
}

/// One row of `vpc_observations.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcObservation {
    /// When, since the start.
    pub time: f64,
    /// Since the last dose; `None` before the first.
    pub after_dose: Option<f64>,
    /// Name of its stratum.
    pub stratum: String,
    /// As it is compared: prediction-corrected where the table is; `None` below quantification, or where it does not count.
    pub value: Option<f64>,
    /// Limit of quantification.
    pub lloq: Option<f64>,
}

/// The rows of `vpc.csv`.
///
/// # Errors
/// Where it cannot be read, or is no such table.
pub fn check(path: &Path) -> Result<Vec<VpcRow>, ReadError> {
    let mut table = TableReader::open(path)?;
    let [endpoint, stratum, quantity, unit, parameters] =
        columns(&table, ["endpoint", "stratum", "quantity", "unit", "parameters"])?;
    let [bin, start, end, n, replicates] = columns(&table, ["bin", "start", "end", "n", "replicates"])?;
    let (clock, time) = match table.column(TIME_AFTER_DOSE) {
        Ok(time) => (Clock::LastDose, time),
        Err(_) => (Clock::Start, table.column("time")?),
    };
    let [observed, low, median, high] =
        columns(&table, ["observed", "simulated_low", "simulated_median", "simulated_high"])?;
    let mut rows = Vec::new();
    while table.next()? {
        let or_nan = |column| Ok::<_, ReadError>(table.number(column)?.unwrap_or(f64::NAN));
        rows.push(VpcRow {
            endpoint: table.text(endpoint).to_owned(),
            stratum: table.text(stratum).to_owned(),
            clock,
            parameters: match table.text(parameters) {
                "drawn" => VpcParameters::Drawn,
                _ => VpcParameters::Estimates,
            },
            number: table.parse(bin, "the number of a bin")?.unwrap_or_default(),
            bin: Bin { low: or_nan(start)?, high: or_nan(end)?, time: or_nan(time)? },
            n: table.parse(n, "a count")?.unwrap_or_default(),
            replicates: table.parse(replicates, "a count")?.unwrap_or_default(),
            quantity: table.text(quantity).to_owned(),
            unit: table.text(unit).to_owned(),
            compared: Compared {
                observed: or_nan(observed)?,
                low: or_nan(low)?,
                median: or_nan(median)?,
                high: or_nan(high)?,
            },
        });
    }
    Ok(rows)
}

/// The rows of `vpc_observations.csv`, and whether they are prediction-corrected.
///
/// # Errors
/// Where it cannot be read, or is no such table.
pub fn observations(path: &Path) -> Result<(Vec<VpcObservation>, bool), ReadError> {
    let mut table = TableReader::open(path)?;
    let [time, after_dose, stratum, bin, dv, lloq] =
        columns(&table, ["time", TIME_AFTER_DOSE, "stratum", "bin", "DV", "lloq"])?;
    let corrected = table.column("pcDV").ok();
    let mut rows = Vec::new();
    while table.next()? {
        let is_in_a_bin = table.number(bin)?.is_some();
        rows.push(VpcObservation {
            time: table.number(time)?.unwrap_or(f64::NAN),
            after_dose: table.number(after_dose)?,
            stratum: table.text(stratum).to_owned(),
            value: table.number(corrected.unwrap_or(dv))?.filter(|_| is_in_a_bin),
            lloq: table.number(lloq)?,
        });
    }
    Ok((rows, corrected.is_some()))
}

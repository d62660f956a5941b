//! Reading back the forest of a model's covariates.

use std::collections::BTreeMap;
use std::path::Path;

use super::{ReadError, TableReader, columns};
use crate::exposure::forest::{ForestInterval, ForestRow};

/// The forest of one point of a sweep, or of a study that sweeps nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forest {
    /// Values of the swept columns.
    pub swept: Vec<String>,
    /// What is compared.
    pub rows: Vec<ForestRow>,
    /// Units of the quantities, by their names.
    pub units: BTreeMap<String, String>,
}

/// The first point of `forest.csv`, whose first `n_swept` columns are swept.
///
/// # Errors
/// Where it cannot be read, or is no such table.
pub fn first_point(path: &Path, n_swept: usize) -> Result<Forest, ReadError> {
    let mut table = TableReader::open(path)?;
    let [arm, covariate, unit, quantity, interval] =
        columns(&table, ["arm", "covariate", "unit", "quantity", "interval"])?;
    let [cycle, level, reference_unit] = columns(&table, ["cycle", "level", "reference_unit"])?;
    let [value, reference_value, reference, ratio, lower, upper] =
        columns(&table, ["value", "reference_value", "reference", "ratio", "lower", "upper"])?;
    let [n, missing] = columns(&table, ["n", "missing"])?;
    let mut forest = Forest::default();
    while table.next()? {
        let swept: Vec<String> = (0..n_swept).map(|column| table.text(column).to_owned()).collect();
        if forest.rows.is_empty() {
            forest.swept = swept;
        } else if forest.swept != swept {
            break;
        }
        let or_nan = |column| Ok::<_, ReadError>(table.number(column)?.unwrap_or(f64::NAN));
        let what: Option<ForestInterval> = table.parse(interval, "`confidence` or `between_subjects`")?;
        let ends = table.number(lower)?.zip(table.number(upper)?);
        forest.units.insert(table.text(quantity).to_owned(), table.text(reference_unit).to_owned());
        forest.rows.push(ForestRow {
            arm: table.text(arm).to_owned(),
            cycle: table.parse(cycle, "the number of a cycle")?,
            covariate: table.text(covariate).to_owned(),
            unit: table.text(unit).to_owned(),
            level: table
                .parse(level, "a level, such as `p5`")?
                .ok_or_else(|| table.refused(level, "a level, such as `p5`"))?,
            at: table.number(value)?,
            reference_at: table.number(reference_value)?,
            quantity: table.text(quantity).to_owned(),
            reference: or_nan(reference)?,
            ratio: or_nan(ratio)?,
            interval: ends.zip(what).map(|((low, high), what)| ([low, high], what)),
            n: table.parse(n, "a number of replicates or individuals")?,
            missing: table.parse(missing, "a number of individuals")?.unwrap_or(0),
        });
    }
    Ok(forest)
}

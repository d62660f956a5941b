//! `forest.csv`: one covariate after the other against the reference subject.

use std::io::{self, Write};

use crate::exposure::forest::ForestRow;
use crate::exposure::interval::Metric;

use super::columns::metric_unit;
use super::layout::Layout;
use super::row_sink::push_swept;
use super::rows::Table;

/// Adds rows to a table with the columns of `forest.csv`.
///
/// # Errors
/// Where they could not be written.
pub fn append_forest<W: Write>(table: &Table<W>, rows: &[ForestRow], layout: &Layout) -> io::Result<()> {
    let mut cells = table.cells();
    for row in rows {
        push_swept(&mut cells, layout);
        cells.text(&row.arm);
        cells.optional(row.cycle);
        cells.text(&row.covariate);
        cells.word(row.level.name());
        cells.numbers([row.at, row.reference_at]);
        cells.text(&row.unit);
        cells.text(&row.quantity);
        cells.number(row.reference);
        cells.text(&unit_of(&row.quantity, layout));
        let end = |end: usize| row.interval.map(|(interval, _)| interval[end]);
        let change = 100.0 * (row.ratio - 1.0);
        cells.numbers([Some(row.ratio), Some(change), end(0), end(1)]);
        cells.optional(row.interval.map(|(_, what)| what.name()));
        cells.optional(row.n);
        cells.word(row.missing);
        cells.end_line();
    }
    table.write(cells)
}

/// Unit of what is compared; empty where it has none or none is known.
fn unit_of(quantity: &str, layout: &Layout) -> String {
    match [Metric::Auc, Metric::Cmax].into_iter().find(|metric| metric.name() == quantity) {
        Some(metric) => metric_unit(metric, layout),
        None => {
            let found = layout.parameters.iter().find(|parameter| parameter.name == quantity);
            found.map_or_else(String::new, |parameter| parameter.unit.clone())
        }
    }
}

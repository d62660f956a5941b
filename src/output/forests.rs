//! `forest.csv`: one covariate after the other against the reference subject.

use std::io::{self, Write};

use crate::exposure::forest::ForestRow;
use crate::exposure::interval::Metric;

use super::columns::metric_unit;
use super::layout::Layout;
use super::number;
use super::row_sink::push_swept;
use super::rows::{Table, push_text};

/// Adds rows to a table with the columns of `forest.csv`.
///
/// # Errors
/// Where they could not be written.
pub fn append_forest<W: Write>(table: &Table<W>, rows: &[ForestRow], layout: &Layout) -> io::Result<()> {
    let digits = table.digits();
    let mut bytes = table.buffer();
    for row in rows {
        push_swept(&mut bytes, layout, digits);
        push_text(&mut bytes, &row.arm);
        let cycle = row.cycle.map_or_else(String::new, |cycle| cycle.to_string());
        bytes.extend_from_slice(format!(",{cycle},").as_bytes());
        push_text(&mut bytes, &row.covariate);
        bytes.extend_from_slice(format!(",{},", row.level.name()).as_bytes());
        for value in [row.at, row.reference_at] {
            number::push_option(&mut bytes, value, digits);
            bytes.push(b',');
        }
        push_text(&mut bytes, &row.unit);
        bytes.push(b',');
        push_text(&mut bytes, &row.quantity);
        bytes.push(b',');
        number::push(&mut bytes, row.reference, digits);
        bytes.push(b',');
        push_text(&mut bytes, &unit_of(&row.quantity, layout));
        let end = |end: usize| row.interval.map(|(interval, _)| interval[end]);
        let change = 100.0 * (row.ratio - 1.0);
        for value in [Some(row.ratio), Some(change), end(0), end(1)] {
            bytes.push(b',');
            number::push_option(&mut bytes, value, digits);
        }
        bytes.push(b',');
        bytes.extend_from_slice(row.interval.map_or("", |(_, what)| what.name()).as_bytes());
        let n = row.n.map_or_else(String::new, |n| n.to_string());
        bytes.extend_from_slice(format!(",{n},{}\n", row.missing).as_bytes());
    }
    table.append(table.seal(bytes, rows.len() as u64))
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

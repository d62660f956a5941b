//! `forest.csv`: one covariate after the other against the reference subject.

use std::io::{self, Write};

use crate::exposure::forest::ForestRow;

use super::columns;
use super::layout::Format;
use super::number;
use super::rows::{Table, push_text};

/// Writes `forest.csv`.
///
/// # Errors
/// Where it could not be written.
pub fn write_forest<W: Write>(rows: &[ForestRow], format: Format, writer: W) -> io::Result<W> {
    let table = Table::new(writer, format, &columns::forest())?;
    let mut bytes = table.buffer();
    for row in rows {
        push_text(&mut bytes, &row.covariate);
        bytes.extend_from_slice(format!(",{},", row.level).as_bytes());
        number::push_option(&mut bytes, row.at, format.digits);
        bytes.push(b',');
        push_text(&mut bytes, &row.unit);
        bytes.push(b',');
        push_text(&mut bytes, &row.quantity);
        let end = |end: usize| row.interval.map(|(interval, _)| interval[end]);
        let change = 100.0 * (row.ratio - 1.0);
        for value in [Some(row.reference), Some(row.ratio), Some(change), end(0), end(1)] {
            bytes.push(b',');
            number::push_option(&mut bytes, value, format.digits);
        }
        bytes.push(b',');
        bytes.extend_from_slice(row.interval.map_or("", |(_, what)| what.name()).as_bytes());
        bytes.push(b'\n');
    }
    table.append(table.seal(bytes, rows.len() as u64))?;
    table.into_writer()
}

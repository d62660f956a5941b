//! Tables with rows of every subject: who it is stands first in each row, the rest is of the table's kind.

use std::io::{self, Write};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

use super::columns::Column;
use super::layout::{Format, Layout, SweptCell};
use super::number;
use super::rows::{Rows, Table, push_text};

/// What a table has of a subject.
pub trait SubjectRows {
    /// Its columns.
    fn columns(layout: &Layout) -> Vec<Column>;

    /// Appends the rows of a chunk of subjects as text, and says how many.
    fn push(bytes: &mut Vec<u8>, chunk: &[Simulated], heads: &Heads) -> u64;
}

/// What rows begin with, and how their numbers are written.
#[derive(Debug)]
pub struct Heads {
    /// What the study's files hold.
    pub layout: Arc<Layout>,
    /// Significant digits; `None`: as many as read back exactly.
    pub digits: Option<u8>,
    // Swept cells and name of each arm, with a comma behind each.
    arms: Vec<Vec<u8>>,
}

impl Heads {
    fn new(layout: Arc<Layout>, digits: Option<u8>) -> Self {
        let text = |arm: &String| {
            let mut text = Vec::new();
            push_swept(&mut text, &layout, digits);
            push_text(&mut text, arm);
            text.push(b',');
            text
        };
        let arms = layout.arms.iter().map(text).collect();
        Self { layout, digits, arms }
    }

    /// Appends `[swept,]arm,[replicate,]id,`.
    pub(super) fn push(&self, line: &mut Vec<u8>, subject: &Simulated) {
        line.extend_from_slice(&self.arms[subject.arm]);
        if self.layout.replicates {
            line.extend_from_slice(subject.replicate.to_string().as_bytes());
            line.push(b',');
        }
        push_text(line, &subject.id);
        line.push(b',');
    }
}

/// Appends the swept cells of a layout, with a comma behind each.
pub(super) fn push_swept(line: &mut Vec<u8>, layout: &Layout, digits: Option<u8>) {
    for column in &layout.swept {
        match &column.cell {
            SweptCell::Number(value) => number::push(line, *value, digits),
            SweptCell::Text(text) => push_text(line, text),
        }
        line.push(b',');
    }
}

/// Writes rows of subjects.
#[derive(Debug)]
pub struct RowSink<W, R> {
    table: Table<W>,
    heads: Heads,
    rows: PhantomData<fn() -> R>,
}

impl<W: Write, R: SubjectRows> RowSink<W, R> {
    /// Writes the header.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn new(layout: Arc<Layout>, format: Format, writer: W) -> io::Result<Self> {
        let table = Table::new(writer, format, &R::columns(&layout))?.with_provenance(&layout.provenance);
        Ok(Self { table, heads: Heads::new(layout, format.digits), rows: PhantomData })
    }

    /// Goes on with another point of a sweep: rows begin with the swept values of this layout, which differs in nothing else.
    pub fn at_point(&mut self, layout: Arc<Layout>) {
        self.heads = Heads::new(layout, self.heads.digits);
    }

    /// Rows written so far.
    #[must_use]
    pub fn n_rows(&self) -> u64 {
        self.table.n_rows()
    }

    /// Bytes written so far.
    #[must_use]
    pub fn n_bytes(&self) -> u64 {
        self.table.n_bytes()
    }

    /// The writer, after the last row.
    ///
    /// # Errors
    /// Where the end of the file could not be written.
    pub fn into_writer(self) -> io::Result<W> {
        self.table.into_writer()
    }
}

impl<W: Write + Send, R: SubjectRows> Sink for RowSink<W, R> {
    type Digest = Rows;

    fn digest(&self, chunk: &[Simulated]) -> Rows {
        let mut bytes = self.table.buffer();
        let n_rows = R::push(&mut bytes, chunk, &self.heads);
        self.table.seal(bytes, n_rows)
    }

    fn absorb(&self, rows: Rows) -> io::Result<()> {
        self.table.append(rows)
    }
}

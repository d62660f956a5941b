//! Tables with rows of every subject: who it is stands first in each row, the rest is of the table's kind.

use std::io::{self, Write};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

use super::cells::Cells;
use super::columns::Column;
use super::layout::{Format, Layout, SweptCell};
use super::rows::{Rows, Table};

/// What a table has of a subject.
pub trait SubjectRows {
    /// Its columns.
    fn columns(layout: &Layout) -> Vec<Column>;

    /// Adds the rows of a chunk of subjects.
    fn push(cells: &mut Cells, chunk: &[Simulated], heads: &Heads);
}

/// What rows begin with.
#[derive(Debug)]
pub struct Heads {
    /// What the study's files hold.
    pub layout: Arc<Layout>,
    // Swept cells and name of each arm.
    arms: Vec<Vec<u8>>,
}

impl Heads {
    fn new(layout: Arc<Layout>, digits: Option<u8>) -> Self {
        let text = |arm: &String| {
            let mut cells = Cells::new(Vec::new(), digits);
            push_swept(&mut cells, &layout);
            cells.text(arm);
            cells.into_lines().0
        };
        let arms = layout.arms.iter().map(text).collect();
        Self { layout, arms }
    }

    /// `[swept,]arm,[replicate,]id`
    pub(super) fn of(&self, subject: &Simulated) -> Vec<u8> {
        let mut cells = Cells::new(Vec::new(), None);
        cells.ready(&self.arms[subject.arm]);
        if self.layout.replicates {
            cells.word(subject.replicate);
        }
        cells.text(&subject.id);
        cells.into_lines().0
    }
}

/// Adds the swept cells of a layout.
pub(super) fn push_swept(cells: &mut Cells, layout: &Layout) {
    layout.swept.iter().for_each(|column| push_swept_cell(cells, &column.cell));
}

/// Adds a swept cell.
pub(super) fn push_swept_cell(cells: &mut Cells, cell: &SweptCell) {
    match cell {
        SweptCell::Number(value) => cells.number(*value),
        SweptCell::Text(text) => cells.text(text),
    }
}

/// Writes rows of subjects.
#[derive(Debug)]
pub struct RowSink<W, R> {
    table: Table<W>,
    digits: Option<u8>,
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
        Ok(Self { table, digits: format.digits, heads: Heads::new(layout, format.digits), rows: PhantomData })
    }

    /// Goes on with another point of a sweep: rows begin with the swept values of this layout, which differs in nothing else.
    pub fn at_point(&mut self, layout: Arc<Layout>) {
        self.heads = Heads::new(layout, self.digits);
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
        let mut cells = self.table.cells();
        R::push(&mut cells, chunk, &self.heads);
        self.table.seal(cells)
    }

    fn absorb(&self, rows: Rows) -> io::Result<()> {
        self.table.append(rows)
    }
}

//! What the replicates of a study say together: the parameters drawn (`replicates.csv`), a summary of each replicate
//! (`replicate_summary.csv`), and confidence intervals of those summaries (`confidence.csv`).
//!
//! `summary.csv` pools all subjects of all replicates: its percentiles are prediction intervals, of a new subject with parameters
//! as uncertain as the study says. `confidence.csv` has one value per replicate: its percentiles are confidence intervals, of what a
//! whole cohort says.

mod confidence;
mod parameters;
mod spread;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

pub use confidence::{Confidence, ConfidenceRow, Statistic, append_confidence};
pub use parameters::DrawnParameters;

use crate::simulate::Replicates;
use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

use super::cells::Cells;
use super::columns;
use super::layout::{Format, Layout};
use super::rows::Table;
use super::summaries::{SummaryPlan, SummaryRow, SummarySink, push_key};
use spread::Nesting;

/// Summarises replicate by replicate, and the replicates over each other. Memory grows with the number of replicates times that of
/// summarised cells, not with subjects.
#[derive(Debug)]
pub struct ReplicateSink<W> {
    layout: Arc<Layout>,
    plan: SummaryPlan,
    table: Table<W>,
    /// Replicates of which a chunk was made and the last one is not taken: the one under way, and sometimes the next.
    open: Mutex<BTreeMap<u32, Arc<SummarySink>>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    replicate: u32,
    confidence: Confidence,
}

impl<W: Write + Send> ReplicateSink<W> {
    /// A sink that writes a row per replicate and summarised cell into `writer`. `plan` is of one replicate.
    ///
    /// # Errors
    /// Where the header could not be written.
    pub fn new(
        layout: Arc<Layout>,
        plan: SummaryPlan,
        replicates: &Replicates,
        format: Format,
        writer: W,
    ) -> io::Result<Self> {
        Ok(Self {
            table: Table::new(writer, format, &columns::replicate_summary(&layout))?,
            open: Mutex::default(),
            state: Mutex::new(State::new(&layout, replicates)),
            plan,
            layout,
        })
    }

    /// Turns to a point of a sweep, whose rows come next.
    pub fn at_point(&mut self, layout: Arc<Layout>, plan: SummaryPlan, replicates: &Replicates) {
        self.state = Mutex::new(State::new(&layout, replicates));
        (self.layout, self.plan) = (layout, plan);
    }

    /// What summarises a replicate. Where it has many subjects their values are counted as chunks are made, so that chunks of
    /// different replicates must not share it.
    fn summaries_of(&self, replicate: u32) -> Arc<SummarySink> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(SummarySink::new(self.layout.clone(), self.plan.clone()));
        Arc::clone(open.entry(replicate).or_insert_with(new))
    }

    fn close(&self, state: &mut State) -> io::Result<()> {
        let closed = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&state.replicate);
        let rows = closed.map(|sink| sink.finish().summary).unwrap_or_default();
        let mut cells = self.table.cells();
        // A time or cycle that nobody of this replicate has is no row; there may be many where subjects have times of their own.
        for row in rows.iter().filter(|row| row.summary.n > 0) {
            push_row(&mut cells, row, state.replicate, &self.layout);
            state.confidence.add(state.replicate, row);
        }
        self.table.write(cells)
    }

    /// Writes the last replicate of a point, and gives what all of them say. What comes next is of another point.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn end(&mut self) -> io::Result<Confidence> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.close(&mut state)?;
        let next = State { replicate: 0, confidence: state.confidence.emptied() };
        Ok(std::mem::replace(&mut *state, next).confidence)
    }

    /// The writer, after the last row.
    ///
    /// # Errors
    /// Where the end of the file could not be written.
    pub fn into_writer(self) -> io::Result<W> {
        self.table.into_writer()
    }
}

impl State {
    fn new(layout: &Layout, replicates: &Replicates) -> Self {
        Self { replicate: 0, confidence: Confidence::new(&layout.arms, Nesting::of(replicates)) }
    }
}

impl<W: Write + Send> Sink for ReplicateSink<W> {
    type Digest = Option<(u32, <SummarySink as Sink>::Digest)>;

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        // A chunk is of one replicate.
        let replicate = chunk.first()?.replicate;
        Some((replicate, self.summaries_of(replicate).digest(chunk)))
    }

    fn absorb(&self, digest: Self::Digest) -> io::Result<()> {
        let Some((replicate, digest)) = digest else { return Ok(()) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if replicate != state.replicate {
            self.close(&mut state)?;
            state.replicate = replicate;
        }
        self.summaries_of(replicate).absorb(digest)
    }
}

fn push_row(cells: &mut Cells, row: &SummaryRow, replicate: u32, layout: &Layout) {
    push_key(cells, row, Some(replicate), layout);
    cells.word("prediction");
    cells.word(row.summary.n);
    cells.numbers(Statistic::ALL.map(|statistic| statistic.of(&row.summary)));
    cells.numbers(Statistic::ALL.map(|statistic| statistic.error(&row.summary)));
    cells.end_line();
}

//! What the replicates of a study say together: the parameters drawn (`replicates.csv`), a summary of each replicate
//! (`replicate_summary.csv`), and confidence intervals of those summaries (`confidence.csv`).
//!
//! `summary.csv` pools all subjects of all replicates: its percentiles are prediction intervals, of a new subject with parameters
//! as uncertain as the study says. `confidence.csv` has one value per replicate: its percentiles are confidence intervals, of what a
//! whole cohort says.

mod confidence;
mod parameters;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

pub use confidence::{ConfidenceRow, Statistic, append_confidence};
pub use parameters::DrawnParameters;

use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

use super::columns;
use super::layout::{Format, Layout};
use super::number;
use super::profiles::push_swept;
use super::rows::{Table, push_text};
use super::summaries::{SummaryOf, SummaryPlan, SummaryRow, SummarySink};
use confidence::Collected;

/// Summarises replicate by replicate, and the replicates over each other. Memory grows with the number of replicates times that of
/// summarised cells, not with subjects.
#[derive(Debug)]
pub struct ReplicateSink<W> {
    layout: Arc<Layout>,
    plan: SummaryPlan,
    /// Only digests; what is absorbed belongs to the replicate under way.
    digester: SummarySink,
    table: Table<W>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    replicate: u32,
    current: SummarySink,
    collected: Collected,
}

impl<W: Write + Send> ReplicateSink<W> {
    /// A sink that writes a row per replicate and summarised cell into `writer`. `plan` is of one replicate.
    ///
    /// # Errors
    /// Where the header could not be written.
    pub fn new(layout: Arc<Layout>, plan: SummaryPlan, format: Format, writer: W) -> io::Result<Self> {
        Ok(Self {
            digester: SummarySink::new(layout.clone(), plan.clone()),
            table: Table::new(writer, format, &columns::replicate_summary(&layout))?,
            state: Mutex::new(State::new(&layout, &plan, 1)),
            plan,
            layout,
        })
    }

    /// Turns to a point of a sweep, whose rows come next; `independent` is the number of its parameter draws.
    pub fn at_point(&mut self, layout: Arc<Layout>, plan: SummaryPlan, independent: u64) {
        self.digester = SummarySink::new(layout.clone(), plan.clone());
        self.state = Mutex::new(State::new(&layout, &plan, independent));
        (self.layout, self.plan) = (layout, plan);
    }

    fn close(&self, state: &mut State) -> io::Result<()> {
        let rows = state.current.finish().summary;
        state.current = SummarySink::new(self.layout.clone(), self.plan.clone());
        let mut bytes = self.table.buffer();
        let mut n_rows = 0;
        // A time or cycle that nobody of this replicate has is no row; there may be many where subjects have times of their own.
        for row in rows.iter().filter(|row| row.summary.n > 0) {
            push_row(&mut bytes, row, state.replicate, &self.layout, self.table.digits());
            state.collected.add(row);
            n_rows += 1;
        }
        self.table.append(self.table.seal(bytes, n_rows))
    }

    /// Writes the last replicate of a point, and gives the confidence intervals over all of them.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn end(&self) -> io::Result<Vec<ConfidenceRow>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.close(&mut state)?;
        Ok(state.collected.rows())
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
    fn new(layout: &Arc<Layout>, plan: &SummaryPlan, independent: u64) -> Self {
        let current = SummarySink::new(layout.clone(), plan.clone());
        Self { replicate: 0, current, collected: Collected::new(&layout.arms, independent) }
    }
}

impl<W: Write + Send> Sink for ReplicateSink<W> {
    type Digest = (Option<u32>, <SummarySink as Sink>::Digest);

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        // A chunk is of one replicate.
        (chunk.first().map(|subject| subject.replicate), self.digester.digest(chunk))
    }

    fn absorb(&self, (replicate, digest): Self::Digest) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(replicate) = replicate.filter(|&replicate| replicate != state.replicate) {
            self.close(&mut state)?;
            state.replicate = replicate;
        }
        state.current.absorb(digest)
    }
}

/// `[swept,]arm,[replicate,]kind,time,cycle,quantity,unit`
fn push_cell(bytes: &mut Vec<u8>, row: &SummaryRow, replicate: Option<u32>, layout: &Layout, digits: Option<u8>) {
    push_swept(bytes, layout, digits);
    push_text(bytes, &row.arm);
    if let Some(replicate) = replicate {
        bytes.extend_from_slice(format!(",{replicate}").as_bytes());
    }
    match row.of {
        SummaryOf::Time(time) => {
            bytes.extend_from_slice(b",profile,");
            number::push(bytes, time, digits);
            bytes.extend_from_slice(b",,");
        }
        SummaryOf::Cycle(cycle) => bytes.extend_from_slice(format!(",exposure,,{cycle},").as_bytes()),
    }
    push_text(bytes, &row.quantity);
    bytes.push(b',');
    push_text(bytes, &row.unit);
}

fn push_row(bytes: &mut Vec<u8>, row: &SummaryRow, replicate: u32, layout: &Layout, digits: Option<u8>) {
    push_cell(bytes, row, Some(replicate), layout, digits);
    bytes.extend_from_slice(format!(",{}", row.summary.n).as_bytes());
    for statistic in Statistic::ALL {
        bytes.push(b',');
        number::push_option(bytes, statistic.of(&row.summary), digits);
    }
    bytes.push(b'\n');
}

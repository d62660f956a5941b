//! `confidence.csv`: what a summary of a cohort is over the replicates.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::exposure::summary::Summary;
use crate::output::layout::Layout;
use crate::output::rows::Table;
use crate::output::summaries::{SummaryOf, SummaryRow, push_key};
use crate::stats::{Moments, quantile_sorted, quantile_standard_error};

use super::spread::{Member, Nesting};

/// A statistic of a cohort whose confidence interval is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// 5th percentile.
    P5,
    /// Median.
    P50,
    /// 95th percentile.
    P95,
}

impl Statistic {
    /// All of them, in the order of columns and rows.
    pub const ALL: [Self; 4] = [Self::Mean, Self::P5, Self::P50, Self::P95];

    /// As in `summary.csv`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P5 => "p5",
            Self::P50 => "p50",
            Self::P95 => "p95",
        }
    }

    /// Its Monte-Carlo standard error.
    #[must_use]
    pub const fn error(self, summary: &Summary) -> Option<f64> {
        match self {
            Self::Mean => summary.errors.mean,
            Self::P5 => summary.errors.p5,
            Self::P50 => summary.errors.p50,
            Self::P95 => summary.errors.p95,
        }
    }

    /// Its value.
    #[must_use]
    pub const fn of(self, summary: &Summary) -> Option<f64> {
        match self {
            Self::Mean => summary.mean,
            Self::P5 => summary.p5,
            Self::P50 => summary.p50,
            Self::P95 => summary.p95,
        }
    }
}

/// One row of `confidence.csv`: a statistic of one summarised cell, over the replicates that have a value of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfidenceRow {
    /// Name of the arm.
    pub arm: String,
    /// Time or cycle.
    pub of: SummaryOf,
    /// Name of the summarised column.
    pub quantity: String,
    /// Its unit.
    pub unit: String,
    /// Which statistic of the cohort.
    pub statistic: Statistic,
    /// Replicates with a value.
    pub n: u64,
    /// Mean over replicates.
    pub mean: Option<f64>,
    /// SD over replicates: the standard error of the statistic.
    pub sd: Option<f64>,
    /// 2.5th, 50th and 97.5th percentiles over replicates.
    pub percentiles: [Option<f64>; 3],
    /// Their Monte-Carlo standard errors.
    pub errors: [Option<f64>; 3],
}

/// The 95 % interval and its middle.
const PROBABILITIES: [f64; 3] = [0.025, 0.5, 0.975];

/// Where a row stands: arm, profiles before exposures, quantity, time or cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key {
    arm: usize,
    kind: u8,
    quantity: usize,
    at: f64,
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |key: &Self| (key.arm, key.kind, key.quantity);
        place(self).cmp(&place(other)).then(self.at.total_cmp(&other.at))
    }
}

/// What every replicate says of every cell.
#[derive(Debug)]
pub struct Confidence {
    arms: Vec<String>,
    /// In order of first appearance; every replicate has them in the same order.
    quantities: Vec<String>,
    cells: BTreeMap<Key, Cell>,
    nesting: Nesting,
}

#[derive(Debug)]
struct Cell {
    unit: String,
    members: Vec<Member>,
}

impl Confidence {
    pub(super) fn new(arms: &[String], nesting: Nesting) -> Self {
        Self { arms: arms.to_vec(), quantities: Vec::new(), cells: BTreeMap::new(), nesting }
    }

    /// The same of no replicate.
    pub(super) fn emptied(&self) -> Self {
        Self::new(&self.arms, self.nesting)
    }

    /// Takes a row of the next replicate.
    pub(super) fn add(&mut self, replicate: u32, row: &SummaryRow) {
        if !self.quantities.contains(&row.quantity) {
            self.quantities.push(row.quantity.clone());
        }
        let Some(key) = self.key(row) else { return };
        let empty = || Cell { unit: row.unit.clone(), members: Vec::new() };
        let cell = self.cells.entry(key).or_insert_with(empty);
        cell.members.push(Member { replicate, summary: row.summary });
    }

    fn key(&self, row: &SummaryRow) -> Option<Key> {
        let quantity = self.quantities.iter().position(|name| *name == row.quantity)?;
        let arm = self.arms.iter().position(|name| *name == row.arm)?;
        let (kind, at) = match row.of {
            SummaryOf::Time(time) => (0, time),
            SummaryOf::Cycle(cycle) => (1, f64::from(cycle)),
        };
        Some(Key { arm, kind, quantity, at })
    }

    /// Gives rows over the subjects of all replicates the standard errors that they have: subjects of a replicate share its
    /// parameters.
    pub fn correct(&self, pooled: &mut [SummaryRow]) {
        for row in pooled {
            let members = self.key(row).and_then(|key| self.cells.get(&key)).map_or(&[][..], |cell| &cell.members);
            row.summary.errors = self.nesting.errors(members, &row.summary);
        }
    }

    /// Rows of `confidence.csv`.
    #[must_use]
    pub fn rows(&self) -> Vec<ConfidenceRow> {
        let of_cell = |(key, cell): (&Key, &Cell)| Statistic::ALL.map(|statistic| self.row(key, cell, statistic));
        self.cells.iter().flat_map(of_cell).collect()
    }

    fn row(&self, key: &Key, cell: &Cell, statistic: Statistic) -> ConfidenceRow {
        let mut values: Vec<f64> = cell.members.iter().filter_map(|member| statistic.of(&member.summary)).collect();
        let moments = Moments::of(&values);
        values.sort_unstable_by(f64::total_cmp);
        let independent = self.nesting.draws.min(values.len() as u64);
        let quantile = |p: f64| quantile_sorted(&values, p);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a u32 before")]
        let of = if key.kind == 0 { SummaryOf::Time(key.at) } else { SummaryOf::Cycle(key.at as u32) };
        ConfidenceRow {
            arm: self.arms[key.arm].clone(),
            of,
            quantity: self.quantities[key.quantity].clone(),
            unit: cell.unit.clone(),
            statistic,
            n: moments.n(),
            mean: moments.mean(),
            sd: moments.sd(),
            percentiles: PROBABILITIES.map(quantile),
            errors: PROBABILITIES.map(|p| quantile_standard_error(independent, p, quantile)),
        }
    }
}

/// Adds rows to a table with the columns of `confidence.csv`.
///
/// # Errors
/// Where they could not be written.
pub fn append_confidence<W: Write>(table: &Table<W>, rows: &[ConfidenceRow], layout: &Layout) -> io::Result<()> {
    let mut cells = table.cells();
    for row in rows {
        let cell = SummaryRow {
            arm: row.arm.clone(),
            of: row.of,
            quantity: row.quantity.clone(),
            unit: row.unit.clone(),
            summary: Summary::default(),
        };
        push_key(&mut cells, &cell, None, layout);
        cells.word(row.statistic.name());
        cells.word("confidence");
        cells.word(row.n);
        cells.numbers([row.mean, row.sd]);
        cells.numbers(row.percentiles);
        cells.numbers(row.errors);
        cells.end_line();
    }
    table.write(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::uncertainty::ParameterDraw;
    use crate::simulate::Replicates;

    fn row(of: SummaryOf, quantity: &str, p50: Option<f64>) -> SummaryRow {
        let summary = Summary { n: 5, p50, mean: Some(1.0), ..Summary::default() };
        SummaryRow { arm: "a".to_owned(), of, quantity: quantity.to_owned(), unit: String::new(), summary }
    }

    fn confidence(draws: u32) -> Confidence {
        let draw = ParameterDraw { thetas: Vec::new(), omegas: Vec::new(), redrawn: 0 };
        let replicates = Replicates::of_draws(vec![draw; draws as usize], 1, true);
        Confidence::new(&["a".to_owned()], Nesting::of(&replicates))
    }

    #[test]
    fn cells_come_in_order_whatever_replicate_had_them_first() {
        let mut collected = confidence(2);
        for (replicate, rows) in [
            [row(SummaryOf::Time(0.0), "Cc", Some(1.0)), row(SummaryOf::Cycle(2), "auc", Some(7.0))],
            [row(SummaryOf::Time(0.0), "Cc", None), row(SummaryOf::Cycle(1), "auc", Some(3.0))],
        ]
        .into_iter()
        .enumerate()
        {
            rows.iter().for_each(|row| collected.add(replicate as u32, row));
        }
        let rows = collected.rows();
        assert_eq!(rows.len(), 3 * Statistic::ALL.len());
        let medians: Vec<_> = rows.iter().filter(|row| row.statistic == Statistic::P50).collect();
        let found: Vec<_> = medians.iter().map(|row| (row.of, row.n, row.percentiles[1])).collect();
        // A replicate without a value is not counted.
        assert_eq!(
            found,
            [
                (SummaryOf::Time(0.0), 1, Some(1.0)),
                (SummaryOf::Cycle(1), 1, Some(3.0)),
                (SummaryOf::Cycle(2), 1, Some(7.0))
            ]
        );
    }

    #[test]
    fn the_interval_holds_the_middle_95_percent_of_the_replicates() {
        let mut collected = confidence(1001);
        for i in 0..1001 {
            collected.add(i, &row(SummaryOf::Cycle(1), "auc", Some(f64::from(i))));
        }
        let rows = collected.rows();
        let median = rows.iter().find(|row| row.statistic == Statistic::P50).unwrap();
        assert_eq!(median.percentiles, [Some(25.0), Some(500.0), Some(975.0)]);
        // Even values 1 apart: the density is 1 / 1001, so the error of the median is 1001 · sqrt(0.25 / 1001) = 15.8; 1000 gaps make it 15.8 too.
        assert!((median.errors[1].unwrap() - 15.8).abs() < 0.05, "{:?}", median.errors);
    }
}

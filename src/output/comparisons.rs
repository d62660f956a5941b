//! `comparison.csv`: every arm against the reference arm, subject by subject.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exposure::comparison::{COMPARED, ChunkPairs, Comparison, Criteria, Pairs};
use crate::exposure::interval::Metric;
use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

use super::exposures::interval_results;
use super::layout::Layout;
use super::row_sink::push_swept;
use super::rows::Table;

/// What is compared with what.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ComparisonPlan {
    /// Index of the arm that the others are compared with.
    pub reference: usize,
    /// When two arms count as alike.
    pub criteria: Criteria,
    /// Subjects to come, where known.
    pub expected_subjects: u64,
}

/// One row of `comparison.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRow {
    /// Name of the arm that is compared.
    pub test: String,
    /// Name of the arm that it is compared with.
    pub reference: String,
    /// Replicate, from 0.
    pub replicate: u32,
    /// Number of the cycle in both arms.
    pub cycle: u32,
    /// `auc`, `cmax` or `ctrough`.
    pub quantity: String,
    /// What the two say together.
    pub comparison: Comparison,
    /// When they count as alike.
    pub criteria: Criteria,
}

/// Pairs per metric of [`COMPARED`] by cycle.
type ByCycle<T> = BTreeMap<u32, [T; COMPARED.len()]>;

/// Compares all arms with one, per cycle, within each subject. Replicates are trials of their own.
#[derive(Debug)]
pub struct ComparisonSink {
    layout: Arc<Layout>,
    plan: ComparisonPlan,
    pairs: Mutex<BTreeMap<(usize, u32), ByCycle<Pairs>>>,
}

impl ComparisonSink {
    /// A sink for the arms of `layout`.
    #[must_use]
    pub fn new(layout: Arc<Layout>, plan: ComparisonPlan) -> Self {
        Self { layout, plan, pairs: Mutex::default() }
    }

    /// What has been collected: arm by arm, replicate by replicate, metric by metric, in order of cycles.
    #[must_use]
    pub fn finish(&self) -> Vec<ComparisonRow> {
        let pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = Vec::new();
        for (&(test, replicate), cycles) in pairs.iter() {
            for (i, metric) in COMPARED.into_iter().enumerate() {
                rows.extend(cycles.iter().map(|(&cycle, pairs)| ComparisonRow {
                    test: self.layout.arms[test].clone(),
                    reference: self.layout.arms[self.plan.reference].clone(),
                    replicate,
                    cycle,
                    quantity: metric.name().to_owned(),
                    comparison: pairs[i].comparison(&self.plan.criteria),
                    criteria: self.plan.criteria,
                }));
            }
        }
        rows
    }
}

impl Sink for ComparisonSink {
    type Digest = BTreeMap<(usize, u32), ByCycle<ChunkPairs>>;

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        let mut digest = Self::Digest::new();
        // A subject's arms follow each other.
        for subject in chunk.chunk_by(|a, b| (a.replicate, a.number) == (b.replicate, b.number)) {
            let Some(reference) = subject.iter().find(|arm| arm.arm == self.plan.reference) else { continue };
            let reference_metrics = metrics(reference);
            for test in subject.iter().filter(|arm| arm.arm != self.plan.reference) {
                let test_metrics = metrics(test);
                let cycles = digest.entry((test.arm, test.replicate)).or_default();
                let planned = [reference, test].into_iter().flat_map(|arm| arm.cycles.iter());
                for number in planned.map(|cycle| cycle.number).collect::<std::collections::BTreeSet<_>>() {
                    let [a, b] = [&test_metrics, &reference_metrics]
                        .map(|metrics| metrics.get(&number).copied().unwrap_or([None; COMPARED.len()]));
                    let pairs = cycles.entry(number).or_default();
                    pairs.iter_mut().zip(a).zip(b).for_each(|((pairs, a), b)| pairs.add(a, b));
                }
            }
        }
        digest
    }

    fn absorb(&self, digest: Self::Digest) -> io::Result<()> {
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, cycles) in digest {
            let collected = pairs.entry(key).or_default();
            for (number, chunk) in cycles {
                let cells = collected
                    .entry(number)
                    .or_insert_with(|| std::array::from_fn(|_| Pairs::expecting(self.plan.expected_subjects)));
                cells.iter_mut().zip(&chunk).for_each(|(cell, chunk)| cell.add(chunk));
            }
        }
        Ok(())
    }
}

/// Values of [`COMPARED`] by number of the cycle; nothing for a subject that failed.
fn metrics(subject: &Simulated) -> BTreeMap<u32, [Option<f64>; COMPARED.len()]> {
    let results = interval_results(subject);
    let of = |metrics: [Option<f64>; Metric::ALL.len()]| COMPARED.map(|metric| metrics[metric as usize]);
    let numbered = subject.cycles.iter().zip(&results);
    numbered.map(|(cycle, result)| (cycle.number, of(result.metrics(&results[0])))).collect()
}

/// Adds rows to a table with the columns of `comparison.csv`.
///
/// # Errors
/// Where they could not be written.
pub fn append_comparison<W: Write>(table: &Table<W>, rows: &[ComparisonRow], layout: &Layout) -> io::Result<()> {
    let mut cells = table.cells();
    for row in rows {
        push_swept(&mut cells, layout);
        cells.text(&row.test);
        cells.text(&row.reference);
        if layout.replicates {
            cells.word(row.replicate);
        }
        let found = &row.comparison;
        cells.word(row.cycle);
        cells.text(&row.quantity);
        cells.word(found.n);
        let interval = |end: usize| found.interval.map(|interval| interval[end]);
        cells.numbers([found.ratio, interval(0), interval(1)]);
        cells.optional(found.within.map(|within| if within { "yes" } else { "no" }));
        let [low, high] = row.criteria.limits();
        cells.numbers([row.criteria.level_percent(), low, high]);
        cells.number(found.cv_percent);
        cells.numbers(found.percentiles);
        cells.numbers(found.errors);
        cells.number(found.ratio_of_geometric_means);
        cells.word(found.missing);
        cells.word(found.not_positive);
        cells.end_line();
    }
    table.write(cells)
}

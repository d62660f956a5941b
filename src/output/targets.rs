//! `targets.csv`: how many attain each target, and `target_confidence.csv`: how sure that is where parameters are uncertain.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exposure::target::{Attainment, Condition, Evidence};
use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;
use crate::stats::{quantile_sorted, quantile_standard_error};

use super::cells::Cells;
use super::exposures::interval_results;
use super::layout::Layout;
use super::row_sink::push_swept;
use super::rows::Table;

/// A target as its tables have it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTarget {
    /// Name of the target: the condition as written, unless the study names it.
    pub name: String,
    /// Share of subjects that is asked for, from 0 to 1.
    pub required: Option<f64>,
    /// What a subject has to meet.
    pub condition: Condition,
}

/// One row of `targets.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetRow {
    /// Name of the arm.
    pub arm: String,
    /// Number of the replicate.
    pub replicate: u32,
    /// Index of the target.
    pub target: usize,
    /// Who attains it.
    pub attainment: Attainment,
}

/// Counts, per arm and replicate, of every target.
pub type Counts = BTreeMap<(usize, u32), Vec<Attainment>>;

/// Counts who attains the targets.
#[derive(Debug)]
pub struct TargetSink {
    arms: Vec<String>,
    targets: Arc<[NamedTarget]>,
    n_levels: usize,
    counts: Mutex<Counts>,
}

impl TargetSink {
    /// Counts for the arms of `layout`; `n_levels` is how many levels the time above is measured of.
    #[must_use]
    pub fn new(layout: &Layout, targets: Arc<[NamedTarget]>, n_levels: usize) -> Self {
        Self { arms: layout.arms.clone(), targets, n_levels, counts: Mutex::default() }
    }

    /// What was counted: arm by arm, target by target.
    #[must_use]
    pub fn finish(&self) -> Vec<TargetRow> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = Vec::new();
        for (index, arm) in self.arms.iter().enumerate() {
            for target in 0..self.targets.len() {
                rows.extend(counts.range((index, 0)..=(index, u32::MAX)).map(|((_, replicate), counts)| TargetRow {
                    arm: arm.clone(),
                    replicate: *replicate,
                    target,
                    attainment: counts[target],
                }));
            }
        }
        rows
    }
}

impl Sink for TargetSink {
    type Digest = Counts;

    fn digest(&self, chunk: &[Simulated]) -> Counts {
        let mut counts = Counts::new();
        for subject in chunk {
            let cycles = interval_results(subject);
            let above = subject.outcome.as_ref().map_or(&[][..], |outcome| &outcome.profile.above);
            let evidence = Evidence { cycles: &cycles, above, n_thresholds: self.n_levels };
            let of_subject = counts
                .entry((subject.arm, subject.replicate))
                .or_insert_with(|| vec![Attainment::default(); self.targets.len()]);
            for (attainment, target) in of_subject.iter_mut().zip(self.targets.iter()) {
                attainment.count(subject.outcome.as_ref().ok().map(|_| target.condition.is_met(&evidence)));
            }
        }
        counts
    }

    fn absorb(&self, digest: Counts) -> io::Result<()> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, found) in digest {
            let known = counts.entry(key).or_insert_with(|| vec![Attainment::default(); found.len()]);
            known.iter_mut().zip(&found).for_each(|(known, found)| known.add(found));
        }
        Ok(())
    }
}

/// One row of `target_confidence.csv`: how many attain a target in one arm, over all replicates.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetConfidence {
    /// Name of the arm.
    pub arm: String,
    /// Index of the target.
    pub target: usize,
    /// Number of replicates.
    pub replicates: u64,
    /// Subjects of all of them.
    pub pooled: Attainment,
    /// 2.5th, 50th and 97.5th percentiles over replicates of the share that attains.
    pub percentiles: [Option<f64>; 3],
    /// Their Monte-Carlo standard errors.
    pub errors: [Option<f64>; 3],
}

impl TargetConfidence {
    /// Of rows as [`TargetSink::finish`] gives them, over replicates with so many independent sets of parameters.
    #[must_use]
    pub fn of_rows(rows: &[TargetRow], draws: u64) -> Vec<Self> {
        let groups = rows.chunk_by(|a, b| a.arm == b.arm && a.target == b.target);
        groups.map(|group| Self::of_group(group, draws)).collect()
    }

    fn of_group(group: &[TargetRow], draws: u64) -> Self {
        let mut pooled = Attainment::default();
        group.iter().for_each(|row| pooled.add(&row.attainment));
        let mut shares: Vec<f64> = group.iter().filter_map(|row| Some(row.attainment.share()?.share)).collect();
        shares.sort_unstable_by(f64::total_cmp);
        let quantile = |p: f64| quantile_sorted(&shares, p);
        let independent = draws.min(shares.len() as u64);
        Self {
            arm: group[0].arm.clone(),
            target: group[0].target,
            replicates: group.len() as u64,
            pooled,
            percentiles: CONFIDENCE.map(quantile),
            errors: CONFIDENCE.map(|p| quantile_standard_error(independent, p, quantile)),
        }
    }
}

/// The 95 % interval and its middle.
pub(super) const CONFIDENCE: [f64; 3] = [0.025, 0.5, 0.975];

/// Adds rows to a table with the columns of `target_confidence.csv`.
///
/// # Errors
/// Where they could not be written.
pub fn append_target_confidence<W: Write>(
    table: &Table<W>,
    rows: &[TargetConfidence],
    targets: &[NamedTarget],
    layout: &Layout,
) -> io::Result<()> {
    let mut cells = table.cells();
    for row in rows {
        push_swept(&mut cells, layout);
        cells.text(&row.arm);
        push_target(&mut cells, &targets[row.target]);
        cells.word(row.replicates);
        push_attainment(&mut cells, &row.pooled);
        cells.numbers(row.percentiles);
        cells.numbers(row.errors);
        cells.end_line();
    }
    table.write(cells)
}

/// `target,required`
fn push_target(cells: &mut Cells, target: &NamedTarget) {
    cells.text(&target.name);
    cells.number(target.required);
}

/// `n,attained,share,lower,upper,failed,undefined`
fn push_attainment(cells: &mut Cells, found: &Attainment) {
    cells.word(found.n);
    cells.word(found.attained);
    let share = found.share();
    cells.numbers([share.map(|s| s.share), share.map(|s| s.lower), share.map(|s| s.upper)]);
    cells.word(found.failed);
    cells.word(found.undefined);
}

/// Adds rows to a table with the columns of `targets.csv`.
///
/// # Errors
/// Where they could not be written.
pub fn append_targets<W: Write>(
    table: &Table<W>,
    rows: &[TargetRow],
    targets: &[NamedTarget],
    layout: &Layout,
) -> io::Result<()> {
    let mut cells = table.cells();
    for row in rows {
        push_swept(&mut cells, layout);
        cells.text(&row.arm);
        if layout.replicates {
            cells.word(row.replicate);
        }
        push_target(&mut cells, &targets[row.target]);
        push_attainment(&mut cells, &row.attainment);
        cells.end_line();
    }
    table.write(cells)
}

//! `targets.csv` and `reached.csv`: how many attain each target, and which values of the first swept key reach the share asked for.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exposure::target::{Attainment, Condition, Evidence};
use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

use super::exposures::interval_results;
use super::layout::{Layout, SweptCell};
use super::number;
use super::profiles::push_swept;
use super::rows::{Table, push_text};

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
    let digits = table.digits();
    let mut bytes = table.buffer();
    for row in rows {
        let target = &targets[row.target];
        push_swept(&mut bytes, layout, digits);
        push_text(&mut bytes, &row.arm);
        if layout.replicates {
            bytes.extend_from_slice(format!(",{}", row.replicate).as_bytes());
        }
        bytes.push(b',');
        push_text(&mut bytes, &target.name);
        bytes.push(b',');
        number::push_option(&mut bytes, target.required, digits);
        let found = &row.attainment;
        bytes.extend_from_slice(format!(",{},{}", found.n, found.attained).as_bytes());
        let share = found.share();
        for value in [share.map(|s| s.share), share.map(|s| s.lower), share.map(|s| s.upper)] {
            bytes.push(b',');
            number::push_option(&mut bytes, value, digits);
        }
        bytes.extend_from_slice(format!(",{},{}\n", found.failed, found.undefined).as_bytes());
    }
    table.append(table.seal(bytes, rows.len() as u64))
}

/// One row of `reached.csv`: in one arm and at one combination of the further swept keys, the values of the first swept number at which
/// the share asked for is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct ReachedRow {
    /// Cells of the further swept keys.
    pub further: Vec<SweptCell>,
    /// Name of the arm.
    pub arm: String,
    /// Index of the target.
    pub target: usize,
    /// Where the share itself is at least what is asked for: smallest and largest value.
    pub reached: Option<(f64, f64)>,
    /// Where the lower limit of its interval is.
    pub surely: Option<(f64, f64)>,
}

/// Looks for the values that reach a share, point by point, and keeps nothing of a point but that.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    rows: Vec<ReachedRow>,
}

/// Position of the key that [`Reached`] is about: the first that is a number.
#[must_use]
pub fn reaching_column(layout: &Layout) -> Option<usize> {
    layout.swept.iter().position(|column| matches!(column.cell, SweptCell::Number(_)))
}

impl Reached {
    /// Takes note of a point.
    pub fn add(&mut self, rows: &[TargetRow], targets: &[NamedTarget], layout: &Layout) {
        let Some(column) = reaching_column(layout) else { return };
        let SweptCell::Number(value) = layout.swept[column].cell else { return };
        let cells = layout.swept.iter().enumerate().filter(|(index, _)| *index != column);
        let further: Vec<SweptCell> = cells.map(|(_, column)| column.cell.clone()).collect();
        let mut rows = rows.iter().filter(|row| targets[row.target].required.is_some()).peekable();
        while let Some(first) = rows.next() {
            // Replicates of a target in an arm stand behind each other: they are one group here.
            let mut group = first.attainment;
            while let Some(next) = rows.next_if(|next| next.arm == first.arm && next.target == first.target) {
                group.add(&next.attainment);
            }
            let (Some(share), Some(required)) = (group.share(), targets[first.target].required) else { continue };
            let same =
                |row: &&mut ReachedRow| row.arm == first.arm && row.target == first.target && row.further == further;
            let row = match self.rows.iter_mut().find(same) {
                Some(row) => row,
                None => {
                    let (arm, target) = (first.arm.clone(), first.target);
                    self.rows.push(ReachedRow { further: further.clone(), arm, target, reached: None, surely: None });
                    let last = self.rows.len() - 1;
                    &mut self.rows[last]
                }
            };
            let widen = |range: Option<(f64, f64)>| {
                Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
            };
            if share.share >= required {
                row.reached = widen(row.reached);
            }
            if share.lower >= required {
                row.surely = widen(row.surely);
            }
        }
    }

    /// What was found.
    #[must_use]
    pub fn rows(&self) -> &[ReachedRow] {
        &self.rows
    }
}

/// Writes `reached.csv`.
///
/// # Errors
/// Where it could not be written.
pub fn append_reached<W: Write>(
    table: &Table<W>,
    reached: &Reached,
    targets: &[NamedTarget],
    layout: &Layout,
) -> io::Result<()> {
    let Some(column) = reaching_column(layout) else { return Ok(()) };
    let digits = table.digits();
    let mut bytes = table.buffer();
    for row in reached.rows() {
        for cell in &row.further {
            match cell {
                SweptCell::Number(value) => number::push(&mut bytes, *value, digits),
                SweptCell::Text(text) => push_text(&mut bytes, text),
            }
            bytes.push(b',');
        }
        push_text(&mut bytes, &row.arm);
        bytes.push(b',');
        push_text(&mut bytes, &targets[row.target].name);
        bytes.push(b',');
        number::push_option(&mut bytes, targets[row.target].required, digits);
        bytes.push(b',');
        push_text(&mut bytes, &layout.swept[column].name);
        bytes.push(b',');
        push_text(&mut bytes, &layout.swept[column].unit);
        let (reached, surely) = (row.reached, row.surely);
        for value in [reached.map(|r| r.0), reached.map(|r| r.1), surely.map(|r| r.0), surely.map(|r| r.1)] {
            bytes.push(b',');
            number::push_option(&mut bytes, value, digits);
        }
        bytes.push(b'\n');
    }
    table.append(table.seal(bytes, reached.rows().len() as u64))
}

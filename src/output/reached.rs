//! `reached.csv`: which values of the first swept key reach the share that a target asks for.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::layout::{Layout, SweptCell};
use super::row_sink::push_swept_cell;
use super::rows::Table;
use super::targets::{CONFIDENCE, NamedTarget, TargetConfidence, TargetRow};

/// Smallest and largest value.
pub type Range = (f64, f64);

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
    /// Where the share of all subjects itself is at least what is asked for.
    pub reached: Option<Range>,
    /// Where the lower limit of its interval is.
    pub surely: Option<Range>,
    /// Where the lower confidence limit over replicates is.
    pub confidently: Option<Range>,
    /// The smallest value that is enough in each replicate that reaches the share at all.
    smallest: BTreeMap<u32, f64>,
    replicates: u64,
}

impl ReachedRow {
    fn new(further: Vec<SweptCell>, arm: String, target: usize) -> Self {
        let (reached, surely, confidently) = (None, None, None);
        Self { further, arm, target, reached, surely, confidently, smallest: BTreeMap::new(), replicates: 0 }
    }

    /// Takes note of the rows of a target in an arm at one value, a row per replicate.
    fn add(&mut self, value: f64, required: f64, group: &[TargetRow], draws: u64) {
        for pooled in TargetConfidence::of_rows(group, draws) {
            let share = pooled.pooled.share();
            let of = [share.map(|share| share.share), share.map(|share| share.lower), pooled.percentiles[0]];
            for (range, share) in [&mut self.reached, &mut self.surely, &mut self.confidently].into_iter().zip(of) {
                if share.is_some_and(|share| share >= required) {
                    *range = Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
                }
            }
            self.replicates = self.replicates.max(pooled.replicates);
        }
        for row in group {
            if row.attainment.share().is_some_and(|share| share.share >= required) {
                let smallest = self.smallest.entry(row.replicate).or_insert(value);
                *smallest = smallest.min(value);
            }
        }
    }

    /// The smallest values that are enough in 2.5, 50 and 97.5 % of the replicates, each by itself. `None` where fewer than that reach
    /// the share at all.
    #[must_use]
    pub fn smallest_in_replicates(&self) -> [Option<f64>; 3] {
        let mut values: Vec<f64> = self.smallest.values().copied().collect();
        values.sort_unstable_by(f64::total_cmp);
        // Swept values are steps: between two of them nothing is known, so nothing is interpolated.
        #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "a number of replicates")]
        let needed = |p: f64| ((p * self.replicates as f64).ceil() as usize).max(1);
        CONFIDENCE.map(|p| values.get(needed(p) - 1).copied())
    }
}

/// Looks for the values that reach a share, point by point, and keeps nothing of a point but that.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    rows: Vec<ReachedRow>,
    draws: Option<u64>,
}

/// Position of the key that [`Reached`] is about: the first that is a number.
#[must_use]
pub fn reaching_column(layout: &Layout) -> Option<usize> {
    layout.swept.iter().position(|column| matches!(column.cell, SweptCell::Number(_)))
}

impl Reached {
    /// Of a study with so many sets of parameters; `None` where parameters are certain.
    #[must_use]
    pub fn new(draws: Option<u64>) -> Self {
        Self { rows: Vec::new(), draws }
    }

    /// Whether parameters are uncertain.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.draws.is_some()
    }

    /// Takes note of a point.
    pub fn add(&mut self, rows: &[TargetRow], targets: &[NamedTarget], layout: &Layout) {
        let Some(column) = reaching_column(layout) else { return };
        let SweptCell::Number(value) = layout.swept[column].cell else { return };
        let cells = layout.swept.iter().enumerate().filter(|(index, _)| *index != column);
        let further: Vec<SweptCell> = cells.map(|(_, column)| column.cell.clone()).collect();
        // Replicates of a target in an arm stand behind each other.
        for group in rows.chunk_by(|a, b| a.arm == b.arm && a.target == b.target) {
            let (arm, target) = (&group[0].arm, group[0].target);
            let Some(required) = targets[target].required else { continue };
            let same = |row: &ReachedRow| row.arm == *arm && row.target == target && row.further == further;
            let known = self.rows.iter().position(same).unwrap_or_else(|| {
                self.rows.push(ReachedRow::new(further.clone(), arm.clone(), target));
                self.rows.len() - 1
            });
            self.rows[known].add(value, required, group, self.draws.unwrap_or(1));
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
    let mut cells = table.cells();
    for row in reached.rows() {
        row.further.iter().for_each(|cell| push_swept_cell(&mut cells, cell));
        cells.text(&row.arm);
        cells.text(&targets[row.target].name);
        cells.number(targets[row.target].required);
        cells.text(&layout.swept[column].name);
        cells.text(&layout.swept[column].unit);
        let ends = |range: Option<Range>| [range.map(|range| range.0), range.map(|range| range.1)];
        cells.numbers(ends(row.reached));
        cells.numbers(ends(row.surely));
        if reached.is_uncertain() {
            cells.numbers(ends(row.confidently));
            cells.numbers(row.smallest_in_replicates());
        }
        cells.end_line();
    }
    table.write(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::target::{Attainment, Condition, TargetUnits};
    use crate::output::layout::SweptColumn;

    fn targets() -> Vec<NamedTarget> {
        let units = TargetUnits { time: "h".to_owned(), concentration: "mg/L".to_owned(), amount: "mg".to_owned() };
        let condition = Condition::read("cmax > 1", &units, &mut Vec::new()).unwrap();
        vec![NamedTarget { name: "cmax > 1".to_owned(), required: Some(0.5), condition }]
    }

    /// Replicates that reach the share from these doses on, of 10 subjects each.
    fn reached(from: &[f64]) -> Reached {
        let mut reached = Reached::new(Some(from.len() as u64));
        for dose in [100.0, 200.0, 300.0, 400.0] {
            let attainment =
                |from: f64| Attainment { n: 10, attained: if dose >= from { 8 } else { 2 }, ..Attainment::default() };
            let row = |(replicate, &from): (u32, &f64)| TargetRow {
                arm: "a".to_owned(),
                replicate,
                target: 0,
                attainment: attainment(from),
            };
            let rows: Vec<TargetRow> = (0..).zip(from).map(row).collect();
            let cell = SweptCell::Number(dose);
            let swept =
                SweptColumn { name: "amount".to_owned(), unit: "mg".to_owned(), key: "amount".to_owned(), cell };
            reached.add(&rows, &targets(), &Layout { swept: vec![swept], ..Layout::default() });
        }
        reached
    }

    #[test]
    fn a_dose_that_is_enough_on_the_whole_is_not_enough_in_every_replicate() {
        // Nine of ten replicates need 200 mg, the tenth needs 400.
        let found = reached(&[200.0, 200.0, 200.0, 200.0, 400.0, 200.0, 200.0, 200.0, 200.0, 200.0]);
        let row = &found.rows()[0];
        // At 200 mg 9 · 8 + 2 of 100 attain it, 0.74, with a Wilson interval above 0.5; the 2.5th percentile of the shares 0.2, 0.8, ... is
        // 0.2 + 0.225 · 0.6 = 0.335.
        assert_eq!(
            (row.reached, row.surely, row.confidently),
            (Some((200.0, 400.0)), Some((200.0, 400.0)), Some((400.0, 400.0)))
        );
        assert_eq!(row.smallest_in_replicates(), [Some(200.0), Some(200.0), Some(400.0)]);
    }

    #[test]
    fn replicates_that_never_reach_it_count_as_needing_more_than_was_swept() {
        let found = reached(&[100.0, 900.0, 900.0, 900.0]);
        assert_eq!(found.rows()[0].smallest_in_replicates(), [Some(100.0), None, None]);
        assert_eq!(found.rows()[0].confidently, None);
    }
}

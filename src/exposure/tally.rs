//! What [`super::summary`] says of one quantity, for thousands of them over the same subjects: every sample time, every cycle.
//!
//! Subjects come in chunks. A chunk is prepared where it was made, in parallel ([`Tally::prepare`]), and taken in order of
//! subjects ([`Tally::take`]). Moments are merged in that order. Values are kept as they came up to 20,000 subjects, 8 bytes
//! each and no copies; above that they are counted in sketches, which need no order, so that one set of them serves all threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::column::Column;
use super::sketch::BatchedSketch;
use super::summary::{ChunkMoments, EXACT_UP_TO, Percentiles, Summary};

/// Values of one chunk, series by series: a column each, NaN where a subject has none.
#[derive(Debug)]
struct Chunk {
    n_subjects: usize,
    values: Vec<f64>,
}

impl Chunk {
    fn new(n_subjects: usize, n_series: usize) -> Self {
        Self { n_subjects, values: vec![f64::NAN; n_subjects * n_series] }
    }

    fn columns(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.n_subjects.max(1))
    }

    fn columns_mut(&mut self) -> std::slice::ChunksExactMut<'_, f64> {
        self.values.chunks_exact_mut(self.n_subjects.max(1))
    }

    fn column_mut(&mut self, series: usize) -> &mut [f64] {
        &mut self.values[series * self.n_subjects..][..self.n_subjects]
    }

    /// From one row per subject: series k is column `columns[k]` of the rows, undefined in a row that is too short.
    fn fill(&mut self, rows: &[&[f64]], columns: &[usize]) {
        for (first, rows) in (0..).step_by(ROWS_AT_HAND).zip(rows.chunks(ROWS_AT_HAND)) {
            for (series, &column) in self.columns_mut().zip(columns) {
                for (value, row) in series[first..].iter_mut().zip(rows) {
                    *value = row.get(column).copied().unwrap_or(f64::NAN);
                }
            }
        }
    }
}

/// Series that are looked at together: long pieces of each row, and columns that the second-nearest cache holds.
const TILE: usize = 64;

/// Rows that are turned into columns together: a cache line of each column, and so few that their pages and pieces stay at hand.
const ROWS_AT_HAND: usize = 8;

/// Multiples of it, less their whole part, keep away from each other.
const GOLDEN_RATIO: f64 = 0.618_033_988_749_894_9;

/// A chunk, ready to be taken.
#[derive(Debug)]
pub struct Prepared {
    moments: Vec<ChunkMoments>,
    kept: Option<Chunk>,
}

/// Summaries of series over the same subjects.
#[derive(Debug)]
pub struct Tally {
    /// One per series; none where values are kept.
    sketches: Vec<Mutex<BatchedSketch>>,
    /// Chunks prepared so far.
    prepared: AtomicUsize,
    taken: Mutex<Taken>,
}

#[derive(Debug)]
struct Taken {
    moments: Vec<ChunkMoments>,
    kept: Vec<Chunk>,
}

impl Tally {
    /// For so many series over so many subjects.
    #[must_use]
    pub fn new(n_series: usize, n_subjects: u64) -> Self {
        let n_sketches = if n_subjects > EXACT_UP_TO as u64 { n_series } else { 0 };
        let moments = vec![ChunkMoments::default(); n_series];
        Self {
            sketches: (0..n_sketches).map(|_| Mutex::default()).collect(),
            prepared: AtomicUsize::new(0),
            taken: Mutex::new(Taken { moments, kept: Vec::new() }),
        }
    }

    /// What can be done with a chunk in any order. It comes as one row per subject; series k is column `columns[k]` of the rows,
    /// and undefined in a row that is too short.
    #[must_use]
    pub fn prepare(&self, rows: &[&[f64]], columns: &[usize]) -> Prepared {
        // In the order in which values lie in the rows, so that each piece of them is fetched once.
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by_key(|&series| columns[series]);
        // Threads that are at it at the same time begin far apart: otherwise they would meet at the same sketches.
        let turn = self.prepared.fetch_add(1, Ordering::Relaxed) as f64 * GOLDEN_RATIO;
        let first = (turn.fract() * columns.len() as f64) as usize;
        order.rotate_left(first);
        let mut moments = vec![ChunkMoments::default(); columns.len()];
        let mut kept = self.sketches.is_empty().then(|| Chunk::new(rows.len(), columns.len()));
        let mut tile = Chunk::new(rows.len(), TILE.min(columns.len()));
        let (mut finite, mut logarithms) = (Vec::new(), Vec::new());
        for order in order.chunks(TILE) {
            tile.fill(rows, &order.iter().map(|&series| columns[series]).collect::<Vec<_>>());
            for (column, &series) in tile.columns().zip(order) {
                if let Some(kept) = &mut kept {
                    kept.column_mut(series).copy_from_slice(column);
                }
                let column = Column::new(column, &mut finite);
                moments[series] = ChunkMoments::of_column(&column, &mut logarithms);
                if let Some(sketch) = self.sketches.get(series) {
                    locked(sketch).add(&column);
                }
            }
        }
        Prepared { moments, kept }
    }

    /// Takes the next chunk.
    pub fn take(&self, chunk: Prepared) {
        let mut taken = locked(&self.taken);
        taken.moments.iter_mut().zip(&chunk.moments).for_each(|(all, part)| all.merge(part));
        taken.kept.extend(chunk.kept);
    }

    /// What the series say, in their order.
    #[must_use]
    pub fn summaries(&self) -> Vec<Summary> {
        let taken = locked(&self.taken);
        let mut values = Vec::new();
        let mut summary = |(series, moments): (usize, &ChunkMoments)| {
            let found = match self.sketches.get(series) {
                Some(sketch) => Percentiles::of_sketch(locked(sketch).settled()),
                None => {
                    values.clear();
                    for column in taken.kept.iter().filter_map(|chunk| chunk.columns().nth(series)) {
                        values.extend(column.iter().filter(|value| value.is_finite()));
                    }
                    Percentiles::of_values(&values)
                }
            };
            moments.summary(found)
        };
        taken.moments.iter().enumerate().map(&mut summary).collect()
    }
}

/// Tallies of cycles: as many as the subject that goes furthest has.
#[derive(Debug)]
pub struct CycleTallies {
    n_series: usize,
    n_subjects: u64,
    cycles: Mutex<Vec<Arc<Tally>>>,
}

impl CycleTallies {
    /// For so many series in every cycle, over so many subjects.
    #[must_use]
    pub fn new(n_series: usize, n_subjects: u64) -> Self {
        Self { n_series, n_subjects, cycles: Mutex::default() }
    }

    /// The tally of a cycle, counted from 0.
    #[must_use]
    pub fn of(&self, cycle: usize) -> Arc<Tally> {
        let mut cycles = locked(&self.cycles);
        while cycles.len() <= cycle {
            cycles.push(Arc::new(Tally::new(self.n_series, self.n_subjects)));
        }
        Arc::clone(&cycles[cycle])
    }

    /// All there are.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Tally>> {
        locked(&self.cycles).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::sketch::Sketch;
    use crate::exposure::summary::Accumulator;
    use proptest::prelude::*;

    /// Rows of three values, the last of which some subjects lack.
    fn rows(n: usize) -> Vec<Vec<f64>> {
        let value = |i: usize, k: usize| libm::exp(((i * 7 + k * 3 + 1) as f64 * 0.618_033_988_749_895) % 1.0);
        (0..n).map(|i| (0..if i % 5 == 3 { 2 } else { 3 }).map(|k| value(i, k)).collect()).collect()
    }

    fn summaries(n_subjects: u64, chunk: usize, rows: &[Vec<f64>]) -> Vec<Summary> {
        let tally = Tally::new(3, n_subjects);
        let prepared: Vec<Prepared> = rows
            .chunks(chunk)
            // Prepared from the last to the first, as threads may.
            .rev()
            .map(|rows| tally.prepare(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>(), &[2, 0, 1]))
            .collect();
        prepared.into_iter().rev().for_each(|chunk| tally.take(chunk));
        tally.summaries()
    }

    #[test]
    fn a_tally_says_of_each_series_what_an_accumulator_says_of_it_alone() {
        let rows = rows(1000);
        for n_subjects in [1000, 1_000_000] {
            let found = summaries(n_subjects, 128, &rows);
            for (found, column) in found.iter().zip([2, 0, 1]) {
                let mut alone = Accumulator::expecting(n_subjects);
                for chunk in rows.chunks(128) {
                    alone.add(&chunk.iter().filter_map(|row| row.get(column)).copied().collect::<Vec<_>>());
                }
                assert_eq!(*found, alone.summary());
            }
            assert_eq!([found[0].n, found[1].n], [800, 1000]);
        }
    }

    #[test]
    fn sketched_quantiles_are_within_the_stated_error_of_kept_ones() {
        let rows = rows(2000);
        let (kept, sketched) = (summaries(2000, 256, &rows), summaries(20_001, 256, &rows));
        for (kept, sketched) in kept.iter().zip(&sketched) {
            assert_eq!(kept.mean, sketched.mean);
            for (exact, found) in [(kept.p5, sketched.p5), (kept.p50, sketched.p50), (kept.p95, sketched.p95)] {
                assert!((found.unwrap() / exact.unwrap() - 1.0).abs() <= Sketch::RELATIVE_ERROR);
            }
            assert_ne!(kept.p50, sketched.p50, "a sketch gives the middle of a bucket");
        }
    }

    #[test]
    fn cycles_are_made_as_they_are_reached() {
        let tallies = CycleTallies::new(2, 10);
        drop(tallies.of(1));
        assert_eq!(tallies.all().len(), 2);
        assert_eq!(tallies.of(1).summaries(), [Summary::default(); 2]);
    }

    proptest! {
        #[test]
        fn columns_are_those_of_the_rows(
            rows in prop::collection::vec(prop::collection::vec(-1e3..1e3_f64, 0..6), 1..20),
            columns in prop::collection::vec(0..6_usize, 0..8),
        ) {
            let mut chunk = Chunk::new(rows.len(), columns.len());
            chunk.fill(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>(), &columns);
            let found: Vec<Vec<f64>> = chunk.columns().map(<[f64]>::to_vec).collect();
            prop_assert_eq!(found.len(), columns.len());
            for (found, column) in found.iter().zip(&columns) {
                for (found, row) in found.iter().zip(&rows) {
                    prop_assert_eq!(found.to_bits(), row.get(*column).copied().unwrap_or(f64::NAN).to_bits());
                }
            }
        }
    }
}

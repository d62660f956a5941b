//! Quantiles of more values than one wants to keep: a mergeable sketch with a relative error of 0.1 %.
//!
//! A DDSketch (Masson, Rim and Lee, Proceedings of the VLDB Endowment 2019;12:2195-2205) with the linearly interpolated
//! mapping: a value's bucket is its binary exponent and the first nine bits of its mantissa. So finding a bucket takes a
//! shift where the textbook mapping takes a logarithm (per sample, of millions of subjects), and it depends on no
//! mathematics library, which keeps the result the same on every machine. A sketch holds nothing but counts: in whatever
//! order values are added or sketches merged, it says the same.

use std::ops::RangeInclusive;

use super::column::Column;
use crate::stats::{quantile_rank, quantile_standard_error};

/// Mantissa bits in a key: buckets are at most 2^-9 of their lower edge wide, so that their middle is within 2^-10 = 0.098 %.
const MANTISSA_BITS: u32 = 9;
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - MANTISSA_BITS;
/// Buckets kept at the most: 64 octaves (19 decades, 128 KiB). What is smaller than the largest value by more than that is
/// rounding error to a solver; it shares one bucket.
const LARGEST_SPAN: usize = 64 << MANTISSA_BITS;

/// Counts of values in buckets of constant relative width.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    positive: Buckets,
    negative: Buckets,
    zeros: u64,
}

/// A run of counts that grows at either end.
#[derive(Clone, Debug, Default, PartialEq)]
struct Buckets {
    first: u32,
    counts: Vec<u32>,
    total: u64,
}

impl Sketch {
    /// Largest relative difference between a quantile of the sketch and an order statistic of the values.
    pub const RELATIVE_ERROR: f64 = 1e-3;

    /// Adds a value; one that is not finite is ignored.
    pub fn add(&mut self, value: f64) {
        if value > 0.0 && value < f64::INFINITY {
            self.positive.add(value);
        } else if value == 0.0 {
            self.zeros += 1;
        } else if value < 0.0 && value > f64::NEG_INFINITY {
            self.negative.add(-value);
        }
    }

    /// Adds values; those that are not finite are ignored.
    pub fn add_all(&mut self, values: &[f64]) {
        let mut room = Vec::new();
        let column = Column::new(values, &mut room);
        if column.is_positive() {
            let keys = column.values().iter().map(|&value| key_of(value));
            self.positive.add_all(keys, key_of(column.smallest())..=key_of(column.largest()));
        } else {
            column.values().iter().for_each(|&value| self.add(value));
        }
    }

    /// Number of values.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.positive.total + self.negative.total + self.zeros
    }

    /// Adds all values of another sketch.
    pub fn merge(&mut self, other: &Self) {
        self.positive.merge(&other.positive);
        self.negative.merge(&other.negative);
        self.zeros += other.zeros;
    }

    /// Quantile (type 7, as [`crate::stats::quantile_sorted`]) within [`Self::RELATIVE_ERROR`]; `None` of nothing.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        self.ranked().quantile(p)
    }

    /// Made ready for many quantiles.
    #[must_use]
    pub fn ranked(&self) -> Ranked<'_> {
        Ranked { sketch: self, positive: self.positive.cumulated(), negative: self.negative.cumulated() }
    }
}

/// A sketch with the number of values up to each bucket, so that looking for a quantile does not count all over again.
#[derive(Debug)]
pub struct Ranked<'a> {
    sketch: &'a Sketch,
    positive: Vec<u64>,
    negative: Vec<u64>,
}

impl Ranked<'_> {
    /// See [`Sketch::quantile`].
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let rank = quantile_rank(self.sketch.n(), p)?;
        let middle = |bucket: Bucket| bucket.at(0.5);
        let low = self.order_statistic(rank.low, middle);
        let high = if rank.fraction > 0.0 { self.order_statistic(rank.low + 1, middle) } else { low };
        Some(rank.between(low, high))
    }

    /// Monte-Carlo standard error of quantile `p`, see [`quantile_standard_error`]; that of the sketch is not in it.
    #[must_use]
    pub fn standard_error(&self, p: f64) -> Option<f64> {
        // One standard error of a million subjects is narrower than a bucket, so values are taken to lie evenly in it.
        let evenly = |bucket: Bucket| bucket.at((bucket.rank as f64 + 0.5) / bucket.count as f64);
        let n = self.sketch.n();
        quantile_standard_error(n, p, |p| {
            let rank = quantile_rank(n, p)?;
            let low = self.order_statistic(rank.low, evenly);
            Some(rank.between(low, self.order_statistic((rank.low + 1).min(n - 1), evenly)))
        })
    }

    /// The `index`th smallest value, from 0, somewhere in its bucket.
    fn order_statistic(&self, index: u64, place: impl Fn(Bucket) -> f64) -> f64 {
        let negative = self.sketch.negative.total;
        let not_positive = negative + self.sketch.zeros;
        if index < negative {
            -place(self.sketch.negative.bucket(&self.negative, negative - 1 - index))
        } else if index < not_positive {
            0.0
        } else {
            place(self.sketch.positive.bucket(&self.positive, index - not_positive))
        }
    }
}

/// Where a value lies: in a bucket between two magnitudes, the `rank`th smallest of `count`, from 0.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    low: f64,
    high: f64,
    rank: u64,
    count: u64,
}

impl Bucket {
    /// So far on the way from its lower to its upper edge.
    fn at(self, fraction: f64) -> f64 {
        self.low + fraction * (self.high - self.low)
    }
}

/// A sketch whose counts are brought up to date now and then: those of thousands of sketches are more than a processor's
/// caches hold, and a few hundred values at a time would wait for memory at each of them.
#[derive(Debug, Default)]
pub(super) struct BatchedSketch {
    sketch: Sketch,
    /// Keys of positive values that are to be counted, less `base`: in this way they take a quarter of the values' memory.
    waiting: Vec<u16>,
    base: u32,
    /// The lowest and the highest of them.
    range: Option<(u32, u32)>,
}

impl BatchedSketch {
    /// Keys that may wait. The counts of a sketch are fetched once for so many: 20 KB for 16 KB.
    const BATCH: usize = 8192;

    /// Adds the values of a column.
    pub(super) fn add(&mut self, column: &Column<'_>) {
        let (low, high) = (key_of(column.smallest()), key_of(column.largest()));
        let n = column.values().len();
        if column.is_positive() && (self.waiting.len() + n > Self::BATCH || !self.spans(low, high)) {
            self.settled();
            self.base = low.saturating_sub(1 << 15);
        }
        if !column.is_positive() || n > Self::BATCH || !self.spans(low, high) {
            return self.sketch.add_all(column.values());
        }
        if self.waiting.capacity() == 0 {
            self.waiting.reserve_exact(Self::BATCH);
        }
        let base = self.base;
        self.waiting.extend(column.values().iter().map(|&value| (key_of(value) - base) as u16));
        self.range = Some(self.range.map_or((low, high), |range| (low.min(range.0), high.max(range.1))));
    }

    /// Whether these keys can wait beside the others. They may be 64 octaves below and above the first.
    fn spans(&self, low: u32, high: u32) -> bool {
        low >= self.base && high - self.base <= u32::from(u16::MAX)
    }

    /// The sketch of all values so far.
    pub(super) fn settled(&mut self) -> &Sketch {
        if let Some((low, high)) = self.range.take() {
            let keys = self.waiting.iter().map(|&key| self.base + u32::from(key));
            self.sketch.positive.add_all(keys, low..=high);
            self.waiting.clear();
        }
        &self.sketch
    }
}

/// The bucket of a magnitude.
#[inline]
fn key_of(magnitude: f64) -> u32 {
    (magnitude.to_bits() >> SHIFT) as u32
}

impl Buckets {
    /// Adds magnitudes, each given as its bucket, within a range of buckets of which both ends are among them.
    fn add_all(&mut self, keys: impl ExactSizeIterator<Item = u32>, range: RangeInclusive<u32>) {
        // Room is made once, and nothing is left to ask per value.
        self.slot(*range.end());
        self.slot(*range.start());
        self.total += keys.len() as u64;
        let (first, counts) = (self.first, self.counts.as_mut_slice());
        for key in keys {
            counts[key.saturating_sub(first) as usize] += 1;
        }
    }

    fn add(&mut self, magnitude: f64) {
        let slot = self.slot(key_of(magnitude));
        self.counts[slot] += 1;
        self.total += 1;
    }

    fn merge(&mut self, other: &Self) {
        // From the top, so that what has to be collapsed is known before small magnitudes come.
        for (offset, &count) in other.counts.iter().enumerate().rev() {
            if count > 0 {
                let slot = self.slot(other.first + offset as u32);
                self.counts[slot] += count;
            }
        }
        self.total += other.total;
    }

    /// Index of the key's count, making room for it.
    #[inline]
    fn slot(&mut self, key: u32) -> usize {
        let offset = key.wrapping_sub(self.first) as usize;
        if offset < self.counts.len() { offset } else { self.grow(key) }
    }

    #[cold]
    fn grow(&mut self, key: u32) -> usize {
        // Whole octaves: few values make the run grow, and it is seldom copied.
        const OCTAVE: u32 = 1 << MANTISSA_BITS;
        let octave = key & !(OCTAVE - 1);
        if self.counts.is_empty() {
            self.first = octave;
        }
        let end = self.first + self.counts.len() as u32;
        if key >= end {
            let length = (octave + OCTAVE - self.first) as usize;
            // The room that a vector takes on its own would double the memory of a summary.
            self.counts.reserve_exact(length - self.counts.len());
            self.counts.resize(length, 0);
            self.collapse();
        } else {
            let lowest = (end as usize).saturating_sub(LARGEST_SPAN) as u32;
            let first = octave.max(lowest).min(self.first);
            self.prepend((self.first - first) as usize);
        }
        (key.max(self.first) - self.first) as usize
    }

    fn prepend(&mut self, added: usize) {
        if added > 0 {
            let mut counts = Vec::with_capacity(added + self.counts.len());
            counts.resize(added, 0);
            counts.extend_from_slice(&self.counts);
            self.counts = counts;
            self.first -= added as u32;
        }
    }

    /// Gives up what is below the largest span: the smallest magnitudes share the lowest bucket.
    fn collapse(&mut self) {
        let excess = self.counts.len().saturating_sub(LARGEST_SPAN);
        if excess > 0 {
            let collapsed: u32 = self.counts.drain(..excess).sum();
            self.counts[0] += collapsed;
            self.counts.shrink_to_fit();
            self.first += excess as u32;
        }
    }

    /// Number of values up to and with each bucket.
    fn cumulated(&self) -> Vec<u64> {
        let up_to = |sum: &mut u64, &count: &u32| {
            *sum += u64::from(count);
            Some(*sum)
        };
        self.counts.iter().scan(0, up_to).collect()
    }

    /// Where the `index`th smallest magnitude lies; it is below the total.
    fn bucket(&self, cumulated: &[u64], index: u64) -> Bucket {
        let offset = cumulated.partition_point(|&up_to| up_to <= index);
        let below = if offset == 0 { 0 } else { cumulated[offset - 1] };
        let key = u64::from(self.first) + offset as u64;
        let (low, high) = (f64::from_bits(key << SHIFT), f64::from_bits((key + 1) << SHIFT));
        Bucket { low, high: high.min(f64::MAX), rank: index - below, count: u64::from(self.counts[offset]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::quantile_sorted;
    use proptest::prelude::*;

    const PROBABILITIES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

    fn sketch_of(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|&value| sketch.add(value));
        sketch
    }

    #[test]
    fn a_sketch_of_nothing_has_no_quantiles() {
        assert_eq!(Sketch::default().quantile(0.5), None);
        assert_eq!(sketch_of(&[f64::NAN, f64::INFINITY]).n(), 0);
        let mut at_once = Sketch::default();
        at_once.add_all(&[f64::NAN, 1.0, f64::INFINITY]);
        at_once.add_all(&[f64::NAN, f64::INFINITY]);
        assert_eq!(at_once, sketch_of(&[1.0]));
        let mut batched = BatchedSketch::default();
        batched.add(&Column::new(&[f64::NAN], &mut Vec::new()));
        assert_eq!(batched.settled(), &Sketch::default());
    }

    #[test]
    fn memory_stays_bounded_over_all_magnitudes_and_large_values_stay_exact() {
        let values: Vec<f64> = (-300..300).map(|exponent| libm::pow(10.0, f64::from(exponent))).collect();
        for values in [values.clone(), values.iter().rev().copied().collect()] {
            let sketch = sketch_of(&values);
            assert!(sketch.positive.counts.capacity() <= LARGEST_SPAN);
            assert_eq!(sketch.n(), 600);
            let mut at_once = Sketch::default();
            at_once.add_all(&values);
            assert_eq!(at_once, sketch, "in whatever order values come, the same ones are collapsed");
            let mut batched = BatchedSketch::default();
            values.chunks(100).for_each(|values| batched.add(&Column::new(values, &mut Vec::new())));
            assert_eq!(batched.settled(), &sketch);
            let top = sketch.quantile(1.0).unwrap();
            assert!((top / 1e299 - 1.0).abs() < Sketch::RELATIVE_ERROR);
        }
    }

    #[test]
    fn batches_count_what_comes_before_and_after_they_are_full() {
        let values: Vec<f64> =
            (1..3 * BatchedSketch::BATCH).map(|i| (i as f64 * 0.618_033_988_749_895) % 1.0).collect();
        for piece in [1, 700, BatchedSketch::BATCH, BatchedSketch::BATCH + 1] {
            let mut batched = BatchedSketch::default();
            for piece in values.chunks(piece) {
                batched.add(&Column::new(piece, &mut Vec::new()));
                assert!(batched.waiting.capacity() <= BatchedSketch::BATCH);
            }
            assert_eq!(batched.settled(), &sketch_of(&values));
            assert_eq!(batched.settled(), &sketch_of(&values), "what was counted is not counted again");
        }
    }

    #[test]
    fn batches_follow_values_that_move_further_than_their_keys_reach() {
        // 1e30 is 100 octaves.
        let values: Vec<f64> =
            [1.0, 1e30, 2.0, 0.0, 1e-30, 3.0].into_iter().flat_map(|x| [x, 1.5 * x, 1.7 * x]).collect();
        let mut batched = BatchedSketch::default();
        values.chunks(3).for_each(|values| batched.add(&Column::new(values, &mut Vec::new())));
        assert_eq!(batched.settled(), &sketch_of(&values));
    }

    proptest! {
        #[test]
        fn every_quantile_is_within_the_stated_error(
            logarithms in prop::collection::vec(-14.0..14.0_f64, 1..400), negative in 0..3_usize, zeros in 0..3_usize,
        ) {
            let mut values: Vec<f64> = logarithms.iter().map(|x| libm::exp(*x)).collect();
            values.iter_mut().take(negative).for_each(|x| *x = -*x);
            values.extend(std::iter::repeat_n(0.0, zeros));
            let sketch = sketch_of(&values);
            let mut at_once = Sketch::default();
            values.chunks(50).for_each(|values| at_once.add_all(values));
            prop_assert_eq!(&at_once, &sketch);
            let mut batched = BatchedSketch::default();
            values.chunks(50).for_each(|values| batched.add(&Column::new(values, &mut Vec::new())));
            prop_assert_eq!(batched.settled(), &sketch);
            values.sort_by(f64::total_cmp);
            for p in PROBABILITIES {
                let (found, exact) = (sketch.quantile(p).unwrap(), quantile_sorted(&values, p).unwrap());
                // Between neighbours of opposite sign the error is relative to the larger of them.
                let rank = quantile_rank(values.len() as u64, p).unwrap().low as usize;
                let next = values[(rank + 1).min(values.len() - 1)];
                let size = exact.abs().max(values[rank].abs()).max(next.abs() * f64::from(values[rank] <= 0.0));
                prop_assert!((found - exact).abs() <= Sketch::RELATIVE_ERROR * size, "{} {} {}", p, found, exact);
            }
        }

        #[test]
        fn merging_is_the_same_as_adding(
            a in prop::collection::vec(-1e6..1e6_f64, 0..100), b in prop::collection::vec(-1e-3..1e3_f64, 0..100),
        ) {
            let mut merged = sketch_of(&a);
            merged.merge(&sketch_of(&b));
            let both = sketch_of(&[a, b].concat());
            prop_assert_eq!(merged.n(), both.n());
            for p in PROBABILITIES {
                prop_assert_eq!(merged.quantile(p), both.quantile(p));
            }
        }
    }
}

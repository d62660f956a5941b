//! Quantiles of more values than one wants to keep: a mergeable sketch with a relative error of 0.1 %.
//!
//! A DDSketch (Masson, Rim and Lee, Proceedings of the VLDB Endowment 2019;12:2195-2205) with the linearly interpolated
//! mapping: a value's bucket is its binary exponent and the first ten bits of its mantissa. So finding a bucket takes a
//! shift where the textbook mapping takes a logarithm (per sample, of millions of subjects), and it depends on no
//! mathematics library, which keeps the result the same on every machine.

use crate::stats::quantile_rank;

/// Mantissa bits in a key: buckets are at most 2^-10 = 0.098 % of their lower edge wide.
const MANTISSA_BITS: u32 = 10;
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - MANTISSA_BITS;
/// Buckets kept at the most: 64 octaves (19 decades). Below that the smallest magnitudes share one bucket.
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
        let rank = quantile_rank(self.n(), p)?;
        let low = self.order_statistic(rank.low);
        let high = if rank.fraction > 0.0 { self.order_statistic(rank.low + 1) } else { low };
        Some(rank.between(low, high))
    }

    /// The `index`th smallest value, from 0, to within its bucket.
    fn order_statistic(&self, index: u64) -> f64 {
        let not_positive = self.negative.total + self.zeros;
        if index < self.negative.total {
            -self.negative.order_statistic(self.negative.total - 1 - index)
        } else if index < not_positive {
            0.0
        } else {
            self.positive.order_statistic(index - not_positive)
        }
    }
}

impl Buckets {
    fn add(&mut self, magnitude: f64) {
        let slot = self.slot((magnitude.to_bits() >> SHIFT) as u32);
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
        // Room for an octave beyond the new key, so that few values make the run grow.
        const ROOM: u32 = 1 << MANTISSA_BITS;
        if self.counts.is_empty() {
            self.first = key.saturating_sub(ROOM / 2);
            self.counts = vec![0; ROOM as usize];
        }
        let end = self.first + self.counts.len() as u32;
        if key >= end {
            self.counts.resize((key + ROOM / 2 - self.first) as usize, 0);
            if let Some(excess) = self.counts.len().checked_sub(LARGEST_SPAN).filter(|&excess| excess > 0) {
                let collapsed: u32 = self.counts.drain(..excess).sum();
                self.counts[0] += collapsed;
                self.first += excess as u32;
            }
        } else {
            let lowest = (end as usize).saturating_sub(LARGEST_SPAN) as u32;
            let first = key.saturating_sub(ROOM / 2).max(lowest).min(self.first);
            let added = (self.first - first) as usize;
            self.counts.splice(..0, std::iter::repeat_n(0, added));
            self.first = first;
        }
        (key.max(self.first) - self.first) as usize
    }

    /// The `index`th smallest magnitude, placed in its bucket as if the bucket's values were evenly spread.
    fn order_statistic(&self, index: u64) -> f64 {
        let mut below = 0;
        for (offset, &count) in self.counts.iter().enumerate() {
            let count = u64::from(count);
            if index < below + count {
                let key = u64::from(self.first) + offset as u64;
                let (low, high) = (f64::from_bits(key << SHIFT), f64::from_bits((key + 1) << SHIFT));
                let high = high.min(f64::MAX);
                return low + (high - low) * (((index - below) as f64 + 0.5) / count as f64);
            }
            below += count;
        }
        f64::NAN
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
    }

    #[test]
    fn memory_stays_bounded_over_all_magnitudes_and_large_values_stay_exact() {
        let values: Vec<f64> = (-300..300).map(|exponent| libm::pow(10.0, f64::from(exponent))).collect();
        for values in [values.clone(), values.iter().rev().copied().collect()] {
            let sketch = sketch_of(&values);
            assert!(sketch.positive.counts.len() <= LARGEST_SPAN + (1 << MANTISSA_BITS));
            assert_eq!(sketch.n(), 600);
            let top = sketch.quantile(1.0).unwrap();
            assert!((top / 1e299 - 1.0).abs() < Sketch::RELATIVE_ERROR);
        }
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

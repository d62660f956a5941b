//! Exposure per interval while a subject is integrated: area from the state that integrates the output, maximum over
//! the curve as integrators report it, value at the end before a dose given then.

use super::lanes::{LANES, Lanes};
use super::timeline::Interval;
use crate::profile::IntervalExposure;

/// A number of one subject, or one of each of sixteen who are at the same places at the same times.
pub(super) trait Measured: Copy + Default + std::fmt::Debug {
    fn splat(value: f64) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// Keeps a value seen at `time`, where it is the largest so far, or as large and seen earlier. Minus infinity is no value.
    fn keep_larger(self, time: f64, largest: &mut Self, at: &mut Self);
}

impl Measured for f64 {
    fn splat(value: f64) -> Self {
        value
    }

    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn minus(self, other: Self) -> Self {
        self - other
    }

    #[inline]
    fn keep_larger(self, time: f64, largest: &mut Self, at: &mut Self) {
        let is_first = largest.is_nan() && self > Self::NEG_INFINITY;
        if is_first || self > *largest || self == *largest && time < *at {
            *largest = self;
            *at = time;
        }
    }
}

impl Measured for Lanes {
    fn splat(value: f64) -> Self {
        Lanes::splat(value)
    }

    fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    fn minus(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    fn keep_larger(self, time: f64, largest: &mut Self, at: &mut Self) {
        for i in 0..LANES {
            self.0[i].keep_larger(time, &mut largest.0[i], &mut at.0[i]);
        }
    }
}

/// See [`IntervalExposure`].
#[derive(Clone, Copy, Debug)]
struct Exposure<V> {
    auc: V,
    cmax: V,
    tmax: V,
    ctrough: V,
}

/// Collects the exposures of one subject, or of sixteen. Boundaries are numbered start 0, end 0, start 1, end 1, ...
#[derive(Clone, Debug, Default)]
pub(super) struct ExposureTracker<V = f64> {
    exposures: Vec<Exposure<V>>,
    next_boundary: usize,
    /// When that is; ∞ where there is none.
    next_time: f64,
    /// Area up to now is `carried + auc state - base`.
    carried: V,
    base: V,
    /// Time above each level, interval by interval.
    above: Vec<f64>,
    n_levels: usize,
}

impl<V: Measured> ExposureTracker<V> {
    pub fn restart(&mut self, intervals: &[Interval], n_levels: usize, measured: bool) {
        self.n_levels = n_levels;
        self.above.clear();
        self.above.resize(intervals.len() * n_levels, if measured { 0.0 } else { f64::NAN });
        self.exposures.clear();
        let undefined = V::splat(f64::NAN);
        let nothing = Exposure { auc: undefined, cmax: undefined, tmax: undefined, ctrough: undefined };
        self.exposures.resize(intervals.len(), nothing);
        self.next_boundary = if measured { 0 } else { 2 * intervals.len() };
        self.find_time(intervals);
    }

    /// Time of the next boundary; ∞ where there is none.
    pub fn next_time(&self) -> f64 {
        self.next_time
    }

    /// Interval of the next boundary; true where it is the end.
    pub fn next_boundary(&self) -> (usize, bool) {
        (self.next_boundary / 2, self.next_boundary % 2 == 1)
    }

    fn find_time(&mut self, intervals: &[Interval]) {
        let (index, is_end) = self.next_boundary();
        let interval = intervals.get(index);
        self.next_time = interval.map_or(f64::INFINITY, |interval| if is_end { interval.end } else { interval.start });
    }

    /// Whether an interval has started and not ended.
    pub fn is_open(&self) -> bool {
        self.next_boundary % 2 == 1
    }

    pub fn pass_boundary(&mut self, intervals: &[Interval]) {
        self.next_boundary += 1;
        self.find_time(intervals);
    }

    pub fn start(&mut self, auc_state: V) {
        self.carried = V::splat(0.0);
        self.base = auc_state;
    }

    pub fn end(&mut self, interval: usize, auc_state: V, value: V) {
        let exposure = &mut self.exposures[interval];
        exposure.auc = self.carried.plus(auc_state.minus(self.base));
        exposure.ctrough = value;
    }

    /// An event sets the integrating state anew: what it had collected is kept.
    pub fn replace_auc_state(&mut self, before: V, after: V) {
        self.carried = self.carried.plus(before.minus(self.base));
        self.base = after;
    }

    /// A value of the curve at `time`, between the events at `segment_start` and (if there is one) at `stop`.
    ///
    /// At the end of an interval the value counts that came from the left, at its start the one after the events.
    pub fn note(&mut self, intervals: &[Interval], segment_start: f64, stop: Option<f64>, time: f64, value: V) {
        let last = (self.next_boundary / 2).min(intervals.len().wrapping_sub(1));
        for index in (0..=last).rev() {
            let Some(interval) = intervals.get(index) else { return };
            if interval.end < time {
                return;
            }
            let after_start =
                time > interval.start || time == interval.start && (time == segment_start || stop != Some(time));
            let before_end = time < interval.end || time == interval.end && time > segment_start;
            let exposure = &mut self.exposures[index];
            if after_start && before_end {
                value.keep_larger(time, &mut exposure.cmax, &mut exposure.tmax);
            }
        }
    }

    /// The curve is above a level from one time to another.
    pub fn note_above(&mut self, intervals: &[Interval], level: usize, from: f64, to: f64) {
        let first = intervals.partition_point(|interval| interval.end <= from);
        for (index, interval) in intervals.iter().enumerate().skip(first) {
            if interval.start >= to {
                return;
            }
            self.above[index * self.n_levels + level] += to.min(interval.end) - from.max(interval.start);
        }
    }

    pub fn take_above(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.above)
    }

    /// Each interval's exposure of the subject that `of` picks.
    pub fn exposures(&self, of: impl Fn(V) -> f64) -> Vec<IntervalExposure> {
        let exposure = |&Exposure { auc, cmax, tmax, ctrough }: &Exposure<V>| IntervalExposure {
            auc: of(auc),
            cmax: of(cmax),
            tmax: of(tmax),
            ctrough: of(ctrough),
        };
        self.exposures.iter().map(exposure).collect()
    }
}

//! A sink that keeps what published numbers are compared with: the first subject, and exposures of one arm.

use std::io;
use std::sync::Mutex;

use super::Study;
use crate::exposure::accumulation::PopulationAccumulation;
use crate::exposure::summary::{Accumulator, Summary};
use crate::model::Model;
use crate::simulate::result::{Outcome, Simulated};
use crate::simulate::sink::Sink;
use crate::units::TimeUnit;

/// Watches one arm of a run.
#[derive(Debug)]
pub struct Watch {
    arm: usize,
    model: Model,
    time_unit: TimeUnit,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    first: Option<Simulated>,
    intervals: Vec<Interval>,
}

/// One cycle over the cohort.
#[derive(Clone, Debug, Default)]
struct Interval {
    auc: Accumulator,
    cmax: Accumulator,
    auc_ratio: Accumulator,
}

/// What one chunk holds of one cycle.
#[derive(Debug, Default)]
pub struct IntervalValues {
    auc: Vec<f64>,
    cmax: Vec<f64>,
    auc_ratio: Vec<f64>,
}

impl Watch {
    /// Watches the arm with this index.
    #[must_use]
    pub fn new(arm: usize, study: &Study) -> Self {
        let (model, time_unit) = (study.setup().model.clone(), study.time_unit());
        Self { arm, model, time_unit, seen: Mutex::default() }
    }

    fn with_seen<T>(&self, look: impl FnOnce(&Seen) -> Option<T>) -> Option<T> {
        look(&self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn with_first<T>(&self, look: impl FnOnce(&Simulated, &Outcome) -> Option<T>) -> Option<T> {
        self.with_seen(|seen| {
            let first = seen.first.as_ref()?;
            look(first, first.outcome.as_ref().ok()?)
        })
    }

    pub(super) fn output(&self, name: &str, at: f64) -> Option<f64> {
        self.value_at(self.model.output(name)?, at)
    }

    pub(super) fn concentration(&self, at: f64) -> Option<f64> {
        self.value_at(self.model.endpoints().first()?.prediction, at)
    }

    fn value_at(&self, output: usize, at: f64) -> Option<f64> {
        self.with_first(|first, outcome| {
            let row = first.times.iter().position(|&time| time == at)?;
            Some(outcome.profile.row(row)[output])
        })
    }

    /// Sum of the intervals up to the one that ends at `until`, which must be one's end.
    pub(super) fn cumulative_auc(&self, until: f64) -> Option<f64> {
        // Ends of cycles are sums of days, converted: they may miss an hour by a unit in the last place.
        const SAME: f64 = 1e-9;
        self.with_first(|first, outcome| {
            let last = first.cycles.iter().position(|cycle| (cycle.end - until).abs() <= SAME * until)?;
            Some(outcome.profile.exposures[..=last].iter().map(|exposure| exposure.auc).sum())
        })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<f64> {
        let index = self.model.parameters().iter().position(|parameter| parameter.name == name)?;
        self.with_first(|first, _| first.parameters.get(index).copied())
    }

    pub(super) fn terminal_half_life_days(&self) -> Option<f64> {
        let half_life = self.with_first(|first, _| first.terminal_half_life)?;
        Some(self.time_unit.convert(half_life, TimeUnit::Day))
    }

    fn summary(&self, interval: usize, of: impl Fn(&Interval) -> &Accumulator) -> Option<Summary> {
        self.with_seen(|seen| seen.intervals.get(interval.checked_sub(1)?).map(|interval| of(interval).summary()))
    }

    /// Number of cycles that at least one subject reached.
    #[must_use]
    pub fn n_intervals(&self) -> usize {
        self.with_seen(|seen| Some(seen.intervals.len())).unwrap_or_default()
    }

    /// AUC of a cycle, from 1, over the cohort.
    #[must_use]
    pub fn auc(&self, interval: usize) -> Option<Summary> {
        self.summary(interval, |interval| &interval.auc)
    }

    /// Cmax of a cycle, from 1, over the cohort.
    #[must_use]
    pub fn cmax(&self, interval: usize) -> Option<Summary> {
        self.summary(interval, |interval| &interval.cmax)
    }

    /// AUC of a cycle, from 1, over that of cycle 1.
    #[must_use]
    pub fn accumulation(&self, interval: usize) -> Option<PopulationAccumulation> {
        let ratios = self.summary(interval, |interval| &interval.auc_ratio)?;
        Some(PopulationAccumulation::of_summaries(&self.auc(1)?, &self.auc(interval)?, &ratios))
    }
}

impl Sink for Watch {
    type Digest = (Option<Simulated>, Vec<IntervalValues>);

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        let mut values: Vec<IntervalValues> = Vec::new();
        let mut first = None;
        for simulated in chunk.iter().filter(|simulated| simulated.arm == self.arm) {
            if simulated.number == 1 && simulated.replicate == 0 {
                first = Some(simulated.clone());
            }
            let Ok(outcome) = &simulated.outcome else { continue };
            for (index, exposure) in outcome.profile.exposures.iter().enumerate() {
                if values.len() == index {
                    values.push(IntervalValues::default());
                }
                values[index].auc.push(exposure.auc);
                values[index].cmax.push(exposure.cmax);
                values[index].auc_ratio.push(exposure.auc / outcome.profile.exposures[0].auc);
            }
        }
        (first, values)
    }

    fn absorb(&self, (first, values): Self::Digest) -> io::Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.first = seen.first.take().or(first);
        for (index, values) in values.into_iter().enumerate() {
            if seen.intervals.len() == index {
                seen.intervals.push(Interval::default());
            }
            let interval = &mut seen.intervals[index];
            interval.auc.add(&values.auc);
            interval.cmax.add(&values.cmax);
            interval.auc_ratio.add(&values.auc_ratio);
        }
        Ok(())
    }
}

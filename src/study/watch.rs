//! A sink that keeps what published numbers are compared with: the first subject, and exposures of one arm.

use std::io;
use std::sync::Mutex;

use super::Study;
use crate::exposure::accumulation::PopulationAccumulation;
use crate::exposure::summary::Summary;
use crate::exposure::tally::{CycleTallies, Prepared};
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
    first: Mutex<Option<Simulated>>,
    cycles: CycleTallies,
}

/// Series per cycle.
#[derive(Clone, Copy, Debug)]
enum Series {
    Auc,
    Cmax,
    AucRatio,
}

/// How many.
const SERIES: usize = Series::AucRatio as usize + 1;

impl Watch {
    /// Watches the arm with this index.
    #[must_use]
    pub fn new(arm: usize, study: &Study) -> Self {
        let (model, time_unit) = (study.setup().model.clone(), study.time_unit());
        let cycles = CycleTallies::new(SERIES, study.size());
        Self { arm, model, time_unit, first: Mutex::default(), cycles }
    }

    fn with_first<T>(&self, look: impl FnOnce(&Simulated, &Outcome) -> Option<T>) -> Option<T> {
        let first = self.first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        look(first.as_ref()?, first.as_ref()?.outcome.as_ref().ok()?)
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

    fn summary(&self, interval: usize, of: Series) -> Option<Summary> {
        let cycle = self.cycles.all().into_iter().nth(interval.checked_sub(1)?)?;
        cycle.summaries().get(of as usize).copied()
    }

    /// Number of cycles that at least one subject reached.
    #[must_use]
    pub fn n_intervals(&self) -> usize {
        self.cycles.all().len()
    }

    /// AUC of a cycle, from 1, over the cohort.
    #[must_use]
    pub fn auc(&self, interval: usize) -> Option<Summary> {
        self.summary(interval, Series::Auc)
    }

    /// Cmax of a cycle, from 1, over the cohort.
    #[must_use]
    pub fn cmax(&self, interval: usize) -> Option<Summary> {
        self.summary(interval, Series::Cmax)
    }

    /// AUC of a cycle, from 1, over that of cycle 1.
    #[must_use]
    pub fn accumulation(&self, interval: usize) -> Option<PopulationAccumulation> {
        let ratios = self.summary(interval, Series::AucRatio)?;
        Some(PopulationAccumulation::of_summaries(&self.auc(1)?, &self.auc(interval)?, &ratios))
    }
}

impl Sink for Watch {
    type Digest = (Option<Simulated>, Vec<Prepared>);

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        let mut cycles: Vec<Vec<[f64; SERIES]>> = Vec::new();
        let mut first = None;
        for simulated in chunk.iter().filter(|simulated| simulated.arm == self.arm) {
            if simulated.number == 1 && simulated.replicate == 0 {
                first = Some(simulated.clone());
            }
            let Ok(outcome) = &simulated.outcome else { continue };
            for (index, exposure) in outcome.profile.exposures.iter().enumerate() {
                if cycles.len() == index {
                    cycles.push(Vec::new());
                }
                cycles[index].push([exposure.auc, exposure.cmax, exposure.auc / outcome.profile.exposures[0].auc]);
            }
        }
        let prepare = |(index, rows): (usize, Vec<[f64; SERIES]>)| {
            let rows: Vec<&[f64]> = rows.iter().map(<[f64; SERIES]>::as_slice).collect();
            let columns = [Series::Auc, Series::Cmax, Series::AucRatio].map(|series| series as usize);
            self.cycles.of(index).prepare(&rows, &columns)
        };
        (first, cycles.into_iter().enumerate().map(prepare).collect())
    }

    fn absorb(&self, (first, cycles): Self::Digest) -> io::Result<()> {
        let mut seen = self.first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *seen = seen.take().or(first);
        for (index, cycle) in cycles.into_iter().enumerate() {
            self.cycles.of(index).take(cycle);
        }
        Ok(())
    }
}

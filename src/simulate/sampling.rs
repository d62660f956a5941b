//! When a subject is looked at.

use std::sync::Arc;

use crate::regimen::schedule::PlannedDose;

/// Sample times of an arm, in the model's unit of time. A sample at the time of a dose sees the state before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// Times for everybody, in any order.
    pub grid: Vec<f64>,
    /// Adds the end of every infusion and the time of every other dose.
    pub peaks: bool,
    /// Adds the time of every dose, where the sample sees what the last dose has left.
    pub troughs: bool,
}

impl Sampling {
    /// All times of a subject with these doses, increasing, each once.
    #[must_use]
    pub fn times(&self, doses: &[PlannedDose]) -> Vec<f64> {
        let mut times = self.grid.clone();
        if self.peaks {
            times.extend(doses.iter().map(|dose| dose.time + dose.duration));
        }
        if self.troughs {
            times.extend(doses.iter().map(|dose| dose.time));
        }
        // -0 and 0 are one time.
        times.iter_mut().for_each(|time| *time += 0.0);
        times.sort_by(f64::total_cmp);
        times.dedup();
        times
    }
}

/// Sample times of an arm, kept from one subject to the next: most have the same doses at the same times.
#[derive(Debug, Default)]
pub(super) struct SampleTimes {
    doses: Vec<(f64, f64)>,
    times: Option<Arc<[f64]>>,
}

impl SampleTimes {
    /// As [`Sampling::times`], computed only where the doses are at other times than those of the call before.
    pub(super) fn of(&mut self, sampling: &Sampling, doses: &[PlannedDose]) -> Arc<[f64]> {
        let same = doses.iter().map(|dose| (dose.time, dose.duration)).eq(self.doses.iter().copied());
        match &self.times {
            Some(times) if same => times.clone(),
            _ => {
                self.doses = doses.iter().map(|dose| (dose.time, dose.duration)).collect();
                self.times.insert(sampling.times(doses).into()).clone()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dose(time: f64, duration: f64) -> PlannedDose {
        PlannedDose { time, amount: 1.0, duration, state: 0 }
    }

    #[test]
    fn peaks_and_troughs_join_the_grid_in_order_and_once() {
        let sampling = Sampling { grid: vec![24.0, 0.0, 1.0], peaks: true, troughs: true };
        assert_eq!(sampling.times(&[dose(0.0, 1.0), dose(168.0, 2.0)]), [0.0, 1.0, 24.0, 168.0, 170.0]);
        assert_eq!(Sampling { grid: vec![-0.0, 0.0], ..Sampling::default() }.times(&[]), [0.0]);
    }

    #[test]
    fn remembered_times_are_those_of_the_doses_asked_for() {
        let sampling = Sampling { grid: vec![0.0], peaks: true, troughs: false };
        let mut memory = SampleTimes::default();
        let first = memory.of(&sampling, &[dose(0.0, 1.0)]);
        assert!(Arc::ptr_eq(&first, &memory.of(&sampling, &[dose(0.0, 1.0)])));
        assert_eq!(*memory.of(&sampling, &[dose(0.0, 2.0)]), [0.0, 2.0]);
    }
}

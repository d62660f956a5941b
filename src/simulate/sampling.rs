//! When a subject is looked at.

use std::sync::Arc;

use crate::engine::timeline::{Interval, Timeline};
use crate::regimen::schedule::{self, PlannedDose, ScheduleError};

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

/// The schedule of an arm, kept from one subject to the next: most have the same doses at the same times, and differ in
/// amounts and covariates alone.
#[derive(Debug, Default)]
pub(super) struct LastSchedule {
    doses: Vec<PlannedDose>,
    times: Arc<[f64]>,
    timeline: Option<Timeline>,
}

impl LastSchedule {
    /// Sample times and timeline of a subject; as [`Sampling::times`] and [`schedule::from_plan`] have them, which are asked
    /// only where the doses are at other times than those of the call before.
    ///
    /// # Errors
    /// As [`schedule::from_plan`].
    pub(super) fn of(
        &mut self,
        sampling: &Sampling,
        doses: &[PlannedDose],
        covariates: &[f64],
        intervals: &[Interval],
    ) -> Result<(Arc<[f64]>, Timeline), ScheduleError> {
        if let Some(last) = &self.timeline
            && last.intervals == intervals
            && self.differs_in_amounts_only(doses)
        {
            let mut timeline = last.clone();
            timeline.doses.iter_mut().zip(doses).for_each(|(given, dose)| given.amount = dose.amount);
            timeline.covariates.values.clear();
            timeline.covariates.values.extend_from_slice(covariates);
            return Ok((Arc::clone(&self.times), timeline));
        }
        let times: Arc<[f64]> = sampling.times(doses).into();
        let plan = schedule::Plan { doses, samples: &times, covariates, intervals };
        let timeline = schedule::from_plan(&plan)?.timeline;
        let last = Some(timeline.clone());
        *self = Self { doses: doses.to_vec(), times: Arc::clone(&times), timeline: last };
        Ok((times, timeline))
    }

    fn differs_in_amounts_only(&self, doses: &[PlannedDose]) -> bool {
        let place = |dose: &PlannedDose| (dose.time, dose.duration, dose.state);
        let is_valid = |dose: &PlannedDose| dose.amount >= 0.0 && dose.amount.is_finite();
        doses.iter().all(is_valid) && doses.iter().map(place).eq(self.doses.iter().map(place))
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
    fn a_remembered_schedule_is_the_one_that_would_have_been_made() {
        let sampling = Sampling { grid: vec![0.0, 5.0], peaks: true, troughs: false };
        let intervals = [Interval { start: 0.0, end: 24.0 }];
        let mut memory = LastSchedule::default();
        let made = |doses: &[PlannedDose], covariates: &[f64]| {
            let times = sampling.times(doses);
            let plan = schedule::Plan { doses, samples: &times, covariates, intervals: &intervals };
            schedule::from_plan(&plan).unwrap().timeline
        };
        let heavier = |amount| [dose(0.0, 1.0), PlannedDose { amount, ..dose(12.0, 1.0) }];
        let (first_times, first) = memory.of(&sampling, &heavier(3.0), &[70.0], &intervals).unwrap();
        assert_eq!(first, made(&heavier(3.0), &[70.0]));
        let (times, second) = memory.of(&sampling, &heavier(4.0), &[90.0], &intervals).unwrap();
        assert!(
            Arc::ptr_eq(&first_times, &times) && Arc::ptr_eq(&first.records, &second.records),
            "subjects on one regimen share them"
        );
        assert_eq!(second, made(&heavier(4.0), &[90.0]));
        let (times, third) = memory.of(&sampling, &[dose(0.0, 2.0)], &[90.0], &intervals).unwrap();
        assert_eq!((*times).to_vec(), [0.0, 2.0, 5.0]);
        assert_eq!(third, made(&[dose(0.0, 2.0)], &[90.0]));
        let unfit = PlannedDose { amount: f64::NAN, ..dose(0.0, 2.0) };
        assert!(memory.of(&sampling, &[unfit], &[90.0], &intervals).is_err());
    }
}

//! How much higher the exposure of a later cycle is than that of the first.
//!
//! There is no one accumulation ratio: it may compare AUC, Cmax or Ctrough, of one subject or of a population, and a
//! population's may be the ratio of means, of medians, or the geometric mean of the individual ratios. Each has its own
//! name here, because they differ (for inotuzumab at cycle 4 from 5.1 to 5.6).

use crate::profile::IntervalExposure;
use crate::stats;

use super::summary::Summary;

/// One subject's exposure in one cycle over that in the first cycle. No unit; `None` where the first is not positive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccumulationRatios {
    /// AUC over AUC of the first cycle.
    pub auc: Option<f64>,
    /// Cmax over Cmax of the first cycle.
    pub cmax: Option<f64>,
    /// Ctrough over Ctrough of the first cycle.
    pub ctrough: Option<f64>,
}

impl AccumulationRatios {
    /// Of `cycle` over `first`, as given.
    #[must_use]
    pub fn new(cycle: &IntervalExposure, first: &IntervalExposure) -> Self {
        Self {
            auc: quotient(cycle.auc, first.auc),
            cmax: quotient(cycle.cmax, first.cmax),
            ctrough: quotient(cycle.ctrough, first.ctrough),
        }
    }

    /// The same per unit of dose: `(cycle / dose) / (first / first_dose)`. `None` where a dose is not positive.
    #[must_use]
    pub fn dose_normalised(self, dose: f64, first_dose: f64) -> Self {
        let scale = if dose > 0.0 { quotient(first_dose, dose) } else { None };
        let normalise = |ratio: Option<f64>| Some(ratio? * scale?);
        Self { auc: normalise(self.auc), cmax: normalise(self.cmax), ctrough: normalise(self.ctrough) }
    }
}

/// `a / b` where both are numbers and b is positive.
pub(crate) fn quotient(a: f64, b: f64) -> Option<f64> {
    (b > 0.0 && a.is_finite() && b.is_finite()).then(|| a / b)
}

/// A population's accumulation, by each of its definitions, over the subjects that have both cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PopulationAccumulation {
    /// Subjects with a value in both cycles.
    pub n: u64,
    /// Mean of the cycle over mean of the first.
    pub ratio_of_means: Option<f64>,
    /// Median of the cycle over median of the first.
    pub ratio_of_medians: Option<f64>,
    /// Geometric mean of the individual ratios.
    pub geometric_mean_of_ratios: Option<f64>,
    /// Median of the individual ratios.
    pub median_of_ratios: Option<f64>,
}

impl PopulationAccumulation {
    /// From one value per subject in the first and in a later cycle (NaN where a subject has none).
    ///
    /// Subjects without a value in both are left out.
    #[must_use]
    pub fn of(first: &[f64], later: &[f64]) -> Self {
        let pairs = || first.iter().zip(later).filter(|(a, b)| a.is_finite() && b.is_finite());
        let first: Vec<f64> = pairs().map(|pair| *pair.0).collect();
        let ratios: Vec<f64> = pairs().filter_map(|(a, b)| quotient(*b, *a)).collect();
        let later: Vec<f64> = pairs().map(|pair| *pair.1).collect();
        let of = |a: Option<f64>, b: Option<f64>| quotient(b?, a?);
        Self {
            n: first.len() as u64,
            ratio_of_means: of(stats::Moments::of(&first).mean(), stats::Moments::of(&later).mean()),
            geometric_mean_of_ratios: stats::geometric(&ratios).map(|geometric| geometric.mean),
            ratio_of_medians: of(median(&first), median(&later)),
            median_of_ratios: median(&ratios),
        }
    }

    /// From summaries of the same subjects: their first cycle, a later cycle, and their individual ratios.
    #[must_use]
    pub fn of_summaries(first: &Summary, later: &Summary, ratios: &Summary) -> Self {
        let of = |a: Option<f64>, b: Option<f64>| quotient(b?, a?);
        Self {
            n: later.n,
            ratio_of_means: of(first.mean, later.mean),
            ratio_of_medians: of(first.p50, later.p50),
            geometric_mean_of_ratios: ratios.geometric_mean,
            median_of_ratios: ratios.p50,
        }
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let [median] = stats::quantiles(values, [0.5]);
    median
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::summary::Accumulator;

    const FIRST: IntervalExposure = IntervalExposure { auc: 20.0, cmax: 4.0, tmax: 1.0, ctrough: 0.5 };
    const LATER: IntervalExposure = IntervalExposure { auc: 50.0, cmax: 6.0, tmax: 505.0, ctrough: 2.0 };

    #[test]
    fn ratios_are_over_the_first_cycle_and_dose_normalised_ones_per_unit_of_dose() {
        let ratios = AccumulationRatios::new(&LATER, &FIRST);
        assert_eq!(ratios, AccumulationRatios { auc: Some(2.5), cmax: Some(1.5), ctrough: Some(4.0) });
        // 1.5 mg after 1.8 mg: the same exposure would be more per mg, by 1.2.
        let normalised = ratios.dose_normalised(1.5, 1.8);
        assert!((normalised.auc.unwrap() - 3.0).abs() < 1e-15);
    }

    #[test]
    fn ratios_over_nothing_are_undefined() {
        let nothing = IntervalExposure { auc: 0.0, cmax: f64::NAN, tmax: 0.0, ctrough: -0.0 };
        assert_eq!(AccumulationRatios::new(&LATER, &nothing), AccumulationRatios::default());
        assert_eq!(
            AccumulationRatios::new(&LATER, &FIRST).dose_normalised(0.0, 1.8),
            AccumulationRatios::default(),
            "a cycle without a dose has no exposure per dose"
        );
    }

    #[test]
    fn a_populations_definitions_differ_and_each_is_what_its_name_says() {
        // Individual ratios 2, 4, 8; the fourth subject left the study after cycle 1.
        let (first, later) = ([1.0, 2.0, 3.0, 100.0], [2.0, 8.0, 24.0, f64::NAN]);
        let found = PopulationAccumulation::of(&first, &later);
        assert_eq!(found.n, 3);
        assert!((found.ratio_of_means.unwrap() - 34.0 / 6.0).abs() < 1e-14);
        assert_eq!(found.ratio_of_medians, Some(4.0));
        assert!((found.geometric_mean_of_ratios.unwrap() - 4.0).abs() < 1e-14);
        assert_eq!(found.median_of_ratios, Some(4.0));

        let summary = |values: &[f64]| {
            let mut accumulator = Accumulator::default();
            accumulator.add(values);
            accumulator.summary()
        };
        let again = PopulationAccumulation::of_summaries(
            &summary(&first[..3]),
            &summary(&later[..3]),
            &summary(&[2.0, 4.0, 8.0]),
        );
        assert_eq!(again, found);
    }
}

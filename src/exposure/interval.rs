//! What is reported of one cycle or dosing interval: the one list of its metrics.

use crate::profile::IntervalExposure;

use super::accumulation::{AccumulationRatios, quotient};

/// One exposure metric of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "`name` and `meaning` say what each is")]
pub enum Metric {
    Auc,
    Cmax,
    Tmax,
    Ctrough,
    Cavg,
    AucRatio,
    CmaxRatio,
    CtroughRatio,
    AucRatioPerDose,
    CmaxRatioPerDose,
    CtroughRatioPerDose,
}

/// What a metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Concentration times time.
    Area,
    /// Concentration (the unit of the output that exposure is measured on).
    Concentration,
    /// Time.
    Time,
    /// A plain number.
    Ratio,
}

impl Metric {
    /// All of them, in the order of columns.
    pub const ALL: [Self; 11] = [
        Self::Auc,
        Self::Cmax,
        Self::Tmax,
        Self::Ctrough,
        Self::Cavg,
        Self::AucRatio,
        Self::CmaxRatio,
        Self::CtroughRatio,
        Self::AucRatioPerDose,
        Self::CmaxRatioPerDose,
        Self::CtroughRatioPerDose,
    ];

    /// Name of the column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auc => "auc",
            Self::Cmax => "cmax",
            Self::Tmax => "tmax",
            Self::Ctrough => "ctrough",
            Self::Cavg => "cavg",
            Self::AucRatio => "auc_ratio",
            Self::CmaxRatio => "cmax_ratio",
            Self::CtroughRatio => "ctrough_ratio",
            Self::AucRatioPerDose => "auc_ratio_dose_normalised",
            Self::CmaxRatioPerDose => "cmax_ratio_dose_normalised",
            Self::CtroughRatioPerDose => "ctrough_ratio_dose_normalised",
        }
    }

    /// What it is, in a phrase.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Auc => "area under the curve from start to end, integrated with the states",
            Self::Cmax => "highest value of the curve between start and end, not only of its samples",
            Self::Tmax => "time of cmax since start",
            Self::Ctrough => {
                "value at the end, before a dose given then; 0 where it is too little for the solver's absolute tolerance to tell it from nothing"
            }
            Self::Cavg => "auc / (end - start)",
            Self::AucRatio => "accumulation ratio: auc over auc of the first cycle",
            Self::CmaxRatio => "accumulation ratio: cmax over cmax of the first cycle",
            Self::CtroughRatio => "accumulation ratio: ctrough over ctrough of the first cycle; empty where that is 0",
            Self::AucRatioPerDose => "auc per dose over auc per dose of the first cycle",
            Self::CmaxRatioPerDose => "cmax per dose over cmax per dose of the first cycle",
            Self::CtroughRatioPerDose => {
                "ctrough per dose over ctrough per dose of the first cycle; empty where that is 0"
            }
        }
    }

    /// What it is measured in.
    #[must_use]
    pub fn dimension(self) -> Dimension {
        match self {
            Self::Auc => Dimension::Area,
            Self::Cmax | Self::Ctrough | Self::Cavg => Dimension::Concentration,
            Self::Tmax => Dimension::Time,
            _ => Dimension::Ratio,
        }
    }
}

/// A cycle with what was given and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalResult {
    /// Start of the interval.
    pub start: f64,
    /// End of the interval.
    pub end: f64,
    /// Amount given in it.
    pub dose: f64,
    /// What the engine measured.
    pub exposure: IntervalExposure,
}

impl IntervalResult {
    /// Values of [`Metric::ALL`], in that order, with ratios over `first`; `None` where undefined.
    #[must_use]
    pub fn metrics(&self, first: &Self) -> [Option<f64>; Metric::ALL.len()] {
        let finite = |x: f64| x.is_finite().then_some(x);
        let ratios = AccumulationRatios::new(&self.exposure, &first.exposure);
        let per_dose = ratios.dose_normalised(self.dose, first.dose);
        [
            finite(self.exposure.auc),
            finite(self.exposure.cmax),
            finite(self.exposure.tmax - self.start),
            finite(self.exposure.ctrough),
            quotient(self.exposure.auc, self.end - self.start),
            ratios.auc,
            ratios.cmax,
            ratios.ctrough,
            per_dose.auc,
            per_dose.cmax,
            per_dose.ctrough,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_come_in_the_order_of_their_list() {
        let first = IntervalResult {
            start: 0.0,
            end: 504.0,
            dose: 1.8,
            exposure: IntervalExposure { auc: 1008.0, cmax: 4.0, tmax: 1.0, ctrough: 0.5 },
        };
        let second = IntervalResult {
            start: 504.0,
            end: 1176.0,
            dose: 0.9,
            exposure: IntervalExposure { auc: 2016.0, cmax: 6.0, tmax: 505.0, ctrough: 2.0 },
        };
        let found = second.metrics(&first).map(Option::unwrap);
        assert_eq!(found, [2016.0, 6.0, 1.0, 2.0, 3.0, 2.0, 1.5, 4.0, 4.0, 3.0, 8.0]);
        assert_eq!(first.metrics(&first)[5..], [Some(1.0); 6], "the first cycle over itself");
    }
}

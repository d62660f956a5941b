//! Visual predictive check: percentiles of what was observed, against the range that the model gives the same percentiles in
//! simulations of the same subjects, records, doses and covariates.
//!
//! A [`Vpc`] takes one replicate after the other and keeps its percentiles per bin alone, so that memory does not grow with
//! records times replicates. Nothing here simulates.
//!
//! Values below quantification count as lower than every measured one, observed and simulated alike: shares and percentiles
//! above the limit are then what they would be had everything been measured, and a percentile that falls among them is known
//! to be below the limit and no more (Bergstrand and Karlsson, AAPS J 2009;11:371-380).

mod bins;
mod cells;

pub use bins::{Bin, BinRule, Bins};
use cells::BELOW;
pub use cells::PERCENTILES;
use cells::{Statistics, quantile};

use std::sync::Arc;

/// The share of replicates that a band holds.
pub const BAND: f64 = 0.95;

/// Fewest replicates whose 2.5th and 97.5th percentile lie within their extremes: below, the band is no 95 % band.
pub const FEWEST_REPLICATES: u32 = 40;

/// Replicates that percentiles of percentiles are steady with; fewer are told.
pub const GOOD_REPLICATES: u32 = 500;

/// One observation that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Whose.
    pub id: Arc<str>,
    /// When, since the start.
    pub time: f64,
    /// Since the last dose; `None` before the first.
    pub after_dose: Option<f64>,
    /// When it was planned, by the clock of the check; what that clock shows where the plan is not known.
    pub nominal: f64,
    /// As measured; `None` below quantification.
    pub value: Option<f64>,
    /// Limit of quantification, where there is one.
    pub lloq: Option<f64>,
    /// Position of its stratum.
    pub stratum: u32,
}

/// From where on the times of a check are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The start of the data.
    #[default]
    Start,
    /// The last dose before the observation: intervals between doses lie over each other.
    LastDose,
}

/// What is observed, and how it is gathered.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcDesign {
    /// From where on times are counted.
    pub clock: Clock,
    /// What the replicates' parameters are.
    pub parameters: VpcParameters,
    /// In the order of the file.
    pub observations: Vec<Observation>,
    /// Names of the strata, at least one.
    pub strata: Vec<String>,
    /// Where each observation belongs.
    pub bins: Bins,
}

/// A visual predictive check under way.
#[derive(Clone, Debug)]
pub struct Vpc {
    design: VpcDesign,
    /// Stratum and bin of each cell that holds observations, in that order.
    cells: Vec<(u32, u32)>,
    /// Observations cell by cell; `starts` has one more entry than cells.
    order: Vec<u32>,
    starts: Vec<usize>,
    /// What each value is multiplied by; NaN where it cannot be corrected.
    factors: Vec<f64>,
    corrected: bool,
    observed: Vec<Statistics>,
    /// Cell by cell, replicate after replicate.
    simulated: Vec<Statistics>,
    buffer: Vec<f64>,
}

/// What a percentile or share was observed as, and the middle and the 95 % band of what was simulated.
///
/// Minus infinity is below quantification, NaN undefined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// In the data.
    pub observed: f64,
    /// 2.5th percentile over replicates.
    pub low: f64,
    /// Median over replicates.
    pub median: f64,
    /// 97.5th percentile over replicates.
    pub high: f64,
}

impl Compared {
    /// Whether the observed value lies in the band; `None` where that is not defined.
    #[must_use]
    pub fn is_inside(&self) -> Option<bool> {
        let defined = !(self.observed.is_nan() || self.low.is_nan() || self.high.is_nan());
        defined.then(|| (self.low..=self.high).contains(&self.observed))
    }
}

/// One bin of one stratum.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcCell {
    /// Position of the stratum.
    pub stratum: usize,
    /// Position of the bin.
    pub bin: usize,
    /// Observations.
    pub n: usize,
    /// Those of them below quantification.
    pub n_below: usize,
    /// The [`PERCENTILES`].
    pub percentiles: [Compared; 3],
    /// Share below quantification, 0 to 1; `None` where nothing has a limit.
    pub below: Option<Compared>,
}

/// What the parameters of the replicates are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VpcParameters {
    /// The same in all replicates: bands show the variability between subjects and residual error alone.
    #[default]
    Estimates,
    /// Each replicate has a set of its own, drawn from what is uncertain: bands show that too.
    Drawn,
}

impl VpcParameters {
    /// As in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Estimates => "estimates",
            Self::Drawn => "drawn",
        }
    }
}

/// A finished check.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcResult {
    /// What was observed.
    pub design: VpcDesign,
    /// Whether values are prediction-corrected.
    pub corrected: bool,
    /// What each observed value was multiplied by: 1, or its prediction correction; NaN where it could not be corrected.
    pub factors: Vec<f64>,
    /// Replicates.
    pub replicates: usize,
    /// In order of strata, then bins.
    pub cells: Vec<VpcCell>,
}

/// Why there are no bins.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VpcError {
    /// Edges without a bin between them.
    #[error("{found} edge{} of bins {} given; expected at least two, such as 0, 1, 4, 24", if *.found == 1 { "" } else { "s" }, if *.found == 1 { "was" } else { "were" })]
    FewEdges {
        /// How many.
        found: usize,
    },
    /// Edges that do not increase.
    #[error("edge `{edge}` of a bin follows `{previous}`; expected finite, increasing edges")]
    EdgesOutOfOrder {
        /// The later one.
        edge: f64,
        /// The one before it.
        previous: f64,
    },
    /// A bin that was asked for and holds nothing.
    #[error("the bin from {low} to {high} holds no observation; leave one of its edges out")]
    EmptyBin {
        /// Lower edge.
        low: f64,
        /// Upper edge.
        high: f64,
    },
    /// Times that are not nominal.
    #[error(
        "there are {found} different nominal times; expected at most {most}: name the column of nominal times, or use bins `auto`"
    )]
    ManyNominalTimes {
        /// How many.
        found: usize,
        /// How many there may be.
        most: usize,
    },
}

impl Vpc {
    /// Begins a check. `predictions`, one per observation with all etas 0, ask for prediction correction.
    ///
    /// # Formula
    /// Bergstrand, Hooker, Wallin and Karlsson, AAPS J 2011;13:143-151 (doi 10.1208/s12248-011-9255-z), with lower bound 0:
    /// `pcY = Y PRED_bin / PRED`, with `PRED_bin` the median of the predictions of all observations in the bin (of the stratum). An
    /// observation whose prediction is not above 0, such as one before the first dose, cannot be corrected and is left out, in the
    /// data and in every replicate. Data and replicates are multiplied by the same factors, so that they stay comparable where each
    /// replicate has parameters of its own.
    #[must_use]
    pub fn new(design: VpcDesign, predictions: Option<&[f64]>) -> Self {
        let cell_of: Vec<Option<(u32, u32)>> = design
            .observations
            .iter()
            .zip(&design.bins.of)
            .map(|(observation, bin)| bin.map(|bin| (observation.stratum, bin)))
            .collect();
        let usable = |index: usize| predictions.is_none_or(|predictions| predictions[index] > 0.0);
        let mut order: Vec<u32> = (0..cell_of.len())
            .filter(|&index| cell_of[index].is_some() && usable(index))
            .filter_map(|index| u32::try_from(index).ok())
            .collect();
        // Stable: within a cell the order of the file stays.
        order.sort_by_key(|&index| cell_of[index as usize]);
        let mut cells: Vec<(u32, u32)> = Vec::new();
        let mut starts = Vec::new();
        for (position, &index) in order.iter().enumerate() {
            if let Some(cell) = cell_of[index as usize]
                && cells.last() != Some(&cell)
            {
                cells.push(cell);
                starts.push(position);
            }
        }
        starts.push(order.len());
        let mut factors = vec![if predictions.is_some() { f64::NAN } else { 1.0 }; design.observations.len()];
        if let Some(predictions) = predictions {
            for range in starts.windows(2) {
                let cell = &order[range[0]..range[1]];
                let of_cell: Vec<f64> = cell.iter().map(|&index| predictions[index as usize]).collect();
                let [median] = crate::stats::quantiles(&of_cell, [0.5]);
                for &index in cell {
                    factors[index as usize] = median.unwrap_or(f64::NAN) / predictions[index as usize];
                }
            }
        }
        let mut vpc = Self {
            cells,
            order,
            starts,
            factors,
            corrected: predictions.is_some(),
            observed: Vec::new(),
            simulated: Vec::new(),
            buffer: Vec::new(),
            design,
        };
        vpc.observed =
            (0..vpc.cells.len()).map(|cell| vpc.statistics(cell, |index| vpc.observed_value(index))).collect();
        vpc
    }

    /// The observed value as it is compared.
    fn observed_value(&self, index: usize) -> f64 {
        self.design.observations[index].value.map_or(BELOW, |value| value * self.factors[index])
    }

    fn statistics(&self, cell: usize, value: impl Fn(usize) -> f64) -> Statistics {
        let members = &self.order[self.starts[cell]..self.starts[cell + 1]];
        Statistics::of(&mut members.iter().map(|&index| value(index as usize)).collect())
    }

    /// Adds one replicate: a simulated value per observation, in their order; NaN where its subject failed.
    pub fn add_replicate(&mut self, values: &[f64]) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for range in self.starts.windows(2) {
            buffer.clear();
            buffer.extend(self.order[range[0]..range[1]].iter().map(|&index| {
                let index = index as usize;
                let below = self.design.observations[index].lloq.is_some_and(|limit| values[index] < limit);
                if below { BELOW } else { values[index] * self.factors[index] }
            }));
            self.simulated.push(Statistics::of(&mut buffer));
        }
        self.buffer = buffer;
    }

    /// Compares.
    #[must_use]
    pub fn finish(self) -> VpcResult {
        let n = self.cells.len();
        let replicates = self.simulated.len().checked_div(n).unwrap_or(0);
        let compared = |cell: usize, of: &dyn Fn(&Statistics) -> f64| {
            let mut values: Vec<f64> = self.simulated.iter().skip(cell).step_by(n).map(of).collect();
            values.retain(|value| !value.is_nan());
            values.sort_unstable_by(f64::total_cmp);
            let tail = (1.0 - BAND) / 2.0;
            let [low, median, high] = [tail, 0.5, 1.0 - tail].map(|p| quantile(&values, p));
            Compared { observed: of(&self.observed[cell]), low, median, high }
        };
        let cell = |(index, &(stratum, bin)): (usize, &(u32, u32))| {
            let members = || {
                let members = &self.order[self.starts[index]..self.starts[index + 1]];
                members.iter().map(|&member| &self.design.observations[member as usize])
            };
            let limited = members().any(|observation| observation.lloq.is_some());
            VpcCell {
                stratum: stratum as usize,
                bin: bin as usize,
                n: members().count(),
                n_below: members().filter(|observation| observation.value.is_none()).count(),
                percentiles: [0, 1, 2].map(|which| compared(index, &|statistics| statistics.percentiles[which])),
                below: limited.then(|| compared(index, &|statistics| statistics.share_below)),
            }
        };
        let cells = self.cells.iter().enumerate().map(cell).collect();
        VpcResult { corrected: self.corrected, replicates, cells, factors: self.factors, design: self.design }
    }
}

impl VpcDesign {
    /// When an observation was made, by the clock of the check; `None` where that does not run yet.
    #[must_use]
    pub fn time_of(&self, observation: &Observation) -> Option<f64> {
        match self.clock {
            Clock::Start => Some(observation.time),
            Clock::LastDose => observation.after_dose,
        }
    }

    /// Observations for which the clock does not run yet: those before a first dose. No bin holds them.
    #[must_use]
    pub fn n_timeless(&self) -> usize {
        self.observations.iter().filter(|observation| self.time_of(observation).is_none()).count()
    }
}

impl VpcResult {
    /// Observations in a bin that cannot be corrected.
    #[must_use]
    pub fn n_uncorrectable(&self) -> usize {
        self.design.bins.of.iter().zip(&self.factors).filter(|(bin, factor)| bin.is_some() && factor.is_nan()).count()
    }

    /// Observed percentiles with a band, and how many of them lie in theirs.
    #[must_use]
    pub fn inside(&self) -> (usize, usize) {
        let verdicts: Vec<bool> =
            self.cells.iter().flat_map(|cell| &cell.percentiles).filter_map(Compared::is_inside).collect();
        (verdicts.iter().filter(|&&inside| inside).count(), verdicts.len())
    }
}

#[cfg(test)]
mod tests;

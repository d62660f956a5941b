//! Published numbers that a simulation must give again, and how near it must come.

use serde::Deserialize;

use super::watch::Watch;

/// Published numbers, and the runs that give them again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Runs, by name.
    #[serde(rename = "scenario")]
    pub scenarios: Vec<Scenario>,
    /// Numbers, in the order of the table.
    #[serde(rename = "value")]
    pub values: Vec<PublishedValue>,
}

/// One run: a built-in study with overrides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Values refer to it by this name.
    pub name: String,
    /// Built-in study.
    pub study: String,
    /// Arm that is looked at; the others are left out.
    pub arm: String,
    /// Overrides, `KEY=VALUE`.
    #[serde(default)]
    pub set: Vec<String>,
}

/// One published number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedValue {
    /// What it is.
    pub name: String,
    /// Run that gives it again.
    pub scenario: String,
    /// What of that run.
    pub quantity: Quantity,
    /// As published.
    pub published: f64,
    /// Unit of both; empty for a ratio.
    pub unit: String,
    /// Who published it.
    pub source: String,
    /// How far the simulated number may be from the published one.
    pub within: Option<Within>,
    /// Where the simulated number must lie, where the published one is rounded on the way.
    pub between: Option<[f64; 2]>,
    /// Why so near and no nearer, or why the number is not judged.
    pub reason: String,
}

/// How far from the published number.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// As a part of it.
    Relative(f64),
    /// In its unit.
    Absolute(f64),
}

/// What of a run is compared. Intervals are those of the arm's cycles, from 1.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Quantity {
    /// The first endpoint's prediction in the first subject.
    Concentration {
        /// When, in the model's unit of time.
        at_h: f64,
    },
    /// Sum of the first subject's AUC over the intervals that end by then.
    CumulativeAuc {
        /// End of the last of them.
        until_h: f64,
    },
    /// Any output of the model in the first subject.
    Output {
        /// Its name.
        name: String,
        /// When.
        at_h: f64,
    },
    /// Change of an individual parameter of the first subject from that of another scenario's, in percent.
    Change {
        /// Its name.
        parameter: String,
        /// The other scenario.
        from: String,
    },
    /// ln 2 over an individual rate of the first subject.
    HalvingTime {
        /// Name of the parameter.
        rate: String,
    },
    /// The first subject's terminal half-life, in days.
    TerminalHalfLife {},
    /// Over the cohort.
    MedianAuc {
        /// Which cycle.
        interval: usize,
    },
    /// Over the cohort.
    MeanAuc {
        /// Which cycle.
        interval: usize,
    },
    /// Over the cohort.
    SdAuc {
        /// Which cycle.
        interval: usize,
    },
    /// Over the cohort.
    MeanCmax {
        /// Which cycle.
        interval: usize,
    },
    /// AUC of a cycle over that of cycle 1.
    Accumulation {
        /// Which cycle.
        interval: usize,
        /// By which definition.
        by: AccumulationDefinition,
    },
}

/// Definitions of a cohort's accumulation ratio.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum AccumulationDefinition {
    /// Mean over mean.
    RatioOfMeans,
    /// Median over median.
    RatioOfMedians,
    /// Geometric mean of the individual ratios.
    GeometricMeanOfRatios,
}

/// A published number beside its simulation.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The published number.
    pub value: PublishedValue,
    /// The simulated one; `None` where the run does not have it.
    pub simulated: Option<f64>,
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Near enough.
    Pass,
    /// Not near enough, or not there.
    Fail,
    /// Reported only.
    NotJudged,
}

impl Published {
    /// The numbers of inotuzumab ozogamicin: Garrett 2019, Wu 2024 and the label.
    #[must_use]
    pub fn inotuzumab() -> Self {
        toml::from_str(include_str!("../../data/reference/inotuzumab.toml"))
            .expect("the embedded list is read by a test")
    }
}

impl Comparison {
    /// Simulated minus published, in percent of the published number.
    #[must_use]
    pub fn difference_percent(&self) -> Option<f64> {
        self.simulated.map(|simulated| 100.0 * (simulated - self.value.published) / self.value.published.abs())
    }

    /// Whether the simulated number is as near as it must be.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let PublishedValue { published, within, between, .. } = &self.value;
        let Some(simulated) = self.simulated else {
            return if within.is_none() && between.is_none() { Verdict::NotJudged } else { Verdict::Fail };
        };
        let near = |within: &Within| match within {
            Within::Relative(part) => (simulated - published).abs() <= part * published.abs(),
            Within::Absolute(distance) => (simulated - published).abs() <= *distance,
        };
        let inside = |[low, high]: &[f64; 2]| (*low..=*high).contains(&simulated);
        match (within, between) {
            (None, None) => Verdict::NotJudged,
            _ if within.iter().all(near) && between.iter().all(inside) => Verdict::Pass,
            _ => Verdict::Fail,
        }
    }

    /// How near the simulated number must be, for a table.
    #[must_use]
    pub fn tolerance(&self) -> String {
        match (&self.value.within, &self.value.between) {
            (Some(Within::Relative(part)), _) if *part < 1e-3 => format!("± {part:e} relative"),
            (Some(Within::Relative(part)), _) => format!("± {} %", part * 100.0),
            (Some(Within::Absolute(distance)), _) => format!("± {distance}"),
            (None, Some([low, high])) => format!("{low} to {high}"),
            (None, None) => "not judged".to_owned(),
        }
    }
}

impl Quantity {
    /// The number that a run gives; `other` finds the run of another scenario.
    #[must_use]
    pub fn of<'a>(&self, run: &Watch, other: impl Fn(&str) -> Option<&'a Watch>) -> Option<f64> {
        match self {
            Self::Concentration { at_h } => run.concentration(*at_h),
            Self::CumulativeAuc { until_h } => run.cumulative_auc(*until_h),
            Self::Output { name, at_h } => run.output(name, *at_h),
            Self::Change { parameter, from } => {
                let before = other(from)?.parameter(parameter)?;
                Some(100.0 * (run.parameter(parameter)? - before) / before)
            }
            Self::HalvingTime { rate } => Some(std::f64::consts::LN_2 / run.parameter(rate)?),
            Self::TerminalHalfLife {} => run.terminal_half_life_days(),
            Self::MedianAuc { interval } => run.auc(*interval)?.p50,
            Self::MeanAuc { interval } => run.auc(*interval)?.mean,
            Self::SdAuc { interval } => run.auc(*interval)?.sd,
            Self::MeanCmax { interval } => run.cmax(*interval)?.mean,
            Self::Accumulation { interval, by } => {
                let accumulation = run.accumulation(*interval)?;
                match by {
                    AccumulationDefinition::RatioOfMeans => accumulation.ratio_of_means,
                    AccumulationDefinition::RatioOfMedians => accumulation.ratio_of_medians,
                    AccumulationDefinition::GeometricMeanOfRatios => accumulation.geometric_mean_of_ratios,
                }
            }
        }
    }
}

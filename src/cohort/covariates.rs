//! Covariates that are drawn one by one: fixed values and distributions, within bounds.
//!
//! Joint body size is `population.rs`'s business. Each covariate has its own stream, found by its name: adding one leaves
//! the others as they are.

use std::fmt;

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::cohort::body_size::{BsaFormula, LbmFormula};
use crate::cohort::error::CohortError;
use crate::cohort::streams::{Purpose, Streams, name_index};

/// The covariates of `[cohort.covariates]`, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CovariatesSpec(pub Vec<(String, CovariateSpec)>);

impl<'de> Deserialize<'de> for CovariatesSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableVisitor;
        impl<'de> Visitor<'de> for TableVisitor {
            type Value = CovariatesSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of covariates")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CovariatesSpec, A::Error> {
                let mut covariates = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    covariates.push(entry);
                }
                Ok(CovariatesSpec(covariates))
            }
        }
        deserializer.deserialize_map(TableVisitor)
    }
}

/// One covariate: a number (`ALL = 1`), or a distribution (`AGE = { normal = { mean = 46, sd = 12 }, min = 18 }`).
#[derive(Clone, Debug, PartialEq)]
pub enum CovariateSpec {
    /// The same in all subjects.
    Fixed(f64),
    /// Drawn.
    Drawn(Box<DistributionSpec>),
}

impl<'de> Deserialize<'de> for CovariateSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = CovariateSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a distribution such as { normal = { mean = 70, sd = 12 }, min = 40 }")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<CovariateSpec, E> {
                Ok(CovariateSpec::Fixed(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<CovariateSpec, E> {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "covariates are doubles; a whole number beyond 2^53 is none"
                )]
                Ok(CovariateSpec::Fixed(value as f64))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CovariateSpec, A::Error> {
                let distribution = DistributionSpec::deserialize(MapAccessDeserializer::new(map))?;
                Ok(CovariateSpec::Drawn(Box::new(distribution)))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// A distribution; exactly one of its kinds is given, with bounds where wanted. Draws outside the bounds are redrawn.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributionSpec {
    /// `{ mean = 70, sd = 12 }`.
    pub normal: Option<NormalSpec>,
    /// `{ median = 5.25, sd_log = 1.2 }` or `{ median = 5.25, cv_percent = 80 }`.
    pub lognormal: Option<LognormalSpec>,
    /// `[low, high]`.
    pub uniform: Option<[f64; 2]>,
    /// 1 with this probability, else 0.
    pub probability: Option<f64>,
    /// `[[value, probability], ...]`; the probabilities sum to 1.
    pub categories: Option<Vec<[f64; 2]>>,
    /// `[[probability, value], ...]`, both increasing: published percentiles themselves, joined on the log scale
    /// (`scale = "linear"`: straight). Below the first probability every subject has the first value, above the last the last.
    ///
    /// For covariates that no log-normal fits. Blasts in blood of patients with ALL (Garrett 2019: 10th, 50th and 90th percentile
    /// 0.0001, 5.25 and 69 %) have an SD of the logarithm of 8.5 below the median and 2.0 above it; `[[0.1, 0.0001], [0.5,
    /// 5.25], [0.9, 69], [1, 100]]` has all three, and a tenth of the patients at the value that stands for none.
    pub quantiles: Option<Vec<[f64; 2]>>,
    /// Scale on which quantiles are joined. Default `log`.
    pub scale: Option<QuantileScale>,
    /// Body surface area, m², from the cohort's WT and HT by this formula.
    pub bsa: Option<BsaFormula>,
    /// Lean body mass, kg, from the cohort's WT, HT and SEXF by this formula.
    pub lbm: Option<LbmFormula>,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
}

/// A normal distribution before truncation.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalSpec {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// A log-normal distribution before truncation; one of `sd_log` and `cv_percent`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LognormalSpec {
    /// Median.
    pub median: f64,
    /// Standard deviation of the natural logarithm.
    pub sd_log: Option<f64>,
    /// 100 sqrt(exp(sd_log²) - 1).
    pub cv_percent: Option<f64>,
}

/// Scale on which quantiles are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuantileScale {
    /// The logarithm of the value is linear in the probability.
    #[default]
    Log,
    /// The value is linear in the probability.
    Linear,
}

/// Draws outside the bounds that are made before a subject is given up.
pub const MAX_REJECTIONS: u32 = 10_000;

/// A checked distribution within its bounds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Covariate {
    name: String,
    /// Index of its stream.
    stream: u32,
    distribution: Distribution,
    min: f64,
    max: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Distribution {
    Fixed(f64),
    Normal {
        mean: f64,
        sd: f64,
    },
    /// Mean and SD of the logarithm.
    Lognormal {
        mean_log: f64,
        sd_log: f64,
    },
    Uniform {
        low: f64,
        high: f64,
    },
    /// Cumulative probability and value.
    Categories(Vec<(f64, f64)>),
    /// Probability and value.
    Quantiles {
        points: Vec<(f64, f64)>,
        scale: QuantileScale,
    },
}

/// What a covariate is computed from, instead of drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derived {
    Bsa(BsaFormula),
    Lbm(LbmFormula),
}

/// How a covariate comes about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Drawn(Covariate),
    Derived(Derived),
}

impl Origin {
    pub(crate) fn new(name: &str, spec: &CovariateSpec) -> Result<Self, CohortError> {
        let spec = match spec {
            CovariateSpec::Fixed(value) => {
                finite(&format!("covariates.{name}"), *value)?;
                let distribution = Distribution::Fixed(*value);
                let (min, max) = (f64::NEG_INFINITY, f64::INFINITY);
                return Ok(Self::Drawn(Covariate {
                    name: name.to_owned(),
                    stream: name_index(name),
                    distribution,
                    min,
                    max,
                }));
            }
            CovariateSpec::Drawn(spec) => spec,
        };
        let found = [
            spec.normal.is_some(),
            spec.lognormal.is_some(),
            spec.uniform.is_some(),
            spec.probability.is_some(),
            spec.categories.is_some(),
            spec.quantiles.is_some(),
            spec.bsa.is_some(),
            spec.lbm.is_some(),
        ]
        .into_iter()
        .filter(|&given| given)
        .count();
        if found != 1 {
            return Err(CohortError::NotOneDistribution { name: name.to_owned(), found });
        }
        let derived = spec.bsa.map(Derived::Bsa).or(spec.lbm.map(Derived::Lbm));
        let bounded = [("min", spec.min), ("max", spec.max)].into_iter().find(|(_, bound)| bound.is_some());
        if spec.scale.is_some() && spec.quantiles.is_none() {
            return Err(CohortError::UselessKey { key: format!("covariates.{name}.scale"), with: "this distribution" });
        }
        if let Some(derived) = derived {
            return match bounded {
                Some((key, _)) => Err(CohortError::UselessKey {
                    key: format!("covariates.{name}.{key}"),
                    with: "a computed covariate",
                }),
                None => Ok(Self::Derived(derived)),
            };
        }
        let key = |part: &str| format!("covariates.{name}.{part}");
        let (min, max) = bounds(&format!("covariates.{name}"), spec.min, spec.max)?;
        let (name, stream, distribution) = (name.to_owned(), name_index(name), distribution(spec, key)?);
        Ok(Self::Drawn(Covariate { name, stream, distribution, min, max }))
    }
}

fn distribution(spec: &DistributionSpec, key: impl Fn(&str) -> String) -> Result<Distribution, CohortError> {
    if let Some(NormalSpec { mean, sd }) = spec.normal {
        finite(&key("normal.mean"), mean)?;
        not_negative(&key("normal.sd"), sd)?;
        return Ok(Distribution::Normal { mean, sd });
    }
    if let Some(lognormal) = spec.lognormal {
        positive(&key("lognormal.median"), lognormal.median)?;
        let sd_log = match (lognormal.sd_log, lognormal.cv_percent) {
            (Some(sd_log), None) => {
                not_negative(&key("lognormal.sd_log"), sd_log)?;
                sd_log
            }
            (None, Some(cv_percent)) => {
                not_negative(&key("lognormal.cv_percent"), cv_percent)?;
                let cv = cv_percent / 100.0;
                libm::log1p(cv * cv).sqrt()
            }
            (sd_log, _) => {
                let value = sd_log.unwrap_or(f64::NAN);
                return Err(out_of_range(&key("lognormal"), value, "one of `sd_log` and `cv_percent`"));
            }
        };
        return Ok(Distribution::Lognormal { mean_log: libm::log(lognormal.median), sd_log });
    }
    if let Some([low, high]) = spec.uniform {
        finite(&key("uniform"), low)?;
        finite(&key("uniform"), high)?;
        return if low <= high {
            Ok(Distribution::Uniform { low, high })
        } else {
            Err(CohortError::EmptyRange { key: key("uniform"), min: low, max: high })
        };
    }
    if let Some(probability) = spec.probability {
        self::probability(&key("probability"), probability)?;
        return Ok(Distribution::Categories(vec![(1.0 - probability, 0.0), (1.0, 1.0)]));
    }
    if let Some(categories) = &spec.categories {
        return self::categories(categories, &key("categories"));
    }
    let quantiles = spec.quantiles.as_deref().unwrap_or_default();
    self::quantiles(quantiles, spec.scale.unwrap_or_default(), &key("quantiles"))
}

/// Probabilities as printed may miss 1 by their last digit.
const PROBABILITY_SUM_TOLERANCE: f64 = 1e-6;

fn categories(pairs: &[[f64; 2]], key: &str) -> Result<Distribution, CohortError> {
    let mut sum = 0.0;
    let mut cumulative = Vec::with_capacity(pairs.len());
    for &[value, share] in pairs {
        finite(key, value)?;
        probability(key, share)?;
        sum += share;
        cumulative.push((sum, value));
    }
    if (sum - 1.0).abs() > PROBABILITY_SUM_TOLERANCE {
        return Err(out_of_range(key, sum, "probabilities that sum to 1"));
    }
    Ok(Distribution::Categories(cumulative))
}

fn quantiles(pairs: &[[f64; 2]], scale: QuantileScale, key: &str) -> Result<Distribution, CohortError> {
    if pairs.len() < 2 {
        #[expect(clippy::cast_precision_loss, reason = "the length of a list in a study file")]
        return Err(out_of_range(key, pairs.len() as f64, "at least two pairs of probability and value"));
    }
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(pairs.len());
    for &[share, value] in pairs {
        probability(key, share)?;
        match scale {
            QuantileScale::Linear => finite(key, value)?,
            QuantileScale::Log => positive(key, value)?,
        }
        if let Some(&(share_before, value_before)) = points.last()
            && (share <= share_before || value < value_before)
        {
            return Err(out_of_range(key, share, "probabilities and values in increasing order"));
        }
        points.push((share, value));
    }
    Ok(Distribution::Quantiles { points, scale })
}

impl Covariate {
    /// One value within the bounds, and how many were outside.
    pub(crate) fn draw(&self, streams: &Streams, subject: u64) -> Result<(f64, u32), CohortError> {
        if let Distribution::Fixed(value) = self.distribution {
            return Ok((value, 0));
        }
        let mut rng = streams.rng(Purpose::Covariates, subject, self.stream);
        for rejected in 0..MAX_REJECTIONS {
            let value = self.distribution.draw(&mut rng);
            if value >= self.min && value <= self.max {
                return Ok((value, rejected));
            }
        }
        Err(CohortError::TooManyRejections {
            what: format!("covariate `{}`", self.name),
            bounds: format!("{} to {}", self.min, self.max),
            rejected: MAX_REJECTIONS,
        })
    }
}

impl Distribution {
    fn draw(&self, rng: &mut impl Rng) -> f64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Normal { mean, sd } => mean + sd * normal(rng),
            Self::Lognormal { mean_log, sd_log } => libm::exp(mean_log + sd_log * normal(rng)),
            Self::Uniform { low, high } => low + (high - low) * rng.random::<f64>(),
            Self::Categories(cumulative) => {
                let uniform: f64 = rng.random();
                let found = cumulative.iter().find(|&&(share, _)| uniform < share).or(cumulative.last());
                found.map_or(f64::NAN, |&(_, value)| value)
            }
            Self::Quantiles { points, scale } => interpolate(points, rng.random(), *scale),
        }
    }
}

fn normal(rng: &mut impl Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// The broken line through `points` (at least one, first coordinates increasing), straight on the given scale of the second
/// coordinates, constant before and after them.
pub(crate) fn interpolate(points: &[(f64, f64)], x: f64, scale: QuantileScale) -> f64 {
    let after = points.partition_point(|&(at, _)| at < x);
    match (after.checked_sub(1).and_then(|before| points.get(before)), points.get(after)) {
        (Some(&(x0, y0)), Some(&(x1, y1))) => {
            let share = (x - x0) / (x1 - x0);
            match scale {
                QuantileScale::Linear => y0 + (y1 - y0) * share,
                QuantileScale::Log => y0 * libm::pow(y1 / y0, share),
            }
        }
        (Some(&(_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => f64::NAN,
    }
}

pub(crate) fn out_of_range(key: &str, value: f64, expected: &str) -> CohortError {
    CohortError::OutOfRange { key: key.to_owned(), value, expected: expected.to_owned() }
}

pub(crate) fn finite(key: &str, value: f64) -> Result<(), CohortError> {
    if value.is_finite() { Ok(()) } else { Err(out_of_range(key, value, "a finite number")) }
}

pub(crate) fn positive(key: &str, value: f64) -> Result<(), CohortError> {
    if value > 0.0 && value.is_finite() { Ok(()) } else { Err(out_of_range(key, value, "a positive number")) }
}

fn not_negative(key: &str, value: f64) -> Result<(), CohortError> {
    if value >= 0.0 && value.is_finite() { Ok(()) } else { Err(out_of_range(key, value, "0 or a positive number")) }
}

pub(crate) fn probability(key: &str, value: f64) -> Result<(), CohortError> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(out_of_range(key, value, "a probability, 0 to 1")) }
}

/// Bounds that may be open, as numbers; the lower one not above the upper one.
pub(crate) fn bounds(key: &str, min: Option<f64>, max: Option<f64>) -> Result<(f64, f64), CohortError> {
    let (low, high) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
    if low.is_nan() || high.is_nan() {
        return Err(out_of_range(key, f64::NAN, "numbers for `min` and `max`"));
    }
    if low > high {
        return Err(CohortError::EmptyRange { key: key.to_owned(), min: low, max: high });
    }
    Ok((low, high))
}

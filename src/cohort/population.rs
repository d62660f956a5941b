//! Sex, age, height and weight of one person, drawn jointly from a published population and shifted to a study's.
//!
//! Adults come from regressions on NHANES 2017-2018, children from the CDC growth charts (`data/cohorts`). Sex is drawn with
//! the study's share, age by the study's range and median; height and weight follow from both. Where a study gives medians of
//! height or weight, all heights or weights are multiplied by one factor, chosen so that the median within all bounds is the
//! one wanted. Draws outside the bounds are made again for the same sex and age, so that bounds change neither.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::Deserialize;

use crate::cohort::body_size::{BsaFormula, LbmFormula, Sex, bmi};
use crate::cohort::covariates::{MAX_REJECTIONS, QuantileScale, bounds, interpolate, out_of_range, probability};
use crate::cohort::error::CohortError;
use crate::cohort::streams::{Purpose, Streams, name_index};

/// `[cohort.body]`: generates SEXF (1 is female), AGE (years), WT (kg), HT (cm), BSA (m²), LBM (kg) and BMI (kg/m²).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BodySpec {
    /// Population that height and weight come from.
    pub source: BodySource,
    /// Share of women or girls. Default: that of the source.
    pub female: Option<f64>,
    /// Age in years. Default: the range of the source.
    pub age: RangeSpec,
    /// Weight in kg.
    pub weight: RangeSpec,
    /// Height in cm.
    pub height: RangeSpec,
    /// Body surface area in m².
    pub bsa: BsaSpec,
    /// Formula of lean body mass. Default: `boer` for adults, `peters` for children.
    pub lbm: Option<LbmFormula>,
}

/// Published populations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub enum BodySource {
    /// Adults of the United States, 18 to 79 years.
    #[default]
    #[serde(rename = "nhanes-2017-18")]
    Nhanes2017,
    /// Children and adolescents of the United States, 1 to 19 years.
    #[serde(rename = "cdc-2000")]
    Cdc2000,
}

/// Bounds, and the median that the cohort is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeSpec {
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Median.
    pub median: Option<f64>,
}

/// Body surface area: formula and bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BsaSpec {
    /// Formula. Default `dubois`.
    pub formula: BsaFormula,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
}

/// Names of the covariates that a body gives, in order.
pub const BODY_NAMES: [&str; 7] = ["SEXF", "AGE", "WT", "HT", "BSA", "LBM", "BMI"];

/// Subjects on whom shift factors are found, and their seed: fixed, so that the factors do not depend on a study's seed or
/// size. The median of this many has a standard error of about 0.3 % in weight.
const SHIFT_SAMPLE: u64 = 10_000;
const SHIFT_SEED: u64 = 1937;

/// Medians reached are this near to those wanted: a tenth of what printing to three digits loses.
const SHIFT_TOLERANCE: f64 = 1e-4;
const SHIFT_ITERATIONS: u32 = 50;

/// A checked population, shifted. Valid by construction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Population {
    growth: Growth,
    female: f64,
    /// Probability and age.
    ages: [(f64, f64); 3],
    weight: Bounds,
    height: Bounds,
    bsa: Bounds,
    bsa_formula: BsaFormula,
    lbm_formula: LbmFormula,
    weight_factor: f64,
    height_factor: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bounds {
    min: f64,
    max: f64,
}

impl Bounds {
    fn hold(self, value: f64) -> bool {
        value >= self.min && value <= self.max
    }
}

/// A person: height in cm and weight in kg.
#[derive(Clone, Copy, Debug)]
struct Draw {
    sex: Sex,
    age: f64,
    size: (f64, f64),
}

impl Population {
    pub(crate) fn new(spec: &BodySpec) -> Result<Self, CohortError> {
        let growth = Growth::of(spec.source);
        let (female, lbm) = match spec.source {
            BodySource::Nhanes2017 => (growth.share_of_women(), LbmFormula::Boer),
            BodySource::Cdc2000 => (growth.share_of_women(), LbmFormula::Peters),
        };
        let female = spec.female.unwrap_or(female);
        probability("body.female", female)?;
        let [youngest, oldest] = growth.ages();
        let mut population = Self {
            ages: ages(spec.age, youngest, oldest)?,
            growth,
            female,
            weight: size_bounds("weight", spec.weight.min, spec.weight.max, spec.weight.median)?,
            height: size_bounds("height", spec.height.min, spec.height.max, spec.height.median)?,
            bsa: size_bounds("bsa", spec.bsa.min, spec.bsa.max, None)?,
            bsa_formula: spec.bsa.formula,
            lbm_formula: spec.lbm.unwrap_or(lbm),
            weight_factor: 1.0,
            height_factor: 1.0,
        };
        population.shift(spec.height.median, spec.weight.median)?;
        Ok(population)
    }

    /// Finds the factors that give the medians wanted, by repeated correction: with few draws outside the bounds the
    /// median is nearly proportional to the factor, and each round leaves a fraction of the error.
    fn shift(&mut self, height: Option<f64>, weight: Option<f64>) -> Result<(), CohortError> {
        if height.is_none() && weight.is_none() {
            return Ok(());
        }
        let streams = Streams::new(SHIFT_SEED);
        // Before any factor: these are the same in every round.
        let first_draws: Vec<Draw> = (1..=SHIFT_SAMPLE)
            .into_par_iter()
            .map(|subject| self.draw_unscaled(&mut body_stream(&streams, subject)))
            .collect();
        let mut reached = (f64::NAN, f64::NAN);
        for _ in 0..SHIFT_ITERATIONS {
            reached = self.medians(&streams, &first_draws)?;
            let height_ratio = height.map_or(1.0, |median| median / reached.0);
            let weight_ratio = weight.map_or(1.0, |median| median / reached.1);
            if (height_ratio - 1.0).abs() < SHIFT_TOLERANCE && (weight_ratio - 1.0).abs() < SHIFT_TOLERANCE {
                return Ok(());
            }
            self.height_factor *= height_ratio;
            self.weight_factor *= weight_ratio;
        }
        let off = |median: Option<f64>, reached: f64| median.map_or(0.0, |median| (median / reached - 1.0).abs());
        Err(if off(height, reached.0) > off(weight, reached.1) {
            CohortError::UnreachableMedian { key: "height", median: height.unwrap_or(f64::NAN), reached: reached.0 }
        } else {
            CohortError::UnreachableMedian { key: "weight", median: weight.unwrap_or(f64::NAN), reached: reached.1 }
        })
    }

    /// Medians of height and weight of the fixed sample, of which the first draws are known.
    fn medians(&self, streams: &Streams, first_draws: &[Draw]) -> Result<(f64, f64), CohortError> {
        let within: Vec<Option<(f64, f64)>> = first_draws.par_iter().map(|draw| self.scaled(draw.size)).collect();
        let (mut heights, mut weights) = (Vec::new(), Vec::new());
        // One by one: bounds that nobody is within are told of by the first subject.
        for (subject, size) in (1..=SHIFT_SAMPLE).zip(within) {
            let (height, weight) = match size {
                Some(size) => size,
                None => self.draw_size(&mut body_stream(streams, subject))?.0.size,
            };
            heights.push(height);
            weights.push(weight);
        }
        let median = |values: &mut [f64]| {
            let middle = values.len() / 2;
            *values.select_nth_unstable_by(middle, f64::total_cmp).1
        };
        Ok((median(&mut heights), median(&mut weights)))
    }

    /// The covariates [`BODY_NAMES`] of one person, and how many draws were outside the bounds.
    pub(crate) fn draw(&self, streams: &Streams, subject: u64) -> Result<([f64; 7], u32), CohortError> {
        let (Draw { sex, age, size: (height, weight) }, rejected) =
            self.draw_size(&mut body_stream(streams, subject))?;
        let bsa = self.bsa_formula.area(weight, height);
        let lbm = self.lbm_formula.mass(sex, weight, height);
        Ok(([sex.sexf(), age, weight, height, bsa, lbm, bmi(weight, height)], rejected))
    }

    /// Sex, age and a first height and weight, without factors and bounds.
    fn draw_unscaled(&self, rng: &mut impl Rng) -> Draw {
        let sex = if rng.random::<f64>() < self.female { Sex::Female } else { Sex::Male };
        let age = interpolate(&self.ages, rng.random(), QuantileScale::Linear);
        Draw { sex, age, size: self.unscaled_size(rng, sex, age) }
    }

    fn unscaled_size(&self, rng: &mut impl Rng, sex: Sex, age: f64) -> (f64, f64) {
        let (z_height, z_weight): (f64, f64) = (rng.sample(StandardNormal), rng.sample(StandardNormal));
        self.growth.size(sex, age, z_height, z_weight)
    }

    /// Height and weight by the study's factors, if they are within its bounds.
    fn scaled(&self, (height, weight): (f64, f64)) -> Option<(f64, f64)> {
        let (height, weight) = (height * self.height_factor, weight * self.weight_factor);
        let bsa_bounded = self.bsa.min > 0.0 || self.bsa.max < f64::INFINITY;
        let holds = self.height.hold(height)
            && self.weight.hold(weight)
            && (!bsa_bounded || self.bsa.hold(self.bsa_formula.area(weight, height)));
        holds.then_some((height, weight))
    }

    /// A person within the bounds, and how many draws were outside.
    fn draw_size(&self, rng: &mut impl Rng) -> Result<(Draw, u32), CohortError> {
        let Draw { sex, age, mut size } = self.draw_unscaled(rng);
        for rejected in 0..MAX_REJECTIONS {
            if let Some(size) = self.scaled(size) {
                return Ok((Draw { sex, age, size }, rejected));
            }
            size = self.unscaled_size(rng, sex, age);
        }
        Err(CohortError::TooManyRejections {
            what: format!("the body of a subject of {age:.1} years"),
            bounds: format!(
                "weight {} to {} kg, height {} to {} cm, BSA {} to {} m2",
                self.weight.min, self.weight.max, self.height.min, self.height.max, self.bsa.min, self.bsa.max
            ),
            rejected: MAX_REJECTIONS,
        })
    }
}

fn body_stream(streams: &Streams, subject: u64) -> impl Rng {
    streams.rng(Purpose::Covariates, subject, name_index("cohort.body"))
}

/// Ages as a broken line of probability: half of the subjects evenly between the youngest and the median, half evenly
/// above it; without a median, evenly over the range. No assumption beyond the three numbers (the distribution of largest
/// entropy that has them).
fn ages(spec: RangeSpec, youngest: f64, oldest: f64) -> Result<[(f64, f64); 3], CohortError> {
    let (min, max) = (spec.min.unwrap_or(youngest), spec.max.unwrap_or(oldest));
    bounds("body.age", Some(min), Some(max))?;
    for (key, value) in [("body.age.min", min), ("body.age.max", max)] {
        if !(youngest..=oldest).contains(&value) {
            return Err(out_of_range(key, value, &format!("{youngest} to {oldest} years, the range of the source")));
        }
    }
    let median = spec.median.unwrap_or(0.5 * (min + max));
    within("age", median, min, max)?;
    Ok([(0.0, min), (0.5, median), (1.0, max)])
}

fn size_bounds(key: &str, min: Option<f64>, max: Option<f64>, median: Option<f64>) -> Result<Bounds, CohortError> {
    let (min, max) = bounds(&format!("body.{key}"), min.or(Some(0.0)), max)?;
    if min < 0.0 {
        return Err(out_of_range(&format!("body.{key}.min"), min, "0 or a positive number"));
    }
    if let Some(median) = median {
        within(key, median, min, max)?;
    }
    // A size is finite and above 0 even where the study gives no bounds.
    Ok(Bounds { min: min.max(f64::MIN_POSITIVE), max: max.min(f64::MAX) })
}

fn within(key: &str, median: f64, min: f64, max: f64) -> Result<(), CohortError> {
    if median >= min && median <= max && median.is_finite() {
        Ok(())
    } else {
        Err(out_of_range(&format!("body.{key}.median"), median, "a number between `min` and `max`"))
    }
}

/// How height and weight depend on sex and age.
#[derive(Clone, Debug, PartialEq)]
enum Growth {
    Regression(Regressions),
    Charts(Charts),
}

impl Growth {
    fn of(source: BodySource) -> Self {
        const WHY: &str = "the embedded population files are read by a test";
        match source {
            BodySource::Nhanes2017 => {
                Self::Regression(toml::from_str(include_str!("../../data/cohorts/nhanes-2017-18.toml")).expect(WHY))
            }
            BodySource::Cdc2000 => {
                Self::Charts(toml::from_str(include_str!("../../data/cohorts/cdc-2000.toml")).expect(WHY))
            }
        }
    }

    fn ages(&self) -> [f64; 2] {
        match self {
            Self::Regression(regressions) => regressions.age,
            Self::Charts(charts) => charts.age,
        }
    }

    /// The share in NHANES; the charts give none, so half.
    fn share_of_women(&self) -> f64 {
        match self {
            Self::Regression(Regressions { male, female, .. }) => female.n / (male.n + female.n),
            Self::Charts(_) => 0.5,
        }
    }

    /// Height in cm and weight in kg of a person whose standard normal numbers these are.
    fn size(&self, sex: Sex, age: f64, z_height: f64, z_weight: f64) -> (f64, f64) {
        match self {
            Self::Regression(Regressions { male, female, .. }) => {
                let Regression { height_cm: h, ln_weight_kg: w, .. } = if sex == Sex::Female { female } else { male };
                let height = h.intercept + h.age * age + h.sd * z_height;
                let ln_weight =
                    w.intercept + w.height * height + w.age * age + w.age_squared * (age * age) + w.sd * z_weight;
                (height, libm::exp(ln_weight))
            }
            Self::Charts(charts) => {
                let chart = if sex == Sex::Female { &charts.female } else { &charts.male };
                let (own, shared) = ((1.0 - charts.z_correlation * charts.z_correlation).sqrt(), charts.z_correlation);
                chart.size(age, z_height, shared * z_height + own * z_weight)
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Regressions {
    source: String,
    age: [f64; 2],
    male: Regression,
    female: Regression,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Regression {
    n: f64,
    height_cm: HeightRegression,
    ln_weight_kg: WeightRegression,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeightRegression {
    intercept: f64,
    age: f64,
    sd: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeightRegression {
    intercept: f64,
    height: f64,
    age: f64,
    age_squared: f64,
    sd: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Charts {
    source: String,
    age: [f64; 2],
    z_correlation: f64,
    male: Chart,
    female: Chart,
}

/// L, M and S by age (Cole TJ, Green PJ. Stat Med 1992;11:1305-1319).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chart {
    age_months: Vec<f64>,
    height_cm_l: Vec<f64>,
    height_cm_m: Vec<f64>,
    height_cm_s: Vec<f64>,
    weight_kg_l: Vec<f64>,
    weight_kg_m: Vec<f64>,
    weight_kg_s: Vec<f64>,
}

impl Chart {
    fn size(&self, age: f64, z_height: f64, z_weight: f64) -> (f64, f64) {
        let months = 12.0 * age;
        let after = self.age_months.partition_point(|&at| at < months).clamp(1, self.age_months.len() - 1);
        let (from, to) = (self.age_months[after - 1], self.age_months[after]);
        let share = ((months - from) / (to - from)).clamp(0.0, 1.0);
        let at = |values: &[f64]| values[after - 1] + (values[after] - values[after - 1]) * share;
        (
            lms(at(&self.height_cm_l), at(&self.height_cm_m), at(&self.height_cm_s), z_height),
            lms(at(&self.weight_kg_l), at(&self.weight_kg_m), at(&self.weight_kg_s), z_weight),
        )
    }
}

/// M (1 + L S z)^(1/L), or M exp(S z) where L is 0; NaN where z is beyond the end of the distribution.
fn lms(l: f64, m: f64, s: f64, z: f64) -> f64 {
    if l == 0.0 { m * libm::exp(s * z) } else { m * libm::pow(1.0 + l * s * z, 1.0 / l) }
}

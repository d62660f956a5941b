//! A study as it is written, before anything is checked against anything else.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::data::DataSpec;
use super::forest::ForestSpec;
use super::target::TargetSpec;
use super::uncertainty::UncertaintySpec;
use super::vpc::VpcSpec;
use crate::cohort::CohortSpec;
use crate::engine::SolverChoice;
use crate::regimen::course::CourseSpec;
use crate::regimen::cycles::RegimenSpec;
use crate::units::TimeUnit;

/// A study file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudySpec {
    /// Names the output folder; the name of the file where not given.
    pub name: Option<String>,
    /// One line on what is asked.
    pub title: Option<String>,
    /// Name of a built-in model, or a file relative to the study file.
    pub model: String,
    /// All random numbers follow from it.
    #[serde(default)]
    pub seed: Seed,
    /// True: every subject is the typical one, all etas are 0.
    #[serde(default)]
    pub typical: bool,
    /// Names of the arms that are run; all where not given.
    pub arms: Option<Vec<String>>,
    /// Fixed effects that replace the model's.
    #[serde(default)]
    pub parameters: BTreeMap<String, Quantity>,
    /// Variances (on the scale of the etas) that replace the model's; correlations stay.
    #[serde(default)]
    pub omega: BTreeMap<String, f64>,
    /// How sure the parameters are.
    pub uncertainty: Option<UncertaintySpec>,
    /// Who is treated.
    pub cohort: Option<CohortSpec>,
    /// Records of a data set, instead of a cohort and arms.
    pub data: Option<DataSpec>,
    /// How the data set is compared with simulations of itself.
    pub vpc: Option<VpcSpec>,
    /// When the concentration is looked at.
    #[serde(default)]
    pub sampling: SamplingSpec,
    /// How the equations are solved.
    #[serde(default)]
    pub solver: SolverSpec,
    /// Residual error.
    #[serde(default)]
    pub residual: ResidualSpec,
    /// What is written.
    #[serde(default)]
    pub outputs: OutputsSpec,
    /// Which arm the others are compared with.
    pub comparison: Option<ComparisonSpec>,
    /// What `teorell forest` compares.
    pub forest: Option<ForestSpec>,
    /// What is given to whom.
    #[serde(default)]
    pub arm: Vec<ArmSpec>,
    /// Conditions that patients should meet.
    #[serde(default)]
    pub target: Vec<TargetSpec>,
    /// Keys of the study, each with the values that it takes in turn: see [`super::sweep`].
    pub sweep: Option<toml::Table>,
}

/// Arm against arm, within each subject.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonSpec {
    /// Name of the arm that the others are compared with.
    pub reference: String,
    /// Limits of the ratio; 0.8 and 1.25 where not given.
    pub limits: Option<[f64; 2]>,
    /// Level of the confidence interval; 0.9 where not given.
    pub level: Option<f64>,
}

/// One arm: all subjects of the cohort under one regimen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmSpec {
    /// Short name, for columns.
    pub name: String,
    /// Name in plots; the short name where not given.
    pub label: Option<String>,
    /// The same doses for everybody, but for body size.
    pub regimen: Option<RegimenSpec>,
    /// Doses that answer to the patient's course.
    pub course: Option<CourseSpec>,
}

/// A number, or a constant expression such as `log(0.2)`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged, expecting = "expected a number, or an expression in quotes such as \"log(0.2)\"")]
pub enum Quantity {
    /// A number.
    Number(f64),
    /// An expression.
    Expression(String),
}

/// A seed: 0 to 2^63 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Default for Seed {
    /// The day of the approval that the embedded study is about.
    fn default() -> Self {
        Self(20_170_817)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(SeedVisitor)
    }
}

struct SeedVisitor;

impl serde::de::Visitor<'_> for SeedVisitor {
    type Value = Seed;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a seed, a whole number from 0 to 9223372036854775807")
    }

    fn visit_i64<E: serde::de::Error>(self, seed: i64) -> Result<Seed, E> {
        u64::try_from(seed).map(Seed).map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(seed), &self))
    }

    fn visit_u64<E: serde::de::Error>(self, seed: u64) -> Result<Seed, E> {
        match i64::try_from(seed) {
            Ok(_) => Ok(Seed(seed)),
            Err(_) => Err(E::invalid_value(serde::de::Unexpected::Unsigned(seed), &self)),
        }
    }
}

/// When the concentration is looked at, in every arm.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingSpec {
    /// Stretches of equally spaced times.
    #[serde(default)]
    pub grid: Vec<GridSpec>,
    /// Adds the end of every infusion (and the time of every other dose).
    #[serde(default)]
    pub peaks: bool,
    /// Adds the time just before every dose.
    #[serde(default)]
    pub troughs: bool,
}

/// Equally spaced times, both ends included.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridSpec {
    /// First time.
    #[serde(default)]
    pub from: f64,
    /// Last time.
    pub to: f64,
    /// Distance.
    pub by: f64,
    /// Unit of the three; hours where not given.
    #[serde(default, deserialize_with = "time_unit")]
    pub unit: TimeUnit,
}

/// Reads `"days"`, `"h"`, ...
fn time_unit<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<TimeUnit, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// Reads a number of significant digits: beyond 17 nothing is left of double precision.
fn digits<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let digits = i64::deserialize(deserializer)?;
    match u8::try_from(digits) {
        Ok(digits @ 1..=17) => Ok(Some(digits)),
        _ => {
            Err(serde::de::Error::custom(format_args!("`digits` is `{digits}`; expected a whole number from 1 to 17")))
        }
    }
}

/// How the equations are solved.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolverSpec {
    /// Which integrator.
    #[serde(default)]
    pub choice: SolverName,
    /// Relative tolerance; 1e-8 where not given.
    pub rtol: Option<f64>,
    /// Absolute tolerance in the unit of the states; 1e-10 where not given.
    pub atol: Option<f64>,
}

/// Integrators by the names that users know them by.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SolverName {
    /// By the structure of the equations.
    #[default]
    Auto,
    /// Taylor series.
    Taylor,
    /// Exact, for constant-coefficient linear systems.
    Linear,
    /// Explicit Runge-Kutta, for right-hand sides with branches.
    #[serde(rename = "rk")]
    RungeKutta,
    /// An implicit method, for stiff equations.
    Stiff,
    /// The independent judge.
    Reference,
}

impl From<SolverName> for SolverChoice {
    fn from(name: SolverName) -> Self {
        match name {
            SolverName::Auto => Self::Auto,
            SolverName::Taylor => Self::Taylor,
            SolverName::Linear => Self::Linear,
            SolverName::RungeKutta => Self::RungeKutta,
            SolverName::Stiff => Self::Stiff,
            SolverName::Reference => Self::Reference,
        }
    }
}

/// Residual error.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualSpec {
    /// False: the column DV is empty.
    pub on: bool,
}

impl Default for ResidualSpec {
    fn default() -> Self {
        Self { on: true }
    }
}

/// What is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputsSpec {
    /// `profiles.csv`: one row per arm, subject and time.
    pub profiles: bool,
    /// `exposure.csv`: one row per arm, subject and cycle.
    pub cycles: bool,
    /// `subjects.csv`: one row per subject and arm, with covariates, etas, parameters.
    pub subjects: bool,
    /// `summary.csv` and `accumulation.csv`: statistics over subjects per arm and time, per arm and cycle.
    pub summary: bool,
    /// Of these, the statistics per arm and cycle alone.
    pub exposure: bool,
    /// Pictures.
    pub plots: bool,
    /// Colours of the pictures.
    pub theme: ThemeName,
    /// How tables are written.
    pub format: TableFormat,
    /// Variables of the model that profiles and summaries show; the predictions of its endpoints where not given.
    pub variables: Option<Vec<String>>,
    /// Variable whose exposure (AUC, Cmax, ...) is measured; the first endpoint's prediction where not given.
    pub exposure_of: Option<String>,
    /// Significant digits of a number, 1 to 17; as many as it takes to read it back exactly where not given.
    #[serde(deserialize_with = "digits")]
    pub digits: Option<u8>,
}

impl Default for OutputsSpec {
    fn default() -> Self {
        Self {
            profiles: true,
            cycles: true,
            subjects: true,
            summary: true,
            exposure: false,
            plots: true,
            theme: ThemeName::Light,
            format: TableFormat::Csv,
            variables: None,
            exposure_of: None,
            digits: None,
        }
    }
}

/// Colours of pictures, by name.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ThemeName {
    /// On white, for screens.
    #[default]
    Light,
    /// On near-black, for slides.
    Dark,
    /// On white, lines told apart by dashes as well.
    Print,
}

/// How tables are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub enum TableFormat {
    /// Plain text.
    #[default]
    #[serde(rename = "csv")]
    Csv,
    /// Compressed by gzip.
    #[serde(rename = "csv.gz")]
    CsvGz,
    /// Compressed by Zstandard.
    #[serde(rename = "csv.zst")]
    CsvZst,
    /// Columns of Apache Parquet; the cargo feature `parquet`.
    #[serde(rename = "parquet")]
    Parquet,
}

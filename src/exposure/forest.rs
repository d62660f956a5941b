//! What one covariate after the other does to exposure: ratios to a reference subject.

use std::str::FromStr;

/// What the interval of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForestInterval {
    /// 5th to 95th percentile over replicates of the parameters: the 90 % confidence interval of the ratio.
    Confidence,
    /// 5th to 95th percentile of individuals with the covariates of the reference subject.
    BetweenSubjects,
}

impl ForestInterval {
    /// As in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Confidence => "confidence",
            Self::BetweenSubjects => "between_subjects",
        }
    }
}

impl FromStr for ForestInterval {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Confidence, Self::BetweenSubjects].into_iter().find(|interval| interval.name() == name).ok_or(())
    }
}

/// Which value of a covariate a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForestLevel {
    /// 5th percentile in the cohort.
    Low,
    /// 95th percentile in the cohort.
    High,
    /// Another category than that of the reference subject.
    Category,
    /// A value that was asked for.
    Given,
    /// No covariate: individuals with the covariates of the reference subject.
    Individuals,
}

impl ForestLevel {
    const ALL: [Self; 5] = [Self::Low, Self::High, Self::Category, Self::Given, Self::Individuals];

    /// As in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "p5",
            Self::High => "p95",
            Self::Category => "category",
            Self::Given => "given",
            Self::Individuals => "individuals",
        }
    }
}

impl FromStr for ForestLevel {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|level| level.name() == name).ok_or(())
    }
}

/// One covariate at one value, or the individuals with the covariates of the reference subject.
#[derive(Clone, Debug, PartialEq)]
pub struct ForestRow {
    /// Name of the arm.
    pub arm: String,
    /// Number of the cycle whose exposure is compared; `None` where parameters alone are.
    pub cycle: Option<u32>,
    /// Name of the covariate; empty for the reference subject's individuals.
    pub covariate: String,
    /// Unit of the covariate; empty where it has none or none is known.
    pub unit: String,
    /// Which value it is.
    pub level: ForestLevel,
    /// The value; `None` without a covariate.
    pub at: Option<f64>,
    /// That of the reference subject.
    pub reference_at: Option<f64>,
    /// What is compared: `auc`, `cmax`, or the name of an individual parameter.
    pub quantity: String,
    /// That quantity in the reference subject.
    pub reference: f64,
    /// Over that of the reference subject; of individuals, their median.
    pub ratio: f64,
    /// Ends of the interval of the ratio, and what it is; `None` where parameters are certain.
    pub interval: Option<([f64; 2], ForestInterval)>,
    /// Replicates or individuals that the interval is over.
    pub n: Option<u64>,
    /// Individuals left out: they failed, or have no such cycle.
    pub missing: u64,
}

//! What one covariate after the other does to exposure: ratios to a reference subject.

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

/// One covariate at one value, or the individuals with the covariates of the reference subject.
#[derive(Clone, Debug, PartialEq)]
pub struct ForestRow {
    /// Name of the covariate; empty for the reference subject's individuals.
    pub covariate: String,
    /// Unit of the covariate; empty where it has none or none is known.
    pub unit: String,
    /// Which value: `p5`, `p95`, `category`, `given`; `individuals` without a covariate.
    pub level: &'static str,
    /// The value; `None` without a covariate.
    pub at: Option<f64>,
    /// What is compared: `auc`, `cmax`, or the name of an individual parameter.
    pub quantity: String,
    /// That quantity in the reference subject.
    pub reference: f64,
    /// Over that of the reference subject; of individuals, their median.
    pub ratio: f64,
    /// Ends of the interval of the ratio, and what it is; `None` where parameters are certain.
    pub interval: Option<([f64; 2], ForestInterval)>,
}

//! `[forest]` of a study: exposure of the typical subject at the 5th and 95th percentile of each covariate, or in each category,
//! over that of the reference subject.

mod compare;
mod error;
mod look;
mod spread;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use error::ForestProblem;

use super::error::{Problem, StudyError};
use super::{Plan, Study};
use crate::exposure::forest::ForestRow;
use crate::simulate::sink::AnySink;
use compare::Forest;

/// `[forest]` of a study.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForestSpec {
    /// Name of the arm; the first where not given.
    pub arm: Option<String>,
    /// Number of the cycle whose exposure is compared; the last where not given.
    pub cycle: Option<u32>,
    /// Covariates that are shown, with their values (none: percentiles or categories); all that vary where not given.
    pub covariates: BTreeMap<String, Vec<f64>>,
    /// Covariates of the reference subject; medians (of categories the most frequent) where not given.
    pub reference: BTreeMap<String, f64>,
    /// Whether AUC and Cmax are compared.
    pub exposure: bool,
    /// Individual parameters that are compared; where not given none, or without exposure all that a covariate moves.
    pub parameters: Vec<String>,
}

impl Default for ForestSpec {
    fn default() -> Self {
        Self {
            arm: None,
            cycle: None,
            covariates: BTreeMap::new(),
            reference: BTreeMap::new(),
            exposure: true,
            parameters: Vec::new(),
        }
    }
}

impl Study {
    /// Compares exposure over the values of each covariate, on `threads` threads (`None`: all of the machine). Intervals are over the
    /// replicates of [`Study::uncertainty`] where there are any; else rows of individuals say how much subjects alike differ.
    /// All subjects that are simulated for it are shown to `sinks`, too.
    ///
    /// # Errors
    /// Where the study has no cohort, the model no covariates, a name or cycle does not exist, nothing varies, or a subject fails.
    pub fn forest(&self, threads: Option<usize>, sinks: &[&dyn AnySink]) -> Result<Vec<ForestRow>, StudyError> {
        let spec = self.spec.forest.clone().unwrap_or_default();
        let Plan::Cohort(design) = self.plan() else {
            let place = Some(self.source.place_of(&["data"]));
            return Err(StudyError::new(Problem::DataAndMore { key: "forest" }, place));
        };
        Forest { study: self, design, spec, threads, sinks }.rows()
    }
}

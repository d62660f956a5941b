//! Published numbers against their simulation, by the ordinary way of a study.

use std::collections::BTreeMap;

use super::published::{Comparison, Published, Scenario};
use super::watch::Watch;
use super::{Override, Study, StudyError};
use crate::simulate::SimulateError;

/// Why a validation could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// A scenario is no study.
    #[error("scenario `{scenario}`: {cause}")]
    Study {
        /// Its name.
        scenario: String,
        /// What is wrong with it.
        cause: StudyError,
    },
    /// A scenario could not be run.
    #[error("scenario `{scenario}`: {cause}")]
    Run {
        /// Its name.
        scenario: String,
        /// Why.
        cause: SimulateError,
    },
}

/// Runs every scenario on `threads` threads (`None`: all of the machine) and compares every published number.
/// `progress` is told how many subjects are done, and how many there are in all.
///
/// # Errors
/// Where a scenario cannot be run at all; subjects that fail are only missing from its numbers.
pub fn validate(
    published: &Published,
    overrides: &[Override],
    threads: Option<usize>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<Comparison>, ValidateError> {
    let studies: Vec<(&Scenario, Study)> = published
        .scenarios
        .iter()
        .map(|scenario| Ok((scenario, study(scenario, overrides)?)))
        .collect::<Result<_, ValidateError>>()?;
    let total = studies.iter().map(|(_, study)| study.size()).sum();
    let mut done = 0;
    let mut watches: BTreeMap<&str, Watch> = BTreeMap::new();
    for (scenario, study) in &studies {
        let watch = Watch::new(0, study);
        study
            .run(threads, &[&watch], &mut |subjects| progress(done + subjects, total))
            .map_err(|cause| ValidateError::Run { scenario: scenario.name.clone(), cause })?;
        done += study.size();
        watches.insert(&scenario.name, watch);
    }
    let compare = |value: &super::published::PublishedValue| {
        let watch = watches.get(value.scenario.as_str());
        let simulated = watch.and_then(|watch| value.quantity.of(watch, |name| watches.get(name)));
        Comparison { value: value.clone(), simulated }
    };
    Ok(published.values.iter().map(compare).collect())
}

fn study(scenario: &Scenario, overrides: &[Override]) -> Result<Study, ValidateError> {
    let named = |cause| ValidateError::Study { scenario: scenario.name.clone(), cause };
    let arm = toml::Value::Array(vec![scenario.arm.clone().into()]);
    let mut all = vec![Override::new(&["arms"], arm, "arm of the scenario")];
    for text in &scenario.set {
        all.push(Override::parse(text, text).map_err(named)?);
    }
    all.extend_from_slice(overrides);
    Study::embedded(&scenario.study, &all).map_err(named)
}

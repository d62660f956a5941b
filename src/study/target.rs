//! `[[target]]`: conditions that patients should meet, and the share of them that is asked for.

use std::sync::Arc;

use serde::Deserialize;

use super::build::time_unit;
use super::error::{Problem, StudyError};
use super::source::Source;
use super::spec::StudySpec;
use crate::exposure::target::{Condition, TargetUnits};
use crate::model::Model;

/// One target as a study states it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// Name in tables and pictures; the condition itself where not given.
    pub name: Option<String>,
    /// The condition: see [`crate::exposure::target`].
    pub condition: String,
    /// Share of subjects that is to meet it, above 0 and up to 1.
    pub share: Option<f64>,
}

/// A target that can be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Name in tables and pictures.
    pub name: String,
    /// Share of subjects that is to meet it.
    pub share: Option<f64>,
    /// What a subject has to meet.
    pub condition: Condition,
}

/// All targets of a study, and the levels that the time above has to be measured of.
pub(super) type Targets = (Vec<Target>, Arc<[f64]>);

/// Reads the targets of a study.
pub(super) fn targets(spec: &StudySpec, source: &Source, model: &Model) -> Result<Targets, StudyError> {
    let (units, mut levels, mut targets) = (units(model), Vec::new(), Vec::<Target>::new());
    for (index, target) in spec.target.iter().enumerate() {
        let number = (index + 1).to_string();
        let at =
            |problem: Problem, key: &str| StudyError::new(problem, Some(source.place_of(&["target", &number, key])));
        let condition = Condition::read(&target.condition, &units, &mut levels).map_err(|cause| {
            let place = source.place_in(&["target", &number, "condition"], &target.condition, cause.span);
            StudyError::new(Problem::Condition { cause }, Some(place))
        })?;
        if let Some(share) = target.share
            && !(share > 0.0 && share <= 1.0)
        {
            let expected = "a share above 0 and at most 1, such as 0.9";
            return Err(at(Problem::OutOfRange { key: "share", value: share, expected }, "share"));
        }
        let name = target.name.clone().unwrap_or_else(|| target.condition.clone());
        if targets.iter().any(|other| other.name == name) {
            let key = if target.name.is_some() { "name" } else { "condition" };
            return Err(at(Problem::DuplicateTarget { name }, key));
        }
        targets.push(Target { name, share: target.share, condition });
    }
    if !targets.is_empty() && model.program().exposure.is_none() {
        return Err(StudyError::new(Problem::NoExposure, Some(source.place_of(&["target"]))));
    }
    Ok((targets, levels.into()))
}

/// The units that the model's tables are in.
fn units(model: &Model) -> TargetUnits {
    let units = &model.ir().units;
    let exposure = model.program().exposure.and_then(|exposure| model.outputs().get(exposure.output));
    let concentration = exposure.and_then(|output| output.unit.clone()).or_else(|| units.concentration.clone());
    TargetUnits {
        time: time_unit(model).to_string(),
        concentration: concentration.unwrap_or_default(),
        amount: units.dosing.clone().unwrap_or_default(),
    }
}

//! `[comparison]` of a study, checked against its arms.

use super::Plan;
use super::error::{Problem, StudyError, nearest};
use super::source::Source;
use super::spec::StudySpec;
use crate::exposure::comparison::{Criteria, CriteriaError};

/// Which arm the others are compared with, and when two count as alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArmComparison {
    /// Index among the arms that are run.
    pub reference: usize,
    /// Limits of the ratio, and the level of its confidence interval.
    pub criteria: Criteria,
}

/// The comparison asked for; `None` where none is.
pub(super) fn comparison(spec: &StudySpec, source: &Source, plan: &Plan) -> Result<Option<ArmComparison>, StudyError> {
    let Some(asked) = &spec.comparison else { return Ok(None) };
    let at = |problem: Problem, key| StudyError::new(problem, Some(source.place_of(&["comparison", key])));
    let Plan::Cohort(design) = plan else {
        return Err(StudyError::new(
            Problem::DataAndMore { key: "comparison" },
            Some(source.place_of(&["comparison"])),
        ));
    };
    let names: Vec<String> = design.arms.iter().map(|arm| arm.name.clone()).collect();
    let Some(reference) = names.iter().position(|name| *name == asked.reference) else {
        let nearest = nearest(&asked.reference, names.iter().map(String::as_str));
        return Err(at(Problem::NoSuchArm { name: asked.reference.clone(), nearest, known: names }, "reference"));
    };
    if names.len() < 2 {
        return Err(at(Problem::NothingToCompare { arm: asked.reference.clone() }, "reference"));
    }
    let default = Criteria::default();
    let limits = asked.limits.unwrap_or(default.limits());
    let criteria = Criteria::new(limits, asked.level.unwrap_or(Criteria::DEFAULT_LEVEL)).map_err(|cause| {
        let key = if matches!(cause, CriteriaError::Limits { .. }) { "limits" } else { "level" };
        at(cause.into(), key)
    })?;
    Ok(Some(ArmComparison { reference, criteria }))
}

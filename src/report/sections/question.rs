//! What was asked, in a few lines.

use maud::{Markup, html};

use super::results::has_subjects;
use super::{subjects, swept_value};
use crate::output::columns::Column;
use crate::output::manifest::UncertaintyRecord;
use crate::output::number;
use crate::report::{Material, ReportError};
use crate::study::Plan;
use crate::study::target::TargetSpec;

pub(super) fn body(material: &Material<'_>) -> Result<Markup, ReportError> {
    let manifest = material.folder.manifest();
    let title = material.study.ok().and_then(|study| study.spec().title.as_deref());
    let arms = arms(material);
    Ok(html! {
        @if let Some(title) = title { p.lead { (title) } }
        dl.facts {
            dt { "Model" } dd {
                (manifest.model.name)
                @if let Some(reference) = &manifest.model.reference { ": " (reference) }
            }
            @if has_subjects(material) {
                dt { "Subjects" } dd {
                    (subjects(material))
                    @if arms.len() > 1 { ", each in all of " (arms.len()) " arms" }
                }
            }
            @if let Some(uncertainty) = &manifest.uncertainty {
                dt { "Uncertainty" } dd { ul.arms { @for line in uncertain(uncertainty) { li { (line) } } } }
            }
            @if let Some(swept) = swept(material) { dt { "Sweep" } dd { (swept) } }
            @if !targets(material).is_empty() {
                dt { "Targets" } dd { ul.arms { @for target in targets(material) { li { (wanted(target)) } } } }
            }
            dt { "Arms" } dd {
                ul.arms {
                    @for (name, label) in &arms {
                        li { b { (name) } @if let Some(label) = label { ": " (label) } }
                    }
                }
            }
            @if let Some(concentration) = &manifest.model.concentration {
                dt { "Exposure" } dd {
                    "measured on " (concentration)
                    @if !manifest.units.concentration.is_empty() { ", " (manifest.units.concentration) }
                    "; times in " (manifest.units.time)
                    @if !manifest.units.dose.is_empty() { ", doses in " (manifest.units.dose) }
                }
            }
        }
    })
}

/// What is uncertain, and which interval is which.
fn uncertain(record: &UncertaintyRecord) -> Vec<String> {
    let mut lines = Vec::new();
    if !record.thetas.is_empty() {
        lines.push(format!("fixed effects {}", record.thetas.join(", ")));
    }
    for block in &record.degrees_of_freedom {
        lines.push(format!("variances of {}, with {} degrees of freedom", block.etas.join(", "), block.df));
    }
    lines.push(format!("summary.csv: {}", interval(&record.summary_interval)));
    lines.push(format!("confidence.csv: {}", interval(&record.confidence_interval)));
    lines
}

/// `prediction interval of a new subject` for `prediction: of a new subject`.
fn interval(words: &str) -> String {
    words.replacen(": ", " interval ", 1)
}

/// What is swept, over which values.
fn swept(material: &Material<'_>) -> Option<String> {
    let axis = |column: &Column| {
        let name =
            if column.unit.is_empty() { column.name.clone() } else { format!("{} ({})", column.name, column.unit) };
        let values = material.study.ok().and_then(|study| study.values_of(&column.name))?;
        let values: Vec<String> = values.into_iter().map(swept_value).collect();
        Some(format!("{name}: {}", values.join(", ")))
    };
    let axes: Vec<String> = material.folder.manifest().swept.iter().filter_map(axis).collect();
    (!axes.is_empty()).then(|| axes.join("; "))
}

/// What patients should meet; a run without its study file does not know.
fn targets<'a>(material: &Material<'a>) -> &'a [TargetSpec] {
    material.study.map_or(&[], |study| &study.spec().target)
}

/// A target's name says little without its condition.
fn wanted(target: &TargetSpec) -> Markup {
    html! {
        @if let Some(name) = &target.name { b { (name) } ": " }
        code { (target.condition) }
        @if let Some(share) = target.share { ", in at least " (number::format(100.0 * share, Some(4))) " % of the subjects" }
    }
}

/// Names of the arms, with their labels where they say more.
fn arms(material: &Material<'_>) -> Vec<(String, Option<String>)> {
    let label = |name: &str| match material.study.ok()?.plan() {
        Plan::Cohort(design) => {
            let arm = design.arms.iter().find(|arm| arm.name == name)?;
            (arm.label != arm.name).then(|| arm.label.clone())
        }
        Plan::Data(_) => Some("the subjects, doses and covariates of a data set".to_owned()),
    };
    material.folder.manifest().arms.iter().map(|arm| (arm.name.clone(), label(&arm.name))).collect()
}

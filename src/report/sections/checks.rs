//! What was run again to see whether the numbers can be trusted.

use maud::{Markup, html};

use super::{first_point, without_study};
use crate::output::number;
use crate::report::checks::{Check, SUBJECTS, Verdict};
use crate::report::tables::{Heading, sortable};
use crate::report::{Material, ReportError};
use crate::study::published;
use crate::study::published::Comparison;

pub(super) fn body(material: &Material<'_>) -> Result<Markup, ReportError> {
    let study = match material.study {
        Ok(study) => study,
        Err(why) => return Ok(without_study(why)),
    };
    let Some(checks) = material.checks else {
        return Ok(html! { p.missing { "The checks were left out by " code { "--no-checks" } "." } });
    };
    Ok(html! {
        p {
            "The first " (SUBJECTS) " subjects (or all, where there are fewer) were simulated again when this report was made"
            @if let Some(point) = first_point(study) { ", " (point) }
            "."
        }
        div.wide {
            table {
                caption { "Checks" }
                thead { tr { th scope="col" { "check" } th scope="col" { "found" } th scope="col" { "limit" } th scope="col" { "verdict" } } }
                tbody { @for check in &checks.all { (row(check)) } }
            }
        }
        @if !checks.published.is_empty() { (published(&checks.published)) }
    })
}

fn row(check: &Check) -> Markup {
    let (class, word) = match check.verdict {
        Verdict::Passed => ("passed", "passed"),
        Verdict::Failed => ("failed", "FAILED"),
        Verdict::NotDone => ("not-done", "not done"),
    };
    html! { tr { td { (check.name) } td { (check.found) } td { (check.limit) } td class=(class) { (word) } } }
}

/// Published numbers beside their simulation.
fn published(comparisons: &[Comparison]) -> Markup {
    let headings = ["number", "published", "simulated", "unit", "difference %", "allowed", "verdict", "source"]
        .map(Heading::named);
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| number::format(value, None));
    let rows: Vec<Vec<String>> = comparisons
        .iter()
        .map(|comparison| {
            let value = &comparison.value;
            let verdict = match comparison.verdict() {
                published::Verdict::Pass => "passed",
                published::Verdict::Fail => "FAILED",
                published::Verdict::NotJudged => "not judged",
            };
            vec![
                value.name.clone(),
                number(Some(value.published)),
                number(comparison.simulated),
                value.unit.clone(),
                number(comparison.difference_percent()),
                comparison.tolerance(),
                verdict.to_owned(),
                value.source.clone(),
            ]
        })
        .collect();
    html! {
        h3 { "Published numbers" }
        p { "Each simulated as it was published, by the same program and model." }
        (sortable("Published numbers and their simulation", &headings, &rows))
    }
}

//! Who is treated: distributions of the covariates over the subjects.

use maud::{Markup, html};

use super::{first_point, subjects};
use crate::output::columns::Column;
use crate::output::number;
use crate::output::read;
use crate::plot::histogram::{Histogram, Histograms};
use crate::plot::style::Theme;
use crate::report::tables::{Heading, sortable};
use crate::report::{Material, ReportError, figures};
use crate::stats::{Moments, quantiles};
use crate::study::Plan;

/// Panels of one picture.
const MOST_PANELS: usize = 12;

/// What is made of a data set, or of one subject, has no table of subjects.
pub(super) fn applies(material: &Material<'_>) -> bool {
    material.folder.manifest().command == "simulate" || material.folder.table("subjects").is_some()
}

pub(super) fn body(material: &Material<'_>) -> Result<Markup, ReportError> {
    let manifest = material.folder.manifest();
    let Some((file, path)) = material.folder.table("subjects") else {
        return Ok(html! { p.missing { "The run wrote no table of subjects (" code { "subjects.csv" } ")." } });
    };
    let names = covariates(material);
    // A swept covariate is a column of its own beside that of the point.
    let is_swept = |column: &Column| manifest.swept.iter().any(|swept| swept.name == column.name);
    let columns: Vec<&Column> = (file.columns.iter())
        .filter(|column| !is_swept(column) && names.iter().any(|name| name.eq_ignore_ascii_case(&column.name)))
        .collect();
    let Some(arm) = manifest.arms.first().filter(|_| !columns.is_empty()) else {
        return Ok(html! { p { (subjects(material)) ", without covariates." } });
    };
    let wanted: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let values = read::subject_columns(&path, &arm.name, &wanted)?;
    let described: Vec<(&Column, Vec<f64>)> = columns.into_iter().zip(values).collect();
    let rows: Vec<Vec<String>> = described.iter().map(|(column, values)| describe(column, values)).collect();
    let varies = |values: &[f64]| values.iter().any(|value| value.is_finite() && *value != values[0]);
    let histogram = |(column, values): &(&Column, Vec<f64>)| Histogram {
        name: column.name.clone(),
        unit: column.unit.clone(),
        values: values.clone(),
    };
    let panels: Vec<Histogram> =
        described.iter().filter(|(_, values)| varies(values)).map(histogram).take(MOST_PANELS).collect();
    let headings = ["covariate", "unit", "n", "mean", "sd", "min", "p5", "p50", "p95", "max"].map(Heading::named);
    Ok(html! {
        p {
            (subjects(material))
            @if manifest.arms.len() > 1 { ", the same in every arm" }
            ". "
            @if let Some(point) = material.study.ok().and_then(first_point) { "Covariates are those " (point) ". " }
            @if manifest.counts.rejected_draws > 0 {
                (manifest.counts.rejected_draws) " draws lay outside the bounds of the cohort and were drawn again."
            }
        }
        (sortable("Covariates over the subjects", &headings, &rows))
        @if !panels.is_empty() {
            (figures::drawn(&Histograms { heading: "Covariates of the cohort".to_owned(), panels }.draw(Theme::Light)))
        }
    })
}

/// Names that the cohort or the data set gives.
fn covariates(material: &Material<'_>) -> Vec<String> {
    match material.study.map(|study| study.plan()) {
        Ok(Plan::Cohort(design)) => design.cohort.names().to_vec(),
        Ok(Plan::Data(data)) => data.design.setup.model.covariates().to_vec(),
        Err(_) => Vec::new(),
    }
}

fn describe(column: &Column, values: &[f64]) -> Vec<String> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let moments = Moments::of(&finite);
    let [min, p5, p50, p95, max] = quantiles(&finite, [0.0, 0.05, 0.5, 0.95, 1.0]);
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| number::format(value, None));
    let mut row = vec![column.name.clone(), column.unit.clone(), finite.len().to_string()];
    row.extend([moments.mean(), moments.sd(), min, p5, p50, p95, max].map(number));
    row
}

//! Curves, tables of summaries with their pictures, and the subjects that have no results.

use maud::{Markup, PreEscaped, html};

use crate::output::columns::Column;
use crate::output::summaries::{SummaryOf, SummaryRow};
use crate::output::{number, read};
use crate::report::figures::{self, Figure};
use crate::report::folder::ResultFolder;
use crate::report::tables::{self, Heading, Shown, folded, sortable};
use crate::report::{Material, ReportError, curves};

/// Failed subjects in the table.
const MOST_FAILURES: usize = 50;

pub(super) fn body(material: &Material<'_>) -> Result<Markup, ReportError> {
    let folder = material.folder;
    let rows = summaries(folder)?;
    let columns = folder.table("summary").map_or(&[] as &[Column], |(file, _)| &file.columns);
    let manifest = folder.manifest();
    let data = curves::json(&manifest.units.time, manifest.model.concentration.as_deref(), &rows);
    let shown = tables::shown(folder)?;
    let pictures = figures::of_folder(folder);
    let of_table = |picture: &Figure| shown.iter().any(|table| table.pictures.contains(&picture.name.as_str()));
    Ok(html! {
        @if let Some(data) = data { (explorer(&data)) }
        @for picture in pictures.iter().filter(|picture| !of_table(picture)) { (picture.markup()) }
        @if shown.is_empty() && pictures.is_empty() { p.missing { "The run wrote no summaries and no pictures." } }
        (main_exposure(&rows, columns))
        @for table in &shown { (with_pictures(table, &pictures)) }
    })
}

/// Rows of `summary.csv`. In a sweep every arm at every point goes by a name of its own.
fn summaries(folder: &ResultFolder) -> Result<Vec<SummaryRow>, ReportError> {
    let Some((_, path)) = folder.table("summary") else { return Ok(Vec::new()) };
    let names = &folder.manifest().swept;
    let mut rows = Vec::new();
    read::visit_summary(&path, |swept, mut row| {
        for (column, value) in names.iter().zip(swept) {
            row.arm += &format!(", {} {value} {}", column.name, column.unit);
        }
        rows.push(row);
    })?;
    Ok(rows)
}

/// Exposure in the first and the last cycle of every arm, in a few rows.
fn main_exposure(rows: &[SummaryRow], columns: &[Column]) -> Markup {
    const MAIN: [&str; 3] = ["auc", "cmax", "ctrough"];
    let of_cycle = |row: &SummaryRow| if let SummaryOf::Cycle(cycle) = row.of { Some(cycle) } else { None };
    let last = |arm: &str| rows.iter().filter(|row| row.arm == arm).filter_map(of_cycle).max();
    let wanted = rows.iter().filter_map(|row| Some((row, of_cycle(row)?)));
    let wanted = wanted.filter(|(row, cycle)| {
        MAIN.contains(&row.quantity.as_str()) && (*cycle == 1 || Some(*cycle) == last(&row.arm))
    });
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| number::format(value, None));
    let cells: Vec<Vec<String>> = wanted
        .map(|(row, cycle)| {
            let of = &row.summary;
            let mut cells = vec![row.arm.clone(), cycle.to_string(), row.quantity.clone(), row.unit.clone()];
            cells.push(of.n.to_string());
            cells.extend([of.geometric_mean, of.geometric_cv_percent, of.p5, of.p50, of.p95].map(number));
            cells
        })
        .collect();
    let headings =
        ["arm", "cycle", "quantity", "unit", "n", "geometric_mean", "geometric_cv_percent", "p5", "p50", "p95"]
            .map(|name| Heading::of_column(name, columns));
    html! {
        @if !cells.is_empty() {
            h3 { "Exposure in short" }
            (folded(sortable("Exposure in the first and the last cycle", &headings, &cells), cells.len()))
        }
    }
}

fn with_pictures(table: &Shown, pictures: &[Figure]) -> Markup {
    html! {
        h3 { (table.title) }
        @for picture in pictures.iter().filter(|picture| table.pictures.contains(&picture.name.as_str())) {
            (picture.markup())
        }
        (table.markup())
    }
}

/// The interactive picture: a frame that the page's script fills, and the data. Without the script it stays hidden, and the
/// pictures below say the same.
fn explorer(data: &str) -> Markup {
    html! {
        div #explorer hidden {
            p.note {
                "Median (line) and 5th to 95th percentile (band). Drag to zoom, double-click to see all, and point to read values."
            }
            div.controls role="group" aria-label="What the curves show" {}
            div.chart role="img" aria-label="Interactive curves; the pictures below and summary.csv show the same" {}
            div.readout aria-live="off" {}
        }
        script type="application/json" #curves { (PreEscaped(data)) }
    }
}

/// A forest is of one subject, and of nobody who could fail.
pub(super) fn has_subjects(material: &Material<'_>) -> bool {
    material.folder.manifest().counts.subjects > 0
}

/// Who has no results, and why.
pub(super) fn failures(material: &Material<'_>) -> Result<Markup, ReportError> {
    let failed = material.folder.manifest().counts.failed;
    if failed == 0 {
        return Ok(html! { p { "None: every subject has a result in every arm." } });
    }
    let Some((file, path)) = material.folder.table("subjects") else {
        return Ok(
            html! { p.missing { (failed) " subjects times arms failed; the run wrote no table that says which." } },
        );
    };
    let at = |header: &[String], name: &str| header.iter().position(|column| column == name);
    let keep = |header: &[String], row: &csv::StringRecord| {
        at(header, "status").is_some_and(|status| row.get(status) == Some("failed"))
    };
    let table = read::table(&path, MOST_FAILURES, keep)?;
    let names = ["arm", "id", "failed_at", "reason"];
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| {
            let cell = |name: &&str| at(&table.header, name).and_then(|column| row.get(column)).cloned();
            names.iter().map(|name| cell(name).unwrap_or_default()).collect()
        })
        .collect();
    Ok(html! {
        p { (failed) " subjects times arms failed. Summaries are over the others." }
        (sortable("Failed subjects", &names.map(|name| Heading::of_column(name, &file.columns)), &rows))
        @if table.n_rows > rows.len() as u64 {
            p.note { "The first " (rows.len()) " of " (table.n_rows) "; " code { (file.name) } " has all." }
        }
    })
}

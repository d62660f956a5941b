//! Tables of the folder as tables of the page: the columns' names, units and meanings are those of the manifest.

use maud::{Markup, html};

use super::folder::{ResultFolder, is_table};
use super::stem;
use crate::output::columns::Column;
use crate::output::number;
use crate::output::read::{self, ReadError, Table};

/// Tables with a row per subject or replicate, which a page of summaries does not hold.
const OF_SUBJECTS: [&str; 6] =
    ["profiles", "exposure", "subjects", "vpc_observations", "replicates", "replicate_summary"];
/// Rows of one table on the page; the file has all.
const MOST_ROWS: usize = 600;
/// A longer table is folded: a reader who wants it opens it.
const MOST_UNFOLDED: usize = 30;
/// Of a longer table paper shows nothing but where it is.
const MOST_PRINTED: usize = 100;
/// Letters of a text that is not broken into lines.
const SHORT: usize = 16;
/// Digits shown; sorting and the file know all.
const DIGITS: u8 = 4;

/// A table that is known by the name of its file.
struct Kind {
    stem: &'static str,
    title: &'static str,
    /// Names of the pictures that belong to it, without ending.
    pictures: &'static [&'static str],
}

/// In the order of the page; tables that are not in this list follow, under the names of their files. Another kind of table is
/// one entry here.
const KINDS: [Kind; 9] = [
    Kind { stem: "targets", title: "Target attainment", pictures: &["targets", "pta"] },
    Kind { stem: "target_confidence", title: "Target attainment over replicates", pictures: &[] },
    Kind { stem: "reached", title: "Smallest value that reaches a target", pictures: &["reached"] },
    Kind { stem: "confidence", title: "Confidence intervals over replicates", pictures: &[] },
    Kind { stem: "comparison", title: "Comparison of arms", pictures: &["comparison"] },
    Kind { stem: "summary", title: "Exposure by cycle", pictures: &[] },
    Kind { stem: "accumulation", title: "Accumulation", pictures: &["accumulation"] },
    Kind { stem: "forest", title: "Covariate effects", pictures: &["forest"] },
    Kind { stem: "vpc", title: "Visual predictive check", pictures: &["vpc", "vpc-pc", "vpc-blq"] },
];

/// A table of the folder, to be shown.
pub struct Shown {
    /// Heading.
    pub title: String,
    /// Name of the file.
    pub file: String,
    /// Names of its pictures, without ending.
    pub pictures: &'static [&'static str],
    columns: Vec<Column>,
    table: Table,
}

/// All tables of summaries, in order.
///
/// # Errors
/// Where one cannot be read.
pub fn shown(folder: &ResultFolder) -> Result<Vec<Shown>, ReadError> {
    let mut stems: Vec<&str> = KINDS.iter().map(|kind| kind.stem).collect();
    for (file, _) in folder.files().filter(|(file, _)| is_table(&file.name) && !super::is_input(&file.name)) {
        let stem = stem(&file.name);
        if !stems.contains(&stem) && !OF_SUBJECTS.contains(&stem) {
            stems.push(stem);
        }
    }
    let mut all = Vec::new();
    for stem in stems {
        let Some((file, path)) = folder.table(stem) else { continue };
        // Summaries over time are curves on the page; those of cycles are a table.
        let keep = |header: &[String], row: &csv::StringRecord| {
            stem != "summary"
                || header.iter().position(|name| name == "kind").is_none_or(|at| row.get(at) != Some("profile"))
        };
        let table = read::table(&path, MOST_ROWS, keep)?;
        if table.n_rows == 0 {
            continue;
        }
        let kind = KINDS.iter().find(|kind| kind.stem == stem);
        all.push(Shown {
            title: kind.map_or_else(|| stem.to_owned(), |kind| kind.title.to_owned()),
            file: file.name.clone(),
            pictures: kind.map_or(&[], |kind| kind.pictures),
            columns: file.columns.clone(),
            table,
        });
    }
    Ok(all)
}

impl Shown {
    /// The table with the meaning of its columns, and a note where the file has more rows.
    pub fn markup(&self) -> Markup {
        let Table { header, rows, n_rows } = &self.table;
        let cell = |row: &[String], index: usize| row.get(index).cloned().unwrap_or_default();
        let is_empty = |index: usize| rows.iter().all(|row| cell(row, index).is_empty());
        // Of a filtered table a column that says one thing only says nothing.
        let says_nothing = |index: usize| header[index] == "kind";
        let visible: Vec<usize> = (0..header.len()).filter(|&index| !is_empty(index) && !says_nothing(index)).collect();
        let headings: Vec<Heading> =
            visible.iter().map(|&index| Heading::of_column(&header[index], &self.columns)).collect();
        let body: Vec<Vec<String>> =
            rows.iter().map(|row| visible.iter().map(|&index| cell(row, index)).collect()).collect();
        html! {
            div.result {
                (folded(sortable(&self.title, &headings, &body), body.len()))
                p.note {
                    @if *n_rows > rows.len() as u64 {
                        "The first " (rows.len()) " of " (n_rows) " rows, rounded to " (DIGITS) " digits; all rows and digits are in "
                    } @else {
                        "All " (n_rows) " rows, rounded to " (DIGITS) " digits; every digit is in "
                    }
                    code { (self.file) } "."
                }
                (legend(&headings))
            }
        }
    }
}

/// A column of a table of the page.
pub struct Heading {
    /// As in the file.
    pub name: String,
    /// Empty where it has none.
    pub unit: String,
    /// What it is; empty where the name says it.
    pub meaning: String,
}

impl Heading {
    /// A column of a file, as the run described it.
    pub fn of_column(name: &str, columns: &[Column]) -> Self {
        let column = columns.iter().find(|column| column.name == name);
        Self {
            name: name.to_owned(),
            unit: column.map(|column| column.unit.clone()).unwrap_or_default(),
            meaning: column.map(|column| column.meaning.clone()).unwrap_or_default(),
        }
    }

    /// A column whose name says all.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), unit: String::new(), meaning: String::new() }
    }
}

/// A table that a click on a heading sorts. Columns of numbers stand on the right.
pub fn sortable(caption: &str, headings: &[Heading], rows: &[Vec<String>]) -> Markup {
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    let numeric: Vec<bool> = (0..headings.len())
        .map(|index| {
            let mut cells = rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_empty()).peekable();
            cells.peek().is_some() && cells.all(|cell| is_number(cell))
        })
        .collect();
    html! {
        div.wide {
            table.sortable {
                caption { (caption) }
                thead {
                    tr {
                        @for (heading, &numeric) in headings.iter().zip(&numeric) {
                            th scope="col" class=[numeric.then_some("number")] title=[some(&heading.meaning)] {
                                (heading.name)
                                @if !heading.unit.is_empty() { span.unit { (heading.unit) } }
                            }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            @for (cell, &numeric) in row.iter().zip(&numeric) {
                                @match (numeric, cell.parse::<f64>()) {
                                    (true, Ok(value)) => { td.number data-v=(cell) { (rounded(value)) } }
                                    _ => { td.short[cell.chars().count() <= SHORT] { (cell) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A table behind a line that opens it, where it is long; paper has no place for one that is longer still.
pub fn folded(table: Markup, n_rows: usize) -> Markup {
    let unprinted = n_rows > MOST_PRINTED;
    html! {
        @if n_rows > MOST_UNFOLDED {
            details.folded.unprinted[unprinted] { summary { "Show " (n_rows) " rows" } (table) }
            @if unprinted { p.note.paper { "A table of " (n_rows) " rows, which is not printed." } }
        } @else {
            (table)
        }
    }
}

/// What the columns mean.
fn legend(headings: &[Heading]) -> Markup {
    html! {
        @if headings.iter().any(|heading| !heading.meaning.is_empty()) {
            details.legend {
                summary { "Columns" }
                dl {
                    @for heading in headings.iter().filter(|heading| !heading.meaning.is_empty()) {
                        dt { (heading.name) @if !heading.unit.is_empty() { " (" (heading.unit) ")" } }
                        dd { (heading.meaning) }
                    }
                }
            }
        }
    }
}

/// Rows of text with a heading; the first row says what the columns are, and columns without any text are left out.
pub fn plain(caption: &str, rows: &[Vec<String>]) -> Markup {
    let Some((header, body)) = rows.split_first() else { return html! {} };
    let says_something = |index: &usize| body.iter().any(|row| row.get(*index).is_some_and(|cell| !cell.is_empty()));
    let visible: Vec<usize> = (0..header.len()).filter(says_something).collect();
    if body.is_empty() {
        return html! {};
    }
    let headings: Vec<Heading> = visible.iter().map(|&index| Heading::named(&header[index])).collect();
    let body: Vec<Vec<String>> =
        body.iter().map(|row| visible.iter().map(|&i| row.get(i).cloned().unwrap_or_default()).collect()).collect();
    sortable(caption, &headings, &body)
}

/// A number as the page shows it.
pub fn rounded(value: f64) -> String {
    number::format(value, Some(DIGITS)).replace('-', "−")
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

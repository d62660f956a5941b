//! Names and numbers of the page are those of the files: every table of results cell by cell, every curve point by point.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Bench;
use crate::html::{Tag, attribute, tags};

/// A table of the page.
#[derive(Debug, Default)]
struct PageTable {
    caption: String,
    headings: Vec<Heading>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Debug, PartialEq)]
struct Heading {
    name: String,
    unit: String,
    meaning: String,
}

#[derive(Debug)]
struct Cell {
    shown: String,
    /// What a number is sorted by.
    exact: Option<String>,
}

fn page_tables(tags: &[Tag]) -> Vec<PageTable> {
    let mut tables: Vec<PageTable> = Vec::new();
    for tag in tags {
        if tag.name == "table" {
            tables.push(PageTable::default());
        }
        let Some(table) = tables.last_mut() else { continue };
        match tag.name.as_str() {
            "caption" => table.caption = tag.text.clone(),
            "th" => table.headings.push(Heading {
                name: tag.text.clone(),
                unit: String::new(),
                meaning: attribute(tag, "title").unwrap_or_default().to_owned(),
            }),
            "span" if tag.attributes.contains("unit") => {
                if let Some(heading) = table.headings.last_mut().filter(|_| table.rows.is_empty()) {
                    heading.unit = tag.text.clone();
                }
            }
            "tr" if !table.headings.is_empty() => table.rows.push(Vec::new()),
            "td" => {
                let cell = Cell { shown: tag.text.clone(), exact: attribute(tag, "data-v").map(str::to_owned) };
                table.rows.last_mut().expect("a cell is in a row").push(cell);
            }
            _ => {}
        }
    }
    tables
}

/// Rows of a table of the folder by the names of its columns.
fn file_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        header.iter().zip(record.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// The page's cell against the file's.
fn check_cell(place: &str, cell: &Cell, written: &str) {
    let Some(exact) = &cell.exact else {
        assert_eq!(cell.shown, escaped(written), "{place}");
        return;
    };
    assert_eq!(exact, written, "{place}: what is sorted by is the file's cell, to every digit");
    let value: f64 = written.parse().unwrap();
    let shown: f64 = cell.shown.replace('−', "-").parse().unwrap();
    // Four digits: at most half a unit of the fourth, which is at most 5e-4 of the number.
    assert!((shown - value).abs() <= 5.001e-4 * value.abs(), "{place}: {shown} for {value}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Units and meanings that the manifest has of a file's columns.
fn described(bench: &Bench, file: &str) -> BTreeMap<String, Heading> {
    let manifest: Value = serde_json::from_str(&bench.read("small/run.json")).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let record = files.iter().find(|record| record["name"] == file).unwrap_or_else(|| panic!("no {file}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = record["columns"].as_array().unwrap().iter();
    let heading = |column: &Value| Heading {
        name: text(&column["name"]),
        unit: text(&column["unit"]),
        meaning: escaped(&text(&column["meaning"])),
    };
    columns.map(|column| (text(&column["name"]), heading(column))).collect()
}

/// A whole table of the page against its file: headings, every cell, every row in its order. Says how many numbers it compared.
fn check_table(bench: &Bench, table: &PageTable, file: &str) -> usize {
    let described = described(bench, file);
    for heading in &table.headings {
        assert_eq!(Some(heading), described.get(&heading.name), "{file}: heading");
    }
    let rows: Vec<_> = (file_rows(&bench.read(&format!("small/{file}"))).into_iter())
        .filter(|row| row.get("kind").is_none_or(|kind| kind == "exposure"))
        .collect();
    assert_eq!(table.rows.len(), rows.len(), "{file}: rows");
    let mut numbers = 0;
    for (index, (cells, row)) in table.rows.iter().zip(&rows).enumerate() {
        assert_eq!(cells.len(), table.headings.len());
        for (cell, heading) in cells.iter().zip(&table.headings) {
            check_cell(&format!("{file}, row {index}, {}", heading.name), cell, &row[&heading.name]);
            numbers += usize::from(cell.exact.is_some());
        }
    }
    numbers
}

fn with_everything() -> (Bench, Vec<PageTable>, String) {
    let bench = Bench::new();
    let command = ["simulate", "s.toml", "-q", "--compare", "reference=plain", "--target", "auc > 20 & cmax < 500"];
    bench.teorell(&command).success();
    let page = bench.report();
    (bench, page_tables(&tags(&page)), page)
}

fn captioned<'a>(tables: &'a [PageTable], caption: &str) -> &'a PageTable {
    let found: Vec<&PageTable> = tables.iter().filter(|table| table.caption == caption).collect();
    assert_eq!(found.len(), 1, "{caption}");
    found[0]
}

#[test]
fn every_cell_of_the_tables_of_results_is_that_of_the_file() {
    let (bench, tables, _) = with_everything();
    let files = [
        ("Target attainment", "targets.csv"),
        ("Comparison of arms", "comparison.csv"),
        ("Exposure by cycle", "summary.csv"),
        ("Accumulation", "accumulation.csv"),
    ];
    for (caption, file) in files {
        let numbers = check_table(&bench, captioned(&tables, caption), file);
        assert!(numbers >= 8, "{file} has {numbers} numbers");
    }
}

#[test]
fn exposure_in_short_is_of_the_summary() {
    let (bench, tables, _) = with_everything();
    let short = captioned(&tables, "Exposure in the first and the last cycle");
    let described = described(&bench, "summary.csv");
    let summary = file_rows(&bench.read("small/summary.csv"));
    // Two arms, two cycles, three quantities.
    assert_eq!(short.rows.len(), 12);
    for cells in &short.rows {
        let is_it = |row: &&BTreeMap<String, String>| {
            (0..3).all(|column| escaped(&row[&short.headings[column].name]) == cells[column].shown)
        };
        let row = summary.iter().find(is_it).unwrap_or_else(|| panic!("{cells:?}"));
        for (cell, heading) in cells.iter().zip(&short.headings) {
            assert_eq!(Some(heading), described.get(&heading.name));
            check_cell(&heading.name, cell, &row[&heading.name]);
        }
    }
}

#[test]
fn covariates_are_those_of_the_subjects() {
    let (bench, tables, _) = with_everything();
    let covariates = captioned(&tables, "Covariates over the subjects");
    let subjects: Vec<_> =
        file_rows(&bench.read("small/subjects.csv")).into_iter().filter(|row| row["arm"] == "plain").collect();
    let at = |name: &str| covariates.headings.iter().position(|heading| heading.name == name).unwrap();
    for cells in &covariates.rows {
        let mut values: Vec<f64> = subjects.iter().map(|row| row[&cells[0].shown].parse().unwrap()).collect();
        values.sort_by(f64::total_cmp);
        let n = values.len();
        let exact = |name: &str| cells[at(name)].exact.as_ref().unwrap().parse::<f64>().unwrap();
        assert_eq!((exact("n"), exact("min"), exact("max")), (n as f64, values[0], values[n - 1]));
        let mean = values.iter().sum::<f64>() / n as f64;
        // Two ways to sum six numbers.
        assert!((exact("mean") - mean).abs() <= 1e-14 * mean.abs());
        assert_eq!(exact("p50"), (values[n / 2 - 1] + values[n / 2]) / 2.0, "the middle of six");
    }
}

#[test]
fn curves_are_those_of_the_summary_to_five_digits() {
    let (bench, _, page) = with_everything();
    let tags = tags(&page);
    let data = tags.iter().find(|tag| attribute(tag, "id") == Some("curves")).expect("the curves' data");
    let data: Value = serde_json::from_str(&data.text).unwrap();
    let summary = file_rows(&bench.read("small/summary.csv"));
    assert_eq!(data["quantities"][0]["name"], "Cc", "the concentration is what a reader sees first");
    let mut compared = 0;
    for quantity in data["quantities"].as_array().unwrap() {
        for arm in quantity["arms"].as_array().unwrap() {
            let rows: Vec<_> = (summary.iter())
                .filter(|row| {
                    row["kind"] == "profile" && arm["name"] == row["arm"] && quantity["name"] == row["quantity"]
                })
                .collect();
            assert!(rows.iter().all(|row| quantity["unit"] == row["unit"]));
            for (column, name) in [("p5", "low"), ("p50", "median"), ("p95", "high")] {
                let values = arm[name].as_array().unwrap();
                assert_eq!(values.len(), rows.len());
                for (value, row) in values.iter().zip(&rows) {
                    let written: Option<f64> = row[column].parse().ok();
                    match (value.as_f64(), written) {
                        // Half a unit of the fifth digit.
                        (Some(shown), Some(written)) => assert!((shown - written).abs() <= 5.001e-5 * written.abs()),
                        (shown, written) => assert_eq!(shown, written),
                    }
                    compared += 1;
                }
            }
        }
    }
    // Three percentiles of two arms at 25 times, of at least one quantity.
    assert!(compared >= 150, "{compared}");
}

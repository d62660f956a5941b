//! The same run as plain text, compressed and as Parquet holds the same tables.
//!
//! Parquet is a cargo feature, on unless taken away: `cargo test --no-default-features --test formats` tests the program without it.

mod bench;

use std::fs::{self, File};
use std::io::Read;

use bench::Bench;
use teorell::output::manifest::Manifest;

const STUDY: &str = r#"
name = "small"
model = "one.R"
seed = 7

[cohort]
size = 300

[residual]
on = true

[sampling]
grid = [{ to = 24, by = 4 }]

[[arm]]
name = "with, a comma"
regimen = { amount = 100, every = "12 h", repeat = 2 }
"#;

const MODEL: &str = "one <- function() {
  units <- list(time = \"h\", dosing = \"mg\", concentration = \"mg/L\")
  ini({
    lcl <- log(5)
    lv <- log(50)
    addSd <- 0.1
    etalcl ~ 0.09
  })
  model({
    cl <- exp(lcl + etalcl)
    v <- exp(lv)
    d/dt(central) <- -cl / v * central
    Cc <- central / v
    Cc ~ add(addSd)
  })
}
";

const TABLES: [&str; 5] = ["profiles", "exposure", "subjects", "summary", "accumulation"];

/// The study's folder in one format, under the format's name.
fn run(bench: &Bench, format: &str) {
    bench.teorell(&["simulate", "s.toml", "-q", "--no-plots", "--format", format, "--out", format]).success();
}

#[test]
fn compressed_tables_hold_the_plain_ones_byte_for_byte() {
    let bench = Bench::new(STUDY, MODEL);
    run(&bench, "csv");
    for format in ["csv.gz", "csv.zst"] {
        run(&bench, format);
        for table in TABLES {
            let file = File::open(bench.path(&format!("{format}/{table}.{format}"))).unwrap();
            let mut text = String::new();
            match format {
                "csv.gz" => flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap(),
                _ => zstd::Decoder::new(file).unwrap().read_to_string(&mut text).unwrap(),
            };
            assert_eq!(text, bench.read(&format!("csv/{table}.csv")), "{table}.{format}");
        }
    }
    assert_eq!(bench.read("csv/profiles.csv").lines().count(), 1 + 300 * 7);
}

#[test]
fn hashes_and_lengths_of_the_manifest_are_those_of_the_files_in_every_format_that_is_built_in() {
    let bench = Bench::new(STUDY, MODEL);
    let built_in = if cfg!(feature = "parquet") { 4 } else { 3 };
    for format in ["csv", "csv.gz", "csv.zst", "parquet"].into_iter().take(built_in) {
        run(&bench, format);
        let manifest = Manifest::read(&bench.path(format)).unwrap();
        assert!(manifest.files.len() > TABLES.len());
        for file in &manifest.files {
            let bytes = fs::read(bench.path(&format!("{format}/{}", file.name))).unwrap();
            assert_eq!(file.bytes, bytes.len() as u64, "{}", file.name);
            assert_eq!(file.blake3, blake3::hash(&bytes).to_string(), "{}", file.name);
        }
    }
}

#[test]
fn every_format_is_the_same_bytes_for_any_number_of_threads() {
    let bench = Bench::new(STUDY, MODEL);
    let built_in = if cfg!(feature = "parquet") { 4 } else { 3 };
    for format in ["csv", "csv.gz", "csv.zst", "parquet"].into_iter().take(built_in) {
        let read = |threads: &str| {
            bench
                .teorell(&[
                    "simulate",
                    "s.toml",
                    "-q",
                    "--no-plots",
                    "--format",
                    format,
                    "--threads",
                    threads,
                    "--out",
                    threads,
                ])
                .success();
            fs::read(bench.path(&format!("{threads}/profiles.{format}"))).unwrap()
        };
        assert!(read("1") == read("3"), "{format}");
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_without_the_feature_is_refused_with_the_way_to_get_it_and_leaves_nothing() {
    let bench = Bench::new(STUDY, MODEL);
    let refused = bench.teorell(&["simulate", "s.toml", "-q", "--format", "parquet", "--out", "none"]).failure();
    refused.stderr(predicates::str::contains("--features parquet"));
    assert!(!bench.path("none").exists());
}

#[cfg(feature = "parquet")]
mod parquet_files {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;
    use teorell::output::columns::{Column, Kind};

    /// A cell as the text that the same cell has in a CSV file. Numbers are compared as numbers elsewhere.
    fn cell(field: &Field) -> Option<String> {
        match field {
            Field::Null => None,
            Field::Str(text) => Some(text.clone()),
            Field::Long(number) => Some(number.to_string()),
            Field::Double(number) => Some(teorell::output::number::format(*number, None)),
            other => panic!("{other} is of no kind that is written"),
        }
    }

    #[test]
    fn parquet_holds_every_cell_of_the_text_with_units_meanings_and_where_it_comes_from() {
        let bench = Bench::new(STUDY, MODEL);
        run(&bench, "csv");
        run(&bench, "parquet");
        let manifest = Manifest::read(&bench.path("csv")).unwrap();
        for table in TABLES {
            let file = File::open(bench.path(&format!("parquet/{table}.parquet"))).unwrap();
            let reader = SerializedFileReader::new(file).unwrap();
            let mut rows = reader.get_row_iter(None).unwrap();
            let mut text = csv::Reader::from_path(bench.path(&format!("csv/{table}.csv"))).unwrap();
            let header: Vec<String> = text.headers().unwrap().iter().map(str::to_owned).collect();
            for record in text.records() {
                let (record, row) = (record.unwrap(), rows.next().unwrap().unwrap());
                for ((cell_of_text, (name, field)), column) in record.iter().zip(row.get_column_iter()).zip(&header) {
                    assert_eq!(name, column);
                    assert_eq!(cell(field).unwrap_or_default(), cell_of_text, "{table} {name}");
                }
            }
            assert!(rows.next().is_none(), "{table} has no more rows than the text");

            let metadata = reader.metadata().file_metadata();
            let entries = metadata.key_value_metadata().unwrap();
            let value = |key: &str| entries.iter().find(|entry| entry.key == key).and_then(|entry| entry.value.clone());
            let columns: Vec<Column> = serde_json::from_str(&value("columns").unwrap()).unwrap();
            assert_eq!(columns, manifest.file(&format!("{table}.csv")).unwrap().columns, "{table}");
            assert_eq!(
                columns.iter().map(|column| &column.name).collect::<Vec<_>>(),
                header.iter().collect::<Vec<_>>()
            );
            assert_eq!(value("teorell.seed").as_deref(), Some("7"));
            assert_eq!(value("teorell.model").as_deref(), Some("one"));
            assert_eq!(value("teorell.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
            assert!(metadata.created_by().unwrap().starts_with("teorell "));
            if table == "profiles" {
                let time = columns.iter().find(|column| column.name == "time").unwrap();
                assert_eq!((time.unit.as_str(), time.kind), ("h", Kind::Number));
                assert_eq!(columns.iter().find(|column| column.name == "DV").unwrap().unit, "mg/L");
            }
        }
    }

    #[test]
    fn pictures_and_the_report_are_drawn_from_parquet_as_well() {
        let bench = Bench::new(STUDY, MODEL);
        run(&bench, "parquet");
        run(&bench, "csv");
        for format in ["csv", "parquet"] {
            bench.teorell(&["plot", format]).success();
        }
        assert_eq!(bench.read("csv/concentration.svg"), bench.read("parquet/concentration.svg"));
    }
}

//! Reading back what was written, for plots and reports.

pub mod forests;
pub mod vpc;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::exposure::comparison::{Comparison, Criteria};
use crate::exposure::summary::{StandardErrors, Summary};

use super::comparisons::ComparisonRow;
use super::replicates::{ConfidenceRow, Statistic};
use super::summaries::{SummaryOf, SummaryRow};

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not there, or not readable.
    #[error("could not open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Not CSV.
    #[error("could not read `{}`", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// Line and cause.
        source: csv::Error,
    },
    /// A column is missing.
    #[error(
        "`{}` has no column `{column}`; expected a table as this version of teorell writes it: run `simulate`, `vpc` or `forest` again",
        path.display()
    )]
    Column {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: String,
    },
    /// A cell is not what its column holds.
    #[error("`{}`, line {line}: column `{column}` has `{value}`, expected {expected}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// As found.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
}

/// One subject's curve in one arm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Name of the arm.
    pub arm: String,
    /// Identifier of the subject.
    pub id: String,
    /// Number of the replicate; empty where the file does not tell them apart.
    pub replicate: String,
    /// Sample times.
    pub times: Vec<f64>,
    /// Values of the asked columns, each over the times; NaN where empty.
    pub values: Vec<Vec<f64>>,
}

/// A number per subject, from `subjects.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectValue {
    /// Name of the arm.
    pub arm: String,
    /// Identifier of the subject.
    pub id: String,
    /// The value; `None` where empty.
    pub value: Option<f64>,
}

/// A table in any of its formats, read by the names of its columns.
struct TableReader {
    path: PathBuf,
    records: Records,
    header: csv::StringRecord,
    record: csv::StringRecord,
}

enum Records {
    Csv(Box<csv::Reader<Box<dyn Read>>>),
    #[cfg(feature = "parquet")]
    Parquet(super::parquet::Reader),
}

impl TableReader {
    fn open(path: &Path) -> Result<Self, ReadError> {
        let path = path.to_owned();
        let mut records = match File::open(&path).and_then(|file| Records::new(&path, file)) {
            Ok(records) => records,
            Err(source) => return Err(ReadError::Open { path, source }),
        };
        match records.header() {
            Ok(header) => Ok(Self { path, records, header, record: csv::StringRecord::new() }),
            Err(source) => Err(ReadError::Csv { path, source }),
        }
    }

    fn column(&self, name: &str) -> Result<usize, ReadError> {
        self.header
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| ReadError::Column { path: self.path.clone(), column: name.to_owned() })
    }

    fn next(&mut self) -> Result<bool, ReadError> {
        match &mut self.records {
            Records::Csv(records) => records
                .read_record(&mut self.record)
                .map_err(|source| ReadError::Csv { path: self.path.clone(), source }),
            #[cfg(feature = "parquet")]
            Records::Parquet(records) => {
                records.read(&mut self.record).map_err(|source| ReadError::Open { path: self.path.clone(), source })
            }
        }
    }

    fn text(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default()
    }

    fn parse<T: std::str::FromStr>(&self, column: usize, expected: &'static str) -> Result<Option<T>, ReadError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.refused(column, expected))
    }

    /// The cell of this record in a column is not what was expected.
    fn refused(&self, column: usize, expected: &'static str) -> ReadError {
        ReadError::Cell {
            path: self.path.clone(),
            line: self.record.position().map_or(0, csv::Position::line),
            column: self.header.get(column).unwrap_or_default().to_owned(),
            value: self.text(column).to_owned(),
            expected,
        }
    }

    fn number(&self, column: usize) -> Result<Option<f64>, ReadError> {
        self.parse(column, "a number or nothing")
    }
}

/// A table as it stands in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Names of its columns.
    pub header: Vec<String>,
    /// Its first rows.
    pub rows: Vec<Vec<String>>,
    /// Rows of the whole file.
    pub n_rows: u64,
}

/// Any table: its first `n_rows` rows, and how many there are in all. `keep` says which rows count.
///
/// # Errors
/// Where it is missing or no table.
pub fn table(
    path: &Path,
    n_rows: usize,
    keep: impl Fn(&[String], &csv::StringRecord) -> bool,
) -> Result<Table, ReadError> {
    let mut reader = TableReader::open(path)?;
    let mut table = Table { header: reader.header.iter().map(str::to_owned).collect(), ..Table::default() };
    while reader.next()? {
        if !keep(&table.header, &reader.record) {
            continue;
        }
        table.n_rows += 1;
        if table.rows.len() < n_rows {
            table.rows.push(reader.record.iter().map(str::to_owned).collect());
        }
    }
    Ok(table)
}

/// Numbers of several columns of `subjects.csv`, each over the subjects of one arm in the first replicate and at the first point of
/// a sweep; NaN where empty.
///
/// # Errors
/// Where it is missing or not such a table.
pub fn subject_columns(path: &Path, arm: &str, names: &[&str]) -> Result<Vec<Vec<f64>>, ReadError> {
    let mut table = TableReader::open(path)?;
    let arm_column = table.column("arm")?;
    // Columns before the arm are those of a sweep.
    let run: Vec<usize> = (0..arm_column).chain(table.column("replicate").ok()).collect();
    let columns = names.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
    let mut values = vec![Vec::new(); names.len()];
    let mut first: Option<Vec<String>> = None;
    while table.next()? {
        let first = first.get_or_insert_with(|| run.iter().map(|&column| table.text(column).to_owned()).collect());
        let is_first_run = run.iter().zip(first).all(|(&column, first)| table.text(column) == *first);
        if !is_first_run || table.text(arm_column) != arm {
            continue;
        }
        for (values, &column) in values.iter_mut().zip(&columns) {
            values.push(table.number(column)?.unwrap_or(f64::NAN));
        }
    }
    Ok(values)
}

impl Records {
    /// By the end of the file's name. A file that is still being written has a suffix of its own before it.
    fn new(path: &Path, file: File) -> io::Result<Self> {
        // Wide enough that a system call per buffer does not show.
        const BUFFER: usize = 1 << 18;
        let input: Box<dyn Read> = match path.extension().and_then(OsStr::to_str) {
            Some("gz") => Box::new(MultiGzDecoder::new(file)),
            Some("zst") => Box::new(zstd::Decoder::new(file)?),
            #[cfg(feature = "parquet")]
            Some("parquet") => return super::parquet::Reader::new(file).map(Self::Parquet),
            _ => Box::new(file),
        };
        Ok(Self::Csv(Box::new(csv::ReaderBuilder::new().buffer_capacity(BUFFER).from_reader(input))))
    }

    fn header(&mut self) -> Result<csv::StringRecord, csv::Error> {
        match self {
            Self::Csv(records) => records.headers().cloned(),
            #[cfg(feature = "parquet")]
            Self::Parquet(records) => Ok(records.header().clone()),
        }
    }
}

/// All rows of `summary.csv`.
///
/// # Errors
/// Where it is missing or not such a table.
pub fn summary(path: &Path) -> Result<Vec<SummaryRow>, ReadError> {
    let mut rows = Vec::new();
    visit_summary(path, |_, row| rows.push(row))?;
    Ok(rows)
}

/// Gives every row of `summary.csv` with its swept cells to `visit`, one after the other.
///
/// # Errors
/// Where it is missing or not such a table.
pub fn visit_summary(path: &Path, mut visit: impl FnMut(&[&str], SummaryRow)) -> Result<(), ReadError> {
    let mut table = TableReader::open(path)?;
    let [arm, kind, time, cycle, quantity, unit, n] =
        columns(&table, ["arm", "kind", "time", "cycle", "quantity", "unit", "n"])?;
    let statistics = columns(
        &table,
        ["mean", "sd", "cv_percent", "geometric_mean", "geometric_cv_percent", "p5", "p25", "p50", "p75", "p95"],
    )?;
    // Folders of before have none.
    let errors = ["mean_se", "p5_se", "p25_se", "p50_se", "p75_se", "p95_se"].map(|name| table.column(name).ok());
    while table.next()? {
        let of = summary_of(&table, [kind, time, cycle])?;
        let mut values = [None; 10];
        for (value, column) in values.iter_mut().zip(statistics) {
            *value = table.number(column)?;
        }
        let [mean, sd, cv_percent, geometric_mean, geometric_cv_percent, p5, p25, p50, p75, p95] = values;
        let n = table.parse(n, "a count")?.unwrap_or(0);
        let error = |i: usize| errors[i].map_or(Ok(None), |column| table.number(column));
        let errors = StandardErrors {
            mean: error(0)?,
            p5: error(1)?,
            p25: error(2)?,
            p50: error(3)?,
            p75: error(4)?,
            p95: error(5)?,
        };
        let summary =
            Summary { n, mean, sd, cv_percent, geometric_mean, geometric_cv_percent, p5, p25, p50, p75, p95, errors };
        let row = SummaryRow {
            arm: table.text(arm).to_owned(),
            of,
            quantity: table.text(quantity).to_owned(),
            unit: table.text(unit).to_owned(),
            summary,
        };
        visit(&table.record.iter().take(arm).collect::<Vec<_>>(), row);
    }
    Ok(())
}

/// How many attain a target in one arm, from `targets.csv` or `target_confidence.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetCount {
    /// Cells of the swept columns.
    pub swept: Vec<String>,
    /// Name of the arm.
    pub arm: String,
    /// Name of the target.
    pub target: String,
    /// Share that is asked for.
    pub required: Option<f64>,
    /// Subjects.
    pub n: u64,
    /// Those that attain it.
    pub attained: u64,
    /// Confidence interval of the share over replicates.
    pub confidence: Option<[f64; 2]>,
    /// Replicates that it is over.
    pub replicates: Option<u64>,
}

/// All rows of `targets.csv`, or of `target_confidence.csv`.
///
/// # Errors
/// Where it is missing or not such a table.
pub fn target_counts(path: &Path) -> Result<Vec<TargetCount>, ReadError> {
    let mut table = TableReader::open(path)?;
    let [arm, target, required, n, attained] = columns(&table, ["arm", "target", "required", "n", "attained"])?;
    let [low, high, replicates] = ["p2_5", "p97_5", "replicates"].map(|name| table.column(name).ok());
    let mut counts = Vec::new();
    while table.next()? {
        let number = |column: Option<usize>| column.map_or(Ok(None), |column| table.number(column));
        counts.push(TargetCount {
            swept: table.record.iter().take(arm).map(str::to_owned).collect(),
            arm: table.text(arm).to_owned(),
            target: table.text(target).to_owned(),
            required: table.number(required)?,
            n: table.parse(n, "a count")?.unwrap_or(0),
            attained: table.parse(attained, "a count")?.unwrap_or(0),
            confidence: number(low)?.zip(number(high)?).map(|(low, high)| [low, high]),
            replicates: replicates.map_or(Ok(None), |column| table.parse(column, "a count"))?,
        });
    }
    Ok(counts)
}

/// All rows of `comparison.csv`.
///
/// # Errors
/// Where it is missing or not such a table.
pub fn comparisons(path: &Path) -> Result<Vec<ComparisonRow>, ReadError> {
    let mut table = TableReader::open(path)?;
    let [test, reference, cycle, quantity, within] =
        columns(&table, ["test", "reference", "cycle", "quantity", "within"])?;
    let counts = columns(&table, ["n", "missing", "not_positive"])?;
    let numbers = columns(
        &table,
        [
            "ratio",
            "lower",
            "upper",
            "geometric_cv_percent",
            "p5",
            "p50",
            "p95",
            "ratio_of_geometric_means",
            "low_limit",
            "high_limit",
            "level",
        ],
    )?;
    let replicate = table.column("replicate").ok();
    // Folders of before have none.
    let errors = ["p5_se", "p50_se", "p95_se"].map(|name| table.column(name).ok());
    let mut rows = Vec::new();
    while table.next()? {
        let error = |i: usize| errors[i].map_or(Ok(None), |column| table.number(column));
        let mut values = [None; 11];
        for (value, column) in values.iter_mut().zip(numbers) {
            *value = table.number(column)?;
        }
        let mut counted = [0; 3];
        for (count, column) in counted.iter_mut().zip(counts) {
            *count = table.parse(column, "a count")?.unwrap_or(0);
        }
        let [ratio, lower, upper, cv_percent, p5, p50, p95, ratio_of_geometric_means, low, high, level] = values;
        let limits = low.zip(high).map_or([f64::NAN; 2], |(low, high)| [low, high]);
        let criteria = Criteria::new(limits, level.map_or(f64::NAN, |level| level / 100.0));
        rows.push(ComparisonRow {
            test: table.text(test).to_owned(),
            reference: table.text(reference).to_owned(),
            replicate: replicate.map_or(Ok(None), |column| table.parse(column, "a number"))?.unwrap_or(0),
            cycle: table.parse(cycle, "a cycle's number")?.unwrap_or(0),
            quantity: table.text(quantity).to_owned(),
            comparison: Comparison {
                n: counted[0],
                ratio,
                interval: lower.zip(upper).map(|(lower, upper)| [lower, upper]),
                within: Some(table.text(within)).filter(|text| !text.is_empty()).map(|text| text == "yes"),
                cv_percent,
                percentiles: [p5, p50, p95],
                errors: [error(0)?, error(1)?, error(2)?],
                ratio_of_geometric_means,
                missing: counted[1],
                not_positive: counted[2],
            },
            criteria: criteria
                .map_err(|_| table.refused(numbers[8], "limits on either side of 1, and a level below 100"))?,
        });
    }
    Ok(rows)
}

/// All rows of `confidence.csv`.
///
/// # Errors
/// Where it is missing or not such a table.
pub fn confidence(path: &Path) -> Result<Vec<ConfidenceRow>, ReadError> {
    let mut table = TableReader::open(path)?;
    let place = columns(&table, ["arm", "kind", "time", "cycle", "quantity", "unit", "statistic", "n"])?;
    let [arm, _, _, _, quantity, unit, statistic, n] = place;
    let numbers = columns(&table, ["mean", "sd", "p2_5", "p50", "p97_5", "p2_5_se", "p50_se", "p97_5_se"])?;
    let mut rows = Vec::new();
    while table.next()? {
        let mut values = [None; 8];
        for (value, column) in values.iter_mut().zip(numbers) {
            *value = table.number(column)?;
        }
        let [mean, sd, p2_5, p50, p97_5, p2_5_se, p50_se, p97_5_se] = values;
        let named = Statistic::ALL.into_iter().find(|known| known.name() == table.text(statistic));
        rows.push(ConfidenceRow {
            arm: table.text(arm).to_owned(),
            of: summary_of(&table, [place[1], place[2], place[3]])?,
            quantity: table.text(quantity).to_owned(),
            unit: table.text(unit).to_owned(),
            statistic: named.ok_or_else(|| table.refused(statistic, "`mean`, `p5`, `p50` or `p95`"))?,
            n: table.parse(n, "a count")?.unwrap_or(0),
            mean,
            sd,
            percentiles: [p2_5, p50, p97_5],
            errors: [p2_5_se, p50_se, p97_5_se],
        });
    }
    Ok(rows)
}

/// Time or cycle of a summarised cell, from the columns `kind`, `time`, `cycle`.
fn summary_of(table: &TableReader, [kind, time, cycle]: [usize; 3]) -> Result<SummaryOf, ReadError> {
    let missing = |column, expected| table.refused(column, expected);
    match table.text(kind) {
        "profile" => Ok(SummaryOf::Time(table.number(time)?.ok_or_else(|| missing(time, "a time"))?)),
        "exposure" => {
            let number = table.parse(cycle, "a cycle's number")?;
            Ok(SummaryOf::Cycle(number.ok_or_else(|| missing(cycle, "a cycle's number"))?))
        }
        _ => Err(missing(kind, "`profile` or `exposure`")),
    }
}

/// Curves of the first `n_subjects` subjects of `profiles.csv` in all arms, with the columns asked for.
///
/// Reading ends after them, however long the file is.
///
/// # Errors
/// Where it is missing or not such a table.
pub fn curves(path: &Path, quantities: &[&str], n_subjects: usize) -> Result<Vec<Curve>, ReadError> {
    let mut table = TableReader::open(path)?;
    let [arm, id, time] = columns(&table, ["arm", "id", "time"])?;
    let replicate = table.column("replicate").ok();
    let quantities = quantities.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
    let mut curves: Vec<Curve> = Vec::new();
    let mut seen = 0;
    while table.next()? {
        let replicate = replicate.map_or("", |column| table.text(column));
        let person = (replicate, table.text(id));
        let last = curves.last().map(|curve| (curve.replicate.as_str(), curve.id.as_str()));
        let is_new_person = last != Some(person);
        if is_new_person {
            seen += 1;
            if seen > n_subjects {
                break;
            }
        }
        if is_new_person || curves.last().is_some_and(|curve| curve.arm != table.text(arm)) {
            curves.push(Curve {
                arm: table.text(arm).to_owned(),
                id: person.1.to_owned(),
                replicate: replicate.to_owned(),
                times: Vec::new(),
                values: vec![Vec::new(); quantities.len()],
            });
        }
        let time = table.number(time)?.unwrap_or(f64::NAN);
        for (i, &column) in quantities.iter().enumerate() {
            let value = table.number(column)?.unwrap_or(f64::NAN);
            if let Some(curve) = curves.last_mut() {
                curve.values[i].push(value);
            }
        }
        if let Some(curve) = curves.last_mut() {
            curve.times.push(time);
        }
    }
    Ok(curves)
}

/// One column of numbers of `subjects.csv`, at most `n_rows` of them.
///
/// # Errors
/// Where it is missing or not such a table.
pub fn subject_values(path: &Path, quantity: &str, n_rows: usize) -> Result<Vec<SubjectValue>, ReadError> {
    let mut table = TableReader::open(path)?;
    let [arm, id, value] = columns(&table, ["arm", "id", quantity])?;
    let mut values = Vec::new();
    while values.len() < n_rows && table.next()? {
        values.push(SubjectValue {
            arm: table.text(arm).to_owned(),
            id: table.text(id).to_owned(),
            value: table.number(value)?,
        });
    }
    Ok(values)
}

fn columns<const N: usize>(table: &TableReader, names: [&str; N]) -> Result<[usize; N], ReadError> {
    let mut positions = [0; N];
    for (position, name) in positions.iter_mut().zip(names) {
        *position = table.column(name)?;
    }
    Ok(positions)
}

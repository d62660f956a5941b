//! Subjects from a CSV file: an identifier and one column per covariate.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use rand::RngExt;
use serde::Deserialize;

use crate::cohort::error::CohortError;
use crate::cohort::streams::{Purpose, Streams};
use crate::regimen::dataset::separator_of;

/// `[cohort.csv]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { path = \"people.csv\" }")]
pub struct CsvSpec {
    /// The file; a relative path starts at the study's folder.
    pub path: PathBuf,
    /// Column of the identifier. Default `id`, in any case.
    pub id: Option<String>,
    /// Covariate columns wanted. Default all but the identifier.
    pub columns: Option<Vec<String>>,
    /// How subjects are taken from the file. Default `in-order`.
    #[serde(default)]
    pub sample: Sampling,
}

/// How subjects are taken from a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// Line by line.
    #[default]
    InOrder,
    /// Each subject is any line.
    WithReplacement,
    /// The lines in random order.
    WithoutReplacement,
}

/// The rows of a cohort file. Valid by construction: at least one row, finite values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CohortFile {
    pub names: Vec<String>,
    ids: Vec<String>,
    /// Row-major.
    values: Vec<f64>,
    sample: Sampling,
}

impl CohortFile {
    pub(crate) fn read(spec: &CsvSpec, base_dir: &Path, size: u64) -> Result<Self, CohortError> {
        let path = base_dir.join(&spec.path);
        let unreadable = |source| CohortError::Unreadable { path: path.clone(), source };
        let mut reader = open_people(&path).map_err(unreadable)?;
        let header: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
        if header.is_empty() {
            return Err(CohortError::NoRows { path });
        }
        let columns = Columns::find(spec, &header, &path)?;
        let names = columns.covariates.iter().map(|&position| header[position].clone()).collect();
        let mut file = Self { names, ids: Vec::new(), values: Vec::new(), sample: spec.sample };
        let mut lines = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != header.len() {
                return Err(CohortError::RaggedRow { path, line, found: record.len(), expected: header.len() });
            }
            if record[columns.id].is_empty() {
                let column = header[columns.id].clone();
                return Err(CohortError::NoIdentifier { path, line, position: columns.id + 1, column });
            }
            if let Some(first) = lines.insert(record[columns.id].to_owned(), line) {
                let (position, id) = (columns.id + 1, record[columns.id].to_owned());
                return Err(CohortError::DuplicateIdentifier { path, line, position, id, first });
            }
            file.ids.push(record[columns.id].to_owned());
            for &position in &columns.covariates {
                let text = &record[position];
                let Some(value) = text.parse().ok().filter(|value: &f64| value.is_finite()) else {
                    let (column, value) = (header[position].clone(), text.to_owned());
                    return Err(CohortError::NotANumber { path, line, position: position + 1, column, value });
                };
                file.values.push(value);
            }
        }
        let rows = file.ids.len();
        if rows == 0 {
            return Err(CohortError::NoRows { path });
        }
        if !file.reaches(size) {
            return Err(CohortError::TooFewRows { path, rows, size });
        }
        Ok(file)
    }

    /// Whether there are rows enough for a subject, counted from 1.
    pub(crate) fn reaches(&self, subject: u64) -> bool {
        self.sample == Sampling::WithReplacement || subject <= rows_as_number(self.ids.len())
    }

    /// Identifier and covariates of one subject, counted from 1.
    pub(crate) fn subject(&self, streams: &Streams, subject: u64) -> (&str, &[f64]) {
        let rows = rows_as_number(self.ids.len());
        let row = match self.sample {
            Sampling::InOrder => subject - 1,
            Sampling::WithReplacement => streams.rng(Purpose::Resample, subject, 0).random_range(0..rows),
            Sampling::WithoutReplacement => {
                let mut rng = streams.rng(Purpose::Resample, 0, 0);
                shuffled(subject - 1, rows, std::array::from_fn(|_| rng.random()))
            }
        };
        let row = usize::try_from(row).expect("a row of a file that is in memory");
        let n = self.names.len();
        (&self.ids[row], &self.values[row * n..(row + 1) * n])
    }
}

/// Opens a file of people, whose cells are separated by commas, semicolons or tabs.
///
/// # Errors
/// Where it cannot be read.
pub fn open_people(path: &Path) -> csv::Result<csv::Reader<File>> {
    let mut header = Vec::new();
    BufReader::new(File::open(path)?).read_until(b'\n', &mut header)?;
    csv::ReaderBuilder::new().delimiter(separator_of(&header)).flexible(true).trim(csv::Trim::All).from_path(path)
}

fn rows_as_number(rows: usize) -> u64 {
    u64::try_from(rows).expect("memory is addressed by at most 64 bits")
}

/// Positions of the columns wanted.
struct Columns {
    id: usize,
    covariates: Vec<usize>,
}

impl Columns {
    fn find(spec: &CsvSpec, header: &[String], path: &Path) -> Result<Self, CohortError> {
        let missing = |column: &str| CohortError::MissingColumn {
            path: path.to_owned(),
            column: column.to_owned(),
            found: header.to_vec(),
        };
        for (position, column) in header.iter().enumerate() {
            if header[..position].contains(column) {
                let (path, column) = (path.to_owned(), column.clone());
                return Err(CohortError::DuplicateColumn { path, column, position: position + 1 });
            }
        }
        let place = |name: &str| header.iter().position(|column| column == name);
        let id = match &spec.id {
            Some(name) => place(name).ok_or_else(|| missing(name))?,
            None => header.iter().position(|name| name.eq_ignore_ascii_case("id")).ok_or_else(|| missing("id"))?,
        };
        let covariates = match &spec.columns {
            Some(names) => {
                names.iter().map(|name| place(name).ok_or_else(|| missing(name))).collect::<Result<_, _>>()?
            }
            None => (0..header.len()).filter(|&position| position != id).collect(),
        };
        Ok(Self { id, covariates })
    }
}

/// Place `index` of a random order of `0..n`, without making that order: a Feistel network over the next even number of
/// bits, walked until it is inside (Black J, Rogaway P. Ciphers with arbitrary finite domains. CT-RSA 2002).
fn shuffled(index: u64, n: u64, keys: [u64; 6]) -> u64 {
    let half_bits = (u64::BITS - (n - 1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1 << half_bits) - 1;
    let mut place = index;
    loop {
        let (mut left, mut right) = (place >> half_bits, place & mask);
        for key in keys {
            let mixed = (right ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (left, right) = (right, left ^ ((mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32 & mask));
        }
        place = left << half_bits | right;
        if place < n {
            return place;
        }
    }
}

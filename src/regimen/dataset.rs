//! Data sets in NONMEM's form: read, checked, written.
//!
//! A data set is text with one record a line: a header, then cells separated by comma, semicolon or tab; plain or
//! gzip-packed; from a path or, as `-`, from standard input. Columns are matched without regard to case: ID TIME AMT
//! RATE II ADDL SS EVID MDV CMT DV have NONMEM's meaning, TINF, DUR or DURATION is the duration of an infusion instead of
//! its RATE, DATE (DAT1, DAT2, DAT3) goes with clock times, rows with a mark in C are comments, and every other column is a
//! covariate. `.`, nothing and NA are missing values. CMT is a number in the order of the model's states, or a name.
//!
//! Reading is strict and goes on after a fault: [`Report`] counts every one of them, and tells the first with line, column,
//! value, expectation and remedy. [`DatasetReader`] streams, one subject at a time; [`Dataset`] holds all of them.
//!
//! Of the rules of event records these are decided here, the others when a record is reached (`engine/cursor.rs`):
//!
//! - 6: ADDL above 0 needs II above 0; ADDL below 0 is an error.
//! - 7, 9: SS 1 and 2 need II above 0, but for the constant infusion (AMT 0, RATE above 0, SS 1), which has none.
//! - 12: RATE is 0, above 0, -1 or -2. A duration beside it is an error unless it says the same.
//! - 15: the first record of a subject gives every covariate, unless it is carried back: then any record does.
//! - 16: AMT below 0, an EVID that does not exist, a CMT out of range are errors, AMT 0 a warning. CMT missing or 0 is the
//!   default compartment.
//! - 17: where EVID is missing, it is 1 where AMT is given and not 0, else 0.
//! - 18: time goes back at EVID 3 and 4 only, and the rows of a subject stand together. Equal times are legal.
//!
//! Beyond them: AMT on a record that gives no dose is an error, as in NONMEM; its other dosing items are a warning.

mod cell;
mod clock;
mod columns;
mod fault;
mod hint;
mod lines;
mod reader;
mod report;
mod row;
mod seen;
mod writer;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::regimen::event::SubjectRecords;
use crate::regimen::names::ModelNames;
use crate::regimen::schedule::CovariateInterpolation;

pub use fault::{Fault, MAX_ADDITIONAL};
pub(crate) use lines::{Lines, separator_of};
pub use reader::DatasetReader;
pub use report::{ColumnPlace, KindCount, Problem, Problems, Report, SHOWN};
pub use writer::{DatasetWriter, Unwritable, write};

/// How a data set is to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetOptions {
    /// The model's compartments and covariates. Without them a data set can be checked but not be scheduled: every free
    /// column is taken for a covariate, and compartment numbers have no upper limit.
    pub names: Option<ModelNames>,
    /// Decides which records have to give a covariate: the first of a subject, or any where it is carried back.
    pub interpolation: CovariateInterpolation,
    /// Columns kept as text beside each record.
    pub carry: Vec<String>,
    /// Hours in the model's unit of time. It converts clock times and dates; numbers in TIME are in the model's unit.
    pub hours_per_time_unit: f64,
}

impl Default for DatasetOptions {
    fn default() -> Self {
        let interpolation = CovariateInterpolation::default();
        Self { names: None, interpolation, carry: Vec::new(), hours_per_time_unit: 1.0 }
    }
}

impl DatasetOptions {
    /// Options for a model, times in hours.
    #[must_use]
    pub fn for_model(names: &ModelNames) -> Self {
        Self { names: Some(names.clone()), ..Self::default() }
    }
}

/// A data set in memory: every subject, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    subjects: Vec<SubjectRecords>,
    report: Report,
}

/// Why there is no data set.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// It could not be opened.
    #[error("`{}` could not be opened: {source}", path.display())]
    Open {
        /// As given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has errors.
    #[error("the data set has {}\n{report}", report::counted(report.errors.count(), "error"))]
    Invalid {
        /// All of them.
        report: Box<Report>,
    },
}

impl Dataset {
    /// Reads a file, `-` being standard input.
    ///
    /// # Errors
    /// [`DatasetError`] where it cannot be opened or has any error.
    ///
    /// # Examples
    /// ```
    /// use teorell::regimen::dataset::{Dataset, DatasetOptions};
    ///
    /// let path = std::env::temp_dir().join("teorell-dataset-example.csv");
    /// std::fs::write(&path, "ID,TIME,AMT,RATE\n1,0,100,50\n1,8,.,.\n2,0,100,50\n2,8,.,.\n")?;
    /// let dataset = Dataset::from_path(&path, &DatasetOptions::default())?;
    /// assert_eq!(dataset.subjects().len(), 2);
    /// assert_eq!(dataset.subjects()[1].records[0].amount, 100.0);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_path(path: impl AsRef<Path>, options: &DatasetOptions) -> Result<Self, DatasetError> {
        Self::collect(DatasetReader::from_path(path, options)?)
    }

    /// Reads from anything that can be read; `source_name` is how messages call it.
    ///
    /// # Errors
    /// [`DatasetError::Invalid`] where it has any error.
    pub fn from_reader(
        source: impl Read + Send + 'static,
        source_name: &str,
        options: &DatasetOptions,
    ) -> Result<Self, DatasetError> {
        Self::collect(DatasetReader::new(source, source_name, options))
    }

    fn collect(mut reader: DatasetReader) -> Result<Self, DatasetError> {
        let subjects = reader.by_ref().collect();
        let report = reader.into_report();
        if report.is_usable() {
            Ok(Self { subjects, report })
        } else {
            Err(DatasetError::Invalid { report: Box::new(report) })
        }
    }

    /// In the order of the file.
    #[must_use]
    pub fn subjects(&self) -> &[SubjectRecords] {
        &self.subjects
    }

    /// The subjects, to keep.
    #[must_use]
    pub fn into_subjects(self) -> Vec<SubjectRecords> {
        self.subjects
    }

    /// Counts and warnings; it has no errors.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// Reads to the end for the report alone.
#[must_use]
pub fn check(mut reader: DatasetReader) -> Report {
    reader.by_ref().for_each(drop);
    reader.into_report()
}

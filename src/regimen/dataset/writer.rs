//! Records as a data set: what any study hands to NONMEM, mrgsolve or rxode2, and what reads back to the same records.
//!
//! Numbers have the shortest digits that read back exactly. An infusion of a given duration has its RATE, which all tools
//! read, and its duration in a column DURATION, which none of them knows and which keeps it exact.

use std::io::{self, Write};

use thiserror::Error;

use super::cell;
use super::row::agree;
use crate::engine::timeline::{DoseRate, SteadyState};
use crate::regimen::event::{Compartment, EventRecord, SubjectRecords};

const FIXED_COLUMNS: &str = "ID,TIME,EVID,AMT,RATE,DURATION,II,ADDL,SS,CMT,MDV,DV";
const MISSING: &str = ".";

/// Writes subjects one at a time.
pub struct DatasetWriter<W> {
    sink: W,
    line: Vec<u8>,
    n_covariates: usize,
}

/// What no data set can hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// An ID that would be read as another one, or as none.
    #[error("{id:?} cannot be the ID of a subject; expected printable text that does not stand for a missing value")]
    Id {
        /// As given.
        id: String,
    },
    /// More or fewer covariates than columns.
    #[error("subject `{id}` has {found} covariates; the header has {expected}")]
    CovariateCount {
        /// Its ID.
        id: String,
        /// How many it has.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
    /// A compartment by a name that was never looked up.
    #[error("record {record} of subject `{id}` names a compartment of no model; read it with the model's names")]
    Compartment {
        /// Its ID.
        id: String,
        /// Counted from 1.
        record: usize,
    },
    /// A number that is none.
    #[error("record {record} of subject `{id}` holds a number that is not finite; expected finite ones")]
    NotFinite {
        /// Its ID.
        id: String,
        /// Counted from 1.
        record: usize,
    },
}

/// Writes a whole data set. All subjects have the covariates of the first one.
///
/// # Errors
/// What the sink says.
///
/// # Examples
/// ```
/// use teorell::regimen::dataset::write;
/// use teorell::regimen::dose::Dose;
/// use teorell::regimen::event::{EventRecord, SubjectRecords};
///
/// let records = vec![Dose::infusion(100.0, 2.0).record(), EventRecord::observation(8.0)];
/// let mut text = Vec::new();
/// write(&mut text, &[SubjectRecords { id: "1".to_owned(), records, ..SubjectRecords::default() }])?;
/// assert_eq!(
///     String::from_utf8_lossy(&text),
///     "ID,TIME,EVID,AMT,RATE,DURATION,II,ADDL,SS,CMT,MDV,DV\n\
///      1,0,1,100,50,2,0,0,0,0,1,.\n\
///      1,8,0,.,.,.,.,.,.,0,0,.\n"
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write(sink: impl Write, subjects: &[SubjectRecords]) -> io::Result<()> {
    let names: &[String] = subjects.first().map_or(&[], |subject| &subject.covariate_names);
    let mut writer = DatasetWriter::new(sink, names)?;
    for subject in subjects {
        writer.write_subject(subject)?;
    }
    writer.finish().map(drop)
}

impl<W: Write> DatasetWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// What the sink says.
    pub fn new(sink: W, covariate_names: &[String]) -> io::Result<Self> {
        let mut writer = Self { sink, line: FIXED_COLUMNS.into(), n_covariates: covariate_names.len() };
        for name in covariate_names {
            writer.line.push(b',');
            writer.text(name);
        }
        writer.end_line()?;
        Ok(writer)
    }

    /// Writes the records of one subject.
    ///
    /// # Errors
    /// What the sink says, and [`io::ErrorKind::InvalidInput`] with an [`Unwritable`] for what no data set can hold.
    pub fn write_subject(&mut self, subject: &SubjectRecords) -> io::Result<()> {
        self.check(subject).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        for (index, record) in subject.records.iter().enumerate() {
            self.text(&subject.id);
            self.record(record);
            for &value in subject.covariates_of(index) {
                self.number((!value.is_nan()).then_some(value));
            }
            self.end_line()?;
        }
        Ok(())
    }

    fn check(&self, subject: &SubjectRecords) -> Result<(), Unwritable> {
        let id = || subject.id.clone();
        let bytes = subject.id.as_bytes();
        if cell::is_missing(bytes) || cell::name(bytes).is_err() || bytes.trim_ascii() != bytes {
            return Err(Unwritable::Id { id: id() });
        }
        let (found, expected) = (subject.covariate_names.len(), self.n_covariates);
        if found != expected {
            return Err(Unwritable::CovariateCount { id: id(), found, expected });
        }
        for (index, record) in subject.records.iter().enumerate() {
            if record.compartment == Compartment::Unresolved {
                return Err(Unwritable::Compartment { id: id(), record: index + 1 });
            }
            let rate = match record.rate {
                DoseRate::Rate(value) | DoseRate::Duration(value) => value,
                DoseRate::Bolus | DoseRate::ModelledRate | DoseRate::ModelledDuration => 0.0,
            };
            let numbers = [record.time, record.amount, record.interval, rate, record.dv.unwrap_or(0.0)];
            // A covariate may be missing, which is NaN.
            let finite = numbers.iter().all(|number| number.is_finite())
                && !subject.covariates_of(index).iter().any(|value| value.is_infinite());
            if !finite {
                return Err(Unwritable::NotFinite { id: id(), record: index + 1 });
            }
        }
        Ok(())
    }

    /// Flushes, and gives the sink back.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(mut self) -> io::Result<W> {
        self.sink.flush()?;
        Ok(self.sink)
    }

    fn record(&mut self, record: &EventRecord) {
        let dosing = record.evid.gives_dose();
        let (rate, duration) = match record.rate {
            DoseRate::Bolus | DoseRate::Duration(0.0) => (0.0, None),
            DoseRate::Rate(rate) => (rate, None),
            DoseRate::Duration(duration) => {
                let rate = record.amount / duration;
                // Beyond the range of doubles no rate says what the duration says.
                (if agree(rate, duration, record.amount) { rate } else { 0.0 }, Some(duration))
            }
            DoseRate::ModelledRate => (-1.0, None),
            DoseRate::ModelledDuration => (-2.0, None),
        };
        let steady_state = match record.steady_state {
            SteadyState::None => 0.0,
            SteadyState::Replace => 1.0,
            SteadyState::Add => 2.0,
        };
        let item = |value: f64| dosing.then_some(value);
        self.number(Some(record.time));
        self.number(Some(f64::from(record.evid.number())));
        self.number(item(record.amount));
        self.number(item(rate));
        self.number(duration.filter(|_| dosing));
        self.number(item(record.interval));
        self.number(item(f64::from(record.additional)));
        self.number(item(steady_state));
        self.number(match record.compartment {
            Compartment::Default => Some(0.0),
            Compartment::Number(number) => Some(f64::from(number)),
            Compartment::Off(number) => Some(-f64::from(number)),
            Compartment::Unresolved => None,
        });
        self.number(Some(f64::from(u8::from(record.missing_dv))));
        self.number(record.dv);
    }

    fn number(&mut self, value: Option<f64>) {
        self.line.push(b',');
        match value {
            None => self.line.extend_from_slice(MISSING.as_bytes()),
            Some(value) => {
                let mut buffer = zmij::Buffer::new();
                let text = buffer.format_finite(value);
                self.line.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
            }
        }
    }

    /// A name or an ID, quoted where it holds what ends a cell.
    fn text(&mut self, text: &str) {
        if !text.contains([',', ';', '\t', '"']) {
            self.line.extend_from_slice(text.as_bytes());
            return;
        }
        self.line.push(b'"');
        self.line.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        self.line.push(b'"');
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.push(b'\n');
        self.sink.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }
}

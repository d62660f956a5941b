//! A data set as a stream of subjects.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::clock::Moment;
use super::columns::Columns;
use super::fault::Fault;
use super::lines::Lines;
use super::report::Report;
use super::row::{Faulty, Row};
use super::seen::SeenSubjects;
use super::{DatasetError, DatasetOptions, cell};
use crate::engine::timeline::Interpolation;
use crate::regimen::event::SubjectRecords;

/// Subjects of a data set, one at a time: memory holds one subject, and which subjects have been.
///
/// Subjects with an error are left out, and so the report has to be asked at the end: what was read is a whole data set
/// only where [`Report::is_usable`] holds.
pub struct DatasetReader {
    lines: Option<Lines>,
    columns: Columns,
    options: DatasetOptions,
    report: Report,
    seen: SeenSubjects,
    text_columns: Vec<bool>,
    /// The line last read begins the next subject.
    held_back: bool,
}

/// A subject while its rows come in.
struct Building {
    subject: SubjectRecords,
    faulty: bool,
    first_moment: Option<Moment>,
    last_time: f64,
}

impl DatasetReader {
    /// Opens a file, `-` being standard input.
    ///
    /// # Errors
    /// [`DatasetError::Open`]. What is wrong inside is in the report.
    pub fn from_path(path: impl AsRef<Path>, options: &DatasetOptions) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        if path == Path::new("-") {
            return Ok(Self::new(io::stdin(), "standard input", options));
        }
        let file = File::open(path).map_err(|source| DatasetError::Open { path: path.to_owned(), source })?;
        Ok(Self::new(file, &path.display().to_string(), options))
    }

    /// Reads the header from anything that can be read; `source_name` is how messages call it.
    #[must_use]
    pub fn new(source: impl Read + Send + 'static, source_name: &str, options: &DatasetOptions) -> Self {
        let mut reader = Self {
            lines: None,
            columns: Columns::default(),
            options: options.clone(),
            report: Report { source: source_name.to_owned(), ..Report::default() },
            seen: SeenSubjects::default(),
            text_columns: Vec::new(),
            held_back: false,
        };
        match Lines::new(source).and_then(|mut lines| Ok((lines.header()?, lines))) {
            Ok((Some(()), lines)) => {
                if let Some(columns) = Columns::read(&lines, options, &mut reader.report) {
                    reader.text_columns = vec![false; columns.covariates.len()];
                    reader.columns = columns;
                    reader.lines = Some(lines);
                }
            }
            Ok((None, _)) => reader.report.add(Fault::Empty, None, None, None),
            Err(fault @ (Fault::QuoteNotClosed | Fault::LineTooLong { .. })) => {
                reader.report.add(fault, Some(1), None, None);
            }
            Err(fault) => reader.report.add(fault, None, None, None),
        }
        reader
    }

    /// What was found so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Names of the columns, as in the header; empty where that could not be read.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns.names
    }

    /// What was found so far, to keep.
    #[must_use]
    pub fn into_report(mut self) -> Report {
        let text = self.text_columns.iter().copied().chain(std::iter::repeat(false));
        let names = self.columns.covariate_names.iter().zip(text);
        self.report.covariates = names.filter(|(_, text)| !text).map(|(name, _)| name.clone()).collect();
        self.report
    }

    /// The next subject, faulty or not.
    fn next_subject(&mut self) -> Option<Building> {
        let mut lines = self.lines.take()?;
        let mut building: Option<Building> = None;
        // A line that belongs to nobody makes the subject it stands in faulty.
        let mut stray_fault = false;
        let more = loop {
            if !self.held_back && !self.advance(&mut lines, &mut stray_fault) {
                break false;
            }
            self.held_back = false;
            if self.columns.comment.is_some_and(|column| !cell::is_missing(lines.cell(column))) {
                self.report.comments += 1;
                continue;
            }
            self.report.records += 1;
            let Some(id) = self.id(&lines) else {
                stray_fault = true;
                continue;
            };
            match &mut building {
                Some(building) if building.subject.id.as_bytes() == id => self.add_row(&lines, building),
                Some(_) => {
                    self.report.records -= 1;
                    self.held_back = true;
                    break true;
                }
                None => {
                    let mut begun = self.begin(&lines, id);
                    self.add_row(&lines, &mut begun);
                    building = Some(begun);
                }
            }
        };
        if more {
            self.lines = Some(lines);
        } else if self.report.records == 0 {
            self.report.add(Fault::NoRecords, None, None, None);
        }
        let mut building = building?;
        building.faulty |= stray_fault;
        self.finish(&mut building);
        Some(building)
    }

    /// Moves to the next line that can be cut into the header's number of cells. False at the end.
    fn advance(&mut self, lines: &mut Lines, stray_fault: &mut bool) -> bool {
        loop {
            let fault = match lines.next() {
                Ok(None) => return false,
                Ok(Some(())) => {
                    let (found, expected) = (lines.n_cells(), self.columns.names.len());
                    if found == expected {
                        return true;
                    }
                    if self.columns.comment.is_some_and(|column| !cell::is_missing(lines.cell(column))) {
                        self.report.comments += 1;
                        continue;
                    }
                    Fault::CellCount { found, expected }
                }
                Err(fault) => fault,
            };
            *stray_fault = true;
            let at_end = matches!(fault, Fault::Unreadable { .. });
            self.report.records += u64::from(!at_end);
            self.report.add(fault, Some(lines.number()), None, None);
            if at_end {
                return false;
            }
        }
    }

    /// The ID of the line, or a report that it has none.
    fn id<'a>(&mut self, lines: &'a Lines) -> Option<&'a [u8]> {
        let column = self.columns.id;
        let id = lines.cell(column);
        let fault = if cell::is_missing(id) {
            Fault::ValueMissing { value: cell::text(id), expected: "a subject's ID" }
        } else if let Err(fault) = cell::name(id) {
            fault
        } else {
            return Some(id);
        };
        let place = Some((self.columns.names[column].as_str(), column));
        self.report.add(fault, Some(lines.number()), place, None);
        None
    }

    fn begin(&mut self, lines: &Lines, id: &[u8]) -> Building {
        let subject = SubjectRecords {
            id: String::from_utf8_lossy(id).into_owned(),
            first_line: lines.number(),
            covariate_names: self.columns.covariate_names.clone(),
            ..SubjectRecords::default()
        };
        let mut building = Building { subject, faulty: false, first_moment: None, last_time: f64::NEG_INFINITY };
        if self.seen.insert(id) {
            self.report.subjects += 1;
        } else {
            building.faulty = true;
            let fault = Fault::SubjectSplit { id: building.subject.id.clone() };
            let place = Some((self.columns.names[self.columns.id].as_str(), self.columns.id));
            self.report.add(fault, Some(lines.number()), place, Some(&building.subject.id));
        }
        building
    }

    fn add_row(&mut self, lines: &Lines, building: &mut Building) {
        let mut row = Row {
            lines,
            columns: &self.columns,
            names: self.options.names.as_ref(),
            report: &mut self.report,
            text_columns: &mut self.text_columns,
            subject: &building.subject.id,
        };
        let is_first = lines.number() == building.subject.first_line;
        let mut faulty = false;
        let time = row.moment().and_then(|moment| {
            let first = *building.first_moment.get_or_insert(moment);
            moment.since(first, self.options.hours_per_time_unit).ok_or_else(|| {
                let column = row.columns.time;
                let value = column.map_or_else(String::new, |time| cell::text(lines.cell(time)));
                row.fault(Fault::TimeMixed { value }, column)
            })
        });
        let evid = row.evid();
        if let (&Ok(time), Ok(evid)) = (&time, evid) {
            if time < building.last_time && !evid.resets() {
                let column = row.columns.time.or(row.columns.date.map(|(date, _)| date));
                let value = column.map_or_else(String::new, |column| cell::text(lines.cell(column)));
                let Faulty = row.fault(Fault::TimeGoesBack { value, time, previous: building.last_time }, column);
                faulty = true;
            }
            building.last_time = time;
        }
        // The record is looked at even where its time is not known, for what else is wrong with it.
        let record = evid.and_then(|evid| row.record(time.unwrap_or(f64::NAN), evid));
        if row.covariates(&mut building.subject.covariates).is_err() {
            faulty = true;
        }
        if is_first && let Some(names) = row.names {
            for (name, &column) in names.covariates.iter().zip(&row.columns.covariates) {
                let carried_back = self.options.interpolation.of(name) == Interpolation::Nocb;
                if let Some(column) = column.filter(|&column| !carried_back && row.is_missing(column)) {
                    let Faulty = row.covariate_missing(column);
                    faulty = true;
                }
            }
        }
        match record {
            Ok(record) if time.is_ok() => {
                self.report.doses += u64::from(record.evid.gives_dose());
                self.report.observations += u64::from(record.evid == crate::regimen::event::Evid::Observation);
                building.subject.records.push(record);
            }
            _ => faulty = true,
        }
        let carried = self.columns.carried.iter();
        building
            .subject
            .carried
            .extend(carried.map(|&column| String::from_utf8_lossy(lines.cell(column)).into_owned()));
        building.faulty |= faulty;
    }

    /// Reports covariates that are to be carried back from nowhere.
    fn finish(&mut self, building: &mut Building) {
        let Some(names) = &self.options.names else { return };
        let n = self.columns.covariates.len();
        for (position, (name, column)) in names.covariates.iter().zip(&self.columns.covariates).enumerate() {
            let Some(column) = *column else { continue };
            if self.options.interpolation.of(name) == Interpolation::Nocb
                && building.subject.covariates.iter().skip(position).step_by(n).all(|value| value.is_nan())
            {
                building.faulty = true;
                let place = Some((self.columns.names[column].as_str(), column));
                let line = Some(building.subject.first_line);
                self.report.add(Fault::CovariateNeverGiven, line, place, Some(&building.subject.id));
            }
        }
    }
}

impl Iterator for DatasetReader {
    type Item = SubjectRecords;

    fn next(&mut self) -> Option<SubjectRecords> {
        loop {
            let building = self.next_subject()?;
            if !building.faulty {
                return Some(building.subject);
            }
        }
    }
}

//! What was found in a data set: every problem counted, the first ones told in full.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::fault::Fault;

/// Problems told in full; the rest is counted by kind, so that a broken file of any size makes a readable report.
pub const SHOWN: usize = 20;

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnPlace {
    /// As in the header.
    pub name: String,
    /// Counted from 1.
    pub number: usize,
}

/// One problem with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Path, or `standard input`.
    pub source: String,
    /// Line, the header being 1.
    pub line: Option<u64>,
    /// Column, where the problem is one cell's.
    pub column: Option<ColumnPlace>,
    /// ID, where one was read.
    pub subject: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {} ({})", column.number, column.name)?;
        }
        if let Some(subject) = &self.subject {
            write!(f, ", subject {subject}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut problem = serializer.serialize_struct("Problem", 7)?;
        problem.serialize_field("code", self.fault.code())?;
        problem.serialize_field("file", &self.source)?;
        problem.serialize_field("line", &self.line)?;
        problem.serialize_field("column", &self.column)?;
        problem.serialize_field("subject", &self.subject)?;
        problem.serialize_field("message", &self.fault.to_string())?;
        problem.serialize_field("hint", &self.fault.hint())?;
        problem.end()
    }
}

/// How often one kind of problem was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// [`Fault::code`].
    pub code: &'static str,
    /// How often in all, those told in full among them.
    pub count: u64,
    /// Line of the first one.
    pub first_line: Option<u64>,
}

/// Problems of one severity.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Problems {
    /// The first [`SHOWN`] ones.
    pub shown: Vec<Problem>,
    /// All of them by kind, in order of first appearance.
    pub kinds: Vec<KindCount>,
}

impl Problems {
    /// How many there are in all.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.count).sum()
    }

    /// Counts a problem; `complete` is asked for it only where it is told in full.
    fn add(&mut self, fault: Fault, line: Option<u64>, complete: impl FnOnce(Fault) -> Problem) {
        let code = fault.code();
        match self.kinds.iter_mut().find(|kind| kind.code == code) {
            Some(kind) => kind.count += 1,
            None => self.kinds.push(KindCount { code, count: 1, first_line: line }),
        }
        if self.shown.len() < SHOWN {
            self.shown.push(complete(fault));
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, severity: &str) -> fmt::Result {
        for problem in &self.shown {
            writeln!(f, "{severity}: {problem}\n  hint: {}", problem.fault.hint())?;
        }
        let hidden = self.count() - self.shown.len() as u64;
        if hidden > 0 {
            writeln!(f, "{severity}: {hidden} more; in all:")?;
            for KindCount { code, count, first_line } in &self.kinds {
                match first_line {
                    Some(line) => writeln!(f, "  {count} x {code}, first in line {line}")?,
                    None => writeln!(f, "  {count} x {code}")?,
                }
            }
        }
        Ok(())
    }
}

/// What a data set holds, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Path, or `standard input`.
    pub source: String,
    /// Subjects, faulty ones among them.
    pub subjects: u64,
    /// Rows that are records, faulty ones among them.
    pub records: u64,
    /// Records that give a dose; additional doses are not counted.
    pub doses: u64,
    /// Records with EVID 0.
    pub observations: u64,
    /// Rows marked in column C.
    pub comments: u64,
    /// Names of the covariates read.
    pub covariates: Vec<String>,
    /// Problems that forbid using the data set.
    pub errors: Problems,
    /// Problems that do not.
    pub warnings: Problems,
}

impl Report {
    /// Whether the data set can be used.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.errors.kinds.is_empty()
    }

    /// Counts a fault, with its place.
    pub(super) fn add(
        &mut self,
        fault: Fault,
        line: Option<u64>,
        column: Option<(&str, usize)>,
        subject: Option<&str>,
    ) {
        let source = &self.source;
        let list = if fault.is_warning() { &mut self.warnings } else { &mut self.errors };
        list.add(fault, line, |fault| Problem {
            source: source.clone(),
            line,
            column: column.map(|(name, index)| ColumnPlace { name: name.to_owned(), number: index + 1 }),
            subject: subject.map(str::to_owned),
            fault,
        });
    }
}

/// All problems, then one line on what the data set holds.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.errors.write(f, "error")?;
        self.warnings.write(f, "warning")?;
        let Self { source, subjects, records, doses, observations, .. } = self;
        let (subjects, records) = (counted(*subjects, "subject"), counted(*records, "record"));
        let (doses, observations) = (counted(*doses, "dose"), counted(*observations, "observation"));
        let (errors, warnings) = (counted(self.errors.count(), "error"), counted(self.warnings.count(), "warning"));
        write!(f, "{source}: {subjects}, {records} ({doses}, {observations}), {errors}, {warnings}")
    }
}

/// A number with its noun.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

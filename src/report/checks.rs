//! Checks that run some subjects of the study again, by the code that simulated them: the solver against the reference, the
//! balance of mass, and published numbers where the study has any.

mod balance;
mod solver;

use std::io;
use std::sync::{Mutex, PoisonError};

use crate::output::manifest::Manifest;
use crate::simulate::SimulateError;
use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;
use crate::study::published::{Comparison, Published};
use crate::study::validate::{ValidateError, validate};
use crate::study::{Study, StudyError};

/// Subjects that are run again.
pub const SUBJECTS: u64 = 50;

/// Why the checks could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The study of the folder cannot be cut to its first subjects.
    #[error("the study of the folder cannot be run again: {0}")]
    Study(StudyError),
    /// The study of the folder cannot be run.
    #[error("the study of the folder cannot be run again: {0}")]
    Run(#[from] SimulateError),
    /// The published numbers' studies cannot be run.
    #[error(transparent)]
    Validate(#[from] ValidateError),
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Within its limit.
    Passed,
    /// Beyond its limit.
    Failed,
    /// It says nothing of this study.
    NotDone,
}

/// One check.
#[derive(Clone, Debug)]
pub struct Check {
    /// What is checked.
    pub name: String,
    /// What was found, in a sentence.
    pub found: String,
    /// Where the limit lies and why, or why the check was not done.
    pub limit: String,
    /// Whether it is within.
    pub verdict: Verdict,
}

impl Check {
    fn not_done(name: &str, why: &str) -> Self {
        Self { name: name.to_owned(), found: String::new(), limit: why.to_owned(), verdict: Verdict::NotDone }
    }

    fn within(name: &str, is_within: bool, found: String, limit: String) -> Self {
        let verdict = if is_within { Verdict::Passed } else { Verdict::Failed };
        Self { name: name.to_owned(), found, limit, verdict }
    }
}

/// All checks of a study.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// In order.
    pub all: Vec<Check>,
    /// Published numbers beside their simulation; empty where the study has none.
    pub published: Vec<Comparison>,
}

impl Checks {
    /// Runs them on `threads` threads (`None`: all of the machine).
    ///
    /// # Errors
    /// Where the study cannot be run at all.
    pub fn run(study: &Study, manifest: &Manifest, threads: Option<usize>) -> Result<Self, CheckError> {
        let mut all = solver::check(study, threads)?;
        all.push(balance::check(study, threads)?);
        // They are of cohorts, twenty thousand subjects each: what one subject says has none.
        let built_in = manifest.study.built_in.as_ref().filter(|_| manifest.counts.subjects > 0);
        let published = built_in.map_or(Ok(Vec::new()), |name| published(name, threads))?;
        Ok(Self { all, published })
    }
}

/// Published numbers of a built-in study, simulated as they were published.
fn published(name: &str, threads: Option<usize>) -> Result<Vec<Comparison>, ValidateError> {
    let mut published = Published::inotuzumab();
    published.scenarios.retain(|scenario| scenario.study == name);
    let of_study = |scenario: &str| published.scenarios.iter().any(|known| known.name == scenario);
    published.values.retain(|value| of_study(&value.scenario));
    validate(&published, &[], threads, &mut |_, _| {})
}

/// Keeps everything: for the few subjects of a check.
#[derive(Debug, Default)]
struct Keep {
    all: Mutex<Vec<Simulated>>,
}

impl Keep {
    fn into_all(self) -> Vec<Simulated> {
        self.all.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Keep {
    type Digest = Vec<Simulated>;

    fn digest(&self, chunk: &[Simulated]) -> Vec<Simulated> {
        chunk.to_vec()
    }

    fn absorb(&self, mut chunk: Vec<Simulated>) -> io::Result<()> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut chunk);
        Ok(())
    }
}

/// Two digits: enough to see how far from its limit an error is.
fn brief(error: f64) -> String {
    format!("{error:.1e}")
}

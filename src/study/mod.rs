//! One study from TOML: model, cohort, arms, regimen or data set, sampling times, seed, outputs, level 5.
//!
//! `spec.rs` is the study as it is written, `source.rs` its text with overrides and places, this file the study after
//! everything is checked against everything else.

pub mod embedded;
mod error;
mod source;
pub mod spec;

use std::path::{Path, PathBuf};

pub use error::{Place, Position, Problem, StudyError, nearest};
pub use source::Override;
use source::Source;
use spec::StudySpec;

/// A study that can be run.
#[derive(Clone, Debug)]
pub struct Study {
    spec: StudySpec,
    source: Source,
}

impl Study {
    /// Reads a study file. Relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// Where the file cannot be read or says something that cannot be run.
    pub fn from_path(path: &Path, overrides: &[Override]) -> Result<Self, StudyError> {
        Self::new(Source::read(path)?, overrides)
    }

    /// Takes the text of a study file; relative paths are relative to the working folder.
    ///
    /// # Errors
    /// Where it says something that cannot be run.
    pub fn from_text(text: &str, overrides: &[Override]) -> Result<Self, StudyError> {
        Self::new(Source::from_text("study", text.to_owned(), PathBuf::new())?, overrides)
    }

    /// A study that comes with the program; see [`embedded::STUDIES`].
    ///
    /// # Errors
    /// Where there is none of that name, or an override cannot be run.
    pub fn embedded(name: &str, overrides: &[Override]) -> Result<Self, StudyError> {
        Self::new(Source::from_text(name, embedded::text(name)?.to_owned(), PathBuf::new())?, overrides)
    }

    fn new(mut source: Source, overrides: &[Override]) -> Result<Self, StudyError> {
        let spec = source.spec(overrides)?;
        let mut names = std::collections::BTreeSet::new();
        for (index, arm) in spec.arms.iter().enumerate() {
            if !names.insert(&arm.name) {
                return Err(StudyError::new(
                    Problem::DuplicateArm { name: arm.name.clone() },
                    Some(source.place_of(&["arm", &(index + 1).to_string(), "name"])),
                ));
            }
        }
        Ok(Self { spec, source })
    }

    /// As written, overrides included.
    #[must_use]
    pub fn spec(&self) -> &StudySpec {
        &self.spec
    }

    /// The study file that says the same without overrides.
    #[must_use]
    pub fn to_toml(&self) -> String {
        self.source.table.to_string()
    }
}

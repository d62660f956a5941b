//! One study from TOML: model, cohort, arms, regimen or data set, sampling times, seed, outputs, level 5.
//!
//! `spec.rs` is the study as it is written, `source.rs` its text with overrides and places, this file the study after
//! everything is checked against everything else.

mod build;
pub mod embedded;
mod error;
mod model_text;
pub mod published;
mod sampling;
mod source;
pub mod spec;
pub mod validate;
pub mod watch;

use std::path::{Path, PathBuf};

pub use error::{Place, Position, Problem, StudyError, nearest};
pub use model_text::ModelText;
pub use source::Override;
use source::Source;
use spec::StudySpec;

use crate::simulate::Design;
use crate::units::TimeUnit;

/// A study that can be run.
#[derive(Clone, Debug)]
pub struct Study {
    spec: StudySpec,
    source: Source,
    design: Design,
    model_text: ModelText,
    embedded_name: Option<String>,
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
        let study = Self::new(Source::from_text(name, embedded::text(name)?.to_owned(), PathBuf::new())?, overrides)?;
        Ok(Self { embedded_name: Some(name.to_owned()), ..study })
    }

    /// Name of the built-in study that it was read from.
    #[must_use]
    pub fn embedded_name(&self) -> Option<&str> {
        self.embedded_name.as_deref()
    }

    fn new(mut source: Source, overrides: &[Override]) -> Result<Self, StudyError> {
        let spec = source.spec(overrides)?;
        let (design, model_text) = build::design(&spec, &source)?;
        Ok(Self { spec, source, design, model_text, embedded_name: None })
    }

    /// Its name: as given, or that of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        self.spec.name.as_deref().unwrap_or_else(|| self.source.name())
    }

    /// The model as text.
    #[must_use]
    pub fn model_text(&self) -> &ModelText {
        &self.model_text
    }

    /// Whether no override changes what the file says of drug and patients: then its results can be held against published ones.
    #[must_use]
    pub fn is_as_written(&self) -> bool {
        const HARMLESS: [&str; 6] = ["name", "seed", "arms", "solver", "residual", "outputs"];
        self.source.overridden().all(|path| {
            let first = path.first().map(String::as_str).unwrap_or_default();
            HARMLESS.contains(&first) || path == ["cohort", "size"]
        })
    }

    /// What is simulated.
    #[must_use]
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// The model's unit of time.
    #[must_use]
    pub fn time_unit(&self) -> TimeUnit {
        build::time_unit(&self.design.setup.model)
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

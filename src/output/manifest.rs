//! `run.json`: what was run, with what, and what came out, so that it can be repeated and its files checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::columns::Column;

/// Name of the manifest; a folder that holds one is ours.
pub const FILE_NAME: &str = "run.json";

/// A run. Everything but `timings` is the same bytes for the same study.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Manifest {
    /// Name of the program: `teorell`.
    pub program: String,
    /// Its version.
    pub version: String,
    /// The subcommand that made the folder, which repeats it from the copy of its study.
    #[serde(default = "simulate")]
    pub command: String,
    /// What was asked.
    pub study: StudyRecord,
    /// What the drug does.
    pub model: ModelRecord,
    /// How it was integrated.
    pub solver: SolverRecord,
    /// Arms, in order.
    pub arms: Vec<ArmRecord>,
    /// Swept columns: the first of every table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub swept: Vec<Column>,
    /// What is uncertain; none in a study without uncertainty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<UncertaintyRecord>,
    /// How many.
    pub counts: Counts,
    /// Units that all files share.
    pub units: UnitRecord,
    /// Every file of the folder but this one. Filled in by [`super::folder::OutputFolder::commit`].
    pub files: Vec<FileRecord>,
    /// What differs from run to run: seconds by stage, threads.
    pub timings: serde_json::Map<String, serde_json::Value>,
}

/// What made the folders of versions that did not say it.
fn simulate() -> String {
    "simulate".to_owned()
}

/// The study.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct StudyRecord {
    /// Its name.
    pub name: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// The study file with all overrides applied, as TOML.
    pub text: String,
    /// The built-in study that it is, where no override changes what that says of drug and patients: published numbers apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in: Option<String>,
}

/// The model.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct ModelRecord {
    /// Its name.
    pub name: String,
    /// Where it was published.
    pub reference: Option<String>,
    /// SHA-256 of its text, hexadecimal.
    pub sha256: Option<String>,
    /// Output that exposure is measured on: the concentration of plots.
    pub concentration: Option<String>,
}

/// The solver.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct SolverRecord {
    /// Its name.
    pub name: String,
    /// Why it was taken.
    pub reason: String,
    /// Instruction set that ran: digits beyond 1e-12 may depend on it.
    pub instruction_set: Option<String>,
    /// Relative tolerance.
    pub rtol: f64,
    /// Absolute tolerance, in the unit of the states.
    pub atol: f64,
    /// Subjects times arms that each integrator finished: one that its solver could not go on with was handed to another.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub solved_by: BTreeMap<String, u64>,
}

/// One arm.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct ArmRecord {
    /// Its name.
    pub name: String,
    /// When doses are planned; those of a response-adapted arm, of its first subject. Plots mark them.
    pub dose_times: Vec<f64>,
}

/// How sure the parameters are, and what that makes of the intervals.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct UncertaintyRecord {
    /// Sets of parameters that were drawn.
    pub replicates: u64,
    /// Trials under each.
    pub trials: u64,
    /// Whether a trial has the same random numbers under every set of parameters.
    pub common_random_numbers: bool,
    /// Thetas that were drawn.
    pub thetas: Vec<String>,
    /// Etas whose variances were drawn.
    pub etas: Vec<String>,
    /// Degrees of freedom of their inverse Wishart distributions, block by block.
    pub degrees_of_freedom: Vec<BlockRecord>,
    /// Draws outside the bounds of ini, drawn again.
    pub redrawn: u64,
    /// Names of the files of the fit that were not used.
    pub left_out: Vec<String>,
    /// What the percentiles of `summary.csv` are.
    pub summary_interval: String,
    /// What those of `confidence.csv` are.
    pub confidence_interval: String,
}

/// An omega block that was drawn.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct BlockRecord {
    /// Its etas.
    pub etas: Vec<String>,
    /// Degrees of freedom.
    pub df: f64,
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Subjects simulated, replicates counted.
    pub subjects: u64,
    /// Subjects times arms that failed.
    pub failed: u64,
    /// Covariate draws outside the cohort's bounds, drawn again.
    pub rejected_draws: u64,
}

/// Units that all files share.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct UnitRecord {
    /// Of every time.
    pub time: String,
    /// Of doses.
    pub dose: String,
    /// Of the output that exposure is measured on.
    pub concentration: String,
}

/// One file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct FileRecord {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its bytes, hexadecimal, as `b3sum` has it; empty in the manifests of programs that took another hash.
    #[serde(default)]
    pub blake3: String,
    /// Its columns; none for a picture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
}

/// Why a manifest could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not there, or not readable.
    #[error("could not read `{}` ({source}); give a folder that `teorell simulate`, `vpc` or `forest` wrote", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not a manifest.
    #[error("`{}` is not a manifest of this program ({source}); give a folder that `teorell simulate`, `vpc` or `forest` wrote", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What was expected.
        source: serde_json::Error,
    },
}

impl Manifest {
    /// The manifest of a folder.
    ///
    /// # Errors
    /// Where there is none, or it is not one.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(FILE_NAME);
        match std::fs::read(&path) {
            Err(source) => Err(ManifestError::Read { path, source }),
            Ok(text) => serde_json::from_slice(&text).map_err(|source| ManifestError::Parse { path, source }),
        }
    }

    /// As text, one key a line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("all keys are strings and all numbers finite or null");
        text.push('\n');
        text
    }

    /// The record of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FileRecord> {
        self.files.iter().find(|file| file.name == name)
    }
}

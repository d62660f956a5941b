//! A report that can be handed over: one HTML file made of a folder of results, which needs nothing else to be read.
//!
//! [`folder`] looks at the folder and at what has changed in it, [`checks`] runs some subjects again, `sections` says what
//! the page holds, `page` puts it together. The page holds summaries and no rows, so its size does not grow with the cohort.

pub mod checks;
mod curves;
mod dosing;
mod figures;
pub mod folder;
mod mathml;
mod names;
mod page;
mod sections;
mod tables;

use std::path::Path;

use checks::{CheckError, Checks, Verdict};
use folder::{FileState, FolderError, ResultFolder};

use crate::output::read::ReadError;
use crate::study::Study;
use crate::study::copies::STUDY_FILE;

/// Name of the report in its folder.
pub const FILE_NAME: &str = "report.html";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The folder is not one of results.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A table of the folder cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The checks could not be run.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// A report, and what its reader must know beside it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The page.
    pub html: String,
    /// Files that are not as the run wrote them.
    pub altered: Vec<String>,
    /// Checks that failed, by name.
    pub failed_checks: Vec<String>,
    /// Why model, regimen and checks are not there, where they are not.
    pub without_study: Option<String>,
}

/// What the page is made of.
struct Material<'a> {
    folder: &'a ResultFolder,
    /// The study, from the copy in the folder; or why it cannot be had.
    study: Result<&'a Study, &'a str>,
    /// `None` where they were not asked for.
    checks: Option<&'a Checks>,
}

/// Makes the report of a folder. With `checked`, some subjects are run again, on `threads` threads (`None`: all of the machine).
///
/// # Errors
/// Where a table cannot be read, or the study of the folder does not run any more.
pub fn make(folder: &ResultFolder, checked: bool, threads: Option<usize>) -> Result<Report, ReportError> {
    let study = study_of(folder);
    let checks = match &study {
        Ok(study) if checked => Some(Checks::run(study, folder.manifest(), threads)?),
        _ => None,
    };
    let material = Material { folder, study: study.as_ref().map_err(String::as_str), checks: checks.as_ref() };
    let html = page::page(&material)?;
    let failed = checks.iter().flat_map(|checks| &checks.all).filter(|check| check.verdict == Verdict::Failed);
    Ok(Report {
        html,
        altered: folder.altered().map(|(file, _)| file.name.clone()).collect(),
        failed_checks: failed.map(|check| check.name.clone()).collect(),
        without_study: study.err(),
    })
}

/// The study from its copy, which must be the one that was run.
fn study_of(folder: &ResultFolder) -> Result<Study, String> {
    let inputs = || folder.files().filter(|(file, _)| is_input(&file.name));
    if !inputs().any(|(file, _)| file.name == STUDY_FILE) {
        return Err("The folder holds no copy of its study: an earlier version wrote it.".to_owned());
    }
    if let Some((file, state)) = inputs().find(|(_, state)| *state != FileState::Unchanged) {
        return Err(format!("{} {} since the run.", file.name, state.words()));
    }
    Study::from_path(&folder.path().join(STUDY_FILE), &[])
        .map_err(|error| format!("{STUDY_FILE} cannot be run again: {error}."))
}

/// Whether a file is one that the study is made of.
fn is_input(name: &str) -> bool {
    name == crate::study::copies::MODEL_FILE || name.starts_with("study.") || name.starts_with("study-")
}

/// Name of a file without the endings of tables and pictures.
fn stem(name: &str) -> &str {
    let name = Path::new(name).file_name().and_then(|name| name.to_str()).unwrap_or(name);
    name.split('.').next().unwrap_or(name)
}

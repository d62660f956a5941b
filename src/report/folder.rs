//! The folder that a report is made of, and whether its files are what the run wrote.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::output::folder::{is_plain_name, is_unchanged};
use crate::output::layout::Encoding;
use crate::output::manifest::{FILE_NAME, FileRecord, Manifest, ManifestError};
use crate::output::unfinished::UNFINISHED;

/// Why a folder is not one of results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Not there, or a file.
    #[error("`{}` is not a folder; give one that `teorell simulate`, `vpc` or `forest` wrote", path.display())]
    NotAFolder {
        /// As given.
        path: PathBuf,
    },
    /// No manifest, but files that a run begins with.
    #[error("the run into `{}` did not end (it left `{example}`); run it again", path.display())]
    Interrupted {
        /// The folder.
        path: PathBuf,
        /// An unfinished file.
        example: String,
    },
    /// No manifest.
    #[error("`{}` holds no `run.json`; give a folder that `teorell simulate`, `vpc` or `forest` wrote", path.display())]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// Tables that this build cannot read.
    #[error(
        "`{}` holds tables such as `{example}`, which this program was built without; build it with `--features parquet`, or \
         run the study again with `--format csv`",
        path.display()
    )]
    Format {
        /// The folder.
        path: PathBuf,
        /// One of the tables.
        example: String,
    },
    /// A manifest that is none.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// What became of a file since the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// As written.
    Unchanged,
    /// Other bytes.
    Changed,
    /// Not there.
    Missing,
}

impl FileState {
    /// As the end of a sentence about the file.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Unchanged => "is as written",
            Self::Changed => "was changed",
            Self::Missing => "was removed",
        }
    }
}

/// A folder of results.
#[derive(Clone, Debug)]
pub struct ResultFolder {
    path: PathBuf,
    manifest: Manifest,
    states: Vec<FileState>,
}

impl ResultFolder {
    /// Reads the manifest of a folder and every file that it lists, to compare their hashes.
    ///
    /// # Errors
    /// Where the folder is none that a run wrote to its end.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let path = path.to_owned();
        if !path.is_dir() {
            return Err(FolderError::NotAFolder { path });
        }
        if !path.join(FILE_NAME).exists() {
            return Err(match unfinished(&path) {
                Some(example) => FolderError::Interrupted { path, example },
                None => FolderError::NoManifest { path },
            });
        }
        let mut manifest = Manifest::read(&path)?;
        let unreadable = |file: &&FileRecord| {
            Encoding::ALL.iter().any(|encoding| !encoding.is_built_in() && has_ending(&file.name, *encoding))
        };
        if let Some(example) = manifest.files.iter().find(unreadable) {
            return Err(FolderError::Format { path, example: example.name.clone() });
        }
        // An earlier report says nothing about the run.
        manifest.files.retain(|file| file.name != super::FILE_NAME);
        let states = manifest.files.par_iter().map(|file| state_of(&path, file)).collect();
        Ok(Self { path, manifest, states })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its manifest; an earlier report is not in the list of files.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Files that the run wrote, in order, with what became of them.
    pub fn files(&self) -> impl Iterator<Item = (&FileRecord, FileState)> {
        self.manifest.files.iter().zip(self.states.iter().copied())
    }

    /// Files that are not as the run wrote them.
    pub fn altered(&self) -> impl Iterator<Item = (&FileRecord, FileState)> {
        self.files().filter(|(_, state)| *state != FileState::Unchanged)
    }

    /// A table that is there, by its name without ending.
    #[must_use]
    pub fn table(&self, stem: &str) -> Option<(&FileRecord, PathBuf)> {
        let is_it = |name: &str| super::stem(name) == stem && is_table(name);
        let (file, _) = self.files().find(|(file, state)| is_it(&file.name) && *state != FileState::Missing)?;
        Some((file, self.path.join(&file.name)))
    }
}

/// Whether a file is a table in one of the formats that tables are written in.
pub(super) fn is_table(name: &str) -> bool {
    Encoding::ALL.iter().any(|encoding| has_ending(name, *encoding))
}

fn has_ending(name: &str, encoding: Encoding) -> bool {
    name.strip_suffix(encoding.ending()).is_some_and(|stem| stem.ends_with('.'))
}

fn state_of(folder: &Path, file: &FileRecord) -> FileState {
    let path = folder.join(&file.name);
    if !is_plain_name(&file.name) || !path.is_file() {
        FileState::Missing
    } else if is_unchanged(&path, file) {
        FileState::Unchanged
    } else {
        FileState::Changed
    }
}

/// A file that a run did not finish.
fn unfinished(folder: &Path) -> Option<String> {
    let names = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(UNFINISHED)).min()
}

//! A folder of results that appears whole or not at all.
//!
//! Every file is opened before the simulation starts, so that a folder that cannot be written shows at once. It is
//! written beside its place, and moved there when all are done; `run.json` comes last. Files of other people are never
//! touched: a folder that holds any and no `run.json` of ours is refused, and a file that our last run did not
//! write is not replaced.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use blake3::Hasher;
use tempfile::NamedTempFile;

use super::columns::Column;
use super::manifest::{self, FileRecord, Manifest, ManifestError};
use super::unfinished::{self, UNFINISHED, write_beside};

/// Bytes that are written and hashed at once: the second finds in the cache what the first has read. Chunks of several
/// megabytes at once cost the kernel three times as long; pieces far smaller cost it more pages.
const PIECE: usize = 1 << 20;

/// Why results could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The path is a file.
    #[error("`{}` is not a folder; give another one with --out", path.display())]
    NotAFolder {
        /// As given.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error("folder `{}` holds files that are not results of teorell (`{example}`); give a new or empty folder with --out", path.display())]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
        /// One of the files.
        example: String,
    },
    /// A file of that name is there and its folder's manifest does not list it.
    #[error("`{}` was not written by the last run into this folder and is not replaced; move it, or give another folder with --out", path.display())]
    ForeignFile {
        /// The file.
        path: PathBuf,
    },
    /// The folder's manifest is broken.
    #[error("folder `{}` cannot be recognised as results of teorell; give another one with --out", path.display())]
    Manifest {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: ManifestError,
    },
    /// The folder could not be made or looked into.
    #[error("could not use folder `{}` for results ({source}); check its permissions, or give another one with --out", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file could not be written or moved to its place.
    #[error("could not write `{}`{}", path.display(), remedy(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space, write fewer files with --outputs, or give another folder with --out"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; check its permissions, or give another folder with --out"
        }
        _ => "",
    }
}

/// The folder of a run.
#[derive(Debug)]
pub struct OutputFolder {
    path: PathBuf,
    created: bool,
    committed: bool,
    previous: Vec<FileRecord>,
    under_way: usize,
}

impl OutputFolder {
    /// Opens a folder, making it where it does not exist.
    ///
    /// # Errors
    /// Where it holds other people's files, or cannot be made or read.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let path = path.to_owned();
        if path.exists() && !path.is_dir() {
            return Err(OutputError::NotAFolder { path });
        }
        let created = !path.exists();
        if let Err(source) = fs::create_dir_all(&path) {
            return Err(OutputError::Folder { path, source });
        }
        let mut folder = Self { path, created, committed: false, previous: Vec::new(), under_way: 0 };
        folder.previous = folder.read_previous()?;
        folder.under_way = unfinished::remove_abandoned(&folder.path);
        Ok(folder)
    }

    fn read_previous(&self) -> Result<Vec<FileRecord>, OutputError> {
        if self.path.join(manifest::FILE_NAME).exists() {
            return match Manifest::read(&self.path) {
                Ok(manifest) => Ok(manifest.files),
                Err(source) => Err(OutputError::Manifest { path: self.path.clone(), source }),
            };
        }
        let failed = |source| OutputError::Folder { path: self.path.clone(), source };
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            // What an interrupted run of ours left behind does not count.
            if !name.to_string_lossy().starts_with(UNFINISHED) {
                let example = name.to_string_lossy().into_owned();
                return Err(OutputError::ForeignFolder { path: self.path.clone(), example });
            }
        }
        Ok(Vec::new())
    }

    /// How many files of other runs that are under way were in it when it was opened. What runs left that were ended from outside is removed
    /// then.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file, to be written beside its place.
    ///
    /// # Errors
    /// Where a file of that name is not ours, or none can be made.
    pub fn create(&self, name: &str, columns: Vec<Column>) -> Result<OutputFile, OutputError> {
        let path = self.path.join(name);
        if path.exists() && !self.previous.iter().any(|file| file.name == name) {
            return Err(OutputError::ForeignFile { path });
        }
        match unfinished::create(&self.path, &format!("-{name}")) {
            Ok(file) => Ok(OutputFile { name: name.to_owned(), path, columns, file, hasher: Hasher::new(), bytes: 0 }),
            Err(source) => Err(OutputError::Write { path, source }),
        }
    }

    /// Moves finished files to their places beside those of the last run, and adds their records to its manifest.
    ///
    /// # Errors
    /// Where the folder has no manifest, or a file could not be moved.
    pub fn commit_added(self, files: Vec<OutputFile>) -> Result<Manifest, OutputError> {
        let mut manifest = match Manifest::read(&self.path) {
            Ok(manifest) => manifest,
            Err(source) => return Err(OutputError::Manifest { path: self.path.clone(), source }),
        };
        for file in files {
            let record = file.persist()?;
            match manifest.files.iter_mut().find(|old| old.name == record.name) {
                Some(old) => *old = record,
                None => manifest.files.push(record),
            }
        }
        self.write_manifest(manifest)
    }

    /// Moves finished files to their places, and writes the manifest with their records.
    ///
    /// Files of the last run that this one did not write are removed, unless they were changed since.
    ///
    /// # Errors
    /// Where one of them could not be moved; those before it are in place then.
    pub fn commit(self, files: Vec<OutputFile>, mut manifest: Manifest) -> Result<Manifest, OutputError> {
        manifest.files.clear();
        for file in files {
            manifest.files.push(file.persist()?);
        }
        for old in &self.previous {
            let path = self.path.join(&old.name);
            let replaced = manifest.files.iter().any(|file| file.name == old.name);
            if !replaced && is_plain_name(&old.name) && is_unchanged(&path, old) {
                // One that cannot be removed stays; the manifest no longer lists it.
                drop(fs::remove_file(path));
            }
        }
        self.write_manifest(manifest)
    }

    fn write_manifest(mut self, manifest: Manifest) -> Result<Manifest, OutputError> {
        let path = self.path.join(manifest::FILE_NAME);
        write_beside(&path, manifest.to_json().as_bytes()).map_err(|source| OutputError::Write { path, source })?;
        self.committed = true;
        Ok(manifest)
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if self.created && !self.committed {
            // Only an empty folder can be removed this way, so nothing is lost.
            drop(fs::remove_dir(&self.path));
        }
    }
}

/// Whether a name is that of a file in the folder itself: a manifest that somebody edited must not lead elsewhere.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    Path::new(name).file_name() == Some(OsStr::new(name))
}

/// Whether a file is still what its record says: reads it to its end.
#[must_use]
pub fn is_unchanged(path: &Path, record: &FileRecord) -> bool {
    let same_length = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == record.bytes);
    same_length && fs::File::open(path).and_then(hash_of).is_ok_and(|hash| *hash == *record.blake3)
}

fn hash_of(file: fs::File) -> io::Result<impl Deref<Target = str>> {
    Ok(Hasher::new().update_reader(file)?.finalize().to_hex())
}

/// A file that is being written. Dropped without [`OutputFolder::commit`] it leaves nothing behind.
#[derive(Debug)]
pub struct OutputFile {
    name: String,
    path: PathBuf,
    columns: Vec<Column>,
    file: NamedTempFile,
    // SHA-256 takes three times as long, which is a fifth of the time that a row takes.
    hasher: Hasher,
    bytes: u64,
}

impl OutputFile {
    /// Name it will have.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its bytes are until it is moved: for reading back what was written.
    #[must_use]
    pub fn written_path(&self) -> &Path {
        self.file.path()
    }

    fn persist(self) -> Result<FileRecord, OutputError> {
        let blake3 = self.hasher.finalize().to_hex().to_string();
        let record = FileRecord { name: self.name, bytes: self.bytes, blake3, columns: self.columns };
        match self.file.persist(&self.path) {
            Ok(_) => Ok(record),
            Err(error) => Err(OutputError::Write { path: self.path, source: error.error }),
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        let written = self.file.write(piece).map_err(|source| {
            // Where a sink writes, only an io::Error gets through: this one carries the path and the remedy.
            io::Error::new(source.kind(), OutputError::Write { path: self.path.clone(), source })
        })?;
        self.hasher.update(&piece[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

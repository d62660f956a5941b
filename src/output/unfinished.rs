//! Files that are not finished: written beside their place, moved there at the end, and removed when their run died.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Begins the name of a file that is not finished.
pub const UNFINISHED: &str = ".teorell-";

/// Writes a file under another name in the same folder and moves it to its place, so that it appears whole or not at all.
///
/// # Errors
/// Where it cannot be written or moved.
pub fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create_beside(path)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A file beside a path, to be moved there when it is finished. Dropped before that it leaves nothing behind.
///
/// # Errors
/// Where it cannot be made.
pub fn create_beside(path: &Path) -> io::Result<NamedTempFile> {
    // That of a bare name is the working folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    create(folder, "")
}

/// A file that is to be moved to its place when it is finished, readable by whom new files of this user are readable by.
pub(super) fn create(folder: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new();
    file.prefix(UNFINISHED).suffix(suffix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private otherwise. The system takes away what the mask of this process forbids.
        file.permissions(fs::Permissions::from_mode(0o666));
    }
    // The error ends with the name of the unfinished file, of which nobody knows.
    let file = file.tempfile_in(folder).map_err(|error| {
        let text = error.to_string();
        io::Error::new(error.kind(), text.split(" at path ").next().unwrap_or_default())
    })?;
    // Held until the file is closed, also by the end of a process that was killed. Where a file system has no locks, nobody gets
    // one, and unfinished files stay.
    drop(lock(file.as_file()));
    Ok(file)
}

/// Removes the unfinished files of runs that ended without doing so, and says how many others there are: those of runs under way.
pub(super) fn remove_abandoned(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let unfinished = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED));
    let paths = unfinished.map(|entry| entry.path());
    paths.filter(|path| !(is_abandoned(path) && fs::remove_file(path).is_ok())).count()
}

fn is_abandoned(path: &Path) -> bool {
    // A file that was just made may be one that its run has not locked yet.
    let is_new = |file: &File| {
        let modified = file.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() < 2))
    };
    // That one is not touched: its run would not get the lock.
    File::open(path).is_ok_and(|file| !is_new(&file) && lock(&file).is_ok())
}

#[cfg(unix)]
fn lock(file: &File) -> Result<(), fs::TryLockError> {
    file.try_lock()
}

/// Elsewhere a lock would keep this program itself from reading what it has written.
#[cfg(not(unix))]
fn lock(_: &File) -> Result<(), fs::TryLockError> {
    Err(fs::TryLockError::WouldBlock)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn what_a_run_under_way_has_not_finished_stays_and_what_a_dead_one_left_goes() {
        let folder = tempfile::tempdir().unwrap();
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        let under_way = create(folder.path(), "-profiles.csv").unwrap();
        under_way.as_file().set_modified(hour_ago).unwrap();
        let name = |name: &str| folder.path().join(format!("{UNFINISHED}{name}"));
        for left in ["old", "new"] {
            fs::write(name(left), "arm,id\n").unwrap();
        }
        File::options().write(true).open(name("old")).unwrap().set_modified(hour_ago).unwrap();
        fs::write(folder.path().join("mine.csv"), "").unwrap();
        assert_eq!(remove_abandoned(folder.path()), 2);
        assert!(!name("old").exists());
        assert!(name("new").exists() && under_way.path().exists() && folder.path().join("mine.csv").exists());
    }
}

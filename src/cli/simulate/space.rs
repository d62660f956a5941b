//! Says early in a run that its files will not find room on their disk.

use std::path::PathBuf;

/// Bytes after which tables are judged: rows of subjects have found their average size by then.
const ENOUGH: u64 = 32 << 20;

/// The disk that a run writes to.
pub struct Space {
    folder: PathBuf,
    judged: bool,
}

impl Space {
    pub fn of(folder: PathBuf) -> Self {
        Self { folder, judged: false }
    }

    /// What is to be said, once, where the tables of so many subjects say that those of all will need more than there is.
    pub fn judge(&mut self, n_bytes: u64, subjects: u64, all: u64) -> Option<String> {
        if self.judged || n_bytes < ENOUGH {
            return None;
        }
        self.judged = true;
        // A system that does not say how much is left will say so when nothing is.
        let left = fs4::available_space(&self.folder).ok()?;
        let missing = missing(n_bytes, subjects, all, left)?;
        Some(format!(
            "tables of {all} subjects will take {} GB more, and {} GB are left for `{}`; write fewer with --outputs, compress \
             them with --format, or give another folder with --out",
            giga(missing + left),
            giga(left),
            self.folder.display()
        ))
    }
}

/// Bytes that will be missing when all subjects are written, if the rest take as much each as those that are.
fn missing(n_bytes: u64, subjects: u64, all: u64, left: u64) -> Option<u64> {
    let to_come = n_bytes as f64 / subjects as f64 * all.saturating_sub(subjects) as f64;
    (to_come > left as f64).then_some((to_come - left as f64) as u64)
}

fn giga(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_follows_from_the_subjects_written() {
        // 1 kB a subject, 900 to come.
        assert_eq!(missing(100_000, 100, 1_000, 900_000), None);
        assert_eq!(missing(100_000, 100, 1_000, 800_000), Some(100_000));
        assert_eq!(missing(100_000, 1_000, 1_000, 0), None);
    }
}

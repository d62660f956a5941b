//! A folder with a study and its model, and the command in it.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use tempfile::TempDir;

/// The study is `s.toml`, the model `one.R`.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    pub fn new(study: &str, model: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("s.toml"), study).unwrap();
        fs::write(folder.path().join("one.R"), model).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn teorell(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        Command::cargo_bin("teorell").unwrap().current_dir(self.folder.path()).args(arguments).assert()
    }
}

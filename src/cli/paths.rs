//! Paths on the command line.

use std::path::Path;

/// A file on the command line is relative to the working folder, wherever the study is that takes it and wherever that is repeated
/// from. What is no file stays as it is: the name of a built-in model, `-`.
pub fn from_working_folder(path: &Path) -> String {
    let absolute = if path.is_file() { std::path::absolute(path).ok() } else { None };
    absolute.unwrap_or_else(|| path.to_owned()).display().to_string()
}

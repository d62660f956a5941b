//! The studies that come with the program.

use super::error::{Problem, StudyError, nearest};

/// A built-in study.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    /// Name to call it by.
    pub name: &'static str,
    /// The study file.
    pub text: &'static str,
}

/// All of them; the first is the one that runs where none is named.
pub const STUDIES: &[Embedded] = &[
    Embedded { name: "inotuzumab", text: include_str!("../../data/studies/inotuzumab.toml") },
    Embedded { name: "inotuzumab-wu-adults", text: include_str!("../../data/studies/inotuzumab-wu-adults.toml") },
    Embedded { name: "inotuzumab-wu-children", text: include_str!("../../data/studies/inotuzumab-wu-children.toml") },
    Embedded { name: "rifampicin", text: include_str!("../../data/studies/rifampicin.toml") },
    Embedded { name: "vancomycin", text: include_str!("../../data/studies/vancomycin.toml") },
];

impl Embedded {
    /// The `title` of the study file.
    #[must_use]
    pub fn title(&self) -> &'static str {
        let quoted = self.text.lines().find_map(|line| line.strip_prefix("title = \""));
        quoted.and_then(|title| title.strip_suffix('"')).unwrap_or_default()
    }
}

/// The text of a built-in study.
///
/// # Errors
/// Where there is none of that name.
pub fn text(name: &str) -> Result<&'static str, StudyError> {
    let found = STUDIES.iter().find(|study| study.name == name);
    found.map(|study| study.text).ok_or_else(|| {
        StudyError::new(
            Problem::UnknownStudy {
                name: name.to_owned(),
                nearest: nearest(name, STUDIES.iter().map(|study| study.name)),
            },
            None,
        )
    })
}

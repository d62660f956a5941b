//! The built-in models: text in data/models, embedded when the crate is built.

use super::{ModelError, nearest_of};

/// Name (that of the file) and text of every built-in model, in alphabetical order.
const MODELS: [(&str, &str); 2] = [
    ("inotuzumab_garrett_2019", include_str!("../../data/models/inotuzumab_garrett_2019.R")),
    ("inotuzumab_wu_2024", include_str!("../../data/models/inotuzumab_wu_2024.R")),
];

/// Names of the built-in models, in alphabetical order.
pub fn builtin_names() -> impl ExactSizeIterator<Item = &'static str> {
    MODELS.iter().map(|(name, _)| *name)
}

/// Text of a built-in model. Case does not matter, and `-` is `_`.
///
/// # Errors
///
/// An unknown name.
pub fn builtin_text(name: &str) -> Result<&'static str, ModelError> {
    let wanted = name.to_lowercase().replace('-', "_");
    MODELS.iter().find(|(known, _)| *known == wanted).map(|(_, text)| *text).ok_or_else(|| {
        let known: Vec<String> = builtin_names().map(str::to_owned).collect();
        ModelError::UnknownModel { name: name.to_owned(), nearest: nearest_of(&wanted, &known), known }
    })
}

//! Which model a study means: a built-in one by name, or a file.

use std::path::Path;

use super::error::Problem;
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::ModelIr;
use crate::model::{Model, ModelOptions, language, library};

/// The text of a model and where it comes from.
#[derive(Clone, Debug)]
pub struct ModelText {
    /// Name of the built-in model, or of the file without its extension.
    pub name: String,
    /// What messages call it: path of the file, or name of the built-in model.
    pub origin: String,
    /// The bytes as text.
    pub text: String,
}

impl ModelText {
    /// The built-in model of that name, or else the file; a relative path is relative to `folder`.
    ///
    /// # Errors
    /// Where there is neither, or the file cannot be read or is no text.
    pub fn find(name_or_path: &str, folder: &Path) -> Result<Self, Problem> {
        let path = folder.join(name_or_path);
        // What looks like a file is one, so that a mistyped path is not answered with names of models.
        let is_path = name_or_path.contains(['/', '\\']) || Path::new(name_or_path).extension().is_some();
        if !is_path && !path.is_file() {
            let text = library::builtin_text(name_or_path)?.to_owned();
            return Ok(Self { name: name_or_path.to_owned(), origin: name_or_path.to_owned(), text });
        }
        let origin = path.display().to_string();
        let bytes = std::fs::read(&path).map_err(|cause| Problem::ModelUnreadable { path: path.clone(), cause })?;
        let name = path.file_stem().map_or_else(|| origin.clone(), |stem| stem.to_string_lossy().into_owned());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match language::text_of(&bytes) {
            Ok(_) => Ok(Self { name, origin, text }),
            Err(diagnostics) => Err(Problem::ModelRefused { model: Self { name, origin, text }, diagnostics }),
        }
    }

    /// The model, read and compiled with all its outputs, and what the user should know of it.
    ///
    /// # Errors
    /// Everything that keeps it from running, in order of place.
    pub fn compile(&self) -> Result<(Model, Vec<Diagnostic>), Problem> {
        self.compile_with(|_| ModelOptions::default())
    }

    /// The same with options that may depend on what was read.
    ///
    /// # Errors
    /// As [`ModelText::compile`], and options that do not fit the model.
    pub fn compile_with(
        &self,
        options: impl FnOnce(&ModelIr) -> ModelOptions,
    ) -> Result<(Model, Vec<Diagnostic>), Problem> {
        let refused = |diagnostics| Problem::ModelRefused { model: self.clone(), diagnostics };
        let language::Reading { ir, notes: mut all } = language::read(&self.text, &self.name).map_err(refused)?;
        let options = options(&ir);
        let model = Model::from_ir(ir, &options).map_err(refused)?;
        all.extend_from_slice(model.notes());
        all.sort_by_key(|note| note.span.start);
        Ok((model, all))
    }
}

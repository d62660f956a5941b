//! A study around a model that stands alone: people whose percentiles are taken, and doses.

use std::path::Path;

use teorell::cohort::{BODY_NAMES, open_people};

use crate::cli::doses::ARM;
use crate::cli::paths::from_working_folder;
use crate::cli::report::Failure;

/// Who the people are where no file says it.
pub const PEOPLE: &str = "US adults (NHANES 2017-18)";

/// People that percentiles are taken of where no file says it.
const SIZE: usize = 2_000;

/// What the study is written from.
#[derive(Debug)]
pub struct AroundModel<'a> {
    /// Name or file of the model.
    pub model: &'a str,
    /// Whether flags say what is given; else parameters alone are compared.
    pub is_dosed: bool,
    /// A file of people.
    pub cohort: Option<&'a Path>,
    /// Covariates of the reference subject.
    pub references: &'a [(String, f64)],
}

impl AroundModel<'_> {
    /// The study as TOML.
    pub fn text(&self) -> Result<String, Failure> {
        let name = Path::new(self.model).file_stem().and_then(|stem| stem.to_str()).unwrap_or("model");
        // A toml::Value writes itself with its quotes.
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let (size, people, known) = match self.cohort {
            Some(path) => people_of(path)?,
            None => (SIZE, "body = {}".to_owned(), BODY_NAMES.map(str::to_owned).to_vec()),
        };
        let mut text =
            format!("name = {}\nmodel = {}\n[cohort]\nsize = {size}\n{people}\n", quoted(name), quoted(self.model));
        text += "[cohort.covariates]\n";
        // What people do not have is the same in all of them.
        let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
        for (name, value) in self.references.iter().filter(|(name, _)| !is_known(name)) {
            text += &format!("{} = {value:?}\n", quoted(name));
        }
        text += &format!("[[arm]]\nname = \"{ARM}\"\n");
        text += match self.is_dosed {
            true => "regimen = {}\n",
            false => "regimen = { amount = 1, every = \"1 d\", repeat = 1 }\n[forest]\nexposure = false\n",
        };
        Ok(text)
    }
}

/// Number of people in a file, the file as a key of `[cohort]`, and the names of its columns.
fn people_of(path: &Path) -> Result<(usize, String, Vec<String>), Failure> {
    let unreadable = |error: csv::Error| Failure::bad_input(format!("could not read `{}`: {error}", path.display()));
    let mut reader = open_people(path).map_err(unreadable)?;
    let names = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
    let size = reader.records().filter(Result::is_ok).count();
    let file = toml::Value::from(from_working_folder(path));
    // A file without rows has the cohort's own message.
    Ok((size.max(1), format!("csv = {{ path = {file} }}"), names))
}

//! The text of a study: read, overridden, and turned into a [`StudySpec`], so that every problem has a place.

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::error::{Place, Problem, StudyError, nearest};
use super::spec::StudySpec;
use crate::model::ir::Span;

/// One `KEY=VALUE` that replaces or adds a value of the study file, for instance `cohort.size=500`.
///
/// The elements of a list are named by their `name` (`arm.fixed.label`) or counted from 1 (`sampling.grid.1.by`).
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    path: Vec<String>,
    value: Value,
    place: Place,
}

impl Override {
    /// Reads `cohort.size=500`. The value is TOML; what is not TOML is a string. `origin` is what a message quotes.
    ///
    /// # Errors
    /// Where there is no `=` or no key.
    pub fn parse(text: &str, origin: &str) -> Result<Self, StudyError> {
        let (path, value) = key_and_value(text, origin)?;
        let path: Vec<&str> = path.split('.').map(str::trim).collect();
        Ok(Self::new(&path, toml_or_text(value), origin))
    }

    /// An override of the value at a path, key by key.
    #[must_use]
    pub fn new(path: &[&str], value: impl Into<Value>, origin: &str) -> Self {
        let path = path.iter().map(|&key| key.to_owned()).collect();
        Self { path, value: value.into(), place: Place { origin: origin.to_owned(), position: None } }
    }

    /// An override that was said elsewhere than in a flag.
    pub(super) fn said_at(place: Place, path: Vec<String>, value: Value) -> Self {
        Self { path, value, place }
    }

    /// Where it was said.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// What it sets.
    pub(super) fn path(&self) -> &[String] {
        &self.path
    }
}

/// Both sides of `KEY=VALUE`, trimmed.
pub(super) fn key_and_value<'a>(text: &'a str, origin: &str) -> Result<(&'a str, &'a str), StudyError> {
    match text.split_once('=').filter(|(key, _)| !key.trim().is_empty()) {
        Some((key, value)) => Ok((key.trim(), value.trim())),
        None => {
            let place = Some(Place { origin: origin.to_owned(), position: None });
            Err(StudyError::new(Problem::OverrideWithoutValue { text: text.to_owned() }, place))
        }
    }
}

/// A value as TOML has it; what is not TOML is a string.
pub(super) fn toml_or_text(value: &str) -> Value {
    toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| (table.len() == 1).then(|| table.remove("value")).flatten())
        .unwrap_or_else(|| Value::String(value.to_owned()))
}

/// A study file with its overrides applied.
#[derive(Clone, Debug)]
pub(super) struct Source {
    origin: String,
    text: String,
    /// Folder that relative paths of the study are relative to.
    pub folder: PathBuf,
    overrides: Vec<Override>,
    /// The study as it counts: text plus overrides.
    pub table: Table,
}

impl Source {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, StudyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| StudyError::new(Problem::Unreadable { path: path.to_owned(), source }, None))?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Self::from_text(&path.display().to_string(), text, folder)
    }

    /// Takes a text; `origin` is what messages call it.
    pub fn from_text(origin: &str, text: String, folder: PathBuf) -> Result<Self, StudyError> {
        let origin = origin.to_owned();
        match text.parse::<Table>() {
            Ok(table) => Ok(Self { origin, text, folder, overrides: Vec::new(), table }),
            Err(error) => Err(shape_error(&error, |span| span.map(|span| Place::in_text(&origin, &text, span)))),
        }
    }

    /// Name of the file without its extension.
    pub fn name(&self) -> &str {
        Path::new(&self.origin).file_stem().and_then(|stem| stem.to_str()).unwrap_or("study")
    }

    /// Paths that were overridden.
    pub fn overridden(&self) -> impl Iterator<Item = &[String]> {
        self.overrides.iter().map(|change| change.path.as_slice())
    }

    /// The raw study. Each override is checked by itself, so that a message names the guilty one.
    pub fn spec(&mut self, overrides: &[Override]) -> Result<StudySpec, StudyError> {
        let mut spec = toml::from_str::<StudySpec>(&self.text).map_err(|error| {
            shape_error(&error, |span| span.map(|span| Place::in_text(&self.origin, &self.text, span)))
        })?;
        for change in overrides {
            spec = self.apply(change)?;
        }
        Ok(spec)
    }

    /// Replicates are of the uncertainty where the study has one, else of its data set: `--replicates` means whichever there is.
    fn replicated(&self, path: &[String]) -> Result<Vec<String>, Problem> {
        if path != ["replicates"] {
            return Ok(path.to_vec());
        }
        let table = ["uncertainty", "data"].into_iter().find(|key| self.table.contains_key(*key));
        let table = table.ok_or(Problem::NothingToReplicate)?;
        Ok([table, "replicates"].map(str::to_owned).to_vec())
    }

    /// The raw study `base` with these overrides and without its sweep, and the source that says so.
    pub fn at_point(&self, base: &StudySpec, overrides: &[Override]) -> Result<(StudySpec, Self), StudyError> {
        let mut source = self.clone();
        source.table.remove("sweep");
        let mut spec = StudySpec { sweep: None, ..base.clone() };
        for change in overrides {
            spec = source.apply(change)?;
        }
        Ok((spec, source))
    }

    fn apply(&mut self, change: &Override) -> Result<StudySpec, StudyError> {
        let placed = |problem| StudyError::new(problem, Some(change.place.clone()));
        let path = self.replicated(&change.path).map_err(placed)?;
        let path = set(&mut self.table, &path, change.value.clone()).map_err(placed)?;
        let spec = StudySpec::deserialize(self.table.clone()).map_err(|error| placed(problem_of(error.message())))?;
        self.overrides.push(Override { path, ..change.clone() });
        Ok(spec)
    }

    /// Where the value at `path` was said: the last override that set it or something above it, or its place in the text. What
    /// the text does not have was made by an override of something in it.
    pub fn place_of(&self, path: &[&str]) -> Place {
        let overridden = |says: &dyn Fn(&[&str]) -> bool| {
            let keys = |change: &&Override| says(&change.path.iter().map(String::as_str).collect::<Vec<_>>());
            self.overrides.iter().rev().find(keys).map(|change| change.place.clone())
        };
        let span = span_of(&self.text, path);
        let is_whole = span.as_ref().is_some_and(|(_, keys)| *keys == path.len());
        let said = overridden(&|keys| path.starts_with(keys));
        let made = || if is_whole { None } else { overridden(&|keys| keys.starts_with(path)) };
        said.or_else(made).unwrap_or_else(|| match span {
            Some((span, _)) => Place::in_text(&self.origin, &self.text, span),
            None => Place { origin: self.origin.clone(), position: None },
        })
    }
}

impl Source {
    /// A place within the string at `path`: in the file where the string stands there as it is, else in the string by itself.
    pub fn place_in(&self, path: &[&str], text: &str, within: Span) -> Place {
        let place = self.place_of(path);
        if place.position.is_none() {
            return Place { origin: place.origin, ..Place::in_text("", text, within.start..within.end) };
        }
        let written = span_of(&self.text, path)
            .map(|(span, _)| span)
            .filter(|span| self.text.get(span.start + 1..span.end - 1) == Some(text));
        match written {
            Some(span) => {
                let start = span.start + 1;
                Place::in_text(&self.origin, &self.text, start + within.start..start + within.end)
            }
            None => place,
        }
    }
}

/// Sets the value at `path`, making tables on the way where there are none. Gives the path with elements of lists by number.
fn set(table: &mut Table, path: &[String], value: Value) -> Result<Vec<String>, Problem> {
    let (last, way) =
        path.split_last().expect("a path has at least one key, for splitting a text gives at least one part");
    let mut current = table;
    let mut walked = String::new();
    let mut numbered = path.to_vec();
    let mut way = way.iter();
    while let Some(key) = way.next() {
        walked = if walked.is_empty() { key.clone() } else { format!("{walked}.{key}") };
        let entry = current.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
        current = match entry {
            Value::Table(inner) => inner,
            Value::Array(elements) => {
                let key = way.next().unwrap_or(last);
                let known = element_names(elements);
                let index = known.iter().position(|name| name == key).or_else(|| {
                    key.parse::<usize>()
                        .ok()
                        .and_then(|number| number.checked_sub(1))
                        .filter(|&index| index < elements.len())
                });
                if let (Some(index), Some(place)) = (index, path.iter().position(|part| std::ptr::eq(part, key))) {
                    numbered[place] = (index + 1).to_string();
                }
                match index.map(|index| &mut elements[index]) {
                    Some(Value::Table(inner)) => inner,
                    Some(_) => return Err(Problem::OverrideIntoValue { path: walked, key: key.clone() }),
                    None => return Err(Problem::OverrideElement { path: walked, key: key.clone(), known }),
                }
            }
            _ => {
                let key = way.next().unwrap_or(last).clone();
                return Err(Problem::OverrideIntoValue { path: walked, key });
            }
        };
    }
    current.insert(last.clone(), value);
    Ok(numbered)
}

fn element_names(elements: &[Value]) -> Vec<String> {
    elements
        .iter()
        .enumerate()
        .map(|(index, element)| match element.get("name") {
            Some(Value::String(name)) => name.clone(),
            _ => (index + 1).to_string(),
        })
        .collect()
}

/// The bytes of the value at `path`, or at as many of its keys as there are, with their number; list elements by name or number,
/// as in an override.
fn span_of(text: &str, path: &[&str]) -> Option<(std::ops::Range<usize>, usize)> {
    let root = DeTable::parse(text).ok()?;
    let mut span = None;
    let mut value: Option<&DeValue<'_>> = None;
    for (before, key) in path.iter().enumerate() {
        let next = match value {
            None => root.get_ref().get(*key),
            Some(DeValue::Table(table)) => table.get(*key),
            Some(DeValue::Array(elements)) => elements
                .iter()
                .find(|element| element.get_ref().get("name").and_then(|name| name.get_ref().as_str()) == Some(*key))
                .or_else(|| elements.get(key.parse::<usize>().ok()?.checked_sub(1)?)),
            Some(_) => None,
        };
        // A key that is missing is shown at the table it is missing from.
        let Some(next) = next else { break };
        span = Some((next.span(), before + 1));
        value = Some(next.get_ref());
    }
    span
}

fn shape_error(error: &toml::de::Error, place: impl Fn(Option<std::ops::Range<usize>>) -> Option<Place>) -> StudyError {
    StudyError::new(problem_of(error.message()), place(error.span()))
}

/// Serde says which keys or variants it knows in its message; they become data again here.
pub(super) fn problem_of(message: &str) -> Problem {
    let named = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let mut names = named(rest);
        if !names.is_empty() {
            let key = names.remove(0);
            let nearest = nearest(&key, names.iter().map(String::as_str));
            return Problem::UnknownKey { key, nearest, known: names };
        }
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let mut names = named(rest);
        if !names.is_empty() {
            let value = names.remove(0);
            let nearest = nearest(&value, names.iter().map(String::as_str));
            return Problem::UnknownValue { value, nearest, known: names };
        }
    }
    if message.ends_with("value was too large") {
        return Problem::Shape { message: "whole number too large; expected at most 9223372036854775807".to_owned() };
    }
    Problem::Shape { message: in_words(&message.trim_end().replace('\n', "; ")) }
}

/// Serde says what it expected by names of Rust; whoever writes a study knows tables, lists and numbers.
fn in_words(message: &str) -> String {
    const FOUND: [(&str, &str); 3] = [("sequence", "list"), ("map", "table"), ("floating point", "number")];
    const EXPECTED: [(&str, &str); 12] = [
        ("u8", "a whole number from 0 to 255"),
        ("u16", "a whole number from 0 to 65535"),
        ("u32", "a whole number from 0 to 4294967295"),
        ("u64", "a whole number from 0"),
        ("usize", "a whole number from 0"),
        ("i64", "a whole number"),
        ("f64", "a number"),
        ("a sequence", "a list"),
        ("a map", "a table of keys"),
        ("a boolean", "true or false"),
        ("a string", "a text in quotes"),
        ("path string", "a path in quotes"),
    ];
    let Some((found, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    if found.ends_with(" variant") || expected.contains(" variant") {
        return "this is not one of the names that it can be; expected one of them in quotes".to_owned();
    }
    let found = FOUND.iter().fold(found.to_owned(), |found, (name, word)| {
        found.replacen(&format!("invalid type: {name}"), &format!("invalid type: {word}"), 1)
    });
    let word = EXPECTED.iter().find(|(name, _)| *name == expected).map(|(_, word)| (*word).to_owned());
    let expected = word.unwrap_or_else(|| match expected.split_once(' ') {
        Some(("struct", _)) => "a table of keys".to_owned(),
        Some(("enum", _)) => "a name in quotes".to_owned(),
        Some(("an", array)) if array.starts_with("array of length ") => {
            array.replacen("array of length ", "a list of ", 1) + " values"
        }
        _ => expected.to_owned(),
    });
    format!("{found}, expected {expected}")
}

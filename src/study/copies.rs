//! What a study reads, as files that stand by themselves: a folder that holds them can be run again without anything else.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Study;

/// Name of the copy of the study file.
pub const STUDY_FILE: &str = "study.toml";
/// Name of the copy of the model's text.
pub const MODEL_FILE: &str = "model.R";

/// Keys of a study that name a file to read, and what its copy is called, without ending.
const INPUTS: [(&[&str], &str); 5] = [
    (&["data", "path"], "study-data"),
    (&["cohort", "csv", "path"], "study-cohort"),
    (&["uncertainty", "covariance"], "study-covariance"),
    (&["uncertainty", "ext"], "study-estimates"),
    (&["uncertainty", "bootstrap"], "study-bootstrap"),
];

/// A file that a study is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Name of the copy.
    pub name: String,
    /// What it holds.
    pub content: Content,
}

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(String),
    /// The bytes of this file.
    File(PathBuf),
}

impl Study {
    /// The study with all overrides as a study file, its model, and the files it reads, under names that the study file refers to.
    ///
    /// A data set from standard input has no copy; the study file goes on reading it from there.
    #[must_use]
    pub fn copies(&self) -> Vec<Copy> {
        let mut table = self.source.table.clone();
        table.insert("name".to_owned(), self.name().into());
        table.insert("model".to_owned(), MODEL_FILE.into());
        let mut inputs = Vec::new();
        for (keys, name) in INPUTS {
            let Some(value) = find(&mut table, keys) else { continue };
            let Some(path) = value.as_str().filter(|path| *path != "-").map(|path| self.source.folder.join(path))
            else {
                continue;
            };
            let name = format!("{name}{}", endings(&path));
            *value = name.as_str().into();
            inputs.push(Copy { name, content: Content::File(path) });
        }
        let text = |name: &str, text: String| Copy { name: name.to_owned(), content: Content::Text(text) };
        let mut copies = vec![text(STUDY_FILE, written(&table)), text(MODEL_FILE, self.model_text().text.clone())];
        copies.append(&mut inputs);
        copies
    }
}

/// A study file of a table, top-level tables as sections and all within them in one line: what is mixed of values and tables, such
/// as covariates, keeps its order this way, and with it the order of columns.
pub(super) fn written(table: &Table) -> String {
    let is_tables = |value: &Value| match value {
        Value::Table(_) => true,
        Value::Array(elements) => !elements.is_empty() && elements.iter().all(Value::is_table),
        _ => false,
    };
    let mut text: String = table.iter().filter(|(_, value)| !is_tables(value)).map(line).collect();
    let mut section = |open: &str, key: &str, close: &str, value: &Value| {
        let lines: String = value.as_table().into_iter().flatten().map(line).collect();
        text += &format!("\n{open}{}{close}\n{lines}", written_key(key));
    };
    for (key, value) in table.iter().filter(|(_, value)| is_tables(value)) {
        match value {
            Value::Array(elements) => elements.iter().for_each(|element| section("[[", key, "]]", element)),
            _ => section("[", key, "]", value),
        }
    }
    text
}

fn line((key, value): (&String, &Value)) -> String {
    format!("{} = {}\n", written_key(key), written_value(value))
}

/// A value in one line. The crate's own text of a table puts plain values before tables.
fn written_value(value: &Value) -> String {
    match value {
        Value::Array(elements) => format!("[{}]", elements.iter().map(written_value).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let entry = |(key, value): (&String, &Value)| format!("{} = {}", written_key(key), written_value(value));
            format!("{{ {} }}", table.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

fn written_key(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { key.to_owned() } else { Value::from(key).to_string() }
}

fn find<'t>(table: &'t mut Table, keys: &[&str]) -> Option<&'t mut Value> {
    let (first, rest) = keys.split_first()?;
    let mut value = table.get_mut(*first)?;
    for key in rest {
        value = value.get_mut(*key)?;
    }
    Some(value)
}

/// `.csv`, `.csv.gz`, `.ext`: readers go by them.
fn endings(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    let ending =
        Path::new(plain).extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    format!("{ending}{}", &name[plain.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "m <- function() {\n  ini({ lcl <- log(4) })\n  model({\n    cl <- exp(lcl)\n    d/dt(central) <- -cl * WT * central\n    Cc <- central\n  })\n}\n";

    #[test]
    fn a_written_table_reads_back_in_its_order() {
        let text = "seed = 1\n[cohort]\nsize = 3\ncovariates = { WT = { normal = { mean = 70, sd = 12 }, min = 45 }, SEX = 1, \"a b\" = 2 }\n\
                    [sampling]\ngrid = [{ to = 4, by = 1 }]\n[[arm]]\nname = \"one\"\n[arm.regimen]\namount = 1.0\n[[arm]]\nname = \"two\"\n";
        let table: Table = text.parse().unwrap();
        let again: Table = written(&table).parse().unwrap();
        assert_eq!(table, again, "{}", written(&table));
        let names =
            |table: &Table| table["cohort"]["covariates"].as_table().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&again), ["WT", "SEX", "a b"]);
        assert!(written(&table).contains("\n[[arm]]\nname = \"two\"\n"));
    }

    #[test]
    fn copies_keep_the_endings_that_readers_go_by() {
        let of = |path: &str| endings(Path::new(path));
        assert_eq!([of("a/b.CSV"), of("run.7.csv.gz"), of("fit.ext"), of("none")], [".csv", ".csv.gz", ".ext", ""]);
    }

    #[test]
    fn copies_say_the_same_as_the_study_and_read_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m.R"), MODEL).unwrap();
        std::fs::write(folder.path().join("people.CSV"), "ID,WT\n1,70\n2,81.5\n").unwrap();
        let text = "model = \"m.R\"\n[cohort]\nsize = 2\ncsv = { path = \"people.CSV\" }\n[sampling]\ngrid = [{ to = 4, by = 1 }]\n\
                    [[arm]]\nname = \"a\"\nregimen = { amount = 1.0, every = \"12 h\", repeat = 2 }\n";
        std::fs::write(folder.path().join("mine.toml"), text).unwrap();
        let change = super::super::Override::parse("seed=9", "--set seed=9").unwrap();
        let study = Study::from_path(&folder.path().join("mine.toml"), &[change]).unwrap();
        for copy in study.copies() {
            let target = other.path().join(&copy.name);
            match copy.content {
                Content::Text(text) => std::fs::write(target, text).unwrap(),
                Content::File(path) => drop(std::fs::copy(path, target).unwrap()),
            }
        }
        drop(folder);
        let again = Study::from_path(&other.path().join(STUDY_FILE), &[]).unwrap();
        assert_eq!((again.name(), again.spec().seed.0, again.size()), ("mine", 9, 2));
        assert_eq!(again.model_text().text, MODEL);
        assert_eq!(again.copies()[0], study.copies()[0], "a copy of the copy is the same");
    }
}

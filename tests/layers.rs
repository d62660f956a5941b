//! The layers of the house: a module imports lower levels and its own folder, never sideways, never upwards.

use std::fs;
use std::path::{Path, PathBuf};

/// Top modules and their levels, lowest first. Siblings of one level do not import each other.
const LEVELS: &[(&str, u32)] = &[
    ("stats", 0),
    ("units", 0),
    ("profile", 1),
    ("engine", 1),
    ("model", 2),
    ("regimen", 2),
    ("cohort", 3),
    ("exposure", 3),
    ("simulate", 4),
    ("output", 5),
    ("plot", 5),
    ("report", 5),
    ("study", 5),
    ("cli", 6),
];

/// Pairs that may look at each other although they share a level: an engine returns profiles, pictures are drawn from files,
/// a report is made of files and pictures, and runs the study again to check it.
const ALLOWED_SIDEWAYS: &[(&str, &str)] =
    &[("engine", "profile"), ("plot", "output"), ("report", "output"), ("report", "plot"), ("report", "study")];

fn level(module: &str) -> Option<u32> {
    LEVELS.iter().find(|(name, _)| *name == module).map(|(_, level)| *level)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The first path segment of a file below `src`, without `.rs`.
fn top_module(file: &Path) -> String {
    let first = file.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Top modules named after `crate::` (or `teorell::` in the binary) in code, with their lines; comments are left out.
fn imports(text: &str, root: &str) -> Vec<(usize, String)> {
    let code: String = text.lines().map(|line| format!("{}\n", line.split("//").next().unwrap_or_default())).collect();
    let mut found = Vec::new();
    for (at, _) in code.match_indices(root) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        for path in first_level(&code[at + root.len()..]) {
            let name: String = path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if level(&name).is_some() {
                found.push((line, name));
            }
        }
    }
    found
}

/// `{a::{b, c}, d}` is `a::{b, c}` and `d`; anything else is one path.
fn first_level(rest: &str) -> Vec<&str> {
    let Some(group) = rest.strip_prefix('{') else { return vec![rest] };
    let (mut paths, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                paths.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                paths.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

#[test]
fn every_import_goes_down_or_stays_in_its_folder() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in rust_files(&src) {
        let relative = file.strip_prefix(&src).unwrap();
        let module = top_module(relative);
        if module == "lib" || module == "main" {
            continue;
        }
        let own = level(&module).unwrap_or_else(|| panic!("{} belongs to no level", relative.display()));
        let root = if module == "cli" { "teorell::" } else { "crate::" };
        for (line, name) in imports(&fs::read_to_string(&file).unwrap(), root) {
            seen += 1;
            let sideways = ALLOWED_SIDEWAYS.contains(&(module.as_str(), name.as_str()));
            if name != module && level(&name).unwrap() >= own && !sideways {
                wrong.push(format!("src/{}:{line} imports `{name}`", relative.display()));
            }
        }
    }
    assert!(seen > 0, "the search found no imports, so it is not looking where they are");
    assert!(wrong.is_empty(), "imports that do not go down:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_binary_knows_clap() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&src) {
        let module = top_module(file.strip_prefix(&src).unwrap());
        if module != "cli" {
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.contains("clap::"), "{} uses clap", file.display());
        }
    }
}

#[test]
fn the_search_sees_groups_paths_and_no_comments() {
    let text =
        "use crate::{\n    model::{A, B},\n    cohort::Cohort,\n};\nlet x = crate::engine::f(); // crate::plot::g\n";
    let found = imports(text, "crate::");
    let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["model", "cohort", "engine"]);
}

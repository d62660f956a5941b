//! The corpus of the fuzz target, run without a fuzzer: a regression test of everything it has found.

use std::fs;
use std::path::Path;

#[path = "fuzz/dataset_property.rs"]
mod dataset_property;

#[test]
fn every_file_of_the_corpus_is_answered_and_written_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/dataset");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "the corpus is not in {}", folder.display());
    let mut usable = 0;
    for file in files {
        println!("{}", file.display());
        usable += usize::from(dataset_property::holds(&fs::read(&file).unwrap()));
    }
    assert!(usable >= 15, "{usable} of them are data sets without errors");
}

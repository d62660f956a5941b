//! The fuzzer's corpus, and texts grown from a model by small damage: the reader answers each, and quickly.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use teorell::model::language;
use teorell::model::library;
use teorell::model::{Model, ModelOptions};

#[path = "../fuzz/model_property.rs"]
mod model_property;

use model_property::holds;

#[test]
fn the_reader_answers_every_text_of_the_corpus() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/model");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 50, "{} files", files.len());
    let start = Instant::now();
    for file in &files {
        holds(&fs::read(file).unwrap());
    }
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
}

/// Every prefix of a model, every model with one byte left out, and with one doubled.
#[test]
fn the_reader_answers_every_damaged_model() {
    let text = library::builtin_text("inotuzumab_garrett_2019").unwrap().as_bytes();
    for at in (0..text.len()).step_by(7) {
        holds(&text[..at]);
        holds(&[&text[..at], &text[at + 1..]].concat());
        holds(&[&text[..=at], &text[at..]].concat());
    }
}

/// An unoptimised build takes a quarter of it. The best of several counts, so that a busy machine does not.
#[test]
fn a_model_of_forty_states_is_read_and_analysed_in_five_milliseconds() {
    let states: String =
        (0..40).map(|i| format!("d/dt(a{i}) <- k{i} * a{} - exp(lk{i}) * a{i} / (km + a{i})\n", i / 2)).collect();
    let rates: String = (0..40).map(|i| format!("k{i} <- exp(lk{i} + eta{i}) * (WT / 70)^0.75\n")).collect();
    let parameters: String =
        (0..40).map(|i| format!("lk{i} <- log(0.{i}1); label(\"rate {i} (1/h)\")\neta{i} ~ 0.1\n")).collect();
    let text = format!("m <- function() {{\nini({{\n{parameters}}})\nmodel({{\nkm <- 1\n{rates}{states}}})\n}}\n");
    let best = (0..20)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(Model::from_text(&text, "m", &ModelOptions::default()).unwrap().states().len(), 40);
            start.elapsed()
        })
        .min()
        .unwrap();
    assert!(best < Duration::from_millis(5), "{best:?}");
}

/// What a generator might repeat: neither the stack nor patience runs out.
#[test]
fn long_repetitive_files_are_answered() {
    type Text = fn(usize) -> String;
    fn repeat(n: usize, statement: impl Fn(usize) -> String) -> String {
        (0..n).map(statement).collect()
    }
    fn in_model(body: &str) -> String {
        format!("m <- function() {{ model({{\n{body}}}) }}")
    }
    fn in_ini(body: &str) -> String {
        format!("m <- function() {{ ini({{\n{body}}}); model({{ x <- 1 }}) }}")
    }
    let texts: [Text; 18] = [
        |n| in_model(&repeat(n, |i| format!("d/dt(a{i}) <- a{i}\n"))),
        |n| in_model(&repeat(n, |i| format!("d/dt(a{i}) <- 1; a{i} <- 1\n"))),
        |n| in_model(&repeat(n, |i| format!("d/dt(a{i}) <- transit(3, 2)\n"))),
        |n| in_model(&repeat(n, |i| format!("y{i} ~ add(a)\n"))),
        |n| in_model(&repeat(n, |i| format!("linear(w{i})\n"))),
        |n| in_model(&"x <- f(a b\n".repeat(n)),
        |n| in_model(&"x <- f(a b; ".repeat(n)),
        |n| in_model(&repeat(n, |i| format!("x <- foo{i}(1)\n"))),
        |n| in_model(&format!("x <- {}(1)\n", "a".repeat(20 * n))),
        |n| in_model(&"x <- a %% b; ".repeat(n)),
        |n| in_model(&format!("x <- {}1\n", "\n".repeat(20 * n))),
        |n| in_ini(&repeat(n, |i| format!("a{i} <- 1; label('a')\n"))),
        |n| in_ini(&repeat(n, |i| format!("a{i} ~ 1\n"))),
        |n| in_ini(&repeat(n, |i| format!("a{i} ~ 1\nb{i} ~ c(0, 1)\n"))),
        |n| format!("m <- function() {{ {} model({{ x <- 1 }}) }}", repeat(n, |i| format!("a{i} <- 1\n"))),
        |n| format!("m <- function() {{ a <- list({}1); model({{ x <- 1 }}) }}", "1, ".repeat(n)),
        |n| repeat(n, |i| format!("m{i} <- function() {{ model({{ x <- 1 }}) }}\n")),
        |n| "\"\n".repeat(20 * n + 1),
    ];
    for text in texts {
        holds(text(2_000).as_bytes());
    }
}

/// Published models of whole signalling networks have sums of hundreds of terms; a thread's stack holds their trees.
#[test]
fn a_sum_of_nine_hundred_terms_is_compiled() {
    let sum: String = (0..900).map(|i| format!(" + k{} * a", i % 10)).collect();
    let text = format!("m <- function() {{ model({{ d/dt(a) <- 1{sum}\n Cc <- a }}) }}");
    let model = Model::from_text(&text, "m", &ModelOptions::default()).unwrap();
    assert_eq!(model.covariates().len(), 10);
    assert_eq!(language::read(&model.ir().to_string(), "m").unwrap().ir, *model.ir());
}

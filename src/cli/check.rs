//! `teorell check`: whether models, studies and data sets can be used, and what is wrong with them.

use std::path::Path;

use serde_json::{Value, json};
use teorell::model::Model;
use teorell::model::diagnostic::{Diagnostic, Severity};
use teorell::model::show::structure_words;
use teorell::regimen::dataset::{self, DatasetOptions, DatasetReader};
use teorell::simulate::model_names;
use teorell::study::{ModelText, Problem, Study};

use super::exit_code::Exit;
use super::report::{Failure, print};

const EXAMPLES: &str = "\
Examples:
  teorell check models/*.R                        One verdict per model: runs, runs with notes, refused
  teorell check my-study.toml                     A study, with its model, cohort and arms
  teorell check data.csv --model my-model.R       A data set, with the model it is meant for

Exit status: 0 where all can be used, 1 where one cannot, 2 where one cannot be read.";

/// Check models, studies and data sets without running them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Model files (.R), names of built-in models, studies (.toml), data sets (.csv, .csv.gz, or - for standard input).
    #[arg(required = true)]
    files: Vec<String>,
    /// The model that data sets are meant for: its covariates have to be there, its compartments are known by name.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

/// What was found about one file.
struct Finding {
    exit: Exit,
    text: String,
    json: Value,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let options = match &arguments.model {
        Some(model) => {
            let (model, _) = ModelText::find(model, Path::new(""))?.compile()?;
            let hours = model.ir().units.time.as_deref().and_then(|unit| unit.parse().ok()).unwrap_or_default();
            DatasetOptions {
                hours_per_time_unit: teorell::units::TimeUnit::convert(hours, 1.0, teorell::units::TimeUnit::Hour),
                ..DatasetOptions::for_model(&model_names(&model))
            }
        }
        None => DatasetOptions::default(),
    };
    let mut exit = Exit::Success;
    let mut all = Vec::new();
    for file in &arguments.files {
        let finding = match file {
            file if is_data(file) => check_data(file, &options),
            file if file.to_lowercase().ends_with(".toml") => check_study(file),
            file => check_model(file),
        };
        if !arguments.json {
            print(&finding.text)?;
        }
        all.push(finding.json);
        exit = exit.worse(finding.exit);
    }
    if arguments.json {
        print(&format!("{:#}\n", Value::Array(all)))?;
    }
    Ok(exit)
}

fn is_data(file: &str) -> bool {
    let lower = file.to_lowercase();
    file == "-" || [".csv", ".csv.gz", ".dat", ".txt", ".tsv"].iter().any(|ending| lower.ends_with(ending))
}

fn check_study(file: &str) -> Finding {
    match Study::from_path(file.as_ref(), &[]) {
        Ok(study) => {
            let (n_arms, n_points) = (study.arm_names().len(), study.n_points());
            let points = if n_points > 1 { format!(", {n_points} points of a sweep") } else { String::new() };
            let whom = counted(usize::try_from(study.size()).unwrap_or(usize::MAX), "subject");
            Finding {
                exit: Exit::Success,
                text: format!("{file}: runs ({}, {whom}{points})\n", counted(n_arms, "arm")),
                json: json!({
                    "file": file, "kind": "study", "verdict": "runs", "arms": n_arms, "subjects": study.size(), "points": n_points,
                }),
            }
        }
        Err(error) if matches!(*error.problem, Problem::Unreadable { .. }) => {
            unreadable(file, "study", &error.to_string())
        }
        Err(error) => {
            let (message, place) = (error.to_string(), error.place.as_ref().map(ToString::to_string));
            Finding {
                exit: Exit::CheckFailed,
                text: format!("{file}: refused\n{}", Failure::from(error).render()),
                json: json!({ "file": file, "kind": "study", "verdict": "refused", "message": message, "place": place }),
            }
        }
    }
}

fn check_model(file: &str) -> Finding {
    let compiled = ModelText::find(file, Path::new("")).and_then(|text| {
        let (model, notes) = text.compile()?;
        Ok((text, model, notes))
    });
    match compiled {
        Ok((text, model, notes)) => runs(file, &text, &model, &notes),
        Err(Problem::ModelRefused { model: text, diagnostics }) => {
            let rendered: String = diagnostics.iter().map(|finding| finding.render(&text.text, &text.origin)).collect();
            Finding {
                exit: Exit::CheckFailed,
                text: format!("{file}: refused, {}\n{rendered}", counted(diagnostics.len(), "error")),
                json: json!({ "file": file, "kind": "model", "verdict": "refused", "findings": placed(&diagnostics, &text) }),
            }
        }
        Err(other) => unreadable(file, "model", &other.to_string()),
    }
}

fn runs(file: &str, text: &ModelText, model: &Model, notes: &[Diagnostic]) -> Finding {
    let verdict =
        if notes.is_empty() { "runs".to_owned() } else { format!("runs, with {}", counted(notes.len(), "note")) };
    let structure = structure_words(model.program().structure);
    let rendered: String = notes.iter().map(|note| note.render(&text.text, &text.origin)).collect();
    Finding {
        exit: Exit::Success,
        text: format!(
            "{file}: {verdict} ({}, {structure})\n{}{rendered}",
            counted(model.states().len(), "state"),
            covariates(model)
        ),
        json: json!({
            "file": file,
            "kind": "model",
            "verdict": "runs",
            "states": model.states().len(),
            "covariates": model.covariates(),
            "structure": structure,
            "findings": placed(notes, text),
        }),
    }
}

/// What the data or the cohort has to give, and what for.
fn covariates(model: &Model) -> String {
    let uses: Vec<String> = (model.covariate_uses().iter())
        .map(|covariate| format!("{} (for {})", covariate.name, covariate.used_by.join(", ")))
        .collect();
    if uses.is_empty() { String::new() } else { format!("  covariates to give: {}\n", uses.join(", ")) }
}

fn check_data(file: &str, options: &DatasetOptions) -> Finding {
    let reader = match DatasetReader::from_path(file, options) {
        Ok(reader) => reader,
        Err(error) => return unreadable(file, "data", &error.to_string()),
    };
    let report = dataset::check(reader);
    let (exit, verdict) = if report.is_usable() { (Exit::Success, "usable") } else { (Exit::CheckFailed, "refused") };
    let details = serde_json::to_value(&report).unwrap_or_default();
    Finding {
        exit,
        text: format!("{report}\n"),
        json: json!({ "file": file, "kind": "data", "verdict": verdict, "report": details }),
    }
}

fn unreadable(file: &str, kind: &str, message: &str) -> Finding {
    Finding {
        exit: Exit::BadInput,
        text: format!("{file}: {message}\n"),
        json: json!({ "file": file, "kind": kind, "verdict": "unreadable", "message": message }),
    }
}

fn placed(findings: &[Diagnostic], text: &ModelText) -> Vec<Value> {
    let finding = |finding: &Diagnostic| {
        let (line, column) = finding.line_column(&text.text);
        let severity = if finding.severity == Severity::Error { "error" } else { "note" };
        json!({ "severity": severity, "line": line, "column": column, "message": finding.message, "help": finding.help })
    };
    findings.iter().map(finding).collect()
}

fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

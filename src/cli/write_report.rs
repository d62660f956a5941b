//! `teorell report`: a folder of results as one page to hand over.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use teorell::output::folder::{OutputError, OutputFolder};
use teorell::output::unfinished::write_beside;
use teorell::report::folder::ResultFolder;
use teorell::report::{self, FILE_NAME, ReportError};

use super::exit_code::Exit;
use super::options;
use super::report::{Failure, chain, print, warning};

const EXAMPLES: &str = "\
Examples:
  teorell report inotuzumab                           Write inotuzumab/report.html
  teorell report inotuzumab --output for-review.html  Write it somewhere else
  teorell report inotuzumab --no-checks               Without running anything again";

/// One HTML page of a finished run: question, model, cohort, regimen, results, checks, hashes.
///
/// The page needs no network and no other file. Hashes of all files are compared with those of the run, and the first 50
/// subjects are simulated again for the checks.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A folder that `teorell simulate`, `vpc` or `forest` wrote.
    folder: PathBuf,
    /// Where the page goes; `report.html` in the folder where not given.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Leave out the checks, which run subjects again.
    #[arg(long)]
    no_checks: bool,
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = options::threads, help = options::THREADS)]
    threads: Option<usize>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { folder, output, no_checks, threads } = arguments;
    let bad = |error: &dyn std::error::Error| Failure::bad_input(chain(error));
    let results = ResultFolder::open(folder).map_err(|error| bad(&error))?;
    let report = report::make(&results, !no_checks, *threads).map_err(|error| unreadable(&results, &error))?;
    let path = match output {
        Some(path) => {
            let failed =
                |error: std::io::Error| Failure::not_written(format!("could not write `{}`: {error}", path.display()));
            write_beside(path, report.html.as_bytes()).map_err(failed)?;
            path.clone()
        }
        None => into_folder(folder, &report.html)?,
    };
    print(&format!("{}\n", path.display()))?;
    for name in &report.altered {
        warning(&format!("`{}` is not as the run wrote it; the report says so", folder.join(name).display()));
    }
    if let Some(why) = &report.without_study {
        warning(&format!("model, regimen and checks are left out. {why}"));
    }
    for name in &report.failed_checks {
        warning(&format!("a check failed: {name}; see the report"));
    }
    let well = report.altered.is_empty() && report.failed_checks.is_empty();
    Ok(if well { Exit::Success } else { Exit::CheckFailed })
}

/// A file that cannot be read was readable when the run had written it: says so where it was changed.
fn unreadable(results: &ResultFolder, error: &ReportError) -> Failure {
    let message = chain(error);
    let changed = results.altered().find(|(file, _)| message.contains(&file.name));
    let hint =
        changed.map(|(file, state)| format!("`{}` {} since the run; run the study again", file.name, state.words()));
    let failure = Failure::bad_input(message);
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

/// As one of the folder's files, so that the next run into it takes an outdated report away.
fn into_folder(folder: &Path, html: &str) -> Result<PathBuf, Failure> {
    let output = OutputFolder::open(folder).map_err(not_written)?;
    let mut file = output.create(FILE_NAME, Vec::new()).map_err(not_written)?;
    file.write_all(html.as_bytes())?;
    output.commit_added(vec![file]).map_err(not_written)?;
    Ok(folder.join(FILE_NAME))
}

/// In words of this command: it has no `--out`.
fn not_written(error: OutputError) -> Failure {
    let message = match &error {
        OutputError::ForeignFile { path } => {
            format!("`{}` was not written by teorell and is not replaced", path.display())
        }
        OutputError::Write { path, source } | OutputError::Folder { path, source } => {
            format!("could not write `{}`: {source}", path.display())
        }
        _ => chain(&error),
    };
    Failure::not_written(message).with_hint("give another place with --output")
}

//! `teorell dataset`: a study as a data set for other tools.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use teorell::output::unfinished::create_beside;
use teorell::study::export::ExportError;
use teorell::study::{Override, Study};

use super::exit_code::Exit;
use super::report::{Failure, note};
use super::simulate::find_study;

const EXAMPLES: &str = "\
Examples:
  teorell dataset inotuzumab --arm fixed -o fixed.csv         Doses, samples and covariates for NONMEM, mrgsolve, rxode2
  teorell dataset my-study.toml --set cohort.size=20 | head   The first records

One arm has its subjects' own identifiers; several are told apart by a column ARM, and their subjects numbered on.";

/// Write a study's cohort and regimen as a data set in NONMEM's form.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A study file, or the name of a built-in study.
    study: String,
    /// File to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write this arm only; may be given several times.
    #[arg(long = "arm", value_name = "NAME")]
    arms: Vec<String>,
    /// Replace a value of the study, such as cohort.size=500; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut overrides = Vec::new();
    if !arguments.arms.is_empty() {
        let origin = format!("--arm {}", arguments.arms.join(" --arm "));
        overrides.push(Override::new(&["arms"], arguments.arms.clone(), &origin));
    }
    for text in &arguments.sets {
        overrides.push(Override::parse(text, &format!("--set {text}"))?);
    }
    let study = find_study(&arguments.study, &overrides)?;
    match &arguments.out {
        None => match study.write_dataset(BufWriter::new(io::stdout().lock())) {
            // Whoever reads the pipe had enough.
            Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            result => result?,
        },
        Some(path) => {
            write_beside(&study, path)?;
            note(&format!("wrote `{}`", path.display()));
        }
    }
    Ok(Exit::Success)
}

/// Writes beside the file and moves it to its place, so that no half of it stays behind.
fn write_beside(study: &Study, path: &Path) -> Result<(), Failure> {
    let failed = |error: &io::Error| Failure::not_written(format!("could not write `{}`: {error}", path.display()));
    let file = create_beside(path).map_err(|error| failed(&error))?;
    let mut writer = BufWriter::new(file);
    study.write_dataset(&mut writer).map_err(|error| match error {
        ExportError::Write(error) => failed(&error),
        error => error.into(),
    })?;
    writer.flush().map_err(|error| failed(&error))?;
    let file = writer.into_inner().map_err(|error| failed(error.error()))?;
    file.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
}

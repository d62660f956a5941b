//! `teorell plot`: the pictures of a finished run, drawn again.

use std::path::PathBuf;

use teorell::output::folder::OutputFolder;
use teorell::output::manifest::Manifest;
use teorell::plot::source::{PlotFiles, PlotOptions, pictures};
use teorell::plot::style::Theme;

use super::exit_code::Exit;
use super::options;
use super::pictures::write_pictures;
use super::report::{Failure, chain, print};

const EXAMPLES: &str = "\
Examples:
  teorell plot inotuzumab                               Draw the pictures again, from the tables
  teorell plot inotuzumab --theme print --group-by BSA  Without colours; clearance by thirds of BSA";

/// Draw the pictures of a folder again, from its tables.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A folder that `teorell simulate`, `teorell forest` or `teorell vpc` wrote.
    folder: PathBuf,
    /// Colours: light, dark or print [default: those of the run].
    #[arg(long, value_name = "NAME")]
    theme: Option<Theme>,
    /// Curves of individuals per arm.
    #[arg(long, value_name = "N", value_parser = options::whole::<usize>, default_value_t = PlotOptions::default().individuals)]
    individuals: usize,
    /// Show clearance by thirds of this covariate, instead of by arm.
    #[arg(long, value_name = "COVARIATE")]
    group_by: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { folder, theme, individuals, group_by } = arguments;
    let manifest = Manifest::read(folder).map_err(|error| Failure::bad_input(chain(&error)))?;
    let theme = theme.unwrap_or_else(|| theme_of_run(&manifest));
    if let Some(covariate) = group_by {
        known_column(&manifest, covariate)?;
    }
    let options = PlotOptions { theme, individuals: *individuals, group_by: group_by.clone() };
    let pictures = pictures(&PlotFiles::of_folder(folder, &manifest), &manifest, &options)?;
    if pictures.is_empty() {
        return Err(Failure::bad_input(format!("`{}` holds no table to draw from", folder.display()))
            .with_hint("write `summary` and `profiles`, see `teorell simulate --outputs`"));
    }
    let output = OutputFolder::open(folder)?;
    let files = write_pictures(&output, &pictures)?;
    let names: Vec<String> = files.iter().map(|file| folder.join(file.name()).display().to_string()).collect();
    output.commit_added(files)?;
    print(&(names.join("\n") + "\n"))?;
    Ok(Exit::Success)
}

/// What subjects are grouped by is a column of their table, where that is written.
fn known_column(manifest: &Manifest, covariate: &str) -> Result<(), Failure> {
    let Some(table) = manifest.files.iter().find(|file| file.name.starts_with("subjects.")) else { return Ok(()) };
    let names: Vec<String> = table.columns.iter().map(|column| format!("`{}`", column.name)).collect();
    if table.columns.iter().any(|column| column.name == covariate) {
        return Ok(());
    }
    Err(Failure::bad_input(format!("--group-by {covariate}: `{}` has no such column", table.name))
        .with_hint(format!("there are {}", names.join(", "))))
}

/// The theme that the study of the run asked for.
fn theme_of_run(manifest: &Manifest) -> Theme {
    let study = manifest.study.text.parse::<toml::Table>().unwrap_or_default();
    let name = study.get("outputs").and_then(|outputs| outputs.get("theme")).and_then(toml::Value::as_str);
    name.and_then(|name| name.parse().ok()).unwrap_or_default()
}

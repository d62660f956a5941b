//! `teorell study`: the built-in studies, to run or to start from.

use teorell::study::embedded;

use super::exit_code::Exit;
use super::report::{Failure, print};

const EXAMPLES: &str = "\
Examples:
  teorell study                                List the built-in studies
  teorell study inotuzumab > my-study.toml     A study file to start from";

/// List the built-in studies, or print one to start from.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The built-in study to print.
    name: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    match &arguments.name {
        Some(name) => print(embedded::text(name)?)?,
        None => {
            let width = embedded::STUDIES.iter().map(|study| study.name.len()).max().unwrap_or_default();
            for study in embedded::STUDIES {
                print(&format!("{:width$}  {}\n", study.name, study.title()))?;
            }
        }
    }
    Ok(Exit::Success)
}

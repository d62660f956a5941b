//! `teorell models`: the built-in models.

use teorell::model::library::{self, Listing};
use teorell::study::ModelText;

use super::exit_code::Exit;
use super::report::{Failure, print};
use super::table::{Align, table};

const EXAMPLES: &str = "\
Examples:
  teorell models                               List the built-in models
  teorell models inotuzumab_wu_2024 > wu.R     A model file to start from";

/// List the built-in models, or print one to start from.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The built-in model to print.
    name: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if let Some(name) = &arguments.name {
        let text = library::builtin_text(name).map_err(|error| Failure::bad_input(error.to_string()))?;
        print(text)?;
        return Ok(Exit::Success);
    }
    let mut rows = Vec::new();
    for name in library::builtin_names() {
        let (model, _) = ModelText::find(name, "".as_ref())?.compile()?;
        let Listing { drug, structure, population } = Listing::of(model.ir());
        let cells = [drug, structure, population].map(|text| text.unwrap_or_default().to_owned());
        rows.push([name.to_owned()].into_iter().chain(cells).collect());
    }
    let headings = ["model", "drug", "structure", "population"].map(|heading| (heading, Align::Left));
    print(&table(&headings, &rows))?;
    Ok(Exit::Success)
}

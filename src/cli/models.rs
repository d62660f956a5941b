//! `teorell models`: the built-in models.

use teorell::model::library;
use teorell::study::ModelText;

use super::exit_code::Exit;
use super::report::{Failure, print};
use super::table::{Align, table};

const EXAMPLES: &str = "\
Examples:
  teorell models                                      List the built-in models
  teorell models --text inotuzumab_wu_2024 > wu.R     A model file to start from";

/// List the built-in models, or print the text of one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Print the text of this model.
    #[arg(long, value_name = "MODEL")]
    text: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if let Some(name) = &arguments.text {
        let text = library::builtin_text(name).map_err(|error| Failure::bad_input(error.to_string()))?;
        print(text)?;
        return Ok(Exit::Success);
    }
    let mut rows = Vec::new();
    for name in library::builtin_names() {
        let (model, _) = ModelText::find(name, "".as_ref())?.compile()?;
        rows.push(vec![
            name.to_owned(),
            model.states().len().to_string(),
            model.covariates().join(", "),
            model.ir().description.clone().unwrap_or_default(),
        ]);
    }
    let headings =
        [("model", Align::Left), ("states", Align::Right), ("covariates", Align::Left), ("description", Align::Left)];
    print(&table(&headings, &rows))?;
    Ok(Exit::Success)
}

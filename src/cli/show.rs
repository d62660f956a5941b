//! `teorell show`: what a model is.

use teorell::model::show;
use teorell::study::ModelText;

use super::exit_code::Exit;
use super::report::{self, Failure, print};

const EXAMPLES: &str = "\
Examples:
  teorell show inotuzumab_garrett_2019     Parameters, covariates, equations, structure, solver
  teorell show my-model.R --json           The model as it was understood, as data";

/// Show a model: parameters, covariates, equations, structure, and the solver it gets.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Name of a built-in model, or a model file.
    model: String,
    /// The intermediate representation as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let text = ModelText::find(&arguments.model, "".as_ref())?;
    let (model, notes) = text.compile()?;
    if arguments.json {
        print(&format!("{:#}\n", show::to_json(&model)))?;
        return Ok(Exit::Success);
    }
    print(&show::to_text(&model))?;
    for note in &notes {
        report::note(note.render(&text.text, &text.origin).trim_end());
    }
    Ok(Exit::Success)
}

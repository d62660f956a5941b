//! What people read: data to stdout, problems to stderr.

use std::io::{self, Write as _};

use teorell::output::folder::OutputError;
use teorell::plot::PlotError;
use teorell::simulate::SimulateError;
use teorell::study::export::ExportError;
use teorell::study::validate::ValidateError;
use teorell::study::{Place, Position, Problem, StudyError};

use super::exit_code::Exit;

/// Why a command ends early.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    place: Option<Box<Place>>,
    /// Findings with a page of their own, ready to print.
    details: String,
    hint: Option<String>,
}

impl Failure {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), place: None, details: String::new(), hint: None }
    }

    /// Input that cannot be used.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(Exit::BadInput, message)
    }

    /// Output that cannot be written.
    pub fn not_written(message: impl Into<String>) -> Self {
        Self::new(Exit::NotWritten, message)
    }

    /// Names the way out.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps a place only where it is a flag: a study that was made of flags is a text that the user has never seen.
    pub fn placed_at_flags(mut self) -> Self {
        self.place = self.place.filter(|place| place.origin.starts_with('-'));
        self
    }

    /// Says on stderr what is wrong. Silent where the reader of stdout went away: nobody is left to tell.
    pub fn report(self) -> Exit {
        if self.exit != Exit::Success {
            // With stderr closed too there is nowhere left to complain; the exit status still speaks.
            let _ = io::stderr().write_all(self.render().as_bytes());
        }
        self.exit
    }

    /// As people read it: message, place, details, hint.
    pub fn render(&self) -> String {
        let mut text = format!("error: {}\n", self.message);
        if let Some(place) = &self.place {
            text += &format!("  --> {place}\n");
            if let Some(Position { line, column, width, source_line }) = &place.position {
                let margin = " ".repeat(line.to_string().len());
                // Tabs keep their place, so that the caret stands under what it points at.
                let indent: String =
                    source_line.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
                text += &format!("{margin} |\n{line} | {source_line}\n{margin} | {indent}{}\n", "^".repeat(*width));
            }
        }
        text += &self.details;
        if let Some(hint) = &self.hint {
            text += &format!("\nhint: {hint}\n");
        }
        text
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { details: problem.details(), hint: problem.hint(), ..Self::bad_input(problem.to_string()) }
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        Self { place: error.place.map(Box::new), ..Self::from(*error.problem) }
    }
}

impl From<ValidateError> for Failure {
    fn from(error: ValidateError) -> Self {
        let message = error.to_string();
        match error {
            ValidateError::Study { cause, .. } => Self { message, ..Self::from(cause) },
            _ => Self::bad_input(message),
        }
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::not_written(chain(&error))
    }
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Self {
        match error {
            PlotError::Read(_) | PlotError::Unit(_) => Self::bad_input(chain(&error))
                .with_hint("`teorell report` says which files of a folder are as the run wrote them"),
            _ => Self::not_written(chain(&error)),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::not_written(chain(&error))
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Write(_) => Self::not_written(chain(&error)),
            _ => Self::bad_input(chain(&error)),
        }
    }
}

impl From<SimulateError> for Failure {
    fn from(error: SimulateError) -> Self {
        match error {
            SimulateError::Sink(error) => error.into(),
            _ => Self::bad_input(chain(&error)),
        }
    }
}

/// An error with its causes, one after the other; a cause that the message before it already tells is not told twice.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text += &format!(": {next}");
        }
        cause = error.source();
    }
    text
}

/// Something that is good to know, on stderr.
pub fn note(text: &str) {
    say(text);
}

/// Something that did not go well but did not end the run, on stderr.
pub fn warning(text: &str) {
    say(&format!("warning: {text}"));
}

fn say(line: &str) {
    // With stderr closed nobody listens.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes data to stdout. A closed pipe ends the command quietly, with status 0: its reader had enough.
///
/// # Errors
/// Where stdout cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::new(Exit::Success, ""),
        _ => Failure::new(Exit::NotWritten, format!("cannot write to standard output: {error}")),
    })
}

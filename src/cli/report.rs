//! What people read: data to stdout, problems to stderr.

use std::io::{self, Write as _};

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

    /// Says on stderr what is wrong. Silent where the reader of stdout went away: nobody is left to tell.
    pub fn report(self) -> Exit {
        if self.exit != Exit::Success {
            // With stderr closed too there is nowhere left to complain; the exit status still speaks.
            let _ = io::stderr().write_all(self.render().as_bytes());
        }
        self.exit
    }

    fn render(&self) -> String {
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

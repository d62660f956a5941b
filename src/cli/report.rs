//! What people read: data to stdout, problems to stderr.

use std::io::{self, Write as _};

use teorell::study::{Place, Position, StudyError};

use super::exit_code::Exit;

/// Why a command ends early.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    place: Option<Place>,
    hint: Option<String>,
}

impl Failure {
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
        if let Some(hint) = &self.hint {
            text += &format!("\nhint: {hint}\n");
        }
        text
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        Self {
            exit: Exit::BadInput,
            message: error.problem.to_string(),
            hint: error.problem.hint(),
            place: error.place,
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
        io::ErrorKind::BrokenPipe => Failure { exit: Exit::Success, message: String::new(), place: None, hint: None },
        _ => Failure {
            exit: Exit::NotWritten,
            message: format!("cannot write to standard output: {error}"),
            place: None,
            hint: None,
        },
    })
}

//! What the exit status says.

/// Shown at the end of `teorell --help`.
pub const EXPLAINED: &str = "\
Exit status:
  0  everything went well
  1  a check failed (`check`, `validate`, `report`)
  2  wrong usage or bad input
  3  some subjects failed; the others are written
  4  output could not be written";

/// Exit status of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything went well; also where the reader of a pipe went away.
    Success = 0,
    /// A check failed.
    CheckFailed = 1,
    /// Wrong usage or bad input.
    BadInput = 2,
    /// Some subjects failed; the others are written.
    SubjectsFailed = 3,
    /// Output could not be written.
    NotWritten = 4,
}

impl Exit {
    /// The one that matters more, of several inputs.
    pub fn worse(self, other: Self) -> Self {
        if other as u8 > self as u8 { other } else { self }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

//! What a reader or the analysis has to say about a place in a model's text, and how it is shown.

use super::ir::Span;
use std::fmt::Write as _;

/// How grave a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The model runs; the user should know.
    Note,
    /// The model is refused.
    Error,
}

/// One finding about a model's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or note.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What is wrong: lower case, without a full stop, the offending text in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Longest stretch of a source line that is shown, in characters.
const SHOWN_COLUMNS: usize = 100;
/// Characters shown before the place in a line that is too long.
const SHOWN_BEFORE: usize = 40;

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, span, message: message.into(), help: None }
    }

    /// A note at a place.
    #[must_use]
    pub fn note(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, span, message: message.into(), help: None }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column (both from 1, the column in characters) of the place in `text`.
    #[must_use]
    pub fn line_column(&self, text: &str) -> (usize, usize) {
        line_column(text, self.span.start)
    }

    /// The finding as plain text: severity and message, file with line and column, the line itself with carets under the
    /// place, and the remedy. Ends with a line break.
    #[must_use]
    pub fn render(&self, text: &str, file: &str) -> String {
        let start = floor_boundary(text, self.span.start);
        let (line, column) = line_column(text, start);
        let line_start = line_start(text, start);
        let line_end = text[start..].find('\n').map_or(text.len(), |n| start + n);
        let source: Vec<char> = text[line_start..line_end].trim_end().chars().collect();
        let width = text[start..floor_boundary(text, self.span.end.clamp(start, line_end))].chars().count();

        let from = if source.len() > SHOWN_COLUMNS { (column - 1).saturating_sub(SHOWN_BEFORE) } else { 0 };
        let to = source.len().min(from + SHOWN_COLUMNS);
        let mut shown = String::from(if from > 0 { "..." } else { "" });
        let indent = column - 1 - from + shown.len();
        // A tab is one column here, so that the caret stands where the reader's eye expects it.
        shown.extend(source[from..to.max(from)].iter().map(|&c| if c.is_control() { ' ' } else { c }));
        if to < source.len() {
            shown.push_str("...");
        }
        let carets = "^".repeat(width.min(to.saturating_sub(column - 1)).max(1));

        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        };
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let mut out = format!("{severity}: {}\n", self.message);
        let _ = writeln!(out, "{gutter}--> {file}:{line}:{column}");
        let _ = writeln!(out, "{gutter} |");
        let _ = writeln!(out, "{number} | {shown}");
        let _ = writeln!(out, "{gutter} | {}{carets}", " ".repeat(indent));
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{gutter} = help: {help}");
        }
        out
    }
}

/// Line and column of byte `offset`, both from 1, the column in characters. An offset past the end is the end.
#[must_use]
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let offset = floor_boundary(text, offset);
    let line = text[..offset].matches('\n').count() + 1;
    (line, text[line_start(text, offset)..offset].chars().count() + 1)
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |n| n + 1)
}

/// The last character boundary that is not after `offset`.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    #[test]
    fn the_caret_stands_under_the_place_and_the_remedy_follows() {
        let text = "a <- 1\nb <- foo(a)\n";
        let diagnostic = Diagnostic::error(span(12, 15), "unknown function `foo`").with_help("write it out");
        insta::assert_snapshot!(diagnostic.render(text, "m.R"), @r"
        error: unknown function `foo`
         --> m.R:2:6
          |
        2 | b <- foo(a)
          |      ^^^
          = help: write it out
        ");
    }

    #[test]
    fn columns_count_characters_and_carets_stay_within_the_line() {
        let text = "é\u{1F600}x\nnext";
        let diagnostic = Diagnostic::note(span(6, 20), "here");
        assert_eq!(diagnostic.line_column(text), (1, 3));
        assert!(diagnostic.render(text, "m").ends_with("é\u{1F600}x\n  |   ^\n"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}here{}", "a".repeat(5_000), "b".repeat(5_000));
        let shown = Diagnostic::error(span(5_000, 5_004), "m").render(&text, "f");
        assert!(shown.len() < 400, "{shown}");
        assert!(shown.contains("ahereb"), "{shown}");
        let column_of = |line: usize, mark: &str| shown.lines().nth(line).unwrap().find(mark).unwrap();
        assert_eq!(column_of(3, "here"), column_of(4, "^^^^"));
    }

    #[test]
    fn a_place_past_the_end_is_the_end() {
        assert_eq!(line_column("ab\n", 99), (2, 1));
        assert!(Diagnostic::error(span(99, 100), "m").render("", "f").contains("f:1:1"));
    }
}

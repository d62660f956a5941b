//! Lines of a table, cell by cell.

use std::fmt::Display;
use std::io::Write as _;

use super::number;

/// Lines of CSV that are being put together.
#[derive(Debug)]
pub struct Cells {
    text: Vec<u8>,
    digits: Option<u8>,
    n_lines: u64,
    begins_line: bool,
}

impl Cells {
    /// No lines yet, in a buffer that is empty. `digits`: significant ones of numbers; `None` writes as many as read back exactly.
    pub(super) fn new(buffer: Vec<u8>, digits: Option<u8>) -> Self {
        Self { text: buffer, digits, n_lines: 0, begins_line: true }
    }

    /// Significant digits of numbers.
    pub(super) fn digits(&self) -> Option<u8> {
        self.digits
    }

    /// Adds a text, in quotes where it needs them.
    pub(super) fn text(&mut self, text: &str) {
        self.separate();
        push_text(&mut self.text, text);
    }

    /// Adds a count or a word, which needs no quotes.
    pub(super) fn word(&mut self, word: impl Display) {
        self.separate();
        write!(self.text, "{word}").expect("memory takes all that is written");
    }

    /// Adds a count or a word, or an empty cell.
    pub(super) fn optional(&mut self, word: Option<impl Display>) {
        match word {
            Some(word) => self.word(word),
            None => self.empty(),
        }
    }

    /// Adds a number; an empty cell where there is none, or none that is finite.
    pub(super) fn number(&mut self, value: impl Into<Option<f64>>) {
        self.separate();
        number::push_option(&mut self.text, value.into(), self.digits);
    }

    /// Adds a number after the other.
    pub(super) fn numbers<T: Into<Option<f64>>>(&mut self, values: impl IntoIterator<Item = T>) {
        values.into_iter().for_each(|value| self.number(value));
    }

    /// Adds a cell without anything in it.
    pub(super) fn empty(&mut self) {
        self.separate();
    }

    /// Adds cells that were put together before.
    pub(super) fn ready(&mut self, cells: &[u8]) {
        self.separate();
        self.text.extend_from_slice(cells);
    }

    /// Adds lines that are ready.
    pub(super) fn lines(&mut self, lines: &[u8], n_lines: u64) {
        self.text.extend_from_slice(lines);
        self.n_lines += n_lines;
    }

    /// Ends a line.
    pub(super) fn end_line(&mut self) {
        self.text.push(b'\n');
        self.n_lines += 1;
        self.begins_line = true;
    }

    /// The lines, and how many.
    pub(super) fn into_lines(self) -> (Vec<u8>, u64) {
        (self.text, self.n_lines)
    }

    fn separate(&mut self) {
        if !self.begins_line {
            self.text.push(b',');
        }
        self.begins_line = false;
    }
}

/// Appends text as a CSV field, in quotes where it needs them.
pub(super) fn push_text(line: &mut Vec<u8>, text: &str) {
    if text.bytes().any(|c| matches!(c, b',' | b'"' | b'\n' | b'\r')) {
        line.push(b'"');
        for c in text.bytes() {
            if c == b'"' {
                line.push(b'"');
            }
            line.push(c);
        }
        line.push(b'"');
    } else {
        line.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cells: Cells) -> String {
        String::from_utf8(cells.into_lines().0).unwrap()
    }

    #[test]
    fn cells_of_every_kind_stand_between_commas() {
        let mut cells = Cells::new(Vec::new(), Some(3));
        cells.empty();
        cells.text("a, b");
        cells.word(17);
        cells.numbers([1.23456, f64::NAN]);
        cells.end_line();
        cells.number(None);
        cells.number(Some(0.5));
        cells.optional(Some("yes"));
        cells.optional(None::<u64>);
        cells.end_line();
        assert_eq!(text(cells), ",\"a, b\",17,1.23,\n,0.5,yes,\n");
    }

    #[test]
    fn text_that_holds_separators_reads_back() {
        let mut line = Vec::new();
        push_text(&mut line, "he said \"1,5\"\nthen left");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(&record[0], "he said \"1,5\"\nthen left");
    }
}

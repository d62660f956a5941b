//! From bytes to the cells of one line at a time: gzip, byte order marks, line ends, separators, quotes.
//!
//! The csv crate is not used for reading here because its line numbers are off by one after CRLF line ends and after
//! blank lines (csv 1.4, tried), and because a quote left open makes it swallow the rest of the file. A record of a data set
//! is one line, so a quote ends on its line or is reported, and reading goes on with the next one.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::Range;

use flate2::read::MultiGzDecoder;

use super::fault::Fault;

/// Longest line taken, in bytes: a record of some thousand columns.
const MAX_LINE: usize = 1 << 20;
const BUFFER: usize = 1 << 16;
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// A source of lines, cut into cells.
pub(crate) struct Lines {
    reader: Box<dyn BufRead + Send>,
    separator: u8,
    /// `\n`, or `\r` in files of old.
    terminator: u8,
    line: Vec<u8>,
    cells: Vec<Range<usize>>,
    number: u64,
}

impl Lines {
    /// Unpacks where that is needed, and learns line ends from the first stretch of text.
    pub fn new(source: impl Read + Send + 'static) -> Result<Self, Fault> {
        const GZIP: &[u8] = b"\x1f\x8b";
        const ZIP: &[u8] = b"PK\x03\x04";
        let mut reader: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(BUFFER, source));
        let mut head = head_of(&mut reader)?;
        if head.starts_with(GZIP) {
            let unpacked = MultiGzDecoder::new(Cursor::new(head).chain(reader));
            reader = Box::new(BufReader::with_capacity(BUFFER, unpacked));
            head = head_of(&mut reader)?;
        }
        if head.starts_with(ZIP) {
            return Err(Fault::Workbook);
        }
        if head.starts_with(b"\xfe\xff") || head.starts_with(b"\xff\xfe") {
            return Err(Fault::Utf16);
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            head.drain(..3);
        }
        let terminator = match head.iter().position(|&byte| byte == b'\r' || byte == b'\n') {
            Some(end) if head[end] == b'\r' && head.get(end + 1) != Some(&b'\n') => b'\r',
            _ => b'\n',
        };
        let reader = Box::new(Cursor::new(head).chain(reader));
        Ok(Self { reader, separator: b',', terminator, line: Vec::new(), cells: Vec::new(), number: 0 })
    }

    /// Reads the first line that is not blank, and learns the separator from it. `None` at the end.
    pub fn header(&mut self) -> Result<Option<()>, Fault> {
        if !self.read_text_line()? {
            return Ok(None);
        }
        self.separator = separator_of(&self.line);
        self.cut()?;
        Ok(Some(()))
    }

    /// Reads the next line that is not blank. `None` at the end. After a fault of the line itself, the next call goes on.
    pub fn next(&mut self) -> Result<Option<()>, Fault> {
        if !self.read_text_line()? {
            return Ok(None);
        }
        self.cut()?;
        Ok(Some(()))
    }

    /// Number of the line last read, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The line as it was read.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.line).into_owned()
    }

    /// Number of cells of the line last read.
    pub fn n_cells(&self) -> usize {
        self.cells.len()
    }

    /// One cell without quotes and surrounding blanks; empty where the line has no such cell.
    pub fn cell(&self, index: usize) -> &[u8] {
        self.cells.get(index).map_or(&[], |range| self.line[range.clone()].trim_ascii())
    }

    fn read_text_line(&mut self) -> Result<bool, Fault> {
        while self.read_line()? {
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read_line(&mut self) -> Result<bool, Fault> {
        self.line.clear();
        self.number += 1;
        let limit = MAX_LINE as u64 + 1;
        let read = self.reader.by_ref().take(limit).read_until(self.terminator, &mut self.line).map_err(unreadable)?;
        if read > MAX_LINE {
            while self.line.last() != Some(&self.terminator) {
                self.line.clear();
                let more = self.reader.by_ref().take(limit).read_until(self.terminator, &mut self.line);
                if more.map_err(unreadable)? == 0 {
                    break;
                }
            }
            return Err(Fault::LineTooLong { limit: MAX_LINE });
        }
        if self.line.last() == Some(&self.terminator) {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        }
        Ok(read > 0)
    }

    /// Finds the cells of the line. Quoted ones are unquoted in place.
    fn cut(&mut self) -> Result<(), Fault> {
        self.cells.clear();
        let (line, separator) = (&mut self.line, self.separator);
        let mut start = 0;
        loop {
            let mut at = start;
            while at < line.len() && (line[at] == b' ' || (line[at] == b'\t' && separator != b'\t')) {
                at += 1;
            }
            if line.get(at) == Some(&b'"') {
                let mut end = at;
                loop {
                    at += 1;
                    match line.get(at) {
                        None => return Err(Fault::QuoteNotClosed),
                        Some(b'"') if line.get(at + 1) != Some(&b'"') => break,
                        Some(b'"') => at += 1,
                        Some(_) => {}
                    }
                    line[end] = line[at];
                    end += 1;
                }
                // Text behind the closing quote stays part of the cell, so that it is met where the value is read.
                at += 1;
                while at < line.len() && line[at] != separator {
                    line[end] = line[at];
                    end += 1;
                    at += 1;
                }
                let from = line[start..end].iter().position(|&byte| byte != b' ' && byte != b'\t').unwrap_or(0);
                self.cells.push(start + from..end);
            } else {
                while at < line.len() && line[at] != separator {
                    at += 1;
                }
                self.cells.push(start..at);
            }
            if at >= line.len() {
                return Ok(());
            }
            start = at + 1;
        }
    }
}

/// Takes the first stretch of bytes off a reader.
fn head_of(reader: &mut impl Read) -> Result<Vec<u8>, Fault> {
    let mut head = Vec::with_capacity(BUFFER);
    reader.by_ref().take(BUFFER as u64).read_to_end(&mut head).map_err(unreadable)?;
    Ok(head)
}

fn unreadable(error: io::Error) -> Fault {
    Fault::Unreadable { message: error.to_string() }
}

/// The separator of cells in a header: of comma, semicolon and tab the one that occurs most often outside quotes; the comma on equal terms.
pub(crate) fn separator_of(header: &[u8]) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut quoted = false;
    for &byte in header {
        quoted ^= byte == b'"';
        if let Some(index) = SEPARATORS.iter().position(|&separator| separator == byte).filter(|_| !quoted) {
            counts[index] += 1;
        }
    }
    let best = (0..SEPARATORS.len()).rev().max_by_key(|&index| counts[index]).unwrap_or(0);
    SEPARATORS[best]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        let mut lines = Lines::new(Cursor::new(bytes.to_vec())).unwrap();
        let mut found = Vec::new();
        let mut more = lines.header().unwrap();
        while more.is_some() {
            let texts = (0..lines.n_cells()).map(|cell| String::from_utf8_lossy(lines.cell(cell)).into_owned());
            found.push((lines.number(), texts.collect()));
            more = lines.next().unwrap();
        }
        found
    }

    fn expected(rows: &[(u64, &[&str])]) -> Vec<(u64, Vec<String>)> {
        rows.iter().map(|&(line, cells)| (line, cells.iter().map(|&cell| cell.to_owned()).collect())).collect()
    }

    #[test]
    fn every_line_end_gives_the_same_cells_and_line_numbers() {
        let rows = expected(&[(1, &["ID", "TIME"]), (2, &["1", "0"]), (4, &["2", "3"])]);
        for end in ["\n", "\r\n", "\r"] {
            let text = ["ID,TIME", "1,0", "", "2,3", ""].join(end);
            assert_eq!(cells(text.as_bytes()), rows, "{end:?}");
            assert_eq!(cells(text.trim_end().as_bytes()), rows, "{end:?} without a last line end");
        }
    }

    #[test]
    fn the_separator_is_the_most_frequent_one_outside_quotes() {
        for (text, header) in [
            ("ID,TIME\n", ["ID", "TIME"]),
            ("ID;TIME\n", ["ID", "TIME"]),
            ("ID\tTIME\n", ["ID", "TIME"]),
            ("\"a;b;c\",TIME\n", ["a;b;c", "TIME"]),
        ] {
            assert_eq!(cells(text.as_bytes()), expected(&[(1, &header)]));
        }
    }

    #[test]
    fn quotes_protect_separators_and_doubled_quotes_stand_for_one() {
        let text = "ID,NOTE\n \"a,b\" ,\"say \"\"x\"\"\"\n\"\",c\"d\n";
        let rows = expected(&[(1, &["ID", "NOTE"]), (2, &["a,b", "say \"x\""]), (3, &["", "c\"d"])]);
        assert_eq!(cells(text.as_bytes()), rows);
    }

    #[test]
    fn an_open_quote_costs_one_line_not_the_file() {
        let mut lines = Lines::new(Cursor::new("ID,TIME\n\"1,2\n3,4\n")).unwrap();
        lines.header().unwrap();
        assert_eq!(lines.next(), Err(Fault::QuoteNotClosed));
        lines.next().unwrap();
        assert_eq!((lines.number(), lines.cell(1)), (3, b"4".as_slice()));
    }

    #[test]
    fn marks_and_archives_are_recognised() {
        assert_eq!(cells(b"\xef\xbb\xbfID,TIME\n"), expected(&[(1, &["ID", "TIME"])]));
        assert_eq!(Lines::new(Cursor::new(b"\xff\xfeI\0D\0")).err(), Some(Fault::Utf16));
        assert_eq!(Lines::new(Cursor::new(b"PK\x03\x04more")).err(), Some(Fault::Workbook));
    }
}

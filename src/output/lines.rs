//! Lines of a table that has a row per subject and time, put together block by block without asking for room piece by piece.

use super::decimals::{BLOCK, Decimals, ROOM};
use super::number;

/// Bytes that a short piece is copied by, whatever its length: a copy of known size is a load and a store.
const PIECE: usize = 16;

/// Bytes that a number and its comma take, with what they may touch behind them.
pub(super) const LONGEST_NUMBER: usize = ROOM + 1;

/// Text whose end may be overwritten: enough room is made once for a block of lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    end: usize,
}

impl Lines {
    /// Starts anew, with room for so many bytes.
    pub(super) fn begin(&mut self, room: usize) {
        self.end = 0;
        if self.bytes.len() < room + PIECE {
            self.bytes.resize(room + PIECE, 0);
        }
    }

    /// What was put together.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// Appends a piece of any length.
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes[self.end..self.end + text.len()].copy_from_slice(text);
        self.end += text.len();
    }

    /// Appends a piece that is seldom long.
    #[inline]
    pub(super) fn push_piece(&mut self, piece: Piece<'_>) {
        match piece.padded.first_chunk::<PIECE>() {
            Some(padded) if piece.n <= PIECE => {
                self.bytes[self.end..self.end + PIECE].copy_from_slice(padded);
                self.end += piece.n;
            }
            _ => self.push(&piece.padded[..piece.n]),
        }
    }

    /// Appends number `i` of a column's block, and a comma.
    #[inline]
    pub(super) fn push_number(&mut self, column: &mut NumberColumn, i: usize) {
        let place = self.bytes[self.end..].first_chunk_mut().expect("room was made for every number");
        match column.decimals.write(i, place) {
            Some(n) => self.end += n,
            None => {
                column.general.clear();
                number::push(&mut column.general, column.values[i], column.digits);
                self.push(&column.general);
            }
        }
        self.bytes[self.end] = b',';
        self.end += 1;
    }
}

/// The first bytes of a text that goes on behind them, or is padded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    padded: &'a [u8],
    n: usize,
}

/// A text that is copied over and over.
#[derive(Debug, Default)]
pub(super) struct Padded(Vec<u8>);

impl Padded {
    /// Ends a text so that its pieces can be copied quickly.
    pub(super) fn new(mut text: Vec<u8>) -> Self {
        text.resize(text.len() + PIECE, 0);
        Self(text)
    }

    /// Bytes of the text itself.
    pub(super) fn len(&self) -> usize {
        self.0.len().saturating_sub(PIECE)
    }

    /// A piece of it.
    #[inline]
    pub(super) fn piece(&self, range: std::ops::Range<usize>) -> Piece<'_> {
        Piece { padded: &self.0[range.start..], n: range.len() }
    }

    /// All of it.
    #[inline]
    pub(super) fn whole(&self) -> Piece<'_> {
        self.piece(0..self.len())
    }
}

/// The numbers of one column in a block of lines.
pub(super) struct NumberColumn {
    values: [f64; BLOCK],
    decimals: Decimals,
    digits: Option<u8>,
    // For numbers that go the general way.
    general: Vec<u8>,
}

impl NumberColumn {
    /// A column with so many significant digits, or all that are needed.
    pub(super) fn new(digits: Option<u8>) -> Self {
        Self { values: [0.0; BLOCK], decimals: Decimals::default(), digits, general: Vec::new() }
    }

    /// Takes the next block of values.
    pub(super) fn fill(&mut self, values: impl Iterator<Item = f64>) {
        self.values.fill(f64::NAN);
        self.values.iter_mut().zip(values).for_each(|(place, value)| *place = value);
        self.decimals.fill(&self.values, self.digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_numbers_of_any_length_follow_each_other() {
        let long = "a name of an arm that is longer than what is copied at once,";
        let values = [212.5, f64::NAN, 0.0, -1.5e-7, 0.1 + 0.2];
        for (digits, numbers) in [(None, "212.5,,0,-1.5e-7,0.30000000000000004,"), (Some(2), "210,,0,-1.5e-7,0.3,")] {
            let mut column = NumberColumn::new(digits);
            column.fill(values.into_iter());
            let text = Padded::new(format!("x,{long}").into_bytes());
            let mut lines = Lines::default();
            for _ in 0..2 {
                lines.begin(text.len() + 5 * LONGEST_NUMBER);
                lines.push_piece(text.piece(0..2));
                lines.push_piece(text.piece(2..text.len()));
                (0..5).for_each(|i| lines.push_number(&mut column, i));
                lines.push(b"6\n");
                assert_eq!(lines.as_bytes(), format!("x,{long}{numbers}6\n").as_bytes());
            }
        }
    }
}

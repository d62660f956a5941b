//! Cells as numbers.

use super::fault::Fault;

/// `.`, nothing, and NA in any case.
pub(super) fn is_missing(cell: &[u8]) -> bool {
    cell.is_empty() || cell == b"." || cell.eq_ignore_ascii_case(b"NA")
}

/// The cell as text for messages: shortened, and control characters made visible, for they could rule a terminal.
pub(super) fn text(cell: &[u8]) -> String {
    const LONGEST: usize = 60;
    let text = String::from_utf8_lossy(cell);
    let mut shown = String::with_capacity(text.len().min(LONGEST));
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    shown
}

/// The cell as a name or an ID: UTF-8 without control characters.
pub(super) fn name(cell: &[u8]) -> Result<&str, Fault> {
    match std::str::from_utf8(cell) {
        Ok(name) if name.contains(char::is_control) => Err(Fault::ControlCharacter { value: text(cell) }),
        Ok(name) => Ok(name),
        Err(_) => Err(Fault::NotText { value: text(cell) }),
    }
}

/// A number, or `None` where the cell is missing.
pub(super) fn number(cell: &[u8]) -> Result<Option<f64>, Fault> {
    if is_missing(cell) {
        return Ok(None);
    }
    match short_decimal(cell) {
        Some(value) => Ok(Some(value)),
        None => any_number(cell).map(Some),
    }
}

/// A whole number, or `None` where the cell is missing.
pub(super) fn whole(cell: &[u8]) -> Result<Option<i64>, Fault> {
    /// Beyond it not every whole number is a double.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    match number(cell)? {
        None => Ok(None),
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the exact range")]
        Some(value) if value.fract() == 0.0 && value.abs() <= LARGEST => Ok(Some(value as i64)),
        Some(_) => Err(Fault::NotWhole { value: text(cell) }),
    }
}

/// Most cells: digits with at most one point, few enough that both they and the power of ten are exact doubles, so that
/// their quotient is the nearest double (Clinger 1990, "How to read floating point numbers accurately").
fn short_decimal(cell: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, digits) = match cell {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > POWERS.len() {
        return None;
    }
    let mut value = 0_u64;
    let mut point = None;
    for (index, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(index),
            _ => return None,
        }
    }
    let n_digits = digits.len() - usize::from(point.is_some());
    if n_digits == 0 || n_digits > 15 {
        return None;
    }
    let n_decimals = point.map_or(0, |index| digits.len() - index - 1);
    #[expect(clippy::cast_precision_loss, reason = "15 digits are exact")]
    let magnitude = value as f64 / POWERS[n_decimals];
    Some(if negative { -magnitude } else { magnitude })
}

fn any_number(cell: &[u8]) -> Result<f64, Fault> {
    let value = text(cell);
    let Ok(utf8) = std::str::from_utf8(cell) else { return Err(Fault::NotText { value }) };
    match utf8.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(Fault::NotFinite { value }),
        Err(_) if has_decimal_comma(cell) => Err(Fault::DecimalComma { value }),
        Err(_) => Err(Fault::NotANumber { value }),
    }
}

fn has_decimal_comma(cell: &[u8]) -> bool {
    let Some(comma) = cell.iter().position(|&byte| byte == b',') else { return false };
    let (before, after) = (&cell[..comma], &cell[comma + 1..]);
    let before = before.strip_prefix(b"-").unwrap_or(before);
    !before.is_empty() && !after.is_empty() && [before, after].concat().iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn missing_is_a_point_nothing_or_na() {
        for cell in ["", ".", "NA", "na"] {
            assert_eq!(number(cell.as_bytes()), Ok(None));
        }
    }

    #[test]
    fn what_is_no_finite_number_is_told_apart() {
        let fault = |cell: &str| number(cell.as_bytes()).unwrap_err().code();
        assert_eq!(fault("12,5"), "decimal-comma");
        assert_eq!(fault("NaN"), "not-finite");
        assert_eq!(fault("-inf"), "not-finite");
        assert_eq!(fault("1e999"), "not-finite");
        assert_eq!(fault("1.2.3"), "not-a-number");
        assert_eq!(fault("-"), "not-a-number");
        assert_eq!(fault("0x10"), "not-a-number");
        assert_eq!(number(b"\xff1").unwrap_err().code(), "not-utf-8");
        assert_eq!(whole(b"1.5").unwrap_err().code(), "not-whole");
    }

    proptest! {
        #[test]
        fn short_decimals_are_read_as_std_reads_them(sign in "-?", digits in "[0-9]{0,17}", decimals in "(\\.[0-9]{0,17})?") {
            let cell = format!("{sign}{digits}{decimals}");
            let expected = cell.parse::<f64>().ok().map(f64::to_bits);
            let found = (!is_missing(cell.as_bytes())).then(|| number(cell.as_bytes()).ok().flatten().map(f64::to_bits));
            prop_assert!(found.is_none() || found == Some(expected));
        }

        #[test]
        fn every_finite_double_reads_back(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let mut buffer = zmij::Buffer::new();
            let text = buffer.format_finite(value);
            prop_assert_eq!(number(text.as_bytes()).unwrap().map(f64::to_bits), Some(bits));
        }
    }
}

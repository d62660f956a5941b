//! Numbers as text: the shortest digits that read back exactly, or a chosen number of significant digits.

/// Appends `value`; nothing where it is not finite (an empty cell).
///
/// `digits` rounds half away from zero on the shortest decimal, and leaves trailing zeros out.
#[inline]
pub fn push(text: &mut Vec<u8>, value: f64, digits: Option<u8>) {
    if !value.is_finite() {
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format_finite(value);
    match digits {
        None => text.extend_from_slice(shortest.strip_suffix(".0").unwrap_or(shortest).as_bytes()),
        Some(digits) => push_rounded(text, shortest.as_bytes(), digits.max(1).into()),
    }
}

/// Appends `value`, or nothing where there is none.
#[inline]
pub fn push_option(text: &mut Vec<u8>, value: Option<f64>, digits: Option<u8>) {
    push(text, value.unwrap_or(f64::NAN), digits);
}

/// The number as a string of its own.
#[must_use]
pub fn format(value: f64, digits: Option<u8>) -> String {
    let mut text = Vec::new();
    push(&mut text, value, digits);
    String::from_utf8(text).expect("digits, signs, points and exponents are ASCII")
}

/// Longest mantissa of a shortest decimal.
const LONGEST: usize = 17;

/// A decimal `0.d1d2d3... * 10^exponent`.
struct Decimal {
    negative: bool,
    digits: [u8; LONGEST],
    n: usize,
    exponent: i32,
}

impl Decimal {
    /// Takes apart what `zmij` writes: `-12.5`, `1.5e-7`, `0.001`.
    fn parse(text: &[u8]) -> Self {
        let (negative, text) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
        let (mantissa, power) = match text.iter().position(|&c| c == b'e') {
            Some(e) => (&text[..e], parse_exponent(&text[e + 1..])),
            None => (text, 0),
        };
        let mut decimal = Self { negative, digits: [0; LONGEST], n: 0, exponent: power };
        let mut before_point = true;
        for &c in mantissa {
            if c == b'.' {
                before_point = false;
                continue;
            }
            let leading = decimal.n == 0 && c == b'0';
            if before_point && !leading {
                decimal.exponent += 1;
            } else if !before_point && leading {
                decimal.exponent -= 1;
            }
            // Zeros that only fill up to the point, as in 123456789012345680.0, are not digits.
            if !leading && decimal.n < LONGEST {
                decimal.digits[decimal.n] = c - b'0';
                decimal.n += 1;
            }
        }
        decimal
    }

    fn round(&mut self, digits: usize) {
        if self.n > digits {
            let up = self.digits[digits] >= 5;
            self.n = digits;
            if up {
                while self.n > 0 && self.digits[self.n - 1] == 9 {
                    self.n -= 1;
                }
                if self.n == 0 {
                    self.digits[0] = 1;
                    self.n = 1;
                    self.exponent += 1;
                } else {
                    self.digits[self.n - 1] += 1;
                }
            }
        }
        while self.n > 0 && self.digits[self.n - 1] == 0 {
            self.n -= 1;
        }
    }

    fn push(&self, text: &mut Vec<u8>) {
        // As `zmij` does: plain between 1e-5 and 1e16, otherwise with an exponent.
        const PLAIN: std::ops::RangeInclusive<i32> = -4..=16;
        if self.n == 0 {
            text.push(b'0');
            return;
        }
        if self.negative {
            text.push(b'-');
        }
        let digit = |i: usize| b'0' + self.digits[i];
        if PLAIN.contains(&self.exponent) {
            let point = self.exponent;
            if point <= 0 {
                text.extend_from_slice(b"0.");
                text.extend((point..0).map(|_| b'0'));
                text.extend((0..self.n).map(digit));
            } else {
                let point = point as usize;
                text.extend((0..point).map(|i| if i < self.n { digit(i) } else { b'0' }));
                if self.n > point {
                    text.push(b'.');
                    text.extend((point..self.n).map(digit));
                }
            }
        } else {
            text.push(digit(0));
            if self.n > 1 {
                text.push(b'.');
                text.extend((1..self.n).map(digit));
            }
            text.extend_from_slice(format!("e{}", self.exponent - 1).as_bytes());
        }
    }
}

fn parse_exponent(text: &[u8]) -> i32 {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let size = text.iter().fold(0, |sum, c| 10 * sum + i32::from(c - b'0'));
    if negative { -size } else { size }
}

fn push_rounded(text: &mut Vec<u8>, shortest: &[u8], digits: usize) {
    let mut decimal = Decimal::parse(shortest);
    decimal.round(digits);
    decimal.push(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shortest_text_has_no_trailing_point_and_no_text_for_what_is_undefined() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (504.0, "504"),
            (18.525188226, "18.525188226"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-7, "1e-7"),
            (f64::NAN, ""),
            (f64::INFINITY, ""),
        ];
        for (value, text) in cases {
            assert_eq!(format(value, None), text);
        }
    }

    #[test]
    fn chosen_digits_round_half_away_and_drop_trailing_zeros() {
        let cases = [
            (18.525188226, 6, "18.5252"),
            (999_999.96, 6, "1000000"),
            (0.000_123_456_7, 3, "0.000123"),
            (2.5, 1, "3"),
            (-2.5, 1, "-3"),
            (1_234_567.0, 3, "1230000"),
            (6.02e23, 2, "6e23"),
            (1.5e-9, 6, "1.5e-9"),
            (0.0, 4, "0"),
            (99.95, 3, "100"),
            (9.99e-6, 2, "0.00001"),
            (9.94e-6, 2, "9.9e-6"),
        ];
        for (value, digits, text) in cases {
            assert_eq!(format(value, Some(digits)), text, "{value} to {digits}");
        }
    }

    proptest! {
        #[test]
        fn shortest_text_reads_back_exactly(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(format(value, None).parse::<f64>().unwrap().to_bits(), bits);
        }

        #[test]
        fn rounded_text_is_within_half_a_unit_of_its_last_digit(bits in any::<u64>(), digits in 1..18_u8) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_normal() && value.abs() < 1e300);
            let back = format(value, Some(digits)).parse::<f64>().unwrap();
            // Half a unit in the last digit, and the rounding of reading back.
            let half = 0.5 * 10f64.powi(1 - i32::from(digits)) + 4.0 * f64::EPSILON;
            prop_assert!((back / value - 1.0).abs() <= half, "{} {}", value, back);
        }
    }
}

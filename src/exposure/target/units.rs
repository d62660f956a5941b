//! Units in conditions: taken out of the text before it is parsed, and given back to their numbers.

use super::TargetUnits;
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::Span;
use crate::units::{AmountUnit, ConcentrationUnit, TimeUnit, UnitError};

/// What a quantity is measured in: powers of a concentration, a time and an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dimension {
    pub concentration: i8,
    pub time: i8,
    pub amount: i8,
}

impl Dimension {
    pub const NONE: Self = Self { concentration: 0, time: 0, amount: 0 };
    pub const CONCENTRATION: Self = Self { concentration: 1, ..Self::NONE };
    pub const TIME: Self = Self { time: 1, ..Self::NONE };
    pub const AREA: Self = Self { concentration: 1, time: 1, ..Self::NONE };
    pub const AMOUNT: Self = Self { amount: 1, ..Self::NONE };

    pub fn times(self, other: Self) -> Self {
        Self {
            concentration: self.concentration.saturating_add(other.concentration),
            time: self.time.saturating_add(other.time),
            amount: self.amount.saturating_add(other.amount),
        }
    }

    pub fn over(self, other: Self) -> Self {
        Self {
            concentration: self.concentration.saturating_sub(other.concentration),
            time: self.time.saturating_sub(other.time),
            amount: self.amount.saturating_sub(other.amount),
        }
    }

    /// In words, for a message.
    pub fn words(self) -> String {
        match self {
            Self::NONE => "a plain number".to_owned(),
            Self::CONCENTRATION => "a concentration".to_owned(),
            Self::TIME => "a time".to_owned(),
            Self::AREA => "a concentration times a time".to_owned(),
            Self::AMOUNT => "an amount".to_owned(),
            Self { concentration, time, amount } => {
                format!("of dimension concentration^{concentration} time^{time} amount^{amount}")
            }
        }
    }
}

/// A unit in the text, behind a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrittenUnit {
    /// Where the number ends.
    pub number_end: usize,
    pub span: Span,
    pub text: String,
}

/// The text with spaces in place of units, so that places stay what they are, and the units.
///
/// No two things follow each other in an expression without an operator between, so a letter behind a number begins its unit.
pub(super) fn lift(text: &str) -> (String, Vec<WrittenUnit>) {
    let bytes = text.as_bytes();
    let is_name = |at: usize| bytes.get(at).is_some_and(|&c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.'));
    let mut plain = text.as_bytes().to_vec();
    let mut units = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() && bytes[at] != b'.' {
            // Over a whole name, whose digits are no number.
            at += 1;
            while at > 0 && is_name(at - 1) && is_name(at) {
                at += 1;
            }
            continue;
        }
        let number_end = number_end(bytes, at);
        let start = number_end + text[number_end..].len() - text[number_end..].trim_start_matches([' ', '\t']).len();
        let length = unit_length(&text[start..]);
        if length > 0 {
            plain[start..start + length].fill(b' ');
            let span = Span { start, end: start + length };
            units.push(WrittenUnit { number_end, span, text: text[start..start + length].to_owned() });
        }
        at = (start + length).max(number_end).max(at + 1);
    }
    // Only whole characters were replaced.
    (String::from_utf8(plain).unwrap_or_else(|_| text.to_owned()), units)
}

fn number_end(bytes: &[u8], start: usize) -> usize {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(|c| c.is_ascii_digit() || *c == b'.') {
            at += 1;
        }
        at
    };
    let end = digits(start);
    if bytes.get(end).is_some_and(|c| matches!(c, b'e' | b'E')) {
        let sign = usize::from(bytes.get(end + 1).is_some_and(|c| matches!(c, b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            return digits(end + 1 + sign);
        }
    }
    end
}

/// Length in bytes of the unit that the text begins with: letters, joined by `*`, `/` or `·` without spaces.
fn unit_length(text: &str) -> usize {
    let is_letter = |c: char| c.is_alphabetic() || c == '%' || c == 'µ';
    let mut end = 0;
    let mut rest = text;
    loop {
        let word = rest.find(|c: char| !is_letter(c)).unwrap_or(rest.len());
        if word == 0 {
            return end;
        }
        let before = text.len() - rest.len();
        end = before + word;
        rest = &rest[word..];
        match rest.chars().next() {
            Some(joint @ ('*' | '/' | '·')) => rest = &rest[joint.len_utf8()..],
            _ => return end,
        }
    }
}

impl WrittenUnit {
    /// What a number with this unit is multiplied with to be in the study's units, and its dimension.
    pub fn factor(&self, units: &TargetUnits) -> Result<(f64, Dimension), Diagnostic> {
        let fault = |cause: UnitError| Diagnostic::error(self.span, cause.to_string());
        let Parts { time, rest } = self.parts();
        let mut factor = 1.0;
        let mut dimension = Dimension::NONE;
        if let Some(time) = time {
            // A study's times are in hours where its model does not say the unit.
            factor *= time.convert(1.0, units.time.parse().unwrap_or_default());
            dimension = Dimension::TIME;
        }
        if rest.is_empty() {
            return Ok((factor, dimension));
        }
        if let Ok(concentration) = rest.parse::<ConcentrationUnit>() {
            let to: ConcentrationUnit = self.of_study(&units.concentration, "concentrations")?;
            return Ok((factor * concentration.factor(to).map_err(fault)?, dimension.times(Dimension::CONCENTRATION)));
        }
        if let (None, Ok(amount)) = (time, rest.parse::<AmountUnit>()) {
            let to: AmountUnit = self.of_study(&units.amount, "doses")?;
            return Ok((amount.factor(to).map_err(fault)?, Dimension::AMOUNT));
        }
        Err(Diagnostic::error(self.span, format!("`{}` is not a unit of a quantity here", self.text))
            .with_help("write a concentration (`mg/L`), a time (`h`), both (`mg*h/L`) or an amount (`mg`), with spaces around the `/` of a division"))
    }

    fn of_study<T: std::str::FromStr>(&self, unit: &str, what: &str) -> Result<T, Diagnostic> {
        unit.parse().map_err(|_| {
            let says = if unit.is_empty() { "nothing".to_owned() } else { format!("`{unit}`") };
            let message =
                format!("`{}` cannot be converted: the model does not say the unit of {what}, but {says}", self.text);
            Diagnostic::error(self.span, message)
                .with_help("leave the unit out, and write the number in the unit of the model")
        })
    }

    /// The unit of time in it, and the rest.
    fn parts(&self) -> Parts {
        let mut rest = String::new();
        let mut time = None;
        let mut joint = '*';
        for piece in self.text.split_inclusive(['*', '/', '·']) {
            let word = piece.trim_end_matches(['*', '/', '·']);
            match word.parse::<TimeUnit>() {
                Ok(unit) if time.is_none() && joint != '/' => time = Some(unit),
                _ => {
                    if joint == '/' {
                        rest.push('/');
                    } else if !rest.is_empty() {
                        rest.push('*');
                    }
                    rest.push_str(word);
                }
            }
            joint = piece.chars().next_back().filter(|c| matches!(c, '/')).unwrap_or('*');
        }
        Parts { time, rest }
    }
}

struct Parts {
    time: Option<TimeUnit>,
    rest: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_taken_out_without_moving_anything() {
        let text = "time_above2(1e-3 mg/L) > 80 mg*h/L & a1 < 3 µg/mL / tau";
        let (plain, units) = lift(text);
        assert_eq!(plain, "time_above2(1e-3     ) > 80        & a1 < 3        / tau");
        assert_eq!(plain.len(), text.len());
        let found: Vec<&str> = units.iter().map(|unit| unit.text.as_str()).collect();
        assert_eq!(found, ["mg/L", "mg*h/L", "µg/mL"]);
        assert_eq!(&text[..units[0].number_end], "time_above2(1e-3");
        assert_eq!(lift("a.b > 5").1, []);
    }
}

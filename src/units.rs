//! Units of time, amount and concentration, and factors between them, level 0.
//!
//! Factors are exact ratios of SI prefixes and calendar lengths, so that whole days become whole hours without rounding.
//! Mass and moles do not convert into each other here: that needs a molar mass, which a model file does not give.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// What can be wrong with a unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// Not a unit of time.
    #[error("`{text}` is not a unit of time; expected one of s, min, h, day, week, month, year")]
    UnknownTime {
        /// As given.
        text: String,
    },
    /// Not a unit of amount.
    #[error(
        "`{text}` is not a unit of amount; expected for instance kg, g, mg, ug, ng, pg, mol, mmol, umol, nmol, IU or U"
    )]
    UnknownAmount {
        /// As given.
        text: String,
    },
    /// Not an amount per volume.
    #[error(
        "`{text}` is not a unit of concentration; expected an amount per volume such as mg/L or ng/mL, or a molarity such as nM"
    )]
    UnknownConcentration {
        /// As given.
        text: String,
    },
    /// Mass against moles against activity.
    #[error("`{from}` does not convert to `{to}`: one is {from_kind}, the other {to_kind}")]
    Incompatible {
        /// Unit to convert from.
        from: String,
        /// Unit to convert to.
        to: String,
        /// Kind of quantity of `from`.
        from_kind: Quantity,
        /// Kind of quantity of `to`.
        to_kind: Quantity,
    },
    /// A time without a number, or without a unit.
    #[error("`{text}` is not a length of time; expected a number and a unit such as `1 h`, `30 min` or `21 d`")]
    NotATimeSpan {
        /// As given.
        text: String,
    },
}

/// A unit of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// 1 s.
    Second,
    /// 60 s.
    Minute,
    /// 3600 s.
    #[default]
    Hour,
    /// 24 h.
    Day,
    /// 7 days.
    Week,
    /// A twelfth of a year.
    Month,
    /// 365.25 days.
    Year,
}

impl TimeUnit {
    /// Length in seconds.
    #[must_use]
    pub const fn seconds(self) -> f64 {
        match self {
            Self::Second => 1.0,
            Self::Minute => 60.0,
            Self::Hour => 3600.0,
            Self::Day => 86_400.0,
            Self::Week => 604_800.0,
            Self::Month => 2_629_800.0,
            Self::Year => 31_557_600.0,
        }
    }

    /// What a time in `self` is in `to`: exact wherever the result is.
    #[must_use]
    pub fn convert(self, time: f64, to: Self) -> f64 {
        if self == to { time } else { time * self.seconds() / to.seconds() }
    }

    /// The unit as columns and axes show it.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "d",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl FromStr for TimeUnit {
    type Err = UnitError;

    /// Reads `h`, `hr`, `hour(s)`, `d`, `day(s)`, `week(s)`, ... in any case.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "s" | "sec" | "secs" | "second" | "seconds" => Ok(Self::Second),
            "min" | "mins" | "minute" | "minutes" => Ok(Self::Minute),
            "h" | "hr" | "hrs" | "hour" | "hours" => Ok(Self::Hour),
            "d" | "day" | "days" => Ok(Self::Day),
            "w" | "wk" | "wks" | "week" | "weeks" => Ok(Self::Week),
            "mo" | "month" | "months" => Ok(Self::Month),
            "y" | "yr" | "yrs" | "year" | "years" => Ok(Self::Year),
            _ => Err(UnitError::UnknownTime { text: text.trim().to_owned() }),
        }
    }
}

/// A length of time with its unit, as a study states it: `"1 h"`, `"30 min"`, `"21 d"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSpan {
    /// How many.
    pub value: f64,
    /// Of what.
    pub unit: TimeUnit,
}

impl TimeSpan {
    /// The span in another unit.
    #[must_use]
    pub fn to(self, unit: TimeUnit) -> f64 {
        self.unit.convert(self.value, unit)
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.unit)
    }
}

impl FromStr for TimeSpan {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::NotATimeSpan { text: text.trim().to_owned() };
        let trimmed = text.trim();
        // An exponent's `e` is part of the number, so the unit starts at the first letter that is not one.
        let split = trimmed
            .char_indices()
            .find(|&(at, c)| {
                c.is_alphabetic()
                    && !(matches!(c, 'e' | 'E')
                        && trimmed[at + 1..]
                            .starts_with(|next: char| next.is_ascii_digit() || matches!(next, '-' | '+')))
            })
            .map(|(at, _)| at)
            .ok_or_else(wrong)?;
        let value: f64 = trimmed[..split].trim().parse().map_err(|_| wrong())?;
        if !value.is_finite() {
            return Err(wrong());
        }
        Ok(Self { value, unit: trimmed[split..].parse()? })
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpanVisitor;
        impl Visitor<'_> for SpanVisitor {
            type Value = TimeSpan;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time with its unit, such as \"1 h\", \"30 min\" or \"21 d\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TimeSpan, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(SpanVisitor)
    }
}

/// Kinds of quantity that do not convert into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Grams.
    Mass,
    /// Moles.
    Moles,
    /// International units of activity.
    Activity,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mass => "a mass",
            Self::Moles => "a number of moles",
            Self::Activity => "an activity",
        })
    }
}

/// A unit of amount: a power of ten of a gram, a mole or an international unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AmountUnit {
    /// What is counted.
    pub quantity: Quantity,
    /// Decimal exponent: -3 for milli.
    pub exponent: i32,
}

impl AmountUnit {
    /// Milligram.
    pub const MILLIGRAM: Self = Self { quantity: Quantity::Mass, exponent: -3 };

    /// Factor from `self` to `to`.
    ///
    /// # Errors
    /// When one is a mass and the other moles or an activity.
    pub fn factor(self, to: Self) -> Result<f64, UnitError> {
        if self.quantity != to.quantity {
            return Err(UnitError::Incompatible {
                from: self.to_string(),
                to: to.to_string(),
                from_kind: self.quantity,
                to_kind: to.quantity,
            });
        }
        Ok(power_of_ten(self.exponent - to.exponent))
    }
}

impl fmt::Display for AmountUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = match self.quantity {
            Quantity::Mass => "g",
            Quantity::Moles => "mol",
            Quantity::Activity => "IU",
        };
        write!(f, "{}{base}", prefix_symbol(self.exponent))
    }
}

impl FromStr for AmountUnit {
    type Err = UnitError;

    /// Reads `mg`, `ug`/`mcg`/`µg`, `nmol`, `IU`, `U`, ...; case matters only between `m` and `M`.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let unknown = || UnitError::UnknownAmount { text: text.trim().to_owned() };
        let name = text.trim();
        let (quantity, prefix) =
            [("mol", Quantity::Moles), ("IU", Quantity::Activity), ("U", Quantity::Activity), ("g", Quantity::Mass)]
                .into_iter()
                .find_map(|(base, quantity)| name.strip_suffix(base).map(|prefix| (quantity, prefix)))
                .ok_or_else(unknown)?;
        let exponent = prefix_exponent(prefix).ok_or_else(unknown)?;
        Ok(Self { quantity, exponent })
    }
}

/// A unit of concentration: an amount per litre, as a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConcentrationUnit {
    /// What is dissolved.
    pub quantity: Quantity,
    /// Decimal exponent of the amount per litre: -6 for ng/mL and ug/L.
    pub exponent: i32,
}

impl ConcentrationUnit {
    /// Factor from `self` to `to`: 1000 from mg/L to ng/mL.
    ///
    /// # Errors
    /// When one is a mass and the other moles or an activity.
    ///
    /// # Examples
    /// ```
    /// use teorell::units::ConcentrationUnit;
    /// let model: ConcentrationUnit = "mg/L".parse()?;
    /// assert_eq!(model.factor("ng/mL".parse()?)?, 1000.0);
    /// # Ok::<(), teorell::units::UnitError>(())
    /// ```
    pub fn factor(self, to: Self) -> Result<f64, UnitError> {
        if self.quantity != to.quantity {
            return Err(UnitError::Incompatible {
                from: self.to_string(),
                to: to.to_string(),
                from_kind: self.quantity,
                to_kind: to.quantity,
            });
        }
        Ok(power_of_ten(self.exponent - to.exponent))
    }
}

impl fmt::Display for ConcentrationUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/L", AmountUnit { quantity: self.quantity, exponent: self.exponent })
    }
}

impl FromStr for ConcentrationUnit {
    type Err = UnitError;

    /// Reads `ng/mL`, `mg/L`, `nmol/L`, `IU/dL`, and molarities `M`, `uM`, `nM`.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let unknown = || UnitError::UnknownConcentration { text: text.trim().to_owned() };
        let name = text.trim();
        let Some((amount, volume)) = name.split_once('/') else {
            let prefix = name.strip_suffix('M').ok_or_else(unknown)?;
            let exponent = prefix_exponent(prefix).ok_or_else(unknown)?;
            return Ok(Self { quantity: Quantity::Moles, exponent });
        };
        let amount: AmountUnit = amount.parse().map_err(|_| unknown())?;
        let volume = volume_exponent(volume).ok_or_else(unknown)?;
        Ok(Self { quantity: amount.quantity, exponent: amount.exponent - volume })
    }
}

/// Decimal exponent of a unit of volume in litres: -3 for mL.
fn volume_exponent(text: &str) -> Option<i32> {
    text.trim().strip_suffix(['L', 'l']).and_then(prefix_exponent)
}

/// Decimal exponent of an SI prefix; the empty one is 0.
fn prefix_exponent(prefix: &str) -> Option<i32> {
    Some(match prefix {
        "" => 0,
        "k" => 3,
        "d" => -1,
        "c" => -2,
        "m" => -3,
        // Micro sign and Greek mu look the same and are both in use.
        "u" | "mc" | "\u{b5}" | "\u{3bc}" => -6,
        "n" => -9,
        "p" => -12,
        "f" => -15,
        "M" => 6,
        _ => return None,
    })
}

fn prefix_symbol(exponent: i32) -> String {
    match exponent {
        0 => String::new(),
        3 => "k".to_owned(),
        -1 => "d".to_owned(),
        -2 => "c".to_owned(),
        -3 => "m".to_owned(),
        -6 => "u".to_owned(),
        -9 => "n".to_owned(),
        -12 => "p".to_owned(),
        -15 => "f".to_owned(),
        6 => "M".to_owned(),
        other => format!("1e{other} "),
    }
}

/// Exact for the exponents that double precision holds (up to 22), and 1/x of those below 0.
fn power_of_ten(exponent: i32) -> f64 {
    let magnitude = 10f64.powi(exponent.abs());
    if exponent < 0 { 1.0 / magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_become_whole_hours_and_back() {
        for day in 0..10_000 {
            let hours = TimeUnit::Day.convert(f64::from(day), TimeUnit::Hour);
            assert_eq!(hours, f64::from(day * 24));
            assert_eq!(TimeUnit::Hour.convert(hours, TimeUnit::Day), f64::from(day));
        }
    }

    #[test]
    fn time_units_are_read_in_the_spellings_of_model_files() {
        for (text, unit) in [
            ("h", TimeUnit::Hour),
            ("hr", TimeUnit::Hour),
            ("Hours", TimeUnit::Hour),
            ("hour", TimeUnit::Hour),
            ("day", TimeUnit::Day),
            ("d", TimeUnit::Day),
            ("week", TimeUnit::Week),
            (" min ", TimeUnit::Minute),
            ("s", TimeUnit::Second),
            ("year", TimeUnit::Year),
        ] {
            assert_eq!(text.parse(), Ok(unit), "{text}");
        }
        assert_eq!("fortnight".parse::<TimeUnit>(), Err(UnitError::UnknownTime { text: "fortnight".into() }));
    }

    #[test]
    fn a_length_of_time_needs_its_unit() {
        assert_eq!("1 h".parse(), Ok(TimeSpan { value: 1.0, unit: TimeUnit::Hour }));
        assert_eq!("30min".parse(), Ok(TimeSpan { value: 30.0, unit: TimeUnit::Minute }));
        assert_eq!("1e-2 d".parse(), Ok(TimeSpan { value: 0.01, unit: TimeUnit::Day }));
        assert_eq!("21 d".parse::<TimeSpan>().unwrap().to(TimeUnit::Hour), 504.0);
        for text in ["1", "h", "", "1 parsec", "inf h", "1 h 30 min"] {
            assert!(text.parse::<TimeSpan>().is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_convert_within_their_kind_only() {
        let factor = |from: &str, to: &str| from.parse::<AmountUnit>().unwrap().factor(to.parse().unwrap());
        assert_eq!(factor("mg", "ug"), Ok(1000.0));
        assert_eq!(factor("mcg", "mg"), Ok(0.001));
        assert_eq!(factor("µg", "ug"), Ok(1.0));
        assert_eq!(factor("nmol", "umol"), Ok(0.001));
        assert_eq!(factor("kg", "g"), Ok(1000.0));
        assert_eq!(factor("kIU", "U"), Ok(1000.0));
        assert!(matches!(factor("mg", "nmol"), Err(UnitError::Incompatible { .. })));
        for text in ["mg/kg", "", "mouse", "qg"] {
            assert!(text.parse::<AmountUnit>().is_err(), "{text}");
        }
    }

    #[test]
    fn concentrations_convert_by_amount_and_volume() {
        let factor = |from: &str, to: &str| from.parse::<ConcentrationUnit>().unwrap().factor(to.parse().unwrap());
        assert_eq!(factor("mg/L", "ng/mL"), Ok(1000.0));
        assert_eq!(factor("ug/mL", "mg/L"), Ok(1.0));
        assert_eq!(factor("ng/mL", "ug/L"), Ok(1.0));
        assert_eq!(factor("nM", "nmol/L"), Ok(1.0));
        assert_eq!(factor("mg/dL", "mg/L"), Ok(10.0));
        assert_eq!(factor("IU/dL", "IU/mL"), Ok(0.01));
        assert!(matches!(factor("mg/L", "nM"), Err(UnitError::Incompatible { .. })));
        for text in ["%", "mg", "mg/kg", "ng/mL/h", ""] {
            assert!(text.parse::<ConcentrationUnit>().is_err(), "{text}");
        }
    }
}

//! The values of one swept key: a list, or a range, with a unit where one is given.

use serde::Deserialize as _;
use toml::{Table, Value};

use super::SweptValue;
use super::error::SweepError;
use crate::units::{TimeSpan, TimeUnit};

/// More values than this is a mistyped range.
const MOST_VALUES: f64 = 10_000.0;

/// Values in the order in which they are taken, as written.
#[derive(Debug)]
pub(super) struct Values {
    pub values: Vec<Value>,
    pub unit: Option<String>,
    pub name: Option<String>,
    /// Key in the table under which a list stands; none where the list stands by itself or the values are a range.
    pub list: List,
}

/// Where each value of a list can be pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// `key = [1, 2]`.
    Bare,
    /// `key = { values = [1, 2] }`.
    InTable,
    /// A range: there is nothing but itself to point at.
    Range,
}

/// A swept key with everything that can be said of it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AxisSpec {
    values: Option<Vec<Value>>,
    from: Option<Value>,
    to: Option<f64>,
    by: Option<Value>,
    n: Option<u32>,
    #[serde(default)]
    log: bool,
    unit: Option<String>,
    name: Option<String>,
}

/// Whether a table says the values of a key, rather than leading on to keys below it. `sampling.grid.1.to = [24, 48]` is the reason
/// to look at the values: its innermost table has a key `to` too.
pub(super) fn says_values(table: &Table) -> bool {
    table.contains_key("values")
        || ["from", "to", "by", "n"].iter().any(|key| table.get(*key).is_some_and(|value| !value.is_array()))
}

/// A fault in the table itself: serde's message.
pub(super) enum Fault {
    Shape(toml::de::Error),
    Sweep(SweepError),
}

impl From<SweepError> for Fault {
    fn from(error: SweepError) -> Self {
        Self::Sweep(error)
    }
}

/// Reads the values of a key: a list, or a table for which [`says_values`] holds.
pub(super) fn read(key: &str, value: &Value) -> Result<Values, Fault> {
    let key = || key.to_owned();
    let values = match value {
        Value::Array(values) => Values { values: values.clone(), unit: None, name: None, list: List::Bare },
        Value::Table(table) => {
            let spec = AxisSpec::deserialize(table.clone()).map_err(Fault::Shape)?;
            let (unit, name) = (spec.unit.clone(), spec.name.clone());
            let has_range =
                spec.from.is_some() || spec.to.is_some() || spec.by.is_some() || spec.n.is_some() || spec.log;
            match &spec.values {
                Some(_) if has_range => return Err(SweepError::Incomplete { key: key() }.into()),
                Some(values) => Values { values: values.clone(), unit, name, list: List::InTable },
                None => Values { values: range(&key(), &spec)?, unit, name, list: List::Range },
            }
        }
        _ => return Err(SweepError::NoValues { key: key() }.into()),
    };
    if values.values.is_empty() {
        return Err(SweepError::NoValues { key: key() }.into());
    }
    Ok(values)
}

fn range(key: &str, spec: &AxisSpec) -> Result<Vec<Value>, SweepError> {
    let incomplete = || SweepError::Incomplete { key: key.to_owned() };
    let (Some(from), Some(to)) = (spec.from.as_ref().and_then(number), spec.to) else { return Err(incomplete()) };
    let wrong = |expected| SweepError::Range { key: key.to_owned(), from, to, expected };
    if !(from.is_finite() && to.is_finite()) {
        return Err(wrong("finite numbers"));
    }
    let whole = |value: &Option<Value>| matches!(value, Some(Value::Integer(_)));
    match (&spec.by, spec.n) {
        (Some(by), None) if !spec.log => {
            let by_number = number(by).ok_or_else(incomplete)?;
            // The slack lets a range such as 0 to 0.3 by 0.1 keep its last value.
            let steps = ((to - from) / by_number + 1e-9).floor();
            if !(by_number > 0.0 && to >= from && steps.is_finite()) {
                return Err(wrong("`to` not before `from` and `by` above 0"));
            }
            if steps >= MOST_VALUES {
                return Err(SweepError::TooMany { points: steps + 1.0, most: MOST_VALUES as u64 });
            }
            let is_whole = whole(&spec.from) && whole(&Some(by.clone()));
            Ok((0..=steps as u32).map(|step| value(from + f64::from(step) * by_number, is_whole)).collect())
        }
        (None, Some(n)) if n >= 2 && f64::from(n) <= MOST_VALUES => {
            if spec.log && !(from > 0.0 && to > 0.0) {
                return Err(wrong("both above 0 for a logarithmic range"));
            }
            let share = |i: u32| f64::from(i) / f64::from(n - 1);
            let at = |i: u32| match i {
                0 => from,
                i if i == n - 1 => to,
                i if spec.log => from * libm::pow(to / from, share(i)),
                i => from + (to - from) * share(i),
            };
            Ok((0..n).map(|i| value(at(i), false)).collect())
        }
        (None, Some(n)) if n < 2 => Err(wrong("`n` at least 2")),
        (None, Some(n)) => Err(SweepError::TooMany { points: f64::from(n), most: MOST_VALUES as u64 }),
        _ => Err(incomplete()),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

/// A number to twelve digits, so that the third of 0.1, 0.2, ... is 0.3 and not 0.30000000000000004.
fn value(exact: f64, is_whole: bool) -> Value {
    if is_whole {
        return Value::Integer(exact as i64);
    }
    Value::Float(format!("{exact:.11e}").parse().unwrap_or(exact))
}

/// What a column shows of each value, and its unit: numbers, and lengths of time as numbers in the unit of the first.
pub(super) fn cells(values: &[Value]) -> (Vec<SweptValue>, Option<TimeUnit>) {
    let spans: Option<Vec<TimeSpan>> =
        values.iter().map(|value| value.as_str().and_then(|text| text.parse().ok())).collect();
    if let Some(spans) = spans
        && let Some(first) = spans.first()
    {
        let unit = first.unit;
        return (spans.iter().map(|span| SweptValue::Number(span.to(unit))).collect(), Some(unit));
    }
    let cell = |value: &Value| match (number(value), value) {
        (Some(number), _) => SweptValue::Number(number),
        (None, Value::String(text)) => SweptValue::Text(text.clone()),
        (None, other) => SweptValue::Text(other.to_string()),
    };
    (values.iter().map(cell).collect(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<f64>, String> {
        let table: Table = toml::from_str(&format!("key = {text}")).unwrap();
        match read("key", &table["key"]) {
            Ok(values) => Ok(values.values.iter().map(|value| number(value).unwrap()).collect()),
            Err(Fault::Sweep(error)) => Err(error.to_string()),
            Err(Fault::Shape(error)) => Err(error.message().to_owned()),
        }
    }

    #[test]
    fn ranges_hold_both_ends_and_round_numbers() {
        assert_eq!(read_text("{ from = 0, to = 0.5, by = 0.1 }").unwrap(), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(read_text("{ from = 100, to = 450, by = 100 }").unwrap(), [100.0, 200.0, 300.0, 400.0]);
        assert_eq!(read_text("{ from = 1, to = 2, n = 3 }").unwrap(), [1.0, 1.5, 2.0]);
        // Equal ratios of 10: exact to the twelve digits that are kept.
        assert_eq!(read_text("{ from = 0.1, to = 1000, n = 5, log = true }").unwrap(), [0.1, 1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(read_text("{ values = [3, 1.5] }").unwrap(), [3.0, 1.5]);
    }

    #[test]
    fn whole_steps_stay_whole_numbers() {
        let table: Table = toml::from_str("key = { from = 10, to = 20, by = 5 }").unwrap();
        let Ok(values) = read("key", &table["key"]) else { panic!("a range") };
        assert_eq!(values.values, [Value::Integer(10), Value::Integer(15), Value::Integer(20)]);
    }

    #[test]
    fn what_is_no_range_is_said() {
        for (text, said) in [
            ("{ from = 1, to = 2 }", "either `by` or `n`"),
            ("{ from = 1, to = 2, by = 1, n = 3 }", "either `by` or `n`"),
            ("{ from = 1, to = 2, by = 0 }", "`by` above 0"),
            ("{ from = 2, to = 1, by = 1 }", "`to` not before `from`"),
            ("{ from = 0, to = 1, n = 3, log = true }", "both above 0"),
            ("{ from = 0, to = 1, n = 1 }", "`n` at least 2"),
            ("{ from = 0, to = 1e9, by = 1 }", "1000000001 points"),
            ("{ from = 0, to = 1, by = 0.1, log = true }", "either `by` or `n`"),
            ("{ values = [1], from = 1 }", "either `by` or `n`"),
            ("{ from = 0, to = 1, bye = 3 }", "unknown field `bye`"),
            ("[]", "has no values"),
            ("100", "has no values"),
        ] {
            let found = read_text(text).unwrap_err();
            assert!(found.contains(said), "{text}: {found}");
        }
    }

    #[test]
    fn lengths_of_time_become_numbers_in_the_unit_of_the_first() {
        let values = ["6 h", "30 min", "1 d"].map(Value::from);
        let numbers = [6.0, 0.5, 24.0].map(SweptValue::Number);
        assert_eq!(cells(&values), (numbers.to_vec(), Some(TimeUnit::Hour)));
        assert_eq!(cells(&["6 h", "often"].map(Value::from)).1, None);
    }
}

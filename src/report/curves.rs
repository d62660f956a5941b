//! Medians and ranges over time as data for the page's interactive picture.

use serde_json::{Value, json};

use crate::output::number;
use crate::output::summaries::{SummaryOf, SummaryRow};
use crate::plot::time_shown;
use crate::units::TimeUnit;

/// Times of one curve; of more, every second, third, ... is taken.
const MOST_TIMES: usize = 4_000;
/// Curves of a picture that can still be told apart, more or less; a large sweep has more.
const MOST_CURVES: usize = 24;
/// More than a screen can show.
const DIGITS: u8 = 5;

/// All quantities over time, the one that exposure is measured on (`first`) before all others, arm by arm, as JSON that can stand
/// within a page; `None` where there are none.
pub fn json(time_unit: &str, first: Option<&str>, rows: &[SummaryRow]) -> Option<String> {
    let unit: TimeUnit = time_unit.parse().ok()?;
    let over_time: Vec<(f64, &SummaryRow)> = rows
        .iter()
        .filter_map(|row| match row.of {
            SummaryOf::Time(time) => Some((time, row)),
            SummaryOf::Cycle(_) => None,
        })
        .collect();
    let end = over_time.iter().map(|(time, _)| *time).fold(0.0, f64::max);
    let shown = time_shown(end, unit);
    let mut names = distinct(over_time.iter().map(|(_, row)| row.quantity.as_str()));
    names.sort_by_key(|&name| Some(name) != first);
    let arms = distinct(over_time.iter().map(|(_, row)| row.arm.as_str()));
    let curve = |quantity: &str, arm: &str| {
        let all: Vec<&(f64, &SummaryRow)> =
            over_time.iter().filter(|(_, row)| row.quantity == quantity && row.arm == arm).collect();
        let taken: Vec<&(f64, &SummaryRow)> =
            all.iter().copied().step_by(all.len().div_ceil(MOST_TIMES).max(1)).collect();
        let values =
            |of: fn(&SummaryRow) -> Option<f64>| taken.iter().map(|(_, row)| short(of(row))).collect::<Vec<_>>();
        json!({
            "name": arm,
            "t": taken.iter().map(|(time, _)| short(Some(unit.convert(*time, shown)))).collect::<Vec<_>>(),
            "low": values(|row| row.summary.p5),
            "median": values(|row| row.summary.p50),
            "high": values(|row| row.summary.p95),
        })
    };
    let quantity = |name: &&str| {
        let unit = over_time.iter().find(|(_, row)| row.quantity == *name).map(|(_, row)| row.unit.clone());
        let arms: Vec<Value> = arms.iter().take(MOST_CURVES).map(|arm| curve(name, arm)).collect();
        json!({ "name": name, "unit": unit, "arms": arms })
    };
    let quantities: Vec<Value> = names.iter().map(quantity).collect();
    if quantities.is_empty() {
        return None;
    }
    let text = json!({ "time": shown.symbol(), "quantities": quantities }).to_string();
    // Within a page only the end of the element could be mistaken; a JSON string may spell it otherwise.
    Some(text.replace('<', "\\u003c"))
}

/// Each once, in order of first mention.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        // Rows come arm by arm: the last one seen is nearly always the one.
        if seen.last() != Some(&name) && !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

fn short(value: Option<f64>) -> Value {
    let text = number::format(value.unwrap_or(f64::NAN), Some(DIGITS));
    text.parse::<f64>().map_or(Value::Null, Value::from)
}

//! What a run prints at its end.

use teorell::exposure::interval::Metric;
use teorell::output::columns::metric_unit;
use teorell::output::number;
use teorell::study::Study;
use teorell::study::published::{Comparison, Published};
use teorell::study::sweep::SweptValue;
use teorell::study::watch::Watch;

use super::layout::layout;
use crate::cli::table::{Align, significant, table, whole};

/// Points of a sweep that are shown; all of them are in the tables.
const MOST_POINTS: usize = 24;

/// Exposure in the first and last cycle of every arm, or in the last one of every point of a sweep.
#[derive(Default)]
pub struct Exposure {
    rows: Vec<Vec<String>>,
    points: usize,
}

impl Exposure {
    /// Adds a study, or a point of one.
    pub fn add(&mut self, study: &Study, watches: &[Watch]) {
        self.points += 1;
        if self.points > MOST_POINTS {
            return;
        }
        let swept: Vec<String> = study.swept().iter().map(|swept| shown(&swept.value)).collect();
        for (arm, watch) in study.arm_names().into_iter().zip(watches) {
            let n_cycles = watch.n_intervals();
            let cycles = if swept.is_empty() { vec![1, n_cycles] } else { vec![n_cycles] };
            for cycle in cycles.into_iter().take(n_cycles.min(2)) {
                let (Some(auc), Some(cmax)) = (watch.auc(cycle), watch.cmax(cycle)) else { continue };
                let number = |value: Option<f64>| value.map_or_else(String::new, |value| significant(value, 3));
                let ratio = if cycle > 1 { watch.accumulation(cycle) } else { None };
                let mut row = swept.clone();
                row.extend([arm.to_owned(), cycle.to_string(), whole(auc.n)]);
                row.extend([auc.p5, auc.p50, auc.p95, cmax.p5, cmax.p50, cmax.p95].map(number));
                row.push(number(ratio.and_then(|ratio| ratio.geometric_mean_of_ratios)));
                self.rows.push(row);
            }
        }
    }

    /// As a table; nothing where no subject has a cycle to show.
    pub fn text(&self, study: &Study) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let layout = layout(study);
        let auc = heading("AUC p50", &metric_unit(Metric::Auc, &layout));
        let cmax = heading("Cmax p50", &metric_unit(Metric::Cmax, &layout));
        let swept: Vec<String> = study.swept().iter().map(|swept| heading(&swept.name, &swept.unit)).collect();
        let mut headings: Vec<(&str, Align)> = swept.iter().map(|name| (name.as_str(), Align::Right)).collect();
        headings.extend([
            ("arm", Align::Left),
            ("cycle", Align::Right),
            ("n", Align::Right),
            ("p5", Align::Right),
            (auc.as_str(), Align::Right),
            ("p95", Align::Right),
            ("p5", Align::Right),
            (cmax.as_str(), Align::Right),
            ("p95", Align::Right),
            ("accumulation", Align::Right),
        ]);
        let mut text = table(&headings, &self.rows);
        if self.points > MOST_POINTS {
            text += &format!("... and {} more points in `summary.csv`\n", self.points - MOST_POINTS);
        }
        text
    }
}

/// `amount, mg`.
pub fn heading(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { format!("{name}, {unit}") }
}

/// A swept value, for people.
pub fn shown(value: &SweptValue) -> String {
    match value {
        SweptValue::Number(value) => number::format(*value, Some(6)),
        SweptValue::Text(text) => text.clone(),
    }
}

/// Published numbers beside those of this run, where it is the study that they were published of.
pub fn published(study: &Study, watches: &[Watch]) -> Option<String> {
    let published = Published::inotuzumab();
    // The scenario that is the built-in study itself, but for its size.
    let scenario = published.scenarios.iter().find(|scenario| scenario.name == "population")?;
    if study.name() != scenario.study || !study.is_as_written() || study.embedded_name() != Some(&scenario.study) {
        return None;
    }
    let arm = study.arm_names().iter().position(|arm| *arm == scenario.arm)?;
    let comparisons: Vec<Comparison> = published
        .values
        .iter()
        .filter(|value| value.scenario == scenario.name)
        .map(|value| Comparison { value: value.clone(), simulated: value.quantity.of(&watches[arm], |_| None) })
        .collect();
    let rows: Vec<Vec<String>> = comparisons
        .iter()
        .map(|comparison| {
            let value = &comparison.value;
            vec![
                value.name.clone(),
                significant(value.published, 3),
                comparison.simulated.map_or_else(String::new, |simulated| significant(simulated, 3)),
                value.unit.clone(),
                value.source.clone(),
            ]
        })
        .collect();
    let first = format!("arm `{}`", scenario.arm);
    let headings = [
        (first.as_str(), Align::Left),
        ("published", Align::Right),
        ("simulated", Align::Right),
        ("unit", Align::Left),
        ("source", Align::Left),
    ];
    Some(table(&headings, &rows))
}

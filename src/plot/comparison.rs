//! Arms against a reference arm: geometric mean ratio and its confidence interval per cycle, beside the limits.

use std::collections::BTreeMap;

use crate::output::comparisons::ComparisonRow;
use crate::stats;

use super::axis::Axis;
use super::figure::{Figure, Plan, number_axis, subjects};
use super::panel::{Key, Legend, Look};
use super::picture::Picture;
use super::style::Theme;

/// Height of a panel's data.
const HEIGHT: f64 = 300.0;

/// Labels along the axis of a panel that is a third of the picture wide.
const MOST_LABELS: u32 = 8;

/// Ratios of arms, per quantity and cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonPlot {
    /// What the picture is headed with, such as the study's name.
    pub heading: String,
    /// Names of the arms in the order of their colours.
    pub arms: Vec<String>,
    /// What is drawn.
    pub rows: Vec<ComparisonRow>,
}

/// Ends of the whisker, ends of the bar, and the ring, at one place: low to high.
type Five = [f64; 5];

impl ComparisonPlot {
    /// A panel per quantity, cycles along the axis, one whisker per arm.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let cells = self.cells();
        let Some(criteria) = self.rows.first().map(|row| row.criteria) else {
            return Picture::new(0.0, 0.0, theme, String::new());
        };
        let limits = criteria.limits();
        let finite = || cells.values().flatten().copied().filter(|value| value.is_finite() && *value > 0.0);
        let (low, high) = (finite().fold(limits[0], f64::min), finite().fold(limits[1], f64::max));
        let last = self.rows.iter().map(|row| row.cycle).max().unwrap_or(1);
        let quantities = self.quantities();
        let reference = &self.rows[0].reference;
        // One label for panels that share their axis.
        let y_label = |index: usize| if index == 0 { format!("Ratio to {reference}") } else { String::new() };
        let panels = quantities
            .iter()
            .enumerate()
            .map(|(index, quantity)| {
                let y = Axis::ratio(low, high, limits, 19.0 / HEIGHT, y_label(index));
                Plan::new(number_axis(last, "Cycle", MOST_LABELS), y, label(quantity).to_owned())
            })
            .collect();
        let tests = self.tests();
        let mut legend = Legend::default();
        for &arm in &tests {
            let series = self.series(arm);
            let look = Look::plain(theme.series(series));
            legend.add(&format!("{arm} over {reference}"), Key::Whisker(theme.marker(series)), look);
        }
        let percent = criteria.level_percent();
        legend.add(&format!("{} to {}", limits[0], limits[1]), Key::Region, Look::neutral(theme));
        let shown = if self.is_replicated() {
            "Geometric mean ratio over replicates: median (mark), middle half (bar) and 5th to 95th percentile (line)"
                .to_owned()
        } else {
            format!(
                "Geometric mean ratio (mark), its {percent} % confidence interval (bar), 5th to 95th percentile of the individual ratios (line)"
            )
        };
        let figure = Figure {
            theme,
            title: format!("{}: exposure against {reference}", self.heading),
            subtitle: format!("{shown}, {}", subjects(self.rows.iter().map(|row| row.comparison.n).filter(|&n| n > 0))),
            panels,
            columns: 3,
            panel_height: HEIGHT,
            legend,
        };
        let (mut picture, panels) = figure.lay_out();
        for (panel, quantity) in panels.iter().zip(&quantities) {
            panel.region(&mut picture, limits);
            let step = (0.62 / tests.len().max(1) as f64).min(0.25);
            for ((test, cycle, of), five) in &cells {
                let Some(place) = tests.iter().position(|other| other == test) else { continue };
                let shift = (place as f64 - (tests.len() as f64 - 1.0) / 2.0) * step;
                if of == quantity
                    && let Some(x) = panel.at_x(f64::from(*cycle) + shift)
                {
                    panel.whisker(&mut picture, x, *five, self.series(test));
                }
            }
        }
        picture
    }

    /// What is drawn of each arm, cycle and quantity; those without a ratio are left out.
    fn cells(&self) -> BTreeMap<(&str, u32, &str), Five> {
        let mut ratios: BTreeMap<(&str, u32, &str), Vec<&ComparisonRow>> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.comparison.ratio.is_some()) {
            ratios.entry((&row.test, row.cycle, &row.quantity)).or_default().push(row);
        }
        ratios.into_iter().map(|(key, rows)| (key, five(&rows))).collect()
    }

    fn is_replicated(&self) -> bool {
        self.rows.iter().any(|row| row.replicate != self.rows[0].replicate)
    }

    fn quantities(&self) -> Vec<&str> {
        distinct(self.rows.iter().map(|row| row.quantity.as_str()))
    }

    fn tests(&self) -> Vec<&str> {
        distinct(self.rows.iter().map(|row| row.test.as_str()))
    }

    /// Position of an arm among all: the colour and mark that it has in every picture.
    fn series(&self, arm: &str) -> usize {
        self.arms.iter().position(|other| other == arm).unwrap_or(0)
    }
}

/// Each name once, in the order of their first appearance.
pub(super) fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Of one trial: individual ratios, interval and ratio. Of replicates: percentiles of their ratios.
fn five(rows: &[&ComparisonRow]) -> Five {
    if let [row] = rows {
        let found = &row.comparison;
        let ratio = found.ratio.unwrap_or(f64::NAN);
        let [low, high] = found.interval.unwrap_or([ratio; 2]);
        let [p5, _, p95] = found.percentiles.map(|p| p.unwrap_or(ratio));
        return [p5.min(low), low, ratio, high, p95.max(high)];
    }
    let ratios: Vec<f64> = rows.iter().filter_map(|row| row.comparison.ratio).collect();
    stats::quantiles(&ratios, [0.05, 0.25, 0.5, 0.75, 0.95]).map(|p| p.unwrap_or(f64::NAN))
}

/// How a metric is called in print.
pub(super) fn label(quantity: &str) -> &str {
    match quantity {
        "auc" => "AUC",
        "cmax" => "Cmax",
        "ctrough" => "Ctrough",
        other => other,
    }
}

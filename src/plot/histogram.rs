//! How values spread over subjects: one small panel per quantity.

use super::axis::{Axis, Scale, Tick, plain};
use super::figure::{Figure, Plan, subjects, with_unit};
use super::panel::Legend;
use super::picture::Picture;
use super::style::Theme;
use crate::stats::quantiles;

/// Distributions of several quantities over the same subjects.
#[derive(Clone, Debug, PartialEq)]
pub struct Histograms {
    /// What the picture is headed with.
    pub heading: String,
    /// One panel each.
    pub panels: Vec<Histogram>,
}

/// One quantity over subjects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Name of the quantity.
    pub name: String,
    /// Its unit; empty where none is known.
    pub unit: String,
    /// One value per subject; those that are not finite are left out.
    pub values: Vec<f64>,
}

/// Up to so many different values are categories.
const MOST_CATEGORIES: usize = 6;
const BINS: usize = 24;
/// Quantities whose middle 90 % span more than this factor are shown on a logarithmic axis.
const WIDE: f64 = 20.0;

/// Bars of one panel: from, to, share of the subjects in percent.
type Bars = Vec<(f64, f64, f64)>;

impl Histograms {
    /// Draws them, three to a row.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let prepared: Vec<(Axis, Axis, Bars)> = self.panels.iter().map(Histogram::bars).collect();
        let plan = |(x, y, _): &(Axis, Axis, Bars)| Plan::new(x.clone(), y.clone(), String::new());
        let counts =
            self.panels.iter().map(|panel| panel.values.iter().filter(|value| value.is_finite()).count() as u64);
        let figure = Figure {
            theme,
            title: self.heading.clone(),
            subtitle: format!("Percent of {} in each bar", subjects(counts)),
            panels: prepared.iter().map(plan).collect(),
            columns: self.panels.len().clamp(1, 3),
            panel_height: 130.0,
            legend: Legend::default(),
        };
        let (mut picture, panels) = figure.lay_out();
        for (panel, (_, _, bars)) in panels.iter().zip(&prepared) {
            for &(from, to, share) in bars {
                panel.bar(&mut picture, from, to, share, theme.series(0), 0.8);
            }
        }
        picture
    }
}

impl Histogram {
    fn bars(&self) -> (Axis, Axis, Bars) {
        let values: Vec<f64> = self.values.iter().copied().filter(|value| value.is_finite()).collect();
        let label = with_unit(&self.name, &self.unit);
        let mut distinct = values.clone();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let (x, bars) = if distinct.len() <= MOST_CATEGORIES {
            categories(&values, &distinct, label)
        } else {
            intervals(&values, label)
        };
        let largest = bars.iter().map(|bar| bar.2).fold(0.0, f64::max);
        (x, Axis::linear(largest, "%".to_owned()), bars)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// A bar per value, side by side in order of size.
fn categories(values: &[f64], distinct: &[f64], label: String) -> (Axis, Bars) {
    let mut bars = Vec::new();
    let mut ticks = Vec::new();
    for (index, category) in distinct.iter().enumerate() {
        let place = index as f64 + 1.0;
        let n = values.iter().filter(|value| *value == category).count();
        bars.push((place - 0.3, place + 0.3, share(n, values.len())));
        ticks.push(Tick { value: place, label: Some(short(*category)) });
    }
    let scale = Scale { low: 0.4, high: distinct.len() as f64 + 0.6, logarithmic: false };
    (Axis { scale, ticks, label }, bars)
}

/// A value as a tick label: three significant digits.
fn short(value: f64) -> String {
    if value == libm::floor(value) && value.abs() < 1e6 {
        plain(value, 0)
    } else {
        crate::output::number::format(value, Some(3))
    }
}

/// Bars of one width over the middle 99 % of the values.
fn intervals(values: &[f64], label: String) -> (Axis, Bars) {
    let [low, p5, p95, high] = quantiles(values, [0.005, 0.05, 0.95, 0.995]).map(|value| value.unwrap_or(0.0));
    let logarithmic = p5 > 0.0 && p95 / p5 > WIDE;
    let axis = if logarithmic { Axis::logarithmic(low, high, label) } else { Axis::between(low, high, label) };
    let Scale { low, high, .. } = axis.scale;
    let at = |part: f64| if logarithmic { low * libm::pow(high / low, part) } else { low + part * (high - low) };
    let mut counts = [0_usize; BINS];
    for value in values.iter() {
        let position = axis.scale.position(*value).unwrap_or(-1.0);
        if (0.0..=1.0).contains(&position) {
            counts[((position * BINS as f64) as usize).min(BINS - 1)] += 1;
        }
    }
    let edge = |bin: usize| at(bin as f64 / BINS as f64);
    let bars = counts.iter().enumerate().map(|(bin, &n)| (edge(bin), edge(bin + 1), share(n, values.len()))).collect();
    (axis, bars)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: Vec<f64>) -> Histogram {
        Histogram { name: "WT".to_owned(), unit: "kg".to_owned(), values }
    }

    #[test]
    fn bars_hold_all_subjects_but_those_far_from_the_others() {
        let mut values: Vec<f64> = (0..999).map(|i| 50.0 + 0.05 * f64::from(i)).collect();
        values.push(1e6);
        let (_, _, bars) = histogram(values).bars();
        let sum: f64 = bars.iter().map(|bar| bar.2).sum();
        assert!((sum - 99.9).abs() < 1e-9, "{sum}");
        assert_eq!(bars.len(), BINS);
    }

    #[test]
    fn few_values_are_categories_and_what_is_not_a_number_is_left_out() {
        let (x, _, bars) = histogram(vec![0.0, 1.0, 1.0, 1.0, f64::NAN]).bars();
        assert_eq!(bars.iter().map(|bar| bar.2).collect::<Vec<_>>(), [25.0, 75.0]);
        assert_eq!(x.ticks[1].label.as_deref(), Some("1"));
    }

    #[test]
    fn values_over_many_decades_lie_on_a_logarithmic_axis() {
        let values = (0..500).map(|i| libm::pow(10.0, f64::from(i) / 100.0 - 3.0)).collect();
        assert!(histogram(values).bars().0.scale.logarithmic);
    }
}

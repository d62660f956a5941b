//! The forest of a model's covariates: ratios to the reference subject, covariate by covariate.

use std::collections::BTreeMap;

use crate::exposure::forest::{ForestInterval, ForestLevel, ForestRow};
use crate::output::number;

use super::axis::{Axis, Scale, Tick, plain};
use super::comparison::{distinct, label};
use super::figure::{Figure, Plan, typeset};
use super::font::{fitted, text_width};
use super::panel::{Key, Legend, Look, Panel, REGION_OPACITY};
use super::picture::{Anchor, Picture};
use super::style::{FINE_LINE, HEAVY_LINE, SMALL_SIZE, TEXT_SIZE, Theme};

/// Limits that are shaded: those of average bioequivalence.
const LIMITS: [f64; 2] = [0.8, 1.25];
/// Height of a row.
const ROW: f64 = 24.0;
/// Between groups of rows, in rows.
const GROUP_GAP: f64 = 0.35;
/// Longest label of a row, and longest caption.
const MOST_LABEL: f64 = 330.0;
const MOST_CAPTION: f64 = 400.0;
/// Between the ratios and the same as text beside them.
const TEXT_GAP: f64 = 20.0;

/// A forest to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct ForestPlot {
    /// What the picture is headed with, such as the study's name.
    pub heading: String,
    /// What is drawn.
    pub rows: Vec<ForestRow>,
    /// Units of what is compared, by its name.
    pub units: BTreeMap<String, String>,
}

impl ForestPlot {
    /// A panel per quantity, a row per value of a covariate.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let quantities = distinct(self.rows.iter().map(|row| row.quantity.as_str()));
        let first: Vec<&ForestRow> = self.of_quantity(quantities.first().copied().unwrap_or_default());
        let places = places(&first);
        let depth = places.last().copied().unwrap_or(1.0) + 0.5;
        let x = self.x_axis();
        let aside = self.text_width() + TEXT_GAP;
        let plan = |(index, quantity): (usize, &&str)| {
            let mut x = x.clone();
            if index + 1 < quantities.len() {
                x.label.clear();
            }
            let tick = |(row, &value): (&&ForestRow, &f64)| {
                let label = fitted(&row_label(row), SMALL_SIZE, false, MOST_LABEL);
                Tick { value, label: Some(label) }
            };
            let y = Axis {
                scale: Scale { low: depth, high: 0.5, logarithmic: false },
                ticks: first.iter().zip(&places).map(tick).collect(),
                label: String::new(),
            };
            let caption = fitted(&self.caption(quantity), TEXT_SIZE, false, MOST_CAPTION);
            Plan { aside, ..Plan::new(x, y, caption) }
        };
        let panels = quantities.iter().enumerate().map(plan).collect();
        let mut legend = Legend::default();
        legend.add(&format!("{} to {}", LIMITS[0], LIMITS[1]), Key::Region, Look::neutral(theme));
        let figure = Figure {
            theme,
            title: format!("{}: {}", self.heading, self.compared()),
            subtitle: self.subtitle(),
            panels,
            columns: 1,
            panel_height: ROW * (depth - 0.5),
            legend,
        };
        let (mut picture, panels) = figure.lay_out();
        for (panel, quantity) in panels.iter().zip(&quantities) {
            shade(&mut picture, panel);
            let end = panel.right + aside;
            let above = (end, panel.top - 10.0);
            picture.text(self.text_heading(), above, Anchor::End, SMALL_SIZE, theme.faint_text());
            for (row, &place) in self.of_quantity(quantity).into_iter().zip(&places) {
                self.draw_row(&mut picture, panel, row, place);
                if let Some(y) = panel.at_y(place) {
                    let beside = (end, y + 0.36 * SMALL_SIZE);
                    picture.text(&in_digits(row), beside, Anchor::End, SMALL_SIZE, theme.text());
                }
            }
        }
        picture
    }

    /// Ratios of all quantities on one axis.
    fn x_axis(&self) -> Axis {
        let ends = |row: &ForestRow| row.interval.map_or([row.ratio; 2], |(interval, _)| interval);
        let values = || self.rows.iter().flat_map(ends).chain(LIMITS).filter(|value| value.is_finite() && *value > 0.0);
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        Axis::ratio(low, high, LIMITS, 0.07, "Ratio to the reference subject".to_owned())
    }

    /// `AUC, 33,600 ng·h/mL in the reference subject`.
    fn caption(&self, quantity: &str) -> String {
        let reference = self.rows.iter().find(|row| row.quantity == quantity).map_or(f64::NAN, |row| row.reference);
        let unit = self.units.get(quantity).map_or("", String::as_str);
        let value = format!("{} {}", digits(reference), typeset(unit));
        format!("{}: {} in the reference subject", label(quantity), value.trim_end())
    }

    fn subtitle(&self) -> String {
        let mut reference: Vec<String> = Vec::new();
        for row in &self.rows {
            let Some(at) = row.reference_at else { continue };
            let text = value_label(&row.covariate, at, &row.unit);
            if !reference.contains(&text) {
                reference.push(text);
            }
        }
        let mut shown = format!("Typical subject with one covariate moved; reference: {}", reference.join(", "));
        if self.has(ForestInterval::Confidence) {
            shown += ". Line: 90 % confidence interval, 5th to 95th percentile over replicates of the parameters";
        }
        if self.has(ForestInterval::BetweenSubjects) {
            shown +=
                ". Last row: median and 5th to 95th percentile of individuals with the covariates of the reference";
        }
        shown
    }

    fn has(&self, what: ForestInterval) -> bool {
        self.rows.iter().any(|row| row.interval.is_some_and(|(_, found)| found == what))
    }

    /// What the text beside a panel is.
    fn text_heading(&self) -> &'static str {
        match self.rows.iter().any(|row| row.interval.is_some()) {
            true if self.has(ForestInterval::Confidence) => "ratio (90 % CI)",
            true => "ratio (5th to 95th)",
            false => "ratio",
        }
    }

    fn text_width(&self) -> f64 {
        let width = |text: &str| text_width(text, SMALL_SIZE, false);
        self.rows.iter().map(|row| width(&in_digits(row))).fold(width(self.text_heading()), f64::max)
    }

    /// `covariates and exposure in cycle 4 of fixed`.
    fn compared(&self) -> String {
        match self.rows.first() {
            Some(ForestRow { cycle: Some(cycle), arm, .. }) => {
                format!("covariates and exposure in cycle {cycle} of {arm}")
            }
            _ => "covariates and individual parameters".to_owned(),
        }
    }

    fn of_quantity(&self, quantity: &str) -> Vec<&ForestRow> {
        self.rows.iter().filter(|row| row.quantity == quantity).collect()
    }

    fn draw_row(&self, picture: &mut Picture, panel: &Panel, row: &ForestRow, place: f64) {
        let theme = panel.theme;
        let covariates = distinct(self.rows.iter().map(|row| row.covariate.as_str()));
        let series = covariates.iter().position(|name| *name == row.covariate).unwrap_or(0);
        let colour = if row.covariate.is_empty() { theme.axis() } else { theme.series(series) };
        let Some(y) = panel.at_y(place) else { return };
        if let Some(([low, high], _)) = row.interval
            && let (Some(from), Some(to)) = (panel.at_x(low), panel.at_x(high))
        {
            picture.line(&[(from, y), (to, y)], colour, HEAVY_LINE);
        }
        if let Some(x) = panel.at_x(row.ratio) {
            picture.marker(theme.marker(series), (x, y), colour, theme.ground());
        }
    }
}

fn shade(picture: &mut Picture, panel: &Panel) {
    let theme = panel.theme;
    if let [Some(left), Some(right)] = LIMITS.map(|limit| panel.at_x(limit)) {
        let corners = vec![(left, panel.top), (right, panel.top), (right, panel.bottom), (left, panel.bottom)];
        picture.area(corners, theme.axis(), REGION_OPACITY);
    }
    if let Some(one) = panel.at_x(1.0) {
        picture.dashed_line(&[(one, panel.top), (one, panel.bottom)], theme.axis(), FINE_LINE, &[4.0, 3.0]);
    }
}

/// Heights of rows, from 1 down: those of a covariate together.
fn places(rows: &[&ForestRow]) -> Vec<f64> {
    let mut place = 0.0;
    let mut places = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let is_new_group = i > 0 && rows[i - 1].covariate != row.covariate;
        place += if is_new_group { 1.0 + GROUP_GAP } else { 1.0 };
        places.push(place);
    }
    places
}

/// `BSA 1.55 m² (5th percentile)`.
fn row_label(row: &ForestRow) -> String {
    let Some(at) = row.at else { return "individuals alike".to_owned() };
    let value = value_label(&row.covariate, at, &row.unit);
    match row.level {
        ForestLevel::Low => format!("{value} (5th percentile)"),
        ForestLevel::High => format!("{value} (95th percentile)"),
        _ => value,
    }
}

/// `BSA 1.55 m²`.
fn value_label(covariate: &str, at: f64, unit: &str) -> String {
    format!("{covariate} {} {}", number::format(at, Some(3)), typeset(unit)).trim_end().to_owned()
}

/// `0.912 (0.850 to 0.980)`.
fn in_digits(row: &ForestRow) -> String {
    let ratio = digits(row.ratio);
    match row.interval {
        Some(([low, high], _)) => format!("{ratio} ({} to {})", digits(low), digits(high)),
        None => ratio,
    }
}

/// Three significant digits, also where the last is a 0, so that numbers under each other are alike.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        x if x >= 99.95 => 0,
        x if x >= 9.995 => 1,
        x if x >= 0.9995 => 2,
        x if x >= 0.09995 => 3,
        _ => return number::format(value, Some(3)),
    };
    plain(value, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_have_three_significant_digits_whatever_they_are() {
        let shown = [0.9996, 1.4, 0.8999, 12.04, 12345.6, 0.1, 0.01234].map(digits);
        assert_eq!(shown, ["1.00", "1.40", "0.900", "12.0", "12,346", "0.100", "0.0123"]);
    }
}

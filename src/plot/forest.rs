//! The forest of a model's covariates: ratios to the reference subject, covariate by covariate.

use crate::exposure::forest::{ForestInterval, ForestRow};
use crate::output::number;

use super::axis::{Axis, Scale, Tick};
use super::comparison::{distinct, label};
use super::figure::{Figure, Plan, typeset};
use super::panel::{Key, Legend, Look, Panel, REGION_OPACITY};
use super::picture::{Anchor, Picture};
use super::style::{FINE_LINE, HEAVY_LINE, SMALL_SIZE, Theme};

/// Limits that are shaded: those of average bioequivalence.
const LIMITS: [f64; 2] = [0.8, 1.25];
/// Height of a row.
const ROW: f64 = 24.0;
/// Between groups of rows, in rows.
const GROUP_GAP: f64 = 0.35;
/// Part of the panel's width, beyond the ratios, that holds them as text.
const TEXT_PART: f64 = 0.34;

/// A forest to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct ForestPlot {
    /// What the picture is headed with, such as the study's name.
    pub heading: String,
    /// What exposure it is, such as `cycle 4 of fixed`.
    pub of: String,
    /// What is drawn.
    pub rows: Vec<ForestRow>,
}

impl ForestPlot {
    /// A panel per quantity, a row per value of a covariate.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let quantities = distinct(self.rows.iter().map(|row| row.quantity.as_str()));
        let ends = |row: &ForestRow| row.interval.map_or([row.ratio; 2], |(interval, _)| interval);
        let values = || self.rows.iter().flat_map(ends).chain(LIMITS).filter(|value| value.is_finite() && *value > 0.0);
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        let first: Vec<&ForestRow> = self.of_quantity(quantities.first().copied().unwrap_or_default());
        let places = places(&first);
        let depth = places.last().copied().unwrap_or(1.0) + 0.5;
        let panels = quantities
            .iter()
            .map(|quantity| {
                let mut x = Axis::ratio(low, high, LIMITS, 0.07, "Ratio to the reference subject".to_owned());
                x.scale.high *= libm::pow(x.scale.high / x.scale.low, TEXT_PART / (1.0 - TEXT_PART));
                let tick = |(row, &value): (&&ForestRow, &f64)| Tick { value, label: Some(row_label(row)) };
                let y = Axis {
                    scale: Scale { low: depth, high: 0.5, logarithmic: false },
                    ticks: first.iter().zip(&places).map(tick).collect(),
                    label: String::new(),
                };
                Plan { x, y, caption: label(quantity).to_owned(), doses: Vec::new(), notes: 0.0 }
            })
            .collect();
        let has = |what| self.rows.iter().any(|row| row.interval.is_some_and(|(_, found)| found == what));
        let mut shown = "Typical subject with one covariate moved".to_owned();
        if has(ForestInterval::Confidence) {
            shown += "; line: 90 % confidence interval, 5th to 95th percentile over replicates of the parameters";
        }
        if has(ForestInterval::BetweenSubjects) {
            shown += "; last row: median and 5th to 95th percentile of subjects with the covariates of the reference";
        }
        let mut legend = Legend::default();
        legend.add(&format!("{} to {}", LIMITS[0], LIMITS[1]), Key::Region, Look::neutral(theme));
        let figure = Figure {
            theme,
            title: format!("{}: covariates and exposure, {}", self.heading, self.of),
            subtitle: shown,
            panels,
            columns: 1,
            panel_height: ROW * (depth - 0.5),
            legend,
        };
        let (mut picture, panels) = figure.lay_out();
        for (panel, quantity) in panels.iter().zip(&quantities) {
            shade(&mut picture, panel);
            for (row, &place) in self.of_quantity(quantity).into_iter().zip(&places) {
                self.draw_row(&mut picture, panel, row, place);
            }
        }
        picture
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
        let mut text = number::format(row.ratio, Some(3));
        if let Some(([low, high], _)) = row.interval {
            text = format!("{text} ({} to {})", number::format(low, Some(3)), number::format(high, Some(3)));
            if let (Some(from), Some(to)) = (panel.at_x(low), panel.at_x(high)) {
                picture.line(&[(from, y), (to, y)], colour, HEAVY_LINE);
            }
        }
        if let Some(x) = panel.at_x(row.ratio) {
            picture.marker(theme.marker(series), (x, y), colour, theme.ground());
        }
        picture.text(&text, (panel.right, y + 0.36 * SMALL_SIZE), Anchor::End, SMALL_SIZE, theme.text());
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
    let value = format!("{} {} {}", row.covariate, number::format(at, Some(3)), typeset(&row.unit));
    match row.level {
        "p5" => format!("{} (5th percentile)", value.trim_end()),
        "p95" => format!("{} (95th percentile)", value.trim_end()),
        _ => value.trim_end().to_owned(),
    }
}

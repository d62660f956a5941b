//! How sure a time course is: the prediction interval of a new subject, and confidence intervals of its median and its ends.

use crate::output::replicates::{ConfidenceRow, Statistic};
use crate::output::summaries::SummaryOf;

use super::axis::plain;
use super::figure::{Band, Figure, Plan, dose_rows, in_sentence, subjects};
use super::panel::{Key, Legend, Look, Panel, inner_opacity, strong_opacity};
use super::picture::Picture;
use super::style::{Colour, HEAVY_LINE, Theme};
use super::time_course::{Axes, TimeCourse};

/// Colours of the confidence bands, by series: as of the percentiles in a visual predictive check.
const OUTER: usize = 0;
const MEDIAN: usize = 1;
/// Line of the ends of the prediction interval.
const END_LINE: f64 = 1.1;
const END_DASHES: &[f64] = &[7.0, 4.0];
/// More arms than this would make a picture that fits no page.
pub(super) const MOST_ARMS: usize = 8;

/// A time course of all replicates together, and what single replicates say of it.
#[derive(Clone, Debug)]
pub struct ConfidencePlot {
    /// Its bands are prediction intervals.
    pub course: TimeCourse,
    /// Rows of `confidence.csv` of the same quantity over time.
    pub rows: Vec<ConfidenceRow>,
}

/// One confidence interval over time.
#[derive(Default)]
struct Interval {
    times: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl ConfidencePlot {
    /// A linear and a logarithmic panel per arm.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let bands = &self.course.bands;
        let ends = self.rows.iter().filter(|row| row.statistic != Statistic::Mean);
        let axes = self.course.axes(true, ends.flat_map(|row| row.percentiles).flatten());
        let mut panels = Vec::new();
        for (i, band) in bands.iter().enumerate() {
            let doses =
                self.course.doses.get(i).map_or_else(Vec::new, |times| dose_rows(theme, &[axes.convert(times)]));
            for (y, scale) in [(&axes.linear, "linear"), (&axes.logarithmic, "logarithmic")] {
                let mut x = axes.x.clone();
                if i + 1 < bands.len() {
                    x.label.clear();
                }
                let caption = format!("{}, {scale} scale", band.name);
                panels.push(Plan { doses: doses.clone(), ..Plan::new(x, y.clone(), caption) });
            }
        }
        let dosed = self.course.doses.iter().any(|times| !times.is_empty());
        let figure = Figure {
            theme,
            title: format!("{}: {} over time", self.course.heading, in_sentence(&self.course.quantity)),
            subtitle: self.subtitle(),
            panels,
            columns: 2,
            panel_height: match bands.len() {
                1 => 300.0,
                2 => 215.0,
                _ => 185.0,
            },
            legend: legend(theme, dosed),
        };
        let (mut picture, panels) = figure.lay_out();
        for (pair, band) in panels.chunks(2).zip(bands) {
            for panel in pair {
                self.draw_arm(&mut picture, panel, &axes, band);
            }
        }
        picture
    }

    fn subtitle(&self) -> String {
        let replicates = self.rows.iter().map(|row| row.n).max().unwrap_or(0);
        format!(
            "90 % prediction interval of a new subject, over {} of all replicates, with 95 % confidence intervals of its ends and \
             of the median, over {} replicates{}",
            subjects(self.course.bands.iter().map(|band| band.n)),
            plain(replicates as f64, 0),
            self.course.alike,
        )
    }

    fn draw_arm(&self, picture: &mut Picture, panel: &Panel, axes: &Axes, band: &Band) {
        let theme = panel.theme;
        let times = axes.convert(&band.times);
        panel.band(picture, &times, &band.low, &band.high, prediction(theme), strong_opacity(theme));
        for (statistic, series) in [(Statistic::P5, OUTER), (Statistic::P95, OUTER), (Statistic::P50, MEDIAN)] {
            let found = self.interval(&band.name, statistic);
            let times = axes.convert(&found.times);
            panel.band(picture, &times, &found.low, &found.high, theme.series(series), inner_opacity(theme));
        }
        for end in [&band.low, &band.high] {
            panel.curve(picture, &times, end, ends(theme), END_LINE);
        }
        panel.curve(picture, &times, &band.median, Look::plain(theme.text()), HEAVY_LINE);
    }

    fn interval(&self, arm: &str, statistic: Statistic) -> Interval {
        let mut interval = Interval::default();
        for row in self.rows.iter().filter(|row| row.arm == arm && row.statistic == statistic) {
            if let SummaryOf::Time(time) = row.of {
                interval.times.push(time);
                interval.low.push(row.percentiles[0].unwrap_or(f64::NAN));
                interval.high.push(row.percentiles[2].unwrap_or(f64::NAN));
            }
        }
        interval
    }
}

/// The ends of the prediction interval, in the middle of their confidence intervals.
fn ends(theme: Theme) -> Look {
    Look { colour: theme.text(), dashes: END_DASHES }
}

/// What lies behind is pale.
fn prediction(theme: Theme) -> Colour {
    theme.text().over(theme.ground(), 0.45)
}

fn legend(theme: Theme, dosed: bool) -> Legend {
    let mut legend = Legend::default();
    legend.add("median of all subjects", Key::Line, Look::plain(theme.text()));
    legend.add("5th and 95th percentile", Key::Line, ends(theme));
    legend.add("prediction interval of a new subject", Key::Band, Look::plain(prediction(theme)));
    legend.add("confidence interval of the median", Key::InnerBand, Look::plain(theme.series(MEDIAN)));
    legend.add("confidence interval of the 5th and 95th percentile", Key::InnerBand, Look::plain(theme.series(OUTER)));
    if dosed {
        legend.add("dose", Key::Doses, Look::neutral(theme));
    }
    legend
}

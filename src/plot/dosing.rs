//! What is given when: a panel per arm, a bar per dose.

use crate::units::TimeUnit;

use super::axis::Axis;
use super::figure::{Figure, Plan, with_unit};
use super::panel::Legend;
use super::picture::Picture;
use super::style::Theme;

/// Doses of all arms over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Dosing {
    /// What the picture is headed with.
    pub heading: String,
    /// What a bar is, in a sentence.
    pub note: String,
    /// Unit of the amounts; empty where none is known.
    pub unit: String,
    /// Unit of all times.
    pub time_unit: TimeUnit,
    /// When treatment and sampling end.
    pub end: f64,
    /// One panel each.
    pub arms: Vec<DosingArm>,
}

/// Doses of one arm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DosingArm {
    /// Its name.
    pub name: String,
    /// In order of time.
    pub doses: Vec<DoseAmount>,
}

/// A dose over the subjects who get it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DoseAmount {
    /// When it begins.
    pub time: f64,
    /// Median amount.
    pub median: f64,
    /// Smallest amount.
    pub low: f64,
    /// Largest amount.
    pub high: f64,
    /// Median duration of the infusion; 0 is a bolus.
    pub duration: f64,
    /// Share of the subjects who get it, 0 to 1.
    pub share: f64,
}

/// Part of a panel's width that a bar takes at least, so that it can be seen.
const THINNEST: f64 = 0.004;

impl Dosing {
    /// Draws it: bars as high as the median amount, fainter the fewer subjects get the dose, with a line from the smallest
    /// to the largest amount.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let doses = || self.arms.iter().flat_map(|arm| &arm.doses);
        let largest = doses().map(|dose| dose.high).fold(0.0, f64::max);
        let (x, shown) = Axis::time(self.end, self.time_unit);
        let y = Axis::linear(largest, with_unit("Dose", &self.unit));
        let last = self.arms.len().saturating_sub(1);
        let plan = |(index, arm): (usize, &DosingArm)| {
            let mut x = x.clone();
            if index < last {
                x.label.clear();
            }
            Plan::new(x, y.clone(), arm.name.clone())
        };
        let figure = Figure {
            theme,
            title: self.heading.clone(),
            subtitle: self.note.clone(),
            panels: self.arms.iter().enumerate().map(plan).collect(),
            columns: 1,
            panel_height: 90.0,
            legend: Legend::default(),
        };
        let (mut picture, panels) = figure.lay_out();
        for (index, (panel, arm)) in panels.iter().zip(&self.arms).enumerate() {
            let thinnest = THINNEST * (x.scale.high - x.scale.low);
            for dose in &arm.doses {
                let from = self.time_unit.convert(dose.time, shown);
                let width = self.time_unit.convert(dose.duration, shown).max(thinnest);
                let to = (from + width).min(x.scale.high);
                let from = from.min(to - thinnest);
                panel.bar(&mut picture, from, to, dose.median, theme.series(index), 0.25 + 0.75 * dose.share);
                let middle = panel.at_x((from + to) / 2.0);
                if let (Some(x), Some(low), Some(high)) = (middle, panel.at_y(dose.low), panel.at_y(dose.high))
                    && dose.high > dose.low
                {
                    picture.line(&[(x, low), (x, high)], theme.text(), 1.0);
                }
            }
        }
        picture
    }
}

//! Individual curves with the median of all subjects, a panel per arm.

use crate::units::TimeUnit;

use super::axis::{Axis, plain};
use super::figure::{Band, Figure, Plan, dose_rows, in_sentence, with_unit};
use super::panel::{Key, Legend, Look};
use super::picture::Picture;
use super::style::{FINE_LINE, FINE_OPACITY, HEAVY_LINE, Theme};

/// Curves of some subjects, and the median of all, per arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Spaghetti {
    /// What the picture is headed with, such as the study's name.
    pub heading: String,
    /// What is shown, such as `Concentration`.
    pub quantity: String,
    /// Its unit; empty where none is known.
    pub unit: String,
    /// Unit of all times.
    pub time_unit: TimeUnit,
    /// One panel each.
    pub arms: Vec<SpaghettiArm>,
}

/// One arm of a [`Spaghetti`] picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaghettiArm {
    /// The median of all subjects; its range is not shown.
    pub all: Band,
    /// Times and values of each individual.
    pub individuals: Vec<(Vec<f64>, Vec<f64>)>,
    /// Times of doses.
    pub doses: Vec<f64>,
}

impl Spaghetti {
    /// On logarithmic panels with one scale.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let values = || {
            let individuals = self.arms.iter().flat_map(|arm| arm.individuals.iter().flat_map(|(_, values)| values));
            let medians = self.arms.iter().flat_map(|arm| &arm.all.median);
            individuals.chain(medians).copied().filter(|&value| value.is_finite() && value > 0.0)
        };
        let (largest, smallest) = (values().fold(0.0, f64::max), values().fold(f64::INFINITY, f64::min));
        let medians = self.arms.iter().flat_map(|arm| &arm.all.median).copied();
        // One subject who eliminates fast must not flatten all others: that curve leaves through the bottom.
        let smallest = smallest.max(medians.filter(|&value| value > 0.0).fold(f64::INFINITY, f64::min) / 20.0);
        let end = self.arms.iter().map(|arm| arm.all.end()).fold(0.0, f64::max);
        let (x, shown) = Axis::time(end, self.time_unit);
        let convert = |times: &[f64]| times.iter().map(|&t| self.time_unit.convert(t, shown)).collect::<Vec<_>>();
        let y = Axis::logarithmic(smallest, largest, with_unit(&self.quantity, &self.unit));
        // Four are a square rather than a row and one.
        let columns = if self.arms.len() == 4 { 2 } else { self.arms.len().clamp(1, 3) };
        let panels = self
            .arms
            .iter()
            .map(|arm| {
                let mut x = x.clone();
                if columns > 2 {
                    thin_out(&mut x);
                }
                let doses = dose_rows(theme, &[convert(&arm.doses)]);
                let caption = if self.arms.len() > 1 { arm.all.name.clone() } else { String::new() };
                Plan { doses, ..Plan::new(x, y.clone(), caption) }
            })
            .collect();

        let n = self.arms.iter().map(|arm| arm.individuals.len()).max().unwrap_or(0);
        let all = self.arms.iter().map(|arm| arm.all.n).max().unwrap_or(0);
        let faint = Look::plain(theme.series(0).over(theme.ground(), FINE_OPACITY));
        let heavy = Look::plain(theme.text());
        let mut legend = Legend::default();
        legend.add("individual", Key::FineLine, faint);
        legend.add("median of all subjects", Key::Line, heavy);
        if self.arms.iter().any(|arm| !arm.doses.is_empty()) {
            legend.add("dose", Key::Doses, Look::neutral(theme));
        }
        let whole = if n as u64 == all {
            format!("All {} subjects", plain(all as f64, 0))
        } else {
            format!("{n} of {} subjects", plain(all as f64, 0))
        };
        let figure = Figure {
            theme,
            title: format!("{}: individual {} curves", self.heading, in_sentence(&self.quantity)),
            subtitle: format!("{whole} (fine lines) and the median of all (heavy line), logarithmic scale"),
            panels,
            columns,
            panel_height: 300.0,
            legend,
        };
        let (mut picture, panels) = figure.lay_out();
        for (panel, arm) in panels.iter().zip(&self.arms) {
            for (times, values) in &arm.individuals {
                panel.curve(&mut picture, &convert(times), values, faint, FINE_LINE);
            }
            panel.curve(&mut picture, &convert(&arm.all.times), &arm.all.median, heavy, HEAVY_LINE);
        }
        picture
    }
}

/// Every other label of a narrow panel, where there are many.
fn thin_out(x: &mut Axis) {
    const MOST: usize = 6;
    if x.ticks.len() > MOST {
        for tick in x.ticks.iter_mut().skip(1).step_by(2) {
            tick.label = None;
        }
    }
}

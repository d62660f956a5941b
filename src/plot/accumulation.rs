//! Exposure of each cycle over that of the first: median, middle half and middle 90 % per arm.

use super::axis::{Axis, plain};
use super::figure::{Figure, Plan, label_every, number_axis, subjects};
use super::panel::{Key, Legend, Look, Panel};
use super::picture::{Anchor, Picture};
use super::style::{FINE_LINE, SMALL_SIZE, Theme};

/// Height of a row of counts.
const NOTE_ROW: f64 = SMALL_SIZE + 5.0;
/// Above the counts, where the label of the vertical axis' lower end reaches down.
const NOTE_GAP: f64 = 9.0;
/// Labels along the axis that do not run into each other, counts of a million subjects included.
const MOST_LABELS: u32 = 12;

/// Accumulation per cycle and arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Accumulation {
    /// What the picture is headed with, such as the study's name.
    pub heading: String,
    /// What is compared, such as `AUC`.
    pub quantity: String,
    /// Arms, in order.
    pub arms: Vec<AccumulationArm>,
}

/// One arm of an [`Accumulation`] picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccumulationArm {
    /// Name of the arm.
    pub name: String,
    /// In order of cycles.
    pub cycles: Vec<AccumulationCycle>,
}

/// Individual ratios in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccumulationCycle {
    /// Number of the cycle, from 1.
    pub number: u32,
    /// Subjects with a ratio.
    pub n: u64,
    /// 5th, 25th, 50th, 75th and 95th percentile of the individual ratios.
    pub percentiles: [f64; 5],
}

impl Accumulation {
    /// Draws it.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let cycles = || self.arms.iter().flat_map(|arm| &arm.cycles);
        let last = self.last();
        let largest = cycles().flat_map(|cycle| cycle.percentiles).filter(|p| p.is_finite()).fold(1.0, f64::max);
        let x = number_axis(last, "Cycle", MOST_LABELS);
        let y = Axis::linear(largest, format!("{} over {} of cycle 1", self.quantity, self.quantity));
        let rows = self.thinning().count();
        let notes = if rows == 0 { 0.0 } else { NOTE_GAP + NOTE_ROW * rows as f64 };
        let mut legend = Legend::default();
        for (i, arm) in self.arms.iter().enumerate() {
            legend.add(&arm.name, Key::Whisker(theme.marker(i)), Look::plain(theme.series(i)));
        }
        let figure = Figure {
            theme,
            title: format!("{}: accumulation of {}", self.heading, self.quantity),
            subtitle: match cycles().map(|cycle| cycle.n).max() {
                Some(1) => "One subject".to_owned(),
                _ => format!(
                    "Individual ratios: median (mark), middle half (bar) and 5th to 95th percentile (line) of {}",
                    subjects(cycles().map(|cycle| cycle.n).filter(|&n| n > 0))
                ),
            },
            panels: vec![Plan { notes, ..Plan::new(x, y, String::new()) }],
            columns: 1,
            panel_height: 330.0,
            legend,
        };
        let (mut picture, panels) = figure.lay_out();
        let Some(panel) = panels.first() else { return picture };
        if let Some(one) = panel.at_y(1.0) {
            picture.dashed_line(&[(panel.left, one), (panel.right, one)], theme.axis(), FINE_LINE, &[4.0, 3.0]);
        }
        let n = self.arms.len() as f64;
        // As wide apart as leaves a gap between cycles: bars of six arms over fourteen cycles lay on each other.
        let step = (0.8 / n.max(1.0)).min(0.2);
        for (i, arm) in self.arms.iter().enumerate() {
            let shift = (i as f64 - (n - 1.0) / 2.0) * step;
            for cycle in arm.cycles.iter().filter(|cycle| cycle.percentiles.iter().all(|p| p.is_finite())) {
                if let Some(x) = panel.at_x(f64::from(cycle.number) + shift) {
                    panel.whisker(&mut picture, x, cycle.percentiles, i);
                }
            }
        }
        self.write_counts(&mut picture, panel, theme);
        picture
    }

    fn last(&self) -> u32 {
        self.arms.iter().flat_map(|arm| &arm.cycles).map(|cycle| cycle.number).max().unwrap_or(1)
    }

    /// Arms that subjects leave, with their positions.
    fn thinning(&self) -> impl Iterator<Item = (usize, &AccumulationArm)> {
        let falls = |arm: &AccumulationArm| arm.cycles.iter().any(|cycle| cycle.n != arm.cycles[0].n);
        self.arms.iter().enumerate().filter(move |(_, arm)| falls(arm))
    }

    /// How many are left, where patients stop from cycle to cycle.
    fn write_counts(&self, picture: &mut Picture, panel: &Panel, theme: Theme) {
        for (row, (i, arm)) in self.thinning().enumerate() {
            let y = panel.bottom + NOTE_GAP + NOTE_ROW * (row as f64 + 1.0) - 5.0;
            picture.text("n", (panel.left - 6.0, y), Anchor::End, SMALL_SIZE, theme.series_text(i));
            let every = label_every(self.last(), MOST_LABELS);
            for cycle in arm.cycles.iter().filter(|cycle| cycle.number.is_multiple_of(every)) {
                if let Some(x) = panel.at_x(f64::from(cycle.number)) {
                    picture.text(&plain(cycle.n as f64, 0), (x, y), Anchor::Middle, SMALL_SIZE, theme.series_text(i));
                }
            }
        }
    }
}

//! A quantity over time on a linear and a logarithmic panel: concentration, clearance, or any other output.

use crate::units::TimeUnit;

use super::axis::{Axis, plain};
use super::figure::{Band, Figure, Plan, curves_of, dose_rows, in_sentence, with_unit};
use super::panel::{Key, Legend, Look, Panel};
use super::picture::Picture;
use super::style::{HEAVY_LINE, Theme};

/// Medians and ranges of one quantity over time.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeCourse {
    /// What the picture is headed with, such as the study's name.
    pub heading: String,
    /// What is shown, such as `Concentration`.
    pub quantity: String,
    /// Its unit; empty where none is known.
    pub unit: String,
    /// Unit of all times.
    pub time_unit: TimeUnit,
    /// One per arm or group.
    pub bands: Vec<Band>,
    /// What the bands are, in a word: `arm`, `group`.
    pub kind: String,
    /// Times of doses, one list per band; none are marked where it is empty.
    pub doses: Vec<Vec<f64>>,
    /// Which bands lie on each other, as it follows what is shown: `; b is the same as a`.
    pub alike: String,
}

/// More bands than this over each other cannot be told apart: medians alone are shown.
const MOST_BANDS: usize = 4;
/// Medians of other arms in an arm's own panel.
const OTHER_LINE: f64 = 1.0;

impl TimeCourse {
    /// Each arm in panels of its own, with the medians of the others as fine lines: for curves that go up and down, whose
    /// bands could not be told apart on one panel.
    #[must_use]
    pub fn apart(&self, theme: Theme) -> Picture {
        if (2..=MOST_BANDS).contains(&self.bands.len()) { self.draw_apart(theme) } else { self.overlaid(theme) }
    }

    /// All arms over each other: for smooth curves.
    #[must_use]
    pub fn overlaid(&self, theme: Theme) -> Picture {
        let with_bands = self.bands.len() <= MOST_BANDS;
        let axes = self.axes(with_bands, std::iter::empty());
        let doses = dose_rows(theme, &self.doses.iter().map(|times| axes.convert(times)).collect::<Vec<_>>());
        let panels = [(&axes.linear, "Linear scale"), (&axes.logarithmic, "Logarithmic scale")]
            .map(|(y, caption)| Plan {
                doses: doses.clone(),
                ..Plan::new(axes.x.clone(), y.clone(), caption.to_owned())
            })
            .to_vec();
        let mut legend = Legend::default();
        if self.bands.len() > 1 {
            self.add_names(&mut legend, theme, with_bands);
        }
        add_doses(&mut legend, theme, !doses.is_empty());
        let (mut picture, panels) = self.figure(theme, panels, 300.0, legend, with_bands).lay_out();
        // Bands over each other add up.
        let opacity = theme.band_opacity() * if self.bands.len() > 1 { 0.6 } else { 1.0 };
        for panel in &panels {
            if with_bands {
                self.bands.iter().enumerate().for_each(|(i, _)| self.draw_band(&mut picture, panel, &axes, i, opacity));
            }
            for (i, band) in self.bands.iter().enumerate() {
                let look = Look::series(theme, i);
                panel.curve(&mut picture, &axes.convert(&band.times), &band.median, look, HEAVY_LINE);
            }
        }
        picture
    }

    fn draw_apart(&self, theme: Theme) -> Picture {
        let axes = self.axes(true, std::iter::empty());
        let last = self.bands.len() - 1;
        let mut panels = Vec::new();
        for (i, band) in self.bands.iter().enumerate() {
            let doses = self.doses.get(i).map_or_else(Vec::new, |times| dose_rows(theme, &[axes.convert(times)]));
            for (y, scale) in [(&axes.linear, "linear"), (&axes.logarithmic, "logarithmic")] {
                let mut x = axes.x.clone();
                if i < last {
                    x.label.clear();
                }
                let caption = format!("{}, {scale} scale", band.name);
                panels.push(Plan { doses: doses.clone(), ..Plan::new(x, y.clone(), caption) });
            }
        }
        let other = Look::plain(theme.text().over(theme.ground(), 0.5));
        let mut legend = Legend::default();
        self.add_names(&mut legend, theme, true);
        let median = if self.has_range() { "median of the" } else { "the" };
        let plural = if self.bands.len() > 2 { "s" } else { "" };
        legend.add(&format!("{median} other {}{plural}", self.kind), Key::FineLine, other);
        add_doses(&mut legend, theme, self.doses.iter().any(|times| !times.is_empty()));
        let height = if self.bands.len() == 2 { 215.0 } else { 185.0 };
        let (mut picture, panels) = self.figure(theme, panels, height, legend, true).lay_out();
        for (at, panel) in panels.iter().enumerate() {
            let own = at / 2;
            self.draw_band(&mut picture, panel, &axes, own, theme.band_opacity());
            for (_, band) in self.bands.iter().enumerate().filter(|(i, _)| *i != own) {
                panel.curve(&mut picture, &axes.convert(&band.times), &band.median, other, OTHER_LINE);
            }
            let band = &self.bands[own];
            let look = Look::series(theme, own);
            panel.curve(&mut picture, &axes.convert(&band.times), &band.median, look, HEAVY_LINE);
        }
        picture
    }

    fn figure(&self, theme: Theme, panels: Vec<Plan>, panel_height: f64, legend: Legend, with_bands: bool) -> Figure {
        let per = if self.bands.len() > 1 { format!(" per {}", self.kind) } else { String::new() };
        let shown = with_bands.then_some("band: 5th to 95th percentile");
        Figure {
            theme,
            title: format!("{}: {} over time", self.heading, in_sentence(&self.quantity)),
            subtitle: format!("{}{per}{}", curves_of(self.bands.iter().map(|band| band.n), shown), self.alike),
            panels,
            columns: 2,
            panel_height,
            legend,
        }
    }

    /// Axes that hold the medians, their bands where these are drawn, and up to the largest of `more`.
    pub(super) fn axes(&self, with_bands: bool, more: impl Iterator<Item = f64>) -> Axes {
        let values = || self.bands.iter().flat_map(|band| band.drawn(with_bands));
        let positive =
            |values: &mut dyn Iterator<Item = f64>| values.filter(|&v| v > 0.0).fold(f64::INFINITY, f64::min);
        let largest = values().chain(more).fold(0.0, f64::max);
        // A band's lower edge may fall by many decades where treatment ends; the medians are what must be seen.
        let lowest_median = positive(&mut self.bands.iter().flat_map(|band| band.median.iter().copied()));
        let smallest = positive(&mut values()).max(lowest_median / 10.0);
        let end = self.bands.iter().map(Band::end).fold(0.0, f64::max);
        let (x, shown) = Axis::time(end, self.time_unit);
        let label = with_unit(&self.quantity, &self.unit);
        Axes {
            x,
            linear: Axis::linear(largest, label.clone()),
            logarithmic: Axis::logarithmic(smallest, largest, label),
            from: self.time_unit,
            shown,
        }
    }

    /// One subject has no median and no range.
    fn has_range(&self) -> bool {
        self.bands.iter().any(|band| band.n > 1)
    }

    fn add_names(&self, legend: &mut Legend, theme: Theme, with_bands: bool) {
        let key = if with_bands && self.has_range() { Key::BandAndLine } else { Key::Line };
        let same = self.bands.iter().all(|band| band.n == self.bands[0].n);
        for (i, band) in self.bands.iter().enumerate() {
            let count = if same { String::new() } else { format!(" (n = {})", plain(band.n as f64, 0)) };
            legend.add(&format!("{}{count}", band.name), key, Look::series(theme, i));
        }
    }

    fn draw_band(&self, picture: &mut Picture, panel: &Panel, axes: &Axes, index: usize, opacity: f64) {
        let band = &self.bands[index];
        panel.band(picture, &axes.convert(&band.times), &band.low, &band.high, panel.theme.series(index), opacity);
    }
}

/// Axes that all panels share, and the unit that times are shown in.
pub(super) struct Axes {
    pub x: Axis,
    pub linear: Axis,
    pub logarithmic: Axis,
    from: TimeUnit,
    shown: TimeUnit,
}

impl Axes {
    pub fn convert(&self, times: &[f64]) -> Vec<f64> {
        times.iter().map(|&time| self.from.convert(time, self.shown)).collect()
    }
}

fn add_doses(legend: &mut Legend, theme: Theme, given: bool) {
    if given {
        legend.add("dose", Key::Doses, Look::neutral(theme));
    }
}

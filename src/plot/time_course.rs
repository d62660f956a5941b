//! A quantity over time: concentration on a linear and a logarithmic panel, or any other output on one panel.

use crate::units::TimeUnit;

use super::axis::Axis;
use super::figure::{Band, Figure, Plan, dose_rows, in_sentence, subjects, with_unit};
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
    /// Times of doses, one list per band, or one for all; none are marked where it is empty.
    pub doses: Vec<Vec<f64>>,
}

impl TimeCourse {
    /// On a linear and on a logarithmic panel.
    #[must_use]
    pub fn two_panels(&self, theme: Theme) -> Picture {
        self.draw(theme, &[(false, "Linear scale"), (true, "Logarithmic scale")])
    }

    /// On one linear panel.
    #[must_use]
    pub fn one_panel(&self, theme: Theme) -> Picture {
        self.draw(theme, &[(false, "")])
    }

    fn draw(&self, theme: Theme, scales: &[(bool, &str)]) -> Picture {
        let values = || self.bands.iter().flat_map(Band::values);
        let largest = values().fold(0.0, f64::max);
        // The median's last decade matters, the lower edge of a band may run out of the panel.
        let smallest = values().filter(|&value| value > 0.0).fold(f64::INFINITY, f64::min);
        let end = self.bands.iter().map(Band::end).fold(0.0, f64::max);
        let (x, shown) = Axis::time(end, self.time_unit);
        let convert = |times: &Vec<f64>| times.iter().map(|&t| self.time_unit.convert(t, shown)).collect::<Vec<_>>();
        let label = with_unit(&self.quantity, &self.unit);
        let doses = dose_rows(theme, &self.doses.iter().map(convert).collect::<Vec<_>>());
        let panels = scales
            .iter()
            .map(|&(logarithmic, caption)| Plan {
                x: x.clone(),
                y: if logarithmic {
                    Axis::logarithmic(smallest, largest, label.clone())
                } else {
                    Axis::linear(largest, label.clone())
                },
                caption: caption.to_owned(),
                doses: doses.clone(),
            })
            .collect();

        let mut legend = Legend::default();
        if self.bands.len() > 1 {
            for (i, band) in self.bands.iter().enumerate() {
                legend.add(&self.legend_text(band), Key::BandAndLine, Look::series(theme, i));
            }
        }
        if !doses.is_empty() {
            legend.add("dose", Key::Doses, Look { colour: theme.axis(), dashes: &[] });
        }
        let per = if self.bands.len() > 1 { format!(" per {}", self.kind) } else { String::new() };
        let figure = Figure {
            theme,
            title: format!("{}: {} over time", self.heading, in_sentence(&self.quantity)),
            subtitle: format!(
                "Median (line) and 5th to 95th percentile (band) of {}{per}",
                subjects(self.bands.iter().map(|band| band.n))
            ),
            panels,
            columns: 2,
            panel_height: if scales.len() > 1 { 300.0 } else { 330.0 },
            legend,
        };
        let (mut picture, panels) = figure.lay_out();
        for panel in &panels {
            self.draw_bands(&mut picture, panel, theme, shown);
        }
        picture
    }

    fn legend_text(&self, band: &Band) -> String {
        let same = self.bands.iter().all(|other| other.n == band.n);
        if same { band.name.clone() } else { format!("{} (n = {})", band.name, super::axis::plain(band.n as f64, 0)) }
    }

    fn draw_bands(&self, picture: &mut Picture, panel: &Panel, theme: Theme, shown: TimeUnit) {
        let times: Vec<Vec<f64>> = self
            .bands
            .iter()
            .map(|band| band.times.iter().map(|&t| self.time_unit.convert(t, shown)).collect())
            .collect();
        for (i, (band, times)) in self.bands.iter().zip(&times).enumerate() {
            panel.band(picture, times, &band.low, &band.high, theme.series(i));
        }
        // Medians over all bands. Where two arms have the same curve, the later one must not hide the earlier: it is thinner.
        let n = self.bands.len();
        for (i, (band, times)) in self.bands.iter().zip(&times).enumerate() {
            let extra = 1.4 * (n - 1 - i).min(3) as f64;
            let width = if self.coincides_later(i) { HEAVY_LINE + extra } else { HEAVY_LINE };
            panel.curve(picture, times, &band.median, Look::series(theme, i), width);
        }
    }

    /// Whether a later band's median lies on this one's.
    fn coincides_later(&self, index: usize) -> bool {
        // A thousandth of the curve is less than a line's width.
        const SAME: f64 = 1e-3;
        let band = &self.bands[index];
        self.bands[index + 1..].iter().any(|other| {
            let pairs = || band.times.iter().zip(&band.median).zip(other.times.iter().zip(&other.median));
            let near = pairs().filter(|((t, a), (u, b))| t == u && (**a - **b).abs() <= SAME * a.abs()).count();
            // Arms that part later coincide over a good part of the picture.
            8 * near > band.times.len()
        })
    }
}

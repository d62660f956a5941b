//! Small multiples over a swept key: the same axis in every panel, a curve with its range per arm.

use super::axis::{Axis, Scale, Tick, plain};
use super::figure::{Band, Figure, Plan};
use super::font::{fitted, text_width};
use super::panel::{Key, Legend, Look, Panel};
use super::picture::Picture;
use super::style::{FINE_LINE, HEAVY_LINE, MARGIN, SMALL_SIZE, Theme, WIDTH};

/// Panels that share a horizontal axis of swept values.
#[derive(Clone, Debug)]
pub struct Multiples {
    /// Title of the picture.
    pub title: String,
    /// What is shown, in a sentence.
    pub subtitle: String,
    /// What is swept, with its unit.
    pub swept: String,
    /// Its values, in order.
    pub values: Vec<SweptTick>,
    /// Panels, row by row.
    pub panels: Vec<MultiplesPanel>,
    /// Panels in a row.
    pub columns: usize,
}

/// A value of the swept key on the horizontal axis.
#[derive(Clone, Debug, PartialEq)]
pub enum SweptTick {
    /// A number, at its place.
    Number(f64),
    /// A name, at its rank.
    Name(String),
}

/// One panel of [`Multiples`].
#[derive(Clone, Debug, Default)]
pub struct MultiplesPanel {
    /// Over the panel.
    pub caption: String,
    /// Vertical axis: quantity and unit.
    pub label: String,
    /// Largest value that other panels with the same axis hold; 0 where each has its own.
    pub largest: f64,
    /// True: shares of 0 to 100 %, whatever the values.
    pub shares: bool,
    /// A level to be reached.
    pub level: Option<f64>,
    /// Curves with their ranges; the "times" are positions on the horizontal axis (see [`Multiples::position`]).
    pub series: Vec<Band>,
}

/// More bands than this over each other cannot be told apart.
pub(super) const MOST_BANDS: usize = 4;
/// Width that the label of a value has at the least; where there is less room, not all are labelled.
const LEAST_LABEL: f64 = 60.0;
/// Radius of the mark of a value.
const MARK: f64 = 3.4;

impl Multiples {
    /// Where the `index`th swept value is on the horizontal axis: the number itself, or the rank of a name.
    #[must_use]
    pub fn position(values: &[SweptTick], index: usize) -> f64 {
        match values.get(index) {
            Some(SweptTick::Number(value)) => *value,
            _ => index as f64 + 1.0,
        }
    }

    /// Draws it.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let columns = self.columns.clamp(1, self.panels.len().max(1));
        let x = self.x_axis(columns);
        let last_row = self.panels.len().saturating_sub(columns);
        let bands = self.panels.iter().map(|panel| panel.series.len()).max().unwrap_or(0) <= MOST_BANDS;
        let panels = (self.panels.iter().enumerate())
            .map(|(i, panel)| {
                let mut x = x.clone();
                if i < last_row {
                    x.label.clear();
                }
                // A row of one quantity is labelled once.
                let labelled = i % columns == 0 || self.panels[i - 1].label != panel.label;
                let y = panel.y_axis(labelled, bands);
                Plan::new(x, y, panel.caption.clone())
            })
            .collect();
        let figure = Figure {
            theme,
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            panels,
            columns,
            panel_height: if self.panels.len() > 4 { 170.0 } else { 230.0 },
            legend: self.legend(theme, bands),
        };
        let (mut picture, panels) = figure.lay_out();
        for (panel, data) in panels.iter().zip(&self.panels) {
            data.draw(&mut picture, panel, theme, bands);
        }
        picture
    }

    fn legend(&self, theme: Theme, bands: bool) -> Legend {
        let mut legend = Legend::default();
        let most = self.panels.iter().map(|panel| panel.series.as_slice()).max_by_key(|series| series.len());
        let series = most.unwrap_or_default();
        if series.len() > 1 {
            for (i, band) in series.iter().enumerate() {
                let key = if bands { Key::BandAndLine } else { Key::Line };
                legend.add(&band.name, key, Look::series(theme, i));
            }
        }
        legend
    }

    fn x_axis(&self, columns: usize) -> Axis {
        let positions: Vec<f64> = (0..self.values.len()).map(|index| Self::position(&self.values, index)).collect();
        let (low, high) = positions.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        // Doubling doses crowd at the left of a linear axis.
        const WIDE: f64 = 20.0;
        let logarithmic = low > 0.0 && high / low >= WIDE;
        let scale = if logarithmic {
            let room = libm::pow(high / low, 0.04);
            Scale { low: low / room, high: high * room, logarithmic }
        } else {
            let room = if high > low { 0.04 * (high - low) } else { 0.5 * high.abs().max(1.0) };
            Scale { low: low - room, high: high + room, logarithmic }
        };
        let mut order: Vec<usize> = (0..positions.len()).collect();
        order.sort_by(|&a, &b| positions[a].total_cmp(&positions[b]));
        let width = (WIDTH - 2.0 * MARGIN) / columns as f64 - 90.0;
        // A long name keeps what has room beside the others.
        let room = (width / order.len().max(1) as f64).max(LEAST_LABEL);
        let labels: Vec<String> =
            order.iter().map(|&index| fitted(&self.values[index].label(), SMALL_SIZE, false, room)).collect();
        let place = |rank: usize| {
            let at = scale.position(positions[order[rank]]).unwrap_or(0.0) * width;
            let half = text_width(&labels[rank], SMALL_SIZE, false) / 2.0 + 5.0;
            (at - half, at + half)
        };
        // Every value is marked. Where they are evenly spaced every one, second, third, ... is labelled, so that labels are as
        // regular as the values; else each that has room beside the last.
        let gaps = || order.windows(2).map(|pair| positions[pair[1]] - positions[pair[0]]);
        let even = gaps().all(|gap| (gap * (order.len() - 1) as f64 - (high - low)).abs() <= 1e-6 * (high - low));
        let fits = |every: &usize| {
            let ranks: Vec<usize> = (0..order.len()).step_by(*every).collect();
            ranks.windows(2).all(|pair| place(pair[0]).1 <= place(pair[1]).0)
        };
        let every = if logarithmic || !even { 1 } else { (1..=order.len().max(1)).find(fits).unwrap_or(1) };
        let mut taken = f64::NEG_INFINITY;
        let tick = |(rank, &index): (usize, &usize)| {
            let (start, end) = place(rank);
            let shown = rank.is_multiple_of(every) && start >= taken;
            taken = if shown { end } else { taken };
            Tick { value: positions[index], label: shown.then(|| labels[rank].clone()) }
        };
        Axis { scale, ticks: order.iter().enumerate().map(tick).collect(), label: self.swept.clone() }
    }
}

impl SweptTick {
    fn label(&self) -> String {
        match self {
            Self::Number(value) => short(*value),
            Self::Name(name) => name.clone(),
        }
    }
}

impl MultiplesPanel {
    fn y_axis(&self, labelled: bool, bands: bool) -> Axis {
        let label = if labelled { self.label.clone() } else { String::new() };
        if self.shares {
            let tick = |i: i32| {
                let value = f64::from(20 * i);
                Tick { value, label: Some(plain(value, 0)) }
            };
            let scale = Scale { low: 0.0, high: 102.0, logarithmic: false };
            return Axis { scale, ticks: (0..=5).map(tick).collect(), label };
        }
        let own = self.series.iter().flat_map(|band| band.drawn(bands)).fold(0.0, f64::max);
        Axis::linear(own.max(self.largest), label)
    }

    fn draw(&self, picture: &mut Picture, panel: &Panel, theme: Theme, bands: bool) {
        if let Some(y) = self.level.and_then(|level| panel.at_y(level)) {
            picture.dashed_line(&[(panel.left, y), (panel.right, y)], theme.text(), FINE_LINE, &[5.0, 3.0]);
        }
        let opacity = theme.band_opacity() * if self.series.len() > 1 { 0.6 } else { 1.0 };
        for (i, band) in self.series.iter().enumerate().filter(|_| bands) {
            panel.band(picture, &band.times, &band.low, &band.high, theme.series(i), opacity);
        }
        for (i, band) in self.series.iter().enumerate() {
            panel.curve(picture, &band.times, &band.median, Look::series(theme, i), HEAVY_LINE);
            for (&x, &y) in band.times.iter().zip(&band.median) {
                if let (Some(x), Some(y)) = (panel.at_x(x), panel.at_y(y)) {
                    picture.disc((x, y), MARK, theme.series(i));
                }
            }
        }
    }
}

/// A swept number in as few digits as it has, at most four that count.
fn short(value: f64) -> String {
    let text = crate::output::number::format(value, Some(4));
    match text.parse::<i64>() {
        Ok(whole) if whole.abs() < 10_000_000 => plain(whole as f64, 0),
        _ => text.replace('-', "−"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: Vec<SweptTick>, columns: usize) -> Axis {
        let multiples = Multiples {
            title: String::new(),
            subtitle: String::new(),
            swept: "amount (mg)".to_owned(),
            values,
            panels: Vec::new(),
            columns,
        };
        multiples.x_axis(columns)
    }

    #[test]
    fn swept_values_are_labelled_where_there_is_room() {
        let labels = |axis: Axis| axis.ticks.into_iter().filter_map(|tick| tick.label).collect::<Vec<_>>();
        let numbers = |values: &[f64]| values.iter().map(|&value| SweptTick::Number(value)).collect::<Vec<_>>();
        assert_eq!(labels(axis(numbers(&[100.0, 250.0, 0.5]), 1)), ["0.5", "100", "250"]);
        let many: Vec<f64> = (1..=200).map(f64::from).collect();
        let shown = labels(axis(numbers(&many), 3)).len();
        assert!((3..25).contains(&shown), "{shown} labels");
        // 8 has no room beside 6, 24 has.
        assert_eq!(labels(axis(numbers(&[6.0, 8.0, 12.0, 24.0]), 4)), ["6", "12", "24"]);
        let names = ["boer", "peters"].map(|name| SweptTick::Name(name.to_owned())).to_vec();
        assert_eq!(labels(axis(names, 1)), ["boer", "peters"]);
    }

    #[test]
    fn doubling_doses_stand_apart_on_a_logarithmic_axis() {
        let values: Vec<SweptTick> = (0..8).map(|i| SweptTick::Number(f64::from(1 << i))).collect();
        let axis = axis(values, 1);
        assert!(axis.scale.logarithmic);
        assert_eq!(axis.ticks.iter().filter(|tick| tick.label.is_some()).count(), 8);
    }
}

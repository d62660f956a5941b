//! A visual predictive check: observed percentiles over the bands of simulated ones, on a linear and a logarithmic panel, and
//! the share below quantification on a panel of its own.

use std::path::Path;

use crate::exposure::vpc::{Bin, Clock, Compared, VpcParameters};
use crate::output::read::vpc::{VpcObservation, VpcRow};
use crate::output::read::{self, ReadError};
use crate::output::vpc::{QUANTITIES, SHARE_BELOW};
use crate::units::TimeUnit;

use super::axis::{Axis, plain};
use super::figure::{Figure, Plan, in_sentence, with_unit};
use super::panel::{Key, Legend, Look, Panel, strong_opacity};
use super::picture::Picture;
use super::style::{AXIS_LINE, FINE_LINE, HEAVY_LINE, Theme};

/// A visual predictive check to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcPicture {
    /// What the picture is headed with, such as the study's name.
    pub heading: String,
    /// What is observed, such as `Cc`.
    pub quantity: String,
    /// Its unit; empty where none is known.
    pub unit: String,
    /// Unit of all times.
    pub time_unit: TimeUnit,
    /// From where on they are counted.
    pub clock: Clock,
    /// Whether observations are prediction-corrected.
    pub corrected: bool,
    /// Replicates.
    pub replicates: u64,
    /// What their parameters are.
    pub parameters: VpcParameters,
    /// A row of panels each.
    pub strata: Vec<VpcStratum>,
}

/// One stratum of a [`VpcPicture`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VpcStratum {
    /// Its name; empty where there is one.
    pub name: String,
    /// Time and value of each observation above quantification.
    pub points: Vec<(f64, f64)>,
    /// Observations, those below quantification among them.
    pub n: u64,
    /// The highest limit of quantification; none where values are corrected.
    pub lloq: Option<f64>,
    /// In order of time.
    pub bins: Vec<VpcBin>,
}

/// One bin of a [`VpcStratum`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VpcBin {
    /// Where it lies.
    pub bin: Bin,
    /// 5th, 50th and 95th percentile.
    pub percentiles: [Compared; 3],
    /// Share below quantification, 0 to 1.
    pub below: Option<Compared>,
}

/// More points than this hide what they are drawn over.
const MOST_POINTS: usize = 3_000;
const POINT_RADIUS: f64 = 1.9;
/// Strokes of the observed 5th and 95th percentile.
const OUTER_DASHES: &[f64] = &[7.0, 4.0];
const LIMIT_DASHES: &[f64] = &[2.0, 3.0];
/// Length of the marks at the edges of bins.
const BIN_MARK: f64 = 7.0;

impl VpcPicture {
    /// The check of a folder's tables, `vpc.csv` and `vpc_observations.csv`.
    ///
    /// # Errors
    /// Where one of them cannot be read.
    pub fn read(check: &Path, observations: &Path, heading: &str, time_unit: TimeUnit) -> Result<Self, ReadError> {
        let rows = read::vpc::check(check)?;
        let clock = rows.first().map(|row| row.clock).unwrap_or_default();
        let (observations, corrected) = read::vpc::observations(observations)?;
        let mut strata: Vec<VpcStratum> = Vec::new();
        for bin in rows.chunk_by(|a, b| (a.number, &a.stratum) == (b.number, &b.stratum)) {
            let stratum = match strata.iter_mut().find(|stratum| stratum.name == bin[0].stratum) {
                Some(stratum) => stratum,
                None => {
                    strata.push(VpcStratum { name: bin[0].stratum.clone(), ..VpcStratum::default() });
                    let last = strata.len() - 1;
                    &mut strata[last]
                }
            };
            stratum.n += bin[0].n;
            stratum.bins.extend(VpcBin::of(bin));
        }
        for stratum in &mut strata {
            let own = || observations.iter().filter(|observation| observation.stratum == stratum.name);
            // Corrected values have no common limit.
            let lloq = own().filter_map(|observation| observation.lloq).filter(|_| !corrected).reduce(f64::max);
            let time = |observation: &VpcObservation| match clock {
                Clock::Start => Some(observation.time),
                Clock::LastDose => observation.after_dose,
            };
            let points = own().filter_map(|observation| Some((time(observation)?, observation.value?))).collect();
            (stratum.lloq, stratum.points) = (lloq, points);
        }
        let first = rows.first();
        Ok(Self {
            heading: heading.to_owned(),
            quantity: first.map_or_else(String::new, |row| row.endpoint.clone()),
            unit: first.map_or_else(String::new, |row| row.unit.clone()),
            time_unit,
            clock,
            corrected,
            parameters: first.map(|row| row.parameters).unwrap_or_default(),
            replicates: first.map_or(0, |row| row.replicates),
            strata,
        })
    }

    /// Draws it: a linear and a logarithmic panel per stratum, and a panel of shares where anything is below quantification.
    #[must_use]
    pub fn draw(&self, theme: Theme) -> Picture {
        let axes = self.axes();
        let shares: Vec<&VpcStratum> = self.strata.iter().filter(|stratum| stratum.has_shares()).collect();
        let caption = |stratum: &VpcStratum, text: &str| match stratum.name.as_str() {
            "" => text.to_owned(),
            name => format!("{name}: {}", in_sentence(text)),
        };
        let plan = |y: &Axis, caption: String| Plan::new(axes.x.clone(), y.clone(), caption);
        let mut panels = Vec::new();
        for stratum in &self.strata {
            panels.push(plan(&axes.linear, caption(stratum, "Linear scale")));
            panels.push(plan(&axes.logarithmic, caption(stratum, "Logarithmic scale")));
        }
        panels.extend(shares.iter().map(|stratum| plan(&axes.share, caption(stratum, "Below quantification"))));
        let figure = Figure {
            theme,
            title: format!(
                "{}: visual predictive check of {}{}",
                self.heading,
                in_sentence(&self.quantity),
                if self.corrected { ", prediction-corrected" } else { "" }
            ),
            subtitle: self.subtitle(),
            panels,
            columns: 2,
            panel_height: if self.strata.len() > 1 { 230.0 } else { 300.0 },
            legend: self.legend(theme, !shares.is_empty()),
        };
        let (mut picture, panels) = figure.lay_out();
        let (percentiles, of_shares) = panels.split_at(2 * self.strata.len());
        for (pair, stratum) in percentiles.chunks(2).zip(&self.strata) {
            for panel in pair {
                self.draw_percentiles(&mut picture, panel, &axes, stratum);
            }
        }
        for (panel, stratum) in of_shares.iter().zip(shares) {
            self.draw_shares(&mut picture, panel, &axes, stratum);
        }
        picture
    }

    fn subtitle(&self) -> String {
        let n: u64 = self.strata.iter().map(|stratum| stratum.n).sum();
        let shown = match self.every() {
            1 => String::new(),
            every => format!("; every {every}th observation is drawn"),
        };
        let parameters = match self.parameters {
            VpcParameters::Estimates => "all with the same parameters",
            VpcParameters::Drawn => "each with parameters drawn as they are uncertain",
        };
        format!(
            "Percentiles of {} observations (lines) over the 95 % bands of the same percentiles in {} simulations, {parameters}{shown}",
            plain(n as f64, 0),
            plain(self.replicates as f64, 0),
        )
    }

    fn legend(&self, theme: Theme, with_shares: bool) -> Legend {
        let mut legend = Legend::default();
        let full = Look { colour: theme.text(), dashes: &[] };
        legend.add("observation", Key::Point, Look { colour: point_colour(theme), dashes: &[] });
        legend.add("observed median", Key::Line, full);
        legend.add("observed 5th and 95th percentile", Key::Line, Look { dashes: OUTER_DASHES, ..full });
        legend.add("simulated median", Key::Band, Look { dashes: &[], ..Look::series(theme, MEDIAN) });
        legend.add("simulated 5th and 95th percentile", Key::Band, Look { dashes: &[], ..Look::series(theme, OUTER) });
        if with_shares {
            let look = Look { dashes: &[], ..Look::series(theme, SHARE) };
            legend.add("simulated share below quantification", Key::Band, look);
        }
        if self.strata.iter().any(|stratum| stratum.lloq.is_some()) {
            let look = Look { colour: theme.axis(), dashes: LIMIT_DASHES };
            legend.add("limit of quantification", Key::Line, look);
        }
        legend.add("edges of bins", Key::Mark, Look { colour: theme.axis(), dashes: &[] });
        legend
    }

    /// Of how many observations one is drawn.
    fn every(&self) -> usize {
        self.strata.iter().map(|stratum| stratum.points.len()).max().unwrap_or(0).div_ceil(MOST_POINTS).max(1)
    }

    fn axes(&self) -> Axes {
        let bins = || self.strata.iter().flat_map(|stratum| &stratum.bins);
        let compared = || {
            let ends = |c: &Compared| [c.observed, c.low, c.high];
            bins().flat_map(move |bin| bin.percentiles.iter().flat_map(ends).collect::<Vec<_>>())
        };
        let points = || self.strata.iter().flat_map(|stratum| &stratum.points);
        let values = || points().map(|point| point.1).chain(compared()).filter(|value| value.is_finite());
        let limits = self.strata.iter().filter_map(|stratum| stratum.lloq);
        let smallest = values().chain(limits).filter(|&value| value > 0.0).fold(f64::INFINITY, f64::min);
        let end = bins().map(|bin| bin.bin.high).chain(points().map(|point| point.0)).fold(0.0, f64::max);
        let (mut x, shown) = Axis::time(end, self.time_unit);
        if self.clock == Clock::LastDose {
            x.label = x.label.replacen("Time", "Time after dose", 1);
        }
        let quantity = if self.corrected { format!("Corrected {}", self.quantity) } else { self.quantity.clone() };
        let label = with_unit(&quantity, if self.unit.is_empty() { "unit not given" } else { &self.unit });
        let largest = values().fold(0.0, f64::max);
        let shares = bins().filter_map(|bin| bin.below).flat_map(|below| [below.observed, below.high]);
        // A share of nothing but 0 still needs a scale; none is above 1.
        let largest_share = shares.filter(|share| share.is_finite()).fold(0.1, f64::max);
        Axes {
            x,
            linear: Axis::linear(largest, label.clone()),
            logarithmic: Axis::logarithmic(smallest, largest, label),
            share: Axis::linear(100.0 * largest_share, "Below quantification (%)".to_owned()),
            from: self.time_unit,
            shown,
        }
    }

    fn draw_percentiles(&self, picture: &mut Picture, panel: &Panel, axes: &Axes, stratum: &VpcStratum) {
        let theme = panel.theme;
        let x = axes.positions(stratum);
        // What lies below quantification is known to be below the limit: a band reaches down to there (or, where there is no
        // common limit, to the end of the panel), a line ends.
        let floor = |value: f64| if value == f64::NEG_INFINITY { stratum.lloq.unwrap_or(value) } else { value };
        for (which, series) in [(0, OUTER), (2, OUTER), (1, MEDIAN)] {
            let of = |pick: fn(&Compared) -> f64| stratum.spread(|bin| floor(pick(&bin.percentiles[which])));
            let (low, high) = (of(|compared| compared.low), of(|compared| compared.high));
            panel.band(picture, &x, &low, &high, theme.series(series), strong_opacity(theme));
        }
        if let Some(y) = stratum.lloq.and_then(|lloq| panel.at_y(lloq)) {
            let line = [(panel.left, y), (panel.right, y)];
            picture.dashed_line(&line, theme.axis(), FINE_LINE, LIMIT_DASHES);
        }
        for &(time, value) in stratum.points.iter().step_by(self.every()) {
            let (x, y) = (panel.at_x(axes.convert(time)), panel.at_y(value));
            if let (Some(x), Some(y)) = (x, y)
                && (panel.left..=panel.right).contains(&x)
                && (panel.top..=panel.bottom).contains(&y)
            {
                picture.disc((x, y), POINT_RADIUS, point_colour(theme));
            }
        }
        for (which, dashes) in [(0, OUTER_DASHES), (2, OUTER_DASHES), (1, [].as_slice())] {
            let observed = stratum.spread(|bin| bin.percentiles[which].observed);
            panel.curve(picture, &x, &observed, Look { colour: theme.text(), dashes }, HEAVY_LINE);
        }
        mark_bins(picture, panel, axes, stratum);
    }

    fn draw_shares(&self, picture: &mut Picture, panel: &Panel, axes: &Axes, stratum: &VpcStratum) {
        let theme = panel.theme;
        let x = axes.positions(stratum);
        let of = |pick: fn(&Compared) -> f64| stratum.spread(|bin| bin.below.map_or(f64::NAN, |c| 100.0 * pick(&c)));
        let (low, high) = (of(|below| below.low), of(|below| below.high));
        panel.band(picture, &x, &low, &high, theme.series(SHARE), strong_opacity(theme));
        let look = Look { colour: theme.text(), dashes: &[] };
        panel.curve(picture, &x, &of(|below| below.observed), look, HEAVY_LINE);
        mark_bins(picture, panel, axes, stratum);
    }
}

/// Colours of the bands, by series.
const OUTER: usize = 0;
const MEDIAN: usize = 1;
const SHARE: usize = 2;

fn point_colour(theme: Theme) -> super::style::Colour {
    theme.text().over(theme.ground(), 0.42)
}

/// Short strokes at the edges of bins, along the upper end of the panel.
fn mark_bins(picture: &mut Picture, panel: &Panel, axes: &Axes, stratum: &VpcStratum) {
    let mut edges: Vec<f64> = stratum.bins.iter().flat_map(|bin| [bin.bin.low, bin.bin.high]).collect();
    edges.dedup();
    for x in edges.into_iter().filter_map(|edge| panel.at_x(axes.convert(edge))) {
        if (panel.left..=panel.right + 0.5).contains(&x) {
            picture.line(&[(x, panel.top), (x, panel.top + BIN_MARK)], panel.theme.axis(), AXIS_LINE);
        }
    }
}

impl VpcBin {
    /// From the rows of one bin; `None` where a percentile is missing.
    fn of(rows: &[VpcRow]) -> Option<Self> {
        let find = |name: &str| rows.iter().find(|row| row.quantity == name).map(|row| row.compared);
        let below = find(SHARE_BELOW);
        // With a limit, what has no value lies below it.
        let known = |value: f64| if value.is_nan() && below.is_some() { f64::NEG_INFINITY } else { value };
        let percentile = |compared: Compared| Compared {
            observed: known(compared.observed),
            low: known(compared.low),
            median: known(compared.median),
            high: known(compared.high),
        };
        let [p5, p50, p95] = QUANTITIES.map(|name| find(name).map(percentile));
        Some(Self { bin: rows.first()?.bin, percentiles: [p5?, p50?, p95?], below })
    }
}

impl VpcStratum {
    fn has_shares(&self) -> bool {
        self.bins.iter().any(|bin| bin.below.is_some())
    }

    /// A value per bin; twice where there is one bin alone, which is drawn from its start to its end.
    fn spread(&self, value: impl Fn(&VpcBin) -> f64) -> Vec<f64> {
        match self.bins.as_slice() {
            [one] => vec![value(one); 2],
            bins => bins.iter().map(value).collect(),
        }
    }
}

/// Axes that panels share, and the unit that times are shown in.
struct Axes {
    x: Axis,
    linear: Axis,
    logarithmic: Axis,
    share: Axis,
    from: TimeUnit,
    shown: TimeUnit,
}

impl Axes {
    fn convert(&self, time: f64) -> f64 {
        self.from.convert(time, self.shown)
    }

    /// Where the values of [`VpcStratum::spread`] stand.
    fn positions(&self, stratum: &VpcStratum) -> Vec<f64> {
        match stratum.bins.as_slice() {
            [one] => {
                // A bin of one time would have no width to be seen.
                let least = 0.02 * (self.x.scale.high - self.x.scale.low);
                let (low, high) = (self.convert(one.bin.low), self.convert(one.bin.high));
                let middle = low.midpoint(high);
                vec![low.min(middle - least).max(self.x.scale.low), high.max(middle + least).min(self.x.scale.high)]
            }
            bins => bins.iter().map(|bin| self.convert(bin.bin.time)).collect(),
        }
    }
}

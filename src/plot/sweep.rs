//! Pictures of a sweep, from its `summary.csv`: exposure over the first swept key, and a panel of concentrations per point.

use std::path::Path;

use crate::output::manifest::Manifest;
use crate::output::read::{self, forests::Forest};
use crate::output::summaries::{SummaryOf, SummaryRow};
use crate::units::TimeUnit;

use super::PlotError;
use super::axis::Axis;
use super::figure::{Band, Figure, Plan, apart, are_the_same, curves_of, typeset, with_unit};
use super::forest::ForestPlot;
use super::multiples::{MOST_BANDS, Multiples, MultiplesPanel, SweptTick};
use super::panel::{Key, Legend, Look};
use super::picture::Picture;
use super::pta;
use super::source::{NamedPicture, PlotFiles};
use super::style::{HEAVY_LINE, Theme};

/// Quantities of the last cycle that are shown over the swept key.
const SHOWN: [(&str, &str); 3] = [("auc", "AUC"), ("cmax", "Cmax"), ("ctrough", "Ctrough")];
/// Values of further swept keys that get a column of panels each.
const MOST_FACETS: usize = 4;
/// Points whose concentrations are shown.
const MOST_POINTS: usize = 12;

/// The columns of a sweep, as its tables have them.
#[derive(Clone, Debug, Default)]
pub(super) struct SweptColumns {
    /// Their names as pictures have room for them.
    labels: Vec<String>,
    units: Vec<String>,
    /// False: points differ in their subjects as well.
    same_subjects: bool,
}

/// A point of a sweep: the cells of its columns.
pub(super) type Cells = Vec<String>;

impl SweptColumns {
    /// Those of a run; `None` where nothing is swept.
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let labels = manifest.swept.iter().map(|column| short(&column.name)).collect();
        let units = manifest.swept.iter().map(|column| column.unit.clone()).collect();
        // What a column means names the key, whatever the column is called.
        let draws = |meaning: &str| meaning.contains("`seed`") || meaning.contains("`cohort.size`");
        let same_subjects = !manifest.swept.iter().any(|column| draws(&column.meaning));
        (!manifest.swept.is_empty()).then_some(Self { labels, units, same_subjects })
    }

    /// What follows the number of subjects.
    fn same(&self) -> &'static str {
        if self.same_subjects { ", the same at every point" } else { "" }
    }

    /// The first key as titles have it.
    pub fn first(&self) -> &str {
        &self.labels[0]
    }

    /// The same as an axis is labelled.
    pub fn label(&self) -> String {
        with_unit(&self.labels[0], &self.units[0])
    }

    /// `amount 100 mg, every 12 h`.
    pub fn describe(&self, cells: &[String]) -> String {
        self.describe_from(0, cells)
    }

    /// The same for all but the first key.
    pub fn describe_further(&self, cells: &[String]) -> String {
        self.describe_from(1, cells)
    }

    fn describe_from(&self, first: usize, cells: &[String]) -> String {
        let one = |((name, unit), cell): ((&String, &String), &String)| {
            format!("{name} {cell} {}", typeset(unit)).trim_end().to_owned()
        };
        self.labels.iter().zip(&self.units).skip(first).zip(cells).map(one).collect::<Vec<_>>().join(", ")
    }

    /// The values of the first key in order of points, each once.
    pub fn values(points: &[Cells]) -> (Vec<String>, Vec<SweptTick>) {
        let mut cells: Vec<String> = Vec::new();
        for point in points {
            if !cells.contains(&point[0]) {
                cells.push(point[0].clone());
            }
        }
        let numbers: Option<Vec<f64>> = cells.iter().map(|cell| cell.parse().ok()).collect();
        let ticks = match numbers {
            Some(numbers) => numbers.into_iter().map(SweptTick::Number).collect(),
            None => cells.iter().cloned().map(SweptTick::Name).collect(),
        };
        (cells, ticks)
    }

    /// The values of all further keys together, in order of points, each once.
    pub fn facets(points: &[Cells]) -> Vec<Cells> {
        let mut facets: Vec<Cells> = Vec::new();
        for point in points {
            let rest = point[1..].to_vec();
            if !facets.contains(&rest) {
                facets.push(rest);
            }
        }
        facets
    }
}

/// A key of a study as panels have room for it: `WT` for `cohort.covariates.WT`, `plain: amount` for `arm.plain.regimen.amount`.
fn short(name: &str) -> String {
    if let Some(rest) = name.strip_prefix("arm.")
        && let Some((arm, key)) = rest.split_once(".regimen.")
    {
        return format!("{}: {key}", arm.trim_matches('"'));
    }
    let known = ["cohort.covariates.", "parameters."].into_iter().find_map(|table| name.strip_prefix(table));
    known.unwrap_or(name).to_owned()
}

/// What is kept of `summary.csv`: the last cycle of each point and arm, and the curves of the first points.
#[derive(Default)]
struct Kept {
    points: Vec<Cells>,
    last: Vec<(usize, SummaryRow)>,
    curves: Vec<(usize, SummaryRow)>,
}

/// All pictures of a sweep that its files allow.
pub(super) fn pictures(
    files: &PlotFiles,
    swept: &SweptColumns,
    manifest: &Manifest,
    theme: Theme,
) -> Result<Vec<NamedPicture>, PlotError> {
    let concentration = manifest.model.concentration.as_deref();
    let kept = files.summary.as_deref().map(|summary| keep(summary, concentration)).transpose()?.unwrap_or_default();
    let mut pictures = Vec::new();
    let mut add = |name: &str, picture| pictures.push(NamedPicture { name: name.to_owned(), picture });
    if !kept.last.is_empty() {
        add("sweep", exposures(&kept, swept, manifest).draw(theme));
    }
    if !kept.curves.is_empty() && kept.points.len() <= MOST_POINTS {
        add("sweep_concentration", curves(&kept, swept, manifest, manifest.units.time.parse()?, theme));
    }
    if let Some(forest) = &files.forest {
        let Forest { swept: cells, rows, units } = read::forests::first_point(forest, manifest.swept.len())?;
        let heading = format!("{} at {}", manifest.study.name, swept.describe(&cells));
        add("forest", ForestPlot { heading, rows, units }.draw(theme));
    }
    if let Some(targets) = files.target_confidence.as_ref().or(files.targets.as_ref())
        && let Some(attainment) = pta::attainment(targets, swept, manifest)?
    {
        add("pta", attainment.draw(theme));
    }
    Ok(pictures)
}

fn keep(summary: &Path, concentration: Option<&str>) -> Result<Kept, PlotError> {
    let mut kept = Kept::default();
    read::visit_summary(summary, |cells, row| {
        if kept.points.last().is_none_or(|point| point != cells) {
            kept.points.push(cells.iter().map(|&cell| cell.to_owned()).collect());
        }
        let point = kept.points.len() - 1;
        match row.of {
            SummaryOf::Time(_) if Some(row.quantity.as_str()) == concentration && point < MOST_POINTS => {
                kept.curves.push((point, row));
            }
            SummaryOf::Cycle(_) if SHOWN.iter().any(|(name, _)| *name == row.quantity) => {
                // Cycles come in order: a later one takes the place of the one before.
                let same = |(at, other): &&mut (usize, SummaryRow)| {
                    *at == point && other.arm == row.arm && other.quantity == row.quantity
                };
                match kept.last.iter_mut().rev().take(64).find(same) {
                    Some((_, other)) => *other = row,
                    None => kept.last.push((point, row)),
                }
            }
            _ => {}
        }
    })?;
    Ok(kept)
}

/// Arms to draw, and a word on each that is left out because it would lie on one of these at every point.
fn arms_apart<'a>(kept: &Kept, manifest: &'a Manifest) -> (Vec<&'a str>, String) {
    let rows = |arm: &str| -> (Vec<(usize, &str)>, Vec<f64>) {
        let of_arm = || kept.last.iter().chain(&kept.curves).filter(|(_, row)| row.arm == arm);
        let ends = |row: &SummaryRow| [row.summary.p5, row.summary.p50, row.summary.p95];
        let values = of_arm().flat_map(|(_, row)| ends(row)).map(|value| value.unwrap_or(f64::NAN));
        (of_arm().map(|(point, row)| (*point, row.quantity.as_str())).collect(), values.collect())
    };
    let all: Vec<_> = manifest.arms.iter().map(|arm| (arm.name.as_str(), rows(&arm.name))).collect();
    let (found, said) =
        apart(&all, |one, other| !one.0.is_empty() && one.0 == other.0 && are_the_same(&one.1, &other.1));
    (found.into_iter().map(|index| all[index].0).collect(), said)
}

/// Rows of panels for quantities, columns for values of further keys.
fn exposures(kept: &Kept, swept: &SweptColumns, manifest: &Manifest) -> Multiples {
    let (cells, values) = SweptColumns::values(&kept.points);
    let all_facets = SweptColumns::facets(&kept.points);
    let facets = &all_facets[..all_facets.len().min(MOST_FACETS)];
    let position = |point: usize| {
        let index = cells.iter().position(|cell| *cell == kept.points[point][0]).unwrap_or(0);
        Multiples::position(&values, index)
    };
    let (arms, the_same) = arms_apart(kept, manifest);
    let with_bands = arms.len() <= MOST_BANDS;
    let mut panels = Vec::new();
    for (quantity, title) in SHOWN {
        let of_quantity: Vec<&(usize, SummaryRow)> =
            kept.last.iter().filter(|(_, row)| row.quantity == quantity).collect();
        let unit = of_quantity.first().map_or("", |(_, row)| row.unit.as_str());
        let mut row_panels: Vec<MultiplesPanel> = Vec::new();
        for facet in facets {
            let band = |arm: &str| {
                let mut rows: Vec<(f64, &SummaryRow)> = (of_quantity.iter())
                    .filter(|(point, row)| row.arm == arm && kept.points[*point][1..] == facet[..])
                    .map(|(point, row)| (position(*point), row))
                    .collect();
                rows.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut band = Band { name: arm.to_owned(), ..Band::default() };
                for (x, row) in rows {
                    band.push(x, &row.summary);
                }
                band
            };
            let further = if facet.is_empty() { String::new() } else { format!(", {}", swept.describe_further(facet)) };
            row_panels.push(MultiplesPanel {
                caption: format!("{title}{further}"),
                label: with_unit(title, unit),
                series: arms.iter().map(|arm| band(arm)).collect(),
                ..MultiplesPanel::default()
            });
        }
        let drawn = row_panels.iter().flat_map(|panel| &panel.series).flat_map(|band| band.drawn(with_bands));
        let largest = drawn.fold(0.0, f64::max);
        row_panels.iter_mut().for_each(|panel| panel.largest = largest);
        panels.extend(row_panels);
    }
    let n = kept.last.iter().map(|(_, row)| row.summary.n).filter(|&n| n > 0);
    let left_out = all_facets.len() - facets.len();
    let left_out = match left_out {
        0 => String::new(),
        1 => "; 1 further combination is in the table".to_owned(),
        n => format!("; {n} further combinations are in the table"),
    };
    let shown = with_bands.then_some("band");
    Multiples {
        title: format!("{}: exposure in the last cycle over {}", manifest.study.name, swept.first()),
        subtitle: format!("{}{}{the_same}{left_out}", curves_of(n, shown), swept.same()),
        swept: swept.label(),
        values,
        columns: if facets.len() > 1 { facets.len() } else { SHOWN.len() },
        panels,
    }
}

/// A panel per point, with a curve and its range per arm.
fn curves(kept: &Kept, swept: &SweptColumns, manifest: &Manifest, time_unit: TimeUnit, theme: Theme) -> Picture {
    let band = |point: usize, arm: &str| {
        let mut band = Band { name: arm.to_owned(), ..Band::default() };
        for (_, row) in kept.curves.iter().filter(|(at, row)| *at == point && row.arm == arm) {
            if let SummaryOf::Time(time) = row.of {
                band.push(time, &row.summary);
            }
        }
        band
    };
    let (arms, the_same) = arms_apart(kept, manifest);
    let with_bands = arms.len() <= MOST_BANDS;
    let points: Vec<Vec<Band>> =
        (0..kept.points.len()).map(|point| arms.iter().map(|arm| band(point, arm)).collect()).collect();
    let all = || points.iter().flatten();
    let positive = |values: &mut dyn Iterator<Item = f64>| values.filter(|&v| v > 0.0).fold(f64::INFINITY, f64::min);
    let lowest_median = positive(&mut all().flat_map(|band| band.median.iter().copied()));
    let largest = all().flat_map(|band| band.drawn(with_bands)).fold(0.0, f64::max);
    // Room for most of a band below its median.
    let lowest = if with_bands { lowest_median / 5.0 } else { lowest_median };
    let (x, shown) = Axis::time(all().map(Band::end).fold(0.0, f64::max), time_unit);
    let unit = kept.curves.first().map_or("", |(_, row)| row.unit.as_str());
    let columns = if points.len() > 4 { 3 } else { points.len().min(2) };
    let last_row = points.len().saturating_sub(columns);
    let plan = |(i, cells): (usize, &Cells)| {
        let mut x = x.clone();
        if x.ticks.len() > 6 {
            x.ticks.iter_mut().skip(1).step_by(2).for_each(|tick| tick.label = None);
        }
        if i < last_row {
            x.label.clear();
        }
        let label = if i % columns == 0 { with_unit("Concentration", unit) } else { String::new() };
        let y = Axis::logarithmic(lowest, largest, label);
        Plan::new(x, y, swept.describe(cells))
    };
    let mut legend = Legend::default();
    if arms.len() > 1 {
        let key = if with_bands { Key::BandAndLine } else { Key::Line };
        arms.iter().enumerate().for_each(|(i, arm)| legend.add(arm, key, Look::series(theme, i)));
    }
    let figure = Figure {
        theme,
        title: format!("{}: concentration over time, point by point", manifest.study.name),
        subtitle: format!(
            "{}{}{the_same}; logarithmic scale",
            curves_of(all().map(|band| band.n), with_bands.then_some("band")),
            swept.same()
        ),
        panels: kept.points.iter().enumerate().map(plan).collect(),
        columns,
        panel_height: if points.len() > 4 { 150.0 } else { 220.0 },
        legend,
    };
    let (mut picture, panels) = figure.lay_out();
    let convert = |times: &[f64]| times.iter().map(|&time| time_unit.convert(time, shown)).collect::<Vec<_>>();
    let opacity = theme.band_opacity() * if arms.len() > 1 { 0.6 } else { 1.0 };
    for (panel, bands) in panels.iter().zip(&points) {
        for (i, band) in bands.iter().enumerate().filter(|_| with_bands) {
            panel.band(&mut picture, &convert(&band.times), &band.low, &band.high, theme.series(i), opacity);
        }
        for (i, band) in bands.iter().enumerate() {
            panel.curve(&mut picture, &convert(&band.times), &band.median, Look::series(theme, i), HEAVY_LINE);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shortened_to_what_they_are_of() {
        let keys = ["amount", "cohort.covariates.WT", "parameters.lcl", "arm.plain.regimen.every", "omega.etalcl"];
        assert_eq!(keys.map(short), ["amount", "WT", "lcl", "plain: every", "omega.etalcl"]);
        assert_eq!(short("arm.\"600 mg\".regimen.amount"), "600 mg: amount");
    }
}

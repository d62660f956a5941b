//! From the files of a folder to the data of its pictures.

use std::path::{Path, PathBuf};

use crate::output::layout::Encoding;
use crate::output::manifest::Manifest;
use crate::output::read::forests::Forest;
use crate::output::read::{self, Curve};
use crate::output::summaries::{SummaryOf, SummaryRow};
use crate::stats;
use crate::units::TimeUnit;

use super::PlotError;
use super::accumulation::{Accumulation, AccumulationArm, AccumulationCycle};
use super::comparison::ComparisonPlot;
use super::confidence::{self, ConfidencePlot};
use super::figure::{Band, apart, typeset};
use super::forest::ForestPlot;
use super::picture::Picture;
use super::spaghetti::{Spaghetti, SpaghettiArm};
use super::style::Theme;
use super::sweep::{self, SweptColumns};
use super::time_course::TimeCourse;
use super::vpc::VpcPicture;

/// What is drawn, and how.
#[derive(Clone, Debug)]
pub struct PlotOptions {
    /// Colours.
    pub theme: Theme,
    /// Curves of individuals per arm.
    pub individuals: usize,
    /// Column of `subjects.csv` by whose thirds outputs other than the concentration are shown; `None` shows arms.
    pub group_by: Option<String>,
}

impl Default for PlotOptions {
    fn default() -> Self {
        Self { theme: Theme::Light, individuals: 50, group_by: None }
    }
}

/// Files to draw from; a picture whose files are missing is left out.
#[derive(Clone, Debug, Default)]
pub struct PlotFiles {
    /// `summary.csv`.
    pub summary: Option<PathBuf>,
    /// `profiles.csv`.
    pub profiles: Option<PathBuf>,
    /// `subjects.csv`.
    pub subjects: Option<PathBuf>,
    /// `targets.csv`.
    pub targets: Option<PathBuf>,
    /// `target_confidence.csv`.
    pub target_confidence: Option<PathBuf>,
    /// `comparison.csv`.
    pub comparison: Option<PathBuf>,
    /// `forest.csv`.
    pub forest: Option<PathBuf>,
    /// `vpc.csv`.
    pub vpc: Option<PathBuf>,
    /// `vpc_observations.csv`.
    pub vpc_observations: Option<PathBuf>,
    /// `confidence.csv`.
    pub confidence: Option<PathBuf>,
}

impl PlotFiles {
    /// Those of a finished folder.
    #[must_use]
    pub fn of_folder(folder: &Path, manifest: &Manifest) -> Self {
        let find = |name: &str| {
            let mut names = Encoding::ALL.iter().map(|encoding| format!("{name}.{}", encoding.ending()));
            names.find(|name| manifest.file(name).is_some()).map(|name| folder.join(name))
        };
        Self {
            summary: find("summary"),
            profiles: find("profiles"),
            subjects: find("subjects"),
            targets: find("targets"),
            target_confidence: find("target_confidence"),
            comparison: find("comparison"),
            forest: find("forest"),
            vpc: find("vpc"),
            vpc_observations: find("vpc_observations"),
            confidence: find("confidence"),
        }
    }
}

/// A picture and the name of its files, without ending.
#[derive(Clone, Debug)]
pub struct NamedPicture {
    /// For instance `concentration`.
    pub name: String,
    /// The picture.
    pub picture: Picture,
}

/// Subjects that groups are made of at the most: medians of thirds of a thousand are as smooth as lines can show.
const GROUPED_SUBJECTS: usize = 1_000;

/// All pictures that the files allow.
///
/// # Errors
/// Where a file cannot be read, or the unit of time is not known.
pub fn pictures(files: &PlotFiles, manifest: &Manifest, options: &PlotOptions) -> Result<Vec<NamedPicture>, PlotError> {
    let time_unit: TimeUnit = manifest.units.time.parse()?;
    if let Some(swept) = SweptColumns::of(manifest) {
        return sweep::pictures(files, &swept, manifest, options.theme);
    }
    let rows = files.summary.as_deref().map(read::summary).transpose()?.unwrap_or_default();
    let study = Study { manifest, time_unit, rows: &rows, options };
    let mut pictures = Vec::new();
    let mut add = |name: &str, picture| pictures.push(NamedPicture { name: name.to_owned(), picture });
    if let (Some(check), Some(observations)) = (&files.vpc, &files.vpc_observations) {
        let picture = VpcPicture::read(check, observations, &manifest.study.name, time_unit)?;
        add("vpc", picture.draw(options.theme));
    }
    let concentration = manifest.model.concentration.as_deref();
    if let Some(quantity) = concentration
        && let Some(course) = study.time_course(quantity, "Concentration")
    {
        // The one curve of a single subject is the median.
        let has_individuals = course.bands.iter().any(|band| band.n > 1);
        let picture = match &files.confidence {
            Some(confidence) if course.bands.len() <= confidence::MOST_ARMS => {
                let mut rows = read::confidence(confidence)?;
                rows.retain(|row| row.quantity == quantity && matches!(row.of, SummaryOf::Time(_)));
                ConfidencePlot { course, rows }.draw(options.theme)
            }
            _ => course.apart(options.theme),
        };
        add("concentration", picture);
        if let Some(profiles) = files.profiles.as_ref().filter(|_| has_individuals) {
            add("spaghetti", study.spaghetti(profiles, quantity)?.draw(options.theme));
        }
    }
    let accumulation = study.accumulation();
    if accumulation.arms.iter().any(|arm| arm.cycles.len() > 1) {
        add("accumulation", accumulation.draw(options.theme));
    }
    if let Some(comparison) = &files.comparison {
        let rows = read::comparisons(comparison)?;
        if rows.iter().any(|row| row.comparison.ratio.is_some()) {
            let arms = study.arms().map(str::to_owned).collect();
            let plot = ComparisonPlot { heading: manifest.study.name.clone(), arms, rows };
            add("comparison", plot.draw(options.theme));
        }
    }
    if let Some(forest) = &files.forest {
        let Forest { rows, units, .. } = read::forests::first_point(forest, 0)?;
        add("forest", ForestPlot { heading: manifest.study.name.clone(), rows, units }.draw(options.theme));
    }
    let shown_already = |name: &str| Some(name) == concentration || name == "DV";
    for quantity in study.quantities().filter(|name| !shown_already(name) && study.changes_in_time(name)) {
        let (name, label) = if is_clearance(quantity) { ("clearance", "Clearance") } else { (quantity, quantity) };
        let course = match (&options.group_by, &files.profiles, &files.subjects) {
            (Some(covariate), Some(profiles), Some(subjects)) => {
                Some(study.grouped(profiles, subjects, quantity, label, covariate)?)
            }
            _ => study.time_course(quantity, label),
        };
        if let Some(course) = course {
            add(&file_name(name), course.overlaid(options.theme));
        }
    }
    Ok(pictures)
}

/// What models call clearance: the name of its picture does not depend on it.
fn is_clearance(quantity: &str) -> bool {
    matches!(
        quantity.to_ascii_lowercase().as_str(),
        "cl" | "clt" | "cl_t" | "cltot" | "cl_tot" | "cltotal" | "clearance"
    )
}

/// A variable's name as a name of a file on any system.
fn file_name(quantity: &str) -> String {
    quantity.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect()
}

struct Study<'a> {
    manifest: &'a Manifest,
    time_unit: TimeUnit,
    rows: &'a [SummaryRow],
    options: &'a PlotOptions,
}

impl Study<'_> {
    /// Whether the median of a quantity moves: a picture of an individual parameter over time would be a straight line.
    fn changes_in_time(&self, quantity: &str) -> bool {
        let mut first: Vec<(&str, Option<f64>)> = Vec::new();
        let mut medians = (self.rows.iter())
            .filter(|row| row.quantity == quantity && matches!(row.of, SummaryOf::Time(_)))
            .map(|row| (row.arm.as_str(), row.summary.p50));
        medians.any(|(arm, median)| match first.iter().find(|(known, _)| *known == arm) {
            Some((_, known)) => *known != median,
            None => {
                first.push((arm, median));
                false
            }
        })
    }

    /// Names of the quantities that are summarised over time, in order.
    fn quantities(&self) -> impl Iterator<Item = &str> {
        let mut seen: Vec<&str> = Vec::new();
        for row in self.rows.iter().filter(|row| matches!(row.of, SummaryOf::Time(_))) {
            if !seen.contains(&row.quantity.as_str()) {
                seen.push(&row.quantity);
            }
        }
        seen.into_iter()
    }

    fn arms(&self) -> impl Iterator<Item = &str> {
        self.manifest.arms.iter().map(|arm| arm.name.as_str())
    }

    fn doses(&self, arm: &str) -> Vec<f64> {
        let found = self.manifest.arms.iter().find(|record| record.name == arm);
        found.map_or_else(Vec::new, |record| record.dose_times.clone())
    }

    fn band(&self, arm: &str, quantity: &str) -> Band {
        let mut band = Band { name: arm.to_owned(), ..Band::default() };
        for row in self.rows.iter().filter(|row| row.arm == arm && row.quantity == quantity) {
            if let SummaryOf::Time(time) = row.of {
                band.push(time, &row.summary);
            }
        }
        band
    }

    fn unit(&self, quantity: &str) -> String {
        self.rows.iter().find(|row| row.quantity == quantity).map_or_else(String::new, |row| row.unit.clone())
    }

    fn time_course(&self, quantity: &str, label: &str) -> Option<TimeCourse> {
        let mut bands: Vec<Band> = self.arms().map(|arm| self.band(arm, quantity)).collect();
        bands.retain(|band| band.drawn(true).next().is_some());
        bands.first()?;
        let mut doses: Vec<Vec<f64>> = bands.iter().map(|band| self.doses(&band.name)).collect();
        let named: Vec<(&str, &Band)> = bands.iter().map(|band| (band.name.as_str(), band)).collect();
        let (found, mut alike) = apart(&named, |one, other| one.lies_on(other));
        // What treatment does not change, such as a clearance that only time changes, is one curve.
        if bands.len() > 1 && found.len() == 1 {
            let all = if bands.len() == 2 { "both".to_owned() } else { format!("all {}", bands.len()) };
            alike = format!("; {all} arms are the same");
            bands.truncate(1);
            doses.dedup();
            doses = if doses.len() == 1 { doses } else { Vec::new() };
        }
        Some(TimeCourse {
            heading: self.manifest.study.name.clone(),
            quantity: label.to_owned(),
            unit: self.unit(quantity),
            time_unit: self.time_unit,
            bands,
            kind: "arm".to_owned(),
            doses,
            alike,
        })
    }

    fn spaghetti(&self, profiles: &Path, quantity: &str) -> Result<Spaghetti, PlotError> {
        let curves = read::curves(profiles, &[quantity], self.options.individuals)?;
        let arm = |name: &str| SpaghettiArm {
            all: self.band(name, quantity),
            individuals: curves
                .iter()
                .filter(|curve| curve.arm == name)
                .map(|curve| (curve.times.clone(), curve.values[0].clone()))
                .collect(),
            doses: self.doses(name),
        };
        Ok(Spaghetti {
            heading: self.manifest.study.name.clone(),
            quantity: "Concentration".to_owned(),
            unit: self.unit(quantity),
            time_unit: self.time_unit,
            arms: self.arms().map(arm).collect(),
        })
    }

    fn accumulation(&self) -> Accumulation {
        let cycle = |row: &SummaryRow| match row.of {
            SummaryOf::Cycle(number) => {
                let s = &row.summary;
                let percentiles = [s.p5, s.p25, s.p50, s.p75, s.p95].map(|p| p.unwrap_or(f64::NAN));
                Some(AccumulationCycle { number, n: s.n, percentiles })
            }
            SummaryOf::Time(_) => None,
        };
        let arm = |name: &str| {
            let rows = self.rows.iter().filter(|row| row.arm == name && row.quantity == "auc_ratio");
            AccumulationArm { name: name.to_owned(), cycles: rows.filter_map(cycle).collect() }
        };
        let arms = self.arms().map(arm).filter(|arm| !arm.cycles.is_empty()).collect();
        Accumulation { heading: self.manifest.study.name.clone(), quantity: "AUC".to_owned(), arms }
    }

    /// An output of the first arm by thirds of a covariate.
    fn grouped(
        &self,
        profiles: &Path,
        subjects: &Path,
        quantity: &str,
        label: &str,
        covariate: &str,
    ) -> Result<TimeCourse, PlotError> {
        let first_arm = self.arms().next().unwrap_or_default().to_owned();
        let mut curves = read::curves(profiles, &[quantity], GROUPED_SUBJECTS)?;
        curves.retain(|curve| curve.arm == first_arm);
        let values = read::subject_values(subjects, covariate, GROUPED_SUBJECTS * self.manifest.arms.len().max(1))?;
        let value_of = |curve: &Curve| {
            values.iter().find(|value| value.arm == first_arm && value.id == curve.id).and_then(|value| value.value)
        };
        let valued: Vec<(f64, Curve)> =
            curves.into_iter().filter_map(|curve| Some((value_of(&curve)?, curve))).collect();
        let unit = self
            .manifest
            .files
            .iter()
            .filter(|file| file.name.starts_with("subjects."))
            .flat_map(|file| &file.columns)
            .find(|column| column.name == covariate)
            .map_or("", |column| column.unit.as_str());
        let name = &self.manifest.study.name;
        let several = self.manifest.arms.len() > 1;
        Ok(TimeCourse {
            heading: if several { format!("{name}, arm {first_arm}") } else { name.clone() },
            quantity: label.to_owned(),
            unit: self.unit(quantity),
            time_unit: self.time_unit,
            bands: groups(&valued, covariate, unit),
            kind: "group".to_owned(),
            doses: Vec::new(),
            alike: String::new(),
        })
    }
}

/// Bands over the subjects of each value where there are few, else over thirds.
fn groups(valued: &[(f64, Curve)], covariate: &str, unit: &str) -> Vec<Band> {
    const FEW: usize = 4;
    let mut sorted: Vec<f64> = valued.iter().map(|(value, _)| *value).collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let mut ranges: Vec<(f64, f64)> = Vec::new();
    if distinct.len() <= FEW {
        ranges.extend(distinct.iter().map(|&value| (value, value)));
    } else {
        for third in 0..3 {
            let part = &sorted[sorted.len() * third / 3..sorted.len() * (third + 1) / 3];
            // A value at a boundary belongs to the lower group.
            let after = ranges.last().map_or(f64::NEG_INFINITY, |range| range.1);
            let inside: Vec<f64> = part.iter().copied().filter(|&value| value > after).collect();
            if let (Some(&low), Some(&high)) = (inside.first(), inside.last()) {
                ranges.push((low, high));
            }
        }
    }
    let number = |value: f64| crate::output::number::format(value, Some(3));
    let band = |&(low, high): &(f64, f64)| {
        let curves: Vec<&Curve> =
            valued.iter().filter(|(value, _)| (low..=high).contains(value)).map(|(_, curve)| curve).collect();
        let range = if low == high { number(low) } else { format!("{} to {}", number(low), number(high)) };
        band_over(&curves, format!("{covariate} {range} {}", typeset(unit)).trim_end().to_owned())
    };
    ranges.iter().map(band).collect()
}

/// Percentiles over curves at the times of the first of them.
fn band_over(curves: &[&Curve], name: String) -> Band {
    let mut band = Band { name, n: curves.len() as u64, ..Band::default() };
    let Some(first) = curves.first() else { return band };
    for (row, &time) in first.times.iter().enumerate() {
        let values: Vec<f64> = curves
            .iter()
            .filter(|curve| curve.times.get(row) == Some(&time))
            .map(|curve| curve.values[0][row])
            .filter(|value| value.is_finite())
            .collect();
        let [low, median, high] = stats::quantiles(&values, [0.05, 0.5, 0.95]).map(|p| p.unwrap_or(f64::NAN));
        band.times.push(time);
        band.low.push(low);
        band.median.push(median);
        band.high.push(high);
    }
    band
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(id: usize, value: f64) -> Curve {
        Curve { id: id.to_string(), times: vec![0.0, 1.0], values: vec![vec![value, 2.0 * value]], ..Curve::default() }
    }

    #[test]
    fn continuous_covariates_make_thirds_and_categories_groups() {
        let valued: Vec<(f64, Curve)> = (1..=9).map(|i| (i as f64, curve(i, i as f64))).collect();
        let bands = groups(&valued, "BSA", "m2");
        assert_eq!(
            bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>(),
            ["BSA 1 to 3 m²", "BSA 4 to 6 m²", "BSA 7 to 9 m²"]
        );
        assert_eq!(bands[1].median, [5.0, 10.0]);
        let valued: Vec<(f64, Curve)> = (0..9).map(|i| ((i % 2) as f64, curve(i, 1.0))).collect();
        let bands = groups(&valued, "SEX", "");
        assert_eq!(
            bands.iter().map(|band| (band.name.as_str(), band.n)).collect::<Vec<_>>(),
            [("SEX 0", 5), ("SEX 1", 4)]
        );
    }

    #[test]
    fn names_of_files_are_safe_and_clearance_is_known_by_its_names() {
        assert_eq!(file_name("A1/V"), "A1_V");
        assert!(is_clearance("CLt") && !is_clearance("cl2"));
    }
}

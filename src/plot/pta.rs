//! Probability of target attainment over the first swept key: a panel per target, from `targets.csv`, or where parameters are uncertain
//! from `target_confidence.csv`.

use std::path::Path;

use crate::output::manifest::Manifest;
use crate::output::read;
use crate::stats::wilson;

use super::PlotError;
use super::axis::plain;
use super::figure::{Band, apart};
use super::multiples::{MOST_BANDS, Multiples, MultiplesPanel};
use super::sweep::{Cells, SweptColumns};

/// Targets that get a panel.
const MOST_TARGETS: usize = 6;
/// Curves in a panel: as many as there are colours.
const MOST_SERIES: usize = 6;

/// The picture; `None` where the table has no rows.
pub(super) fn attainment(
    targets: &Path,
    swept: &SweptColumns,
    manifest: &Manifest,
) -> Result<Option<Multiples>, PlotError> {
    let counts = read::target_counts(targets)?;
    let mut points: Vec<Cells> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for count in &counts {
        if !points.contains(&count.swept) {
            points.push(count.swept.clone());
        }
        if !names.contains(&count.target.as_str()) {
            names.push(&count.target);
        }
    }
    if counts.is_empty() {
        return Ok(None);
    }
    let (cells, values) = SweptColumns::values(&points);
    let facets = SweptColumns::facets(&points);
    let arms: Vec<&str> = manifest.arms.iter().map(|arm| arm.name.as_str()).collect();
    let all: Vec<(&Cells, &str)> = facets.iter().flat_map(|facet| arms.iter().map(move |arm| (facet, *arm))).collect();
    let targets = &names[..names.len().min(MOST_TARGETS)];
    let name = |facet: &Cells, arm: &str| {
        let further = swept.describe_further(facet);
        match (further.as_str(), arms.len()) {
            ("", _) => arm.to_owned(),
            (_, 1) => further,
            (..) => format!("{arm}, {further}"),
        }
    };
    let curve = |target: &str, facet: &Cells, arm: &str| {
        let mut band = Band { name: name(facet, arm), ..Band::default() };
        let mut at: Vec<(f64, u64, u64, Option<[f64; 2]>)> = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            let here = || {
                counts.iter().filter(|count| {
                    (count.target.as_str(), count.arm.as_str()) == (target, arm)
                        && count.swept[0] == *cell
                        && count.swept[1..] == facet[..]
                })
            };
            let (attained, n) = here().fold((0, 0), |(a, n), count| (a + count.attained, n + count.n));
            let confidence = here().find_map(|count| count.confidence);
            at.push((Multiples::position(&values, index), attained, n, confidence));
        }
        at.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (x, attained, n, confidence) in at {
            if let Some(share) = wilson(attained, n) {
                let [low, high] = confidence.unwrap_or([share.lower, share.upper]);
                band.n = band.n.max(n);
                band.times.push(x);
                band.low.push(100.0 * low);
                band.median.push(100.0 * share.share);
                band.high.push(100.0 * high);
            }
        }
        band
    };
    let over_targets = |facet, arm| targets.iter().map(|target| curve(target, facet, arm)).collect::<Vec<Band>>();
    let series: Vec<Vec<Band>> = all.iter().take(MOST_SERIES).map(|&(facet, arm)| over_targets(facet, arm)).collect();
    let named: Vec<(&str, &Vec<Band>)> =
        series.iter().filter_map(|bands| Some((bands.first()?.name.as_str(), bands))).collect();
    let (distinct, alike) = apart(&named, |one, other| one.iter().zip(*other).all(|(a, b)| a.lies_on(b)));
    let panel = |(index, target): (usize, &&str)| {
        let required = counts.iter().filter(|count| count.target == **target).find_map(|count| count.required);
        MultiplesPanel {
            caption: (*target).to_owned(),
            label: "Attained (%)".to_owned(),
            shares: true,
            level: required.map(|share| 100.0 * share),
            series: distinct.iter().map(|&place| series[place][index].clone()).collect(),
            ..MultiplesPanel::default()
        }
    };
    let panels: Vec<MultiplesPanel> = targets.iter().enumerate().map(panel).collect();
    let left_out = all.len() - series.len() + names.len() - panels.len();
    let left_out = if left_out == 0 { "" } else { "; further curves are in the table" };
    let level = if panels.iter().any(|panel| panel.level.is_some()) { "; dashed: share asked for" } else { "" };
    let of = match counts.iter().filter_map(|count| count.replicates).max() {
        Some(replicates) => format!(": over {} replicates of the parameters", plain(replicates as f64, 0)),
        None => ": Wilson, of the subjects drawn".to_owned(),
    };
    Ok(Some(Multiples {
        title: format!("{}: target attainment over {}", manifest.study.name, swept.first()),
        subtitle: match distinct.len() > MOST_BANDS {
            true => format!("Share of subjects{level}{alike}{left_out}"),
            false => {
                format!("Share of subjects (line) with its 95 % confidence interval (band{of}){level}{alike}{left_out}")
            }
        },
        swept: swept.label(),
        values,
        columns: if panels.len() == 3 { 3 } else { panels.len().min(2) },
        panels,
    }))
}

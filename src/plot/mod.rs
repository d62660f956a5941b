//! Pictures of a simulated study, drawn from its files: the same files give the same bytes.
//!
//! All speak one visual language ([`style`]). A picture is a list of shapes in points ([`picture::Picture`]); SVG and PNG are
//! two renderings of it by plotters, with a font that the program carries. [`source`] makes the data of pictures from the
//! files of a folder.

pub mod accumulation;
mod axis;
mod canvas;
pub mod comparison;
pub mod confidence;
pub mod dosing;
mod encode;
pub mod figure;
mod font;
pub mod forest;
pub mod histogram;
pub mod multiples;
mod panel;
pub mod picture;
mod pta;
mod render;
pub mod source;
pub mod spaghetti;
pub mod style;
mod sweep;
pub mod time_course;
pub mod vpc;

pub use axis::time_shown;

use std::io::Write;

use rayon::prelude::*;

use crate::output::folder::{OutputError, OutputFile, OutputFolder};

use picture::Shape;
use source::NamedPicture;

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// A table that it is drawn from could not be read.
    #[error(transparent)]
    Read(#[from] crate::output::read::ReadError),
    /// The unit of time is not known.
    #[error(transparent)]
    Unit(#[from] crate::units::UnitError),
    /// A file could not be opened.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file could not be written.
    #[error("could not write `{name}`")]
    Write {
        /// Its name.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// A picture could not be written as PNG.
    #[error("could not write a picture as PNG")]
    Png {
        /// Why.
        source: std::io::Error,
    },
    /// Plotters refused.
    #[error("could not draw a picture: {cause}")]
    Draw {
        /// What it says.
        cause: String,
    },
}

/// Renders pictures as SVG and PNG into a folder's unfinished files, in parallel.
///
/// # Errors
/// Where one cannot be drawn or written.
pub fn write(folder: &OutputFolder, pictures: &[NamedPicture]) -> Result<Vec<OutputFile>, PlotError> {
    let write_one = |(named, kind): (&NamedPicture, Kind)| -> Result<OutputFile, PlotError> {
        let mut file = folder.create(&format!("{}.{}", named.name, kind.ending()), Vec::new())?;
        match kind {
            Kind::Svg => file
                .write_all(named.picture.to_svg()?.as_bytes())
                .map_err(|source| PlotError::Write { name: file.name().to_owned(), source })?,
            Kind::Png => named.picture.write_png(&mut file)?,
        }
        Ok(file)
    };
    // What takes longest first, so that nobody is left with it in the end.
    let files: Vec<_> =
        [Kind::Png, Kind::Svg].iter().flat_map(|&kind| pictures.iter().map(move |named| (named, kind))).collect();
    files.into_par_iter().with_max_len(1).map(write_one).collect()
}

/// Letters of pictures that the font of the program lacks, each once: a PNG has boxes in their place, an SVG what its viewer has.
#[must_use]
pub fn missing_letters(pictures: &[NamedPicture]) -> String {
    let mut missing = String::new();
    for shape in pictures.iter().flat_map(|named| &named.picture.shapes) {
        let Shape::Text(text) = shape else { continue };
        for letter in text.text.chars().filter(|&letter| !font::has(letter, text.bold)) {
            if !missing.contains(letter) {
                missing.push(letter);
            }
        }
    }
    missing
}

/// What a picture is rendered as.
#[derive(Clone, Copy)]
enum Kind {
    Svg,
    Png,
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

#[cfg(test)]
mod label_tests;

#[cfg(test)]
mod tests {
    use super::Shape;
    use super::accumulation::{Accumulation, AccumulationArm, AccumulationCycle};
    use super::confidence::ConfidencePlot;
    use super::figure::Band;
    use super::font::text_width;
    use super::picture::{Anchor, Picture, Text};
    use super::spaghetti::{Spaghetti, SpaghettiArm};
    use super::style::{AXIS_LINE, EDGE_LINE, HEAVY_LINE, Theme};
    use super::time_course::TimeCourse;
    use super::vpc::{VpcBin, VpcPicture, VpcStratum};
    use crate::exposure::vpc::{Bin, Clock, Compared, VpcParameters};
    use crate::output::replicates::{ConfidenceRow, Statistic};
    use crate::output::summaries::SummaryOf;
    use crate::units::TimeUnit;

    /// Left, top, right, bottom.
    fn area_of(text: &Text) -> [f64; 4] {
        let width = text_width(&text.text, text.size, text.bold);
        let start = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        // DejaVu Sans reaches 0.76 of its size above the baseline and 0.24 below it.
        let (x, y, up, down) = (text.at.0, text.at.1, 0.76 * text.size, 0.24 * text.size);
        if text.upward {
            [x - up, y - start - width, x + down, y - start]
        } else {
            [x + start, y - up, x + start + width, y + down]
        }
    }

    /// Every label lies within its picture, and no two touch.
    pub(super) fn check_labels(name: &str, picture: &Picture) {
        let texts: Vec<&Text> = picture
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Text(text) => Some(text),
                _ => None,
            })
            .collect();
        assert!(texts.len() > 10, "{name} has labels");
        for (i, text) in texts.iter().enumerate() {
            let [left, top, right, bottom] = area_of(text);
            assert!(
                left >= 0.0 && top >= 0.0 && right <= picture.width && bottom <= picture.height,
                "{name}: `{}` is clipped: {left:.0} {top:.0} {right:.0} {bottom:.0}",
                text.text
            );
            for other in &texts[..i] {
                let [l, t, r, b] = area_of(other);
                let apart = right <= l || r <= left || bottom <= t || b <= top;
                assert!(apart, "{name}: `{}` and `{}` overlap", text.text, other.text);
            }
        }
    }

    fn band(name: &str, end: f64, scale: f64) -> Band {
        let times: Vec<f64> = (0..200).map(|i| end * f64::from(i) / 199.0).collect();
        let curve = |height: f64| times.iter().map(|t| scale * height * (-6.0 * t / end).exp()).collect();
        Band { name: name.to_owned(), n: 1000, low: curve(0.2), median: curve(1.0), high: curve(3.0), times }
    }

    fn course(n: usize, end: f64, scale: f64) -> TimeCourse {
        let bands: Vec<Band> =
            (0..n).map(|i| band(&format!("arm with a long name {i}"), end, scale * (1.0 + i as f64))).collect();
        TimeCourse {
            heading: "a study".to_owned(),
            quantity: "Concentration".to_owned(),
            unit: "ng/mL".to_owned(),
            time_unit: TimeUnit::Hour,
            doses: bands.iter().map(|_| vec![0.0, end / 2.0]).collect(),
            bands,
            kind: "arm".to_owned(),
            alike: String::new(),
        }
    }

    #[test]
    fn labels_of_time_courses_are_whole_and_apart_at_any_size_of_time_and_value() {
        for n in [1, 2, 3, 4, 7] {
            for end in [1.0, 24.0, 200.0, 3864.0, 100_000.0] {
                for scale in [1e-7, 0.02, 1.0, 37.0, 1e4, 1e8] {
                    let course = course(n, end, scale);
                    let name = format!("{n} arms over {end} h at {scale}");
                    check_labels(&name, &course.apart(Theme::Light));
                    check_labels(&name, &course.overlaid(Theme::Print));
                }
            }
        }
    }

    #[test]
    fn an_axis_has_room_for_what_is_drawn_and_no_more() {
        // Bands of up to four arms reach three times as high as medians; of five arms medians alone are drawn.
        for n in [1, 4, 5] {
            let Picture { shapes, .. } = course(n, 24.0, 37.0).overlaid(Theme::Light);
            let lines = |wanted: f64| {
                shapes.iter().filter_map(move |shape| match shape {
                    Shape::Line { points, width, .. } if *width == wanted => Some(points),
                    _ => None,
                })
            };
            let top = |points: &[(f64, f64)]| points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
            let drawn = if n > 4 { HEAVY_LINE } else { EDGE_LINE };
            let highest = lines(drawn).map(|points| top(points)).fold(f64::INFINITY, f64::min);
            let frame = lines(AXIS_LINE).find(|points| points.len() == 3).map(|points| top(points)).unwrap();
            // A panel is 300 points high, and a linear axis leaves a twenty-sixth of itself free, a logarithmic one 3 in 106.
            let free = highest - frame;
            assert!((8.0..12.0).contains(&free), "{n} arms: {free} points are free above the data");
        }
    }

    #[test]
    fn labels_of_confidence_bands_are_whole_and_apart() {
        for n in [1, 2, 5] {
            let course = course(n, 24.0, 37.0);
            let row = |band: &Band, i: usize, statistic: Statistic, value: f64| ConfidenceRow {
                arm: band.name.clone(),
                of: SummaryOf::Time(band.times[i]),
                quantity: "Cc".to_owned(),
                unit: "ng/mL".to_owned(),
                statistic,
                n: 200,
                mean: Some(value),
                sd: None,
                percentiles: [0.9 * value, value, 1.1 * value].map(Some),
                errors: [None; 3],
            };
            let of_band = |band: &Band| {
                let at = |i: usize| {
                    let of = [band.low[i], band.median[i], band.high[i]];
                    [Statistic::P5, Statistic::P50, Statistic::P95].iter().zip(of).map(move |(&s, v)| (i, s, v))
                };
                let rows = (0..band.times.len()).flat_map(at);
                rows.map(|(i, statistic, value)| row(band, i, statistic, value)).collect::<Vec<_>>()
            };
            let rows = course.bands.iter().flat_map(of_band).collect();
            check_labels(&format!("{n} arms"), &ConfidencePlot { course, rows }.draw(Theme::Print));
        }
    }

    #[test]
    fn labels_of_individual_curves_are_whole_and_apart() {
        for n in 1..=5 {
            let arm = |i: usize| SpaghettiArm {
                all: band(&format!("arm {i}"), 3864.0, 100.0),
                individuals: vec![(vec![0.0, 3864.0], vec![1.0, 900.0])],
                doses: vec![0.0, 168.0],
            };
            let spaghetti = Spaghetti {
                heading: "a study".to_owned(),
                quantity: "Concentration".to_owned(),
                unit: "ng/mL".to_owned(),
                time_unit: TimeUnit::Hour,
                arms: (0..n).map(arm).collect(),
            };
            check_labels(&format!("{n} arms"), &spaghetti.draw(Theme::Dark));
        }
    }

    #[test]
    fn labels_of_accumulation_are_whole_and_apart_for_many_cycles_and_arms() {
        for (n_arms, n_cycles) in [(1, 2), (3, 6), (6, 8), (2, 40), (1, 365)] {
            let cycle = |number: u32| AccumulationCycle {
                number,
                n: 1_000_000 - u64::from(number),
                percentiles: [0.5, 0.8, 1.0, 1.5, 4.0].map(|p| p * f64::from(number)),
            };
            let arm = |i| AccumulationArm { name: format!("arm {i}"), cycles: (1..=n_cycles).map(cycle).collect() };
            let accumulation = Accumulation {
                heading: "a study".to_owned(),
                quantity: "AUC".to_owned(),
                arms: (0..n_arms).map(arm).collect(),
            };
            check_labels(&format!("{n_arms} arms, {n_cycles} cycles"), &accumulation.draw(Theme::Light));
        }
    }

    #[test]
    fn labels_of_visual_predictive_checks_are_whole_and_apart() {
        for (n_strata, n_bins, with_shares, scale) in [(1, 1, false, 1.0), (1, 8, true, 1e-4), (3, 15, true, 1e5)] {
            let compared =
                |observed: f64| Compared { observed, low: 0.8 * observed, median: observed, high: 1.25 * observed };
            let bin = |i: u32| {
                let (time, height) = (3.0 * f64::from(i), scale / f64::from(i + 1));
                VpcBin {
                    bin: Bin { low: time, high: time + 3.0, time: time + 1.0 },
                    percentiles: [0.4, 1.0, 2.5].map(|part| compared(part * height)),
                    below: with_shares.then(|| compared(0.03 * f64::from(i))),
                }
            };
            let stratum = |i: u32| VpcStratum {
                name: if n_strata > 1 { format!("ARM {i}") } else { String::new() },
                points: (0..50).map(|i| (f64::from(i), scale * 2.0 / f64::from(i + 1))).collect(),
                n: 50,
                lloq: with_shares.then_some(0.02 * scale),
                bins: (0..n_bins).map(bin).collect(),
            };
            let picture = VpcPicture {
                heading: "a study".to_owned(),
                quantity: "Cc".to_owned(),
                unit: "ng/mL".to_owned(),
                time_unit: TimeUnit::Hour,
                clock: if with_shares { Clock::LastDose } else { Clock::Start },
                corrected: with_shares,
                replicates: 500,
                parameters: if n_strata > 1 { VpcParameters::Drawn } else { VpcParameters::Estimates },
                strata: (0..n_strata).map(stratum).collect(),
            };
            check_labels(&format!("{n_strata} strata, {n_bins} bins"), &picture.draw(Theme::Light));
        }
    }
}

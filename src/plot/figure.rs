//! What all figures share: heading, panels side by side, legend below, and the data of bands.

use super::axis::{Axis, Scale, Tick, plain};
use super::font::{fitted, text_width};
use super::panel::{CAPTION, DoseRow, Legend, Panel};
use super::picture::{Anchor, Picture, Text};
use super::style::{MARGIN, TEXT_SIZE, TITLE_SIZE, Theme, WIDTH};
use crate::exposure::summary::Summary;

/// A quantity over time in one arm or group: median and range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    /// Name of the arm or group.
    pub name: String,
    /// Subjects.
    pub n: u64,
    /// Times.
    pub times: Vec<f64>,
    /// 5th percentile; NaN where undefined.
    pub low: Vec<f64>,
    /// Median; NaN where undefined.
    pub median: Vec<f64>,
    /// 95th percentile; NaN where undefined.
    pub high: Vec<f64>,
}

impl Band {
    /// Adds what a summary says at a time, or at a swept value.
    pub(super) fn push(&mut self, at: f64, summary: &Summary) {
        self.n = self.n.max(summary.n);
        self.times.push(at);
        self.low.push(summary.p5.unwrap_or(f64::NAN));
        self.median.push(summary.p50.unwrap_or(f64::NAN));
        self.high.push(summary.p95.unwrap_or(f64::NAN));
    }

    /// What is drawn of it: the median, and the range where there is room for ranges.
    pub(super) fn drawn(&self, with_range: bool) -> impl Iterator<Item = f64> {
        let range = [&self.low, &self.high].into_iter().filter(move |_| with_range);
        range.chain([&self.median]).flatten().copied().filter(|value| value.is_finite())
    }

    pub(super) fn end(&self) -> f64 {
        self.times.iter().copied().fold(0.0, f64::max)
    }

    /// Whether its curves are those of another.
    pub(super) fn lies_on(&self, other: &Self) -> bool {
        self.curves().into_iter().zip(other.curves()).all(|(one, other)| are_the_same(one, other))
    }

    fn curves(&self) -> [&[f64]; 4] {
        [&self.times, &self.low, &self.median, &self.high]
    }
}

/// Whether values are the same for the eye and within the error of the solver: treatments that do not matter, such as for a clearance that
/// changes in time alone, lead to different steps. What is undefined in both is the same.
pub(super) fn are_the_same(some: &[f64], others: &[f64]) -> bool {
    const NEAR: f64 = 1e-6;
    let same = |(a, b): (&f64, &f64)| (a - b).abs() <= NEAR * a.abs().max(b.abs()) || (a.is_nan() && b.is_nan());
    some.len() == others.len() && some.iter().zip(others).all(same)
}

/// Places of those that lie on none before them, and a word on each other one: `; b is the same as a`.
pub(super) fn apart<T>(all: &[(&str, T)], lies_on: impl Fn(&T, &T) -> bool) -> (Vec<usize>, String) {
    let (mut apart, mut said) = (Vec::new(), String::new());
    for (index, (name, one)) in all.iter().enumerate() {
        match apart.iter().find(|&&earlier: &&usize| lies_on(one, &all[earlier].1)) {
            Some(&earlier) => said += &format!("; {name} is the same as {}", all[earlier].0),
            None => apart.push(index),
        }
    }
    (apart, said)
}

/// A panel to be placed: axes and caption.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub x: Axis,
    pub y: Axis,
    pub caption: String,
    pub doses: Vec<DoseRow>,
    /// Height kept free between the data and the axis, beside that of dose marks.
    pub notes: f64,
    /// Width kept free right of the data and its axis, within the panel's place.
    pub aside: f64,
}

impl Plan {
    /// Without doses, notes or anything aside.
    pub fn new(x: Axis, y: Axis, caption: String) -> Self {
        Self { x, y, caption, doses: Vec::new(), notes: 0.0, aside: 0.0 }
    }

    fn strip(&self) -> f64 {
        Panel::dose_strip(self.doses.len()) + self.notes
    }
}

/// From one line of the title to the next, and what of it lies between them.
const TITLE_LINE: f64 = TITLE_SIZE + TITLE_GAP;
const TITLE_GAP: f64 = 6.0;

/// Between rows of panels, and above the legend.
const ROW_GAP: f64 = 8.0;
/// Between columns of panels, beside the room for labels.
const PANEL_GAP: f64 = 6.0;

/// A figure: title, subtitle, rows of panels, legend.
#[derive(Debug)]
pub(super) struct Figure {
    pub theme: Theme,
    pub title: String,
    pub subtitle: String,
    pub panels: Vec<Plan>,
    pub columns: usize,
    /// Height of a panel's data.
    pub panel_height: f64,
    pub legend: Legend,
}

impl Figure {
    /// Draws everything but the data, and says where the panels are.
    pub fn lay_out(self) -> (Picture, Vec<Panel>) {
        let theme = self.theme;
        let width = WIDTH - 2.0 * MARGIN;
        let title = wrap(&self.title, TITLE_SIZE, true, width);
        let subtitle = wrap(&self.subtitle, TEXT_SIZE, false, width);
        let captions = if self.panels.iter().all(|panel| panel.caption.is_empty()) { 12.0 } else { CAPTION };
        let columns = self.columns.clamp(1, self.panels.len().max(1));
        let largest = |panels: &[Plan], of: fn(&Plan) -> f64| panels.iter().map(of).fold(0.0, f64::max);
        let row_heights: Vec<f64> = self
            .panels
            .chunks(columns)
            .map(|row| {
                let below = largest(row, |plan| Panel::below(&plan.x));
                captions + self.panel_height + largest(row, Plan::strip) + below + ROW_GAP
            })
            .collect();
        let first_row =
            MARGIN + title.len() as f64 * TITLE_LINE - TITLE_GAP + subtitle.len() as f64 * (TEXT_SIZE + 6.0) + 14.0;
        let legend_top = first_row + row_heights.iter().sum::<f64>() + 6.0;
        let gutter = largest(&self.panels, |plan| Panel::gutter(&plan.y));
        let height = legend_top + self.legend.height(width - gutter) + MARGIN - 6.0;
        let mut picture = Picture::new(WIDTH, height.ceil(), theme, format!("{}. {}", self.title, self.subtitle));

        let mut baseline = MARGIN + 0.8 * TITLE_SIZE - TITLE_LINE;
        for text in title {
            baseline += TITLE_LINE;
            let (anchor, size, colour) = (Anchor::Start, TITLE_SIZE, theme.text());
            picture.put(Text { text, at: (MARGIN, baseline), anchor, size, colour, bold: true, upward: false });
        }
        baseline += 4.0;
        for line in subtitle {
            baseline += TEXT_SIZE + 6.0;
            picture.text(&line, (MARGIN, baseline), Anchor::Start, TEXT_SIZE, theme.faint_text());
        }

        let overhang = largest(&self.panels, |plan| Panel::overhang(&plan.x));
        // Between panels: room for a tick label that reaches over the end. All panels are equally wide.
        let between = overhang + PANEL_GAP;
        let cell = (width - overhang + between) / columns as f64;
        let mut panels = Vec::new();
        for (i, plan) in self.panels.into_iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let left = MARGIN + cell * column as f64 + gutter;
            let top = first_row + row_heights[..row].iter().sum::<f64>() + captions;
            let right = MARGIN + cell * (column + 1) as f64 - between - plan.aside;
            let bottom = top + self.panel_height;
            let strip = plan.strip();
            let panel = Panel { theme, left, right, top, bottom, x: plan.x, y: plan.y, doses: plan.doses, strip };
            // Up to where the next panel's begins.
            let room = (cell - 10.0).min(WIDTH - MARGIN - left);
            panel.frame(&mut picture, &fitted(&plan.caption, TEXT_SIZE, false, room));
            panels.push(panel);
        }
        self.legend.draw(&mut picture, theme, MARGIN + gutter, legend_top, width - gutter);
        (picture, panels)
    }
}

/// `1,000 subjects`, or `900 to 1,000 subjects` where arms differ.
pub(super) fn subjects(counts: impl Iterator<Item = u64> + Clone) -> String {
    let (fewest, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    let count = |n: u64| plain(n as f64, 0);
    match (fewest, most) {
        (1, 1) => "1 subject".to_owned(),
        _ if fewest == most => format!("{} subjects", count(most)),
        _ => format!("{} to {} subjects", count(fewest), count(most)),
    }
}

/// What curves are, and of how many subjects. One subject has no median and no interval.
pub(super) fn curves_of(counts: impl Iterator<Item = u64> + Clone, bands: Option<&str>) -> String {
    match (counts.clone().max(), bands) {
        (Some(1), _) => "One subject".to_owned(),
        (_, Some(band)) => {
            format!("Median (line) and 90 % prediction interval of a new subject ({band}), over {}", subjects(counts))
        }
        (_, None) => format!("Median, over {}", subjects(counts)),
    }
}

/// `concentration` for `Concentration`, but `A1` and `AUC` as they are.
pub(super) fn in_sentence(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if name.len() > 2 && letters.clone().all(|c| c.is_lowercase() || c == ' ') => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => name.to_owned(),
    }
}

/// `Clearance (L/h)`, or the name alone where no unit is known.
pub(super) fn with_unit(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { format!("{name} ({})", typeset(unit)) }
}

/// A unit as it is printed: `ng·h/mL` for `ng*h/mL`, `m²` for `m2`.
pub(super) fn typeset(unit: &str) -> String {
    unit.replace('*', "·").replace("m^2", "m2").replace("m2", "m²")
}

/// Lines of a text that fit a width: as few as can be, and about equally long, so that no word is left alone. A word that does not fit is
/// cut.
fn wrap(text: &str, size: f64, bold: bool, width: f64) -> Vec<String> {
    let words: Vec<String> = text.split_whitespace().map(|word| fitted(word, size, bold, width)).collect();
    let text = &words.join(" ");
    let fewest = filled(text, size, bold, width);
    let (mut too_narrow, mut wide_enough) = (width / fewest.len().max(1) as f64 / 2.0, width);
    while wide_enough - too_narrow > 1.0 {
        let middle = (too_narrow + wide_enough) / 2.0;
        if filled(text, size, bold, middle).len() > fewest.len() { too_narrow = middle } else { wide_enough = middle }
    }
    filled(text, size, bold, wide_enough)
}

/// Lines of a text, each as full as a width allows.
fn filled(text: &str, size: f64, bold: bool, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size, bold) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// An axis of whole numbers from 1 to `last`, a place for each; at most `most` of them are labelled.
pub(super) fn number_axis(last: u32, label: &str, most: u32) -> Axis {
    let every = label_every(last, most);
    let tick = |number: u32| Tick {
        value: f64::from(number),
        label: number.is_multiple_of(every).then(|| number.to_string()),
    };
    Axis {
        scale: Scale { low: 0.5, high: f64::from(last) + 0.5, logarithmic: false },
        ticks: (1..=last).map(tick).collect(),
        label: label.to_owned(),
    }
}

/// Every how many of `last` numbers one is labelled, so that at most `most` are.
pub(super) fn label_every(last: u32, most: u32) -> u32 {
    let rough = last.div_ceil(most.max(1)).max(1);
    [1, 2, 5, 10, 20, 50, 100].into_iter().find(|&every| every >= rough).unwrap_or(rough)
}

/// Rows of dose marks: one in a neutral colour where all arms are dosed alike, else one per arm.
pub(super) fn dose_rows(theme: Theme, doses: &[Vec<f64>]) -> Vec<DoseRow> {
    let given = doses.iter().any(|times| !times.is_empty());
    match doses {
        [] => Vec::new(),
        _ if !given => Vec::new(),
        [first, rest @ ..] if rest.iter().all(|times| times == first) => {
            vec![DoseRow { times: first.clone(), colour: theme.axis() }]
        }
        _ => doses
            .iter()
            .enumerate()
            .map(|(i, times)| DoseRow { times: times.clone(), colour: theme.series(i) })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_say_what_they_are_and_no_more() {
        let many = [60, 60];
        assert_eq!(
            curves_of(many.into_iter(), Some("band")),
            "Median (line) and 90 % prediction interval of a new subject (band), over 60 subjects"
        );
        assert_eq!(curves_of(many.into_iter(), None), "Median, over 60 subjects");
        assert_eq!(curves_of([1, 1].into_iter(), Some("band")), "One subject");
    }

    #[test]
    fn what_lies_on_another_is_told_also_where_values_are_undefined_or_rounded_differently() {
        let band = |median: &[f64]| Band { median: median.to_vec(), ..Band::default() };
        let rounded = 1.0 - 2.0 * f64::EPSILON;
        let all = [("a", band(&[f64::NAN, 1.0])), ("b", band(&[f64::NAN, 1.01])), ("c", band(&[f64::NAN, rounded]))];
        assert_eq!(apart(&all, Band::lies_on), (vec![0, 1], "; c is the same as a".to_owned()));
    }

    #[test]
    fn subjects_are_counted_in_words() {
        assert_eq!(subjects([1000, 1000].into_iter()), "1,000 subjects");
        assert_eq!(subjects([900, 1000].into_iter()), "900 to 1,000 subjects");
        assert_eq!(subjects([1].into_iter()), "1 subject");
    }

    #[test]
    fn lines_of_a_text_are_as_few_and_as_equal_as_can_be() {
        let text = "Geometric mean ratio (mark), its 90 % confidence interval (bar), 5th to 95th percentile of the individual \
                    ratios (line), 100 subjects";
        let width = WIDTH - 2.0 * MARGIN;
        let lines = wrap(text, TEXT_SIZE, false, width);
        assert_eq!((lines.len(), lines.join(" ").as_str()), (2, text));
        let widths: Vec<f64> = lines.iter().map(|line| text_width(line, TEXT_SIZE, false)).collect();
        // The longest word is the most by which two lines can differ for want of a better place to break.
        let longest = text_width(" percentile", TEXT_SIZE, false);
        assert!(widths.iter().all(|&w| w <= width) && (widths[0] - widths[1]).abs() <= longest, "{widths:?}");
        assert_eq!(wrap("a few words", TEXT_SIZE, false, width), ["a few words"]);
    }

    #[test]
    fn doses_are_marked_once_where_all_arms_have_the_same() {
        let same = dose_rows(Theme::Light, &[vec![0.0, 7.0], vec![0.0, 7.0]]);
        assert_eq!(same.len(), 1);
        assert_eq!(dose_rows(Theme::Light, &[vec![0.0, 7.0], vec![0.0]]).len(), 2);
        assert_eq!(dose_rows(Theme::Light, &[Vec::new()]).len(), 0);
    }
}

//! One panel: a frame with axes, and curves, bands and bars within it.

use super::axis::Axis;
use super::font::{fitted, text_width};
use super::picture::{Anchor, Picture, Point, Text};
use super::style::{
    AXIS_LINE, Colour, EDGE_LINE, EDGE_OPACITY, FINE_LINE, HEAVY_LINE, MARGIN, Marker, SMALL_SIZE, TEXT_SIZE, Theme,
    WIDTH,
};

/// Lines of a whisker's outer and inner range.
pub(super) const THIN_BAR: f64 = 1.4;
pub(super) const THICK_BAR: f64 = 5.5;
/// Of the shade between limits.
pub(super) const REGION_OPACITY: f64 = 0.13;
const TICK: f64 = 5.0;
const GAP: f64 = 5.0;
/// Height of a row of dose marks.
const DOSE_ROW: f64 = 10.0;
/// From the axis to the lower end of its tick labels.
const TICK_LABELS: f64 = TICK + 3.0 + SMALL_SIZE + 4.0;
/// For an axis label below them.
const AXIS_LABEL: f64 = 6.0 + TEXT_SIZE;
/// For the caption over a panel.
pub(super) const CAPTION: f64 = TEXT_SIZE + 12.0;

/// How one series looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub colour: Colour,
    pub dashes: &'static [f64],
}

impl Look {
    pub fn series(theme: Theme, index: usize) -> Self {
        Self { colour: theme.series(index), dashes: theme.dashes(index) }
    }

    /// Of what belongs to no series.
    pub fn neutral(theme: Theme) -> Self {
        Self::plain(theme.axis())
    }

    /// A full line of any colour.
    pub fn plain(colour: Colour) -> Self {
        Self { colour, dashes: &[] }
    }
}

/// Doses of one or more series: when, and in which colour.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DoseRow {
    pub times: Vec<f64>,
    pub colour: Colour,
}

/// A place for curves. `bottom` is the end of the data; a strip for doses follows, then the axis.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub theme: Theme,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    pub x: Axis,
    pub y: Axis,
    pub doses: Vec<DoseRow>,
    /// Height between the data and the axis, for dose marks and notes.
    pub strip: f64,
}

impl Panel {
    /// Room that a panel needs left of its data: tick labels and the axis label.
    pub fn gutter(y: &Axis) -> f64 {
        let widest =
            y.ticks.iter().filter_map(|tick| tick.label.as_deref()).map(|label| text_width(label, SMALL_SIZE, false));
        widest.fold(0.0, f64::max) + TICK + GAP + 10.0 + TEXT_SIZE
    }

    /// Room that a panel needs below its axis.
    pub fn below(x: &Axis) -> f64 {
        TICK_LABELS + if x.label.is_empty() { 0.0 } else { AXIS_LABEL }
    }

    /// Height of the strip of dose marks.
    pub fn dose_strip(rows: usize) -> f64 {
        if rows == 0 { 0.0 } else { 4.0 + DOSE_ROW * rows as f64 }
    }

    /// Room that the last tick label of a time axis may need beyond the panel's right end.
    pub fn overhang(x: &Axis) -> f64 {
        x.ticks
            .iter()
            .rev()
            .find_map(|tick| tick.label.as_deref())
            .map_or(0.0, |l| text_width(l, SMALL_SIZE, false) / 2.0)
    }

    fn axis_y(&self) -> f64 {
        self.bottom + self.strip
    }

    pub fn at_x(&self, value: f64) -> Option<f64> {
        self.x.scale.position(value).map(|p| self.left + p * (self.right - self.left))
    }

    pub fn at_y(&self, value: f64) -> Option<f64> {
        self.y.scale.position(value).map(|p| self.bottom - p * (self.bottom - self.top))
    }

    /// Grid, axes, labels and dose marks. Drawn before the data.
    pub fn frame(&self, picture: &mut Picture, caption: &str) {
        let theme = self.theme;
        let axis_y = self.axis_y();
        for tick in &self.y.ticks {
            let Some(y) = self.at_y(tick.value) else { continue };
            if tick.label.is_some() {
                picture.line(&[(self.left, y), (self.right, y)], theme.grid(), FINE_LINE);
            }
            let length = if tick.label.is_some() { TICK } else { 0.6 * TICK };
            picture.line(&[(self.left - length, y), (self.left, y)], theme.axis(), AXIS_LINE);
            let label = tick.label.as_deref().unwrap_or_default();
            let at = (self.left - TICK - GAP + 1.0, y + 0.36 * SMALL_SIZE);
            picture.text(label, at, Anchor::End, SMALL_SIZE, theme.faint_text());
        }
        for tick in &self.x.ticks {
            let Some(x) = self.at_x(tick.value) else { continue };
            picture.line(&[(x, axis_y), (x, axis_y + TICK)], theme.axis(), AXIS_LINE);
            let label = tick.label.as_deref().unwrap_or_default();
            let at = (x, axis_y + TICK + 3.0 + SMALL_SIZE);
            picture.text(label, at, Anchor::Middle, SMALL_SIZE, theme.faint_text());
        }
        picture.line(&[(self.left, self.top), (self.left, axis_y), (self.right, axis_y)], theme.axis(), AXIS_LINE);
        let middle = (self.left + self.right) / 2.0;
        let at = (middle, axis_y + TICK_LABELS + AXIS_LABEL - 4.0);
        let gutter = Self::gutter(&self.y);
        // Half of the gap to the next panel on either side, or what is left of the picture.
        let room = self.right - self.left + gutter.min(2.0 * (WIDTH - MARGIN - self.right));
        picture.text(&fitted(&self.x.label, TEXT_SIZE, false, room), at, Anchor::Middle, TEXT_SIZE, theme.text());
        picture.put(Text {
            text: fitted(&self.y.label, TEXT_SIZE, false, self.bottom - self.top + CAPTION),
            at: (self.left - gutter + TEXT_SIZE, (self.top + self.bottom) / 2.0),
            anchor: Anchor::Middle,
            size: TEXT_SIZE,
            colour: theme.text(),
            bold: false,
            upward: true,
        });
        picture.text(caption, (self.left, self.top - 10.0), Anchor::Start, TEXT_SIZE, theme.text());
        self.mark_doses(picture);
    }

    fn mark_doses(&self, picture: &mut Picture) {
        for (row, doses) in self.doses.iter().enumerate() {
            let top = self.bottom + 3.0 + DOSE_ROW * row as f64;
            for x in doses.times.iter().filter_map(|&time| self.at_x(time)).filter(|&x| x <= self.right + 0.5) {
                // A small arrow into the body: a triangle that points down.
                let half = 3.4;
                let triangle = vec![(x - half, top), (x + half, top), (x, top + DOSE_ROW - 2.5)];
                picture.area(triangle, doses.colour, 1.0);
            }
        }
    }

    /// A curve, broken where a value is missing and cut at the ends of the axes.
    pub fn curve(&self, picture: &mut Picture, x: &[f64], y: &[f64], look: Look, width: f64) {
        for run in self.runs(x, y) {
            picture.dashed_line(&run, look.colour, width, look.dashes);
        }
    }

    /// The area between two curves, with fine lines at its edges.
    pub fn band(&self, picture: &mut Picture, x: &[f64], low: &[f64], high: &[f64], colour: Colour, opacity: f64) {
        let mut upper: Vec<Point> = Vec::new();
        let mut lower: Vec<Point> = Vec::new();
        let mut areas = Vec::new();
        for ((&x, &low), &high) in x.iter().zip(low).zip(high) {
            match (self.at_x(x), self.at_y(high)) {
                // On a logarithmic axis a lower edge at or below zero is off the panel.
                (Some(x), Some(high)) if !low.is_nan() => {
                    upper.push((x, high));
                    lower.push((x, self.at_y(low).unwrap_or(self.bottom)));
                }
                _ => areas.push((std::mem::take(&mut upper), std::mem::take(&mut lower))),
            }
        }
        areas.push((upper, lower));
        // What has no height, as the band of a single subject, is no area.
        for (mut area, lower) in areas.into_iter().filter(|(upper, lower)| upper != lower) {
            area.extend(lower.into_iter().rev());
            let area = cut_off(&area, self.top, |y| y >= self.top);
            picture.area(cut_off(&area, self.bottom, |y| y <= self.bottom), colour, opacity);
        }
        let edge = colour.over(self.theme.ground(), EDGE_OPACITY);
        let edges: &[&[f64]] = if low == high { &[low] } else { &[low, high] };
        for y in edges {
            for run in self.runs(x, y) {
                picture.line(&run, edge, EDGE_LINE);
            }
        }
    }

    /// A bar from the axis up, between two values.
    pub fn bar(&self, picture: &mut Picture, from: f64, to: f64, height: f64, colour: Colour, opacity: f64) {
        if let (Some(left), Some(right), Some(top)) = (self.at_x(from), self.at_x(to), self.at_y(height))
            && height > 0.0
        {
            let corners = vec![(left, self.bottom), (left, top), (right, top), (right, self.bottom)];
            picture.area(corners, colour, opacity);
        }
    }

    /// A median with its inner and outer range, at one place, in the colour and with the mark of a series.
    pub fn whisker(&self, picture: &mut Picture, x: f64, five: [f64; 5], series: usize) {
        let colour = self.theme.series(series);
        let [p5, p25, p50, p75, p95] = five.map(|value| self.at_y(value).unwrap_or(self.bottom));
        picture.line(&[(x, p5), (x, p95)], colour, THIN_BAR);
        picture.line(&[(x, p25), (x, p75)], colour, THICK_BAR);
        picture.marker(self.theme.marker(series), (x, p50), colour, self.theme.ground());
    }

    /// Shades the heights between two values, and draws a fine line at 1: where a ratio says that nothing changes.
    pub fn region(&self, picture: &mut Picture, [low, high]: [f64; 2]) {
        let (top, bottom) = (self.at_y(high).unwrap_or(self.top), self.at_y(low).unwrap_or(self.bottom));
        let (top, bottom) = (top.max(self.top), bottom.min(self.bottom));
        let corners = vec![(self.left, top), (self.right, top), (self.right, bottom), (self.left, bottom)];
        picture.area(corners, self.theme.axis(), REGION_OPACITY);
        if let Some(one) = self.at_y(1.0) {
            picture.dashed_line(&[(self.left, one), (self.right, one)], self.theme.axis(), FINE_LINE, &[4.0, 3.0]);
        }
    }

    /// Pieces of a curve within the panel, in points of the picture.
    fn runs(&self, x: &[f64], y: &[f64]) -> Vec<Vec<Point>> {
        let mut runs = Vec::new();
        let mut run: Vec<Point> = Vec::new();
        let mut last: Option<Point> = None;
        for (&x, &y) in x.iter().zip(y) {
            let point = self.at_x(x).zip(self.at_y(y));
            if let (Some(a), Some(b)) = (last, point)
                && let Some((a, b)) = self.cut(a, b)
            {
                if run.last() != Some(&a) {
                    runs.push(std::mem::replace(&mut run, vec![a]));
                }
                run.push(b);
            }
            last = point;
        }
        runs.push(run);
        runs.retain(|run| run.len() > 1);
        runs
    }

    /// The part of a segment within the panel's height and width.
    fn cut(&self, a: Point, b: Point) -> Option<(Point, Point)> {
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        let bounds = [(a.0, b.0, self.left, self.right), (a.1, b.1, self.top, self.bottom)];
        for (start, end, low, high) in bounds {
            let step = end - start;
            if step == 0.0 {
                if start < low || start > high {
                    return None;
                }
                continue;
            }
            let (first, second) = ((low - start) / step, (high - start) / step);
            from = from.max(first.min(second));
            to = to.min(first.max(second));
        }
        let at = |s: f64| {
            if s == 0.0 {
                a
            } else if s == 1.0 {
                b
            } else {
                (a.0 + s * (b.0 - a.0), a.1 + s * (b.1 - a.1))
            }
        };
        (from < to).then(|| (at(from), at(to)))
    }
}

/// The part of an area on one side of a height, cut where its edges cross it.
fn cut_off(area: &[Point], height: f64, inside: impl Fn(f64) -> bool) -> Vec<Point> {
    let mut kept = Vec::with_capacity(area.len());
    let before = area.iter().cycle().skip(area.len().saturating_sub(1));
    for (&a, &b) in before.zip(area) {
        if inside(a.1) != inside(b.1) {
            kept.push((a.0 + (height - a.1) / (b.1 - a.1) * (b.0 - a.0), height));
        }
        if inside(b.1) {
            kept.push(b);
        }
    }
    kept
}

/// Opacity of bands that are what a picture is about and lie beside each other: stronger than those of a time course.
pub(super) fn strong_opacity(theme: Theme) -> f64 {
    1.6 * theme.band_opacity()
}

/// Opacity of bands that lie over another one, which must not shine through much.
pub(super) fn inner_opacity(theme: Theme) -> f64 {
    2.0 * strong_opacity(theme)
}

/// What a legend shows beside a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    BandAndLine,
    Line,
    FineLine,
    Whisker(Marker),
    Doses,
    Band,
    InnerBand,
    Point,
    Mark,
    Region,
}

/// Entries of a legend below the panels.
#[derive(Clone, Debug, Default)]
pub(super) struct Legend {
    entries: Vec<(String, Key, Option<Look>)>,
}

const KEY_WIDTH: f64 = 30.0;
const ROW_HEIGHT: f64 = 22.0;

impl Legend {
    pub fn add(&mut self, name: &str, key: Key, look: Look) {
        self.entries.push((name.to_owned(), key, Some(look)));
    }

    fn rows(&self, width: f64) -> Vec<Vec<(usize, f64)>> {
        let mut rows: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
        let mut x = 0.0;
        for (i, (name, ..)) in self.entries.iter().enumerate() {
            let needs = (KEY_WIDTH + 8.0 + text_width(name, TEXT_SIZE, false)).min(width);
            if x > 0.0 && x + needs > width {
                rows.push(Vec::new());
                x = 0.0;
            }
            if let Some(row) = rows.last_mut() {
                row.push((i, x));
            }
            x += needs + 26.0;
        }
        rows
    }

    /// Height of the legend in a given width.
    pub fn height(&self, width: f64) -> f64 {
        if self.entries.is_empty() { 0.0 } else { ROW_HEIGHT * self.rows(width).len() as f64 }
    }

    pub fn draw(&self, picture: &mut Picture, theme: Theme, left: f64, top: f64, width: f64) {
        for (row, entries) in self.rows(width).iter().enumerate() {
            let y = top + ROW_HEIGHT * (row as f64 + 0.5);
            for &(index, offset) in entries {
                let (name, key, look) = &self.entries[index];
                let x = left + offset;
                if let Some(look) = look {
                    draw_key(picture, theme, *key, *look, (x, y));
                }
                let at = (x + KEY_WIDTH + 8.0, y + 0.36 * TEXT_SIZE);
                let name = fitted(name, TEXT_SIZE, false, width - KEY_WIDTH - 8.0);
                picture.text(&name, at, Anchor::Start, TEXT_SIZE, theme.text());
            }
        }
    }
}

fn draw_key(picture: &mut Picture, theme: Theme, key: Key, look: Look, (x, y): Point) {
    let line = [(x, y), (x + KEY_WIDTH, y)];
    let corners = vec![(x, y - 7.0), (x + KEY_WIDTH, y - 7.0), (x + KEY_WIDTH, y + 7.0), (x, y + 7.0)];
    match key {
        Key::BandAndLine => {
            picture.area(corners, look.colour, theme.band_opacity());
            picture.dashed_line(&line, look.colour, HEAVY_LINE, look.dashes);
        }
        Key::Line => picture.dashed_line(&line, look.colour, HEAVY_LINE, look.dashes),
        Key::FineLine => picture.line(&line, look.colour, FINE_LINE),
        Key::Whisker(marker) => {
            let middle = x + KEY_WIDTH / 2.0;
            picture.line(&[(x, y), (x + KEY_WIDTH, y)], look.colour, THIN_BAR);
            picture.line(&[(middle - 9.0, y), (middle + 9.0, y)], look.colour, THICK_BAR);
            picture.marker(marker, (middle, y), look.colour, theme.ground());
        }
        Key::Region => picture.area(corners, look.colour, REGION_OPACITY),
        Key::Band => picture.area(corners, look.colour, strong_opacity(theme)),
        Key::InnerBand => picture.area(corners, look.colour, inner_opacity(theme)),
        Key::Point => picture.disc((x + KEY_WIDTH / 2.0, y), 2.4, look.colour),
        Key::Mark => {
            let middle = x + KEY_WIDTH / 2.0;
            picture.line(&[(middle, y - 4.0), (middle, y + 4.0)], look.colour, AXIS_LINE);
        }
        Key::Doses => {
            let middle = x + KEY_WIDTH / 2.0;
            picture.area(vec![(middle - 4.4, y - 5.0), (middle + 4.4, y - 5.0), (middle, y + 5.0)], look.colour, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::picture::Shape;

    fn panel() -> Panel {
        let x = Axis::time(10.0, crate::units::TimeUnit::Day).0;
        let y = Axis::logarithmic(1.0, 100.0, String::new());
        Panel {
            theme: Theme::Light,
            left: 0.0,
            right: 100.0,
            top: 0.0,
            bottom: 50.0,
            x,
            y,
            doses: Vec::new(),
            strip: 0.0,
        }
    }

    #[test]
    fn curves_are_cut_at_the_ends_and_broken_at_gaps() {
        let panel = panel();
        let runs = panel.runs(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &[10.0, 20.0, f64::NAN, 30.0, 1e-9, 1e-9]);
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0].len(), 2);
        let end = runs[1][1];
        assert!((end.1 - 50.0).abs() < 1e-9 && end.0 > 30.0 && end.0 < 40.0, "it leaves through the bottom: {end:?}");
    }

    #[test]
    fn a_band_leaves_the_panel_where_its_edges_do() {
        let mut picture = Picture::new(100.0, 50.0, Theme::Light, String::new());
        let panel = panel();
        // From 10 to a millionth over ten days: a line from the middle of the panel through its bottom after a seventh of the way.
        panel.band(&mut picture, &[0.0, 10.0], &[10.0, 1e-6], &[20.0, 20.0], Theme::Light.series(0), 0.5);
        let Some(Shape::Area { points, .. }) = picture.shapes.iter().find(|shape| matches!(shape, Shape::Area { .. }))
        else {
            unreachable!("a band is an area")
        };
        let at_bottom: Vec<f64> = points.iter().filter(|point| point.1 == panel.bottom).map(|point| point.0).collect();
        let left = at_bottom.iter().copied().fold(f64::INFINITY, f64::min);
        let Some((x, _)) = panel.runs(&[0.0, 10.0], &[10.0, 1e-6])[0].last().copied() else { unreachable!() };
        assert!((left - x).abs() < 1e-9 && x < 20.0, "the area ends at {left}, its edge at {x}");
        assert!(points.iter().all(|point| (panel.top..=panel.bottom).contains(&point.1)), "{points:?}");
    }

    #[test]
    fn legends_wrap_within_their_width() {
        let mut legend = Legend::default();
        let look = Look::series(Theme::Light, 0);
        for i in 0..12 {
            legend.add(&format!("arm number {i}"), Key::Line, look);
        }
        assert_eq!(legend.rows(1e9).len(), 1);
        for row in legend.rows(500.0) {
            let (last, x) = row[row.len() - 1];
            assert!(x + KEY_WIDTH + 8.0 + text_width(&legend.entries[last].0, TEXT_SIZE, false) <= 500.0);
        }
        assert_eq!(legend.height(500.0), ROW_HEIGHT * legend.rows(500.0).len() as f64);
    }
}

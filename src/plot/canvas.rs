//! Pixels that plotters draws on, by how much of each a shape covers: edges are smooth without drawing larger and averaging.
//!
//! Plotters' own bitmaps know whole pixels only. Here its coordinates are sixteenths of a pixel. A picture is drawn strip by
//! strip, so that the pixels at hand stay in the processor's cache: what is outside the strip is passed over.
//!
//! With tiny-skia in its place a run of one subject, which is pictures for the most part, took 0.11 s of processor time, not 0.06.

use std::convert::Infallible;

use ab_glyph::{OutlineCurve, Point, point};
use ab_glyph_rasterizer::Rasterizer;
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::HPos;
use plotters::style::{FontStyle, FontTransform};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

use super::encode::CHANNELS;
use super::font::{letters, reach, text_width, units_per_em};
use super::render::{BASELINE, FONT_SCALE};

/// Units of plotters' coordinates in a pixel.
pub(super) const SUBPIXELS: u32 = 16;
/// Rows of a strip: with their pixels and coverages, half a megabyte for a picture of usual width.
pub(super) const STRIP_ROWS: usize = 64;
/// Pixels whose coverage is worked out together: the compiler has instructions for four and eight at a time.
const BLOCK: usize = 8;

/// In pixels, from the picture's upper left corner.
type Position = (f32, f32);
type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Rows of a picture.
pub(super) struct Strip {
    width: usize,
    /// Of the whole picture.
    height: usize,
    /// The first row, and one behind the last.
    top: usize,
    bottom: usize,
    pixels: Vec<u8>,
    /// Of each pixel, how much of it the stroke at hand covers, in 255ths; zeros between strokes. Each row has room for a block
    /// that begins at its last pixel.
    cover: Vec<u8>,
    outline: Rasterizer,
}

/// A box of pixels: columns from the left, rows from the strip's first, each up to one before the end.
#[derive(Clone, Copy)]
struct Patch {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

impl Patch {
    fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    fn and(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            right: self.right.max(other.right),
            top: self.top.min(other.top),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// A straight piece of a line.
struct Piece {
    start: Position,
    /// Along the piece, of length 1.
    along: Position,
    /// Distance from the middle of the line from which on nothing is covered.
    reach: f32,
    /// How far a row's middle of the line moves per row, and how far from it, along the row, the reach ends.
    slope: f32,
    half: f32,
    /// Where along the piece round ends begin: past them the distance to the line is that to the end.
    round: (f32, f32),
    /// Where along the piece blunt ends cut.
    blunt: (f32, f32),
}

impl Piece {
    fn new(start: Position, end: Position, reach: f32, [round_start, round_end]: [bool; 2]) -> Self {
        let (dx, dy) = (end.0 - start.0, end.1 - start.1);
        let length = (dx * dx + dy * dy).sqrt();
        let along = (dx / length, dy / length);
        let (slope, half) = if dy == 0.0 { (0.0, f32::INFINITY) } else { (dx / dy, reach / along.1.abs()) };
        let endless = (f32::NEG_INFINITY, f32::INFINITY);
        let choose = |which: bool| {
            (if round_start == which { 0.0 } else { endless.0 }, if round_end == which { length } else { endless.1 })
        };
        Self { start, along, reach, slope, half, round: choose(true), blunt: choose(false) }
    }

    /// Columns that it may cover in the row through a height, from one to before another.
    fn columns(&self, y: f32) -> (usize, usize) {
        let middle = self.start.0 + (y - self.start.1) * self.slope;
        ((middle - self.half) as usize, (middle + self.half + 1.0) as usize)
    }

    /// How much of the pixel around a point it covers, in 255ths.
    #[inline]
    fn covers(&self, (x, y): Position) -> u8 {
        /// Numbers from here on have no bits for fractions: those of the sum's end are the number that was added, rounded.
        const WHOLE: f32 = (1 << 23) as f32;
        let (x, y) = (x - self.start.0, y - self.start.1);
        let (along, across) = (x * self.along.0 + y * self.along.1, x * self.along.1 - y * self.along.0);
        let beyond = (self.round.0 - along).max(along - self.round.1).max(0.0);
        let distance = (across * across + beyond * beyond).sqrt();
        let ends = (along - self.blunt.0).min(self.blunt.1 - along) + 0.5;
        let part = (self.reach - distance).clamp(0.0, 1.0) * ends.clamp(0.0, 1.0);
        (part * 255.0 + WHOLE).to_bits() as u8
    }
}

impl Strip {
    /// The strip of a picture of so many pixels that begins at a row.
    pub fn new((width, height): (u32, u32), top: usize) -> Self {
        let (width, height) = (width as usize, height as usize);
        let n_rows = STRIP_ROWS.min(height);
        let cover = vec![0; (width + BLOCK) * n_rows];
        let mut strip =
            Self { width, height, top: 0, bottom: 0, pixels: Vec::new(), cover, outline: Rasterizer::new(0, 0) };
        strip.move_to(top);
        strip
    }

    /// Goes on to the strip that begins at another row; below the picture it has none. Its pixels are any until they are drawn.
    pub fn move_to(&mut self, top: usize) {
        self.top = top.min(self.height);
        self.bottom = (top + STRIP_ROWS).min(self.height);
        self.pixels.resize((self.bottom - self.top) * self.width * CHANNELS, 0);
    }

    /// The pixels' bytes, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Its first row in the picture, and the one after its last.
    pub fn rows(&self) -> (usize, usize) {
        (self.top, self.bottom)
    }

    /// The pixels of the strip that a box of the picture touches.
    fn patch(&self, (left, top): Position, (right, bottom): Position) -> Patch {
        let row = |y: f32| (y as usize).clamp(self.top, self.bottom) - self.top;
        let column = |x: f32| (x as usize).min(self.width);
        // Numbers below zero become zero.
        Patch { left: column(left), right: column(right + 1.0), top: row(top), bottom: row(bottom + 1.0) }
    }

    /// One colour everywhere.
    fn wash(&mut self, BackendColor { rgb: (red, green, blue), .. }: BackendColor) {
        let row = self.width * CHANNELS;
        for pixel in self.pixels[..row].chunks_exact_mut(CHANNELS) {
            pixel.copy_from_slice(&[red, green, blue]);
        }
        let (first, rest) = self.pixels.split_at_mut(row);
        rest.chunks_exact_mut(row).for_each(|other| other.copy_from_slice(first));
    }

    /// Draws a line with round joints and blunt ends: each pixel once, by the largest part of it that any piece covers.
    fn stroke(&mut self, points: &[Position], width: f32, colour: BackendColor) {
        let mut touched: Option<Patch> = None;
        let last = points.len().saturating_sub(2);
        for (i, pair) in points.windows(2).enumerate() {
            let patch = self.cover_piece(pair[0], pair[1], width, [i > 0, i < last]);
            if !patch.is_empty() {
                touched = Some(touched.map_or(patch, |before| before.and(patch)));
            }
        }
        if let Some(patch) = touched {
            self.lay(patch, colour);
        }
    }

    /// Marks what a straight piece covers: half a pixel inside its edge all, half a pixel outside nothing.
    fn cover_piece(&mut self, a: Position, b: Position, width: f32, round: [bool; 2]) -> Patch {
        // Beyond this distance from the middle of the line nothing is covered.
        let reach = 0.5 * width + 0.5;
        let low = (a.0.min(b.0) - reach, a.1.min(b.1) - reach);
        let patch = self.patch(low, (a.0.max(b.0) + reach, a.1.max(b.1) + reach));
        if patch.is_empty() || a == b {
            return Patch { left: 0, right: 0, top: 0, bottom: 0 };
        }
        let piece = Piece::new(a, b, reach, round);
        let rows = self.cover.chunks_exact_mut(self.width + BLOCK).enumerate();
        for (row, cover) in rows.skip(patch.top).take(patch.bottom - patch.top) {
            let y = (self.top + row) as f32 + 0.5;
            let (left, right) = piece.columns(y);
            let columns = left.max(patch.left)..right.min(patch.right);
            for start in columns.step_by(BLOCK) {
                // A block may go beyond the patch, where nothing is covered.
                let Some(cover) = cover[start..].first_chunk_mut::<BLOCK>() else { break };
                let x = start as f32 + 0.5;
                for (i, cover) in cover.iter_mut().enumerate() {
                    *cover = (*cover).max(piece.covers((x + i as f32, y)));
                }
            }
        }
        patch
    }

    /// Lays a colour over what was marked as covered, and takes the marks away.
    fn lay(&mut self, patch: Patch, colour: BackendColor) {
        let opacity = (colour.alpha * f64::from(ONE)).round() as i32;
        let pixels = self.pixels.chunks_exact_mut(self.width * CHANNELS);
        let rows = self.cover.chunks_exact_mut(self.width + BLOCK).zip(pixels);
        for (cover, pixels) in rows.skip(patch.top).take(patch.bottom - patch.top) {
            let pixels = pixels[patch.left * CHANNELS..patch.right * CHANNELS].chunks_mut(BLOCK * CHANNELS);
            for (cover, pixels) in cover[patch.left..patch.right].chunks_mut(BLOCK).zip(pixels) {
                if <&[u8; BLOCK]>::try_from(&*cover).is_ok_and(|block| *block == [0; BLOCK]) {
                    continue;
                }
                for (part, pixel) in cover.iter_mut().zip(pixels.chunks_exact_mut(CHANNELS)) {
                    if *part > 0 {
                        blend(pixel, colour.rgb, (i32::from(*part) * opacity + 127) / 255);
                        *part = 0;
                    }
                }
            }
        }
    }

    /// Fills what lies within closed outlines; `trace` draws them, by what takes a position in the picture to where the outline
    /// has it.
    fn fill(
        &mut self,
        patch: Patch,
        colour: BackendColor,
        trace: impl FnOnce(&mut Rasterizer, &dyn Fn(Position) -> Point),
    ) {
        if patch.is_empty() {
            return;
        }
        let width = MARGIN + patch.right - patch.left;
        self.outline.reset(width, patch.bottom - patch.top);
        let (left, top) = (patch.left as f32, (self.top + patch.top) as f32);
        let (margin, across) = (MARGIN as f32, width as f32);
        // What is beside the picture bounds what is in it all the same.
        trace(&mut self.outline, &|(x, y)| point((x - left + margin).clamp(margin, across), y - top));
        let row_bytes = self.width * CHANNELS;
        let (mut row, mut column) = ((patch.top * self.width + patch.left) * CHANNELS, 0);
        let opacity = colour.alpha as f32 * ONE as f32;
        let pixels = &mut self.pixels;
        self.outline.for_each_pixel(|_, part| {
            if part > 1e-4 && column >= MARGIN {
                let at = row + (column - MARGIN) * CHANNELS;
                if let Some(pixel) = pixels.get_mut(at..at + CHANNELS) {
                    blend(pixel, colour.rgb, (part.min(1.0) * opacity + 0.5) as i32);
                }
            }
            column += 1;
            if column == width {
                (row, column) = (row + row_bytes, 0);
            }
        });
    }
}

/// Columns that an outline has to the left of what it fills. The rasterizer leaves out what rounding puts before its first pixel,
/// and without that piece of the edge all pixels after it are filled in part.
const MARGIN: usize = 1;

/// The weight of a colour that hides all below it.
const ONE: i32 = 65_536;

/// Mixes a colour into a pixel, with a weight in 0..[`ONE`].
#[inline]
fn blend(pixel: &mut [u8], (red, green, blue): (u8, u8, u8), weight: i32) {
    for (below, above) in pixel.iter_mut().zip([red, green, blue]) {
        let (from, to) = (i32::from(*below), i32::from(above));
        *below = (from + (((to - from) * weight + ONE / 2) >> 16)) as u8;
    }
}

fn position((x, y): BackendCoord) -> Position {
    let units = SUBPIXELS as f32;
    (x as f32 / units, y as f32 / units)
}

/// The smallest box around points.
fn around(points: &[Position]) -> (Position, Position) {
    let corner = (f32::INFINITY, f32::INFINITY);
    points.iter().fold((corner, (-corner.0, -corner.1)), |(low, high), p| {
        ((low.0.min(p.0), low.1.min(p.1)), (high.0.max(p.0), high.1.max(p.1)))
    })
}

/// What plotters draws on.
pub(super) struct Canvas<'a>(pub &'a mut Strip);

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.0.width as u32 * SUBPIXELS, self.0.height as u32 * SUBPIXELS)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        let (width, height) = self.get_size();
        if fill && from == (0, 0) && to == (width as i32, height as i32) && style.color().alpha == 1.0 {
            self.0.wash(style.color());
            return Ok(());
        }
        let corners = [from, (to.0, from.1), to, (from.0, to.1)];
        if fill { self.fill_polygon(corners, style) } else { self.draw_path(corners.into_iter().chain([from]), style) }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<Position> = path.into_iter().map(position).collect();
        self.0.stroke(&points, style.stroke_width() as f32 / SUBPIXELS as f32, style.color());
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        /// Chords of a circle: of radius 20 pixels they are a fiftieth of one off.
        const CHORDS: usize = 64;
        let ((x, y), radius) = (position(centre), radius as f32 / SUBPIXELS as f32);
        let corner = |i: usize| {
            let (sine, cosine) = libm::sincosf(i as f32 * std::f32::consts::TAU / CHORDS as f32);
            (x + radius * cosine, y + radius * sine)
        };
        let corners: Vec<Position> = (0..=CHORDS).map(corner).collect();
        if fill {
            self.fill_corners(&corners, style.color());
        } else {
            self.0.stroke(&corners, style.stroke_width() as f32 / SUBPIXELS as f32, style.color());
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        let corners: Vec<Position> = corners.into_iter().map(position).collect();
        self.fill_corners(&corners, style.color());
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let bold = matches!(style.style(), FontStyle::Bold);
        let em = style.size() / FONT_SCALE / f64::from(SUBPIXELS);
        let width = text_width(text, em, bold) as f32;
        let start = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        let (x, y) = position(at);
        let (em, above) = (em as f32, (BASELINE * em) as f32);
        let upward = matches!(style.transform(), FontTransform::Rotate270);
        // From the start of the baseline, along it and up from it, to a place in the picture.
        let place = |along: f32, up: f32| match upward {
            true => (x + above - up, y - start - along),
            false => (x + start + along, y + above - up),
        };
        let (ascent, descent) = reach(bold);
        let (low, high) = around(&[place(-em, descent * em), place(width + em, ascent * em)]);
        let scale = em / units_per_em(bold);
        self.0.fill(self.0.patch(low, high), style.color(), |outline, to| {
            for (along, letter) in letters(text, bold) {
                let at = |p: &Point| to(place((along + p.x) * scale, p.y * scale));
                for curve in &letter.curves {
                    match curve {
                        OutlineCurve::Line(a, b) => outline.draw_line(at(a), at(b)),
                        OutlineCurve::Quad(a, b, c) => outline.draw_quad(at(a), at(b), at(c)),
                        OutlineCurve::Cubic(a, b, c, d) => outline.draw_cubic(at(a), at(b), at(c), at(d)),
                    }
                }
            }
        });
        Ok(())
    }
}

impl Canvas<'_> {
    fn fill_corners(&mut self, corners: &[Position], colour: BackendColor) {
        let (low, high) = around(corners);
        self.0.fill(self.0.patch(low, high), colour, |outline, to| {
            let next = corners.iter().cycle().skip(1);
            corners.iter().zip(next).for_each(|(&a, &b)| outline.draw_line(to(a), to(b)));
        });
    }
}

#[cfg(test)]
mod tests {
    use plotters_backend::BackendColor;

    use super::*;

    const BLACK: BackendColor = BackendColor { alpha: 1.0, rgb: (0, 0, 0) };
    const WHITE: BackendColor = BackendColor { alpha: 1.0, rgb: (255, 255, 255) };

    /// How dark each pixel of a picture of 100 times 150 is, 0 to 1: three strips.
    fn drawn(draw: impl Fn(&mut Canvas<'_>)) -> Vec<f64> {
        let mut strip = Strip::new((100, 150), 0);
        let mut dark = Vec::new();
        for top in (0..150).step_by(STRIP_ROWS) {
            strip.move_to(top);
            strip.wash(WHITE);
            draw(&mut Canvas(&mut strip));
            dark.extend(strip.pixels().chunks_exact(CHANNELS).map(|pixel| 1.0 - f64::from(pixel[0]) / 255.0));
        }
        dark
    }

    fn units(pixels: f64) -> i32 {
        (pixels * f64::from(SUBPIXELS)).round() as i32
    }

    fn line(points: &[(f64, f64)], width: u32) -> Vec<f64> {
        let points: Vec<BackendCoord> = points.iter().map(|&(x, y)| (units(x), units(y))).collect();
        let strip_line = |canvas: &mut Canvas<'_>| {
            canvas.0.stroke(&points.iter().copied().map(position).collect::<Vec<_>>(), width as f32, BLACK);
        };
        drawn(strip_line)
    }

    #[test]
    fn a_line_covers_its_length_times_its_width_at_any_angle() {
        for degrees in 0..180 {
            let (sine, cosine) = libm::sincos(f64::from(degrees).to_radians());
            let end = |sign: f64| (50.3 + sign * 40.0 * cosine, 66.7 + sign * 40.0 * sine);
            for width in [2, 4] {
                let dark: f64 = line(&[end(-1.0), end(1.0)], width).iter().sum();
                let area = 80.0 * f64::from(width);
                // Coverage by the distance to the middle of a pixel is not its exact area: at 45°, where the middles lie in rows
                // along the line, up to 2.6 % are missing. A tenth of a pixel in width would be 5 % of the thinner line.
                assert!((dark / area - 1.0).abs() < 0.03, "{degrees}°, {width} wide: {dark} of {area}");
            }
        }
    }

    #[test]
    fn joints_leave_no_trace_in_a_straight_line() {
        let whole = line(&[(10.0, 20.0), (90.0, 140.0)], 3);
        let pieces: Vec<(f64, f64)> =
            (0..=40).map(|i| (10.0 + 2.0 * f64::from(i), 20.0 + 3.0 * f64::from(i))).collect();
        let pieced = line(&pieces, 3);
        // Both are rounded to 255ths, twice.
        assert!(whole.iter().zip(&pieced).all(|(a, b)| (a - b).abs() < 3.0 / 255.0));
        assert!(whole.iter().sum::<f64>() > 400.0);
    }

    #[test]
    fn an_area_covers_what_is_within_it_across_strips() {
        let corners = [(10.25, 50.5), (80.5, 61.0), (70.0, 139.75), (20.0, 130.0)];
        let twice_area = |i: usize| {
            let (a, b): ((f64, f64), (f64, f64)) = (corners[i], corners[(i + 1) % 4]);
            a.0 * b.1 - b.0 * a.1
        };
        let area = (0..4).map(twice_area).sum::<f64>() / 2.0;
        let half = BackendColor { alpha: 0.5, ..BLACK };
        let fill =
            |canvas: &mut Canvas<'_>| drop(canvas.fill_polygon(corners.map(|(x, y)| (units(x), units(y))), &half));
        let dark: f64 = drawn(fill).iter().sum();
        // Half of a black of 255 levels is 127 or 128 of them.
        assert!((dark / (0.5 * area) - 1.0).abs() < 0.005, "{dark} of {}", 0.5 * area);
    }

    #[test]
    fn an_area_that_begins_in_the_first_row_of_a_strip_stays_within_its_outline() {
        // Its leftmost corner lies on the edge of a pixel in row 64, where a strip begins; nothing of it lies below row 66. The slope
        // decides whether rounding takes its edge over the edge of the pixel.
        for (run, rise) in (1..60).flat_map(|run| (1..60).map(move |rise| (run, rise))) {
            let corners = [(50, 324), (50 + run, 324 - 5 * rise), (400, 330)];
            let mut strip = Strip::new((100, 150), STRIP_ROWS);
            strip.wash(WHITE);
            drop(Canvas(&mut strip).fill_polygon(corners, &BLACK));
            let below = &strip.pixels()[3 * 100 * CHANNELS..];
            assert!(below.iter().all(|&part| part == 255), "run {run}, rise {rise}");
        }
    }

    #[test]
    fn a_disc_is_round_across_the_edge_of_a_strip() {
        let disc = |canvas: &mut Canvas<'_>| drop(canvas.draw_circle((units(50.0), units(64.0)), 160, &BLACK, true));
        let dark = drawn(disc);
        let at = |x: usize, y: usize| dark[y * 100 + x];
        for (x, y) in (0..50).flat_map(|y| (0..50).map(move |x| (x, y))) {
            let (left, right, above, below) = (49 - x, 50 + x, 63 - y, 64 + y);
            let four = [at(left, above), at(right, above), at(left, below), at(right, below)];
            assert!(four.iter().all(|part| (part - four[0]).abs() < 3.0 / 255.0), "{x} {y}: {four:?}");
        }
        // 64 chords are 0.16 % short of the circle.
        let area = std::f64::consts::PI * 100.0;
        assert!((dark.iter().sum::<f64>() / area - 1.0).abs() < 0.005);
    }

    #[test]
    fn texts_lying_and_upward_are_the_same_letters_turned() {
        let text = |upward: bool| {
            let transform = if upward { FontTransform::Rotate270 } else { FontTransform::None };
            let size = 30.0 * f64::from(SUBPIXELS) * FONT_SCALE;
            let font = plotters::style::FontDesc::new(plotters::style::FontFamily::SansSerif, size, FontStyle::Normal);
            let style = plotters::style::TextStyle::from(font.transform(transform));
            let dark = drawn(|canvas| drop(canvas.draw_text("Lp", &style, (units(40.0), units(60.0)))));
            dark.iter().sum::<f64>()
        };
        let (lying, upward) = (text(false), text(true));
        // DejaVu's L and p at 30 pixels: stems of 3 pixels, 22 and 23 high, a foot of 14 and a bowl.
        assert!((150.0..260.0).contains(&lying), "{lying}");
        assert!((lying / upward - 1.0).abs() < 0.01, "{lying} and {upward}");
    }
}

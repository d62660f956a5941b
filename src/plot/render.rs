//! A picture's shapes as elements of plotters, and these on its backend for SVG or on a canvas for PNG.
//!
//! SVG texts are texts, in a font that viewers have or can replace. In a PNG their letters are those of the font that the
//! program carries.

use std::io::Write;

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Text as TextElement};
use plotters::prelude::{DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle};
use rayon::prelude::*;

use super::PlotError;
use super::canvas::{Canvas, STRIP_ROWS, SUBPIXELS, Strip};
use super::encode::PngRows;
use super::font::text_width;
use super::picture::{Anchor, Picture, Point, Shape, Text};
use super::style::Colour;

/// What viewers of an SVG look for: the font that widths are measured with, one of the same widths, and any other.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";
/// Points of an SVG are cut into tenths, as plotters draws at whole units.
const SVG_UNITS: u32 = 10;
/// Pixels of a PNG per point: sharp on screens of high density and in print.
const PNG_PIXELS: u32 = 2;
/// 72 points are an inch.
const PIXELS_PER_METRE: u32 = (72.0 * PNG_PIXELS as f64 / 0.0254) as u32;
/// What plotters makes of a font's size in an SVG: `font-size` is the size divided by this.
pub(super) const FONT_SCALE: f64 = 1.24;
/// Where it puts the baseline of a text that is anchored at its top: so many times `font-size` below.
pub(super) const BASELINE: f64 = 0.76;

impl Picture {
    /// The picture as SVG.
    ///
    /// # Errors
    /// Where plotters could not draw it.
    pub fn to_svg(&self) -> Result<String, PlotError> {
        let size = self.size(SVG_UNITS);
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&rgb(self.ground)).map_err(failed)?;
        for element in self.elements(SVG_UNITS) {
            element.draw(&area)?;
        }
        area.present().map_err(failed)?;
        drop(area);
        // The root element: sizes in points, round joints, and a description.
        let body = svg.split_once('\n').map_or("", |(_, body)| body);
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" \
             stroke-linejoin=\"round\" stroke-linecap=\"butt\">\n<title>{}</title>\n{body}",
            self.width,
            self.height,
            size.0,
            size.1,
            escape(&self.description),
        ))
    }

    /// The picture as PNG.
    ///
    /// # Errors
    /// Where plotters could not draw it, or it could not be encoded.
    pub fn to_png(&self) -> Result<Vec<u8>, PlotError> {
        let mut bytes = Vec::new();
        self.write_png(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes the picture as PNG.
    ///
    /// # Errors
    /// Where plotters could not draw it, or it could not be written.
    pub(super) fn write_png(&self, file: &mut impl Write) -> Result<(), PlotError> {
        let size = self.size(PNG_PIXELS);
        let pixels = f64::from(PNG_PIXELS);
        let extents = self.shapes.iter().map(extent).map(|(from, to)| (from * pixels, to * pixels));
        let elements: Vec<_> = self.elements(PNG_PIXELS * SUBPIXELS).zip(extents).collect();
        let mut rows = PngRows::new(file, size, PIXELS_PER_METRE).map_err(unwritten)?;
        let tops: Vec<usize> = (0..size.1 as usize).step_by(STRIP_ROWS).collect();
        // As many at once as there are threads: a picture of many curves takes as long as all the others together.
        let at_once = rayon::current_num_threads().min(tops.len());
        let mut strips: Vec<Strip> = tops[..at_once].iter().map(|top| Strip::new(size, *top)).collect();
        for tops in tops.chunks(at_once) {
            strips.par_iter_mut().zip(tops).try_for_each(|(strip, top)| {
                strip.move_to(*top);
                self.draw_strip(strip, &elements)
            })?;
            for (strip, _) in strips.iter().zip(tops) {
                rows.push(strip.pixels()).map_err(unwritten)?;
            }
        }
        rows.finish().map_err(unwritten)
    }

    fn draw_strip(&self, strip: &mut Strip, elements: &[(Element<'_>, (f64, f64))]) -> Result<(), PlotError> {
        let (top, bottom) = strip.rows();
        let area = Canvas(strip).into_drawing_area();
        area.fill(&rgb(self.ground)).map_err(failed)?;
        let inside = |(from, to): (f64, f64)| to >= top as f64 && from <= bottom as f64;
        elements.iter().filter(|(_, extent)| inside(*extent)).try_for_each(|(element, _)| element.draw(&area))
    }

    /// Its shapes in so many units per point, from the lowest to the topmost.
    fn elements(&self, units: u32) -> impl Iterator<Item = Element<'_>> {
        let scale = f64::from(units);
        self.shapes.iter().map(move |shape| Element::of(shape, scale))
    }

    fn size(&self, scale: u32) -> (u32, u32) {
        ((self.width * f64::from(scale)).round() as u32, (self.height * f64::from(scale)).round() as u32)
    }
}

/// A shape in whole units of a backend.
enum Element<'a> {
    Line(PathElement<(i32, i32)>),
    Area(Polygon<(i32, i32)>),
    Disc(Circle<(i32, i32), u32>),
    Text(TextElement<'a, (i32, i32), &'a str>),
}

impl<'a> Element<'a> {
    fn of(shape: &'a Shape, scale: f64) -> Self {
        let at = |&(x, y): &Point| ((x * scale).round() as i32, (y * scale).round() as i32);
        match shape {
            Shape::Line { points, colour, width } => {
                let stroke_width = (width * scale).round().max(1.0) as u32;
                let style = ShapeStyle { color: rgb(*colour).to_rgba(), filled: false, stroke_width };
                let mut points: Vec<_> = points.iter().map(at).collect();
                points.dedup();
                Self::Line(PathElement::new(points, style))
            }
            Shape::Area { points, colour, opacity } => {
                Self::Area(Polygon::new(points.iter().map(at).collect::<Vec<_>>(), rgb(*colour).mix(*opacity)))
            }
            Shape::Disc { centre, radius, colour } => {
                let style = ShapeStyle { color: rgb(*colour).to_rgba(), filled: true, stroke_width: 1 };
                Self::Disc(Circle::new(at(centre), (radius * scale).round() as u32, style))
            }
            Shape::Text(text) => {
                let above = BASELINE * text.size;
                let (x, y) = text.at;
                let corner = if text.upward { (x - above, y) } else { (x, y - above) };
                Self::Text(TextElement::new(text.text.as_str(), at(&corner), style(text, scale)))
            }
        }
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), PlotError> {
        match self {
            Self::Line(line) => area.draw(line),
            Self::Area(polygon) => area.draw(polygon),
            Self::Disc(circle) => area.draw(circle),
            Self::Text(text) => area.draw(text),
        }
        .map_err(failed)
    }
}

fn style(text: &Text, scale: f64) -> TextStyle<'static> {
    let style = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
    let transform = if text.upward { FontTransform::Rotate270 } else { FontTransform::None };
    let font = FontDesc::new(FontFamily::Name(FONT), text.size * scale * FONT_SCALE, style).transform(transform);
    let horizontal = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    TextStyle { font, color: rgb(text.colour).to_backend_color(), pos: Pos::new(horizontal, VPos::Top) }
}

/// Heights between which a shape lies for certain, in points.
fn extent(shape: &Shape) -> (f64, f64) {
    let around = |points: &[Point], reach: f64| {
        let heights = || points.iter().map(|point| point.1);
        (heights().fold(f64::INFINITY, f64::min) - reach, heights().fold(f64::NEG_INFINITY, f64::max) + reach)
    };
    match shape {
        // A point more than lines reach for what rounding adds.
        Shape::Line { points, width, .. } => around(points, width + 1.0),
        Shape::Area { points, .. } => around(points, 1.0),
        Shape::Disc { centre, radius, .. } => around(&[*centre], radius + 1.0),
        Shape::Text(text) if text.upward => around(&[text.at], text_width(&text.text, text.size, text.bold) + 1.0),
        Shape::Text(text) => around(&[text.at], 1.5 * text.size),
    }
}

fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

fn failed(error: impl std::fmt::Display) -> PlotError {
    PlotError::Draw { cause: error.to_string() }
}

fn unwritten(source: std::io::Error) -> PlotError {
    PlotError::Png { source }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

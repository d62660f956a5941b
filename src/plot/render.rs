//! A picture's shapes through the backends of plotters: SVG text, PNG bytes. Fonts come with the program.

use std::sync::Once;

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Text as TextElement};
use plotters::prelude::{BitMapBackend, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, IntoTextStyle, RGBAColor, RGBColor, ShapeStyle, TextStyle,
    register_font,
};

use super::PlotError;
use super::picture::{Anchor, Picture, Point, Shape, Text};
use super::style::Colour;

/// Name of the font, and what a viewer without it falls back to: Verdana has the same widths.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";
/// Ascent and descent of DejaVu Sans over its size: the renderer counts sizes by their sum.
const FONT_HEIGHT: f64 = 1.164;
/// Points of an SVG are cut into tenths, as plotters draws at whole units.
const SVG_UNITS: u32 = 10;
/// Pixels of a PNG per point: sharp on screens of high density and in print.
const PNG_PIXELS: u32 = 2;
/// A PNG is drawn this many times larger and averaged, which smooths all edges alike.
const SMOOTHING: u32 = 2;

fn register_fonts() {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        for (style, font) in [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())] {
            register_font(FONT, style, font).ok().expect("the fonts that the crate carries are well-formed");
        }
    });
}

/// Width of a text, in points.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    // The renderer measures in whole pixels: large ones make the rounding vanish.
    const PRECISION: f64 = 100.0;
    register_fonts();
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = FontDesc::new(FontFamily::Name(FONT), size * FONT_HEIGHT * PRECISION, style);
    font.layout_box(text).map_or(0.0, |(low, high)| f64::from(high.0 - low.0) / PRECISION)
}

impl Picture {
    /// The picture as SVG.
    ///
    /// # Errors
    /// Where plotters could not draw it.
    pub fn to_svg(&self) -> Result<String, PlotError> {
        register_fonts();
        let size = self.size(SVG_UNITS);
        let mut svg = String::new();
        let surface = Surface {
            area: SVGBackend::with_string(&mut svg, size).into_drawing_area(),
            scale: f64::from(SVG_UNITS),
            // What plotters makes of a size and of an anchor at the top: font-size = size / 1.24, baseline 0.76 em below.
            text_size: 1.24,
            baseline: 0.76 / 1.24,
            joints: false,
        };
        surface.draw(self)?;
        drop(surface);
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
        register_fonts();
        let (width, height) = self.size(PNG_PIXELS * SMOOTHING);
        let mut pixels = vec![0; (width * height * 3) as usize];
        let surface = Surface {
            area: BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area(),
            scale: f64::from(PNG_PIXELS * SMOOTHING),
            text_size: FONT_HEIGHT,
            // The bitmap's renderer puts the baseline half a size below an anchor at the top.
            baseline: 0.5,
            joints: true,
        };
        surface.draw(self)?;
        drop(surface);
        let (width, height) = self.size(PNG_PIXELS);
        encode(&average(&pixels, width as usize, height as usize), width, height)
    }

    fn size(&self, scale: u32) -> (u32, u32) {
        ((self.width * f64::from(scale)).round() as u32, (self.height * f64::from(scale)).round() as u32)
    }
}

/// A backend with what differs between backends.
struct Surface<DB: DrawingBackend> {
    area: DrawingArea<DB, Shift>,
    scale: f64,
    text_size: f64,
    baseline: f64,
    /// Whether lines are drawn segment by segment with round joints. The bitmap's rasteriser fills the outline of a
    /// whole line by the even-odd rule, which leaves holes where a spike's two sides overlap.
    joints: bool,
}

impl<DB: DrawingBackend> Surface<DB> {
    fn draw(&self, picture: &Picture) -> Result<(), PlotError> {
        self.area.fill(&rgb(picture.ground)).map_err(failed)?;
        for shape in &picture.shapes {
            match shape {
                Shape::Line { points, colour, width } => self.line(points, *colour, *width)?,
                Shape::Area { points, colour, opacity } => {
                    let points: Vec<_> = points.iter().map(|&point| self.at(point)).collect();
                    let colour: RGBAColor = rgb(*colour).mix(*opacity);
                    self.area.draw(&Polygon::new(points, colour)).map_err(failed)?;
                }
                Shape::Disc { centre, radius, colour } => self.disc(*centre, *radius, *colour)?,
                Shape::Text(text) => self.text(text)?,
            }
        }
        self.area.present().map_err(failed)
    }

    fn at(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn line(&self, points: &[Point], colour: Colour, width: f64) -> Result<(), PlotError> {
        let stroke = (width * self.scale).round().max(1.0) as u32;
        let style = ShapeStyle { color: rgb(colour).to_rgba(), filled: false, stroke_width: stroke };
        let mut points: Vec<_> = points.iter().map(|&point| self.at(point)).collect();
        points.dedup();
        if !self.joints {
            return self.area.draw(&PathElement::new(points, style)).map_err(failed);
        }
        for pair in points.windows(2) {
            self.area.draw(&PathElement::new(pair.to_vec(), style)).map_err(failed)?;
        }
        for &joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
            self.area.draw(&Circle::new(joint, stroke / 2, style.filled())).map_err(failed)?;
        }
        Ok(())
    }

    fn disc(&self, centre: Point, radius: f64, colour: Colour) -> Result<(), PlotError> {
        let radius = (radius * self.scale).round() as u32;
        let style = ShapeStyle { color: rgb(colour).to_rgba(), filled: true, stroke_width: 1 };
        self.area.draw(&Circle::new(self.at(centre), radius, style)).map_err(failed)
    }

    fn text(&self, text: &Text) -> Result<(), PlotError> {
        let size = text.size * self.scale * self.text_size;
        let style = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
        let transform = if text.upward { FontTransform::Rotate270 } else { FontTransform::None };
        let font = FontDesc::new(FontFamily::Name(FONT), size, style).transform(transform);
        let horizontal = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style: TextStyle<'_> =
            font.with_color(rgb(text.colour)).into_text_style(&self.area).pos(Pos::new(horizontal, VPos::Top));
        let (x, y) = self.at(text.at);
        let above = (size * self.baseline).round() as i32;
        let corner = if text.upward { (x - above, y) } else { (x, y - above) };
        self.area.draw(&TextElement::new(text.text.as_str(), corner, style)).map_err(failed)
    }
}

fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

fn failed(error: impl std::fmt::Display) -> PlotError {
    PlotError::Draw { cause: error.to_string() }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Means over squares of [`SMOOTHING`] pixels.
fn average(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let n = SMOOTHING as usize;
    let stride = width * n * 3;
    let mut averaged = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let mut sum = 0;
                for dy in 0..n {
                    for dx in 0..n {
                        sum += u32::from(pixels[(y * n + dy) * stride + (x * n + dx) * 3 + channel]);
                    }
                }
                averaged.push((sum / (SMOOTHING * SMOOTHING)) as u8);
            }
        }
    }
    averaged
}

fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PlotError> {
    // 72 points are an inch.
    const PIXELS_PER_METRE: u32 = (72.0 * PNG_PIXELS as f64 / 0.0254) as u32;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_filter(png::FilterType::Up);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: PIXELS_PER_METRE,
        yppu: PIXELS_PER_METRE,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

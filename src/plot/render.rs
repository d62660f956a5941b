//! A picture's shapes through the backends of plotters: SVG text, PNG bytes.
//!
//! SVG texts are texts, in a font that viewers have or can replace. In a PNG their letters are drawn here, by the outlines
//! of a font that the program carries: plotters would put each at a whole pixel and without its side bearing.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Text as TextElement};
use plotters::prelude::{BitMapBackend, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, IntoTextStyle, RGBAColor, RGBColor, ShapeStyle, TextStyle,
};

use super::PlotError;
use super::picture::{Anchor, Picture, Point, Shape, Text};
use super::style::Colour;

/// What viewers of an SVG look for: the font that widths are measured with, one of the same widths, and any other.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";
/// Points of an SVG are cut into tenths, as plotters draws at whole units.
const SVG_UNITS: u32 = 10;
/// Pixels of a PNG per point: sharp on screens of high density and in print.
const PNG_PIXELS: u32 = 2;
/// A PNG is drawn this many times larger and averaged, which smooths all edges alike.
const SMOOTHING: u32 = 2;
/// Bytes of a pixel.
const CHANNELS: usize = 3;

fn font(bold: bool) -> &'static FontRef<'static> {
    static FONTS: OnceLock<[FontRef<'static>; 2]> = OnceLock::new();
    let read = |bytes| FontRef::try_from_slice(bytes).expect("the fonts that the crate carries are well-formed");
    &FONTS.get_or_init(|| [read(dejavu::sans::regular()), read(dejavu::sans::bold())])[usize::from(bold)]
}

/// A text that fits a width: cut, with an ellipsis, where it does not.
pub(super) fn fitted(text: &str, size: f64, bold: bool, width: f64) -> String {
    let mut kept = text.to_owned();
    let mut shown = kept.clone();
    while text_width(&shown, size, bold) > width && kept.pop().is_some() {
        shown = format!("{}…", kept.trim_end());
    }
    shown
}

/// Width of a text, in points.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let font = font(bold);
    let units: f32 = text.chars().map(|c| font.h_advance_unscaled(font.glyph_id(c))).sum();
    f64::from(units / font.units_per_em().unwrap_or(1.0)) * size
}

impl Picture {
    /// The picture as SVG.
    ///
    /// # Errors
    /// Where plotters could not draw it.
    pub fn to_svg(&self) -> Result<String, PlotError> {
        let size = self.size(SVG_UNITS);
        let mut svg = String::new();
        let surface = Surface {
            area: SVGBackend::with_string(&mut svg, size).into_drawing_area(),
            scale: f64::from(SVG_UNITS),
            bitmap: false,
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
        self.to_png_on(&mut Vec::new())
    }

    /// The picture as PNG, drawn on pixels that an earlier one may have left: it covers them all.
    pub(super) fn to_png_on(&self, pixels: &mut Vec<u8>) -> Result<Vec<u8>, PlotError> {
        let (width, height) = self.size(PNG_PIXELS * SMOOTHING);
        pixels.resize((width * height) as usize * CHANNELS, 0);
        let surface = Surface {
            area: BitMapBackend::with_buffer(pixels, (width, height)).into_drawing_area(),
            scale: f64::from(PNG_PIXELS * SMOOTHING),
            bitmap: true,
        };
        surface.draw(self)?;
        drop(surface);
        let (width, height) = self.size(PNG_PIXELS);
        encode(&average(pixels, width as usize), width, height)
    }

    fn size(&self, scale: u32) -> (u32, u32) {
        ((self.width * f64::from(scale)).round() as u32, (self.height * f64::from(scale)).round() as u32)
    }
}

/// A backend with what differs between backends.
struct Surface<DB: DrawingBackend> {
    area: DrawingArea<DB, Shift>,
    scale: f64,
    /// Pixels instead of SVG elements. There lines are drawn segment by segment with round joints: the rasteriser fills
    /// the outline of a whole line by the even-odd rule, which leaves holes where a spike's two sides overlap.
    bitmap: bool,
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
                Shape::Text(text) if self.bitmap => self.letters(text)?,
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
        if !self.bitmap {
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
        // What plotters makes of a size and of an anchor at the top: font-size = size / 1.24, baseline 0.76 em below.
        const SIZE: f64 = 1.24;
        const BASELINE: f64 = 0.76;
        let style = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
        let transform = if text.upward { FontTransform::Rotate270 } else { FontTransform::None };
        let font = FontDesc::new(FontFamily::Name(FONT), text.size * self.scale * SIZE, style).transform(transform);
        let horizontal = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style: TextStyle<'_> =
            font.with_color(rgb(text.colour)).into_text_style(&self.area).pos(Pos::new(horizontal, VPos::Top));
        let above = BASELINE * text.size;
        let (x, y) = text.at;
        let corner = self.at(if text.upward { (x - above, y) } else { (x, y - above) });
        self.area.draw(&TextElement::new(text.text.as_str(), corner, style)).map_err(failed)
    }

    fn letters(&self, text: &Text) -> Result<(), PlotError> {
        let font = font(text.bold);
        let em = (text.size * self.scale) as f32;
        // The crate counts sizes by ascent plus descent.
        let scale = PxScale::from(em * font.height_unscaled() / font.units_per_em().unwrap_or(1.0));
        let scaled = font.as_scaled(scale);
        let width = text_width(&text.text, text.size, text.bold) * self.scale;
        let mut along = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        } as f32;
        let (x, y) = ((text.at.0 * self.scale) as f32, (text.at.1 * self.scale) as f32);
        let colour = rgb(text.colour);
        for letter in text.text.chars() {
            let id = scaled.glyph_id(letter);
            // Upward texts are drawn lying at the origin, and turned pixel by pixel.
            let start = if text.upward { point(along, 0.0) } else { point(x + along, y) };
            along += scaled.h_advance(id);
            let Some(outline) = scaled.outline_glyph(id.with_scale_and_position(scale, start)) else { continue };
            let bounds = outline.px_bounds();
            let mut result = Ok(());
            outline.draw(|dx, dy, coverage| {
                let (px, py) = (bounds.min.x as i32 + dx as i32, bounds.min.y as i32 + dy as i32);
                let at = if text.upward { (x.round() as i32 + py, y.round() as i32 - px) } else { (px, py) };
                if coverage > 0.0 && result.is_ok() {
                    result = self.area.draw_pixel(at, &colour.mix(f64::from(coverage.min(1.0)))).map_err(failed);
                }
            });
            result?;
        }
        Ok(())
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

/// Means over squares of [`SMOOTHING`] pixels, of a picture that is so wide afterwards.
fn average(pixels: &[u8], width: usize) -> Vec<u8> {
    const N: usize = SMOOTHING as usize;
    let wide = width * N * CHANNELS;
    let mut averaged = Vec::with_capacity(pixels.len() / (N * N));
    let mut sums = vec![0_u16; wide];
    for rows in pixels.chunks_exact(N * wide) {
        // Down first: whole rows are added many bytes at a time.
        sums.fill(0);
        for row in rows.chunks_exact(wide) {
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += u16::from(value));
        }
        averaged.extend(sums.chunks_exact(N * CHANNELS).flat_map(|square| -> [u8; CHANNELS] {
            std::array::from_fn(|channel| {
                let sum: u16 = (0..N).map(|pixel| square[pixel * CHANNELS + channel]).sum();
                (sum / (N * N) as u16) as u8
            })
        }));
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

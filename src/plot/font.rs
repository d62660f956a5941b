//! The font that the program carries, as outlines and widths: what viewers of an SVG have is as wide.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId, Outline};

fn font(bold: bool) -> &'static FontRef<'static> {
    static FONTS: OnceLock<[FontRef<'static>; 2]> = OnceLock::new();
    let read = |bytes| FontRef::try_from_slice(bytes).expect("the fonts that the crate carries are well-formed");
    &FONTS.get_or_init(|| [read(dejavu::sans::regular()), read(dejavu::sans::bold())])[usize::from(bold)]
}

/// Units of the font in the size of a text.
pub(super) fn units_per_em(bold: bool) -> f32 {
    font(bold).units_per_em().unwrap_or(1.0)
}

/// How far letters reach above the baseline and, as a negative number, below it, per size.
pub(super) fn reach(bold: bool) -> (f32, f32) {
    let font = font(bold);
    (font.ascent_unscaled() / units_per_em(bold), font.descent_unscaled() / units_per_em(bold))
}

/// Letters of a text that leave a mark: how far along the baseline each begins, and its outline (upwards), in units of the font.
pub(super) fn letters(text: &str, bold: bool) -> impl Iterator<Item = (f32, Outline)> {
    let font = font(bold);
    let mut along = 0.0;
    text.chars().filter_map(move |letter| {
        let start = along;
        along += advance(letter, bold);
        Some((start, font.outline(font.glyph_id(letter))?))
    })
}

/// From a letter to the next, in units of the font. What the font lacks (Chinese, emoji) comes from another one in an SVG, and is
/// as wide as high there.
fn advance(letter: char, bold: bool) -> f32 {
    let font = font(bold);
    if has(letter, bold) { font.h_advance_unscaled(font.glyph_id(letter)) } else { units_per_em(bold) }
}

/// Whether the font has a letter; a box stands in a PNG for one that it lacks.
pub(super) fn has(letter: char, bold: bool) -> bool {
    font(bold).glyph_id(letter) != GlyphId(0)
}

/// Width of a text of a size, in the unit of the size.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let units: f32 = text.chars().map(|letter| advance(letter, bold)).sum();
    f64::from(units / units_per_em(bold)) * size
}

/// A text that fits a width: where it does not, its middle is left out, for long names that begin alike differ at their end, and
/// a caption ends with a scale or a unit.
pub(super) fn fitted(text: &str, size: f64, bold: bool, width: f64) -> String {
    let fits = |text: &str| text_width(text, size, bold) <= width;
    if fits(text) {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let shortened = |kept: usize| {
        let start: String = letters[..kept.div_ceil(2)].iter().collect();
        let end: String = letters[letters.len() - kept / 2..].iter().collect();
        format!("{}…{}", start.trim_end(), end.trim_start())
    };
    (0..letters.len()).rev().map(shortened).find(|text| fits(text)).unwrap_or_else(|| "…".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_keeps_both_its_ends() {
        let long = "one hundred milligrams every twelve hours for a week, logarithmic scale";
        let shown = fitted(long, 10.0, false, 200.0);
        assert_eq!(shown, "one hundred milligr…logarithmic scale");
        assert!(text_width(&shown, 10.0, false) <= 200.0);
        assert_eq!(fitted("short", 10.0, false, 200.0), "short");
        assert_eq!(fitted(long, 10.0, false, 1.0), "…");
    }
}

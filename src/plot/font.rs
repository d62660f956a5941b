//! The font that the program carries, as outlines and widths: what viewers of an SVG have is as wide.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, Outline};

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
        let (id, start) = (font.glyph_id(letter), along);
        along += font.h_advance_unscaled(id);
        Some((start, font.outline(id)?))
    })
}

/// Width of a text of a size, in the unit of the size.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let font = font(bold);
    let units: f32 = text.chars().map(|c| font.h_advance_unscaled(font.glyph_id(c))).sum();
    f64::from(units / units_per_em(bold)) * size
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

//! The one visual language of all pictures: fonts, sizes, colours, line widths. Lengths are in points of the picture.

use std::fmt;
use std::str::FromStr;

/// Width of a picture.
pub const WIDTH: f64 = 960.0;
/// Size of a picture's title.
pub const TITLE_SIZE: f64 = 18.0;
/// Size of axis labels, legends and captions.
pub const TEXT_SIZE: f64 = 14.5;
/// Size of tick labels and notes.
pub const SMALL_SIZE: f64 = 13.0;
/// Between a picture's edge and what is in it.
pub const MARGIN: f64 = 18.0;
/// Line of a median.
pub const HEAVY_LINE: f64 = 2.0;
/// Line at the edge of a band.
pub const EDGE_LINE: f64 = 0.8;
/// Axis lines and ticks.
pub const AXIS_LINE: f64 = 1.1;
/// Grid lines, and lines of individuals.
pub const FINE_LINE: f64 = 0.8;

/// Opacity of the line at the edge of a band.
pub const EDGE_OPACITY: f64 = 0.55;
/// Opacity of the lines of individuals.
pub const FINE_OPACITY: f64 = 0.42;

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// This colour laid over `ground` with an opacity in 0..1.
    #[must_use]
    pub fn over(self, ground: Self, opacity: f64) -> Self {
        let mix = |top: u8, below: u8| (f64::from(top) * opacity + f64::from(below) * (1.0 - opacity)).round() as u8;
        Self(mix(self.0, ground.0), mix(self.1, ground.1), mix(self.2, ground.2))
    }

    /// Red, green and blue in proportion to light, 0..1 (sRGB, IEC 61966-2-1).
    fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
        })
    }

    /// Contrast ratio of two colours, 1 to 21 (WCAG 2.1).
    ///
    /// # Formula
    /// `(L₁ + 0.05) / (L₂ + 0.05)`, `L = 0.2126 R + 0.7152 G + 0.0722 B` the luminances in proportion to light, the larger first.
    pub(super) fn contrast(self, other: Self) -> f64 {
        let luminance = |colour: Self| {
            let [r, g, b] = colour.linear();
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(self), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

/// Lines and marks have at least this contrast to their ground (WCAG 2.1, success criterion 1.4.11).
#[cfg(test)]
const MARK_CONTRAST: f64 = 3.0;
/// Small text has at least this contrast to its ground (WCAG 2.1, success criterion 1.4.3, level AA).
const TEXT_CONTRAST: f64 = 4.5;

/// The hues of Okabe and Ito (Color Universal Design, 2008), which people with any form of colour blindness can tell apart; each
/// is shifted so far that all have a contrast of 3 to white and that simulated protanopia, deuteranopia and tritanopia leave any
/// two of them at least 19 apart in CIELAB. Yellow is left out: it is too faint on white.
const SERIES_ON_WHITE: [Colour; 6] = [
    Colour(0, 79, 134),
    Colour(173, 71, 0),
    Colour(40, 130, 89),
    Colour(187, 129, 173),
    Colour(212, 128, 3),
    Colour(18, 155, 224),
];

/// The same hues on a dark ground, with a contrast of at least 4.5 to it.
const SERIES_ON_DARK: [Colour; 6] = [
    Colour(154, 205, 255),
    Colour(204, 106, 45),
    Colour(75, 222, 158),
    Colour(186, 105, 155),
    Colour(235, 185, 0),
    Colour(111, 133, 237),
];

/// What stands at a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Ring,
    Square,
    Triangle,
    Diamond,
}

/// Which set of colours a picture has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// On white, for screens.
    #[default]
    Light,
    /// On near-black, for slides.
    Dark,
    /// On white, lines told apart by dashes as well, so that a copy without colours can be read.
    Print,
}

impl Theme {
    /// Names that are read.
    pub const NAMES: [&str; 3] = ["light", "dark", "print"];

    pub(super) fn ground(self) -> Colour {
        match self {
            Self::Light | Self::Print => Colour(255, 255, 255),
            Self::Dark => Colour(24, 27, 32),
        }
    }

    pub(super) fn text(self) -> Colour {
        match self {
            Self::Light => Colour(34, 38, 43),
            Self::Dark => Colour(232, 234, 237),
            Self::Print => Colour(0, 0, 0),
        }
    }

    pub(super) fn faint_text(self) -> Colour {
        self.text().over(self.ground(), 0.72)
    }

    pub(super) fn axis(self) -> Colour {
        self.text().over(self.ground(), 0.62)
    }

    pub(super) fn grid(self) -> Colour {
        self.text().over(self.ground(), 0.11)
    }

    /// Colour of the `index`th series.
    pub(super) fn series(self, index: usize) -> Colour {
        match self {
            Self::Light | Self::Print => SERIES_ON_WHITE[index % SERIES_ON_WHITE.len()],
            Self::Dark => SERIES_ON_DARK[index % SERIES_ON_DARK.len()],
        }
    }

    /// Colour of text about the `index`th series: as much of its own colour as can be read.
    pub(super) fn series_text(self, index: usize) -> Colour {
        let steps = (0..=10).rev().map(|tenth| self.series(index).over(self.text(), f64::from(tenth) / 10.0));
        let readable = |colour: &Colour| colour.contrast(self.ground()) >= TEXT_CONTRAST;
        steps.into_iter().find(readable).unwrap_or(self.text())
    }

    /// Mark of the `index`th series, where dashes cannot tell series apart.
    pub(super) fn marker(self, index: usize) -> Marker {
        const MARKERS: [Marker; 4] = [Marker::Ring, Marker::Square, Marker::Triangle, Marker::Diamond];
        MARKERS[self.repeats(index) % MARKERS.len()]
    }

    /// How often another means than colour has to tell the `index`th series from those before.
    fn repeats(self, index: usize) -> usize {
        match self {
            Self::Print => index,
            // Colours come round again after six.
            Self::Light | Self::Dark => index / SERIES_ON_WHITE.len(),
        }
    }

    /// Lengths of strokes and gaps of the `index`th series; empty is a full line.
    pub(super) fn dashes(self, index: usize) -> &'static [f64] {
        const DASHES: [&[f64]; 4] = [&[], &[9.0, 4.0], &[2.5, 3.5], &[11.0, 3.5, 2.5, 3.5]];
        DASHES[self.repeats(index) % DASHES.len()]
    }

    pub(super) fn band_opacity(self) -> f64 {
        match self {
            Self::Light => 0.17,
            Self::Dark => 0.24,
            Self::Print => 0.14,
        }
    }
}

/// Colours that pictures are made of, each with the name of its use: the same names in every theme, so that a picture can
/// be taken from one theme to another. Lines of a series over the ground are there as well, at the opacities that pictures use.
#[must_use]
pub fn palette(theme: Theme) -> Vec<(String, Colour)> {
    let ground = theme.ground();
    let mut colours = vec![
        ("ground".to_owned(), ground),
        ("text".to_owned(), theme.text()),
        ("faint".to_owned(), theme.faint_text()),
        ("axis".to_owned(), theme.axis()),
        ("grid".to_owned(), theme.grid()),
    ];
    for index in 0..SERIES_ON_WHITE.len() {
        let series = theme.series(index);
        colours.push((format!("series-{index}"), series));
        colours.push((format!("series-{index}-edge"), series.over(ground, EDGE_OPACITY)));
        colours.push((format!("series-{index}-fine"), series.over(ground, FINE_OPACITY)));
        colours.push((format!("series-{index}-text"), theme.series_text(index)));
    }
    colours
}

impl fmt::Display for Colour {
    /// As in SVG: `#0072B2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }
}

/// Not the name of a theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a theme; expected light, dark or print")]
pub struct UnknownTheme {
    /// As given.
    pub name: String,
}

impl FromStr for Theme {
    type Err = UnknownTheme;

    fn from_str(name: &str) -> Result<Self, UnknownTheme> {
        match name {
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            "print" => Ok(Self::Print),
            _ => Err(UnknownTheme { name: name.to_owned() }),
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Print => "print",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEMES: [Theme; 3] = [Theme::Light, Theme::Dark, Theme::Print];

    /// How a colour looks to people without one kind of cone, in linear RGB (Machado, Oliveira and Fernandes, IEEE Transactions
    /// on Visualization and Computer Graphics 2009;15:1291-1298, severity 1.0).
    const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        ),
        (
            "deuteranopia",
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        ),
        (
            "tritanopia",
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
        ),
    ];

    /// CIELAB under daylight (D65) of a colour as seen through a matrix.
    fn lab(colour: Colour, vision: &[[f64; 3]; 3]) -> [f64; 3] {
        let light = colour.linear();
        let dot = |row: &[f64; 3], v: &[f64; 3]| row.iter().zip(v).map(|(m, x)| m * x).sum::<f64>();
        let seen = [0, 1, 2].map(|i| dot(&vision[i], &light).clamp(0.0, 1.0));
        let to_xyz =
            [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]];
        let white = [0.95047, 1.0, 1.08883];
        let [x, y, z] = [0, 1, 2].map(|i| {
            let t: f64 = dot(&to_xyz[i], &seen) / white[i];
            if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// Euclidean distance in CIELAB (CIE 1976); about 2.3 is just noticed side by side.
    fn distance(a: Colour, b: Colour, vision: &[[f64; 3]; 3]) -> f64 {
        lab(a, vision).iter().zip(lab(b, vision)).map(|(p, q)| (p - q) * (p - q)).sum::<f64>().sqrt()
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let (black, white) = (Colour(0, 0, 0), Colour(255, 255, 255));
        assert!((black.contrast(white) - 21.0).abs() < 1e-12);
        // WebAIM's checker prints 4.48:1 for #777777 on white: two decimals.
        assert!((Colour(0x77, 0x77, 0x77).contrast(white) - 4.48).abs() < 0.005);
    }

    #[test]
    fn text_and_marks_can_be_seen_on_every_ground() {
        for theme in THEMES {
            assert!(theme.text().contrast(theme.ground()) >= TEXT_CONTRAST);
            assert!(theme.faint_text().contrast(theme.ground()) >= TEXT_CONTRAST);
            assert!(theme.axis().contrast(theme.ground()) >= MARK_CONTRAST);
            for index in 0..6 {
                let contrast = theme.series(index).contrast(theme.ground());
                assert!(contrast >= MARK_CONTRAST, "{theme} {index}: {contrast}");
                assert!(theme.series_text(index).contrast(theme.ground()) >= TEXT_CONTRAST, "{theme} {index}");
            }
        }
    }

    #[test]
    fn every_two_colours_stay_apart_for_every_kind_of_colour_vision() {
        // Eight times what is just noticed side by side: legends and curves are not side by side.
        const APART: f64 = 19.0;
        for theme in THEMES {
            for (vision, matrix) in &VISIONS {
                for a in 0..6 {
                    for b in 0..a {
                        let distance = distance(theme.series(a), theme.series(b), matrix);
                        assert!(distance >= APART, "{theme}: {a} and {b} with {vision}: {distance}");
                    }
                }
            }
        }
        // What the test is for: red and green of equal lightness are one colour without the cones for green.
        let (red, green) = (Colour(200, 60, 60), Colour(110, 125, 30));
        assert!(distance(red, green, &VISIONS[0].1) > 40.0 && distance(red, green, &VISIONS[2].1) < APART);
    }

    #[test]
    fn names_of_themes_read_back() {
        for name in Theme::NAMES {
            assert_eq!(name.parse::<Theme>().unwrap().to_string(), name);
        }
        assert!("sepia".parse::<Theme>().unwrap_err().to_string().contains("light, dark or print"));
    }
}

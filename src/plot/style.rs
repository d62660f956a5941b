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
}

/// Colours that people with any form of colour blindness can tell apart (Okabe and Ito, Color Universal Design, 2008), in
/// the order in which neighbours differ most. Yellow is left out: it is too faint on white.
const OKABE_ITO: [Colour; 6] = [
    Colour(0, 114, 178),
    Colour(213, 94, 0),
    Colour(0, 158, 115),
    Colour(204, 121, 167),
    Colour(230, 159, 0),
    Colour(86, 180, 233),
];

/// The same on a dark ground: blue and green lighter, so that all have a contrast of at least 4.5 to it.
const OKABE_ITO_ON_DARK: [Colour; 6] = [
    Colour(86, 180, 233),
    Colour(240, 128, 50),
    Colour(40, 190, 145),
    Colour(220, 145, 185),
    Colour(230, 175, 40),
    Colour(150, 160, 255),
];

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
            Self::Light | Self::Print => OKABE_ITO[index % OKABE_ITO.len()],
            Self::Dark => OKABE_ITO_ON_DARK[index % OKABE_ITO_ON_DARK.len()],
        }
    }

    /// Lengths of strokes and gaps of the `index`th series; empty is a full line.
    pub(super) fn dashes(self, index: usize) -> &'static [f64] {
        const DASHES: [&[f64]; 4] = [&[], &[9.0, 4.0], &[2.5, 3.5], &[11.0, 3.5, 2.5, 3.5]];
        let repeats = match self {
            Self::Print => index,
            // Colours come round again after six: from there dashes tell them apart.
            Self::Light | Self::Dark => index / OKABE_ITO.len(),
        };
        DASHES[repeats % DASHES.len()]
    }

    pub(super) fn band_opacity(self) -> f64 {
        match self {
            Self::Light => 0.17,
            Self::Dark => 0.24,
            Self::Print => 0.14,
        }
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

    /// Relative luminance, WCAG 2.1.
    fn luminance(colour: Colour) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
    }

    fn contrast(a: Colour, b: Colour) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_every_ground() {
        for theme in [Theme::Light, Theme::Dark, Theme::Print] {
            // WCAG 2.1, level AA, for small text.
            assert!(contrast(theme.text(), theme.ground()) >= 4.5);
            assert!(contrast(theme.faint_text(), theme.ground()) >= 4.5);
        }
        for index in 0..6 {
            assert!(contrast(Theme::Dark.series(index), Theme::Dark.ground()) >= 4.5, "{index}");
        }
    }

    #[test]
    fn names_of_themes_read_back() {
        for name in Theme::NAMES {
            assert_eq!(name.parse::<Theme>().unwrap().to_string(), name);
        }
        assert!("sepia".parse::<Theme>().unwrap_err().to_string().contains("light, dark or print"));
    }
}

//! Pictures within the page: as SVG, in colours that follow the page from light to dark.

use maud::{Markup, PreEscaped, html};

use super::folder::{FileState, ResultFolder};
use crate::plot::picture::Picture;
use crate::plot::style::{Theme, palette};

/// A picture of the folder.
pub struct Figure {
    /// Name of its file without ending.
    pub name: String,
    svg: String,
}

/// The SVG pictures of a folder that are as the run wrote them; others could hold anything.
pub fn of_folder(folder: &ResultFolder) -> Vec<Figure> {
    let unchanged = folder.files().filter(|(_, state)| *state == FileState::Unchanged);
    let pictures = unchanged.filter_map(|(file, _)| {
        let name = file.name.strip_suffix(".svg")?;
        let svg = std::fs::read_to_string(folder.path().join(&file.name)).ok()?;
        Some(Figure { name: name.to_owned(), svg })
    });
    pictures.collect()
}

impl Figure {
    /// The picture; its description is its title, which screen readers speak.
    pub fn markup(&self) -> Markup {
        html! { figure id={ "figure-" (self.name) } { (inline(&self.svg)) } }
    }
}

/// A picture that was drawn for the page; nothing where it cannot be drawn.
pub fn drawn(picture: &Picture) -> Markup {
    html! { @if let Ok(svg) = picture.to_svg() { figure { (inline(&svg)) } } }
}

/// An SVG element with the light theme's colours as variables of the page.
fn inline(svg: &str) -> Markup {
    let mut text = svg.to_owned();
    for (name, colour) in palette(Theme::Light) {
        text = text.replace(&format!("\"{colour}\""), &format!("\"var(--{name})\""));
    }
    PreEscaped(text)
}

/// Definitions of the variables in a theme, as CSS.
pub fn variables(theme: Theme) -> String {
    palette(theme).iter().map(|(name, colour)| format!("--{name}:{colour};")).collect()
}

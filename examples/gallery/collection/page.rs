//! The page: one HTML file that holds all pictures, and switches from theme to theme without a script.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use teorell::plot::style::Theme;

use super::{Drawn, PICTURES, Shown};

const STYLE: &str = include_str!("gallery.css");

/// The whole page.
pub fn page(all: &[Shown], themes: &[Theme]) -> String {
    // Pictures are shown in the first theme that a reader has not switched away from: the last one that was drawn.
    let themes: Vec<String> = themes.iter().rev().map(Theme::to_string).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "teorell: gallery" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "teorell: gallery" }
                    p {
                        "Every kind of picture that " code { "teorell" } " draws, with the command that makes it. All share one style: "
                        "DejaVu Sans, six colours that colour-blind readers tell apart, a unit on every axis, and a line of words that "
                        "says what is shown. A theme is chosen by " code { "--theme" } ". The report of a run (" code { "teorell report course" }
                        ") holds its pictures, and draws covariates and doses beside them."
                    }
                    fieldset {
                        legend { "Theme" }
                        @for (index, theme) in themes.iter().enumerate() {
                            input type="radio" name="theme" id=(theme) checked[index == 0];
                            label for=(theme) { (theme) }
                        }
                    }
                }
                main { @for shown in all { (section(shown)) } }
            }
        }
    };
    page.into_string()
}

fn section(shown: &Shown) -> Markup {
    html! {
        section id=(shown.exhibit.name) {
            h2 { (shown.exhibit.title) }
            p { (shown.exhibit.about) }
            pre { code { (shown.command) } }
            @for picture in &shown.pictures { @for drawn in &picture.drawn { (figure(drawn)) } }
        }
    }
}

fn figure(drawn: &Drawn) -> Markup {
    let data = BASE64_STANDARD.encode(&drawn.svg);
    let file = |ending: &str| format!("{PICTURES}/{}.{ending}", drawn.file);
    html! {
        figure class=(drawn.theme) {
            img alt=(description(&drawn.svg)) src={ "data:image/svg+xml;base64," (data) };
            figcaption { a href=(file("svg")) { "SVG" } " " a href=(file("png")) { "PNG" } }
        }
    }
}

/// What the picture says of itself to those who cannot see it.
fn description(svg: &str) -> PreEscaped<&str> {
    let title = svg.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    // Escaped already, as text of the SVG file.
    PreEscaped(title.map_or("", |(title, _)| title))
}

//! The page: head, styles, scripts, table of contents, sections.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::figures::variables;
use super::folder::FileState;
use super::sections::{SECTIONS, Section};
use super::{Material, ReportError};
use crate::plot::style::Theme;

const STYLE: &str = include_str!("assets/report.css");
const SCRIPT: &str = include_str!("assets/report.js");
/// uPlot 1.6.32 from npm (`uplot`), MIT: the licence stands beside it.
const CHART_SCRIPT: &str = include_str!("assets/uPlot.iife.min.js");
const CHART_STYLE: &str = include_str!("assets/uPlot.min.css");

/// The whole page.
pub(super) fn page(material: &Material<'_>) -> Result<String, ReportError> {
    let manifest = material.folder.manifest();
    let sections: Vec<&Section> = SECTIONS.iter().filter(|section| (section.applies)(material)).collect();
    let bodies = sections.iter().map(|section| (section.body)(material)).collect::<Result<Vec<Markup>, _>>()?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ (manifest.program) " " (manifest.version) };
                title { (manifest.study.name) ": report" }
                style { (PreEscaped(colours())) (PreEscaped(CHART_STYLE)) (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.kind { "Simulation report" }
                    h1 { (manifest.study.name) }
                }
                nav aria-label="Contents" {
                    ol { @for section in &sections { li { a href={ "#" (section.id) } { (section.title) } } } }
                }
                main {
                    (altered(material))
                    @for (section, body) in sections.iter().zip(&bodies) {
                        section id=(section.id) {
                            h2 { (section.title) }
                            (body)
                        }
                    }
                }
                footer { p { "Made by " (manifest.program) " from the files of its run." } }
                script { (PreEscaped(CHART_SCRIPT)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}

/// Nothing from outside, and no script but the two of this page, whatever the texts of a study hold.
fn policy() -> String {
    let hash = |script: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script.as_bytes())));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {} {}",
        hash(CHART_SCRIPT),
        hash(SCRIPT)
    )
}

/// The colours of the pictures, for both grounds; paper is white.
fn colours() -> String {
    format!(
        ":root{{{}}}@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}",
        variables(Theme::Light),
        variables(Theme::Dark)
    )
}

/// Says which files are not as the run wrote them.
fn altered(material: &Material<'_>) -> Markup {
    let altered: Vec<_> = material.folder.altered().collect();
    html! {
        @if !altered.is_empty() {
            div.alert role="alert" {
                p { b { "Files of this folder are not as the run wrote them." } " What this page shows of them is not the result of the run." }
                ul {
                    @for (file, state) in altered {
                        li { code { (file.name) } " " (FileState::words(state)) "." }
                    }
                }
            }
        }
    }
}

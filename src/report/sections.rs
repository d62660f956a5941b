//! What the page holds, section by section. Another section is a function and one entry of the list.

mod checks;
mod cohort;
mod model;
mod question;
mod regimen;
mod reproducibility;
mod results;

use maud::{Markup, html};

use super::{Material, ReportError};

/// A part of the page under a heading.
pub(super) struct Section {
    /// Anchor.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What stands under it.
    pub body: fn(&Material<'_>) -> Result<Markup, ReportError>,
}

/// In order.
pub(super) const SECTIONS: [Section; 8] = [
    Section { id: "question", title: "Question", body: question::body },
    Section { id: "model", title: "Model", body: model::body },
    Section { id: "cohort", title: "Cohort", body: cohort::body },
    Section { id: "regimen", title: "Regimen", body: regimen::body },
    Section { id: "results", title: "Results", body: results::body },
    Section { id: "checks", title: "Checks", body: checks::body },
    Section { id: "failures", title: "Failures", body: results::failures },
    Section { id: "reproducibility", title: "Reproducibility", body: reproducibility::body },
];

/// Says why something that needs the study is not there.
fn without_study(why: &str) -> Markup {
    html! { p.missing { "Not shown. " (why) } }
}

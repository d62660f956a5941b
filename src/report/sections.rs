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
use crate::output::number;
use crate::study::Study;
use crate::study::sweep::{Swept, SweptValue};

/// A part of the page under a heading.
pub(super) struct Section {
    /// Anchor.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Whether a run of this kind has any.
    pub applies: fn(&Material<'_>) -> bool,
    /// What stands under it.
    pub body: fn(&Material<'_>) -> Result<Markup, ReportError>,
}

/// In order.
pub(super) const SECTIONS: [Section; 8] = [
    Section { id: "question", title: "Question", applies: always, body: question::body },
    Section { id: "model", title: "Model", applies: always, body: model::body },
    Section { id: "cohort", title: "Cohort", applies: cohort::applies, body: cohort::body },
    Section { id: "regimen", title: "Regimen", applies: always, body: regimen::body },
    Section { id: "results", title: "Results", applies: always, body: results::body },
    Section { id: "checks", title: "Checks", applies: always, body: checks::body },
    Section { id: "failures", title: "Failures", applies: results::has_subjects, body: results::failures },
    Section { id: "reproducibility", title: "Reproducibility", applies: always, body: reproducibility::body },
];

fn always(_: &Material<'_>) -> bool {
    true
}

/// Who is simulated, and how often.
fn subjects(material: &Material<'_>) -> String {
    let manifest = material.folder.manifest();
    let all = manifest.counts.subjects;
    let Ok(study) = material.study else { return format!("{all} subjects") };
    let once = study.size() / u64::from(study.replicates().count());
    let points = study.n_points() as u64;
    let times = all / (once * points).max(1);
    let mut text = format!("{once} subjects");
    if let Some(uncertainty) = &manifest.uncertainty {
        text += &format!(", under each of {} sets of parameters", uncertainty.replicates);
        if uncertainty.trials > 1 {
            text += &format!(" in {} trials", uncertainty.trials);
        }
    } else if times > 1 {
        text += &format!(", each simulated {times} times");
    }
    if points > 1 {
        text += &format!(", at each of {points} points of the sweep");
    }
    text
}

/// A swept value as tables have it.
fn swept_value(value: &SweptValue) -> String {
    match value {
        SweptValue::Number(value) => number::format(*value, None),
        SweptValue::Text(text) => text.clone(),
    }
}

/// Which point of a sweep is meant where one stands for all: `at the first point of the sweep, amount 250 mg`; `None` without a sweep.
fn first_point(study: &Study) -> Option<String> {
    let one =
        |swept: &Swept| format!("{} {} {}", swept.name, swept_value(&swept.value), swept.unit).trim_end().to_owned();
    let values: Vec<String> = study.swept().iter().map(one).collect();
    (!values.is_empty()).then(|| format!("at the first point of the sweep, {}", values.join(", ")))
}

/// Says why something that needs the study is not there.
fn without_study(why: &str) -> Markup {
    html! { p.missing { "Not shown. " (why) } }
}

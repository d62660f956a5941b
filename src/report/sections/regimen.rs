//! What is given: a drawing and a table per arm.

use maud::{Markup, html};

use super::{first_point, without_study};
use crate::output::number;
use crate::plot::style::Theme;
use crate::report::tables::{Heading, folded, sortable};
use crate::report::{Material, ReportError, dosing, figures};
use crate::units::TimeUnit;

/// Doses of one arm in the table.
const MOST_DOSES: usize = 60;

pub(super) fn body(material: &Material<'_>) -> Result<Markup, ReportError> {
    let study = match material.study {
        Ok(study) => study,
        Err(why) => return Ok(without_study(why)),
    };
    let units = &material.folder.manifest().units;
    let (mut dosing, n) = dosing::of(study, &units.dose);
    let shown = &material.folder.manifest().arms;
    dosing.arms.retain(|arm| shown.iter().any(|record| record.name == arm.name));
    let heading = |name: &str, unit: &str, meaning: &str| Heading {
        name: name.to_owned(),
        unit: unit.to_owned(),
        meaning: meaning.to_owned(),
    };
    let headings = [
        heading("arm", "", "name of the arm"),
        heading("time", &units.time, "time since the start of the study"),
        heading("day", "", "day of the study, from 1"),
        heading("median", &units.dose, "median amount"),
        heading("smallest", &units.dose, "smallest amount"),
        heading("largest", &units.dose, "largest amount"),
        heading("duration", &units.time, "median duration of the infusion; 0 is a bolus"),
        heading("subjects", "%", "share of the subjects who get this dose"),
    ];
    let number = |value: f64| number::format(value, None);
    let mut rows = Vec::new();
    for arm in &dosing.arms {
        for dose in arm.doses.iter().take(MOST_DOSES) {
            let day = libm::floor(study.time_unit().convert(dose.time, TimeUnit::Day)) + 1.0;
            let mut row = vec![arm.name.clone()];
            row.extend(
                [dose.time, day, dose.median, dose.low, dose.high, dose.duration, 100.0 * dose.share].map(number),
            );
            rows.push(row);
        }
    }
    let left_out = dosing.arms.iter().any(|arm| arm.doses.len() > MOST_DOSES);
    Ok(html! {
        @if let Some(point) = first_point(study) { p { "Doses are those " (point) "." } }
        (figures::drawn(&dosing.draw(Theme::Light)))
        (folded(sortable(&format!("Doses over the first {n} subjects"), &headings, &rows), rows.len()))
        @if left_out { p.note { "The first " (MOST_DOSES) " doses of each arm." } }
    })
}

//! What a run prints at its end.

use teorell::study::Study;
use teorell::study::published::{Comparison, Published};
use teorell::study::watch::Watch;

use super::folder::layout;
use crate::cli::table::{Align, significant, table, whole};

/// Exposure in the first and last cycle of every arm.
pub fn exposure(study: &Study, watches: &[Watch]) -> String {
    let layout = layout(study);
    let mut rows = Vec::new();
    for (arm, watch) in study.arm_names().into_iter().zip(watches) {
        let n_cycles = watch.n_intervals();
        for cycle in [1, n_cycles].into_iter().take(n_cycles.min(2)) {
            let (Some(auc), Some(cmax)) = (watch.auc(cycle), watch.cmax(cycle)) else { continue };
            let number = |value: Option<f64>| value.map_or_else(String::new, |value| significant(value, 3));
            let ratio = if cycle > 1 { watch.accumulation(cycle) } else { None };
            rows.push(vec![
                arm.to_owned(),
                cycle.to_string(),
                whole(auc.n),
                number(auc.p5),
                number(auc.p50),
                number(auc.p95),
                number(cmax.p5),
                number(cmax.p50),
                number(cmax.p95),
                number(ratio.and_then(|ratio| ratio.geometric_mean_of_ratios)),
            ]);
        }
    }
    let auc = format!("AUC p50, {}*{}", layout.exposure_unit, layout.time_unit);
    let cmax = format!("Cmax p50, {}", layout.exposure_unit);
    let headings = [
        ("arm", Align::Left),
        ("cycle", Align::Right),
        ("n", Align::Right),
        ("p5", Align::Right),
        (auc.as_str(), Align::Right),
        ("p95", Align::Right),
        ("p5", Align::Right),
        (cmax.as_str(), Align::Right),
        ("p95", Align::Right),
        ("accumulation", Align::Right),
    ];
    table(&headings, &rows)
}

/// Published numbers beside those of this run, where it is the study that they were published of.
pub fn published(study: &Study, watches: &[Watch]) -> Option<String> {
    let published = Published::inotuzumab();
    // The scenario that is the built-in study itself, but for its size.
    let scenario = published.scenarios.iter().find(|scenario| scenario.name == "population")?;
    if study.name() != scenario.study || !study.is_as_written() || study.embedded_name() != Some(&scenario.study) {
        return None;
    }
    let arm = study.arm_names().iter().position(|arm| *arm == scenario.arm)?;
    let comparisons: Vec<Comparison> = published
        .values
        .iter()
        .filter(|value| value.scenario == scenario.name)
        .map(|value| Comparison { value: value.clone(), simulated: value.quantity.of(&watches[arm], |_| None) })
        .collect();
    let rows: Vec<Vec<String>> = comparisons
        .iter()
        .map(|comparison| {
            let value = &comparison.value;
            vec![
                value.name.clone(),
                significant(value.published, 3),
                comparison.simulated.map_or_else(String::new, |simulated| significant(simulated, 3)),
                value.unit.clone(),
                value.source.clone(),
            ]
        })
        .collect();
    let first = format!("arm `{}`", scenario.arm);
    let headings = [
        (first.as_str(), Align::Left),
        ("published", Align::Right),
        ("simulated", Align::Right),
        ("unit", Align::Left),
        ("source", Align::Left),
    ];
    Some(table(&headings, &rows))
}

//! One subject on a model of a few lines.

use std::sync::Arc;

use crate::fixtures::{Cohort, Patient};
use teorell::engine::timeline::{
    CovariateTable, DoseRate, DoseRecord, Interval, Record, RecordKind, SteadyState, Timeline,
};
use teorell::model::{Model, ModelOptions};

/// A model from text.
pub fn model(text: &str) -> Model {
    Model::from_text(text, "test", &ModelOptions::default()).unwrap_or_else(|findings| {
        let rendered: Vec<String> = findings.iter().map(|finding| finding.render(text, "test")).collect();
        panic!("{}", rendered.join("\n"))
    })
}

/// One subject without random effects: a bolus into the first state at `start`, samples after it, exposure
/// measured up to the last.
pub fn one_subject(model: &Model, start: f64, amount: f64, times: &[f64]) -> Cohort {
    let dose = DoseRecord {
        state: 0,
        amount,
        rate: DoseRate::Bolus,
        additional: 0,
        interval: 0.0,
        steady_state: SteadyState::None,
    };
    let mut records = vec![Record { time: start, kind: RecordKind::Dose(0), row: None }];
    records.extend(times.iter().enumerate().map(|(row, &time)| Record {
        time,
        kind: RecordKind::Observation,
        row: Some(row),
    }));
    let timeline = Timeline {
        records: records.into(),
        doses: vec![dose],
        covariates: CovariateTable { times: vec![start], values: vec![], interpolation: vec![] },
        intervals: vec![Interval { start, end: times.last().copied().unwrap_or(start) }],
        n_rows: times.len(),
        ..Timeline::default()
    };
    Cohort {
        program: Arc::new(model.program().clone()),
        thetas: model.thetas(),
        negligible: 1e-3,
        patients: vec![Patient { etas: vec![], timeline }],
    }
}

//! Random patients on inotuzumab, six cycles, 323 samples.

use std::sync::Arc;

use teorell::engine::timeline::{
    CovariateTable, DoseRate, DoseRecord, Interpolation, Interval, Record, RecordKind, SteadyState, Timeline,
};
use teorell::model::library::builtin_text;
use teorell::model::{Model, ModelOptions};
use teorell::profile::Profile;

use crate::fixtures::{Cohort, Patient, Random};

impl Cohort {
    /// The records of the first patient for all, as the subjects of a study on one regimen have them. Doses are each patient's own.
    pub fn on_one_schedule(mut self) -> Self {
        let records = Arc::clone(&self.patients[0].timeline.records);
        for patient in &mut self.patients {
            assert_eq!(patient.timeline.records, records, "they are the same to begin with");
            patient.timeline.records = Arc::clone(&records);
        }
        self
    }

    /// Doses and intervals alone. Who shares records goes on sharing them.
    pub fn without_samples(mut self) -> Self {
        let mut last: Option<[Arc<Vec<Record>>; 2]> = None;
        for Patient { timeline, .. } in &mut self.patients {
            timeline.n_rows = 0;
            let all = Arc::clone(&timeline.records);
            let doses = match &last {
                Some([same, doses]) if Arc::ptr_eq(same, &all) => Arc::clone(doses),
                _ => Arc::new(all.iter().filter(|record| record.row.is_none()).copied().collect()),
            };
            timeline.records = Arc::clone(&doses);
            last = Some([all, doses]);
        }
        self
    }
}

/// Start of each of the 18 infusions, in hours: days 1, 8, 15 of a cycle of 21 days and five of 28.
pub fn dose_times() -> Vec<f64> {
    let mut times = Vec::new();
    let mut start = 0.0;
    for cycle in 0..6 {
        times.extend([start, start + 168.0, start + 336.0]);
        start += if cycle == 0 { 504.0 } else { 672.0 };
    }
    times
}

/// Adults with ALL: random effects of Garrett 2019, body surface 1.3 to 2.5 m2, blasts from 0.0001 to 90 %.
pub fn inotuzumab(n: usize, seed: u64) -> Cohort {
    let text = builtin_text("inotuzumab_garrett_2019").expect("a built-in model");
    let options = ModelOptions { outputs: Some(vec!["Cc".to_owned()]), ..ModelOptions::default() };
    let model = Model::from_text(text, "inotuzumab", &options).expect("a built-in model compiles");
    let names: Vec<&str> = model.covariates().iter().map(String::as_str).collect();
    let mut random = Random::new(seed);
    let patients = (0..n)
        .map(|_| {
            let z: Vec<f64> = (0..4).map(|_| random.normal()).collect();
            let bsa = (1.86 + 0.22 * random.normal()).clamp(1.3, 2.5);
            let blasts = (5.25 * (2.0 * random.normal()).exp()).clamp(1e-4, 90.0);
            let covariates: Vec<f64> = names
                .iter()
                .map(|&name| match name {
                    "ALL" => 1.0,
                    "RITUX" => 0.0,
                    "BSA" => bsa,
                    "BLSTPB" => blasts,
                    other => panic!("no value for covariate {other}"),
                })
                .collect();
            Patient { etas: inotuzumab_etas(&z), timeline: inotuzumab_timeline(bsa, covariates) }
        })
        .collect();
    Cohort { program: Arc::new(model.program().clone()), thetas: model.thetas(), patients, negligible: 1e-3 }
}

/// Cholesky factor of the block of CL1, V1, CL2 (variances 0.178929, 0.169744, 0.451584) and the decay alone.
fn inotuzumab_etas(z: &[f64]) -> Vec<f64> {
    let a = 0.178_929f64.sqrt();
    let b = 0.156 / a;
    let c = (0.169_744 - b * b).sqrt();
    let d = 0.213 / a;
    let e = (0.222 - b * d) / c;
    let f = (0.451_584 - d * d - e * e).sqrt();
    vec![a * z[0], b * z[0] + c * z[1], d * z[0] + e * z[1] + f * z[2], 0.207_025f64.sqrt() * z[3]]
}

/// One-hour infusions of 0.8, 0.5, 0.5 mg/m2 per cycle; samples every twelve hours to 3864 h; one interval per cycle.
fn inotuzumab_timeline(bsa: f64, covariates: Vec<f64>) -> Timeline {
    let doses = dose_times();
    let mut timeline = Timeline { n_rows: 323, ..Timeline::default() };
    let mut next_dose = 0;
    for row in 0..323 {
        let time = 12.0 * row as f64;
        timeline.push(Record { time, kind: RecordKind::Observation, row: Some(row) });
        if next_dose < doses.len() && doses[next_dose] == time {
            let amount = bsa * if next_dose % 3 == 0 { 0.8 } else { 0.5 };
            let dose = DoseRecord {
                state: 0,
                amount,
                rate: DoseRate::Duration(1.0),
                additional: 0,
                interval: 0.0,
                steady_state: SteadyState::None,
            };
            let dose = timeline.add_dose(dose);
            timeline.push(Record { time, kind: RecordKind::Dose(dose), row: None });
            next_dose += 1;
        }
    }
    let starts: Vec<f64> = doses.iter().step_by(3).copied().collect();
    let ends = starts.iter().skip(1).copied().chain([3864.0]);
    timeline.intervals = starts.iter().zip(ends).map(|(&start, end)| Interval { start, end }).collect();
    let interpolation = vec![Interpolation::Locf; covariates.len()];
    timeline.covariates = CovariateTable { times: vec![0.0], values: covariates, interpolation };
    timeline
}

/// Largest relative difference of outputs, areas and maxima; values below `floor` count as `floor`.
pub fn worst_difference(a: &Profile, b: &Profile, floor: f64) -> f64 {
    let mut worst: f64 = 0.0;
    let mut compare = |x: f64, y: f64| {
        if !(x.is_nan() && y.is_nan()) {
            let difference = (x - y).abs() / y.abs().max(floor);
            worst = if difference >= worst || difference.is_nan() { difference } else { worst };
        }
    };
    for (&x, &y) in a.values.iter().zip(&b.values) {
        compare(x, y);
    }
    for (x, y) in a.exposures.iter().zip(&b.exposures) {
        compare(x.auc, y.auc);
        compare(x.cmax, y.cmax);
        compare(x.ctrough, y.ctrough);
    }
    worst
}

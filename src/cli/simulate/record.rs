//! What `run.json` says of a run by a subcommand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use teorell::cohort::streams::Purpose;
use teorell::engine::Engine;
use teorell::output::columns;
use teorell::output::layout::Layout;
use teorell::output::manifest::{self, Manifest};
use teorell::simulate::{Arm, Counts, Prescription, n_threads};
use teorell::study::{DATA_ARM, Plan, Study};

use super::replicates;

/// What is recorded of a run by a subcommand.
pub fn manifest(command: &str, study: &Study, layout: &Layout, counts: Counts) -> Manifest {
    let setup = study.setup();
    let model = &setup.model;
    let engine = Engine::new(Arc::new(model.program().clone()), setup.solver, setup.tolerance);
    let solver = engine.map(|engine| manifest::SolverRecord {
        name: engine.solver().to_owned(),
        reason: engine.why().to_owned(),
        instruction_set: Some(engine.backend().name().to_owned()),
        rtol: setup.tolerance.rtol,
        atol: setup.tolerance.atol,
        solved_by: BTreeMap::new(),
    });
    let hash = Sha256::digest(study.model_text().text.as_bytes());
    let exposure = model.program().exposure.and_then(|exposure| model.outputs().get(exposure.output));
    Manifest {
        program: "teorell".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command.to_owned(),
        study: manifest::StudyRecord {
            name: study.name().to_owned(),
            seed: study.spec().seed.0,
            text: study.to_toml(),
            built_in: study.embedded_name().filter(|_| study.is_as_written() && !study.is_swept()).map(str::to_owned),
        },
        model: manifest::ModelRecord {
            name: model.ir().name.clone(),
            reference: model.ir().reference.clone(),
            sha256: Some(hash.iter().map(|byte| format!("{byte:02x}")).collect()),
            concentration: exposure.map(|output| output.name.clone()),
        },
        solver: solver.unwrap_or_default(),
        arms: arms(study),
        swept: columns::swept(layout),
        uncertainty: replicates::record(study),
        counts: manifest::Counts {
            subjects: counts.subjects,
            failed: counts.failed,
            rejected_draws: counts.rejected_draws,
        },
        units: manifest::UnitRecord {
            time: layout.time_unit.clone(),
            dose: layout.dose_unit.clone(),
            concentration: layout.exposure_unit.clone(),
        },
        files: Vec::new(),
        timings: serde_json::Map::new(),
    }
}

/// When doses are planned, per arm; those of a course, of its first subject.
fn arms(study: &Study) -> Vec<manifest::ArmRecord> {
    let size = |_: &str| Some(1.0);
    let dose_times = |arm: &Arm| {
        let treatment = match &arm.prescription {
            Prescription::Regimen(regimen) => regimen.plan(&size),
            Prescription::Course(course) => course.plan(&mut study.setup().streams.rng(Purpose::Course, 1, 0), &size),
        };
        treatment.map(|treatment| treatment.doses.iter().map(|dose| dose.time).collect()).unwrap_or_default()
    };
    match study.plan() {
        Plan::Cohort(design) => {
            let record = |arm: &Arm| manifest::ArmRecord { name: arm.name.clone(), dose_times: dose_times(arm) };
            design.arms.iter().map(record).collect()
        }
        Plan::Data(_) => vec![manifest::ArmRecord { name: DATA_ARM.to_owned(), dose_times: Vec::new() }],
    }
}

/// Records how long the simulation took, and on how many threads.
pub fn record_simulation(manifest: &mut Manifest, simulated: Duration, threads: Option<usize>) {
    manifest.timings.insert("simulation_s".to_owned(), seconds(simulated).into());
    manifest.timings.insert("threads".to_owned(), n_threads(threads).into());
}

/// To the millisecond.
pub fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

//! What the tables of a study hold, and how they are written.

use std::sync::Arc;

use teorell::output::layout::{Encoding, Format, Layout, SweptCell, SweptColumn};
use teorell::output::summaries::SummaryPlan;
use teorell::simulate::{Arm, Prescription};
use teorell::study::spec::{OutputsSpec, TableFormat};
use teorell::study::sweep::SweptValue;
use teorell::study::{DATA_ARM, Plan, Study};

use crate::cli::report::Failure;

/// What the files of a study hold.
pub fn layout(study: &Study) -> Layout {
    let swept = study.swept().iter().map(|swept| SweptColumn {
        name: swept.name.clone(),
        unit: swept.unit.clone(),
        key: swept.key.clone(),
        cell: match &swept.value {
            SweptValue::Number(value) => SweptCell::Number(*value),
            SweptValue::Text(text) => SweptCell::Text(text.clone()),
        },
    });
    let layout = match study.plan() {
        Plan::Cohort(design) => Layout::of(design),
        Plan::Data(data) => {
            let carried = study.spec().data.as_ref().map(|data| data.carry.clone()).unwrap_or_default();
            Layout::of_records(&data.design, DATA_ARM, &carried)
        }
    };
    Layout { swept: swept.collect(), replicates: study.replicates().count() > 1, ..layout }
}

/// Times that subjects share, per arm.
pub fn summary_times(study: &Study) -> Vec<Arc<[f64]>> {
    let of_arm = |arm: &Arm| match &arm.prescription {
        Prescription::Regimen(regimen) => {
            let doses = regimen.plan(&|_| Some(1.0)).map(|treatment| treatment.doses).unwrap_or_default();
            arm.sampling.times(&doses)
        }
        Prescription::Course(_) => arm.sampling.times(&[]),
    };
    match study.plan() {
        Plan::Cohort(design) => design.arms.iter().map(|arm| of_arm(arm).into()).collect(),
        Plan::Data(data) => vec![data.times.as_slice().into()],
    }
}

/// What is summarised of a study, over all its replicates.
pub fn summary_plan(study: &Study, layout: &Layout) -> SummaryPlan {
    SummaryPlan {
        times: if study.spec().outputs.summary { summary_times(study) } else { Vec::new() },
        observed: layout.observed_unit.is_some(),
        expected_subjects: study.size(),
    }
}

/// How tables are written, where the program was built with it.
pub fn table_format(outputs: &OutputsSpec) -> Result<Format, Failure> {
    let encoding = match outputs.format {
        TableFormat::Csv => Encoding::Csv,
        TableFormat::CsvGz => Encoding::CsvGz,
        TableFormat::CsvZst => Encoding::CsvZst,
        TableFormat::Parquet => Encoding::Parquet,
    };
    if encoding.is_built_in() {
        return Ok(Format { digits: outputs.digits, encoding });
    }
    let name = encoding.ending();
    Err(Failure::bad_input(format!("this program was built without the format `{name}`"))
        .with_hint(format!("build it with `cargo install --path . --features {name}`, or take csv, csv.gz or csv.zst")))
}

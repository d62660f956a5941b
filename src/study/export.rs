//! The way back: a study's cohort and regimen as the records of a data set, for other tools.

use std::io::Write;
use std::sync::Arc;

use super::{Plan, Study};
use crate::cohort::streams::Purpose;
use crate::cohort::{CohortError, Drawn};
use crate::engine::timeline::Interval;
use crate::regimen::dataset::DatasetWriter;
use crate::regimen::dosing::{Cycle, RegimenError, Treatment};
use crate::regimen::event::SubjectRecords;
use crate::regimen::schedule::{Plan as DosePlan, ScheduleError, records_from_plan};
use crate::simulate::{Arm, Design, Prescription, model_names};

/// Column that says the arm, by number from 1, where there are several.
pub const ARM_COLUMN: &str = "ARM";

/// Why a study could not be written as a data set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A subject could not be drawn.
    #[error("subject {number}: {cause}")]
    Cohort {
        /// Its number.
        number: u64,
        /// Why.
        cause: CohortError,
    },
    /// A subject's doses could not be worked out.
    #[error("subject {number}: {cause}")]
    Regimen {
        /// Its number.
        number: u64,
        /// Why.
        cause: RegimenError,
    },
    /// A subject's doses and samples make no schedule.
    #[error("subject {number}: {cause}")]
    Schedule {
        /// Its number.
        number: u64,
        /// Why.
        cause: ScheduleError,
    },
    /// The study is a data set already.
    #[error("the study is a data set already; copy its file")]
    DataSet,
    /// The study is several.
    #[error(
        "the study has a sweep, so it is several data sets; set it aside with `--set sweep={{}}`, and its keys with --set"
    )]
    Swept,
    /// The data set could not be written.
    #[error("could not write the data set: {0}")]
    Write(#[from] std::io::Error),
}

impl Study {
    /// Writes the study as a data set in NONMEM's form: doses, samples as observations, the model's covariates and occasions.
    ///
    /// With one arm, identifiers are the subjects' own. With several, every arm is a group of subjects of its own, numbered on, and a column
    /// [`ARM_COLUMN`] says which. Random effects are not in it: whoever simulates it draws their own.
    ///
    /// # Errors
    /// Where a subject cannot be drawn or treated, or the writer refuses.
    pub fn write_dataset(&self, writer: impl Write) -> Result<(), ExportError> {
        if self.is_swept() {
            return Err(ExportError::Swept);
        }
        let Plan::Cohort(design) = self.plan() else { return Err(ExportError::DataSet) };
        let mut names = model_names(&design.setup.model).covariates;
        if design.arms.len() > 1 {
            names.push(ARM_COLUMN.to_owned());
        }
        let names: Arc<[String]> = names.into();
        let mut writer = DatasetWriter::new(writer, &names)?;
        for (index, arm) in design.arms.iter().enumerate() {
            for number in 1..=design.cohort.size() {
                writer.write_subject(&subject(design, index, arm, number, &names)?)?;
            }
        }
        writer.finish()?;
        Ok(())
    }
}

/// One subject of a design, and how an arm treats it.
///
/// # Errors
/// Where it cannot be drawn, or its doses cannot be worked out.
pub fn treatment(design: &Design, arm: &Arm, number: u64) -> Result<(Drawn, Treatment), ExportError> {
    let streams = &design.setup.streams;
    let drawn = design.cohort.draw(streams, number).map_err(|cause| ExportError::Cohort { number, cause })?;
    let value = |name: &str| value_of(design, &drawn, name);
    let treatment = match &arm.prescription {
        Prescription::Regimen(regimen) => regimen.plan(&value),
        Prescription::Course(course) => course.plan(&mut streams.rng(Purpose::Course, number, 0), &value),
    };
    let treatment = treatment.map_err(|cause| ExportError::Regimen { number, cause })?;
    Ok((drawn, treatment))
}

fn value_of(design: &Design, drawn: &Drawn, name: &str) -> Option<f64> {
    let given = design.cohort.names().iter();
    given.zip(&drawn.values).find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

fn subject(
    design: &Design,
    index: usize,
    arm: &Arm,
    number: u64,
    names: &Arc<[String]>,
) -> Result<SubjectRecords, ExportError> {
    let (drawn, treatment) = treatment(design, arm, number)?;
    let value = |name: &str| value_of(design, &drawn, name);
    #[expect(clippy::cast_precision_loss, reason = "a number of arms")]
    let arm_number = (index + 1) as f64;
    let wanted = model_names(&design.setup.model).covariates;
    let mut covariates: Vec<f64> = wanted.iter().map(|name| value(name).unwrap_or(f64::NAN)).collect();
    let occasions: Vec<usize> = (0..wanted.len()).filter(|&column| value(&wanted[column]).is_none()).collect();
    let id = match (design.arms.len(), drawn.id) {
        (1, Some(id)) => id,
        (1, None) => number.to_string(),
        _ => {
            covariates.push(arm_number);
            (index as u64 * design.cohort.size() + number).to_string()
        }
    };
    let samples = arm.sampling.times(&treatment.doses);
    let intervals: Vec<Interval> =
        treatment.cycles.iter().map(|cycle| Interval { start: cycle.start, end: cycle.end }).collect();
    let plan = DosePlan { doses: &treatment.doses, samples: &samples, covariates: &covariates, intervals: &intervals };
    let mut records = records_from_plan(&id, &plan, names).map_err(|cause| ExportError::Schedule { number, cause })?;
    number_occasions(&mut records, &occasions, &treatment.cycles);
    Ok(records)
}

/// Writes the number of the cycle into columns that say the occasion and that the cohort does not give. As in the simulation,
/// a sample before the dose that begins a cycle belongs to the cycle before.
fn number_occasions(subject: &mut SubjectRecords, columns: &[usize], cycles: &[Cycle]) {
    let width = subject.covariate_names.len();
    let mut current = 0;
    for (record, row) in subject.records.iter().zip(subject.covariates.chunks_exact_mut(width.max(1))) {
        let begun = |cycle: &Cycle| cycle.start < record.time || cycle.start == record.time && record.evid.gives_dose();
        while cycles.get(current + 1).is_some_and(begun) {
            current += 1;
        }
        let number = cycles.get(current).map_or(1, |cycle| cycle.number);
        columns.iter().for_each(|&column| row[column] = f64::from(number));
    }
}

//! A data set as the treatment of a study: its records instead of a cohort and arms.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::Problem;
use crate::engine::timeline::Interpolation;
use crate::regimen::dataset::{Dataset, DatasetError, DatasetOptions, DatasetReader, Report};
use crate::regimen::event::{Evid, SubjectRecords};
use crate::regimen::schedule::{Answer, CovariateInterpolation};
use crate::simulate::sink::AnySink;
use crate::simulate::{
    Counts, RecordDesign, Replicates, Setup, SimulateError, model_names, run_records_replicated, with_interpolation_of,
};
use crate::units::TimeUnit;

/// `[data]` of a study.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// A data set in NONMEM's form, relative to the study file; `-` is standard input. Empty where it was left out, which the
    /// study refuses.
    #[serde(default)]
    pub path: PathBuf,
    /// True: only observations (EVID 0) are answered by a row, instead of every record.
    #[serde(default)]
    pub observations_only: bool,
    /// Columns that the rows carry along.
    #[serde(default)]
    pub carry: Vec<String>,
    /// How often the data set is simulated, each time with its own random numbers.
    #[serde(default = "once")]
    pub replicates: u32,
    /// Covariates from one record to the next, where the model does not say it: `locf`, `nocb` or `linear`.
    #[serde(default)]
    pub covariates: InterpolationName,
    /// Exceptions by name: `{ WT = "linear" }`.
    #[serde(default)]
    pub covariate: std::collections::BTreeMap<String, InterpolationName>,
}

fn once() -> u32 {
    1
}

/// Interpolations by the names that users know them by.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum InterpolationName {
    /// Last value carried forward.
    #[default]
    Locf,
    /// Next value carried back.
    Nocb,
    /// Straight line.
    Linear,
}

impl From<InterpolationName> for Interpolation {
    fn from(name: InterpolationName) -> Self {
        match name {
            InterpolationName::Locf => Self::Locf,
            InterpolationName::Nocb => Self::Nocb,
            InterpolationName::Linear => Self::Linear,
        }
    }
}

/// A data set that can be run: it was read to its end and has no errors.
#[derive(Clone, Debug)]
pub struct DataRun {
    /// What is simulated.
    pub design: RecordDesign,
    /// Counts and warnings.
    pub report: Report,
    /// Times at which records are answered, each once, increasing; empty where there are too many for a summary per time.
    pub times: Vec<f64>,
    pub(super) source: Source,
    pub(super) options: DatasetOptions,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    File(PathBuf),
    /// Standard input can be read once only.
    Memory(Vec<SubjectRecords>),
}

/// More different times than this are not visits that subjects share.
const MOST_TIMES: usize = 5_000;

impl DataRun {
    pub(super) fn new(
        spec: &DataSpec,
        setup: Setup,
        grid: Vec<f64>,
        unit: TimeUnit,
        folder: &Path,
    ) -> Result<Self, Problem> {
        let is_occasion = |column: &str| {
            let mut levels = setup.model.ir().etas.iter().filter_map(|eta| eta.level.as_deref());
            levels.any(|level| level.eq_ignore_ascii_case(column))
        };
        let mut on_a_line = spec.covariate.iter().filter(|(_, choice)| **choice == InterpolationName::Linear);
        if let Some((column, _)) = on_a_line.find(|(column, _)| is_occasion(column)) {
            return Err(Problem::OccasionOnALine { column: column.clone() });
        }
        let by_name = spec.covariate.iter().map(|(name, &choice)| (name.clone(), choice.into())).collect();
        let chosen = CovariateInterpolation { default: spec.covariates.into(), by_name };
        let interpolation = with_interpolation_of(&setup.model, chosen);
        let options = DatasetOptions {
            names: Some(model_names(&setup.model)),
            interpolation: interpolation.clone(),
            carry: spec.carry.clone(),
            hours_per_time_unit: unit.convert(1.0, TimeUnit::Hour),
        };
        if spec.replicates == 0 {
            return Err(Problem::OutOfRange { key: "replicates", value: 0.0, expected: "at least 1" });
        }
        let answer = if spec.observations_only { Answer::ObservationsOnly } else { Answer::EveryRecord };
        let mut seen = Seen::default();
        let (source, report) = if spec.path == Path::new("-") {
            let subjects = Dataset::from_path("-", &options)?;
            let report = subjects.report().clone();
            let subjects = subjects.into_subjects();
            subjects.iter().for_each(|subject| seen.look_at(subject, answer));
            (Source::Memory(subjects), report)
        } else {
            let path = folder.join(&spec.path);
            let mut reader = DatasetReader::from_path(&path, &options)?;
            reader.by_ref().for_each(|subject| seen.look_at(&subject, answer));
            (Source::File(path), reader.into_report())
        };
        if !report.is_usable() {
            return Err(DatasetError::Invalid { report: Box::new(report) }.into());
        }
        let design = RecordDesign {
            setup,
            answer,
            interpolation,
            n_carried: spec.carry.len(),
            exposure: !seen.clock_goes_back,
            replicates: spec.replicates,
            grid,
        };
        let times = seen.times(&design.grid);
        Ok(Self { design, report, times, source, options })
    }

    /// Its first subjects alone, once.
    pub(super) fn first(&self, n: usize) -> Self {
        let mut first = self.clone();
        first.design.replicates = 1;
        first.source = Source::Memory(match &self.source {
            Source::Memory(subjects) => subjects.iter().take(n).cloned().collect(),
            Source::File(path) => {
                DatasetReader::from_path(path, &self.options).ok().into_iter().flatten().take(n).collect()
            }
        });
        first
    }

    /// Records of its first subjects.
    #[must_use]
    pub fn first_records(&self, n: usize) -> Vec<SubjectRecords> {
        match self.first(n).source {
            Source::Memory(subjects) => subjects,
            Source::File(_) => Vec::new(),
        }
    }

    pub(super) fn run(
        &self,
        replicates: &Replicates,
        threads: Option<usize>,
        sinks: &[&dyn AnySink],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Counts, SimulateError> {
        self.run_as(&self.design, replicates, threads, sinks, progress)
    }

    /// Runs the same records by another design, whose carried columns are those of this one.
    pub(super) fn run_as(
        &self,
        design: &RecordDesign,
        replicates: &Replicates,
        threads: Option<usize>,
        sinks: &[&dyn AnySink],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Counts, SimulateError> {
        match &self.source {
            Source::Memory(subjects) => {
                run_records_replicated(design, replicates, || subjects.iter().cloned(), threads, sinks, progress)
            }
            Source::File(path) => {
                // It was read once; where it is gone by now there is nothing to simulate, and the counts say so.
                let open = || DatasetReader::from_path(path, &self.options).ok().into_iter().flatten();
                run_records_replicated(design, replicates, open, threads, sinks, progress)
            }
        }
    }
}

/// What reading the data set once has shown.
#[derive(Debug, Default)]
struct Seen {
    times: std::collections::BTreeSet<OrderedTime>,
    too_many: bool,
    clock_goes_back: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct OrderedTime(f64);

impl Eq for OrderedTime {}

impl PartialOrd for OrderedTime {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrderedTime {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Seen {
    fn look_at(&mut self, subject: &SubjectRecords, answer: Answer) {
        self.clock_goes_back |= subject.records.windows(2).any(|pair| pair[1].time < pair[0].time);
        let answered = |evid: Evid| answer == Answer::EveryRecord || evid == Evid::Observation;
        for record in subject.records.iter().filter(|record| answered(record.evid)) {
            if !self.too_many {
                // -0 and 0 are one time.
                self.times.insert(OrderedTime(record.time + 0.0));
                self.too_many = self.times.len() > MOST_TIMES;
            }
        }
    }

    fn times(self, grid: &[f64]) -> Vec<f64> {
        if self.too_many {
            return Vec::new();
        }
        super::sampling::merged(self.times.iter().map(|time| time.0).chain(grid.iter().copied()).collect())
    }
}

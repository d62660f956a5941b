//! One study from TOML: model, cohort, arms, regimen or data set, sampling times, seed, outputs, level 5.
//!
//! `spec.rs` is the study as it is written, `source.rs` its text with overrides and places, this file the study after
//! everything is checked against everything else.

mod build;
pub mod comparison;
pub mod copies;
pub mod data;
pub mod embedded;
mod error;
pub mod export;
pub mod forest;
mod model_text;
pub mod published;
mod sampling;
mod source;
pub mod spec;
pub mod sweep;
pub mod target;
pub mod uncertainty;
pub mod validate;
pub mod vpc;
pub mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use build::Compiled;
use comparison::ArmComparison;
use data::DataRun;
pub use error::{Place, Position, Problem, StudyError, nearest};
pub use model_text::ModelText;
pub use source::Override;
use source::Source;
use spec::StudySpec;
use sweep::{Sweep, SweepError, Swept, SweptValue};
use target::Target;
use uncertainty::StudyUncertainty;

use crate::simulate::sink::AnySink;
use crate::simulate::{self, Counts, Design, Replicates, Sampling, Setup, SimulateError};
use crate::units::TimeUnit;

/// What a study simulates.
#[derive(Clone, Debug)]
pub enum Plan {
    /// A cohort under each of its arms.
    Cohort(Box<Design>),
    /// The records of a data set.
    Data(Box<DataRun>),
}

impl Plan {
    /// Model, solver, random numbers.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        match self {
            Self::Cohort(design) => &design.setup,
            Self::Data(data) => &data.design.setup,
        }
    }

    /// The same, to run it in another way.
    pub fn setup_mut(&mut self) -> &mut Setup {
        match self {
            Self::Cohort(design) => &mut design.setup,
            Self::Data(data) => &mut data.design.setup,
        }
    }

    /// Runs it in its replicates, see [`Study::run`].
    ///
    /// # Errors
    /// Where the parts do not fit together, or a sink could not write.
    pub fn run(
        &self,
        replicates: &Replicates,
        threads: Option<usize>,
        sinks: &[&dyn AnySink],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Counts, SimulateError> {
        match self {
            Self::Cohort(design) => simulate::run_replicated(design, replicates, threads, sinks, progress),
            Self::Data(data) => data.run(replicates, threads, sinks, progress),
        }
    }
}

/// What the one arm of a data set is called.
pub const DATA_ARM: &str = "data";

/// A study that can be run.
#[derive(Clone, Debug)]
pub struct Study {
    spec: StudySpec,
    source: Source,
    plan: Plan,
    uncertainty: StudyUncertainty,
    compiled: Arc<Compiled>,
    embedded_name: Option<String>,
    targets: Vec<Target>,
    sweep: Option<Sweep>,
    swept: Vec<Swept>,
    comparison: Option<ArmComparison>,
}

/// What the columns of a study's tables follow from; all points of a sweep must have the same.
#[derive(PartialEq)]
struct Columns<'a> {
    arms: Vec<&'a str>,
    variables: Vec<&'a str>,
    covariates: &'a [String],
    residual: bool,
    replicated: bool,
    drawn: bool,
    uncertain: Option<[Vec<String>; 2]>,
}

impl Study {
    /// Reads a study file. Relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// Where the file cannot be read or says something that cannot be run.
    pub fn from_path(path: &Path, overrides: &[Override]) -> Result<Self, StudyError> {
        Self::new(Source::read(path)?, overrides)
    }

    /// Takes the text of a study file; relative paths are relative to the working folder.
    ///
    /// # Errors
    /// Where it says something that cannot be run.
    pub fn from_text(text: &str, overrides: &[Override]) -> Result<Self, StudyError> {
        Self::new(Source::from_text("study", text.to_owned(), PathBuf::new())?, overrides)
    }

    /// A study that comes with the program; see [`embedded::STUDIES`].
    ///
    /// # Errors
    /// Where there is none of that name, or an override cannot be run.
    pub fn embedded(name: &str, overrides: &[Override]) -> Result<Self, StudyError> {
        let study = Self::new(Source::from_text(name, embedded::text(name)?.to_owned(), PathBuf::new())?, overrides)?;
        Ok(Self { embedded_name: Some(name.to_owned()), ..study })
    }

    /// Name of the built-in study that it was read from.
    #[must_use]
    pub fn embedded_name(&self) -> Option<&str> {
        self.embedded_name.as_deref()
    }

    fn new(mut source: Source, overrides: &[Override]) -> Result<Self, StudyError> {
        let spec = source.spec(overrides)?;
        let compiled = Arc::new(build::compiled(&spec, &source)?);
        let Some(sweep) = Sweep::new(&spec, &source, &compiled.model)? else {
            return Self::unswept(spec, source, compiled);
        };
        // Every point is built before the first one is run: what is wrong with the last one should not show after an hour.
        let mut first: Option<Self> = None;
        for index in 0..sweep.n_points() {
            let point = point(&spec, &source, &compiled, &sweep, index)?;
            match &first {
                None => first = Some(point),
                Some(first) if first.columns() != point.columns() => {
                    let (key, place) = sweep.differing_key(index);
                    return Err(StudyError::new(SweepError::OtherColumns { key }.into(), place));
                }
                Some(_) => {}
            }
        }
        match first {
            Some(first) => Ok(Self { spec, source, sweep: Some(sweep), ..first }),
            None => Self::unswept(spec, source, compiled),
        }
    }

    fn unswept(spec: StudySpec, source: Source, compiled: Arc<Compiled>) -> Result<Self, StudyError> {
        let (plan, targets) = build::plan(&spec, &source, &compiled)?;
        let uncertainty = uncertainty::drawn(&spec, &source, &plan)?;
        let comparison = comparison::comparison(&spec, &source, &plan)?;
        let (sweep, swept) = (None, Vec::new());
        Ok(Self { spec, source, plan, uncertainty, compiled, embedded_name: None, targets, sweep, swept, comparison })
    }

    /// What the columns of its tables follow from.
    fn columns(&self) -> Columns<'_> {
        let model = &self.setup().model;
        let outputs = model.outputs().iter().map(|output| output.name.as_str());
        let parameters = model.parameters().iter().map(|parameter| parameter.name.as_str());
        let uncertain = self.uncertainty.uncertainty.as_ref();
        Columns {
            arms: self.arm_names(),
            variables: outputs.chain(parameters).collect(),
            covariates: match &self.plan {
                Plan::Cohort(design) => design.cohort.names(),
                Plan::Data(_) => &[],
            },
            residual: self.setup().residual,
            replicated: self.replicates().count() > 1,
            drawn: self.replicates().draws().len() > 1,
            uncertain: uncertain.map(|uncertain| [uncertain.theta_names(model), uncertain.eta_names(model)]),
        }
    }

    /// Conditions that patients should meet.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Whether it is run over a grid of values of some of its keys.
    #[must_use]
    pub fn is_swept(&self) -> bool {
        self.sweep.is_some()
    }

    /// Number of points of its sweep; 1 where nothing is swept.
    #[must_use]
    pub fn n_points(&self) -> usize {
        self.sweep.as_ref().map_or(1, Sweep::n_points)
    }

    /// The points of its sweep, in order: each a study of its own, that says where it stands by [`Study::swept`]. The study itself where
    /// nothing is swept. Points are made when they are asked for, so that memory does not grow with their number; one that cannot be
    /// made reads a file that has changed since the study was checked.
    pub fn points(&self) -> impl Iterator<Item = Result<Self, StudyError>> {
        (0..self.n_points()).map(|index| match &self.sweep {
            None => Ok(self.clone()),
            Some(sweep) => point(&self.spec, &self.source, &self.compiled, sweep, index),
        })
    }

    /// What is swept, with the values at this point; those at the first point for a study with a sweep.
    #[must_use]
    pub fn swept(&self) -> &[Swept] {
        &self.swept
    }

    /// Values of a swept column, in order; `None` where nothing of that name is swept.
    #[must_use]
    pub fn values_of(&self, swept: &str) -> Option<Vec<&SweptValue>> {
        self.sweep.as_ref()?.values_of(swept)
    }

    /// Its name: as given, or that of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        self.spec.name.as_deref().unwrap_or_else(|| self.source.name())
    }

    /// The model as text.
    #[must_use]
    pub fn model_text(&self) -> &ModelText {
        &self.compiled.text
    }

    /// Whether no override changes what the file says of drug and patients: then its results can be held against published ones.
    #[must_use]
    pub fn is_as_written(&self) -> bool {
        const HARMLESS: [&str; 9] =
            ["name", "seed", "arms", "solver", "residual", "outputs", "target", "comparison", "forest"];
        self.source.overridden().all(|path| {
            let first = path.first().map(String::as_str).unwrap_or_default();
            HARMLESS.contains(&first) || path == ["cohort", "size"]
        })
    }

    /// What is simulated; at the first point where it is swept.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Model, solver, random numbers.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        self.plan.setup()
    }

    /// The plan of the first subjects alone, at the first point of a sweep: what it gives is what the whole study gives of them.
    ///
    /// # Errors
    /// Where the study refuses a cohort of that size.
    pub fn first_subjects(&self, n: u64) -> Result<Plan, StudyError> {
        if self.is_swept()
            && let Some(first) = self.points().next()
        {
            return first?.first_subjects(n);
        }
        match &self.plan {
            Plan::Data(data) => Ok(Plan::Data(Box::new(data.first(usize::try_from(n).unwrap_or(usize::MAX))))),
            Plan::Cohort(design) => {
                let size = toml::Value::from(i64::try_from(n.min(design.cohort.size())).unwrap_or(i64::MAX));
                let fewer = Override::new(&["cohort", "size"], size, "the first subjects");
                let mut source = self.source.clone();
                let spec = source.spec(&[fewer])?;
                Ok(build::plan(&spec, &source, &self.compiled)?.0)
            }
        }
    }

    /// Names of what is compared: the arms, or the data set as a whole.
    #[must_use]
    pub fn arm_names(&self) -> Vec<&str> {
        match &self.plan {
            Plan::Cohort(design) => design.arms.iter().map(|arm| arm.name.as_str()).collect(),
            Plan::Data(_) => vec![DATA_ARM],
        }
    }

    /// Which arm the others are compared with, where that is asked for.
    #[must_use]
    pub fn comparison(&self) -> Option<ArmComparison> {
        self.comparison
    }

    /// Subjects that a run simulates, replicates counted.
    #[must_use]
    pub fn size(&self) -> u64 {
        let subjects = match &self.plan {
            Plan::Cohort(design) => design.cohort.size(),
            Plan::Data(data) => data.report.subjects,
        };
        subjects * u64::from(self.replicates().count())
    }

    /// How often everybody is simulated, and with which parameters.
    #[must_use]
    pub fn replicates(&self) -> &Replicates {
        &self.uncertainty.replicates
    }

    /// What is uncertain; replicates have parameters of their own where something is.
    #[must_use]
    pub fn uncertainty(&self) -> &StudyUncertainty {
        &self.uncertainty
    }

    /// The same study of a cohort without samples and their residual error, where only exposures are asked for: those do not
    /// depend on samples.
    #[must_use]
    pub fn without_samples(mut self) -> Self {
        if let Plan::Cohort(design) = &mut self.plan {
            design.setup.residual = false;
            design.arms.iter_mut().for_each(|arm| arm.sampling = Sampling::default());
        }
        self
    }

    /// Runs the study (its first point, where it is swept) on `threads` threads (`None`: all of the machine) and feeds the sinks, in order of subjects. `progress` is told the
    /// number of subjects done.
    ///
    /// # Errors
    /// Where the parts do not fit together, or a sink could not write.
    pub fn run(
        &self,
        threads: Option<usize>,
        sinks: &[&dyn AnySink],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Counts, SimulateError> {
        self.plan.run(self.replicates(), threads, sinks, progress)
    }

    /// The model's unit of time.
    #[must_use]
    pub fn time_unit(&self) -> TimeUnit {
        build::time_unit(&self.setup().model)
    }

    /// As written, overrides included.
    #[must_use]
    pub fn spec(&self) -> &StudySpec {
        &self.spec
    }

    /// The study file that says the same without overrides.
    #[must_use]
    pub fn to_toml(&self) -> String {
        copies::written(&self.source.table)
    }
}

fn point(
    spec: &StudySpec,
    source: &Source,
    compiled: &Arc<Compiled>,
    sweep: &Sweep,
    index: usize,
) -> Result<Study, StudyError> {
    let (swept, overrides) = sweep.point(index);
    let (spec, source) = source.at_point(spec, &overrides)?;
    Ok(Study { swept, ..Study::unswept(spec, source, compiled.clone())? })
}

//! Visual predictive check of a study's data set: its own subjects, records, doses and covariates, simulated again and again.

mod after_dose;
mod error;
mod gather;
mod observed;

use serde::Deserialize;

pub use error::VpcProblem;

use super::data::{DataRun, Source};
use super::{Plan, Problem, Study, StudyError, nearest};
use crate::exposure::vpc::{
    BinRule, Clock, FEWEST_REPLICATES, GOOD_REPLICATES, Vpc, VpcDesign, VpcParameters, VpcResult,
};
use crate::model::CompiledEndpoint;
use crate::model::ir::ErrorModel;
use crate::regimen::schedule::Answer;
use crate::simulate::sink::AnySink;
use crate::simulate::{Counts, RecordDesign, Replicates, Setup, SimulateError};
use gather::Gather;
use observed::{Observed, Reading};

/// `[vpc]` of a study with `[data]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VpcSpec {
    /// `auto`, `nominal`, or edges.
    pub bins: BinsSpec,
    /// Whether times are counted from the last dose instead of the start.
    pub time_after_dose: bool,
    /// Column of nominal times; the first of NTIME, NOMTIME, NOMINAL_TIME where not given, or else TIME. By time after dose the first
    /// of NTAD, NOMTAD, NTPD, or else those less the nominal time of the last dose.
    pub nominal: Option<String>,
    /// Whether observations are prediction-corrected.
    pub prediction_corrected: bool,
    /// How often the data set is simulated.
    pub replicates: u32,
    /// Whether each replicate has parameters of its own, drawn as `[uncertainty]` says; where not given, if there is that table.
    pub uncertainty: Option<bool>,
    /// Limit of quantification, where no column says it.
    pub lloq: Option<f64>,
    /// Column of limits of quantification; LLOQ where there is one.
    pub lloq_column: Option<String>,
    /// Column that marks values below quantification by 1; the first of BLQ, BLOQ, BQL, CENS where not given.
    pub blq_column: Option<String>,
    /// Column whose values are compared each by itself.
    pub stratify: Option<String>,
    /// Which endpoint of the model; needed where the data observe more than one.
    pub endpoint: Option<String>,
}

impl Default for VpcSpec {
    fn default() -> Self {
        Self {
            bins: BinsSpec::default(),
            time_after_dose: false,
            nominal: None,
            prediction_corrected: false,
            replicates: GOOD_REPLICATES,
            uncertainty: None,
            lloq: None,
            lloq_column: None,
            blq_column: None,
            stratify: None,
            endpoint: None,
        }
    }
}

/// Bins as they are written.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged, expecting = "expected \"auto\", \"nominal\", or a list of edges such as [0, 1, 4, 24]")]
pub enum BinsSpec {
    /// By name.
    Rule(BinRuleName),
    /// Increasing edges.
    Edges(Vec<f64>),
}

impl Default for BinsSpec {
    fn default() -> Self {
        Self::Rule(BinRuleName::Auto)
    }
}

/// Rules for bins by name.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum BinRuleName {
    /// Found from the times.
    Auto,
    /// One per nominal time.
    Nominal,
}

impl BinsSpec {
    fn rule(&self) -> BinRule {
        match self {
            Self::Rule(BinRuleName::Auto) => BinRule::Automatic,
            Self::Rule(BinRuleName::Nominal) => BinRule::Nominal,
            Self::Edges(edges) => BinRule::Edges(edges.clone()),
        }
    }
}

/// A visual predictive check that can be run: the data are read and their bins known.
#[derive(Debug)]
pub struct VpcRun<'a> {
    data: &'a DataRun,
    spec: VpcSpec,
    endpoint: &'a CompiledEndpoint,
    observed: Observed,
    design: VpcDesign,
    replicates: Replicates,
}

impl Study {
    /// The visual predictive check of the study's data set.
    ///
    /// # Errors
    /// Where the study has no data set, nothing is observed in it, or it cannot be gathered as asked.
    pub fn vpc(&self) -> Result<VpcRun<'_>, StudyError> {
        let at = |problem: Problem, path: &[&str]| StudyError::new(problem, Some(self.source.place_of(path)));
        let spec = self.spec.vpc.clone().unwrap_or_default();
        let Plan::Data(data) = &self.plan else { return Err(at(VpcProblem::NoData.into(), &["vpc"])) };
        let Source::File(path) = &data.source else {
            return Err(at(VpcProblem::StandardInput.into(), &["data", "path"]));
        };
        if spec.replicates < FEWEST_REPLICATES {
            let problem = VpcProblem::FewReplicates { found: spec.replicates, needed: FEWEST_REPLICATES };
            return Err(at(problem.into(), &["vpc", "replicates"]));
        }
        if let Some(lloq) = spec.lloq.filter(|lloq| !(*lloq > 0.0 && lloq.is_finite())) {
            let problem = Problem::OutOfRange { key: "lloq", value: lloq, expected: "a number above 0" };
            return Err(at(problem, &["vpc", "lloq"]));
        }
        let endpoints = data.design.setup.model.endpoints();
        let reading = Reading { path, options: &data.options, spec: &spec, endpoints };
        let observed = reading.read().map_err(|(problem, key)| match key {
            Some(key) => at(problem.into(), &["vpc", key]),
            None => at(problem.into(), &["data", "path"]),
        })?;
        let endpoint = &endpoints[observed.endpoint];
        if matches!(endpoint.error, ErrorModel::Ordinal(_)) {
            let problem = VpcProblem::Categories { endpoint: endpoint.name.clone() };
            return Err(at(problem.into(), &["vpc", "endpoint"]));
        }
        let replicates = self.vpc_replicates(&spec)?;
        let clock = if spec.time_after_dose { Clock::LastDose } else { Clock::Start };
        let parameters = if replicates.draws().is_empty() { VpcParameters::Estimates } else { VpcParameters::Drawn };
        let design = observed.design(&spec.bins.rule(), clock, parameters).map_err(|problem| {
            let key = if matches!(problem, VpcProblem::NeverDosed { .. }) { "time_after_dose" } else { "bins" };
            at(problem.into(), &["vpc", key])
        })?;
        Ok(VpcRun { data, spec, endpoint, observed, design, replicates })
    }

    /// The replicates of a check: new people each time, and new parameters where they are uncertain and that is wanted. The rows of a
    /// bootstrap table are taken in turn.
    fn vpc_replicates(&self, spec: &VpcSpec) -> Result<Replicates, StudyError> {
        let uncertainty = self.uncertainty.uncertainty.as_ref();
        let uncertainty = match (spec.uncertainty, uncertainty) {
            (Some(false), _) | (None, None) => return Ok(Replicates::of_trials(spec.replicates)),
            (Some(true), None) => {
                let place = Some(self.source.place_of(&["vpc", "uncertainty"]));
                return Err(StudyError::new(VpcProblem::NothingUncertain.into(), place));
            }
            (_, Some(uncertainty)) => uncertainty,
        };
        let setup = self.setup();
        let written = self.spec.uncertainty.as_ref();
        let rows = written.filter(|written| written.bootstrap.is_some()).map_or(u32::MAX, |written| written.replicates);
        let draws: Result<Vec<_>, _> = (0..spec.replicates)
            .map(|replicate| uncertainty.draw(&setup.model, &setup.streams, replicate % rows.max(1)))
            .collect();
        let draws =
            draws.map_err(|cause| StudyError::new(cause.into(), Some(self.source.place_of(&["uncertainty"]))))?;
        Ok(Replicates::of_draws(draws, 1, false))
    }
}

impl VpcRun<'_> {
    /// What is observed, and its bins.
    #[must_use]
    pub fn design(&self) -> &VpcDesign {
        &self.design
    }

    /// As written.
    #[must_use]
    pub fn spec(&self) -> &VpcSpec {
        &self.spec
    }

    /// What is compared.
    #[must_use]
    pub fn endpoint(&self) -> &CompiledEndpoint {
        self.endpoint
    }

    /// Subjects to be simulated, replicates counted.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.data.report.subjects * u64::from(self.spec.replicates)
    }

    /// Simulates and compares, on `threads` threads (`None`: all of the machine); the result does not depend on them. `sinks`
    /// are fed with the replicates as well.
    ///
    /// # Errors
    /// Where the simulation could not be run, or a sink could not write.
    pub fn run(
        &self,
        threads: Option<usize>,
        sinks: &[&dyn AnySink],
        progress: &mut dyn FnMut(u64),
    ) -> Result<(VpcResult, Counts), SimulateError> {
        let predictions = if self.spec.prediction_corrected { Some(self.predictions(threads)?) } else { None };
        let mut vpc = Vpc::new(self.design.clone(), predictions.as_deref());
        let mut take = |values: &[f64]| vpc.add_replicate(values);
        let gather = Gather::of_observations(&self.observed.counted, &mut take);
        let mut all: Vec<&dyn AnySink> = vec![&gather];
        all.extend(sinks);
        let counts = self.data.run_as(&self.simulated(false), &self.replicates, threads, &all, progress)?;
        drop(all);
        drop(gather);
        Ok((vpc.finish(), counts))
    }

    /// PRED: the prediction of every observation with all etas 0.
    fn predictions(&self, threads: Option<usize>) -> Result<Vec<f64>, SimulateError> {
        let mut predictions = Vec::new();
        let mut take = |values: &[f64]| predictions.extend_from_slice(values);
        let gather = Gather::of_output(&self.observed.counted, self.endpoint.prediction, &mut take);
        self.data.run_as(&self.simulated(true), &Replicates::default(), threads, &[&gather], &mut |_| ())?;
        drop(gather);
        Ok(predictions)
    }

    /// The data set as it is simulated: observations alone, nothing measured that is not compared.
    fn simulated(&self, typical: bool) -> RecordDesign {
        let design = &self.data.design;
        let setup = Setup { typical, residual: !typical, parameters: false, ..design.setup.clone() };
        let answer = Answer::ObservationsOnly;
        RecordDesign { setup, answer, grid: Vec::new(), exposure: false, ..design.clone() }
    }
}

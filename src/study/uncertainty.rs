//! `[uncertainty]` of a study: which parameters are how uncertain, and how often they are drawn.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Plan;
use super::error::{Problem, StudyError};
use super::source::Source;
use super::spec::StudySpec;
use crate::cohort::uncertainty::{FitTable, StandardError, Uncertainty, UncertaintyError};
use crate::model::Model;
use crate::simulate::{Replicates, Setup};

/// `[uncertainty]` of a study. Thetas come from one of: `rse` and `se`, `covariance` (with `ext` or without), `ext`, `bootstrap`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncertaintySpec {
    /// Sets of parameters that are drawn; with 0 the study runs as if this table were not there.
    #[serde(default)]
    pub replicates: u32,
    /// Trials under each set of parameters.
    #[serde(default = "one")]
    pub trials: u32,
    /// True: the same people, with the same residual errors, under every set of parameters.
    #[serde(default = "yes")]
    pub common_random_numbers: bool,
    /// Relative standard errors of thetas, in percent.
    #[serde(default)]
    pub rse: BTreeMap<String, f64>,
    /// Standard errors of thetas on the scale of `ini`.
    #[serde(default)]
    pub se: BTreeMap<String, f64>,
    /// Covariance matrix of thetas: a CSV with names, or NONMEM's `.cov`.
    pub covariance: Option<PathBuf>,
    /// NONMEM's `.ext`: standard errors, or the estimates that `covariance` belongs to.
    pub ext: Option<PathBuf>,
    /// Table with a column per parameter and a row per replicate.
    pub bootstrap: Option<PathBuf>,
    /// From names of these files to names of the model.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Names of these files that are not used.
    #[serde(default)]
    pub leave_out: Vec<String>,
    /// Degrees of freedom of the inverse Wishart distribution of omegas: of all blocks, or by the name of an eta of each.
    pub omega_df: Option<DegreesOfFreedom>,
    /// Whether rows of subjects (profiles, exposure, subjects) are written too, for every replicate.
    #[serde(default)]
    pub rows: bool,
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// Degrees of freedom of omegas.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged, expecting = "expected a number, or a number per random effect such as { etalcl = 120 }")]
pub enum DegreesOfFreedom {
    /// Of every block.
    All(f64),
    /// Of the block of each eta.
    ByEta(BTreeMap<String, f64>),
}

/// More replicates than this are a slip: a thousand give every interval its second digit.
const MOST_REPLICATES: u32 = 1_000_000;

/// What is uncertain in a study, and how often it is drawn.
#[derive(Clone, Debug, Default)]
pub struct StudyUncertainty {
    /// What is drawn; `None` where the study says nothing of it, or 0 replicates.
    pub uncertainty: Option<Uncertainty>,
    /// The parameters drawn.
    pub replicates: Replicates,
}

impl StudyUncertainty {
    /// Draws outside the bounds that were made again.
    #[must_use]
    pub fn redrawn(&self) -> u64 {
        self.replicates.draws().iter().map(|draw| u64::from(draw.redrawn)).sum()
    }
}

/// Reads the files of `[uncertainty]` and draws all parameters, so that everything that is wrong shows before the run.
pub(super) fn drawn(spec: &StudySpec, source: &Source, plan: &Plan) -> Result<StudyUncertainty, StudyError> {
    let (setup, repetitions) = match plan {
        Plan::Cohort(design) => (&design.setup, 1),
        Plan::Data(data) => (&data.design.setup, data.design.replicates),
    };
    let Some(spec) = &spec.uncertainty else {
        let replicates = Replicates::of_trials(repetitions);
        return Ok(StudyUncertainty { uncertainty: None, replicates });
    };
    let reader = Reader { spec, source, model: &setup.model };
    let uncertainty = reader.uncertainty()?;
    if spec.replicates == 0 {
        return Ok(StudyUncertainty { uncertainty: None, replicates: Replicates::of_trials(repetitions) });
    }
    let trials = reader.trials(repetitions)?;
    let draws = reader.draws(&uncertainty, setup)?;
    let replicates = Replicates::of_draws(draws, trials, spec.common_random_numbers);
    Ok(StudyUncertainty { uncertainty: Some(uncertainty), replicates })
}

struct Reader<'a> {
    spec: &'a UncertaintySpec,
    source: &'a Source,
    model: &'a Model,
}

impl Reader<'_> {
    fn at(&self, problem: impl Into<Problem>, path: &[&str]) -> StudyError {
        let path: Vec<&str> = std::iter::once("uncertainty").chain(path.iter().copied()).collect();
        StudyError::new(problem.into(), Some(self.source.place_of(&path)))
    }

    fn trials(&self, repetitions: u32) -> Result<u32, StudyError> {
        let spec = self.spec;
        let refused =
            |key, value: u32, expected| self.at(Problem::OutOfRange { key, value: f64::from(value), expected }, &[key]);
        if spec.trials == 0 {
            return Err(refused("trials", 0, "at least 1"));
        }
        if spec.replicates > MOST_REPLICATES {
            return Err(refused("replicates", spec.replicates, "at most 1000000"));
        }
        let trials = spec.trials.checked_mul(repetitions);
        match trials.filter(|trials| trials.checked_mul(spec.replicates).is_some_and(|all| all <= MOST_REPLICATES)) {
            Some(trials) => Ok(trials),
            None => Err(refused("trials", spec.trials, "at most 1000000 trials over all replicates")),
        }
    }

    fn draws(
        &self,
        uncertainty: &Uncertainty,
        setup: &Setup,
    ) -> Result<Vec<crate::cohort::uncertainty::ParameterDraw>, StudyError> {
        let nothing = uncertainty.theta_names(self.model).is_empty() && uncertainty.eta_names(self.model).is_empty();
        if nothing && self.spec.common_random_numbers {
            return Err(self.at(Problem::NothingUncertain, &["replicates"]));
        }
        (0..self.spec.replicates)
            .map(|replicate| uncertainty.draw(self.model, &setup.streams, replicate))
            .collect::<Result<_, _>>()
            .map_err(|cause| {
                let key = if self.spec.covariance.is_some() { "covariance" } else { "rse" };
                self.at(cause, &[key])
            })
    }

    fn uncertainty(&self) -> Result<Uncertainty, StudyError> {
        self.check_sources()?;
        let (spec, model) = (self.spec, self.model);
        let mut found = Uncertainty::default();
        if let Some(path) = &spec.covariance {
            let ext = spec.ext.as_ref().map(|path| self.source.folder.join(path));
            found = found
                .with_covariance(model, &self.table(path), ext.as_deref())
                .map_err(|cause| self.in_file(cause, "covariance"))?;
        } else if let Some(path) = &spec.ext {
            found = found.with_ext(model, &self.table(path)).map_err(|cause| self.in_file(cause, "ext"))?;
        } else if let Some(path) = &spec.bootstrap {
            found = found
                .with_bootstrap(model, &self.table(path), spec.replicates)
                .map_err(|cause| self.in_file(cause, "bootstrap"))?;
        }
        for (name, &percent) in &spec.rse {
            found = found
                .with_standard_error(model, name, StandardError::Relative(percent))
                .map_err(|cause| self.at(cause, &["rse", name]))?;
        }
        for (name, &error) in &spec.se {
            found = found
                .with_standard_error(model, name, StandardError::Absolute(error))
                .map_err(|cause| self.at(cause, &["se", name]))?;
        }
        match &spec.omega_df {
            None => Ok(found),
            Some(_) if !found.eta_names(model).is_empty() => {
                Err(self.at(Problem::UncertainTwice { first: "bootstrap", second: "omega_df" }, &["omega_df"]))
            }
            Some(DegreesOfFreedom::All(df)) => {
                found.with_omega_df(model, *df).map_err(|cause| self.at(cause, &["omega_df"]))
            }
            Some(DegreesOfFreedom::ByEta(by_eta)) => by_eta.iter().try_fold(found, |found, (eta, &df)| {
                found.with_block_df(model, eta, df).map_err(|cause| self.at(cause, &["omega_df", eta]))
            }),
        }
    }

    /// Thetas come from one place, so that nobody has to guess which of two counts.
    fn check_sources(&self) -> Result<(), StudyError> {
        let spec = self.spec;
        let fit = match (&spec.covariance, &spec.ext) {
            (Some(_), _) => Some("covariance"),
            (None, Some(_)) => Some("ext"),
            (None, None) => None,
        };
        let given = [
            fit,
            spec.bootstrap.as_ref().map(|_| "bootstrap"),
            (!spec.rse.is_empty()).then_some("rse"),
            (!spec.se.is_empty()).then_some("se"),
        ];
        let mut given = given.into_iter().flatten();
        if let (Some(first), Some(second)) = (given.next(), given.next())
            && (first, second) != ("rse", "se")
        {
            return Err(self.at(Problem::UncertainTwice { first, second }, &[second]));
        }
        if let Some(name) = spec.se.keys().find(|name| spec.rse.contains_key(*name)) {
            return Err(self.at(Problem::UncertainTwice { first: "rse", second: "se" }, &["se", name]));
        }
        let has_file = fit.is_some() || spec.bootstrap.is_some();
        for (key, is_empty) in [("names", spec.names.is_empty()), ("leave_out", spec.leave_out.is_empty())] {
            if !has_file && !is_empty {
                return Err(self.at(Problem::NamesOfNoFile { key }, &[key]));
            }
        }
        Ok(())
    }

    fn table(&self, path: &Path) -> FitTable {
        let path = self.source.folder.join(path);
        FitTable { path, names: self.spec.names.clone(), leave_out: self.spec.leave_out.clone() }
    }

    /// A problem of a file, at the key that it is about.
    fn in_file(&self, cause: UncertaintyError, key: &str) -> StudyError {
        let spec = self.spec;
        match &cause {
            UncertaintyError::NotInFile { name, .. } if spec.leave_out.contains(name) => self.at(cause, &["leave_out"]),
            UncertaintyError::NotInFile { name, .. } if spec.names.contains_key(name) => {
                let name = name.clone();
                self.at(cause, &["names", &name])
            }
            UncertaintyError::UnknownParameter { place: None, name, .. } => {
                let from = spec.names.iter().find(|(_, to)| *to == name).map(|(from, _)| from.clone());
                self.at(cause, &["names", from.as_deref().unwrap_or_default()])
            }
            UncertaintyError::NotInFile { .. }
            | UncertaintyError::OtherEstimate { .. }
            | UncertaintyError::NoIteration { .. } => self.at(cause, &["ext"]),
            _ => self.at(cause, &[key]),
        }
    }
}

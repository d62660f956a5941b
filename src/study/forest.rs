//! `[forest]` of a study: exposure of the typical subject at the 5th and 95th percentile of each covariate, or in each category,
//! over that of the reference subject.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::error::{Problem, StudyError, nearest};
use super::{Plan, Study};
use crate::cohort::covariates::{CovariateSpec, CovariatesSpec};
use crate::cohort::{Cohort, CohortSpec};
use crate::exposure::forest::{ForestInterval, ForestRow};
use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;
use crate::simulate::{self, Arm, Design, Replicates, Sampling, Setup, SimulateError};
use crate::stats;

/// `[forest]` of a study.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForestSpec {
    /// Name of the arm; the first where not given.
    pub arm: Option<String>,
    /// Number of the cycle whose exposure is compared; the last where not given.
    pub cycle: Option<u32>,
    /// Covariates that are shown, with their values (none: percentiles or categories); all that vary where not given.
    pub covariates: BTreeMap<String, Vec<f64>>,
    /// Covariates of the reference subject; medians (of categories the most frequent) where not given.
    pub reference: BTreeMap<String, f64>,
    /// Individual parameters that are compared beside AUC and Cmax.
    pub parameters: Vec<String>,
}

/// Why there is no forest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForestProblem {
    /// The model has no covariates.
    #[error("model `{model}` uses no covariates, so there is nothing to compare; expected a model with covariates")]
    NoCovariates {
        /// Its name.
        model: String,
    },
    /// Nothing varies in the cohort.
    #[error("every covariate of the model is the same in all subjects ({}); give values under [forest.covariates], such as `{} = [0, 1]`", names.join(", "), names.first().map_or("NAME", String::as_str))]
    NothingVaries {
        /// The covariates.
        names: Vec<String>,
    },
    /// A covariate that was asked for does not vary.
    #[error("covariate `{name}` is {value} in every subject; give the values to compare, such as `{name} = [0, 1]`")]
    Constant {
        /// Its name.
        name: String,
        /// Its value.
        value: f64,
    },
    /// A name that is none.
    #[error("there is no {what} `{name}`; {}", hint(nearest.as_deref(), known))]
    Unknown {
        /// `covariate`, `individual parameter`.
        what: &'static str,
        /// As written.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A cycle that the arm does not have.
    #[error("arm `{arm}` has no cycle {cycle}; expected 1 to {last}")]
    NoSuchCycle {
        /// Name of the arm.
        arm: String,
        /// As asked for.
        cycle: u32,
        /// The last there is.
        last: u32,
    },
    /// A subject of the forest could not be simulated.
    #[error("the subject with {who} could not be simulated: {message}")]
    Failed {
        /// `BSA = 0.5`.
        who: String,
        /// Why.
        message: String,
    },
    /// The run could not be made.
    #[error(transparent)]
    Run(#[from] SimulateError),
}

fn hint(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known here: `{}`", known.join("`, `")),
    }
}

/// Subjects that percentiles are taken of: the 5th has a standard error of 0.5 percent points.
const SAMPLE: u64 = 2_000;
/// Up to this many distinct values are categories.
const CATEGORIES: usize = 5;
/// Individuals with the covariates of the reference subject.
const INDIVIDUALS: u64 = 1_000;

/// The values of one covariate over the cohort, increasing.
struct Spread {
    sorted: Vec<f64>,
    distinct: Vec<f64>,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let mut distinct = values.clone();
        distinct.dedup();
        Self { sorted: values, distinct }
    }

    fn is_category(&self) -> bool {
        self.distinct.len() <= CATEGORIES
    }

    fn quantile(&self, p: f64) -> f64 {
        stats::quantile_sorted(&self.sorted, p).unwrap_or(f64::NAN)
    }

    /// The median, or the most frequent category (of equally frequent ones the smallest).
    fn middle(&self) -> f64 {
        if !self.is_category() {
            return self.quantile(0.5);
        }
        let count = |value: &f64| self.sorted.iter().filter(|other| *other == value).count();
        self.distinct.iter().rev().copied().max_by_key(count).unwrap_or(f64::NAN)
    }

    /// What is compared with the reference.
    fn levels(&self, reference: f64) -> Vec<(&'static str, f64)> {
        if self.is_category() {
            let others = self.distinct.iter().filter(|&&value| value != reference);
            return others.map(|&value| ("category", value)).collect();
        }
        vec![("p5", self.quantile(0.05)), ("p95", self.quantile(0.95))]
    }
}

impl Study {
    /// Compares exposure over the values of each covariate, on `threads` threads (`None`: all of the machine). Intervals are over the
    /// replicates of [`Study::uncertainty`] where there are any; else rows of individuals say how much subjects alike differ.
    ///
    /// # Errors
    /// Where the study has no cohort, the model no covariates, a name or cycle does not exist, nothing varies, or a subject fails.
    pub fn forest(&self, threads: Option<usize>) -> Result<Vec<ForestRow>, StudyError> {
        let spec = self.spec.forest.clone().unwrap_or_default();
        let Plan::Cohort(design) = self.plan() else {
            let place = Some(self.source.place_of(&["data"]));
            return Err(StudyError::new(Problem::DataAndMore { key: "forest" }, place));
        };
        let forest = Forest { study: self, design, spec, threads };
        forest.rows()
    }
}

struct Forest<'a> {
    study: &'a Study,
    design: &'a Design,
    spec: ForestSpec,
    threads: Option<usize>,
}

/// One subject to compare: which covariate is moved where.
struct Level {
    covariate: usize,
    level: &'static str,
    at: f64,
}

impl Forest<'_> {
    fn at(&self, problem: ForestProblem, path: &[&str]) -> StudyError {
        let path: Vec<&str> = std::iter::once("forest").chain(path.iter().copied()).collect();
        StudyError::new(problem.into(), Some(self.study.source.place_of(&path)))
    }

    fn names(&self) -> &[String] {
        self.design.cohort.names()
    }

    /// Where a name stands among those of the cohort.
    fn place(&self, name: &str, key: &str) -> Result<usize, StudyError> {
        let found = self.names().iter().position(|other| other.eq_ignore_ascii_case(name));
        found.ok_or_else(|| self.at(unknown("covariate", name, self.names()), &[key, name]))
    }

    fn rows(&self) -> Result<Vec<ForestRow>, StudyError> {
        let model = &self.design.setup.model;
        if model.covariates().is_empty() {
            return Err(self.at(ForestProblem::NoCovariates { model: model.ir().name.clone() }, &[]));
        }
        let arm = self.arm()?;
        let parameters = self.parameters()?;
        let spreads = self.spreads()?;
        let mut reference: Vec<f64> = spreads.iter().map(Spread::middle).collect();
        for (name, &value) in &self.spec.reference {
            reference[self.place(name, "reference")?] = value;
        }
        let levels = self.levels(&spreads, &reference)?;

        let look = Look { cycle: self.spec.cycle, parameters };
        let typical = self.simulate(&arm, &reference, &look, "the covariates of the reference", None)?;
        let replicates = Some(self.study.replicates()).filter(|_| self.study.uncertainty().uncertainty.is_some());
        let replicated = |covariates: &[f64], who: &str| {
            replicates.map(|replicates| self.simulate(&arm, covariates, &look, who, Some(replicates))).transpose()
        };
        let typical_replicated = replicated(&reference, "the covariates of the reference")?;
        let quantities: Vec<&str> =
            ["auc", "cmax"].into_iter().chain(self.spec.parameters.iter().map(String::as_str)).collect();
        let mut rows = Vec::new();
        for level in &levels {
            let name = &self.names()[level.covariate];
            let mut covariates = reference.clone();
            covariates[level.covariate] = level.at;
            let who = format!("{name} = {}", level.at);
            let found = self.simulate(&arm, &covariates, &look, &who, None)?;
            let found_replicated = replicated(&covariates, &who)?;
            for (i, quantity) in quantities.iter().enumerate() {
                let interval =
                    found_replicated.as_ref().zip(typical_replicated.as_ref()).and_then(|(found, typical)| {
                        let mut ratios: Vec<f64> = found.iter().zip(typical).map(|(a, b)| a[i] / b[i]).collect();
                        interval(&mut ratios, ForestInterval::Confidence)
                    });
                rows.push(ForestRow {
                    covariate: name.clone(),
                    unit: self.unit(name),
                    level: level.level,
                    at: Some(level.at),
                    quantity: (*quantity).to_owned(),
                    reference: typical[0][i],
                    ratio: found[0][i] / typical[0][i],
                    interval,
                });
            }
        }
        if replicates.is_none() {
            rows.extend(self.individuals(&arm, &reference, &look, &typical[0], &quantities)?);
        }
        Ok(rows)
    }

    /// How much subjects with the covariates of the reference differ from each other.
    fn individuals(
        &self,
        arm: &Arm,
        reference: &[f64],
        look: &Look,
        typical: &[f64],
        quantities: &[&str],
    ) -> Result<Vec<ForestRow>, StudyError> {
        let setup = Setup { typical: false, ..self.setup() };
        let cohort = self.cohort(reference, INDIVIDUALS)?;
        let design = Design { setup, cohort, arms: vec![arm.clone()] };
        let collector = Collector { look: look.clone(), seen: Mutex::default() };
        simulate::run(&design, self.threads, &[&collector], &mut |_| {}).map_err(|error| self.at(error.into(), &[]))?;
        let individuals: Vec<Vec<f64>> = collector.finish().into_iter().filter_map(Result::ok).collect();
        let row = |(i, quantity): (usize, &&str)| {
            let mut ratios: Vec<f64> = individuals.iter().map(|values| values[i] / typical[i]).collect();
            let interval = interval(&mut ratios, ForestInterval::BetweenSubjects);
            let ratio = stats::quantile_sorted(&ratios, 0.5).unwrap_or(f64::NAN);
            ForestRow {
                covariate: String::new(),
                unit: String::new(),
                level: "individuals",
                at: None,
                quantity: (*quantity).to_owned(),
                reference: typical[i],
                ratio,
                interval,
            }
        };
        Ok(quantities.iter().enumerate().map(row).collect())
    }

    fn arm(&self) -> Result<Arm, StudyError> {
        let arms = &self.design.arms;
        let arm = match &self.spec.arm {
            None => arms.first(),
            Some(name) => arms.iter().find(|arm| arm.name == *name),
        };
        let arm = arm.cloned().ok_or_else(|| {
            let name = self.spec.arm.clone().unwrap_or_default();
            let known: Vec<String> = arms.iter().map(|arm| arm.name.clone()).collect();
            let nearest = nearest(&name, known.iter().map(String::as_str));
            let place = Some(self.study.source.place_of(&["forest", "arm"]));
            StudyError::new(Problem::NoSuchArm { name, nearest, known }, place)
        })?;
        Ok(Arm { sampling: Sampling::default(), ..arm })
    }

    /// Positions of the parameters asked for among those of the model.
    fn parameters(&self) -> Result<Vec<usize>, StudyError> {
        let known: Vec<String> =
            self.design.setup.model.parameters().iter().map(|parameter| parameter.name.clone()).collect();
        let place = |name: &String| {
            let found = known.iter().position(|other| other == name);
            found.ok_or_else(|| self.at(unknown("individual parameter", name, &known), &["parameters"]))
        };
        self.spec.parameters.iter().map(place).collect()
    }

    fn unit(&self, covariate: &str) -> String {
        let uses = self.design.setup.model.covariate_uses();
        let used = uses.iter().find(|used| used.name.eq_ignore_ascii_case(covariate));
        used.and_then(|used| used.unit.clone()).filter(|unit| unit != "1").unwrap_or_default()
    }

    /// Values of every covariate of the cohort, over enough subjects for percentiles.
    fn spreads(&self) -> Result<Vec<Spread>, StudyError> {
        let own = &self.design.cohort;
        let spec =
            self.study.spec.cohort.as_ref().map(|spec| CohortSpec { size: spec.size.max(SAMPLE), ..spec.clone() });
        // Rows of a file may not go round: then the cohort as it is has to do.
        let larger = spec.and_then(|spec| Cohort::new(&spec, &self.study.source.folder).ok());
        let cohort = larger.as_ref().unwrap_or(own);
        let mut values = vec![Vec::new(); own.names().len()];
        for number in 1..=cohort.size().min(SAMPLE) {
            let drawn = cohort
                .draw(&self.design.setup.streams, number)
                .map_err(|error| self.at(SimulateError::from(error).into(), &[]))?;
            values.iter_mut().zip(drawn.values).for_each(|(all, value)| all.push(value));
        }
        Ok(values.into_iter().map(Spread::of).collect())
    }

    fn levels(&self, spreads: &[Spread], reference: &[f64]) -> Result<Vec<Level>, StudyError> {
        let mut levels = Vec::new();
        let mut add = |covariate: usize, found: Vec<(&'static str, f64)>| {
            levels.extend(found.into_iter().map(|(level, at)| Level { covariate, level, at }));
        };
        for (name, values) in &self.spec.covariates {
            let place = self.place(name, "covariates")?;
            let found = if values.is_empty() {
                spreads[place].levels(reference[place])
            } else {
                values.iter().map(|&value| ("given", value)).collect()
            };
            if found.is_empty() {
                let problem = ForestProblem::Constant { name: name.clone(), value: reference[place] };
                return Err(self.at(problem, &["covariates", name]));
            }
            add(place, found);
        }
        if self.spec.covariates.is_empty() {
            for name in self.design.setup.model.covariates() {
                let place = self.place(name, "covariates")?;
                add(place, spreads[place].levels(reference[place]));
            }
        }
        if levels.is_empty() {
            let names = self.design.setup.model.covariates().to_vec();
            return Err(self.at(ForestProblem::NothingVaries { names }, &[]));
        }
        Ok(levels)
    }

    fn setup(&self) -> Setup {
        Setup { typical: true, residual: false, parameters: true, ..self.design.setup.clone() }
    }

    /// A cohort of people with the same covariates.
    fn cohort(&self, covariates: &[f64], size: u64) -> Result<Cohort, StudyError> {
        let fixed =
            self.names().iter().zip(covariates).map(|(name, &value)| (name.clone(), CovariateSpec::Fixed(value)));
        let spec = CohortSpec { size, body: None, covariates: CovariatesSpec(fixed.collect()), csv: None };
        Cohort::new(&spec, &self.study.source.folder).map_err(|error| self.at(SimulateError::from(error).into(), &[]))
    }

    /// Values of the typical subject with these covariates, replicate by replicate.
    fn simulate(
        &self,
        arm: &Arm,
        covariates: &[f64],
        look: &Look,
        who: &str,
        replicates: Option<&Replicates>,
    ) -> Result<Vec<Vec<f64>>, StudyError> {
        let design = Design { setup: self.setup(), cohort: self.cohort(covariates, 1)?, arms: vec![arm.clone()] };
        let collector = Collector { look: look.clone(), seen: Mutex::default() };
        let run = match replicates {
            Some(replicates) => simulate::run_replicated(&design, replicates, self.threads, &[&collector], &mut |_| {}),
            None => simulate::run(&design, self.threads, &[&collector], &mut |_| {}),
        };
        run.map_err(|error| self.at(error.into(), &[]))?;
        let values = collector.finish().into_iter().map(|found| {
            found.map_err(|missing| match missing {
                Missing::Cycle { last } => {
                    let cycle = self.spec.cycle.unwrap_or_default();
                    self.at(ForestProblem::NoSuchCycle { arm: arm.name.clone(), cycle, last }, &["cycle"])
                }
                Missing::Failed { message } => self.at(ForestProblem::Failed { who: who.to_owned(), message }, &[]),
            })
        });
        values.collect()
    }
}

fn unknown(what: &'static str, name: &str, known: &[String]) -> ForestProblem {
    let nearest = nearest(name, known.iter().map(String::as_str));
    ForestProblem::Unknown { what, name: name.to_owned(), nearest, known: known.to_vec() }
}

/// 5th to 95th percentile of the ratios, which are sorted.
fn interval(ratios: &mut [f64], what: ForestInterval) -> Option<([f64; 2], ForestInterval)> {
    let [low, high] = stats::quantiles(ratios, [0.05, 0.95]);
    Some(([low?, high?], what))
}

/// What is taken from a subject.
#[derive(Clone, Debug)]
struct Look {
    cycle: Option<u32>,
    parameters: Vec<usize>,
}

/// Why a subject has no values.
#[derive(Clone, Debug)]
enum Missing {
    Cycle { last: u32 },
    Failed { message: String },
}

impl Look {
    /// AUC, Cmax, parameters.
    fn values(&self, subject: &Simulated) -> Result<Vec<f64>, Missing> {
        let outcome =
            subject.outcome.as_ref().map_err(|failure| Missing::Failed { message: failure.message.clone() })?;
        let last = subject.cycles.last().map_or(0, |cycle| cycle.number);
        let wanted = self.cycle.unwrap_or(last);
        let place = subject.cycles.iter().position(|cycle| cycle.number == wanted);
        let exposure = place.and_then(|place| outcome.profile.exposures.get(place)).ok_or(Missing::Cycle { last })?;
        let parameters =
            self.parameters.iter().map(|&place| subject.parameters.get(place).copied().unwrap_or(f64::NAN));
        Ok([exposure.auc, exposure.cmax].into_iter().chain(parameters).collect())
    }
}

/// Keeps the values of every subject, in order.
struct Collector {
    look: Look,
    seen: Mutex<Vec<Result<Vec<f64>, Missing>>>,
}

impl Collector {
    fn finish(self) -> Vec<Result<Vec<f64>, Missing>> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Collector {
    type Digest = Vec<Result<Vec<f64>, Missing>>;

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        chunk.iter().map(|subject| self.look.values(subject)).collect()
    }

    fn absorb(&self, values: Self::Digest) -> io::Result<()> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(values);
        Ok(())
    }
}

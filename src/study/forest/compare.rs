//! The subjects of a forest: the typical one at the reference, at each value of each covariate, and individuals alike.

use super::ForestSpec;
use super::error::{ForestProblem, unknown};
use super::look::{Collector, Look, Missing, Taken};
use super::spread::Spread;
use crate::cohort::covariates::{CovariateSpec, CovariatesSpec};
use crate::cohort::{Cohort, CohortSpec};
use crate::exposure::forest::{ForestInterval, ForestLevel, ForestRow};
use crate::model::CovariateUse;
use crate::simulate::sink::AnySink;
use crate::simulate::{self, Arm, Design, Replicates, Sampling, Setup, SimulateError};
use crate::stats;
use crate::study::error::{Problem, StudyError};
use crate::study::{Study, nearest};

/// Subjects that percentiles are taken of: the 5th has a standard error of 0.5 percent points.
const SAMPLE: u64 = 2_000;
/// Individuals with the covariates of the reference subject.
const INDIVIDUALS: u64 = 1_000;
/// How the reference subject is called where it cannot be simulated.
const REFERENCE: &str = "the covariates of the reference";

/// A forest that is being made.
pub(super) struct Forest<'a> {
    pub study: &'a Study,
    pub design: &'a Design,
    pub spec: ForestSpec,
    pub threads: Option<usize>,
    pub sinks: &'a [&'a dyn AnySink],
}

/// One subject to compare: which covariate is moved where.
struct Level {
    covariate: usize,
    level: ForestLevel,
    at: f64,
}

/// The typical subject with one set of covariates: certain, and over the replicates of the parameters where there are any.
struct Typical {
    taken: Taken,
    replicates: Option<Vec<Vec<f64>>>,
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

    pub fn rows(&self) -> Result<Vec<ForestRow>, StudyError> {
        let arm = self.arm()?;
        let moving = self.moving(&arm);
        if moving.is_empty() {
            let model = self.design.setup.model.ir().name.clone();
            let place = self.study.source.place_of(&["model"]);
            return Err(StudyError::new(ForestProblem::NoCovariates { model }.into(), Some(place)));
        }
        let spreads = self.spreads()?;
        let mut reference: Vec<f64> = spreads.iter().map(Spread::middle).collect();
        for (name, &value) in &self.spec.reference {
            reference[self.place(name, "reference")?] = value;
        }
        let levels = self.levels(&moving, &spreads, &reference)?;
        let (look, quantities) = self.look()?;

        let typical = self.typical(&arm, &reference, &look, REFERENCE)?;
        let without_ratio =
            quantities.iter().zip(&typical.taken.values).find(|(_, value)| **value <= 0.0 || value.is_nan());
        if let Some((quantity, &value)) = without_ratio.filter(|_| !self.takes_all_parameters()) {
            let (quantity, who) = (quantity.clone(), REFERENCE.to_owned());
            return Err(self.at(ForestProblem::NoRatio { quantity, who, value }, &[]));
        }
        let mut rows = Vec::new();
        for level in &levels {
            let name = &self.names()[level.covariate];
            let mut covariates = reference.clone();
            covariates[level.covariate] = level.at;
            let found = self.typical(&arm, &covariates, &look, &format!("{name} = {}", level.at))?;
            for (i, quantity) in quantities.iter().enumerate() {
                rows.push(ForestRow {
                    arm: arm.name.clone(),
                    cycle: typical.taken.cycle,
                    covariate: name.clone(),
                    unit: self.unit(name),
                    level: level.level,
                    at: Some(level.at),
                    reference_at: Some(reference[level.covariate]),
                    quantity: quantity.clone(),
                    reference: typical.taken.values[i],
                    ratio: found.taken.values[i] / typical.taken.values[i],
                    interval: found.interval_against(&typical, i),
                    n: found.replicates.as_ref().map(|replicates| replicates.len() as u64),
                    missing: 0,
                });
            }
        }
        if typical.replicates.is_none() {
            rows.extend(self.individuals(&arm, &reference, &look, &typical.taken, &quantities)?);
        }
        if self.takes_all_parameters() {
            self.retain_moved(&mut rows)?;
        }
        Ok(rows)
    }

    /// Whether parameters are compared that nobody named.
    fn takes_all_parameters(&self) -> bool {
        !self.spec.exposure && self.spec.parameters.is_empty()
    }

    /// Leaves out parameters that no covariate moves, or that have no ratio.
    fn retain_moved(&self, rows: &mut Vec<ForestRow>) -> Result<(), StudyError> {
        let moved: Vec<String> = rows
            .iter()
            .filter(|row| row.at.is_some() && row.reference > 0.0 && row.ratio != 1.0)
            .map(|row| row.quantity.clone())
            .collect();
        rows.retain(|row| moved.contains(&row.quantity));
        if rows.is_empty() {
            let model = self.design.setup.model.ir().name.clone();
            return Err(self.at(ForestProblem::NothingMoves { model }, &[]));
        }
        Ok(())
    }

    /// How much subjects with the covariates of the reference differ from each other.
    fn individuals(
        &self,
        arm: &Arm,
        reference: &[f64],
        look: &Look,
        typical: &Taken,
        quantities: &[String],
    ) -> Result<Vec<ForestRow>, StudyError> {
        let setup = Setup { typical: false, ..self.setup() };
        let cohort = self.cohort(reference, INDIVIDUALS)?;
        let design = Design { setup, cohort, arms: vec![arm.clone()] };
        let collector = Collector::new(look);
        self.run(&design, &Replicates::default(), &collector)?;
        let individuals: Vec<Taken> = collector.finish().into_iter().filter_map(Result::ok).collect();
        let row = |(i, quantity): (usize, &String)| {
            let ratios: Vec<f64> = individuals.iter().map(|taken| taken.values[i] / typical.values[i]).collect();
            let [low, median, high] = stats::quantiles(&ratios, [0.05, 0.5, 0.95]);
            ForestRow {
                arm: arm.name.clone(),
                cycle: typical.cycle,
                covariate: String::new(),
                unit: String::new(),
                level: ForestLevel::Individuals,
                at: None,
                reference_at: None,
                quantity: quantity.clone(),
                reference: typical.values[i],
                ratio: median.unwrap_or(f64::NAN),
                interval: low.zip(high).map(|(low, high)| ([low, high], ForestInterval::BetweenSubjects)),
                n: Some(individuals.len() as u64),
                missing: INDIVIDUALS - individuals.len() as u64,
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

    /// What is compared, with its names.
    fn look(&self) -> Result<(Look, Vec<String>), StudyError> {
        let known: Vec<String> =
            self.design.setup.model.parameters().iter().map(|parameter| parameter.name.clone()).collect();
        let wanted = if self.takes_all_parameters() { &known } else { &self.spec.parameters };
        let place = |name: &String| {
            let found = known.iter().position(|other| other == name);
            found.ok_or_else(|| self.at(unknown("individual parameter", name, &known), &["parameters"]))
        };
        let parameters = wanted.iter().map(place).collect::<Result<_, _>>()?;
        let exposure = self.spec.exposure;
        let metrics: &[&str] = if exposure { &["auc", "cmax"] } else { &[] };
        let names = metrics.iter().map(|&name| name.to_owned()).chain(wanted.iter().cloned()).collect();
        Ok((Look { cycle: self.spec.cycle, exposure, parameters }, names))
    }

    fn unit(&self, covariate: &str) -> String {
        self.design.setup.model.covariate_use(covariate).map_or("", CovariateUse::unit_or_empty).to_owned()
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

    /// Covariates that exposure depends on: those of the model, and the one that doses are given per.
    fn moving(&self, arm: &Arm) -> Vec<String> {
        let mut moving = self.design.setup.model.covariates().to_vec();
        let per = arm.prescription.per();
        moving.extend(per.filter(|per| !is_among(per, &moving)).map(str::to_owned));
        moving
    }

    fn levels(&self, moving: &[String], spreads: &[Spread], reference: &[f64]) -> Result<Vec<Level>, StudyError> {
        let mut levels = Vec::new();
        let mut add = |covariate: usize, found: Vec<(ForestLevel, f64)>| {
            levels.extend(found.into_iter().map(|(level, at)| Level { covariate, level, at }));
        };
        for (name, values) in &self.spec.covariates {
            let place = self.place(name, "covariates")?;
            if !is_among(name, moving) {
                let problem = ForestProblem::Unused { name: name.clone(), used: moving.to_vec() };
                return Err(self.at(problem, &["covariates", name]));
            }
            let found = if values.is_empty() {
                spreads[place].levels(reference[place])
            } else {
                values.iter().map(|&value| (ForestLevel::Given, value)).collect()
            };
            if found.is_empty() {
                let problem = ForestProblem::Constant { name: name.clone(), value: reference[place] };
                return Err(self.at(problem, &["covariates", name]));
            }
            add(place, found);
        }
        if self.spec.covariates.is_empty() {
            for name in moving {
                let place = self.place(name, "covariates")?;
                add(place, spreads[place].levels(reference[place]));
            }
        }
        if levels.is_empty() {
            return Err(self.at(ForestProblem::NothingVaries { names: moving.to_vec() }, &[]));
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

    fn typical(&self, arm: &Arm, covariates: &[f64], look: &Look, who: &str) -> Result<Typical, StudyError> {
        let taken = self.simulate(arm, covariates, look, who, &Replicates::default())?;
        let replicates = match &self.study.uncertainty().uncertainty {
            Some(_) => {
                // Trials under the same parameters have the same typical subject.
                let draws = Replicates::of_draws(self.study.replicates().draws().to_vec(), 1, true);
                Some(self.simulate(arm, covariates, look, &format!("{who}, under parameters as drawn,"), &draws)?)
            }
            None => None,
        };
        let taken = taken.into_iter().next().unwrap_or(Taken { cycle: None, values: Vec::new() });
        let replicates = replicates.map(|found| found.into_iter().map(|taken| taken.values).collect());
        Ok(Typical { taken, replicates })
    }

    fn run(&self, design: &Design, replicates: &Replicates, collector: &Collector<'_>) -> Result<(), StudyError> {
        let sinks: Vec<&dyn AnySink> =
            std::iter::once(collector as &dyn AnySink).chain(self.sinks.iter().copied()).collect();
        let ran = simulate::run_replicated(design, replicates, self.threads, &sinks, &mut |_| {});
        ran.map(|_| ()).map_err(|error| self.at(error.into(), &[]))
    }

    /// The typical subject with these covariates, replicate by replicate.
    fn simulate(
        &self,
        arm: &Arm,
        covariates: &[f64],
        look: &Look,
        who: &str,
        replicates: &Replicates,
    ) -> Result<Vec<Taken>, StudyError> {
        let design = Design { setup: self.setup(), cohort: self.cohort(covariates, 1)?, arms: vec![arm.clone()] };
        let collector = Collector::new(look);
        self.run(&design, replicates, &collector)?;
        let missing = |missing| match missing {
            Missing::Cycle { last } => {
                let cycle = self.spec.cycle.unwrap_or_default();
                self.at(ForestProblem::NoSuchCycle { arm: arm.name.clone(), cycle, last }, &["cycle"])
            }
            Missing::Failed { message } => self.at(ForestProblem::Failed { who: who.to_owned(), message }, &[]),
        };
        collector.finish().into_iter().map(|found| found.map_err(missing)).collect()
    }
}

fn is_among(name: &str, names: &[String]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

impl Typical {
    /// 5th to 95th percentile over replicates of a quantity over that of another subject under the same parameters.
    fn interval_against(&self, other: &Self, quantity: usize) -> Option<([f64; 2], ForestInterval)> {
        let (own, other) = self.replicates.as_ref().zip(other.replicates.as_ref())?;
        let ratios: Vec<f64> = own.iter().zip(other).map(|(a, b)| a[quantity] / b[quantity]).collect();
        let [low, high] = stats::quantiles(&ratios, [0.05, 0.95]);
        Some(([low?, high?], ForestInterval::Confidence))
    }
}

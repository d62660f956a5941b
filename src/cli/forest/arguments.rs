//! The arguments of `teorell forest`, and the study that they amount to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use teorell::study::{Override, Problem, Study, StudyError, embedded};

use super::around_model::{AroundModel, PEOPLE};
use crate::cli::doses::Doses;
use crate::cli::options::{self, number};
use crate::cli::paths::from_working_folder;
use crate::cli::report::Failure;
use crate::cli::simulate::find_study;

const EXAMPLES: &str = "\
Examples:
  teorell forest inotuzumab --cycle 4                         Every covariate that varies in the cohort
  teorell forest inotuzumab --covariate BSA=1.55,2.21 --reference BSA=1.84 --parameters cl1,cl2
                                                              One covariate, at given values
  teorell forest --model my-model.R --dose 100 --every \"12 h\" --repeat 14 --cohort people.csv
                                                              A model without a study; without --dose its parameters";

/// Compare exposure at the ends of each covariate with that of a reference subject.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A study file, or the name of a built-in study [default: inotuzumab].
    study: Option<String>,
    /// Name of a built-in model, or a model file: in place of the study's, or alone.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Without a study: a CSV with a row per person and a column per covariate, whose percentiles are taken [default: US adults].
    #[arg(long, value_name = "FILE", requires = "model", conflicts_with = "study")]
    cohort: Option<PathBuf>,
    #[command(flatten)]
    doses: Doses,
    /// The arm [default: the first].
    #[arg(long, value_name = "NAME")]
    arm: Option<String>,
    /// Number of the cycle [default: the last].
    #[arg(long, value_name = "N", value_parser = options::whole::<i64>, allow_negative_numbers = true)]
    cycle: Option<i64>,
    /// Show this covariate, at its percentiles or categories or at given values; may be given several times [default: all that vary].
    #[arg(long = "covariate", value_name = "NAME[=V,V]")]
    covariates: Vec<String>,
    /// Covariate of the reference subject; may be given several times [default: medians].
    #[arg(long = "reference", value_name = "NAME=VALUE")]
    references: Vec<String>,
    /// Individual parameters that are compared beside AUC and Cmax, separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    parameters: Vec<String>,
    /// Replace a value of the study; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Colours of the picture: light, dark or print [default: the study's, or light].
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Draw no picture.
    #[arg(long)]
    no_plots: bool,
    /// Folder for the results [default: the study's name and `-forest`].
    #[arg(short, long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = options::threads, help = options::THREADS)]
    pub threads: Option<usize>,
    /// Print nothing but problems.
    #[arg(short, long)]
    pub quiet: bool,
}

impl Arguments {
    /// The study asked for.
    pub fn study(&self) -> Result<Study, Failure> {
        let overrides = self.overrides()?;
        let Some(model) = self.model.as_ref().filter(|_| self.study.is_none()) else {
            let name = self.study.as_deref().unwrap_or(embedded::STUDIES[0].name);
            return find_study(name, &overrides);
        };
        let references = self.numbers_of_references()?;
        let is_dosed = self.doses.are_given();
        let around = AroundModel { model, is_dosed, cohort: self.cohort.as_deref(), references: &references };
        Study::from_text(&around.text()?, &overrides).map_err(|error| self.told(error))
    }

    /// What the reader of the result should know of it.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.is_model_alone() {
            if !self.doses.are_given() {
                notes.push(
                    "without doses individual parameters are compared; add `--dose 100` or so for AUC and Cmax"
                        .to_owned(),
                );
            }
            if self.cohort.is_none() {
                notes.push(format!("percentiles are those of {PEOPLE}; `--cohort FILE` takes those of others"));
            }
        }
        notes
    }

    /// An error in words of the command line: the study around a model is a text that the user has never seen.
    fn told(&self, error: StudyError) -> Failure {
        if let Problem::MissingCovariates { missing, .. } = &*error.problem {
            let names: Vec<String> =
                missing.iter().map(|missing| format!("`--reference {}=1`", missing.name)).collect();
            let failure = Failure::bad_input(error.problem.to_string());
            return failure.with_hint(format!(
                "say what the reference subject has, such as {}, or give people with --cohort",
                names.join(" ")
            ));
        }
        self.placed(error.into())
    }

    /// A failure with its place.
    pub fn placed(&self, failure: Failure) -> Failure {
        if self.is_model_alone() { failure.placed_at_flags() } else { failure }
    }

    fn is_model_alone(&self) -> bool {
        self.study.is_none() && self.model.is_some()
    }

    fn numbers_of_references(&self) -> Result<Vec<(String, f64)>, Failure> {
        let reference = |text: &String| {
            let origin = format!("--reference {text}");
            match text.split_once('=') {
                Some((name, value)) => Ok((name.trim().to_owned(), number(value, &origin)?)),
                None => Err(Failure::bad_input(format!("{origin} has no value; expected NAME=VALUE"))),
            }
        };
        self.references.iter().map(reference).collect()
    }

    fn overrides(&self) -> Result<Vec<Override>, Failure> {
        let mut overrides = self.doses.overrides()?;
        let mut add = |path: &[&str], value: toml::Value, origin: String| {
            overrides.push(Override::new(path, value, &origin));
        };
        if let Some(model) = &self.model {
            let path = from_working_folder(Path::new(model));
            add(&["model"], path.into(), format!("--model {model}"));
        }
        if let Some(arm) = &self.arm {
            add(&["forest", "arm"], arm.as_str().into(), format!("--arm {arm}"));
        }
        if let Some(cycle) = self.cycle {
            add(&["forest", "cycle"], cycle.into(), format!("--cycle {cycle}"));
        }
        // A name that is given again adds its values to the ones before.
        let mut covariates: BTreeMap<&str, (Vec<f64>, String)> = BTreeMap::new();
        for text in &self.covariates {
            let origin = format!("--covariate {text}");
            let (name, values) = text.split_once('=').unwrap_or((text, ""));
            let values = values.split(',').filter(|value| !value.trim().is_empty());
            let values: Vec<f64> = values.map(|value| number(value, &origin)).collect::<Result<_, _>>()?;
            let given = covariates.entry(name.trim()).or_default();
            given.0.extend(values);
            given.1 = origin;
        }
        for (name, (values, origin)) in covariates {
            add(&["forest", "covariates", name], values.into(), origin);
        }
        for ((name, value), text) in self.numbers_of_references()?.into_iter().zip(&self.references) {
            add(&["forest", "reference", &name], value.into(), format!("--reference {text}"));
        }
        if !self.parameters.is_empty() {
            let origin = format!("--parameters {}", self.parameters.join(","));
            add(&["forest", "parameters"], self.parameters.clone().into(), origin);
        }
        if let Some(theme) = &self.theme {
            add(&["outputs", "theme"], theme.as_str().into(), format!("--theme {theme}"));
        }
        if self.no_plots {
            add(&["outputs", "plots"], false.into(), "--no-plots".to_owned());
        }
        for text in &self.sets {
            overrides.push(Override::parse(text, &format!("--set {text}"))?);
        }
        Ok(overrides)
    }
}

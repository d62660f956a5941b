//! Who is treated: covariates, random effects, and the random streams that draw them, level 3.
//!
//! A [`Cohort`] is made once per study from a [`CohortSpec`] and then asked for one subject after the other, in any order:
//! subject 17 is the same person in a cohort of 20 and of 20,000. Streams come from [`streams`], body size from
//! `population.rs`, single covariates from [`covariates`], rows of a file from `file.rs`.

pub mod body_size;
pub mod covariates;
mod error;
mod file;
mod population;
pub mod random_effects;
pub mod streams;
pub mod uncertainty;

use std::path::Path;

use serde::Deserialize;

pub use error::CohortError;
pub use file::{CsvSpec, Sampling, open_people};
pub use population::{BODY_NAMES, BodySource, BodySpec, BsaSpec, RangeSpec};

use body_size::Sex;
use covariates::{CovariatesSpec, Derived, Origin};
use file::CohortFile;
use population::Population;
use streams::Streams;

/// `[cohort]` of a study. Covariates come from a population's body sizes, from distributions, from a file, or from all three.
///
/// # Examples
/// ```
/// use teorell::cohort::{Cohort, CohortSpec, streams::Streams};
/// let spec: CohortSpec = toml::from_str(r#"
///     size = 1000
///     [body]
///     source = "nhanes-2017-18"
///     female = 0.45
///     age = { min = 20, max = 79, median = 46 }
///     weight = { min = 30.9, max = 154, median = 74.0 }
///     bsa = { formula = "dubois", min = 1.27, max = 2.81 }
///     [covariates]
///     ALL = 1
///     BLSTPB = { lognormal = { median = 5.25, sd_log = 2.0 }, min = 0.0001, max = 100 }
/// "#)?;
/// let cohort = Cohort::new(&spec, std::path::Path::new("."))?;
/// assert_eq!(cohort.names(), ["SEXF", "AGE", "WT", "HT", "BSA", "LBM", "BMI", "ALL", "BLSTPB"]);
/// let seventeenth = cohort.draw(&Streams::new(42), 17)?;
/// assert!(seventeenth.values[2] >= 30.9 && seventeenth.values[2] <= 154.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortSpec {
    /// Number of subjects.
    #[serde(deserialize_with = "size")]
    pub size: u64,
    /// Sex, age, weight and height of a population, with what is computed from them.
    pub body: Option<BodySpec>,
    /// Fixed values and distributions.
    #[serde(default)]
    pub covariates: CovariatesSpec,
    /// Rows of a file.
    pub csv: Option<CsvSpec>,
}

/// Reads a number of subjects; that 0 is too few is said with the rest of the cohort.
fn size<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = i64::deserialize(deserializer)?;
    u64::try_from(size).map_err(|_| {
        serde::de::Error::custom(format_args!("`cohort.size` is `{size}`; expected a whole number of at least 1"))
    })
}

/// A cohort ready to draw. Valid by construction.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    size: u64,
    names: Vec<String>,
    file: Option<CohortFile>,
    population: Option<Population>,
    covariates: Vec<Origin>,
    /// Where weight, height and sex stand among the values, as far as they are there.
    body_columns: BodyColumns,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct BodyColumns {
    weight: Option<usize>,
    height: Option<usize>,
    sex: Option<usize>,
}

/// One subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Identifier in the cohort file; `None` without one. Sampling with replacement repeats it.
    pub id: Option<String>,
    /// In the order of [`Cohort::names`].
    pub values: Vec<f64>,
    /// Draws outside the bounds that were made again.
    pub rejected: u32,
}

impl Cohort {
    /// Checks a cohort, reads its file and finds its shifts. A relative path starts at `base_dir`.
    ///
    /// # Errors
    /// When it is empty, a key is out of range, a covariate comes twice, a median cannot be reached, or the file is not as it
    /// should be.
    pub fn new(spec: &CohortSpec, base_dir: &Path) -> Result<Self, CohortError> {
        if spec.size == 0 {
            return Err(CohortError::Empty);
        }
        let file = spec.csv.as_ref().map(|csv| CohortFile::read(csv, base_dir, spec.size)).transpose()?;
        let population = spec.body.as_ref().map(Population::new).transpose()?;

        let mut names: Vec<(String, &'static str)> = Vec::new();
        let mut add = |name: &str, from: &'static str| {
            if let Some(&(_, first)) = names.iter().find(|(known, _)| known == name) {
                return Err(CohortError::DuplicateCovariate { name: name.to_owned(), first, second: from });
            }
            names.push((name.to_owned(), from));
            Ok(())
        };
        for name in file.iter().flat_map(|file| &file.names) {
            add(name, "`cohort.csv`")?;
        }
        if population.is_some() {
            BODY_NAMES.iter().try_for_each(|name| add(name, "`cohort.body`"))?;
        }
        let mut covariates = Vec::with_capacity(spec.covariates.0.len());
        for (name, covariate) in &spec.covariates.0 {
            add(name, "`cohort.covariates`")?;
            covariates.push(Origin::new(name, covariate)?);
        }
        let names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
        let body_columns = body_columns(&names, &spec.covariates, &covariates)?;
        Ok(Self { size: spec.size, names, file, population, covariates, body_columns })
    }

    /// Number of subjects.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Names of the covariates: those of the file, of the body, then the others, each in the order of its source.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// One subject, counted from 1. It depends on the streams' seed and its number alone.
    ///
    /// # Errors
    /// When there is no such subject, or 10,000 draws in a row were outside the bounds.
    pub fn draw(&self, streams: &Streams, subject: u64) -> Result<Drawn, CohortError> {
        if subject == 0 || subject > self.size {
            return Err(CohortError::NoSuchSubject { subject, size: self.size });
        }
        self.draw_any(streams, subject)
    }

    /// A subject that a larger cohort would have; `None` where there is none (the rows of a file are all there are).
    #[must_use]
    pub fn draw_beyond(&self, streams: &Streams, subject: u64) -> Option<Drawn> {
        let is_there = self.file.as_ref().is_none_or(|file| file.reaches(subject));
        if is_there { self.draw_any(streams, subject).ok() } else { None }
    }

    fn draw_any(&self, streams: &Streams, subject: u64) -> Result<Drawn, CohortError> {
        let mut drawn = Drawn { id: None, values: Vec::with_capacity(self.names.len()), rejected: 0 };
        if let Some(file) = &self.file {
            let (id, values) = file.subject(streams, subject);
            drawn.id = Some(id.to_owned());
            drawn.values.extend_from_slice(values);
        }
        if let Some(population) = &self.population {
            let (values, rejected) = population.draw(streams, subject)?;
            drawn.values.extend_from_slice(&values);
            drawn.rejected += rejected;
        }
        let first = drawn.values.len();
        for origin in &self.covariates {
            let (value, rejected) = match origin {
                Origin::Drawn(covariate) => covariate.draw(streams, subject)?,
                Origin::Derived(_) => (f64::NAN, 0),
            };
            drawn.values.push(value);
            drawn.rejected += rejected;
        }
        // After all draws: weight may be listed after what is computed from it.
        for (index, origin) in self.covariates.iter().enumerate() {
            if let Origin::Derived(derived) = origin {
                drawn.values[first + index] = self.derive(*derived, &drawn.values);
            }
        }
        Ok(drawn)
    }

    fn derive(&self, derived: Derived, values: &[f64]) -> f64 {
        let BodyColumns { weight, height, sex } = self.body_columns;
        let value = |column: Option<usize>| column.map_or(f64::NAN, |column| values[column]);
        let (weight_kg, height_cm) = (value(weight), value(height));
        match derived {
            Derived::Bsa(formula) => formula.area(weight_kg, height_cm),
            Derived::Lbm(formula) => {
                let sex = if value(sex) == Sex::Female.sexf() { Sex::Female } else { Sex::Male };
                formula.mass(sex, weight_kg, height_cm)
            }
        }
    }
}

/// Finds WT, HT and SEXF, which computed covariates need.
fn body_columns(names: &[String], spec: &CovariatesSpec, covariates: &[Origin]) -> Result<BodyColumns, CohortError> {
    let place = |name: &str| names.iter().position(|known| known == name);
    let found = BodyColumns { weight: place("WT"), height: place("HT"), sex: place("SEXF") };
    for ((name, _), origin) in spec.0.iter().zip(covariates) {
        let Origin::Derived(derived) = origin else { continue };
        let needs_sex = matches!(derived, Derived::Lbm(formula) if *formula != body_size::LbmFormula::Peters);
        let and_sex = if needs_sex { ", SEXF (1 is female)" } else { "" };
        for (needed, column) in [("WT", found.weight), ("HT", found.height), ("SEXF", found.sex)] {
            if column.is_none() && (needs_sex || needed != "SEXF") {
                return Err(CohortError::MissingForBodySize { name: name.clone(), needed, and_sex });
            }
        }
    }
    Ok(found)
}

//! How sure the parameters of a model are, and values of them drawn accordingly.
//!
//! Thetas come from a joint normal distribution (standard errors, or a covariance matrix) or from the rows of a bootstrap
//! table, omegas from inverse Wishart distributions. Everything is on the scale of `ini`: a logarithm where the model has one.
//!
//! - A theta that is `fix()`ed is never drawn.
//! - A draw outside the bounds of `ini` (or a negative SD of the residual error) is made again, and counted. What is drawn
//!   together is drawn again together, so the result is the joint distribution given that all bounds hold.
//! - A replicate's parameters belong to the seed and the number of the replicate: more replicates leave the others as they are,
//!   and so does uncertainty of another parameter where each has a standard error of its own.
//!
//! Files are read in `table.rs`, matrices checked in `covariance.rs`; what replicates do with subjects is in `simulate`.

mod bootstrap;
mod covariance;
mod error;
mod normal;
mod table;
pub mod wishart;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use error::{CellPlace, UncertaintyError};

use super::streams::{Purpose, Streams, name_index};
use crate::model::ir::{ErrorModel, Node, OmegaBlock};
use crate::model::{Model, Scale};
use bootstrap::Bootstrap;
use normal::JointNormal;
use wishart::InverseWishart;

/// Draws of one replicate outside the bounds before the standard error counts as too large for them.
const MOST_REDRAWS: u32 = 1_000;

/// The uncertainty of a model's parameters. Valid by construction.
///
/// # Examples
/// ```
/// use teorell::cohort::streams::Streams;
/// use teorell::cohort::uncertainty::{StandardError, Uncertainty};
/// use teorell::model::Model;
/// let model = Model::builtin("inotuzumab_garrett_2019")?;
/// let five_percent = StandardError::Relative(5.0);
/// let uncertainty = Uncertainty::default().with_standard_error(&model, "lcl1", five_percent)?;
/// let draw = uncertainty.draw(&model, &Streams::new(42), 17)?;
/// assert!((draw.thetas[0] - model.thetas()[0]).abs() < 0.3, "six standard errors");
/// assert_eq!(draw.thetas[1..], model.thetas()[1..]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Uncertainty {
    normals: Vec<JointNormal>,
    bootstrap: Option<Bootstrap>,
    wisharts: Vec<(usize, InverseWishart)>,
    left_out: Vec<String>,
}

/// Parameters of one replicate.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDraw {
    /// Thetas, in the model's order, on the scale of `ini`.
    pub thetas: Vec<f64>,
    /// Omegas, block by block in the model's order.
    pub omegas: Vec<OmegaBlock>,
    /// Draws outside the bounds of `ini` that were made again.
    pub redrawn: u32,
}

/// A standard error of one theta.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StandardError {
    /// On the scale of `ini`.
    Absolute(f64),
    /// In percent of the estimate; of its exponential where the theta is a logarithm.
    Relative(f64),
}

/// A table of a fit: where it is, and which of its columns is which parameter.
#[derive(Clone, Debug, Default)]
pub struct FitTable {
    /// The file.
    pub path: PathBuf,
    /// From names of the file to names of the model, where they differ.
    pub names: BTreeMap<String, String>,
    /// Names of the file that are not used.
    pub leave_out: Vec<String>,
}

impl Uncertainty {
    /// Adds a theta with a standard error of its own, independent of all others.
    ///
    /// # Formula
    /// With `r` percent: `r / 100 · |estimate|`; where the model takes the exponential of the theta, `r / 100`, the standard error
    /// of a logarithm by the delta method.
    ///
    /// # Errors
    /// A name the model does not have, a fixed theta, a negative number, a percentage of 0 or of a logit.
    pub fn with_standard_error(
        mut self,
        model: &Model,
        name: &str,
        error: StandardError,
    ) -> Result<Self, UncertaintyError> {
        let index = theta_index(model, name, None)?;
        let (key, value) = match error {
            StandardError::Absolute(value) => ("se", value),
            StandardError::Relative(value) => ("rse", value),
        };
        if !(value >= 0.0 && value.is_finite()) {
            return Err(UncertaintyError::BadStandardError { key, name: name.to_owned(), value });
        }
        let theta = &model.ir().thetas[index];
        if theta.fixed {
            return Err(UncertaintyError::Fixed { place: None, name: name.to_owned() });
        }
        let nothing = |why| UncertaintyError::RelativeToNothing { name: name.to_owned(), why };
        let sd = match (error, model.theta_scales()[index]) {
            (StandardError::Absolute(sd), _) => sd,
            (StandardError::Relative(percent), Scale::Log) => percent / 100.0,
            (StandardError::Relative(_), Scale::Logit) => return Err(nothing("inside expit()")),
            (StandardError::Relative(_), Scale::Natural) if theta.estimate == 0.0 => return Err(nothing("0")),
            (StandardError::Relative(percent), Scale::Natural) => percent / 100.0 * theta.estimate.abs(),
        };
        if sd > 0.0 {
            self.normals.push(JointNormal::single(name_index(name), index, sd));
        }
        Ok(self)
    }

    /// Adds thetas with a covariance matrix: a CSV with a column and a row per parameter, or NONMEM's `.cov`, of which the last
    /// table counts. A parameter with variance 0 was fixed and is not drawn; OMEGA and SIGMA of NONMEM are left out, because
    /// omegas have a distribution of their own.
    ///
    /// With `ext`, NONMEM's `.ext` of the same run, its estimates must be those of the model, to one standard error: this finds
    /// matrices of another model or on another scale.
    ///
    /// # Errors
    /// Where a file is no such table, the matrix no covariance matrix, or a name no parameter.
    pub fn with_covariance(
        mut self,
        model: &Model,
        table: &FitTable,
        ext: Option<&Path>,
    ) -> Result<Self, UncertaintyError> {
        let (normal, left_out) = covariance::read(model, table, ext)?;
        self.normals.push(normal);
        self.left_out = left_out;
        Ok(self)
    }

    /// Adds thetas with the standard errors of NONMEM's `.ext`, independent of each other.
    ///
    /// # Errors
    /// Where the file is none, has no standard errors, or holds a name that is no parameter.
    pub fn with_ext(mut self, model: &Model, table: &FitTable) -> Result<Self, UncertaintyError> {
        let errors = covariance::read_ext(model, table)?;
        let names = &model.ir().thetas;
        self.normals.extend(
            errors
                .by_theta
                .into_iter()
                .map(|(index, sd)| JointNormal::single(name_index(&names[index].name.text), index, sd)),
        );
        self.left_out = errors.left_out;
        Ok(self)
    }

    /// Takes parameters from a bootstrap table, replicate by replicate from its first row on: a column per theta, or per eta with
    /// its variance (correlations stay the model's).
    ///
    /// # Errors
    /// Where the file is no such table, holds a value outside the bounds of `ini` or a name that is no parameter, or has fewer rows
    /// than there are replicates.
    pub fn with_bootstrap(
        mut self,
        model: &Model,
        table: &FitTable,
        replicates: u32,
    ) -> Result<Self, UncertaintyError> {
        let bootstrap = Bootstrap::read(model, table, replicates)?;
        self.left_out.clone_from(&table.leave_out);
        self.bootstrap = Some(bootstrap);
        Ok(self)
    }

    /// Draws the omegas of every block that is not fixed, with these degrees of freedom.
    ///
    /// # Errors
    /// Where they are too few for a block.
    pub fn with_omega_df(mut self, model: &Model, df: f64) -> Result<Self, UncertaintyError> {
        for (index, block) in model.omegas().iter().enumerate() {
            if !block.fixed && block.lower.iter().any(|&value| value != 0.0) {
                self.wisharts
                    .push((index, InverseWishart::new(block, df).map_err(|needed| too_few(model, index, df, needed))?));
            }
        }
        Ok(self)
    }

    /// Draws the omegas of the block that an eta belongs to.
    ///
    /// # Errors
    /// A name the model does not have, a fixed block, one that is drawn already, or too few degrees of freedom.
    pub fn with_block_df(mut self, model: &Model, eta: &str, df: f64) -> Result<Self, UncertaintyError> {
        let names = eta_names(model);
        let Some(position) = names.iter().position(|name| name == eta) else {
            return Err(unknown(eta, names, None));
        };
        let index = block_of(model, position).0;
        let block = &model.omegas()[index];
        if block.fixed {
            return Err(UncertaintyError::Fixed { place: None, name: eta.to_owned() });
        }
        if self.wisharts.iter().any(|(known, _)| *known == index) {
            let first = block_names(model, index).into_iter().find(|name| name != eta).unwrap_or_default();
            return Err(UncertaintyError::BlockTwice { first, second: eta.to_owned() });
        }
        self.wisharts
            .push((index, InverseWishart::new(block, df).map_err(|needed| too_few(model, index, df, needed))?));
        Ok(self)
    }

    /// Parameters of a replicate, from 0. What is not uncertain is as in the model.
    ///
    /// # Errors
    /// Where [`UncertaintyError::TooManyRedraws`] says so.
    pub fn draw(&self, model: &Model, streams: &Streams, replicate: u32) -> Result<ParameterDraw, UncertaintyError> {
        let rng = |index| streams.rng(Purpose::Parameters, u64::from(replicate), index);
        let mut draw = ParameterDraw { thetas: model.thetas(), omegas: model.omegas().to_vec(), redrawn: 0 };
        for normal in &self.normals {
            let within = |index: usize, value: f64| Bounds::of(model, index).contain(value);
            draw.redrawn +=
                normal.draw(&mut rng(normal.stream), &mut draw.thetas, within, MOST_REDRAWS).ok_or_else(|| {
                    let names: Vec<String> = normal
                        .indices
                        .iter()
                        .map(|&index| format!("`{}`", model.ir().thetas[index].name.text))
                        .collect();
                    UncertaintyError::TooManyRedraws { names: names.join(", "), redraws: MOST_REDRAWS }
                })?;
        }
        if let Some(bootstrap) = &self.bootstrap {
            bootstrap.draw(model, replicate, &mut draw);
        }
        for (index, wishart) in &self.wisharts {
            let stream = block_names(model, *index).first().map_or(0, |name| name_index(name));
            draw.omegas[*index].lower = wishart.draw(&mut rng(stream));
        }
        Ok(draw)
    }

    /// Names of the thetas that are drawn, in the model's order.
    #[must_use]
    pub fn theta_names(&self, model: &Model) -> Vec<String> {
        let drawn = |index: &usize| {
            self.normals.iter().any(|normal| normal.indices.contains(index))
                || self.bootstrap.as_ref().is_some_and(|bootstrap| bootstrap.has_theta(*index))
        };
        (0..model.ir().thetas.len()).filter(drawn).map(|index| model.ir().thetas[index].name.text.clone()).collect()
    }

    /// Names of the etas whose variances are drawn, in the model's order.
    #[must_use]
    pub fn eta_names(&self, model: &Model) -> Vec<String> {
        let drawn = |position: &usize| {
            let block = block_of(model, *position).0;
            self.wisharts.iter().any(|(index, _)| *index == block)
                || self.bootstrap.as_ref().is_some_and(|bootstrap| bootstrap.has_eta(*position))
        };
        let names = eta_names(model);
        (0..names.len()).filter(drawn).map(|position| names[position].clone()).collect()
    }

    /// Degrees of freedom of each block whose omegas are drawn, with the names of its etas.
    #[must_use]
    pub fn degrees_of_freedom(&self, model: &Model) -> Vec<(Vec<String>, f64)> {
        self.wisharts.iter().map(|(index, wishart)| (block_names(model, *index), wishart.df())).collect()
    }

    /// Names of files that are not used.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

/// Bounds of a theta.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    lower: f64,
    upper: f64,
}

impl Bounds {
    /// Those of `ini`; 0 at the least where the theta is an SD of the residual error.
    fn of(model: &Model, index: usize) -> Self {
        let theta = &model.ir().thetas[index];
        let lower = if is_residual_sd(model, &theta.name.text) { theta.lower.max(0.0) } else { theta.lower };
        Self { lower, upper: theta.upper }
    }

    fn contain(self, value: f64) -> bool {
        value >= self.lower && value <= self.upper
    }
}

fn is_residual_sd(model: &Model, name: &str) -> bool {
    model.endpoints().iter().any(|endpoint| {
        let ErrorModel::Continuous { additive, proportional, .. } = &endpoint.error else { return false };
        let sds = additive.iter().chain(proportional.iter().map(|(sd, _)| sd));
        sds.into_iter().any(|sd| matches!(&sd.node, Node::Name(text) if text == name))
    })
}

fn theta_index(model: &Model, name: &str, place: Option<CellPlace>) -> Result<usize, UncertaintyError> {
    let thetas = &model.ir().thetas;
    thetas
        .iter()
        .position(|theta| theta.name.text == name)
        .ok_or_else(|| unknown(name, thetas.iter().map(|theta| theta.name.text.clone()).collect(), place))
}

fn unknown(name: &str, known: Vec<String>, place: Option<CellPlace>) -> UncertaintyError {
    UncertaintyError::UnknownParameter { place, name: name.to_owned(), nearest: nearest(name, &known), known }
}

/// The known name that is nearest, where one is near enough to be meant.
fn nearest(name: &str, known: &[String]) -> Option<String> {
    // As for keys of a study: above 0.75 a slip of the finger is found, and no other word.
    const NEAR: f64 = 0.75;
    known
        .iter()
        .map(|other| (strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(similarity, _)| *similarity > NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other.clone())
}

fn eta_names(model: &Model) -> Vec<String> {
    model.ir().etas.iter().map(|eta| eta.name.text.clone()).collect()
}

/// The block of an eta, and its position in it.
fn block_of(model: &Model, eta: usize) -> (usize, usize) {
    let mut position = eta;
    for (index, block) in model.omegas().iter().enumerate() {
        if position < block.size {
            return (index, position);
        }
        position -= block.size;
    }
    (model.omegas().len(), 0)
}

fn block_names(model: &Model, index: usize) -> Vec<String> {
    let first: usize = model.omegas()[..index].iter().map(|block| block.size).sum();
    eta_names(model).into_iter().skip(first).take(model.omegas()[index].size).collect()
}

fn too_few(model: &Model, index: usize, found: f64, needed: usize) -> UncertaintyError {
    let names: Vec<String> = block_names(model, index).iter().map(|name| format!("`{name}`")).collect();
    UncertaintyError::DegreesOfFreedom { names: names.join(", "), found, needed }
}

//! What the drug does in one body: a model as text, its intermediate representation, and the program it becomes.

mod analyse;
pub mod diagnostic;
pub mod ir;
pub mod labels;
pub mod language;
pub mod library;
pub mod show;

use crate::engine::program::{Program, Register};
use analyse::Analysis;
pub use analyse::{CovariateUse, Phase, Scale};
use diagnostic::Diagnostic;
use ir::{ErrorModel, Metadata, ModelIr, OmegaBlock};

/// A model read, analysed and compiled: what the rest of the crate works with. Valid by construction.
#[derive(Clone, Debug)]
pub struct Model {
    ir: ModelIr,
    covariates: Vec<String>,
    analysis: Analysis,
}

/// Choices that a model leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelOptions {
    /// Output whose exposure (AUC, Cmax, ...) is measured. By default the prediction of the first continuous endpoint, else a variable
    /// by the name of `Cc` or `cp`.
    pub exposure: Option<String>,
    /// Outputs to keep, in this order; by default all. What nothing else needs is then not computed.
    pub outputs: Option<Vec<String>>,
}

/// One thing a model says at a sample time: every variable of the model block, in order of first assignment, then the states.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// As in the model.
    pub name: String,
    /// As far as the model's units and labels say it.
    pub unit: Option<String>,
}

/// A variable that is fixed between events: an individual parameter such as `cl`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// As in the model.
    pub name: String,
    /// As far as the model's labels say it.
    pub unit: Option<String>,
    /// Register of the program that holds it after the record phase.
    pub register: Register,
    /// Index into the outputs, where it is one.
    pub output: Option<usize>,
}

/// An endpoint whose prediction and error parameters are outputs of the program.
#[derive(Clone, Debug, PartialEq)]
pub struct CompiledEndpoint {
    /// Name in data (`| cmt`), or of the prediction.
    pub name: String,
    /// Index into the program's outputs.
    pub prediction: usize,
    /// As read.
    pub error: ErrorModel,
    /// Indices into the program's outputs of the error model's expressions, in the order of its fields (additive, proportional with its
    /// exponent, lambda, degrees of freedom). They may lie beyond [`Model::outputs`].
    pub parameters: Vec<usize>,
}

/// A parameter that cannot be set.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No theta of that name.
    #[error("the model has no parameter `{name}`{}", suggestion(.nearest, .known))]
    UnknownTheta {
        /// As given.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// No eta of that name.
    #[error("the model has no random effect `{name}`{}", suggestion(.nearest, .known))]
    UnknownEta {
        /// As given.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A theta that is not a number.
    #[error("`{value}` cannot be the value of `{name}`; a parameter is a finite number")]
    ThetaNotFinite {
        /// Of the theta.
        name: String,
        /// As given.
        value: f64,
    },
    /// A variance below zero.
    #[error("`{value}` cannot be the variance of `{name}`; a variance is a finite number that is not negative")]
    NotAVariance {
        /// Of the eta.
        name: String,
        /// As given.
        value: f64,
    },
    /// No built-in model of that name.
    #[error("there is no built-in model `{name}`{}", suggestion(.nearest, .known))]
    UnknownModel {
        /// As given.
        name: String,
        /// Likely meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
}

fn suggestion(nearest: &Option<String>, known: &[String]) -> String {
    match nearest {
        Some(name) => format!("; did you mean `{name}`?"),
        None if known.is_empty() => "; it has none".to_owned(),
        None => format!("; known are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

impl Model {
    /// Reads, analyses and compiles a model from text. `name` is that of the file, for models that have none.
    ///
    /// # Errors
    ///
    /// Everything that keeps the model from running, with the notes among it.
    ///
    /// # Examples
    ///
    /// ```
    /// use teorell::engine::program::Structure;
    /// use teorell::model::{Model, ModelOptions};
    ///
    /// let text = "
    /// warfarin <- function() {
    ///   ini({ lka <- log(1.2); lcl <- log(0.134); lvc <- log(8.1); etalcl ~ 0.08; prop_sd <- 0.1 })
    ///   model({
    ///     ka <- exp(lka)
    ///     cl <- exp(lcl + etalcl) * (WT / 70)^0.75
    ///     vc <- exp(lvc) * WT / 70
    ///     d/dt(depot) <- -ka * depot
    ///     d/dt(central) <- ka * depot - cl / vc * central
    ///     Cc <- central / vc
    ///     Cc ~ prop(prop_sd)
    ///   })
    /// }";
    /// let model = Model::from_text(text, "warfarin", &ModelOptions::default()).expect("the text is a model");
    /// assert_eq!(model.covariates(), ["WT"]);
    /// assert_eq!(model.program().structure, Structure::LinearConstant);
    /// let heavy = model.individual_parameters(&model.thetas(), &[0.0], &[140.0]);
    /// assert!((heavy[2] - 16.2).abs() < 1e-9, "twice the weight, twice the volume");
    /// ```
    pub fn from_text(text: &str, name: &str, options: &ModelOptions) -> Result<Self, Vec<Diagnostic>> {
        let reading = language::read(text, name)?;
        let mut notes = reading.notes;
        match Self::from_ir(reading.ir, options) {
            Ok(mut model) => {
                notes.append(&mut model.analysis.notes);
                notes.sort_by_key(|note| note.span.start);
                model.analysis.notes = notes;
                Ok(model)
            }
            Err(mut findings) => {
                notes.append(&mut findings);
                notes.sort_by_key(|finding| finding.span.start);
                Err(notes)
            }
        }
    }

    /// A built-in model, see [`library::builtin_names`].
    ///
    /// # Errors
    ///
    /// An unknown name.
    pub fn builtin(name: &str) -> Result<Self, ModelError> {
        let text = library::builtin_text(name)?;
        Ok(Self::from_text(text, name, &ModelOptions::default()).expect("a test compiles every built-in model"))
    }

    /// Analyses and compiles a model that was read or made by hand.
    ///
    /// # Errors
    ///
    /// Everything that keeps the model from running, with the notes among it.
    pub fn from_ir(ir: ModelIr, options: &ModelOptions) -> Result<Self, Vec<Diagnostic>> {
        let analysis = analyse::analyse(&ir, options)?;
        let covariates = analysis.covariates.iter().map(|covariate| covariate.name.clone()).collect();
        Ok(Self { ir, covariates, analysis })
    }

    /// As read, with overrides of parameters.
    #[must_use]
    pub fn ir(&self) -> &ModelIr {
        &self.ir
    }

    /// What the user should know of the model although it runs.
    #[must_use]
    pub fn notes(&self) -> &[Diagnostic] {
        &self.analysis.notes
    }

    /// Names that the model takes from the data or the cohort, in order of first use; occasion-level etas follow them in the program.
    #[must_use]
    pub fn covariates(&self) -> &[String] {
        &self.covariates
    }

    /// The covariates with what the model says of them and where it reads them.
    #[must_use]
    pub fn covariate_uses(&self) -> &[CovariateUse] {
        &self.analysis.covariates
    }

    /// The same of one covariate, without regard to case.
    #[must_use]
    pub fn covariate_use(&self, name: &str) -> Option<&CovariateUse> {
        self.covariate_uses().iter().find(|used| used.name.eq_ignore_ascii_case(name))
    }

    /// What a sample row holds, in order. A row of the program may hold more behind these: values that endpoints need.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.analysis.outputs
    }

    /// Index of an output by name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<usize> {
        self.outputs().iter().position(|output| output.name == name)
    }

    /// Observed quantities.
    #[must_use]
    pub fn endpoints(&self) -> &[CompiledEndpoint] {
        &self.analysis.endpoints
    }

    /// Individual parameters: variables that are fixed between events.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.analysis.parameters
    }

    /// Values of the individual parameters of one subject, in the order of [`Model::parameters`]. `covariates` are in the model's order,
    /// followed by occasion-level etas; missing ones are NaN, and so is what depends on doses.
    #[must_use]
    pub fn individual_parameters(&self, thetas: &[f64], etas: &[f64], covariates: &[f64]) -> Vec<f64> {
        let program = self.program();
        let mut registers = program.registers();
        let inputs = [(&program.thetas, thetas), (&program.etas, etas), (&program.covariates, covariates)];
        for (range, values) in inputs {
            for (register, value) in range.clone().zip(values) {
                registers[register as usize] = *value;
            }
        }
        program.subject.run(&mut registers);
        program.record.run(&mut registers);
        self.parameters().iter().map(|parameter| registers[parameter.register as usize]).collect()
    }

    /// The state that doses go into unless they say otherwise: the first one that `dosing <- ...` names, else `depot`, else `central`, else
    /// the first.
    #[must_use]
    pub fn default_dose_state(&self) -> Option<usize> {
        let dosing = self.ir.metadata.iter().find(|(name, _)| name == "dosing").map(|(_, value)| value);
        let named = match dosing {
            Some(Metadata::Text(name)) => Some(name.as_str()),
            Some(Metadata::List(entries)) => entries.iter().find_map(|(_, value)| match value {
                Metadata::Text(name) => Some(name.as_str()),
                _ => None,
            }),
            _ => None,
        };
        let found = named.into_iter().chain(["depot", "central"]).find_map(|name| self.state(name));
        found.or(if self.ir.states.is_empty() { None } else { Some(0) })
    }

    /// Variables of the model block and when each is computed.
    #[must_use]
    pub fn phases(&self) -> &[(String, Phase)] {
        &self.analysis.phases
    }

    /// Names of the states in order of compartment number; the integral of the exposure is not among them.
    #[must_use]
    pub fn states(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ir.states.iter().map(|state| state.text.as_str())
    }

    /// Index of a state by name.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<usize> {
        self.states().position(|state| state == name)
    }

    /// What engines run.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.analysis.program
    }

    /// Why the structure of the right-hand side is not a simpler one, as a clause.
    #[must_use]
    pub fn structure_reason(&self) -> &str {
        &self.analysis.reason
    }

    /// Values of the thetas, in the model's order.
    #[must_use]
    pub fn thetas(&self) -> Vec<f64> {
        self.ir.thetas.iter().map(|theta| theta.estimate).collect()
    }

    /// Scale on which each theta enters, in the model's order.
    #[must_use]
    pub fn theta_scales(&self) -> &[Scale] {
        &self.analysis.scales.thetas
    }

    /// Variances and covariances of the etas, block by block in the model's order (subject and occasion level alike, see `ir().etas`).
    #[must_use]
    pub fn omegas(&self) -> &[OmegaBlock] {
        &self.ir.omegas
    }

    /// The model with another value of a theta, on the scale of `ini`.
    ///
    /// # Errors
    ///
    /// An unknown name, or a value that is not finite. Bounds are for estimation and are not checked.
    pub fn with_theta(mut self, name: &str, value: f64) -> Result<Self, ModelError> {
        let Some(index) = self.ir.thetas.iter().position(|theta| theta.name.text == name) else {
            let known: Vec<String> = self.ir.thetas.iter().map(|theta| theta.name.text.clone()).collect();
            return Err(ModelError::UnknownTheta { name: name.to_owned(), nearest: nearest_of(name, &known), known });
        };
        if !value.is_finite() {
            return Err(ModelError::ThetaNotFinite { name: name.to_owned(), value });
        }
        self.ir.thetas[index].estimate = value;
        Ok(self)
    }

    /// The model with another variance of an eta. Correlations with other etas stay what they are, so covariances are scaled along;
    /// from or to a variance of 0 they become 0.
    ///
    /// # Errors
    ///
    /// An unknown name, or a value that is no variance.
    pub fn with_omega(mut self, name: &str, variance: f64) -> Result<Self, ModelError> {
        let Some(index) = self.ir.etas.iter().position(|eta| eta.name.text == name) else {
            let known: Vec<String> = self.ir.etas.iter().map(|eta| eta.name.text.clone()).collect();
            return Err(ModelError::UnknownEta { name: name.to_owned(), nearest: nearest_of(name, &known), known });
        };
        if !variance.is_finite() || variance < 0.0 {
            return Err(ModelError::NotAVariance { name: name.to_owned(), value: variance });
        }
        let mut position = index;
        for block in &mut self.ir.omegas {
            if position < block.size {
                block.set_variance(position, variance);
                break;
            }
            position -= block.size;
        }
        Ok(self)
    }
}

fn nearest_of(name: &str, known: &[String]) -> Option<String> {
    analyse::nearest(name, known.iter().map(String::as_str)).map(str::to_owned)
}

impl OmegaBlock {
    /// Position of an entry of the lower triangle in `lower`.
    #[must_use]
    pub fn position(row: usize, column: usize) -> usize {
        let (row, column) = (row.max(column), row.min(column));
        row * (row + 1) / 2 + column
    }

    /// Sets a variance; correlations stay what they are, so covariances are scaled along. From or to a variance of 0 they become 0.
    pub fn set_variance(&mut self, index: usize, variance: f64) {
        let before = self.lower[Self::position(index, index)];
        let scale = if before > 0.0 { (variance / before).sqrt() } else { 0.0 };
        for other in (0..self.size).filter(|&other| other != index) {
            self.lower[Self::position(index, other)] *= scale;
        }
        self.lower[Self::position(index, index)] = variance;
    }
}

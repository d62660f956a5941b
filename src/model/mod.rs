//! What the drug does in one body: a model as text, its intermediate representation, and the program it becomes.

pub mod diagnostic;
pub mod ir;

use crate::engine::program::Program;
use ir::{ErrorModel, ModelIr};

/// A model read, analysed and compiled: what the rest of the crate works with. Valid by construction.
#[derive(Clone, Debug)]
pub struct Model {
    ir: ModelIr,
    covariates: Vec<String>,
    outputs: Vec<Output>,
    endpoints: Vec<CompiledEndpoint>,
    program: Program,
}

/// One thing a model says at a sample time: every variable of the model block, in order of first assignment, then the states.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// As in the model.
    pub name: String,
    /// As far as the model's units say it.
    pub unit: Option<String>,
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
    /// Indices into the program's outputs of the error model's expressions, in the order they are written.
    pub parameters: Vec<usize>,
}

impl Model {
    /// As read.
    #[must_use]
    pub fn ir(&self) -> &ModelIr {
        &self.ir
    }

    /// Names that the model takes from the data or the cohort; occasion-level etas follow them in the program.
    #[must_use]
    pub fn covariates(&self) -> &[String] {
        &self.covariates
    }

    /// What a sample row holds, in order.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Observed quantities.
    #[must_use]
    pub fn endpoints(&self) -> &[CompiledEndpoint] {
        &self.endpoints
    }

    /// What engines run.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }
}

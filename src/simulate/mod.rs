//! Chunks of subjects through an engine in parallel, in order, into sinks.
//!
//! A [`Design`] says who is treated how and what is looked at; [`run`] feeds every subject in every arm to the sinks.
//! A subject's result depends on the design, the seed and the subject's number alone: not on threads, chunks,
//! other subjects, or which arms are simulated beside.

pub mod design;
mod error;
mod half_life;
mod noise;
mod pump;
mod records;
mod replicates;
mod residual;
pub mod result;
mod run;
mod sampling;
pub mod sink;
mod subject;
mod traces;
mod variability;

pub use design::{Arm, Design, Prescription, Sampling, Setup};
pub use error::SimulateError;
pub use records::{RecordDesign, model_names, run_records, run_records_replicated, with_interpolation_of};
pub use replicates::Replicates;
pub use run::{Counts, n_threads, run, run_replicated};

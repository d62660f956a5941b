//! What a curve means: area, peak and trough per cycle, accumulation, terminal half-life, and their summaries over a cohort.
//!
//! Simulated areas come from the engine, which integrates them with the states; [`auc`] is for sampled curves. Nothing
//! here simulates. Quantities per cycle are listed once, in [`interval::Metric`].

pub mod accumulation;
pub mod auc;
mod column;
pub mod comparison;
pub mod forest;
pub mod interval;
pub mod nca;
pub mod sketch;
pub mod summary;
pub mod tally;
pub mod target;
pub mod terminal;
pub mod vpc;

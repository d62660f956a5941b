//! teorell: a population pharmacokinetic simulator.

pub mod cohort;
pub mod engine;
pub mod exposure;
pub mod model;
pub mod output;
pub mod plot;
pub mod profile;
pub mod regimen;
pub mod report;
pub mod simulate;
pub mod stats;
pub mod study;
pub mod units;

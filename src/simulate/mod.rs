//! Chunks of subjects through an engine in parallel, in order, into sinks, level 4.

mod pump;
pub mod residual;
pub mod result;
pub mod sink;

//! Chunks of subjects through an engine in parallel, in order, into sinks, level 4.

pub mod result;
pub mod sink;

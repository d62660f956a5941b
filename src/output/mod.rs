//! Files: the list of columns, rows at memory speed, summaries, the manifest, and a folder in which nothing half-written stays.
//!
//! [`layout::Layout`] says what a study's files hold; the sinks ([`profiles`], [`exposures`], [`subjects`],
//! [`summaries`], [`targets`], [`replicates`]) write it. Pictures are drawn by [`crate::plot`] from what [`read`] reads back.

pub mod cells;
pub mod columns;
pub mod comparisons;
mod decimals;
pub mod exposures;
pub mod folder;
pub mod forests;
pub mod layout;
mod lines;
pub mod manifest;
pub mod nca;
pub mod number;
pub mod of_design;
#[cfg(feature = "parquet")]
mod parquet;
pub mod profiles;
pub mod reached;
pub mod read;
pub mod replicates;
pub mod row_sink;
pub mod rows;
pub mod subjects;
pub mod summaries;
pub mod targets;
pub mod unfinished;
pub mod vpc;

//! Any bytes as a data set: see `dataset_property.rs`.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz dataset`
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../dataset_property.rs"]
mod dataset_property;

fuzz_target!(|bytes: &[u8]| {
    dataset_property::holds(bytes);
});

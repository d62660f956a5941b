//! Any bytes as a model: see `model_property.rs`.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz model -- -dict=tests/fuzz/model.dict`
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../model_property.rs"]
mod model_property;

fuzz_target!(|bytes: &[u8]| model_property::holds(bytes));

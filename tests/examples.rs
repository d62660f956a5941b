//! The examples end well. What they compute is tested elsewhere.

#[path = "../examples/01_accumulation.rs"]
mod accumulation;
#[path = "../examples/03_data_set.rs"]
mod data_set;
#[path = "../examples/02_your_own_model.rs"]
mod your_own_model;

#[test]
fn accumulation_is_printed() {
    accumulation::main().unwrap();
}

#[test]
fn a_model_of_ones_own_runs() {
    your_own_model::main().unwrap();
}

#[test]
fn a_data_set_is_answered() {
    data_set::main().unwrap();
}

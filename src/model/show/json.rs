//! A model as JSON: the representation as read, and what the analysis made of it.

use serde_json::{Value, json};

use super::super::{Model, Scale};
use crate::engine::program::Block;

/// The representation (`ir`, infinite bounds are null), and under `analysis` the covariates, the scale of each theta, the phase of each variable, outputs,
/// endpoints, structure with its reason, the sparsity of the Jacobian and the length of each block.
#[must_use]
pub fn to_json(model: &Model) -> Value {
    let program = model.program();
    let states: Vec<&str> = model.states().collect();
    let state_name = |index: usize| states.get(index).map_or_else(|| "exposure".to_owned(), |name| (*name).to_owned());
    let length = |block: &Block| block.instructions.len();
    let scale = |(theta, scale): (&super::super::ir::Theta, &Scale)| json!({ "name": theta.name.text, "scale": scale });
    let entries = program.jacobian.as_ref().map(|jacobian| {
        let entry = |&(row, column, _): &(usize, usize, u32)| json!([state_name(row), state_name(column)]);
        jacobian.entries.iter().map(entry).collect::<Vec<_>>()
    });
    json!({
        "ir": model.ir(),
        "analysis": {
            "covariates": model.covariate_uses().iter().map(|covariate| json!({
                "name": covariate.name,
                "declared": covariate.declared,
                "unit": covariate.unit,
                "used_by": covariate.used_by,
            })).collect::<Vec<_>>(),
            "thetas": model.ir().thetas.iter().zip(&model.analysis.scales.thetas).map(scale).collect::<Vec<_>>(),
            "phases": model.phases().iter().map(|(name, phase)| json!({ "name": name, "phase": phase })).collect::<Vec<_>>(),
            "outputs": model.outputs().iter().map(|output| json!({ "name": output.name, "unit": output.unit })).collect::<Vec<_>>(),
            "endpoints": model.endpoints().iter().map(|endpoint| json!({
                "name": endpoint.name,
                "prediction": endpoint.prediction,
                "parameters": endpoint.parameters,
            })).collect::<Vec<_>>(),
            "structure": program.structure,
            "reason": model.structure_reason(),
            "must_be_positive": program.must_be_positive.iter().map(|(_, name)| name).collect::<Vec<_>>(),
            "only_integrates": (0..program.n_states()).filter(|&state| program.only_integrates[state]).map(state_name).collect::<Vec<_>>(),
            "jacobian": entries,
            "operations": {
                "subject": length(&program.subject),
                "record": length(&program.record),
                "derivative": length(&program.derivative),
                "observation": length(&program.observation),
            },
        },
    })
}

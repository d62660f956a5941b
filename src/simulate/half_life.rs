//! Terminal half-life of one subject from its parameters.

use nalgebra::DMatrix;

use crate::engine::program::{Program, Structure};
use crate::exposure::terminal::linear_system_half_life;

/// Time, in the model's unit, at which what decays in time has decayed: exp(-k t) is 0 for every rate in use, and a
/// sigmoid in time has reached its end to all digits.
const LATE: f64 = 1e9;

/// ln 2 over the slowest rate of the linear system that the model has become once all that decays in time has decayed,
/// in the model's unit of time; `None` where the model is not linear or nothing is eliminated.
///
/// `registers` hold the subject and record phase. States that only integrate have no part in it.
pub(super) fn terminal(program: &Program, registers: &mut [f64]) -> Option<f64> {
    if !matches!(program.structure, Structure::LinearConstant | Structure::LinearTimeVarying) {
        return None;
    }
    let jacobian = program.jacobian.as_ref()?;
    registers[program.time as usize] = LATE;
    registers[program.states.start as usize..program.states.end as usize].fill(0.0);
    program.derivative.run(registers);
    jacobian.block.run(registers);
    let kept: Vec<usize> = (0..program.n_states()).filter(|&state| !program.only_integrates[state]).collect();
    let position = |state: usize| kept.iter().position(|&other| other == state);
    let mut matrix = DMatrix::<f64>::zeros(kept.len(), kept.len());
    for &(row, column, register) in &jacobian.entries {
        if let (Some(row), Some(column)) = (position(row), position(column)) {
            matrix[(row, column)] = registers[register as usize];
        }
    }
    linear_system_half_life(&matrix)
}

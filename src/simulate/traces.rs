//! What is left at the end of an interval and no solver could tell from nothing.

use crate::engine::program::Program;
use crate::profile::IntervalExposure;

/// A trough above this part of the interval's maximum is never nothing, in whatever units the states are.
const TRACE: f64 = 1e-6;

/// Troughs that may be nothing.
pub(super) fn suspects(exposures: &mut [IntervalExposure]) -> impl Iterator<Item = &mut f64> {
    exposures.iter_mut().filter(|exposure| exposure.ctrough.abs() <= TRACE * exposure.cmax).map(|e| &mut e.ctrough)
}

/// What an error of `atol` in every state makes of the output that exposure is measured on, near no drug; 0 where that is not
/// known.
///
/// # Formula
/// `atol Σ |∂output / ∂state|`: the row of the Jacobian of the state that integrates the output.
///
/// `registers` hold the subject and record phase.
pub(super) fn of_output(program: &Program, registers: &mut [f64], atol: f64) -> f64 {
    let (Some(jacobian), Some(target)) = (&program.jacobian, program.exposure) else { return 0.0 };
    registers[program.states.start as usize..program.states.end as usize].fill(0.0);
    program.derivative.run(registers);
    jacobian.block.run(registers);
    let row = jacobian.entries.iter().filter(|(row, ..)| *row == target.auc_state);
    let slopes: f64 = row.map(|&(.., register)| registers[register as usize].abs()).sum();
    if slopes.is_finite() { atol * slopes } else { 0.0 }
}

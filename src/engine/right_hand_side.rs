//! The right-hand side of one subject between two stops, for integrators that take one subject at a time.

use super::covariates::{self, CovariateLine};
use super::cursor::Cursor;
use super::program::Program;
use std::cell::RefCell;

/// Derivatives with infusions added and compartments that are off held still.
#[derive(Debug)]
pub(super) struct RightHandSide<'a> {
    program: &'a Program,
    /// Its own copy, for the cursor stays as it is; behind a cell because integrators hand out shared references.
    registers: RefCell<Vec<f64>>,
    rates: &'a [f64],
    off: Option<&'a [bool]>,
    lines: &'a [CovariateLine],
}

impl<'a> RightHandSide<'a> {
    /// From the last stop of a settled cursor to its next one.
    pub fn of(cursor: &'a Cursor<'_>) -> Self {
        Self::new(cursor, cursor.rates())
    }

    /// The same with other infusions.
    pub fn new(cursor: &'a Cursor<'_>, rates: &'a [f64]) -> Self {
        let registers = RefCell::new(cursor.registers().to_vec());
        Self { program: cursor.program, registers, rates, off: cursor.off(), lines: cursor.lines() }
    }

    /// d/dt of each state.
    pub fn derivatives(&self, time: f64, state: &[f64], derivatives: &mut [f64]) {
        let mut registers = self.registers.borrow_mut();
        self.run(time, state, &mut registers);
        for (index, derivative) in derivatives.iter_mut().enumerate() {
            let is_off = self.off.is_some_and(|off| off[index]);
            *derivative =
                if is_off { 0.0 } else { registers[self.program.derivatives[index] as usize] + self.rates[index] };
        }
    }

    /// The output that exposure is measured on: the derivative of the state that integrates it; NaN without such a state.
    pub fn exposure(&self, time: f64, state: &[f64]) -> f64 {
        let Some(target) = self.program.exposure else { return f64::NAN };
        let mut registers = self.registers.borrow_mut();
        self.run(time, state, &mut registers);
        registers[self.program.derivatives[target.auc_state] as usize]
    }

    /// The symbolic Jacobian's entries at a time and state, where the program has one.
    pub fn jacobian(&self, time: f64, state: &[f64], mut entry: impl FnMut(usize, usize, f64)) -> bool {
        let Some(jacobian) = &self.program.jacobian else { return false };
        let mut registers = self.registers.borrow_mut();
        self.run(time, state, &mut registers);
        jacobian.block.run(&mut registers);
        for &(row, column, register) in &jacobian.entries {
            let is_off = self.off.is_some_and(|off| off[row] || off[column]);
            entry(row, column, if is_off { 0.0 } else { registers[register as usize] });
        }
        true
    }

    fn run(&self, time: f64, state: &[f64], registers: &mut [f64]) {
        covariates::follow(self.lines, self.program, time, registers);
        registers[self.program.time as usize] = time;
        let first = self.program.states.start as usize;
        registers[first..first + state.len()].copy_from_slice(state);
        self.program.derivative.run(registers);
    }
}

//! The steady state of a train of equal doses, or of a constant infusion (rules 7 to 11).
//!
//! Linear models: the interval is an affine map x -> M x + c, so the steady state solves (I - M) x = c. Nonlinear ones:
//! the fixed point of the same map by Newton's method, its derivatives from differences, until the state repeats to
//! 1e-8 over an interval. States that only integrate have no steady state and are left as they are.

use super::Tolerance;
use super::cursor::Cursor;
use super::failure::Cause;
use super::linear::LinearSystem;
use super::program::{BinaryOp, DoseInput, Instruction, Program, Register, Structure};
use super::reference;
use super::right_hand_side::RightHandSide;
use nalgebra::{DMatrix, DVector};

/// Relative change of a state over one interval at which it counts as steady.
const STEADY: f64 = 1e-8;

/// Doses given before Newton's method starts: it needs to be near.
const FIRST_DOSES: u32 = 5;

/// Newton steps, and doses given where one of them does not help.
const MAX_ROUNDS: u32 = 60;

/// Relative shift of a state for its difference quotient: half the digits that the integrator keeps.
const DIFFERENCE: f64 = 1e-5;

/// Longest time over which a constant infusion is followed in one piece.
const LONGEST: f64 = 1e6;

/// Steady state over one interval from nothing; above it the equations are singular up to rounding.
const MAX_ACCUMULATION: f64 = 1e12;

/// Tolerance of the integrator inside: differences of its results become derivatives.
const INNER: Tolerance = Tolerance { rtol: 1e-11, atol: 1e-13 };

/// Doses at equal intervals since ever, seen at a time of the interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Train {
    /// State they go into.
    pub compartment: usize,
    /// Amount of each; the rate where `duration` is infinite.
    pub amount: f64,
    /// Of each infusion; 0 for boluses, ∞ for one constant infusion.
    pub duration: f64,
    /// From one to the next.
    pub interval: f64,
    /// Time since the last one started; 0 is just before a dose.
    pub phase: f64,
}

/// Value of each state, `None` for those that keep what they have. The cursor is settled. Covariates are those of the
/// record, also where they follow a line before and after it.
pub(super) fn solve(
    cursor: &Cursor<'_>,
    record: usize,
    train: &Train,
    state: &[f64],
) -> Result<Vec<Option<f64>>, Cause> {
    let program = cursor.program;
    if changes_with_time(program, train) {
        return Err(Cause::TimeVaryingSteadyState { record });
    }
    let none = Cause::NoSteadyState { record, change: f64::NAN };
    if program.structure == Structure::LinearConstant {
        let mut system = LinearSystem::of(cursor)?;
        linear(&mut system, train, &moving(program, cursor)).ok_or(none)
    } else {
        nonlinear(cursor, record, train, state)
    }
}

/// States that take part: not those that only integrate, nor those turned off.
fn moving(program: &Program, cursor: &Cursor<'_>) -> Vec<usize> {
    (0..program.n_states())
        .filter(|&state| {
            program.only_integrates.get(state) != Some(&true) && cursor.off().is_none_or(|off| !off[state])
        })
        .collect()
}

/// Whether derivatives depend on time otherwise than through the time since the last dose of the train.
fn changes_with_time(program: &Program, train: &Train) -> bool {
    let of_train = |register: Register| {
        !train.duration.is_infinite()
            && program.dose_inputs.iter().any(|&(input, kind)| {
                let same =
                    matches!(kind, DoseInput::LastTime(state) if state.is_none_or(|state| state == train.compartment));
                input == register && same
            })
    };
    program.derivatives.contains(&program.time)
        || program.derivative.instructions.iter().any(|instruction| match *instruction {
            Instruction::Unary { a, .. } => a == program.time,
            Instruction::Binary { op: BinaryOp::Sub, a, b, .. } if a == program.time => !of_train(b),
            Instruction::Binary { a, b, .. } => a == program.time || b == program.time,
            Instruction::Select { condition, then, otherwise, .. } => {
                [condition, then, otherwise].contains(&program.time)
            }
        })
}

impl Train {
    /// Stretches of constant rate from just after a dose to `until` later: their lengths and the number of infusions running.
    fn stretches(&self, until: f64) -> impl Iterator<Item = (f64, f64)> {
        // An infusion longer than the interval overlaps the next ones: `whole` are always running.
        let whole = (self.duration / self.interval).floor();
        let part = self.duration - whole * self.interval;
        let first = part.min(until);
        [(first, whole + 1.0), (until - first, whole)].into_iter().filter(|&(length, _)| length > 0.0)
    }

    fn bolus(&self) -> f64 {
        if self.duration == 0.0 { self.amount } else { 0.0 }
    }

    /// Rate of one infusion.
    fn rate(&self) -> f64 {
        if self.duration == 0.0 { 0.0 } else { self.amount / self.duration }
    }
}

fn linear(system: &mut LinearSystem, train: &Train, moving: &[usize]) -> Option<Vec<Option<f64>>> {
    let (matrix, inflow) = system.coefficients();
    let n = matrix.nrows();
    // States that nothing moves keep their value instead of making the equations singular.
    let moving: Vec<usize> = moving
        .iter()
        .copied()
        .filter(|&state| {
            state == train.compartment || inflow[state] != 0.0 || matrix.row(state).iter().any(|&rate| rate != 0.0)
        })
        .collect();
    let scatter = |values: &DVector<f64>| {
        let mut state = vec![0.0; n];
        for (&index, &value) in moving.iter().zip(values.iter()) {
            state[index] = value;
        }
        state
    };
    let gather = |state: &[f64]| DVector::from_iterator(moving.len(), moving.iter().map(|&index| state[index]));

    if train.duration.is_infinite() {
        let block = DMatrix::from_fn(moving.len(), moving.len(), |row, column| matrix[(moving[row], moving[column])]);
        let mut forcing = -gather(inflow.as_slice());
        if let Some(row) = moving.iter().position(|&state| state == train.compartment) {
            forcing[row] -= train.amount;
        }
        let largest = forcing.amax() / block.diagonal().amax();
        return answer(n, &moving, &block.lu().solve(&forcing)?, largest);
    }

    let mut advance = |state: &mut [f64], dosed: bool, until: f64| {
        let mut rates = vec![0.0; n];
        state[train.compartment] += if dosed { train.bolus() } else { 0.0 };
        for (length, infusions) in train.stretches(until) {
            rates[train.compartment] = if dosed { infusions * train.rate() } else { 0.0 };
            let from = state.to_vec();
            system.stretch(&from, &rates).at(length, state);
        }
    };
    // c is the interval from 0; column j of M the interval from the unit vector j, less c without doses.
    let mut with_doses = vec![0.0; n];
    advance(&mut with_doses, true, train.interval);
    let mut empty = vec![0.0; n];
    advance(&mut empty, false, train.interval);
    let mut equations = DMatrix::identity(moving.len(), moving.len());
    for (column, &index) in moving.iter().enumerate() {
        let mut unit = vec![0.0; n];
        unit[index] = 1.0;
        advance(&mut unit, false, train.interval);
        for (row, &target) in moving.iter().enumerate() {
            equations[(row, column)] -= unit[target] - empty[target];
        }
    }
    let given = gather(&with_doses);
    let before_dose = equations.lu().solve(&given)?;
    let mut state = scatter(&before_dose);
    if train.phase > 0.0 {
        advance(&mut state, true, train.phase);
    }
    answer(n, &moving, &gather(&state), given.amax())
}

/// `None` where the solution is but rounding of a singular system: nothing leaves the model, so it has no steady state.
fn answer(n: usize, moving: &[usize], values: &DVector<f64>, single: f64) -> Option<Vec<Option<f64>>> {
    let mut steady = vec![None; n];
    for (&index, &value) in moving.iter().zip(values.iter()) {
        if !value.is_finite() || value.abs() > MAX_ACCUMULATION * single {
            return None;
        }
        steady[index] = Some(value);
    }
    Some(steady)
}

fn nonlinear(cursor: &Cursor<'_>, record: usize, train: &Train, state: &[f64]) -> Result<Vec<Option<f64>>, Cause> {
    let moving = moving(cursor.program, cursor);
    let constant = train.duration.is_infinite();
    // Every interval runs from the record on, where the cursor says that the last dose was given.
    let start = cursor.time();
    // A constant infusion is steady over any interval; long ones settle sooner, and the search lengthens them.
    let mut interval = if constant { 1.0 } else { train.interval };
    let advance = |state: &mut [f64], until: f64| -> Result<(), Cause> {
        let mut rates = vec![0.0; state.len()];
        if constant {
            rates[train.compartment] = train.amount;
            return reference::propagate(&RightHandSide::new(cursor, &rates), start, start + until, state, INNER);
        }
        state[train.compartment] += train.bolus();
        let mut elapsed = 0.0;
        for (length, infusions) in train.stretches(until) {
            rates[train.compartment] = infusions * train.rate();
            let (from, to) = (start + elapsed, start + elapsed + length);
            reference::propagate(&RightHandSide::new(cursor, &rates), from, to, state, INNER)?;
            elapsed += length;
        }
        Ok(())
    };

    let mut current = state.to_vec();
    for _ in 0..FIRST_DOSES {
        advance(&mut current, interval)?;
        interval *= if constant { 2.0 } else { 1.0 };
    }
    let mut change = f64::INFINITY;
    for _ in 0..MAX_ROUNDS {
        let mut next = current.clone();
        advance(&mut next, interval)?;
        let scale: f64 = moving.iter().fold(0.0, |scale, &index| next[index].abs().max(scale));
        let size = |index: usize, state: &[f64]| state[index].abs().max(1e-6 * scale).max(f64::MIN_POSITIVE);
        let residual = DVector::from_iterator(moving.len(), moving.iter().map(|&index| next[index] - current[index]));
        let new_change = moving
            .iter()
            .zip(residual.iter())
            .fold(0.0f64, |worst, (&index, r)| worst.max(r.abs() / size(index, &next)));

        let mut equations = DMatrix::identity(moving.len(), moving.len());
        for (column, &index) in moving.iter().enumerate() {
            let step = DIFFERENCE * current[index].abs().max(1e-3 * scale).max(f64::MIN_POSITIVE);
            let mut shifted = current.clone();
            shifted[index] += step;
            let exact_step = shifted[index] - current[index];
            advance(&mut shifted, interval)?;
            for (row, &target) in moving.iter().enumerate() {
                equations[(row, column)] -= (shifted[target] - next[target]) / exact_step;
            }
        }
        let newton = equations.lu().solve(&residual).filter(|step| step.iter().all(|value| value.is_finite()));
        // The change per interval may be small only because the approach is slow: what counts is the way still to go.
        let remaining = newton.as_ref().map_or(f64::INFINITY, |step| {
            moving.iter().zip(step.iter()).fold(0.0f64, |worst, (&index, s)| worst.max(s.abs() / size(index, &current)))
        });
        let improves = new_change <= change;
        change = new_change;
        match newton {
            // Amounts do not go below 0 on the way; a rounding below is as good as 0.
            Some(step)
                if remaining <= STEADY
                    || improves
                        && moving.iter().zip(step.iter()).all(|(&index, s)| current[index] + s >= -STEADY * scale) =>
            {
                for (&index, s) in moving.iter().zip(step.iter()) {
                    current[index] += s;
                }
                if remaining <= STEADY {
                    return finish(&advance, train, &moving, current);
                }
            }
            _ => {
                current = next;
                interval = if constant { (2.0 * interval).min(LONGEST) } else { interval };
            }
        }
    }
    Err(Cause::NoSteadyState { record, change })
}

/// From just before a dose to the phase asked for.
fn finish(
    advance: &impl Fn(&mut [f64], f64) -> Result<(), Cause>,
    train: &Train,
    moving: &[usize],
    mut state: Vec<f64>,
) -> Result<Vec<Option<f64>>, Cause> {
    if train.phase > 0.0 {
        advance(&mut state, train.phase)?;
    }
    let mut steady = vec![None; state.len()];
    for &index in moving {
        steady[index] = Some(state[index]);
    }
    Ok(steady)
}

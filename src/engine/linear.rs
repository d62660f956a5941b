//! Constant-coefficient linear systems, exactly: dx/dt = A x + b + infusion rates between two stops.
//!
//! Where A has real eigenvalues and well-conditioned eigenvectors, x(h) = V (e^{λh} V⁻¹ x₀ + φ₁(λ, h) V⁻¹ f) with
//! φ₁ = (e^{λh} - 1)/λ, and states that only integrate add C times the integral of that. Otherwise (repeated or complex
//! eigenvalues) the exponential of the augmented matrix [[A, I], [0, 0]] h, whose right half is the integral of e^{As}
//! (Van Loan, IEEE Trans. Automat. Contr. 23:395, 1978), by scaling and squaring (Higham, SIAM J. Matrix Anal. Appl.
//! 26:1179, 2005, as nalgebra has it), kept per step length.

use super::SubjectInput;
use super::crossing::note_above;
use super::cursor::Cursor;
use super::eigen::{Coordinates, Eigen, reachable};
use super::failure::{Cause, SubjectError};
use super::maximum::note_maxima;
use super::program::{ExposureTarget, Program};
use super::right_hand_side::RightHandSide;
use crate::profile::Profile;
use nalgebra::{DMatrix, DVector};

/// Step lengths whose exponential is kept; beyond it the list starts anew.
const MAX_KEPT: usize = 512;

/// Ratio of consecutive times at which the curve is looked at for a maximum, starting from `FIRST_POINT` of the fastest
/// time scale: sums of exponentials change on all scales in between.
const POINT_RATIO: f64 = 1.6;
const FIRST_POINT: f64 = 0.05;

/// The coefficients that hold between two changes of a record-phase input.
#[derive(Clone, Debug)]
pub(super) struct LinearSystem {
    /// All rows, those of compartments that are off 0.
    matrix: DMatrix<f64>,
    /// What flows without infusions.
    inflow: DVector<f64>,
    eigen: Option<Eigen>,
    kept: Vec<(u64, DMatrix<f64>, DMatrix<f64>)>,
    fastest: f64,
}

impl LinearSystem {
    /// Reads the coefficients of a settled cursor's stretch.
    ///
    /// # Errors
    /// Coefficients that are not finite; covariates that move along a line.
    pub fn of(cursor: &Cursor<'_>) -> Result<Self, Cause> {
        if !cursor.lines().is_empty() {
            return Err(Cause::ContinuousCovariates { solver: "linear" });
        }
        let n = cursor.program.n_states();
        let no_rates = vec![0.0; n];
        let right_hand_side = RightHandSide::new(cursor, &no_rates);
        let mut state = vec![0.0; n];
        let mut inflow = DVector::zeros(n);
        right_hand_side.derivatives(cursor.time(), &state, inflow.as_mut_slice());
        let mut matrix = DMatrix::zeros(n, n);
        if !right_hand_side.jacobian(cursor.time(), &state, |row, column, value| matrix[(row, column)] = value) {
            let mut derivatives = vec![0.0; n];
            for column in 0..n {
                if cursor.off().is_some_and(|off| off[column]) {
                    continue;
                }
                state[column] = 1.0;
                right_hand_side.derivatives(cursor.time(), &state, &mut derivatives);
                state[column] = 0.0;
                for row in 0..n {
                    matrix[(row, column)] = derivatives[row] - inflow[row];
                }
            }
        }
        if !matrix.iter().chain(inflow.iter()).all(|value| value.is_finite()) {
            return Err(Cause::NonFinite);
        }
        let eigen = Eigen::of(&matrix, &cursor.program.only_integrates);
        let fastest = matrix.diagonal().amax();
        Ok(Self { matrix, inflow, eigen, kept: Vec::new(), fastest })
    }

    /// Rows and columns as the model has them, with what flows in without infusions.
    pub fn coefficients(&self) -> (&DMatrix<f64>, &DVector<f64>) {
        (&self.matrix, &self.inflow)
    }

    /// Prepares a stretch that starts at `state` with these infusions.
    pub fn stretch(&mut self, state: &[f64], rates: &[f64]) -> Stretch<'_> {
        let state = DVector::from_column_slice(state);
        let forcing = &self.inflow + DVector::from_column_slice(rates);
        let coordinates = self.eigen.as_ref().map(|eigen| eigen.coordinates(&state, &forcing));
        Stretch { state, forcing, coordinates, elapsed: 0.0, current: None, system: self }
    }

    /// Times that resolve a curve of length `length`, from 0.
    fn points(&self, length: f64) -> Vec<f64> {
        let mut points = vec![0.0];
        let mut time = FIRST_POINT / self.fastest;
        while time < length && time > 0.0 {
            points.push(time);
            time *= POINT_RATIO;
        }
        points.push(length);
        points
    }

    fn exponential(&mut self, step: f64) -> &(u64, DMatrix<f64>, DMatrix<f64>) {
        let key = step.to_bits();
        if let Some(index) = self.kept.iter().position(|kept| kept.0 == key) {
            return &self.kept[index];
        }
        let n = self.matrix.nrows();
        let mut augmented = DMatrix::zeros(2 * n, 2 * n);
        augmented.view_mut((0, 0), (n, n)).copy_from(&(&self.matrix * step));
        augmented.view_mut((0, n), (n, n)).fill_diagonal(step);
        let mut exponential = augmented.exp();
        // Rounding in its inner solve must not leave anything where nothing flows to.
        let reach = reachable(&self.matrix);
        for column in 0..2 * n {
            for row in 0..n {
                if !reach[(row, column % n)] {
                    exponential[(row, column)] = 0.0;
                }
            }
        }
        if self.kept.len() >= MAX_KEPT {
            self.kept.clear();
        }
        self.kept.push((
            key,
            exponential.view((0, 0), (n, n)).into_owned(),
            exponential.view((0, n), (n, n)).into_owned(),
        ));
        self.kept.last().expect("an entry was pushed just now")
    }
}

/// The solution from one stop to the next; times count from its start.
#[derive(Debug)]
pub(super) struct Stretch<'a> {
    system: &'a mut LinearSystem,
    state: DVector<f64>,
    forcing: DVector<f64>,
    coordinates: Option<Coordinates>,
    /// Where `current` stands: without eigenvectors a regular grid of samples repeats few step lengths.
    elapsed: f64,
    current: Option<DVector<f64>>,
}

impl Stretch<'_> {
    /// The state after `elapsed`.
    pub fn at(&mut self, elapsed: f64, state: &mut [f64]) {
        if elapsed == 0.0 {
            state.copy_from_slice(self.state.as_slice());
            return;
        }
        if let (Some(eigen), Some(coordinates)) = (&mut self.system.eigen, &self.coordinates) {
            eigen.advance(coordinates, &self.state, &self.forcing, elapsed, state);
            return;
        }
        let from_start = elapsed < self.elapsed || self.current.is_none();
        let (base, step) = match (&self.current, from_start) {
            (Some(current), false) => (current, elapsed - self.elapsed),
            _ => (&self.state, elapsed),
        };
        let (_, exponential, integral) = self.system.exponential(step);
        let next = exponential * base + integral * &self.forcing;
        state.copy_from_slice(next.as_slice());
        self.current = Some(next);
        self.elapsed = elapsed;
    }
}

/// The output that exposure is measured on: in the coordinates of the eigenvectors, or from the whole state.
fn exposure(stretch: &mut Stretch<'_>, auc_state: usize, elapsed: f64, scratch: &mut [f64]) -> f64 {
    if let (Some(eigen), Some(coordinates)) = (&mut stretch.system.eigen, &stretch.coordinates)
        && let Some(value) = eigen.integrand(coordinates, auc_state, elapsed)
    {
        return value + stretch.system.inflow[auc_state];
    }
    stretch.at(elapsed, scratch);
    let row = stretch.system.matrix.row(auc_state);
    row.iter().zip(scratch.iter()).map(|(rate, state)| rate * state).sum::<f64>() + stretch.system.inflow[auc_state]
}

/// Integrates one subject. `None` where `only_by_eigenvectors` is asked for and some of its coefficients have none that
/// are safe to use.
///
/// # Errors
/// Events that cannot be applied, coefficients that are not finite, covariates on a line.
pub(super) fn run(
    program: &Program,
    input: SubjectInput<'_>,
    only_by_eigenvectors: bool,
) -> Result<Option<Profile>, SubjectError> {
    let mut state = vec![0.0; program.n_states()];
    let mut at_sample = state.clone();
    let mut cursor = Cursor::start(program, input, &mut state)?;
    cursor.settle_and_check(&state)?;
    let mut system: Option<LinearSystem> = None;
    let mut samples = Vec::new();
    let mut maxima = Vec::new();
    while let Some(stop) = cursor.next_stop() {
        let start = cursor.time();
        let measures = cursor.measures_exposure();
        samples.clear();
        while let Some(sample) = cursor.next_sample(stop) {
            samples.push(sample);
        }
        let current = match &mut system {
            Some(current) => current,
            None => system.insert(LinearSystem::of(&cursor).map_err(|cause| cursor.fail(start, &state, cause))?),
        };
        if only_by_eigenvectors && current.eigen.is_none() {
            return Ok(None);
        }
        let points = if measures { current.points(stop - start) } else { Vec::new() };
        let rates = cursor.rates().to_vec();
        let mut stretch = current.stretch(&state, &rates);
        for sample in &samples {
            stretch.at(sample.time - start, &mut at_sample);
            cursor.record(sample, &at_sample);
        }
        if let (true, Some(ExposureTarget { auc_state, .. })) = (measures, program.exposure) {
            maxima.clear();
            let curve = |elapsed: f64| exposure(&mut stretch, auc_state, elapsed, &mut at_sample);
            note_maxima(&points, curve, |elapsed, value| {
                maxima.push((if elapsed >= stop - start { stop } else { start + elapsed }, value));
            });
            for &(time, value) in &maxima {
                cursor.note(time, value);
            }
            let curve = |elapsed: f64| exposure(&mut stretch, auc_state, elapsed, &mut at_sample);
            note_above(&points, cursor.levels(), curve, |level, from, to| {
                cursor.note_above(level, start + from, start + to);
            });
        }
        stretch.at(stop - start, &mut state);
        if !state.iter().all(|value| value.is_finite()) {
            return Err(cursor.fail(stop, &state, Cause::NonFinite));
        }
        let arrival = cursor.arrive(&mut state)?;
        cursor.settle_and_check(&state)?;
        if arrival.inputs || arrival.off {
            system = None;
        }
    }
    Ok(Some(cursor.finish()))
}

//! Dormand and Prince's method as the `ode_solvers` crate has it: slow, well known, nothing of ours in it. The
//! independent judge of the other integrators, and the way through what they cannot do.
//!
//! It is used around that crate's traps: time runs from 0 in every stretch (negative times panic there, late ones lose
//! digits), no stretch has length 0, values between steps come from its continuous output (its dense grid returns a wrong
//! last point), and not-a-number, which it reports as a step size, is told apart.

use super::crossing::note_above;
use super::cursor::Cursor;
use super::failure::{Cause, SubjectError};
use super::maximum::note_maxima;
use super::program::Program;
use super::right_hand_side::RightHandSide;
use super::{Answer, SubjectInput, Tolerance, Work};
use crate::profile::Profile;
use nalgebra::DVector;
use ode_solvers::continuous_output_model::ContinuousOutputModel;
use ode_solvers::dop_shared::{IntegrationError, OutputType, System};
use ode_solvers::dopri5::Dopri5;

/// Between two stops. A PK model that is not stiff takes tens; as the judge of those that are it has to be patient.
const MAX_STEPS: u32 = 1_000_000;

/// Values per step at which the curve is looked at for a maximum; within a step it is about a quartic.
const POINTS_PER_STEP: u32 = 4;

/// Integrates one subject. Fails where events cannot be applied, values are not finite, steps too small or too many.
pub(super) fn run(program: &Program, input: SubjectInput<'_>, tolerance: Tolerance) -> Answer {
    let mut steps = 0;
    let result = integrate(program, input, tolerance, &mut steps);
    Answer { result, work: Work { solver: "reference", steps } }
}

fn integrate(
    program: &Program,
    input: SubjectInput<'_>,
    tolerance: Tolerance,
    steps: &mut u32,
) -> Result<Profile, SubjectError> {
    let mut state = vec![0.0; program.n_states()];
    let mut cursor = Cursor::start(program, input, &mut state)?;
    cursor.settle_and_check(&state)?;
    let mut samples = Vec::new();
    let mut maxima = Vec::new();
    let mut above = Vec::new();
    while let Some(stop) = cursor.next_stop() {
        let measures = cursor.measures_exposure();
        let start = cursor.time();
        samples.clear();
        while let Some(sample) = cursor.next_sample(stop) {
            samples.push(sample);
        }
        let right_hand_side = RightHandSide::of(&cursor);
        let stretch = Stretch::integrate(&right_hand_side, start, stop, &state, tolerance)
            .map_err(|failure| cursor.fail(failure.time, &failure.state, failure.cause))?;
        *steps += stretch.steps.len() as u32;
        maxima.clear();
        above.clear();
        if measures {
            let curve = |time: f64| right_hand_side.exposure(time, &stretch.at(time));
            let points = stretch.points();
            note_maxima(&points, curve, |time, value| maxima.push((time, value)));
            note_above(&points, cursor.levels(), curve, |level, from, to| above.push((level, from, to)));
        }
        drop(right_hand_side);
        for sample in &samples {
            cursor.record(sample, &stretch.at(sample.time));
        }
        for &(time, value) in &maxima {
            cursor.note(time, value);
        }
        for &(level, from, to) in &above {
            cursor.note_above(level, from, to);
        }
        state.copy_from_slice(&stretch.end);
        cursor.arrive(&mut state)?;
        cursor.settle_and_check(&state)?;
    }
    Ok(cursor.finish())
}

/// Moves a state along, without samples.
pub(super) fn propagate(
    right_hand_side: &RightHandSide<'_>,
    start: f64,
    stop: f64,
    state: &mut [f64],
    tolerance: Tolerance,
) -> Result<(), Cause> {
    if stop > start {
        let stretch =
            Stretch::integrate(right_hand_side, start, stop, state, tolerance).map_err(|failure| failure.cause)?;
        state.copy_from_slice(&stretch.end);
    }
    Ok(())
}

/// The solution from one stop to the next.
struct Stretch {
    start: f64,
    stop: f64,
    end: Vec<f64>,
    /// Ends of the steps, from `start`.
    steps: Vec<f64>,
    between: ContinuousOutputModel<f64, DVector<f64>>,
}

/// Where and why a stretch ended early.
struct Failure {
    time: f64,
    state: Vec<f64>,
    cause: Cause,
}

struct Shifted<'a> {
    right_hand_side: &'a RightHandSide<'a>,
    start: f64,
}

impl System<f64, DVector<f64>> for Shifted<'_> {
    fn system(&self, elapsed: f64, state: &DVector<f64>, derivatives: &mut DVector<f64>) {
        self.right_hand_side.derivatives(self.start + elapsed, state.as_slice(), derivatives.as_mut_slice());
    }
}

impl Stretch {
    fn integrate(
        right_hand_side: &RightHandSide<'_>,
        start: f64,
        stop: f64,
        state: &[f64],
        tolerance: Tolerance,
    ) -> Result<Self, Failure> {
        let not_finite = |time: f64, state: &[f64]| {
            let mut derivatives = vec![0.0; state.len()];
            right_hand_side.derivatives(time, state, &mut derivatives);
            !state.iter().chain(&derivatives).all(|value| value.is_finite())
        };
        if not_finite(start, state) {
            return Err(Failure { time: start, state: state.to_vec(), cause: Cause::NonFinite });
        }
        let mut between = ContinuousOutputModel::default();
        let mut solver = Dopri5::from_param(
            Shifted { right_hand_side, start },
            0.0,
            stop - start,
            0.0,
            DVector::from_column_slice(state),
            tolerance.rtol,
            tolerance.atol,
            0.9,
            0.04,
            0.2,
            10.0,
            stop - start,
            0.0,
            MAX_STEPS,
            // Never ask whether the problem is stiff: the number of steps says so.
            u32::MAX,
            OutputType::Continuous,
        );
        let outcome = solver.integrate_with_continuous_output_model(&mut between);
        let end = solver.y_out().last().map_or_else(|| state.to_vec(), |last| last.as_slice().to_vec());
        if let Err(error) = outcome {
            let (elapsed, cause) = match error {
                IntegrationError::MaxNumStepReached { x, .. } => (x, Cause::TooManySteps { limit: MAX_STEPS }),
                IntegrationError::StepSizeUnderflow { x } | IntegrationError::StiffnessDetected { x } => {
                    (x, Cause::StepTooSmall)
                }
            };
            let time = start + elapsed;
            let cause = if not_finite(time, &end) { Cause::NonFinite } else { cause };
            return Err(Failure { time, state: end, cause });
        }
        if not_finite(stop, &end) {
            return Err(Failure { time: stop, state: end, cause: Cause::NonFinite });
        }
        let steps = solver.x_out().clone();
        Ok(Self { start, stop, end, steps, between })
    }

    /// The state at a time of the stretch.
    fn at(&self, time: f64) -> Vec<f64> {
        if time >= self.stop {
            return self.end.clone();
        }
        // The last step may end a rounding before the stop.
        let elapsed = (time - self.start).clamp(0.0, self.between.bounds().1);
        self.between.evaluate(elapsed).map_or_else(|| self.end.clone(), |state| state.as_slice().to_vec())
    }

    /// Times that resolve the curve.
    fn points(&self) -> Vec<f64> {
        let mut points = vec![self.start];
        let mut last = 0.0;
        for &step in &self.steps {
            for part in 1..=POINTS_PER_STEP {
                points.push(self.start + last + (step - last) * f64::from(part) / f64::from(POINTS_PER_STEP));
            }
            last = step;
        }
        if let Some(end) = points.last_mut() {
            *end = self.stop;
        }
        points
    }
}

//! The solver of the study against the reference, which shares no integrator with it.

use super::{Check, CheckError, Keep, SUBJECTS, brief};
use crate::engine::{SolverChoice, Tolerance};
use crate::simulate::Replicates;
use crate::simulate::result::{Outcome, Simulated};
use crate::study::{Plan, Study};

/// How much tighter the reference integrates than the study: its error is then far below what is allowed ([`TOLERANCES`]), and its
/// steps, which take nearly all of the report's time, are no more than that needs.
const TIGHTER: f64 = 1e-1;
/// The reference cannot integrate more exactly than this.
const TIGHTEST: f64 = 1e-12;
/// Errors of steps add up over a run: so many tolerances are allowed.
const TOLERANCES: f64 = 1e3;
/// Where a study asks for a loose tolerance, a thousandth of the value is still seen in no table.
const COARSEST: f64 = 1e-3;

const CURVES: &str = "Solver against the reference: concentrations";
const AREAS: &str = "Solver against the reference: AUC";

/// Two checks: the curve that exposure is measured on, and its area per cycle.
pub(super) fn check(study: &Study, threads: Option<usize>) -> Result<Vec<Check>, CheckError> {
    let plan = study.first_subjects(SUBJECTS).map_err(CheckError::Study)?;
    let Some(exposure) = plan.setup().model.program().exposure else {
        return Ok(vec![Check::not_done(CURVES, "the model has no output that exposure is measured on")]);
    };
    let tolerance = plan.setup().tolerance;
    let mut reference = plan.clone();
    reference.setup_mut().solver = SolverChoice::Reference;
    reference.setup_mut().tolerance =
        Tolerance { rtol: (tolerance.rtol * TIGHTER).max(TIGHTEST), atol: tolerance.atol * TIGHTER };
    let ours = simulated(&plan, threads)?;
    let theirs = simulated(&reference, threads)?;
    let mut curve = Largest::default();
    let mut area = Largest::default();
    for (a, b) in ours.iter().zip(&theirs) {
        let (Ok(a), Ok(b)) = (&a.outcome, &b.outcome) else { continue };
        let column = |outcome: &Outcome| -> Vec<f64> {
            let rows = outcome.profile.values.chunks(outcome.profile.n_outputs.max(1));
            rows.filter_map(|row| row.get(exposure.output).copied()).collect()
        };
        curve.compare(&column(a), &column(b));
        let areas =
            |outcome: &Outcome| -> Vec<f64> { outcome.profile.exposures.iter().map(|exposure| exposure.auc).collect() };
        area.compare(&areas(a), &areas(b));
    }
    let allowed = (TOLERANCES * tolerance.rtol).min(COARSEST);
    let judge = |name: &str, found: &Largest| match found.compared {
        0 => Check::not_done(name, "no subject has one in both runs"),
        n => {
            let text = format!(
                "largest difference {} of the subject's largest value, over {n} subjects times arms",
                brief(found.error)
            );
            let limit =
                format!("at most {}: {TOLERANCES:.0} times the relative tolerance of the study", brief(allowed));
            Check::within(name, found.error <= allowed, text, limit)
        }
    };
    Ok(vec![judge(CURVES, &curve), judge(AREAS, &area)])
}

fn simulated(plan: &Plan, threads: Option<usize>) -> Result<Vec<Simulated>, CheckError> {
    let keep = Keep::default();
    plan.run(&Replicates::default(), threads, &[&keep], &mut |_| {})?;
    Ok(keep.into_all())
}

/// The largest difference seen, relative to the largest value of its subject.
#[derive(Debug, Default)]
struct Largest {
    error: f64,
    compared: usize,
}

impl Largest {
    fn compare(&mut self, ours: &[f64], theirs: &[f64]) {
        let scale = theirs.iter().copied().filter(|value| value.is_finite()).fold(0.0, |a: f64, b| a.max(b.abs()));
        if scale == 0.0 || ours.len() != theirs.len() {
            return;
        }
        self.compared += 1;
        for (a, b) in ours.iter().zip(theirs).filter(|(_, b)| b.is_finite()) {
            // A number that only one of them has is as wrong as can be.
            let error = if a.is_finite() { (a - b).abs() / scale } else { f64::INFINITY };
            self.error = self.error.max(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_counts_relative_to_the_subjects_largest_value_and_a_missing_number_always() {
        let mut largest = Largest::default();
        largest.compare(&[1.0, 2.0], &[1.0, 4.0]);
        assert_eq!((largest.error, largest.compared), (0.5, 1));
        largest.compare(&[0.0], &[0.0]);
        assert_eq!(largest.compared, 1, "nothing to compare");
        largest.compare(&[f64::NAN], &[1.0]);
        assert!(largest.error.is_infinite());
    }
}

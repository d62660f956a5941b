//! Every built-in model: what `auto` takes against the reference. `cargo bench --bench models` is the same on 200 patients each.

use crate::builtin::{USES, cohort, cohort_in_groups, largest_error};
use crate::fixtures::Cohort;
use teorell::engine::SolverChoice;

/// Patients per model: the whole takes some seconds in a development build.
const PATIENTS: usize = 3;

/// So stiff that the reference, which is explicit, would take minutes here.
const STIFF: [&str; 2] = ["alirocumab_djebli_2017_full", "mitoxantrone_an_2012"];

/// Ten times the tolerance: it bounds the error of a step, and those of some dozen steps add up.
#[test]
fn auto_is_within_ten_times_its_tolerance_of_the_reference_on_built_in_models() {
    const RTOL: f64 = 1e-6;
    for of in USES.iter().filter(|of| !STIFF.contains(&of.model)) {
        judge(of.model, &cohort(of, PATIENTS, 7), RTOL);
        // Sixteen on one regimen, who share their steps where they can.
        judge(of.model, &cohort_in_groups(of, 1, 8), RTOL);
    }
}

fn judge(model: &str, cohort: &Cohort, rtol: f64) {
    let found = cohort.run(SolverChoice::Auto, rtol);
    let expected = cohort.run(SolverChoice::Reference, 1e-9);
    for (number, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let (found, expected) = match (found, expected) {
            (Ok(found), Ok(expected)) => (found, expected),
            (found, expected) => {
                panic!("{model} {number}: {:?} {:?}", found.as_ref().err(), expected.as_ref().err())
            }
        };
        let error = largest_error(found, expected);
        assert!(error < 10.0 * rtol, "{model} {number}: {error:e}");
    }
}

//! What a subject's numbers must not depend on: its neighbours in the lanes, and (to rounding) the processor.

use crate::inotuzumab::{inotuzumab, worst_difference};
use teorell::engine::lanes::Backend;
use teorell::engine::{Engine, SolverChoice, Tolerance};
use teorell::profile::Profile;

/// Bit by bit, not-a-number included.
pub fn same_bytes(a: &Profile, b: &Profile) -> bool {
    let bits = |profile: &Profile| -> Vec<u64> {
        let exposures = profile.exposures.iter().flat_map(|e| [e.auc, e.cmax, e.tmax, e.ctrough]);
        profile.values.iter().copied().chain(exposures).map(f64::to_bits).collect()
    };
    bits(a) == bits(b)
}

#[test]
fn a_subject_has_the_same_bytes_alone_and_among_any_others() {
    let cohort = inotuzumab(50, 3);
    let inputs = cohort.inputs();
    for choice in [SolverChoice::Taylor, SolverChoice::RungeKutta] {
        let engine = cohort.engine(choice, 1e-6);
        let together = engine.run(&inputs);
        let reversed: Vec<_> = inputs.iter().rev().copied().collect();
        let reversed = engine.run(&reversed);
        for number in [0, 17, 49] {
            let alone = engine.run(&inputs[number..=number]);
            let alone = alone[0].as_ref().expect("it runs");
            assert!(same_bytes(alone, together[number].as_ref().expect("it runs")), "{choice:?} {number}");
            assert!(same_bytes(alone, reversed[49 - number].as_ref().expect("it runs")), "{choice:?} {number}");
        }
    }
}

#[test]
fn a_subject_that_fails_does_not_touch_its_neighbours() {
    let cohort = inotuzumab(20, 4);
    let mut broken = inotuzumab(20, 4);
    // Volumes below 0, values that are not numbers, clearances that overflow.
    broken.patients[3].etas[1] = f64::NAN;
    broken.patients[8].etas[0] = 800.0;
    broken.patients[9].timeline.covariates.values.fill(f64::NAN);
    for choice in [SolverChoice::Taylor, SolverChoice::RungeKutta] {
        let healthy = cohort.run(choice, 1e-6);
        let found = broken.run(choice, 1e-6);
        for (number, (found, healthy)) in found.iter().zip(&healthy).enumerate() {
            if [3, 8, 9].contains(&number) {
                assert!(found.is_err(), "{choice:?} {number}");
            } else {
                let (found, healthy) = (found.as_ref().expect("it runs"), healthy.as_ref().expect("it runs"));
                assert!(same_bytes(found, healthy), "{choice:?} {number}");
            }
        }
    }
}

/// 1e-12: some thousand roundings of 1e-16 that differ, in steps whose sizes may differ in the last digit. Ten times that for
/// Runge-Kutta, whose many short steps at 3,000 h are known to 5e-13 h, and so the places of samples in them.
#[test]
fn both_backends_agree_to_rounding() {
    let cohort = inotuzumab(40, 5);
    for (choice, allowed) in [(SolverChoice::Taylor, 1e-12), (SolverChoice::RungeKutta, 1e-11)] {
        let run = |backend| {
            let tolerance = Tolerance { rtol: 1e-8, atol: 1e-11 };
            let engine = Engine::with_backend(cohort.program.clone(), choice, tolerance, backend).expect("it fits");
            engine.run(&cohort.inputs())
        };
        for (a, b) in run(Backend::detect()).iter().zip(&run(Backend::portable())) {
            let worst = worst_difference(a.as_ref().expect("it runs"), b.as_ref().expect("it runs"), 1e-3);
            assert!(worst < allowed, "{choice:?}: {worst:e}");
        }
    }
}

/// Samples are read off the steps, they do not set them: exposures have the same bytes with and without.
#[test]
fn exposures_do_not_depend_on_samples() {
    let sampled = inotuzumab(20, 5);
    let unsampled = inotuzumab(20, 5).without_samples();
    for choice in [SolverChoice::Taylor, SolverChoice::RungeKutta] {
        for (with, without) in sampled.run(choice, 1e-8).iter().zip(&unsampled.run(choice, 1e-8)) {
            let (with, without) = (with.as_ref().expect("it runs"), without.as_ref().expect("it runs"));
            assert_eq!(with.exposures, without.exposures, "{choice:?}");
            assert!(without.values.is_empty());
        }
    }
}

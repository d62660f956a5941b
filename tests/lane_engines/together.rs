//! Subjects on one schedule, who share their steps in groups of sixteen.

use std::sync::Arc;

use crate::fixtures::Cohort;
use crate::independence::same_bytes;
use crate::inotuzumab::{inotuzumab, worst_difference};
use teorell::engine::lanes::Backend;
use teorell::engine::timeline::DoseRate;
use teorell::engine::{Engine, SolverChoice, SubjectInput, Tolerance};
use teorell::profile::Profile;

fn profiles(engine: &Engine, subjects: &[SubjectInput<'_>]) -> Vec<Profile> {
    engine.run(subjects).into_iter().map(|result| result.expect("it runs")).collect()
}

/// Half the tolerance, as for subjects in lanes of their own: the step is the longest that suits all sixteen.
#[test]
fn groups_agree_with_the_reference() {
    let cohort = inotuzumab(96, 11).on_one_schedule();
    let expected = profiles(&cohort.engine(SolverChoice::Reference, 1e-11), &cohort.inputs());
    for rtol in [1e-6, 1e-8, 1e-10] {
        let found = profiles(&cohort.engine(SolverChoice::Taylor, rtol), &cohort.inputs());
        let worst = found.iter().zip(&expected).map(|(a, b)| worst_difference(a, b, 1e-3)).fold(0.0, f64::max);
        assert!(worst < rtol / 2.0, "{rtol:e}: {worst:e}");
    }
}

#[test]
fn steps_are_shared_and_few() {
    let steps = |cohort: &Cohort| -> Vec<u32> {
        let answers = cohort.engine(SolverChoice::Taylor, 1e-8).answer(&cohort.inputs());
        answers.iter().map(|answer| answer.work.steps).collect()
    };
    let alone = steps(&inotuzumab(32, 12));
    let together = steps(&inotuzumab(32, 12).on_one_schedule());
    for (alone, together) in alone.chunks(16).zip(together.chunks(16)) {
        assert!(together.iter().all(|steps| *steps == together[0]), "{together:?}");
        let most = *alone.iter().max().expect("sixteen");
        // Each step is the shortest of sixteen, so about as many as the slowest subject takes.
        assert!(together[0] >= most && 2 * together[0] < 3 * most, "{together:?} {alone:?}");
    }
}

/// A group is sixteen numbers, counted from 1; a last one is completed by those who would come next.
#[test]
fn a_subject_has_the_same_bytes_in_a_cohort_of_any_size() {
    let cohort = inotuzumab(64, 13).on_one_schedule();
    let engine = cohort.engine(SolverChoice::Auto, 1e-8);
    let inputs = cohort.inputs();
    let large = profiles(&engine, &inputs);
    let small = engine.answer_among(&inputs[..20], &inputs[20..32]);
    assert_eq!(small.len(), 20, "companions are not answered");
    for (small, large) in small.into_iter().zip(&large) {
        assert!(same_bytes(&small.result.expect("it runs"), large));
    }
    let later = profiles(&engine, &inputs[32..]);
    assert!(later.iter().zip(&large[32..]).all(|(later, large)| same_bytes(later, large)));
    // Without companions four subjects are too few for a group, and only good to the tolerance.
    let incomplete = profiles(&engine, &inputs[..20]);
    assert!(!same_bytes(&incomplete[17], &large[17]) && worst_difference(&incomplete[17], &large[17], 1e-3) < 1e-8);
}

/// One that fails, or has a stop that is not everybody's, ends its group: then all are as if it had never been tried.
#[test]
fn a_group_that_does_not_fit_together_breaks_up_whole() {
    let cohort = inotuzumab(48, 14).on_one_schedule();
    let engine = cohort.engine(SolverChoice::Taylor, 1e-8);
    let together = profiles(&engine, &cohort.inputs());
    let alone = profiles(&engine, &inotuzumab(48, 14).inputs());
    assert!(together.iter().zip(&alone).all(|(together, alone)| !same_bytes(together, alone)), "or nothing is shown");
    let mut broken = cohort.clone();
    broken.patients[3].etas[1] = f64::NAN;
    // An infusion of its own length is a stop of this subject alone.
    broken.patients[20].timeline.doses[4].rate = DoseRate::Duration(1.5);
    let found = engine.run(&broken.inputs());
    assert!(found[3].is_err());
    for (index, found) in found.iter().enumerate().filter(|(index, _)| ![3, 20].contains(index)) {
        let expected = if index < 32 { &alone[index] } else { &together[index] };
        assert!(same_bytes(found.as_ref().expect("it runs"), expected), "{index}");
    }
}

#[test]
fn other_records_are_another_group() {
    let mut cohort = inotuzumab(16, 15).on_one_schedule();
    let engine = cohort.engine(SolverChoice::Taylor, 1e-8);
    let alone = profiles(&engine, &inotuzumab(16, 15).inputs());
    // Eight before it are a group, seven after it are too few.
    cohort.patients[8].timeline.records = Arc::new(cohort.patients[8].timeline.records.to_vec());
    let found = profiles(&engine, &cohort.inputs());
    for (index, (found, alone)) in found.iter().zip(&alone).enumerate() {
        assert_eq!(same_bytes(found, alone), index >= 8, "{index}");
    }
}

/// 1e-12, as for subjects in lanes of their own.
#[test]
fn both_backends_agree_to_rounding() {
    let cohort = inotuzumab(32, 16).on_one_schedule();
    let run = |backend| {
        let tolerance = Tolerance { rtol: 1e-8, atol: 1e-11 };
        let engine = Engine::with_backend(cohort.program.clone(), SolverChoice::Taylor, tolerance, backend);
        profiles(&engine.expect("it fits"), &cohort.inputs())
    };
    for (a, b) in run(Backend::detect()).iter().zip(&run(Backend::portable())) {
        let worst = worst_difference(a, b, 1e-3);
        assert!(worst < 1e-12, "{worst:e}");
    }
}

/// Samples are read off the steps, they do not set them.
#[test]
fn exposures_do_not_depend_on_samples() {
    let sampled = inotuzumab(16, 17).on_one_schedule();
    let unsampled = inotuzumab(16, 17).on_one_schedule().without_samples();
    let run = |cohort: &Cohort| profiles(&cohort.engine(SolverChoice::Taylor, 1e-8), &cohort.inputs());
    for (with, without) in run(&sampled).iter().zip(&run(&unsampled)) {
        assert_eq!(with.exposures, without.exposures);
    }
}

//! Every built-in model on random patients and regimens: the integrator that `auto` takes, subject by subject, its largest
//! error against the reference at 1e-10, its steps, and how long it takes beside the explicit one forced. The same for patients
//! of whom sixteen each are on one regimen, in groups and in lanes of their own. Doses are around those that the models were made
//! with; every patient counts, but for those on whom the judge does not agree with itself at a tenth of its tolerance, who are counted
//! as undecided.
//!
//! `cargo bench --bench models [-- PATIENTS [RTOL [MODEL]]]`; 200 patients at 1e-6 unless told otherwise.

use std::sync::Arc;
use std::time::Instant;

use teorell::engine::{Answer, SolverChoice, SubjectError};
use teorell::profile::Profile;

#[path = "../tests/lane_engines/builtin.rs"]
mod builtin;
#[path = "../tests/lane_engines/fixtures.rs"]
mod fixtures;

use builtin::{USES, Use, cohort, cohort_in_groups, largest_error};
use fixtures::Cohort;

/// What is compared with the judge is no more than ten times the tolerance away from it; the judge is a hundredth of it away.
const JUDGE: f64 = 1e-10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let patients = arguments.first().map_or(200, |text| text.parse().expect("a number of patients"));
    let rtol = arguments.get(1).map_or(1e-6, |text| text.parse().expect("a relative tolerance"));
    let only = arguments.get(2).map_or("", String::as_str);
    println!("{patients} random patients on random regimens, rtol {rtol:e}; error against `reference` at {JUDGE:e}\n");
    println!(
        "| model | integrators of `auto` | largest error / rtol | judge | steps per subject | us per subject | forced explicit | its us | ratio | groups: error / rtol | us | alone |"
    );
    println!("|---|---|---:|---|---:|---:|---|---:|---:|---:|---:|---:|");
    for of in USES.iter().filter(|of| of.model.contains(only)) {
        println!("{}", row(of, patients, rtol));
    }
}

fn row(of: &Use, patients: usize, rtol: f64) -> String {
    let cohort = cohort(of, patients, 20_260_101);
    let Judged { expected, by_taylor, undecided } = judged(&cohort, rtol);
    let (answers, seconds) = timed(&cohort, SolverChoice::Auto, rtol);
    let error = error_over(rtol, &answers, &expected);
    let mut judge = "reference".to_owned();
    for (number, what) in [(by_taylor, "taylor"), (undecided, "undecided")] {
        if number > 0 {
            judge += &format!(", {what} {number}");
        }
    }
    let per_subject = |seconds: f64| 1e6 * seconds / patients as f64;
    let steps: u64 = answers.iter().map(|answer| u64::from(answer.work.steps)).sum();
    let (name, forced) = [(SolverChoice::Taylor, "taylor"), (SolverChoice::RungeKutta, "rk")]
        .into_iter()
        .find_map(|(choice, name)| cohort.try_engine(choice, rtol).map(|_| (name, timed(&cohort, choice, rtol))))
        .expect("Runge-Kutta fits every model");
    let mut shared = cohort_in_groups(of, patients, 20_260_102);
    let (in_groups, group_seconds) = timed(&shared, SolverChoice::Auto, rtol);
    let group_error = error_over(rtol, &in_groups, &judged(&shared, rtol).expected);
    for patient in &mut shared.patients {
        patient.timeline.records = Arc::new(patient.timeline.records.to_vec());
    }
    let (_, alone_seconds) = timed(&shared, SolverChoice::Auto, rtol);
    format!(
        "| {} | {} | {error} | {judge} | {} | {:.1} | {name} | {:.1} | {:.2} | {group_error} | {:.1} | {:.1} |",
        of.model,
        integrators(&answers),
        steps / patients as u64,
        per_subject(seconds),
        per_subject(forced.1),
        forced.1 / seconds,
        1e6 * group_seconds / shared.patients.len() as f64,
        1e6 * alone_seconds / shared.patients.len() as f64,
    )
}

/// The largest error in units of the tolerance, how many failed, and how many were solved where every judge gave up.
fn error_over(rtol: f64, answers: &[Answer], expected: &[Option<Result<Profile, SubjectError>>]) -> String {
    let mut worst: f64 = 0.0;
    let (mut failed, mut unjudged) = (0, 0);
    for (answer, expected) in answers.iter().zip(expected) {
        match (&answer.result, expected) {
            (_, None) => {}
            (Ok(found), Some(Ok(expected))) => worst = worst.max(largest_error(found, expected)),
            (Err(_), Some(Err(_))) => {}
            (Ok(_), Some(Err(_))) => unjudged += 1,
            (Err(_), Some(Ok(_))) => failed += 1,
        }
    }
    let mut text = format!("{:.2}", worst / rtol);
    for (number, what) in [(failed, "FAILED"), (unjudged, "unjudged")] {
        if number > 0 {
            text += &format!(", {number} {what}");
        }
    }
    text
}

/// What the answers are compared with.
struct Judged {
    /// `None` where the judge does not know.
    expected: Vec<Option<Result<Profile, SubjectError>>>,
    /// How many are so stiff that the reference gives up: the series stands in.
    by_taylor: usize,
    /// How many solutions depend so much on the last digits that the judge at a tenth of its tolerance says something else.
    undecided: usize,
}

fn judged(cohort: &Cohort, rtol: f64) -> Judged {
    let (expected, by_taylor) = reference(cohort, JUDGE);
    let (stricter, _) = reference(cohort, 0.1 * JUDGE);
    let agree = |pair: (Result<Profile, SubjectError>, &Result<Profile, SubjectError>)| match pair {
        (Ok(a), Ok(b)) => (largest_error(&a, b) < 0.1 * rtol).then_some(Ok(a)),
        (Err(error), Err(_)) => Some(Err(error)),
        _ => None,
    };
    let expected: Vec<_> = expected.into_iter().zip(&stricter).map(agree).collect();
    let undecided = expected.iter().filter(|expected| expected.is_none()).count();
    Judged { expected, by_taylor, undecided }
}

/// The reference; the series for those who are so stiff that the reference gives up, and how many they are.
fn reference(cohort: &Cohort, rtol: f64) -> (Vec<Result<Profile, SubjectError>>, usize) {
    let mut expected = cohort.run(SolverChoice::Reference, rtol);
    let given_up: Vec<usize> = (0..expected.len()).filter(|&subject| expected[subject].is_err()).collect();
    if let Some(engine) = cohort.try_engine(SolverChoice::Taylor, rtol) {
        let inputs = cohort.inputs();
        let again: Vec<_> = given_up.iter().map(|&subject| inputs[subject]).collect();
        for (&subject, answer) in given_up.iter().zip(engine.run(&again)) {
            expected[subject] = answer;
        }
    }
    (expected, given_up.len())
}

/// The best of three, so that what else the machine does counts little.
fn timed(cohort: &Cohort, choice: SolverChoice, rtol: f64) -> (Vec<Answer>, f64) {
    let engine = cohort.engine(choice, rtol);
    let inputs = cohort.inputs();
    let mut best = f64::INFINITY;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        answers = engine.answer(&inputs);
        best = best.min(begun.elapsed().as_secs_f64());
    }
    (answers, best)
}

/// How many subjects each integrator finished.
fn integrators(answers: &[Answer]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for answer in answers {
        match counts.iter_mut().find(|(name, _)| *name == answer.work.solver) {
            Some((_, count)) => *count += 1,
            None => counts.push((answer.work.solver, 1)),
        }
    }
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

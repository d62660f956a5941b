//! teorell beside other solvers on one thread: the same patients on inotuzumab, 18 one-hour infusions over six cycles, 323
//! concentrations and six areas each, largest relative error and speed in the same run.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml [-- SUBJECTS [JUDGED [REPETITIONS]]]`
//!
//! Every peer gets hand-written equations, compiled, in the form its documentation shows, and the individual parameters
//! computed beforehand; teorell runs its model text and computes the parameters itself. Each peer is restarted at the start
//! and the end of every infusion, reads its samples off its continuous output, and runs at the loosest of some tolerances
//! at which its largest error over the judged patients is at most that allowed.

mod differential;
mod dopri5;
#[path = "../../../tests/lane_engines/fixtures.rs"]
mod fixtures;
#[path = "../../../tests/lane_engines/inotuzumab.rs"]
mod inotuzumab;
mod measure;
mod patients;
mod tsit45;

use inotuzumab::inotuzumab;
use measure::{Contender, Teorell, accuracy, cpu_seconds, median};
use patients::individuals;
use teorell::engine::SolverChoice;

/// Largest relative error that a contender may have, in concentrations above a thousandth of a ng/mL and in areas.
const ALLOWED: f64 = 1e-6;

/// Tolerances to try, loosest first.
const TOLERANCES: [f64; 9] = [3e-6, 1e-6, 3e-7, 1e-7, 3e-8, 1e-8, 3e-9, 1e-9, 1e-10];

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let subjects = numbers.next().unwrap_or(512);
    let judged = numbers.next().unwrap_or(2_000);
    let repetitions = numbers.next().unwrap_or(9);

    // Another seed than the timed ones: nothing is tuned to the patients that judge.
    let judges = inotuzumab(judged, 20_260_101).on_one_schedule();
    let expected: Vec<_> = judges.run(SolverChoice::Reference, 1e-11);
    let expected: Vec<_> = expected.into_iter().map(|profile| profile.expect("the reference runs")).collect();
    let judges_alone = individuals(&judges);

    let timed = inotuzumab(subjects, 1).on_one_schedule();
    let without_samples = timed.clone().without_samples();
    let patients = individuals(&timed);

    let teorell = |samples: bool| {
        let cohort = if samples { &timed } else { &without_samples };
        move |rtol: f64| -> Box<dyn Contender> { Box::new(Teorell::new(cohort, rtol)) }
    };
    println!("{subjects} subjects on one thread, median of {repetitions} alternating repetitions by CPU time;");
    println!("errors over {judged} other subjects against ode_solvers at 1e-11\n");

    let mut rows: Vec<(String, f64, f64, Box<dyn Contender + '_>)> = Vec::new();
    let candidates: [(&str, &dyn Fn(&patients::Individuals, f64) -> Box<dyn Contender>); 3] = [
        ("ode_solvers Dopri5, continuous output", &|patients, rtol| Box::new(dopri5::Dopri::new(patients, rtol))),
        ("differential-equations dopri5, t_eval", &|patients, rtol| Box::new(differential::Dopri::new(patients, rtol))),
        ("pharmsol Tsit45, cache off", &|patients, rtol| Box::new(tsit45::Pharmsol::new(patients, rtol))),
    ];
    for (name, make) in candidates {
        let (rtol, error) = accuracy(&TOLERANCES, ALLOWED, &expected, |rtol| make(&judges_alone, rtol));
        rows.push((name.to_owned(), rtol, error, make(&patients, rtol)));
    }
    let (rtol, error) = accuracy(&TOLERANCES, ALLOWED, &expected, |rtol| Box::new(Teorell::new(&judges, rtol)));
    rows.push(("teorell, 323 samples".to_owned(), rtol, error, teorell(true)(rtol)));
    rows.push(("teorell, exposure only".to_owned(), rtol, error, teorell(false)(rtol)));
    let (rtol, error) = accuracy(&[1e-9], ALLOWED, &expected, |rtol| Box::new(Teorell::new(&judges, rtol)));
    rows.push(("teorell, 323 samples".to_owned(), rtol, error, teorell(true)(rtol)));
    rows.push(("teorell, exposure only".to_owned(), rtol, error, teorell(false)(rtol)));

    let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); rows.len()];
    for _ in 0..repetitions {
        for (row, seconds) in rows.iter().zip(&mut seconds) {
            seconds.push(cpu_seconds(|| {
                std::hint::black_box(row.3.run());
            }));
        }
    }
    // Ratios within a repetition, so that what else the machine does counts on both sides.
    let ratio = |row: usize, to: usize| median(seconds[to].iter().zip(&seconds[row]).map(|(to, own)| to / own));
    println!("| solver | tolerance | largest error | subjects/s | times ode_solvers | times pharmsol |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (index, (name, rtol, error, _)) in rows.iter().enumerate() {
        let speed = subjects as f64 / median(seconds[index].iter().copied());
        println!(
            "| {name} | {rtol:.0e} | {error:.1e} | {speed:.0} | {:.1} | {:.1} |",
            ratio(index, 0),
            ratio(index, 2)
        );
    }
}

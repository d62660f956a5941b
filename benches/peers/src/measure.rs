//! Accuracy first, then speed.

use cpu_time::ThreadTime;
use teorell::engine::{Engine, SolverChoice, SubjectInput};
use teorell::profile::Profile;

use crate::fixtures::Cohort;

/// Concentrations below this, in ng/mL, are judged as if they were this.
const FLOOR: f64 = 1e-3;

/// What a solver found of one subject.
pub struct Found {
    pub concentrations: Vec<f64>,
    /// Area per cycle, in ng h/mL.
    pub areas: Vec<f64>,
}

/// A solver with its subjects.
pub trait Contender {
    fn run(&self) -> Vec<Found>;
}

/// teorell with its own choice of solver.
pub struct Teorell<'a> {
    engine: Engine,
    inputs: Vec<SubjectInput<'a>>,
}

impl<'a> Teorell<'a> {
    pub fn new(cohort: &'a Cohort, rtol: f64) -> Self {
        Self { engine: cohort.engine(SolverChoice::Auto, rtol), inputs: cohort.inputs() }
    }
}

impl Contender for Teorell<'_> {
    fn run(&self) -> Vec<Found> {
        let profiles = self.engine.run(&self.inputs);
        let found = |profile: Profile| Found {
            concentrations: profile.values,
            areas: profile.exposures.iter().map(|exposure| exposure.auc).collect(),
        };
        profiles.into_iter().map(|profile| found(profile.expect("it runs"))).collect()
    }
}

/// The first tolerance, with its largest error, at which that is at most what is allowed; else the last one.
pub fn accuracy<'a>(
    tolerances: &[f64],
    allowed: f64,
    expected: &[Profile],
    make: impl Fn(f64) -> Box<dyn Contender + 'a>,
) -> (f64, f64) {
    let mut best = (f64::NAN, f64::INFINITY);
    for &rtol in tolerances {
        let found = make(rtol).run();
        let error = found.iter().zip(expected).fold(0.0, |worst: f64, (found, expected)| {
            // A peer gives the concentration alone, the first of teorell's outputs.
            let width = expected.values.len() / found.concentrations.len();
            assert_eq!(width * found.concentrations.len(), expected.values.len());
            assert_eq!(found.areas.len(), expected.exposures.len());
            let areas = expected.exposures.iter().map(|exposure| exposure.auc);
            let pairs = found.concentrations.iter().copied().zip(expected.values.iter().copied().step_by(width));
            let pairs = pairs.chain(found.areas.iter().copied().zip(areas));
            pairs.fold(worst, |worst, (found, expected)| {
                let error = (found - expected).abs() / expected.abs().max(FLOOR);
                if error >= worst || error.is_nan() { error } else { worst }
            })
        });
        best = (rtol, error);
        if error <= allowed {
            break;
        }
    }
    best
}

/// Seconds of this thread on a processor: other programs do not count.
pub fn cpu_seconds(work: impl FnOnce()) -> f64 {
    let begun = ThreadTime::now();
    work();
    begun.elapsed().as_secs_f64()
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

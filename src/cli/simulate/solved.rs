//! Who solved what: results by the integrator that finished them.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use teorell::simulate::result::Simulated;
use teorell::simulate::sink::Sink;
use teorell::study::Study;
use teorell::study::spec::SolverName;

use crate::cli::report::note;

/// Counts results (subjects times arms, failed ones left out) by integrator.
#[derive(Debug, Default)]
pub struct Solved(Mutex<BTreeMap<&'static str, u64>>);

impl Solved {
    /// The counts, by name of the integrator.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(&solver, &n)| (solver.to_owned(), n)).collect()
    }

    /// Says so where a solver was asked for and others finished some subjects.
    pub fn tell(&self, study: &Study) {
        let asked = match study.spec().solver.choice {
            SolverName::Auto => return,
            SolverName::Taylor => "taylor",
            SolverName::Linear => "linear",
            SolverName::RungeKutta => "rk",
            SolverName::Stiff => "stiff",
            SolverName::Reference => "reference",
        };
        let counts = self.counts();
        let all: u64 = counts.values().sum();
        let others: Vec<String> = (counts.iter().filter(|(solver, _)| *solver != asked))
            .map(|(solver, n)| format!("{n} of {all} curves by `{solver}`"))
            .collect();
        if !others.is_empty() {
            let others = others.join(", ");
            note(&format!("solver `{asked}` was asked for; where it could go no further another one did: {others}"));
        }
    }
}

impl Sink for Solved {
    type Digest = BTreeMap<&'static str, u64>;

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        let mut counts = BTreeMap::new();
        for outcome in chunk.iter().filter_map(|simulated| simulated.outcome.as_ref().ok()) {
            *counts.entry(outcome.solver).or_default() += 1;
        }
        counts
    }

    fn absorb(&self, digest: Self::Digest) -> io::Result<()> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (solver, n) in digest {
            *counts.entry(solver).or_default() += n;
        }
        Ok(())
    }
}

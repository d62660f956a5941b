//! The subjects that failed: the first of them in full, the others counted.

use std::io;
use std::sync::{Mutex, PoisonError};

use teorell::output::number;
use teorell::simulate::result::Simulated;
use teorell::simulate::sink::Sink;
use teorell::study::Study;
use teorell::units::TimeUnit;

use super::tables::shown;
use crate::cli::report::warning;

/// So many are told in full: enough to see what they have in common.
const SHOWN: usize = 5;

/// Collects what the user is told of failures.
#[derive(Debug, Default)]
pub struct Failures {
    seen: Mutex<Told>,
    /// What messages call each arm at the point at hand.
    arms: Vec<String>,
    time_unit: TimeUnit,
    /// Whether subjects come more than once.
    replicated: bool,
}

/// How many failed, and what is said of the first of them.
#[derive(Debug, Default)]
pub struct Told {
    n: u64,
    first: Vec<String>,
}

impl Failures {
    /// Turns to a study, or to a point of its sweep.
    pub fn begin(&mut self, point: &Study) {
        let swept: String =
            point.swept().iter().map(|swept| format!(", {} {}", swept.name, shown(&swept.value))).collect();
        self.arms = point.arm_names().iter().map(|arm| format!("arm `{arm}`{swept}")).collect();
        self.time_unit = point.time_unit();
        self.replicated = point.replicates().count() > 1;
    }

    /// Names the first failed subjects on stderr, and where the others are found.
    pub fn report(&self, others: &str) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.first.iter().for_each(|failed| warning(failed));
        if seen.n > seen.first.len() as u64 {
            warning(&format!("{} more failed; {others}", seen.n - seen.first.len() as u64));
        }
    }
}

impl Sink for Failures {
    type Digest = Told;

    fn digest(&self, chunk: &[Simulated]) -> Told {
        let mut told = Told::default();
        for simulated in chunk {
            let Err(failure) = &simulated.outcome else { continue };
            told.n += 1;
            if told.first.len() < SHOWN {
                let (id, arm) = (&simulated.id, &self.arms[simulated.arm]);
                let at = failure.time.map_or_else(String::new, |time| {
                    format!(" at time {} {}", number::format(time, Some(6)), self.time_unit)
                });
                let replicate =
                    if self.replicated { format!(", replicate {}", simulated.replicate) } else { String::new() };
                told.first.push(format!("subject {id} in {arm}{replicate} failed{at}: {}", failure.message));
            }
        }
        told
    }

    fn absorb(&self, told: Told) -> io::Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.n += told.n;
        let room = SHOWN - seen.first.len();
        seen.first.extend(told.first.into_iter().take(room));
        Ok(())
    }
}

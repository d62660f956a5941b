//! The subjects that failed: the first of them in full, the others counted.

use std::io;
use std::sync::{Mutex, PoisonError};

use teorell::simulate::result::Simulated;
use teorell::simulate::sink::Sink;
use teorell::study::Study;

use crate::cli::report::warning;

/// So many are told in full: enough to see what they have in common.
const SHOWN: usize = 5;

/// Collects what the user is told of failures.
#[derive(Debug, Default)]
pub struct Failures {
    seen: Mutex<Told>,
}

#[derive(Debug, Default)]
pub struct Told {
    n: u64,
    first: Vec<FailedSubject>,
}

/// One failed subject.
#[derive(Debug)]
struct FailedSubject {
    arm: usize,
    id: String,
    time: Option<f64>,
    message: String,
}

impl Failures {
    /// Names the first failed subjects on stderr.
    pub fn report(&self, study: &Study) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for failed in &seen.first {
            let arm = study.arm_names()[failed.arm];
            let at = failed.time.map_or_else(String::new, |time| format!(" at time {time} {}", study.time_unit()));
            warning(&format!("subject {} in arm `{arm}` failed{at}: {}", failed.id, failed.message));
        }
        if seen.n > seen.first.len() as u64 {
            warning(&format!("{} more failed; `subjects.csv` says why", seen.n - seen.first.len() as u64));
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
                let (id, message) = (simulated.id.to_string(), failure.message.clone());
                told.first.push(FailedSubject { arm: simulated.arm, id, time: failure.time, message });
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

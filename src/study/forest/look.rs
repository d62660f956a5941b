//! What is taken from the subjects of a forest.

use std::io;
use std::sync::{Mutex, PoisonError};

use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

/// What is taken from a subject.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// The cycle that is looked at; `None` is the last.
    pub cycle: Option<u32>,
    /// Whether AUC and Cmax are taken.
    pub exposure: bool,
    /// Positions of parameters that are taken.
    pub parameters: Vec<usize>,
}

/// What was taken from a subject.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// Number of the cycle that was looked at; `None` without exposure.
    pub cycle: Option<u32>,
    /// AUC and Cmax, then parameters.
    pub values: Vec<f64>,
}

/// Why a subject has no values.
#[derive(Clone, Debug)]
pub(super) enum Missing {
    Cycle { last: u32 },
    Failed { message: String },
}

impl Look {
    fn at(&self, subject: &Simulated) -> Result<Taken, Missing> {
        let outcome =
            subject.outcome.as_ref().map_err(|failure| Missing::Failed { message: failure.message.clone() })?;
        let mut taken = Taken { cycle: None, values: Vec::new() };
        if self.exposure {
            let last = subject.cycles.last().map_or(0, |cycle| cycle.number);
            let wanted = self.cycle.unwrap_or(last);
            let place = subject.cycles.iter().position(|cycle| cycle.number == wanted);
            let exposure =
                place.and_then(|place| outcome.profile.exposures.get(place)).ok_or(Missing::Cycle { last })?;
            taken = Taken { cycle: Some(wanted), values: vec![exposure.auc, exposure.cmax] };
        }
        let parameters =
            self.parameters.iter().map(|&place| subject.parameters.get(place).copied().unwrap_or(f64::NAN));
        taken.values.extend(parameters);
        Ok(taken)
    }
}

/// Keeps what is taken from every subject, in order.
pub(super) struct Collector<'a> {
    look: &'a Look,
    seen: Mutex<Vec<Result<Taken, Missing>>>,
}

impl<'a> Collector<'a> {
    pub fn new(look: &'a Look) -> Self {
        Self { look, seen: Mutex::default() }
    }

    pub fn finish(self) -> Vec<Result<Taken, Missing>> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Collector<'_> {
    type Digest = Vec<Result<Taken, Missing>>;

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        chunk.iter().map(|subject| self.look.at(subject)).collect()
    }

    fn absorb(&self, taken: Self::Digest) -> io::Result<()> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
        Ok(())
    }
}

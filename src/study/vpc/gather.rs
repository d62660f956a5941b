//! Values of the observations that count, replicate by replicate: a sink that holds one replicate at a time.

use std::io;
use std::sync::{Mutex, PoisonError};

use crate::simulate::result::{Outcome, Simulated};
use crate::simulate::sink::Sink;

/// What is told of every complete replicate.
type Take<'a> = &'a mut (dyn FnMut(&[f64]) + Send);

/// Gathers a value per observation, and hands over every complete replicate.
pub(super) struct Gather<'a> {
    /// Per subject, in the order of the file: which of its rows count.
    counted: &'a [Box<[bool]>],
    /// Output of the model that is gathered; `None`: the simulated observation.
    output: Option<usize>,
    /// Values of a replicate.
    n: usize,
    under_way: Mutex<(Vec<f64>, Take<'a>)>,
}

impl<'a> Gather<'a> {
    /// Simulated observations, with residual error.
    pub fn of_observations(counted: &'a [Box<[bool]>], take: Take<'a>) -> Self {
        Self::new(counted, None, take)
    }

    /// One of the outputs of the model.
    pub fn of_output(counted: &'a [Box<[bool]>], output: usize, take: Take<'a>) -> Self {
        Self::new(counted, Some(output), take)
    }

    fn new(counted: &'a [Box<[bool]>], output: Option<usize>, take: Take<'a>) -> Self {
        let n = counted.iter().flatten().filter(|&&counts| counts).count();
        Self { counted, output, n, under_way: Mutex::new((Vec::with_capacity(n), take)) }
    }

    fn value(&self, outcome: &Outcome, row: usize) -> f64 {
        match self.output {
            Some(output) => outcome.profile.row(row)[output],
            None => outcome.observed.get(row).copied().unwrap_or(f64::NAN),
        }
    }
}

impl Sink for Gather<'_> {
    type Digest = Vec<f64>;

    fn digest(&self, chunk: &[Simulated]) -> Vec<f64> {
        let mut values = Vec::new();
        for simulated in chunk {
            // Subjects are numbered from 1, in the order of the file.
            let counted = (simulated.number as usize).checked_sub(1).and_then(|index| self.counted.get(index));
            let rows = counted.into_iter().flatten().enumerate().filter(|(_, counts)| **counts);
            values.extend(rows.map(|(row, _)| match &simulated.outcome {
                Ok(outcome) => self.value(outcome, row),
                Err(_) => f64::NAN,
            }));
        }
        values
    }

    fn absorb(&self, mut values: Vec<f64>) -> io::Result<()> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let (replicate, take) = &mut *under_way;
        replicate.append(&mut values);
        // A chunk never reaches into the next replicate.
        if replicate.len() == self.n {
            take(replicate);
            replicate.clear();
        }
        Ok(())
    }
}

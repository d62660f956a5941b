//! Normal noise of many samples at once.

use std::sync::LazyLock;

use rand::TryRng;
use rand::rand_core::Infallible;
use rand_distr::{Distribution, StandardNormal};

use crate::cohort::streams::ResidualStreams;

/// When each sample is taken, and which of those at its time it is, so that each has its own draw.
#[derive(Clone, Copy)]
pub(super) struct Moments<'a> {
    pub times: &'a [f64],
    /// Empty: samples at one time are numbered in their order.
    pub ordinals: &'a [u16],
}

impl Moments<'_> {
    pub fn ordinal(&self, row: usize) -> u16 {
        self.ordinals.get(row).copied().unwrap_or_else(|| {
            let before = self.times[..row].iter().rev().take_while(|&&time| time == self.times[row]);
            before.fold(0, |ordinal, _| ordinal.wrapping_add(1))
        })
    }
}

/// What [`StandardNormal`] draws for each sample of an endpoint from its own generator.
pub(super) fn normal(streams: ResidualStreams, endpoint: u16, moments: Moments<'_>) -> Vec<f64> {
    const AT_ONCE: usize = 64;
    let edges: &[f64; LAYERS + 1] = &EDGES;
    let Moments { times, ordinals } = moments;
    let mut values = vec![0.0; times.len()];
    let (mut words, mut left) = ([0; AT_ONCE], [0; AT_ONCE]);
    let mut before = f64::NAN;
    for first in (0..times.len()).step_by(AT_ONCE) {
        let rows = first..times.len().min(first + AT_ONCE);
        streams.first_words(&times[rows.clone()], endpoint, &mut words);
        // Whom one word does not decide, and who is not the first at a time, is put on a list: a branch for each would be guessed
        // wrongly.
        let mut n_left = 0;
        for ((row, value), (&time, &word)) in
            rows.clone().zip(&mut values[rows.clone()]).zip(times[rows.clone()].iter().zip(&words))
        {
            let (found, decided) = of_one_word(word, edges);
            *value = found;
            left[n_left % AT_ONCE] = row;
            n_left += usize::from(!decided | (time == before));
            before = time;
        }
        // Numbers that are given may make the first at a time another one.
        let numbered = rows.clone().zip(ordinals.get(rows).unwrap_or_default());
        let others = numbered.filter(|&(_, &ordinal)| ordinal != 0).map(|(row, _)| row);
        for row in left[..n_left].iter().copied().chain(others) {
            values[row] = StandardNormal.sample(&mut streams.at(times[row], endpoint, moments.ordinal(row)));
        }
    }
    values
}

/// Layers of the ziggurat that [`StandardNormal`] is (Marsaglia G, Tsang WW. J Stat Softw 2000;5(8); Doornik JA. An improved
/// ziggurat method to generate normal random samples. Oxford 2005).
const LAYERS: usize = 256;

/// Where each layer ends. They are read off [`StandardNormal`] itself, so that its numbers are met to the last bit.
static EDGES: LazyLock<[f64; LAYERS + 1]> = LazyLock::new(|| {
    let mut edges = [0.0; LAYERS + 1];
    // The innermost layer never takes the half of its edge without a second number. Left at 0 it and its neighbour take the long way.
    for (layer, edge) in (0..).zip(&mut edges[..LAYERS - 1]) {
        let half: f64 = StandardNormal.sample(&mut Word(layer | HALF));
        *edge = 2.0 * half;
    }
    edges
});

/// The random word whose upper bits say half of a layer.
const HALF: u64 = 0xc << 60;

/// The normal number, and whether one random word decides it, as it does 98 times in 100. The lowest 8 bits choose the layer, the
/// upper 52 a place between its ends.
#[inline(always)]
fn of_one_word(word: u64, edges: &[f64; LAYERS + 1]) -> (f64, bool) {
    const TWO: u64 = 0x4000_0000_0000_0000;
    let layer = (word & 0xff) as usize;
    let value = (f64::from_bits(word >> 12 | TWO) - 3.0) * edges[layer];
    (value, value.abs() < edges[layer + 1])
}

/// A generator of one number, again and again.
struct Word(u64);

impl TryRng for Word {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0 as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::streams::Streams;

    #[test]
    fn noise_has_the_bits_that_each_sample_alone_would_have() {
        let mut by_one_word = 0;
        for subject in 0..200 {
            let streams = Streams::new(17).residuals(subject);
            let times: Vec<f64> = (0..300).map(|i| f64::from(i - i % 7 / 6)).collect();
            // Those of odd subjects are numbered from behind.
            let last_first: Vec<u16> = (0..300).map(|i| u16::from(i % 7 == 5)).collect();
            let ordinals: &[u16] = if subject % 2 == 0 { &[] } else { &last_first };
            let moments = Moments { times: &times, ordinals };
            for (row, value) in normal(streams, 1, moments).into_iter().enumerate() {
                let ordinal = u16::from(row % 7 == if subject % 2 == 0 { 6 } else { 5 });
                let mut rng = streams.at(times[row], 1, ordinal);
                by_one_word += u32::from(of_one_word(rand::Rng::next_u64(&mut rng.clone()), &EDGES).1);
                let alone: f64 = StandardNormal.sample(&mut rng);
                assert_eq!(value.to_bits(), alone.to_bits(), "subject {subject}, row {row}");
            }
        }
        // Of 60,000; the published rejection rate of this ziggurat is about 1.2 %, two layers more take the long way.
        assert!(by_one_word > 58_000, "{by_one_word}");
    }
}

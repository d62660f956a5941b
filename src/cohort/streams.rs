//! Random streams: every random number belongs to (seed, purpose, subject, index) and to nothing else.
//!
//! The ChaCha block function is addressed directly: the key says seed, replicate and purpose, the stream the subject, the block
//! position the index. Adding a subject, an arm, a covariate or a sampling time therefore changes no other draw, and no
//! order of work can.
//!
//! Residual errors, of which a study may draw a thousand per subject, come from a lighter generator: a hash of subject and
//! time, keyed by ChaCha.

use std::convert::Infallible;

use multiversion::multiversion;
use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;

/// What a stream is drawn for. The numbers are part of the results: never reuse or change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Purpose {
    /// Covariates; the index is of the covariate's name ([`name_index`]).
    Covariates = 1,
    /// Subject-level random effects.
    Etas = 2,
    /// Occasion-level random effects; the index is the occasion.
    OccasionEtas = 3,
    /// The clinical course of a patient.
    Course = 5,
    /// Uncertainty of the model's parameters.
    Parameters = 6,
    /// Which row of a data set or cohort file a subject is.
    Resample = 7,
}

/// The number among the purposes of the key that residual errors are drawn with.
const RESIDUAL: u32 = 4;

/// Words of 32 bits per ChaCha block.
const WORDS_PER_BLOCK: u128 = 16;

/// Blocks that belong to one index: more than any draw takes (2^32 blocks are 2^36 words).
const BLOCKS_PER_INDEX_LOG2: u32 = 32;

/// Last 8 bytes of every key: another layout of the streams would take another number.
const LAYOUT: [u8; 8] = *b"teorell1";

/// The source of all random numbers of one study.
///
/// # Examples
/// ```
/// use rand::RngExt;
/// use teorell::cohort::streams::{Purpose, Streams};
/// let streams = Streams::new(42);
/// let mut seventeenth = streams.rng(Purpose::Etas, 17, 0);
/// let first: u64 = seventeenth.random();
/// assert_eq!(first, streams.rng(Purpose::Etas, 17, 0).random::<u64>());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    replicate: u32,
    residual_key: [u64; 2],
}

impl Streams {
    /// The streams of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, replicate: 0, residual_key: [0; 2] }.keyed()
    }

    /// The same seed's streams for another replicate of the study; replicate 0 is [`Streams::new`]'s.
    #[must_use]
    pub fn for_replicate(self, replicate: u32) -> Self {
        Self { replicate, ..self }.keyed()
    }

    fn keyed(mut self) -> Self {
        let mut rng = self.at(RESIDUAL, 0, 0);
        self.residual_key = [rng.next_u64(), rng.next_u64()];
        self
    }

    /// As given.
    #[must_use]
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// The generator for one purpose of one subject, at its first number.
    ///
    /// `index` tells draws of the same purpose apart (the occasion, the covariate). Each holds 2^36 words.
    #[must_use]
    pub fn rng(&self, purpose: Purpose, subject: u64, index: u32) -> ChaCha8Rng {
        self.at(purpose as u32, subject, u64::from(index) << BLOCKS_PER_INDEX_LOG2)
    }

    /// The generators of all residual errors of one subject.
    #[must_use]
    pub fn residuals(&self, subject: u64) -> ResidualStreams {
        ResidualStreams { of_subject: scatter(self.residual_key[0] ^ subject).wrapping_add(self.residual_key[1]) }
    }

    fn at(&self, purpose: u32, subject: u64, block: u64) -> ChaCha8Rng {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..12].copy_from_slice(&self.replicate.to_le_bytes());
        key[12..16].copy_from_slice(&purpose.to_le_bytes());
        key[24..].copy_from_slice(&LAYOUT);
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(subject);
        rng.set_word_pos(u128::from(block) * WORDS_PER_BLOCK);
        rng
    }
}

/// Where the residual errors of one subject come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResidualStreams {
    of_subject: u64,
}

impl ResidualStreams {
    /// The generator of the residual error of one observation.
    ///
    /// It depends on the sample's time itself, not on its position among the samples, so that further sampling times leave it as
    /// it is; `ordinal` numbers the observations of one endpoint at equal times.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, time: f64, endpoint: u16, ordinal: u16) -> ResidualRng {
        let of_time = scatter(self.of_subject ^ time_bits(time));
        ResidualRng { state: scatter(of_time.wrapping_add(part(endpoint, ordinal))) }
    }

    /// The first number of each generator of an endpoint at the times, of the first observation at each: a subject has hundreds.
    pub fn first_words(&self, times: &[f64], endpoint: u16, words: &mut [u64]) {
        first_words(*self, times, endpoint, words);
    }
}

/// -0 and 0 are the same time.
#[inline(always)]
fn time_bits(time: f64) -> u64 {
    (time + 0.0).to_bits()
}

#[inline(always)]
fn part(endpoint: u16, ordinal: u16) -> u64 {
    u64::from(endpoint) << 16 | u64::from(ordinal)
}

#[multiversion(targets("x86_64+avx2"))]
fn first_words(streams: ResidualStreams, times: &[f64], endpoint: u16, words: &mut [u64]) {
    let n = times.len().min(words.len());
    let (blocks, rest) = words[..n].as_chunks_mut();
    let (times, times_of_rest) = times[..n].as_chunks::<TOGETHER>();
    for (words, times) in blocks.iter_mut().zip(times) {
        words.iter_mut().zip(times).for_each(|(word, &time)| *word = streams.of_subject ^ time_bits(time));
        scatter_all(words, part(endpoint, 0));
        scatter_all(words, GOLDEN);
        scatter_all(words, 0);
    }
    for (word, &time) in rest.iter_mut().zip(times_of_rest) {
        *word = scatter(streams.at(time, endpoint, 0).state.wrapping_add(GOLDEN));
    }
}

/// Numbers that take each step together: a multiplication waits for the one before it.
const TOGETHER: usize = 16;

/// Each number scattered, and this added to it.
#[inline(always)]
fn scatter_all(numbers: &mut [u64; TOGETHER], added: u64) {
    numbers.iter_mut().for_each(|x| *x = (*x ^ (*x >> 30)).wrapping_mul(SCATTER[0]));
    numbers.iter_mut().for_each(|x| *x = (*x ^ (*x >> 27)).wrapping_mul(SCATTER[1]));
    numbers.iter_mut().for_each(|x| *x = (*x ^ (*x >> 31)).wrapping_add(added));
}

/// Random numbers for one residual error: splitmix64 (Steele GL, Lea D, Flood CH. Fast splittable pseudorandom number
/// generators. OOPSLA 2014) from a state that belongs to one observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResidualRng {
    state: u64,
}

/// 2^64 over the golden ratio, odd: splitmix64's step.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl TryRng for ResidualRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.state = self.state.wrapping_add(GOLDEN);
        Ok(scatter(self.state))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// Spreads neighbouring numbers over all 64 bits, one to one: the finaliser of splitmix64.
#[inline(always)]
const fn scatter(bits: u64) -> u64 {
    let mut x = bits;
    x = (x ^ (x >> 30)).wrapping_mul(SCATTER[0]);
    x = (x ^ (x >> 27)).wrapping_mul(SCATTER[1]);
    x ^ (x >> 31)
}

/// Its multipliers.
const SCATTER: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

/// Index of a stream that belongs to a name: 32-bit FNV-1a (Fowler, Noll, Vo), the same wherever the name stands in a study.
#[must_use]
pub fn name_index(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::RngExt;

    use super::*;

    const PURPOSES: [Purpose; 6] = [
        Purpose::Covariates,
        Purpose::Etas,
        Purpose::OccasionEtas,
        Purpose::Course,
        Purpose::Parameters,
        Purpose::Resample,
    ];

    #[test]
    fn a_stream_does_not_depend_on_what_was_drawn_before() {
        let streams = Streams::new(7);
        let alone: Vec<u64> = streams.rng(Purpose::Etas, 17, 0).random_iter().take(50).collect();
        for subject in 0..40 {
            let _: f64 = streams.rng(Purpose::Etas, subject, 0).random();
            let _: f64 = streams.residuals(subject).at(168.0, 0, 0).random();
        }
        let after: Vec<u64> = streams.rng(Purpose::Etas, 17, 0).random_iter().take(50).collect();
        assert_eq!(alone, after);
    }

    #[test]
    fn known_answers_do_not_change() {
        // From a plain ChaCha8 and splitmix64 written for this purpose from the papers. A change here changes every simulated number.
        let streams = Streams::new(20_170_817);
        assert_eq!(streams.rng(Purpose::Etas, 0, 0).next_u64(), 6_842_572_301_772_091_607);
        assert_eq!(streams.rng(Purpose::Etas, 17, 0).next_u64(), 2_091_067_477_665_435_716);
        assert_eq!(streams.rng(Purpose::Covariates, 17, name_index("BLSTPB")).next_u64(), 1_785_060_427_769_848_174);
        assert_eq!(streams.residuals(17).at(168.0, 2, 1).next_u64(), 1_260_597_686_952_134_147);
        assert_eq!(streams.for_replicate(3).rng(Purpose::Etas, 17, 0).next_u64(), 2_360_320_876_502_450_795);
    }

    #[test]
    fn purposes_subjects_indices_times_and_replicates_are_all_different_streams() {
        let streams = Streams::new(1);
        let mut seen = BTreeSet::new();
        let mut expected = 0;
        for purpose in PURPOSES {
            for subject in 0..20 {
                for index in 0..20 {
                    let mut rng = streams.rng(purpose, subject, index);
                    // 40 words: past the first two blocks, so that neighbours that overlap would show.
                    for _ in 0..20 {
                        seen.insert(rng.next_u64());
                        expected += 1;
                    }
                }
            }
        }
        for subject in 0..20 {
            for endpoint in 0..3 {
                for ordinal in 0..3 {
                    for time in [0.0, 1.0, 1.0f64.next_up(), 24.0, 24.0f64.next_up(), 168.0] {
                        let mut rng = streams.residuals(subject).at(time, endpoint, ordinal);
                        for _ in 0..20 {
                            seen.insert(rng.next_u64());
                            expected += 1;
                        }
                    }
                }
            }
        }
        seen.insert(streams.for_replicate(1).rng(Purpose::Etas, 0, 0).next_u64());
        seen.insert(Streams::new(2).rng(Purpose::Etas, 0, 0).next_u64());
        expected += 2;
        // 69,602 draws of 64 bits: a chance collision has probability 2e-10.
        assert_eq!(seen.len(), expected);
    }

    #[test]
    fn first_words_are_those_of_the_generators() {
        let streams = Streams::new(5).residuals(11);
        let times: Vec<f64> = (0..21).map(|i| f64::from(i) * 0.7).chain([-0.0]).collect();
        let mut words = vec![0; times.len()];
        streams.first_words(&times, 3, &mut words);
        for (&time, word) in times.iter().zip(words) {
            assert_eq!(word, streams.at(time, 3, 0).next_u64());
        }
    }

    #[test]
    fn minus_zero_is_the_same_time_as_zero() {
        let streams = Streams::new(1);
        assert_eq!(streams.residuals(3).at(-0.0, 0, 0).next_u64(), streams.residuals(3).at(0.0, 0, 0).next_u64());
    }

    /// Correlation of first uniforms of neighbouring streams.
    fn correlation(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
        let (mut n, mut sum) = (0.0, 0.0);
        for (a, b) in pairs {
            n += 1.0;
            // Variance of a uniform is 1/12.
            sum += (a - 0.5) * (b - 0.5) * 12.0;
        }
        sum / n
    }

    #[test]
    fn neighbouring_streams_are_not_correlated() {
        let streams = Streams::new(99);
        let n = 40_000;
        let first = |mut rng: ChaCha8Rng| rng.random::<f64>();
        let residual = |subject, time, endpoint| streams.residuals(subject).at(time, endpoint, 0).random::<f64>();
        let by_subject = correlation(
            (0..n).map(|i| (first(streams.rng(Purpose::Etas, i, 0)), first(streams.rng(Purpose::Etas, i + 1, 0)))),
        );
        let by_index = correlation((0..n).map(|i| {
            let i = u32::try_from(i).unwrap();
            (first(streams.rng(Purpose::OccasionEtas, 5, i)), first(streams.rng(Purpose::OccasionEtas, 5, i + 1)))
        }));
        let by_purpose = correlation(
            (0..n).map(|i| (first(streams.rng(Purpose::Covariates, i, 0)), first(streams.rng(Purpose::Etas, i, 0)))),
        );
        let by_seed = correlation((0..n).map(|i| {
            (first(Streams::new(i).rng(Purpose::Etas, 0, 0)), first(Streams::new(i + 1).rng(Purpose::Etas, 0, 0)))
        }));
        let by_time = correlation((0..n).map(|i| (residual(5, i as f64, 0), residual(5, i as f64 + 1.0, 0))));
        let by_residual_subject = correlation((0..n).map(|i| (residual(i, 24.0, 0), residual(i + 1, 24.0, 0))));
        let by_endpoint = correlation((0..n).map(|i| (residual(i, 24.0, 0), residual(i, 24.0, 1))));
        // Standard error of a correlation of independent numbers is 1/sqrt(n) = 0.005; four of them.
        for value in [by_subject, by_index, by_purpose, by_seed, by_time, by_residual_subject, by_endpoint] {
            assert!(value.abs() < 0.02, "{value}");
        }
    }

    #[test]
    fn residual_numbers_are_uniform_and_independent_within_one_observation() {
        let streams = Streams::new(3);
        let n = 40_000;
        let mut cells = [[0u32; 8]; 8];
        for i in 0..n {
            let mut rng = streams.residuals(i % 200).at((i / 200) as f64 * 0.5, 0, 0);
            let cell = |uniform: f64| (uniform * 8.0) as usize;
            cells[cell(rng.random())][cell(rng.random())] += 1;
        }
        let expected = n as f64 / 64.0;
        let chi_squared: f64 =
            cells.iter().flatten().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
        // 63 degrees of freedom: mean 63, SD 11.2; five SDs above and below (below it would be too even).
        assert!((7.0..=119.0).contains(&chi_squared), "{chi_squared}");
    }
}

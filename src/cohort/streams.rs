//! Random streams: every random number belongs to (seed, purpose, subject, index) and to nothing else.
//!
//! The ChaCha block function is addressed directly: the key says seed, replicate and purpose, the stream the subject, the block
//! position the index. Adding a subject, an arm, a covariate or a sampling time therefore changes no other draw, and no
//! order of work can.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

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

/// The number among the purposes that [`Streams::residual`] alone draws for.
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
}

impl Streams {
    /// The streams of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, replicate: 0 }
    }

    /// The same seed's streams for another replicate of the study; replicate 0 is `self` as made by [`Streams::new`].
    #[must_use]
    pub const fn for_replicate(self, replicate: u32) -> Self {
        Self { seed: self.seed, replicate }
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
        self.at(purpose as u32, 0, subject, u64::from(index) << BLOCKS_PER_INDEX_LOG2)
    }

    /// The generator of the residual error of one observation.
    ///
    /// It depends on the sample's time itself, not on its position among the samples, so that further sampling times leave it as
    /// it is; `ordinal` numbers the observations of one endpoint at equal times.
    #[must_use]
    pub fn residual(&self, subject: u64, time: f64, endpoint: u16, ordinal: u16) -> ChaCha8Rng {
        // -0 and 0 are the same time.
        let bits = (time + 0.0).to_bits();
        self.at(RESIDUAL, u32::from(endpoint) << 16 | u32::from(ordinal), subject, scatter(bits))
    }

    fn at(&self, purpose: u32, part: u32, subject: u64, block: u64) -> ChaCha8Rng {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..12].copy_from_slice(&self.replicate.to_le_bytes());
        key[12..16].copy_from_slice(&purpose.to_le_bytes());
        key[16..20].copy_from_slice(&part.to_le_bytes());
        key[24..].copy_from_slice(&LAYOUT);
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(subject);
        rng.set_word_pos(u128::from(block) * WORDS_PER_BLOCK);
        rng
    }
}

/// Spreads neighbouring numbers over all 64 bits, one to one (the finaliser of splitmix64: Steele, Lea, Flood 2014), so that
/// the few blocks that one time takes do not run into those of a time with nearly the same bits.
const fn scatter(bits: u64) -> u64 {
    let mut x = bits;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Index of a stream that belongs to a name: 32-bit FNV-1a (Fowler, Noll, Vo), the same wherever the name stands in a study.
#[must_use]
pub fn name_index(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{Rng, RngExt};

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
            let _: f64 = streams.residual(subject, 168.0, 0, 0).random();
        }
        let after: Vec<u64> = streams.rng(Purpose::Etas, 17, 0).random_iter().take(50).collect();
        assert_eq!(alone, after);
    }

    #[test]
    fn known_answers_do_not_change() {
        // From a plain ChaCha8 written from Bernstein's paper for this purpose. A change here changes every simulated number.
        let streams = Streams::new(20_170_817);
        assert_eq!(streams.rng(Purpose::Etas, 0, 0).next_u64(), 6_842_572_301_772_091_607);
        assert_eq!(streams.rng(Purpose::Etas, 17, 0).next_u64(), 2_091_067_477_665_435_716);
        assert_eq!(streams.rng(Purpose::Covariates, 17, name_index("BLSTPB")).next_u64(), 1_785_060_427_769_848_174);
        assert_eq!(streams.residual(17, 168.0, 2, 1).next_u64(), 16_726_960_735_961_723_815);
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
                        let mut rng = streams.residual(subject, time, endpoint, ordinal);
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
    fn minus_zero_is_the_same_time_as_zero() {
        let streams = Streams::new(1);
        assert_eq!(streams.residual(3, -0.0, 0, 0).next_u64(), streams.residual(3, 0.0, 0, 0).next_u64());
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
        let by_time = correlation((0..n).map(|i| {
            let hour = |k: u64| first(streams.residual(5, k as f64, 0, 0));
            (hour(i), hour(i + 1))
        }));
        // Standard error of a correlation of independent numbers is 1/sqrt(n) = 0.005; four of them.
        for value in [by_subject, by_index, by_purpose, by_seed, by_time] {
            assert!(value.abs() < 0.02, "{value}");
        }
    }
}

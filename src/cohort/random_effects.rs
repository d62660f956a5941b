//! Random effects: normal numbers with the covariances that a model's omega blocks give.

use nalgebra::DMatrix;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::model::ir::OmegaBlock;

/// What can be wrong with an omega block.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RandomEffectsError {
    /// Not as many values as a lower triangle has.
    #[error("omega block {block} of {size} etas has {found} values; its lower triangle has {expected}")]
    WrongLength {
        /// Number of the block, from 1.
        block: usize,
        /// Number of etas.
        size: usize,
        /// Values given.
        found: usize,
        /// Values wanted.
        expected: usize,
    },
    /// NaN or infinite.
    #[error(
        "omega block {block} holds `{value}` at row {row}, column {column}; variances and covariances are finite numbers"
    )]
    NotFinite {
        /// Number of the block, from 1.
        block: usize,
        /// Row, from 1.
        row: usize,
        /// Column, from 1.
        column: usize,
        /// The value.
        value: f64,
    },
    /// No random variables have these covariances.
    #[error(
        "omega block {block} (etas {first} to {last}) is not positive semi-definite: its smallest eigenvalue is {eigenvalue}; a covariance is larger than its variances allow"
    )]
    NotPositiveSemidefinite {
        /// Number of the block, from 1.
        block: usize,
        /// First eta of the block, from 1.
        first: usize,
        /// Last eta of the block.
        last: usize,
        /// Smallest eigenvalue.
        eigenvalue: f64,
    },
}

/// The etas of one subject or occasion, ready to draw. Valid by construction.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomEffects {
    factors: Vec<Factor>,
    n_etas: usize,
}

/// Lower triangle L of one block by rows, L Lᵀ = omega.
#[derive(Clone, Debug, PartialEq)]
struct Factor {
    size: usize,
    lower: Vec<f64>,
}

/// Eigenvalues down to this multiple of the largest variance count as 0: products of printed correlations and standard
/// deviations miss a singular matrix by their last digit, and 1e-9 of a variance is beyond what any study shows.
const SEMIDEFINITE_TOLERANCE: f64 = 1e-9;

impl RandomEffects {
    /// Factorises every block. Zero and singular blocks are legal.
    ///
    /// # Errors
    /// When a block has the wrong number of values, one that is not finite, or a negative eigenvalue.
    pub fn new(blocks: &[OmegaBlock]) -> Result<Self, RandomEffectsError> {
        let mut factors = Vec::with_capacity(blocks.len());
        let mut n_etas = 0;
        for (index, block) in blocks.iter().enumerate() {
            let factor = factorise(block, index + 1, n_etas)?;
            n_etas += block.size;
            factors.push(factor);
        }
        Ok(Self { factors, n_etas })
    }

    /// Number of etas of all blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n_etas
    }

    /// Whether the model has no etas.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_etas == 0
    }

    /// Draws all etas, block by block.
    ///
    /// One normal number per eta is taken even where its variance is 0, so that fixing one eta leaves the others as they are.
    #[must_use]
    pub fn draw(&self, rng: &mut impl Rng) -> Vec<f64> {
        let mut etas = vec![0.0; self.n_etas];
        self.draw_into(rng, &mut etas);
        etas
    }

    /// As [`RandomEffects::draw`], into the first [`RandomEffects::len`] places of `etas`, which must be there.
    pub fn draw_into(&self, rng: &mut impl Rng, etas: &mut [f64]) {
        let mut start = 0;
        for factor in &self.factors {
            let block = &mut etas[start..start + factor.size];
            block.fill_with(|| rng.sample(StandardNormal));
            // From the last row up, so that a row still finds the plain normals of those before it.
            for row in (0..factor.size).rev() {
                let weights = &factor.lower[row * (row + 1) / 2..][..=row];
                block[row] = weights.iter().zip(block.iter()).map(|(weight, normal)| weight * normal).sum();
            }
            start += factor.size;
        }
    }
}

/// Lower triangle L of one block by rows, L Lᵀ = omega.
///
/// # Errors
/// As [`RandomEffects::new`].
pub(super) fn lower_factor(block: &OmegaBlock) -> Result<Vec<f64>, RandomEffectsError> {
    Ok(factorise(block, 1, 0)?.lower)
}

fn factorise(block: &OmegaBlock, number: usize, etas_before: usize) -> Result<Factor, RandomEffectsError> {
    let size = block.size;
    let expected = size * (size + 1) / 2;
    if block.lower.len() != expected {
        return Err(RandomEffectsError::WrongLength { block: number, size, found: block.lower.len(), expected });
    }
    let at = |row: usize, column: usize| {
        let (row, column) = (row.max(column), row.min(column));
        block.lower[row * (row + 1) / 2 + column]
    };
    for row in 0..size {
        for column in 0..=row {
            let value = at(row, column);
            if !value.is_finite() {
                return Err(RandomEffectsError::NotFinite { block: number, row: row + 1, column: column + 1, value });
            }
        }
    }
    let omega = DMatrix::from_fn(size, size, at);
    let largest = (0..size).map(|i| at(i, i)).fold(0.0, f64::max);
    if let Some(cholesky) = omega.clone().cholesky() {
        let l = cholesky.l();
        let lower =
            (0..size).flat_map(|row| (0..=row).map(move |column| (row, column))).map(|place| l[place]).collect();
        return Ok(Factor { size, lower });
    }
    let eigenvalue = omega.symmetric_eigenvalues().iter().copied().fold(f64::INFINITY, f64::min);
    if eigenvalue < -SEMIDEFINITE_TOLERANCE * largest || (largest == 0.0 && eigenvalue < 0.0) {
        return Err(RandomEffectsError::NotPositiveSemidefinite {
            block: number,
            first: etas_before + 1,
            last: etas_before + size,
            eigenvalue,
        });
    }
    Ok(Factor { size, lower: semidefinite_cholesky(size, at, SEMIDEFINITE_TOLERANCE * largest) })
}

/// Cholesky factor of a matrix known to be positive semi-definite: a pivot that is 0 up to rounding leaves its column 0, as
/// the other entries of that column must then be 0 too (Golub, Van Loan, Matrix Computations, section 4.2.8).
///
/// Not by eigenvectors, whose signs and order jump where eigenvalues meet: with this a nearly singular matrix gives
/// nearly the same etas as the singular one.
fn semidefinite_cholesky(size: usize, at: impl Fn(usize, usize) -> f64, zero: f64) -> Vec<f64> {
    let mut lower = vec![0.0; size * (size + 1) / 2];
    let place = |row: usize, column: usize| row * (row + 1) / 2 + column;
    for column in 0..size {
        let rest = |lower: &[f64], row: usize| {
            let known: f64 = (0..column).map(|k| lower[place(row, k)] * lower[place(column, k)]).sum();
            at(row, column) - known
        };
        let pivot = rest(&lower, column);
        if pivot <= zero {
            continue;
        }
        let root = pivot.sqrt();
        lower[place(column, column)] = root;
        for row in column + 1..size {
            lower[place(row, column)] = rest(&lower, row) / root;
        }
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::streams::{Purpose, Streams};

    fn block(size: usize, lower: &[f64]) -> OmegaBlock {
        OmegaBlock { size, lower: lower.to_vec(), fixed: false, span: Default::default() }
    }

    /// Sample covariance of 100,000 subjects' draws, mean known to be 0.
    fn sample_covariance(effects: &RandomEffects) -> DMatrix<f64> {
        let n: u32 = 100_000;
        let streams = Streams::new(2019);
        let mut sum = DMatrix::zeros(effects.len(), effects.len());
        for subject in 0..n {
            let etas = effects.draw(&mut streams.rng(Purpose::Etas, u64::from(subject), 0));
            let etas = nalgebra::DVector::from_vec(etas);
            sum += &etas * etas.transpose();
        }
        sum / f64::from(n)
    }

    /// Fails where a sample covariance is further from omega than five of its standard errors,
    /// sqrt((omega_ii omega_jj + omega_ij²) / n).
    fn assert_covariance(effects: &RandomEffects, omega: &DMatrix<f64>) {
        let sample = sample_covariance(effects);
        for i in 0..effects.len() {
            for j in 0..=i {
                let error = ((omega[(i, i)] * omega[(j, j)] + omega[(i, j)].powi(2)) / 1e5).sqrt();
                let difference = (sample[(i, j)] - omega[(i, j)]).abs();
                assert!(difference <= 5.0 * error + 1e-12, "({i}, {j}): {difference} of {error}");
            }
        }
    }

    #[test]
    fn garretts_block_comes_back_as_the_sample_covariance() {
        let effects = RandomEffects::new(&[
            block(3, &[0.178929, 0.156, 0.169744, 0.213, 0.222, 0.451584]),
            block(1, &[0.207025]),
        ])
        .unwrap();
        #[rustfmt::skip]
        let omega = DMatrix::from_row_slice(4, 4, &[
            0.178929, 0.156, 0.213, 0.0,
            0.156, 0.169744, 0.222, 0.0,
            0.213, 0.222, 0.451584, 0.0,
            0.0, 0.0, 0.0, 0.207025,
        ]);
        assert_covariance(&effects, &omega);
    }

    #[test]
    fn a_singular_block_keeps_its_exact_dependence() {
        // eta2 = 2 eta1, and eta3 has no variance at all.
        let effects = RandomEffects::new(&[block(3, &[0.09, 0.18, 0.36, 0.0, 0.0, 0.0])]).unwrap();
        let streams = Streams::new(1);
        for subject in 0..100 {
            let etas = effects.draw(&mut streams.rng(Purpose::Etas, subject, 0));
            // 1e-12: one rounding of the factor.
            assert!((etas[1] - 2.0 * etas[0]).abs() < 1e-12);
            assert_eq!(etas[2], 0.0);
        }
        assert_covariance(&effects, &DMatrix::from_row_slice(3, 3, &[0.09, 0.18, 0.0, 0.18, 0.36, 0.0, 0.0, 0.0, 0.0]));
    }

    #[test]
    fn a_singular_block_whose_first_pivot_is_zero_is_drawn() {
        let effects = RandomEffects::new(&[block(2, &[0.0, 0.0, 0.25])]).unwrap();
        assert_covariance(&effects, &DMatrix::from_row_slice(2, 2, &[0.0, 0.0, 0.0, 0.25]));
    }

    #[test]
    fn zero_variances_give_zero_etas_and_leave_the_other_etas_alone() {
        let streams = Streams::new(5);
        let draw =
            |blocks: &[OmegaBlock]| RandomEffects::new(blocks).unwrap().draw(&mut streams.rng(Purpose::Etas, 3, 0));
        let all = draw(&[block(1, &[0.1]), block(1, &[0.2]), block(1, &[0.3])]);
        let without = draw(&[block(1, &[0.1]), block(1, &[0.0]), block(1, &[0.3])]);
        assert_eq!(without, [all[0], 0.0, all[2]]);
    }

    #[test]
    fn a_model_without_etas_draws_none() {
        let effects = RandomEffects::new(&[]).unwrap();
        assert!(effects.is_empty());
        assert!(effects.draw(&mut Streams::new(1).rng(Purpose::Etas, 0, 0)).is_empty());
    }

    #[test]
    fn impossible_blocks_are_refused_with_block_and_eigenvalue() {
        let error = RandomEffects::new(&[block(1, &[0.1]), block(2, &[0.04, 0.05, 0.04])]).unwrap_err();
        let RandomEffectsError::NotPositiveSemidefinite { block: 2, first: 2, last: 3, eigenvalue } = error else {
            panic!("{error}");
        };
        // Eigenvalues of [[a, b], [b, a]] are a ± b.
        assert!((eigenvalue + 0.01).abs() < 1e-12);
        for lower in [[-0.1].as_slice(), &[f64::NAN], &[]] {
            assert!(RandomEffects::new(&[block(1, lower)]).is_err(), "{lower:?}");
        }
        // A covariance beside a zero variance.
        assert!(RandomEffects::new(&[block(2, &[0.0, 1e-3, 0.25])]).is_err());
        assert!(RandomEffects::new(&[block(2, &[0.0, 1e-3, 0.0])]).is_err());
    }
}

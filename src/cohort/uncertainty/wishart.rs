//! Omegas that are drawn from an inverse Wishart distribution around their estimates.

use rand::{Rng, RngExt};
use rand_distr::{ChiSquared, StandardNormal};

use crate::cohort::random_effects::lower_factor;
use crate::model::ir::OmegaBlock;

/// The inverse Wishart distribution whose mean is an omega block.
///
/// # Formula
/// `X ~ IW(Ψ, ν)` with `Ψ = (ν - p - 1) Ω` for p etas, so that `E X = Ω`, and
/// ```text
/// cov(X_ij, X_kl) = (2 Ψ_ij Ψ_kl + (ν - p - 1) (Ψ_ik Ψ_jl + Ψ_il Ψ_jk)) / ((ν - p) (ν - p - 1)² (ν - p - 3))
/// ```
/// (Press SJ. Applied Multivariate Analysis, 2nd ed. 1982, section 5.2.1). The relative standard error of a variance alone in its block is
/// `sqrt(2 / (ν - 4))`.
///
/// Drawn by Bartlett's decomposition: with `Ψ = C Cᵀ` and A lower triangular, `A_ii² ~ χ²(ν - i)` counting from 0 and the entries
/// below standard normal, `X = Yᵀ Y` where `A Y = Cᵀ` (Smith WB, Hocking RR. Applied Statistics 1972;21:341-345).
#[derive(Clone, Debug)]
pub struct InverseWishart {
    size: usize,
    df: f64,
    /// Lower triangle of C, by rows.
    factor: Vec<f64>,
    diagonal: Vec<ChiSquared<f64>>,
}

impl InverseWishart {
    /// # Errors
    /// Where there are not more than p + 3 degrees of freedom, which is the value; below it the variance of a variance is infinite.
    pub fn new(omega: &OmegaBlock, df: f64) -> Result<Self, usize> {
        let size = omega.size;
        let needed = size + 3;
        if !(df > needed as f64 && df.is_finite()) {
            return Err(needed);
        }
        let scale = (df - size as f64 - 1.0).sqrt();
        // The model has checked its variances when it was read.
        let factor = lower_factor(omega).map_err(|_| needed)?.into_iter().map(|value| value * scale).collect();
        let diagonal =
            (0..size).map(|i| ChiSquared::new(df - i as f64)).collect::<Result<_, _>>().map_err(|_| needed)?;
        Ok(Self { size, df, factor, diagonal })
    }

    /// Degrees of freedom.
    #[must_use]
    pub fn df(&self) -> f64 {
        self.df
    }

    /// Lower triangle of a drawn block, by rows.
    #[must_use]
    pub fn draw(&self, rng: &mut impl Rng) -> Vec<f64> {
        let n = self.size;
        let at = |row: usize, column: usize| OmegaBlock::position(row, column);
        let mut bartlett = vec![0.0; n * (n + 1) / 2];
        for row in 0..n {
            for column in 0..row {
                bartlett[at(row, column)] = rng.sample(StandardNormal);
            }
            let square: f64 = rng.sample(self.diagonal[row]);
            bartlett[at(row, row)] = square.sqrt();
        }
        // Column by column of Y, by forward substitution.
        let mut solved = vec![vec![0.0; n]; n];
        for (column, y) in solved.iter_mut().enumerate() {
            for row in 0..n {
                let right = if row <= column { self.factor[at(column, row)] } else { 0.0 };
                let known: f64 = (0..row).map(|k| bartlett[at(row, k)] * y[k]).sum();
                y[row] = (right - known) / bartlett[at(row, row)];
            }
        }
        let product = |i: usize, j: usize| solved[i].iter().zip(&solved[j]).map(|(a, b)| a * b).sum();
        (0..n).flat_map(|row| (0..=row).map(move |column| (row, column))).map(|(i, j)| product(i, j)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::streams::{Purpose, Streams};

    fn block(size: usize, lower: &[f64]) -> OmegaBlock {
        OmegaBlock { size, lower: lower.to_vec(), fixed: false, span: Default::default() }
    }

    fn draws(omega: &OmegaBlock, df: f64, n: u64) -> Vec<Vec<f64>> {
        let wishart = InverseWishart::new(omega, df).unwrap();
        let streams = Streams::new(11);
        (0..n).map(|replicate| wishart.draw(&mut streams.rng(Purpose::Parameters, replicate, 0))).collect()
    }

    #[test]
    fn mean_and_covariance_are_those_of_the_closed_form() {
        let omega = block(3, &[0.178929, 0.156, 0.169744, 0.213, 0.222, 0.451584]);
        let (df, p) = (60.0, 3.0);
        let n = 40_000;
        let drawn = draws(&omega, df, n);
        let psi = |i: usize, j: usize| (df - p - 1.0) * omega.lower[OmegaBlock::position(i, j)];
        let pairs: Vec<(usize, usize)> = (0..3).flat_map(|i| (0..=i).map(move |j| (i, j))).collect();
        let closed = |(i, j): (usize, usize), (k, l): (usize, usize)| {
            let top = 2.0 * psi(i, j) * psi(k, l) + (df - p - 1.0) * (psi(i, k) * psi(j, l) + psi(i, l) * psi(j, k));
            top / ((df - p) * (df - p - 1.0).powi(2) * (df - p - 3.0))
        };
        let count = n as f64;
        for (a, &first) in pairs.iter().enumerate() {
            let mean = drawn.iter().map(|draw| draw[a]).sum::<f64>() / count;
            let sd = closed(first, first).sqrt();
            // Five standard errors of a mean of 40,000.
            assert!((mean - omega.lower[a]).abs() < 5.0 * sd / count.sqrt(), "{first:?}: {mean}");
            for (b, &second) in pairs.iter().enumerate() {
                let expected = closed(first, second);
                let found =
                    drawn.iter().map(|d| (d[a] - omega.lower[a]) * (d[b] - omega.lower[b])).sum::<f64>() / count;
                // A sample covariance of normals has the standard error sqrt((s_aa s_bb + s_ab²) / n), here at most 0.7 % of
                // sqrt(s_aa s_bb); the tails of an inverse Wishart with 60 degrees of freedom make it about half as much again.
                let scale = (closed(first, first) * closed(second, second)).sqrt();
                assert!((found - expected).abs() < 0.05 * scale, "{first:?} {second:?}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn the_inverse_of_a_variance_is_chi_squared_over_its_scale() {
        // For one eta Ψ / X is chi-squared with ν degrees of freedom: mean ν, variance 2 ν.
        let df = 8.0;
        let drawn = draws(&block(1, &[0.09]), df, 40_000);
        let ratios: Vec<f64> = drawn.iter().map(|draw| (df - 2.0) * 0.09 / draw[0]).collect();
        let mean = ratios.iter().sum::<f64>() / 40_000.0;
        let variance = ratios.iter().map(|ratio| (ratio - df).powi(2)).sum::<f64>() / 40_000.0;
        // Five standard errors: sqrt(2 ν / n) = 0.02; of the variance sqrt((48 ν + 8 ν²) / n) = 0.15 (fourth moment 12 ν² + 48 ν).
        assert!((mean - df).abs() < 0.1, "{mean}");
        assert!((variance - 2.0 * df).abs() < 0.75, "{variance}");
    }

    #[test]
    fn what_does_not_vary_stays_without_variance_and_dependence_stays() {
        for draw in draws(&block(3, &[0.09, 0.18, 0.36, 0.0, 0.0, 0.0]), 20.0, 50) {
            assert_eq!(draw[3..], [0.0; 3]);
            // 1e-12: some roundings; eta 2 is twice eta 1.
            assert!((draw[1] / draw[0] - 2.0).abs() < 1e-12 && (draw[2] / draw[0] - 4.0).abs() < 1e-12);
        }
    }

    #[test]
    fn too_few_degrees_of_freedom_say_how_many_are_needed() {
        for df in [5.0, 4.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(InverseWishart::new(&block(2, &[0.1, 0.0, 0.1]), df).unwrap_err(), 5, "{df}");
        }
        assert!(InverseWishart::new(&block(2, &[0.1, 0.0, 0.1]), 5.5).is_ok());
    }
}

//! Small dense linear systems, factored in place with partial pivoting.

/// LU factors of a square matrix, with the buffers of the last one.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    n: usize,
    /// Row-major.
    values: Vec<f64>,
    pivots: Vec<usize>,
}

impl Factors {
    pub fn new(n: usize) -> Self {
        Self { n, values: vec![0.0; n * n], pivots: vec![0; n] }
    }

    /// Factors `diagonal I - matrix`. False where that is singular or not finite.
    pub fn factor(&mut self, diagonal: f64, matrix: &[f64]) -> bool {
        let n = self.n;
        for (value, entry) in self.values.iter_mut().zip(matrix) {
            *value = -entry;
        }
        for i in 0..n {
            self.values[i * n + i] += diagonal;
        }
        for column in 0..n {
            let pivot = (column..n).fold(column, |best, row| {
                let larger = self.values[row * n + column].abs() > self.values[best * n + column].abs();
                if larger { row } else { best }
            });
            self.pivots[column] = pivot;
            if pivot != column {
                for k in 0..n {
                    self.values.swap(column * n + k, pivot * n + k);
                }
            }
            let divisor = self.values[column * n + column];
            if !divisor.is_finite() || divisor == 0.0 {
                return false;
            }
            for row in column + 1..n {
                let factor = self.values[row * n + column] / divisor;
                self.values[row * n + column] = factor;
                if factor != 0.0 {
                    let (above, below) = self.values.split_at_mut(row * n);
                    let above = &above[column * n + column + 1..column * n + n];
                    for (value, upper) in below[column + 1..n].iter_mut().zip(above) {
                        *value -= factor * upper;
                    }
                }
            }
        }
        true
    }

    /// Replaces a right-hand side by the solution.
    pub fn solve(&self, right: &mut [f64]) {
        let n = self.n;
        for column in 0..n {
            right.swap(column, self.pivots[column]);
        }
        for row in 0..n {
            let known: f64 = (0..row).map(|k| self.values[row * n + k] * right[k]).sum();
            right[row] -= known;
        }
        for row in (0..n).rev() {
            let known: f64 = (row + 1..n).map(|k| self.values[row * n + k] * right[k]).sum();
            right[row] = (right[row] - known) / self.values[row * n + row];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1e-12: the matrix is well conditioned, so a few dozen roundings of 1e-16.
    #[test]
    fn a_system_that_needs_pivots_is_solved() {
        let matrix = [5.0, -2.0, 1.0, -1.0, 5.0, 3.0, 4.0, 0.5, 5.0 + 1e-14];
        let mut factors = Factors::new(3);
        assert!(factors.factor(5.0, &matrix));
        let x = [1.0, -2.0, 3.0];
        let mut right: Vec<f64> = (0..3)
            .map(|row| (0..3).map(|k| (if row == k { 5.0 } else { 0.0 } - matrix[row * 3 + k]) * x[k]).sum())
            .collect();
        factors.solve(&mut right);
        for (found, expected) in right.iter().zip(x) {
            assert!((found - expected).abs() < 1e-12, "{right:?}");
        }
    }

    #[test]
    fn a_singular_matrix_is_refused() {
        assert!(!Factors::new(2).factor(1.0, &[1.0, 0.0, 0.0, 1.0]));
        assert!(!Factors::new(2).factor(1.0, &[f64::NAN, 0.0, 0.0, 1.0]));
    }
}

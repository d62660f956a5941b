//! Terminal half-life: from a model's parameters, and from the last points of a curve. They must agree.

use nalgebra::DMatrix;

/// Terminal half-life ln 2 / λz of two compartments with linear elimination from the first.
///
/// Where clearance changes with time, give the clearance that remains (for inotuzumab CL1 alone).
///
/// # Formula
/// With `a = (cl + q) / v1 + q / v2` and `b = cl q / (v1 v2)`: `λz = (a - √(a² - 4b)) / 2`, computed as
/// `2 b / (a + √(a² - 4b))`, which does not cancel. Clearances in volume per time; the result is in that time.
///
/// `None` where a parameter is not positive (`q = 0` leaves one compartment: ln 2 v1 / cl).
///
/// ```
/// use teorell::exposure::terminal::two_compartment_half_life;
/// // A typical adult with ALL (Garrett 2019): CL1 0.0333 L/h, V1 6.70 L, Q 0.0405 L/h, V2 5.10 L.
/// let hours = two_compartment_half_life(0.113 * (1.0 - 0.745) * 1.155, 6.70, 0.0405, 5.10).unwrap();
/// assert!((12.1..12.4).contains(&(hours / 24.0)));
/// ```
#[must_use]
pub fn two_compartment_half_life(cl: f64, v1: f64, q: f64, v2: f64) -> Option<f64> {
    let positive = |x: f64| x > 0.0 && x.is_finite();
    if !positive(cl) || !positive(v1) || !(q == 0.0 || (positive(q) && positive(v2))) {
        return None;
    }
    let lambda_z = if q == 0.0 {
        cl / v1
    } else {
        let (k10, k12, k21) = (cl / v1, q / v1, q / v2);
        let sum = k10 + k12 + k21;
        // (k10 + k12 - k21)² + 4 k12 k21 is sum² - 4 k10 k21 without its cancellation.
        let root = ((k10 + k12 - k21) * (k10 + k12 - k21) + 4.0 * k12 * k21).sqrt();
        2.0 * k10 * k21 / (sum + root)
    };
    half_life(lambda_z)
}

/// Terminal half-life of `dy/dt = A y`: ln 2 over the slowest rate of decay.
///
/// Eigenvalues that are 0 to rounding belong to states that only collect (an area, an amount eliminated) and are left
/// out. `None` where nothing decays, or something grows.
#[must_use]
pub fn linear_system_half_life(matrix: &DMatrix<f64>) -> Option<f64> {
    // An eigenvalue of 0 comes out at the size of the rounding of the largest entry.
    const ZERO: f64 = 1e-12;
    if !matrix.is_square() || matrix.is_empty() || matrix.iter().any(|entry| !entry.is_finite()) {
        return None;
    }
    let zero = ZERO * matrix.amax();
    let eigenvalues = matrix.complex_eigenvalues();
    let rates = || eigenvalues.iter().map(|eigenvalue| -eigenvalue.re);
    if rates().any(|rate| rate < -zero) {
        return None;
    }
    half_life(rates().filter(|&rate| rate > zero).fold(f64::INFINITY, f64::min))
}

/// A straight line through the logarithms of the last points of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TerminalSlope {
    /// λz, per unit of time.
    pub lambda_z: f64,
    /// ln 2 / λz.
    pub half_life: f64,
    /// Coefficient of determination of the regression, 0 to 1.
    pub r_squared: f64,
    /// Number of points used.
    pub n: usize,
}

/// Terminal slope by unweighted least squares of ln(value) on time over all given points.
///
/// The caller chooses the points: the last ones, after distribution has ended. `None` with fewer than three points, with
/// a value that is not positive, with equal times, or where the curve does not fall.
#[must_use]
pub fn terminal_slope(times: &[f64], values: &[f64]) -> Option<TerminalSlope> {
    const FEWEST_POINTS: usize = 3;
    if times.len() != values.len() || times.len() < FEWEST_POINTS {
        return None;
    }
    if times.iter().any(|t| !t.is_finite()) || values.iter().any(|&c| !(c > 0.0 && c.is_finite())) {
        return None;
    }
    let n = times.len() as f64;
    let logarithms: Vec<f64> = values.iter().map(|&c| libm::log(c)).collect();
    let (mean_t, mean_y) = (times.iter().sum::<f64>() / n, logarithms.iter().sum::<f64>() / n);
    let (mut tt, mut ty, mut yy) = (0.0, 0.0, 0.0);
    for (t, y) in times.iter().zip(&logarithms) {
        let (t, y) = (t - mean_t, y - mean_y);
        tt += t * t;
        ty += t * y;
        yy += y * y;
    }
    let lambda_z = -ty / tt;
    let r_squared = (ty / tt * ty / yy).clamp(0.0, 1.0);
    Some(TerminalSlope { lambda_z, half_life: half_life(lambda_z)?, r_squared, n: times.len() })
}

fn half_life(lambda_z: f64) -> Option<f64> {
    (lambda_z > 0.0 && lambda_z.is_finite()).then(|| std::f64::consts::LN_2 / lambda_z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matrix_of(cl: f64, v1: f64, q: f64, v2: f64) -> DMatrix<f64> {
        // The third state collects the area and decays not at all.
        DMatrix::from_row_slice(3, 3, &[-(cl + q) / v1, q / v2, 0.0, q / v1, -q / v2, 0.0, 1.0 / v1, 0.0, 0.0])
    }

    #[test]
    fn the_published_typical_patient_has_12_2_days() {
        // Garrett 2019 prints a beta phase of 293 h = 12.2 days for ALL. Its parameters have three digits, CL1 a product of three
        // such: half a unit in each makes 1 %.
        let cl1 = 0.113 * (1.0 - 0.745) * 1.155;
        let hours = two_compartment_half_life(cl1, 6.70, 0.0405, 5.10).unwrap();
        assert!((hours / 293.0 - 1.0).abs() < 0.01, "{hours}");
    }

    #[test]
    fn undefined_half_lives_are_none() {
        assert_eq!(two_compartment_half_life(0.0, 1.0, 1.0, 1.0), None);
        assert_eq!(two_compartment_half_life(1.0, -1.0, 1.0, 1.0), None);
        assert_eq!(two_compartment_half_life(f64::NAN, 1.0, 1.0, 1.0), None);
        assert_eq!(linear_system_half_life(&DMatrix::zeros(2, 2)), None, "nothing decays");
        assert_eq!(linear_system_half_life(&DMatrix::from_element(1, 1, 0.1)), None, "it grows");
        assert_eq!(terminal_slope(&[0.0, 1.0], &[2.0, 1.0]), None, "two points always fit");
        assert_eq!(terminal_slope(&[0.0, 1.0, 2.0], &[1.0, 2.0, 4.0]), None, "it rises");
        assert_eq!(terminal_slope(&[0.0, 1.0, 2.0], &[4.0, 2.0, 0.0]), None, "no logarithm");
        assert_eq!(terminal_slope(&[1.0, 1.0, 1.0], &[4.0, 2.0, 1.0]), None, "no time passes");
    }

    #[test]
    fn without_exchange_one_compartment_is_left() {
        let found = two_compartment_half_life(2.0, 10.0, 0.0, 0.0).unwrap();
        assert!((found - std::f64::consts::LN_2 * 5.0).abs() < 1e-15 * found, "to rounding");
    }

    proptest! {
        #[test]
        fn closed_form_and_eigenvalues_agree(
            cl in 1e-3..10.0_f64, v1 in 0.5..50.0_f64, q in 1e-3..10.0_f64, v2 in 0.5..50.0_f64,
        ) {
            let closed = two_compartment_half_life(cl, v1, q, v2).unwrap();
            let general = linear_system_half_life(&matrix_of(cl, v1, q, v2)).unwrap();
            // An eigenvalue is good to 1e-15 of the largest one, and the slowest is at most 1e6 times smaller here.
            prop_assert!((closed - general).abs() < 1e-8 * closed, "{} {}", closed, general);
        }

        #[test]
        fn the_last_points_of_a_curve_give_the_half_life_of_its_parameters(
            cl in 0.02..0.06_f64, v1 in 4.0..10.0_f64, q in 0.03..0.06_f64, v2 in 3.0..8.0_f64,
        ) {
            let (k10, k12, k21) = (cl / v1, q / v1, q / v2);
            let sum = k10 + k12 + k21;
            let root = (sum * sum - 4.0 * k10 * k21).sqrt();
            let (alpha, beta) = ((sum + root) / 2.0, (sum - root) / 2.0);
            let times: Vec<f64> = (0..10).map(|i| 12.0 / (alpha - beta) + f64::from(i) * 24.0).collect();
            let curve: Vec<f64> = times
                .iter()
                .map(|t| (alpha - k21) * (-alpha * t).exp() + (k21 - beta) * (-beta * t).exp())
                .collect();
            let slope = terminal_slope(&times, &curve).unwrap();
            let closed = two_compartment_half_life(cl, v1, q, v2).unwrap();
            // The fast phase has fallen to exp(-12) = 6e-6 of where it began, against (k21 - beta)/(alpha - k21) > 0.1.
            prop_assert!((slope.half_life / closed - 1.0).abs() < 1e-3, "{} {}", slope.half_life, closed);
            prop_assert!(slope.r_squared > 0.999_999);
        }
    }
}

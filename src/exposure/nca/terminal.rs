//! The terminal slope: which of the last points are on a straight line.

use super::Undefined;
use super::blq::Cleaned;
use crate::exposure::terminal::{TerminalSlope, terminal_slope};

/// Adjusted R² within this of the best one counts as the best; then more points win (PKNCA's `adj.r.squared.factor`).
const ADJUSTED_R_SQUARED_FACTOR: f64 = 1e-4;

/// The terminal phase as found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Terminal {
    pub slope: TerminalSlope,
    pub adjusted_r_squared: f64,
    pub first: f64,
    pub last: f64,
    /// Concentration on the line at the last measured time.
    pub clast_predicted: f64,
}

/// The best straight line through the last measured points later than `start`, the maximum or the end of the infusion: highest
/// adjusted R², and more points where it is the same (PKNCA's `pk.calc.half.life`). Where the best one rises, there is none: a
/// falling one that is less straight would be made of points that do not belong together.
pub(super) fn terminal(curve: &Cleaned, start: f64, min_points: usize) -> Result<Terminal, Undefined> {
    let Cleaned { times, values, measured } = curve;
    let last = measured.iter().rposition(|&measured| measured).ok_or(Undefined::NothingMeasured)?;
    let candidates: Vec<usize> = (0..=last).filter(|&index| times[index] > start && measured[index]).collect();
    if candidates.len() < min_points.max(3) {
        return Err(Undefined::FewTerminalPoints { found: candidates.len(), needed: min_points.max(3) });
    }
    let mut fits: Vec<Terminal> = Vec::new();
    for start in 0..=candidates.len() - min_points.max(3) {
        let points = &candidates[start..];
        let t: Vec<f64> = points.iter().map(|&index| times[index]).collect();
        let c: Vec<f64> = points.iter().map(|&index| values[index]).collect();
        let Some(slope) = slope_either_way(&t, &c) else { continue };
        let n = points.len() as f64;
        let adjusted_r_squared = 1.0 - (1.0 - slope.r_squared) * (n - 1.0) / (n - 2.0);
        let mean_time = t.iter().sum::<f64>() / n;
        let mean_log = c.iter().map(|&c| libm::log(c)).sum::<f64>() / n;
        let clast_predicted = libm::exp(mean_log - slope.lambda_z * (times[last] - mean_time));
        fits.push(Terminal { slope, adjusted_r_squared, first: t[0], last: times[last], clast_predicted });
    }
    let best = fits.iter().map(|fit| fit.adjusted_r_squared).fold(f64::NEG_INFINITY, f64::max);
    // Candidates come with most points first.
    fits.into_iter()
        .find(|fit| fit.adjusted_r_squared > best - ADJUSTED_R_SQUARED_FACTOR && fit.slope.lambda_z > 0.0)
        .ok_or(Undefined::NoTerminalDecline)
}

/// The slope of points that fall, or, with a negative λz, of points that rise.
fn slope_either_way(times: &[f64], values: &[f64]) -> Option<TerminalSlope> {
    terminal_slope(times, values).or_else(|| {
        // The logarithms of the reciprocals are the mirror image, with the same R².
        let mirrored: Vec<f64> = values.iter().map(|value| 1.0 / value).collect();
        let slope = terminal_slope(times, &mirrored)?;
        Some(TerminalSlope { lambda_z: -slope.lambda_z, half_life: -slope.half_life, ..slope })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The terminal line of measured values.
    fn terminal(times: &[f64], values: &[f64], start: f64, min_points: usize) -> Result<Terminal, Undefined> {
        let (times, values, measured) = (times.to_vec(), values.to_vec(), vec![true; times.len()]);
        super::terminal(&Cleaned { times, values, measured }, start, min_points)
    }

    #[test]
    fn the_distribution_phase_is_left_out() {
        // Two exponentials; the fast one has left no trace of 1e-4 after 8 h.
        let times: Vec<f64> = (0..25).map(f64::from).collect();
        let values: Vec<f64> = times.iter().map(|t| 90.0 * (-1.5 * t).exp() + 10.0 * (-0.1 * t).exp()).collect();
        let found = terminal(&times, &values, 0.0, 3).unwrap();
        assert!(found.first >= 4.0, "{found:?}");
        // What the fast phase still holds at the first point, relative: 9 exp(-1.4 * 4) = 3 %, over half the span.
        assert!((found.slope.lambda_z - 0.1).abs() < 1e-3, "{found:?}");
        assert!(found.adjusted_r_squared > 0.9999);
    }

    #[test]
    fn the_maximum_itself_does_not_count() {
        let found = terminal(&[0.0, 1.0, 2.0, 3.0], &[8.0, 4.0, 2.0, 1.0], 0.0, 3).unwrap();
        assert_eq!((found.slope.n, found.first), (3, 1.0));
        let error = terminal(&[0.0, 1.0, 2.0], &[8.0, 4.0, 2.0], 0.0, 3).unwrap_err();
        assert_eq!(error, Undefined::FewTerminalPoints { found: 2, needed: 3 });
    }

    #[test]
    fn a_curve_that_does_not_fall_has_no_slope() {
        let error = terminal(&[0.0, 1.0, 2.0, 3.0], &[9.0, 1.0, 2.0, 3.0], 0.0, 3).unwrap_err();
        assert_eq!(error, Undefined::NoTerminalDecline);
    }

    #[test]
    fn a_straight_rise_at_the_end_leaves_no_terminal_phase() {
        // The last three points rise along a perfect line; all five fall along a poor one.
        let values = [9.0, 8.0, 4.0, 1.0, 1.1, 1.21];
        let error = terminal(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &values, 0.0, 3).unwrap_err();
        assert_eq!(error, Undefined::NoTerminalDecline);
    }
}

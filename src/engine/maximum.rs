//! Maxima of a curve between two stops, for Cmax over the curve instead of over the sampling grid.

/// Golden section: shrinks the bracket by 1/φ with one value each.
const GOLDEN: f64 = 0.618_033_988_749_894_8;

/// Relative width at which a bracket is small enough: near a maximum the curve is flat, so the value is then exact to
/// about the square of this.
const WIDTH: f64 = 1e-8;

/// How near to an end the curve is looked at, in units of the distance to the next point: a maximum nearer than that
/// exceeds the end by less than the square of this.
const PROBE: f64 = 1e-4;

/// Gives both ends of a curve and every local maximum that `points` (increasing) resolve to `note`, with its time.
pub(super) fn note_maxima(points: &[f64], mut curve: impl FnMut(f64) -> f64, mut note: impl FnMut(f64, f64)) {
    let values: Vec<f64> = points.iter().map(|&time| curve(time)).collect();
    let last = points.len().saturating_sub(1);
    for (index, (&time, &value)) in points.iter().zip(&values).enumerate() {
        if index == 0 || index == last {
            note(time, value);
            // A maximum just inside an end lies lower at the next point already.
            let neighbour = if index == 0 { 1 } else { index - 1 };
            let Some(&next) = points.get(neighbour) else { return };
            if values[neighbour] > value {
                continue;
            }
            let probe = time + PROBE * (next - time);
            let probed = curve(probe);
            if probed > value {
                let (time, value) = refine(time.min(next), (probe, probed), time.max(next), &mut curve);
                note(time, value);
            }
        } else {
            let (before, after) = (values[index - 1], values[index + 1]);
            if value >= before && value >= after && (value > before || value > after) {
                let (time, value) = refine(points[index - 1], (time, value), points[index + 1], &mut curve);
                note(time, value);
            }
        }
    }
}

/// The maximum in a bracket whose middle is above both ends.
fn refine(mut low: f64, mut best: (f64, f64), mut high: f64, curve: &mut impl FnMut(f64) -> f64) -> (f64, f64) {
    let scale = low.abs().max(high.abs());
    let width = WIDTH * (high - low) + 16.0 * f64::EPSILON * scale;
    while high - low > width {
        let time = if best.0 - low > high - best.0 {
            best.0 - (1.0 - GOLDEN) * (best.0 - low)
        } else {
            best.0 + (1.0 - GOLDEN) * (high - best.0)
        };
        let value = curve(time);
        if value > best.1 {
            if time < best.0 {
                high = best.0;
            } else {
                low = best.0;
            }
            best = (time, value);
        } else if time < best.0 {
            low = time;
        } else {
            high = time;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_of_a_bateman_curve_is_found_between_points() {
        // t = ln(ka / ke) / (ka - ke); its time is known to the square root of the value's rounding, 1e-8.
        let (ka, ke) = (1.5f64, 0.1f64);
        let expected = (ka / ke).ln() / (ka - ke);
        let curve = |t: f64| ka / (ka - ke) * ((-ke * t).exp() - (-ka * t).exp());
        let mut found = Vec::new();
        note_maxima(&[0.0, 1.0, 2.0, 4.0, 24.0], curve, |time, value| found.push((time, value)));
        assert_eq!(found.len(), 3, "both ends and one maximum: {found:?}");
        assert!((found[1].0 - expected).abs() < 1e-7, "{found:?}");
        assert!((found[1].1 - curve(expected)).abs() < 1e-14, "{found:?}");
    }

    #[test]
    fn a_maximum_just_after_the_start_is_found() {
        let mut found = Vec::new();
        note_maxima(&[0.0, 1.0, 2.0], |t| 1.0 - (t - 0.01).powi(2), |time, value| found.push((time, value)));
        let highest = found.iter().fold((0.0, 0.0), |best, &point| if point.1 > best.1 { point } else { best });
        assert!((highest.0 - 0.01).abs() < 1e-7 && (highest.1 - 1.0).abs() < 1e-14, "{found:?}");
    }

    #[test]
    fn a_flat_curve_has_no_maximum_but_its_ends() {
        let mut found = Vec::new();
        note_maxima(&[0.0, 1.0, 2.0], |_| 3.0, |time, value| found.push((time, value)));
        assert_eq!(found, [(0.0, 3.0), (2.0, 3.0)]);
    }
}

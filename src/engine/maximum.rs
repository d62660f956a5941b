//! Maxima of a curve between two stops, for Cmax over the curve instead of over the sampling grid.

/// Golden section, where a parabola says nothing: the share of the longer part of the bracket to go.
const GOLDEN: f64 = 0.381_966_011_250_105_2;

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

/// The maximum in a bracket whose middle is above both ends: by parabolas through the three highest points so far, golden
/// section where they lead nowhere (Brent, Algorithms for Minimization without Derivatives, 1973, chapter 5).
pub(super) fn refine(mut low: f64, best: (f64, f64), mut high: f64, curve: &mut impl FnMut(f64) -> f64) -> (f64, f64) {
    let scale = low.abs().max(high.abs());
    let nearest = 0.25 * (WIDTH * (high - low) + 16.0 * f64::EPSILON * scale);
    let [mut best, mut second, mut third] = [best; 3];
    let (mut step, mut step_before): (f64, f64) = (0.0, 0.0);
    loop {
        let middle = 0.5 * (low + high);
        if (best.0 - middle).abs() + 0.5 * (high - low) <= 2.0 * nearest {
            return best;
        }
        let parabola = vertex(best, second, third)
            .filter(|&to| (to - best.0).abs() < 0.5 * step_before.abs() && low < to && to < high)
            // Not so near to an end that nothing is learned about the other side.
            .map(|to| {
                if (to - low).min(high - to) < 2.0 * nearest { nearest.copysign(middle - best.0) } else { to - best.0 }
            });
        (step, step_before) = match parabola {
            Some(to) => (to, step),
            None => {
                let longer = if best.0 >= middle { low - best.0 } else { high - best.0 };
                (GOLDEN * longer, longer)
            }
        };
        let time = best.0 + if step.abs() >= nearest { step } else { nearest.copysign(step) };
        let next = (time, curve(time));
        if next.1 >= best.1 {
            if next.0 < best.0 {
                high = best.0;
            } else {
                low = best.0;
            }
            (third, second, best) = (second, best, next);
        } else {
            if next.0 < best.0 {
                low = next.0;
            } else {
                high = next.0;
            }
            if next.1 >= second.1 || second.0 == best.0 {
                (third, second) = (second, next);
            } else if next.1 >= third.1 || third.0 == best.0 || third.0 == second.0 {
                third = next;
            }
        }
    }
}

/// Where the parabola through three points is highest or lowest; `None` where there is none.
fn vertex(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> Option<f64> {
    let (to_b, to_c) = (b.0 - a.0, c.0 - a.0);
    let (left, right) = (to_b * (c.1 - a.1), to_c * (b.1 - a.1));
    let (numerator, denominator) = (to_b * left - to_c * right, 2.0 * (left - right));
    (denominator != 0.0).then(|| a.0 + numerator / denominator)
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

    /// Golden section alone would take 38 values to the same width.
    #[test]
    fn a_smooth_maximum_takes_few_values() {
        for (ka, ke) in [(1.5f64, 0.1f64), (0.3, 0.29), (30.0, 0.01)] {
            let mut n = 0;
            let curve = |t: f64| {
                n += 1;
                (-ke * t).exp() - (-ka * t).exp()
            };
            note_maxima(&[0.0, 0.05, 1.0, 24.0], curve, |_, _| {});
            assert!(n < 4 + 2 + 20, "{n}");
        }
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

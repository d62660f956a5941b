//! Where a curve crosses a level between two stops, for the time above a concentration.

use super::maximum::refine;

/// Halvings of a bracket: a crossing is then known to the last digits of its time.
const HALVINGS: usize = 50;

/// Gives each stretch of the curve above each level to `note`: index of the level, from, to. `points` are increasing times, close enough that
/// the curve turns at most once between three of them; the ends count as they are.
///
/// Crossings are exact to rounding. Where a turn between points just misses a level, or just reaches it, the curve is looked at there
/// too; one that hides between two points entirely is not seen, as for maxima.
pub(super) fn note_above(
    points: &[f64],
    levels: &[f64],
    mut curve: impl FnMut(f64) -> f64,
    mut note: impl FnMut(usize, f64, f64),
) {
    if levels.is_empty() {
        return;
    }
    let values: Vec<(f64, f64)> = points.iter().map(|&time| (time, curve(time))).collect();
    let walk = with_turns(&values, levels, &mut curve);
    for (index, &level) in levels.iter().enumerate() {
        for pair in walk.windows(2) {
            let [(from, before), (to, after)] = [pair[0], pair[1]];
            match (before > level, after > level) {
                (true, true) => note(index, from, to),
                (true, false) => note(index, from, crossing((from, to), level, true, &mut curve)),
                (false, true) => note(index, crossing((from, to), level, false, &mut curve), to),
                (false, false) => {}
            }
        }
    }
}

/// The points, and between them the turns that may lie on the other side of a level than the points beside them.
fn with_turns(values: &[(f64, f64)], levels: &[f64], curve: &mut impl FnMut(f64) -> f64) -> Vec<(f64, f64)> {
    let mut walk: Vec<(f64, f64)> = Vec::with_capacity(values.len() + 2);
    for (index, &point) in values.iter().enumerate() {
        walk.push(point);
        let (Some(before), Some(after)) = (index.checked_sub(1).and_then(|i| values.get(i)), values.get(index + 1))
        else {
            continue;
        };
        let (rise, fall) = (point.1 - before.1, after.1 - point.1);
        if rise * fall > 0.0 || (rise == 0.0 && fall == 0.0) {
            continue;
        }
        // A turn reaches beyond its middle point by less than the outer ones lie away from it.
        let reach = rise.abs().max(fall.abs());
        let sign = if rise > 0.0 || fall < 0.0 { 1.0 } else { -1.0 };
        let hides = |level: &f64| (0.0..=reach).contains(&(sign * (level - point.1)));
        if levels.iter().any(hides) {
            let (time, value) = refine(before.0, (point.0, sign * point.1), after.0, &mut |time| sign * curve(time));
            if time != point.0 {
                walk.push((time, sign * value));
            }
        }
    }
    walk.sort_by(|a, b| a.0.total_cmp(&b.0));
    walk
}

/// Where a curve crosses a level; `falls` says in which direction.
fn crossing((mut low, mut high): (f64, f64), level: f64, falls: bool, curve: &mut impl FnMut(f64) -> f64) -> f64 {
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if (curve(middle) > level) == falls {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time_above(points: &[f64], level: f64, curve: impl FnMut(f64) -> f64) -> f64 {
        let mut sum = 0.0;
        note_above(points, &[level], curve, |_, from, to| sum += to - from);
        sum
    }

    #[test]
    fn a_decay_crosses_where_its_logarithm_says() {
        // C = 8 exp(-0.2 t) is above 2 until ln(4) / 0.2; rounding of the halved bracket.
        let found = time_above(&[0.0, 5.0, 24.0], 2.0, |t| 8.0 * (-0.2 * t).exp());
        assert!((found - 4f64.ln() / 0.2).abs() < 1e-12, "{found}");
        assert_eq!(time_above(&[0.0, 24.0], 9.0, |t| 8.0 * (-0.2 * t).exp()), 0.0);
        assert_eq!(time_above(&[0.0, 24.0], 1e-9, |t| 8.0 * (-0.2 * t).exp()), 24.0);
    }

    #[test]
    fn a_peak_or_a_valley_between_points_is_not_missed() {
        let points = [0.0, 2.0, 4.0, 6.0];
        // 1 - (t - 2.5)² is above 0.8 for 2 sqrt(0.2), although no point is.
        let peak = time_above(&points, 0.8, |t| 1.0 - (t - 2.5) * (t - 2.5));
        assert!((peak - 2.0 * 0.2f64.sqrt()).abs() < 1e-12, "{peak}");
        let valley = time_above(&points, 0.2, |t| (t - 2.5) * (t - 2.5));
        assert!((valley - (6.0 - 2.0 * 0.2f64.sqrt())).abs() < 1e-12, "{valley}");
    }

    #[test]
    fn a_curve_at_the_level_is_not_above_it() {
        assert_eq!(time_above(&[0.0, 1.0, 2.0], 3.0, |_| 3.0), 0.0);
    }
}

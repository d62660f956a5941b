//! From the grids of a study file to the sample times of a run.

use super::error::Problem;
use super::spec::GridSpec;
use crate::units::TimeUnit;

/// More samples than this per subject is a mistyped grid, not a study.
const MOST_SAMPLES: f64 = 1e6;

/// Times closer than this part of themselves are one: 0.1 * 3 and 0.3 are the same time written in two ways.
const SAME_TIME: f64 = 1e-12;

/// The times of all grids in `unit`, increasing, each once. Both ends of a grid are in it where `by` divides it.
///
/// # Errors
/// A grid that is not finite, goes backwards, or is absurdly fine; the index of the grid goes with it.
pub(super) fn times(grids: &[GridSpec], unit: TimeUnit) -> Result<Vec<f64>, (usize, Problem)> {
    let mut times = Vec::new();
    for (index, grid) in grids.iter().enumerate() {
        let GridSpec { from, to, by, .. } = *grid;
        if !(from.is_finite() && to.is_finite() && by.is_finite() && by > 0.0 && to >= from) {
            return Err((index, Problem::Grid { from, to, by }));
        }
        // The slack lets a grid such as 0 to 0.3 by 0.1 keep its last point.
        let steps = ((to - from) / by + 1e-9).floor();
        if steps >= MOST_SAMPLES {
            return Err((index, Problem::GridTooFine { samples: steps + 1.0 }));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a million")]
        let steps = steps as u32;
        times.extend((0..=steps).map(|step| grid.unit.convert(from + f64::from(step) * by, unit)));
    }
    Ok(merged(times))
}

/// Increasing, each time once.
pub(super) fn merged(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times.dedup_by(|later, earlier| *later - *earlier <= SAME_TIME * later.abs());
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(from: f64, to: f64, by: f64, unit: TimeUnit) -> GridSpec {
        GridSpec { from, to, by, unit }
    }

    #[test]
    fn half_days_over_161_days_are_323_times_in_hours() {
        let times = times(&[grid(0.0, 161.0, 0.5, TimeUnit::Day)], TimeUnit::Hour).unwrap();
        assert_eq!((times.len(), times[1], times[322]), (323, 12.0, 3864.0));
    }

    #[test]
    fn grids_merge_in_order_and_a_time_in_two_of_them_is_there_once() {
        let both = [grid(0.0, 0.3, 0.1, TimeUnit::Hour), grid(0.3, 1.0, 0.35, TimeUnit::Hour)];
        assert_eq!(times(&both, TimeUnit::Hour).unwrap().len(), 6);
        assert_eq!(times(&[grid(2.0, 2.0, 1.0, TimeUnit::Hour)], TimeUnit::Hour).unwrap(), [2.0]);
    }

    #[test]
    fn a_grid_whose_step_does_not_divide_it_ends_before_its_end() {
        assert_eq!(times(&[grid(0.0, 10.0, 4.0, TimeUnit::Hour)], TimeUnit::Hour).unwrap(), [0.0, 4.0, 8.0]);
    }

    #[test]
    fn impossible_grids_are_refused_by_number() {
        let good = grid(0.0, 1.0, 1.0, TimeUnit::Hour);
        for bad in [
            grid(0.0, 1.0, 0.0, TimeUnit::Hour),
            grid(0.0, 1.0, -1.0, TimeUnit::Hour),
            grid(1.0, 0.0, 1.0, TimeUnit::Hour),
            grid(0.0, f64::INFINITY, 1.0, TimeUnit::Hour),
            grid(0.0, 1e9, 1e-3, TimeUnit::Hour),
        ] {
            assert_eq!(times(&[good, bad], TimeUnit::Hour).unwrap_err().0, 1);
        }
    }
}

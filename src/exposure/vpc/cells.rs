//! Percentiles of the observations of a cell: one bin of one stratum.

use crate::stats;

/// Percentiles that are compared.
pub const PERCENTILES: [f64; 3] = [0.05, 0.5, 0.95];

/// What a value below quantification counts as: lower than every measured one.
pub(super) const BELOW: f64 = f64::NEG_INFINITY;

/// What one replicate, or the data, say of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Statistics {
    /// [`BELOW`] where the percentile lies among values below quantification, NaN where there are no values.
    pub percentiles: [f64; 3],
    /// Share below quantification, 0 to 1; NaN where there are no values.
    pub share_below: f64,
}

impl Statistics {
    /// Of values in any order, which are sorted in place; NaN is no value.
    pub fn of(values: &mut Vec<f64>) -> Self {
        values.retain(|value| !value.is_nan());
        values.sort_unstable_by(f64::total_cmp);
        let below = values.partition_point(|&value| value == BELOW);
        Self {
            percentiles: PERCENTILES.map(|p| quantile(values, p)),
            share_below: if values.is_empty() { f64::NAN } else { below as f64 / values.len() as f64 },
        }
    }
}

/// Type-7 quantile of sorted values, [`BELOW`] where it would have to be read between one of those and anything else.
pub(super) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(rank) = stats::quantile_rank(sorted.len() as u64, p) else { return f64::NAN };
    let low = sorted[rank.low as usize];
    if low == BELOW {
        return BELOW;
    }
    rank.between(low, sorted.get(rank.low as usize + 1).copied().unwrap_or(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_among_values_below_quantification_are_below_themselves() {
        // 21 values, of which 3 are below: order statistics 0, 1, 2. The 5th percentile is number 1, the median number 10.
        let mut values: Vec<f64> = (0..21).map(|i| if i < 3 { BELOW } else { f64::from(i) }).collect();
        values.reverse();
        let found = Statistics::of(&mut values);
        assert_eq!(found.percentiles, [BELOW, 10.0, 19.0]);
        assert_eq!(found.share_below, 3.0 / 21.0);
    }

    #[test]
    fn a_percentile_between_a_value_below_and_a_measured_one_is_not_read_off() {
        assert_eq!(quantile(&[BELOW, 4.0], 0.5), BELOW);
        assert_eq!(quantile(&[BELOW, 4.0], 1.0), 4.0);
        assert_eq!(quantile(&[2.0, 4.0], 0.5), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn failed_subjects_do_not_count() {
        let found = Statistics::of(&mut vec![f64::NAN, 1.0, BELOW, f64::NAN]);
        assert_eq!(found.share_below, 0.5);
        assert!(Statistics::of(&mut vec![f64::NAN]).share_below.is_nan());
    }
}

//! Values of a covariate over the cohort: its middle, and what is compared with it.

use crate::exposure::forest::ForestLevel;
use crate::stats;

/// Up to this many distinct values are categories, where they come again: four people of four weights have no categories.
const CATEGORIES: usize = 5;

/// The values of one covariate over the cohort, increasing.
pub(super) struct Spread {
    sorted: Vec<f64>,
    distinct: Vec<f64>,
}

impl Spread {
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let mut distinct = values.clone();
        distinct.dedup();
        Self { sorted: values, distinct }
    }

    fn is_category(&self) -> bool {
        let n = self.distinct.len();
        n == 1 || (n <= CATEGORIES && 2 * n <= self.sorted.len())
    }

    fn quantile(&self, p: f64) -> f64 {
        stats::quantile_sorted(&self.sorted, p).unwrap_or(f64::NAN)
    }

    /// The median, or the most frequent category (of equally frequent ones the smallest).
    pub fn middle(&self) -> f64 {
        if !self.is_category() {
            return self.quantile(0.5);
        }
        let count = |value: &f64| self.sorted.iter().filter(|other| *other == value).count();
        self.distinct.iter().rev().copied().max_by_key(count).unwrap_or(f64::NAN)
    }

    /// Values that are compared with the reference.
    pub fn levels(&self, reference: f64) -> Vec<(ForestLevel, f64)> {
        if self.is_category() {
            let others = self.distinct.iter().filter(|&&value| value != reference);
            return others.map(|&value| (ForestLevel::Category, value)).collect();
        }
        vec![(ForestLevel::Low, self.quantile(0.05)), (ForestLevel::High, self.quantile(0.95))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_categories_where_they_come_again() {
        let sexes = Spread::of(vec![1.0, 0.0, 0.0, 1.0, 1.0]);
        assert_eq!((sexes.middle(), sexes.levels(1.0)), (1.0, vec![(ForestLevel::Category, 0.0)]));
        let weights = Spread::of(vec![80.0, 50.0, 70.0, 60.0]);
        assert_eq!(weights.middle(), 65.0);
        // Type 7: 0.15 and 2.85 of the way along the three steps.
        assert_eq!(weights.levels(65.0), [(ForestLevel::Low, 51.5), (ForestLevel::High, 78.5)]);
        let alone = Spread::of(vec![70.0]);
        assert_eq!((alone.middle(), alone.levels(70.0)), (70.0, Vec::new()));
    }
}

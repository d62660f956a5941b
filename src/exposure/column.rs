//! One series of a chunk: the values that there are, and what is known of all of them before anything is asked of each.

use multiversion::multiversion;

/// Finite values, and the range that they span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    values: &'a [f64],
    smallest: f64,
    largest: f64,
}

impl<'a> Column<'a> {
    /// Those of the values that are finite, which is nearly always all of them. `room` is room to work in.
    pub(super) fn new(values: &'a [f64], room: &'a mut Vec<f64>) -> Self {
        let (smallest, largest, finite) = range(values);
        if finite {
            return Self { values, smallest, largest };
        }
        room.clear();
        room.extend(values.iter().filter(|value| value.is_finite()));
        let (smallest, largest, _) = range(room);
        Self { values: room, smallest, largest }
    }

    /// In the order of subjects.
    pub(super) fn values(&self) -> &'a [f64] {
        self.values
    }

    /// Whether there are values, all above 0.
    pub(super) fn is_positive(&self) -> bool {
        self.smallest > 0.0 && !self.values.is_empty()
    }

    /// Smallest value; infinite where there are none.
    pub(super) fn smallest(&self) -> f64 {
        self.smallest
    }

    /// Largest value; minus infinity where there are none.
    pub(super) fn largest(&self) -> f64 {
        self.largest
    }
}

/// Smallest and largest value, and whether all are finite (if not, the other two say nothing).
#[multiversion(targets("x86_64+avx2", "x86_64+avx"))]
fn range(values: &[f64]) -> (f64, f64, bool) {
    const LANES: usize = 8;
    let (blocks, rest) = values.as_chunks::<LANES>();
    let (mut low, mut high, mut zero) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES], [0.0; LANES]);
    // In loops of their own: together they would not be vector code.
    for block in blocks {
        low.iter_mut().zip(block).for_each(|(low, &x)| *low = if x < *low { x } else { *low });
    }
    for block in blocks {
        high.iter_mut().zip(block).for_each(|(high, &x)| *high = if x > *high { x } else { *high });
        // Of what is not finite this product is NaN, and stays so in the sum.
        zero.iter_mut().zip(block).for_each(|(zero, &x)| *zero += 0.0 * x);
    }
    let finite = zero.iter().all(|&zero| zero == 0.0) && rest.iter().all(|x| x.is_finite());
    let smallest = low.iter().chain(rest).copied().fold(f64::INFINITY, f64::min);
    let largest = high.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max);
    (smallest, largest, finite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_column_is_what_is_finite_and_its_range(
            values in prop::collection::vec(prop_oneof![9 => -1e3..1e3_f64, 1 => prop::num::f64::ANY], 0..40),
        ) {
            let mut room = Vec::new();
            let column = Column::new(&values, &mut room);
            let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
            prop_assert_eq!(column.values(), &finite);
            prop_assert_eq!(column.is_positive(), !finite.is_empty() && finite.iter().all(|&x| x > 0.0));
            prop_assert_eq!(column.smallest(), finite.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(column.largest(), finite.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
    }
}

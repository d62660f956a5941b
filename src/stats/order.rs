//! Order statistics: what stands at some places of sorted values, without sorting them.

/// As many buckets as the nearest cache holds counts.
const MOST_BUCKETS_LOG2: u32 = 12;

/// The values that sorting would put at these places, counted from 0; each place is one of the values'.
///
/// Values are counted in buckets of their bits, so that only those that share a bucket with a place have to be sorted: three
/// passes in all, where selection takes several for each place. Values that crowd in few buckets beside one far away are sorted,
/// and so are fewer values than places.
pub(super) fn order_statistics(values: &[f64], places: &[usize]) -> Vec<f64> {
    if values.len() <= places.len() {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        return places.iter().map(|&place| sorted[place]).collect();
    }
    let keys = || values.iter().map(|&value| key(value));
    let (lowest, highest) = keys().fold((i64::MAX, i64::MIN), |(low, high), key| (low.min(key), high.max(key)));
    let buckets_log2 = values.len().max(1).ilog2().min(MOST_BUCKETS_LOG2);
    let shift = (u64::BITS - highest.abs_diff(lowest).leading_zeros()).saturating_sub(buckets_log2);
    let bucket = |key: i64| (key.abs_diff(lowest) >> shift) as usize;

    let mut up_to = vec![0; 1 << buckets_log2];
    keys().for_each(|key| up_to[bucket(key)] += 1);
    let mut n = 0;
    for count in &mut up_to {
        n += *count;
        *count = n;
    }
    let bucket_of_place = |place: usize| up_to.partition_point(|&up_to| up_to <= place);
    let mut is_wanted = vec![false; up_to.len()];
    places.iter().for_each(|&place| is_wanted[bucket_of_place(place)] = true);
    let mut wanted: Vec<i64> = keys().filter(|&key| is_wanted[bucket(key)]).collect();
    wanted.sort_unstable();
    let statistic = |&place: &usize| {
        let own = bucket_of_place(place);
        let below = if own == 0 { 0 } else { up_to[own - 1] };
        value(wanted[wanted.partition_point(|&key| bucket(key) < own) + place - below])
    };
    places.iter().map(statistic).collect()
}

/// An integer for each number, in the order of [`f64::total_cmp`].
fn key(value: f64) -> i64 {
    flip_negative(value.to_bits().cast_signed())
}

fn value(key: i64) -> f64 {
    f64::from_bits(flip_negative(key).cast_unsigned())
}

/// Larger magnitudes of negative numbers come first. Done twice it changes nothing.
fn flip_negative(bits: i64) -> i64 {
    bits ^ (bits >> 63 & i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of one size, of many sizes, few different ones, and whatever bits there are.
    fn values() -> impl Strategy<Value = Vec<f64>> {
        let alike = prop::collection::vec(1.0..3.0_f64, 1..300);
        let few = prop::collection::vec((0..3_i32).prop_map(f64::from), 1..50);
        let mixed = prop_oneof![3 => -1e3..1e3_f64, 1 => Just(0.0), 1 => Just(-0.0), 1 => prop::num::f64::ANY];
        prop_oneof![alike, few, prop::collection::vec(mixed, 1..200)]
    }

    proptest! {
        #[test]
        fn every_place_holds_what_sorting_puts_there(values in values()) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let all: Vec<usize> = (0..values.len()).collect();
            for places in [all.clone(), all.into_iter().rev().step_by(7).collect(), vec![0; 1]] {
                let found = order_statistics(&values, &places);
                prop_assert_eq!(found.len(), places.len());
                for (found, place) in found.iter().zip(places) {
                    prop_assert_eq!(found.to_bits(), sorted[place].to_bits());
                }
            }
        }
    }

    #[test]
    fn nothing_stands_at_no_place() {
        assert!(order_statistics(&[], &[]).is_empty());
    }
}

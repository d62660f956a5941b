//! Subjects that have ended, so that their coming again is noticed, in as little memory as can be.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Numbers are kept as runs (subjects 1 to 1,000,000 in order take one entry), other IDs as 128-bit hashes: among a
/// million of them two fall together with a probability below 1e-26.
#[derive(Debug, Default)]
pub(super) struct SeenSubjects {
    /// First and last number of each run.
    runs: BTreeMap<u64, u64>,
    texts: HashSet<u128>,
}

impl SeenSubjects {
    /// Notes an ID; false where it was noted before.
    pub fn insert(&mut self, id: &[u8]) -> bool {
        match number(id) {
            Some(number) => self.insert_number(number),
            None => self.texts.insert(hash(id)),
        }
    }

    fn insert_number(&mut self, number: u64) -> bool {
        let before = self.runs.range(..=number).next_back().map(|(&first, &last)| (first, last));
        if before.is_some_and(|(_, last)| number <= last) {
            return false;
        }
        let mut first = number;
        let mut last = number;
        if let Some((run, _)) = before.filter(|&(_, end)| end + 1 == number) {
            first = run;
        }
        if let Some(end) = self.runs.remove(&(number + 1)) {
            last = end;
        }
        self.runs.insert(first, last);
        true
    }
}

/// The number an ID is the shortest text of: `7`, but neither `07` nor `7.0`.
fn number(id: &[u8]) -> Option<u64> {
    const MOST_DIGITS: usize = 18;
    let plain = matches!(id, [b'0'] | [b'1'..=b'9', ..]) && id.len() <= MOST_DIGITS;
    if !plain || !id.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(id.iter().fold(0, |value, &byte| value * 10 + u64::from(byte - b'0')))
}

fn hash(id: &[u8]) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn subjects_in_order_take_one_entry() {
        let mut seen = SeenSubjects::default();
        assert!((1..=10_000).all(|id: u32| seen.insert(id.to_string().as_bytes())));
        assert_eq!(seen.runs.len(), 1);
        assert!(!seen.insert(b"77"));
        assert!(seen.insert(b"077"), "another text is another subject");
    }

    proptest! {
        #[test]
        fn an_id_is_new_exactly_once(ids in prop::collection::vec("[0-9]{1,2}|[a-c]{1,2}", 0..200)) {
            let mut seen = SeenSubjects::default();
            let mut plain = HashSet::new();
            for id in ids {
                prop_assert_eq!(seen.insert(id.as_bytes()), plain.insert(id));
            }
        }
    }
}

//! The last dose before an observation.

use crate::regimen::event::{EventRecord, Evid};

/// Doses of a subject while its records are gone through.
#[derive(Debug, Default)]
pub(super) struct Doses {
    trains: Vec<Train>,
}

/// A dose record with its additional doses.
#[derive(Clone, Copy, Debug)]
struct Train {
    record: usize,
    start: f64,
    interval: f64,
    additional: u32,
}

/// How long ago the last dose was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SinceDose {
    /// Time since then.
    pub time: f64,
    /// Position of its record among those of the subject.
    pub record: usize,
    /// Time from that record to the dose: 0, but for an additional dose.
    pub additional: f64,
}

impl Doses {
    /// Takes a record with its position. After a reset the clock may start again, and earlier doses have no say.
    pub fn take(&mut self, record: &EventRecord, position: usize) {
        if record.evid.resets() {
            self.trains.clear();
        }
        if matches!(record.evid, Evid::Dose | Evid::ResetAndDose) {
            let (start, interval, additional) = (record.time, record.interval, record.additional);
            self.trains.push(Train { record: position, start, interval, additional });
        }
    }

    /// The last dose at or before a time. A dose at the time of an observation counts where its record stands before it; an
    /// additional dose is given before a record at its time.
    pub fn last_before(&self, time: f64) -> Option<SinceDose> {
        let last = |train: &Train| {
            let since = |number: u32| time - f64::from(number).mul_add(train.interval, train.start);
            // The quotient may be rounded up to a dose that is still to come, or down from one that was just given.
            let near = if train.interval > 0.0 { ((time - train.start) / train.interval).floor() as u32 } else { 0 };
            let candidates = near.saturating_sub(1)..=near.saturating_add(1);
            let number = candidates.filter(|&number| number <= train.additional && since(number) >= 0.0).max();
            let number = number.or((near > train.additional).then_some(train.additional))?;
            let additional = f64::from(number) * train.interval;
            let time = since(number);
            (time >= 0.0).then(|| SinceDose { time: rounded(time), record: train.record, additional })
        };
        // Of doses at one time, the later record's.
        self.trains.iter().filter_map(last).reduce(|best, other| if other.time <= best.time { other } else { best })
    }
}

/// To a millionth of the unit, so that 24.1 - 24 and 0.1 are one time.
pub(super) fn rounded(time: f64) -> f64 {
    (1e6 * time).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dose(time: f64, interval: f64, additional: u32) -> EventRecord {
        EventRecord { evid: Evid::Dose, amount: 1.0, interval, additional, ..EventRecord::observation(time) }
    }

    fn since(doses: &Doses, time: f64) -> Option<(f64, usize)> {
        doses.last_before(time).map(|since| (since.time, since.record))
    }

    #[test]
    fn the_last_of_all_trains_counts_and_the_end_of_one_lasts() {
        let mut doses = Doses::default();
        assert_eq!(since(&doses, 3.0), None);
        doses.take(&dose(1.0, 12.0, 2), 0);
        assert_eq!(since(&doses, 0.5), None);
        assert_eq!([1.0, 12.5, 13.0, 30.0, 100.0].map(|t| since(&doses, t).unwrap().0), [0.0, 11.5, 0.0, 5.0, 75.0]);
        assert_eq!(doses.last_before(30.0).unwrap().additional, 24.0);
        doses.take(&dose(14.0, 0.0, 0), 3);
        assert_eq!(since(&doses, 24.0), Some((10.0, 3)));
        assert_eq!(since(&doses, 26.0), Some((1.0, 0)));
        // Steady state: II without additional doses is one dose.
        doses.take(&dose(40.0, 8.0, 0), 4);
        assert_eq!(since(&doses, 60.0), Some((20.0, 4)));
    }

    #[test]
    fn a_dose_at_the_very_time_is_found_for_any_interval() {
        // 0.1 is no binary fraction: the engine gives dose j at start + j II with one rounding, and so does this.
        let mut doses = Doses::default();
        doses.take(&dose(0.3, 0.1, 2_000), 0);
        for number in 0..=2_000 {
            let time = f64::from(number).mul_add(0.1, 0.3);
            assert_eq!(since(&doses, time), Some((0.0, 0)), "dose {number}");
        }
    }

    #[test]
    fn samples_at_the_same_time_after_different_doses_are_at_one_time() {
        let mut doses = Doses::default();
        doses.take(&dose(0.0, 24.0, 100), 0);
        for number in 0..100 {
            assert_eq!(since(&doses, 24.0 * f64::from(number) + 0.1), Some((0.1, 0)), "dose {number}");
        }
    }

    #[test]
    fn a_reset_forgets_doses() {
        let mut doses = Doses::default();
        doses.take(&dose(0.0, 12.0, 5), 0);
        doses.take(&EventRecord { evid: Evid::Reset, ..EventRecord::observation(0.0) }, 1);
        assert_eq!(since(&doses, 3.0), None);
        doses.take(&EventRecord { evid: Evid::ResetAndDose, ..dose(2.0, 0.0, 0) }, 2);
        assert_eq!(since(&doses, 3.0), Some((1.0, 2)));
    }
}

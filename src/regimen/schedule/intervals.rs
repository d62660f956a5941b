//! Exposure intervals: given ones checked, and those between the doses of a data set.

use crate::engine::timeline::{Interval, SteadyState};
use crate::regimen::event::{Compartment, Evid, SubjectRecords};
use crate::regimen::names::ModelNames;
use crate::regimen::schedule::{RecordPlace, ScheduleError};

/// A copy of the intervals, known to be in order.
pub(super) fn checked(intervals: &[Interval]) -> Result<Vec<Interval>, ScheduleError> {
    let mut previous_end = f64::NEG_INFINITY;
    for (index, &Interval { start, end }) in intervals.iter().enumerate() {
        let in_order = start.is_finite() && end.is_finite() && previous_end <= start && start < end;
        if !in_order {
            return Err(ScheduleError::ExposureIntervalOutOfOrder { number: index + 1, start, end });
        }
        previous_end = end;
    }
    Ok(intervals.to_vec())
}

/// Doses still to come of one record.
struct Train {
    state: usize,
    first: f64,
    interval: f64,
    given: u32,
    additional: u32,
}

impl Train {
    fn time(&self) -> f64 {
        self.first + f64::from(self.given) * self.interval
    }
}

/// From each dose to the next, and from the last one to the last record. Doses count at the time they were recorded for:
/// without lag, additional ones at t + j II, cancelled ones not (rule 5).
pub(super) fn between_doses(subject: &SubjectRecords, names: &ModelNames) -> Result<Vec<Interval>, ScheduleError> {
    let mut times: Vec<f64> = Vec::new();
    let mut trains: Vec<Train> = Vec::new();
    let mut last = f64::NEG_INFINITY;
    for (index, record) in subject.records.iter().enumerate() {
        if record.time < last {
            let place = RecordPlace { number: index + 1, line: record.line };
            return Err(ScheduleError::ExposureAcrossClockReset { place });
        }
        last = record.time;
        for train in &mut trains {
            while train.given <= train.additional && train.time() <= record.time {
                times.push(train.time());
                train.given += 1;
            }
        }
        trains.retain(|train| train.given <= train.additional);
        if record.evid.resets() || (record.evid.gives_dose() && record.steady_state == SteadyState::Replace) {
            trains.clear();
        }
        if let (Evid::Other, Compartment::Off(number)) = (record.evid, record.compartment) {
            trains.retain(|train| train.state + 1 != number as usize);
        }
        if record.evid.gives_dose() {
            times.push(record.time);
            if record.additional > 0 {
                let state = match record.compartment {
                    Compartment::Number(number) => (number as usize).saturating_sub(1),
                    _ => names.default_state,
                };
                let (interval, additional) = (record.interval, record.additional);
                trains.push(Train { state, first: record.time, interval, given: 1, additional });
            }
        }
    }
    times.sort_by(f64::total_cmp);
    times.dedup();
    if times.last().is_some_and(|&time| time < last) {
        times.push(last);
    }
    Ok(times.windows(2).map(|pair| Interval { start: pair[0], end: pair[1] }).collect())
}

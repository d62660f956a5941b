//! What the arms of a study give, worked out for its first subjects.

use std::collections::BTreeMap;

use crate::plot::dosing::{DoseAmount, Dosing, DosingArm};
use crate::regimen::event::SubjectRecords;
use crate::stats::quantiles;
use crate::study::export::treatment;
use crate::study::{DATA_ARM, Plan, Study};

/// Enough to see what differs between subjects.
const SUBJECTS: u64 = 100;
/// A data set with more different dose times has no common regimen to draw.
const MOST_TIMES: usize = 500;

/// One dose of one subject.
#[derive(Clone, Copy)]
struct Given {
    time: f64,
    amount: f64,
    duration: f64,
}

/// Doses per arm over the first subjects, and how many these are. Subjects whose doses cannot be worked out are left out: the
/// run lists them as failed.
pub fn of(study: &Study, unit: &str) -> (Dosing, u64) {
    let (arms, n) = match study.plan() {
        Plan::Cohort(design) => {
            let n = design.cohort.size().min(SUBJECTS);
            let of_arm = |arm| -> Vec<Vec<Given>> {
                (1..=n)
                    .filter_map(|number| treatment(design, arm, number).ok())
                    .map(|(_, treatment)| {
                        let given = treatment.doses.iter();
                        given.map(|d| Given { time: d.time, amount: d.amount, duration: d.duration }).collect()
                    })
                    .collect()
            };
            (design.arms.iter().map(|arm| (arm.name.clone(), of_arm(arm))).collect::<Vec<_>>(), n)
        }
        Plan::Data(data) => {
            let subjects = data.first_records(SUBJECTS as usize);
            let n = subjects.len() as u64;
            (vec![(DATA_ARM.to_owned(), subjects.iter().map(of_records).collect())], n)
        }
    };
    let arms: Vec<DosingArm> =
        arms.into_iter().map(|(name, subjects)| DosingArm { name, doses: over(&subjects) }).collect();
    let last_dose = arms.iter().flat_map(|arm| &arm.doses).map(|dose| dose.time + dose.duration).fold(0.0, f64::max);
    let heading = "Doses over time".to_owned();
    let note = match n {
        1 => "Amounts given to the only subject".to_owned(),
        n => format!(
            "Median amount of the first {n} subjects, paler where fewer get the dose; lines from the smallest to the largest amount"
        ),
    };
    let end = if last_dose > 0.0 { 1.04 * last_dose } else { 1.0 };
    (Dosing { heading, note, unit: unit.to_owned(), time_unit: study.time_unit(), end, arms }, n)
}

/// Doses of a data set as recorded, additional ones included.
fn of_records(subject: &SubjectRecords) -> Vec<Given> {
    let doses = subject.records.iter().filter(|record| record.evid.gives_dose());
    doses
        .flat_map(|record| {
            let time = move |number: u32| f64::from(number).mul_add(record.interval, record.time);
            (0..=record.additional).map(move |number| Given {
                time: time(number),
                amount: record.amount,
                duration: 0.0,
            })
        })
        .take(MOST_TIMES)
        .collect()
}

/// Doses of several subjects, time by time.
fn over(subjects: &[Vec<Given>]) -> Vec<DoseAmount> {
    let mut by_time: BTreeMap<u64, Vec<Given>> = BTreeMap::new();
    for given in subjects.iter().flatten() {
        // Times that are not negative have the order of their bits.
        by_time.entry(given.time.max(0.0).to_bits()).or_default().push(*given);
    }
    let median = |values: Vec<f64>| quantiles(&values, [0.0, 0.5, 1.0]).map(|value| value.unwrap_or(0.0));
    by_time
        .into_iter()
        .take(MOST_TIMES)
        .map(|(bits, given)| {
            let [low, middle, high] = median(given.iter().map(|dose| dose.amount).collect());
            let [_, duration, _] = median(given.iter().map(|dose| dose.duration).collect());
            let share = given.len() as f64 / subjects.len().max(1) as f64;
            DoseAmount { time: f64::from_bits(bits), median: middle, low, high, duration, share: share.min(1.0) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dose_that_half_of_the_subjects_get_has_half_a_share_and_the_median_of_theirs() {
        let dose = |time: f64, amount: f64| Given { time, amount, duration: 1.0 };
        let doses = over(&[vec![dose(0.0, 1.0), dose(24.0, 2.0)], vec![dose(0.0, 3.0)]]);
        assert_eq!(doses.len(), 2);
        assert_eq!((doses[0].median, doses[0].low, doses[0].high, doses[0].share), (2.0, 1.0, 3.0, 1.0));
        assert_eq!((doses[1].time, doses[1].median, doses[1].share), (24.0, 2.0, 0.5));
    }
}

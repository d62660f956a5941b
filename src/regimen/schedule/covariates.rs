//! Covariates of one subject's records as the table the engine looks them up in.
//!
//! Values that a record does not give are filled in by the covariate's own interpolation, so that the table has no gaps;
//! rows that say nothing new are left out, because the integrator restarts at every row (rule 20).

use std::ops::Range;

use crate::engine::timeline::{CovariateTable, Interpolation};
use crate::regimen::event::SubjectRecords;
use crate::regimen::names::ModelNames;
use crate::regimen::schedule::{CovariateInterpolation, RecordPlace, ScheduleError};

/// One row, from the start on.
pub(super) fn constant(start: f64, values: &[f64]) -> CovariateTable {
    CovariateTable {
        times: vec![start],
        values: values.to_vec(),
        interpolation: vec![Interpolation::default(); values.len()],
    }
}

/// The covariates that the model wants, in its order.
pub(super) fn table(
    subject: &SubjectRecords,
    names: &ModelNames,
    interpolation: &CovariateInterpolation,
    grid: &[f64],
) -> Result<CovariateTable, ScheduleError> {
    let (n_records, n_given, n_wanted) = (subject.records.len(), subject.covariate_names.len(), names.covariates.len());
    let stretches = stretches(subject);
    let methods: Vec<Interpolation> = names.covariates.iter().map(|name| interpolation.of(name)).collect();
    let mut filled = vec![f64::NAN; n_records * n_wanted];
    let mut gives = vec![false; n_records];
    for (column, (name, &method)) in names.covariates.iter().zip(&methods).enumerate() {
        let given = position(&subject.covariate_names, name)
            .ok_or_else(|| ScheduleError::CovariateMissing { name: name.clone() })?;
        let mut values: Vec<f64> = (0..n_records).map(|row| subject.covariates[row * n_given + given]).collect();
        gives.iter_mut().zip(&values).for_each(|(gives, value)| *gives |= !value.is_nan());
        fill(subject, &stretches, method, &mut values).map_err(|row| ScheduleError::CovariateUndefined {
            name: name.clone(),
            place: RecordPlace { number: row + 1, line: subject.records[row].line },
        })?;
        for (row, value) in values.into_iter().enumerate() {
            filled[row * n_wanted + column] = value;
        }
    }
    Ok(without_repeats(subject, &stretches, grid, &gives, &filled, methods))
}

/// The column of a name: as it is written, or else without regard to case.
fn position(columns: &[String], name: &str) -> Option<usize> {
    let exact = columns.iter().position(|column| column == name);
    exact.or_else(|| columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
}

/// Runs of records over which the clock does not go back.
fn stretches(subject: &SubjectRecords) -> Vec<Range<usize>> {
    let records = &subject.records;
    let mut stretches = Vec::new();
    let mut start = 0;
    for row in 1..=records.len() {
        if row == records.len() || records[row].time < records[row - 1].time {
            stretches.push(start..row);
            start = row;
        }
    }
    stretches
}

/// Gives every record a value, or says which record has none to take.
fn fill(
    subject: &SubjectRecords,
    stretches: &[Range<usize>],
    method: Interpolation,
    values: &mut [f64],
) -> Result<(), usize> {
    if !values.iter().any(|value| value.is_nan()) {
        return Ok(());
    }
    let first_given = values.iter().position(|value| !value.is_nan()).ok_or(0_usize)?;
    if first_given > 0 && method != Interpolation::Nocb {
        return Err(0);
    }
    let mut previous = first_given;
    for stretch in stretches {
        let mut row = stretch.start;
        while row < stretch.end {
            if !values[row].is_nan() {
                previous = row;
                row += 1;
                continue;
            }
            let next = (row..stretch.end).find(|&later| !values[later].is_nan());
            let gap = row..next.unwrap_or(stretch.end);
            for missing in gap.clone() {
                values[missing] = match (method, next) {
                    (Interpolation::Locf, _) | (_, None) => values[previous],
                    (Interpolation::Nocb, Some(next)) => values[next],
                    // A line needs both its ends on one clock.
                    (Interpolation::Linear, Some(_)) if previous < stretch.start => values[previous],
                    (Interpolation::Linear, Some(next)) => {
                        let time = |row: usize| subject.records[row].time;
                        let share = (time(missing) - time(previous)) / (time(next) - time(previous));
                        let share = if share.is_finite() { share } else { 1.0 };
                        values[previous] + share * (values[next] - values[previous])
                    }
                };
            }
            row = gap.end;
        }
    }
    Ok(())
}

/// Leaves out rows that say nothing new or nothing at all, which changes none of the interpolations.
///
/// Of the rows of one time that differ among themselves none is left out, for the k-th record at a time sees the k-th row
/// of that time; an extra sample of that time comes first and takes a row as well. Where the clock goes back, the last row
/// before and the first row after stay, so that the step back is seen.
fn without_repeats(
    subject: &SubjectRecords,
    stretches: &[Range<usize>],
    grid: &[f64],
    gives: &[bool],
    filled: &[f64],
    interpolation: Vec<Interpolation>,
) -> CovariateTable {
    let n = interpolation.len();
    let records = &subject.records;
    let row = |index: usize| &filled[index * n..(index + 1) * n];
    let mut table = CovariateTable { interpolation, ..CovariateTable::default() };
    let mut keep = |index: usize| {
        table.times.push(records[index].time);
        table.values.extend_from_slice(row(index));
    };
    if (1..records.len()).all(|index| row(index) == row(0)) {
        keep(0);
        return table;
    }
    for stretch in stretches {
        let clock_goes_back = stretch.end < records.len();
        let is_kept = |group: &Range<usize>| {
            let at_border = group.start == stretch.start || (clock_goes_back && group.end == stretch.end);
            at_border || gives[group.clone()].contains(&true)
        };
        let groups: Vec<Range<usize>> = times_of(subject, stretch).filter(is_kept).collect();
        for (place, group) in groups.iter().enumerate() {
            let (start, time) = (group.start, records[group.start].time);
            if let Some(last_news) = (start + 1..group.end).rev().find(|&index| row(index) != row(index - 1)) {
                if grid.binary_search_by(|sample| sample.total_cmp(&time)).is_ok() {
                    keep(start);
                }
                (start..=last_news).for_each(&mut keep);
            } else {
                let at_border = place == 0 || (clock_goes_back && place + 1 == groups.len());
                let news = place > 0 && row(start) != row(groups[place - 1].end - 1);
                let last_of_its_kind = groups.get(place + 1).is_some_and(|next| row(next.start) != row(start));
                if at_border || news || last_of_its_kind {
                    keep(start);
                }
            }
        }
    }
    table
}

/// The records of a stretch, time by time.
fn times_of(subject: &SubjectRecords, stretch: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = stretch.start;
    subject.records[stretch.clone()].chunk_by(|a, b| a.time == b.time).map(move |group| {
        start += group.len();
        start - group.len()..start
    })
}

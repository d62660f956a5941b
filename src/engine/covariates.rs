//! Covariates through time, as a subject's cursor walks along them.
//!
//! The k-th record at a time sees the k-th covariate row of that time (the last one where there are fewer rows), so a
//! table with one row per record gives each record its own values. Between rows, `locf` holds the row before, `nocb` the
//! row after, `linear` the line between both. Row times may go back where a reset takes the records back.

use super::program::Program;
use super::timeline::{CovariateTable, Interpolation};

/// A covariate that follows a straight line until the next stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CovariateLine {
    /// Position among the covariates.
    pub covariate: usize,
    /// Time of `value`.
    pub time: f64,
    /// Value then.
    pub value: f64,
    /// Change per time.
    pub slope: f64,
}

impl CovariateLine {
    /// Value at a time.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        self.value + self.slope * (time - self.time)
    }
}

impl CovariateTable {
    /// Whether a covariate moves along a line somewhere, so that coefficients change between events.
    #[must_use]
    pub fn varies_continuously(&self) -> bool {
        self.times.len() > 1
            && self.interpolation.iter().enumerate().any(|(covariate, &interpolation)| {
                let mut given = self
                    .values
                    .iter()
                    .skip(covariate)
                    .step_by(self.interpolation.len())
                    .filter(|value| !value.is_nan());
                let first = given.next();
                interpolation == Interpolation::Linear && given.any(|value| Some(value) != first)
            })
    }
}

/// Where a subject stands in its covariate table.
#[derive(Clone, Debug, Default)]
pub(super) struct CovariateWalk {
    /// The table without gaps, row-major; empty where nothing changes.
    filled: Vec<f64>,
    /// Rows passed.
    row: usize,
    /// The rows between two times at which time goes back.
    segment_start: usize,
    segment_end: usize,
    lines: Vec<CovariateLine>,
}

impl CovariateWalk {
    /// Stands before the first row, with its values in `current`.
    pub fn restart(&mut self, table: &CovariateTable, current: &mut [f64]) {
        let n = current.len();
        self.filled.clear();
        self.lines.clear();
        self.row = 0;
        self.segment_start = 0;
        self.segment_end = 0;
        if table.times.len() <= 1 {
            if table.times.len() == 1 {
                current.copy_from_slice(&table.values[..n]);
            }
            return;
        }
        self.filled.extend_from_slice(&table.values);
        for covariate in 0..n {
            fill_gaps(table, &mut self.filled, n, covariate);
        }
        current.copy_from_slice(&self.filled[..n]);
        if self.filled.chunks_exact(n.max(1)).all(|row| same(row, current)) {
            self.filled.clear();
            return;
        }
        self.segment_end = segment_end(table, 0);
    }

    /// Lines that hold until the next stop; empty where every covariate is constant.
    pub fn lines(&self) -> &[CovariateLine] {
        &self.lines
    }

    /// Time of the next row at which what is in force changes; ∞ where there is none before time goes back.
    pub fn next_time(&self, table: &CovariateTable, n: usize) -> f64 {
        if self.filled.is_empty() {
            return f64::INFINITY;
        }
        let turns = |row: usize| (0..n).any(|covariate| self.turns(table.interpolation[covariate], row, covariate, n));
        (self.row..self.segment_end).find(|&row| turns(row)).map_or(f64::INFINITY, |row| table.times[row])
    }

    /// Whether a covariate jumps or bends at a row. A row that only repeats or prolongs is no stop: an observation that was added
    /// would change the last digits.
    fn turns(&self, interpolation: Interpolation, row: usize, covariate: usize, n: usize) -> bool {
        let value = |row: usize| self.filled[row * n + covariate].to_bits();
        let from_last = row > self.segment_start && value(row - 1) != value(row);
        let to_next = row + 1 < self.segment_end && value(row) != value(row + 1);
        match interpolation {
            Interpolation::Locf => from_last,
            Interpolation::Nocb => to_next,
            Interpolation::Linear => from_last || to_next,
        }
    }

    /// Moves past the rows before `time` and puts covariates on a line at their value then; says whether any changed. The
    /// lines end here: what the rows at `time` say holds for their records, and not what the line says.
    pub fn reach(&mut self, table: &CovariateTable, time: f64, current: &mut [f64]) -> bool {
        while self.row < self.segment_end && table.times[self.row] < time {
            self.row += 1;
        }
        let mut changed = false;
        for line in self.lines.drain(..) {
            changed |= set(&mut current[line.covariate], line.at(time));
        }
        changed
    }

    /// The values of the next row at `time`, if there is one left; says whether any changed.
    pub fn see(&mut self, table: &CovariateTable, time: f64, current: &mut [f64]) -> bool {
        if self.row >= self.segment_end || table.times[self.row] != time {
            return false;
        }
        let n = current.len();
        let mut changed = false;
        for (covariate, value) in current.iter_mut().enumerate() {
            changed |= set(value, self.filled[self.row * n + covariate]);
        }
        self.row += 1;
        changed
    }

    /// Passes what is left of the rows at `time` and takes what holds from there to the next row; says whether any changed.
    pub fn depart(&mut self, table: &CovariateTable, time: f64, current: &mut [f64]) -> bool {
        if self.filled.is_empty() {
            return false;
        }
        while self.row < self.segment_end && table.times[self.row] <= time {
            self.row += 1;
        }
        let n = current.len();
        let next = if self.row < self.segment_end { self.row } else { self.row - 1 };
        let last = if self.row > self.segment_start { self.row - 1 } else { next };
        let mut changed = false;
        for (covariate, value) in current.iter_mut().enumerate() {
            let before = self.filled[last * n + covariate];
            let after = self.filled[next * n + covariate];
            changed |= match table.interpolation[covariate] {
                Interpolation::Locf => set(value, before),
                Interpolation::Nocb => set(value, after),
                Interpolation::Linear => {
                    if before.to_bits() == after.to_bits() {
                        set(value, before)
                    } else {
                        let slope = (after - before) / (table.times[next] - table.times[last]);
                        let line = CovariateLine { covariate, time: table.times[last], value: before, slope };
                        self.lines.push(line);
                        set(value, line.at(time))
                    }
                }
            };
        }
        changed
    }

    /// Time goes back to `time`, at a reset: on to the next run of rows, or back in the only one.
    pub fn rewind(&mut self, table: &CovariateTable, time: f64) {
        if self.filled.is_empty() {
            return;
        }
        if self.segment_end < table.times.len() {
            self.row = self.segment_end;
            self.segment_start = self.row;
            self.segment_end = segment_end(table, self.row);
        } else {
            let rows = &table.times[self.segment_start..self.segment_end];
            self.row = self.segment_start + rows.partition_point(|&row_time| row_time < time);
        }
    }
}

/// Sets covariates that move along a line to their value at `time` and runs the record block there. Where there are any,
/// that block belongs to the right-hand side.
pub fn follow(lines: &[CovariateLine], program: &Program, time: f64, registers: &mut [f64]) {
    if lines.is_empty() {
        return;
    }
    for line in lines {
        registers[program.covariates.start as usize + line.covariate] = line.at(time);
    }
    program.record.run(registers);
}

/// Writes and says whether the bits changed (NaN stays NaN).
fn set(target: &mut f64, value: f64) -> bool {
    let changed = target.to_bits() != value.to_bits();
    *target = value;
    changed
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

fn segment_end(table: &CovariateTable, start: usize) -> usize {
    (start + 1..table.times.len()).find(|&row| table.times[row] < table.times[row - 1]).unwrap_or(table.times.len())
}

/// Rows that do not give a covariate take it from the rows around, as its interpolation says.
fn fill_gaps(table: &CovariateTable, filled: &mut [f64], n: usize, covariate: usize) {
    let rows = table.times.len();
    let given: Vec<usize> = (0..rows).filter(|row| !table.values[row * n + covariate].is_nan()).collect();
    if given.is_empty() || given.len() == rows {
        return;
    }
    let value = |row: usize| table.values[row * n + covariate];
    for row in 0..rows {
        let after = given.partition_point(|&other| other < row);
        if given.get(after) == Some(&row) {
            continue;
        }
        let next = given.get(after).copied();
        let last = after.checked_sub(1).map(|index| given[index]);
        filled[row * n + covariate] = match (last, next, table.interpolation[covariate]) {
            (Some(last), Some(next), Interpolation::Linear) if table.times[last] < table.times[next] => {
                let share = (table.times[row] - table.times[last]) / (table.times[next] - table.times[last]);
                value(last) + share.clamp(0.0, 1.0) * (value(next) - value(last))
            }
            (_, Some(next), Interpolation::Nocb) | (None, Some(next), _) => value(next),
            (Some(last), _, _) => value(last),
            (None, None, _) => f64::NAN,
        };
    }
}

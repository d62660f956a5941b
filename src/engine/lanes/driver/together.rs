//! Sixteen subjects on one schedule through the lanes together: one time, one step, one walk past the samples.
//!
//! Subjects of a cohort on one regimen have the same records and differ in amounts and parameters, so their stops are at the
//! same times. Then the samples in a step are looked up once, every value is worked out for all lanes at once, and the step is
//! the longest that suits all. Only the way of getting from stop to stop is shared: what happens at a stop is each subject's own
//! ([`Cursor::arrive`]).
//!
//! The last digits of a subject depend on who shares its steps. So groups are cut by the number of the subject alone, and
//! whoever simulates a cohort fills its last group up with the subjects that would come next. Where anything is out of the
//! ordinary in one lane (different stops, equations that break, too many steps) the whole group goes on as if it had never been
//! tried: its subjects one by one, each in its own lane.

use super::{Driver, Outcome};
use crate::engine::SubjectInput;
use crate::engine::cursor::Cursor;
use crate::engine::lanes::LANES;
use crate::engine::lanes::bank::LaneIntegrator;
use std::ops::Range;
use std::sync::Arc;

/// Fewer subjects than this are better off in lanes of their own.
const SMALLEST_GROUP: usize = LANES / 2;

/// Steps between two stops after which a group breaks up: where so many are needed, they are needed by one of its subjects.
const MAX_STEPS_TOGETHER: u32 = 200;

/// The subjects do not fit together after all.
struct Apart;

/// Positions of subjects that may go together: on one schedule, and in the same sixteen numbers (from 1 on).
pub(super) fn groups(subjects: &[SubjectInput<'_>]) -> Vec<Range<usize>> {
    let mut first = 0;
    let together = |a: &SubjectInput<'_>, b: &SubjectInput<'_>| {
        let block = |subject: &SubjectInput<'_>| subject.number.wrapping_sub(1) / LANES as u64;
        block(a) == block(b) && Arc::ptr_eq(&a.timeline.records, &b.timeline.records)
    };
    subjects
        .chunk_by(together)
        .flat_map(|run| run.chunks(LANES))
        .map(|group| {
            first += group.len();
            first - group.len()..first
        })
        .filter(|group| group.len() >= SMALLEST_GROUP)
        .collect()
}

impl<I: LaneIntegrator> Driver<'_, '_, I> {
    /// Integrates a group. False where it broke up: then none of its subjects has an outcome.
    pub(super) fn run_together(&mut self, group: Range<usize>) -> bool {
        self.bank.together = true;
        let done = self.all_the_way(&group).is_ok();
        self.bank.together = false;
        for lane in 0..LANES {
            self.seats[lane].subject = None;
            self.bank.vacate(lane);
        }
        if !done {
            self.outcomes[group].iter_mut().for_each(|outcome| *outcome = None);
        }
        done
    }

    fn all_the_way(&mut self, group: &Range<usize>) -> Result<(), Apart> {
        let mut under_way = [false; LANES];
        for (lane, under_way) in under_way.iter_mut().enumerate() {
            // Lanes that are left over follow the last subject.
            let index = (group.start + lane).min(group.end - 1);
            self.seats[lane].subject = Some(index);
            *under_way = self.begin(lane, self.subjects[index]).map_err(|_| Apart)?;
        }
        while self.all_or_none(under_way)? {
            self.refresh();
            self.outputs.take_inputs(&self.bank);
            under_way = self.next_stop_together()?;
        }
        for lane in 0..group.len() {
            self.store_profile(lane);
        }
        Ok(())
    }

    /// Whether all lanes go on, to the same stop; an error where they differ.
    fn all_or_none(&self, under_way: [bool; LANES]) -> Result<bool, Apart> {
        let all = under_way == [true; LANES];
        let one_stop = self.bank.stop.0.iter().all(|&stop| stop == self.bank.stop[0]);
        let one_time = self.bank.time.0.iter().all(|&time| time == self.bank.time[0]);
        match all {
            true if one_stop && one_time => Ok(true),
            false if under_way == [false; LANES] => Ok(false),
            _ => Err(Apart),
        }
    }

    /// Steps up to the next stop, and what happens there in each lane: whether it goes on.
    fn next_stop_together(&mut self) -> Result<[bool; LANES], Apart> {
        for _ in 0..MAX_STEPS_TOGETHER {
            let (marks, peaks) = self.step();
            if marks.broken | marks.stuck != 0 {
                return Err(Apart);
            }
            self.answer_rows_together();
            let arrived = marks.arrived != 0;
            let mut under_way = [true; LANES];
            for (lane, under_way) in under_way.iter_mut().enumerate() {
                self.seats[lane].steps += 1;
                self.measure_where_needed(lane, arrived, peaks & 1 << lane != 0);
                if arrived {
                    *under_way = self.arrive_from_bank(lane).map_err(|_: Outcome| Apart)?;
                }
            }
            if arrived {
                return Ok(under_way);
            }
        }
        Err(Apart)
    }

    /// The rows that lie in the step, for all lanes.
    fn answer_rows_together(&mut self) {
        let Self { integrator, outputs, bank, seats, program, .. } = self;
        let width = program.outputs.len();
        let mut times = [0.0; LANES];
        let mut rows = [0; LANES];
        loop {
            let Some(first) = seats[0].cursor.as_mut() else { return };
            let count = first.next_rows(bank.finish[0], &mut times, &mut rows);
            for (&time, &row) in times[..count].iter().zip(&rows) {
                outputs.observe_all(integrator.solution(), time - bank.start[0], time);
                let tables = seats.iter_mut().filter_map(|seat| seat.cursor.as_mut()).map(Cursor::rows_mut);
                outputs.copy_row(tables.map(|table| &mut table[row * width..(row + 1) * width]));
            }
            if count < LANES {
                break;
            }
        }
        if let Some((Some(first), others)) = seats.split_first_mut().map(|(first, others)| (&first.cursor, others)) {
            others.iter_mut().filter_map(|seat| seat.cursor.as_mut()).for_each(|cursor| cursor.pass_rows_of(first));
        }
    }
}

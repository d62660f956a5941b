//! Sixteen subjects on one schedule through the lanes together: one time, one step, one walk past events and samples.
//!
//! Subjects of a cohort on one regimen have the same records and differ in amounts and parameters, so their stops are at the
//! same times ([`itinerary`]). Then a stop is looked up once for all groups, every value is worked out for sixteen subjects at
//! once, and the step is the longest that suits all.
//!
//! The last digits of a subject depend on who shares its steps. So groups are cut by the number of the subject alone, and
//! whoever simulates a cohort fills its last group up with the subjects that would come next. Where anything is out of the
//! ordinary (stops that depend on parameters, equations that break, too many steps) the whole group is left to lanes of
//! their own, as if it had never been tried.

mod curve;
mod itinerary;

use self::curve::Curve;
use self::itinerary::{Event, Itinerary, Stop, goes_along};
use super::bank::{Bank, LaneIntegrator};
use super::block::run_block;
use super::observer::Observer;
use super::{Backend, LANES, Lanes};
use crate::engine::SubjectInput;
use crate::engine::exposure_tracker::ExposureTracker;
use crate::engine::program::{Program, Register};
use crate::engine::timeline::{Interval, Timeline};
use crate::profile::Profile;
use std::ops::Range;
use std::sync::Arc;

/// Fewer subjects than this are better off in lanes of their own.
const SMALLEST_GROUP: usize = LANES / 2;

/// Steps between two stops after which a group breaks up: where so many are needed, they are needed by one of its subjects.
const MAX_STEPS_TOGETHER: u32 = 200;

/// The subjects do not fit together after all.
struct Apart;

/// Integrates those who can go together: their profiles, and in how many steps. `None` for all others.
pub(super) fn run<I: LaneIntegrator>(
    program: &Program,
    integrator: &mut I,
    backend: Backend,
    subjects: &[SubjectInput<'_>],
) -> Vec<Option<(Profile, u32)>> {
    let mut done: Vec<Option<(Profile, u32)>> = subjects.iter().map(|_| None).collect();
    let mut group = Group::new(program, integrator, backend);
    // Of the subject whose way was found last.
    let mut last: Option<(&Timeline, Option<Itinerary>)> = None;
    for range in groups(subjects) {
        let members = &subjects[range.clone()];
        let first = members[0];
        // Whether a group stays together must not depend on who came before it.
        let is_same = |leader: &Timeline| {
            Arc::ptr_eq(&leader.records, &first.timeline.records) && goes_along(program, leader, first.timeline)
        };
        let (leader, way) = match last.take() {
            Some((leader, way)) if is_same(leader) => (leader, way),
            _ => {
                group.set_table(first.timeline.n_rows);
                (first.timeline, Itinerary::of(program, first))
            }
        };
        if let Some(way) = &way
            && members.iter().all(|member| goes_along(program, leader, member.timeline))
            && let Ok(steps) = group.travel(members, way)
        {
            for (profile, done) in group.profiles(members.len()).zip(&mut done[range]) {
                *done = Some((profile, steps));
            }
        }
        last = Some((leader, way));
    }
    done
}

/// Positions of subjects that may go together: on one schedule, and in the same sixteen numbers (from 1 on).
fn groups(subjects: &[SubjectInput<'_>]) -> Vec<Range<usize>> {
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

/// Sixteen subjects at one place.
struct Group<'a, I> {
    program: &'a Program,
    integrator: &'a mut I,
    backend: Backend,
    bank: Bank,
    /// Registers of all phases.
    registers: Vec<Lanes>,
    /// Those of earlier phases that the integrator or the outputs read.
    inputs: Vec<Register>,
    outputs: Observer,
    curve: Option<Curve>,
    tracker: ExposureTracker<Lanes>,
    /// Amount of each dose.
    amounts: Vec<Lanes>,
    /// Outputs, row by row; not a number in a row that the way does not pass.
    table: Vec<Lanes>,
}

impl<'a, I: LaneIntegrator> Group<'a, I> {
    fn new(program: &'a Program, integrator: &'a mut I, backend: Backend) -> Self {
        let outputs = Observer::new(program, &program.outputs, backend);
        let curve = program.exposure.map(|target| Curve::new(program, target, backend));
        let of_curve = curve.iter().flat_map(|curve| curve.observer().inputs());
        let mut inputs: Vec<Register> =
            integrator.inputs().iter().chain(outputs.inputs()).chain(of_curve).copied().collect();
        inputs.sort_unstable();
        inputs.dedup();
        let mut bank = Bank::new(program, integrator.n_registers());
        bank.together = true;
        integrator.prepare(&mut bank);
        let registers = program.registers().into_iter().map(Lanes::splat).collect();
        let (tracker, amounts, table) = Default::default();
        Self { program, integrator, backend, bank, registers, inputs, outputs, curve, tracker, amounts, table }
    }

    /// Room for the rows of those on one schedule.
    fn set_table(&mut self, n_rows: usize) {
        self.table.clear();
        self.table.resize(n_rows * self.program.outputs.len(), Lanes::splat(f64::NAN));
    }

    /// All the way; the steps it took.
    fn travel(&mut self, members: &[SubjectInput<'_>], way: &Itinerary) -> Result<u32, Apart> {
        let [start, stops @ ..] = way.stops.as_slice() else { return Err(Apart) };
        let intervals = &members[0].timeline.intervals;
        self.bank.time = Lanes::splat(start.time);
        self.seat(members)?;
        self.tracker.restart(intervals, 0, self.curve.is_some());
        if let Some(curve) = &mut self.curve {
            curve.begin(&self.bank, &mut self.tracker, intervals);
        }
        self.happen(start);
        let mut steps = 0;
        let mut jumped = true;
        for stop in stops {
            self.bank.set_off(stop.time);
            if let Some(curve) = &mut self.curve {
                curve.depart(&self.bank, jumped, &mut self.tracker, intervals);
            }
            steps += self.reach(&way.rows[stop.rows.clone()], intervals)?;
            jumped = self.happen(stop);
        }
        Ok(steps)
    }

    /// What the subjects bring, and what the program makes of it before any time has passed. Lanes that are left over follow the
    /// last subject.
    fn seat(&mut self, members: &[SubjectInput<'_>]) -> Result<(), Apart> {
        let Self { program, registers, bank, .. } = self;
        let doses = &members[0].timeline.doses;
        self.amounts.resize(doses.len(), Lanes::splat(0.0));
        for lane in 0..LANES {
            let member = members[lane.min(members.len() - 1)];
            let mut set = |first: u32, values: &[f64]| {
                registers[first as usize..]
                    .iter_mut()
                    .zip(values)
                    .for_each(|(register, &value)| register[lane] = value);
            };
            set(program.thetas.start, member.thetas);
            set(program.etas.start, member.etas);
            set(program.covariates.start, &member.timeline.covariates.values[..program.covariates.len()]);
            for (amount, dose) in self.amounts.iter_mut().zip(&member.timeline.doses) {
                amount[lane] = dose.amount;
            }
        }
        run_block(self.backend, &program.subject, registers);
        run_block(self.backend, &program.record, registers);
        let is_positive =
            |(register, _): &(Register, _)| registers[*register as usize].0.iter().all(|&value| value > 0.0);
        if !program.must_be_positive.iter().all(is_positive) {
            return Err(Apart);
        }
        bank.state.fill(Lanes::splat(0.0));
        registers[program.time as usize] = bank.time;
        registers[program.states.start as usize..program.states.end as usize].fill(Lanes::splat(0.0));
        run_block(self.backend, &program.initial, registers);
        for (state, register) in bank.state.iter_mut().zip(&program.initials) {
            if let Some(register) = register {
                *state = registers[*register as usize];
            }
        }
        for &register in &self.inputs {
            bank.registers[register as usize] = registers[register as usize];
        }
        bank.wish = Lanes::splat(f64::INFINITY);
        self.integrator.inputs_changed(bank);
        self.outputs.take_inputs(bank);
        Ok(())
    }

    /// Steps up to the next stop, past some rows; how many.
    fn reach(&mut self, mut rows: &[(f64, usize)], intervals: &[Interval]) -> Result<u32, Apart> {
        for step in 1..=MAX_STEPS_TOGETHER {
            self.integrator.step(&mut self.bank);
            let marks = self.bank.mark(self.backend);
            if marks.broken | marks.stuck != 0 {
                return Err(Apart);
            }
            let arrived = marks.arrived != 0;
            let n_passed = rows.iter().take_while(|(time, _)| *time <= self.bank.finish[0]).count();
            let (passed, later) = rows.split_at(n_passed);
            rows = later;
            for &(time, row) in passed {
                let elapsed = Lanes::splat(time - self.bank.start[0]);
                self.outputs.observe_all(self.integrator.solution(), elapsed, Lanes::splat(time));
                self.copy_row(row);
            }
            if let Some(curve) = &mut self.curve {
                curve.follow(&self.bank, self.integrator.solution(), arrived, &mut self.tracker, intervals);
            }
            self.bank.advance(self.backend);
            if arrived {
                return Ok(step);
            }
        }
        Err(Apart)
    }

    /// What happens at a stop; whether a state jumps.
    fn happen(&mut self, stop: &Stop) -> bool {
        let mut jumped = false;
        for &event in &stop.events {
            match event {
                Event::Bolus { dose, state } => {
                    self.bank.state[state] = self.bank.state[state].zip(self.amounts[dose], |state, dose| state + dose);
                    jumped = true;
                }
                Event::Row(row) => {
                    self.outputs.observe_states(&self.bank.state, self.bank.time);
                    self.copy_row(row);
                }
            }
        }
        if let Some(infusions) = &stop.infusions {
            self.bank.rates.fill(Lanes::splat(0.0));
            for infusion in infusions {
                let rate = &mut self.bank.rates[infusion.state];
                *rate = rate.zip(self.amounts[infusion.dose], |rate, amount| rate + amount / infusion.duration);
            }
        }
        jumped
    }

    fn copy_row(&mut self, row: usize) {
        let row = &mut self.table[row * self.program.outputs.len()..];
        row.iter_mut().zip(self.outputs.values()).for_each(|(to, values)| *to = *values);
    }

    /// What was found of the first `n` subjects.
    fn profiles(&self, n: usize) -> impl Iterator<Item = Profile> {
        let mut tables: Vec<Vec<f64>> = (0..n).map(|_| Vec::with_capacity(self.table.len())).collect();
        // From row to row for all of them: subject by subject would go through the whole table for each.
        for tile in self.table.chunks(LANES / 2) {
            for (lane, table) in tables.iter_mut().enumerate() {
                table.extend(tile.iter().map(|values| values[lane]));
            }
        }
        tables.into_iter().enumerate().map(|(lane, values)| Profile {
            n_outputs: self.program.outputs.len(),
            values,
            exposures: self.tracker.exposures(|value| value[lane]),
            above: Vec::new(),
        })
    }
}

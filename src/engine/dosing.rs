//! What a dose does to a subject: when it enters, how much of it, how fast, and what steady state means (rules 6 to 14).

use super::cursor::{Cursor, Happening};
use super::failure::{Cause, SubjectError};
use super::program::DoseInput;
use super::program::Register;
use super::queue::{Infusion, PendingDose};
use super::steady_state::{self, Train};
use super::timeline::{DoseRate, DoseRecord, SteadyState};

/// How much of a dose enters, over how long (0 for a bolus).
#[derive(Clone, Copy, Debug)]
struct Entry {
    amount: f64,
    duration: f64,
}

impl Cursor<'_> {
    /// A dose record is reached: the dose enters now, or waits for its lag; its additional doses follow (rules 6, 13).
    pub(super) fn take_dose(
        &mut self,
        record: usize,
        dose: &DoseRecord,
        state: &mut [f64],
    ) -> Result<(), SubjectError> {
        let registers = self.program.dose_registers[dose.state];
        let lag = self.dose_value(registers.lag, state).unwrap_or(0.0);
        if !(lag >= 0.0 && lag.is_finite()) {
            return Err(self.fail(
                self.time,
                state,
                Cause::Lag { record: record + 1, compartment: dose.state + 1, value: lag },
            ));
        }
        if dose.additional > 0 && !(dose.interval > 0.0 && dose.interval.is_finite()) {
            return Err(self.fail(self.time, state, Cause::Interval { record: record + 1, interval: dose.interval }));
        }
        if dose.steady_state != SteadyState::None && self.reach_steady_state(record, dose, lag, state)? {
            return Ok(());
        }
        let first = PendingDose { time: self.time + lag, record, repeat: 0, lag };
        if first.time <= self.time {
            self.give(first, dose, state)
        } else {
            self.queue.push(first);
            Ok(())
        }
    }

    /// Doses that wait for this time, in order (rule 2).
    pub(super) fn give_due_doses(&mut self, state: &mut [f64]) -> Result<(), SubjectError> {
        let timeline = self.timeline;
        while let Some(pending) = self.queue.pop_due(self.time) {
            if let Some(dose) = timeline.dose(timeline.records[pending.record].kind) {
                self.give(pending, dose, state)?;
            }
        }
        Ok(())
    }

    /// A dose enters, with the model's values in force now (rule 14), and the next of its repeats is queued.
    fn give(&mut self, pending: PendingDose, dose: &DoseRecord, state: &mut [f64]) -> Result<(), SubjectError> {
        let entry = self.entry(pending.record, dose, state)?;
        self.set_off(dose.state, false);
        self.enter(pending.record, dose.state, entry, state);
        self.remember(dose.state, dose.amount, self.time);
        if pending.repeat < dose.additional {
            let repeat = pending.repeat + 1;
            // Rule 3: one rounding, whatever the number of doses.
            let recorded = self.timeline.records[pending.record].time;
            let time = f64::from(repeat).mul_add(dose.interval, recorded) + pending.lag;
            self.queue.push(PendingDose { time, repeat, ..pending });
        }
        Ok(())
    }

    fn enter(&mut self, record: usize, compartment: usize, Entry { amount, duration }: Entry, state: &mut [f64]) {
        let end = self.time + duration;
        if end > self.time {
            if amount > 0.0 {
                // From the rounded end, so that exactly the amount enters however late the clock stands.
                let duration = end - self.time;
                self.infusions.start(Infusion { record, state: compartment, amount, duration, end });
                self.arrival.rates = true;
            }
        } else {
            state[compartment] += amount;
            self.arrival.state = true;
            self.happened.push(Happening::Bolus { record, state: compartment });
        }
    }

    /// Amount after bioavailability and duration of a dose that enters now (rule 12).
    fn entry(&mut self, record: usize, dose: &DoseRecord, state: &[f64]) -> Result<Entry, SubjectError> {
        let registers = self.program.dose_registers[dose.state];
        let (record, compartment) = (record + 1, dose.state + 1);
        if !(dose.amount >= 0.0 && dose.amount.is_finite()) {
            return Err(self.fail(self.time, state, Cause::Amount { record, compartment, value: dose.amount }));
        }
        let bioavailability = self.dose_value(registers.bioavailability, state).unwrap_or(1.0);
        if !(bioavailability >= 0.0 && bioavailability.is_finite()) {
            let cause = Cause::Bioavailability { record, compartment, value: bioavailability };
            return Err(self.fail(self.time, state, cause));
        }
        let amount = bioavailability * dose.amount;
        let duration = match dose.rate {
            DoseRate::Bolus => return Ok(Entry { amount, duration: 0.0 }),
            DoseRate::Rate(_) | DoseRate::ModelledRate => amount / self.rate(record, dose, state)?,
            DoseRate::Duration(duration) => duration,
            DoseRate::ModelledDuration => self.dose_value(registers.duration, state).unwrap_or(f64::NAN),
        };
        let positive = duration > 0.0 || duration == 0.0 && amount == 0.0;
        if !(positive && duration.is_finite()) {
            return Err(self.fail(self.time, state, Cause::Duration { record, compartment, value: duration }));
        }
        Ok(Entry { amount, duration })
    }

    /// RATE of a record, from the data or the model.
    fn rate(&mut self, record: usize, dose: &DoseRecord, state: &[f64]) -> Result<f64, SubjectError> {
        let rate = match dose.rate {
            DoseRate::Rate(rate) => rate,
            _ => self.dose_value(self.program.dose_registers[dose.state].rate, state).unwrap_or(f64::NAN),
        };
        if rate > 0.0 && rate.is_finite() {
            Ok(rate)
        } else {
            Err(self.fail(self.time, state, Cause::Rate { record, compartment: dose.state + 1, value: rate }))
        }
    }

    /// What the model says of a dose that enters now; `None` where it says nothing.
    fn dose_value(&mut self, register: Option<Register>, state: &[f64]) -> Option<f64> {
        let register = register?;
        self.settle();
        self.load(self.time, state);
        self.program.dose.run(&mut self.registers);
        Some(self.registers[register as usize])
    }

    /// `tad`, `podo` and their kin.
    fn remember(&mut self, compartment: usize, amount: f64, time: f64) {
        let mut changed = false;
        let program = self.program;
        for &(register, input) in &program.dose_inputs {
            let value = &mut self.registers[register as usize];
            let before = value.to_bits();
            match input {
                DoseInput::LastTime(wanted) if wanted.is_none_or(|wanted| wanted == compartment) => *value = time,
                DoseInput::FirstTime(wanted) if wanted.is_none_or(|wanted| wanted == compartment) && value.is_nan() => {
                    *value = time
                }
                DoseInput::LastAmount(wanted) if wanted.is_none_or(|wanted| wanted == compartment) => *value = amount,
                _ => {}
            }
            changed |= before != value.to_bits();
        }
        self.note_inputs(changed);
    }

    /// Puts the subject into the steady state of a record (rules 7 to 11); true where no dose is left to be given.
    fn reach_steady_state(
        &mut self,
        record: usize,
        dose: &DoseRecord,
        lag: f64,
        state: &mut [f64],
    ) -> Result<bool, SubjectError> {
        let constant = dose.amount == 0.0
            && dose.interval == 0.0
            && matches!(dose.rate, DoseRate::Rate(_) | DoseRate::ModelledRate);
        let interval = if constant { 0.0 } else { dose.interval };
        if constant && lag > 0.0 || !constant && interval > 0.0 && lag >= interval {
            return Err(self.fail(self.time, state, Cause::SteadyStateLag { record: record + 1, lag, interval }));
        }
        if !(constant || interval > 0.0 && interval.is_finite()) {
            return Err(self.fail(self.time, state, Cause::Interval { record: record + 1, interval }));
        }
        let train = if constant {
            Train {
                compartment: dose.state,
                amount: self.rate(record + 1, dose, state)?,
                duration: f64::INFINITY,
                interval,
                phase: 0.0,
            }
        } else {
            let Entry { amount, duration } = self.entry(record, dose, state)?;
            Train {
                compartment: dose.state,
                amount,
                duration,
                interval,
                phase: if lag > 0.0 { interval - lag } else { 0.0 },
            }
        };
        self.set_off(dose.state, false);
        if !constant {
            self.remember(dose.state, dose.amount, self.time);
        }
        self.settle();
        let steady =
            steady_state::solve(self, record + 1, &train, state).map_err(|cause| self.fail(self.time, state, cause))?;

        let replaces = dose.steady_state == SteadyState::Replace;
        if replaces {
            self.cancel_all();
        }
        self.jump(state, |state| {
            for (index, value) in state.iter_mut().enumerate() {
                *value = match steady[index] {
                    None => *value,
                    Some(steady) if replaces => steady,
                    Some(steady) => *value + steady,
                };
            }
        });
        if constant {
            return Ok(true);
        }
        // Rule 8: those still running end at their own times. At phase 0 the dose of the record itself is given after this.
        let started = if lag > 0.0 { self.time + lag - interval } else { self.time };
        let first = u32::from(lag == 0.0);
        for repeat in first.. {
            let end = started - f64::from(repeat) * interval + train.duration;
            if end <= self.time || train.amount <= 0.0 {
                break;
            }
            let Train { amount, duration, .. } = train;
            self.infusions.start(Infusion { record, state: dose.state, amount, duration, end });
            self.arrival.rates = true;
        }
        if lag > 0.0 {
            self.remember(dose.state, dose.amount, started);
        }
        Ok(false)
    }
}

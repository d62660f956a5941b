//! One line as one record: the rules of event records that can be decided without the model's equations.
//!
//! The numbers in comments are those of the rules in the documentation of data sets.

use super::cell::{is_missing, number, text, whole};
use super::clock::{self, InCell, Moment};
use super::columns::{Columns, nearest};
use super::fault::{Fault, MAX_ADDITIONAL};
use super::lines::Lines;
use super::report::Report;
use crate::engine::timeline::{DoseRate, SteadyState};
use crate::regimen::event::{Compartment, EventRecord, Evid};
use crate::regimen::names::ModelNames;

/// A cell that could not be read has been reported; what follows from it is not reported again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faulty;

/// Whether RATE and a duration say the same of an amount, but for rounding in the file's digits.
pub(super) fn agree(rate: f64, duration: f64, amount: f64) -> bool {
    const ROUNDING: f64 = 1e-6;
    (rate * duration - amount).abs() <= ROUNDING * amount
}

/// The line being read.
pub(super) struct Row<'a> {
    pub lines: &'a Lines,
    pub columns: &'a Columns,
    pub names: Option<&'a ModelNames>,
    pub report: &'a mut Report,
    /// Columns known not to be covariates, by position in `Columns::covariates`.
    pub text_columns: &'a mut [bool],
    /// ID of the subject it belongs to.
    pub subject: &'a str,
}

/// Dosing items as they stand in the line.
struct Items {
    amount: Result<Option<f64>, Faulty>,
    rate: Result<Option<f64>, Faulty>,
    duration: Result<Option<f64>, Faulty>,
    interval: Result<Option<f64>, Faulty>,
    additional: Result<Option<i64>, Faulty>,
    steady_state: Result<Option<i64>, Faulty>,
}

impl Row<'_> {
    /// Reports a fault at a column of this line.
    pub fn fault(&mut self, fault: Fault, column: Option<usize>) -> Faulty {
        let place = column.map(|index| (self.columns.names[index].as_str(), index));
        self.report.add(fault, Some(self.lines.number()), place, Some(self.subject));
        Faulty
    }

    fn value(&self, column: Option<usize>) -> String {
        column.map_or_else(String::new, |index| text(self.lines.cell(index)))
    }

    /// A number in a column, `None` where the column or the value is missing.
    pub fn number(&mut self, column: Option<usize>) -> Result<Option<f64>, Faulty> {
        let Some(index) = column else { return Ok(None) };
        number(self.lines.cell(index)).map_err(|fault| self.fault(fault, column))
    }

    fn whole(&mut self, column: Option<usize>) -> Result<Option<i64>, Faulty> {
        let Some(index) = column else { return Ok(None) };
        whole(self.lines.cell(index)).map_err(|fault| self.fault(fault, column))
    }

    /// The time as written.
    pub fn moment(&mut self) -> Result<Moment, Faulty> {
        let (lines, columns) = (self.lines, self.columns);
        let Some((date, order)) = columns.date else {
            let cell = columns.time.map_or(b"".as_slice(), |time| lines.cell(time));
            return clock::time(cell).map_err(|fault| self.fault(fault, columns.time));
        };
        let time_cell = columns.time.map(|time| lines.cell(time));
        clock::date_and_time(lines.cell(date), time_cell, order).map_err(|(cell, fault)| match cell {
            InCell::Date => self.fault(fault, Some(date)),
            InCell::Time => self.fault(fault, columns.time),
        })
    }

    /// The record, with the time it has on the subject's clock. All that is wrong is reported before giving up.
    pub fn record(&mut self, time: f64, evid: Evid) -> Result<EventRecord, Faulty> {
        let columns = self.columns;
        let items = Items {
            amount: self.number(columns.amount),
            rate: self.number(columns.rate),
            duration: self.number(columns.duration),
            interval: self.number(columns.interval),
            additional: self.whole(columns.additional),
            steady_state: self.whole(columns.steady_state),
        };
        let missing_dv = self.missing_dv();
        let dv = self.number(columns.dv);
        let compartment = self.compartment(evid);
        let record = EventRecord { evid, line: self.lines.number(), ..EventRecord::observation(time) };
        let record = if evid.gives_dose() { self.dose(&items, record) } else { self.no_dose(&items, record) };
        if matches!(missing_dv, Ok(Some(false))) && evid != Evid::Observation {
            self.fault(Fault::IgnoredMdv { evid: evid.number() }, columns.missing_dv);
        }
        let missing_dv = missing_dv? == Some(true) || evid != Evid::Observation;
        Ok(EventRecord { missing_dv, compartment: compartment?, dv: dv?, ..record? })
    }

    /// Rules 16 and 17.
    pub fn evid(&mut self) -> Result<Evid, Faulty> {
        let column = self.columns.evid;
        let Some(code) = self.whole(column)? else {
            let amount = self.columns.amount.map_or(Ok(None), |amount| number(self.lines.cell(amount)));
            // An amount that cannot be read was meant to be given.
            let gives_dose = amount.map_or(true, |amount| amount.is_some_and(|amount| amount != 0.0));
            return Ok(if gives_dose { Evid::Dose } else { Evid::Observation });
        };
        u8::try_from(code).ok().and_then(Evid::from_number).ok_or_else(|| {
            let expected = "0 (observation), 1 (dose), 2 (other), 3 (reset) or 4 (reset and dose)";
            self.fault(Fault::UnknownCode { value: self.value(column), expected }, column)
        })
    }

    /// MDV; NONMEM's 100 and 101 differ from 0 and 1 in estimation only.
    fn missing_dv(&mut self) -> Result<Option<bool>, Faulty> {
        let column = self.columns.missing_dv;
        match self.whole(column)? {
            None => Ok(None),
            Some(0 | 100) => Ok(Some(false)),
            Some(1 | 101) => Ok(Some(true)),
            Some(_) => {
                let expected = "0 (DV counts) or 1 (DV is missing)";
                Err(self.fault(Fault::UnknownCode { value: self.value(column), expected }, column))
            }
        }
    }

    /// What gives no dose must not name one; other dosing items are without effect.
    fn no_dose(&mut self, items: &Items, record: EventRecord) -> Result<EventRecord, Faulty> {
        let (columns, evid) = (self.columns, record.evid.number());
        let number = |item: Result<Option<f64>, Faulty>| matches!(item, Ok(Some(value)) if value != 0.0);
        let code = |item: Result<Option<i64>, Faulty>| matches!(item, Ok(Some(value)) if value != 0);
        for (given, column) in [
            (number(items.rate), columns.rate),
            (number(items.duration), columns.duration),
            (number(items.interval), columns.interval),
            (code(items.additional), columns.additional),
            (code(items.steady_state), columns.steady_state),
        ] {
            if given {
                self.fault(Fault::IgnoredItem { value: self.value(column), evid }, column);
            }
        }
        if number(items.amount) {
            let value = self.value(columns.amount);
            return Err(self.fault(Fault::AmountWithoutDose { value, evid }, columns.amount));
        }
        let Items { amount, rate, duration, interval, additional, steady_state } = items;
        amount.and(*rate).and(*duration).and(*interval)?;
        additional.and(*steady_state)?;
        Ok(record)
    }

    /// Rules 6, 7, 9, 12 and 16. What follows from an item that cannot be read is not looked at.
    fn dose(&mut self, items: &Items, record: EventRecord) -> Result<EventRecord, Faulty> {
        let columns = self.columns;
        let steady_state = items.steady_state.and_then(|code| self.steady_state(code));
        let additional = items.additional.and_then(|additional| self.additional(additional));
        let interval = items.interval.and_then(|interval| self.not_negative(interval, columns.interval));
        let rate = items.rate.and_then(|rate| self.rate(rate));
        let duration = items.duration.and_then(|duration| self.not_negative(duration, columns.duration));
        let asks_steady_state = !matches!(steady_state, Ok(SteadyState::None));
        let infused = matches!(rate, Ok(DoseRate::Rate(_)) | Err(_));
        let constant = asks_steady_state && infused && matches!(items.amount, Ok(None | Some(0.0)));
        let amount = items.amount.and_then(|amount| self.amount(amount, constant, record.evid));
        let (steady_state, additional, interval) = (steady_state?, additional?, interval?);
        let train = self.train(steady_state, additional, interval, constant);
        let (amount, rate) = (amount?, self.with_duration(rate?, duration?, amount?)?);
        train?;
        Ok(EventRecord { amount, rate, additional, interval, steady_state, ..record })
    }

    /// What ADDL, SS and II say together.
    fn train(
        &mut self,
        steady_state: SteadyState,
        additional: u32,
        interval: f64,
        constant: bool,
    ) -> Result<(), Faulty> {
        let columns = self.columns;
        let mut train = Ok(());
        if additional > 0 && interval == 0.0 {
            train = Err(self.fault(Fault::AdditionalWithoutInterval { additional, interval }, columns.additional));
        }
        if constant && steady_state == SteadyState::Add {
            train = Err(self.fault(Fault::ConstantInfusionAdded, columns.steady_state));
        } else if constant && interval > 0.0 {
            train = Err(self.fault(Fault::ConstantInfusionWithInterval { interval }, columns.interval));
        } else if !constant && steady_state != SteadyState::None && interval == 0.0 {
            let code = if steady_state == SteadyState::Replace { 1 } else { 2 };
            let fault = Fault::SteadyStateWithoutInterval { steady_state: code, interval };
            train = Err(self.fault(fault, columns.steady_state));
        }
        train
    }

    fn amount(&mut self, amount: Option<f64>, constant: bool, evid: Evid) -> Result<f64, Faulty> {
        let column = self.columns.amount;
        match amount {
            None if constant => Ok(0.0),
            None => Err(self.fault(Fault::AmountMissing { evid: evid.number() }, column)),
            Some(0.0) if constant => Ok(0.0),
            Some(0.0) => {
                self.fault(Fault::ZeroAmount, column);
                Ok(0.0)
            }
            given => self.not_negative(given, column),
        }
    }

    /// A number of 0 or more; 0 where it is missing.
    fn not_negative(&mut self, value: Option<f64>, column: Option<usize>) -> Result<f64, Faulty> {
        match value {
            Some(value) if value < 0.0 => Err(self.fault(Fault::Negative { value: self.value(column) }, column)),
            value => Ok(value.unwrap_or(0.0)),
        }
    }

    fn additional(&mut self, additional: Option<i64>) -> Result<u32, Faulty> {
        let column = self.columns.additional;
        let additional = additional.unwrap_or(0);
        if additional < 0 {
            return Err(self.fault(Fault::Negative { value: self.value(column) }, column));
        }
        let limited = u32::try_from(additional).ok().filter(|&additional| additional <= MAX_ADDITIONAL);
        limited.ok_or_else(|| self.fault(Fault::TooManyAdditional { value: self.value(column) }, column))
    }

    fn steady_state(&mut self, steady_state: Option<i64>) -> Result<SteadyState, Faulty> {
        let column = self.columns.steady_state;
        match steady_state.unwrap_or(0) {
            0 => Ok(SteadyState::None),
            1 => Ok(SteadyState::Replace),
            2 => Ok(SteadyState::Add),
            _ => {
                let expected = "0, 1 (steady state replaces what is there) or 2 (adds to it)";
                Err(self.fault(Fault::UnknownCode { value: self.value(column), expected }, column))
            }
        }
    }

    fn rate(&mut self, rate: Option<f64>) -> Result<DoseRate, Faulty> {
        match rate.unwrap_or(0.0) {
            0.0 => Ok(DoseRate::Bolus),
            -1.0 => Ok(DoseRate::ModelledRate),
            -2.0 => Ok(DoseRate::ModelledDuration),
            rate if rate > 0.0 => Ok(DoseRate::Rate(rate)),
            _ => {
                let column = self.columns.rate;
                let expected = "0 (bolus), a rate above 0, -1 (the model's rate) or -2 (the model's duration)";
                Err(self.fault(Fault::UnknownCode { value: self.value(column), expected }, column))
            }
        }
    }

    /// RATE and a duration exclude each other, unless they say the same: then the duration is the exact one.
    fn with_duration(&mut self, rate: DoseRate, duration: f64, amount: f64) -> Result<DoseRate, Faulty> {
        if duration == 0.0 {
            return Ok(rate);
        }
        let rate = match rate {
            DoseRate::Bolus => return Ok(DoseRate::Duration(duration)),
            DoseRate::Rate(rate) if agree(rate, duration, amount) => {
                return Ok(DoseRate::Duration(duration));
            }
            DoseRate::Rate(rate) => rate,
            DoseRate::ModelledRate => -1.0,
            DoseRate::ModelledDuration | DoseRate::Duration(_) => -2.0,
        };
        Err(self.fault(Fault::RateAndDuration { rate, duration, amount }, self.columns.duration))
    }

    /// Rule 16, and names.
    fn compartment(&mut self, evid: Evid) -> Result<Compartment, Faulty> {
        let column = self.columns.compartment;
        let Some(index) = column else { return Ok(Compartment::Default) };
        let cell = self.lines.cell(index);
        let number = match whole(cell) {
            Ok(None | Some(0)) => return Ok(Compartment::Default),
            Ok(Some(number)) => number,
            Err(Fault::NotANumber { .. }) => return self.compartment_named(evid, column),
            Err(fault) => return Err(self.fault(fault, column)),
        };
        if number < 0 && evid != Evid::Other {
            let fault = Fault::CompartmentOff { value: self.value(column), evid: evid.number() };
            return Err(self.fault(fault, column));
        }
        let highest = self.names.map_or(u32::MAX as usize, |names| highest_compartment(names, evid));
        let magnitude = u32::try_from(number.unsigned_abs()).ok().filter(|&magnitude| magnitude as usize <= highest);
        match magnitude {
            Some(magnitude) if number < 0 => Ok(Compartment::Off(magnitude)),
            Some(magnitude) => Ok(Compartment::Number(magnitude)),
            None => Err(self.fault(Fault::CompartmentOutOfRange { value: self.value(column), highest }, column)),
        }
    }

    fn compartment_named(&mut self, evid: Evid, column: Option<usize>) -> Result<Compartment, Faulty> {
        let Some(names) = self.names else { return Ok(Compartment::Unresolved) };
        let value = String::from_utf8_lossy(column.map_or(b"", |index| self.lines.cell(index))).into_owned();
        let known: Vec<String> = names.states.iter().chain(&names.endpoints).cloned().collect();
        let known = &known[..highest_compartment(names, evid)];
        let (name, off) = match value.strip_prefix('-') {
            Some(name) if evid == Evid::Other => (name, true),
            _ => (value.as_str(), false),
        };
        let exact = known.iter().position(|other| other == name);
        let index = exact.or_else(|| known.iter().position(|other| other.eq_ignore_ascii_case(name)));
        match index.and_then(|index| u32::try_from(index + 1).ok()) {
            Some(number) if off => Ok(Compartment::Off(number)),
            Some(number) => Ok(Compartment::Number(number)),
            None => {
                let nearest = nearest(name, known);
                Err(self.fault(Fault::CompartmentUnknown { value, known: known.join(", "), nearest }, column))
            }
        }
    }

    /// Covariates of the line behind those of the lines before; NaN where missing.
    pub fn covariates(&mut self, values: &mut Vec<f64>) -> Result<(), Faulty> {
        let columns = self.columns;
        let mut result = Ok(());
        for (position, &column) in columns.covariates.iter().enumerate() {
            let cell = column.map_or(b"".as_slice(), |index| self.lines.cell(index));
            let value = match number(cell) {
                Ok(value) => value,
                Err(fault) if self.names.is_some() => {
                    result = Err(self.fault(fault, column));
                    None
                }
                Err(_) => {
                    if !std::mem::replace(&mut self.text_columns[position], true) {
                        self.fault(Fault::TextColumn { value: text(cell) }, column);
                    }
                    None
                }
            };
            values.push(value.unwrap_or(f64::NAN));
        }
        result
    }

    /// Reports a covariate that the subject's first line does not give.
    pub fn covariate_missing(&mut self, column: usize) -> Faulty {
        let value = self.value(Some(column));
        self.fault(Fault::CovariateMissing { value }, Some(column))
    }

    /// Whether a cell says nothing.
    pub fn is_missing(&self, column: usize) -> bool {
        is_missing(self.lines.cell(column))
    }
}

/// An observation may name an endpoint, whose number follows those of the states.
fn highest_compartment(names: &ModelNames, evid: Evid) -> usize {
    let endpoints = if evid == Evid::Observation { names.endpoints.len() } else { 0 };
    names.states.len() + endpoints
}

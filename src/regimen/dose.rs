//! Doses put together in code instead of read from a file.

use crate::engine::timeline::{DoseRate, SteadyState};
use crate::regimen::event::{Compartment, EventRecord, Evid};

/// A dose record in the making: at time 0, into the model's default state, once, unless told otherwise.
///
/// Amounts are in the model's dose unit, times in its unit of time. What is out of range is refused where the record
/// becomes part of a schedule ([`crate::regimen::schedule::from_records`]).
///
/// # Examples
/// 100 mg twice a day for a week, half an hour each, and a loading dose:
/// ```
/// use teorell::regimen::dose::Dose;
/// use teorell::regimen::event::{EventRecord, SubjectRecords};
/// use teorell::regimen::names::ModelNames;
/// use teorell::regimen::schedule::{ScheduleOptions, from_records};
///
/// let loading = Dose::bolus(200.0).record();
/// let maintenance = Dose::infusion(100.0, 0.5).at(12.0).every(12.0).additional(12).record();
/// let subject = SubjectRecords {
///     id: "1".to_owned(),
///     records: vec![loading, maintenance, EventRecord::observation(168.0)],
///     ..SubjectRecords::default()
/// };
/// let names = ModelNames::new(&["central".to_owned()], &[]);
/// let schedule = from_records(&subject, &names, &ScheduleOptions::default())?;
/// assert_eq!(schedule.timeline.n_rows, 3);
/// # Ok::<(), teorell::regimen::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dose {
    record: EventRecord,
}

impl Dose {
    /// An amount given at once.
    #[must_use]
    pub fn bolus(amount: f64) -> Self {
        Self { record: EventRecord { evid: Evid::Dose, amount, missing_dv: true, ..EventRecord::observation(0.0) } }
    }

    /// An amount given evenly over a duration.
    #[must_use]
    pub fn infusion(amount: f64, duration: f64) -> Self {
        let mut dose = Self::bolus(amount);
        dose.record.rate = DoseRate::Duration(duration);
        dose
    }

    /// The time at which it begins.
    #[must_use]
    pub fn at(mut self, time: f64) -> Self {
        self.record.time = time;
        self
    }

    /// The state it goes into, by its index in the model.
    ///
    /// # Examples
    /// ```
    /// use teorell::regimen::{dose::Dose, event::Compartment};
    ///
    /// // The second state has compartment number 2.
    /// assert_eq!(Dose::bolus(100.0).into(1).record().compartment, Compartment::Number(2));
    /// ```
    #[must_use]
    pub fn into(mut self, state: usize) -> Self {
        self.record.compartment = Compartment::Number(u32::try_from(state + 1).unwrap_or(u32::MAX));
        self
    }

    /// The time between it and its [`Dose::additional`] doses, or between those of its [`Dose::steady_state`].
    #[must_use]
    pub fn every(mut self, interval: f64) -> Self {
        self.record.interval = interval;
        self
    }

    /// The number of doses after the first one.
    #[must_use]
    pub fn additional(mut self, doses: u32) -> Self {
        self.record.additional = doses;
        self
    }

    /// Begins as if it had been given [`Dose::every`] interval for ever.
    ///
    /// # Examples
    /// ```
    /// use teorell::regimen::dose::Dose;
    ///
    /// let record = Dose::bolus(100.0).every(12.0).steady_state().record();
    /// assert_eq!((record.amount, record.interval), (100.0, 12.0));
    /// ```
    #[must_use]
    pub fn steady_state(mut self) -> Self {
        self.record.steady_state = SteadyState::Replace;
        self
    }

    /// The record.
    #[must_use]
    pub fn record(self) -> EventRecord {
        self.record
    }
}

impl From<Dose> for EventRecord {
    fn from(dose: Dose) -> Self {
        dose.record
    }
}

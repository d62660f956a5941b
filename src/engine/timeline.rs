//! What happens to one subject, in file order: observations, doses, resets, covariates over time.
//!
//! A [`Timeline`] is what was *recorded*. Lags, bioavailability, modelled rates, additional doses and steady state are
//! worked out when a record is reached, with the model's values in force then (`cursor.rs`). `EVENTS` rules are cited
//! there by number. Built by `regimen/schedule.rs` (from data sets, cycles and courses alike).
//! Times are in the unit of the model (hours, unless it says otherwise): converting them here would break ties.

use std::sync::Arc;

use serde::Serialize;

/// One subject's records and covariates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// In file order; times never go back except at a reset. Subjects on one schedule share them: walking past hundreds of
    /// records is bound by memory.
    pub records: Arc<Vec<Record>>,
    /// The subject's doses, which the records refer to.
    pub doses: Vec<DoseRecord>,
    /// Covariates through time; columns in the model's order.
    pub covariates: CovariateTable,
    /// Exposure intervals, in order, not overlapping: `auc`, `cmax`, ... are measured over each.
    pub intervals: Vec<Interval>,
    /// Levels of the exposure's output: the time above each is measured over every interval.
    pub levels: Arc<[f64]>,
    /// Number of sample rows: the largest `row` of an observation plus one.
    pub n_rows: usize,
}

impl Timeline {
    /// Adds a record.
    pub fn push(&mut self, record: Record) {
        Arc::make_mut(&mut self.records).push(record);
    }

    /// Adds a dose for a record to refer to; its index.
    pub fn add_dose(&mut self, dose: DoseRecord) -> usize {
        self.doses.push(dose);
        self.doses.len() - 1
    }

    /// The dose of a record, if it gives one.
    #[must_use]
    pub fn dose(&self, kind: RecordKind) -> Option<&DoseRecord> {
        self.doses.get(kind.dose()?)
    }
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// Time.
    pub time: f64,
    /// What the record asks for.
    pub kind: RecordKind,
    /// Row of the result that answers this record, if it wants one (dose records may have one as well).
    pub row: Option<usize>,
}

/// What a record asks for (EVID 0, 1, 2, 3, 4). A dose is said by its index in [`Timeline::doses`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// EVID 0.
    Observation,
    /// EVID 1.
    Dose(usize),
    /// EVID 2; turns the state on (`Some((state, true))`) or off and empties it (`Some((state, false))`).
    Other(Option<(usize, bool)>),
    /// EVID 3.
    Reset,
    /// EVID 4.
    ResetAndDose(usize),
}

impl RecordKind {
    /// Index of the dose, if the record gives one.
    #[must_use]
    pub fn dose(self) -> Option<usize> {
        match self {
            Self::Dose(index) | Self::ResetAndDose(index) => Some(index),
            Self::Observation | Self::Other(_) | Self::Reset => None,
        }
    }
}

/// A dose as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct DoseRecord {
    /// State the dose goes into (index, not CMT number).
    pub state: usize,
    /// AMT, in the model's dose unit.
    pub amount: f64,
    /// RATE.
    pub rate: DoseRate,
    /// ADDL.
    pub additional: u32,
    /// II; 0 where there is none.
    pub interval: f64,
    /// SS.
    pub steady_state: SteadyState,
}

/// How fast a dose enters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DoseRate {
    /// RATE 0: at once.
    Bolus,
    /// RATE > 0: amount per time; bioavailability changes the duration.
    Rate(f64),
    /// A fixed duration (mrgsolve's TINF, regimens); bioavailability changes the rate.
    Duration(f64),
    /// RATE -1: the model's rate.
    ModelledRate,
    /// RATE -2: the model's duration.
    ModelledDuration,
}

/// SS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SteadyState {
    /// SS 0.
    #[default]
    None,
    /// SS 1: replaces what is there.
    Replace,
    /// SS 2: adds to what is there.
    Add,
}

/// Covariates of one subject through time. Constant covariates are one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CovariateTable {
    /// Row times, not decreasing, with one exception: where a reset turns the records' clock back and covariates change in
    /// time, the row that is earlier than the one above it begins the stretch that holds from that reset on.
    ///
    /// The k-th record at a time sees the k-th row of that time, the last one where there are fewer rows.
    pub times: Vec<f64>,
    /// Row-major, `times.len()` x number of covariates of the model. `regimen/schedule.rs` leaves no gaps.
    pub values: Vec<f64>,
    /// Between rows, per covariate.
    pub interpolation: Vec<Interpolation>,
}

/// How a covariate goes from one row to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// Last value carried forward.
    #[default]
    Locf,
    /// Next value carried back: over (t1, t2] the value at t2 (NONMEM).
    Nocb,
    /// Straight line.
    Linear,
}

impl Interpolation {
    /// The name that users know it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Locf => "locf",
            Self::Nocb => "nocb",
            Self::Linear => "linear",
        }
    }
}

/// One exposure interval, for instance a cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Start.
    pub start: f64,
    /// End.
    pub end: f64,
}

//! One record of a subject, as a data set has it: what NONMEM calls ID, TIME, AMT, RATE, II, ADDL, SS, EVID, MDV, CMT, DV.
//!
//! A record says what was recorded; what it does to the states is the engine's business (`engine/cursor.rs`), and
//! `schedule.rs` turns the records of a subject into the [`crate::engine::timeline::Timeline`] the engine runs.

use std::sync::Arc;

use crate::engine::timeline::{DoseRate, SteadyState};

/// EVID: what a record asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Evid {
    /// 0.
    #[default]
    Observation,
    /// 1.
    Dose,
    /// 2: covariates change, or a compartment is turned on or off.
    Other,
    /// 3: all compartments to their initial condition; the clock may start again.
    Reset,
    /// 4: 3, then 1.
    ResetAndDose,
}

impl Evid {
    /// The number in data sets.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Observation => 0,
            Self::Dose => 1,
            Self::Other => 2,
            Self::Reset => 3,
            Self::ResetAndDose => 4,
        }
    }

    /// From the number in data sets; `None` above 4.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Observation,
            1 => Self::Dose,
            2 => Self::Other,
            3 => Self::Reset,
            4 => Self::ResetAndDose,
            _ => return None,
        })
    }

    /// Whether a dose is given (EVID 1 and 4).
    #[must_use]
    pub fn gives_dose(self) -> bool {
        matches!(self, Self::Dose | Self::ResetAndDose)
    }

    /// Whether the system starts anew, so that the clock may go back (EVID 3 and 4).
    #[must_use]
    pub fn resets(self) -> bool {
        matches!(self, Self::Reset | Self::ResetAndDose)
    }
}

/// CMT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compartment {
    /// Missing or 0: the model's default.
    #[default]
    Default,
    /// Number from 1: states in the model's order, then endpoints.
    Number(u32),
    /// Negative number: EVID 2 turns this compartment off and empties it.
    Off(u32),
    /// A name, read without a model that could say which compartment it is.
    Unresolved,
}

/// One record. Times are in the model's unit, amounts in its dose unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventRecord {
    /// TIME.
    pub time: f64,
    /// EVID.
    pub evid: Evid,
    /// CMT.
    pub compartment: Compartment,
    /// AMT; 0 where no dose is given.
    pub amount: f64,
    /// RATE, or a duration.
    pub rate: DoseRate,
    /// ADDL: number of further doses.
    pub additional: u32,
    /// II: time between them, and between the doses of a steady state.
    pub interval: f64,
    /// SS.
    pub steady_state: SteadyState,
    /// MDV: the observed value does not count.
    pub missing_dv: bool,
    /// DV, where it was given.
    pub dv: Option<f64>,
    /// Line of the file; 0 for a record made by the program.
    pub line: u64,
}

impl EventRecord {
    /// An observation without an observed value.
    #[must_use]
    pub fn observation(time: f64) -> Self {
        Self {
            time,
            evid: Evid::Observation,
            compartment: Compartment::Default,
            amount: 0.0,
            rate: DoseRate::Bolus,
            additional: 0,
            interval: 0.0,
            steady_state: SteadyState::None,
            missing_dv: false,
            dv: None,
            line: 0,
        }
    }

    /// A record that only marks a time (EVID 2).
    #[must_use]
    pub fn other(time: f64) -> Self {
        Self { evid: Evid::Other, missing_dv: true, ..Self::observation(time) }
    }
}

/// The records of one subject, in file order, with its covariates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubjectRecords {
    /// ID as written; it may be text.
    pub id: String,
    /// Line of the first record in the file; 0 for a subject made by the program.
    pub first_line: u64,
    /// In file order.
    pub records: Vec<EventRecord>,
    /// Names of the covariate columns.
    pub covariate_names: Arc<[String]>,
    /// Row-major, records x covariates; NaN where the record does not give a value.
    pub covariates: Vec<f64>,
    /// Row-major, records x carried columns, as written.
    pub carried: Vec<String>,
}

impl SubjectRecords {
    /// Covariates of one record, in the order of `covariate_names`.
    #[must_use]
    pub fn covariates_of(&self, record: usize) -> &[f64] {
        let n = self.covariate_names.len();
        &self.covariates[record * n..(record + 1) * n]
    }
}

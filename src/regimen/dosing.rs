//! From a dose as prescribed (per m², per kg, flat; capped; rounded to a vial) to the amount that one patient gets.

use serde::Deserialize;

use crate::regimen::schedule::PlannedDose;
use crate::units::{AmountUnit, TimeSpan, TimeUnit, UnitError};

/// What can be wrong with a regimen or a course.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegimenError {
    /// A number outside its range.
    #[error("`{key}` is {value}; expected {expected}")]
    OutOfRange {
        /// Key in the study.
        key: String,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// Neither cycles nor amount and interval.
    #[error("a regimen needs either `cycles`, or `amount`, `every` and `repeat`; `{missing}` is missing")]
    Incomplete {
        /// Key that is missing.
        missing: &'static str,
    },
    /// Both ways of saying the doses.
    #[error("a regimen has either `cycles` or `{key}`, not both")]
    Contradiction {
        /// Key that does not go with cycles.
        key: &'static str,
    },
    /// A cap of a size that doses do not depend on.
    #[error(
        "`per_max` caps the size that doses are given per, but they are given per none; add `per`, such as `per = \"BSA\"`"
    )]
    CapWithoutSize,
    /// Doses of a cycle that go back in time.
    #[error("`{key}` is {day}, after day {before}; doses of a cycle are listed in order of time")]
    DosesNotInOrder {
        /// Key in the study.
        key: String,
        /// Day given.
        day: f64,
        /// Day before it in the list.
        before: f64,
    },
    /// The size that doses are given per is neither a covariate of the cohort nor of the model.
    #[error(
        "doses are given per `{covariate}`, which the cohort does not have; add it under `cohort.covariates` or `cohort.body`"
    )]
    UnknownSize {
        /// Name of the covariate.
        covariate: String,
    },
    /// A size that no dose can be computed from.
    #[error("doses are given per `{covariate}`, which is {value} in this subject; expected a positive number")]
    BadSize {
        /// Name of the covariate.
        covariate: String,
        /// Its value.
        value: f64,
    },
    /// A unit of dose that is none, or does not convert to the model's.
    #[error("unit of dose: {source}")]
    Unit {
        /// Why.
        source: UnitError,
    },
    /// A unit of dose for a model that gives none.
    #[error(
        "doses are in `{unit}`, but the model does not say its unit of dose; leave `unit` out and give amounts as the model takes them"
    )]
    NoModelUnit {
        /// Unit of the regimen.
        unit: String,
    },
}

/// How doses are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoundingMode {
    /// To the nearest multiple, halves up.
    #[default]
    Nearest,
    /// To the next multiple above: whole vials are given.
    Up,
    /// To the next multiple below.
    Down,
}

/// Rounding of doses to a vial or tablet size: `round = { to = 0.9, mode = "up" }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// Size of the unit, in the unit of the doses.
    pub to: f64,
    /// Direction.
    #[serde(default)]
    pub mode: RoundingMode,
}

/// What the model says about doses, and where they go: what a regimen is translated into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DoseTarget {
    /// The model's unit of time.
    pub time: TimeUnit,
    /// The model's unit of dose, where it gives one.
    pub amount: Option<AmountUnit>,
    /// Index of the state that doses go into.
    pub state: usize,
}

/// The value of a covariate of the subject, by name; `None` where the cohort does not have it.
pub type SizeLookup<'a> = dyn Fn(&str) -> Option<f64> + 'a;

/// One cycle (or dosing interval) of a plan, in the model's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cycle {
    /// From 1.
    pub number: u32,
    /// Start.
    pub start: f64,
    /// End, where the next one starts.
    pub end: f64,
    /// Sum of its doses.
    pub dose: f64,
}

/// Something that happened in the course of a patient, in the model's unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CourseEvent {
    /// When.
    pub time: f64,
    /// In which cycle, from 1.
    pub cycle: u32,
    /// What.
    pub kind: CourseEventKind,
}

/// What can happen in the course of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CourseEventKind {
    /// Complete remission, with or without haematologic recovery (CR/CRi).
    Response,
    /// The next cycle waits for recovery from toxicity.
    Delay,
    /// A dose is not given because of liver values.
    DoseHeld,
    /// Veno-occlusive disease: stopped for good.
    VenoOcclusiveDisease,
    /// No response in the cycles allowed: stopped.
    NoResponse,
    /// Goes to stem-cell transplant.
    Transplant,
    /// All cycles given.
    Completed,
}

impl CourseEventKind {
    /// The word that tables show.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Delay => "delay",
            Self::DoseHeld => "dose held",
            Self::VenoOcclusiveDisease => "veno-occlusive disease",
            Self::NoResponse => "no response",
            Self::Transplant => "transplant",
            Self::Completed => "completed",
        }
    }
}

/// What one patient is given and what happens to them, in the model's units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Treatment {
    /// In order of time.
    pub doses: Vec<PlannedDose>,
    /// In order, each beginning where the one before ends.
    pub cycles: Vec<Cycle>,
    /// In order of time; empty for a plain regimen.
    pub events: Vec<CourseEvent>,
}

/// What regimens and courses say alike about every dose.
#[derive(Clone, Debug, Default)]
pub(crate) struct DosingSpec<'a> {
    pub unit: Option<&'a str>,
    pub infusion: Option<TimeSpan>,
    pub per: Option<&'a str>,
    pub per_max: Option<f64>,
    pub dose_max: Option<f64>,
    pub round: Option<Rounding>,
}

/// [`DosingSpec`] checked and in the model's units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dosing {
    target: DoseTarget,
    factor: f64,
    duration: f64,
    per: Option<String>,
    per_max: f64,
    dose_max: f64,
    round: Option<Rounding>,
}

/// A quotient of decimal numbers may miss a whole number by some units in the last place; a vial is not opened for that.
const WHOLE_VIAL_TOLERANCE: f64 = 1e-9;

impl Dosing {
    pub(crate) fn new(spec: &DosingSpec<'_>, target: DoseTarget) -> Result<Self, RegimenError> {
        let factor = match (spec.unit, target.amount) {
            (None, _) => 1.0,
            (Some(text), model) => {
                let unit: AmountUnit = text.parse().map_err(|source| RegimenError::Unit { source })?;
                let model = model.ok_or_else(|| RegimenError::NoModelUnit { unit: text.to_owned() })?;
                unit.factor(model).map_err(|source| RegimenError::Unit { source })?
            }
        };
        let duration = spec.infusion.map_or(0.0, |span| span.to(target.time));
        not_negative("infusion", duration)?;
        for (key, value) in
            [("per_max", spec.per_max), ("dose_max", spec.dose_max), ("round.to", spec.round.map(|round| round.to))]
        {
            if let Some(value) = value {
                positive(key, value)?;
            }
        }
        if spec.per_max.is_some() && spec.per.is_none() {
            return Err(RegimenError::CapWithoutSize);
        }
        Ok(Self {
            target,
            factor,
            duration,
            per: spec.per.map(str::to_owned),
            per_max: spec.per_max.unwrap_or(f64::INFINITY),
            dose_max: spec.dose_max.unwrap_or(f64::INFINITY),
            round: spec.round,
        })
    }

    pub(crate) fn time(&self) -> TimeUnit {
        self.target.time
    }

    /// Name of the covariate that doses are given per.
    pub(crate) fn per(&self) -> Option<&str> {
        self.per.as_deref()
    }

    /// What amounts are multiplied with in one subject: the capped size, 1 for flat doses.
    pub(crate) fn size(&self, lookup: &SizeLookup<'_>) -> Result<f64, RegimenError> {
        let Some(name) = &self.per else { return Ok(1.0) };
        let value = lookup(name).ok_or_else(|| RegimenError::UnknownSize { covariate: name.clone() })?;
        if !(value > 0.0 && value.is_finite()) {
            return Err(RegimenError::BadSize { covariate: name.clone(), value });
        }
        Ok(value.min(self.per_max))
    }

    /// The dose of `amount` per unit of size, begun at `time` (in the model's unit).
    pub(crate) fn dose(&self, time: f64, amount: f64, size: f64) -> PlannedDose {
        let wanted = (amount * size).min(self.dose_max);
        let given = self.round.map_or(wanted, |round| rounded(wanted, round, self.dose_max));
        PlannedDose { time, amount: given * self.factor, duration: self.duration, state: self.target.state }
    }
}

fn rounded(dose: f64, round: Rounding, dose_max: f64) -> f64 {
    let vials = dose / round.to;
    let whole = match round.mode {
        RoundingMode::Nearest => (vials + 0.5 + WHOLE_VIAL_TOLERANCE).floor(),
        RoundingMode::Up => (vials - WHOLE_VIAL_TOLERANCE).ceil(),
        RoundingMode::Down => (vials + WHOLE_VIAL_TOLERANCE).floor(),
    };
    let within = if whole * round.to > dose_max * (1.0 + WHOLE_VIAL_TOLERANCE) { whole - 1.0 } else { whole };
    within * round.to
}

pub(crate) fn positive(key: &str, value: f64) -> Result<(), RegimenError> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(RegimenError::OutOfRange { key: key.to_owned(), value, expected: "a positive number" })
    }
}

pub(crate) fn not_negative(key: &str, value: f64) -> Result<(), RegimenError> {
    if value >= 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(RegimenError::OutOfRange { key: key.to_owned(), value, expected: "0 or a positive number" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: DoseTarget = DoseTarget { time: TimeUnit::Hour, amount: Some(AmountUnit::MILLIGRAM), state: 2 };

    fn dosing(spec: &DosingSpec<'_>) -> Result<Dosing, RegimenError> {
        Dosing::new(spec, TARGET)
    }

    fn amount(spec: &DosingSpec<'_>, amount: f64, size: f64) -> f64 {
        let dosing = dosing(spec).unwrap();
        let size = dosing.size(&|name| (name == "BSA").then_some(size)).unwrap();
        dosing.dose(0.0, amount, size).amount
    }

    #[test]
    fn a_dose_per_square_metre_is_amount_times_surface() {
        let spec = DosingSpec { per: Some("BSA"), ..DosingSpec::default() };
        assert_eq!(amount(&spec, 0.8, 1.84), 0.8 * 1.84);
        assert_eq!(amount(&DosingSpec::default(), 0.8, 1.84), 0.8);
    }

    #[test]
    fn caps_hold_the_size_and_the_dose() {
        let size = DosingSpec { per: Some("BSA"), per_max: Some(2.0), ..DosingSpec::default() };
        assert_eq!(amount(&size, 0.8, 2.5), 1.6);
        let dose = DosingSpec { per: Some("BSA"), dose_max: Some(1.5), ..DosingSpec::default() };
        assert_eq!(amount(&dose, 0.8, 2.5), 1.5);
        assert_eq!(amount(&dose, 0.8, 1.0), 0.8);
    }

    #[test]
    fn doses_are_rounded_to_vials() {
        let spec = |mode| DosingSpec { round: Some(Rounding { to: 0.9, mode }), ..DosingSpec::default() };
        for (mode, dose, given) in [
            (RoundingMode::Up, 1.0, 1.8),
            (RoundingMode::Up, 2.7, 2.7),
            (RoundingMode::Down, 1.79, 0.9),
            (RoundingMode::Down, 2.7, 2.7),
            (RoundingMode::Nearest, 1.34, 0.9),
            (RoundingMode::Nearest, 1.35, 1.8),
        ] {
            // One rounding of the product.
            assert!((amount(&spec(mode), dose, 1.0) - given).abs() < 1e-15, "{mode:?} {dose}");
        }
    }

    #[test]
    fn rounding_up_does_not_exceed_the_largest_dose() {
        let round = Some(Rounding { to: 0.9, mode: RoundingMode::Up });
        let spec = DosingSpec { round, dose_max: Some(2.0), ..DosingSpec::default() };
        assert_eq!(amount(&spec, 5.0, 1.0), 1.8);
    }

    #[test]
    fn doses_are_converted_to_the_models_unit_after_rounding() {
        let spec = DosingSpec {
            unit: Some("ug"),
            round: Some(Rounding { to: 100.0, mode: RoundingMode::Up }),
            ..DosingSpec::default()
        };
        assert_eq!(amount(&spec, 750.0, 1.0), 0.8);
        assert!(matches!(
            dosing(&DosingSpec { unit: Some("nmol"), ..DosingSpec::default() }),
            Err(RegimenError::Unit { .. })
        ));
        let silent = DoseTarget { amount: None, ..TARGET };
        let error = Dosing::new(&DosingSpec { unit: Some("mg"), ..DosingSpec::default() }, silent);
        assert_eq!(error, Err(RegimenError::NoModelUnit { unit: "mg".into() }));
    }

    #[test]
    fn infusions_are_in_the_models_unit_of_time_and_go_into_its_state() {
        let infusion = Some("90 min".parse().unwrap());
        let dose = dosing(&DosingSpec { infusion, ..DosingSpec::default() }).unwrap().dose(24.0, 1.0, 1.0);
        assert_eq!(dose, PlannedDose { time: 24.0, amount: 1.0, duration: 1.5, state: 2 });
    }

    #[test]
    fn a_size_that_is_not_there_or_not_positive_is_named() {
        let dosing = dosing(&DosingSpec { per: Some("WT"), ..DosingSpec::default() }).unwrap();
        assert_eq!(dosing.size(&|_| None), Err(RegimenError::UnknownSize { covariate: "WT".into() }));
        for value in [0.0, -1.0, f64::INFINITY] {
            assert_eq!(dosing.size(&|_| Some(value)), Err(RegimenError::BadSize { covariate: "WT".into(), value }));
        }
        assert!(matches!(dosing.size(&|_| Some(f64::NAN)), Err(RegimenError::BadSize { .. })));
    }

    #[test]
    fn impossible_numbers_are_refused_by_key() {
        for (key, spec) in [
            ("per_max", DosingSpec { per: Some("BSA"), per_max: Some(0.0), ..DosingSpec::default() }),
            ("dose_max", DosingSpec { dose_max: Some(-1.0), ..DosingSpec::default() }),
            (
                "round.to",
                DosingSpec { round: Some(Rounding { to: f64::NAN, mode: RoundingMode::Up }), ..DosingSpec::default() },
            ),
            ("infusion", DosingSpec { infusion: Some("-1 h".parse().unwrap()), ..DosingSpec::default() }),
        ] {
            let Err(RegimenError::OutOfRange { key: named, .. }) = dosing(&spec) else { panic!("{key} passed") };
            assert_eq!(named, key);
        }
        let cap = DosingSpec { per_max: Some(2.0), ..DosingSpec::default() };
        assert_eq!(dosing(&cap), Err(RegimenError::CapWithoutSize));
    }
}

//! Regimens that are the same for every patient: cycles of dated doses, or one dose every interval.

use serde::Deserialize;

use crate::regimen::dosing::{
    Cycle, DoseTarget, Dosing, DosingSpec, RegimenError, Rounding, SizeLookup, Treatment, positive,
};
use crate::units::{TimeSpan, TimeUnit};

/// A regimen as a study states it: either `cycles`, or `amount`, `every` and `repeat`.
///
/// # Examples
/// ```
/// use teorell::regimen::cycles::RegimenSpec;
/// let inotuzumab: RegimenSpec = toml::from_str(r#"
///     infusion = "1 h"
///     per = "BSA"
///     cycles = [
///         { days = 21, doses = [{ day = 1, amount = 0.8 }, { day = 8, amount = 0.5 }, { day = 15, amount = 0.5 }] },
///         { days = 28, doses = [{ day = 1, amount = 0.8 }, { day = 8, amount = 0.5 }, { day = 15, amount = 0.5 }], repeat = 5 },
///     ]
/// "#)?;
/// let twice_daily: RegimenSpec = toml::from_str(r#"amount = 100.0
///     every = "12 h"
///     repeat = 14
///     loading = 200.0"#)?;
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegimenSpec {
    /// Name of the state that doses go into; the model's first one where not given.
    pub compartment: Option<String>,
    /// Unit of the amounts, such as `mg`; the model's where not given.
    pub unit: Option<String>,
    /// Length of each infusion, such as `1 h`; a bolus where not given.
    pub infusion: Option<TimeSpan>,
    /// Covariate that amounts are multiplied with (`BSA`, `WT`, `LBM`); flat doses where not given.
    pub per: Option<String>,
    /// Largest value of that covariate that counts (BSA capped at 2 m²).
    pub per_max: Option<f64>,
    /// Largest dose, in the unit of the amounts.
    pub dose_max: Option<f64>,
    /// Rounding to a vial size.
    pub round: Option<Rounding>,
    /// Cycles, in order.
    #[serde(default)]
    pub cycles: Vec<CycleSpec>,
    /// Amount of every dose, per unit of `per`.
    pub amount: Option<f64>,
    /// Time from one dose to the next.
    pub every: Option<TimeSpan>,
    /// Number of doses in all, the loading dose among them.
    pub repeat: Option<u32>,
    /// Amount of the first dose, where it is another.
    pub loading: Option<f64>,
}

/// One cycle, or several alike.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CycleSpec {
    /// Length in days.
    pub days: f64,
    /// Doses, in order of time.
    pub doses: Vec<DatedDose>,
    /// How many such cycles in a row.
    #[serde(default = "once")]
    pub repeat: u32,
}

/// One dose of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatedDose {
    /// Day of the cycle, from 1; day 1 is its start.
    pub day: f64,
    /// Amount per unit of `per`.
    pub amount: f64,
}

fn once() -> u32 {
    1
}

/// A checked regimen in the model's units. Valid by construction.
#[derive(Clone, Debug, PartialEq)]
pub struct Regimen {
    dosing: Dosing,
    /// Times in the model's unit, amounts per unit of size; the cycle's index.
    doses: Vec<(usize, f64, f64)>,
    /// Start and end.
    cycles: Vec<(f64, f64)>,
}

impl Regimen {
    /// Checks the regimen and lays it out in the model's unit of time.
    ///
    /// # Errors
    /// When numbers are out of range, doses of a cycle go back in time, units do not fit the model, or the spec is incomplete.
    pub fn new(spec: &RegimenSpec, target: DoseTarget) -> Result<Self, RegimenError> {
        let dosing = Dosing::new(
            &DosingSpec {
                unit: spec.unit.as_deref(),
                infusion: spec.infusion,
                per: spec.per.as_deref(),
                per_max: spec.per_max,
                dose_max: spec.dose_max,
                round: spec.round,
            },
            target,
        )?;
        let mut regimen = Self { dosing, doses: Vec::new(), cycles: Vec::new() };
        if spec.cycles.is_empty() {
            regimen.lay_out_intervals(spec)?
        } else {
            regimen.lay_out_cycles(spec)?
        }
        Ok(regimen)
    }

    /// Covariate that doses are given per.
    #[must_use]
    pub fn per(&self) -> Option<&str> {
        self.dosing.per()
    }

    /// Start and end of each cycle, in the model's unit of time; the same for every patient.
    #[must_use]
    pub fn cycles(&self) -> &[(f64, f64)] {
        &self.cycles
    }

    /// What one patient is given.
    ///
    /// # Errors
    /// When the covariate that doses are given per is missing or not positive.
    pub fn plan(&self, lookup: &SizeLookup<'_>) -> Result<Treatment, RegimenError> {
        let size = self.dosing.size(lookup)?;
        let mut cycles: Vec<Cycle> =
            (1..).zip(&self.cycles).map(|(number, &(start, end))| Cycle { number, start, end, dose: 0.0 }).collect();
        let doses = self
            .doses
            .iter()
            .map(|&(cycle, time, amount)| {
                let dose = self.dosing.dose(time, amount, size);
                cycles[cycle].dose += dose.amount;
                dose
            })
            .collect();
        Ok(Treatment { doses, cycles, events: Vec::new() })
    }

    fn lay_out_cycles(&mut self, spec: &RegimenSpec) -> Result<(), RegimenError> {
        let plain = [
            ("amount", spec.amount.is_some()),
            ("every", spec.every.is_some()),
            ("repeat", spec.repeat.is_some()),
            ("loading", spec.loading.is_some()),
        ];
        if let Some(&(key, _)) = plain.iter().find(|(_, given)| *given) {
            return Err(RegimenError::Contradiction { key });
        }
        let model_time = self.dosing.time();
        let mut start_day = 0.0;
        for (index, cycle) in spec.cycles.iter().enumerate() {
            check_cycle(cycle, index + 1)?;
            for _ in 0..cycle.repeat {
                for dose in &cycle.doses {
                    let time = TimeUnit::Day.convert(start_day + (dose.day - 1.0), model_time);
                    self.doses.push((self.cycles.len(), time, dose.amount));
                }
                let end_day = start_day + cycle.days;
                self.cycles
                    .push((TimeUnit::Day.convert(start_day, model_time), TimeUnit::Day.convert(end_day, model_time)));
                start_day = end_day;
            }
        }
        Ok(())
    }

    fn lay_out_intervals(&mut self, spec: &RegimenSpec) -> Result<(), RegimenError> {
        let amount = spec.amount.ok_or(RegimenError::Incomplete { missing: "amount" })?;
        let every = spec.every.ok_or(RegimenError::Incomplete { missing: "every" })?;
        let repeat = spec.repeat.ok_or(RegimenError::Incomplete { missing: "repeat" })?;
        positive("amount", amount)?;
        positive("every", every.value)?;
        positive("repeat", f64::from(repeat))?;
        if let Some(loading) = spec.loading {
            positive("loading", loading)?;
        }
        // Multiples of the interval, not sums of it: the 1000th dose is as exact as the first.
        let start_of = |number: u32| every.unit.convert(every.value * f64::from(number), self.dosing.time());
        let starts: Vec<f64> = (0..=repeat).map(start_of).collect();
        for (index, interval) in starts.windows(2).enumerate() {
            let amount = if index == 0 { spec.loading.unwrap_or(amount) } else { amount };
            self.doses.push((index, interval[0], amount));
            self.cycles.push((interval[0], interval[1]));
        }
        Ok(())
    }
}

/// Checks lengths, days and amounts of one cycle; `number` is its place in the list, from 1.
fn check_cycle(cycle: &CycleSpec, number: usize) -> Result<(), RegimenError> {
    positive(&format!("cycles[{number}].days"), cycle.days)?;
    positive(&format!("cycles[{number}].repeat"), f64::from(cycle.repeat))?;
    let key = |name: &str, dose: usize| format!("cycles[{number}].doses[{dose}].{name}");
    let (days, amounts): (Vec<f64>, Vec<f64>) = cycle.doses.iter().map(|dose| (dose.day, dose.amount)).unzip();
    check_days(&days, cycle.days, |dose| key("day", dose))?;
    check_amounts(&amounts, |dose| key("amount", dose))
}

/// Checks on which days of a cycle of so many days doses are given; `key` names the day of a dose, from 1.
pub(crate) fn check_days(days: &[f64], length: f64, key: impl Fn(usize) -> String) -> Result<(), RegimenError> {
    let mut before = 1.0;
    for (dose, &day) in (1..).zip(days) {
        if !(day >= 1.0 && day < length + 1.0) {
            return Err(RegimenError::OutOfRange {
                key: key(dose),
                value: day,
                expected: "a day of the cycle, from 1",
            });
        }
        if day < before {
            return Err(RegimenError::DosesNotInOrder { key: key(dose), day, before });
        }
        before = day;
    }
    Ok(())
}

/// Checks amounts of doses; `key` names that of a dose, from 1.
pub(crate) fn check_amounts(amounts: &[f64], key: impl Fn(usize) -> String) -> Result<(), RegimenError> {
    (1..).zip(amounts).try_for_each(|(dose, &amount)| positive(&key(dose), amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::AmountUnit;

    const TARGET: DoseTarget = DoseTarget { time: TimeUnit::Hour, amount: Some(AmountUnit::MILLIGRAM), state: 0 };

    const FIXED: &str = r#"
        infusion = "1 h"
        per = "BSA"
        cycles = [
            { days = 21, doses = [{ day = 1, amount = 0.8 }, { day = 8, amount = 0.5 }, { day = 15, amount = 0.5 }] },
            { days = 28, doses = [{ day = 1, amount = 0.8 }, { day = 8, amount = 0.5 }, { day = 15, amount = 0.5 }], repeat = 5 },
        ]"#;

    fn regimen(text: &str) -> Result<Regimen, RegimenError> {
        Regimen::new(&toml::from_str(text).unwrap(), TARGET)
    }

    #[test]
    fn the_fixed_inotuzumab_regimen_has_18_doses_on_the_published_days() {
        let plan = regimen(FIXED).unwrap().plan(&|_| Some(1.84)).unwrap();
        let days: Vec<f64> = plan.doses.iter().map(|dose| dose.time / 24.0 + 1.0).collect();
        #[rustfmt::skip]
        assert_eq!(days, [1., 8., 15., 22., 29., 36., 50., 57., 64., 78., 85., 92., 106., 113., 120., 134., 141., 148.]);
        assert!(plan.doses.iter().all(|dose| dose.duration == 1.0 && dose.state == 0));
        assert_eq!(plan.cycles.len(), 6);
        assert_eq!((plan.cycles[0].start, plan.cycles[0].end), (0.0, 504.0));
        assert_eq!((plan.cycles[5].number, plan.cycles[5].start, plan.cycles[5].end), (6, 3192.0, 3864.0));
        // 1.8 mg/m2 in every cycle, up to the rounding of a sum of three products.
        assert!(plan.cycles.iter().all(|cycle| (cycle.dose - 1.8 * 1.84).abs() < 1e-14));
        assert!(plan.events.is_empty());
    }

    #[test]
    fn a_models_time_in_days_takes_the_days_as_they_are() {
        let target = DoseTarget { time: TimeUnit::Day, ..TARGET };
        let plan = Regimen::new(&toml::from_str(FIXED).unwrap(), target).unwrap().plan(&|_| Some(2.0)).unwrap();
        assert_eq!(plan.doses[5].time, 35.0);
        assert_eq!(plan.doses[5].duration, 1.0 / 24.0);
    }

    #[test]
    fn a_dose_every_interval_begins_with_its_loading_dose() {
        let plan =
            regimen("amount = 100.0\nevery = \"12 h\"\nrepeat = 4\nloading = 250.0").unwrap().plan(&|_| None).unwrap();
        let doses: Vec<(f64, f64)> = plan.doses.iter().map(|dose| (dose.time, dose.amount)).collect();
        assert_eq!(doses, [(0.0, 250.0), (12.0, 100.0), (24.0, 100.0), (36.0, 100.0)]);
        assert_eq!(plan.cycles[3], Cycle { number: 4, start: 36.0, end: 48.0, dose: 100.0 });
    }

    #[test]
    fn an_interval_that_binary_cannot_hold_does_not_drift() {
        let plan = regimen("amount = 1.0\nevery = \"0.1 h\"\nrepeat = 1001").unwrap().plan(&|_| None).unwrap();
        assert_eq!(plan.doses[1000].time, 100.0);
    }

    #[test]
    fn cycles_and_intervals_exclude_each_other() {
        let error = regimen(&format!("amount = 1.0\n{FIXED}")).unwrap_err();
        assert_eq!(error, RegimenError::Contradiction { key: "amount" });
        for (text, missing) in [("", "amount"), ("amount = 1.0", "every"), ("amount = 1.0\nevery = \"1 d\"", "repeat")]
        {
            assert_eq!(regimen(text).unwrap_err(), RegimenError::Incomplete { missing });
        }
    }

    #[test]
    fn impossible_cycles_are_refused_by_key() {
        let refused = |cycle: &str| regimen(&format!("cycles = [{cycle}]")).unwrap_err().to_string();
        assert_eq!(
            refused("{ days = 21, doses = [{ day = 22, amount = 1 }] }"),
            "`cycles[1].doses[1].day` is 22; expected a day of the cycle, from 1"
        );
        assert_eq!(
            refused("{ days = 21, doses = [{ day = 8, amount = 1 }, { day = 1, amount = 1 }] }"),
            "`cycles[1].doses[2].day` is 1, after day 8; doses of a cycle are listed in order of time"
        );
        assert_eq!(refused("{ days = 0, doses = [] }"), "`cycles[1].days` is 0; expected a positive number");
        assert_eq!(
            refused("{ days = 7, doses = [{ day = 1, amount = -2.5 }] }"),
            "`cycles[1].doses[1].amount` is -2.5; expected a positive number"
        );
        assert_eq!(
            refused("{ days = 7, doses = [], repeat = 0 }"),
            "`cycles[1].repeat` is 0; expected a positive number"
        );
        assert_eq!(
            regimen("amount = 1.0\nevery = \"1 d\"\nrepeat = 0").unwrap_err().to_string(),
            "`repeat` is 0; expected a positive number"
        );
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(
            toml::from_str::<RegimenSpec>("amonut = 1.0").unwrap_err().to_string().contains("unknown field `amonut`")
        );
    }
}

//! The course of one patient under the label of inotuzumab ozogamicin: response, toxicity and transplant decide the length
//! of cycles, the doses and the end.
//!
//! Label is the prescribing information of Besponsa (FDA, August 2017), INO-VATE the trial it rests on (Kantarjian HM et
//! al., N Engl J Med 2016;375:740-753). What happens to a patient is drawn first, all of it, in a fixed order, and
//! the rules are applied afterwards; so patients with the same numbers stay comparable when a rule or a probability changes.

use rand::{Rng, RngExt};
use serde::Deserialize;

use crate::regimen::cycles::{CycleSpec, DatedDose, check_cycle};
use crate::regimen::dosing::{
    CourseEvent, CourseEventKind, Cycle, DoseTarget, Dosing, DosingSpec, RegimenError, Rounding, SizeLookup, Treatment,
    not_negative, positive,
};
use crate::units::{TimeSpan, TimeUnit};

/// A course as a study states it; every key has a default.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CourseSpec {
    /// Name of the state that doses go into; the model's first one where not given.
    pub compartment: Option<String>,
    /// Unit of the amounts; the model's where not given.
    pub unit: Option<String>,
    /// Length of each infusion. Default 1 h (Label 2.2).
    pub infusion: TimeSpan,
    /// Covariate that amounts are multiplied with. Default `BSA` (Label 2.2).
    pub per: String,
    /// Largest value of that covariate that counts. Default none (Label: none).
    pub per_max: Option<f64>,
    /// Largest dose. Default none.
    pub dose_max: Option<f64>,
    /// Rounding to a vial size. Default none.
    pub round: Option<Rounding>,

    /// Days of the doses in every cycle. Default 1, 8, 15 (Label 2.2).
    pub dose_days: Vec<f64>,
    /// Amounts on those days in cycle 1, and later while there is no response. Default 0.8, 0.5, 0.5 mg/m² (Label 2.2).
    pub amounts: Vec<f64>,
    /// Amounts on those days in cycles after a response. Default 0.5, 0.5, 0.5 mg/m² (Label 2.2).
    pub responder_amounts: Vec<f64>,
    /// Length of cycle 1 in days. Default 21 (Label 2.2).
    pub first_cycle_days: f64,
    /// Length of cycle 1 on a response at its end, or for recovery from toxicity. Default 28 (Label 2.2).
    pub extended_first_cycle_days: f64,
    /// Length of later cycles in days. Default 28 (Label 2.2).
    pub cycle_days: f64,
    /// Cycles for patients who do not go to transplant. Default 6 (Label 2.2).
    pub max_cycles: u32,
    /// Cycles for patients who go to transplant; one more where allowed. Default 2 (Label 2.2).
    pub transplant_cycles: u32,

    /// Share of all patients with first CR/CRi at the end of cycle 1, 2, 3; the rest do not respond and stop after cycle 3.
    /// Default 64, 21 and 3 of 109 (Label 14: 88 of 109 responded, 64 of them in cycle 1 and 21 in cycle 2).
    pub response: [f64; 3],
    /// Share of responders who are negative for minimal residual disease. Default 0.78 (INO-VATE: 78 % of responders).
    pub mrd_negative: f64,
    /// Share of patients meant for transplant. Default 79 of 164 (Label 5.1: those who went to transplant; that as many were
    /// meant to is assumed).
    pub transplant: f64,
    /// Share of those allowed a third cycle before transplant who get it. Default 1 (assumed).
    pub third_cycle: f64,
    /// Probability, per cycle, that the next cycle waits for recovery from toxicity. Default 0.15 (assumed).
    pub delay: f64,
    /// Days of that wait. Default 7 (assumed; Label 2.2 extends cycle 1 by as much).
    pub delay_days: f64,
    /// Probability, per cycle, that liver values (bilirubin > 1.5 x ULN, AST or ALT > 2.5 x ULN) hold one of its doses
    /// after the first. It is left out (Label 2.3: interruptions of 7 days or more). Default 0.03 (assumed).
    pub hepatic_hold: f64,
    /// Probability, per cycle, of veno-occlusive disease: no dose after its day (Label 2.3). Default 0.01 (assumed; Label
    /// 5.1: 5 of 164 patients during treatment or follow-up without transplant, over a median of three cycles).
    pub vod: f64,
}

impl Default for CourseSpec {
    fn default() -> Self {
        Self {
            compartment: None,
            unit: None,
            infusion: TimeSpan { value: 1.0, unit: TimeUnit::Hour },
            per: "BSA".to_owned(),
            per_max: None,
            dose_max: None,
            round: None,
            dose_days: vec![1.0, 8.0, 15.0],
            amounts: vec![0.8, 0.5, 0.5],
            responder_amounts: vec![0.5, 0.5, 0.5],
            first_cycle_days: 21.0,
            extended_first_cycle_days: 28.0,
            cycle_days: 28.0,
            max_cycles: 6,
            transplant_cycles: 2,
            response: [64.0 / 109.0, 21.0 / 109.0, 3.0 / 109.0],
            mrd_negative: 0.78,
            transplant: 79.0 / 164.0,
            third_cycle: 1.0,
            delay: 0.15,
            delay_days: 7.0,
            hepatic_hold: 0.03,
            vod: 0.01,
        }
    }
}

/// A checked course in the model's units. Valid by construction.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    spec: CourseSpec,
    dosing: Dosing,
}

/// What happens to one patient, before any rule is applied.
#[derive(Clone, Debug, Default, PartialEq)]
struct Fate {
    /// Cycle at whose end CR/CRi is reached.
    response: Option<u32>,
    mrd_negative: bool,
    transplant: bool,
    third_cycle: bool,
    cycles: Vec<CycleFate>,
}

/// What happens in one cycle, were it given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct CycleFate {
    delay: bool,
    /// Index of the dose that is held.
    held: Option<usize>,
    /// Time of veno-occlusive disease, as a fraction of the cycle.
    vod: Option<f64>,
}

/// One cycle as the rules have decided it, in days from the first dose.
struct Given<'a> {
    number: u32,
    start_day: f64,
    end_day: f64,
    amounts: &'a [f64],
    held: Option<usize>,
    vod_day: Option<f64>,
}

impl Course {
    /// Checks the course.
    ///
    /// # Errors
    /// When a probability is outside 0 to 1, lengths or amounts are not positive, lists differ in length, or units do not fit.
    pub fn new(spec: &CourseSpec, target: DoseTarget) -> Result<Self, RegimenError> {
        let dosing = Dosing::new(
            &DosingSpec {
                unit: spec.unit.as_deref(),
                infusion: Some(spec.infusion),
                per: Some(&spec.per),
                per_max: spec.per_max,
                dose_max: spec.dose_max,
                round: spec.round,
            },
            target,
        )?;
        for (key, value) in [
            ("response", spec.response.iter().sum::<f64>()),
            ("mrd_negative", spec.mrd_negative),
            ("transplant", spec.transplant),
            ("third_cycle", spec.third_cycle),
            ("delay", spec.delay),
            ("hepatic_hold", spec.hepatic_hold),
            ("vod", spec.vod),
        ]
        .into_iter()
        .chain(spec.response.iter().map(|&share| ("response", share)))
        {
            // A sum of printed shares may exceed 1 by its rounding.
            if !(0.0..=1.0 + 1e-9).contains(&value) {
                return Err(RegimenError::OutOfRange { key: key.to_owned(), value, expected: "a probability, 0 to 1" });
            }
        }
        not_negative("delay_days", spec.delay_days)?;
        positive("max_cycles", f64::from(spec.max_cycles))?;
        positive("transplant_cycles", f64::from(spec.transplant_cycles))?;
        if spec.extended_first_cycle_days < spec.first_cycle_days {
            let value = spec.extended_first_cycle_days;
            let expected = "at least `first_cycle_days`";
            return Err(RegimenError::OutOfRange { key: "extended_first_cycle_days".to_owned(), value, expected });
        }
        for (key, amounts) in [("amounts", &spec.amounts), ("responder_amounts", &spec.responder_amounts)] {
            if amounts.len() != spec.dose_days.len() {
                #[expect(clippy::cast_precision_loss, reason = "the length of a list in a study file")]
                let value = amounts.len() as f64;
                let expected = "as many amounts as `dose_days` has days";
                return Err(RegimenError::OutOfRange { key: format!("{key} (its length)"), value, expected });
            }
            for days in [spec.first_cycle_days, spec.cycle_days] {
                let doses =
                    spec.dose_days.iter().zip(amounts).map(|(&day, &amount)| DatedDose { day, amount }).collect();
                check_cycle(&CycleSpec { days, doses, repeat: 1 }, 1)?;
            }
        }
        Ok(Self { spec: spec.clone(), dosing })
    }

    /// Covariate that doses are given per.
    #[must_use]
    pub fn per(&self) -> Option<&str> {
        self.dosing.per()
    }

    /// The longest that a course can take, in the model's unit of time: where sampling may end.
    #[must_use]
    pub fn longest(&self) -> f64 {
        let spec = &self.spec;
        let cycles = f64::from(spec.max_cycles.max(spec.transplant_cycles + 1));
        let first = spec.extended_first_cycle_days.max(spec.first_cycle_days + spec.delay_days);
        let days = first + (cycles - 1.0) * (spec.cycle_days + spec.delay_days);
        TimeUnit::Day.convert(days, self.dosing.time())
    }

    /// Draws what happens to one patient and applies the rules.
    ///
    /// # Errors
    /// When the covariate that doses are given per is missing or not positive.
    pub fn plan(&self, rng: &mut impl Rng, lookup: &SizeLookup<'_>) -> Result<Treatment, RegimenError> {
        let size = self.dosing.size(lookup)?;
        Ok(self.follow(&self.draw(rng), size))
    }

    /// Takes the same numbers from `rng` for every patient, whatever happens to them.
    fn draw(&self, rng: &mut impl Rng) -> Fate {
        let spec = &self.spec;
        let mut uniform = || rng.random::<f64>();
        let mut left = uniform();
        let response = (1..).zip(spec.response).find_map(|(cycle, share)| {
            left -= share;
            (left < 0.0).then_some(cycle)
        });
        let mrd_negative = uniform() < spec.mrd_negative;
        let transplant = uniform() < spec.transplant;
        let third_cycle = uniform() < spec.third_cycle;
        let cycles = (0..spec.max_cycles.max(spec.transplant_cycles + 1))
            .map(|_| {
                let delay = uniform() < spec.delay;
                let (hold, which) = (uniform() < spec.hepatic_hold, uniform());
                let (vod, when) = (uniform() < spec.vod, uniform());
                let held = (hold && spec.dose_days.len() > 1).then(|| 1 + pick(which, spec.dose_days.len() - 1));
                CycleFate { delay, held, vod: vod.then_some(when) }
            })
            .collect();
        Fate { response, mrd_negative, transplant, third_cycle, cycles }
    }

    /// The label's rules.
    fn follow(&self, fate: &Fate, size: f64) -> Treatment {
        let spec = &self.spec;
        let mut treatment = Treatment::default();
        let mut start_day = 0.0;
        for (number, happens) in (1..).zip(&fate.cycles) {
            let responded_before = fate.response.is_some_and(|cycle| cycle < number);
            let responds_now = fate.response == Some(number);
            let last = number >= self.planned_cycles(fate);
            let gives_up = last_chance(number) && !responded_before && !responds_now;
            let usual_days = if number == 1 { spec.first_cycle_days } else { spec.cycle_days };
            let vod_day = happens.vod.map(|fraction| start_day + fraction * usual_days);
            let goes_on = !last && !gives_up && vod_day.is_none();

            let delayed = goes_on && happens.delay;
            let waits = if delayed { spec.delay_days } else { 0.0 };
            // Cycle 1 is extended once, whether for a response, for recovery or for both.
            let extends = number == 1 && responds_now;
            let length =
                if extends { spec.extended_first_cycle_days.max(usual_days + waits) } else { usual_days + waits };
            let amounts = if responded_before { &spec.responder_amounts } else { &spec.amounts };
            let end_day = start_day + length;
            let given = Given { number, start_day, end_day, amounts, held: happens.held, vod_day };
            self.give(&given, size, &mut treatment);

            let mut note =
                |day: f64, kind| treatment.events.push(CourseEvent { time: self.time(day), cycle: number, kind });
            if let Some(day) = vod_day {
                note(day, CourseEventKind::VenoOcclusiveDisease);
                break;
            }
            if responds_now {
                note(end_day, CourseEventKind::Response);
            }
            if gives_up {
                note(end_day, CourseEventKind::NoResponse);
                break;
            }
            if last {
                note(end_day, if fate.transplant { CourseEventKind::Transplant } else { CourseEventKind::Completed });
                break;
            }
            if delayed {
                note(end_day, CourseEventKind::Delay);
            }
            start_day = end_day;
        }
        treatment
    }

    /// Cycles meant for this patient: toward transplant two, or three when not both in CR/CRi and MRD-negative after two.
    fn planned_cycles(&self, fate: &Fate) -> u32 {
        let spec = &self.spec;
        if !fate.transplant {
            return spec.max_cycles;
        }
        let ready = fate.mrd_negative && fate.response.is_some_and(|cycle| cycle <= spec.transplant_cycles);
        spec.transplant_cycles + u32::from(!ready && fate.third_cycle)
    }

    /// Adds the doses of one cycle: none that is held, none from the day of veno-occlusive disease on.
    fn give(&self, given: &Given<'_>, size: f64, treatment: &mut Treatment) {
        let Given { number, start_day, end_day, amounts, held, vod_day } = *given;
        let mut cycle = Cycle { number, start: self.time(start_day), end: self.time(end_day), dose: 0.0 };
        for (index, (&day, &amount)) in self.spec.dose_days.iter().zip(amounts).enumerate() {
            let day = start_day + (day - 1.0);
            // The first dose is given before anything can happen in its cycle.
            if index > 0 && vod_day.is_some_and(|vod| day >= vod) {
                break;
            }
            let time = self.time(day);
            if held == Some(index) {
                treatment.events.push(CourseEvent { time, cycle: number, kind: CourseEventKind::DoseHeld });
                continue;
            }
            let dose = self.dosing.dose(time, amount, size);
            cycle.dose += dose.amount;
            treatment.doses.push(dose);
        }
        treatment.cycles.push(cycle);
    }

    fn time(&self, day: f64) -> f64 {
        TimeUnit::Day.convert(day, self.dosing.time())
    }
}

/// Whether a patient who has not responded by the end of this cycle is taken off (Label 2.2: within 3 cycles).
fn last_chance(cycle: u32) -> bool {
    cycle >= 3
}

/// One of `n` by a uniform number below 1.
fn pick(uniform: f64, n: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "0 <= uniform < 1, n small"
    )]
    let index = (uniform * n as f64) as usize;
    index.min(n - 1)
}

//! The course of one patient under the label of inotuzumab ozogamicin: response, toxicity and transplant decide the length
//! of cycles, the doses and the end.
//!
//! Label is the prescribing information of Besponsa (FDA, August 2017), INO-VATE the trial it rests on (Kantarjian HM et
//! al., N Engl J Med 2016;375:740-753). What happens to a patient is drawn first, all of it, in a fixed order, and
//! the rules are applied afterwards; so patients with the same numbers stay comparable when a rule or a probability changes.

use rand::{Rng, RngExt};
use serde::Deserialize;

use crate::regimen::cycles::{check_amounts, check_days};
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
            check_amounts(amounts, |dose| format!("{key}[{dose}]"))?;
        }
        for (key, days) in [("first_cycle_days", spec.first_cycle_days), ("cycle_days", spec.cycle_days)] {
            positive(key, days)?;
            check_days(&spec.dose_days, days, |dose| format!("dose_days[{dose}]"))?;
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
        let first_days = spec.extended_first_cycle_days.max(spec.first_cycle_days + spec.delay_days);
        // At least two cycles, the last of which no other one waits for.
        let delayed = f64::from(spec.max_cycles.max(spec.transplant_cycles + 1) - 2);
        self.time(first_days + delayed * (spec.cycle_days + spec.delay_days) + spec.cycle_days)
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

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::units::AmountUnit;

    const TARGET: DoseTarget = DoseTarget { time: TimeUnit::Day, amount: Some(AmountUnit::MILLIGRAM), state: 0 };

    /// Nothing goes wrong and nobody goes to transplant: what a test wants to happen it sets to 1.
    fn quiet() -> CourseSpec {
        CourseSpec { transplant: 0.0, delay: 0.0, hepatic_hold: 0.0, vod: 0.0, ..CourseSpec::default() }
    }

    fn response_in(cycle: usize) -> [f64; 3] {
        std::array::from_fn(|index| if index + 1 == cycle { 1.0 } else { 0.0 })
    }

    fn patient(spec: &CourseSpec, seed: u64) -> Treatment {
        let bsa = |name: &str| (name == "BSA").then_some(2.0);
        Course::new(spec, TARGET).unwrap().plan(&mut ChaCha8Rng::seed_from_u64(seed), &bsa).unwrap()
    }

    fn lengths(treatment: &Treatment) -> Vec<f64> {
        treatment.cycles.iter().map(|cycle| cycle.end - cycle.start).collect()
    }

    /// Dose per m² and cycle, at a surface of 2 m².
    fn cycle_doses(treatment: &Treatment) -> Vec<f64> {
        // Sums of decimal numbers, to 1e-9.
        treatment.cycles.iter().map(|cycle| (cycle.dose / 2.0 * 1e9).round() / 1e9).collect()
    }

    fn events(treatment: &Treatment) -> Vec<(f64, u32, CourseEventKind)> {
        treatment.events.iter().map(|event| (event.time, event.cycle, event.kind)).collect()
    }

    #[test]
    fn a_response_in_cycle_1_extends_it_and_lowers_later_doses() {
        let treatment = patient(&CourseSpec { response: response_in(1), ..quiet() }, 1);
        assert_eq!(lengths(&treatment), [28.0; 6]);
        assert_eq!(cycle_doses(&treatment), [1.8, 1.5, 1.5, 1.5, 1.5, 1.5]);
        assert_eq!(events(&treatment), [(28.0, 1, CourseEventKind::Response), (168.0, 6, CourseEventKind::Completed)]);
        let first: Vec<(f64, f64)> = treatment.doses.iter().take(4).map(|dose| (dose.time, dose.amount)).collect();
        assert_eq!(first, [(0.0, 1.6), (7.0, 1.0), (14.0, 1.0), (28.0, 1.0)]);
        assert!(treatment.doses.iter().all(|dose| dose.duration == 1.0 / 24.0));
    }

    #[test]
    fn a_response_in_cycle_2_or_3_lowers_the_doses_after_it() {
        let second = patient(&CourseSpec { response: response_in(2), ..quiet() }, 1);
        assert_eq!(lengths(&second), [21.0, 28.0, 28.0, 28.0, 28.0, 28.0]);
        assert_eq!(cycle_doses(&second), [1.8, 1.8, 1.5, 1.5, 1.5, 1.5]);
        let third = patient(&CourseSpec { response: response_in(3), ..quiet() }, 1);
        assert_eq!(cycle_doses(&third), [1.8, 1.8, 1.8, 1.5, 1.5, 1.5]);
        assert_eq!(events(&third)[0], (77.0, 3, CourseEventKind::Response));
    }

    #[test]
    fn no_response_within_3_cycles_ends_the_course() {
        let treatment = patient(&CourseSpec { response: [0.0; 3], ..quiet() }, 1);
        assert_eq!(lengths(&treatment), [21.0, 28.0, 28.0]);
        assert_eq!(cycle_doses(&treatment), [1.8, 1.8, 1.8]);
        assert_eq!(events(&treatment), [(77.0, 3, CourseEventKind::NoResponse)]);
    }

    #[test]
    fn transplant_comes_after_2_cycles_in_mrd_negative_remission_and_after_3_otherwise() {
        let spec = CourseSpec { transplant: 1.0, mrd_negative: 1.0, ..quiet() };
        let cycles = |spec: CourseSpec| {
            let treatment = patient(&spec, 1);
            (treatment.cycles.len(), treatment.events.last().unwrap().kind)
        };
        let transplant = CourseEventKind::Transplant;
        assert_eq!(cycles(CourseSpec { response: response_in(1), ..spec.clone() }), (2, transplant));
        assert_eq!(cycles(CourseSpec { response: response_in(2), ..spec.clone() }), (2, transplant));
        assert_eq!(cycles(CourseSpec { response: response_in(3), ..spec.clone() }), (3, transplant));
        let positive = CourseSpec { response: response_in(1), mrd_negative: 0.0, ..spec.clone() };
        assert_eq!(cycles(positive.clone()), (3, transplant));
        assert_eq!(cycles(CourseSpec { third_cycle: 0.0, ..positive }), (2, transplant));
        assert_eq!(cycles(CourseSpec { response: [0.0; 3], ..spec }), (3, CourseEventKind::NoResponse));
    }

    #[test]
    fn recovery_from_toxicity_delays_the_next_cycle_but_not_the_end() {
        let spec = CourseSpec { delay: 1.0, response: response_in(2), max_cycles: 4, ..quiet() };
        let treatment = patient(&spec, 1);
        assert_eq!(lengths(&treatment), [28.0, 35.0, 35.0, 28.0]);
        assert_eq!(treatment.doses[3].time, 28.0);
        assert_eq!(treatment.doses[6].time, 63.0);
        let delays = treatment.events.iter().filter(|event| event.kind == CourseEventKind::Delay).count();
        assert_eq!(delays, 3);
    }

    #[test]
    fn cycle_1_is_extended_once_for_response_and_toxicity_together() {
        let treatment = patient(&CourseSpec { delay: 1.0, response: response_in(1), ..quiet() }, 1);
        assert_eq!(lengths(&treatment)[0], 28.0);
        let long = patient(&CourseSpec { delay: 1.0, delay_days: 10.0, response: response_in(1), ..quiet() }, 1);
        assert_eq!(lengths(&long)[0], 31.0);
    }

    #[test]
    fn a_hepatic_hold_leaves_out_one_dose_of_the_cycle_never_the_first() {
        let spec = CourseSpec { hepatic_hold: 1.0, response: response_in(1), ..quiet() };
        let mut second_held = 0;
        for seed in 0..200 {
            let treatment = patient(&spec, seed);
            for cycle in &treatment.cycles {
                let days: Vec<f64> = treatment
                    .doses
                    .iter()
                    .filter(|dose| dose.time >= cycle.start && dose.time < cycle.end)
                    .map(|dose| dose.time - cycle.start)
                    .collect();
                assert!(days == [0.0, 7.0] || days == [0.0, 14.0], "{days:?}");
                second_held += u32::from(days == [0.0, 14.0]);
            }
            let held: Vec<_> =
                treatment.events.iter().filter(|event| event.kind == CourseEventKind::DoseHeld).collect();
            assert_eq!(held.len(), 6);
            assert!(held.iter().all(|held| treatment.doses.iter().all(|dose| dose.time != held.time)));
        }
        // Half of 1,200; five standard errors of 17.
        assert!((515..=685).contains(&second_held), "{second_held}");
    }

    #[test]
    fn veno_occlusive_disease_stops_for_good() {
        let spec = CourseSpec { vod: 1.0, response: response_in(1), ..quiet() };
        let mut by_doses = [0; 4];
        for seed in 0..300 {
            let treatment = patient(&spec, seed);
            let [event] = treatment.events.as_slice() else { panic!("{:?}", treatment.events) };
            assert_eq!((event.cycle, event.kind), (1, CourseEventKind::VenoOcclusiveDisease));
            assert_eq!(treatment.cycles.len(), 1);
            assert!(event.time < treatment.cycles[0].end);
            assert!(treatment.doses.iter().all(|dose| dose.time == 0.0 || dose.time < event.time));
            by_doses[treatment.doses.len()] += 1;
        }
        // A third each: days 1 to 7, 8 to 14, 15 to 21. Five standard errors of 8.2.
        assert!(by_doses[1..].iter().all(|n| (59..=141).contains(n)), "{by_doses:?}");
    }

    #[test]
    fn default_probabilities_come_back_as_shares() {
        let n = 4_000;
        let spec = CourseSpec { vod: 0.0, transplant: 0.0, ..CourseSpec::default() };
        let mut shares = [0.0; 3];
        for seed in 0..n {
            for event in patient(&spec, seed).events {
                if event.kind == CourseEventKind::Response {
                    shares[event.cycle as usize - 1] += 1.0 / n as f64;
                }
            }
        }
        for (share, wanted) in shares.into_iter().zip(spec.response) {
            let error = (wanted * (1.0 - wanted) / n as f64).sqrt();
            assert!((share - wanted).abs() < 5.0 * error, "{share} {wanted}");
        }
    }

    #[test]
    fn changing_one_probability_leaves_the_rest_of_the_fate_alone() {
        let (spec, held) = (quiet(), CourseSpec { hepatic_hold: 1.0, ..quiet() });
        for seed in 0..100 {
            let mut other = patient(&held, seed);
            other.events.retain(|event| event.kind != CourseEventKind::DoseHeld);
            assert_eq!(other.events, patient(&spec, seed).events);
        }
    }

    #[test]
    fn no_course_is_longer_than_the_longest() {
        let spec = CourseSpec { delay: 1.0, response: response_in(1), delay_days: 10.0, ..quiet() };
        let longest = Course::new(&spec, TARGET).unwrap().longest();
        assert_eq!(patient(&spec, 1).cycles.last().unwrap().end, longest);
        let usual = CourseSpec::default();
        let longest = Course::new(&usual, TARGET).unwrap().longest();
        assert!((0..500).all(|seed| patient(&usual, seed).cycles.last().unwrap().end <= longest));
    }

    #[test]
    fn cycles_follow_each_other_and_events_are_in_order_of_time() {
        let spec = CourseSpec { delay: 0.3, hepatic_hold: 0.5, vod: 0.2, ..CourseSpec::default() };
        for seed in 0..500 {
            let treatment = patient(&spec, seed);
            assert!(treatment.cycles.windows(2).all(|pair| pair[0].end == pair[1].start));
            assert!(treatment.events.is_sorted_by_key(|event| event.time), "{:?}", treatment.events);
            assert!(treatment.doses.is_sorted_by_key(|dose| dose.time));
        }
    }

    #[test]
    fn impossible_courses_are_refused_by_key() {
        let refused = |spec: CourseSpec| Course::new(&spec, TARGET).unwrap_err().to_string();
        assert_eq!(refused(CourseSpec { vod: 1.5, ..quiet() }), "`vod` is 1.5; expected a probability, 0 to 1");
        assert_eq!(
            refused(CourseSpec { response: [0.6, 0.6, 0.0], ..quiet() }),
            "`response` is 1.2; expected a probability, 0 to 1"
        );
        assert_eq!(
            refused(CourseSpec { response: [1.2, -0.2, 0.0], ..quiet() }),
            "`response` is 1.2; expected a probability, 0 to 1"
        );
        assert_eq!(refused(CourseSpec { max_cycles: 0, ..quiet() }), "`max_cycles` is 0; expected a positive number");
        assert!(refused(CourseSpec { amounts: vec![0.8], ..quiet() }).starts_with("`amounts (its length)` is 1"));
        assert!(
            refused(CourseSpec { extended_first_cycle_days: 14.0, ..quiet() })
                .starts_with("`extended_first_cycle_days`")
        );
        for (spec, message) in [
            (CourseSpec { cycle_days: 0.0, ..quiet() }, "`cycle_days` is 0; expected a positive number"),
            (CourseSpec { first_cycle_days: -1.0, ..quiet() }, "`first_cycle_days` is -1; expected a positive number"),
            (
                CourseSpec { dose_days: vec![1.0, 8.0, 25.0], ..quiet() },
                "`dose_days[3]` is 25; expected a day of the cycle, from 1",
            ),
            (
                CourseSpec { dose_days: vec![1.0, 15.0, 8.0], ..quiet() },
                "`dose_days[3]` is 8, after day 15; doses of a cycle are listed in order of time",
            ),
            (
                CourseSpec { responder_amounts: vec![0.5, 0.0, 0.5], ..quiet() },
                "`responder_amounts[2]` is 0; expected a positive number",
            ),
        ] {
            assert_eq!(refused(spec), message);
        }
        assert!(toml::from_str::<CourseSpec>("response = [0.5, 0.5]").is_err());
        assert!(toml::from_str::<CourseSpec>("vodd = 0.1").unwrap_err().to_string().contains("unknown field `vodd`"));
    }
}

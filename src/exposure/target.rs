//! Targets: conditions on a subject's exposure, such as `auc(cycle = 4) > 80` or `time_above(2) / tau > 0.5`, and how many attain them.
//!
//! A condition is an expression of the shared model language: comparisons of quantities (see [`NAMES`]) and numbers with
//! `+ - * /`, joined by `&`, `|` and `!`. A number may carry a unit, as in `ctrough > 30 mg/L`; one without is in the unit of what it is
//! compared with. A quantity is that of the last cycle unless `cycle = 4`, `cycle = first` or `cycle = last` says otherwise.

mod read;
mod units;

use super::interval::{IntervalResult, Metric};
use crate::model::diagnostic::Diagnostic;
use crate::stats::{Share, wilson};

/// Names that a condition may use, with what each is.
pub const NAMES: [(&str, &str); 9] = [
    ("auc", "area under the curve over the cycle"),
    ("cmax", "highest value of the curve in the cycle"),
    ("tmax", "time of cmax since the start of the cycle"),
    ("ctrough", "value at the end of the cycle"),
    ("cavg", "auc / tau"),
    ("accumulation", "auc over that of cycle 1; `accumulation(cmax)` and `accumulation(ctrough)` likewise"),
    ("time_above", "time in the cycle above a concentration: `time_above(2 mg/L)`"),
    ("tau", "length of the cycle or dosing interval"),
    ("dose", "amount given in the cycle"),
];

/// Units of the study that a condition is about; empty where the model does not say them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetUnits {
    /// Of time.
    pub time: String,
    /// Of the output that exposure is measured on.
    pub concentration: String,
    /// Of doses.
    pub amount: String,
}

/// A condition on the exposure of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Test);

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Compare(Comparison, Quantity, Quantity),
    Both(Box<Test>, Box<Test>),
    Either(Box<Test>, Box<Test>),
    Not(Box<Test>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Quantity {
    Number(f64),
    Of(Measure, CycleChoice),
    Calculated(Arithmetic, Box<Quantity>, Box<Quantity>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// What is measured of a cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Measure {
    Metric(Metric),
    /// Above the threshold with this index.
    TimeAbove(usize),
    Tau,
    Dose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CycleChoice {
    Number(u32),
    Last,
}

/// What is known of one subject.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Its cycles.
    pub cycles: &'a [IntervalResult],
    /// Time above each threshold, cycle by cycle.
    pub above: &'a [f64],
    /// Number of thresholds.
    pub n_thresholds: usize,
}

impl Condition {
    /// Reads a condition. Thresholds of `time_above` are added to `thresholds`, each once, in the unit of the concentration.
    ///
    /// # Errors
    /// What is wrong, where in the text.
    pub fn read(text: &str, units: &TargetUnits, thresholds: &mut Vec<f64>) -> Result<Self, Diagnostic> {
        read::condition(text, units, thresholds).map(Self)
    }

    /// Whether a subject meets it; `None` where a quantity is undefined, such as the AUC of a cycle that was not reached.
    #[must_use]
    pub fn is_met(&self, evidence: &Evidence<'_>) -> Option<bool> {
        self.0.is_met(evidence)
    }
}

impl Test {
    fn is_met(&self, evidence: &Evidence<'_>) -> Option<bool> {
        Some(match self {
            Self::Compare(comparison, left, right) => {
                let (left, right) = (left.value(evidence)?, right.value(evidence)?);
                match comparison {
                    Comparison::Less => left < right,
                    Comparison::LessEqual => left <= right,
                    Comparison::Greater => left > right,
                    Comparison::GreaterEqual => left >= right,
                }
            }
            Self::Both(a, b) => a.is_met(evidence)? & b.is_met(evidence)?,
            Self::Either(a, b) => a.is_met(evidence)? | b.is_met(evidence)?,
            Self::Not(a) => !a.is_met(evidence)?,
        })
    }
}

impl Quantity {
    fn value(&self, evidence: &Evidence<'_>) -> Option<f64> {
        let value = match self {
            Self::Number(value) => *value,
            Self::Of(measure, choice) => measure.value(*choice, evidence)?,
            Self::Calculated(arithmetic, left, right) => {
                let (left, right) = (left.value(evidence)?, right.value(evidence)?);
                match arithmetic {
                    Arithmetic::Add => left + right,
                    Arithmetic::Subtract => left - right,
                    Arithmetic::Multiply => left * right,
                    Arithmetic::Divide => left / right,
                }
            }
        };
        (!value.is_nan()).then_some(value)
    }
}

impl Measure {
    fn value(self, choice: CycleChoice, evidence: &Evidence<'_>) -> Option<f64> {
        let index = match choice {
            CycleChoice::Number(number) => number as usize - 1,
            CycleChoice::Last => evidence.cycles.len().checked_sub(1)?,
        };
        let cycle = evidence.cycles.get(index)?;
        match self {
            Self::Metric(metric) => cycle.metrics(&evidence.cycles[0])[metric as usize],
            Self::TimeAbove(threshold) => evidence.above.get(index * evidence.n_thresholds + threshold).copied(),
            Self::Tau => Some(cycle.end - cycle.start),
            Self::Dose => Some(cycle.dose),
        }
    }
}

/// How many of a group attain a target.
///
/// Every subject counts. One that could not be simulated, or for whom the condition is undefined, has not shown that it attains the
/// target: it counts as one that does not, so that neither can raise the share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attainment {
    /// Subjects.
    pub n: u64,
    /// Those that meet the condition.
    pub attained: u64,
    /// Those that could not be simulated.
    pub failed: u64,
    /// Those for whom it is undefined.
    pub undefined: u64,
}

impl Attainment {
    /// Counts a subject: `None` where it failed, otherwise what [`Condition::is_met`] says.
    pub fn count(&mut self, met: Option<Option<bool>>) {
        self.n += 1;
        match met {
            None => self.failed += 1,
            Some(None) => self.undefined += 1,
            Some(Some(met)) => self.attained += u64::from(met),
        }
    }

    /// Adds another group.
    pub fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.attained += other.attained;
        self.failed += other.failed;
        self.undefined += other.undefined;
    }

    /// Share of all subjects with its confidence interval (see [`wilson`]).
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        wilson(self.attained, self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::IntervalExposure;

    fn units() -> TargetUnits {
        TargetUnits { time: "h".to_owned(), concentration: "mg/L".to_owned(), amount: "mg".to_owned() }
    }

    fn cycles() -> Vec<IntervalResult> {
        let cycle = |start: f64, auc, cmax, ctrough| IntervalResult {
            start,
            end: start + 12.0,
            dose: 100.0,
            exposure: IntervalExposure { auc, cmax, tmax: start + 1.5, ctrough },
        };
        vec![cycle(0.0, 60.0, 9.0, 2.0), cycle(12.0, 90.0, 12.0, 4.0)]
    }

    fn met(text: &str) -> Option<bool> {
        let mut thresholds = Vec::new();
        let condition =
            Condition::read(text, &units(), &mut thresholds).unwrap_or_else(|e| panic!("{text}: {}", e.message));
        // Above whatever threshold for 3 h in the first cycle and 7.5 h in the second.
        let above: Vec<f64> = [3.0, 7.5].iter().flat_map(|&time| thresholds.iter().map(move |_| time)).collect();
        condition.is_met(&Evidence { cycles: &cycles(), above: &above, n_thresholds: thresholds.len() })
    }

    fn refused(text: &str) -> String {
        let fault = Condition::read(text, &units(), &mut Vec::new()).expect_err(text);
        fault.render(text, "target")
    }

    #[test]
    fn quantities_are_those_of_the_last_cycle_unless_one_is_named() {
        for (text, expected) in [
            ("auc > 80", true),
            ("auc(cycle = 1) > 80", false),
            ("auc(cycle = first) > 59 & auc(cycle=first) < 61", true),
            ("cmax <= 12", true),
            ("cmax < 12", false),
        ] {
            assert_eq!(met(text), Some(expected), "{text}");
        }
        assert_eq!(met("tmax < 1.6 && tmax > 1.4"), Some(true), "since the start of the cycle");
        assert_eq!(met("cavg >= 7.5 & ctrough > 30 | ctrough > 3"), Some(true), "`&` binds before `|`");
        assert_eq!(met("!(ctrough > 3)"), Some(false));
        assert_eq!(met("accumulation > 1.49 & accumulation < 1.51"), Some(true), "90 / 60");
        assert_eq!(met("accumulation(ctrough) > 1.9"), Some(true), "4 / 2");
        assert_eq!(met("time_above(5) / tau > 0.6"), Some(true), "7.5 of 12 h");
        assert_eq!(met("time_above(5, cycle = 1) / tau > 0.3"), Some(false), "3 of 12 h");
        assert_eq!(met("dose / auc > 1.1"), Some(true), "apparent clearance");
        assert_eq!(met("auc(cycle = 3) > 80"), None, "no third cycle");
    }

    #[test]
    fn numbers_with_units_are_converted_to_those_of_the_study() {
        for (text, expected) in [
            ("ctrough > 3900 ng/mL", true),
            ("ctrough > 4.1 ug/mL", false),
            ("auc > 3.8 mg/L*day", false),
            ("auc > 3.7 day*mg/L", true),
            ("auc < 5401 min*mg/L", true),
            ("time_above(2000 ug/L) > 449 min", true),
            ("time_above(2 mg/L) > 0.32 day", false),
            ("dose >= 0.1 g", true),
            ("auc / 0.5 mg/L > 179 h", true),
            ("cmax - ctrough > 7.9 mg/L", true),
        ] {
            assert_eq!(met(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn thresholds_are_collected_each_once_in_the_unit_of_the_study() {
        let mut thresholds = Vec::new();
        for text in ["time_above(2) > 3", "time_above(2000 ng/mL) < 9", "time_above(4 * 2) > time_above(1, cycle = 1)"]
        {
            Condition::read(text, &units(), &mut thresholds).unwrap();
        }
        assert_eq!(thresholds, [2.0, 8.0, 1.0]);
    }

    #[test]
    fn what_is_no_condition_is_refused_with_a_caret_and_the_way_out() {
        let all: String = [
            "auc",
            "auc > ",
            "aucc > 3",
            "auc(cycle = 0) > 3",
            "auc(4) > 80",
            "auc(cycle = 1.5) > 80",
            "auc(cykle = 4) > 80",
            "auc > 80 mg/L",
            "auc > cmax",
            "ctrough > 30 mg/l/h",
            "ctrough > 30 nmol/L",
            "ctrough > 30 parsec",
            "time_above > 3",
            "time_above(cmax) > 3",
            "time_above(2 h) > 3",
            "time_above(-1) > 3",
            "accumulation(tau) > 3",
            "cmax = 500",
            "cmax == 500",
            "cmax <- 500",
            "exp(cmax) > 500",
            "10 < cmax < 500",
            "cmax + (auc > 3) > 2",
            "3 > 2",
            "cmax > 3 ctrough > 2",
            "\"cmax\" > 3",
        ]
        .map(refused)
        .concat();
        insta::assert_snapshot!(all);
    }

    #[test]
    fn units_of_a_model_that_says_none_cannot_be_converted() {
        let fault = Condition::read("cmax > 3 mg/L", &TargetUnits::default(), &mut Vec::new()).unwrap_err();
        assert!(fault.message.contains("does not say"), "{}", fault.message);
        assert!(Condition::read("cmax > 3", &TargetUnits::default(), &mut Vec::new()).is_ok());
    }

    #[test]
    fn who_failed_or_is_undefined_counts_as_not_attaining() {
        let mut attainment = Attainment::default();
        for met in [Some(Some(true)), Some(Some(false)), Some(None), None] {
            attainment.count(met);
        }
        assert_eq!(attainment, Attainment { n: 4, attained: 1, failed: 1, undefined: 1 });
        assert_eq!(attainment.share().unwrap().share, 0.25);
    }
}

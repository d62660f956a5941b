//! The parameters of one curve, each with its value or the reason why it has none.

use super::area::{areas, interpolated};
use super::blq::{Cleaned, cleaned};
use super::terminal::{Terminal, terminal};
use super::{Dose, NcaError, Options, Sample};

/// A parameter of non-compartmental analysis, by PKNCA's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// Largest concentration.
    Cmax,
    /// Its first time.
    Tmax,
    /// Smallest concentration.
    Cmin,
    /// Last concentration above quantification.
    ClastObs,
    /// Its time.
    Tlast,
    /// Area up to the last concentration above quantification.
    Auclast,
    /// Area over all samples, zeros after the last measured one included as a straight line to the first of them.
    Aucall,
    /// λz: slope of the terminal phase.
    LambdaZ,
    /// ln 2 / λz.
    HalfLife,
    /// Adjusted R² of the terminal line.
    AdjRSquared,
    /// R² of the terminal line.
    RSquared,
    /// Points of the terminal line.
    LambdaZNPoints,
    /// Time of its first point.
    LambdaZTimeFirst,
    /// Time of its last point.
    LambdaZTimeLast,
    /// Half-lives that the line spans.
    SpanRatio,
    /// Concentration of the terminal line at tlast.
    ClastPred,
    /// Area to infinity, from the observed last concentration.
    AucinfObs,
    /// Area to infinity, from the predicted last concentration.
    AucinfPred,
    /// Percent of aucinf.obs beyond tlast.
    AucpextObs,
    /// Percent of aucinf.pred beyond tlast.
    AucpextPred,
    /// Area under the first moment up to tlast.
    Aumclast,
    /// Area under the first moment to infinity.
    AumcinfObs,
    /// Mean residence time, the time of input included.
    MrtObs,
    /// Mean residence time in the body: less half the infusion's duration; intravascular only.
    MrtIvObs,
    /// Clearance (over bioavailability where not intravascular).
    ClObs,
    /// Volume of the terminal phase.
    VzObs,
    /// Volume at steady state by mrt.obs, which is that of a bolus; intravascular only.
    VssObs,
    /// Volume at steady state by mrt.iv.obs; intravascular only.
    VssIvObs,
    /// Area over the dosing interval.
    AucTau,
    /// Mean concentration over the dosing interval.
    Cav,
    /// Concentration at the end of the dosing interval, where it was sampled.
    Ctrough,
    /// Clearance at steady state: dose over the area of the interval.
    ClTau,
    /// 100 (cmax - cmin) / cav over the dosing interval.
    DegFluc,
    /// 100 (cmax - cmin) / cmin over the dosing interval.
    Swing,
    /// cmax / ctrough.
    Ptr,
}

impl Parameter {
    /// All, in the order of tables.
    pub const ALL: [Self; 35] = [
        Self::Cmax,
        Self::Tmax,
        Self::Cmin,
        Self::ClastObs,
        Self::Tlast,
        Self::Auclast,
        Self::Aucall,
        Self::LambdaZ,
        Self::HalfLife,
        Self::AdjRSquared,
        Self::RSquared,
        Self::LambdaZNPoints,
        Self::LambdaZTimeFirst,
        Self::LambdaZTimeLast,
        Self::SpanRatio,
        Self::ClastPred,
        Self::AucinfObs,
        Self::AucinfPred,
        Self::AucpextObs,
        Self::AucpextPred,
        Self::Aumclast,
        Self::AumcinfObs,
        Self::MrtObs,
        Self::MrtIvObs,
        Self::ClObs,
        Self::VzObs,
        Self::VssObs,
        Self::VssIvObs,
        Self::AucTau,
        Self::Cav,
        Self::Ctrough,
        Self::ClTau,
        Self::DegFluc,
        Self::Swing,
        Self::Ptr,
    ];

    /// PKNCA's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cmax => "cmax",
            Self::Tmax => "tmax",
            Self::Cmin => "cmin",
            Self::ClastObs => "clast.obs",
            Self::Tlast => "tlast",
            Self::Auclast => "auclast",
            Self::Aucall => "aucall",
            Self::LambdaZ => "lambda.z",
            Self::HalfLife => "half.life",
            Self::AdjRSquared => "adj.r.squared",
            Self::RSquared => "r.squared",
            Self::LambdaZNPoints => "lambda.z.n.points",
            Self::LambdaZTimeFirst => "lambda.z.time.first",
            Self::LambdaZTimeLast => "lambda.z.time.last",
            Self::SpanRatio => "span.ratio",
            Self::ClastPred => "clast.pred",
            Self::AucinfObs => "aucinf.obs",
            Self::AucinfPred => "aucinf.pred",
            Self::AucpextObs => "aucpext.obs",
            Self::AucpextPred => "aucpext.pred",
            Self::Aumclast => "aumclast",
            Self::AumcinfObs => "aumcinf.obs",
            Self::MrtObs => "mrt.obs",
            Self::MrtIvObs => "mrt.iv.obs",
            Self::ClObs => "cl.obs",
            Self::VzObs => "vz.obs",
            Self::VssObs => "vss.obs",
            Self::VssIvObs => "vss.iv.obs",
            Self::AucTau => "auc.tau",
            Self::Cav => "cav",
            Self::Ctrough => "ctrough",
            Self::ClTau => "cl.tau",
            Self::DegFluc => "deg.fluc",
            Self::Swing => "swing",
            Self::Ptr => "ptr",
        }
    }
}

/// Why a parameter has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Undefined {
    /// No samples.
    #[error("no samples")]
    NoSamples,
    /// One sample has no area under it.
    #[error("one sample only")]
    OneSample,
    /// Every sample is below quantification.
    #[error("no concentration above quantification")]
    NothingMeasured,
    /// Too few points for a slope.
    #[error("{found} measured points after tmax and the end of the dose; {needed} needed")]
    FewTerminalPoints {
        /// Points there are.
        found: usize,
        /// Points needed.
        needed: usize,
    },
    /// The straightest line through the last points does not fall.
    #[error("the last points do not fall")]
    NoTerminalDecline,
    /// No dose given.
    #[error("no dose given")]
    NoDose,
    /// Vss of an oral dose cannot be known.
    #[error("dose not intravascular")]
    NotIntravascular,
    /// No dosing interval given.
    #[error("no dosing interval (tau) given")]
    NoTau,
    /// Samples do not reach the end of the interval.
    #[error("samples end before tau")]
    TauNotReached,
    /// Samples do not begin at the dose.
    #[error("no sample at the start of the interval")]
    NoSampleAtStart,
    /// Nothing was sampled at the end of the interval.
    #[error("no sample at tau")]
    NoSampleAtTau,
    /// Division by 0.
    #[error("divides by zero")]
    DividesByZero,
}

/// A parameter's value, or why there is none.
pub type Value = Result<f64, Undefined>;

/// All parameters of one curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    values: Vec<Value>,
}

impl Analysis {
    /// One parameter.
    ///
    /// # Errors
    /// Why it is undefined.
    pub fn get(&self, parameter: Parameter) -> Value {
        self.values[parameter as usize]
    }
}

/// Analyses one curve; times count from the dose, and units are those of the data. Doses are those given at the start, none
/// where they are not known; several (a bolus and an infusion) count together.
///
/// # Errors
/// Where times and concentrations are not such.
///
/// # Examples
/// ```
/// use teorell::exposure::nca::{Dose, Options, Parameter, Sample, analyse};
/// let times = [0.0, 1.0, 2.0, 4.0, 8.0];
/// let samples = times.map(|t: f64| Sample::Value(10.0 * (-0.2 * t).exp()));
/// let dose = Dose { amount: 100.0, duration: 0.0, intravascular: true };
/// let found = analyse(&times, &samples, &[dose], &Options::default())?;
/// assert!((found.get(Parameter::ClObs).unwrap() - 2.0).abs() < 1e-12);
/// # Ok::<(), teorell::exposure::nca::NcaError>(())
/// ```
pub fn analyse(times: &[f64], samples: &[Sample], doses: &[Dose], options: &Options) -> Result<Analysis, NcaError> {
    let cleaned = cleaned(times, samples, options.blq)?;
    let curve = Curve::new(&cleaned, doses, options);
    Ok(Analysis { values: Parameter::ALL.iter().map(|&parameter| curve.parameter(parameter)).collect() })
}

/// A cleaned curve with what most parameters need.
struct Curve<'a> {
    times: &'a [f64],
    values: &'a [f64],
    dose: Result<Given, Undefined>,
    peak: Result<usize, Undefined>,
    last: Result<usize, Undefined>,
    terminal: Result<Terminal, Undefined>,
    /// AUC and AUMC from the dose up to tlast; 0 where nothing was measured.
    to_last: Result<(f64, f64), Undefined>,
    interval: Result<Interval, Undefined>,
}

/// Doses at the same time, together.
#[derive(Clone, Copy)]
struct Given {
    amount: f64,
    /// Mean time at which the amount enters: half an infusion's duration.
    input_time: f64,
    intravascular: bool,
}

impl Given {
    fn new(doses: &[Dose]) -> Result<Self, Undefined> {
        let amount: f64 = doses.iter().map(|dose| dose.amount).sum();
        if amount.is_nan() || amount <= 0.0 {
            return Err(Undefined::NoDose);
        }
        Ok(Self {
            amount,
            input_time: doses.iter().map(|dose| dose.amount * dose.duration / 2.0).sum::<f64>() / amount,
            intravascular: doses.iter().all(|dose| dose.intravascular),
        })
    }
}

/// What is measured over one dosing interval.
#[derive(Clone, Copy)]
struct Interval {
    tau: f64,
    auc: f64,
    cmax: f64,
    cmin: f64,
    /// As sampled; the area may end at an interpolated value.
    ctrough: Result<f64, Undefined>,
}

impl<'a> Curve<'a> {
    fn new(cleaned: &'a Cleaned, doses: &[Dose], options: &Options) -> Self {
        let Cleaned { times, values, measured } = cleaned;
        let empty = if values.is_empty() { Err(Undefined::NoSamples) } else { Ok(()) };
        let peak = empty.map(|()| {
            // The first of equal maxima.
            (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
        });
        let last =
            empty.and_then(|()| measured.iter().rposition(|&measured| measured).ok_or(Undefined::NothingMeasured));
        let tmax = peak.map_or(0.0, |index| times[index]);
        // As PKNCA does: what is measured while the dose still enters says nothing of how it leaves.
        let decline = doses.iter().map(|dose| dose.duration).fold(tmax, f64::max);
        Self {
            times,
            values,
            dose: Given::new(doses),
            peak,
            last,
            terminal: last.and_then(|_| terminal(cleaned, decline, options.min_points)),
            to_last: match last {
                _ if values.len() == 1 => Err(Undefined::OneSample),
                Err(Undefined::NothingMeasured) => Ok((0.0, 0.0)),
                Ok(_) if times[0] > 0.0 => Err(Undefined::NoSampleAtStart),
                last => last.map(|last| areas(options.method, &times[..=last], &values[..=last], tmax)),
            },
            interval: empty.and_then(|()| interval(times, values, options, tmax)),
        }
    }

    fn parameter(&self, parameter: Parameter) -> Value {
        let dose = self.dose;
        let terminal = self.terminal;
        let clast = self.last.map(|last| self.values[last]);
        let beyond = |concentration: f64| terminal.map(|found| concentration / found.slope.lambda_z);
        let auc_infinite_observed = || Ok(self.to_last?.0 + beyond(clast?)?);
        let auc_infinite_predicted = || Ok(self.to_last?.0 + beyond(terminal?.clast_predicted)?);
        let aumc_infinite = || {
            let (lambda_z, clast, tlast) = (terminal?.slope.lambda_z, clast?, self.times[self.last?]);
            Ok(self.to_last?.1 + clast * tlast / lambda_z + clast / (lambda_z * lambda_z))
        };
        let clearance = || quotient(dose?.amount, auc_infinite_observed()?);
        let residence = || quotient(aumc_infinite()?, auc_infinite_observed()?);
        let intravascular =
            || dose.and_then(|dose| if dose.intravascular { Ok(dose) } else { Err(Undefined::NotIntravascular) });
        let residence_in_body = || Ok(residence()? - intravascular()?.input_time);
        match parameter {
            Parameter::Cmax => Ok(self.values[self.peak?]),
            Parameter::Tmax => {
                // A curve of zeros has no time of maximum.
                self.last?;
                Ok(self.times[self.peak?])
            }
            Parameter::Cmin => {
                self.peak?;
                Ok(self.values.iter().copied().fold(f64::INFINITY, f64::min))
            }
            Parameter::ClastObs => match clast {
                // PKNCA's: the last of nothing but zeros is 0.
                Err(Undefined::NothingMeasured) => Ok(0.0),
                clast => clast,
            },
            Parameter::Tlast => Ok(self.times[self.last?]),
            Parameter::Auclast => Ok(self.to_last?.0),
            Parameter::Aucall => {
                let Ok(last) = self.last else { return Ok(self.to_last?.0) };
                // A triangle to the first sample after the last measured one.
                let tail = match (self.times.get(last + 1), self.values.get(last + 1)) {
                    (Some(time), Some(value)) => (time - self.times[last]) * (self.values[last] + value) / 2.0,
                    _ => 0.0,
                };
                Ok(self.to_last?.0 + tail)
            }
            Parameter::LambdaZ => Ok(terminal?.slope.lambda_z),
            Parameter::HalfLife => Ok(terminal?.slope.half_life),
            Parameter::AdjRSquared => Ok(terminal?.adjusted_r_squared),
            Parameter::RSquared => Ok(terminal?.slope.r_squared),
            Parameter::LambdaZNPoints => Ok(terminal?.slope.n as f64),
            Parameter::LambdaZTimeFirst => Ok(terminal?.first),
            Parameter::LambdaZTimeLast => Ok(terminal?.last),
            Parameter::SpanRatio => {
                let found = terminal?;
                Ok((found.last - found.first) / found.slope.half_life)
            }
            Parameter::ClastPred => Ok(terminal?.clast_predicted),
            Parameter::AucinfObs => auc_infinite_observed(),
            Parameter::AucinfPred => auc_infinite_predicted(),
            Parameter::AucpextObs => Ok(100.0 * (1.0 - quotient(self.to_last?.0, auc_infinite_observed()?)?)),
            Parameter::AucpextPred => Ok(100.0 * (1.0 - quotient(self.to_last?.0, auc_infinite_predicted()?)?)),
            Parameter::Aumclast => Ok(self.to_last?.1),
            Parameter::AumcinfObs => aumc_infinite(),
            Parameter::MrtObs => residence(),
            Parameter::MrtIvObs => residence_in_body(),
            Parameter::ClObs => clearance(),
            Parameter::VzObs => quotient(clearance()?, terminal?.slope.lambda_z),
            Parameter::VssObs => intravascular().and_then(|_| Ok(clearance()? * residence()?)),
            Parameter::VssIvObs => Ok(clearance()? * residence_in_body()?),
            Parameter::AucTau => Ok(self.interval?.auc),
            Parameter::Cav => self.interval.map(|interval| interval.auc / interval.tau),
            Parameter::Ctrough => self.interval?.ctrough,
            Parameter::ClTau => quotient(dose?.amount, self.interval?.auc),
            Parameter::DegFluc => {
                let interval = self.interval?;
                quotient(100.0 * (interval.cmax - interval.cmin) * interval.tau, interval.auc)
            }
            Parameter::Swing => {
                let interval = self.interval?;
                quotient(100.0 * (interval.cmax - interval.cmin), interval.cmin)
            }
            Parameter::Ptr => quotient(self.interval?.cmax, self.interval?.ctrough?),
        }
    }
}

fn quotient(above: f64, below: f64) -> Value {
    if below == 0.0 { Err(Undefined::DividesByZero) } else { Ok(above / below) }
}

fn interval(times: &[f64], values: &[f64], options: &Options, tmax: f64) -> Result<Interval, Undefined> {
    let tau = options.tau.ok_or(Undefined::NoTau)?;
    if times[0] > 0.0 {
        return Err(Undefined::NoSampleAtStart);
    }
    let at_end = interpolated(options.method, times, values, tmax, tau).ok_or(Undefined::TauNotReached)?;
    // Extremes and trough are of samples, as PKNCA's are; the area ends where the interval does.
    let sampled = &values[..times.partition_point(|&time| time <= tau)];
    let inside = times.partition_point(|&time| time < tau);
    let (mut times, mut values) = (times[..inside].to_vec(), values[..inside].to_vec());
    times.push(tau);
    values.push(at_end);
    Ok(Interval {
        tau,
        auc: areas(options.method, &times, &values, tmax).0,
        cmax: sampled.iter().copied().fold(0.0, f64::max),
        cmin: sampled.iter().copied().fold(f64::INFINITY, f64::min),
        ctrough: if sampled.len() > inside { Ok(at_end) } else { Err(Undefined::NoSampleAtTau) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::nca::{BlqRule, BlqRules, Method};

    fn curve(times: &[f64], f: impl Fn(f64) -> f64) -> Vec<Sample> {
        times.iter().map(|&t| Sample::Value(f(t))).collect()
    }

    fn hourly(n: u32) -> Vec<f64> {
        (0..=n).map(f64::from).collect()
    }

    #[test]
    fn parameters_are_listed_in_the_order_of_their_numbers() {
        for (index, parameter) in Parameter::ALL.iter().enumerate() {
            assert_eq!(*parameter as usize, index, "{}", parameter.name());
        }
    }

    #[test]
    fn an_intravenous_bolus_gives_back_its_clearance_volumes_and_residence() {
        // One compartment: CL 2, V 10. MRT = 5, Vz = Vss = 10. The log rule and the tail are exact: rounding only.
        let times = hourly(24);
        let dose = Dose { amount: 100.0, duration: 0.0, intravascular: true };
        let found = analyse(&times, &curve(&times, |t| 10.0 * (-0.2 * t).exp()), &[dose], &Options::default()).unwrap();
        let expected = [
            (Parameter::AucinfObs, 50.0),
            (Parameter::AucinfPred, 50.0),
            (Parameter::ClObs, 2.0),
            (Parameter::VzObs, 10.0),
            (Parameter::VssObs, 10.0),
            (Parameter::MrtObs, 5.0),
            (Parameter::MrtIvObs, 5.0),
            (Parameter::VssIvObs, 10.0),
            (Parameter::AumcinfObs, 250.0),
            (Parameter::HalfLife, std::f64::consts::LN_2 / 0.2),
            (Parameter::AucpextObs, 100.0 * (-4.8f64).exp()),
        ];
        for (parameter, value) in expected {
            let got = found.get(parameter).unwrap();
            assert!((got / value - 1.0).abs() < 1e-9, "{}: {got} not {value}", parameter.name());
        }
    }

    #[test]
    fn an_infusion_stays_half_its_duration_less() {
        // One compartment CL 2, V 10, 100 mg over 2 h: the body is left after V/CL, and the infusion takes 1 h. Straight lines between
        // samples 0.05 h apart miss t c(t) of the rise by dt² (t c)''/12 per hour, in all 5e-3 of 250: 1e-4 of MRT, tripled.
        let times: Vec<f64> = (0..=1200).map(|step| f64::from(step) / 20.0).collect();
        let (k, rate) = (0.2, 50.0);
        let conc = |t: f64| {
            let end = t.min(2.0);
            rate / 2.0 * (1.0 - (-k * end).exp()) * (-k * (t - end)).exp()
        };
        let dose = Dose { amount: 100.0, duration: 2.0, intravascular: true };
        let found = analyse(&times, &curve(&times, conc), &[dose], &Options::default()).unwrap();
        assert!((found.get(Parameter::MrtObs).unwrap() - 6.0).abs() < 3e-4);
        assert!((found.get(Parameter::MrtIvObs).unwrap() - 5.0).abs() < 3e-4);
        assert!((found.get(Parameter::VssObs).unwrap() - 12.0).abs() < 6e-4);
        assert!((found.get(Parameter::VssIvObs).unwrap() - 10.0).abs() < 6e-4);
        let oral = Dose { intravascular: false, duration: 0.0, ..dose };
        let found = analyse(&times, &curve(&times, conc), &[oral], &Options::default()).unwrap();
        for parameter in [Parameter::VssObs, Parameter::VssIvObs, Parameter::MrtIvObs] {
            assert_eq!(found.get(parameter), Err(Undefined::NotIntravascular));
        }
        assert!((found.get(Parameter::MrtObs).unwrap() - 6.0).abs() < 3e-4, "half the infusion is absorption");
    }

    #[test]
    fn a_bolus_and_an_infusion_at_once_count_together() {
        // The last test's infusion, and 50 mg at once: clearance 2 of 150 mg, and the mean time of input is 2/3 of 1 h.
        let times: Vec<f64> = (0..=1200).map(|step| f64::from(step) / 20.0).collect();
        let conc = |t: f64| {
            let end = t.min(2.0);
            5.0 * (-0.2 * t).exp() + 25.0 * (1.0 - (-0.2 * end).exp()) * (-0.2 * (t - end)).exp()
        };
        let bolus = Dose { amount: 50.0, duration: 0.0, intravascular: true };
        let infusion = Dose { amount: 100.0, duration: 2.0, ..bolus };
        let found = analyse(&times, &curve(&times, conc), &[bolus, infusion], &Options::default()).unwrap();
        assert!((found.get(Parameter::ClObs).unwrap() - 2.0).abs() < 3e-4);
        assert!((found.get(Parameter::MrtIvObs).unwrap() - 5.0).abs() < 3e-4);
        assert!((found.get(Parameter::MrtObs).unwrap() - (5.0 + 2.0 / 3.0)).abs() < 3e-4);
    }

    #[test]
    fn what_is_measured_during_an_infusion_is_no_terminal_phase() {
        // The maximum is at 0.5 h of 2 h: the slope begins after 2 h, as PKNCA's does (0.12.1, `pk.calc.half.life`: later than the
        // end of the dose). Halved every hour from there.
        let times = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0];
        let values = [0.0, 9.0, 8.9, 8.8, 8.0, 4.0, 2.0, 1.0];
        let samples = values.map(Sample::Value);
        let dose = Dose { amount: 100.0, duration: 2.0, intravascular: true };
        let found = analyse(&times, &samples, &[dose], &Options::default()).unwrap();
        assert_eq!(found.get(Parameter::LambdaZTimeFirst), Ok(3.0));
        let longer = Dose { duration: 3.0, ..dose };
        let found = analyse(&times, &samples, &[longer], &Options::default()).unwrap();
        assert_eq!(found.get(Parameter::HalfLife), Err(Undefined::FewTerminalPoints { found: 2, needed: 3 }));
    }

    #[test]
    fn a_number_in_place_of_a_value_below_quantification_is_no_measured_value() {
        let times = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let samples = [
            Sample::Value(16.0),
            Sample::Value(8.0),
            Sample::Value(4.0),
            Sample::Blq,
            Sample::Value(1.0),
            Sample::Value(0.5),
            Sample::Blq,
        ];
        let half = BlqRule::Value(0.2);
        let blq = BlqRules { first: half, middle: half, last: half };
        let found = analyse(&times, &samples, &[], &Options { blq, ..Options::default() }).unwrap();
        assert_eq!((found.get(Parameter::ClastObs), found.get(Parameter::Tlast)), (Ok(0.5), Ok(5.0)));
        // 8, 4, 1 and 0.5 lie on one line.
        assert_eq!(found.get(Parameter::LambdaZNPoints), Ok(4.0));
        assert!((found.get(Parameter::HalfLife).unwrap() - 1.0).abs() < 1e-12);
        let beyond = found.get(Parameter::Aucall).unwrap() - found.get(Parameter::Auclast).unwrap();
        assert!((beyond - 0.35).abs() < 1e-12, "{beyond}");
    }

    #[test]
    fn one_sample_has_no_area() {
        for sample in [Sample::Value(5.0), Sample::Blq] {
            let found = analyse(&[0.0], &[sample], &[], &Options::default()).unwrap();
            for parameter in [Parameter::Auclast, Parameter::Aucall, Parameter::Aumclast] {
                assert_eq!(found.get(parameter), Err(Undefined::OneSample), "{}", parameter.name());
            }
        }
    }

    #[test]
    fn a_dosing_interval_has_its_own_parameters() {
        // Steady state of a one-hourly-sampled curve: 8 exp(-0.1 t) over tau = 12, whose end is given, and further samples ignored.
        let times = hourly(20);
        let options = Options { tau: Some(12.0), ..Options::default() };
        let dose = Dose { amount: 40.0, duration: 0.0, intravascular: true };
        let found = analyse(&times, &curve(&times, |t| 8.0 * (-0.1 * t).exp()), &[dose], &options).unwrap();
        let trough = 8.0 * (-1.2f64).exp();
        let auc = (8.0 - trough) / 0.1;
        let close = |parameter: Parameter, value: f64| {
            let got = found.get(parameter).unwrap();
            assert!((got / value - 1.0).abs() < 1e-12, "{}: {got} not {value}", parameter.name());
        };
        close(Parameter::AucTau, auc);
        close(Parameter::Cav, auc / 12.0);
        close(Parameter::Ctrough, trough);
        close(Parameter::ClTau, 40.0 / auc);
        close(Parameter::DegFluc, 100.0 * (8.0 - trough) / (auc / 12.0));
        close(Parameter::Swing, 100.0 * (8.0 - trough) / trough);
        close(Parameter::Ptr, 8.0 / trough);
        let short = Options { tau: Some(24.0), ..options };
        let found = analyse(&times, &curve(&times, |t| 8.0 - t / 10.0), &[], &short).unwrap();
        assert_eq!(found.get(Parameter::AucTau), Err(Undefined::TauNotReached));
    }

    #[test]
    fn where_the_end_of_the_interval_was_not_sampled_its_area_is_interpolated_and_its_trough_is_not() {
        // 8 exp(-0.1 t) over tau = 12, sampled at 11 and 13: the logarithmic rule is exact, to rounding.
        let times: Vec<f64> = hourly(20).into_iter().filter(|&time| time != 12.0).collect();
        let options = Options { tau: Some(12.0), ..Options::default() };
        let found = analyse(&times, &curve(&times, |t| 8.0 * (-0.1 * t).exp()), &[], &options).unwrap();
        let auc = 80.0 * (1.0 - (-1.2f64).exp());
        assert!((found.get(Parameter::AucTau).unwrap() / auc - 1.0).abs() < 1e-12);
        assert_eq!(found.get(Parameter::Ctrough), Err(Undefined::NoSampleAtTau));
        assert_eq!(found.get(Parameter::Ptr), Err(Undefined::NoSampleAtTau));
        let lowest = 8.0 * (-1.1f64).exp();
        assert!((found.get(Parameter::Swing).unwrap() / (100.0 * (8.0 - lowest) / lowest) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_a_sample_at_the_dose_no_area_is_known() {
        let times = [1.0, 2.0, 3.0, 4.0];
        let found = analyse(&times, &curve(&times, |t| 8.0 * (-0.1 * t).exp()), &[], &Options::default()).unwrap();
        for parameter in [Parameter::Auclast, Parameter::Aucall, Parameter::AucinfObs, Parameter::Aumclast] {
            assert_eq!(found.get(parameter), Err(Undefined::NoSampleAtStart), "{}", parameter.name());
        }
        assert!(found.get(Parameter::HalfLife).is_ok());
    }

    #[test]
    fn a_curve_below_quantification_says_why_nothing_is_known() {
        let found = analyse(&[0.0, 1.0], &[Sample::Blq, Sample::Blq], &[], &Options::default()).unwrap();
        assert_eq!(found.get(Parameter::Cmax), Ok(0.0));
        assert_eq!(found.get(Parameter::Tmax), Err(Undefined::NothingMeasured));
        assert_eq!(found.get(Parameter::HalfLife), Err(Undefined::NothingMeasured));
        // PKNCA's: nothing but zeros has an area of 0, and no end to extrapolate from.
        for parameter in [Parameter::Auclast, Parameter::Aucall, Parameter::ClastObs] {
            assert_eq!(found.get(parameter), Ok(0.0), "{}", parameter.name());
        }
        assert_eq!(found.get(Parameter::AucinfObs), Err(Undefined::NothingMeasured));
        let found = analyse(&[], &[], &[], &Options::default()).unwrap();
        assert_eq!(found.get(Parameter::Cmax), Err(Undefined::NoSamples));
    }

    #[test]
    fn the_area_of_all_adds_the_triangle_after_the_last_measured_sample() {
        let times = [0.0, 1.0, 2.0, 4.0];
        let samples = [Sample::Blq, Sample::Value(4.0), Sample::Value(2.0), Sample::Blq];
        let options = Options { method: Method::Linear, ..Options::default() };
        let found = analyse(&times, &samples, &[], &options).unwrap();
        assert_eq!(found.get(Parameter::Auclast), Ok(5.0));
        assert_eq!(found.get(Parameter::Aucall), Ok(7.0));
    }
}

//! Values below the limit of quantification.

use super::{NcaError, Sample};

/// What becomes of a value below quantification.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BlqRule {
    /// It counts as 0.
    Zero,
    /// It is left out.
    Drop,
    /// It counts as this number, for instance half the limit.
    Value(f64),
}

/// Rules by position: before the first measured value, between measured ones, after the last (PKNCA's default is
/// 0, left out, 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlqRules {
    /// Before the first measured value.
    pub first: BlqRule,
    /// Between measured values.
    pub middle: BlqRule,
    /// After the last measured value.
    pub last: BlqRule,
}

impl Default for BlqRules {
    fn default() -> Self {
        Self { first: BlqRule::Zero, middle: BlqRule::Drop, last: BlqRule::Zero }
    }
}

/// Samples that count.
#[derive(Debug, PartialEq)]
pub(super) struct Cleaned {
    pub times: Vec<f64>,
    pub values: Vec<f64>,
    /// Whether the value was measured, rather than put in place of one below quantification.
    pub measured: Vec<bool>,
}

/// Times and concentrations that count; missing samples are left out. A measured 0 is below quantification as well.
pub(super) fn cleaned(times: &[f64], samples: &[Sample], rules: BlqRules) -> Result<Cleaned, NcaError> {
    if times.len() != samples.len() {
        return Err(NcaError::LengthsDiffer { times: times.len(), values: samples.len() });
    }
    for (index, &time) in times.iter().enumerate() {
        if !time.is_finite() || (index > 0 && time <= times[index - 1]) {
            return Err(NcaError::TimeOutOfOrder { number: index + 1, time });
        }
    }
    for (index, sample) in samples.iter().enumerate() {
        if let Sample::Value(value) = *sample
            && !(value >= 0.0 && value.is_finite())
        {
            return Err(NcaError::NotAConcentration { number: index + 1, value });
        }
    }
    let measured = |sample: &Sample| matches!(sample, Sample::Value(value) if *value > 0.0);
    let first = samples.iter().position(measured).unwrap_or(samples.len());
    let last = samples.iter().rposition(measured).unwrap_or(0);
    let mut kept = Cleaned { times: Vec::new(), values: Vec::new(), measured: Vec::new() };
    for (index, (&time, sample)) in times.iter().zip(samples).enumerate() {
        let rule = if index < first {
            rules.first
        } else if index > last {
            rules.last
        } else {
            rules.middle
        };
        let value = match (*sample, rule) {
            (Sample::Missing, _) => continue,
            (Sample::Value(value), _) if value > 0.0 => value,
            (_, BlqRule::Drop) => continue,
            (_, BlqRule::Zero) => 0.0,
            (_, BlqRule::Value(value)) => value,
        };
        kept.times.push(time);
        kept.values.push(value);
        kept.measured.push(measured(sample));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::Sample::{Blq, Missing, Value};
    use super::*;

    #[test]
    fn values_below_quantification_count_by_their_position() {
        let times = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let samples = [Blq, Value(5.0), Blq, Missing, Value(2.0), Value(0.0), Blq];
        let kept = cleaned(&times, &samples, BlqRules::default()).unwrap();
        assert_eq!((kept.times, kept.values), (vec![0.0, 1.0, 4.0, 5.0, 6.0], vec![0.0, 5.0, 2.0, 0.0, 0.0]));
        let rules = BlqRules { first: BlqRule::Drop, middle: BlqRule::Value(0.5), last: BlqRule::Drop };
        let kept = cleaned(&times, &samples, rules).unwrap();
        assert_eq!((kept.times, kept.values), (vec![1.0, 2.0, 4.0], vec![5.0, 0.5, 2.0]));
        assert_eq!(kept.measured, [true, false, true]);
    }

    #[test]
    fn impossible_samples_are_named_by_number() {
        let error =
            |times: &[f64], samples: &[Sample]| cleaned(times, samples, BlqRules::default()).unwrap_err().to_string();
        assert_eq!(error(&[0.0], &[]), "1 times and 0 concentrations were given; each time needs one concentration");
        assert_eq!(error(&[0.0, 0.0], &[Blq, Blq]), "sample 2 is at time `0`; times have to be finite and increasing");
        assert_eq!(
            error(&[0.0], &[Value(-1.0)]),
            "sample 1 has concentration `-1`; a finite number of 0 or more is needed"
        );
    }
}

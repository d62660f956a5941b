//! Residual error: from a prediction to what would have been observed.

use rand::{Rng, RngExt};
use rand_distr::{Binomial, Distribution, Poisson, StandardNormal, StudentT};

use super::noise::{self, Moments};
use crate::cohort::streams::ResidualStreams;
use crate::model::CompiledEndpoint;
use crate::model::ir::{ErrorModel, Transform};
use crate::profile::Profile;
use crate::stats::elementary::exponentials;

/// One simulated observation of an endpoint, from the outputs of the model at that time.
///
/// # Formula
/// Continuous endpoints: `y = h⁻¹(h(f) + sd · N)` with f the prediction, h the scale of the error model and
/// `sd = sqrt(a² + b² f^2c)` (`combined2`) or `a + b f^c` (`combined1`). `lnorm(s)` is `y = f exp(s N)`.
/// Counts and categories are drawn from their distribution; categories count from 1.
///
/// NaN where the prediction or an argument is undefined (a probability outside 0..1, a negative mean).
pub fn observe(endpoint: &CompiledEndpoint, outputs: &[f64], rng: &mut impl Rng) -> f64 {
    let mut arguments = endpoint.parameters.iter().map(|&index| outputs[index]);
    let mut next = || arguments.next().unwrap_or(f64::NAN);
    let prediction = outputs[endpoint.prediction];
    match &endpoint.error {
        ErrorModel::None => prediction,
        ErrorModel::Poisson(_) => Poisson::new(next()).map_or(f64::NAN, |counts| counts.sample(rng)),
        ErrorModel::Binomial(..) => {
            let (trials, probability) = (next(), next());
            if !(0.0..=1e15).contains(&trials) {
                return f64::NAN;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just above")]
            let counts = Binomial::new(trials.round() as u64, probability);
            #[expect(clippy::cast_precision_loss, reason = "a count below 2^53 by the same check")]
            counts.map_or(f64::NAN, |counts| counts.sample(rng) as f64)
        }
        ErrorModel::Ordinal(probabilities) => {
            let probabilities: Vec<f64> = probabilities.iter().map(|_| next()).collect();
            category(&probabilities, rng.random())
        }
        ErrorModel::Continuous { .. } => {
            let error = ContinuousError::of(endpoint);
            let noise = error.noise(outputs, rng);
            error.add(outputs, noise)
        }
    }
}

/// What is observed of one subject.
pub struct Samples<'a> {
    /// Those of the model.
    pub endpoints: &'a [CompiledEndpoint],
    /// Index of the endpoint that each sample observes; empty where all observe the first.
    pub observed: &'a [u16],
    /// Time of each sample.
    pub times: &'a [f64],
    /// Which one each sample is among those of its endpoint and time; empty where they are numbered in their order.
    pub ordinals: &'a [u16],
    /// The outputs at the samples.
    pub profile: &'a Profile,
}

impl<'a> Samples<'a> {
    fn moments(&self) -> Moments<'a> {
        Moments { times: self.times, ordinals: self.ordinals }
    }
}

/// As [`observe`], one observation per sample, each with a generator of its own.
pub fn observe_all(samples: &Samples<'_>, streams: ResidualStreams) -> Vec<f64> {
    let first = samples.observed.first().copied().unwrap_or(0);
    if samples.observed.iter().all(|&index| index == first)
        && let Some(endpoint) = samples.endpoints.get(usize::from(first))
        && let ErrorModel::Continuous { .. } = endpoint.error
    {
        return observe_continuous(endpoint, first, samples, streams);
    }
    let moments = samples.moments();
    let sample = |(row, &time): (usize, &f64)| {
        let index = samples.observed.get(row).copied().unwrap_or(0);
        let mut rng = streams.at(time, index, moments.ordinal(row));
        let endpoint = samples.endpoints.get(usize::from(index));
        endpoint.map_or(f64::NAN, |endpoint| observe(endpoint, samples.profile.row(row), &mut rng))
    };
    samples.times.iter().enumerate().map(sample).collect()
}

/// All samples of one continuous endpoint: a study has hundreds per subject, and each step of the work is faster for all of them in turn.
fn observe_continuous(
    endpoint: &CompiledEndpoint,
    index: u16,
    samples: &Samples<'_>,
    streams: ResidualStreams,
) -> Vec<f64> {
    let error = ContinuousError::of(endpoint);
    let rows = || samples.profile.values.chunks_exact(samples.profile.n_outputs);
    let moments = samples.moments();
    let mut values = match error.degrees_of_freedom {
        None => noise::normal(streams, index, moments),
        Some(_) => {
            let rng = |row: usize| streams.at(moments.times[row], index, moments.ordinal(row));
            rows().take(samples.times.len()).enumerate().map(|(i, row)| error.noise(row, &mut rng(i))).collect()
        }
    };
    if *error.transform == Transform::Log {
        match (error.additive, error.proportional) {
            (Some(additive), None) if !error.combined1 => {
                values.iter_mut().zip(rows()).for_each(|(value, row)| *value *= row[additive].abs());
            }
            _ => values.iter_mut().zip(rows()).for_each(|(value, row)| *value = error.shift(row, *value)),
        }
        exponentials(&mut values);
        values.iter_mut().zip(rows()).for_each(|(value, row)| *value *= row[endpoint.prediction]);
    } else {
        values.iter_mut().zip(rows()).for_each(|(value, row)| *value = error.add(row, *value));
    }
    values
}

/// A continuous error model, and where its arguments stand among the outputs.
struct ContinuousError<'a> {
    prediction: usize,
    additive: Option<usize>,
    proportional: Option<usize>,
    exponent: Option<usize>,
    combined1: bool,
    transform: &'a Transform,
    lambda: Option<usize>,
    degrees_of_freedom: Option<usize>,
}

impl<'a> ContinuousError<'a> {
    /// Of an endpoint with another error model: none at all.
    fn of(endpoint: &'a CompiledEndpoint) -> Self {
        let mut arguments = endpoint.parameters.iter().copied();
        let mut next = |is_there: bool| if is_there { arguments.next() } else { None };
        let none = Self {
            prediction: endpoint.prediction,
            additive: None,
            proportional: None,
            exponent: None,
            combined1: false,
            transform: &Transform::Identity,
            lambda: None,
            degrees_of_freedom: None,
        };
        let ErrorModel::Continuous { additive, proportional, combined1, transform, degrees_of_freedom } =
            &endpoint.error
        else {
            return none;
        };
        Self {
            additive: next(additive.is_some()),
            proportional: next(proportional.is_some()),
            exponent: next(matches!(proportional, Some((_, Some(_))))),
            combined1: *combined1,
            transform,
            lambda: next(matches!(transform, Transform::BoxCox(_) | Transform::YeoJohnson(_))),
            degrees_of_freedom: next(degrees_of_freedom.is_some()),
            ..none
        }
    }

    /// A draw of mean 0, normal or from Student's distribution.
    fn noise(&self, outputs: &[f64], rng: &mut impl Rng) -> f64 {
        match self.degrees_of_freedom {
            None => StandardNormal.sample(rng),
            Some(index) => StudentT::new(outputs[index]).map_or(f64::NAN, |t| t.sample(rng)),
        }
    }

    /// The error on its scale.
    #[inline]
    fn shift(&self, outputs: &[f64], noise: f64) -> f64 {
        let argument = |index: Option<usize>, otherwise: f64| index.map_or(otherwise, |index| outputs[index]);
        let a = argument(self.additive, 0.0);
        let (b, c) = (argument(self.proportional, 0.0), argument(self.exponent, 1.0));
        let size = outputs[self.prediction].abs();
        let spread = match (b, c) {
            (0.0, _) => 0.0,
            (_, 1.0) => b * size,
            _ => b * libm::pow(size, c),
        };
        let sd = match (self.combined1, spread) {
            (true, _) => a + spread,
            (false, 0.0) => a.abs(),
            (false, _) => libm::hypot(a, spread),
        };
        if sd == 0.0 { 0.0 } else { sd * noise }
    }

    /// The prediction with its error.
    fn add(&self, outputs: &[f64], noise: f64) -> f64 {
        let (prediction, shift) = (outputs[self.prediction], self.shift(outputs, noise));
        if shift == 0.0 {
            return prediction;
        }
        let lambda = self.lambda.map_or(f64::NAN, |index| outputs[index]);
        let scale = match self.transform {
            Transform::Identity => Scale::Identity,
            Transform::Log => Scale::Log,
            Transform::Logit { low, high } => Scale::Logit(*low, *high),
            Transform::Probit { low, high } => Scale::Probit(*low, *high),
            Transform::BoxCox(_) => Scale::BoxCox(lambda),
            Transform::YeoJohnson(_) => Scale::YeoJohnson(lambda),
        };
        scale.add(prediction, shift)
    }
}

/// The category that a uniform number falls in; the last one takes what the probabilities leave.
fn category(probabilities: &[f64], uniform: f64) -> f64 {
    let mut cumulative = 0.0;
    let mut number = 1.0;
    for &probability in probabilities {
        if !(0.0..=1.0).contains(&probability) {
            return f64::NAN;
        }
        cumulative += probability;
        if uniform < cumulative {
            return number;
        }
        number += 1.0;
    }
    number
}

/// The scale on which an error is added.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    Identity,
    Log,
    Logit(f64, f64),
    Probit(f64, f64),
    BoxCox(f64),
    YeoJohnson(f64),
}

impl Scale {
    /// h⁻¹(h(f) + shift). On the log scale a prediction of zero stays zero.
    fn add(self, f: f64, shift: f64) -> f64 {
        match self {
            Self::Identity => f + shift,
            Self::Log => f * libm::exp(shift),
            Self::Logit(low, high) => {
                let p = (f - low) / (high - low);
                low + (high - low) / (1.0 + libm::exp(-(libm::log(p / (1.0 - p)) + shift)))
            }
            Self::Probit(low, high) => {
                use crate::engine::program::UnaryOp::{NormalCdf, NormalQuantile};
                low + (high - low) * NormalCdf.apply(NormalQuantile.apply((f - low) / (high - low)) + shift)
            }
            Self::BoxCox(lambda) => box_cox_inverse(box_cox(f, lambda) + shift, lambda),
            Self::YeoJohnson(lambda) if f >= 0.0 => yeo_johnson_inverse(box_cox(f + 1.0, lambda) + shift, lambda),
            Self::YeoJohnson(lambda) => yeo_johnson_inverse(-box_cox(1.0 - f, 2.0 - lambda) + shift, lambda),
        }
    }
}

/// Box and Cox 1964: (x^λ - 1)/λ, ln x at λ = 0.
fn box_cox(x: f64, lambda: f64) -> f64 {
    if lambda == 0.0 { libm::log(x) } else { (libm::pow(x, lambda) - 1.0) / lambda }
}

fn box_cox_inverse(y: f64, lambda: f64) -> f64 {
    if lambda == 0.0 { libm::exp(y) } else { libm::pow(lambda * y + 1.0, 1.0 / lambda) }
}

/// Yeo and Johnson 2000: Box-Cox of x + 1 above zero, mirrored with 2 - λ below.
fn yeo_johnson_inverse(y: f64, lambda: f64) -> f64 {
    if y >= 0.0 { box_cox_inverse(y, lambda) - 1.0 } else { 1.0 - box_cox_inverse(-y, 2.0 - lambda) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::streams::Streams;
    use crate::model::ir::{Expression, Node, Span};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn argument() -> Expression {
        Expression { node: Node::Name(String::from("s")), span: Span::default() }
    }

    fn continuous(transform: Transform, additive: bool, proportional: bool, combined1: bool) -> CompiledEndpoint {
        let n = usize::from(additive) + usize::from(proportional);
        CompiledEndpoint {
            name: String::from("Cc"),
            prediction: 0,
            error: ErrorModel::Continuous {
                additive: additive.then(argument),
                proportional: proportional.then(|| (argument(), None)),
                combined1,
                transform,
                degrees_of_freedom: None,
            },
            parameters: (1..=n).collect(),
        }
    }

    /// Mean and SD of `transform(y)` over n draws.
    fn moments(endpoint: &CompiledEndpoint, outputs: &[f64], transform: impl Fn(f64) -> f64) -> (f64, f64) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let draws: Vec<f64> = (0..40_000).map(|_| transform(observe(endpoint, outputs, &mut rng))).collect();
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        (mean, (draws.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
    }

    // Tolerance of all moments below: the standard error of a mean of 40,000 draws is sd/200, that of their SD
    // sd/283; five standard errors are sd/40 and sd/57.

    #[test]
    fn all_samples_at_once_are_what_each_is_alone() {
        let degrees = |mut endpoint: CompiledEndpoint| {
            if let ErrorModel::Continuous { degrees_of_freedom, .. } = &mut endpoint.error {
                *degrees_of_freedom = Some(argument());
            }
            endpoint.parameters.push(3);
            endpoint
        };
        let poisson = CompiledEndpoint {
            error: ErrorModel::Poisson(argument()),
            ..continuous(Transform::Log, true, false, false)
        };
        let endpoints = [
            continuous(Transform::Log, true, false, false),
            continuous(Transform::Identity, true, true, false),
            continuous(Transform::Logit { low: 0.0, high: 100.0 }, true, true, true),
            degrees(continuous(Transform::Log, true, false, false)),
            poisson,
        ];
        // Two samples at one time, an undefined one, one without error, and one that stays 0 on every scale but the plain one.
        let times = [0.0, 1.5, 1.5, 24.0, 48.0, 72.0];
        let row = |a: f64, prediction: f64| [prediction, a, 0.2, 5.0];
        let values = [row(0.3, 10.0), row(0.2, 20.0), row(0.2, 30.0), row(0.1, f64::NAN), row(0.0, 4.0), row(0.5, 0.0)];
        let profile = Profile { n_outputs: 4, values: values.concat(), ..Profile::default() };
        let streams = Streams::new(7).residuals(3);
        let of = |index: u16, row: usize| {
            let ordinal = u16::from(row == 2);
            observe(&endpoints[usize::from(index)], &values[row], &mut streams.at(times[row], index, ordinal)).to_bits()
        };
        for observed in [[0; 6], [1; 6], [2; 6], [3; 6], [4; 6], [0, 1, 1, 2, 3, 4]] {
            let samples =
                Samples { endpoints: &endpoints, observed: &observed, times: &times, ordinals: &[], profile: &profile };
            let found: Vec<u64> = observe_all(&samples, streams).into_iter().map(f64::to_bits).collect();
            let alone: Vec<u64> = observed.iter().enumerate().map(|(row, &index)| of(index, row)).collect();
            assert_eq!(found, alone, "{observed:?}");
        }
        let samples = Samples { endpoints: &endpoints, observed: &[], times: &times, ordinals: &[], profile: &profile };
        assert_eq!(
            observe_all(&samples, streams)[1].to_bits(),
            of(0, 1),
            "without a choice the first endpoint is observed"
        );
    }

    #[test]
    fn lnorm_is_normal_around_the_log_of_the_prediction() {
        let (mean, sd) = moments(&continuous(Transform::Log, true, false, false), &[50.0, 0.6], f64::ln);
        assert!((mean - 50f64.ln()).abs() < 0.6 / 40.0 && (sd - 0.6).abs() < 0.6 / 57.0, "{mean} {sd}");
    }

    #[test]
    fn combined2_adds_variances_and_combined1_adds_sds() {
        let (_, sd2) = moments(&continuous(Transform::Identity, true, true, false), &[10.0, 3.0, 0.4], |y| y);
        let (_, sd1) = moments(&continuous(Transform::Identity, true, true, true), &[10.0, 3.0, 0.4], |y| y);
        assert!((sd2 - 5.0).abs() < 5.0 / 57.0, "{sd2}");
        assert!((sd1 - 7.0).abs() < 7.0 / 57.0, "{sd1}");
    }

    #[test]
    fn bounded_scales_keep_their_bounds_and_are_normal_inside() {
        let logit = continuous(Transform::Logit { low: 0.0, high: 100.0 }, true, false, false);
        let (mean, sd) = moments(&logit, &[30.0, 1.5], |y| (y / (100.0 - y)).ln());
        assert!((mean - (0.3f64 / 0.7).ln()).abs() < 1.5 / 40.0 && (sd - 1.5).abs() < 1.5 / 57.0, "{mean} {sd}");
    }

    #[test]
    fn power_scales_undo_themselves() {
        // 1e-12: a handful of roundings in pow and log near magnitude 1.
        for scale in [Scale::BoxCox(0.5), Scale::BoxCox(0.0), Scale::YeoJohnson(0.5), Scale::YeoJohnson(2.0)] {
            assert!((scale.add(3.0, 0.0) - 3.0).abs() < 1e-12, "{scale:?}");
        }
        assert!((Scale::YeoJohnson(0.5).add(-0.7, 0.0) + 0.7).abs() < 1e-12);
        assert!((Scale::BoxCox(1.0).add(3.0, 0.25) - 3.25).abs() < 1e-12, "lambda 1 is the plain scale");
    }

    #[test]
    fn categories_follow_their_probabilities_and_the_last_takes_the_rest() {
        assert_eq!(category(&[0.2, 0.3], 0.19), 1.0);
        assert_eq!(category(&[0.2, 0.3], 0.49), 2.0);
        assert_eq!(category(&[0.2, 0.3], 0.51), 3.0);
        assert!(category(&[1.2], 0.5).is_nan());
    }

    #[test]
    fn counts_have_the_mean_of_their_distribution() {
        let poisson = CompiledEndpoint {
            name: String::from("n"),
            prediction: 0,
            error: ErrorModel::Poisson(argument()),
            parameters: vec![0],
        };
        // Standard error of the mean: sqrt(4 / 40,000) = 0.01; five of them.
        let (mean, _) = moments(&poisson, &[4.0], |y| y);
        assert!((mean - 4.0).abs() < 0.05, "{mean}");
    }

    #[test]
    fn no_error_model_and_a_zero_sd_leave_the_prediction_as_it_is() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let endpoint = continuous(Transform::Log, true, false, false);
        assert_eq!(observe(&endpoint, &[12.5, 0.0], &mut rng), 12.5);
    }
}

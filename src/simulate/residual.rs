//! Residual error: from a prediction to what would have been observed.

use rand::{Rng, RngExt};
use rand_distr::{Binomial, Distribution, Poisson, StandardNormal, StudentT};

use crate::model::CompiledEndpoint;
use crate::model::ir::{ErrorModel, Transform};
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
            let (scale, shift) = shift(endpoint, outputs, rng);
            if shift == 0.0 { prediction } else { scale.add(prediction, shift) }
        }
    }
}

/// As [`observe`], one observation per row: of an endpoint, from the outputs, with a generator of its own.
pub fn observe_all<'a, R: Rng>(rows: impl Iterator<Item = (&'a CompiledEndpoint, &'a [f64], R)>) -> Vec<f64> {
    let n = rows.size_hint().0;
    let (mut values, mut factors) = (Vec::with_capacity(n), Vec::with_capacity(n));
    for (endpoint, outputs, mut rng) in rows {
        if let ErrorModel::Continuous { transform: Transform::Log, .. } = endpoint.error {
            values.push(outputs[endpoint.prediction]);
            factors.push(shift(endpoint, outputs, &mut rng).1);
        } else {
            values.push(observe(endpoint, outputs, &mut rng));
            factors.push(0.0);
        }
    }
    // On the log scale, where most errors are, the exponential is most of the work.
    exponentials(&mut factors);
    values.iter_mut().zip(&factors).for_each(|(value, factor)| *value *= factor);
    values
}

/// The scale of a continuous endpoint's error, and the error on it.
fn shift(endpoint: &CompiledEndpoint, outputs: &[f64], rng: &mut impl Rng) -> (Scale, f64) {
    let mut arguments = endpoint.parameters.iter().map(|&index| outputs[index]);
    let mut next = || arguments.next().unwrap_or(f64::NAN);
    let ErrorModel::Continuous { additive, proportional, combined1, transform, degrees_of_freedom } = &endpoint.error
    else {
        return (Scale::Identity, 0.0);
    };
    let a = additive.as_ref().map_or(0.0, |_| next());
    let (b, c) = match proportional {
        None => (0.0, 1.0),
        Some((_, exponent)) => (next(), exponent.as_ref().map_or(1.0, |_| next())),
    };
    let scale = match transform {
        Transform::Identity => Scale::Identity,
        Transform::Log => Scale::Log,
        Transform::Logit { low, high } => Scale::Logit(*low, *high),
        Transform::Probit { low, high } => Scale::Probit(*low, *high),
        Transform::BoxCox(_) => Scale::BoxCox(next()),
        Transform::YeoJohnson(_) => Scale::YeoJohnson(next()),
    };
    let noise = match degrees_of_freedom {
        None => StandardNormal.sample(rng),
        Some(_) => StudentT::new(next()).map_or(f64::NAN, |t| t.sample(rng)),
    };
    let size = outputs[endpoint.prediction].abs();
    let spread = match (b, c) {
        (0.0, _) => 0.0,
        (_, 1.0) => b * size,
        _ => b * libm::pow(size, c),
    };
    let sd = match (combined1, spread) {
        (true, _) => a + spread,
        (false, 0.0) => a.abs(),
        (false, _) => libm::hypot(a, spread),
    };
    (scale, if sd == 0.0 { 0.0 } else { sd * noise })
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

//! Endpoints from text to observations: each distribution by its moments or shares.

use super::{design, read, simulate};
use teorell::simulate::RecordDesign;

/// Draws per endpoint. The standard error of a mean is sd/141, that of an SD sd/200, of a share at most 0.0035.
const N: usize = 20_000;

/// Parameters that the endpoints below use.
const INI: &str = "a <- 3; b <- 0.4; c <- 0.5; df <- 5; lambda <- 0.5; p <- 0.3";

/// A subject observed so many times at time 2, in this compartment.
fn data(compartment: usize) -> String {
    format!("ID,TIME,EVID,CMT\n{}", format!("1,2,0,{compartment}\n").repeat(N))
}

fn model(endpoints: &str) -> RecordDesign {
    design(&format!("m <- function() {{ ini({{ {INI} }})\n model({{ f <- 8 + t\n d/dt(x) <- 0\n{endpoints}\n}}) }}"))
}

/// Observations of a prediction of 10.
fn observed(endpoints: &str, compartment: usize) -> Vec<f64> {
    let design = model(endpoints);
    let results = simulate(&design, &read(&data(compartment), &design), 1);
    let values = results[0].outcome.as_ref().unwrap().observed.clone();
    assert_eq!(values.len(), N);
    values
}

fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

fn share(values: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    values.iter().filter(|&&value| holds(value)).count() as f64 / values.len() as f64
}

/// Mean and SD on a scale, to five standard errors.
fn assert_moments(endpoint: &str, scale: impl Fn(f64) -> f64, mean: f64, sd: f64) {
    let found = moments(observed(endpoint, 2).into_iter().map(scale));
    assert!((found.0 - mean).abs() < 5.0 * sd / 141.0, "{endpoint}: mean {} not {mean}", found.0);
    assert!((found.1 - sd).abs() < 5.0 * sd / 200.0, "{endpoint}: SD {} not {sd}", found.1);
}

#[test]
fn errors_on_the_plain_scale_have_the_sd_they_say() {
    for (endpoint, sd) in [
        ("f ~ add(a)", 3.0),
        ("f ~ norm(a)", 3.0),
        ("f ~ prop(b)", 4.0),
        ("f ~ pow(b, c)", 0.4 * 10f64.sqrt()),
        ("f ~ add(a) + prop(b)", 5.0),
        ("f ~ add(a) + prop(b) + combined2()", 5.0),
        ("f ~ add(a) + prop(b) + combined1()", 7.0),
        ("f ~ add(a) + pow(b, 2)", (9.0 + 1600f64).sqrt()),
        ("f ~ add(0.5)", 0.5),
        // Variables of the model, one of which changes with time.
        ("sd <- a / 2\n f ~ add(sd)", 1.5),
        ("sd <- a * t\n f ~ add(sd)", 6.0),
        ("if (t > 1) { sd <- 2 } else { sd <- 9 }\n f ~ add(sd)", 2.0),
    ] {
        assert_moments(endpoint, |y| y, 10.0, sd);
    }
}

#[test]
fn errors_on_another_scale_are_normal_there() {
    let quantile = |share: f64| {
        use statrs::distribution::{ContinuousCDF, Normal};
        Normal::standard().inverse_cdf(share)
    };
    assert_moments("f ~ lnorm(b)", f64::ln, 10f64.ln(), 0.4);
    assert_moments("f ~ lnorm(NA) + prop(lambda)", f64::ln, 10f64.ln(), 5.0);
    assert_moments("f ~ logitNorm(b, 0, 40)", |y| (y / (40.0 - y)).ln(), (10f64 / 30.0).ln(), 0.4);
    assert_moments("f ~ probitNorm(b, 0, 40)", |y| quantile(y / 40.0), quantile(0.25), 0.4);
    assert_moments("f ~ add(b) + boxCox(lambda)", |y| 2.0 * (y.sqrt() - 1.0), 2.0 * (10f64.sqrt() - 1.0), 0.4);
    let yeo_johnson = |y: f64| 2.0 * ((y + 1.0).sqrt() - 1.0);
    assert_moments("f ~ add(b) + yeoJohnson(lambda)", yeo_johnson, yeo_johnson(10.0), 0.4);
}

#[test]
fn heavy_tails_have_the_quantiles_of_student() {
    // Student's t with 5 degrees of freedom leaves 10 % outside of ±2.015, with 1 half outside of ±1; the normal 4.4 % and 31.7 %.
    for (endpoint, within, expected) in [
        ("f ~ add(a) + t(df)", 2.015, 0.9),
        ("f ~ add(a) + t(5)", 2.015, 0.9),
        ("f ~ add(a) + cauchy()", 1.0, 0.5),
        ("f ~ add(a)", 1.0, 0.6827),
    ] {
        let found = share(&observed(endpoint, 2), |y| (y - 10.0).abs() < 3.0 * within);
        assert!((found - expected).abs() < 5.0 * 0.0035, "{endpoint}: {found} not {expected}");
    }
}

#[test]
fn counts_have_the_mean_and_the_spread_of_their_distribution() {
    assert_moments("f ~ pois(f)", |y| y, 10.0, 10f64.sqrt());
    assert_moments("f ~ binom(20, p)", |y| y, 6.0, (20.0 * 0.3 * 0.7f64).sqrt());
    assert_moments("f ~ bern(p)", |y| y, 0.3, (0.3 * 0.7f64).sqrt());
}

#[test]
fn categories_have_their_probabilities_and_the_last_the_rest() {
    let found = observed("f ~ c(p, p / 2)", 2);
    for (category, expected) in [(1.0, 0.3), (2.0, 0.15), (3.0, 0.55)] {
        let found = share(&found, |y| y == category);
        assert!((found - expected).abs() < 5.0 * 0.0035, "category {category}: {found} not {expected}");
    }
}

#[test]
fn an_endpoint_without_error_is_its_prediction() {
    assert!(observed("f ~ none()", 2).iter().all(|&y| y == 10.0));
}

#[test]
fn a_record_observes_the_endpoint_that_its_compartment_names() {
    let endpoints = "g <- 50\n f ~ add(b)\n g ~ add(a) | effect\n x ~ add(p)";
    // The state x is compartment 1, the endpoints follow as 2, 3, 4; an endpoint of a state's name goes by both.
    for (compartment, mean, sd) in [(2, 10.0, 0.4), (3, 50.0, 3.0), (4, 0.0, 0.3), (1, 0.0, 0.3)] {
        let found = moments(observed(endpoints, compartment).into_iter());
        assert!((found.0 - mean).abs() < 5.0 * sd / 141.0, "{compartment}: {found:?}");
        assert!((found.1 - sd).abs() < 5.0 * sd / 200.0, "{compartment}: {found:?}");
    }
}

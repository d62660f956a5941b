//! Area under a sampled curve, by the linear-up/log-down trapezoidal rule.

/// Area under sampled values over their whole span, linear where the curve rises or is flat and logarithmic where it falls.
///
/// # Formula
/// Between neighbours with `Δt = t₂ - t₁`: `Δt (c₁ + c₂) / 2`, or where `c₁ > c₂ > 0`: `Δt (c₁ - c₂) / ln(c₁ / c₂)`
/// (Gabrielsson and Weiner, Pharmacokinetic and Pharmacodynamic Data Analysis, "linear-up/log-down").
/// The unit is that of the values times that of the times.
///
/// `None` with fewer than two samples, times that go back, lengths that differ, or a value that is not a number.
///
/// ```
/// use teorell::exposure::auc::linear_up_log_down;
/// // A decay by a half-life per hour from 100 ng/mL: exact, since the curve is exponential.
/// let auc = linear_up_log_down(&[0.0, 1.0, 2.0], &[100.0, 50.0, 25.0]).unwrap();
/// assert!((auc - 75.0 / 2f64.ln()).abs() < 1e-12);
/// ```
#[must_use]
pub fn linear_up_log_down(times: &[f64], values: &[f64]) -> Option<f64> {
    if times.len() != values.len() || times.len() < 2 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut area = 0.0;
    for (t, c) in times.windows(2).zip(values.windows(2)) {
        let step = t[1] - t[0];
        if step.is_nan() || step < 0.0 {
            return None;
        }
        area += step * mean_between(c[0], c[1]);
    }
    Some(area)
}

/// Mean of the curve between two neighbours.
fn mean_between(c1: f64, c2: f64) -> f64 {
    // Below this relative fall (c1 - c2) / ln(c1 / c2) loses digits; there the two rules agree to 1e-13.
    const NEARLY_FLAT: f64 = 1e-6;
    if c2 > 0.0 && c1 - c2 > NEARLY_FLAT * c1 { (c1 - c2) / libm::log(c1 / c2) } else { 0.5 * (c1 + c2) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rise_is_linear_and_a_fall_logarithmic() {
        // Up 0 to 8 in 2 h: 8. Down 8 to 2 in 3 h: 3 * 6 / ln 4. Down to zero in 1 h has no logarithm: 1.
        let found = linear_up_log_down(&[0.0, 2.0, 5.0, 6.0], &[0.0, 8.0, 2.0, 0.0]).unwrap();
        assert!((found - (8.0 + 18.0 / 4f64.ln() + 1.0)).abs() < 1e-13);
    }

    #[test]
    fn undefined_areas_are_none() {
        assert_eq!(linear_up_log_down(&[0.0], &[1.0]), None);
        assert_eq!(linear_up_log_down(&[0.0, 1.0], &[1.0]), None);
        assert_eq!(linear_up_log_down(&[1.0, 0.0], &[1.0, 1.0]), None);
        assert_eq!(linear_up_log_down(&[0.0, 1.0], &[1.0, f64::NAN]), None);
    }

    proptest! {
        #[test]
        fn an_exponential_decay_is_integrated_exactly(
            start in 0.1..1e4_f64, rate in 1e-4..2.0_f64, steps in prop::collection::vec(0.01..20.0_f64, 1..30),
        ) {
            let times: Vec<f64> = std::iter::once(0.0)
                .chain(steps.iter().scan(0.0, |t, step| { *t += step; Some(*t) }))
                .filter(|t| rate * t < 600.0)
                .collect();
            prop_assume!(times.len() > 1);
            let values: Vec<f64> = times.iter().map(|t| start * (-rate * t).exp()).collect();
            let exact = start / rate * -(-rate * times[times.len() - 1]).exp_m1();
            let found = linear_up_log_down(&times, &values).unwrap();
            // Rounding of c1 - c2 where the curve falls by 1e-6 at the least: 1e-16 / 1e-6.
            prop_assert!((found - exact).abs() < 1e-9 * exact);
        }
    }
}

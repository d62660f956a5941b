//! Areas under a sampled curve and under its first moment, segment by segment.

/// How the curve runs between two samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Straight where it rises or is flat, exponential where it falls.
    #[default]
    LinearUpLogDown,
    /// Straight everywhere.
    Linear,
    /// Straight up to the maximum, exponential after it.
    LinearLog,
}

impl Method {
    /// Whether the segment between two samples is exponential.
    fn is_logarithmic(self, t1: f64, c1: f64, c2: f64, tmax: f64) -> bool {
        let possible = c1 > 0.0 && c2 > 0.0 && c1 != c2;
        possible
            && match self {
                Self::Linear => false,
                Self::LinearUpLogDown => c2 < c1,
                Self::LinearLog => t1 >= tmax,
            }
    }
}

/// Area under the curve and under its first moment (time times concentration) over all samples.
///
/// # Formula
/// Linear: `Δt (c₁ + c₂)/2` and `Δt (t₁ c₁ + t₂ c₂)/2`. Logarithmic with `k = ln(c₁/c₂)/Δt`: `(c₁ - c₂)/k` and
/// `(t₁ c₁ - t₂ c₂)/k + (c₁ - c₂)/k²` (Gibaldi and Perrier 1982, appendix D; PKNCA's `pk.calc.auc`, `pk.calc.aumc`).
pub(super) fn areas(method: Method, times: &[f64], values: &[f64], tmax: f64) -> (f64, f64) {
    let mut total = (0.0, 0.0);
    for (t, c) in times.windows(2).zip(values.windows(2)) {
        let (t1, t2, c1, c2) = (t[0], t[1], c[0], c[1]);
        let step = t2 - t1;
        if method.is_logarithmic(t1, c1, c2, tmax) {
            let (mean, moment) = exponential_means(c1, c2);
            total.0 += step * c1 * mean;
            total.1 += step * c1 * (t1 * mean + step * moment);
        } else {
            total.0 += step * (c1 + c2) / 2.0;
            total.1 += step * (t1 * c1 + t2 * c2) / 2.0;
        }
    }
    total
}

/// Means of the exponential from `c1` to `c2` over its segment, and of it times the part of the segment that is gone, in
/// units of `c1`: with `x = ln(c₁/c₂)` these are `(1 - e⁻ˣ)/x` and `(1 - (1 + x) e⁻ˣ)/x²`.
fn exponential_means(c1: f64, c2: f64) -> (f64, f64) {
    // Where c hardly changes these quotients lose their digits, the second one twice; ten terms of its series leave out 1e-17.
    const NEARLY_FLAT: f64 = 0.1;
    const TERMS: u32 = 10;
    let change = (c1 - c2) / c2;
    if change.abs() > NEARLY_FLAT {
        let x = libm::log(c1 / c2);
        let mean = (1.0 - c2 / c1) / x;
        return (mean, (mean - c2 / c1) / x);
    }
    let x = libm::log1p(change);
    let (mut power, mut mean, mut moment) = (1.0, 0.0, 0.0);
    for n in 0..TERMS {
        let n = f64::from(n);
        mean += power / (n + 1.0);
        moment += power / (n + 2.0);
        power *= -x / (n + 1.0);
    }
    (mean, moment)
}

/// Concentration at `time` between or at samples, on the curve that [`areas`] measures.
pub(super) fn interpolated(method: Method, times: &[f64], values: &[f64], tmax: f64, time: f64) -> Option<f64> {
    let after = times.partition_point(|&t| t < time);
    if times.get(after) == Some(&time) {
        return Some(values[after]);
    }
    let before = after.checked_sub(1)?;
    let (&t2, &c2) = (times.get(after)?, values.get(after)?);
    let (t1, c1) = (times[before], values[before]);
    let part = (time - t1) / (t2 - t1);
    Some(if method.is_logarithmic(t1, c1, c2, tmax) {
        c1 * libm::exp(part * libm::log(c2 / c1))
    } else {
        c1 + part * (c2 - c1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_decay_is_exact_by_the_logarithmic_rule() {
        // 100 exp(-0.1 t) over 0..20: AUC 1000 (1 - e^-2), AUMC 10,000 (1 - 3 e^-2). Rounding only: 1e-12.
        let times = [0.0, 1.0, 3.0, 7.0, 20.0];
        let values = times.map(|t: f64| 100.0 * (-0.1 * t).exp());
        let (auc, aumc) = areas(Method::LinearUpLogDown, &times, &values, 0.0);
        let e2 = (-2f64).exp();
        assert!((auc / (1000.0 * (1.0 - e2)) - 1.0).abs() < 1e-12, "{auc}");
        assert!((aumc / (10_000.0 * (1.0 - 3.0 * e2)) - 1.0).abs() < 1e-12, "{aumc}");
        let midway = interpolated(Method::LinearUpLogDown, &times, &values, 0.0, 5.0).unwrap();
        assert!((midway / (100.0 * (-0.5f64).exp()) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn a_curve_that_hardly_falls_keeps_the_digits_of_its_moment() {
        // Over 0..3 exp(-k t) has the area 3 - 9 k/2 + 27 k²/6 and the moment 9/2 - 9 k + 81 k²/8, the next terms below 1e-14 of
        // them. Rounding of samples that differ by k leaves 1e-15; the textbook's quotients lose four digits here.
        let times = [0.0, 1.0, 2.0, 3.0];
        for k in [2e-6, 1.1e-6, 1e-9] {
            let (auc, aumc) = areas(Method::LinearUpLogDown, &times, &times.map(|t| libm::exp(-k * t)), 0.0);
            let expected = (3.0 - 4.5 * k + 4.5 * k * k, 4.5 - 9.0 * k + 10.125 * k * k);
            assert!((auc / expected.0 - 1.0).abs() < 1e-13, "{k}: {auc}");
            assert!((aumc / expected.1 - 1.0).abs() < 1e-13, "{k}: {aumc}");
        }
        // Both ways of working it out meet where one follows the other: 10 % in 1 h. Third-order divided differences: 1e-13.
        let [below, above] =
            [1.1 - 1e-9, 1.1 + 1e-9].map(|c1| areas(Method::LinearUpLogDown, &[0.0, 1.0], &[c1, 1.0], 0.0));
        assert!((above.0 - below.0 - 1e-9).abs() < 1e-10 && (above.1 - below.1).abs() < 1e-9, "{below:?} {above:?}");
    }

    #[test]
    fn methods_differ_where_they_should() {
        // Up 0-4, down 4-1, up again 1-2: steps of 1 h.
        let (times, values) = ([0.0, 1.0, 2.0, 3.0], [0.0, 4.0, 1.0, 2.0]);
        let (down, up) = (3.0 / 4f64.ln(), 1.0 / 2f64.ln());
        let auc = |method| areas(method, &times, &values, 1.0).0;
        assert_eq!(auc(Method::Linear), 2.0 + 2.5 + 1.5);
        assert!((auc(Method::LinearUpLogDown) - (2.0 + down + 1.5)).abs() < 1e-14);
        assert!((auc(Method::LinearLog) - (2.0 + down + up)).abs() < 1e-14);
    }
}

//! Descriptive statistics: quantiles, means, spread, and sums that can be merged in order.
//!
//! What is undefined (the mean of nothing, the SD of one value, the geometric mean of a zero) is `None`, never a number.

use multiversion::multiversion;

use order::order_statistics;

pub(crate) mod elementary;
mod order;

/// Quantile of values sorted in ascending order, by linear interpolation between order statistics.
///
/// This is type 7 of Hyndman and Fan (The American Statistician 1996;50:361-365), the default of R's `quantile()`.
///
/// # Formula
/// With `h = (n - 1) p`: `x[⌊h⌋] + (h - ⌊h⌋) (x[⌊h⌋ + 1] - x[⌊h⌋])`, counting from 0.
///
/// `None` where there are no values or `p` is not within 0 and 1.
///
/// ```
/// let trough = [19.0, 24.0, 27.0, 33.0]; // ng/mL
/// assert_eq!(teorell::stats::quantile_sorted(&trough, 0.5), Some(25.5));
/// ```
#[must_use]
pub fn quantile_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    let rank = quantile_rank(sorted.len() as u64, p)?;
    let low = sorted[rank.low as usize];
    Some(rank.between(low, sorted.get(rank.low as usize + 1).copied().unwrap_or(low)))
}

/// Monte-Carlo standard error of quantile `p` of `n` independent values, without assuming a distribution.
///
/// # Formula
/// `(Q(p + s) - Q(p - s)) / 2` with `s` of [`rank_standard_error`]: the number of values below a quantile is binomial, so the quantile
/// lies between those at one standard error of its rank (Woodruff RS. Journal of the American Statistical Association
/// 1952;47:635-646). `quantile` is Q.
///
/// `None` where that reaches beyond the values (below 19 values for p of 0.05, below 39 for 0.025), and of a single value, which
/// says nothing of its spread.
#[must_use]
pub fn quantile_standard_error(n: u64, p: f64, quantile: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let [below, above] = one_standard_error_about(n, p)?;
    Some((quantile(above)? - quantile(below)?) / 2.0)
}

/// Standard error of the share of `n` independent values that lie below quantile `p`: `sqrt(p (1 - p) / n)`.
#[must_use]
pub fn rank_standard_error(n: u64, p: f64) -> f64 {
    (p * (1.0 - p) / n as f64).sqrt()
}

/// The probabilities one standard error below and above `p`; `None` where one of them is none, and of a single value.
#[must_use]
pub fn one_standard_error_about(n: u64, p: f64) -> Option<[f64; 2]> {
    let s = rank_standard_error(n, p);
    (n > 1 && p - s >= 0.0 && p + s <= 1.0).then_some([p - s, p + s])
}

/// Several quantiles of values in any order. See [`quantile_sorted`].
#[must_use]
pub fn quantiles<const N: usize>(values: &[f64], probabilities: [f64; N]) -> [Option<f64>; N] {
    let ranks = probabilities.map(|p| quantile_rank(values.len() as u64, p));
    // A quantile lies between two neighbours, the last one at itself.
    let last = values.len().saturating_sub(1);
    let between = |rank: &Rank| [rank.low as usize, last.min(rank.low as usize + 1)];
    let places: Vec<usize> = ranks.iter().flatten().flat_map(between).collect();
    let mut found = order_statistics(values, &places).into_iter();
    ranks.map(|rank| Some(rank?.between(found.next()?, found.next()?)))
}

/// Where a quantile lies among `n` order statistics (type 7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rank {
    /// Order statistic at or below it, from 0.
    pub low: u64,
    /// How far it is on the way to the next one, in 0..1.
    pub fraction: f64,
}

impl Rank {
    /// Value between two neighbouring order statistics.
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> f64 {
        // Without the test an infinite neighbour would turn an exact hit into NaN.
        if self.fraction == 0.0 { low } else { low + self.fraction * (high - low) }
    }
}

/// Position of quantile `p` among `n` values; `None` where there is none.
#[must_use]
pub fn quantile_rank(n: u64, p: f64) -> Option<Rank> {
    if n == 0 || !(0.0..=1.0).contains(&p) {
        return None;
    }
    let h = (n - 1) as f64 * p;
    let low = h.floor();
    Some(Rank { low: low as u64, fraction: h - low })
}

/// Count, mean and spread of a stream of values; two of them can be merged.
///
/// Values are added by Welford's recurrence and merged by the formula of Chan, Golub and LeVeque (The American
/// Statistician 1983;37:242-247). Merging in a fixed order gives the same bits every time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Of a slice, in its order.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        if values.is_empty() {
            return Self::default();
        }
        // Two passes over a slice are faster than the recurrence (no division inside) and more accurate.
        let (mean, rest, squares) = central_sums(values);
        Self { n: values.len() as u64, mean: mean + rest / n, squares: squares - rest * rest / n }
    }

    /// Adds one value.
    pub fn push(&mut self, value: f64) {
        self.n += 1;
        let from_old = value - self.mean;
        self.mean += from_old / self.n as f64;
        self.squares += from_old * (value - self.mean);
    }

    /// Adds what another one has seen, after what this one has.
    pub fn merge(&mut self, later: &Self) {
        if later.n == 0 {
            return;
        }
        if self.n == 0 {
            *self = *later;
            return;
        }
        let (a, b) = (self.n as f64, later.n as f64);
        let gap = later.mean - self.mean;
        self.n += later.n;
        self.mean += gap * (b / (a + b));
        self.squares += later.squares + gap * gap * (a * b / (a + b));
    }

    /// Number of values.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Arithmetic mean; `None` of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// Variance with denominator n - 1; `None` below two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.n > 1).then(|| (self.squares / (self.n - 1) as f64).max(0.0))
    }

    /// Standard deviation with denominator n - 1; `None` below two values.
    #[must_use]
    pub fn sd(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Coefficient of variation, `100 sd / mean`; `None` where the mean is not positive.
    #[must_use]
    pub fn cv_percent(&self) -> Option<f64> {
        (self.mean > 0.0).then(|| self.sd().map(|sd| 100.0 * sd / self.mean)).flatten()
    }
}

/// Mean of values to rounding; sum, and sum of squares, of the differences from it.
#[multiversion(targets("x86_64+avx2", "x86_64+avx"))]
fn central_sums(values: &[f64]) -> (f64, f64, f64) {
    // One sum waits for its last addition; eight side by side are vector code, in the same order on every machine, and lose
    // fewer digits.
    let (blocks, rest) = values.as_chunks::<8>();
    let mut sum = [0.0; 8];
    for block in blocks {
        sum.iter_mut().zip(block).for_each(|(sum, x)| *sum += x);
    }
    sum.iter_mut().zip(rest).for_each(|(sum, x)| *sum += x);
    let mean = of_eight(sum) / values.len() as f64;
    let (mut first, mut second) = ([0.0; 8], [0.0; 8]);
    // In loops of their own: together they would not be vector code.
    for block in blocks {
        first.iter_mut().zip(block).for_each(|(sum, x)| *sum += x - mean);
    }
    for block in blocks {
        second.iter_mut().zip(block).for_each(|(sum, x)| *sum += (x - mean) * (x - mean));
    }
    for ((first, second), x) in first.iter_mut().zip(&mut second).zip(rest) {
        *first += x - mean;
        *second += (x - mean) * (x - mean);
    }
    (mean, of_eight(first), of_eight(second))
}

fn of_eight([a, b, c, d, e, f, g, h]: [f64; 8]) -> f64 {
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

/// Geometric mean and geometric coefficient of variation, from the moments of the logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometric {
    /// `exp(mean(ln x))`, in the unit of the values.
    pub mean: f64,
    /// `100 sqrt(exp(s²) - 1)` with s² the variance of ln x; `None` below two values.
    pub cv_percent: Option<f64>,
}

impl Geometric {
    /// From the moments of ln x; `None` of nothing.
    #[must_use]
    pub fn of_logarithms(logarithms: &Moments) -> Option<Self> {
        Some(Self {
            mean: libm::exp(logarithms.mean()?),
            cv_percent: logarithms.variance().map(|variance| 100.0 * libm::expm1(variance).sqrt()),
        })
    }
}

/// Geometric mean and CV of values; `None` where there are none or one of them is not positive.
///
/// ```
/// let auc = [10.0, 20.0, 40.0]; // ug*h/mL
/// let geometric = teorell::stats::geometric(&auc).unwrap();
/// assert!((geometric.mean - 20.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn geometric(values: &[f64]) -> Option<Geometric> {
    if values.iter().any(|&x| x.is_nan() || x <= 0.0) {
        return None;
    }
    let mut logarithms = Moments::default();
    for &x in values {
        logarithms.push(libm::log(x));
    }
    Geometric::of_logarithms(&logarithms)
}

/// A share with its confidence interval, both from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Successes over trials.
    pub share: f64,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
}

/// Share of `successes` among `n` with its two-sided 95 % score interval (Wilson, Journal of the American Statistical
/// Association 1927;22:209-212); `None` of nothing.
///
/// # Formula
/// With `p = successes / n` and `z = 1.96`: `(p + z²/2n ± z sqrt(p (1 - p) / n + z²/4n²)) / (1 + z²/n)`.
///
/// ```
/// let share = teorell::stats::wilson(18, 20).unwrap();
/// assert_eq!(share.share, 0.9);
/// assert!((share.lower - 0.699).abs() < 5e-4 && (share.upper - 0.972).abs() < 5e-4);
/// ```
#[must_use]
pub fn wilson(successes: u64, n: u64) -> Option<Share> {
    /// 97.5th percentile of the standard normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    if n == 0 || successes > n {
        return None;
    }
    let (share, n_trials) = (successes as f64 / n as f64, n as f64);
    let whole = 1.0 + Z * Z / n_trials;
    let middle = (share + Z * Z / (2.0 * n_trials)) / whole;
    let half = Z / whole * (share * (1.0 - share) / n_trials + Z * Z / (4.0 * n_trials * n_trials)).sqrt();
    // Of none and of all the interval ends at 0 and 1 exactly; rounding would miss them.
    let lower = if successes == 0 { 0.0 } else { middle - half };
    let upper = if successes == n { 1.0 } else { middle + half };
    Some(Share { share, lower, upper })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn score_intervals_are_those_of_newcombe() {
        // Newcombe, Statistics in Medicine 1998;17:857-872, Table I, method 3: four decimals are printed.
        for (successes, n, lower, upper) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let found = wilson(successes, n).unwrap();
            assert!((found.lower - lower).abs() <= 5e-5, "{successes} of {n}: {found:?}");
            assert!((found.upper - upper).abs() <= 5e-5, "{successes} of {n}: {found:?}");
        }
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
        let (none, all) = (wilson(0, 20).unwrap(), wilson(20, 20).unwrap());
        assert_eq!((none.lower, all.upper), (0.0, 1.0));
        assert!((none.upper + all.lower - 1.0).abs() < 1e-15, "successes and failures mirror each other");
    }

    /// Column `mpg` of R's data set `mtcars`.
    const MPG: [f64; 32] = [
        21.0, 21.0, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 32.4,
        30.4, 33.9, 21.5, 15.5, 15.2, 13.3, 19.2, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4,
    ];

    #[test]
    fn quantiles_of_mtcars_mpg_are_those_of_r() {
        // R: quantile(mtcars$mpg) prints 10.400 15.425 19.200 22.800 33.900; these are exact but for rounding of the last bit.
        let found = quantiles(&MPG, [0.0, 0.25, 0.5, 0.75, 1.0]);
        for (found, printed) in found.into_iter().zip([10.4, 15.425, 19.2, 22.8, 33.9]) {
            assert!((found.unwrap() - printed).abs() < 1e-14 * printed, "{found:?} against {printed}");
        }
    }

    #[test]
    fn mean_and_sd_of_mtcars_mpg_are_those_of_r() {
        // R: mean(mtcars$mpg) 20.09062, sd(mtcars$mpg) 6.026948: seven digits are printed.
        let moments = Moments::of(&MPG);
        assert_eq!(moments.n(), 32);
        assert!((moments.mean().unwrap() - 20.09062).abs() < 1e-5);
        assert!((moments.sd().unwrap() - 6.026948).abs() < 1e-6);
        assert!((moments.cv_percent().unwrap() - 100.0 * 6.026948 / 20.09062).abs() < 1e-4);
    }

    #[test]
    fn geometric_cv_of_a_known_log_variance_follows_the_formula() {
        // ln x = -1, 0, 1 has variance 1, so the CV is 100 sqrt(e - 1) = 131.08 %, to rounding.
        let found = geometric(&[(-1.0_f64).exp(), 1.0, 1.0_f64.exp()]).unwrap();
        assert!((found.mean - 1.0).abs() < 1e-15);
        assert!((found.cv_percent.unwrap() - 131.083_249_443_2).abs() < 1e-9);
    }

    #[test]
    fn undefined_statistics_are_none() {
        assert_eq!(quantile_sorted(&[], 0.5), None);
        // Of one value the median would be certain.
        assert_eq!(quantile_standard_error(1, 0.5, |_| Some(3.0)), None);
        assert!(quantile_standard_error(2, 0.5, Some).is_some());
        assert_eq!(quantile_sorted(&[1.0], 1.5), None);
        assert_eq!(quantile_sorted(&[1.0], f64::NAN), None);
        assert_eq!(Moments::default().mean(), None);
        assert_eq!(Moments::of(&[3.0]).sd(), None);
        assert_eq!(Moments::of(&[-1.0, 1.0]).cv_percent(), None);
        assert_eq!(geometric(&[0.0, 1.0]), None);
        assert_eq!(geometric(&[]), None);
        assert_eq!(geometric(&[2.0]).unwrap().cv_percent, None);
    }

    proptest! {
        #[test]
        fn merged_parts_say_what_the_whole_says(
            values in prop::collection::vec(-1e3..1e3_f64, 2..200), cut in 0.0..1.0_f64,
        ) {
            let cut = (cut * values.len() as f64) as usize;
            let mut merged = Moments::of(&values[..cut]);
            merged.merge(&Moments::of(&values[cut..]));
            let mut pushed = Moments::default();
            values.iter().for_each(|&x| pushed.push(x));
            // Rounding of a sum of 200 terms of size 1e3.
            prop_assert!((merged.mean().unwrap() - pushed.mean().unwrap()).abs() < 1e-10);
            let (a, b) = (merged.variance().unwrap(), pushed.variance().unwrap());
            prop_assert!((a - b).abs() <= 1e-12 * (b + 1e6), "{} against {}", a, b);
            prop_assert_eq!(merged.n(), pushed.n());
        }

        #[test]
        fn spread_does_not_see_a_shift(values in prop::collection::vec(0.0..1.0_f64, 2..100)) {
            // A naive sum of squares would lose all digits at this shift; 1e-8 is the rounding of the shift itself.
            let shifted: Vec<f64> = values.iter().map(|x| x + 1e7).collect();
            let (a, b) = (Moments::of(&values).sd().unwrap(), Moments::of(&shifted).sd().unwrap());
            prop_assert!((a - b).abs() < 1e-8);
        }

        #[test]
        fn quantiles_are_monotone_and_within_the_values(mut values in prop::collection::vec(-1e6..1e6_f64, 1..50)) {
            let found = quantiles(&values, [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0]).map(Option::unwrap);
            prop_assert!(found.windows(2).all(|pair| pair[0] <= pair[1]));
            values.sort_by(f64::total_cmp);
            prop_assert_eq!(found[0], values[0]);
            prop_assert_eq!(found[6], values[values.len() - 1]);
            // In any order of the probabilities they are those of the sorted values, bit by bit.
            for probabilities in [[0.05, 0.5, 0.95, 0.5], [0.9, 0.1, 0.1, 2.0], [0.3, 0.31, 0.32, 0.33]] {
                prop_assert_eq!(quantiles(&values, probabilities), probabilities.map(|p| quantile_sorted(&values, p)));
            }
        }
    }
}

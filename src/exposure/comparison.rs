//! One arm against another in the same subjects: geometric mean ratios and their confidence intervals.
//!
//! Arms of a study treat the same virtual subjects, so a subject is its own control, and the analysis is that of a crossover
//! without period effects: the paired t interval of the logarithms. The interval is that of the simulated trial, of its size; a
//! larger cohort makes it narrower. Arms share even what the model draws per occasion, by the number of the cycle, so it is also
//! narrower than that of a real crossover of the same size.

use statrs::distribution::{ContinuousCDF as _, StudentsT};
use statrs::function::erf::erfc_inv;

use crate::stats::{Geometric, Moments};

use super::interval::Metric;
use super::summary::{Accumulator, ChunkMoments};

/// What arms are compared by, in the order of columns.
pub const COMPARED: [Metric; 3] = [Metric::Auc, Metric::Cmax, Metric::Ctrough];

/// When two arms count as alike: where the confidence interval of the ratio lies within limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criteria {
    low: f64,
    high: f64,
    level: f64,
}

/// Not criteria of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CriteriaError {
    /// Limits in the wrong order, or not around 1.
    #[error(
        "limits `{low}` and `{high}` are no range of a ratio; expected one above 0 and below 1, and one above 1, such as [0.8, 1.25]"
    )]
    Limits {
        /// The lower one.
        low: f64,
        /// The upper one.
        high: f64,
    },
    /// No probability.
    #[error("confidence level `{level}` is not between 0 and 1; expected for instance 0.9")]
    Level {
        /// As given.
        level: f64,
    },
}

impl Default for Criteria {
    /// The 90 % confidence interval within 0.80 to 1.25, the usual criterion of average bioequivalence (FDA, Guidance for Industry:
    /// Statistical Approaches to Establishing Bioequivalence, 2001).
    fn default() -> Self {
        Self { low: 0.8, high: 1.25, level: Self::DEFAULT_LEVEL }
    }
}

impl Criteria {
    /// Level of the confidence interval where none is given.
    pub const DEFAULT_LEVEL: f64 = 0.9;

    /// Limits of the ratio and the level of its confidence interval.
    ///
    /// # Errors
    /// Where the limits are not on either side of 1, or the level is not within 0 and 1.
    pub fn new([low, high]: [f64; 2], level: f64) -> Result<Self, CriteriaError> {
        if !(low > 0.0 && low < 1.0 && high > 1.0 && high < f64::INFINITY) {
            return Err(CriteriaError::Limits { low, high });
        }
        if !(level > 0.0 && level < 1.0) {
            return Err(CriteriaError::Level { level });
        }
        Ok(Self { low, high, level })
    }

    /// Lower and upper limit of the ratio.
    #[must_use]
    pub fn limits(&self) -> [f64; 2] {
        [self.low, self.high]
    }

    /// Whether an interval lies within the limits, these included.
    fn hold(&self, [low, high]: [f64; 2]) -> bool {
        // What is worked out digit by digit does not hit a limit: 80 mg over 100 mg of a linear drug is 0.8 to the solver's tolerance.
        const ROUNDING: f64 = 1e-6;
        low >= self.low * (1.0 - ROUNDING) && high <= self.high * (1.0 + ROUNDING)
    }

    /// Level of the confidence interval, as it is written: in percent.
    #[must_use]
    pub fn level_percent(&self) -> f64 {
        // 100 times 0.57 is 56.99999999999999 in binary numbers.
        const DIGITS: f64 = 1e9;
        (self.level * 100.0 * DIGITS).round() / DIGITS
    }
}

/// What two arms say of one metric together; `None` where undefined. Ratios are test over reference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Subjects with a positive value in both arms.
    pub n: u64,
    /// Geometric mean of the individual ratios.
    pub ratio: Option<f64>,
    /// Confidence interval of it; undefined below two subjects.
    pub interval: Option<[f64; 2]>,
    /// Whether the interval lies within the limits.
    pub within: Option<bool>,
    /// Geometric CV of the individual ratios, %.
    pub cv_percent: Option<f64>,
    /// 5th percentile, median and 95th percentile of the individual ratios.
    pub percentiles: [Option<f64>; 3],
    /// Their Monte-Carlo standard errors.
    pub errors: [Option<f64>; 3],
    /// Geometric mean of all subjects with a positive value under the test over that of all under the reference, paired or not.
    pub ratio_of_geometric_means: Option<f64>,
    /// Subjects left out because one arm has no value: they failed, or had stopped before.
    pub missing: u64,
    /// Subjects left out because a value is zero or negative: it has no logarithm.
    pub not_positive: u64,
}

/// Values of one chunk's subjects under test and reference.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChunkPairs {
    ratios: Vec<f64>,
    test: Vec<f64>,
    reference: Vec<f64>,
    missing: u64,
    not_positive: u64,
}

impl ChunkPairs {
    /// Adds one subject, which has at least one of the two.
    pub fn add(&mut self, test: Option<f64>, reference: Option<f64>) {
        let positive = |value: &Option<f64>| value.filter(|&x| x > 0.0);
        self.test.extend(positive(&test));
        self.reference.extend(positive(&reference));
        match (test, reference) {
            (Some(a), Some(b)) if a > 0.0 && b > 0.0 => self.ratios.push(a / b),
            (Some(_), Some(_)) => self.not_positive += 1,
            _ => self.missing += 1,
        }
    }
}

/// Collects pairs chunk by chunk, in memory that does not grow with the cohort.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    ratios: Accumulator,
    test: Moments,
    reference: Moments,
    missing: u64,
    not_positive: u64,
}

impl Pairs {
    /// For about that many subjects, see [`Accumulator::expecting`].
    #[must_use]
    pub fn expecting(n: u64) -> Self {
        Self { ratios: Accumulator::expecting(n), ..Self::default() }
    }

    /// Adds a chunk, in order.
    pub fn add(&mut self, chunk: &ChunkPairs) {
        let mut room = Vec::new();
        self.ratios.add_chunk(&ChunkMoments::of(&chunk.ratios, &mut room), &chunk.ratios);
        for (moments, values) in [(&mut self.test, &chunk.test), (&mut self.reference, &chunk.reference)] {
            room.clear();
            room.extend(values.iter().map(|&x| libm::log(x)));
            moments.merge(&Moments::of(&room));
        }
        self.missing += chunk.missing;
        self.not_positive += chunk.not_positive;
    }

    /// What the pairs say.
    ///
    /// # Formula
    /// With `d` the logarithms of the `n` individual ratios, their mean `m` and SD `s`: ratio `exp(m)`, interval
    /// `exp(m ± t s / √n)`, t the quantile `(1 + level) / 2` of Student's distribution with `n - 1` degrees of freedom. The analysis
    /// of a crossover trial has terms for period and sequence too, which simulated arms do not differ by. Within the limits at level
    /// 0.9 is what the two one-sided tests at 0.05 ask for (Schuirmann, J Pharmacokinet Biopharm 1987;15:657-680).
    #[must_use]
    pub fn comparison(&self, criteria: &Criteria) -> Comparison {
        let logarithms = self.ratios.logarithms();
        let geometric = Geometric::of_logarithms(logarithms);
        let interval = confidence_interval(logarithms, criteria.level).map(|ends| ends.map(libm::exp));
        let summary = self.ratios.summary();
        let difference = self.test.mean().zip(self.reference.mean()).map(|(test, reference)| test - reference);
        Comparison {
            n: self.ratios.n(),
            ratio: geometric.map(|geometric| geometric.mean),
            interval,
            within: interval.map(|ends| criteria.hold(ends)),
            cv_percent: geometric.and_then(|geometric| geometric.cv_percent),
            percentiles: [summary.p5, summary.p50, summary.p95],
            errors: [summary.errors.p5, summary.errors.p50, summary.errors.p95],
            ratio_of_geometric_means: difference.map(libm::exp),
            missing: self.missing,
            not_positive: self.not_positive,
        }
    }
}

/// Confidence interval of the mean of normal values: `m ± t s / √n`; `None` below two values.
fn confidence_interval(values: &Moments, level: f64) -> Option<[f64; 2]> {
    let (mean, sd, n) = (values.mean()?, values.sd()?, values.n() as f64);
    let half = student_quantile(level, n - 1.0)? * sd / n.sqrt();
    Some([mean - half, mean + half])
}

/// Above so many degrees of freedom the incomplete beta function has its argument next to 1, where inverting it loses digits: at a million
/// it is left with four.
const MANY: f64 = 1000.0;

/// What a Student variable's magnitude is below with probability `level`; `None` without a degree of freedom.
///
/// Many degrees: Fisher's expansion about the normal quantile (Abramowitz and Stegun 26.7.5), whose next term is below 1e-10
/// of it at any level up to 0.999.
fn student_quantile(level: f64, freedom: f64) -> Option<f64> {
    if freedom <= MANY {
        return Some(StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf((1.0 + level) / 2.0));
    }
    let z = std::f64::consts::SQRT_2 * erfc_inv(1.0 - level);
    let square = z * z;
    let terms = [
        1.0,
        (square + 1.0) / 4.0,
        ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
    ];
    Some(z * terms.iter().rev().fold(0.0, |sum, term| sum / freedom + term))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn comparison(pairs: &[(Option<f64>, Option<f64>)]) -> Comparison {
        comparison_at(pairs, &Criteria::default())
    }

    fn comparison_at(pairs: &[(Option<f64>, Option<f64>)], criteria: &Criteria) -> Comparison {
        let mut all = Pairs::default();
        for part in pairs.chunks(3) {
            let mut chunk = ChunkPairs::default();
            part.iter().for_each(|&(test, reference)| chunk.add(test, reference));
            all.add(&chunk);
        }
        all.comparison(criteria)
    }

    #[test]
    fn the_interval_is_the_paired_t_interval_of_r() {
        // The help of R's t.test: sleep$extra of ten patients under drug 2 and drug 1, paired, has the mean difference 1.58 and
        // the 95 % interval 0.7001142 to 2.4598858 (seven digits are printed); here as logarithms.
        let drug_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let drug_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let pairs: Vec<_> =
            drug_2.iter().zip(drug_1).map(|(a, b): (&f64, f64)| (Some(libm::exp(*a)), Some(libm::exp(b)))).collect();
        let found = comparison_at(&pairs, &Criteria::new([0.8, 1.25], 0.95).unwrap());
        assert_eq!(found.n, 10);
        assert!((libm::log(found.ratio.unwrap()) - 1.58).abs() < 1e-12);
        let [low, high] = found.interval.unwrap().map(libm::log);
        assert!((low - 0.700_114_2).abs() < 1e-7 && (high - 2.459_885_8).abs() < 1e-7, "{low} {high}");
        assert_eq!(found.within, Some(false));
        assert!((libm::log(found.ratio_of_geometric_means.unwrap()) - 1.58).abs() < 1e-12, "nobody was left out");
    }

    #[test]
    fn quantiles_of_student_keep_their_digits_at_any_size() {
        // By integrating the density with 40 digits; the expansion leaves out less than 1e-10.
        let expected = [
            (0.5, 24_999.0, 0.674_499_564_112_873_2),
            (0.9, 1000.0, 1.646_378_817_285_464_5),
            (0.9, 24_999.0, 1.644_914_582_428_073_3),
            (0.9, 999_999.0, 1.644_855_150_723_564_3),
            (0.999, 24_999.0, 3.290_915_978_106_199),
            (0.999, 999_999.0, 3.290_536_461_258_421),
        ];
        for (level, freedom, quantile) in expected {
            let found = student_quantile(level, freedom).unwrap();
            assert!((found / quantile - 1.0).abs() < 1e-10, "{level} {freedom}: {found}, expected {quantile}");
        }
        assert_eq!(student_quantile(0.9, 0.0), None);
    }

    #[test]
    fn pairs_without_a_logarithm_are_left_out_and_counted() {
        let found = comparison(&[
            (Some(2.0), Some(1.0)),
            (Some(0.0), Some(1.0)),
            (None, Some(4.0)),
            (Some(8.0), None),
            (Some(2.0), Some(1.0)),
        ]);
        assert_eq!((found.n, found.missing, found.not_positive), (2, 2, 1));
        assert_eq!(found.ratio, Some(2.0));
        // Test: 2, 8, 2; reference: 1, 1, 4, 1.
        let expected = libm::pow(32.0, 1.0 / 3.0) / libm::pow(4.0, 0.25);
        assert!((found.ratio_of_geometric_means.unwrap() / expected - 1.0).abs() < 1e-14);
    }

    #[test]
    fn one_pair_has_a_ratio_but_no_interval_and_none_has_nothing() {
        let found = comparison(&[(Some(3.0), Some(2.0))]);
        assert_eq!((found.n, found.interval, found.within), (1, None, None));
        assert!((found.ratio.unwrap() - 1.5).abs() < 1e-15);
        assert_eq!(comparison(&[(None, Some(1.0))]), Comparison { missing: 1, ..Comparison::default() });
    }

    #[test]
    fn levels_are_written_as_they_were_given() {
        for (level, percent) in [(0.57, 57.0), (0.9, 90.0), (0.999, 99.9)] {
            assert_eq!(Criteria::new([0.8, 1.25], level).unwrap().level_percent(), percent);
        }
    }

    #[test]
    fn a_ratio_that_is_the_limit_but_for_rounding_is_within() {
        let of = |ratio: f64| comparison(&[(Some(ratio), Some(1.0)), (Some(ratio), Some(1.0))]).within;
        assert_eq!([0.8 - 1e-15, 0.8, 1.25, 1.25 + 1e-15].map(of), [Some(true); 4]);
        assert_eq!([0.79999, 1.25001].map(of), [Some(false); 2]);
    }

    #[test]
    fn criteria_are_on_either_side_of_1() {
        for limits in [[1.25, 0.8], [0.0, 1.25], [0.8, 0.9], [0.8, f64::INFINITY], [f64::NAN, 1.25]] {
            assert!(matches!(Criteria::new(limits, 0.9), Err(CriteriaError::Limits { .. })), "{limits:?}");
        }
        assert!(Criteria::new([0.8, 1.25], 1.0).unwrap_err().to_string().contains("`1`"));
    }

    proptest! {
        #[test]
        fn exchanging_the_arms_inverts_ratio_and_interval(
            pairs in prop::collection::vec((0.1..10.0_f64, 0.1..10.0_f64), 2..40),
        ) {
            let forward: Vec<_> = pairs.iter().map(|&(a, b)| (Some(a), Some(b))).collect();
            let backward: Vec<_> = pairs.iter().map(|&(a, b)| (Some(b), Some(a))).collect();
            let (forward, backward) = (comparison(&forward), comparison(&backward));
            // Rounding of sums of forty logarithms.
            let inverse = |a: f64, b: f64| (a * b - 1.0).abs() < 1e-12;
            prop_assert!(inverse(forward.ratio.unwrap(), backward.ratio.unwrap()));
            let ([low, high], [other_low, other_high]) = (forward.interval.unwrap(), backward.interval.unwrap());
            prop_assert!(inverse(low, other_high) && inverse(high, other_low));
        }
    }
}

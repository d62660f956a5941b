//! Summaries of a quantity over a cohort, fed chunk by chunk, in memory that does not grow with it.

use crate::stats::elementary::logarithms;
use crate::stats::{Geometric, Moments, one_standard_error_about, quantiles};

use super::column::Column;
use super::sketch::Sketch;

/// Up to this many values quantiles are exact; above it they come from a [`Sketch`] (relative error 0.1 %).
pub const EXACT_UP_TO: usize = 20_000;

/// Quantiles that a summary holds.
pub const PROBABILITIES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// What is said of one quantity over a cohort; `None` where undefined. All but `n` and the CVs in the quantity's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Subjects with a value.
    pub n: u64,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation (denominator n - 1).
    pub sd: Option<f64>,
    /// 100 sd / mean.
    pub cv_percent: Option<f64>,
    /// Geometric mean; undefined where a value is not positive.
    pub geometric_mean: Option<f64>,
    /// `100 sqrt(exp(s²) - 1)`, s² the variance of the logarithms.
    pub geometric_cv_percent: Option<f64>,
    /// 5th percentile.
    pub p5: Option<f64>,
    /// 25th percentile.
    pub p25: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 75th percentile.
    pub p75: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// How exact mean and percentiles are.
    pub errors: StandardErrors,
}

/// Monte-Carlo standard errors: how far another sample of subjects would move a number. `None` where there are too few subjects.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StandardErrors {
    /// Of the mean, `sd / sqrt(n)`.
    pub mean: Option<f64>,
    /// Of the 5th percentile; see [`crate::stats::quantile_standard_error`].
    pub p5: Option<f64>,
    /// Of the 25th percentile.
    pub p25: Option<f64>,
    /// Of the median.
    pub p50: Option<f64>,
    /// Of the 75th percentile.
    pub p75: Option<f64>,
    /// Of the 95th percentile.
    pub p95: Option<f64>,
}

/// Quantiles at [`PROBABILITIES`] with their standard errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Percentiles {
    values: [Option<f64>; PROBABILITIES.len()],
    errors: [Option<f64>; PROBABILITIES.len()],
}

impl Percentiles {
    /// Of values in any order.
    pub fn of_values(values: &[f64]) -> Self {
        const N: usize = PROBABILITIES.len();
        let n = values.len() as u64;
        let about = PROBABILITIES.map(|p| one_standard_error_about(n, p).unwrap_or([f64::NAN; 2]));
        let found: [Option<f64>; 3 * N] = quantiles(
            values,
            std::array::from_fn(|i| match i {
                _ if i < N => PROBABILITIES[i],
                _ => about[i % N][i / N - 1],
            }),
        );
        let error = |i: usize| Some((found[2 * N + i]? - found[N + i]?) / 2.0);
        Self { values: std::array::from_fn(|i| found[i]), errors: std::array::from_fn(error) }
    }

    /// Of a sketch.
    pub fn of_sketch(sketch: &Sketch) -> Self {
        let ranked = sketch.ranked();
        Self {
            values: PROBABILITIES.map(|p| ranked.quantile(p)),
            errors: PROBABILITIES.map(|p| ranked.standard_error(p)),
        }
    }
}

/// Moments of one chunk's values, worked out where the chunk was made; its values are handed over beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChunkMoments {
    values: Moments,
    logarithms: Moments,
    not_positive: u64,
}

impl ChunkMoments {
    /// Of finite values, in order of subjects. `room` is room to work in.
    #[must_use]
    pub fn of(values: &[f64], room: &mut Vec<f64>) -> Self {
        Self::of_column(&Column::new(values, &mut Vec::new()), room)
    }

    /// Of a column. `room` is room to work in.
    pub(super) fn of_column(column: &Column<'_>, room: &mut Vec<f64>) -> Self {
        let values = column.values();
        let not_positive = if column.smallest() > 0.0 { 0 } else { values.iter().filter(|&&x| x <= 0.0).count() };
        // With one value that has no logarithm there is no geometric mean, and the others need none.
        match not_positive {
            0 => logarithms(values, column.smallest(), room),
            _ => room.clear(),
        }
        Self { values: Moments::of(values), logarithms: Moments::of(room), not_positive: not_positive as u64 }
    }

    /// Adds those of the next chunk.
    pub(super) fn merge(&mut self, next: &Self) {
        self.values.merge(&next.values);
        self.logarithms.merge(&next.logarithms);
        self.not_positive += next.not_positive;
    }

    /// With the percentiles all that is said of the values.
    pub(super) fn summary(&self, percentiles: Percentiles) -> Summary {
        let [p5, p25, p50, p75, p95] = percentiles.values;
        let geometric = (self.not_positive == 0).then(|| Geometric::of_logarithms(&self.logarithms)).flatten();
        Summary {
            n: self.values.n(),
            mean: self.values.mean(),
            sd: self.values.sd(),
            cv_percent: self.values.cv_percent(),
            geometric_mean: geometric.map(|geometric| geometric.mean),
            geometric_cv_percent: geometric.and_then(|geometric| geometric.cv_percent),
            p5,
            p25,
            p50,
            p75,
            p95,
            errors: self.errors(percentiles.errors),
        }
    }

    fn errors(&self, [p5, p25, p50, p75, p95]: [Option<f64>; PROBABILITIES.len()]) -> StandardErrors {
        let mean = self.values.sd().map(|sd| sd / (self.values.n() as f64).sqrt());
        StandardErrors { mean, p5, p25, p50, p75, p95 }
    }
}

/// Collects one quantity's values, chunk by chunk in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct Accumulator {
    moments: ChunkMoments,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    Exact(Vec<f64>),
    Sketched(Box<Sketch>),
}

impl Default for Values {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

impl Accumulator {
    /// For about that many values: above [`EXACT_UP_TO`] nothing is kept from the start. The result is the same without the hint.
    #[must_use]
    pub fn expecting(n: u64) -> Self {
        let values = if n > EXACT_UP_TO as u64 { Values::Sketched(Box::default()) } else { Values::default() };
        Self { moments: ChunkMoments::default(), values }
    }

    /// Adds a chunk's values; those that are not finite are left out.
    pub fn add(&mut self, values: &[f64]) {
        let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        self.add_chunk(&ChunkMoments::of(&finite, &mut Vec::new()), &finite);
    }

    /// Adds a chunk whose moments are known already; `values` are finite and the ones the moments are of.
    pub fn add_chunk(&mut self, moments: &ChunkMoments, values: &[f64]) {
        self.moments.merge(moments);
        match &mut self.values {
            Values::Exact(kept) if kept.len() + values.len() <= EXACT_UP_TO => kept.extend_from_slice(values),
            Values::Exact(kept) => {
                let mut sketch = Box::<Sketch>::default();
                sketch.add_all(kept);
                sketch.add_all(values);
                self.values = Values::Sketched(sketch);
            }
            Values::Sketched(sketch) => sketch.add_all(values),
        }
    }

    /// Number of values so far.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.moments.values.n()
    }

    /// Moments of the logarithms of the positive values.
    #[must_use]
    pub fn logarithms(&self) -> &Moments {
        &self.moments.logarithms
    }

    /// What the values say.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.moments.summary(match &self.values {
            Values::Exact(kept) => Percentiles::of_values(kept),
            Values::Sketched(sketch) => Percentiles::of_sketch(sketch),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_distr::{Distribution as _, StandardNormal};

    /// Values that fill (0, 1] evenly in a scattered order (golden-ratio sequence), raised to exp(2 x).
    fn scattered(n: usize) -> Vec<f64> {
        (1..=n).map(|i| libm::exp(2.0 * ((i as f64 * 0.618_033_988_749_895) % 1.0))).collect()
    }

    #[test]
    fn quantiles_turn_from_exact_to_sketched_with_the_stated_error() {
        let values = scattered(3 * EXACT_UP_TO);
        let (mut grown, mut hinted) = (Accumulator::default(), Accumulator::expecting(3 * EXACT_UP_TO as u64));
        for chunk in values.chunks(700) {
            grown.add(chunk);
            hinted.add(chunk);
        }
        assert_eq!(grown.summary(), hinted.summary(), "the hint changes nothing but memory");
        let exact = quantiles(&values, [0.05, 0.5, 0.95]).map(Option::unwrap);
        let found = grown.summary();
        for (found, exact) in [found.p5, found.p50, found.p95].into_iter().zip(exact) {
            assert!((found.unwrap() / exact - 1.0).abs() < Sketch::RELATIVE_ERROR);
        }
    }

    #[test]
    fn at_the_limit_quantiles_are_still_exact() {
        let values = scattered(EXACT_UP_TO);
        let mut accumulator = Accumulator::expecting(EXACT_UP_TO as u64);
        values.chunks(512).for_each(|chunk| accumulator.add(chunk));
        assert_eq!(accumulator.summary().p50, quantiles(&values, [0.5])[0]);
        // ln x is even over (0, 2): its mean is 1 to the discrepancy of the sequence, about ln(n) / n.
        assert!((accumulator.summary().geometric_mean.unwrap() / std::f64::consts::E - 1.0).abs() < 1e-3);
    }

    fn with_errors(summary: &Summary) -> [(Option<f64>, Option<f64>); 4] {
        let (s, e) = (summary, &summary.errors);
        [(s.mean, e.mean), (s.p5, e.p5), (s.p50, e.p50), (s.p95, e.p95)]
    }

    #[test]
    fn standard_errors_are_those_of_the_closed_form_and_what_another_seed_moves() {
        const SEEDS: u64 = 200;
        const SIGMA: f64 = 0.5;
        let n = 1000.0_f64;
        // Lognormal: q = exp(sigma z), density phi(z) / (sigma q); standard error sqrt(p (1 - p) / n) over the density.
        let of_percentile = |p: f64, z: f64| {
            let density = libm::exp(-0.5 * z * z) / std::f64::consts::TAU.sqrt() / SIGMA / libm::exp(SIGMA * z);
            (p * (1.0 - p) / n).sqrt() / density
        };
        let mean = libm::exp(0.5 * SIGMA * SIGMA) * (libm::expm1(SIGMA * SIGMA) / n).sqrt();
        let z = 1.644_853_626_951_472;
        let expected = [mean, of_percentile(0.05, -z), of_percentile(0.5, 0.0), of_percentile(0.95, z)];
        for hint in [1000, 1_000_000] {
            let summary = |seed| {
                let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
                let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
                let mut accumulator = Accumulator::expecting(hint);
                accumulator.add(&(0..1000).map(|_| libm::exp(SIGMA * normal())).collect::<Vec<_>>());
                with_errors(&accumulator.summary())
            };
            let found: Vec<_> = (0..SEEDS).map(summary).collect();
            for (i, expected) in expected.into_iter().enumerate() {
                let values: Vec<f64> = found.iter().filter_map(|found| found[i].0).collect();
                let errors: Vec<f64> = found.iter().filter_map(|found| found[i].1).collect();
                // Each error is from some 14 to 32 order statistics, exact to 18 to 27 %; the mean of 200 of them to 2 %. Three of
                // these, and 2 % for the curvature of the density within one standard error.
                let mean = Moments::of(&errors).mean().unwrap();
                assert!((mean / expected - 1.0).abs() < 0.08, "{i}, {hint}: {mean} instead of {expected}");
                // The SD over 200 seeds is exact to 5 %: three of these.
                let spread = Moments::of(&values).sd().unwrap();
                assert!((spread / expected - 1.0).abs() < 0.15, "{i}, {hint}: {spread} instead of {expected}");
            }
        }
    }

    #[test]
    fn a_standard_error_narrower_than_a_bucket_of_the_sketch_is_found() {
        let n = 1_000_000;
        let mut accumulator = Accumulator::expecting(n as u64);
        accumulator.add(&scattered(n));
        let found = accumulator.summary();
        for (p, error) in [(0.05, found.errors.p5), (0.5, found.errors.p50), (0.95, found.errors.p95)] {
            // x = exp(2 u) with u even in 0..1: q = exp(2 p), density 1 / (2 q). A bucket holds 1,000 values, its share is exact to
            // some of them; the density is constant in a bucket to 0.2 %.
            let expected = 2.0 * libm::exp(2.0 * p) * (p * (1.0 - p) / n as f64).sqrt();
            assert!((error.unwrap() / expected - 1.0).abs() < 0.02, "{error:?} instead of {expected}");
        }
    }

    #[test]
    fn too_few_values_have_no_standard_errors_of_their_ends() {
        let mut accumulator = Accumulator::default();
        accumulator.add(&[1.0, 2.0, 3.0, 4.0]);
        let errors = accumulator.summary().errors;
        assert_eq!((errors.p5, errors.p95), (None, None));
        // One standard error of the rank is a quarter: from 1.75 to 3.25.
        assert_eq!(errors.p50, Some(0.75));
    }

    #[test]
    fn a_value_that_is_not_positive_leaves_the_geometric_mean_undefined_and_one_that_is_missing_does_not() {
        let mut accumulator = Accumulator::default();
        accumulator.add(&[1.0, f64::NAN, 4.0]);
        assert_eq!(accumulator.n(), 2);
        assert!((accumulator.summary().geometric_mean.unwrap() - 2.0).abs() < 1e-15);
        accumulator.add(&[0.0]);
        assert_eq!(accumulator.summary().geometric_mean, None);
        assert_eq!(accumulator.summary().mean, Some(5.0 / 3.0));
        assert_eq!(Accumulator::default().summary(), Summary::default(), "nothing is known of nobody");
    }
}

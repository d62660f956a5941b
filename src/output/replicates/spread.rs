//! How exact a summary over all replicates is: its Monte-Carlo standard errors where subjects share parameters, and parameters
//! share subjects.
//!
//! Subjects of one replicate have the same parameters, so `n` subjects say less than `n` independent ones would. What the share of
//! subjects below a percentile differs from draw to draw of the parameters is known; with it
//!
//! ```text
//! Var(share) = S² / D                                  people of their own in every replicate
//! Var(share) = S² / D + (p (1 - p) - S²) / N           the same N people under every draw
//! ```
//!
//! with D draws and S² the variance of the share between draws (Cochran WG, Sampling Techniques, 3rd ed. 1977, chapter 9A: clusters of
//! equal size). With the same people draws and people are crossed, and what they do together is counted as the people's: that makes the
//! error of a percentile too large rather than too small, by a tenth where parameters differ a quarter as much as people do, by four
//! tenths at the outer percentiles where they differ nearly as much. The error of the percentile is that of the share over the density, which
//! the error of independent subjects tells.

use crate::exposure::summary::{PROBABILITIES, StandardErrors, Summary};
use crate::simulate::Replicates;
use crate::stats::{Moments, rank_standard_error};

/// What one replicate says of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub replicate: u32,
    pub summary: Summary,
}

/// How replicates are nested.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nesting {
    pub draws: u64,
    trials: u32,
    common: bool,
}

impl Nesting {
    pub fn of(replicates: &Replicates) -> Self {
        Self {
            draws: replicates.draws().len().max(1) as u64,
            trials: replicates.trials(),
            common: replicates.common_random_numbers(),
        }
    }

    /// Errors of the summary over all members, whose own are those of independent subjects.
    pub fn errors(&self, members: &[Member], pooled: &Summary) -> StandardErrors {
        let values = [pooled.p5, pooled.p25, pooled.p50, pooled.p75, pooled.p95];
        let e = &pooled.errors;
        let independent = [e.p5, e.p25, e.p50, e.p75, e.p95];
        let percentile = |i: usize| {
            let (p, value) = (PROBABILITIES[i], values[i]?);
            let shares = self.over_draws(members, |summary| share_below(summary, value));
            let error = self.error(&shares, p * (1.0 - p), pooled.n)?;
            Some(independent[i]? * error / rank_standard_error(pooled.n, p))
        };
        let mean = || {
            let means = self.over_draws(members, |summary| summary.mean);
            self.error(&means, pooled.sd? * pooled.sd?, pooled.n)
        };
        StandardErrors {
            mean: mean(),
            p5: percentile(0),
            p25: percentile(1),
            p50: percentile(2),
            p75: percentile(3),
            p95: percentile(4),
        }
    }

    /// Standard error of an average over all, `total` being the variance of a single subject. `None` of a single draw: nothing is
    /// known of others.
    fn error(&self, draws: &Moments, total: f64, n: u64) -> Option<f64> {
        let between = draws.variance()?;
        let people = n as f64 / draws.n() as f64;
        let of_people = if self.common { (total - between).max(0.0) / people } else { 0.0 };
        Some((between / draws.n() as f64 + of_people).sqrt())
    }

    /// Averages over the trials of each draw. Members stand in order of replicates, and so in order of draws.
    fn over_draws(&self, members: &[Member], value: impl Fn(&Summary) -> Option<f64>) -> Moments {
        let draw = |member: &Member| member.replicate / self.trials;
        let mut moments = Moments::default();
        for trials in members.chunk_by(|a, b| draw(a) == draw(b)) {
            let values: Vec<f64> = trials.iter().filter_map(|trial| value(&trial.summary)).collect();
            if let Some(mean) = Moments::of(&values).mean() {
                moments.push(mean);
            }
        }
        moments
    }
}

/// Share of subjects with a value below `value`, of whom only percentiles are known: what lies between two of them is taken to be
/// normal, and what lies beyond the outer ones to go on as it does within.
fn share_below(summary: &Summary, value: f64) -> Option<f64> {
    /// Standard normal quantiles of the percentiles.
    const SCORES: [f64; PROBABILITIES.len()] =
        [-1.644_853_626_951_472, -0.674_489_750_196_081_7, 0.0, 0.674_489_750_196_081_7, 1.644_853_626_951_472];
    /// Beyond it there is one subject in 30,000.
    const LARGEST: f64 = 4.0;
    let known = [summary.p5?, summary.p25?, summary.p50?, summary.p75?, summary.p95?];
    let at = known.iter().rposition(|&percentile| percentile <= value).unwrap_or(0).min(known.len() - 2);
    let (width, step) = (known[at + 1] - known[at], SCORES[at + 1] - SCORES[at]);
    let score = if width > 0.0 {
        SCORES[at] + (value - known[at]) / width * step
    } else if value == known[at] {
        SCORES[at] + 0.5 * step
    } else {
        LARGEST.copysign(value - known[at])
    };
    Some(0.5 * libm::erfc(-score.clamp(-LARGEST, LARGEST) / std::f64::consts::SQRT_2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::summary::Accumulator;
    use rand::SeedableRng as _;
    use rand_distr::{Distribution as _, StandardNormal};

    fn normal(mean: f64, sd: f64) -> Summary {
        let at = |score: f64| Some(mean + sd * score);
        Summary {
            n: 100,
            mean: Some(mean),
            p5: at(-1.644_853_626_951_472),
            p25: at(-0.674_489_750_196_081_7),
            p50: at(0.0),
            p75: at(0.674_489_750_196_081_7),
            p95: at(1.644_853_626_951_472),
            ..Summary::default()
        }
    }

    #[test]
    fn shares_of_a_normal_distribution_are_found_from_its_percentiles() {
        // R: pnorm(c(-2.5, -1, 0.3, 2)), seven digits are printed.
        for (value, share) in [(-2.5, 0.006_209_665), (-1.0, 0.158_655_3), (0.3, 0.617_911_4), (2.0, 0.977_249_9)] {
            let found = share_below(&normal(10.0, 3.0), 10.0 + 3.0 * value).unwrap();
            assert!((found - share).abs() < 1e-7, "{found} instead of {share}");
        }
        let same = normal(1.0, 0.0);
        assert!(share_below(&same, 0.9).unwrap() < 1e-4 && share_below(&same, 1.1).unwrap() > 0.9999);
        assert!((share_below(&same, 1.0).unwrap() - 0.5).abs() < 0.5, "neither all nor none");
        assert_eq!(share_below(&Summary::default(), 1.0), None);
    }

    /// `draws` parameters, `n` people under each: exp(0.3 parameter + 0.4 person), the people the same or not.
    fn simulate(seed: u64, draws: u32, n: usize, common: bool) -> (Vec<Member>, Summary) {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut normals = |n: usize| -> Vec<f64> { (0..n).map(|_| StandardNormal.sample(&mut rng)).collect() };
        let (parameters, people) = (normals(draws as usize), normals(n));
        let mut all = Accumulator::default();
        let member = |(replicate, parameter): (u32, &f64)| {
            let people = if common { people.clone() } else { normals(n) };
            let values: Vec<f64> = people.iter().map(|person| libm::exp(0.3 * parameter + 0.4 * person)).collect();
            let mut own = Accumulator::default();
            own.add(&values);
            all.add(&values);
            Member { replicate, summary: own.summary() }
        };
        let members = (0..).zip(&parameters).map(member).collect();
        (members, all.summary())
    }

    #[test]
    fn errors_over_replicates_are_what_another_seed_moves() {
        const SEEDS: u64 = 200;
        for common in [true, false] {
            let nesting = Nesting { draws: 25, trials: 1, common };
            let runs: Vec<_> = (0..SEEDS).map(|seed| simulate(seed, 25, 40, common)).collect();
            let look = |value: fn(&Summary) -> Option<f64>, error: fn(&StandardErrors) -> Option<f64>| {
                let values: Vec<f64> = runs.iter().filter_map(|(_, pooled)| value(pooled)).collect();
                let mean_square = |errors: Vec<f64>| (errors.iter().map(|e| e * e).sum::<f64>() / SEEDS as f64).sqrt();
                let found = runs.iter().filter_map(|(members, pooled)| error(&nesting.errors(members, pooled)));
                let naive = runs.iter().filter_map(|(_, pooled)| error(&pooled.errors));
                (Moments::of(&values).sd().unwrap(), mean_square(found.collect()), mean_square(naive.collect()))
            };
            // By how much errors of the same people are too large here: (S² / D + (p (1 - p) - S²) / N) over the true variance, with the
            // parts of the variance of 1{0.3 a + 0.4 b < q} from a and b integrated over the normal distribution.
            for (name, excess, (spread, found, naive)) in [
                ("mean", 1.0, look(|s| s.mean, |e| e.mean)),
                ("p5", 1.42, look(|s| s.p5, |e| e.p5)),
                ("p50", 1.17, look(|s| s.p50, |e| e.p50)),
                ("p95", 1.42, look(|s| s.p95, |e| e.p95)),
            ] {
                // The SD over 200 seeds has a standard error of 5 %: three of them.
                let ratio = found / spread / if common { excess } else { 1.0 };
                assert!((ratio - 1.0).abs() < 0.15, "{name}, common {common}: {found} against {spread}");
                assert!(naive < 0.6 * spread, "{name}: as if subjects were independent {naive} against {spread}");
            }
        }
    }

    #[test]
    fn trials_of_a_draw_count_as_one_and_a_single_draw_tells_nothing() {
        let member = |replicate, mean| Member { replicate, summary: normal(mean, 1.0) };
        let members = [member(0, 1.0), member(1, 3.0), member(2, 4.0), member(3, 6.0)];
        let nesting = Nesting { draws: 2, trials: 2, common: false };
        let pooled = Summary { n: 400, sd: Some(2.0), mean: Some(3.5), ..Summary::default() };
        // Draws have means of 2 and 5: their SD is 3 / sqrt(2), and two of them leave 1.5.
        assert!((nesting.errors(&members, &pooled).mean.unwrap() - 1.5).abs() < 1e-15);
        let single = Nesting { draws: 1, trials: 4, common: false };
        assert_eq!(single.errors(&members, &pooled), StandardErrors::default());
    }
}

//! Bins of time: given, one per nominal time, or found by themselves.

use super::VpcError;

/// How observations are gathered into bins.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum BinRule {
    /// Few times are bins of their own; many are cut into bins of about equal counts, each cut at the widest gap nearby.
    #[default]
    Automatic,
    /// Each nominal time is a bin.
    Nominal,
    /// Increasing edges: a bin holds its lower edge, the last one its upper edge too.
    Edges(Vec<f64>),
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Lower edge, or the first time in it.
    pub low: f64,
    /// Upper edge, or the last time in it.
    pub high: f64,
    /// Where it is drawn: its nominal time, or the median time of its observations.
    pub time: f64,
}

/// Bins, and which of them each observation is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    /// In order of time.
    pub bins: Vec<Bin>,
    /// Position of each observation's bin; `None` outside of all.
    pub of: Vec<Option<u32>>,
}

/// More different times than this are not visits: they are cut into bins. As many bins are the most that are made.
const MOST_VISITS: usize = 15;
/// More nominal times than this cannot be told apart on a picture, and are rather times as they happened to be.
const MOST_NOMINAL: usize = 60;
/// Observations that a bin found automatically holds on average, at the least: below, its 5th and 95th percentile are its extremes.
const FEWEST_PER_BIN: usize = 10;

impl Bins {
    /// Gathers observations: `times` as they were, `nominal` as they were planned, `per_subject` how many a subject has in the
    /// median, which is how many visits there were.
    ///
    /// # Method
    /// Automatic bins hold about equal counts, as many as visits; each cut then moves to the widest gap between neighbouring times
    /// within a third of a bin, so that observations of one visit stay together. This is a rule of its own: Lavielle and Bleakley
    /// (J Pharmacokinet Pharmacodyn 2011;38:861-871, doi 10.1007/s10928-011-9223-3) choose edges and their number by optimisation.
    ///
    /// # Errors
    /// Where edges do not increase or leave a bin empty, or there are too many nominal times.
    pub fn new(rule: &BinRule, times: &[f64], nominal: &[f64], per_subject: usize) -> Result<Self, VpcError> {
        match rule {
            BinRule::Automatic => {
                let different = different(times);
                if different.len() <= MOST_VISITS {
                    return Ok(Self::one_each(&different, times, times));
                }
                let most = (times.len() / FEWEST_PER_BIN).clamp(1, MOST_VISITS);
                Ok(Self::between(&cuts(times, per_subject.clamp(1, most)), times))
            }
            BinRule::Nominal => {
                let different = different(nominal);
                if different.len() > MOST_NOMINAL {
                    return Err(VpcError::ManyNominalTimes { found: different.len(), most: MOST_NOMINAL });
                }
                Ok(Self::one_each(&different, nominal, times))
            }
            BinRule::Edges(edges) => {
                check(edges)?;
                let found = Self::between(edges, times);
                match found.bins.iter().position(|bin| bin.time.is_nan()) {
                    Some(index) => Err(VpcError::EmptyBin { low: edges[index], high: edges[index + 1] }),
                    None => Ok(found),
                }
            }
        }
    }

    /// A bin per different value of `keys`.
    fn one_each(different: &[f64], keys: &[f64], times: &[f64]) -> Self {
        let place = |key: f64| different.partition_point(|&other| other < key);
        let mut bins: Vec<Bin> =
            different.iter().map(|&time| Bin { low: f64::INFINITY, high: f64::NEG_INFINITY, time }).collect();
        for (&key, &time) in keys.iter().zip(times) {
            let bin = &mut bins[place(key)];
            bin.low = bin.low.min(time);
            bin.high = bin.high.max(time);
        }
        Self { bins, of: keys.iter().map(|&key| u32::try_from(place(key)).ok()).collect() }
    }

    /// Bins between neighbouring edges; the time of an empty one is NaN.
    fn between(edges: &[f64], times: &[f64]) -> Self {
        let n = edges.len() - 1;
        let place = |time: f64| match edges.partition_point(|&edge| edge <= time) {
            0 => None,
            after if after <= n => Some(after - 1),
            _ => (time == edges[n]).then_some(n - 1),
        };
        let mut inside: Vec<Vec<f64>> = vec![Vec::new(); n];
        for &time in times {
            if let Some(bin) = place(time) {
                inside[bin].push(time);
            }
        }
        let bins = inside.iter().zip(edges.windows(2)).map(|(times, edge)| {
            let [median] = crate::stats::quantiles(times, [0.5]);
            Bin { low: edge[0], high: edge[1], time: median.unwrap_or(f64::NAN) }
        });
        Self {
            bins: bins.collect(),
            of: times.iter().map(|&time| place(time).and_then(|bin| u32::try_from(bin).ok())).collect(),
        }
    }

    /// The same bins for `n` observations, of which those at `places` were gathered and no bin holds the others.
    #[must_use]
    pub fn among(self, places: &[usize], n: usize) -> Self {
        let mut of = vec![None; n];
        places.iter().zip(&self.of).for_each(|(&place, &bin)| of[place] = bin);
        Self { of, ..self }
    }

    /// Observations that no bin holds.
    #[must_use]
    pub fn n_outside(&self) -> usize {
        self.of.iter().filter(|bin| bin.is_none()).count()
    }
}

fn check(edges: &[f64]) -> Result<(), VpcError> {
    if edges.len() < 2 {
        return Err(VpcError::FewEdges { found: edges.len() });
    }
    match edges.windows(2).find(|pair| !(pair[0] < pair[1] && pair[1].is_finite() && pair[0].is_finite())) {
        Some(pair) => Err(VpcError::EdgesOutOfOrder { edge: pair[1], previous: pair[0] }),
        None => Ok(()),
    }
}

fn different(times: &[f64]) -> Vec<f64> {
    let mut different = sorted(times);
    different.dedup();
    different
}

fn sorted(times: &[f64]) -> Vec<f64> {
    // -0 and 0 are one time.
    let mut sorted: Vec<f64> = times.iter().map(|time| time + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Edges of about `n` bins of equal counts.
fn cuts(times: &[f64], n: usize) -> Vec<f64> {
    let times = sorted(times);
    let last = times.len() - 1;
    let mut edges = vec![times[0]];
    for number in 1..n {
        let target = number * times.len() / n;
        let reach = times.len() / (3 * n);
        let window = target.saturating_sub(reach).max(1)..=(target + reach).min(last);
        let gap = |index: usize| times[index] - times[index - 1];
        // The widest, and of equally wide ones the nearest to where counts are equal.
        let best = window.max_by(|&a, &b| gap(a).total_cmp(&gap(b)).then(b.abs_diff(target).cmp(&a.abs_diff(target))));
        if let Some(index) = best {
            let edge = times[index - 1].midpoint(times[index]);
            // A visit at one time that is more than a bin's share gives no place to cut.
            if gap(index) > 0.0 && edges.last().is_some_and(|&previous| edge > previous) {
                edges.push(edge);
            }
        }
    }
    edges.push(times[last]);
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(bins: &Bins) -> Vec<i64> {
        bins.of.iter().map(|bin| bin.map_or(-1, i64::from)).collect()
    }

    #[test]
    fn a_bin_holds_its_lower_edge_and_the_last_one_its_upper_edge_too() {
        let times = [-1.0, 0.0, 1.0, 1.5, 2.0, 4.0, 4.5];
        let bins = Bins::new(&BinRule::Edges(vec![0.0, 1.0, 2.0, 4.0]), &times, &times, 3).unwrap();
        assert_eq!(places(&bins), [-1, 0, 1, 1, 2, 2, -1]);
        assert_eq!(bins.n_outside(), 2);
        assert_eq!(bins.bins[1], Bin { low: 1.0, high: 2.0, time: 1.25 });
    }

    #[test]
    fn edges_that_are_none_are_refused_by_value() {
        let error =
            |edges: &[f64]| Bins::new(&BinRule::Edges(edges.to_vec()), &[1.0], &[1.0], 1).unwrap_err().to_string();
        assert_eq!(error(&[0.0]), "1 edge of bins was given; expected at least two, such as 0, 1, 4, 24");
        assert_eq!(error(&[0.0, 2.0, 2.0]), "edge `2` of a bin follows `2`; expected finite, increasing edges");
        assert!(error(&[0.0, f64::NAN]).contains("edge `NaN`"));
        assert_eq!(error(&[0.0, 2.0, 5.0]), "the bin from 2 to 5 holds no observation; leave one of its edges out");
    }

    #[test]
    fn nominal_bins_gather_what_was_late_or_early() {
        let (times, nominal) = ([0.9, 1.1, 4.2, 3.9], [1.0, 1.0, 4.0, 4.0]);
        let bins = Bins::new(&BinRule::Nominal, &times, &nominal, 2).unwrap();
        assert_eq!(bins.bins, [Bin { low: 0.9, high: 1.1, time: 1.0 }, Bin { low: 3.9, high: 4.2, time: 4.0 }]);
        assert_eq!(places(&bins), [0, 0, 1, 1]);
        let many: Vec<f64> = (0..61).map(f64::from).collect();
        let error = Bins::new(&BinRule::Nominal, &many, &many, 2).unwrap_err();
        assert!(error.to_string().starts_with("there are 61 different nominal times"), "{error}");
    }

    #[test]
    fn automatic_bins_are_the_visits_where_times_scatter_round_them() {
        // 30 subjects at 0.5, 1, 2, 4, 8, 24 h, each up to 10 % early or late, and a third of them not seen at 8 h.
        let visits = [0.5, 1.0, 2.0, 4.0, 8.0, 24.0];
        let mut times = Vec::new();
        let mut visit_of = Vec::new();
        for subject in 0..30_u32 {
            for (visit, &time) in visits.iter().enumerate() {
                if visit != 4 || subject % 3 != 0 {
                    times.push(time * (0.9 + 0.2 * f64::from(subject * 7 % 30) / 29.0));
                    visit_of.push(visit as i64);
                }
            }
        }
        let bins = Bins::new(&BinRule::Automatic, &times, &times, 6).unwrap();
        assert_eq!(places(&bins), visit_of);
    }

    #[test]
    fn automatic_bins_of_scattered_times_hold_about_equal_counts() {
        // 200 times without any pattern: a cut moves by a third of a bin at the most, so that bins hold 13 to 67 of 40.
        let times: Vec<f64> = (0..200_u32).map(|i| libm::exp(f64::from(i * 37 % 200) / 40.0)).collect();
        let bins = Bins::new(&BinRule::Automatic, &times, &times, 5).unwrap();
        assert_eq!(bins.bins.len(), 5);
        let count = |bin: u32| bins.of.iter().filter(|&&place| place == Some(bin)).count();
        for bin in 0..5 {
            assert!((13..=67).contains(&count(bin)), "{bin}: {}", count(bin));
        }
        assert_eq!(bins.n_outside(), 0);
    }

    #[test]
    fn bins_of_some_observations_are_theirs_alone() {
        let bins = Bins::new(&BinRule::Automatic, &[1.0, 0.0], &[1.0, 0.0], 2).unwrap().among(&[1, 3], 4);
        assert_eq!(places(&bins), [-1, 1, -1, 0]);
        assert_eq!(bins.n_outside(), 2);
    }

    #[test]
    fn few_different_times_are_bins_of_their_own() {
        let bins = Bins::new(&BinRule::Automatic, &[0.0, -0.0, 1.0], &[0.0; 3], 2).unwrap();
        assert_eq!(places(&bins), [0, 0, 1]);
    }
}

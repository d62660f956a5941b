//! The check by hand: cells, bands, correction, values below quantification.

use super::*;

fn observation(time: f64, value: Option<f64>) -> Observation {
    Observation { id: "1".into(), time, after_dose: None, nominal: time, value, lloq: None, stratum: 0 }
}

fn design(observations: Vec<Observation>) -> VpcDesign {
    let times: Vec<f64> = observations.iter().map(|observation| observation.time).collect();
    let bins = Bins::new(&BinRule::Automatic, &times, &times, 1).unwrap();
    VpcDesign {
        clock: Clock::Start,
        parameters: VpcParameters::Estimates,
        observations,
        strata: vec![String::new()],
        bins,
    }
}

/// `n` observations of value 1 at time 0.
fn flat(n: usize) -> VpcDesign {
    design(vec![observation(0.0, Some(1.0)); n])
}

#[test]
fn bands_are_percentiles_over_replicates_of_percentiles_over_observations() {
    // Replicate r has the values r, r + 10, r + 20 in any order: its median is r + 10, its 5th percentile (a tenth of the way
    // from the first to the second) r + 1, its 95th r + 19. Over r = 0..=40 the 2.5th percentile is that of r = 1.
    let mut vpc = Vpc::new(flat(3), None);
    for r in 0..=40 {
        let r = f64::from(r * 17 % 41);
        vpc.add_replicate(&[r + 20.0, r, r + 10.0]);
    }
    let result = vpc.finish();
    assert_eq!((result.replicates, result.cells.len(), result.cells[0].n), (41, 1, 3));
    let [p5, p50, p95] = result.cells[0].percentiles;
    let close = |found: &Compared, low: f64, median: f64, high: f64| {
        // Rounding of 0.025 and 0.05.
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        near(found.low, low) && near(found.median, median) && near(found.high, high)
    };
    assert!(close(&p5, 2.0, 21.0, 40.0), "{p5:?}");
    assert!(close(&p50, 11.0, 30.0, 49.0), "{p50:?}");
    assert!(close(&p95, 20.0, 39.0, 58.0), "{p95:?}");
    assert_eq!([p5, p50, p95].map(|found| found.is_inside()), [Some(false); 3], "1 lies below all bands");
    assert_eq!(result.inside(), (0, 3));
}

#[test]
fn prediction_correction_is_that_of_the_paper() {
    // Bergstrand 2011 with lower bound 0, by hand: PRED 2, 3, 8 in one bin, with the median 3 (mean 4.33, geometric
    // mean 3.63); observed 4, 4, 4 become 6, 4, 1.5. Simulated 2, 6, 4 become 3, 6, 1.5.
    let mut vpc = Vpc::new(design(vec![observation(0.0, Some(4.0)); 3]), Some(&[2.0, 3.0, 8.0]));
    for _ in 0..40 {
        vpc.add_replicate(&[2.0, 6.0, 4.0]);
    }
    let result = vpc.finish();
    assert_eq!(result.factors, [1.5, 1.0, 0.375]);
    let [p5, p50, p95] = result.cells[0].percentiles;
    // Type 7: a tenth of the way from the first to the second, and nine tenths from the second to the third. Rounding alone.
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} not {expected}");
    near(p5.observed, 1.5 + 0.1 * 2.5);
    near(p50.observed, 4.0);
    near(p95.observed, 4.0 + 0.9 * 2.0);
    for (found, expected) in [(p5, 1.5 + 0.1 * 1.5), (p50, 3.0), (p95, 3.0 + 0.9 * 3.0)] {
        for simulated in [found.low, found.median, found.high] {
            near(simulated, expected);
        }
    }
}

#[test]
fn the_typical_prediction_is_the_median_over_the_observations_of_one_bin_and_stratum() {
    // Bins at 0 and 1 h, strata a and b: medians 2, 10 (between 5 and 15), 7 and 40. A subject with two observations in a bin
    // counts twice.
    let of =
        [(0.0, 0, 1.0), (0.0, 0, 2.0), (0.0, 0, 9.0), (1.0, 0, 5.0), (1.0, 0, 15.0), (0.0, 1, 7.0), (1.0, 1, 40.0)];
    let observations = of.map(|(time, stratum, _)| Observation { stratum, ..observation(time, Some(1.0)) }).to_vec();
    let mut design = design(observations);
    design.strata = vec!["a".to_owned(), "b".to_owned()];
    let result = Vpc::new(design, Some(&of.map(|(_, _, prediction)| prediction))).finish();
    assert_eq!(result.factors, [2.0, 1.0, 2.0 / 9.0, 2.0, 10.0 / 15.0, 1.0, 1.0]);
}

#[test]
fn a_value_is_below_quantification_as_it_was_measured_not_as_it_is_corrected() {
    // Limit 2, factors 1.5, 1, 0.375. Observed 1.9 (below, though 2.85 when corrected), 3 and 4 (1.5 when corrected, and above).
    let limited = |value| Observation { lloq: Some(2.0), ..observation(0.0, value) };
    let observations = vec![limited(None), limited(Some(3.0)), limited(Some(4.0))];
    let mut vpc = Vpc::new(design(observations), Some(&[2.0, 3.0, 8.0]));
    for _ in 0..40 {
        vpc.add_replicate(&[1.9, 3.0, 4.0]);
    }
    let cell = &vpc.finish().cells[0];
    let below = cell.below.unwrap();
    for share in [below.observed, below.low, below.median, below.high] {
        assert_eq!(share, 1.0 / 3.0);
    }
    // Ranked: below, 1.5, 3.
    let [p5, p50, p95] = cell.percentiles;
    assert_eq!([p5.observed, p5.low, p50.observed, p50.low], [f64::NEG_INFINITY, f64::NEG_INFINITY, 1.5, 1.5]);
    assert!((p95.observed - 2.85).abs() < 1e-12 && p95.is_inside() == Some(true));
}

#[test]
fn where_all_of_a_bin_have_one_prediction_correction_changes_nothing() {
    let observations: Vec<Observation> =
        (0..30).map(|i| observation(f64::from(i % 2), Some(f64::from(i * 7 % 30)))).collect();
    let predictions: Vec<f64> = observations.iter().map(|o| if o.time == 0.0 { 7.0 } else { 0.3 }).collect();
    let run = |predictions: Option<&[f64]>| {
        let mut vpc = Vpc::new(design(observations.clone()), predictions);
        (0..40).for_each(|r| vpc.add_replicate(&vec![f64::from(r); 30]));
        vpc.finish().cells
    };
    assert_eq!(run(None), run(Some(&predictions)));
}

#[test]
fn what_has_no_prediction_is_left_out_of_data_and_replicates() {
    let mut vpc = Vpc::new(design(vec![observation(0.0, Some(5.0)); 3]), Some(&[0.0, 4.0, f64::NAN]));
    vpc.add_replicate(&[100.0, 1.0, 100.0]);
    let result = vpc.finish();
    assert_eq!(result.n_uncorrectable(), 2);
    assert_eq!(result.cells[0].n, 1);
    assert_eq!(result.cells[0].percentiles[2].high, 1.0);
}

#[test]
fn values_below_quantification_are_compared_as_shares() {
    let limited = |value| Observation { lloq: Some(2.0), ..observation(0.0, value) };
    let mut vpc = Vpc::new(design(vec![limited(None), limited(None), limited(Some(3.0)), limited(Some(4.0))]), None);
    // One, two or three of four below.
    for r in 0..=40 {
        let third = if r % 3 == 0 { 9.0 } else { 0.5 };
        let second = if r % 3 == 1 { 9.0 } else { 1.9 };
        vpc.add_replicate(&[1.0, second, third, 2.0]);
    }
    let result = vpc.finish();
    let cell = &result.cells[0];
    assert_eq!((cell.n, cell.n_below), (4, 2));
    let below = cell.below.unwrap();
    assert_eq!((below.observed, below.low, below.median, below.high), (0.5, 0.5, 0.5, 0.75));
    assert_eq!(cell.percentiles[0].observed, f64::NEG_INFINITY, "known to be below the limit and no more");
    assert_eq!(cell.percentiles[0].is_inside(), Some(true));
    assert!(cell.percentiles[2].observed > 3.0);
}

#[test]
fn strata_and_bins_without_observations_have_no_cell() {
    let mut observations = vec![observation(0.0, Some(1.0)), observation(1.0, Some(1.0)), observation(0.0, Some(1.0))];
    observations[2].stratum = 1;
    let mut design = design(observations);
    design.strata = vec!["a".to_owned(), "b".to_owned()];
    let result = Vpc::new(design, None).finish();
    let cells: Vec<(usize, usize, usize)> = result.cells.iter().map(|cell| (cell.stratum, cell.bin, cell.n)).collect();
    assert_eq!(cells, [(0, 0, 1), (0, 1, 1), (1, 0, 1)]);
    assert_eq!(result.inside(), (0, 0), "nothing was simulated");
}

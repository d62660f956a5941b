//! Cohorts: who comes out is who was asked for, whatever the size, the order and the neighbours.

use std::path::Path;

use teorell::cohort::streams::Streams;
use teorell::cohort::{Cohort, CohortError, CohortSpec};

const SEED: u64 = 20_170_817;

fn try_cohort(text: &str) -> Result<Cohort, CohortError> {
    let spec: CohortSpec = toml::from_str(text).expect("the test's cohort is TOML");
    Cohort::new(&spec, Path::new("."))
}

fn cohort(text: &str) -> Cohort {
    try_cohort(text).unwrap()
}

fn refused(text: &str) -> String {
    try_cohort(text).expect_err(text).to_string()
}

/// Values of one covariate in all subjects, sorted.
fn sorted(cohort: &Cohort, name: &str) -> Vec<f64> {
    let mut values = column(cohort, name);
    values.sort_by(f64::total_cmp);
    values
}

fn column(cohort: &Cohort, name: &str) -> Vec<f64> {
    let place = cohort.names().iter().position(|known| known == name).unwrap();
    let streams = Streams::new(SEED);
    (1..=cohort.size()).map(|subject| cohort.draw(&streams, subject).unwrap().values[place]).collect()
}

fn quantile(sorted: &[f64], p: f64) -> f64 {
    sorted[(p * (sorted.len() - 1) as f64).round() as usize]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[track_caller]
fn assert_near(value: f64, wanted: f64, relative: f64) {
    assert!((value / wanted - 1.0).abs() < relative, "{value} is not within {relative} of {wanted}");
}

/// Adults with ALL of Garrett 2019: age 46 (20-79), weight 74.0 (30.9-154), BSA 1.86 (1.27-2.81), 40.1 % women.
const GARRETT: &str = r#"
    [body]
    source = "nhanes-2017-18"
    female = 0.401
    age = { min = 20, max = 79, median = 46 }
    weight = { min = 30.9, max = 154, median = 74.0 }
    bsa = { formula = "dubois", min = 1.27, max = 2.81 }
"#;

#[test]
fn the_unshifted_population_is_that_of_the_us_survey() {
    let sexes = |female: f64| cohort(&format!("size = 20000\n[body]\nfemale = {female}\nage = {{ min = 20 }}"));
    let (men, women) = (sexes(0.0), sexes(1.0));
    // Fryar CD et al., Anthropometric reference data 2015-2018, Vital Health Stat 3(46), adults of 20 years and over, weighted,
    // 80 and over among them: 3 % for the unweighted regressions.
    assert_near(mean(&column(&men, "HT")), 175.3, 0.03);
    assert_near(mean(&column(&women, "HT")), 161.3, 0.03);
    assert_near(mean(&column(&men, "WT")), 90.6, 0.03);
    assert_near(mean(&column(&women, "WT")), 77.5, 0.03);
    assert_near(mean(&column(&women, "BMI")), 29.8, 0.03);
}

#[test]
fn the_shifted_population_has_the_published_medians_and_ranges() {
    let cohort = cohort(&format!("size = 20000\n{GARRETT}"));
    let (age, weight, bsa) = (sorted(&cohort, "AGE"), sorted(&cohort, "WT"), sorted(&cohort, "BSA"));
    // A median of 20,000 has a standard error of 0.2 % in weight and 0.3 % in age, that of the sample the shift was found on
    // 0.3 %: four of them.
    assert_near(quantile(&weight, 0.5), 74.0, 0.014);
    assert_near(quantile(&age, 0.5), 46.0, 0.014);
    // BSA was not asked for: it follows from weight and the heights of the survey.
    assert_near(quantile(&bsa, 0.5), 1.86, 0.02);
    assert!(age[0] >= 20.0 && age[19_999] <= 79.0);
    assert!(weight[0] >= 30.9 && weight[19_999] <= 154.0);
    assert!(bsa[0] >= 1.27 && bsa[19_999] <= 2.81);
    // Standard error 0.35 %.
    assert!((mean(&column(&cohort, "SEXF")) - 0.401).abs() < 0.014);
    // The paper's percentiles of all 765 patients, ALL and NHL: 3 % for a population that is not theirs.
    assert_near(quantile(&bsa, 0.1), 1.55, 0.03);
    assert_near(quantile(&bsa, 0.9), 2.21, 0.03);
}

#[test]
fn height_weight_and_what_follows_from_them_belong_together() {
    let cohort = cohort(&format!("size = 500\n{GARRETT}"));
    assert_eq!(cohort.names(), ["SEXF", "AGE", "WT", "HT", "BSA", "LBM", "BMI"]);
    for subject in 1..=500 {
        let [sexf, _, wt, ht, bsa, lbm, bmi] = cohort.draw(&Streams::new(1), subject).unwrap().values[..] else {
            panic!()
        };
        // The formulas once more, in std's powers: 1e-12.
        assert_near(bsa, 0.007184 * ht.powf(0.725) * wt.powf(0.425), 1e-12);
        let boer = if sexf == 1.0 { 0.252 * wt + 0.473 * ht - 48.3 } else { 0.407 * wt + 0.267 * ht - 19.2 };
        assert_near(lbm, boer, 1e-12);
        assert_near(bmi, 1e4 * wt / (ht * ht), 1e-12);
    }
}

#[test]
fn subject_17_is_the_same_person_in_a_cohort_of_20_and_of_20000() {
    let covariates = "[covariates]\nBLSTPB = { lognormal = { median = 5.25, sd_log = 2 }, max = 100 }";
    let draw = |size: u64, subject| {
        cohort(&format!("size = {size}\n{GARRETT}\n{covariates}")).draw(&Streams::new(SEED), subject).unwrap()
    };
    assert_eq!(draw(20, 17), draw(20_000, 17));
    assert_ne!(draw(20, 17), draw(20, 16));
    let another = cohort(&format!("size = 20\n{GARRETT}\n{covariates}")).draw(&Streams::new(SEED + 1), 17).unwrap();
    assert_ne!(draw(20, 17), another);
}

#[test]
fn adding_a_covariate_leaves_the_others_as_they_are() {
    let one = cohort("size = 100\n[covariates]\nB = { uniform = [0, 1] }");
    let two = cohort("size = 100\n[covariates]\nA = { uniform = [0, 1] }\nB = { uniform = [0, 1] }");
    assert_eq!(two.names(), ["A", "B"]);
    assert_eq!(column(&one, "B"), column(&two, "B"));
    assert_ne!(column(&two, "A"), column(&two, "B"));
}

#[test]
fn draws_outside_the_bounds_are_counted() {
    let rejected = |text: &str| {
        let cohort = cohort(text);
        (1..=cohort.size()).map(|subject| cohort.draw(&Streams::new(SEED), subject).unwrap().rejected).sum::<u32>()
    };
    assert_eq!(rejected("size = 1000\n[covariates]\nX = { normal = { mean = 0, sd = 1 } }"), 0);
    // Half of the draws are below 0: 10,000 rejections, standard error 141.
    let half = rejected("size = 10000\n[covariates]\nX = { normal = { mean = 0, sd = 1 }, min = 0 }");
    assert!((9_300..=10_700).contains(&half), "{half}");
    assert!(rejected("size = 1000\n[body]\nweight = { max = 60 }") > 1000);
}

#[test]
fn bounds_do_not_change_the_share_of_women_or_the_ages() {
    let narrow = cohort("size = 20000\n[body]\nfemale = 0.5\nheight = { min = 175 }");
    // Few women are that tall; redrawing the whole person would leave 10 % women. Standard error 0.35 %.
    assert!((mean(&column(&narrow, "SEXF")) - 0.5).abs() < 0.014);
    let free = cohort("size = 20000\n[body]\nfemale = 0.5");
    assert_eq!(column(&narrow, "AGE"), column(&free, "AGE"));
}

#[test]
fn bounds_that_nobody_meets_end_with_the_bounds() {
    let cohort = cohort("size = 10\n[body]\nheight = { min = 250 }");
    let error = cohort.draw(&Streams::new(1), 1).unwrap_err();
    assert!(matches!(error, CohortError::TooManyRejections { rejected: 10_000, .. }), "{error}");
    assert!(error.to_string().contains("height 250 to"), "{error}");
}

#[test]
fn quantiles_come_back_as_published() {
    // Garrett 2019: blasts in peripheral blood, 10th, 50th and 90th percentile.
    let cohort = cohort(
        "size = 40000\n[covariates]\nBLSTPB = { quantiles = [[0.1, 0.0001], [0.5, 5.25], [0.9, 69], [1, 100]] }",
    );
    let blasts = sorted(&cohort, "BLSTPB");
    assert!(blasts[0] == 0.0001 && blasts[39_999] <= 100.0);
    let share_below = |value: f64| blasts.partition_point(|&x| x <= value) as f64 / 40_000.0;
    // On the scale of probability, where standard errors are at most 0.25 %: five of them.
    for (p, value) in [(0.1, 0.0001), (0.5, 5.25), (0.9, 69.0), (0.95, (69.0f64 * 100.0).sqrt())] {
        assert!((share_below(value) - p).abs() < 0.0125, "{p}: {}", share_below(value));
    }
}

#[test]
fn simple_distributions_have_their_moments() {
    let cohort = cohort(
        r#"
        size = 40000
        [covariates]
        FIXED = 1
        NORMAL = { normal = { mean = 70, sd = 12 } }
        LOGNORMAL = { lognormal = { median = 10, cv_percent = 50 } }
        UNIFORM = { uniform = [2, 6] }
        COIN = { probability = 0.3 }
        CLASS = { categories = [[1, 0.2], [2, 0.5], [4, 0.3]] }
        LINEAR = { quantiles = [[0, 0], [0.5, 10], [1, 100]], scale = "linear" }
    "#,
    );
    // (name, mean, sd); the log-normal's mean is 10 sqrt(1 + 0.5²), its CV 50 %. LINEAR is uniform on each half.
    for (name, expected, sd) in [
        ("NORMAL", 70.0, 12.0),
        ("LOGNORMAL", 11.18034, 5.59017),
        ("UNIFORM", 4.0, 1.154701),
        ("COIN", 0.3, 0.458258),
        ("CLASS", 2.4, 1.113553),
        ("LINEAR", 30.0, 31.09126),
    ] {
        let values = column(&cohort, name);
        let error = sd / 200.0;
        assert!((mean(&values) - expected).abs() < 5.0 * error, "{name}: {}", mean(&values));
        let variance = values.iter().map(|x| (x - expected).powi(2)).sum::<f64>() / 40_000.0;
        // The heaviest tail here, the log-normal's, leaves 2 % of error in an SD: 5 %.
        assert_near(variance.sqrt(), sd, 0.05);
    }
    assert!(column(&cohort, "FIXED").iter().all(|&x| x == 1.0));
    assert!(column(&cohort, "CLASS").iter().all(|x| [1.0, 2.0, 4.0].contains(x)));
}

#[test]
fn children_grow_as_the_cdc_charts_say() {
    // statage and wtage, Kuczmarski 2002: 10th, 50th, 90th percentile; ages at the half month.
    for (female, months, heights, weights) in [
        (0, 120.5, [130.4809, 138.8234, 147.4214], [26.20745, 32.08799, 41.96894]),
        (1, 120.5, [129.7752, 138.2112, 147.0322], [26.33132, 33.06392, 43.85001]),
        (0, 24.5, [82.36401, 86.86161, 91.35753], [11.1149, 12.74154, 14.66716]),
        (1, 204.5, [154.6281, 162.9238, 171.2198], [46.29382, 55.18217, 71.63707]),
    ] {
        let age = months / 12.0;
        let cohort = cohort(&format!(
            "size = 20000\n[body]\nsource = \"cdc-2000\"\nfemale = {female}\nage = {{ min = {age}, max = {age} }}"
        ));
        let (ht, wt) = (sorted(&cohort, "HT"), sorted(&cohort, "WT"));
        for (index, p) in [0.1, 0.5, 0.9].into_iter().enumerate() {
            // Five standard errors of a 90th percentile of 20,000: 0.3 % of height (CV 4.6 %), 1.4 % of weight (CV 20 %).
            assert_near(quantile(&ht, p), heights[index], 0.003);
            assert_near(quantile(&wt, p), weights[index], 0.014);
        }
    }
}

#[test]
fn the_children_of_wu_have_about_their_lean_mass() {
    // n = 53: age 9 (1-17) years, weight 34.3 (12.7-147) kg, LBM 29.5 (10.9-69.0) kg.
    let cohort = cohort(
        r#"
        size = 5000
        [body]
        source = "cdc-2000"
        age = { min = 1, max = 17, median = 9 }
        weight = { min = 12.7, max = 147, median = 34.3 }
    "#,
    );
    assert_near(quantile(&sorted(&cohort, "WT"), 0.5), 34.3, 0.05);
    let lbm = sorted(&cohort, "LBM");
    // The median of 53 has a standard error of 8 %, and heights are not published.
    assert_near(quantile(&lbm, 0.5), 29.5, 0.1);
    assert!(lbm[0] > 7.0 && lbm[4_999] < 100.0, "{} {}", lbm[0], lbm[4_999]);
}

#[test]
fn computed_covariates_follow_fixed_weight_and_height() {
    let cohort = cohort(
        "size = 1\n[covariates]\nBSA = { bsa = \"mosteller\" }\nLBM = { lbm = \"boer\" }\nWT = 70\nHT = 170\nSEXF = 1",
    );
    let values = cohort.draw(&Streams::new(1), 1).unwrap().values;
    // Printed to four and two decimals.
    assert!((values[0] - 1.8181).abs() < 5e-5);
    assert!((values[1] - 49.75).abs() < 5e-3);
}

#[test]
fn a_subject_outside_the_cohort_is_named() {
    let cohort = cohort("size = 3\n[covariates]\nA = 1");
    for subject in [0, 4] {
        let error = cohort.draw(&Streams::new(1), subject).unwrap_err().to_string();
        assert_eq!(error, format!("there is no subject {subject} in a cohort of 3; subjects count from 1"));
    }
}

#[test]
fn impossible_cohorts_are_refused_by_key() {
    assert_eq!(refused("size = 0"), "empty cohort: `cohort.size` is 0; expected at least 1");
    assert_eq!(
        refused("size = 1\n[body]\nfemale = 1.2"),
        "`cohort.body.female` is 1.2; expected a probability, 0 to 1"
    );
    assert_eq!(
        refused("size = 1\n[body]\nage = { min = 5 }"),
        "`cohort.body.age.min` is 5; expected 18 to 79 years, the range of the source"
    );
    assert_eq!(
        refused("size = 1\n[body]\nweight = { min = 90, max = 50 }"),
        "`cohort.body.weight` has min 90 above max 50"
    );
    assert_eq!(
        refused("size = 1\n[body]\nweight = { max = 50, median = 60 }"),
        "`cohort.body.weight.median` is 60; expected a number between `min` and `max`"
    );
    assert_eq!(
        refused("size = 1\n[body]\n[covariates]\nWT = 70"),
        "covariate `WT` comes from both `cohort.body` and `cohort.covariates`; drop one"
    );
    let covariate = |text: &str| refused(&format!("size = 1\n[covariates]\nX = {text}"));
    assert!(covariate("{ min = 1 }").starts_with("covariate `X` has 0 distributions; expected one of `normal`"));
    assert!(covariate("{ probability = 0.5, uniform = [0, 1] }").starts_with("covariate `X` has 2 distributions"));
    assert_eq!(
        covariate("{ normal = { mean = 1, sd = -2 } }"),
        "`cohort.covariates.X.normal.sd` is -2; expected 0 or a positive number"
    );
    assert_eq!(
        covariate("{ lognormal = { median = 0, sd_log = 1 } }"),
        "`cohort.covariates.X.lognormal.median` is 0; expected a positive number"
    );
    assert!(covariate("{ lognormal = { median = 1 } }").ends_with("expected one of `sd_log` and `cv_percent`"));
    assert!(
        covariate("{ lognormal = { median = 1, sd_log = 1, cv_percent = 10 } }").ends_with("`sd_log` and `cv_percent`")
    );
    assert_eq!(covariate("{ uniform = [3, 1] }"), "`cohort.covariates.X.uniform` has min 3 above max 1");
    assert_eq!(
        covariate("{ categories = [[1, 0.5], [2, 0.4]] }"),
        "`cohort.covariates.X.categories` is 0.9; expected probabilities that sum to 1"
    );
    assert!(covariate("{ quantiles = [[0.5, 1]] }").contains("at least two pairs"));
    assert!(covariate("{ quantiles = [[0.5, 2], [0.9, 1]] }").contains("in increasing order"));
    assert!(covariate("{ quantiles = [[0.1, 0], [0.9, 1]] }").contains("expected a positive number"));
    assert!(
        covariate("{ probability = 0.5, scale = \"log\" }").starts_with("`cohort.covariates.X.scale` does not go with")
    );
    assert!(covariate("{ bsa = \"dubois\", min = 1 }").starts_with("`cohort.covariates.X.min` does not go with"));
    assert_eq!(
        covariate("{ bsa = \"dubois\" }"),
        "covariate `X` is computed from `WT`, which the cohort does not have; expected WT in kg, HT in cm"
    );
    assert_eq!(covariate("inf"), "`cohort.covariates.X` is inf; expected a finite number");
}

#[test]
fn unknown_keys_and_wrong_types_are_refused_while_reading() {
    for (text, message) in [
        ("size = 1\nbodies = 2", "unknown field `bodies`"),
        ("size = -1", "`cohort.size` is `-1`; expected a whole number of at least 1"),
        ("size = 1\n[body]\nweight = { mediam = 70 }", "unknown field `mediam`"),
        ("size = 1\n[body]\nsource = \"mars\"", "unknown variant `mars`"),
        ("size = 1\n[covariates]\nX = { gamma = 1 }", "unknown field `gamma`"),
        ("size = 1\n[covariates]\nX = \"70\"", "expected a number, or a distribution"),
        ("[covariates]\nX = 1", "missing field `size`"),
    ] {
        let error = toml::from_str::<CohortSpec>(text).expect_err(text).to_string();
        assert!(error.contains(message), "{error}");
    }
}

mod files {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    const PATIENTS: &str = "ID,BSA,ALL\nanna,1.62,1\nben,2.05,1\nclara, 1.71 ,0\n";

    fn read(content: &str, keys: &str) -> Result<Cohort, CohortError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("patients.csv"), content).unwrap();
        let spec: CohortSpec = toml::from_str(&format!("{keys}\npath = \"patients.csv\"")).unwrap();
        Cohort::new(&spec, folder.path())
    }

    fn message(content: &str, keys: &str) -> String {
        let error = read(content, keys).expect_err(content).to_string();
        // The folder is another one in every run.
        error.split_once("patients.csv").map_or(error.clone(), |(_, rest)| format!("patients.csv{rest}"))
    }

    #[test]
    fn rows_are_taken_in_order_by_default() {
        let cohort = read(PATIENTS, "size = 2\n[csv]").unwrap();
        assert_eq!(cohort.names(), ["BSA", "ALL"]);
        let drawn = cohort.draw(&Streams::new(1), 2).unwrap();
        assert_eq!(
            (drawn.id.as_deref(), drawn.values.as_slice(), drawn.rejected),
            (Some("ben"), [2.05, 1.0].as_slice(), 0)
        );
        assert_eq!(cohort.draw(&Streams::new(99), 2).unwrap(), drawn);
    }

    #[test]
    fn semicolons_and_tabs_separate_as_commas_do() {
        let expected = read(PATIENTS, "size = 3\n[csv]").unwrap();
        for separator in [";", "\t"] {
            assert_eq!(read(&PATIENTS.replace(',', separator), "size = 3\n[csv]").unwrap(), expected);
        }
        // Where semicolons separate, commas may stand for points: such numbers are not taken for others.
        let error = message("ID;BSA\nanna;1,62\n", "size = 1\n[csv]");
        assert!(error.contains("patients.csv:2:2") && error.contains("1,62"), "{error}");
    }

    #[test]
    fn chosen_columns_stand_beside_drawn_covariates() {
        let content = "site,patient,BSA\nUppsala,7,1.8\n";
        let cohort =
            read(content, "size = 1\ncovariates = { ALL = 1 }\n[csv]\nid = \"patient\"\ncolumns = [\"BSA\"]").unwrap();
        assert_eq!(cohort.names(), ["BSA", "ALL"]);
        let drawn = cohort.draw(&Streams::new(1), 1).unwrap();
        assert_eq!((drawn.id.as_deref(), drawn.values.as_slice()), (Some("7"), [1.8, 1.0].as_slice()));
    }

    #[test]
    fn body_surface_can_be_computed_from_columns() {
        let content = "id,WT,HT\n1,70,170\n";
        let cohort = read(content, "size = 1\ncovariates = { BSA = { bsa = \"dubois\" } }\n[csv]").unwrap();
        assert!((cohort.draw(&Streams::new(1), 1).unwrap().values[2] - 1.8097).abs() < 5e-5);
    }

    fn numbered(rows: u64) -> String {
        (0..rows).fold("id,X\n".to_owned(), |text, row| format!("{text}{row},{row}\n"))
    }

    #[test]
    fn without_replacement_every_row_comes_once_and_not_in_order() {
        for rows in [1, 2, 3, 10, 100, 257] {
            let keys = format!("size = {rows}\n[csv]\nsample = \"without-replacement\"");
            let cohort = read(&numbered(rows), &keys).unwrap();
            let values = column(&cohort, "X");
            let distinct: BTreeSet<u64> = values.iter().map(|&x| x as u64).collect();
            assert_eq!(distinct.len() as u64, rows);
            if rows >= 10 {
                assert!(!values.is_sorted());
            }
        }
    }

    #[test]
    fn without_replacement_all_rows_are_equally_likely_to_be_first() {
        let cohort = read(&numbered(10), "size = 1\n[csv]\nsample = \"without-replacement\"").unwrap();
        let mut counts = [0; 10];
        for seed in 0..10_000 {
            counts[cohort.draw(&Streams::new(seed), 1).unwrap().values[0] as usize] += 1;
        }
        // 1,000 each, standard error 30: five of them.
        assert!(counts.iter().all(|n| (850..=1150).contains(n)), "{counts:?}");
    }

    #[test]
    fn with_replacement_rows_repeat_at_random() {
        let cohort = read(&numbered(10), "size = 10000\n[csv]\nsample = \"with-replacement\"").unwrap();
        let values = column(&cohort, "X");
        for row in 0..10 {
            let n = values.iter().filter(|&&x| x == f64::from(row)).count();
            // 1,000, standard error 30: five of them.
            assert!((850..=1150).contains(&n), "{row}: {n}");
        }
    }

    #[test]
    fn bad_files_are_refused_by_line_and_column() {
        let in_order = "size = 1\n[csv]";
        assert_eq!(
            message("id,BSA,ALL\n1,1.8,1\n2,tall,1\n", in_order),
            "patients.csv:3:2: `tall` in column `BSA` is not a finite number; correct it, or name the columns wanted in `cohort.csv.columns`"
        );
        assert!(
            message("id,BSA\n1,\n", in_order).starts_with("patients.csv:2:2: an empty cell in column `BSA` is not")
        );
        assert_eq!(
            message("BSA,id\n1.8,\n", in_order),
            "patients.csv:2:2: no identifier in column `id`; give every subject one"
        );
        assert_eq!(
            message("BSA,id\n1.8,anna\n1.7,bert\n1.6,anna\n", in_order),
            "patients.csv:4:2: line 2 has the identifier `anna` as well; expected one line per subject, each with an identifier of its own"
        );
        assert_eq!(message("id,BSA\n1\n", in_order), "patients.csv:2: 1 value; the header has 2 columns");
        assert!(message("id,BSA\n1,NaN\n", in_order).starts_with("patients.csv:2:2: `NaN`"));
        assert_eq!(message("id,BSA\n1,1.8,3\n", in_order), "patients.csv:2: 3 values; the header has 2 columns");
        assert_eq!(
            message("id,BSA,BSA\n1,1.8,1.9\n", in_order),
            "patients.csv:1:3: column `BSA` is there twice; rename one"
        );
        assert_eq!(message("BSA\n1.8\n", in_order), "patients.csv:1: no column `id`; the columns are `BSA`");
        assert_eq!(
            message("id,BSA\n1,1.8\n", "size = 1\n[csv]\ncolumns = [\"bsa\"]"),
            "patients.csv:1: no column `bsa`; the columns are `id`, `BSA`"
        );
        for empty in ["", "id,BSA\n"] {
            assert_eq!(
                message(empty, in_order),
                "patients.csv: no subjects; expected a header line and one line per subject"
            );
        }
        assert_eq!(
            message(PATIENTS, "size = 4\n[csv]"),
            "patients.csv: 3 subjects for a cohort of 4; set `cohort.size = 3`, or `cohort.csv.sample = \"with-replacement\"`"
        );
        assert_eq!(
            message(PATIENTS, "size = 1\ncovariates = { ALL = 1 }\n[csv]"),
            "covariate `ALL` comes from both `cohort.csv` and `cohort.covariates`; drop one"
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = try_cohort("size = 1\n[csv]\npath = \"nowhere.csv\"").unwrap_err().to_string();
        assert!(error.starts_with("cannot read the cohort file ./nowhere.csv: "), "{error}");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("latin.csv"), b"id,BSA\nJ\xf6rg,1.8\n").unwrap();
        let spec: CohortSpec = toml::from_str("size = 1\n[csv]\npath = \"latin.csv\"").unwrap();
        let error = Cohort::new(&spec, folder.path()).unwrap_err().to_string();
        assert!(error.contains("latin.csv") && error.to_lowercase().contains("utf-8"), "{error}");
    }
}

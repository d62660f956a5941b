//! `teorell forest`, from the command to the table: the covariate effects that Garrett et al. 2019 print.

use std::collections::BTreeMap;

use assert_cmd::Command;
use predicates::str::contains;
use tempfile::TempDir;

fn forest(folder: &TempDir, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("teorell").unwrap();
    command.current_dir(folder.path()).arg("forest").args(arguments).assert()
}

/// Rows of `forest.csv` by covariate, value and quantity.
fn rows(folder: &TempDir, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.path().join(name).join("forest.csv")).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn number(rows: &[BTreeMap<String, String>], [covariate, value, quantity]: [&str; 3], column: &str) -> f64 {
    let is_it = |row: &&BTreeMap<String, String>| {
        row["covariate"] == covariate && row["value"] == value && row["quantity"] == quantity
    };
    rows.iter().find(is_it).unwrap_or_else(|| panic!("{covariate} {value} {quantity}"))[column].parse().unwrap()
}

#[test]
fn the_forest_of_garretts_model_gives_the_percentages_of_the_paper() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["--reference", "BSA=1.84", "--reference", "BLSTPB=5.25"];
    for covariate in ["BSA=1.55,2.21", "BLSTPB=0.0001,69", "ALL=0", "RITUX=1"] {
        arguments.extend(["--covariate", covariate]);
    }
    arguments.extend(["--parameters", "cl1,cl2,vc,kdes", "--no-plots", "-q"]);
    forest(&folder, &arguments).success();
    let rows = rows(&folder, "inotuzumab-forest");
    // Garrett 2019, as in data/reference/inotuzumab.toml: printed as whole percents, so within 0.5; V1 at BSA 1.55 within 0.9, as the
    // percentile of BSA is itself rounded to 0.01 m², worth another 0.4.
    for (of, published, within) in [
        (["BSA", "1.55", "cl1"], -23.0, 0.5),
        (["BSA", "2.21", "cl1"], 33.0, 0.5),
        (["BSA", "1.55", "cl2"], -25.0, 0.5),
        (["BSA", "2.21", "cl2"], 35.0, 0.5),
        (["BSA", "1.55", "vc"], -23.0, 0.9),
        (["BSA", "2.21", "vc"], 29.0, 0.5),
        (["BLSTPB", "0.0001", "kdes"], 55.0, 0.5),
        (["BLSTPB", "69", "kdes"], -10.0, 0.5),
    ] {
        let found = number(&rows, of, "change_percent");
        assert!((found - published).abs() <= within, "{of:?}: {found} against {published}");
    }
    // The printed effects themselves, to rounding: CL1 x (1 - 0.745 ALL), x (1 + 0.155 (1 - RITUX)).
    assert!((number(&rows, ["ALL", "0", "cl1"], "ratio") * (1.0 - 0.745) - 1.0).abs() < 1e-12);
    assert!((number(&rows, ["RITUX", "1", "cl1"], "ratio") * 1.155 - 1.0).abs() < 1e-12);
    // By cycle 6 the dose of a cycle leaves within a cycle, by CL1 alone: AUC is dose / CL1, and the dose goes with BSA. 2 % for what is
    // not quite in steady state.
    for (value, bsa) in [("1.55", 1.55_f64), ("2.21", 2.21)] {
        let steady = (bsa / 1.84).powf(1.0 - 1.54);
        let found = number(&rows, ["BSA", value, "auc"], "ratio");
        assert!((found / steady - 1.0).abs() < 0.02, "BSA {value}: {found} against {steady}");
    }
}

#[test]
fn uncertain_parameters_give_confidence_intervals_and_certain_ones_the_spread_of_individuals() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--covariate", "BSA=1.55", "--reference", "BSA=1.84", "--parameters", "cl1", "--no-plots", "-q"];
    let uncertain = ["--set", "uncertainty={ replicates = 400, rse = { e_bsa_cl1 = 20 } }", "--out", "uncertain"];
    forest(&folder, &[&arguments[..], &uncertain].concat()).success();
    let found = rows(&folder, "uncertain");
    assert!(found.iter().all(|row| row["interval"] == "confidence"));
    // ln ratio is e_bsa_cl1 ln(1.55 / 1.84), e normal with mean 1.54 and SD 0.308. An end of 400 draws has a standard error of
    // 2.1 SD / 20 of that logarithm, 0.0056; four of them.
    let slope = (1.55_f64 / 1.84).ln();
    for (column, e) in [("lower", 1.54 + 1.644_854 * 0.308), ("upper", 1.54 - 1.644_854 * 0.308)] {
        let end = number(&found, ["BSA", "1.55", "cl1"], column).ln();
        assert!((end - e * slope).abs() < 0.0224, "{column}: {end} against {}", e * slope);
    }
    forest(&folder, &[&arguments[..], &["--out", "certain"]].concat()).success();
    let found = rows(&folder, "certain");
    let individuals: Vec<_> = found.iter().filter(|row| row["level"] == "individuals").collect();
    assert!(individuals.len() == 3 && individuals.iter().all(|row| row["interval"] == "between_subjects"));
    // ln cl1 has an SD of sqrt(0.178929) between subjects: 5th percentile exp(-1.645 SD); 1,000 subjects, four standard errors.
    let low: f64 = individuals[2]["lower"].parse().unwrap();
    let sd = 0.178_929_f64.sqrt();
    assert!((low.ln() + 1.644_854 * sd).abs() < 4.0 * 2.1 * sd / 1000.0_f64.sqrt(), "{low}");
}

#[test]
fn percentiles_of_the_cohort_are_taken_and_pictures_drawn() {
    let folder = tempfile::tempdir().unwrap();
    forest(&folder, &["-q", "--cycle", "4", "--theme", "dark"]).success();
    let found = rows(&folder, "inotuzumab-forest");
    let levels: Vec<_> = found.iter().map(|row| (row["covariate"].as_str(), row["level"].as_str())).collect();
    // ALL and RITUX are the same in all patients of this cohort.
    assert_eq!(levels[..8].iter().filter(|level| level.1 == "p5").count(), 4);
    assert!(levels.iter().all(|level| ["BSA", "BLSTPB", ""].contains(&level.0)), "{levels:?}");
    let picture = std::fs::read_to_string(folder.path().join("inotuzumab-forest/forest.svg")).unwrap();
    assert!(picture.contains("cycle 4 of fixed") && picture.contains("(95th percentile)"));
}

#[test]
fn what_has_no_forest_is_refused_where_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (vec!["--covariate", "RITUX"], "covariate `RITUX` is 0 in every subject"),
        (vec!["--covariate", "BSB"], "there is no covariate `BSB`; did you mean `BSA`?"),
        (vec!["--covariate", "BSA=high"], "`high` is not a number"),
        (vec!["--covariate", "BSA=0.5"], "the subject with BSA = 0.5 could not be simulated"),
        (vec!["--reference", "BSA"], "expected NAME=VALUE"),
        (vec!["--cycle", "7"], "arm `fixed` has no cycle 7; expected 1 to 6"),
        (vec!["--arm", "fxed"], "did you mean `fixed`?"),
        (vec!["--parameters", "cl3"], "there is no individual parameter `cl3`"),
        (vec!["--theme", "sepia"], "unknown value `sepia`"),
        (vec!["rifampicin"], "every covariate of the model is the same in all subjects (FDC)"),
        (vec!["rifampicin", "--model", "mitoxantrone_an_2012"], "uses no covariates"),
    ] {
        forest(&folder, &arguments).code(2).stdout("").stderr(contains(message));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

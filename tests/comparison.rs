//! Arms against a reference arm, from the command to the table: held against the exposures of the same run.

use std::collections::BTreeMap;
use std::fs;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

/// Saturable elimination: exposure rises faster than the dose, by another factor in every subject. At a weight of 0 there is no
/// volume, and a subject fails.
const MODEL: &str = "drug <- function() {
  units <- list(time = \"h\", dosing = \"mg\", concentration = \"mg/L\")
  ini({
    lvmax <- log(20)
    lvc <- log(30)
    etalvmax ~ 0.09
  })
  model({
    vmax <- exp(lvmax + etalvmax)
    vc <- exp(lvc) * WT / 70
    d/dt(central) <- -vmax * central / vc / (5 + central / vc)
    Cc <- central / vc
  })
}
";

const STUDY: &str = r#"name = "small"
model = "drug.R"
seed = 3
[cohort]
size = 5
covariates = { WT = { categories = [[70, 0.6], [0, 0.4]] } }
[sampling]
grid = [{ to = 24, by = 12 }]
[[arm]]
name = "low"
regimen = { amount = 100, every = "12 h", repeat = 2 }
[[arm]]
name = "high"
regimen = { amount = 200, every = "12 h", repeat = 2 }
[[arm]]
name = "once"
regimen = { amount = 100, every = "12 h", repeat = 1 }
"#;

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new(study: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("s.toml"), study).unwrap();
        fs::write(folder.path().join("drug.R"), MODEL).unwrap();
        Self { folder }
    }

    fn simulate(&self, flags: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::cargo_bin("teorell").unwrap();
        command.current_dir(self.folder.path()).args(["simulate", "s.toml"]).args(flags).assert()
    }

    fn table(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.folder.path().join("small").join(name)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

#[test]
fn the_comparison_is_the_paired_t_interval_of_the_exposures_in_the_same_folder() {
    let bench = Bench::new(&STUDY.replace("[0, 0.4]", "[90, 0.4]"));
    bench.simulate(&["--compare", "reference=low", "--no-plots", "-q"]).success();
    let exposure = bench.table("exposure.csv");
    let rows = bench.table("comparison.csv");
    assert_eq!(rows.len(), 2 * 3 * 2, "two arms, three metrics, two cycles");
    let values = |arm: &str, cycle: &str, quantity: &str| -> Vec<f64> {
        let rows = exposure.iter().filter(|row| row["arm"] == arm && row["cycle"] == cycle);
        rows.map(|row| number(row, quantity)).collect()
    };
    for row in rows.iter().filter(|row| row["test"] == "high") {
        let (cycle, quantity) = (row["cycle"].as_str(), row["quantity"].as_str());
        let (test, reference) = (values("high", cycle, quantity), values("low", cycle, quantity));
        let d: Vec<f64> = test.iter().zip(&reference).map(|(a, b)| (a / b).ln()).collect();
        let mean = d.iter().sum::<f64>() / 5.0;
        let sd = (d.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 4.0).sqrt();
        // Quantile 0.95 of Student's t with 4 degrees of freedom, from tables.
        let half = 2.131_846_786_326_649 * sd / 5.0_f64.sqrt();
        // Rounding alone: both sides start from the same numbers.
        for (column, expected) in [("ratio", mean), ("lower", mean - half), ("upper", mean + half)] {
            assert!((number(row, column) / expected.exp() - 1.0).abs() < 1e-10, "{column} of {row:?}");
        }
        let low = (mean - half).exp();
        assert_eq!(row["within"], if low >= 0.8 && (mean + half).exp() <= 1.25 { "yes" } else { "no" });
        // One standard error of the rank of a median of five is sqrt(0.25 / 5): from 1.106 to 2.894 steps above the smallest ratio.
        let mut ratios: Vec<f64> = d.iter().map(|d| d.exp()).collect();
        ratios.sort_by(f64::total_cmp);
        let at = |low: usize, part: f64| ratios[low] + part * (ratios[low + 1] - ratios[low]);
        let error = (at(2, 0.894_427_191) - at(1, 0.105_572_809)) / 2.0;
        assert!((number(row, "p50_se") - error).abs() < 1e-8 * mean.exp(), "{error} of {row:?}");
        assert!(row["p5_se"].is_empty() && row["p95_se"].is_empty(), "five are too few: {row:?}");
        if quantity == "auc" {
            assert!(number(row, "ratio") > 2.0, "elimination saturates: {row:?}");
        }
    }
}

#[test]
fn failed_subjects_and_cycles_that_an_arm_does_not_have_are_counted_as_missing() {
    let bench = Bench::new(STUDY);
    bench.simulate(&["--compare", "reference=low", "--no-plots", "-q"]).code(3);
    let failed =
        bench.table("subjects.csv").iter().filter(|row| row["arm"] == "low" && row["status"] == "failed").count();
    assert!((1..5).contains(&failed), "some, not all: {failed}");
    for row in bench.table("comparison.csv") {
        let (n, missing) = (number(&row, "n") as usize, number(&row, "missing") as usize);
        let expected = if row["test"] == "once" && row["cycle"] == "2" { (0, 5) } else { (5 - failed, failed) };
        assert_eq!((n, missing), expected, "{row:?}");
        assert_eq!(row["ratio"].is_empty(), n == 0);
    }
}

#[test]
fn what_is_printed_is_the_first_and_the_last_cycle_that_both_arms_have() {
    let bench = Bench::new(&STUDY.replace("[0, 0.4]", "[90, 0.4]"));
    let found =
        bench.simulate(&["--compare", "reference=low", "--no-plots", "--sweep", "arm.high.regimen.amount=150,200"]);
    let text = String::from_utf8(found.success().get_output().stdout.clone()).unwrap();
    let shown = |arm: &str| text.lines().filter(|line| line.starts_with(&format!("{arm} over low"))).count();
    assert_eq!((shown("high"), shown("once")), (6, 3), "{text}");
    assert!(text.contains("first of 2 points of the sweep; all are in the table `comparison`"), "{text}");
}

#[test]
fn what_is_printed_of_one_replicate_says_so() {
    let bench = Bench::new(&STUDY.replace("[0, 0.4]", "[90, 0.4]"));
    let compare = ["--compare", "reference=low", "--no-plots"];
    bench.simulate(&compare).success().stdout(contains("geometric mean ratio  "));
    let uncertain = ["--set", "uncertainty={ replicates = 2, rse = { lvmax = 10 } }"];
    let found = bench.simulate(&[&compare[..], &uncertain].concat()).success();
    found.stdout(contains("geometric mean ratio, first replicate  "));
}

#[test]
fn a_key_of_the_study_says_the_same_as_the_flag_and_threads_change_nothing() {
    let flag = Bench::new(STUDY);
    flag.simulate(&["-n", "300", "--compare", "level=0.95", "--compare", "reference=low", "--threads", "1", "-q"])
        .code(3);
    let key = Bench::new(&format!("{STUDY}[comparison]\nreference = \"low\"\nlevel = 0.95\n"));
    key.simulate(&["-n", "300", "--threads", "4", "-q"]).code(3);
    for name in ["comparison.csv", "comparison.svg", "comparison.png"] {
        let read = |bench: &Bench| fs::read(bench.folder.path().join("small").join(name)).unwrap();
        assert!(read(&flag) == read(&key), "{name}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_where_it_is_said() {
    let bench = Bench::new(STUDY);
    for (flags, message) in [
        (vec!["reference=lwo"], "there is no arm `lwo`"),
        (vec!["low"], "expected reference=ARM"),
        (vec!["reference=low", "level=90"], "confidence level `90` is not between 0 and 1"),
        (vec!["reference=low", "limits=[1.25, 0.8]"], "limits `1.25` and `0.8` are no range of a ratio"),
        (vec!["reference=low", "levle=0.9"], "did you mean `level`?"),
    ] {
        let mut arguments = Vec::new();
        flags.iter().for_each(|flag| arguments.extend(["--compare", flag]));
        bench.simulate(&arguments).code(2).stdout("").stderr(contains(message).and(contains("--compare")));
    }
    bench.simulate(&["--arm", "low", "--compare", "reference=low"]).code(2).stderr(contains("`low` is the only one"));
    bench
        .simulate(&["--arm", "low", "--arm", "high", "--compare", "reference=once"])
        .code(2)
        .stderr(contains("known here: `low`, `high`").or(contains("no arm `once`")));
    let placed = Bench::new(&format!("{STUDY}[comparison]\nreference = \"low\"\nlevel = 2\n"));
    placed.simulate(&[]).code(2).stderr(contains("s.toml:20:9"));
    assert!(!bench.folder.path().join("small").exists());
}

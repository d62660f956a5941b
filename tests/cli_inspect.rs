//! `teorell models`, `show`, `check`, `validate` and `bench` as a user meets them.

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

fn teorell(arguments: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("teorell").unwrap().args(arguments).assert()
}

#[test]
fn models_lists_every_built_in_model_and_prints_texts() {
    let list = teorell(&["models"]).success();
    list.stdout(contains("inotuzumab_garrett_2019").and(contains("clearance falls with time")));
    let text = std::fs::read_to_string("data/models/inotuzumab_wu_2024.R").unwrap();
    teorell(&["models", "inotuzumab_wu_2024"]).success().stdout(text);
    teorell(&["models", "wu"]).code(2).stderr(contains("there is no built-in model `wu`"));
}

#[test]
fn show_tells_parameters_structure_and_solver() {
    let page = teorell(&["show", "inotuzumab_garrett_2019"]).success();
    page.stdout(contains("0.113").and(contains("linear in the states")).and(contains("solver")));
    let json = teorell(&["show", "inotuzumab_garrett_2019", "--json"]).success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert!(json.is_object());
    teorell(&["show", "inotuzumab_garret_2019"]).code(2).stderr(contains("did you mean `inotuzumab_garrett_2019`?"));
}

#[test]
fn check_gives_one_verdict_per_file_and_a_status_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.R");
    std::fs::write(&bad, "bad <- function() {\n  model({\n    y <- frob(1)\n  })\n}\n").unwrap();
    let data = folder.path().join("d.csv");
    std::fs::write(&data, "ID,TIME,AMT\n1,0,100\n1,oops,.\n").unwrap();
    let (bad, data) = (bad.to_str().unwrap(), data.to_str().unwrap());

    teorell(&["check", "inotuzumab_wu_2024"]).success().stdout(contains("inotuzumab_wu_2024: runs"));
    let both = teorell(&["check", "inotuzumab_wu_2024", bad]).code(1);
    both.stdout(contains("refused, 1 error").and(contains("bad.R:3:10")).and(contains("^^^^")));
    teorell(&["check", data]).code(1).stdout(contains("line 3, column 2 (TIME)").and(contains("`oops`")));
    teorell(&["check", data, "--model", "inotuzumab_wu_2024"])
        .code(1)
        .stdout(contains("no column `LBM`; the model takes that covariate from the data, for cl1, cl2, vc"));
    teorell(&["check", "no-such.R", bad]).code(2).stdout(contains("cannot read").and(contains("refused")));

    let latin = folder.path().join("latin.R");
    std::fs::write(&latin, b"m <- function() {\n  d <- \"M\xfcller\"\n  model({ x <- 1 })\n}\n").unwrap();
    let refused = teorell(&["check", latin.to_str().unwrap()]).code(1);
    refused.stdout(contains("refused, 1 error").and(contains("latin.R:2:10")).and(contains("byte 0xFC is not UTF-8")));

    let odd = folder.path().join("odd.R");
    std::fs::write(&odd, "odd <- function() {\n  units <- list(time = \"parsec\")\n  model({ x <- 1 })\n}\n").unwrap();
    let refused = teorell(&["check", odd.to_str().unwrap()]).code(1);
    refused.stdout(contains("odd.R:2:3").and(contains("`parsec` is not a unit of time; expected one of s, min, h,")));

    let json = teorell(&["check", "--json", bad, data]).code(1);
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(json[0]["findings"][0]["line"], 3);
    assert_eq!(json[1]["report"]["errors"]["shown"][0]["line"], 3);
}

#[test]
fn bench_measures_both_modes_for_every_number_of_threads() {
    let csv = teorell(&["bench", "--sizes", "20", "--threads", "1,2", "--csv"]).success();
    let csv = String::from_utf8(csv.get_output().stdout.clone()).unwrap();
    // Both modes with one and two threads; every engine but the exact one at two tolerances, series at three, in both modes.
    assert_eq!(csv.lines().count(), 1 + 2 * 2 + (4 * 2 + 1) * 2, "{csv}");
    let engines = csv.lines().filter_map(|row| row.strip_prefix("engine,"));
    assert_eq!(engines.clone().count(), 9, "{csv}");
    for row in engines {
        let cells: Vec<&str> = row.split(',').collect();
        let (rtol, error): (f64, f64) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
        assert!(error < 20.0 * rtol, "{row}");
    }
    assert!(csv.lines().skip(1).all(|row| row.split(',').next_back().unwrap().parse::<f64>().unwrap() > 0.0), "{csv}");
}

#[test]
fn a_study_is_checked_with_its_model_cohort_and_arms() {
    let oral = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/studies/oral.toml");
    teorell(&["check", oral]).success().stdout(format!("{oral}: runs (2 arms, 200 subjects)\n"));
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "model = \"inotuzumab_wu_2024\"\nsed = 3\n").unwrap();
    let refused = contains(": refused\nerror: unknown key `sed`")
        .and(contains("bad.toml:2:1"))
        .and(contains("did you mean `seed`?"));
    teorell(&["check", bad.to_str().unwrap()]).code(1).stdout(refused);
    teorell(&["check", "none.toml"]).code(2).stdout(contains("cannot read study file `none.toml`"));
}

#[test]
fn validate_meets_every_published_number() {
    // The whole list, sources and reasons included, at its full cohort sizes.
    let json = teorell(&["validate", "--json"]).success();
    let json: Vec<serde_json::Value> = serde_json::from_slice(&json.get_output().stdout).unwrap();
    let failed: Vec<&serde_json::Value> = json.iter().filter(|value| value["verdict"] == "fail").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let judged = json.iter().filter(|value| value["verdict"] == "pass").count();
    assert!(judged >= 49, "only {judged} numbers were judged");
    assert!(json.iter().all(|value| value["simulated"].is_f64() && !value["reason"].as_str().unwrap().is_empty()));
}

#[test]
fn every_column_of_the_table_of_published_numbers_has_a_heading() {
    let table = teorell(&["validate", "-q", "--solver", "taylor"]).success();
    let text = String::from_utf8(table.get_output().stdout.clone()).unwrap();
    let [headings, rule] = [0, 1].map(|line| text.lines().nth(line).unwrap_or_default());
    let mut start = 0;
    for column in rule.split("  ").filter(|column| !column.is_empty()) {
        let heading: String = headings.chars().skip(start).take(column.len()).collect();
        assert!(!heading.trim().is_empty(), "a column without a heading:\n{headings}\n{rule}");
        start += column.len() + 2;
    }
    assert_eq!(start, rule.len() + 2);
}

#[test]
fn numbers_of_flags_that_are_none_are_refused_with_what_is_expected() {
    for (flags, expected) in [
        (["nca", "d.csv", "--tau", "12h"], "'--tau <TIME>': expected a number, such as 12.5"),
        (["vpc", "d.csv", "--lloq", "low"], "'--lloq <VALUE>': expected a number, such as 12.5"),
        (["bench", "inotuzumab", "--sizes", "1e3"], "'--sizes <LIST>': expected a whole number in digits"),
    ] {
        teorell(&flags).code(2).stderr(contains(expected));
    }
}

#[test]
fn a_solver_that_does_not_exist_is_refused_by_validate() {
    teorell(&["validate", "--solver", "no-such"]).code(2).stderr(contains("unknown value `no-such`"));
}

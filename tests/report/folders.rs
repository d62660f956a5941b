//! Folders that a report can be made of, and those that it cannot.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::Bench;

#[test]
fn a_folder_can_be_run_again_by_itself_to_the_same_tables() {
    let bench = Bench::simulated();
    fs::remove_file(bench.path("s.toml")).unwrap();
    fs::remove_file(bench.path("oral.R")).unwrap();
    bench.teorell(&["simulate", "small/study.toml", "--out", "again", "-q"]).success();
    for table in ["profiles.csv", "exposure.csv", "subjects.csv", "summary.csv", "study.toml", "model.R"] {
        assert_eq!(bench.read(&format!("small/{table}")), bench.read(&format!("again/{table}")), "{table}");
    }
}

#[test]
fn changed_and_removed_files_are_named_and_the_study_is_not_run_from_a_changed_copy() {
    let bench = Bench::simulated();
    let summary = bench.read("small/summary.csv");
    fs::write(bench.path("small/summary.csv"), summary.replacen("plain", "plane", 1)).unwrap();
    fs::remove_file(bench.path("small/spaghetti.png")).unwrap();
    let run = bench.teorell(&["report", "small"]).code(1);
    run.stderr(contains("`small/summary.csv` is not as the run wrote it").and(contains("`small/spaghetti.png`")));
    let page = bench.read("small/report.html");
    assert!(
        page.contains("<code>summary.csv</code> was changed.")
            && page.contains("<code>spaghetti.png</code> was removed.")
    );

    let study = bench.read("small/study.toml");
    fs::write(bench.path("small/study.toml"), study.replace("seed = 7", "seed = 8")).unwrap();
    bench.teorell(&["report", "small"]).code(1);
    let page = bench.read("small/report.html");
    assert!(page.contains("Not shown. study.toml was changed since the run."));
    assert!(!page.contains("Balance of mass"));
}

#[test]
fn a_picture_that_was_changed_does_not_get_into_the_page() {
    let bench = Bench::simulated();
    let svg = bench.read("small/concentration.svg");
    fs::write(bench.path("small/concentration.svg"), svg.replace("</svg>", "<script>alert(1)</script></svg>")).unwrap();
    bench.teorell(&["report", "small"]).code(1);
    assert!(!bench.read("small/report.html").contains("alert(1)"));
}

#[test]
fn folders_without_a_finished_run_are_refused_with_the_way_out() {
    let bench = Bench::simulated();
    let refused = |folder: &str, message: &str| {
        bench.teorell(&["report", folder]).code(2).stdout("").stderr(contains(message.to_owned()));
    };
    refused("nowhere", "`nowhere` is not a folder; give one that `teorell simulate`, `vpc` or `forest` wrote");
    refused("s.toml", "`s.toml` is not a folder");
    fs::create_dir(bench.path("empty")).unwrap();
    refused("empty", "`empty` holds no `run.json`");
    fs::create_dir(bench.path("cut")).unwrap();
    fs::write(bench.path("cut/.teorell-abc-profiles.csv"), "arm,id").unwrap();
    refused("cut", "the run into `cut` did not end (it left `.teorell-abc-profiles.csv`); run it again");
    fs::create_dir(bench.path("foreign")).unwrap();
    fs::write(bench.path("foreign/run.json"), "{\"a\": 1}").unwrap();
    refused("foreign", "is not a manifest of this program");
    assert!(!bench.path("empty/report.html").exists());
}

#[test]
fn a_table_that_can_no_longer_be_read_is_named_with_its_line() {
    let bench = Bench::simulated();
    let summary = bench.read("small/summary.csv");
    fs::write(bench.path("small/summary.csv"), summary.replacen(",profile,", ",prophet,", 1)).unwrap();
    let run = bench.teorell(&["report", "small"]).code(2);
    let place = contains("line 2: column `kind` has `prophet`, expected `profile` or `exposure`");
    run.stderr(place.and(contains("hint: `summary.csv` was changed since the run; run the study again")));
    assert!(!bench.path("small/report.html").exists());
}

#[test]
fn the_page_goes_where_it_is_wanted_or_nowhere() {
    let bench = Bench::simulated();
    let manifest = bench.read("small/run.json");
    bench.teorell(&["report", "small", "--output", "for-review.html"]).success().stdout("for-review.html\n");
    assert!(bench.read("for-review.html").starts_with("<!DOCTYPE html>"));
    assert_eq!(manifest, bench.read("small/run.json"), "a page elsewhere is none of the folder's files");
    bench
        .teorell(&["report", "small", "-o", "no/such/x.html"])
        .code(4)
        .stderr(contains("could not write `no/such/x.html`"));
    fs::write(bench.path("small/report.html"), "mine").unwrap();
    bench.teorell(&["report", "small"]).code(4).stderr(contains("is not replaced").and(contains("--output")));
    assert_eq!(bench.read("small/report.html"), "mine");
}

#[test]
fn the_next_run_takes_an_outdated_report_away() {
    let bench = Bench::simulated();
    bench.report();
    bench.teorell(&["simulate", "s.toml", "-q", "--seed", "8"]).success();
    assert!(!bench.path("small/report.html").exists());
}

#[test]
fn a_table_of_another_kind_is_picked_up_with_the_meaning_of_its_columns() {
    let bench = Bench::simulated();
    let table = "arm,target,attained\nplain,auc > 80,0.75\n";
    fs::write(bench.path("small/targets.csv"), table).unwrap();
    let hash = blake3::hash(table.as_bytes()).to_string();
    let mut run: serde_json::Value = serde_json::from_str(&bench.read("small/run.json")).unwrap();
    run["files"].as_array_mut().unwrap().push(serde_json::json!({
        "name": "targets.csv", "bytes": table.len(), "blake3": hash,
        "columns": [{ "name": "attained", "unit": "", "meaning": "share of the subjects who reach it" }],
    }));
    fs::write(bench.path("small/run.json"), run.to_string()).unwrap();
    let page = bench.report();
    assert!(page.contains("<h3>Target attainment</h3>") && page.contains("data-v=\"0.75\""));
    assert!(page.contains("share of the subjects who reach it") && page.contains("auc &gt; 80"));
}

#[test]
fn a_data_set_has_a_report_too() {
    let bench = Bench::new();
    let data = "ID,TIME,AMT,DV,EVID,MDV,WT,SEX\n1,0,100,.,1,1,70,1\n1,4,0,1.5,0,0,70,1\n1,12,0,0.7,0,0,70,1\n2,0,50,.,1,1,80,0\n2,4,0,0.9,0,0,80,0\n";
    fs::write(bench.path("d.csv"), data).unwrap();
    bench.teorell(&["simulate", "--data", "d.csv", "--model", "oral.R", "--out", "small", "-q"]).success();
    fs::remove_file(bench.path("d.csv")).unwrap();
    bench.teorell(&["report", "small"]).success();
    let page = bench.read("small/report.html");
    assert!(page.contains("records of a data set may reset, replace and begin in a steady state"));
    assert!(page.contains("Doses over the first 2 subjects"));
    assert!(page.contains("<code>study-data.csv</code>"));
}

#[test]
fn failed_subjects_are_listed_with_their_reasons() {
    let bench = Bench::new();
    let study = bench
        .read("s.toml")
        .replace("normal = { mean = 70, sd = 12 }, min = 45, max = 110", "categories = [[70, 0.5], [0, 0.5]]");
    fs::write(bench.path("s.toml"), study).unwrap();
    let run = bench.teorell(&["simulate", "s.toml", "-q", "-n", "40"]);
    let code = run.get_output().status.code();
    assert_eq!(code, Some(3), "{:?}", String::from_utf8_lossy(&run.get_output().stderr));
    let page = bench.report();
    assert!(page.contains("subjects times arms failed. Summaries are over the others."));
    let failed = &page[page.find("<section id=\"failures\">").unwrap()..];
    assert!(failed.contains("Failed subjects") && failed.contains("must be positive"), "{failed}");
}

/// Ids of the sections of a page.
fn sections(page: &str) -> Vec<&str> {
    page.split("<section id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_page_does_not_grow_with_the_number_of_subjects() {
    let bench = Bench::new();
    let size_of = |n: &str| {
        let outputs = "summary,exposure,subjects,plots";
        bench.teorell(&["simulate", "s.toml", "-q", "-n", n, "--outputs", outputs, "--grid", "0:96:12"]).success();
        bench.report().len() as f64
    };
    let (few, many) = (size_of("40"), size_of("1200"));
    // The histograms have more bars over more subjects, and their number is bounded; thirty times the rows would be some 300 kB.
    assert!((many / few - 1.0).abs() < 0.05, "{few} and {many} bytes");
}

#[test]
fn a_visual_check_has_a_report_that_repeats_it() {
    let bench = Bench::new();
    let data = "ID,TIME,AMT,DV,EVID,MDV,WT,SEX\n1,0,100,.,1,1,70,1\n1,4,0,1.5,0,0,70,1\n1,12,0,0.7,0,0,70,1\n2,0,50,.,1,1,80,0\n2,4,0,0.9,0,0,80,0\n2,12,0,0.4,0,0,80,0\n";
    fs::write(bench.path("d.csv"), data).unwrap();
    bench.teorell(&["vpc", "d.csv", "--model", "oral.R", "--replicates", "40", "--out", "small", "-q"]).success();
    fs::remove_file(bench.path("d.csv")).unwrap();
    fs::remove_file(bench.path("oral.R")).unwrap();
    bench.teorell(&["report", "small"]).success();
    let page = bench.read("small/report.html");
    assert_eq!(sections(&page), ["question", "model", "regimen", "results", "checks", "failures", "reproducibility"]);
    assert!(page.contains("2 subjects, each simulated 40 times"));
    assert!(page.contains("<code>teorell vpc study.toml --out again</code>"));
    assert!(!page.contains(&bench.path("").display().to_string()), "no path of this machine");
    let table = bench.read("small/vpc.csv");
    // Quiet but for a word on so few replicates.
    let again = bench.path("small/study.toml").display().to_string();
    bench.teorell(&["vpc", &again, "--out", "again", "-q"]).success();
    assert_eq!(bench.read("again/vpc.csv"), table);
}

#[test]
fn a_forest_has_a_report_without_subjects() {
    let bench = Bench::new();
    bench.teorell(&["forest", "s.toml", "--covariate", "WT", "--out", "small", "-q"]).success();
    fs::remove_file(bench.path("oral.R")).unwrap();
    bench.teorell(&["report", "small"]).success();
    let page = bench.read("small/report.html");
    assert_eq!(sections(&page), ["question", "model", "regimen", "results", "checks", "reproducibility"]);
    assert!(!page.contains("<dt>Subjects</dt>") && page.contains("<code>teorell forest study.toml --out again</code>"));
    let arms = &page[page.find("<ul class=\"arms\">").unwrap()..];
    assert_eq!(arms[..arms.find("</ul>").unwrap()].matches("<li>").count(), 1, "the arm that it is of");
    let table = bench.read("small/forest.csv");
    let again = bench.path("small/study.toml").display().to_string();
    bench.teorell(&["forest", &again, "--out", "again", "-q"]).success();
    assert_eq!(bench.read("again/forest.csv"), table);
}

#[test]
fn a_sweep_says_its_points_and_folds_its_tables() {
    let bench = Bench::new();
    let sweep = ["--sweep", "amount=50:200:50", "--sweep", "cohort.covariates.SEX=1,2"];
    bench.teorell(&[&["simulate", "s.toml", "-q"], &sweep[..]].concat()).success();
    let page = bench.report();
    assert!(page.contains("6 subjects, at each of 8 points of the sweep"));
    assert!(page.contains("amount (mg): 50, 100, 150, 200; cohort.covariates.SEX: 1, 2"));
    assert!(page.contains("Doses are those at the first point of the sweep, amount 50 mg, cohort.covariates.SEX 1."));
    let cohort = &page[page.find("<section id=\"cohort\">").unwrap()..page.find("<section id=\"regimen\">").unwrap()];
    assert_eq!(cohort.matches(">SEX</td>").count(), 1);
    let results = &page[page.find("<section id=\"results\">").unwrap()..];
    assert!(results.contains("<details class=\"folded unprinted\"><summary>Show 600 rows</summary>"));
    assert!(
        results.contains("The first 600 of 1408 rows"),
        "eleven quantities of eight cycles, two arms, eight points"
    );
}

#[test]
fn compressed_tables_are_shown_too() {
    let bench = Bench::new();
    bench.teorell(&["simulate", "s.toml", "-q", "--format", "csv.zst"]).success();
    let page = bench.report();
    assert!(page.contains("<code>accumulation.csv.zst</code>.") && page.contains("Covariates over the subjects"));
}

#[test]
fn uncertainty_says_what_is_uncertain_and_which_interval_is_which() {
    let bench = Bench::new();
    let uncertainty = "[uncertainty]\nreplicates = 3\nrse = { lcl = 10 }\nomega_df = 30\n\n[sampling]";
    fs::write(bench.path("s.toml"), bench.read("s.toml").replace("[sampling]", uncertainty)).unwrap();
    bench.teorell(&["simulate", "s.toml", "-q"]).success();
    let page = bench.report();
    assert!(page.contains("6 subjects, under each of 3 sets of parameters, each in all of 2 arms"));
    assert!(page.contains("<li>fixed effects lcl</li><li>variances of etalcl, with 30 degrees of freedom</li>"));
    assert!(page.contains("<li>summary.csv: prediction interval of a new subject"));
    assert!(page.contains("<h3>Confidence intervals over replicates</h3>"));
}

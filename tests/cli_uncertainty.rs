//! `teorell simulate` with uncertain parameters, as a user meets it: files, intervals, replicates.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

const STUDY: &str = r#"name = "small"
model = "oral.R"
seed = 7

[cohort]
size = 30
covariates = { WT = { normal = { mean = 70, sd = 10 }, min = 40 } }

[sampling]
grid = [{ to = 24, by = 6 }]

[[arm]]
name = "one"
regimen = { amount = 100, every = "12 h", repeat = 2 }

[[arm]]
name = "two"
regimen = { amount = 200, every = "12 h", repeat = 2 }
"#;

const UNCERTAINTY: &str = "\n[uncertainty]\nreplicates = 25\nrse = { lcl = 10, lka = 20 }\nomega_df = 30\n";

fn folder(study: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/models/oral.R");
    fs::copy(model, folder.path().join("oral.R")).unwrap();
    fs::write(folder.path().join("s.toml"), study).unwrap();
    folder
}

fn simulate(folder: &Path, out: &str, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("teorell").unwrap();
    command.current_dir(folder).args(["simulate", "s.toml", "-q", "--out", out]).args(arguments).assert()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap())).collect()
}

/// Rows of a table by the names of its columns.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

#[test]
fn no_replicates_are_no_uncertainty_byte_for_byte_in_all_files() {
    let plain = folder(STUDY);
    simulate(plain.path(), "out", &[]).success();
    let uncertain = folder(&format!("{STUDY}{UNCERTAINTY}trials = 3\n"));
    simulate(uncertain.path(), "out", &["--replicates", "0"]).success();
    let (mut a, mut b) = (files(&plain.path().join("out")), files(&uncertain.path().join("out")));
    // The manifest quotes the study and says how long it took; the folder holds the study.
    let manifest = |files: &mut BTreeMap<String, Vec<u8>>| {
        files.remove("study.toml").unwrap();
        let mut manifest: serde_json::Value = serde_json::from_slice(&files.remove("run.json").unwrap()).unwrap();
        manifest["files"].as_array_mut().unwrap().retain(|file| file["name"] != "study.toml");
        manifest["study"]["text"].take();
        manifest["timings"].take();
        manifest
    };
    assert_eq!(manifest(&mut a), manifest(&mut b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    assert!(a.len() > 6, "tables and pictures: {:?}", a.keys());
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{name} differs");
    }
}

#[test]
fn failures_are_told_with_their_replicate_and_with_what_would_tell_the_others() {
    // Nobody weighs 0 kg: no volume, no clearance.
    let massless = STUDY.replace("{ normal = { mean = 70, sd = 10 }, min = 40 }", "0");
    let uncertain = folder(&format!("{massless}{UNCERTAINTY}"));
    let few = ["-n", "2", "--replicates", "2", "--no-plots"];
    simulate(uncertain.path(), "out", &few).code(3).stderr(
        contains("subject 1 in arm `one`, replicate 1 failed")
            .and(contains("3 more failed; `--set uncertainty.rows=true` writes")),
    );
    let rows = [&few[..], &["--set", "uncertainty.rows=true", "--format", "csv.gz"]].concat();
    simulate(uncertain.path(), "out", &rows).code(3).stderr(contains("3 more failed; `subjects.csv.gz` says why"));
    let plain = folder(&massless);
    simulate(plain.path(), "out", &["-n", "3", "--no-plots", "--outputs", "summary"])
        .code(3)
        .stderr(contains("replicate").not().and(contains("1 more failed; `subjects` among the outputs writes")));
}

#[test]
fn replicates_are_written_with_their_parameters_and_intervals() {
    let folder = folder(&format!("{STUDY}{UNCERTAINTY}"));
    simulate(folder.path(), "out", &["--no-plots", "--threads", "1"]).success();
    let out = folder.path().join("out");
    let names: Vec<String> = files(&out).into_keys().collect();
    // Rows of subjects are not written unless asked for.
    assert_eq!(
        names,
        [
            "accumulation.csv",
            "confidence.csv",
            "model.R",
            "replicate_summary.csv",
            "replicates.csv",
            "run.json",
            "study.toml",
            "summary.csv"
        ]
    );
    let replicates = table(&out.join("replicates.csv"));
    assert_eq!(replicates.len(), 25);
    assert!(replicates.iter().enumerate().all(|(i, row)| row["replicate"] == i.to_string() && row["trial"] == "0"));
    let clearances: Vec<f64> = replicates.iter().map(|row| number(row, "lcl")).collect();
    let spread = clearances.iter().map(|x| (x - 4.0_f64.ln()).powi(2)).sum::<f64>() / 25.0;
    // 25 draws with SD 0.1: the SD of their SD is a seventh, so five of them reach from 0.03 to 0.17.
    assert!((0.03..0.17).contains(&spread.sqrt()), "{spread}");
    assert!(replicates.iter().all(|row| number(row, "omega_etalcl") > 0.0));

    let confidence = table(&out.join("confidence.csv"));
    let summaries = table(&out.join("replicate_summary.csv"));
    let pooled = table(&out.join("summary.csv"));
    let is = |row: &&BTreeMap<String, String>| row["arm"] == "two" && row["quantity"] == "auc" && row["cycle"] == "2";
    let median = confidence.iter().filter(is).find(|row| row["statistic"] == "p50").unwrap();
    assert_eq!((median["interval"].as_str(), median["n"].as_str()), ("confidence", "25"));
    let mut medians: Vec<f64> = summaries.iter().filter(is).map(|row| number(row, "p50")).collect();
    assert_eq!(medians.len(), 25);
    medians.sort_by(f64::total_cmp);
    assert_eq!(number(median, "p50"), medians[12]);
    assert!(number(median, "p2_5") >= medians[0] && number(median, "p97_5") <= medians[24]);
    // The interval of a new subject holds that of the median: people differ more than medians do.
    let all = pooled.iter().find(is).unwrap();
    assert_eq!(all["n"], "750");
    assert!(number(all, "p5") < number(median, "p2_5") && number(all, "p95") > number(median, "p97_5"));

    simulate(folder.path(), "again", &["--no-plots", "--threads", "3"]).success();
    for (name, bytes) in files(&folder.path().join("again")).iter().filter(|(name, _)| *name != "run.json") {
        assert!(*bytes == fs::read(out.join(name)).unwrap(), "{name} differs with other threads");
    }
}

#[test]
fn summaries_say_which_interval_they_are_and_how_exact() {
    let folder = folder(&format!("{STUDY}{UNCERTAINTY}"));
    simulate(folder.path(), "out", &["--no-plots"]).success();
    simulate(folder.path(), "sure", &["--no-plots", "--replicates", "0"]).success();
    let of = |path: &str| {
        let rows = table(&folder.path().join(path));
        let is =
            |row: &BTreeMap<String, String>| row["arm"] == "two" && row["quantity"] == "auc" && row["cycle"] == "2";
        rows.into_iter().filter(is).collect::<Vec<_>>()
    };
    let (pooled, sure) = (&of("out/summary.csv")[0], &of("sure/summary.csv")[0]);
    let confidence = &of("out/confidence.csv")[2];
    assert_eq!(
        [&pooled["interval"], &sure["interval"], &confidence["interval"]],
        ["prediction", "prediction", "confidence"]
    );
    assert!((number(sure, "mean_se") - number(sure, "sd") / 30.0_f64.sqrt()).abs() < 1e-12 * number(sure, "mean"));
    // 750 subjects are 30 people under 25 sets of parameters: hardly more exact than 30, and far from sqrt(750).
    let independent = number(pooled, "sd") / 750.0_f64.sqrt();
    assert!(number(pooled, "mean_se") > 3.0 * independent, "{pooled:?}");
    assert!(number(pooled, "p50_se") > 0.0 && number(pooled, "mean_se") < number(pooled, "sd") / 5.0_f64.sqrt());
    // People of their own in every replicate say more.
    let fresh = ["--no-plots", "--set", "uncertainty.common_random_numbers=false"];
    simulate(folder.path(), "fresh", &fresh).success();
    assert!(number(&of("fresh/summary.csv")[0], "mean_se") < 0.6 * number(pooled, "mean_se"));
    // What each replicate says has the error of its own people.
    let replicate = &of("out/replicate_summary.csv")[0];
    assert_eq!(replicate["interval"], "prediction");
    assert!(number(replicate, "p50_se") > 0.0 && replicate["p5_se"] != replicate["p95_se"]);
    // Exposure alone has them too.
    simulate(folder.path(), "short", &["--no-plots", "--outputs", "exposure"]).success();
    assert_eq!(of("short/summary.csv")[0], *pooled);
}

#[test]
fn pictures_show_both_intervals_and_say_which_is_which() {
    let folder = folder(&format!("{STUDY}{UNCERTAINTY}"));
    simulate(folder.path(), "out", &[]).success();
    simulate(folder.path(), "sure", &["--replicates", "0"]).success();
    let picture = |out: &str| fs::read_to_string(folder.path().join(out).join("concentration.svg")).unwrap();
    let (unsure, sure) = (picture("out"), picture("sure"));
    for part in ["prediction interval of a new subject", "confidence interval of the median", "over 25 replicates"] {
        assert!(unsure.contains(part), "{part}");
    }
    assert!(sure.contains("90 % prediction interval of a new subject") && !sure.contains("confidence"));
    let mut plot = Command::cargo_bin("teorell").unwrap();
    plot.current_dir(folder.path()).args(["plot", "out"]).assert().success();
    assert_eq!(unsure, picture("out"), "drawn again from the tables it is the same");
}

#[test]
fn every_point_of_a_sweep_has_the_uncertainty_of_a_run_of_its_own() {
    let folder = folder(&format!("{STUDY}{UNCERTAINTY}"));
    let run = ["--no-plots", "--replicates", "6", "--target", "auc > 20"];
    let sweep = ["--sweep", "parameters.lcl=1.2,1.6", "--threads", "3"];
    simulate(folder.path(), "swept", &[&run[..], &sweep].concat()).success();
    for value in ["1.2", "1.6"] {
        simulate(folder.path(), value, &[&run[..], &["--param", &format!("lcl={value}")]].concat()).success();
        for name in ["summary", "confidence", "replicate_summary", "replicates", "targets", "target_confidence"] {
            let read = |out: &str| fs::read_to_string(folder.path().join(out).join(format!("{name}.csv"))).unwrap();
            let prefix = format!("{value},");
            let of_point: Vec<String> =
                read("swept").lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect();
            let alone: Vec<String> = read(value).lines().skip(1).map(str::to_owned).collect();
            assert!(!alone.is_empty() && of_point == alone, "{name} at {value}");
        }
    }
    // Points that would need other tables are refused before anything is written.
    for sweep in ["uncertainty.replicates=0,6", "uncertainty.replicates=1,6"] {
        simulate(folder.path(), "none", &["--sweep", sweep])
            .code(2)
            .stderr(contains("`uncertainty.replicates`").and(contains("one study per value")));
        assert!(!folder.path().join("none").exists());
    }
    // How sure something is may itself be swept.
    simulate(folder.path(), "rse", &["--no-plots", "--sweep", "uncertainty.rse.lcl=5,20"]).success();
    let spread = |rse: &str| {
        let rows = table(&folder.path().join("rse/confidence.csv"));
        let is = |row: &&BTreeMap<String, String>| {
            row["quantity"] == "auc" && row["statistic"] == "p50" && row["uncertainty.rse.lcl"] == rse
        };
        number(rows.iter().find(is).unwrap(), "sd")
    };
    // Four times the error of CL, beside the omegas' own: twice at the least.
    assert!(spread("20") > 2.0 * spread("5"));
}

#[test]
fn common_random_numbers_give_every_replicate_the_same_people_and_fresh_ones_do_not() {
    let study = format!("{STUDY}{UNCERTAINTY}rows = true\ntrials = 2\n");
    let people = |common: &str| {
        let folder = folder(&study);
        let set = format!("uncertainty.common_random_numbers={common}");
        simulate(folder.path(), "out", &["--no-plots", "--replicates", "2", "-n", "3", "--set", &set]).success();
        let rows = table(&folder.path().join("out/subjects.csv"));
        // Two draws of two trials of three people.
        let mut weights = vec![Vec::new(); 4];
        for row in rows.iter().filter(|row| row["arm"] == "one") {
            weights[number(row, "replicate") as usize].push(row["WT"].clone());
        }
        assert!(weights.iter().all(|weights| weights.len() == 3));
        let both =
            |arm: &str| rows.iter().filter(|row| row["arm"] == arm).map(|row| row["WT"].clone()).collect::<Vec<_>>();
        assert_eq!(both("one"), both("two"), "arms share their people");
        weights
    };
    let common = people("true");
    assert_eq!((&common[0], &common[1]), (&common[2], &common[3]));
    assert_ne!(common[0], common[1], "trials differ");
    let fresh = people("false");
    assert_eq!(fresh[0], common[0]);
    assert!(fresh[1..].iter().all(|weights| *weights != fresh[0]));
}

#[test]
fn a_data_set_is_replicated_with_uncertain_parameters_too() {
    let folder = folder(
        "model = \"oral.R\"\n[data]\npath = \"d.csv\"\nreplicates = 2\n[residual]\non = false\n[uncertainty]\nreplicates = 30\nrse = { lcl = 10 }\nrows = true\n",
    );
    fs::write(
        folder.path().join("d.csv"),
        "ID,TIME,AMT,EVID,DV,WT\n1,0,100,1,.,70\n1,12,.,0,.,70\n2,0,100,1,.,90\n2,12,.,0,.,90\n",
    )
    .unwrap();
    simulate(folder.path(), "out", &["--no-plots"]).success();
    let rows = table(&folder.path().join("out/profiles.csv"));
    assert_eq!(rows.iter().filter(|row| row["time"] == "12").count(), 30 * 2 * 2);
    let replicates = table(&folder.path().join("out/replicates.csv"));
    assert_eq!((replicates.len(), replicates[3]["draw"].as_str(), replicates[3]["trial"].as_str()), (60, "1", "1"));
    // Without uncertainty the flag means the data set's own repetitions, as before.
    simulate(folder.path(), "few", &["--no-plots", "--replicates", "1"]).success();
    assert_eq!(table(&folder.path().join("few/replicates.csv")).len(), 2);
}

#[test]
fn a_matrix_that_is_none_leaves_nothing_behind() {
    let folder = folder(&format!("{STUDY}\n[uncertainty]\nreplicates = 2\ncovariance = \"cov.csv\"\n"));
    fs::write(folder.path().join("cov.csv"), "lcl,lvc\n0.01,0.02\n0.02,0.01\n").unwrap();
    simulate(folder.path(), "out", &[])
        .code(2)
        .stderr(contains("cov.csv:3:1: the covariance of `lvc` and `lcl` is `0.02`"))
        .stderr(contains("--> s.toml:22:14"));
    assert!(!folder.path().join("out").exists());
}

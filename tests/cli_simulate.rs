//! `teorell simulate`, `plot` and `dataset` as a user meets them: files, tables, messages, exit codes.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

/// Three people with one covariate each, two arms, four samples: seconds become milliseconds.
const STUDY: &str = r#"name = "small"
model = "inotuzumab_garrett_2019"
seed = 7

[cohort]
size = 3
covariates = { ALL = 1, RITUX = 0, BSA = 1.84, BLSTPB = { lognormal = { median = 5.25, sd_log = 1 } } }

[sampling]
grid = [{ to = 72, by = 24 }]

[[arm]]
name = "one"
regimen = { amount = 1.5, every = "7 d", repeat = 2, infusion = "1 h" }

[[arm]]
name = "two"
regimen = { amount = 3, every = "7 d", repeat = 2, infusion = "1 h" }
"#;

/// The command in an empty folder that holds the study.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::with(STUDY)
    }

    fn with(study: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("s.toml"), study).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn teorell(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::cargo_bin("teorell").unwrap();
        command.current_dir(self.folder.path()).args(arguments).assert()
    }

    /// Names in a folder, sorted.
    fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

const FILES: [&str; 8] = [
    "accumulation.csv",
    "exposure.csv",
    "model.R",
    "profiles.csv",
    "run.json",
    "study.toml",
    "subjects.csv",
    "summary.csv",
];

#[test]
fn a_study_becomes_a_folder_of_tables_named_after_it() {
    let bench = Bench::new();
    let run = bench.teorell(&["simulate", "s.toml", "--no-plots"]).success();
    run.stdout(contains("arm  cycle")).stderr(contains("wrote 8 files into `small`"));
    assert_eq!(bench.files("small"), FILES);
    let profiles = bench.read("small/profiles.csv");
    assert_eq!(profiles.lines().next(), Some("arm,id,time,Cc,DV,cycle"));
    assert_eq!(profiles.lines().count(), 1 + 2 * 3 * 4);
    assert_eq!(bench.read("small/exposure.csv").lines().count(), 1 + 2 * 3 * 2);
    assert_eq!(bench.read("small/subjects.csv").lines().count(), 1 + 2 * 3);
}

#[test]
fn pictures_come_as_svg_and_png_and_are_drawn_again_to_the_same_bytes() {
    let bench = Bench::new();
    bench.teorell(&["simulate", "s.toml", "-q"]).success().stdout("").stderr("");
    let svg = bench.read("small/concentration.svg");
    let png = fs::read(bench.path("small/concentration.png")).unwrap();
    assert!(svg.contains("<svg") && png.starts_with(b"\x89PNG"));
    fs::remove_file(bench.path("small/concentration.svg")).unwrap();
    bench.teorell(&["plot", "small"]).success().stdout(contains("concentration.svg"));
    assert_eq!(bench.read("small/concentration.svg"), svg);
    assert_eq!(fs::read(bench.path("small/concentration.png")).unwrap(), png);
}

#[test]
fn a_theme_is_a_flag_or_a_key_of_the_study_and_is_kept_when_pictures_are_drawn_again() {
    let bench = Bench::new();
    let picture = |bench: &Bench| bench.read("small/concentration.svg");
    bench.teorell(&["simulate", "s.toml", "-q", "--theme", "dark"]).success();
    let dark = picture(&bench);
    bench.teorell(&["plot", "small"]).success();
    assert_eq!(picture(&bench), dark);
    bench.teorell(&["plot", "small", "--theme", "light"]).success();
    assert_ne!(picture(&bench), dark);
    bench.write("s.toml", &format!("{STUDY}[outputs]\ntheme = \"dark\"\n"));
    bench.teorell(&["simulate", "s.toml", "-q"]).success();
    assert_eq!(picture(&bench), dark);
    bench.teorell(&["plot", "small", "--theme", "sepia"]).code(2).stderr(contains("expected light, dark or print"));
    bench.write("s.toml", &format!("{STUDY}[outputs]\ntheme = \"sepia\"\n"));
    bench
        .teorell(&["simulate", "s.toml"])
        .code(2)
        .stderr(contains("s.toml:").and(contains("`light`, `dark`, `print`")));
}

#[test]
fn results_are_the_same_bytes_for_any_number_of_threads() {
    let bench = Bench::new();
    for threads in ["1", "2", "7"] {
        bench
            .teorell(&["simulate", "s.toml", "-n", "300", "--no-plots", "-q", "--threads", threads, "--out", threads])
            .success();
    }
    for file in FILES.iter().filter(|file| **file != "run.json") {
        let one = bench.read(&format!("1/{file}"));
        assert_eq!(one, bench.read(&format!("2/{file}")), "{file}");
        assert_eq!(one, bench.read(&format!("7/{file}")), "{file}");
    }
    let without_timings = |folder: &str| {
        let mut run: serde_json::Value = serde_json::from_str(&bench.read(&format!("{folder}/run.json"))).unwrap();
        run.as_object_mut().unwrap().remove("timings");
        run
    };
    assert_eq!(without_timings("1"), without_timings("7"));
}

#[test]
fn another_seed_gives_other_numbers_and_another_arm_leaves_the_numbers_as_they_are() {
    let bench = Bench::new();
    let run = |out: &str, more: &[&str]| {
        let mut arguments = vec!["simulate", "s.toml", "--no-plots", "-q", "--out", out];
        arguments.extend(more);
        bench.teorell(&arguments).success();
        bench.read(&format!("{out}/profiles.csv"))
    };
    let (both, two, seed) = (run("a", &[]), run("b", &["--arm", "two"]), run("c", &["--seed", "8"]));
    assert_ne!(both, seed);
    let of_two =
        |text: &str| text.lines().filter(|line| line.starts_with("two,")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of_two(&both), of_two(&two));
    assert_eq!(two.lines().count(), 1 + 3 * 4);
}

#[test]
fn another_sampling_time_and_a_larger_cohort_leave_the_numbers_as_they_are() {
    let bench = Bench::new();
    let run = |out: &str, more: &[&str]| {
        let mut arguments = vec!["simulate", "s.toml", "--outputs", "profiles,cycles", "-q", "--out", out];
        arguments.extend(more);
        bench.teorell(&arguments).success();
        (bench.read(&format!("{out}/profiles.csv")), bench.read(&format!("{out}/exposure.csv")))
    };
    let (coarse, exposure) = run("a", &["-n", "20"]);
    let (fine, exposure_of_fine) = run("b", &["-n", "20", "--grid", "0:72:6"]);
    let fine: std::collections::BTreeSet<&str> = fine.lines().collect();
    for row in coarse.lines() {
        assert!(fine.contains(row), "{row}");
    }
    assert_eq!(exposure, exposure_of_fine);
    let (many, _) = run("c", &["-n", "1000"]);
    let of_17 = |text: &str| text.lines().filter(|row| row.contains(",17,")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of_17(&coarse), of_17(&many));
    assert_eq!(of_17(&coarse).len(), 2 * 4);
}

#[test]
fn a_study_without_times_of_samples_says_that_no_concentrations_will_be_seen() {
    let bench = Bench::with(&STUDY.replace("[sampling]\ngrid = [{ to = 72, by = 24 }]\n", ""));
    let said = |more: &[&str]| {
        let run = bench.teorell(&[&["simulate", "s.toml", "--no-plots"], more].concat()).success();
        String::from_utf8(run.get_output().stderr.clone()).unwrap().contains("no times of samples are given")
    };
    assert!(said(&[]));
    // Not where times are given after all, nor where nobody asked for rows over time.
    assert!(!said(&["--grid", "0:24:1"]));
    assert!(!said(&["--set", "sampling.troughs=true"]));
    assert!(!said(&["--outputs", "summary,exposure"]));
}

#[test]
fn statistics_can_be_written_without_rows_of_subjects() {
    let bench = Bench::new();
    let run = |out: &str, outputs: &str| {
        bench.teorell(&["simulate", "s.toml", "-n", "30", "--outputs", outputs, "-q", "--out", out]).success();
        bench.files(out)
    };
    assert_eq!(
        run("few", "summary,exposure"),
        ["accumulation.csv", "model.R", "run.json", "study.toml", "summary.csv"]
    );
    assert_eq!(run("all", "rows,summary"), FILES);
    run("cycles", "exposure");
    assert_eq!(bench.read("few/summary.csv"), bench.read("all/summary.csv"));
    assert_eq!(bench.read("few/accumulation.csv"), bench.read("cycles/accumulation.csv"));
    let per_cycle: Vec<String> =
        bench.read("few/summary.csv").lines().filter(|row| !row.contains(",profile,")).map(str::to_owned).collect();
    assert_eq!(bench.read("cycles/summary.csv").lines().collect::<Vec<_>>(), per_cycle);
    // The record says it in the study's own keys.
    assert!(
        bench.read("cycles/run.json").contains("exposure = true\\nplots = false"),
        "{}",
        bench.read("cycles/run.json")
    );
}

#[test]
fn every_built_in_study_runs() {
    let bench = Bench::new();
    for study in teorell::study::embedded::STUDIES {
        bench.teorell(&["simulate", study.name, "-n", "2", "--no-plots", "-q"]).success().stderr("");
    }
}

#[test]
fn flags_override_keys_of_the_study_and_the_run_is_recorded_with_them() {
    let bench = Bench::new();
    let flags =
        ["--typical", "--residual", "off", "--param", "lcl1=log(0.2)", "--grid", "0:48:24", "--outputs", "profiles"];
    let mut arguments = vec!["simulate", "s.toml", "-n", "1", "--arm", "one", "--digits", "3", "-q"];
    arguments.extend(flags);
    bench.teorell(&arguments).success();
    assert_eq!(bench.files("small"), ["model.R", "profiles.csv", "run.json", "study.toml"]);
    let profiles = bench.read("small/profiles.csv");
    assert_eq!(profiles.lines().count(), 4);
    assert_eq!(profiles.lines().next(), Some("arm,id,time,Cc,cycle"));
    assert!(profiles.lines().skip(2).all(|row| row.split(',').nth(3).unwrap().len() <= 5), "{profiles}");
    // The study in run.json is the one that ran: run again without flags it gives the same bytes.
    let run: serde_json::Value = serde_json::from_str(&bench.read("small/run.json")).unwrap();
    bench.write("again.toml", run["study"]["text"].as_str().unwrap());
    bench.teorell(&["simulate", "again.toml", "-q", "--out", "again"]).success();
    assert_eq!(bench.read("again/profiles.csv"), profiles);
}

/// Subjects share their steps with fifteen others: those are the same whoever else is simulated.
#[test]
fn a_subject_has_the_same_rows_in_cohorts_of_20_and_1000_and_20000() {
    let study = STUDY.replace("BSA = 1.84", "BSA = { normal = { mean = 1.84, sd = 0.2 }, min = 1.2, max = 2.6 }");
    let bench = Bench::with(&study);
    let rows = |size: &str| -> Vec<String> {
        let arguments =
            ["simulate", "s.toml", "-q", "--outputs", "profiles,cycles", "--arm", "two", "-n", size, "-o", size];
        bench.teorell(&arguments).success();
        let files = ["profiles.csv", "exposure.csv"].map(|file| bench.read(&format!("{size}/{file}")));
        let of_17 = files.iter().flat_map(|file| file.lines()).filter(|row| row.starts_with("two,17,"));
        of_17.map(str::to_owned).collect()
    };
    let small = rows("20");
    assert!(small.len() > 5, "{small:?}");
    assert_eq!(rows("1000"), small);
    assert_eq!(rows("20000"), small);
}

/// Without tables or summaries over time nothing is sampled, and exposures do not depend on samples.
#[test]
fn exposures_alone_are_the_bytes_that_they_are_beside_profiles() {
    let bench = Bench::new();
    for (outputs, folder) in [("profiles,cycles,summary", "all"), ("cycles", "few"), ("exposure", "none")] {
        bench.teorell(&["simulate", "s.toml", "-q", "--outputs", outputs, "-o", folder]).success();
    }
    assert_eq!(bench.read("few/exposure.csv"), bench.read("all/exposure.csv"));
    let of_cycles = |folder: &str| -> Vec<String> {
        let summary = bench.read(&format!("{folder}/summary.csv"));
        summary.lines().filter(|row| row.contains(",exposure,")).map(str::to_owned).collect()
    };
    assert!(of_cycles("all").len() > 10);
    assert_eq!(of_cycles("none"), of_cycles("all"));
}

#[test]
fn a_failed_subject_is_named_becomes_a_row_and_gives_status_3() {
    // Garrett's volume is linear in BSA and negative below 0.55 m².
    let bench = Bench::with(&STUDY.replace("BSA = 1.84", "BSA = 0.5"));
    let run = bench.teorell(&["simulate", "s.toml", "--no-plots", "--arm", "one"]).code(3);
    run.stderr(contains("warning: subject 1 in arm `one` failed").and(contains("vc")));
    let subjects = bench.read("small/subjects.csv");
    assert_eq!(subjects.lines().filter(|row| row.contains(",failed,")).count(), 3, "{subjects}");
    let run: serde_json::Value = serde_json::from_str(&bench.read("small/run.json")).unwrap();
    assert_eq!(run["counts"]["failed"], 3);
}

#[test]
fn a_mistake_in_the_study_is_shown_with_its_line_and_the_way_out() {
    let bench = Bench::with(&STUDY.replace("size = 3", "siez = 3"));
    bench.teorell(&["simulate", "s.toml"]).code(2).stdout("").stderr(
        "error: unknown key `siez`\n  --> s.toml:6:1\n  |\n6 | siez = 3\n  | ^^^^\n\nhint: did you mean `size`?\n",
    );
    assert_eq!(bench.files("."), ["s.toml"]);
}

#[test]
fn bad_input_is_status_2_and_leaves_nothing_behind() {
    let bench = Bench::new();
    bench.write("twice.csv", "id,BSA,BSA\n1,1.8,1.8\n");
    bench.write("none.csv", "id,weight\n1,70\n");
    let csv = "cohort={ size = 1, covariates = { ALL = 1, RITUX = 0, BLSTPB = 5 }, csv = { path = \"FILE\" } }";
    let (twice, none, missing) =
        (csv.replace("FILE", "twice.csv"), csv.replace("FILE", "none.csv"), csv.replace("FILE", "no.csv"));
    for (flags, message) in [
        (vec!["-n", "0"], "empty cohort"),
        (vec!["--seed", "-1"], "a seed, a whole number from 0 to 9223372036854775807"),
        (vec!["--set", "seed=18446744073709551616"], "expected a seed"),
        (vec!["--set", "cohort.size=many"], "invalid type: string \"many\""),
        (vec!["--set", "arm.one.name=' '"], "an arm cannot be called ` `; expected a name"),
        (vec!["--arm", "three"], "there is no arm `three`"),
        (vec!["-n", "-5"], "`cohort.size` is `-5`; expected a whole number of at least 1\n  --> -n -5"),
        (vec!["--rtol", "-1"], "`rtol` is `-1`; expected 1e-13 or more and below 1"),
        (
            vec!["--rtol", "1e-20"],
            "`rtol` is `1e-20`; expected 1e-13 or more and below 1, for double precision cannot give more\n  --> --rtol 1e-20",
        ),
        (vec!["--rtol", "small"], "--rtol: `small` is not a number"),
        (vec!["--atol", "-1"], "`atol` is `-1`; expected a number above 0 and below 1"),
        (vec!["--digits", "0"], "`digits` is `0`; expected a whole number from 1 to 17"),
        (vec!["--digits", "99"], "`digits` is `99`; expected a whole number from 1 to 17"),
        (vec!["--digits", "-1"], "`digits` is `-1`; expected a whole number from 1 to 17"),
        (vec!["--threads", "0"], "invalid value '0' for '--threads <N>': expected a whole number of at least 1"),
        (vec!["--threads", "-1"], "leave it out for all of the machine"),
        (vec!["--threads", "100000"], "expected a whole number of at least 1 and at most 1024"),
        (
            vec!["-n", "1e6"],
            "invalid value '1e6' for '--subjects <N>': expected a whole number in digits, such as 1000",
        ),
        (
            vec!["--param", "lcl1=abc"],
            "`abc` is not a number; expected one, or an expression of numbers such as `log(0.2)`",
        ),
        (vec!["--set", "outputs.digits=18"], "`digits` is `18`; expected a whole number from 1 to 17"),
        (vec!["--set", "solver.rtol=1e-14"], "for double precision cannot give more"),
        (vec!["--set", "cohort.csv=people.csv"], "expected a table such as { path = \"people.csv\" }"),
        (vec!["--solver", "tailor"], "did you mean `taylor`?"),
        (vec!["--param", "lcl=1"], "the model has no parameter `lcl`"),
        (vec!["--model", "garrett"], "there is no built-in model `garrett`"),
        (vec!["--model", "no/such.R"], "cannot read model file `no/such.R`"),
        (vec!["--theme", "drak"], "did you mean `dark`?"),
        (vec!["--grid", "0:1"], "expected three numbers of hours"),
        (vec!["--set", &twice], "column `BSA` is there twice"),
        (vec!["--set", &none], "the model needs `BSA`"),
        (vec!["--set", &missing], "no.csv"),
    ] {
        let mut arguments = vec!["simulate", "s.toml"];
        arguments.extend(flags);
        bench.teorell(&arguments).code(2).stdout("").stderr(contains(message));
    }
    bench.teorell(&["simulate", "model.R"]).code(2).stderr(contains("`model.R` is a model; expected a study file"));
    bench.teorell(&["bench", "model.R"]).code(2).stderr(contains("`model.R` is a model; expected a study file"));
    bench.teorell(&["bench", "--threads", "0"]).code(2).stderr(contains("expected a whole number of at least 1"));
    bench.teorell(&["simulate", "no.toml"]).code(2).stderr(contains("cannot read study file `no.toml`"));
    bench.teorell(&["simulate", "inotuzmab"]).code(2).stderr(contains("did you mean `inotuzumab`?"));
    assert_eq!(bench.files("."), ["none.csv", "s.toml", "twice.csv"]);
}

#[test]
fn the_files_of_others_are_not_touched() {
    let bench = Bench::new();
    fs::create_dir(bench.path("mine")).unwrap();
    bench.write("mine/thesis.txt", "years of work");
    let run = bench.teorell(&["simulate", "s.toml", "--out", "mine"]).code(4);
    run.stderr(contains("holds files that are not results of teorell").and(contains("--out")));
    assert_eq!(bench.files("mine"), ["thesis.txt"]);
    assert_eq!(bench.read("mine/thesis.txt"), "years of work");
}

#[test]
fn an_output_that_cannot_be_written_is_status_4_before_anything_is_simulated() {
    let bench = Bench::new();
    let run = bench.teorell(&["simulate", "s.toml", "--out", "s.toml/results"]).code(4).stdout("");
    run.stderr(contains("s.toml/results"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_gives_a_clear_message_and_no_half_file() {
    let bench = Bench::new();
    // A limit on the size of a file stands in for a full disk: the write fails in the middle.
    let program = assert_cmd::cargo::cargo_bin("teorell");
    let script = format!("trap '' XFSZ; ulimit -f 16; exec '{}' simulate s.toml -n 500 --no-plots", program.display());
    let run = Command::new("bash").args(["-c", &script]).current_dir(bench.folder.path()).assert().code(4);
    run.stderr(contains("could not write").and(contains("profiles.csv")));
    assert_eq!(bench.files("."), ["s.toml"]);
}

#[test]
fn a_model_needs_no_study_file() {
    let bench = Bench::new();
    bench.write("one.R", ONE_COMPARTMENT);
    bench.teorell(&["simulate", "--model", "one.R"]).code(2).stderr(contains("hint: add doses"));
    let at_once = bench.teorell(&["simulate", "--model", "one.R", "--dose", "100", "--every", "0 h"]).code(2);
    at_once.stderr(contains("--every: `0 h` is not above 0"));
    let dosed = ["simulate", "--model", "one.R", "--dose", "100", "--every", "12 h", "--repeat", "2", "--typical"];
    let mut arguments = dosed.to_vec();
    arguments.extend([
        "--set",
        "cohort.covariates.WT=70",
        "--grid",
        "0:24:12",
        "--residual",
        "off",
        "-q",
        "--no-plots",
    ]);
    bench.teorell(&arguments).success();
    let profiles = bench.read("one/profiles.csv");
    let at = |time: &str| -> f64 {
        let row = profiles.lines().find(|row| row.split(',').nth(2) == Some(time)).unwrap();
        row.split(',').nth(3).unwrap().parse().unwrap()
    };
    // CL 2 L/h, V 20 L: k = 0.1/h, 5 mg/L at once; the second dose falls on what 12 h have left. 1e-7: the default tolerance.
    let k: f64 = 0.1;
    let at_12 = 5.0 * (-k * 12.0).exp();
    let at_24 = (at_12 + 5.0) * (-k * 12.0).exp();
    assert!((at("12") / at_12 - 1.0).abs() < 1e-7 && (at("24") / at_24 - 1.0).abs() < 1e-7, "{profiles}");
}

const ONE_COMPARTMENT: &str = "one <- function() {
  units <- list(time = 'h', dosing = 'mg', concentration = 'mg/L')
  ini({ lcl <- log(2); lvc <- log(20); etalcl ~ 0.09; prop_sd <- 0.1 })
  model({
    cl <- exp(lcl + etalcl) * (WT / 70)^0.75
    vc <- exp(lvc)
    d/dt(central) <- -cl / vc * central
    Cc <- central / vc
    Cc ~ prop(prop_sd)
  })
}
";

#[test]
fn a_data_set_is_answered_record_by_record_in_its_order() {
    let bench = Bench::new();
    bench.write("one.R", ONE_COMPARTMENT);
    bench.write("d.csv", "ID,TIME,AMT,WT,GROUP\nzoe,0,100,70,x\nzoe,10,.,70,x\nadam,0,200,70,y\nadam,10,.,70,y\n");
    let run = |out: &str, more: &[&str]| {
        let mut arguments = vec!["simulate", "--data", "d.csv", "--model", "one.R", "-q", "--no-plots", "--out", out];
        arguments.extend(more);
        bench.teorell(&arguments).success();
        bench.read(&format!("{out}/profiles.csv"))
    };
    let typical =
        run("a", &["--typical", "--residual", "off", "--carry", "GROUP", "--set", "outputs.variables=[\"Cc\"]"]);
    let rows: Vec<Vec<&str>> = typical.lines().map(|row| row.split(',').collect()).collect();
    assert_eq!(rows[0], ["arm", "id", "time", "Cc", "GROUP", "cycle"]);
    let ids: Vec<&str> = rows[1..].iter().map(|row| row[1]).collect();
    assert_eq!(ids, ["zoe", "zoe", "adam", "adam"]);
    assert_eq!(rows[4][4], "y");
    // 10 mg/L at once, k = 0.1/h.
    let expected = 10.0 * (-1.0_f64).exp();
    assert!((rows[4][3].parse::<f64>().unwrap() / expected - 1.0).abs() < 1e-7, "{typical}");

    let observations = run("b", &["--obs-only", "--replicates", "2"]);
    assert_eq!(observations.lines().count(), 1 + 2 * 2);
    assert!(observations.starts_with("arm,replicate,id,time,cl,vc,Cc,central,DV,cycle\n"), "{observations}");
    let first: Vec<&str> = observations.lines().filter(|row| row.contains(",zoe,")).collect();
    assert_ne!(first[0].split(',').nth(4), first[1].split(',').nth(4), "replicates have their own random numbers");
    // Standard input is a file like any other.
    let mut piped = Command::cargo_bin("teorell").unwrap();
    let piped = piped.current_dir(bench.folder.path()).write_stdin(bench.read("d.csv"));
    let more = ["--obs-only", "--replicates", "2", "-q", "--no-plots", "--out", "c"];
    piped.args(["simulate", "--data", "-", "--model", "one.R"]).args(more).assert().success();
    assert_eq!(bench.read("c/profiles.csv"), observations);
}

#[test]
fn a_failed_subject_tells_its_states_by_name() {
    let bench = Bench::new();
    bench.write("one.R", &ONE_COMPARTMENT.replace("vc <- exp(lvc)", "vc <- exp(lvc) * WT / 70"));
    // 100 mg with k = 2/20 per h: 100 exp(-1) are left after 10 h, when the volume turns negative.
    bench.write("d.csv", "ID,TIME,AMT,WT\n1,0,100,70\n1,10,.,-70\n");
    let flags = ["--data", "d.csv", "--model", "one.R", "--typical", "--no-plots", "-o", "out"];
    bench.teorell(&[&["simulate"], &flags[..]].concat()).code(3);
    let subjects = bench.read("out/subjects.csv");
    // Six digits of both: in binary the volume is -19.999999999999996.
    assert!(subjects.contains(",failed,10,\"`vc` is `-20`,"), "{subjects}");
    assert!(subjects.contains("; states then: central 36.7879\""), "{subjects}");
}

#[test]
fn the_record_of_a_run_says_who_solved_what_on_how_many_threads() {
    let bench = Bench::new();
    bench.write("one.R", ONE_COMPARTMENT);
    // The weight of the first changes along a line, which series do not follow.
    bench.write("d.csv", "ID,TIME,AMT,WT\n1,0,100,70\n1,10,.,80\n2,0,100,70\n2,10,.,70\n3,0,100,60\n3,10,.,60\n");
    let flags = ["simulate", "--data", "d.csv", "--model", "one.R", "--covariates", "linear", "--no-plots"];
    let run = |more: &[&str]| bench.teorell(&[&flags[..], more].concat()).success();
    let record =
        |out: &str| -> serde_json::Value { serde_json::from_str(&bench.read(&format!("{out}/run.json"))).unwrap() };
    run(&["--solver", "taylor", "--threads", "2", "-o", "taylor"])
        .stderr(contains("solver `taylor` was asked for; where it could go no further another one did: "));
    let taylor = record("taylor");
    let solved_by = taylor["solver"]["solved_by"].as_object().unwrap();
    assert_eq!(solved_by.values().map(|n| n.as_u64().unwrap()).sum::<u64>(), 3, "{solved_by:?}");
    assert!(solved_by["reference"].as_u64().unwrap() >= 1, "{solved_by:?}");
    assert_eq!(taylor["timings"]["threads"], 2);
    run(&["--solver", "reference", "-o", "reference"]).stderr(contains("asked for").not());
    assert_eq!(record("reference")["solver"]["solved_by"], serde_json::json!({ "reference": 3 }));
    assert!(record("reference")["timings"]["threads"].as_u64().unwrap() >= 1);
    run(&["--solver", "taylor", "-q", "-o", "quiet"]).stderr("");
}

#[test]
fn a_data_set_with_errors_is_refused_with_all_of_them() {
    let bench = Bench::new();
    bench.write("one.R", ONE_COMPARTMENT);
    bench.write("d.csv", "ID,TIME,AMT,WT\n1,0,100,70\n1,x,.,70\n1,5,y,70\n");
    let run = bench.teorell(&["simulate", "--data", "d.csv", "--model", "one.R"]).code(2);
    run.stderr(contains("the data set cannot be used: 2 errors").and(contains("line 3")).and(contains("line 4")));
    bench.teorell(&["simulate", "--data", "d.csv"]).code(2).stderr(contains("--model"));
}

#[test]
fn a_study_written_as_a_data_set_gives_the_same_numbers() {
    let bench = Bench::new();
    bench.teorell(&["dataset", "s.toml", "--arm", "two", "-o", "two.csv"]).success().stdout("");
    let both = ["--seed", "7", "-q", "--no-plots"];
    let mut from_study = vec!["simulate", "s.toml", "--arm", "two", "--out", "a"];
    from_study.extend(both);
    bench.teorell(&from_study).success();
    let mut from_data =
        vec!["simulate", "--data", "two.csv", "--model", "inotuzumab_garrett_2019", "--obs-only", "--out", "b"];
    from_data.extend(["--set", "outputs.variables=[\"Cc\"]"]);
    from_data.extend(both);
    bench.teorell(&from_data).success();
    // Subject, time, concentration and observation: only the name of the arm and of the cycles differ.
    let columns = |path: &str| -> Vec<Vec<f64>> {
        let number = |cell: &str| cell.parse().unwrap();
        bench.read(path).lines().skip(1).map(|row| row.split(',').skip(1).take(4).map(number).collect()).collect()
    };
    let (study, data) = (columns("a/profiles.csv"), columns("b/profiles.csv"));
    assert_eq!(study.len(), data.len());
    for (study, data) in study.iter().zip(&data) {
        assert_eq!(study[..2], data[..2]);
        // Subjects of a study share their steps, those of a data set do not: both keep the tolerance of 1e-8.
        assert!(study.iter().zip(data).all(|(a, b)| (a - b).abs() <= 1e-8 * b.abs()), "{study:?} {data:?}");
    }
    // Several arms are groups of their own subjects.
    let text = bench.teorell(&["dataset", "s.toml"]).success().get_output().stdout.clone();
    let text = String::from_utf8(text).unwrap();
    assert!(text.lines().next().unwrap().ends_with(",ARM"));
    assert!(text.lines().last().unwrap().starts_with("6,"), "{text}");
}

#[test]
fn a_study_with_occasions_gives_the_same_numbers_as_its_data_set() {
    let bench = Bench::new();
    let quick = ["--seed", "7", "-q", "--no-plots", "--set", "outputs.variables=[\"Cc\", \"cl\"]"];
    bench.teorell(&["dataset", "rifampicin", "--set", "cohort.size=3", "--arm", "600 mg", "-o", "r.csv"]).success();
    let header = bench.read("r.csv").lines().next().unwrap().to_owned();
    assert!(header.ends_with("FDC,OCC"), "{header}");
    let study = ["simulate", "rifampicin", "-n", "3", "--arm", "600 mg", "--out", "a"];
    bench.teorell(&[&study[..], &quick].concat()).success();
    let data = ["simulate", "--data", "r.csv", "--model", "rifampicin_wilkins_2008", "--obs-only", "--out", "b"];
    bench.teorell(&[&data[..], &quick].concat()).success();
    // Samples fall on the times of doses too. Subject, time, concentration, clearance and observation.
    let columns = |path: &str| -> Vec<Vec<String>> {
        bench.read(path).lines().map(|row| row.split(',').skip(1).take(5).map(str::to_owned).collect()).collect()
    };
    assert_eq!(columns("a/profiles.csv").len(), 1 + 3 * 169);
    assert_eq!(columns("a/profiles.csv"), columns("b/profiles.csv"));
}

#[test]
fn the_embedded_study_prints_published_beside_simulated() {
    let bench = Bench::new();
    let run = bench.teorell(&["simulate", "-n", "100", "--outputs", "summary"]).success();
    run.stdout(contains("published  simulated").and(contains("accumulation of AUC by cycle 4")));
    assert!(Path::new(&bench.path("inotuzumab/summary.csv")).is_file());
    // A study that was changed is not the published one.
    let changed = ["simulate", "-n", "10", "--outputs", "summary", "--set", "cohort.covariates.RITUX=1"];
    bench.teorell(&changed).success().stdout(contains("published").not());
}

/// Unix: elsewhere files carry no lock that says whether their run is alive.
#[cfg(unix)]
#[test]
fn the_files_of_a_run_that_was_killed_are_removed_by_the_next_one_and_those_of_one_under_way_are_not() {
    use std::time::{Duration, Instant, SystemTime};

    /// A process that ends with the test, however that ends.
    struct Killed(std::process::Child);

    impl Drop for Killed {
        fn drop(&mut self) {
            // One that has ended by itself cannot be killed.
            let _ = self.0.kill();
            self.0.wait().unwrap();
        }
    }

    let bench = Bench::new();
    let unfinished = || -> Vec<PathBuf> {
        let entries = fs::read_dir(bench.path("big")).into_iter().flatten().flatten().map(|entry| entry.path());
        entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".teorell-")).collect()
    };
    let long = std::process::Command::new(assert_cmd::cargo::cargo_bin!("teorell"))
        .current_dir(bench.folder.path())
        .args(["simulate", "-n", "10000000", "-q", "--outputs", "summary", "--out", "big"])
        .spawn()
        .unwrap();
    let long = Killed(long);
    let begun = Instant::now();
    while unfinished().len() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the long run does not write");
        std::thread::sleep(Duration::from_millis(5));
    }
    let next = || {
        bench.teorell(&["simulate", "s.toml", "-q", "--no-plots", "--outputs", "subjects", "--out", "big"]).success()
    };
    // Files younger than two seconds are left alone in any case.
    let make_old = || {
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        for path in unfinished() {
            fs::File::options().write(true).open(path).unwrap().set_modified(hour_ago).unwrap();
        }
    };
    let before = unfinished();
    make_old();
    next().stderr(contains("another run is writing into `big`"));
    assert!(before.iter().all(|path| path.exists()), "{before:?}");
    drop(long);
    // It may have made and written others since.
    make_old();
    next().stderr("");
    assert!(unfinished().is_empty(), "{:?}", unfinished());
}

#[test]
fn folders_that_cannot_be_drawn_from_are_bad_input_with_a_remedy() {
    let bench = Bench::new();
    bench
        .teorell(&["plot", "none"])
        .code(2)
        .stderr(contains("give a folder that `teorell simulate`, `vpc` or `forest` wrote"));
    bench.teorell(&["simulate", "s.toml", "-q", "--no-plots", "--out", "run"]).success();
    bench.teorell(&["plot", "run", "--group-by", "NOPE"]).code(2).stderr(contains("`subjects.csv` has no such column"));
    fs::remove_file(bench.path("run/summary.csv")).unwrap();
    bench.teorell(&["plot", "run"]).code(2).stderr(contains("`teorell report` says which files"));
}

#[cfg(unix)]
#[test]
fn data_sets_are_readable_by_whom_other_new_files_are() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.teorell(&["dataset", "s.toml", "-o", "d.csv"]).success();
    let mode = |name: &str| fs::metadata(bench.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("d.csv"), mode("s.toml"));
    bench
        .teorell(&["dataset", "s.toml", "-o", "no/d.csv"])
        .code(4)
        .stderr(contains("`no/d.csv`").and(contains(".t").not()));
}

#[test]
fn pictures_of_sweeps_say_of_whom_they_are() {
    let bench = Bench::new();
    let svg = |flags: &[&str]| {
        let mut arguments = vec!["simulate", "s.toml", "-q", "--out", "sweep"];
        arguments.extend(flags);
        bench.teorell(&arguments).success();
        // The description is whole; the words in the picture are broken into lines.
        bench.read("sweep/sweep.svg").lines().nth(1).unwrap_or_default().to_owned()
    };
    let same = svg(&["--sweep", "parameters.lq=-3,-2"]);
    assert!(same.contains("(band), over 3 subjects, the same at every point"), "{same}");
    let other = svg(&["--sweep", "seed=1,2"]);
    assert!(other.contains("over 3 subjects") && !other.contains("the same at every point"), "{other}");
    let one = svg(&["--sweep", "parameters.lq=-3,-2", "-n", "1"]);
    assert!(one.contains("One subject, the same at every point") && !one.contains("interval"), "{one}");
}

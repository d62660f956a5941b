//! Sweeps: a point gives what a run of its own gives, the tables are tidy, and what cannot be swept is refused at its place.

mod bench;

use std::fs;

use bench::Bench;
use predicates::prelude::*;
use predicates::str::contains;
use teorell::study::sweep::SweptValue;
use teorell::study::{Override, Problem, Study};

/// Two arms in milligrams and grams, one compartment: milliseconds.
const STUDY: &str = r#"name = "small"
model = "one.R"
seed = 7

[cohort]
size = 5
covariates = { WT = { normal = { mean = 70, sd = 10 }, min = 40, max = 100 } }

[sampling]
grid = [{ to = 24, by = 6 }]

[[arm]]
name = "a"
regimen = { amount = 100, every = "12 h", repeat = 2 }

[[arm]]
name = "b"
regimen = { amount = 2, every = "12 h", repeat = 2, unit = "g", infusion = "1 h", per = "WT" }
"#;

const MODEL: &str = "one <- function() {
  units <- list(time = \"h\", dosing = \"mg\", concentration = \"mg/L\")
  ini({ lcl <- log(5); lvc <- log(40); etalcl ~ 0.09; prop_sd <- 0.2 })
  model({
    cl <- exp(lcl + etalcl) * (WT / 70)^0.75
    vc <- exp(lvc)
    d/dt(central) <- -cl / vc * central
    Cc <- central / vc
    Cc ~ prop(prop_sd)
  })
}
";

const TABLES: [&str; 5] = ["profiles.csv", "exposure.csv", "subjects.csv", "summary.csv", "accumulation.csv"];

/// The rows of a table after a prefix of cells, without the prefix.
fn rows_after(table: &str, prefix: &str) -> String {
    table.lines().filter_map(|line| line.strip_prefix(prefix)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_point_has_the_bytes_of_a_run_of_its_own() {
    let bench = Bench::new(STUDY, MODEL);
    let sweep =
        ["--sweep", "arm.a.regimen.amount=50,200", "--sweep", "every=6 h,12 h", "--sweep", "parameters.lcl=1.5,2"];
    bench
        .teorell(&[&["simulate", "s.toml", "--no-plots", "--threads", "3", "--out", "swept"][..], &sweep].concat())
        .success();
    for (amount, every, lcl) in [("50", "6", "1.5"), ("200", "12", "2"), ("50", "12", "1.5")] {
        let (amount_set, lcl_set) = (format!("arm.a.regimen.amount={amount}"), format!("parameters.lcl={lcl}"));
        let every_set = ["a", "b"].map(|arm| format!("arm.{arm}.regimen.every={every} h"));
        let mut arguments = vec!["simulate", "s.toml", "--no-plots", "--threads", "1", "--out", "alone"];
        for set in [&amount_set, &lcl_set, &every_set[0], &every_set[1]] {
            arguments.extend(["--set", set.as_str()]);
        }
        bench.teorell(&arguments).success();
        for table in TABLES {
            let alone = bench.read(&format!("alone/{table}"));
            let (header, rows) = alone.split_once('\n').unwrap();
            let swept = bench.read(&format!("swept/{table}"));
            assert_eq!(swept.lines().next().unwrap(), format!("arm.a.regimen.amount,every,parameters.lcl,{header}"));
            let found = rows_after(&swept, &format!("{amount},{every},{lcl},"));
            assert!(
                !rows.is_empty() && found == rows,
                "{table} at {amount}, {every}, {lcl}:\n{found}\nagainst\n{rows}"
            );
        }
    }
    // Eight points, two arms, five subjects, two cycles, and a header.
    assert_eq!(bench.read("swept/exposure.csv").lines().count(), 8 * 2 * 5 * 2 + 1);
}

#[test]
fn a_sweep_over_one_value_equals_the_plain_run() {
    let bench = Bench::new(STUDY, MODEL);
    bench.teorell(&["simulate", "s.toml", "--no-plots", "--out", "plain"]).success();
    bench.teorell(&["simulate", "s.toml", "--no-plots", "--out", "one", "--sweep", "seed=7"]).success();
    for table in TABLES {
        let plain = bench.read(&format!("plain/{table}"));
        assert_eq!(
            rows_after(&bench.read(&format!("one/{table}")), "7,"),
            plain.split_once('\n').unwrap().1,
            "{table}"
        );
    }
}

#[test]
fn points_come_in_order_of_the_keys_with_the_last_one_fastest_and_units_in_the_columns() {
    let text = format!(
        "{STUDY}[sweep]\narm.b.regimen.amount = {{ from = 500, to = 1500, by = 500, unit = \"mg\", name = \"dose_b\" }}\n\
         infusion = [\"30 min\", \"1 h\"]\ncohort.size = [2, 3]\n"
    );
    let bench = Bench::new(&text, MODEL);
    let study = Study::from_path(&bench.path("s.toml"), &[]).unwrap();
    assert_eq!(study.n_points(), 12);
    let numbers = |index: usize| -> Vec<f64> {
        let number = |value: &SweptValue| match value {
            SweptValue::Number(number) => *number,
            SweptValue::Text(text) => panic!("`{text}` where a number belongs"),
        };
        study.points().nth(index).unwrap().unwrap().swept().iter().map(|swept| number(&swept.value)).collect()
    };
    assert_eq!(numbers(0), [500.0, 30.0, 2.0]);
    assert_eq!(numbers(1), [500.0, 30.0, 3.0]);
    assert_eq!(numbers(2), [500.0, 60.0, 2.0]);
    assert_eq!(numbers(11), [1500.0, 60.0, 3.0]);
    let names: Vec<(&str, &str)> =
        study.swept().iter().map(|swept| (swept.name.as_str(), swept.unit.as_str())).collect();
    assert_eq!(names, [("dose_b", "mg/kg"), ("infusion", "min"), ("cohort.size", "")]);
    // 1500 mg in an arm that counts in grams.
    let last = study.points().last().unwrap().unwrap();
    assert_eq!(last.spec().arm[1].regimen.as_ref().unwrap().amount, Some(1.5));
    assert_eq!(last.spec().arm[0].regimen.as_ref().unwrap().amount, Some(100.0));
    assert_eq!(last.size(), 3);
    assert!(!last.to_toml().contains("[sweep]"), "a point is a plain study");
    assert!(study.to_toml().contains("[sweep]"), "the run as a whole is repeated with its sweep");
}

#[test]
fn arms_that_lie_on_each_other_are_told_and_swept_keys_have_short_names_in_every_picture() {
    let alike = STUDY
        .replace("amount = 2, every = \"12 h\", repeat = 2, unit = \"g\"", "amount = 1, every = \"12 h\", repeat = 2")
        + "\n[[arm]]\nname = \"c\"\nregimen = { amount = 100, every = \"12 h\", repeat = 2 }\n";
    let bench = Bench::new(&alike, MODEL);
    // The description is whole; the words in a picture are broken into lines.
    let described = |picture: &str| bench.read(picture).lines().nth(1).unwrap_or_default().to_owned();
    let run = ["simulate", "s.toml", "--target", "auc > 15", "--sweep", "arm.b.regimen.amount=1,2", "--out", "out"];
    bench.teorell(&run).success();
    for (picture, title) in
        [("sweep", "exposure in the last cycle over b: amount"), ("pta", "target attainment over b: amount")]
    {
        let text = described(&format!("out/{picture}.svg"));
        assert!(text.contains(&format!("small: {title}.")) && text.contains("; c is the same as a"), "{text}");
    }
    bench.teorell(&["simulate", "s.toml", "--out", "out"]).success();
    assert!(described("out/concentration.svg").contains("over 5 subjects per arm; c is the same as a<"));
    let two = ["simulate", "s.toml", "--set", "arms=[\"a\", \"c\"]", "--out", "out"];
    bench.teorell(&two).success();
    let both = bench.read("out/concentration.svg");
    assert!(both.contains("over 5 subjects; both arms are the same<") && both.contains("\ndose\n"), "{both}");
}

#[test]
fn the_manifest_lists_the_swept_columns_and_the_pictures_are_drawn_again_alike() {
    let bench = Bench::new(STUDY, MODEL);
    bench.teorell(&["simulate", "s.toml", "--sweep", "amount=50,100,200", "--out", "out"]).success();
    let manifest: serde_json::Value = serde_json::from_str(&bench.read("out/run.json")).unwrap();
    assert_eq!(manifest["swept"][0]["name"], "amount");
    assert_eq!(manifest["counts"]["subjects"], 15);
    let before = (fs::read(bench.path("out/sweep.png")).unwrap(), bench.read("out/sweep_concentration.svg"));
    bench.teorell(&["plot", "out"]).success().stdout(contains("sweep.svg"));
    assert!(before == (fs::read(bench.path("out/sweep.png")).unwrap(), bench.read("out/sweep_concentration.svg")));
}

#[test]
fn a_failure_at_a_point_says_which() {
    let bench = Bench::new(STUDY, MODEL);
    let run = ["simulate", "s.toml", "-q", "--no-plots", "--sweep", "cohort.covariates.WT=70,-1", "--out", "out"];
    bench.teorell(&run).code(3).stderr(contains("in arm `b`, cohort.covariates.WT -1 failed"));
}

/// What the command says of a study with this text after it, and that nothing is left behind.
fn refused(sweep: &str) -> String {
    let bench = Bench::new(&format!("{STUDY}\n{sweep}\n"), MODEL);
    let output = bench.teorell(&["simulate", "s.toml", "--out", "out"]).code(2).get_output().stderr.clone();
    assert!(!bench.path("out").exists(), "nothing is written");
    String::from_utf8(output).unwrap()
}

#[test]
fn what_cannot_be_swept_is_refused_at_its_place() {
    let all: String = [
        "[sweep]\namuont = [1, 2]",
        "[sweep]\nmodel = [\"a\", \"b\"]",
        "[sweep]\namount = 100",
        "[sweep]\namount = []",
        "[sweep]\namount = [100, 100.0]",
        "[sweep]\namount = [100, -5]",
        "[sweep]\narm.c.regimen.amount = [100, 200]",
        "[sweep]\narm.a.regimen.amonut = [100, 200]",
        "[sweep]\namount = { from = 100, to = 200 }",
        "[sweep]\namount = { from = 100, to = 200, step = 50 }",
        "[sweep]\namount = { from = 200, to = 100, by = 50 }",
        "[sweep]\namount = { values = [100, 200], unit = \"mol\" }",
        "[sweep]\nevery = { values = [6, 12], unit = \"hrs.\" }",
        "[sweep]\nparameters.lcl = { values = [1, 2], unit = \"L/h\" }",
        "[sweep]\nparameters.lkl = [1, 2]",
        "[sweep]\ncohort.covariates.WTT = [60, 80]",
        "[sweep]\nresidual.on = [true, false]",
        "[sweep]\namount = { values = [1, 2], name = \"id\" }",
        "[sweep]\namount = [1, 2]\narm.a.regimen.amount = [3, 4]",
        "[sweep]\narm.\"*\".course.delay = [0.1, 0.2]",
        "[sweep]\namount = { from = 1, to = 200, by = 1 }\nseed = { from = 1, to = 200, by = 1 }",
    ]
    .map(refused)
    .join("\n");
    insta::assert_snapshot!(all);
}

#[test]
fn flags_that_say_no_sweep_are_named() {
    let bench = Bench::new(STUDY, MODEL);
    let run = |sweep: &str| bench.teorell(&["simulate", "s.toml", "--out", "out", "--sweep", sweep]);
    run("amount").code(2).stderr(contains("`amount` has no value; expected KEY=VALUE"));
    run("every=6,12").code(2).stderr(contains("such as \"1 h\"").and(contains("--> --sweep every=6,12")));
    run("amount=1:2").code(2).stderr(contains("--> --sweep amount=1:2"));
    assert!(!bench.path("out").exists());
}

#[test]
fn a_flag_adds_a_range_and_problems_stay_typed() {
    let change = Override::sweep("amount=100:300:100", "--sweep").unwrap();
    let study = Study::embedded("rifampicin", &[change]).unwrap();
    let amounts: Vec<_> =
        (0..3).map(|index| study.points().nth(index).unwrap().unwrap().spec().arm[1].regimen.clone()).collect();
    assert_eq!(
        amounts.iter().map(|regimen| regimen.as_ref().unwrap().amount).collect::<Vec<_>>(),
        [Some(100.0), Some(200.0), Some(300.0)]
    );
    let change = Override::sweep("amount={ from = 1, to = 0, by = 1 }", "--sweep").unwrap();
    assert!(matches!(&*Study::embedded("rifampicin", &[change]).unwrap_err().problem, Problem::Sweep(_)));
}

#[test]
fn commands_that_take_one_study_refuse_a_sweep() {
    let bench = Bench::new(&format!("{STUDY}[sweep]\narm.a.regimen.amount = [50, 200]\n"), MODEL);
    for command in ["vpc", "bench"] {
        bench.teorell(&[command, "s.toml"]).code(2).stderr(
            contains(format!(
                "swept over `arm.a.regimen.amount`; expected a study without a sweep for `teorell {command}`"
            ))
            .and(contains("hint: ")),
        );
    }
    assert!(!bench.path("small-vpc").exists());
}

#[test]
fn a_model_without_units_has_headings_without_units() {
    let model = MODEL.replace("  units <- list(time = \"h\", dosing = \"mg\", concentration = \"mg/L\")\n", "");
    let study = STUDY.replace(", unit = \"g\", infusion = \"1 h\"", "");
    let bench = Bench::new(&study, &model);
    let run = bench.teorell(&["simulate", "s.toml", "--no-plots", "--out", "out"]).success();
    run.stdout(contains("AUC p50   p95").and(contains("Cmax p50   p95")).and(contains("*h").not()));
}

//! `teorell forest`, from the command to the table: the covariate effects that Garrett et al. 2019 print.

use std::collections::BTreeMap;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;
use teorell::output::manifest::Manifest;

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
    for covariate in ["BSA=1.545,1.55,2.21", "BLSTPB=0.0001,69", "ALL=0", "RITUX=1"] {
        arguments.extend(["--covariate", covariate]);
    }
    arguments.extend(["--parameters", "cl1,cl2,vc,kdes", "--no-plots", "-q"]);
    forest(&folder, &arguments).success();
    let manifest = Manifest::read(&folder.path().join("inotuzumab-forest")).unwrap();
    // The reference, seven values, and a thousand individuals alike.
    assert_eq!(manifest.solver.solved_by.values().sum::<u64>(), 1 + 7 + 1000, "{:?}", manifest.solver.solved_by);
    let rows = rows(&folder, "inotuzumab-forest");
    let change = |of: [&str; 3]| number(&rows, of, "change_percent");
    // Garrett 2019, text and figure: the percentages as printed, whole ones, so rounding to them gives them.
    for (of, published) in [
        (["BSA", "1.55", "cl1"], -23.0),
        (["BSA", "2.21", "cl1"], 33.0),
        (["BSA", "1.55", "cl2"], -25.0),
        (["BSA", "2.21", "cl2"], 35.0),
        (["BSA", "2.21", "vc"], 29.0),
        (["BLSTPB", "0.0001", "kdes"], 55.0),
        (["BLSTPB", "69", "kdes"], -10.0),
    ] {
        assert_eq!(change(of).round(), published, "{of:?}: {}", change(of));
    }
    // The volume at the 10th percentile of BSA is printed as -23 %. The percentile, 1.55 m², is itself rounded: at its lower end, 1.545 m²,
    // the model gives -22.8, which rounds to that; at 1.55 m² -22.4.
    assert_eq!(change(["BSA", "1.545", "vc"]).round(), -23.0);
    // The equations of Table 2, which the model has digit by digit: rounding of a few operations.
    let exact = |of: [&str; 3], ratio: f64| {
        let found = number(&rows, of, "ratio");
        assert!((found / ratio - 1.0).abs() < 1e-12, "{of:?}: {found} not {ratio}");
    };
    for (value, bsa) in [("1.55", 1.55_f64), ("2.21", 2.21)] {
        exact(["BSA", value, "cl1"], (bsa / 1.84).powf(1.54));
        exact(["BSA", value, "cl2"], (bsa / 1.84).powf(1.64));
        exact(["BSA", value, "vc"], 1.0 + 0.774 * (bsa - 1.84));
        exact(["BSA", value, "kdes"], 1.0);
    }
    for (value, blasts) in [("0.0001", 0.0001_f64), ("69", 69.0)] {
        exact(["BLSTPB", value, "kdes"], (blasts / 5.25).powf(-0.0401));
        exact(["BLSTPB", value, "cl1"], 1.0);
    }
    exact(["ALL", "0", "cl1"], 1.0 / (1.0 - 0.745));
    exact(["ALL", "0", "kdes"], 1.0 / (1.0 - 0.860));
    exact(["RITUX", "1", "cl1"], 1.0 / 1.155);
    exact(["RITUX", "1", "cl2"], 1.0);
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

fn teorell(folder: &TempDir, arguments: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("teorell").unwrap().current_dir(folder.path()).args(arguments).assert()
}

fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn a_study_with_a_forest_writes_it_with_everything_else_and_plot_draws_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let sets = ["--set", "forest.cycle=2", "--set", "forest.covariates.BSA=[1.5, 2]", "--set", "forest.arm=fixed"];
    let run = ["simulate", "inotuzumab", "-n", "5", "--outputs", "exposure,plots", "--out", "all"];
    teorell(&folder, &[&run[..], &sets].concat())
        .success()
        .stdout(contains("individuals alike").and(contains("change, %")));
    forest(&folder, &[&sets[..], &["--out", "alone"]].concat()).success();
    for name in ["forest.csv", "forest.svg"] {
        assert_eq!(read(&folder, &format!("all/{name}")), read(&folder, &format!("alone/{name}")), "{name}");
    }
    assert!(read(&folder, "all/run.json").contains("\"forest.png\""));
    for name in ["all", "alone"] {
        let light = read(&folder, &format!("{name}/forest.svg"));
        teorell(&folder, &["plot", name, "--theme", "print"]).success().stdout(contains("forest.svg"));
        assert_ne!(read(&folder, &format!("{name}/forest.svg")), light);
        teorell(&folder, &["plot", name]).success();
        assert_eq!(read(&folder, &format!("{name}/forest.svg")), light);
    }
    // What is wrong with it is told before the run, which leaves nothing.
    let wrong = ["simulate", "inotuzumab", "-n", "100000", "--set", "forest.cycle=9", "--out", "none"];
    teorell(&folder, &wrong)
        .code(2)
        .stderr(contains("arm `fixed` has no cycle 9").and(contains("--set forest.cycle=9")));
    assert!(!folder.path().join("none").exists());
}

#[test]
fn a_forest_over_a_sweep_has_the_swept_columns_first() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = ["--sweep", "parameters.e_bsa_cl1=1,2", "--set", "forest.exposure=false"];
    let forest = ["--set", "forest.parameters=[\"cl1\"]", "--set", "forest.covariates.BSA=[1.5]"];
    let run =
        ["simulate", "inotuzumab", "-n", "2", "--arm", "fixed", "--outputs", "exposure,plots", "--out", "swept", "-q"];
    teorell(&folder, &[&run[..], &sweep, &forest, &["--set", "forest.reference.BSA=1.84"]].concat()).success();
    let rows = rows(&folder, "swept");
    let exponents: Vec<&str> = rows.iter().map(|row| row["parameters.e_bsa_cl1"].as_str()).collect();
    assert_eq!(exponents, ["1", "1", "2", "2"], "a value and the individuals, twice");
    let picture = read(&folder, "swept/forest.svg");
    assert!(picture.contains("inotuzumab at e_bsa_cl1 1: covariates"));
    for (row, exponent) in [(&rows[0], 1.0), (&rows[2], 2.0)] {
        let ratio: f64 = row["ratio"].parse().unwrap();
        assert!((ratio / (1.5_f64 / 1.84).powf(exponent) - 1.0).abs() < 1e-12, "{row:?}");
    }
}

/// Allometric clearance, and an effect of a covariate that people in general do not have.
const MODEL: &str = "drug <- function() {
  units <- list(time = \"h\", dosing = \"mg\", concentration = \"mg/L\")
  ini({ lcl <- log(5); lvc <- log(50); etalcl ~ 0.09 })
  model({
    cl <- exp(lcl + etalcl) * (WT / 70)^0.75 * CRCL / 90
    vc <- exp(lvc)
    d/dt(central) <- -cl / vc * central
    Cc <- central / vc
  })
}
";

#[test]
fn a_model_alone_is_compared_at_percentiles_of_people_in_general_or_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("drug.R"), MODEL).unwrap();
    forest(&folder, &["--model", "drug.R", "--dose", "100"])
        .code(2)
        .stderr(contains("the model needs `CRCL`").or(contains("CRCL")).and(contains("`--reference CRCL=1`")));
    let alone = ["--model", "drug.R", "--reference", "CRCL=90"];
    forest(&folder, &alone).success().stderr(
        contains("without doses individual parameters are compared").and(contains("US adults (NHANES 2017-18)")),
    );
    let found = rows(&folder, "drug-forest");
    // Volume is moved by nothing, and CRCL is the same in all people.
    assert!(
        found.iter().all(|row| row["quantity"] == "cl" && row["cycle"].is_empty() && row["reference_unit"].is_empty())
    );
    assert_eq!(found.iter().map(|row| row["level"].as_str()).collect::<Vec<_>>(), ["p5", "p95", "individuals"]);
    assert!(read(&folder, "drug-forest/forest.svg").contains("covariates and individual parameters"));

    let people: String =
        (0..=100).map(|i| format!("{},{},{}\n", i + 1, 50 + i, if i < 60 { 90 } else { 45 })).collect();
    std::fs::write(folder.path().join("people.csv"), format!("id,WT,CRCL\n{people}")).unwrap();
    let dosed =
        ["--model", "drug.R", "--cohort", "people.csv", "--dose", "100", "--every", "1000 h", "--out", "people"];
    forest(&folder, &dosed).success().stderr(contains("NHANES").not());
    let found = rows(&folder, "people");
    assert!(found.iter().all(|row| row["cycle"] == "1" && row["arm"] == "doses"));
    // Percentiles of 50, 51, ..., 150 kg, against the median 100. After 1,000 h all is eliminated: AUC is dose over clearance (exp(-70)
    // is left at the most), and the peak of a bolus is dose over volume.
    for (weight, kg) in [("55", 55.0_f64), ("145", 145.0)] {
        let auc = number(&found, ["WT", weight, "auc"], "ratio");
        assert!((auc * (kg / 100.0).powf(0.75) - 1.0).abs() < 1e-9, "{weight}: {auc}");
        assert_eq!(number(&found, ["WT", weight, "cmax"], "ratio"), 1.0);
    }
    assert!((number(&found, ["CRCL", "45", "auc"], "ratio") - 2.0).abs() < 1e-9);
    assert_eq!((found[0]["reference_unit"].as_str(), found[0]["reference_value"].as_str()), ("mg/L*h", "100"));
    assert!(read(&folder, "people/forest.svg").contains("reference: WT 100, CRCL 90"));
    let reference = number(&found, ["WT", "55", "auc"], "reference");
    assert!((reference / (100.0 / (5.0 * (100.0_f64 / 70.0).powf(0.75))) - 1.0).abs() < 1e-9, "{reference}");
    // Doses that go with weight.
    forest(&folder, &[&dosed[..], &["--per", "WT", "--covariate", "WT=50"]].concat()).success();
    let auc = number(&rows(&folder, "people"), ["WT", "50", "auc"], "ratio");
    assert!((auc / 0.5_f64.powf(0.25) - 1.0).abs() < 1e-9, "{auc}");
}

#[test]
fn intervals_say_of_how_many_they_are_and_who_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let failing = MODEL.replace("vc <- exp(lvc)", "vc <- ifelse(etalcl > 0.3, 0, exp(lvc))");
    std::fs::write(folder.path().join("drug.R"), failing).unwrap();
    let arguments =
        ["--model", "drug.R", "--reference", "CRCL=90", "--dose", "100", "--covariate", "WT=50", "--no-plots"];
    forest(&folder, &arguments).success().stdout(contains("individuals alike are left out: they failed"));
    let found = rows(&folder, "drug-forest");
    let [value, individuals] = [&found[0], found.last().unwrap()];
    assert_eq!((value["n"].as_str(), value["missing"].as_str()), ("", "0"));
    let [n, missing] = ["n", "missing"].map(|column| individuals[column].parse::<f64>().unwrap());
    // An eta of SD 0.3 is above it in 15.9 % of individuals: four standard errors of a share of a thousand, 0.046.
    assert!(n + missing == 1000.0 && (missing / 1000.0 - 0.1587).abs() < 0.046, "{n} {missing}");
    // Trials under the same parameters have the same typical subject, so that they do not count.
    let uncertain = ["--set", "uncertainty={ replicates = 7, trials = 3, rse = { lcl = 5 } }"];
    forest(&folder, &[&arguments[..], &uncertain].concat()).success().stdout(contains("left out").not());
    let found = rows(&folder, "drug-forest");
    assert!(found.iter().all(|row| row["n"] == "7" && row["missing"] == "0"), "{found:?}");
}

#[test]
fn a_covariate_named_again_adds_its_values() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("drug.R"), MODEL).unwrap();
    let arguments =
        ["--model", "drug.R", "--reference", "CRCL=90", "--covariate", "WT=50", "--covariate", "WT=100,120"];
    forest(&folder, &[&arguments[..], &["--no-plots"]].concat()).success();
    let values: Vec<String> = rows(&folder, "drug-forest").iter().map(|row| row["value"].clone()).collect();
    assert_eq!(values, ["50", "100", "120", ""]);
}

#[test]
fn people_may_be_separated_by_semicolons() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("drug.R"), MODEL).unwrap();
    std::fs::write(folder.path().join("people.csv"), "id;WT\n1;50\n2;60\n3;70\n4;80\n").unwrap();
    // What people have is not asked for again, and four people of four weights have percentiles.
    let arguments = ["--model", "drug.R", "--cohort", "people.csv", "--reference", "CRCL=90", "--reference", "WT=70"];
    forest(&folder, &[&arguments[..], &["--no-plots"]].concat()).success();
    let found = rows(&folder, "drug-forest");
    let values: Vec<&str> = found.iter().map(|row| row["value"].as_str()).collect();
    assert_eq!((values, found[0]["reference_value"].as_str()), (vec!["51.5", "78.5", ""], "70"));
}

#[test]
fn people_who_are_all_alike_are_refused_with_the_flag_that_gives_values() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("drug.R"), MODEL).unwrap();
    std::fs::write(folder.path().join("people.csv"), "id,WT\n1,50\n").unwrap();
    forest(&folder, &["--model", "drug.R", "--cohort", "people.csv", "--reference", "CRCL=90"])
        .code(2)
        .stderr(contains("the same in all subjects").and(contains("`--covariate WT=0,1`")));
}

#[test]
fn what_has_no_forest_is_refused_where_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (vec!["--covariate", "RITUX"], "covariate `RITUX` is 0 in every subject"),
        (vec!["--covariate", "BSB"], "there is no covariate `BSB`; did you mean `BSA`?"),
        (vec!["--covariate", "HT=150"], "neither the model nor the doses depend on covariate `HT`"),
        (vec!["--covariate", "BSA=high"], "`high` is not a number"),
        (vec!["--covariate", "BSA=0.5"], "the subject with BSA = 0.5 could not be simulated"),
        (vec!["--reference", "BSA"], "expected NAME=VALUE"),
        (vec!["--cycle", "7"], "arm `fixed` has no cycle 7; expected 1 to 6"),
        (vec!["--arm", "fxed"], "did you mean `fixed`?"),
        (vec!["--parameters", "cl3"], "there is no individual parameter `cl3`"),
        (vec!["--theme", "sepia"], "unknown value `sepia`"),
        (vec!["rifampicin"], "every covariate of the model is the same in all subjects (FDC)"),
        (vec!["--model", "mitoxantrone_an_2012"], "uses no covariates"),
        (vec!["--model", "warfarin_nguyen_2017", "--cohort", "people.csv"], "could not read `people.csv`"),
        (vec!["--model", "warfarin_nguyen_2017", "--dose", "0", "--covariate", "WT=60"], "amount"),
        (vec!["--model", "warfarin_nguyen_2017", "--dose", "-5", "--covariate", "WT=60"], "amount"),
        (vec!["rifampicin", "--dose", "3"], "--dose"),
        (
            vec!["--reference", "BSA=1.84", "--set", "forest.exposure=false", "--parameters", "CL1"],
            "did you mean `cl1`?",
        ),
        (vec!["rifampicin", "--model", "mitoxantrone_an_2012"], "uses no covariates"),
        (vec!["--model", "mitoxantrone_an_2012"], "--> --model mitoxantrone_an_2012\n"),
        (vec!["--model", "warfarin_nguyen_2017", "--dose", "-5"], "--> --dose -5\n"),
        (vec!["--model", "warfarin_nguyen_2017", "--dose", "5", "--per", "BSB"], "--> --per BSB\n"),
        (vec!["--model", "warfarin_nguyen_2017", "--dose", "5", "--repeat", "0"], "--> --repeat 0\n"),
        (vec!["--model", "warfarin_nguyen_2017", "--dose", "5", "--infusion", "1 parsec"], "--> --infusion 1 parsec\n"),
    ] {
        // No study file is given, so that none can be pointed at.
        let told = contains(message).and(contains("--> study").not());
        forest(&folder, &arguments).code(2).stdout("").stderr(told);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

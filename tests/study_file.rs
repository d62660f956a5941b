//! Study files: what is refused, where the message points, and what overrides do.

use teorell::study::spec::StudySpec;
use teorell::study::{Override, Problem, Study, StudyError, embedded};

const SMALL: &str = r#"model = "inotuzumab_garrett_2019"
seed = 7

[cohort]
size = 3
covariates = { ALL = 1, RITUX = 0, BSA = 1.84, BLSTPB = 5.25 }

[sampling]
grid = [{ to = 168, by = 24 }]

[[arm]]
name = "a"
regimen = { amount = 1.5, every = "7 d", repeat = 3, infusion = "1 h" }

[[arm]]
name = "b"
course = {}
"#;

fn refused(text: &str) -> StudyError {
    Study::from_text(text, &[]).expect_err("the text should be refused")
}

fn refused_override(text: &str) -> StudyError {
    let change = Override::parse(text, &format!("--set {text}")).unwrap();
    Study::from_text(SMALL, &[change]).expect_err("the override should be refused")
}

fn position(error: &StudyError) -> (usize, usize, &str) {
    let position = error.place.as_ref().and_then(|place| place.position.as_ref()).expect("a place in the text");
    (position.line, position.column, &position.source_line)
}

#[test]
fn every_built_in_study_is_valid_and_has_its_name_and_title() {
    for study in embedded::STUDIES {
        let read = Study::embedded(study.name, &[]).unwrap();
        assert_eq!(read.spec().name.as_deref(), Some(study.name));
        assert_eq!(read.spec().title.as_deref(), Some(study.title()));
    }
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one_and_its_place() {
    let error = refused(&SMALL.replace("grid", "  peeks = true\ngrid"));
    assert!(matches!(&*error.problem, Problem::UnknownKey { key, .. } if key == "peeks"));
    assert_eq!(error.problem.hint().unwrap(), "did you mean `peaks`?");
    assert_eq!(position(&error), (9, 3, "  peeks = true"));
}

#[test]
fn an_unknown_key_far_from_all_known_ones_lists_them() {
    let error = refused(&format!("{SMALL}[solver]\nzzz = 1\n"));
    assert_eq!(error.problem.hint().unwrap(), "known here: `choice`, `rtol`, `atol`");
}

#[test]
fn a_wrong_type_is_named_with_its_place() {
    let error = refused(&SMALL.replace("grid", "peaks = \"yes\"\ngrid"));
    assert_eq!(error.to_string(), "invalid type: string \"yes\", expected true or false");
    assert_eq!(position(&error), (9, 9, "peaks = \"yes\""));
}

#[test]
fn text_that_is_not_toml_is_named_with_its_place() {
    let error = refused("model = \"m\"\nseed = = 3\n");
    assert_eq!(position(&error).0, 2);
}

#[test]
fn seeds_are_whole_numbers_from_0_to_the_largest_of_63_bits() {
    for seed in ["-1", "9223372036854775808", "1.5", "\"x\""] {
        let error = refused(&SMALL.replace("seed = 7", &format!("seed = {seed}")));
        assert!(error.to_string().contains("9223372036854775807"), "{error}");
        assert_eq!(position(&error).0, 2);
    }
    let largest = Study::from_text(&SMALL.replace("seed = 7", "seed = 9223372036854775807"), &[]).unwrap();
    assert_eq!(largest.spec().seed.0, 9_223_372_036_854_775_807);
}

#[test]
fn two_arms_of_one_name_are_refused_at_the_second() {
    let error = refused(&SMALL.replace("\"b\"", "\"a\""));
    assert!(matches!(&*error.problem, Problem::DuplicateArm { name } if name == "a"));
    assert_eq!(position(&error), (16, 8, "name = \"a\""));
}

#[test]
fn an_unreadable_file_is_named() {
    let error = Study::from_path("no/such/study.toml".as_ref(), &[]).unwrap_err();
    assert!(error.to_string().starts_with("cannot read study file `no/such/study.toml`: "), "{error}");
}

#[test]
fn an_override_replaces_one_value_and_leaves_the_rest() {
    let set = |text: &str| Override::parse(text, "--set").unwrap();
    let changes = [set("seed=8"), set("solver.choice=taylor"), set("arm.b.label=x y"), set("sampling.grid.1.by=12")];
    let study = Study::from_text(SMALL, &changes).unwrap();
    let spec: &StudySpec = study.spec();
    assert_eq!(spec.seed.0, 8);
    assert_eq!(spec.arm[1].label.as_deref(), Some("x y"));
    assert_eq!((spec.sampling.grid[0].to, spec.sampling.grid[0].by), (168.0, 12.0));
    assert_eq!(spec.arm[0].name, "a");
    // The study that it amounts to says the same without overrides.
    let again = Study::from_text(&study.to_toml(), &[]).unwrap();
    assert_eq!(format!("{:?}", again.spec()), format!("{spec:?}"));
}

#[test]
fn a_bad_override_is_named_as_it_was_written() {
    for (text, message, hint) in [
        ("sampling.peeks=true", "unknown key `peeks`", "did you mean `peaks`?"),
        ("sed=3", "unknown key `sed`", "did you mean `seed`?"),
        ("solver.choice=tailor", "unknown value `tailor`", "did you mean `taylor`?"),
        (
            "arm.c.label=x",
            "`arm` has no element `c`",
            "elements are named by their `name` or counted from 1; there are `a`, `b`",
        ),
    ] {
        let error = refused_override(text);
        assert_eq!(error.to_string(), message);
        assert_eq!(error.problem.hint().unwrap(), hint);
        assert_eq!(error.place.unwrap().to_string(), format!("--set {text}"));
    }
    // What only the check of the whole study finds is laid to the override as well, whichever way it names the arm.
    for text in [
        "arm.a.regimen.amount=-1",
        "arm.1.regimen.amount=-1",
        "arm.a.regimen.compartment=gut",
        "arm.a.regimen.unit=IU",
        "arm.a.regimen.unit=furlong",
        "arm.a.regimen.per=BSB",
        "arm.a.course.vod=0.1",
        "outputs.variables=[\"Cq\"]",
        "outputs.exposure_of=Cq",
        "data.path=none.csv",
        "cohort.size=0",
        "sampling.grid.1.by=0",
    ] {
        assert_eq!(refused_override(text).place.unwrap().to_string(), format!("--set {text}"));
    }
    let error = refused_override("seed.x=1");
    assert_eq!(error.to_string(), "`seed` is not a table, so `x` cannot be set in it");
    assert_eq!(
        Override::parse("seed", "--set seed").unwrap_err().to_string(),
        "override `seed` has no value; expected KEY=VALUE"
    );
}

#[test]
fn what_does_not_fit_together_is_refused_where_it_is_said() {
    for (from, to, message, line) in [
        ("size = 3", "size = 0", "empty cohort: `cohort.size` is 0; expected at least 1", 5),
        (", BLSTPB = 5.25", "", "the model needs `BLSTPB` (for kdes), which the cohort does not give", 4),
        (
            "BSA = 1.84",
            "BSA = { normal = { mean = 2, sd = -1 } }",
            "`cohort.covariates.BSA.normal.sd` is -1; expected 0 or a positive number",
            6,
        ),
        (
            "by = 24",
            "by = 0",
            "a grid from `0` to `168` by `0` is not one; expected finite numbers, `to` not before `from`, `by` above 0",
            9,
        ),
        ("amount = 1.5", "amount = 0", "`amount` is 0; expected a positive number", 13),
        ("amount = 1.5", "amount = 1.5, compartment = \"gut\"", "the model has no compartment `gut`", 13),
        ("course = {}", "course = { vod = 2 }", "`vod` is 2; expected a probability, 0 to 1", 17),
        (
            "course = {}",
            "course = { dose_days = [1, 8, 25] }",
            "`dose_days[3]` is 25; expected a day of the cycle, from 1",
            17,
        ),
        ("course = {}\n", "", "arm `b` gives nothing; expected [arm.regimen] or [arm.course]", 16),
        ("seed = 7", "seed = 7\narms = [\"c\"]", "there is no arm `c`", 3),
        (
            "seed = 7",
            "seed = 7\nparameters = { lcl9 = 1 }",
            "the model has no parameter `lcl9`; did you mean `lcl1`?",
            3,
        ),
        (
            "seed = 7",
            "seed = 7\nparameters = { lcl1 = \"log(x)\" }",
            "`log(x)` is not a number: `x` is not a number",
            3,
        ),
        (
            "seed = 7",
            "seed = 7\nsolver = { rtol = 0 }",
            "`rtol` is `0`; expected 1e-13 or more and below 1, for double precision cannot give more",
            3,
        ),
    ] {
        let error = refused(&SMALL.replace(from, to));
        assert_eq!(error.to_string(), message);
        assert_eq!(position(&error).0, line, "{message}");
    }
}

#[test]
fn a_model_that_does_not_exist_is_refused_with_the_nearest_name() {
    let error = refused(&SMALL.replace("garrett_2019", "garret_2019"));
    assert_eq!(
        error.to_string(),
        "there is no built-in model `inotuzumab_garret_2019`; did you mean `inotuzumab_garrett_2019`?"
    );
    assert_eq!(position(&error).0, 1);
    let error = refused(&SMALL.replace("inotuzumab_garrett_2019", "no/such.R"));
    assert!(error.to_string().starts_with("cannot read model file `no/such.R`: "), "{error}");
}

#[test]
fn a_model_that_cannot_run_is_refused_with_its_findings_placed_in_the_model() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.R"), "bad <- function() {\n  model({\n    y <- frob(1)\n  })\n}\n").unwrap();
    std::fs::write(folder.path().join("s.toml"), SMALL.replace("inotuzumab_garrett_2019", "bad.R")).unwrap();
    let error = Study::from_path(&folder.path().join("s.toml"), &[]).unwrap_err();
    assert!(error.problem.details().contains("bad.R:3:"), "{}", error.problem.details());
}

#[test]
fn occasions_on_a_line_are_refused_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let model = "m <- function() { ini({ iov ~ 0.04 | OCC })\n model({ d/dt(a) <- -0.1 * exp(iov) * a }) }";
    std::fs::write(folder.path().join("m.R"), model).unwrap();
    std::fs::write(folder.path().join("d.csv"), "ID,TIME,AMT,EVID,OCC\n1,0,100,1,1\n1,4,.,0,2\n").unwrap();
    let study = |how: &str| {
        let text = format!("model = \"m.R\"\n[data]\npath = \"d.csv\"\n[data.covariate]\nocc = \"{how}\"\n");
        std::fs::write(folder.path().join("s.toml"), text).unwrap();
        Study::from_path(&folder.path().join("s.toml"), &[])
    };
    let error = study("linear").unwrap_err();
    let expected =
        "the model takes `occ` for the occasion, and there is none between two of them; expected `locf` or `nocb`";
    assert_eq!(error.to_string(), expected);
    assert_eq!(position(&error).0, 5);
    assert!(study("nocb").is_ok());
}

#[test]
fn choices_for_a_data_set_are_refused_where_there_is_none() {
    for choice in ["data.carry=[\"ARM\"]", "data.observations_only=true", "data.covariates=nocb"] {
        let error = refused_override(choice);
        assert!(error.to_string().ends_with("expected `--data FILE`, or `path` in [data]"), "{error}");
        assert_eq!(error.place.unwrap().origin, format!("--set {choice}"));
    }
}

#[test]
fn parameters_replace_the_models_as_numbers_and_as_expressions() {
    let study =
        Study::from_text(&SMALL.replace("seed = 7", "parameters = { lq = \"log(0.5)\", sd_all = 0.1 }"), &[]).unwrap();
    let model = &study.setup().model;
    let theta = |name: &str| model.ir().thetas.iter().find(|theta| theta.name.text == name).unwrap().estimate;
    assert_eq!((theta("lq"), theta("sd_all")), (0.5_f64.ln(), 0.1));
}

#[test]
fn selected_arms_are_the_only_ones_that_run() {
    let only_b = Override::parse("arms=[\"b\"]", "--arm b").unwrap();
    let study = Study::from_text(SMALL, &[only_b]).unwrap();
    assert_eq!(study.arm_names(), ["b"]);
}

/// Keys of every level that a study may have, with a value of each type in turn.
#[test]
fn a_value_of_the_wrong_type_is_told_without_names_of_the_program() {
    let keys = [
        "name",
        "model",
        "seed",
        "typical",
        "arms",
        "parameters",
        "omega",
        "uncertainty",
        "cohort",
        "cohort.size",
        "cohort.body",
        "cohort.covariates",
        "cohort.covariates.ALL",
        "cohort.csv",
        "cohort.csv.path",
        "data",
        "data.replicates",
        "data.carry",
        "data.covariates",
        "data.covariate",
        "vpc",
        "vpc.bins",
        "vpc.replicates",
        "sampling",
        "sampling.grid",
        "sampling.grid.1",
        "sampling.grid.1.to",
        "sampling.grid.1.unit",
        "sampling.peaks",
        "solver",
        "solver.choice",
        "solver.rtol",
        "residual",
        "residual.on",
        "outputs",
        "outputs.digits",
        "outputs.variables",
        "outputs.theme",
        "comparison",
        "comparison.limits",
        "forest",
        "forest.cycle",
        "arm",
        "arm.a",
        "arm.a.name",
        "arm.a.regimen",
        "arm.a.regimen.amount",
        "arm.a.regimen.every",
        "arm.a.regimen.repeat",
        "arm.a.regimen.infusion",
        "arm.b.course",
        "arm.b.course.max_cycles",
        "target",
        "sweep",
        "uncertainty.rse",
        "uncertainty.omega_df",
        "uncertainty.replicates",
        "cohort.body.age",
        "cohort.body.source",
    ];
    let values = ["\"x\"", "-1", "5000000000", "1.5", "true", "[]", "[1, \"x\"]", "[[1]]", "{ x = 1 }"];
    let internal = ["Spec", "struct", "enum", "variant", "u8", "u32", "u64", "usize", "i64", "f64", "sequence", " map"];
    let mut refused = 0;
    let mut told = Vec::new();
    for key in keys {
        for value in values {
            let change = Override::parse(&format!("{key}={value}"), "--set").unwrap();
            if let Err(error) = Study::from_text(SMALL, &[change]) {
                let message = error.to_string();
                refused += 1;
                if internal.iter().any(|name| message.contains(name)) {
                    told.push(format!("{key} = {value}: {message}"));
                }
            }
        }
    }
    assert!(told.is_empty(), "{told:#?}");
    assert!(refused > keys.len() * values.len() / 2, "only {refused} were refused");
}

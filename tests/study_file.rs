//! Study files: what is refused, where the message points, and what overrides do.

use teorell::study::spec::StudySpec;
use teorell::study::{Override, Problem, Study, StudyError, embedded};

const SMALL: &str = "model = \"inotuzumab_garrett_2019\"\nseed = 7\n\n[sampling]\ngrid = [{ to = 168, by = 24 }]\n\n\
                     [[arm]]\nname = \"a\"\n\n[[arm]]\nname = \"b\"\n";

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
    let error = refused("model = \"m\"\n[sampling]\n  peeks = true\n");
    assert!(matches!(&*error.problem, Problem::UnknownKey { key, .. } if key == "peeks"));
    assert_eq!(error.problem.hint().unwrap(), "did you mean `peaks`?");
    assert_eq!(position(&error), (3, 3, "  peeks = true"));
}

#[test]
fn an_unknown_key_far_from_all_known_ones_lists_them() {
    let error = refused("model = \"m\"\n[solver]\nzzz = 1\n");
    assert_eq!(error.problem.hint().unwrap(), "known here: `choice`, `rtol`, `atol`");
}

#[test]
fn a_wrong_type_is_named_with_its_place() {
    let error = refused("model = \"m\"\n[sampling]\npeaks = \"yes\"\n");
    assert_eq!(error.to_string(), "invalid type: string \"yes\", expected a boolean");
    assert_eq!(position(&error), (3, 9, "peaks = \"yes\""));
}

#[test]
fn text_that_is_not_toml_is_named_with_its_place() {
    let error = refused("model = \"m\"\nseed = = 3\n");
    assert_eq!(position(&error).0, 2);
}

#[test]
fn seeds_are_whole_numbers_from_0_to_the_largest_of_63_bits() {
    for seed in ["-1", "9223372036854775808", "1.5", "\"x\""] {
        let error = refused(&format!("seed = {seed}\nmodel = \"m\"\n"));
        assert!(error.to_string().contains("9223372036854775807"), "{error}");
        assert_eq!(position(&error).0, 1);
    }
    let largest = Study::from_text(&SMALL.replace("seed = 7", "seed = 9223372036854775807"), &[]).unwrap();
    assert_eq!(largest.spec().seed.0, 9_223_372_036_854_775_807);
}

#[test]
fn two_arms_of_one_name_are_refused_at_the_second() {
    let error = refused(&SMALL.replace("\"b\"", "\"a\""));
    assert!(matches!(&*error.problem, Problem::DuplicateArm { name } if name == "a"));
    assert_eq!(position(&error), (11, 8, "name = \"a\""));
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
    assert_eq!(spec.arms[1].label.as_deref(), Some("x y"));
    assert_eq!((spec.sampling.grid[0].to, spec.sampling.grid[0].by), (168.0, 12.0));
    assert_eq!(spec.arms[0].name, "a");
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
    let error = refused_override("seed.x=1");
    assert_eq!(error.to_string(), "`seed` is not a table, so `x` cannot be set in it");
    assert_eq!(
        Override::parse("seed", "--set seed").unwrap_err().to_string(),
        "override `seed` has no value; expected KEY=VALUE"
    );
}

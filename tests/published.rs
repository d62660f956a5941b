//! The list of published numbers, and what counts as meeting one. `cli_inspect.rs` runs it.

use teorell::study::published::{Comparison, Published, PublishedValue, Verdict};

fn value(tolerance: &str) -> PublishedValue {
    let text = format!(
        "name = \"n\"\nscenario = \"s\"\nquantity = {{ mean_auc = {{ interval = 4 }} }}\npublished = 100.0\nunit = \"h\"\nsource = \"x\"\n\
         reason = \"r\"\n{tolerance}"
    );
    toml::from_str(&text).unwrap()
}

fn verdict(tolerance: &str, simulated: Option<f64>) -> Verdict {
    Comparison { value: value(tolerance), simulated }.verdict()
}

#[test]
fn every_value_has_a_scenario_and_every_scenario_a_value() {
    let Published { scenarios, values } = Published::inotuzumab();
    for value in &values {
        assert!(scenarios.iter().any(|scenario| scenario.name == value.scenario), "{}", value.name);
    }
    for scenario in &scenarios {
        assert!(values.iter().any(|value| value.scenario == scenario.name), "{}", scenario.name);
    }
}

#[test]
fn a_value_that_is_not_judged_says_so_and_why() {
    for value in Published::inotuzumab().values {
        let judged = value.within.is_some() || value.between.is_some();
        assert_eq!(judged, !value.reason.starts_with("not judged: "), "{}", value.name);
    }
}

#[test]
fn a_number_meets_its_tolerance_or_fails() {
    for (tolerance, simulated, expected) in [
        ("within = { relative = 0.05 }", 104.9, Verdict::Pass),
        ("within = { relative = 0.05 }", 94.9, Verdict::Fail),
        ("within = { absolute = 0.5 }", 100.5, Verdict::Pass),
        ("within = { absolute = 0.5 }", 99.4, Verdict::Fail),
        ("between = [101, 103]", 102.0, Verdict::Pass),
        ("between = [101, 103]", 100.0, Verdict::Fail),
        ("within = { relative = 0.05 }", f64::NAN, Verdict::Fail),
        ("", 5.0, Verdict::NotJudged),
    ] {
        assert_eq!(verdict(tolerance, Some(simulated)), expected, "{tolerance} {simulated}");
    }
}

#[test]
fn a_number_that_is_not_there_fails_where_it_is_judged() {
    assert_eq!(verdict("within = { relative = 0.05 }", None), Verdict::Fail);
    assert_eq!(verdict("", None), Verdict::NotJudged);
}

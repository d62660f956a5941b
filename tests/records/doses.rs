//! What a model says of doses, states and time, from text to numbers: each against its closed form.

use super::{column, design, read, simulate};

/// Values of an output of `model({body})` at every record.
fn values(body: &str, data: &str, output: &str) -> Vec<f64> {
    let design = design(&format!("m <- function() {{ model({{\n{body}\n}}) }}"));
    column(&simulate(&design, &read(data, &design), 1), &design, output)
}

/// To 1e-7: ten times the tolerance of the engine. NaN answers NaN.
fn assert_values(body: &str, data: &str, output: &str, expected: &[f64]) {
    let found = values(body, data, output);
    assert_eq!(found.len(), expected.len(), "{body}: {found:?}");
    for (found, expected) in found.iter().zip(expected) {
        let same = (found - expected).abs() <= 1e-7 * expected.abs() || found.is_nan() && expected.is_nan();
        assert!(same, "{body}: {found} not {expected}");
    }
}

const BOLUS: &str = "ID,TIME,AMT,EVID\n1,0,100,1\n1,1,.,0\n1,5,.,0\n";
const DECAY: &str = "d/dt(a) <- -0.1 * a";

fn decay(time: f64) -> f64 {
    100.0 * (-0.1 * time).exp()
}

#[test]
fn bioavailability_scales_a_dose_and_a_lag_delays_it() {
    let [now, one, five] = [0.0, 1.0, 5.0].map(decay);
    assert_values(DECAY, BOLUS, "a", &[now, one, five]);
    for word in ["f", "F"] {
        assert_values(&format!("{DECAY}\n{word}(a) <- 0.25"), BOLUS, "a", &[now / 4.0, one / 4.0, five / 4.0]);
    }
    for word in ["alag", "lag"] {
        assert_values(&format!("{DECAY}\n{word}(a) <- 2"), BOLUS, "a", &[0.0, 0.0, decay(3.0)]);
    }
}

#[test]
fn a_state_begins_where_the_model_says() {
    assert_values(&format!("{DECAY}\na(0) <- 50"), BOLUS, "a", &[150.0, 1.5 * decay(1.0), 1.5 * decay(5.0)]);
}

#[test]
fn durations_and_rates_of_the_model_are_those_of_infusions() {
    // 100 at 25 an hour: 4 hours.
    let during = |time: f64| 250.0 * (1.0 - (-0.1 * time).exp());
    for (code, statement) in [(-2, "dur(a) <- 4"), (-1, "rate(a) <- 25")] {
        let data = format!("ID,TIME,AMT,RATE,EVID\n1,0,100,{code},1\n1,2,.,.,0\n1,6,.,.,0\n");
        let after = during(4.0) * (-0.2f64).exp();
        assert_values(&format!("{DECAY}\n{statement}"), &data, "a", &[0.0, during(2.0), after]);
    }
}

#[test]
fn compartments_are_numbered_as_declared() {
    let data = "ID,TIME,AMT,EVID,CMT\n1,0,7,1,1\n1,1,.,0,1\n";
    let equations = "d/dt(a) <- 0\nd/dt(b) <- 0";
    assert_values(equations, data, "b", &[0.0, 0.0]);
    assert_values(&format!("cmt(b)\n{equations}"), data, "b", &[7.0, 7.0]);
}

#[test]
fn a_model_knows_when_and_how_much_was_given() {
    let data = "ID,TIME,AMT,EVID,CMT\n1,0,.,0,1\n1,2,10,1,1\n1,3,.,0,1\n1,5,20,1,2\n1,7,.,0,1\n";
    let nan = f64::NAN;
    let cases = [
        ("tad()", [nan, 0.0, 1.0, 0.0, 2.0]),
        ("tad(a)", [nan, 0.0, 1.0, 3.0, 5.0]),
        ("tafd()", [nan, 0.0, 1.0, 3.0, 5.0]),
        ("tafd(b)", [nan, nan, nan, 0.0, 2.0]),
        ("tlast()", [nan, 2.0, 2.0, 5.0, 5.0]),
        ("tlast(a)", [nan, 2.0, 2.0, 2.0, 2.0]),
        ("tfirst()", [nan, 2.0, 2.0, 2.0, 2.0]),
        ("podo()", [nan, 10.0, 10.0, 20.0, 20.0]),
        ("podo(a)", [nan, 10.0, 10.0, 10.0, 10.0]),
        ("tad0()", [0.0, 0.0, 1.0, 0.0, 2.0]),
        ("podo0(b)", [0.0, 0.0, 0.0, 20.0, 20.0]),
        ("t + time", [0.0, 4.0, 6.0, 10.0, 14.0]),
    ];
    for (call, expected) in cases {
        assert_values(&format!("d/dt(a) <- 0\nd/dt(b) <- 0\ny <- {call}"), data, "y", &expected);
    }
}

#[test]
fn an_input_that_a_time_of_the_model_switches_on_is_met_to_the_minute() {
    let body = "mtime(on) <- 3\nmtime(off) <- on + 0.5\nif (t > on & t <= off) { input <- 8 } else { input <- 0 }\nd/dt(a) <- input";
    let data = "ID,TIME,AMT,EVID\n1,0,.,0\n1,3,.,0\n1,3.25,.,0\n1,500,.,0\n";
    let found = values(body, data, "a");
    for (found, expected) in found.iter().zip([0.0, 0.0, 2.0, 4.0]) {
        // The steps beside a switch see both sides of it: 100 times the tolerance.
        assert!((found - expected).abs() < 4e-6, "{found} not {expected}");
    }
}

#[test]
fn conditions_choose_among_equations_as_they_come_true() {
    // 5 an hour until 20 is reached after 4 hours, then half of what is above 20 an hour leaves as it enters.
    let data = "ID,TIME,AMT,EVID\n1,0,.,0\n1,2,.,0\n1,4,.,0\n1,9,.,0\n";
    let [first, second] = [
        "if (a < 20) { d/dt(a) <- 5 } else { d/dt(a) <- 5 - 0.5 * (a - 20) }",
        "d/dt(a) <- 5 - (a >= 20) * 0.5 * (a - 20)",
    ];
    let settled = 20.0 + 10.0 * (1.0 - (-2.5f64).exp());
    for body in [first, second] {
        for (found, expected) in values(body, data, "a").iter().zip([0.0, 10.0, 20.0, settled]) {
            // The corner is met within a step: 100 times the tolerance.
            assert!((found - expected).abs() < 2e-5, "{body}: {found} not {expected}");
        }
    }
}

#[test]
fn a_transit_chain_passes_on_the_available_share_of_a_dose() {
    // One transit compartment, whose mean time is half of mtt: what has passed is a gamma distribution of shape 2.
    let passed = |time: f64| 1.0 - (1.0 + time) * (-time).exp();
    for (call, share) in [("transit(1, 2)", 1.0), ("transit(1, 2, 0.4)", 0.4)] {
        let expected = [0.0, 100.0 * share * passed(1.0), 100.0 * share * passed(5.0)];
        for (found, expected) in values(&format!("d/dt(a) <- {call}"), BOLUS, "a").iter().zip(expected) {
            // The input begins with a corner at the dose: 100 times the tolerance.
            assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{call}: {found} not {expected}");
        }
    }
}

#[test]
fn lin_cmt_stands_for_its_equations() {
    let [_, one, five] = [0.0, 1.0, 5.0].map(decay);
    assert_values("cl <- 0.5\nv <- 5\ny <- linCmt()", BOLUS, "y", &[20.0, one / 5.0, five / 5.0]);
    let oral = |time: f64| 20.0 * 0.8 / (0.8 - 0.1) * ((-0.1 * time).exp() - (-0.8 * time).exp());
    assert_values("kel <- 0.1\nvc <- 5\nka <- 0.8\ny <- linCmt()", BOLUS, "y", &[0.0, oral(1.0), oral(5.0)]);
}

#[test]
fn a_variable_set_by_a_tilde_is_used_and_not_shown() {
    let body = "k ~ 0.1\nd/dt(a) <- -k * a\nk2 <- 2 * k";
    assert_values(body, BOLUS, "a", &[decay(0.0), decay(1.0), decay(5.0)]);
    let design = design(&format!("m <- function() {{ model({{\n{body}\n}}) }}"));
    assert_eq!((design.setup.model.output("k"), design.setup.model.output("k2")), (None, Some(0)));
}

//! `teorell show`: the page about a model.

use teorell::model::{Model, show};

#[test]
fn the_page_about_garrett_2019_is_as_reviewed() {
    let page = show::to_text(&Model::builtin("inotuzumab_garrett_2019").unwrap());
    // Which solver is taken is the engine's affair; here it only matters that the page says it.
    let (solver, page): (Vec<&str>, Vec<&str>) = page.lines().partition(|line| line.starts_with("  solver "));
    assert_eq!(solver.len(), 1);
    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn the_json_holds_the_representation_and_what_was_made_of_it() {
    let json = show::to_json(&Model::builtin("inotuzumab_garrett_2019").unwrap());
    assert_eq!(json["ir"]["thetas"][0]["name"]["text"], "lcl1");
    assert_eq!(json["analysis"]["structure"], "linear_time_varying");
    assert_eq!(json["analysis"]["phases"][2], serde_json::json!({ "name": "vc", "phase": "record" }));
    assert_eq!(json["analysis"]["thetas"][6], serde_json::json!({ "name": "e_all_cl1", "scale": "natural" }));
    assert_eq!(json["analysis"]["only_integrates"], serde_json::json!(["exposure"]));
}

/// sqrt(exp(0.178929) - 1) = 0.44265: the exact CV of a log-normal parameter, where the paper prints 42.3 % = sqrt(0.178929).
#[test]
fn the_cv_is_the_exact_one_of_a_log_normal() {
    assert!((show::cv_percent(0.178_929) - 44.265).abs() < 5e-4);
}

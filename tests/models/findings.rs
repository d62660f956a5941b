//! What is said of models that do not run, or not as their author may think.

use teorell::model::{Model, ModelOptions};

/// All findings of a text, errors and notes, as a user sees them.
fn findings(ini: &str, body: &str) -> String {
    findings_with(ini, body, "", &ModelOptions::default())
}

fn findings_with(ini: &str, body: &str, metadata: &str, options: &ModelOptions) -> String {
    let text = format!("m <- function() {{\n{metadata}\nini({{\n{ini}\n}})\nmodel({{\n{body}\n}})\n}}\n");
    let found = match Model::from_text(&text, "m.R", options) {
        Ok(model) => model.notes().to_vec(),
        Err(found) => found,
    };
    found.iter().map(|finding| finding.render(&text, "m.R")).collect::<Vec<_>>().join("")
}

#[test]
fn a_name_used_before_it_is_set_is_refused() {
    insta::assert_snapshot!(findings("a <- 1", "y <- a + ke\nke <- 2 * a\nz <- ke + y"));
}

#[test]
fn definitions_in_a_circle_are_refused_where_the_circle_begins() {
    insta::assert_snapshot!(findings("a <- 1", "x <- y + a\ny <- x"));
}

#[test]
fn only_covariates_run_between_records() {
    insta::assert_snapshot!(findings("cl <- 1", "linear(wt)\nnocb(cl)\nlocf(WT)\ny <- cl * WT"));
}

#[test]
fn a_state_that_does_not_exist_is_refused_with_the_nearest_one() {
    insta::assert_snapshot!(findings("k <- 1", "d/dt(central) <- -k * central\nf(centrl) <- 0.5\ny <- tad(depot)"));
}

#[test]
fn a_state_cannot_be_assigned_to() {
    insta::assert_snapshot!(findings("k <- 1", "d/dt(central) <- -k * central\ncentral <- 5"));
}

#[test]
fn an_endpoint_must_be_something_the_model_computes() {
    insta::assert_snapshot!(findings(
        "k <- 1\ns <- 0.1",
        "d/dt(central) <- -k * central\nconc <- central / 2\ncont ~ prop(s)"
    ));
}

#[test]
fn division_by_zero_is_refused() {
    insta::assert_snapshot!(findings("k <- 1", "none <- 1 - 1\ny <- k / none"));
}

#[test]
fn variances_that_are_none_are_refused() {
    insta::assert_snapshot!(findings("k <- 1\na + b ~ c(0.1, 0.2, 0.1)\nc ~ -0.1", "y <- k + a + b + c"));
}

#[test]
fn event_times_must_be_known_beforehand() {
    insta::assert_snapshot!(findings("k <- 1", "d/dt(central) <- -k * central\nmtime(switch) <- 2 + t\ny <- switch"));
}

#[test]
fn names_declared_twice_are_refused() {
    insta::assert_snapshot!(findings("k <- 1\nk ~ 0.1", "y <- k"));
}

#[test]
fn a_random_effect_without_a_variance_is_noted() {
    insta::assert_snapshot!(findings("lcl <- 1", "cl <- exp(lcl + eta.cl) * WT"));
}

#[test]
fn covariates_the_model_does_not_list_are_noted_with_what_they_may_have_meant() {
    let metadata = "covariateData <- list(WT = list(description = \"Body weight\", units = \"kg\"))";
    insta::assert_snapshot!(findings_with(
        "lcl <- 1",
        "cl <- exp(lcl) * WT + Age\ny <- c1 + lc",
        metadata,
        &ModelOptions::default()
    ));
}

#[test]
fn what_is_not_used_or_not_always_set_is_noted() {
    insta::assert_snapshot!(findings(
        "k <- 1\nunused <- 2\neta ~ 0.1",
        "if (ROUTE != 1) {\n  ka <- k\n}\nd/dt(central) <- ka * central\ncmt(depot)\ny <- central"
    ));
}

#[test]
fn an_exposure_or_output_that_does_not_exist_is_refused() {
    let options = ModelOptions { exposure: Some("cc".to_owned()), outputs: Some(vec!["conc".to_owned()]) };
    insta::assert_snapshot!(findings_with("k <- 1", "d/dt(a) <- -k * a\nCc <- a", "", &options));
}

//! Statements of the `model` block.

use super::{model, reading, refusal, tree};
use teorell::model::ir::{DoseProperty, ErrorModel, Expression, Interpolation, ModelIr, Statement, Transform};

/// The statements in short, one a line.
fn outline(ir: &ModelIr) -> Vec<String> {
    ir.statements.iter().map(short).collect()
}

fn short(statement: &Statement) -> String {
    match statement {
        Statement::Assign { name, value, output } => {
            format!("{} {} {}", name.text, if *output { "=" } else { "~" }, tree(value))
        }
        Statement::Derivative { state, value } => format!("d {} = {}", state.text, tree(value)),
        Statement::Initial { state, value } => format!("0 {} = {}", state.text, tree(value)),
        Statement::DoseProperty { property, state, value } => {
            format!("{property:?} {} = {}", state.text, tree(value))
        }
        Statement::EventTime { name, value } => format!("time {} = {}", name.text, tree(value)),
        Statement::If { branches, otherwise } => {
            let mut parts: Vec<String> = branches
                .iter()
                .map(|(condition, guarded)| format!("{} [{}]", tree(condition), inner(guarded)))
                .collect();
            parts.push(format!("else [{}]", inner(otherwise)));
            parts.join(" ")
        }
    }
}

fn inner(statements: &[Statement]) -> String {
    statements.iter().map(short).collect::<Vec<_>>().join("; ")
}

fn states(ir: &ModelIr) -> Vec<&str> {
    ir.states.iter().map(|state| state.text.as_str()).collect()
}

#[test]
fn assignments_come_in_order_and_may_repeat() {
    let ir = model("a <- 1; b = a + 1\n a <- b\n 2 -> c\n d ~ exp(a)\n lag <- 3\n f <- lag");
    assert_eq!(outline(&ir), ["a = 1", "b = (+ a 1)", "a = b", "c = 2", "d ~ (Exp a)", "lag = 3", "f = lag"]);
}

#[test]
fn differential_equations_may_be_spaced_in_any_way() {
    let ir = model("d/dt(depot) <- -ka * depot\n d / dt ( central ) = ka*depot\nd/dt(x) ~ 1\n{ d/dt(y) <- 2 }");
    assert_eq!(outline(&ir), ["d depot = (* (neg ka) depot)", "d central = (* ka depot)", "d x = 1", "d y = 2"]);
    assert_eq!(states(&ir), ["depot", "central", "x", "y"]);
}

#[test]
fn properties_of_doses_and_initial_values_are_read_by_all_their_names() {
    let ir = model(
        "x(0) <- 5\n f(x) <- 0.5\n F(x) <- 0.6\n alag(x) <- 1\n lag(x) <- 2\n dur(x) <- 3\n rate(x) <- 4\n mtime(t1) <- 6\n d/dt(x) <- 0",
    );
    let property = |p: DoseProperty, value: &str| format!("{p:?} x = {value}");
    assert_eq!(
        outline(&ir),
        [
            "0 x = 5".to_owned(),
            property(DoseProperty::Bioavailability, "0.5"),
            property(DoseProperty::Bioavailability, "0.6"),
            property(DoseProperty::Lag, "1"),
            property(DoseProperty::Lag, "2"),
            property(DoseProperty::Duration, "3"),
            property(DoseProperty::Rate, "4"),
            "time t1 = 6".to_owned(),
            "d x = 0".to_owned(),
        ]
    );
}

#[test]
fn compartments_are_numbered_by_declaration_or_by_first_equation() {
    assert_eq!(states(&model("d/dt(b) <- 1\n d/dt(a) <- 1")), ["b", "a"]);
    assert_eq!(states(&model("cmt(a)\n d/dt(b) <- 1\n d/dt(a) <- 1")), ["a", "b"]);
    assert_eq!(states(&model("d/dt(b) <- 1\n cmt(c)\n d/dt(a) <- 1\n d/dt(c) <- 1")), ["b", "c", "a"]);
    assert_eq!(states(&model("if (x > 1) { d/dt(a) <- 1 } else { d/dt(a) <- 2 }")), ["a"]);
}

#[test]
fn a_compartment_without_equation_is_no_state_and_noted() {
    let reading = reading("function() { model({ cmt(effect)\n d/dt(a) <- 1 }) }");
    assert_eq!(states(&reading.ir), ["a"]);
    assert_eq!(reading.notes[0].message, "compartment `effect` has no differential equation: it is no state");
}

#[test]
fn conditions_take_braces_or_none_and_any_number_of_branches() {
    let expected = ["(< a 1) [x = 1] (< a 2) [x = 2; y = 1] else [x = 3]"];
    for text in [
        "if (a < 1) { x <- 1 } else if (a < 2) { x <- 2; y <- 1 } else { x <- 3 }",
        "if (a < 1) x <- 1 else if (a < 2) { x <- 2\n y <- 1 } else x <- 3",
        "if (a < 1) {\n x <- 1\n }\n else if (a < 2)\n {\n x <- 2\n y <- 1\n }\n else\n x <- 3",
        "if(a<1){x<-1}else if(a<2){x<-2;y<-1}else{x<-3}",
    ] {
        assert_eq!(outline(&model(text)), expected, "{text}");
    }
    assert_eq!(outline(&model("if (a) x <- 1\nif (!b) y <- 2")), ["a [x = 1] else []", "(not b) [y = 2] else []"]);
    assert_eq!(outline(&model("if (a) { if (b) x <- 1 } else y <- 2")), ["a [b [x = 1] else []] else [y = 2]"]);
    assert_eq!(outline(&model("if (a) { x <- 1 } else { if (b) { y <- 2 } }")), ["a [x = 1] else [b [y = 2] else []]"]);
}

#[test]
fn a_derivative_may_be_used_as_a_value_after_its_equation() {
    let ir = model("d/dt(a) <- -k * a\n d/dt(b) <- -d/dt(a)\n y <- d/dt(b)");
    assert_eq!(
        outline(&ir),
        ["rx_ddt_a ~ (* (neg k) a)", "d a = rx_ddt_a", "rx_ddt_b ~ (neg rx_ddt_a)", "d b = rx_ddt_b", "y = rx_ddt_b"]
    );
    assert_eq!(
        refusal("function() { model({ y <- d/dt(a)\n d/dt(a) <- 1 }) }"),
        ["`d/dt(a)` is used before it is set"]
    );
}

#[test]
fn covariates_may_be_told_how_to_run() {
    let ir = model("linear(INS, GLU)\n nocb(WT)\n locf(AGE)\n y <- INS + GLU + WT + AGE");
    let found: Vec<_> = ir.interpolation.iter().map(|(name, how)| (name.text.as_str(), *how)).collect();
    assert_eq!(
        found,
        [
            ("INS", Interpolation::Linear),
            ("GLU", Interpolation::Linear),
            ("WT", Interpolation::Nocb),
            ("AGE", Interpolation::Locf),
        ]
    );
}

fn error(text: &str) -> ErrorModel {
    model(&format!("y <- 1\n y ~ {text}")).endpoints.remove(0).error
}

/// An error model in short: SDs, exponent, combination, scale, degrees of freedom.
fn continuous(text: &str) -> String {
    match error(text) {
        ErrorModel::Continuous { additive, proportional, combined1, transform, degrees_of_freedom } => {
            let show = |e: &Option<Expression>| e.as_ref().map_or("-".to_owned(), tree);
            let (sd, exponent) = proportional.map_or((None, None), |(sd, exponent)| (Some(sd), exponent));
            let transform = match transform {
                Transform::Identity => "identity".to_owned(),
                Transform::Log => "log".to_owned(),
                Transform::Logit { low, high } => format!("logit {low} {high}"),
                Transform::Probit { low, high } => format!("probit {low} {high}"),
                Transform::BoxCox(lambda) => format!("box-cox {}", tree(&lambda)),
                Transform::YeoJohnson(lambda) => format!("yeo-johnson {}", tree(&lambda)),
            };
            let combination = if combined1 { "1" } else { "2" };
            format!(
                "{} {} {} {combination} {transform} {}",
                show(&additive),
                show(&sd),
                show(&exponent),
                show(&degrees_of_freedom)
            )
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn continuous_errors_are_sums_of_terms() {
    let table = [
        ("add(a)", "a - - 2 identity -"),
        ("prop(b)", "- b - 2 identity -"),
        ("pow(b, c)", "- b c 2 identity -"),
        ("add(a) + prop(b)", "a b - 2 identity -"),
        ("prop(b) + add(a)", "a b - 2 identity -"),
        ("add(a) + pow(b, c)", "a b c 2 identity -"),
        ("add(a) + prop(b) + combined1()", "a b - 1 identity -"),
        ("add(a) + prop(b) + combined2()", "a b - 2 identity -"),
        ("comb1() + add(a) + prop(b)", "a b - 1 identity -"),
        ("lnorm(a)", "a - - 2 log -"),
        ("dlnorm(a)", "a - - 2 log -"),
        ("logn(a)", "a - - 2 log -"),
        ("lnorm(NA) + prop(b)", "- b - 2 log -"),
        ("lnorm(a) + prop(b)", "a b - 2 log -"),
        ("logitNorm(a)", "a - - 2 logit 0 1 -"),
        ("logitNorm(a, 0, 100)", "a - - 2 logit 0 100 -"),
        ("logitNorm(a, -0.5, 10)", "a - - 2 logit -0.5 10 -"),
        ("probitNorm(a, 0, 10)", "a - - 2 probit 0 10 -"),
        ("add(a) + boxCox(l)", "a - - 2 box-cox l -"),
        ("prop(b) + tbs(l)", "- b - 2 box-cox l -"),
        ("add(a) + yeoJohnson(l)", "a - - 2 yeo-johnson l -"),
        ("add(a) + t(df)", "a - - 2 identity df"),
        ("add(a) + dt(4)", "a - - 2 identity 4"),
        ("add(a) + cauchy()", "a - - 2 identity 1"),
        ("add(a) + dnorm()", "a - - 2 identity -"),
        ("norm(a)", "a - - 2 identity -"),
        ("add(0.5)", "0.5 - - 2 identity -"),
        ("add(a * w)", "(* a w) - - 2 identity -"),
    ];
    for (text, expected) in table {
        assert_eq!(continuous(text), expected, "{text}");
    }
}

#[test]
fn counts_and_categories_have_distributions_of_their_own() {
    let shown = |expressions: &[Expression]| expressions.iter().map(tree).collect::<Vec<_>>().join(" ");
    for text in ["pois(lambda)", "dpois(lambda)"] {
        assert!(matches!(error(text), ErrorModel::Poisson(rate) if tree(&rate) == "lambda"), "{text}");
    }
    for (text, n, p) in [("binom(n, p)", "n", "p"), ("dbinom(10, p)", "10", "p"), ("bern(p)", "1", "p")] {
        assert!(
            matches!(error(text), ErrorModel::Binomial(size, share) if tree(&size) == n && tree(&share) == p),
            "{text}"
        );
    }
    for text in ["c(p1, p2 - p1)", "ordinal(p1, p2 - p1)"] {
        assert!(matches!(error(text), ErrorModel::Ordinal(p) if shown(&p) == "p1 (- p2 p1)"), "{text}");
    }
    assert!(matches!(error("none()"), ErrorModel::None));
}

#[test]
fn endpoints_have_the_name_of_their_prediction_or_of_their_condition() {
    let ir = model("cp <- 1\n eff <- 2\n cp ~ add(a) + prop(b)\n eff ~ add(c) | pd\n cp ~ lnorm(d) | study2");
    let names: Vec<_> = ir
        .endpoints
        .iter()
        .map(|e| (e.prediction.text.as_str(), e.condition.as_ref().map(|c| c.text.as_str())))
        .collect();
    assert_eq!(names, [("cp", None), ("eff", Some("pd")), ("cp", Some("study2"))]);
    assert_eq!(ir.statements.len(), 2, "endpoints are no statements");
}

#[test]
fn a_tilde_is_an_endpoint_only_before_an_error_model() {
    let ir = model("ka ~ exp(tka)\n x ~ a + b\n g ~ gamma(x)\n z ~ c(ka)");
    assert_eq!(outline(&ir), ["ka ~ (Exp tka)", "x ~ (+ a b)", "g ~ (Gamma x)"]);
    assert_eq!(ir.endpoints.len(), 1);
}

//! The `ini` block, the function around it, and metadata.

use super::{ini, read, reading, refusal};
use teorell::model::ir::{Metadata, ModelIr};

fn theta(parameters: &str) -> (f64, f64, f64, bool) {
    let ir = ini(parameters);
    let theta = &ir.thetas[0];
    (theta.lower, theta.estimate, theta.upper, theta.fixed)
}

const NONE: f64 = f64::INFINITY;

#[test]
fn estimates_are_written_in_many_ways() {
    let table = [
        ("cl <- 5", (-NONE, 5.0, NONE, false)),
        ("cl = 5", (-NONE, 5.0, NONE, false)),
        ("5 -> cl", (-NONE, 5.0, NONE, false)),
        ("cl <- c(0, 5)", (0.0, 5.0, NONE, false)),
        ("cl <- c(0, 5, 10)", (0.0, 5.0, 10.0, false)),
        ("cl <- c(-Inf, 5, Inf)", (-NONE, 5.0, NONE, false)),
        ("cl <- fix(5)", (-NONE, 5.0, NONE, true)),
        ("cl <- fixed(5)", (-NONE, 5.0, NONE, true)),
        ("cl <- FIX(5)", (-NONE, 5.0, NONE, true)),
        ("cl <- fixed(c(0, 5, 10))", (0.0, 5.0, 10.0, true)),
        ("cl <- fix(0, 5, 10)", (0.0, 5.0, 10.0, true)),
        ("cl <- c(0, 5, 10, fixed)", (0.0, 5.0, 10.0, true)),
        ("cl <- c(5, FIX)", (-NONE, 5.0, NONE, true)),
        ("cl <- c(0, fix(5))", (0.0, 5.0, NONE, true)),
        ("cl <- -5", (-NONE, -5.0, NONE, false)),
        ("cl <- 2 * (3 + 1)^2 / 4 - 1", (-NONE, 7.0, NONE, false)),
        ("cl <- log(c(1, 1, 1))", (0.0, 0.0, 0.0, false)),
        ("cl <- fixed(log(1))", (-NONE, 0.0, NONE, true)),
        ("cl <- log(0.5 / (1 - 0.5))", (-NONE, 0.0, NONE, false)),
        ("cl <- exp(0) + sqrt(4)", (-NONE, 3.0, NONE, false)),
        ("cl <- expit(0)", (-NONE, 0.5, NONE, false)),
        ("cl <- expit(0, 1, 3)", (-NONE, 2.0, NONE, false)),
        ("cl <- logit(0.5)", (-NONE, 0.0, NONE, false)),
        ("cl <- logit(2, 1, 3)", (-NONE, 0.0, NONE, false)),
        ("cl <- log10(100)", (-NONE, 2.0, NONE, false)),
        ("cl <- log2(8)", (-NONE, 3.0, NONE, false)),
        ("cl <- 24L", (-NONE, 24.0, NONE, false)),
        ("cl <- c(0, 0.05)", (0.0, 0.05, NONE, false)),
    ];
    for (text, expected) in table {
        assert_eq!(theta(text), expected, "{text}");
    }
}

#[test]
fn labels_belong_to_the_parameter_before_them() {
    let ir = ini(
        "lcl <- log(5); label(\"Clearance (L/h)\") # from table 2: \"CL\"\nlvc <- 3\neta_cl ~ 0.1\nlabel('IIV of CL')",
    );
    assert_eq!(ir.thetas[0].label.as_deref(), Some("Clearance (L/h)"));
    assert_eq!(ir.thetas[1].label, None);
    assert_eq!(ir.etas[0].label.as_deref(), Some("IIV of CL"));
}

fn omegas(parameters: &str) -> Vec<(usize, Vec<f64>, bool)> {
    ini(parameters).omegas.into_iter().map(|block| (block.size, block.lower, block.fixed)).collect()
}

#[test]
fn variances_are_written_in_many_ways() {
    let single = |value: f64, fixed: bool| vec![(1, vec![value], fixed)];
    let pair = |lower: [f64; 3], fixed: bool| vec![(2, lower.to_vec(), fixed)];
    let table = [
        ("a ~ 0.1", single(0.1, false)),
        ("a ~ c(0.1)", single(0.1, false)),
        ("a ~ fix(0.1)", single(0.1, true)),
        ("a ~ fixed(0)", single(0.0, true)),
        ("a ~ c(fix(0.1))", single(0.1, true)),
        ("a ~ 0.3^2 / 0.9", single(0.3 * 0.3 / 0.9, false)),
        ("a ~ log(exp(1))", single(1.0, false)),
        ("a ~ sd(0.5)", single(0.25, false)),
        ("a ~ var(0.5)", single(0.5, false)),
        ("a + b ~ c(1, 0.5, 2)", pair([1.0, 0.5, 2.0], false)),
        ("a + b ~\n c(1,\n   0.5, 2)", pair([1.0, 0.5, 2.0], false)),
        ("a + b ~ fixed(c(1, 0.5, 2))", pair([1.0, 0.5, 2.0], true)),
        ("a + b ~ fix(1, 0.5, 2)", pair([1.0, 0.5, 2.0], true)),
        ("a + b ~ c(fix(1), 0.5, 2)", pair([1.0, 0.5, 2.0], true)),
        ("a + b ~ sd(cor(c(1, 0.5, 2)))", pair([1.0, 1.0, 4.0], false)),
        ("a + b ~ cor(sd(1, 0.5, 2))", pair([1.0, 1.0, 4.0], false)),
        ("a + b ~ var(cor(c(1, 0.5, 4)))", pair([1.0, 1.0, 4.0], false)),
        ("a + b ~ chol(c(1, 2, 3))", pair([1.0, 2.0, 13.0], false)),
        ("a ~ 1\nb ~ c(0.5, 2)", pair([1.0, 0.5, 2.0], false)),
        ("a ~ 1\nb ~ c(a = 0.5, b = 2)", pair([1.0, 0.5, 2.0], false)),
        ("a ~ c(a = 1)\nb ~ c(a = 0.5, b = 2)", pair([1.0, 0.5, 2.0], false)),
        ("a ~ 0\nb ~ c(0, 0)", pair([0.0, 0.0, 0.0], false)),
    ];
    for (text, expected) in table {
        let found = omegas(text);
        assert_eq!(found.len(), expected.len(), "{text}");
        for ((size, lower, fixed), (expected_size, expected_lower, expected_fixed)) in found.iter().zip(&expected) {
            assert_eq!((size, fixed), (expected_size, expected_fixed), "{text}");
            for (a, b) in lower.iter().zip(expected_lower) {
                // Square roots of whole numbers, and one quotient: rounded at most thrice.
                assert!((a - b).abs() <= 4.0 * f64::EPSILON * b.abs(), "{text}: {a} is not {b}");
            }
        }
    }
}

#[test]
fn lines_of_a_matrix_join_the_blocks_they_touch() {
    let text = "a ~ 1\nb ~ c(0.1, 2)\nc ~ 3\nd ~ c(0.2, 4)\ne ~ c(b = 0.3, e = 5)";
    let expected =
        [vec![1.0], vec![0.1, 2.0], vec![0.0, 0.0, 3.0], vec![0.0, 0.0, 0.2, 4.0], vec![0.0, 0.3, 0.0, 0.0, 5.0]];
    assert_eq!(omegas(text), [(5, expected.concat(), false)]);
}

#[test]
fn random_effects_have_the_level_that_they_name() {
    let ir = ini("a ~ 0.1\nb ~ 0.2 | occ\nc + d ~ c(1, 0, 1) | occ\ne ~ 0.1 | id");
    let levels: Vec<_> = ir.etas.iter().map(|eta| eta.level.as_deref()).collect();
    assert_eq!(levels, [None, Some("occ"), Some("occ"), Some("occ"), None]);
}

#[test]
fn singular_covariances_are_legal_and_impossible_ones_are_not() {
    assert_eq!(omegas("a + b ~ c(0.04, 0.06, 0.09)")[0].1, [0.04, 0.06, 0.09]);
    assert_eq!(omegas("a + b + c ~ c(0, 0, 1, 0, 0.5, 1)")[0].0, 3);
    for (text, message) in [
        ("a + b ~ c(1, 1.1, 1)", "the variances and covariances up to `b` are not positive semi-definite"),
        ("a + b ~ c(0, 0.1, 1)", "the variances and covariances up to `b` are not positive semi-definite"),
        (
            "a + b + c ~ c(1, 0.9, 1, -0.9, 0.9, 1)",
            "the variances and covariances up to `c` are not positive semi-definite",
        ),
        ("a ~ -0.1", "the variance -0.1 of `a` is negative"),
    ] {
        assert_eq!(refusal(&format!("function() {{ ini({{ {text} }}); model({{ x <- 1 }}) }}")), [message], "{text}");
    }
}

fn metadata<'m>(ir: &'m ModelIr, key: &str) -> &'m Metadata {
    &ir.metadata.iter().find(|(known, _)| known == key).unwrap().1
}

#[test]
fn metadata_stand_anywhere_and_are_kept() {
    let ir = read(
        r#"
        Doe_2020_drug <- function() {
          description <- "Two compartments, \"linear\" {}"
          reference <- paste("Doe J.", 'A paper.', sep = " ")
          vignette <- "Doe_2020"
          units <- list(time = "hour", dosing = "mg", Concentration = "mg/L", weight = 'kg')
          covariateData <- list(
            WT = list(description = "Body weight (kg)", type = "continuous", reference_category = NULL),
            SEXF = list(notes = c("1 = female", "0 = male"), verified = FALSE)
          )
          ini({ cl <- 1 })
          population <- list(n_subjects = 25L, sex_female_pct = NA_real_, range = c(0.5, -2))
          model({ x <- cl })
          dosing <- c("depot", "central")
          replicate_of <- NULL
          text <- paste0("a", "b")
          raw <- r"(a "raw" \ string)"
        }
        "#,
    );
    assert_eq!(ir.name, "Doe_2020_drug");
    assert_eq!(ir.description.as_deref(), Some("Two compartments, \"linear\" {}"));
    assert_eq!(ir.reference.as_deref(), Some("Doe J. A paper."));
    assert_eq!(ir.units.time.as_deref(), Some("hour"));
    assert_eq!(ir.units.dosing.as_deref(), Some("mg"));
    assert_eq!(ir.units.concentration.as_deref(), Some("mg/L"));
    let text = |text: &str| Metadata::Text(text.to_owned());
    let named = |name: &str, value: Metadata| (Some(name.to_owned()), value);
    assert_eq!(*metadata(&ir, "units"), Metadata::List(vec![named("weight", text("kg"))]));
    assert_eq!(
        *metadata(&ir, "covariateData"),
        Metadata::List(vec![
            named(
                "WT",
                Metadata::List(vec![
                    named("description", text("Body weight (kg)")),
                    named("type", text("continuous")),
                    named("reference_category", Metadata::Null),
                ])
            ),
            named(
                "SEXF",
                Metadata::List(vec![
                    named("notes", Metadata::List(vec![(None, text("1 = female")), (None, text("0 = male"))])),
                    named("verified", Metadata::Logical(false)),
                ])
            ),
        ])
    );
    assert_eq!(
        *metadata(&ir, "population"),
        Metadata::List(vec![
            named("n_subjects", Metadata::Number(25.0)),
            named("sex_female_pct", Metadata::Null),
            named("range", Metadata::List(vec![(None, Metadata::Number(0.5)), (None, Metadata::Number(-2.0))])),
        ])
    );
    assert_eq!(*metadata(&ir, "text"), text("ab"));
    assert_eq!(*metadata(&ir, "raw"), text(r#"a "raw" \ string"#));
    assert_eq!(*metadata(&ir, "replicate_of"), Metadata::Null);
    let keys: Vec<_> = ir.metadata.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["units", "vignette", "covariateData", "population", "dosing", "replicate_of", "text", "raw"]);
}

#[test]
fn what_is_not_read_is_noted() {
    let reading = reading(
        "x <- function() {\n  doses <- seq(1, 10)\n  check(this)\n  model({ y <- 1; params(a, b) })\n}\nattr(x, \"message\") <- \"hi\"\nx\n",
    );
    let notes: Vec<_> = reading.notes.iter().map(|note| (note.message.as_str(), note.span.start)).collect();
    assert_eq!(
        notes,
        [
            ("`doses` is not a literal: not used", 20),
            ("outside `ini` and `model`: not used", 42),
            ("`params()` orders R's parameters: not used", 72),
            ("outside the model: not used", 90),
            ("outside the model: not used", 117),
        ]
    );
}

#[test]
fn the_function_may_be_written_in_several_ways() {
    for (text, name) in [
        ("one <- function() { model({ x <- 1 }) }", "one"),
        ("one = function() { model({ x <- 1 }) }", "one"),
        ("function() { model({ x <- 1 }) }", "fallback"),
        ("ini({ a <- 1 })\nmodel({ x <- a })", "fallback"),
        ("model({ x <- 1 })", "fallback"),
        ("description <- 'bare'\nmodel({ x <- 1 })", "fallback"),
        ("one <- function()\n{\n  model({ x <- 1 })\n}", "one"),
        ("one <- function(a = 1, ...) { model({ x <- 1 }) }", "one"),
        ("`one-two` <- function() { model({ x <- 1 }) }", "one-two"),
        ("helper <- function(x) { x + 1 }\none <- function() { model({ x <- 1 }) }", "one"),
        ("one <- function() { model({ x <- 1 }); ini({ a <- 1 }) }", "one"),
        ("one <- function() model({ x <- 1 })", "one"),
    ] {
        let ir = teorell::model::language::read(text, "fallback").unwrap_or_else(|e| panic!("{text}: {e:?}")).ir;
        assert_eq!(ir.name, name, "{text}");
        assert_eq!(ir.statements.len(), 1, "{text}");
    }
}

#[test]
fn line_ends_tabs_a_byte_order_mark_and_comments_change_nothing() {
    let plain = "m <- function() {\n  ini({\n    a <- 1\n  })\n  model({\n    x <- a\n  })\n}\n";
    let expected = read(plain);
    assert_eq!(read(&plain.replace('\n', "\r\n")), expected);
    assert_eq!(read(&plain.replace("  ", "\t")), expected);
    assert_eq!(read(&format!("\u{feff}{plain}")), expected);
    assert_eq!(read(&plain.replace('\n', " # it's \"odd' } ) ` %\n")), expected);
    assert_eq!(read(&plain.replace("a <- 1\n", "a <- 1;\n")), expected);
    assert_eq!(read(&plain.replace("    x <- a\n", "x<-a;;")), expected);
}

#[test]
fn escapes_in_strings_are_those_of_r() {
    let ir = read(r#"function() { a <- "q\"\\\n\t\x41\u00e9\u{1f}\U0001F600'"; b <- 'it\'s "x"'; model({ x <- 1 }) }"#);
    assert_eq!(*metadata(&ir, "a"), Metadata::Text("q\"\\\n\tA\u{e9}\u{1f}\u{1F600}'".into()));
    assert_eq!(*metadata(&ir, "b"), Metadata::Text("it's \"x\"".into()));
}

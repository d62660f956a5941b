//! What the reader says about malformed models: each case is a file and every message it gives.
//!
//! The snapshots in `snapshots` are the catalogue of these messages: place, caret and remedy of each are part of it.

use super::messages_of;
use std::fmt::Write as _;
use teorell::model::language;

/// Each case with its messages. A case without one would be no malformed model.
fn catalogue(cases: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, model) in cases {
        let faults = language::read(model, "model").expect_err(name);
        assert!(!faults.is_empty(), "{name}");
        let shown: String = faults.iter().map(|fault| fault.render(model, "model.R")).collect();
        for fault in &faults {
            assert!(fault.help.is_some(), "{name}: no remedy for {}", fault.message);
        }
        writeln!(text, "# {name}\n{shown}").unwrap();
    }
    text
}

/// Compares with the catalogue; the cases stand in it already.
fn shown(found: String, name: &str) {
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(name, found) });
}

/// Cases of statements in a `model` block, on line 2.
fn in_model(cases: &[(&str, &str)]) -> String {
    let models: Vec<_> =
        cases.iter().map(|(name, body)| (*name, format!("m <- function() {{ model({{\n{body}\n}}) }}"))).collect();
    catalogue(&models.iter().map(|(name, model)| (*name, model.as_str())).collect::<Vec<_>>())
}

/// Cases of statements in an `ini` block, on line 2.
fn in_ini(cases: &[(&str, &str)]) -> String {
    let models: Vec<_> = cases
        .iter()
        .map(|(name, body)| (*name, format!("m <- function() {{ ini({{\n{body}\n}}); model({{ x <- 1 }}) }}")))
        .collect();
    catalogue(&models.iter().map(|(name, model)| (*name, model.as_str())).collect::<Vec<_>>())
}

#[test]
fn files_that_are_no_model() {
    shown(
        catalogue(&[
            ("empty file", ""),
            ("only comments", "# a model\n# is missing\n"),
            ("data instead of a model", "ID,TIME,DV\n1,0,5\n"),
            ("an R script", "library(rxode2)\nx <- 3\n"),
            ("an old rxode2 string", "mod <- rxode2(\"d/dt(x) = -k*x\")\n"),
            ("a function without a model", "f <- function(x) {\n  x + 1\n}\n"),
            ("no model block", "m <- function() {\n  ini({ a <- 1 })\n}\n"),
            ("an empty model block", "m <- function() {\n  model({\n  })\n}\n"),
            ("two models", "a <- function() { model({ x <- 1 }) }\nb <- function() { model({ x <- 1 }) }\n"),
            ("an ini block that never closes", "m <- function() {\n  ini({ a <- 1\n  model({ x <- a })\n}\n"),
            ("two ini blocks", "m <- function() {\n  ini({ a <- 1 })\n  ini({ b <- 1 })\n  model({ x <- a })\n}\n"),
            ("two model blocks", "m <- function() {\n  model({ x <- 1 })\n  model({ y <- 1 })\n}\n"),
            ("ini without a block", "m <- function() {\n  ini()\n  model({ x <- 1 })\n}\n"),
            (
                "an unknown unit of time",
                "m <- function() {\n  units <- list(time = \"parsec\", dosing = \"mg\")\n  model({ x <- 1 })\n}\n",
            ),
            ("model with an option", "m <- function() {\n  model({ x <- 1 }, append = TRUE)\n}\n"),
        ]),
        "files_that_are_no_model",
    );
}

#[test]
fn characters_and_brackets() {
    shown(
        catalogue(&[
            ("NUL byte", "m <- function() { model({ x <- 1\0 }) }"),
            ("NUL byte in a string", "m <- function() { d <- \"a\0b\"; model({ x <- 1 }) }"),
            ("NUL byte in a raw string", "m <- function() { d <- r\"-(a\0b)-\"; model({ x <- 1 }) }"),
            ("NUL as an escape", "m <- function() { d <- \"a\\0b\"; model({ x <- 1 }) }"),
            ("backslash in a name", "m <- function() { model({ x <- `a\\b` }) }"),
            ("control character in a name", "m <- function() { model({ `a\u{7}` <- 1 }) }"),
            ("typographic quotes", "m <- function() { d <- “text”; model({ x <- 1 }) }"),
            ("typographic minus", "m <- function() { model({ x <- a − b }) }"),
            ("stray character", "m <- function() { model({ x <- a € b }) }"),
            ("control character", "m <- function() { model({ x <- a\u{1} }) }"),
            ("string that never ends", "m <- function() {\n  d <- \"text\n  model({ x <- 1 })\n}\n"),
            (
                "quote missing in the middle",
                "m <- function() {\n  d <- \"text\n  r <- \"more\"\n  model({ x <- 1 })\n}\n",
            ),
            ("unknown escape", "m <- function() { d <- \"50\\% off\"; model({ x <- 1 }) }"),
            ("backticks over lines", "m <- function() { model({\n  `a <- 1\n  b <- 2\n}) }"),
            ("percent", "m <- function() { model({ x <- 30% }) }"),
            ("user operator", "m <- function() { model({ x <- a %in% b }) }"),
            ("brace that never closes", "m <- function() {\n  model({\n    x <- 1\n"),
            ("round bracket that never closes", "m <- function() {\n  model({\n    x <- exp(a\n    y <- 2\n  })\n}\n"),
            ("round bracket too many", "m <- function() {\n  model({\n    x <- exp(a))\n    y <- 2\n  })\n}\n"),
            ("brace too many", "m <- function() {\n  model({ x <- 1 })\n}\n}\n"),
            ("an operator before a stray brace", "m )(a)\n}) | \n}"),
            ("brackets crossed", "m <- function() {\n  model({ x <- (a + [b) })\n}\n"),
            (
                "deep nesting",
                &format!("m <- function() {{ model({{ x <- {}1{} }}) }}", "(".repeat(10_000), ")".repeat(10_000)),
            ),
            ("deep nesting of signs", &format!("m <- function() {{ model({{ x <- {}1 }}) }}", "-".repeat(10_000))),
            ("a sum of thousands", &format!("m <- function() {{ model({{ x <- 1{} }}) }}", " + a".repeat(5_000))),
            (
                "an endless else",
                &format!("m <- function() {{ model({{ {} x <- 1 }}) }}", "if (a) x <- 1 else ".repeat(1_000)),
            ),
        ]),
        "characters_and_brackets",
    );
}

#[test]
fn syntax_of_statements() {
    shown(
        in_model(&[
            ("missing operand", "x <- a + * b"),
            ("missing value", "x <-"),
            ("missing operator", "x <- a b"),
            ("missing value before the next line", "x <-\ny <- 2"),
            ("two statements on a line", "x <- 1 y <- 2"),
            ("number beside a name", "x <- 2a"),
            ("malformed number", "x <- 1.2.3"),
            ("empty hexadecimal", "x <- 0x"),
            ("name that begins with an underscore", "x <- _a"),
            ("chained comparison", "x <- 0 < a < 1"),
            ("else without if", "x <- 1\nelse x <- 2"),
            ("if without brackets", "if a > 1 x <- 1"),
            ("if without a body", "if (a > 1)"),
            ("empty condition", "if () x <- 1"),
            ("comma outside of a call", "x <- 1, 2"),
            ("empty argument", "x <- max(a, , b)"),
            ("empty brackets", "x <- ()"),
            ("two faults in one block", "x <- )\ny <- 1\nz <- foo(1)\nd/dt(a) <- 1 +\n"),
        ]),
        "syntax_of_statements",
    );
}

#[test]
fn meaning_of_statements() {
    shown(
        in_model(&[
            ("expression that sets nothing", "x <- 1\nx + 1"),
            ("assignment to a number", "5 <- x"),
            ("assignment to a sum", "a + b <- 1"),
            ("assignment to a call", "exp(a) <- 1"),
            ("assignment to the time", "t <- 5"),
            ("super-assignment", "x <<- 1"),
            ("assignment to text", "\"x\" <- 1"),
            ("value at another time", "x(5) <- 1"),
            ("derivative of a sum", "d/dt(a + b) <- 1"),
            ("derivative of nothing", "d/dt() <- 1"),
            ("derivative twice", "d/dt(a) <- 1\nd/dt(b) <- 2\nd/dt(a) <- 3"),
            ("a state that is a variable too", "d/dt(a) <- 1\na <- 2"),
            ("bioavailability of a number", "f(1) <- 0.5"),
            ("Jacobian", "d/dt(x) <- -x\ndf(x)/dy(x) <- -1"),
            ("delay", "d/dt(x) <- -x\npast(x, 1) <- 2"),
            ("text levels", "levels(x) <- c(\"a\", \"b\")"),
            ("while loop", "while (x < 1) { x <- x + 1 }"),
            ("for loop", "for (i in 1:3) { x <- i }"),
            ("break", "x <- 1\nbreak"),
            ("printing", "printf(\"%f\", x)"),
            ("doses in the model", "bolus(100, depot, 0, 0, 0)"),
            ("ifelse of statements", "ifelse(a > 1, x <- 1, x <- 2)"),
            ("function inside", "f2 <- function(x) x"),
            ("interpolation of a sum", "linear(a + b)"),
            ("interpolation twice", "linear(WT)\nnocb(WT)"),
            ("interpolation that differs from tool to tool", "midpoint(WT)"),
            ("linCmt in a condition", "cl <- 1; v <- 1\nif (a) { x <- linCmt() }"),
            ("linCmt beside its state", "cl <- 1; v <- 1\nCc <- linCmt()\nd/dt(central) <- 1"),
            ("linCmt of sums", "x <- linCmt(a + b)"),
            ("transit with one argument", "d/dt(a) <- transit(3)"),
        ]),
        "meaning_of_statements",
    );
}

#[test]
fn meaning_of_expressions() {
    shown(
        in_model(&[
            ("unknown function", "x <- erlang(a)"),
            ("misspelt function", "x <- sqr(a)"),
            ("natural logarithm", "x <- ln(a)"),
            ("too many arguments", "x <- exp(a, b)"),
            ("too few arguments", "x <- ifelse(a > 1, b)"),
            ("digits to round to", "x <- round(a, 2)"),
            ("named argument", "x <- max(a = 1, b)"),
            ("assignment in a condition", "if (x = 1) y <- 2"),
            ("less than minus without spaces", "if (x<-5) y <- 2"),
            ("text in a comparison", "if (SEX == \"male\") x <- 1"),
            ("missing value", "x <- NA"),
            ("not a number", "x <- NaN"),
            ("missing values asked for", "if (is.na(WT)) x <- 1"),
            ("conversion of a comparison", "x <- as.numeric(SEX == 1)"),
            ("index", "x <- a[1]"),
            ("index of an old theta", "cl <- exp(THETA[1] + ETA[1])"),
            ("member", "x <- data$WT"),
            ("function of a package", "x <- stats::qnorm(a)"),
            ("range", "x <- 1:3"),
            ("random number", "x <- rnorm(1)"),
            ("earlier record", "x <- lag(WT, 1)"),
            ("if without else as a value", "x <- if (a > 1) 2"),
            ("block as a value", "x <- { a }"),
            ("dose variable of an expression", "x <- tad(a + b)"),
            ("formula inside", "x <- exp(a ~ b)"),
            ("written out too often", &format!("x <- {}a{}", "sign(".repeat(40), ")".repeat(40))),
        ]),
        "meaning_of_expressions",
    );
}

#[test]
fn endpoints() {
    shown(
        in_model(&[
            ("residual without endpoint", "~ add(a)"),
            ("endpoint of a sum", "a + b ~ add(s)"),
            ("no standard deviation", "y ~ t(4)"),
            ("add without argument", "y ~ add()"),
            ("two arguments", "y ~ add(a, b)"),
            ("power without exponent", "y ~ pow(a)"),
            ("the same term twice", "y ~ add(a) + add(b)"),
            ("two relative terms", "y ~ prop(a) + pow(b, c)"),
            ("two scales", "y ~ lnorm(a) + boxCox(l)"),
            ("two combinations", "y ~ add(a) + prop(b) + combined1() + combined2()"),
            ("number as a term", "y ~ add(a) + 3"),
            ("counts beside an SD", "y ~ pois(l) + add(a)"),
            ("bounds in the wrong order", "y ~ logitNorm(s, 10, 0)"),
            ("bounds that are parameters", "y ~ logitNorm(s, low, high)"),
            ("scale without argument", "y ~ lnorm()"),
            ("autocorrelation", "y ~ add(a) + ar(r)"),
            ("variance", "y ~ add(a) + var()"),
            ("negative binomial", "y ~ nbinom(n, p)"),
            ("relative to the transformed prediction", "y ~ lnorm(a) + propT(b)"),
            ("likelihood", "ll(y) ~ add(a)"),
            ("categories with values", "y ~ c(p0 = 0, p1 = 1, 2)"),
            ("no categories", "y ~ c()"),
            ("condition that is no name", "y ~ add(a) | 2"),
            ("the same endpoint twice", "y ~ add(a)\ny ~ prop(b)"),
            ("endpoint inside if", "if (a) { y ~ add(s) }"),
        ]),
        "endpoints",
    );
}

#[test]
fn parameters() {
    shown(
        in_ini(&[
            ("declared twice", "cl <- 1\ncl <- 2"),
            ("a theta and an eta of one name", "cl <- 1\ncl ~ 0.1"),
            ("an eta twice in one block", "a + a ~ c(1, 0, 1)"),
            ("estimate below its bound", "cl <- c(1, 0.5, 2)"),
            ("estimate above its bound", "cl <- c(0, 5, 2)"),
            ("bounds in the wrong order", "cl <- c(2, 1.5, 1)"),
            ("four numbers", "cl <- c(1, 2, 3, 4)"),
            ("no number", "cl <- c()"),
            ("no value", "cl <- fix()"),
            ("missing estimate", "cl <- NA"),
            ("logarithm of zero", "cl <- log(0)"),
            ("logarithm of a negative number", "cl <- log(-1)"),
            ("a name as value", "cl <- tvcl"),
            ("text as value", "cl <- \"5\""),
            ("unknown function", "cl <- sample(5)"),
            ("comparison", "cl <- 1 < 2"),
            ("comma too many", "cl <- c(0, 1,)"),
            ("triangle too short", "a + b + c ~ c(1, 0.1, 1, 0.1, 0.1)"),
            ("triangle too long", "a + b ~ c(1, 0.1, 1, 2)"),
            ("one number for two", "a + b ~ 0.1"),
            ("names in a triangle", "a + b ~ c(a = 1, b = 0.1, c = 1)"),
            ("line of a matrix without one above", "a ~ c(0.1, 1)"),
            ("line that names a stranger", "a ~ 1\nb ~ c(z = 0.1, b = 1)"),
            ("line across levels", "a ~ 1 | occ\nb ~ c(0.1, 1)"),
            ("numbers by name", "cl <- c(est = 1, lower = 0)"),
            ("bounds by name in another order", "cl <- logit(0.5, high = 1, low = 0)"),
            ("line of standard deviations", "a ~ 1\nb ~ sd(c(0.1, 1))"),
            ("level that is no name", "a ~ 0.1 | 2"),
            ("negative variance", "a ~ -0.1"),
            ("infinite variance", "a ~ 1 / 0"),
            ("covariance too large", "a + b ~ c(0.1, 0.5, 0.1)"),
            ("correlation above one", "a + b ~ cor(c(1, 1.5, 1))"),
            ("negative standard deviation", "a ~ sd(-1)"),
            ("label without a parameter", "label(\"x\")\ncl <- 1"),
            ("label that is no text", "cl <- 1; label(cl)"),
            ("statement that sets nothing", "cl"),
            ("unknown statement", "cl <- 1; prior(cl)"),
            ("condition", "if (x) cl <- 1"),
            ("loop", "for (i in 1:2) cl <- i"),
            ("initial amount", "depot(0) <- 1"),
            ("everything wrong at once", "a <- log(-1)\nb <- c(1, 2, 3, 4)\nc ~ -1\nlabel(5)\nd <- x"),
        ]),
        "parameters",
    );
}

#[test]
fn bytes_that_are_no_text() {
    let latin = b"m <- function() {\n  d <- \"M\xfcller\"\n  model({ x <- 1 })\n}\n";
    let faults = language::read_bytes(latin, "model").expect_err("no UTF-8");
    let text = String::from_utf8_lossy(latin);
    assert_eq!(messages_of(&faults), ["byte 0xFC is not UTF-8"]);
    assert_eq!(faults[0].line_column(&text), (2, 10));
    let faults = language::read_bytes(b"\xff\xfem\0 \0<\0-\0", "model").expect_err("no UTF-8");
    assert_eq!(messages_of(&faults), ["the file is UTF-16"]);
}

#[test]
fn a_file_of_fifty_megabytes_is_refused_at_once() {
    let faults = language::read_bytes(&vec![b'x'; 50_000_000], "model").expect_err("too large");
    assert_eq!(faults[0].message, "the file has 50000000 bytes; a model has at most 5000000");
    assert_eq!(language::read(&"x".repeat(5_000_001), "model").expect_err("too large")[0].help, faults[0].help);
}

#[test]
fn thousands_of_errors_are_told_in_two_hundred_and_counted() {
    let text = format!("m <- function() {{ model({{\n{}}}) }}", "x <- foo(1)\n".repeat(5_000));
    let faults = language::read(&text, "model").expect_err("all wrong");
    assert_eq!(faults.len(), 201);
    assert_eq!(faults[200].message, "4800 further errors are not shown");
}

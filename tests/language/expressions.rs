//! Numbers, operators and functions.

use super::{model, refusal, tree, value};
use teorell::model::ir::{Function, Node, Statement};

/// R's own reading of each, as `?Syntax` gives it.
#[test]
fn operators_bind_as_in_r() {
    let table = [
        ("-a^2", "(neg (^ a 2))"),
        ("(-a)^2", "(^ (neg a) 2)"),
        ("a^-b", "(^ a (neg b))"),
        ("a^-b^c", "(^ a (neg (^ b c)))"),
        ("a^-b * c", "(* (^ a (neg b)) c)"),
        ("a^b^c", "(^ a (^ b c))"),
        ("a**b**c", "(^ a (^ b c))"),
        ("a**-2", "(^ a (neg 2))"),
        ("-a * b", "(* (neg a) b)"),
        ("a * -b", "(* a (neg b))"),
        ("a - -b", "(- a (neg b))"),
        ("--a", "(neg (neg a))"),
        ("+a", "a"),
        ("- + a", "(neg a)"),
        ("a - b - c", "(- (- a b) c)"),
        ("a - (b - c)", "(- a (- b c))"),
        ("a / b / c", "(/ (/ a b) c)"),
        ("a / b * c", "(* (/ a b) c)"),
        ("a + b * c ^ d", "(+ a (* b (^ c d)))"),
        ("a * b + c", "(+ (* a b) c)"),
        ("a + b < c * d", "(< (+ a b) (* c d))"),
        ("-a < b", "(< (neg a) b)"),
        ("a < -b", "(< a (neg b))"),
        ("a <= b", "(<= a b)"),
        ("a >= b", "(>= a b)"),
        ("a == b", "(== a b)"),
        ("a != b", "(!= a b)"),
        ("!a == b", "(not (== a b))"),
        ("!a & b", "(and (not a) b)"),
        ("!a + b", "(not (+ a b))"),
        ("a + !b == c", "(+ a (not (== b c)))"),
        ("!!a", "(not (not a))"),
        ("a & b | c & d", "(or (and a b) (and c d))"),
        ("a && b || c && d", "(or (and a b) (and c d))"),
        ("a | b & c", "(or a (and b c))"),
        ("a < b & c > d", "(and (< a b) (> c d))"),
        ("(a < b) * c + (a >= b) * d", "(+ (* (< a b) c) (* (>= a b) d))"),
        ("a %% b * c", "(* (- a (* b (Floor (/ a b)))) c)"),
        ("exp(a)^2", "(^ (Exp a) 2)"),
        ("-exp(a) / b", "(/ (neg (Exp a)) b)"),
        ("((((a))))", "a"),
        ("a\n+ 1", "a"),
    ];
    for (text, expected) in table {
        if text.contains('\n') {
            // A line that could end there does.
            let message = refusal(&format!("function() {{ model({{ x <- {text} }}) }}"));
            assert_eq!(message, ["this statement sets nothing"], "{text}");
        } else {
            assert_eq!(tree(&value(text)), expected, "{text}");
        }
    }
}

#[test]
fn an_expression_goes_on_over_lines_that_cannot_end_it() {
    assert_eq!(tree(&value("a +\n  b")), "(+ a b)");
    assert_eq!(tree(&value("(a\n + b)")), "(+ a b)");
    assert_eq!(tree(&value("max(a,\n\n b\n)")), "(Max a b)");
    assert_eq!(tree(&value("\n\n a")), "a");
    assert_eq!(tree(&value("a * # a comment\n  b")), "(* a b)");
    assert_eq!(tree(&value("-\n a")), "(neg a)");
}

#[test]
fn numbers_are_written_as_in_r() {
    let table = [
        ("1", 1.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("1e-3", 0.001),
        ("1E+3", 1000.0),
        ("1.5e-3", 0.0015),
        (".5e1", 5.0),
        ("5L", 5.0),
        ("1e2L", 100.0),
        ("0x1F", 31.0),
        ("0Xff", 255.0),
        ("0x10L", 16.0),
        ("1e400", f64::INFINITY),
        ("Inf", f64::INFINITY),
        ("TRUE", 1.0),
        ("FALSE", 0.0),
        ("0.1", 0.1),
        ("123456789012345678", 123_456_789_012_345_680.0),
        ("4.9e-324", 4.9e-324),
    ];
    for (text, expected) in table {
        assert_eq!(value(text).node, Node::Number(expected), "{text}");
    }
}

#[test]
fn constants_of_r_are_numbers_unless_the_model_uses_their_names() {
    assert_eq!(value("pi").node, Node::Number(std::f64::consts::PI));
    assert_eq!(value("M_LN2").node, Node::Number(std::f64::consts::LN_2));
    let ir = model("pi <- 0.3\n y <- pi");
    assert!(matches!(&ir.statements[1], Statement::Assign { value, .. } if value.node == Node::Name("pi".into())));
}

#[test]
fn both_names_of_time_are_one() {
    for name in ["t", "time", "TIME", "Time"] {
        assert_eq!(tree(&value(name)), "time", "{name}");
    }
    assert_eq!(tree(&value("T")), "T", "only the lower case letter is the time");
}

#[test]
fn names_hold_dots_underscores_and_backticks() {
    for (text, name) in [("eta.cl", "eta.cl"), (".x", ".x"), ("a_1.b", "a_1.b"), ("`a b`", "a b"), ("`if`", "if")] {
        assert_eq!(value(text).node, Node::Name(name.into()), "{text}");
    }
}

#[test]
fn every_function_of_the_language_is_known_by_its_words() {
    let table = [
        (Function::Exp, "exp(a)"),
        (Function::Log, "log(a)"),
        (Function::Log10, "log10(a)"),
        (Function::Log2, "log2(a)"),
        (Function::Log1p, "log1p(a)"),
        (Function::Expm1, "expm1(a)"),
        (Function::Sqrt, "sqrt(a)"),
        (Function::Abs, "abs(a)"),
        (Function::Abs, "fabs(a)"),
        (Function::Sin, "sin(a)"),
        (Function::Cos, "cos(a)"),
        (Function::Tan, "tan(a)"),
        (Function::Asin, "asin(a)"),
        (Function::Acos, "acos(a)"),
        (Function::Atan, "atan(a)"),
        (Function::Sinh, "sinh(a)"),
        (Function::Cosh, "cosh(a)"),
        (Function::Tanh, "tanh(a)"),
        (Function::Min, "min(a, b)"),
        (Function::Max, "max(a, b, c, d)"),
        (Function::Floor, "floor(a)"),
        (Function::Ceiling, "ceiling(a)"),
        (Function::Ceiling, "ceil(a)"),
        (Function::Round, "round(a)"),
        (Function::Expit, "expit(a)"),
        (Function::Expit, "expit(a, 0, 2)"),
        (Function::Logit, "logit(a)"),
        (Function::Logit, "logit(a, 1, 2)"),
        (Function::Probit, "probit(a)"),
        (Function::Phi, "phi(a)"),
        (Function::Phi, "pnorm(a)"),
        (Function::Lgamma, "lgamma(a)"),
        (Function::Gamma, "gamma(a)"),
        (Function::Factorial, "factorial(a)"),
        (Function::Pow, "pow(a, b)"),
        (Function::IfElse, "ifelse(a > 1, b, c)"),
        (Function::Tad, "tad()"),
        (Function::Tad, "tad(depot)"),
        (Function::Tafd, "tafd()"),
        (Function::Tlast, "tlast()"),
        (Function::Tfirst, "tfirst(depot)"),
        (Function::Podo, "podo()"),
    ];
    for (function, text) in table {
        match value(text).node {
            Node::Call(found, arguments) => {
                assert_eq!(found, function, "{text}");
                let written = if text.contains("()") { 0 } else { text.matches(',').count() + 1 };
                assert_eq!(arguments.len(), written, "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn functions_that_others_express_are_written_out() {
    let table = [
        ("log(a, b)", "(/ (Log a) (Log b))"),
        ("sign(a)", "(- (> a 0) (< a 0))"),
        ("trunc(a)", "(IfElse (< a 0) (Ceiling a) (Floor a))"),
        ("a %% b", "(- a (* b (Floor (/ a b))))"),
        ("lgamma1p(a)", "(Lgamma (+ a 1))"),
        ("lfactorial(a)", "(Lgamma (+ a 1))"),
        ("log1pexp(a)", "(Log1p (Exp a))"),
        ("sum(a, b, c)", "(+ (+ a b) c)"),
        ("prod(a, b)", "(* a b)"),
        ("expit(a, 2)", "(Expit a 2 1)"),
        ("tad0()", "(IfElse (>= (Tad) 0) (Tad) 0)"),
        ("podo0(depot)", "(IfElse (>= (Tad depot) 0) (Podo depot) 0)"),
        ("if (a > 1) b else c", "(IfElse (> a 1) b c)"),
        ("if (a > 1) { b } else if (a < 0) c else d", "(IfElse (> a 1) b (IfElse (< a 0) c d))"),
    ];
    for (text, expected) in table {
        assert_eq!(tree(&value(text)), expected, "{text}");
    }
}

#[test]
fn places_cover_what_they_say() {
    let text = "m <- function() { model({ total <- (a + exp(b)) / c }) }";
    let ir = super::read(text);
    let Statement::Assign { name, value, .. } = &ir.statements[0] else { panic!("{ir:?}") };
    let shown = |span: teorell::model::ir::Span| &text[span.start..span.end];
    assert_eq!(shown(name.span), "total");
    assert_eq!(shown(value.span), "(a + exp(b)) / c");
    let Node::Binary(_, left, _) = &value.node else { panic!("{value:?}") };
    assert_eq!(shown(left.span), "(a + exp(b))");
    let Node::Binary(_, _, call) = &left.node else { panic!("{left:?}") };
    assert_eq!(shown(call.span), "exp(b)");
}

#[test]
fn what_is_written_out_is_placed_where_it_was_called() {
    let text = "m <- function() { model({ x <- 1 + sign(a) }) }";
    let ir = super::read(text);
    let Statement::Assign { value, .. } = &ir.statements[0] else { panic!("{ir:?}") };
    let Node::Binary(_, _, sign) = &value.node else { panic!("{value:?}") };
    let Node::Binary(_, positive, _) = &sign.node else { panic!("{sign:?}") };
    assert_eq!(&text[positive.span.start..positive.span.end], "sign(a)");
}

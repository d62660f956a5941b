//! A model printed reads back as the same model.

use super::{read, refusal, value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use teorell::model::ir::{
    BinaryOperator, DoseProperty, Endpoint, ErrorModel, Eta, Expression, Function, Interpolation, Metadata, ModelIr,
    Name, Node, OmegaBlock, Span, Statement, Theta, Transform, UnaryOperator, Units,
};
use teorell::model::library;

fn place<N>(node: N) -> (N, Span) {
    (node, Span::default())
}

fn expression(node: Node) -> Expression {
    let (node, span) = place(node);
    Expression { node, span }
}

fn name(text: impl Into<String>) -> Name {
    Name { text: text.into(), span: Span::default() }
}

/// Names of variables and covariates, among them such that need backticks.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z][a-z0-9_.]{0,5}",
        1 => "[.][a-z_][a-z0-9_.]{0,3}",
        1 => "[ -~&&[^`\\\\]]{1,6}",
        1 => Just("if".to_owned()),
        1 => Just("TRUE".to_owned()),
    ]
    // `t` is read as `time`, and R's constants as numbers.
    .prop_filter("means something else", |word| {
        !matches!(word.as_str(), "t" | "pi" | "d") && !word.eq_ignore_ascii_case("time") && !word.starts_with("M_")
    })
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_map(f64::abs).prop_filter("not a number", |x| !x.is_nan()),
        (0_u32..1000).prop_map(f64::from),
        (0.0..1.0_f64),
    ]
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |x| x.is_finite())
}

/// Functions of one argument that the reader takes as they are.
const FUNCTIONS: [Function; 25] = [
    Function::Exp,
    Function::Log,
    Function::Log10,
    Function::Log2,
    Function::Log1p,
    Function::Expm1,
    Function::Sqrt,
    Function::Abs,
    Function::Sin,
    Function::Cos,
    Function::Tan,
    Function::Asin,
    Function::Acos,
    Function::Atan,
    Function::Sinh,
    Function::Cosh,
    Function::Tanh,
    Function::Floor,
    Function::Ceiling,
    Function::Round,
    Function::Probit,
    Function::Phi,
    Function::Lgamma,
    Function::Gamma,
    Function::Factorial,
];
const OPERATORS: [BinaryOperator; 13] = [
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Divide,
    BinaryOperator::Power,
    BinaryOperator::Less,
    BinaryOperator::LessEqual,
    BinaryOperator::Greater,
    BinaryOperator::GreaterEqual,
    BinaryOperator::Equal,
    BinaryOperator::NotEqual,
    BinaryOperator::And,
    BinaryOperator::Or,
];
const OF_DOSES: [Function; 5] = [Function::Tad, Function::Tafd, Function::Tlast, Function::Tfirst, Function::Podo];

fn expressions() -> impl Strategy<Value = Expression> {
    let of_doses = (prop::sample::select(&OF_DOSES[..]), option::of(words())).prop_map(|(function, state)| {
        Node::Call(function, state.into_iter().map(|state| expression(Node::Name(state))).collect())
    });
    let leaf = prop_oneof![
        3 => numbers().prop_map(Node::Number),
        4 => words().prop_map(Node::Name),
        1 => Just(Node::Name("time".to_owned())),
        1 => of_doses,
    ]
    .prop_map(expression);
    leaf.prop_recursive(6, 40, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let unary = prop::sample::select(vec![UnaryOperator::Negate, UnaryOperator::Not]);
        prop_oneof![
            2 => (unary, boxed.clone()).prop_map(|(operator, a)| Node::Unary(operator, a)),
            6 => (prop::sample::select(&OPERATORS[..]), boxed.clone(), boxed).prop_map(|(o, a, b)| Node::Binary(o, a, b)),
            2 => (prop::sample::select(&FUNCTIONS[..]), inner.clone()).prop_map(|(f, a)| Node::Call(f, vec![a])),
            1 => (prop::sample::select(vec![Function::Min, Function::Max]), vec(inner.clone(), 1..4))
                .prop_map(|(f, arguments)| Node::Call(f, arguments)),
            1 => (prop::sample::select(vec![Function::Expit, Function::Logit, Function::IfElse]), vec(inner.clone(), 3))
                .prop_map(|(f, arguments)| Node::Call(f, arguments)),
            1 => vec(inner, 2).prop_map(|arguments| Node::Call(Function::Pow, arguments)),
        ]
        .prop_map(expression)
    })
}

/// A statement without derivatives: of those a block holds each state once.
fn simple_statements() -> impl Strategy<Value = Statement> {
    let properties = prop::sample::select(vec![
        DoseProperty::Bioavailability,
        DoseProperty::Lag,
        DoseProperty::Duration,
        DoseProperty::Rate,
    ]);
    prop_oneof![
        5 => (words(), expressions(), any::<bool>())
            .prop_map(|(text, value, output)| Statement::Assign { name: name(text), value, output }),
        1 => (words(), expressions()).prop_map(|(text, value)| Statement::EventTime { name: name(text), value }),
        1 => (words(), expressions())
            .prop_filter("doses have properties of these names", |(text, _)| {
                !matches!(text.as_str(), "f" | "F" | "alag" | "lag" | "dur" | "rate" | "mtime" | "levels" | "past")
            })
            .prop_map(|(text, value)| Statement::Initial { state: name(text), value }),
        1 => (properties, words(), expressions())
            .prop_map(|(property, text, value)| Statement::DoseProperty { property, state: name(text), value }),
    ]
}

fn statements() -> impl Strategy<Value = Statement> {
    simple_statements().prop_recursive(3, 20, 4, |inner| {
        let branch = (expressions(), vec(inner.clone(), 0..3));
        (vec(branch, 1..3), vec(inner, 0..3)).prop_map(|(branches, otherwise)| Statement::If { branches, otherwise })
    })
}

fn error_models() -> impl Strategy<Value = ErrorModel> {
    let bounds = || (finite(), finite()).prop_filter("in order", |(low, high)| low < high);
    let transform = prop_oneof![
        Just(Transform::Identity),
        Just(Transform::Log),
        bounds().prop_map(|(low, high)| Transform::Logit { low, high }),
        bounds().prop_map(|(low, high)| Transform::Probit { low, high }),
        expressions().prop_map(Transform::BoxCox),
        expressions().prop_map(Transform::YeoJohnson),
    ];
    let proportional = option::of((expressions(), option::of(expressions())));
    let continuous = (option::of(expressions()), proportional, any::<bool>(), transform, option::of(expressions()))
        .prop_filter("a standard deviation", |(additive, proportional, ..)| {
            additive.is_some() || proportional.is_some()
        })
        .prop_map(|(additive, proportional, combined1, transform, degrees_of_freedom)| ErrorModel::Continuous {
            additive,
            proportional,
            combined1,
            transform,
            degrees_of_freedom,
        });
    prop_oneof![
        6 => continuous,
        1 => expressions().prop_map(ErrorModel::Poisson),
        1 => (expressions(), expressions()).prop_map(|(n, p)| ErrorModel::Binomial(n, p)),
        1 => vec(expressions(), 1..4).prop_map(ErrorModel::Ordinal),
        1 => Just(ErrorModel::None),
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", "[^\0]{0,6}"]
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let leaf = prop_oneof![
        any::<f64>().prop_filter("equal to itself", |x| !x.is_nan()).prop_map(Metadata::Number),
        texts().prop_map(Metadata::Text),
        any::<bool>().prop_map(Metadata::Logical),
        Just(Metadata::Null),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let key = option::of(prop_oneof![words(), texts()]);
        vec((key, inner), 0..4).prop_map(Metadata::List)
    })
}

fn thetas() -> impl Strategy<Value = Vec<(f64, f64, f64, bool, Option<String>)>> {
    let theta = (finite(), any::<f64>(), any::<f64>(), any::<bool>(), option::of(texts()));
    vec(theta, 0..5).prop_map(|thetas| {
        thetas
            .into_iter()
            .map(|(estimate, lower, upper, fixed, label)| {
                let lower = if lower <= estimate { lower } else { f64::NEG_INFINITY };
                let upper = if upper >= estimate { upper } else { f64::INFINITY };
                (lower, estimate, upper, fixed, label)
            })
            .collect()
    })
}

/// A covariance matrix of this size, from a factor, so that it is one.
fn blocks() -> impl Strategy<Value = (usize, Vec<f64>, bool, Option<String>, Vec<Option<String>>)> {
    (1_usize..4).prop_flat_map(|size| {
        let factor = vec(-2.0..2.0_f64, size * size);
        let labels = vec(option::of(texts()), size);
        (factor, any::<bool>(), option::of("occ|visit"), labels).prop_map(move |(factor, fixed, level, labels)| {
            let product = |i: usize, j: usize| (0..size).map(|k| factor[i * size + k] * factor[j * size + k]).sum();
            let lower = (0..size).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|(i, j)| product(i, j)).collect();
            (size, lower, fixed, level, labels)
        })
    })
}

prop_compose! {
    fn models()(
        title in words(),
        description in option::of(texts()),
        reference in option::of(texts()),
        units in (option::of(prop::sample::select(vec!["h", "Days", " wk "])), option::of(texts()), option::of(texts())),
        further_unit in option::of(texts()),
        facts in vec(metadata(), 0..3),
        thetas in thetas(),
        blocks in vec(blocks(), 0..3),
        mut statements in vec(statements(), 1..5),
        derivatives in vec((expressions(), any::<u8>()), 0..4),
        endpoints in vec(error_models(), 0..3),
        covariates in vec(prop::sample::select(vec![
            Interpolation::Locf,
            Interpolation::Nocb,
            Interpolation::Linear,
        ]), 0..3),
        reversed in any::<bool>(),
    ) -> ModelIr {
        let mut ir = ModelIr {
            name: title,
            description,
            reference,
            units: Units { time: units.0.map(str::to_owned), dosing: units.1, concentration: units.2 },
            ..ModelIr::default()
        };
        ir.metadata = facts.into_iter().enumerate().map(|(i, fact)| (format!("fact{i}"), fact)).collect();
        if let Some(unit) = further_unit {
            let entry = (Some("weight".to_owned()), Metadata::Text(unit));
            ir.metadata.insert(0, ("units".to_owned(), Metadata::List(vec![entry])));
        }
        for (i, (lower, estimate, upper, fixed, label)) in thetas.into_iter().enumerate() {
            ir.thetas.push(Theta { name: name(format!("Theta{i}")), estimate, lower, upper, fixed, label });
        }
        for (size, lower, fixed, level, labels) in blocks {
            for label in labels {
                ir.etas.push(Eta { name: name(format!("Eta{}", ir.etas.len())), level: level.clone(), label });
            }
            ir.omegas.push(OmegaBlock { size, lower, fixed, span: Span::default() });
        }
        for (i, (value, place)) in derivatives.into_iter().enumerate() {
            let state = name(format!("State{i}"));
            let place = usize::from(place) % (statements.len() + 1);
            statements.insert(place, Statement::Derivative { state, value });
        }
        ir.states = statements
            .iter()
            .filter_map(|statement| match statement {
                Statement::Derivative { state, .. } => Some(state.clone()),
                _ => None,
            })
            .collect();
        if reversed {
            ir.states.reverse();
        }
        ir.statements = statements;
        for (i, error) in endpoints.into_iter().enumerate() {
            let condition = (i % 2 == 1).then(|| name(format!("data {i}")));
            ir.endpoints.push(Endpoint { prediction: name(format!("y{i}")), error, condition, span: Span::default() });
        }
        ir.interpolation =
            covariates.into_iter().enumerate().map(|(i, how)| (name(format!("COV{i}")), how)).collect();
        ir
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_model_reads_back_as_the_same(ir in models()) {
        let text = ir.to_string();
        let again = read(&text);
        prop_assert_eq!(&again, &ir, "{}", text);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn a_printed_expression_reads_back_as_the_same(written in expressions()) {
        let text = written.to_string();
        prop_assert_eq!(value(&text), written, "{}", text);
    }
}

/// NUL is the one character that no string of R can hold: the reader refuses it however it is written.
#[test]
fn texts_of_all_characters_read_back_as_the_same() {
    let all: Vec<char> = ('\u{1}'..=char::MAX).collect();
    for some in all.chunks(40_000) {
        let text: String = some.iter().collect();
        let mut ir = read("m <- function() { ini({ a <- 1; label('a'); b ~ 1; label('b') }); model({ x <- a + b }) }");
        ir.description = Some(text.clone());
        ir.reference = Some(text.clone());
        ir.units.dosing = Some(text.clone());
        ir.thetas[0].label = Some(text.clone());
        ir.etas[0].label = Some(text.clone());
        let entry = (Some(text.clone()), Metadata::Text(text.clone()));
        ir.metadata = vec![("fact".to_owned(), Metadata::List(vec![entry]))];
        assert!(read(&ir.to_string()) == ir, "between {:?} and {:?}", some.first(), some.last());
    }
    for nul in ["\"\0\"", "\"\\0\"", "\"\\x00\"", "\"\\u{0}\"", "\"\\U00000000\"", "r\"(\0)\"", "`\0`", "'\0'"] {
        refusal(&format!("m <- function() {{ fact <- {nul}; model({{ x <- 1 }}) }}"));
    }
}

/// Brackets that can go are gone: taking any pair away changes the meaning.
#[test]
fn printed_expressions_have_the_brackets_they_need_and_no_others() {
    for text in [
        "-x^2",
        "(-x)^2",
        "x^-2",
        "x^y^z",
        "(x^y)^z",
        "a - b - c",
        "a - (b - c)",
        "a / b / c",
        "a / (b / c)",
        "a * (b + c)",
        "(a < b) * c + (a >= b) * d",
        "-a * b",
        "-(a * b)",
        "a - -b",
        "!a && b || c",
        "!(a && b)",
        "a && (b || c)",
        "(a < b) == c",
        "exp(a + b)^2",
        "ifelse(a > 1, b, -c)",
    ] {
        assert_eq!(value(text).to_string(), text);
    }
}

#[test]
fn numbers_are_printed_as_short_as_they_read_back() {
    for (text, printed) in [
        ("0.1", "0.1"),
        ("1e-3", "0.001"),
        ("1e-7", "1e-7"),
        ("1e22", "1e22"),
        ("100000", "100000"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("1e400", "Inf"),
        ("5e-324", "5e-324"),
    ] {
        assert_eq!(value(text).to_string(), printed);
    }
}

#[test]
fn built_in_models_read_back_as_the_same() {
    for known in library::builtin_names() {
        let ir = read(library::builtin_text(known).unwrap());
        assert_eq!(read(&ir.to_string()), ir, "{known}");
    }
}

#[test]
fn a_whole_model_is_printed_as_one_would_write_it() {
    let ir = read(
        "one <- function() { description <- 'A \"model\"'; units <- list(time = 'h', other = 'x'); dosing <- c('depot')
        ini({ lcl <- c(0, log(5), 10); label('CL'); ka = fix(1); a ~ 0.1; b + c ~ c(1, 0.5, 1); label('of c'); d ~ fix(0.2) | occ })
        model({ cl <- exp(lcl + a); if (WT > 70) { x <- 1 } else if (WT < 5) { x ~ 2 } else x <- 3
        cmt(central); d/dt(depot) <- -ka * depot; d/dt(central) <- ka * depot - cl * central
        alag(depot) <- 2; depot(0) <- 1; linear(WT); Cc <- central; Cc ~ add(b) + prop(c) | plasma }) }",
    );
    insta::assert_snapshot!(ir.to_string(), @r#"
    one <- function() {
      description <- "A \"model\""
      units <- list(time = "h", other = "x")
      dosing <- list("depot")
      ini({
        lcl <- c(0, 1.6094379124341003, 10)
        label("CL")
        ka <- fixed(1)
        a ~ 0.1
        b + c ~ c(1, 0.5, 1)
        label("of c")
        d ~ fixed(0.2) | occ
      })
      model({
        linear(WT)
        cmt(central)
        cmt(depot)
        cl <- exp(lcl + a)
        if (WT > 70) {
          x <- 1
        } else if (WT < 5) {
          x ~ 2
        } else {
          x <- 3
        }
        d/dt(depot) <- -ka * depot
        d/dt(central) <- ka * depot - cl * central
        alag(depot) <- 2
        depot(0) <- 1
        Cc <- central
        Cc ~ add(b) + prop(c) | plasma
      })
    }
    "#);
}

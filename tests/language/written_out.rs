//! `linCmt()` and `transit()`: that what they stand for has the right solution, not only the right shape.

use super::{model, refusal};
use std::collections::BTreeMap;
use teorell::engine::program::{BinaryOp, UnaryOp};
use teorell::model::ir::{BinaryOperator, Expression, Function, ModelIr, Node, Statement, UnaryOperator};

type Values = BTreeMap<String, f64>;

/// The value of an expression of numbers, names and the functions that are written out.
fn evaluate(expression: &Expression, values: &Values) -> f64 {
    let number = |e: &Expression| evaluate(e, values);
    match &expression.node {
        Node::Number(value) => *value,
        Node::Name(name) => *values.get(name).unwrap_or_else(|| panic!("no value of {name}")),
        Node::Unary(UnaryOperator::Negate, a) => -number(a),
        Node::Binary(operator, a, b) => {
            let (a, b) = (number(a), number(b));
            match operator {
                BinaryOperator::Add => a + b,
                BinaryOperator::Subtract => a - b,
                BinaryOperator::Multiply => a * b,
                BinaryOperator::Divide => a / b,
                BinaryOperator::Power => BinaryOp::Pow.apply(a, b),
                BinaryOperator::Greater => BinaryOp::Less.apply(b, a),
                other => panic!("{other:?}"),
            }
        }
        Node::Call(Function::IfElse, parts) => {
            if number(&parts[0]) != 0.0 {
                number(&parts[1])
            } else {
                number(&parts[2])
            }
        }
        Node::Call(Function::Tad, _) => values["tad"],
        Node::Call(Function::Podo, _) => values["podo"],
        Node::Call(function, parts) => match function {
            Function::Exp => UnaryOp::Exp.apply(number(&parts[0])),
            Function::Log => UnaryOp::Ln.apply(number(&parts[0])),
            Function::Sqrt => UnaryOp::Sqrt.apply(number(&parts[0])),
            Function::Lgamma => UnaryOp::LnGamma.apply(number(&parts[0])),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Assigned variables, then each derivative.
fn run(ir: &ModelIr, values: &Values) -> (Values, BTreeMap<String, f64>) {
    let (mut values, mut derivatives) = (values.clone(), BTreeMap::new());
    for statement in &ir.statements {
        match statement {
            Statement::Assign { name, value, .. } => {
                let value = evaluate(value, &values);
                values.insert(name.text.clone(), value);
            }
            Statement::Derivative { state, value } => {
                derivatives.insert(state.text.clone(), evaluate(value, &values));
            }
            _ => {}
        }
    }
    (values, derivatives)
}

/// Amounts that are no fixed point of anything, so that every rate constant shows.
const AMOUNTS: [(&str, f64); 4] = [("depot", 7.0), ("central", 100.0), ("peripheral1", 30.0), ("peripheral2", 11.0)];

/// Derivatives and concentration of a model that says `Cc <- linCmt()` after these assignments.
fn linear(parameters: &str) -> (BTreeMap<String, f64>, f64) {
    let ir = model(&format!("{parameters}\n Cc <- linCmt()"));
    let amounts = AMOUNTS.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect();
    let (values, derivatives) = run(&ir, &amounts);
    (derivatives, values["Cc"])
}

/// kel = 0.1, V = 20, k12 = 0.3, k21 = 0.15, k13 = 0.05, k31 = 0.02, ka = 1.5.
fn expected(compartments: usize, oral: bool) -> (BTreeMap<String, f64>, f64) {
    let [depot, central, first, second] = AMOUNTS.map(|(_, amount)| amount);
    let mut derivatives = BTreeMap::new();
    let mut into_central = -0.1 * central;
    if oral {
        derivatives.insert("depot".to_owned(), -1.5 * depot);
        into_central += 1.5 * depot;
    }
    if compartments > 1 {
        into_central += 0.15 * first - 0.3 * central;
        derivatives.insert("peripheral1".to_owned(), 0.3 * central - 0.15 * first);
    }
    if compartments > 2 {
        into_central += 0.02 * second - 0.05 * central;
        derivatives.insert("peripheral2".to_owned(), 0.05 * central - 0.02 * second);
    }
    derivatives.insert("central".to_owned(), into_central);
    (derivatives, central / 20.0)
}

fn assert_same(parameters: &str, compartments: usize, oral: bool, tolerance: f64) {
    let (found, concentration) = linear(parameters);
    let (wanted, wanted_concentration) = expected(compartments, oral);
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{parameters}");
    for (state, value) in &wanted {
        let difference = (found[state] - value).abs();
        assert!(difference <= tolerance * value.abs(), "{parameters}: {state} {} is not {value}", found[state]);
    }
    let difference = (concentration - wanted_concentration).abs();
    assert!(difference <= tolerance * wanted_concentration, "{parameters}: {concentration}");
}

#[test]
fn clearances_and_volumes_go_by_all_their_names() {
    // A handful of roundings of the sums.
    let rounding = 1e-13;
    for (parameters, compartments, oral) in [
        ("cl <- 2; vc <- 20", 1, false),
        ("CL <- 2; V <- 20", 1, false),
        ("cl <- 2; v1 <- 20", 1, false),
        ("Cl <- 2; V2 <- 20; Ka <- 1.5", 1, true),
        ("ka <- 1.5; cl <- 2; vc <- 20", 1, true),
        ("cl <- 2; vc <- 20; q <- 6; vp <- 40", 2, false),
        ("cl <- 2; v <- 20; q <- 6; v2 <- 40; ka <- 1.5", 2, true),
        ("cl <- 2; v1 <- 20; q <- 6; v2 <- 40", 2, false),
        ("cl <- 2; v2 <- 20; q <- 6; v3 <- 40", 2, false),
        ("cl <- 2; v <- 20; cld <- 6; vt <- 40", 2, false),
        ("cl <- 2; v <- 20; q <- 6; vss <- 60", 2, false),
        ("cl1 <- 2; v1 <- 20; cl2 <- 6; v2 <- 40", 2, false),
        ("cl <- 2; vc <- 20; q1 <- 6; vp1 <- 40; q2 <- 1; vp2 <- 50", 3, false),
        ("cl <- 2; vc <- 20; q <- 6; vp <- 40; q2 <- 1; vp2 <- 50; ka <- 1.5", 3, true),
        ("cl <- 2; v1 <- 20; q2 <- 6; v2 <- 40; q3 <- 1; v3 <- 50", 3, false),
        ("cl <- 2; v <- 20; q <- 6; vp <- 40; q2 <- 1; vp1 <- 50", 3, false),
        ("kel <- 0.1; vc <- 20", 1, false),
        ("k <- 0.1; v <- 20; ka <- 1.5", 1, true),
        ("k10 <- 0.1; v <- 20; k12 <- 0.3; k21 <- 0.15", 2, false),
        ("k20 <- 0.1; v <- 20; k23 <- 0.3; k32 <- 0.15; ka <- 1.5", 2, true),
        ("ke <- 0.1; v <- 20; k12 <- 0.3; k21 <- 0.15; k13 <- 0.05; k31 <- 0.02", 3, false),
        ("alpha <- 0.1; v <- 20", 1, false),
        ("alpha <- 0.1; a <- 0.05", 1, false),
    ] {
        assert_same(parameters, compartments, oral, rounding);
    }
}

/// alpha, beta and A, B of the two-compartment model of `expected`, V = 20.
fn two_exponentials() -> ([f64; 2], [f64; 2]) {
    let (kel, k12, k21) = (0.1, 0.3, 0.15);
    let sum: f64 = kel + k12 + k21;
    let root = (sum * sum - 4.0 * kel * k21).sqrt();
    let (alpha, beta) = ((sum + root) / 2.0, (sum - root) / 2.0);
    let a = (alpha - k21) / (alpha - beta) / 20.0;
    ([alpha, beta], [a, 1.0 / 20.0 - a])
}

#[test]
fn exponentials_of_two_compartments_are_turned_into_rates() {
    let ([alpha, beta], [a, b]) = two_exponentials();
    let ab = format!("alpha <- {alpha}; beta <- {beta}");
    for parameters in [
        format!("{ab}; a <- {a}; b <- {b}"),
        format!("{ab}; k21 <- 0.15; v <- 20"),
        format!("{ab}; aob <- {}; v <- 20", a / b),
        format!("{ab}; v <- {}; b <- {b}", 1.0 / a),
    ] {
        // k12 is what is left of alpha + beta: some ten roundings of numbers six times as large.
        assert_same(&parameters, 2, false, 1e-12);
    }
}

#[test]
fn exponentials_of_three_compartments_are_turned_into_rates() {
    let (kel, k12, k21, k13, k31) = (0.1, 0.3, 0.15, 0.05, 0.02);
    // Zeros of the characteristic polynomial x³ - s x² + p x - q by bisection between its extremes and bounds.
    let polynomial = |x: f64| {
        let s = kel + k12 + k21 + k13 + k31;
        let p = kel * k21 + k21 * k31 + k21 * k13 + kel * k31 + k31 * k12;
        x * x * x - s * x * x + p * x - kel * k21 * k31
    };
    let zero = |mut low: f64, mut high: f64| {
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if polynomial(low) * polynomial(middle) <= 0.0 { high = middle } else { low = middle }
        }
        0.5 * (low + high)
    };
    let exponents @ [alpha, beta, gamma] = [zero(0.2, 1.0), zero(0.02, 0.15), zero(0.0, 0.02)];
    let coefficient = |i: usize| {
        let others: Vec<f64> = (0..3).filter(|&j| j != i).map(|j| exponents[i] - exponents[j]).collect();
        (k21 - exponents[i]) * (k31 - exponents[i]) / (others[0] * others[1]) / 20.0
    };
    let [a, b, c] = [0, 1, 2].map(coefficient);
    let parameters = format!("alpha <- {alpha}; beta <- {beta}; gamma <- {gamma}; a <- {a}; b <- {b}; c <- {c}");
    // The zeros are known to about 1e-16 and their differences amplify that by up to alpha/gamma = 50 twice.
    assert_same(&parameters, 3, false, 1e-11);
}

#[test]
fn parameters_of_the_model_come_before_those_of_ini() {
    let ir = super::read("function() { ini({ CL <- 1; v <- 2 })\n model({ cl <- CL * 2\n linCmt() ~ prop(0.1) }) }");
    let text = ir.to_string();
    assert!(text.contains("d/dt(central) <- -(cl / v) * central"), "{text}");
    assert!(text.contains("rxLinCmt <- central / v"), "{text}");
    assert_eq!(ir.endpoints[0].prediction.text, "rxLinCmt");
}

#[test]
fn lin_cmt_may_stand_inside_an_expression_and_twice() {
    let ir = model("cl <- 2; vc <- 20\n Cc <- 1000 * linCmt()\n y <- linCmt() + 1\n f(central) <- 0.5");
    assert_eq!(ir.states.len(), 1);
    assert!(ir.to_string().contains("Cc <- 1000 * (central / vc)\n    y <- central / vc + 1"), "{ir}");
}

#[test]
fn the_states_of_lin_cmt_follow_those_of_the_equations() {
    let ir = model("cl <- 2; vc <- 20; ka <- 1\n Cc <- linCmt()\n d/dt(effect) <- Cc - effect");
    let states: Vec<_> = ir.states.iter().map(|state| state.text.as_str()).collect();
    assert_eq!(states, ["effect", "depot", "central"]);
}

#[test]
fn lin_cmt_says_what_it_misses() {
    for (parameters, message) in [
        ("x <- 1", "`linCmt()` finds no clearance (cl), elimination rate (kel) or alpha"),
        ("cl <- 1", "`linCmt()` finds no central volume (vc, v or v1)"),
        ("cl <- 1; v <- 1; q <- 1", "`linCmt()` finds no peripheral volume (vp, vp2) for its distributional clearance"),
        ("cl <- 1; v <- 1; vp <- 1", "`linCmt()` finds no distributional clearance (q, q2) for its peripheral volume"),
        ("kel <- 1; v <- 1; k12 <- 1", "`linCmt()` finds no `k21`"),
        ("kel <- 1; v <- 1; k13 <- 1; k31 <- 1", "`linCmt()` finds no `k12`"),
        ("alpha <- 1; v <- 1; b <- 1", "`linCmt()` finds no `beta`"),
    ] {
        let found = refusal(&format!("function() {{ model({{ {parameters}\n Cc <- linCmt() }}) }}"));
        assert_eq!(found, [message], "{parameters}");
    }
}

/// The input rate of the chain, where tad, podo, n, mtt and bio are given.
fn rate(call: &str, tad: f64, podo: f64) -> f64 {
    let ir = model(&format!("d/dt(depot) <- {call}"));
    let values = [("tad", tad), ("podo", podo), ("n", 3.5), ("mtt", 2.0), ("bio", 0.7)];
    let values = values.map(|(name, value)| (name.to_owned(), value)).into();
    run(&ir, &values).1["depot"]
}

#[test]
fn the_input_of_a_transit_chain_is_a_gamma_density_of_the_dose() {
    // The chain is a gamma distribution of shape n + 1 and mean mtt: its density at 1.3 in closed form.
    let (shape, scale) = (4.5, 2.0 / 4.5);
    let density =
        UnaryOp::Exp.apply(3.5 * UnaryOp::Ln.apply(1.3 / scale) - 1.3 / scale) / (scale * UnaryOp::Gamma.apply(shape));
    let found = rate("transit(n, mtt, bio)", 1.3, 100.0);
    // Exponentials of numbers below 10: some 10 ulp.
    assert!((found / (70.0 * density) - 1.0).abs() < 1e-14, "{found}");
    assert!((rate("transit(n, mtt)", 1.3, 100.0) / (100.0 * density) - 1.0).abs() < 1e-14);
    assert_eq!(rate("transit(n, mtt)", f64::NAN, f64::NAN), 0.0, "before the first dose");
    assert_eq!(rate("transit(n, mtt)", 0.0, 100.0), 0.0, "at the dose");
}

#[test]
fn all_of_a_dose_passes_the_transit_chain() {
    // Trapezoids of a smooth density that is flat at both ends converge faster than any power of the step.
    let step = 0.01;
    let total: f64 = (1..6_000).map(|i| rate("transit(n, mtt, bio)", f64::from(i) * step, 100.0) * step).sum();
    assert!((total / 70.0 - 1.0).abs() < 1e-7, "{total}");
}

#[test]
fn a_dose_into_a_transit_chain_is_no_bolus() {
    let ir = model("d/dt(depot) <- transit(n, mtt) - ka * depot");
    assert!(ir.to_string().contains("    f(depot) <- 0\n"), "{ir}");
    let told = model("d/dt(depot) <- transit(n, mtt) - ka * depot\n f(depot) <- 0");
    assert_eq!(told.statements.len(), 2, "said once is enough");
    assert_eq!(
        refusal("function() { model({ d/dt(depot) <- transit(n, mtt)\n f(depot) <- fd }) }"),
        ["`f(depot)` beside `transit()`: doses enter `depot` through the chain alone"]
    );
    assert_eq!(refusal("function() { model({ x <- transit(n, mtt) }) }"), ["`transit` outside of a derivative"]);
}

//! `linCmt()` written out: one to three compartments with linear elimination, with or without a depot.
//!
//! The parameterisation is found from the names that the model gives values to, in any case of letters, as in rxode2:
//! clearances and volumes, micro-constants, or macro-constants. Formulas that turn one into another are those of
//! Gibaldi and Perrier, Pharmacokinetics, 2nd ed., 1982, chapter 2.

use super::expression::{apply, binary_of, name, negate, number};
use super::scope::place;
use super::tree::Argument;
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{BinaryOperator, Expression, Function, Name, Span, Statement};

/// What takes the place of `linCmt()`.
pub(super) struct WrittenOut {
    /// Rate constants and differential equations.
    pub statements: Vec<Statement>,
    /// `depot` where there is `ka`, `central`, `peripheral1`, `peripheral2`.
    pub states: Vec<Name>,
    /// Concentration in the central compartment.
    pub value: Expression,
}

/// The equations that `linCmt()` stands for.
///
/// # Errors
///
/// What is missing from, or ambiguous among, the parameters.
pub(super) fn write_out(parameters: &[String], arguments: &[Argument], span: Span) -> Result<WrittenOut, Diagnostic> {
    let given = arguments
        .iter()
        .map(|argument| argument.value.as_ref().and_then(|value| value.as_name()).map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| {
            Diagnostic::error(span, "`linCmt()` takes names of variables alone")
                .with_help("assign its parameters to variables such as cl, vc, ka, and write `linCmt()`")
        })?;
    let names = Names { parameters: if given.is_empty() { parameters } else { &given }, span };
    let rates = rates(&names)?;
    let ka = names.find("ka");

    let state = |text: &str| Name { text: text.to_owned(), span };
    let mut states = Vec::new();
    let mut statements: Vec<Statement> = rates
        .variables
        .into_iter()
        .map(|(variable, value)| Statement::Assign { name: state(&variable), value, output: false })
        .collect();
    let mut derivative = |of: &str, value: Expression| {
        states.push(state(of));
        statements.push(Statement::Derivative { state: state(of), value });
    };
    let mut central = times(negate(rates.elimination), name("central"));
    if let Some(ka) = &ka {
        derivative("depot", times(negate(ka.clone()), name("depot")));
        central = plus(times(ka.clone(), name("depot")), central);
    }
    let peripherals = ["peripheral1", "peripheral2"];
    for (peripheral, (out, back)) in peripherals.iter().zip(&rates.exchange) {
        central = plus(minus(central, times(out.clone(), name("central"))), times(back.clone(), name(peripheral)));
    }
    derivative("central", central);
    for (peripheral, (out, back)) in peripherals.iter().zip(rates.exchange) {
        derivative(peripheral, minus(times(out, name("central")), times(back, name(peripheral))));
    }
    for statement in &mut statements {
        if let Statement::Assign { value, .. } | Statement::Derivative { value, .. } = statement {
            place(value, span);
        }
    }
    let mut value = over(name("central"), rates.volume);
    place(&mut value, span);
    Ok(WrittenOut { statements, states, value })
}

/// Rate constants of the compartments.
struct Rates {
    /// Of the central compartment.
    volume: Expression,
    /// k10.
    elimination: Expression,
    /// To and from each peripheral compartment: k12, k21, k13, k31.
    exchange: Vec<(Expression, Expression)>,
    /// Variables that the above refer to.
    variables: Vec<(String, Expression)>,
}

/// Names that may be parameters.
struct Names<'n> {
    parameters: &'n [String],
    span: Span,
}

impl Names<'_> {
    /// The model's spelling of a parameter. Of several the first counts, which the model rather than `ini` sets.
    fn find(&self, parameter: &str) -> Option<Expression> {
        self.parameters.iter().find(|known| known.eq_ignore_ascii_case(parameter)).map(|known| name(known))
    }

    fn first(&self, parameters: &[&str]) -> Option<Expression> {
        parameters.iter().find_map(|parameter| self.find(parameter))
    }

    fn has(&self, parameters: &[&str]) -> bool {
        self.first(parameters).is_some()
    }

    fn need(&self, parameter: Option<Expression>, expected: &str) -> Result<Expression, Diagnostic> {
        parameter.ok_or_else(|| {
            Diagnostic::error(self.span, format!("`linCmt()` finds no {expected}")).with_help(
                "set variables such as cl, vc (and q, vp, q2, vp2, ka), or kel, vc (k12, k21, k13, k31), before it",
            )
        })
    }
}

fn rates(names: &Names<'_>) -> Result<Rates, Diagnostic> {
    if names.has(&["cl", "cl1", "cl2"]) {
        clearances(names)
    } else if names.has(&["kel", "ke", "k", "k10", "k20"]) {
        micro_constants(names)
    } else {
        macro_constants(names)
    }
}

/// Central volume, then peripheral ones.
fn volumes(names: &Names<'_>) -> (Option<Expression>, Vec<Option<Expression>>) {
    let (central, numbered) = if let Some(central) = names.first(&["v", "vc"]) {
        (Some(central), if names.has(&["v2"]) { ["v2", "v3"] } else { ["v3", "v4"] })
    } else if let Some(central) = names.find("v1") {
        (Some(central), if names.has(&["v2"]) { ["v2", "v3"] } else { ["v3", "v4"] })
    } else {
        (names.find("v2"), ["v3", "v4"])
    };
    if names.has(&[numbered[0]]) {
        return (central, numbered.map(|parameter| names.find(parameter)).to_vec());
    }
    for style in ["vp", "vt", "vd"] {
        let numbered = |n: u8| format!("{style}{n}");
        if let Some(first) = names.find(style) {
            return (central, vec![Some(first), names.first(&[&numbered(1), &numbered(2)])]);
        }
        for n in [1, 2] {
            if let Some(first) = names.find(&numbered(n)) {
                return (central, vec![Some(first), names.find(&numbered(n + 1))]);
            }
        }
    }
    (central, vec![None, None])
}

/// Elimination clearance, then those of distribution.
fn distribution_clearances(names: &Names<'_>) -> (Option<Expression>, Vec<Option<Expression>>) {
    let cl = names.first(&["cl", "cl1", "cl2"]);
    for style in ["q", "cld"] {
        let numbered = |n: u8| format!("{style}{n}");
        if let Some(first) = names.find(style) {
            return (cl, vec![Some(first), names.find(&numbered(2))]);
        }
        for n in [1, 2] {
            if let Some(first) = names.find(&numbered(n)) {
                return (cl, vec![Some(first), names.find(&numbered(n + 1))]);
            }
        }
    }
    // cl, cl2, cl3 / cl, cl3, cl4 / cl, cl1, cl2 / cl1, cl2, cl3 / cl2, cl3, cl4
    let after = match (names.has(&["cl"]), names.has(&["cl1"]), names.has(&["cl2"])) {
        (true, true, _) => 1,
        (true, false, true) | (false, true, _) => 2,
        _ => 3,
    };
    (cl, [after, after + 1].map(|n| names.find(&format!("cl{n}"))).to_vec())
}

fn clearances(names: &Names<'_>) -> Result<Rates, Diagnostic> {
    let (volume, mut peripheral) = volumes(names);
    let volume = names.need(volume, "central volume (vc, v or v1)")?;
    let (cl, q) = distribution_clearances(names);
    let cl = names.need(cl, "clearance (cl)")?;
    if let Some(vss) = names.find("vss") {
        peripheral = vec![Some(minus(vss, volume.clone())), None];
    }
    let mut exchange = Vec::new();
    for (i, pair) in q.into_iter().zip(peripheral).enumerate() {
        let (q, peripheral) = match pair {
            (None, None) => break,
            pair => pair,
        };
        let which = if i == 0 { "" } else { "second " };
        let q = names.need(q, &format!("{which}distributional clearance (q, q2) for its peripheral volume"))?;
        let peripheral =
            names.need(peripheral, &format!("{which}peripheral volume (vp, vp2) for its distributional clearance"))?;
        exchange.push((over(q.clone(), volume.clone()), over(q, peripheral)));
    }
    Ok(Rates { elimination: over(cl, volume.clone()), volume, exchange, variables: Vec::new() })
}

fn micro_constants(names: &Names<'_>) -> Result<Rates, Diagnostic> {
    let volume = names.need(names.first(&["v", "vc", "v1", "v2"]), "central volume (vc, v or v1)")?;
    let elimination = names.need(names.first(&["kel", "ke", "k", "k10", "k20"]), "elimination rate (kel)")?;
    // With a depot some count the central compartment as number 2.
    let [k12, k21, k13, k31] = if names.has(&["k23", "k32", "k20"]) && !names.has(&["k12", "k21"]) {
        ["k23", "k32", "k24", "k42"]
    } else {
        ["k12", "k21", "k13", "k31"]
    };
    let mut exchange = Vec::new();
    for (out, back) in [(k12, k21), (k13, k31)] {
        if names.has(&[out, back]) {
            exchange.push((
                names.need(names.find(out), &format!("`{out}`"))?,
                names.need(names.find(back), &format!("`{back}`"))?,
            ));
        }
    }
    if exchange.len() == 1 && !names.has(&[k12]) {
        names.need(None, &format!("`{k12}`"))?;
    }
    Ok(Rates { volume, elimination, exchange, variables: Vec::new() })
}

/// alpha, beta, gamma with A, B, C, with a central volume and k21, or with the ratio aob = A / B.
fn macro_constants(names: &Names<'_>) -> Result<Rates, Diagnostic> {
    let alpha = names.need(names.find("alpha"), "clearance (cl), elimination rate (kel) or alpha")?;
    let central = names.first(&["v", "vc", "v1", "v2"]);
    let (beta, gamma) = (names.find("beta"), names.find("gamma"));
    let k21 = names.first(&["k21", "k32"]);
    let aob = names.find("aob");
    let mut variables = Vec::new();
    let mut variable = |suffix: &str, value: Expression| {
        let text = format!("rx_{suffix}");
        let reference = name(&text);
        variables.push((text, value));
        reference
    };
    if k21.is_none() && aob.is_none() && !names.has(&["b", "c"]) && (beta.is_none() && gamma.is_none()) {
        let volume = match names.find("a") {
            Some(a) => over(number(1.0), a),
            None => names.need(central, "central volume (vc) or coefficient (a)")?,
        };
        return Ok(Rates { volume, elimination: alpha, exchange: Vec::new(), variables });
    }
    let beta = names.need(beta, "`beta`")?;
    let two = |volume: Expression, k21: Expression, variable: &mut dyn FnMut(&str, Expression) -> Expression| {
        let kel = variable("kel", over(times(alpha.clone(), beta.clone()), k21.clone()));
        let k12 = variable("k12", minus(minus(plus(alpha.clone(), beta.clone()), k21.clone()), kel.clone()));
        (volume, kel, vec![(k12, k21)])
    };
    let (volume, elimination, exchange) = if let Some(k21) = k21 {
        if gamma.is_some() {
            return Err(Diagnostic::error(names.span, "`linCmt()` cannot tell alpha, beta, gamma with k21")
                .with_help("give the coefficients a, b, c, or the rate constants kel, k12, k21, k13, k31"));
        }
        two(names.need(central, "central volume (vc)")?, k21, &mut variable)
    } else if let Some(aob) = aob {
        let k21 = over(plus(times(aob.clone(), beta.clone()), alpha.clone()), plus(aob, number(1.0)));
        let k21 = variable("k21", k21);
        two(names.need(central, "central volume (vc)")?, k21, &mut variable)
    } else {
        let a = match (names.find("a"), central) {
            (Some(a), _) => a,
            (None, Some(central)) => over(number(1.0), central),
            (None, None) => names.need(None, "coefficient (a)")?,
        };
        let b = names.need(names.find("b"), "coefficient `b`")?;
        if gamma.is_none() && !names.has(&["c"]) {
            let volume = variable("v", over(number(1.0), plus(a.clone(), b.clone())));
            let slope = plus(times(a, beta.clone()), times(b, alpha.clone()));
            let k21 = variable("k21", times(slope, volume.clone()));
            two(volume, k21, &mut variable)
        } else {
            let c = names.need(names.find("c"), "coefficient `c`")?;
            let gamma = names.need(gamma, "`gamma`")?;
            three([a, b, c], [alpha.clone(), beta.clone(), gamma], &mut variable)
        }
    };
    Ok(Rates { volume, elimination, exchange, variables })
}

type Disposition = (Expression, Expression, Vec<(Expression, Expression)>);

/// k21 and k31 are the zeros of the central compartment's transfer function, ordered as rxode2 does: k21 > k31.
fn three(
    [a, b, c]: [Expression; 3],
    [alpha, beta, gamma]: [Expression; 3],
    variable: &mut dyn FnMut(&str, Expression) -> Expression,
) -> Disposition {
    let volume = variable("v", over(number(1.0), plus(plus(a.clone(), b.clone()), c.clone())));
    let weighted = |x: Expression, y: Expression, z: Expression| {
        plus(plus(times(a.clone(), x), times(b.clone(), y)), times(c.clone(), z))
    };
    let sum = weighted(
        plus(beta.clone(), gamma.clone()),
        plus(alpha.clone(), gamma.clone()),
        plus(alpha.clone(), beta.clone()),
    );
    let sum = variable("sum", times(sum, volume.clone()));
    let product = weighted(
        times(beta.clone(), gamma.clone()),
        times(alpha.clone(), gamma.clone()),
        times(alpha.clone(), beta.clone()),
    );
    let product = variable("product", times(product, volume.clone()));
    let discriminant = minus(times(sum.clone(), sum.clone()), times(number(4.0), product.clone()));
    let root = variable("root", apply(Function::Sqrt, vec![discriminant]));
    let k21 = variable("k21", over(plus(sum.clone(), root.clone()), number(2.0)));
    let k31 = variable("k31", over(minus(sum, root), number(2.0)));
    let kel = variable("kel", over(times(times(alpha.clone(), beta.clone()), gamma.clone()), product));
    let total = variable("total", plus(plus(alpha.clone(), beta.clone()), gamma.clone()));
    let pairs = plus(plus(times(alpha.clone(), beta.clone()), times(alpha, gamma.clone())), times(beta, gamma));
    let numerator = plus(
        minus(minus(pairs, times(k21.clone(), total.clone())), times(kel.clone(), k31.clone())),
        times(k21.clone(), k21.clone()),
    );
    let k12 = variable("k12", over(numerator, minus(k31.clone(), k21.clone())));
    let rest = plus(plus(kel.clone(), k12.clone()), plus(k21.clone(), k31.clone()));
    let k13 = variable("k13", minus(total, rest));
    (volume, kel, vec![(k12, k21), (k13, k31)])
}

fn plus(a: Expression, b: Expression) -> Expression {
    binary_of(BinaryOperator::Add, a, b)
}

fn minus(a: Expression, b: Expression) -> Expression {
    binary_of(BinaryOperator::Subtract, a, b)
}

fn times(a: Expression, b: Expression) -> Expression {
    binary_of(BinaryOperator::Multiply, a, b)
}

fn over(a: Expression, b: Expression) -> Expression {
    binary_of(BinaryOperator::Divide, a, b)
}

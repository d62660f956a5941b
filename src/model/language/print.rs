//! A model as text that reads back to the same model.

use super::function;
use super::parser::is_word;
use super::precedence::{operand, operands, tightness};
use crate::model::ir::{
    BinaryOperator, DoseProperty, Endpoint, ErrorModel, Eta, Expression, Function, Metadata, ModelIr, Name, Node,
    OmegaBlock, Statement, Theta, Transform, UnaryOperator, Units,
};
use std::fmt::{self, Display, Formatter, Write as _};

/// The model in the nlmixr2/rxode2 language. Numbers have as many digits as it takes to read back the same, brackets are
/// those that are needed, and what the reader wrote out (`linCmt()`, `transit()`) stays written out.
impl Display for ModelIr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() || self.name.contains(|c: char| c == '`' || c == '\\' || c.is_control()) {
            writeln!(f, "function() {{")?;
        } else {
            writeln!(f, "{} <- function() {{", name(&self.name))?;
        }
        for (key, text) in [("description", &self.description), ("reference", &self.reference)] {
            if let Some(text) = text {
                writeln!(f, "  {key} <- {}", quoted(text))?;
            }
        }
        units(f, &self.units, &self.metadata)?;
        for (key, value) in self.metadata.iter().filter(|(key, value)| !is_units(key, value)) {
            writeln!(f, "  {} <- {}", name(key), literal(value))?;
        }
        if !self.thetas.is_empty() || !self.etas.is_empty() {
            writeln!(f, "  ini({{")?;
            self.thetas.iter().try_for_each(|theta| theta_lines(f, theta))?;
            let mut etas = self.etas.as_slice();
            for block in &self.omegas {
                let (of_block, rest) = etas.split_at(block.size);
                omega_lines(f, of_block, block)?;
                etas = rest;
            }
            writeln!(f, "  }})")?;
        }
        writeln!(f, "  model({{")?;
        declarations(f, self)?;
        statements(f, &self.statements, 2)?;
        for endpoint in &self.endpoints {
            writeln!(f, "    {endpoint}")?;
        }
        writeln!(f, "  }})\n}}")
    }
}

/// What the file said of units beside time, dosing and concentration.
fn is_units(key: &str, value: &Metadata) -> bool {
    key == "units" && matches!(value, Metadata::List(_))
}

fn units(f: &mut Formatter<'_>, units: &Units, metadata: &[(String, Metadata)]) -> fmt::Result {
    let known = [("time", &units.time), ("dosing", &units.dosing), ("concentration", &units.concentration)];
    let known = known.into_iter().filter_map(|(key, unit)| Some((Some(key.to_owned()), Metadata::Text(unit.clone()?))));
    let others = metadata.iter().filter(|(key, value)| is_units(key, value)).flat_map(|(_, value)| match value {
        Metadata::List(entries) => entries.clone(),
        _ => Vec::new(),
    });
    let entries: Vec<_> = known.chain(others).collect();
    if entries.is_empty() {
        return Ok(());
    }
    writeln!(f, "  units <- {}", literal(&Metadata::List(entries)))
}

fn theta_lines(f: &mut Formatter<'_>, theta: &Theta) -> fmt::Result {
    let Theta { name: Name { text, .. }, estimate, lower, upper, fixed, label } = theta;
    let value = if upper.is_finite() {
        format!("c({}, {}, {})", number(*lower), number(*estimate), number(*upper))
    } else if lower.is_finite() {
        format!("c({}, {})", number(*lower), number(*estimate))
    } else {
        number(*estimate)
    };
    let value = if *fixed { format!("fixed({value})") } else { value };
    writeln!(f, "    {} <- {value}", name(text))?;
    label_line(f, label.as_deref())
}

fn label_line(f: &mut Formatter<'_>, label: Option<&str>) -> fmt::Result {
    label.map_or(Ok(()), |label| writeln!(f, "    label({})", quoted(label)))
}

/// A block as one triangle, or line by line where each eta has a label of its own.
fn omega_lines(f: &mut Formatter<'_>, etas: &[Eta], block: &OmegaBlock) -> fmt::Result {
    let level = etas.first().and_then(|eta| eta.level.as_deref()).map_or(String::new(), |l| format!(" | {}", name(l)));
    let values = |lower: &[f64]| {
        let numbers: Vec<String> = lower.iter().map(|value| number(*value)).collect();
        let value = if numbers.len() == 1 { numbers.concat() } else { format!("c({})", numbers.join(", ")) };
        if block.fixed { format!("fixed({value})") } else { value }
    };
    let by_line = etas.iter().rev().skip(1).any(|eta| eta.label.is_some());
    if !by_line {
        let names: Vec<String> = etas.iter().map(|eta| name(&eta.name.text)).collect();
        writeln!(f, "    {} ~ {}{level}", names.join(" + "), values(&block.lower))?;
        return label_line(f, etas.last().and_then(|eta| eta.label.as_deref()));
    }
    let mut lower = block.lower.as_slice();
    for (i, eta) in etas.iter().enumerate() {
        let (row, rest) = lower.split_at(i + 1);
        writeln!(f, "    {} ~ {}{level}", name(&eta.name.text), values(row))?;
        label_line(f, eta.label.as_deref())?;
        lower = rest;
    }
    Ok(())
}

/// `linear(x)` and its kin; `cmt()` where the equations come in another order than the compartments.
fn declarations(f: &mut Formatter<'_>, ir: &ModelIr) -> fmt::Result {
    for (covariate, interpolation) in &ir.interpolation {
        writeln!(f, "    {}({})", interpolation.as_str(), name(&covariate.text))?;
    }
    let mut in_order = Vec::new();
    derivatives(&ir.statements, &mut in_order);
    if !ir.states.iter().map(|state| state.text.as_str()).eq(in_order) {
        for state in &ir.states {
            writeln!(f, "    cmt({})", name(&state.text))?;
        }
    }
    Ok(())
}

fn derivatives<'s>(statements: &'s [Statement], found: &mut Vec<&'s str>) {
    for statement in statements {
        match statement {
            Statement::Derivative { state, .. } if !found.contains(&state.text.as_str()) => found.push(&state.text),
            Statement::If { branches, otherwise } => {
                branches.iter().for_each(|(_, guarded)| derivatives(guarded, found));
                derivatives(otherwise, found);
            }
            _ => {}
        }
    }
}

impl DoseProperty {
    /// The function of the language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bioavailability => "f",
            Self::Lag => "alag",
            Self::Duration => "dur",
            Self::Rate => "rate",
        }
    }
}

/// Statements in the language, one a line, with their indentation.
pub(crate) struct Equations<'a>(pub(crate) &'a [Statement]);

impl Display for Equations<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        statements(f, self.0, 1)
    }
}

fn statements(f: &mut Formatter<'_>, list: &[Statement], depth: usize) -> fmt::Result {
    let indent = "  ".repeat(depth);
    for statement in list {
        let (target, sign, value) = match statement {
            Statement::Assign { name: Name { text, .. }, value, output } => {
                (name(text), if *output { "<-" } else { "~" }, value)
            }
            Statement::Derivative { state, value } => (format!("d/dt({})", name(&state.text)), "<-", value),
            Statement::Initial { state, value } => (format!("{}(0)", name(&state.text)), "<-", value),
            Statement::DoseProperty { property, state, value } => {
                (format!("{}({})", property.as_str(), name(&state.text)), "<-", value)
            }
            Statement::EventTime { name: variable, value } => (format!("mtime({})", name(&variable.text)), "<-", value),
            Statement::If { branches, otherwise } => {
                for (i, (condition, guarded)) in branches.iter().enumerate() {
                    let word = if i == 0 { indent.as_str() } else { " else " };
                    writeln!(f, "{word}if ({condition}) {{")?;
                    statements(f, guarded, depth + 1)?;
                    write!(f, "{indent}}}")?;
                }
                if !otherwise.is_empty() {
                    writeln!(f, " else {{")?;
                    statements(f, otherwise, depth + 1)?;
                    write!(f, "{indent}}}")?;
                }
                writeln!(f)?;
                continue;
            }
        };
        writeln!(f, "{indent}{target} {sign} {value}")?;
    }
    Ok(())
}

/// `Cc ~ add(a) + prop(b) | cmt`
impl Display for Endpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&endpoint_text(self))
    }
}

fn endpoint_text(endpoint: &Endpoint) -> String {
    let error = match &endpoint.error {
        ErrorModel::Continuous { additive, proportional, combined1, transform, degrees_of_freedom } => {
            let sd = additive.as_ref().map_or("NA".to_owned(), Expression::to_string);
            let bounded = |word: &str, low: f64, high: f64| format!("{word}({sd}, {}, {})", number(low), number(high));
            let mut terms = match transform {
                Transform::Log => vec![format!("lnorm({sd})")],
                Transform::Logit { low, high } => vec![bounded("logitNorm", *low, *high)],
                Transform::Probit { low, high } => vec![bounded("probitNorm", *low, *high)],
                _ => additive.iter().map(|sd| format!("add({sd})")).collect(),
            };
            terms.extend(proportional.iter().map(|(sd, exponent)| match exponent {
                Some(exponent) => format!("pow({sd}, {exponent})"),
                None => format!("prop({sd})"),
            }));
            match transform {
                Transform::BoxCox(lambda) => terms.push(format!("boxCox({lambda})")),
                Transform::YeoJohnson(lambda) => terms.push(format!("yeoJohnson({lambda})")),
                _ => {}
            }
            terms.extend(degrees_of_freedom.iter().map(|df| format!("t({df})")));
            terms.extend(combined1.then(|| "combined1()".to_owned()));
            terms.join(" + ")
        }
        ErrorModel::Poisson(rate) => format!("pois({rate})"),
        ErrorModel::Binomial(size, probability) => format!("binom({size}, {probability})"),
        ErrorModel::Ordinal(probabilities) => format!("c({})", list(probabilities)),
        ErrorModel::None => "none()".to_owned(),
    };
    let condition = endpoint.condition.as_ref().map_or(String::new(), |c| format!(" | {}", name(&c.text)));
    format!("{} ~ {error}{condition}", name(&endpoint.prediction.text))
}

fn list(expressions: &[Expression]) -> String {
    expressions.iter().map(Expression::to_string).collect::<Vec<_>>().join(", ")
}

/// The expression in the language, with no more brackets than it takes.
impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        within(f, self, 0)
    }
}

/// The expression where only operators of at least this strength need no brackets.
fn within(f: &mut Formatter<'_>, expression: &Expression, least: u8) -> fmt::Result {
    if tightness(&expression.node) < least {
        f.write_char('(')?;
        within(f, expression, 0)?;
        return f.write_char(')');
    }
    match &expression.node {
        Node::Number(value) => f.write_str(&number(*value)),
        Node::Name(text) => f.write_str(&name(text)),
        Node::Unary(operator, inner) => {
            f.write_char(if *operator == UnaryOperator::Negate { '-' } else { '!' })?;
            within(f, inner, operand(*operator))
        }
        Node::Binary(operator, left, right) => {
            let (left_least, right_least) = operands(*operator);
            within(f, left, left_least)?;
            if *operator == BinaryOperator::Power {
                f.write_str(sign(*operator))?
            } else {
                write!(f, " {} ", sign(*operator))?
            }
            within(f, right, right_least)
        }
        Node::Call(function, arguments) => write!(f, "{}({})", word(*function), list(arguments)),
    }
}

fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Or => "||",
        BinaryOperator::And => "&&",
        BinaryOperator::Less => "<",
        BinaryOperator::LessEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterEqual => ">=",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Power => "^",
    }
}

fn word(function: Function) -> &'static str {
    match function {
        // `x ~ pow(a, b)` would be an error model.
        Function::Pow => "R_pow",
        _ => function::word(function),
    }
}

/// The shortest digits that read back to the same number.
fn number(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Inf".to_owned() } else { "-Inf".to_owned() }
    } else if size != 0.0 && !(1e-5..1e15).contains(&size) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

/// A name, in backticks where R needs them.
fn name(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    let second = characters.next();
    let begins = first.is_some_and(|c| c.is_alphabetic() || c == '.' && !second.is_some_and(|c| c.is_ascii_digit()));
    let continues = text.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '_');
    if begins && continues && !is_word(text) { text.to_owned() } else { format!("`{text}`") }
}

/// Text in quotes. NUL, which no string of R holds, no reader gives.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn literal(value: &Metadata) -> String {
    match value {
        Metadata::Number(value) => number(*value),
        Metadata::Text(text) => quoted(text),
        Metadata::Logical(true) => "TRUE".to_owned(),
        Metadata::Logical(false) => "FALSE".to_owned(),
        Metadata::Null => "NULL".to_owned(),
        Metadata::List(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| match key {
                    Some(key) => format!("{} = {}", quoted_key(key), literal(value)),
                    None => literal(value),
                })
                .collect();
            format!("list({})", entries.join(", "))
        }
    }
}

/// The name of a list entry: as text where it is no name.
fn quoted_key(key: &str) -> String {
    let plain = name(key);
    if plain == key { plain } else { quoted(key) }
}

//! The representation written out in the model language again.

use std::fmt::Write as _;

use crate::model::ir::{
    BinaryOperator, DoseProperty, Endpoint, ErrorModel, Expression, Function, Node, Statement, Transform, UnaryOperator,
};

/// How tightly an expression holds together; R's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

/// An expression in the model language, with the brackets it needs and no others.
#[must_use]
pub fn expression(expression: &Expression) -> String {
    let mut out = String::new();
    write_expression(&mut out, expression);
    out
}

fn binding(expression: &Expression) -> Binding {
    match &expression.node {
        Node::Number(value) if value.is_sign_negative() => Binding::Sign,
        Node::Number(_) | Node::Name(_) | Node::Call(..) => Binding::Atom,
        Node::Unary(UnaryOperator::Negate, _) => Binding::Sign,
        Node::Unary(UnaryOperator::Not, _) => Binding::Not,
        Node::Binary(operator, ..) => sign(*operator).1,
    }
}

fn sign(operator: BinaryOperator) -> (&'static str, Binding) {
    match operator {
        BinaryOperator::Add => (" + ", Binding::Sum),
        BinaryOperator::Subtract => (" - ", Binding::Sum),
        BinaryOperator::Multiply => (" * ", Binding::Product),
        BinaryOperator::Divide => (" / ", Binding::Product),
        BinaryOperator::Power => ("^", Binding::Power),
        BinaryOperator::Less => (" < ", Binding::Comparison),
        BinaryOperator::LessEqual => (" <= ", Binding::Comparison),
        BinaryOperator::Greater => (" > ", Binding::Comparison),
        BinaryOperator::GreaterEqual => (" >= ", Binding::Comparison),
        BinaryOperator::Equal => (" == ", Binding::Comparison),
        BinaryOperator::NotEqual => (" != ", Binding::Comparison),
        BinaryOperator::And => (" & ", Binding::And),
        BinaryOperator::Or => (" | ", Binding::Or),
    }
}

fn write_bracketed(out: &mut String, expression: &Expression, brackets: bool) {
    if brackets {
        out.push('(');
    }
    write_expression(out, expression);
    if brackets {
        out.push(')');
    }
}

fn write_expression(out: &mut String, expression: &Expression) {
    match &expression.node {
        Node::Number(value) => out.push_str(&number(*value)),
        Node::Name(name) => out.push_str(if name == "time" { "t" } else { name }),
        Node::Unary(operator, operand) => {
            let (sign, level) = match operator {
                UnaryOperator::Negate => ('-', Binding::Sign),
                UnaryOperator::Not => ('!', Binding::Not),
            };
            out.push(sign);
            write_bracketed(out, operand, binding(operand) <= level);
        }
        Node::Binary(operator, left, right) => {
            let (text, level) = sign(*operator);
            // Comparisons do not chain and powers bind to the right, so both sides of theirs need brackets at the same level.
            let is_left_associative = !matches!(level, Binding::Comparison | Binding::Power);
            write_bracketed(out, left, binding(left) < level || (binding(left) == level && !is_left_associative));
            out.push_str(text);
            write_bracketed(out, right, binding(right) <= level);
        }
        Node::Call(function, arguments) => {
            out.push_str(function_name(*function));
            out.push('(');
            for (index, argument) in arguments.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_expression(out, argument);
            }
            out.push(')');
        }
    }
}

/// A number as R reads it, with as few digits as give it back exactly.
pub(super) fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "Inf" } else { "-Inf" }.to_owned();
    }
    if value != 0.0 && !(1e-4..1e7).contains(&value.abs()) { format!("{value:e}") } else { format!("{value}") }
}

fn function_name(function: Function) -> &'static str {
    match function {
        Function::Exp => "exp",
        Function::Log => "log",
        Function::Log10 => "log10",
        Function::Log2 => "log2",
        Function::Log1p => "log1p",
        Function::Expm1 => "expm1",
        Function::Sqrt => "sqrt",
        Function::Abs => "abs",
        Function::Sin => "sin",
        Function::Cos => "cos",
        Function::Tan => "tan",
        Function::Asin => "asin",
        Function::Acos => "acos",
        Function::Atan => "atan",
        Function::Sinh => "sinh",
        Function::Cosh => "cosh",
        Function::Tanh => "tanh",
        Function::Min => "min",
        Function::Max => "max",
        Function::Floor => "floor",
        Function::Ceiling => "ceiling",
        Function::Round => "round",
        Function::Expit => "expit",
        Function::Logit => "logit",
        Function::Probit => "probit",
        Function::Phi => "phi",
        Function::Lgamma => "lgamma",
        Function::Gamma => "gamma",
        Function::Factorial => "factorial",
        Function::Pow => "pow",
        Function::IfElse => "ifelse",
        Function::Tad => "tad",
        Function::Tafd => "tafd",
        Function::Tlast => "tlast",
        Function::Tfirst => "tfirst",
        Function::Podo => "podo",
    }
}

/// Statements, one a line, each line behind `indent` spaces.
pub(super) fn write_statements(out: &mut String, statements: &[Statement], indent: usize) {
    let pad = " ".repeat(indent);
    for statement in statements {
        let _ = match statement {
            Statement::Assign { name, value, output } => {
                writeln!(out, "{pad}{} {} {}", name.text, if *output { "<-" } else { "~" }, expression(value))
            }
            Statement::Derivative { state, value } => {
                writeln!(out, "{pad}d/dt({}) <- {}", state.text, expression(value))
            }
            Statement::Initial { state, value } => writeln!(out, "{pad}{}(0) <- {}", state.text, expression(value)),
            Statement::DoseProperty { property, state, value } => {
                writeln!(out, "{pad}{}({}) <- {}", property.as_str(), state.text, expression(value))
            }
            Statement::EventTime { name, value } => writeln!(out, "{pad}mtime({}) <- {}", name.text, expression(value)),
            Statement::If { branches, otherwise } => {
                for (index, (condition, body)) in branches.iter().enumerate() {
                    let _ = match index {
                        0 => writeln!(out, "{pad}if ({}) {{", expression(condition)),
                        _ => writeln!(out, "{pad}}} else if ({}) {{", expression(condition)),
                    };
                    write_statements(out, body, indent + 2);
                }
                if !otherwise.is_empty() {
                    let _ = writeln!(out, "{pad}}} else {{");
                    write_statements(out, otherwise, indent + 2);
                }
                writeln!(out, "{pad}}}")
            }
        };
    }
}

/// `Cc ~ add(a) + prop(b) | cmt`
pub(super) fn endpoint(endpoint: &Endpoint) -> String {
    let mut out = format!("{} ~ {}", endpoint.prediction.text, error_model(&endpoint.error));
    if let Some(condition) = &endpoint.condition {
        let _ = write!(out, " | {}", condition.text);
    }
    out
}

fn error_model(error: &ErrorModel) -> String {
    let arguments = |name: &str, list: &[Expression]| {
        format!("{name}({})", list.iter().map(expression).collect::<Vec<_>>().join(", "))
    };
    match error {
        ErrorModel::None => "none".to_owned(),
        ErrorModel::Poisson(rate) => format!("pois({})", expression(rate)),
        ErrorModel::Binomial(trials, probability) => {
            format!("binom({}, {})", expression(trials), expression(probability))
        }
        ErrorModel::Ordinal(probabilities) => arguments("c", probabilities),
        ErrorModel::Continuous { additive, proportional, combined1, transform, degrees_of_freedom } => {
            let mut terms = Vec::new();
            if let Some(sd) = additive {
                terms.push(match transform {
                    Transform::Log => format!("lnorm({})", expression(sd)),
                    Transform::Logit { low, high } => {
                        format!("logitNorm({}, {}, {})", expression(sd), number(*low), number(*high))
                    }
                    Transform::Probit { low, high } => {
                        format!("probitNorm({}, {}, {})", expression(sd), number(*low), number(*high))
                    }
                    Transform::Identity | Transform::BoxCox(_) | Transform::YeoJohnson(_) => {
                        format!("add({})", expression(sd))
                    }
                });
            }
            match proportional {
                Some((sd, None)) => terms.push(format!("prop({})", expression(sd))),
                Some((sd, Some(exponent))) => terms.push(format!("pow({}, {})", expression(sd), expression(exponent))),
                None => {}
            }
            match transform {
                Transform::BoxCox(lambda) => terms.push(format!("boxCox({})", expression(lambda))),
                Transform::YeoJohnson(lambda) => terms.push(format!("yeoJohnson({})", expression(lambda))),
                _ => {}
            }
            if *combined1 && additive.is_some() && proportional.is_some() {
                terms.push("combined1()".to_owned());
            }
            if let Some(degrees) = degrees_of_freedom {
                terms.push(format!("t({})", expression(degrees)));
            }
            terms.join(" + ")
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

//! The reader of the model language: what it reads, what it refuses and how, and the way back to text.

mod corpus;
mod expressions;
mod messages;
mod parameters;
mod round_trip;
mod statements;
mod written_out;

use teorell::model::diagnostic::Diagnostic;
use teorell::model::ir::{BinaryOperator, Expression, ModelIr, Node, Statement, UnaryOperator};
use teorell::model::language::{self, Reading};

/// Messages of all findings, in order.
fn messages_of(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics.iter().map(|d| d.message.as_str()).collect()
}

fn reading(text: &str) -> Reading {
    language::read(text, "model").unwrap_or_else(|faults| {
        let shown: String = faults.iter().map(|fault| fault.render(text, "model.R")).collect();
        panic!("{shown}\nin\n{text}")
    })
}

/// The messages of a text that must be refused.
fn refusal(text: &str) -> Vec<String> {
    let faults = language::read(text, "model").expect_err(text);
    messages_of(&faults).into_iter().map(str::to_owned).collect()
}

fn read(text: &str) -> ModelIr {
    reading(text).ir
}

/// A model of these statements alone.
fn model(statements: &str) -> ModelIr {
    read(&format!("m <- function() {{\n model({{\n{statements}\n}})\n}}"))
}

/// A model with these parameters.
fn ini(parameters: &str) -> ModelIr {
    read(&format!("m <- function() {{\n ini({{\n{parameters}\n}})\n model({{ x <- 1 }})\n}}"))
}

/// The value of the only statement.
fn value(expression: &str) -> Expression {
    let ir = model(&format!("x <- {expression}"));
    match ir.statements.as_slice() {
        [Statement::Assign { value, .. }] => value.clone(),
        other => panic!("{other:?}"),
    }
}

/// The tree of an expression in brackets, operator first: what belongs together shows without any rule of precedence.
fn tree(expression: &Expression) -> String {
    match &expression.node {
        Node::Number(value) => format!("{value}"),
        Node::Name(name) => name.clone(),
        Node::Unary(UnaryOperator::Negate, a) => format!("(neg {})", tree(a)),
        Node::Unary(UnaryOperator::Not, a) => format!("(not {})", tree(a)),
        Node::Binary(operator, a, b) => format!("({} {} {})", sign(*operator), tree(a), tree(b)),
        Node::Call(function, arguments) => {
            let arguments: String = arguments.iter().map(|a| format!(" {}", tree(a))).collect();
            format!("({function:?}{arguments})")
        }
    }
}

fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Power => "^",
        BinaryOperator::Less => "<",
        BinaryOperator::LessEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterEqual => ">=",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::And => "and",
        BinaryOperator::Or => "or",
    }
}

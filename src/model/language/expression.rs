//! Expressions of the `model` block.

use super::scope::Scope;
use super::tree::{Argument, Operator, Tree, TreeNode};
use super::{constant, function};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{BinaryOperator, Expression, Function, Name, Node, Span, UnaryOperator};

pub(super) type Lowered = Result<Expression, Diagnostic>;

/// A tree as an expression.
///
/// # Errors
///
/// What no expression of the language holds.
pub(super) fn expression(tree: &Tree, scope: &mut Scope) -> Lowered {
    let span = tree.span;
    let node = match &tree.node {
        TreeNode::Number(value) if value.is_nan() => return Err(missing_value(tree)),
        TreeNode::Number(value) => Node::Number(*value),
        TreeNode::Logical(value) => Node::Number(f64::from(u8::from(*value))),
        TreeNode::Name(name) => named(name, scope),
        TreeNode::Prefix(operator, operand) => {
            let unary = match operator {
                Operator::Subtract => UnaryOperator::Negate,
                Operator::Not => UnaryOperator::Not,
                Operator::Add => return expression(operand, scope),
                _ => return Err(stray_tilde(span)),
            };
            Node::Unary(unary, Box::new(expression(operand, scope)?))
        }
        TreeNode::Infix(operator, left, right) => return infix(tree, *operator, left, right, scope),
        TreeNode::Call(..) => return function::call(tree, scope),
        TreeNode::If { condition, then, otherwise: Some(otherwise) } => {
            let parts = [condition, only_statement(then)?, only_statement(otherwise)?];
            let parts = parts.into_iter().map(|part| expression(part, scope)).collect::<Result<_, _>>()?;
            Node::Call(Function::IfElse, parts)
        }
        TreeNode::If { .. } => {
            return Err(Diagnostic::error(span, "`if` without `else` has no value when the condition does not hold")
                .with_help("add `else` and the other value"));
        }
        TreeNode::Text(text) => {
            let message = format!("the text \"{}\" in an equation", text.chars().take(40).collect::<String>());
            return Err(Diagnostic::error(span, message)
                .with_help("models calculate with numbers: code the covariate as numbers and compare with those"));
        }
        TreeNode::Null => return Err(missing_value(tree)),
        TreeNode::Index(of) => return Err(indexed(of, span)),
        TreeNode::Loop(word) => return Err(no_loop(word, span)),
        TreeNode::Block(_) | TreeNode::Function(_) | TreeNode::Broken => {
            return Err(Diagnostic::error(span, "a block of statements where a value belongs")
                .with_help("assign the value to a variable before, and use its name here"));
        }
    };
    Ok(Expression { node, span })
}

/// The statement of a block that stands for a value.
fn only_statement(tree: &Tree) -> Result<&Tree, Diagnostic> {
    match tree.statements() {
        [statement] => Ok(statement),
        _ => Err(Diagnostic::error(tree.span, "a block of statements where a value belongs")
            .with_help("put one value into the braces")),
    }
}

fn missing_value(tree: &Tree) -> Diagnostic {
    Diagnostic::error(tree.span, "a missing value in an equation")
        .with_help("give a number, or code what is missing as a number and ask for it with `if`")
}

fn stray_tilde(span: Span) -> Diagnostic {
    Diagnostic::error(span, "a residual without the variable it belongs to").with_help("write `Cc ~ add(add_sd)`")
}

pub(super) fn no_loop(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error(span, format!("`{word}` loops are not supported")).with_help("write the statements out")
}

pub(super) fn indexed(of: &Tree, span: Span) -> Diagnostic {
    let help = match of.as_name() {
        Some("THETA" | "theta" | "ETA" | "eta") => "name the parameter in `ini` and use its name",
        _ => "models have no vectors: use one variable for each element",
    };
    Diagnostic::error(span, "`[ ]` is not supported").with_help(help)
}

/// A name; both names of time are one, and R's constants are numbers unless the model uses the name itself.
fn named(name: &str, scope: &Scope) -> Node {
    if is_time(name) {
        return Node::Name("time".to_owned());
    }
    match constant::named(name) {
        Some(value) if !scope.is_declared(name) => Node::Number(value),
        _ => Node::Name(name.to_owned()),
    }
}

/// rxode2 knows `t`, and `time` in any case.
pub(super) fn is_time(name: &str) -> bool {
    name == "t" || name.eq_ignore_ascii_case("time")
}

/// `x` of `d/dt(x)`.
pub(super) fn derivative_of(tree: &Tree) -> Option<Result<Name, Diagnostic>> {
    let TreeNode::Infix(Operator::Divide, left, right) = &tree.node else { return None };
    let ("dt", arguments) = right.as_call()? else { return None };
    if left.as_name() != Some("d") {
        return None;
    }
    Some(state_name(arguments, tree.span, "d/dt"))
}

/// The one argument that names a state.
pub(super) fn state_name(arguments: &[Argument], span: Span, of: &str) -> Result<Name, Diagnostic> {
    match arguments {
        [Argument { name: None, value: Some(Tree { node: TreeNode::Name(text), span, .. }) }] => {
            Ok(Name { text: text.clone(), span: *span })
        }
        _ => Err(Diagnostic::error(span, format!("`{of}` takes the name of one state"))
            .with_help(format!("write `{of}(central)`"))),
    }
}

fn infix(tree: &Tree, operator: Operator, left: &Tree, right: &Tree, scope: &mut Scope) -> Lowered {
    let span = tree.span;
    if let Some(state) = derivative_of(tree) {
        return scope.derivative_value(&state?, span);
    }
    let binary = match operator {
        Operator::Add => BinaryOperator::Add,
        Operator::Subtract => BinaryOperator::Subtract,
        Operator::Multiply => BinaryOperator::Multiply,
        Operator::Divide => BinaryOperator::Divide,
        Operator::Power => BinaryOperator::Power,
        Operator::Less => BinaryOperator::Less,
        Operator::LessEqual => BinaryOperator::LessEqual,
        Operator::Greater => BinaryOperator::Greater,
        Operator::GreaterEqual => BinaryOperator::GreaterEqual,
        Operator::Equal => BinaryOperator::Equal,
        Operator::NotEqual => BinaryOperator::NotEqual,
        Operator::And => BinaryOperator::And,
        Operator::Or | Operator::Bar => BinaryOperator::Or,
        Operator::Modulo => {
            let (a, b) = (expression(left, scope)?, expression(right, scope)?);
            return scope.write_out(span, &[a, b], |[a, b]| {
                let whole = apply(Function::Floor, vec![binary_of(BinaryOperator::Divide, a.clone(), b.clone())]);
                binary_of(BinaryOperator::Subtract, a, binary_of(BinaryOperator::Multiply, b, whole))
            });
        }
        _ => return Err(not_an_operator(operator, span)),
    };
    let (left, right) = (expression(left, scope)?, expression(right, scope)?);
    Ok(Expression { node: Node::Binary(binary, Box::new(left), Box::new(right)), span })
}

fn not_an_operator(operator: Operator, span: Span) -> Diagnostic {
    match operator {
        Operator::EqualAssign => {
            Diagnostic::error(span, "`=` inside an expression assigns").with_help("compare with `==`")
        }
        Operator::Assign | Operator::AssignRight | Operator::SuperAssign => {
            Diagnostic::error(span, "an assignment inside an expression")
                .with_help("is the line above unfinished? to compare with a negative number write `a < -b`")
        }
        Operator::Tilde => Diagnostic::error(span, "`~` inside an expression")
            .with_help("write the endpoint as a statement of its own: `Cc ~ add(add_sd)`"),
        Operator::Member => Diagnostic::error(span, "`$` and `@` are not supported").with_help("models have no lists"),
        Operator::Namespace => {
            Diagnostic::error(span, "functions of other packages are not supported").with_help("remove `package::`")
        }
        Operator::Range => Diagnostic::error(span, "`:` is not supported").with_help("models have no vectors"),
        _ => Diagnostic::error(span, "this operator is not supported")
            .with_help("use + - * / ^ %% and comparisons, or a function of the language"),
    }
}

/// The same expression, placed at `span`.
pub(super) fn at(span: Span, expression: Expression) -> Expression {
    Expression { span, ..expression }
}

pub(super) fn number(value: f64) -> Expression {
    Expression { node: Node::Number(value), span: Span::default() }
}

pub(super) fn name(text: &str) -> Expression {
    Expression { node: Node::Name(text.to_owned()), span: Span::default() }
}

pub(super) fn apply(function: Function, arguments: Vec<Expression>) -> Expression {
    Expression { node: Node::Call(function, arguments), span: Span::default() }
}

pub(super) fn binary_of(operator: BinaryOperator, left: Expression, right: Expression) -> Expression {
    Expression { node: Node::Binary(operator, Box::new(left), Box::new(right)), span: Span::default() }
}

pub(super) fn negate(operand: Expression) -> Expression {
    Expression { node: Node::Unary(UnaryOperator::Negate, Box::new(operand)), span: Span::default() }
}

//! R's precedence of operators, for reading and for writing.

use super::tree::Operator;
use crate::model::ir::{BinaryOperator, Node, UnaryOperator};

/// How tightly an operator holds its left and right operands: R's table (`?Syntax`), loosest first.
pub(super) struct Strength {
    pub left: u8,
    pub right: u8,
}

/// Looser than every operator: a whole statement.
pub(super) const LOOSEST: u8 = 0;
/// Arguments of a call: anything but `=`, which names them.
pub(super) const ARGUMENT: u8 = 5;
// The operators that also stand before an operand, and comparisons, which cannot be chained.
pub(super) const TILDE: u8 = 10;
pub(super) const NOT: u8 = 15;
pub(super) const COMPARISON: u8 = 17;
pub(super) const SIGN: u8 = 27;
/// Where terms of a sum, and factors of a product, stand without brackets.
pub(crate) const SUM: u8 = 19;
pub(crate) const PRODUCT: u8 = 21;
/// Both sides of a power, from which nothing but a name, a number or a call stands apart.
pub(crate) const POWER: u8 = 30;
pub(crate) const ATOM: u8 = 35;

/// The strength of an operator between two operands; `None` for one that stands before its operand alone.
pub(super) fn strength(operator: Operator) -> Option<Strength> {
    let (left, right) = match operator {
        Operator::Question => (1, 2),
        Operator::EqualAssign => (4, 3),
        Operator::Assign | Operator::SuperAssign => (6, 5),
        Operator::AssignRight => (7, 8),
        Operator::Tilde => (9, TILDE),
        Operator::Or | Operator::Bar => (11, 12),
        Operator::And => (13, 14),
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessEqual
        | Operator::Greater
        | Operator::GreaterEqual => (COMPARISON, COMPARISON + 1),
        Operator::Add | Operator::Subtract => (SUM, SUM + 1),
        Operator::Multiply | Operator::Divide => (PRODUCT, PRODUCT + 1),
        Operator::Modulo | Operator::Percent | Operator::Pipe => (23, 24),
        Operator::Range => (25, 26),
        Operator::Power => (POWER, POWER - 1),
        Operator::Member | Operator::Namespace => (33, 34),
        Operator::Not => return None,
    };
    Some(Strength { left, right })
}

/// How tightly an expression holds together; within operands that must hold more tightly it needs brackets.
pub(crate) fn tightness(node: &Node) -> u8 {
    match node {
        // A negative number, which no text gives, is written with its sign.
        Node::Number(value) if value.is_sign_negative() => SIGN,
        Node::Number(_) | Node::Name(_) | Node::Call(..) => ATOM,
        Node::Unary(operator, _) => match operator {
            UnaryOperator::Negate => SIGN,
            UnaryOperator::Not => NOT,
        },
        Node::Binary(operator, ..) => level(*operator),
    }
}

/// How tightly the one operand of an operator must hold together to stand without brackets.
pub(crate) fn operand(operator: UnaryOperator) -> u8 {
    match operator {
        UnaryOperator::Negate => SIGN,
        // `!a == b` is `!(a == b)`, but few readers know.
        UnaryOperator::Not => ATOM,
    }
}

/// The same for the left and the right operand of an operator between two.
pub(crate) fn operands(operator: BinaryOperator) -> (u8, u8) {
    match level(operator) {
        // From right to left; a sign may follow, as in `2^-k`.
        POWER => (POWER + 1, SIGN),
        // Not chained.
        COMPARISON => (COMPARISON + 1, COMPARISON + 1),
        level => (level, level + 1),
    }
}

fn level(operator: BinaryOperator) -> u8 {
    let written = match operator {
        BinaryOperator::Or => Operator::Or,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::LessEqual => Operator::LessEqual,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::GreaterEqual => Operator::GreaterEqual,
        BinaryOperator::Equal => Operator::Equal,
        BinaryOperator::NotEqual => Operator::NotEqual,
        BinaryOperator::Add => Operator::Add,
        BinaryOperator::Subtract => Operator::Subtract,
        BinaryOperator::Multiply => Operator::Multiply,
        BinaryOperator::Divide => Operator::Divide,
        BinaryOperator::Power => Operator::Power,
    };
    strength(written).map_or(ATOM, |strength| strength.left)
}

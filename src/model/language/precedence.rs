//! R's precedence of operators.

use super::tree::Operator;

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
        Operator::Add | Operator::Subtract => (19, 20),
        Operator::Multiply | Operator::Divide => (21, 22),
        Operator::Modulo | Operator::Percent | Operator::Pipe => (23, 24),
        Operator::Range => (25, 26),
        Operator::Power => (30, 29),
        Operator::Member | Operator::Namespace => (33, 34),
        Operator::Not => return None,
    };
    Some(Strength { left, right })
}

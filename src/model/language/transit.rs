//! `transit()` written out.

use super::expression::{Lowered, apply, binary_of, expression, name, number};
use super::scope::Scope;
use super::tree::Argument;
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{BinaryOperator, Function, Span};

/// `transit(n, mtt)` or `transit(n, mtt, bio)` in the derivative of a state: the input rate of a chain of n transit
/// compartments that a dose into that state enters (Savic et al., J Pharmacokinet Pharmacodyn 2007, 34:711, equation 6,
/// with Stirling's formula replaced by the gamma function):
/// bio podo ktr (ktr tad)ⁿ exp(-ktr tad) / Γ(n + 1), ktr = (n + 1) / mtt.
pub(super) fn input_rate(arguments: &[Argument], span: Span, scope: &mut Scope) -> Lowered {
    let Some(state) = scope.derivative_state() else {
        return Err(Diagnostic::error(span, "`transit` outside of a derivative").with_help(
            "write it into the derivative of the state that is dosed: `d/dt(depot) <- transit(n, mtt) - ka * depot`",
        ));
    };
    if !(2..=3).contains(&arguments.len()) || arguments.iter().any(|a| a.name.is_some() || a.value.is_none()) {
        return Err(Diagnostic::error(span, format!("`transit` takes 2 or 3 arguments, found {}", arguments.len()))
            .with_help("write `transit(n, mtt)` or `transit(n, mtt, bio)`"));
    }
    let mut lowered = arguments
        .iter()
        .filter_map(|a| a.value.as_ref())
        .map(|v| expression(v, scope))
        .collect::<Result<Vec<_>, _>>()?;
    let bioavailable = lowered.len() == 3;
    lowered.resize(3, number(1.0));
    scope.enters_by_transit(&state);
    scope.write_out(span, &lowered, |[n, mtt, bio]: [_; 3]| {
        let of_state = |function| apply(function, vec![name(&state)]);
        let plus_one = binary_of(BinaryOperator::Add, n.clone(), number(1.0));
        let ktr = binary_of(BinaryOperator::Divide, plus_one.clone(), mtt);
        let passed = binary_of(BinaryOperator::Multiply, ktr.clone(), of_state(Function::Tad));
        let power = binary_of(BinaryOperator::Multiply, n, apply(Function::Log, vec![passed.clone()]));
        let exponent = binary_of(
            BinaryOperator::Subtract,
            binary_of(BinaryOperator::Subtract, power, passed),
            apply(Function::Lgamma, vec![plus_one]),
        );
        let podo = of_state(Function::Podo);
        let dose = if bioavailable { binary_of(BinaryOperator::Multiply, bio, podo) } else { podo };
        let rate = binary_of(
            BinaryOperator::Multiply,
            binary_of(BinaryOperator::Multiply, dose, ktr),
            apply(Function::Exp, vec![exponent]),
        );
        // Before the first dose there is none, and at the dose itself the logarithm is not finite.
        let after_dose = binary_of(BinaryOperator::Greater, of_state(Function::Tad), number(0.0));
        apply(Function::IfElse, vec![after_dose, rate, number(0.0)])
    })
}

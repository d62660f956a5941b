//! From expressions of the language to nodes of the graph.

use super::graph::{Id, Input};
use super::names::{self, Declared};
use super::statements::{Divisor, Translator};
use crate::engine::program::{BinaryOp, DoseInput, UnaryOp};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{BinaryOperator, Expression, Function, Node, Span, UnaryOperator};

impl Translator<'_> {
    /// The node of an expression, with the values variables have at this place.
    pub(super) fn expression(&mut self, expression: &Expression) -> Id {
        match &expression.node {
            Node::Number(value) => self.graph.constant(*value),
            Node::Name(name) => self.name(name, expression.span),
            Node::Unary(operator, operand) => {
                let operand = self.expression(operand);
                match operator {
                    UnaryOperator::Negate => self.graph.neg(operand),
                    UnaryOperator::Not => self.graph.unary(UnaryOp::Not, operand),
                }
            }
            Node::Binary(operator, left, right) => {
                let (a, b) = (self.expression(left), self.expression(right));
                if *operator == BinaryOperator::Divide {
                    self.check_divisor(a, b, right);
                }
                self.operator(*operator, a, b)
            }
            Node::Call(function, arguments) => self.call(*function, arguments, expression.span),
        }
    }

    fn check_divisor(&mut self, numerator: Id, divisor: Id, written: &Expression) {
        if self.graph.value(divisor) == Some(0.0) {
            let message = "division by zero: the divisor is always 0";
            self.report(Diagnostic::error(written.span, message).with_help("check the divisor"));
        }
        if let Node::Name(name) = &written.node {
            self.divisors.push(Divisor { numerator, divisor, name: name.clone() });
        }
    }

    fn operator(&mut self, operator: BinaryOperator, a: Id, b: Id) -> Id {
        let graph = &mut self.graph;
        match operator {
            BinaryOperator::Add => graph.add(a, b),
            BinaryOperator::Subtract => graph.sub(a, b),
            BinaryOperator::Multiply => graph.mul(a, b),
            BinaryOperator::Divide => graph.div(a, b),
            BinaryOperator::Power => graph.pow(a, b),
            BinaryOperator::Less => graph.binary(BinaryOp::Less, a, b),
            BinaryOperator::LessEqual => graph.binary(BinaryOp::LessEqual, a, b),
            BinaryOperator::Greater => graph.binary(BinaryOp::Less, b, a),
            BinaryOperator::GreaterEqual => graph.binary(BinaryOp::LessEqual, b, a),
            BinaryOperator::Equal => graph.binary(BinaryOp::Equal, a, b),
            BinaryOperator::NotEqual => {
                let equal = graph.binary(BinaryOp::Equal, a, b);
                graph.unary(UnaryOp::Not, equal)
            }
            BinaryOperator::And => graph.binary(BinaryOp::And, a, b),
            BinaryOperator::Or => graph.binary(BinaryOp::Or, a, b),
        }
    }

    /// A name: a variable that is set by now, what `ini` or the states declare, a constant, and else a covariate.
    fn name(&mut self, name: &str, span: Span) -> Id {
        let variable = self.names.variable(name);
        if let Some(value) = variable.and_then(|variable| self.values[variable]) {
            return value;
        }
        match self.names.declared(name) {
            Some(Declared::Theta(index)) => {
                self.theta_used[index] = true;
                return self.graph.input(Input::Theta(index));
            }
            Some(Declared::Eta(index)) => {
                self.eta_used[index] = true;
                return self.graph.input(self.eta_inputs[index]);
            }
            Some(Declared::State(index)) => return self.graph.input(Input::State(index)),
            None => {}
        }
        if let Some(variable) = variable
            && self.names.covariate_data(name).is_none()
        {
            // `WT <- WT / 70`: rxode2 takes the one on the right from the data.
            if self.target == name {
                let message = format!("`{name}` is read here before the model sets it, so it is taken as a covariate");
                let help = format!("the data or the cohort must give `{name}`; list it in covariateData");
                self.report(Diagnostic::note(span, message).with_help(help));
                return self.covariate(name, span);
            }
            // The value is reported once; NaN would only add follow-up findings.
            self.values[variable] = Some(self.graph.constant(f64::NAN));
            let message = format!("`{name}` is used before it is set");
            let help = format!(
                "move the assignment of `{name}` above this line, or list `{name}` in covariateData if the data give it"
            );
            self.report(Diagnostic::error(span, message).with_help(help));
            return self.graph.constant(f64::NAN);
        }
        match name {
            "time" | "t" => self.graph.input(Input::Time),
            _ => match names::constant(name) {
                Some(value) => self.graph.constant(value),
                None => self.covariate(name, span),
            },
        }
    }

    fn call(&mut self, function: Function, arguments: &[Expression], span: Span) -> Id {
        if let Some(value) = self.dose_function(function, arguments) {
            return value;
        }
        let values: Vec<Id> = arguments.iter().map(|argument| self.expression(argument)).collect();
        let Some(&x) = values.first() else {
            self.report(Diagnostic::error(span, "this function needs an argument"));
            return self.graph.constant(f64::NAN);
        };
        let simple = match function {
            Function::Exp => UnaryOp::Exp,
            Function::Log => UnaryOp::Ln,
            Function::Log1p => UnaryOp::Ln1p,
            Function::Expm1 => UnaryOp::ExpM1,
            Function::Sqrt => UnaryOp::Sqrt,
            Function::Abs => UnaryOp::Abs,
            Function::Sin => UnaryOp::Sin,
            Function::Cos => UnaryOp::Cos,
            Function::Tan => UnaryOp::Tan,
            Function::Asin => UnaryOp::Asin,
            Function::Acos => UnaryOp::Acos,
            Function::Atan => UnaryOp::Atan,
            Function::Sinh => UnaryOp::Sinh,
            Function::Cosh => UnaryOp::Cosh,
            Function::Tanh => UnaryOp::Tanh,
            Function::Floor => UnaryOp::Floor,
            Function::Ceiling => UnaryOp::Ceil,
            Function::Phi => UnaryOp::NormalCdf,
            Function::Lgamma => UnaryOp::LnGamma,
            Function::Gamma => UnaryOp::Gamma,
            _ => return self.composed(function, x, &values),
        };
        self.graph.unary(simple, x)
    }

    /// Functions that are written out in the operations of a program.
    fn composed(&mut self, function: Function, x: Id, values: &[Id]) -> Id {
        let graph = &mut self.graph;
        match function {
            Function::Log10 | Function::Log2 => {
                if let Some(value) = graph.value(x) {
                    return graph.constant(if function == Function::Log2 {
                        libm::log2(value)
                    } else {
                        libm::log10(value)
                    });
                }
                let logarithm = graph.unary(UnaryOp::Ln, x);
                let scale =
                    if function == Function::Log2 { std::f64::consts::LOG2_E } else { std::f64::consts::LOG10_E };
                let scale = graph.constant(scale);
                graph.mul(scale, logarithm)
            }
            Function::Min | Function::Max => {
                let op = if function == Function::Min { BinaryOp::Min } else { BinaryOp::Max };
                values[1..].iter().fold(x, |all, &value| graph.binary(op, all, value))
            }
            Function::Round => match values.get(1) {
                None => graph.unary(UnaryOp::Round, x),
                Some(&digits) => {
                    let ten = graph.constant(10.0);
                    let scale = graph.pow(ten, digits);
                    let scaled = graph.mul(x, scale);
                    let rounded = graph.unary(UnaryOp::Round, scaled);
                    graph.div(rounded, scale)
                }
            },
            Function::Expit => {
                let one = graph.constant(1.0);
                let minus_x = graph.neg(x);
                let power = graph.unary(UnaryOp::Exp, minus_x);
                let denominator = graph.add(one, power);
                let share = graph.div(one, denominator);
                match self.bounds(values) {
                    Some((low, width)) => {
                        let scaled = self.graph.mul(width, share);
                        self.graph.add(low, scaled)
                    }
                    None => share,
                }
            }
            Function::Logit | Function::Probit => {
                let share = match self.bounds(values) {
                    Some((low, width)) => {
                        let above = self.graph.sub(x, low);
                        self.graph.div(above, width)
                    }
                    None => x,
                };
                let graph = &mut self.graph;
                if function == Function::Probit {
                    return graph.unary(UnaryOp::NormalQuantile, share);
                }
                let one = graph.constant(1.0);
                let rest = graph.sub(one, share);
                let odds = graph.div(share, rest);
                graph.unary(UnaryOp::Ln, odds)
            }
            Function::Factorial => {
                let one = graph.constant(1.0);
                let next = graph.add(x, one);
                graph.unary(UnaryOp::Gamma, next)
            }
            Function::IfElse => match values {
                &[condition, yes, no] => graph.select(condition, yes, no),
                _ => x,
            },
            Function::Pow => values.get(1).map_or(x, |&exponent| graph.pow(x, exponent)),
            _ => x,
        }
    }

    /// Lower bound and width of `expit(x, low, high)` and its like; the upper bound is 1 where only the lower one is given.
    fn bounds(&mut self, values: &[Id]) -> Option<(Id, Id)> {
        let low = *values.get(1)?;
        let high = values.get(2).copied().unwrap_or_else(|| self.graph.constant(1.0));
        Some((low, self.graph.sub(high, low)))
    }

    /// Functions of the doses given so far. NaN before the first dose, as in rxode2, where `tad()` is NA then.
    fn dose_function(&mut self, function: Function, arguments: &[Expression]) -> Option<Id> {
        let (since, input): (bool, fn(Option<usize>) -> DoseInput) = match function {
            Function::Tad => (true, DoseInput::LastTime),
            Function::Tafd => (true, DoseInput::FirstTime),
            Function::Tlast => (false, DoseInput::LastTime),
            Function::Tfirst => (false, DoseInput::FirstTime),
            Function::Podo => (false, DoseInput::LastAmount),
            _ => return None,
        };
        let state = match arguments.first() {
            None => None,
            Some(Expression { node: Node::Name(name), span }) => {
                let state = self.names.state(name);
                if state.is_none() {
                    self.report(self.names.no_such_state(self.ir, name, *span));
                }
                state
            }
            Some(other) => {
                self.report(
                    Diagnostic::error(other.span, "expected the name of a state")
                        .with_help("for instance `tad(depot)`"),
                );
                None
            }
        };
        let value = self.graph.input(Input::Dose(input(state)));
        if !since {
            return Some(value);
        }
        let time = self.graph.input(Input::Time);
        Some(self.graph.sub(time, value))
    }
}

//! What stands left of an assignment in the `model` block.

use super::expression::{self, derivative_of, is_time, state_name};
use super::tree::{Argument, Operator, Tree, TreeNode};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{DoseProperty, Name};

/// What stands left of `<-`.
pub(super) enum Target {
    Variable(Name),
    Derivative(Name),
    Initial(Name),
    Dose(DoseProperty, Name),
    EventTime(Name),
}

impl Target {
    /// Reads what stands left of an assignment.
    pub fn read(target: &Tree) -> Result<Self, Diagnostic> {
        let span = target.span;
        if let Some(state) = derivative_of(target) {
            return Ok(Self::Derivative(not_time(state?)?));
        }
        match &target.node {
            TreeNode::Name(text) => {
                return Ok(Self::Variable(not_time(Name { text: text.clone(), span })?));
            }
            TreeNode::Index(of) => return Err(expression::indexed(of, span)),
            TreeNode::Infix(Operator::Divide, numerator, _) if matches!(numerator.as_call(), Some(("df", _))) => {
                return Err(Diagnostic::error(span, "derivatives by `df(x)/dy(y)` are not read")
                    .with_help("remove the line: the Jacobian is derived from the equations"));
            }
            _ => {}
        }
        let Some((word, arguments)) = target.as_call() else {
            return Err(Diagnostic::error(span, "nothing can be assigned to this")
                .with_help("the left side is a name, d/dt(x), x(0), f(x), alag(x), dur(x), rate(x) or mtime(x)"));
        };
        let property = match word {
            "f" | "F" => DoseProperty::Bioavailability,
            "alag" | "lag" => DoseProperty::Lag,
            "dur" => DoseProperty::Duration,
            "rate" => DoseProperty::Rate,
            "mtime" => return Ok(Self::EventTime(not_time(state_name(arguments, span, word)?)?)),
            "levels" => {
                return Err(Diagnostic::error(span, "variables with text levels are not supported")
                    .with_help("code the levels as numbers"));
            }
            "past" => {
                return Err(Diagnostic::error(span, "delay equations are not supported")
                    .with_help("approximate the delay by transit compartments"));
            }
            _ => return Self::initial(target, word, arguments),
        };
        Ok(Self::Dose(property, state_name(arguments, span, word)?))
    }

    /// `word(0)`
    fn initial(target: &Tree, word: &str, arguments: &[Argument]) -> Result<Self, Diagnostic> {
        if let [Argument { name: None, value: Some(Tree { node: TreeNode::Number(at), span: place, .. }) }] = arguments
        {
            if *at != 0.0 {
                return Err(Diagnostic::error(*place, format!("the value of `{word}` at time {at}"))
                    .with_help(format!("only initial values can be set: `{word}(0) <- ...`")));
            }
            let Tree { node: TreeNode::Call(state, _), .. } = target else { unreachable!("a call, as asked above") };
            return Ok(Self::Initial(Name { text: word.to_owned(), span: state.span }));
        }
        Err(Diagnostic::error(target.span, format!("nothing can be assigned to `{word}(...)`"))
            .with_help("the left side is a name, d/dt(x), x(0), f(x), alag(x), dur(x), rate(x) or mtime(x)"))
    }
}

fn not_time(name: Name) -> Result<Name, Diagnostic> {
    if is_time(&name.text) {
        return Err(Diagnostic::error(name.span, format!("`{}` is the time and cannot be set", name.text))
            .with_help("choose another name"));
    }
    Ok(name)
}

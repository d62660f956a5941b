//! Functions of the language, and those that others express.

use super::expression::{Lowered, apply, at, binary_of, expression, number};
use super::scope::Scope;
use super::transit;
use super::tree::{Argument, Tree, TreeNode};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{BinaryOperator, Expression, Function, Node, Span};

/// Functions with their least and greatest number of arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 57] = [
    ("exp", Function::Exp, 1, 1),
    ("log", Function::Log, 1, 1),
    ("log10", Function::Log10, 1, 1),
    ("log2", Function::Log2, 1, 1),
    ("log1p", Function::Log1p, 1, 1),
    ("expm1", Function::Expm1, 1, 1),
    ("sqrt", Function::Sqrt, 1, 1),
    ("abs", Function::Abs, 1, 1),
    ("fabs", Function::Abs, 1, 1),
    ("sin", Function::Sin, 1, 1),
    ("cos", Function::Cos, 1, 1),
    ("tan", Function::Tan, 1, 1),
    ("asin", Function::Asin, 1, 1),
    ("acos", Function::Acos, 1, 1),
    ("atan", Function::Atan, 1, 1),
    ("sinh", Function::Sinh, 1, 1),
    ("cosh", Function::Cosh, 1, 1),
    ("tanh", Function::Tanh, 1, 1),
    ("min", Function::Min, 1, usize::MAX),
    ("max", Function::Max, 1, usize::MAX),
    ("fmin2", Function::Min, 2, 2),
    ("fmax2", Function::Max, 2, 2),
    ("floor", Function::Floor, 1, 1),
    ("ceiling", Function::Ceiling, 1, 1),
    ("ceil", Function::Ceiling, 1, 1),
    ("round", Function::Round, 1, 1),
    ("expit", Function::Expit, 1, 3),
    ("plogis", Function::Expit, 1, 1),
    ("logit", Function::Logit, 1, 3),
    ("qlogis", Function::Logit, 1, 1),
    ("probit", Function::Probit, 1, 1),
    ("qnorm", Function::Probit, 1, 1),
    ("phi", Function::Phi, 1, 1),
    ("pnorm", Function::Phi, 1, 1),
    ("probitInv", Function::Phi, 1, 1),
    ("normcdf", Function::Phi, 1, 1),
    ("lgamma", Function::Lgamma, 1, 1),
    ("lgammafn", Function::Lgamma, 1, 1),
    ("gammaln", Function::Lgamma, 1, 1),
    ("gamma", Function::Gamma, 1, 1),
    ("gammafn", Function::Gamma, 1, 1),
    ("tgamma", Function::Gamma, 1, 1),
    ("factorial", Function::Factorial, 1, 1),
    ("pow", Function::Pow, 2, 2),
    ("R_pow", Function::Pow, 2, 2),
    ("R_pow_di", Function::Pow, 2, 2),
    ("Rx_pow", Function::Pow, 2, 2),
    ("Rx_pow_di", Function::Pow, 2, 2),
    ("ifelse", Function::IfElse, 3, 3),
    ("tad", Function::Tad, 0, 1),
    ("tafd", Function::Tafd, 0, 1),
    ("tlast", Function::Tlast, 0, 1),
    ("tfirst", Function::Tfirst, 0, 1),
    ("podo", Function::Podo, 0, 1),
    // What a dose variable is before the first dose: written out below.
    ("tad0", Function::Tad, 0, 1),
    ("tafd0", Function::Tafd, 0, 1),
    ("podo0", Function::Podo, 0, 1),
];

/// The usual word for a function.
pub(super) fn word(function: Function) -> &'static str {
    FUNCTIONS.iter().find(|(_, known, ..)| *known == function).map_or("", |(word, ..)| word)
}

/// A call in an expression.
pub(super) fn call(tree: &Tree, scope: &mut Scope) -> Lowered {
    let span = tree.span;
    let Some((name, arguments)) = tree.as_call() else {
        return Err(Diagnostic::error(span, "only functions that have a name can be called")
            .with_help("functions of other packages are not supported: remove `package::`"));
    };
    match name {
        "linCmt" => return scope.linear_compartment(arguments, span),
        "transit" => return transit::input_rate(arguments, span, scope),
        _ => {}
    }
    let mut lowered = Vec::with_capacity(arguments.len());
    for argument in arguments {
        match argument {
            Argument { name: None, value: Some(value) } => lowered.push(expression(value, scope)?),
            Argument { name: Some(named), .. } => {
                let message = format!("`{name}` has an argument by name, `{} =`", named.text);
                return Err(Diagnostic::error(named.span, message)
                    .with_help("give the arguments without names; to compare write `==`"));
            }
            Argument { value: None, .. } => {
                return Err(Diagnostic::error(span, format!("`{name}` has an empty argument"))
                    .with_help("remove the comma that is too many"));
            }
        }
    }
    if let Some(written) = written_out(name, &lowered, span, scope) {
        return written;
    }
    let Some(&(_, function, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(unknown_function(name, tree));
    };
    if lowered.len() < least || lowered.len() > most {
        return Err(wrong_count(name, lowered.len(), least, most, span));
    }
    let state = lowered.first().filter(|_| of_doses(function));
    if let Some(argument) = state.filter(|argument| !matches!(argument.node, Node::Name(_))) {
        return Err(Diagnostic::error(argument.span, format!("`{name}` takes the name of a state"))
            .with_help(format!("write `{name}()` or `{name}(depot)`")));
    }
    if let (Function::Expit | Function::Logit, 2) = (function, lowered.len()) {
        // rxode2: the upper bound that is not given is 1.
        lowered.push(number(1.0));
    }
    if name.ends_with('0') && of_doses(function) {
        let dose = Expression { node: Node::Call(Function::Tad, lowered.clone()), span };
        let given = binary_of(BinaryOperator::GreaterEqual, dose, number(0.0));
        let value = Expression { node: Node::Call(function, lowered), span };
        // Before the first dose all of them are missing, and so is the comparison: not true.
        return Ok(at(span, apply(Function::IfElse, vec![given, value, number(0.0)])));
    }
    Ok(Expression { node: Node::Call(function, lowered), span })
}

fn of_doses(function: Function) -> bool {
    matches!(function, Function::Tad | Function::Tafd | Function::Tlast | Function::Tfirst | Function::Podo)
}

fn wrong_count(name: &str, found: usize, least: usize, most: usize, span: Span) -> Diagnostic {
    let wanted = match (least, most) {
        (1, 1) => "one argument".to_owned(),
        _ if least == most => format!("{least} arguments"),
        (_, usize::MAX) => format!("at least {least} argument"),
        _ => format!("{least} to {most} arguments"),
    };
    let help = match (name, found) {
        ("round", 2) => "round to other digits by `round(x * 100) / 100`",
        ("pnorm" | "qnorm", _) => "standardise the argument: `pnorm((x - mean) / sd)`",
        _ => "check the arguments",
    };
    Diagnostic::error(span, format!("`{name}` takes {wanted}, found {found}")).with_help(help)
}

/// Names longer than this are no misspelt function.
const LONGEST_GUESS: usize = 20;

fn unknown_function(name: &str, tree: &Tree) -> Diagnostic {
    let TreeNode::Call(function, _) = &tree.node else { unreachable!("only called for calls") };
    let near = FUNCTIONS
        .iter()
        .filter(|_| name.len() <= LONGEST_GUESS)
        .map(|(known, ..)| (*known, strsim::damerau_levenshtein(known, &name.to_lowercase())))
        .min_by_key(|(_, distance)| *distance);
    let help = match name {
        "is.na" => "code what is missing as a number and compare with that".to_owned(),
        "as.numeric" | "as.integer" => "remove it: comparisons are 0 or 1 already".to_owned(),
        "ln" => "the natural logarithm is `log`".to_owned(),
        "lag" | "lead" | "diff" | "first" | "last" => {
            "values of other records are not to be had: give them as a column of the data".to_owned()
        }
        _ if name.starts_with('r') && is_distribution(&name[1..]) || name.starts_with("rx") => {
            "random numbers inside the equations are not supported: use random effects".to_owned()
        }
        _ if name.starts_with("llik") => "likelihoods are not supported".to_owned(),
        _ => match near {
            Some((known, distance)) if distance <= name.len() / 3 => format!("did you mean `{known}`?"),
            _ => "write it out with + - * / ^ and functions such as exp, log, sqrt, min, max, ifelse".to_owned(),
        },
    };
    Diagnostic::error(function.span, format!("unknown function `{name}`")).with_help(help)
}

fn is_distribution(name: &str) -> bool {
    matches!(
        name,
        "norm" | "unif" | "exp" | "gamma" | "beta" | "pois" | "binom" | "t" | "cauchy" | "weibull" | "chisq" | "geom"
    )
}

/// Functions that others express.
fn written_out(name: &str, arguments: &[Expression], span: Span, scope: &mut Scope) -> Option<Lowered> {
    let plus_one = |x: Expression| binary_of(BinaryOperator::Add, x, number(1.0));
    Some(match (name, arguments) {
        ("log", [_, _]) | ("logn", [_, _]) => scope.write_out(span, arguments, |[x, base]: [_; 2]| {
            binary_of(BinaryOperator::Divide, apply(Function::Log, vec![x]), apply(Function::Log, vec![base]))
        }),
        ("sign", [_]) => scope.write_out(span, arguments, |[x]: [_; 1]| {
            let positive = binary_of(BinaryOperator::Greater, x.clone(), number(0.0));
            binary_of(BinaryOperator::Subtract, positive, binary_of(BinaryOperator::Less, x, number(0.0)))
        }),
        ("trunc", [_]) => scope.write_out(span, arguments, |[x]: [_; 1]| {
            let negative = binary_of(BinaryOperator::Less, x.clone(), number(0.0));
            let (up, down) = (apply(Function::Ceiling, vec![x.clone()]), apply(Function::Floor, vec![x]));
            apply(Function::IfElse, vec![negative, up, down])
        }),
        ("lgamma1p" | "lfactorial", [_]) => {
            scope.write_out(span, arguments, |[x]: [_; 1]| apply(Function::Lgamma, vec![plus_one(x)]))
        }
        ("log1pexp", [_]) => {
            scope.write_out(span, arguments, |[x]: [_; 1]| apply(Function::Log1p, vec![apply(Function::Exp, vec![x])]))
        }
        ("sum" | "prod", [first, rest @ ..]) => {
            let operator = if name == "sum" { BinaryOperator::Add } else { BinaryOperator::Multiply };
            let all = rest.iter().fold(first.clone(), |all, next| binary_of(operator, all, next.clone()));
            Ok(at(span, all))
        }
        _ => return None,
    })
}

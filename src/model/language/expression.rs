//! Expressions of the `model` block.

use super::constant;
use super::statements::Scope;
use super::tree::{Argument, Operator, Tree, TreeNode};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{BinaryOperator, Expression, Function, Name, Node, Span, UnaryOperator};

type Lowered = Result<Expression, Diagnostic>;

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
        TreeNode::Call(..) => return call(tree, scope),
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
        _ => return Err(not_an_operator(operator, left, right, span)),
    };
    let (left, right) = (expression(left, scope)?, expression(right, scope)?);
    Ok(Expression { node: Node::Binary(binary, Box::new(left), Box::new(right)), span })
}

fn not_an_operator(operator: Operator, left: &Tree, right: &Tree, span: Span) -> Diagnostic {
    let negative = matches!(right.node, TreeNode::Number(_) | TreeNode::Name(_));
    match operator {
        Operator::Assign if negative && left.as_name().is_some() => {
            Diagnostic::error(span, "`<-` inside an expression assigns")
                .with_help("for `less than minus` put a space between: `a < -b`; or is the line above unfinished?")
        }
        Operator::EqualAssign => {
            Diagnostic::error(span, "`=` inside an expression assigns").with_help("compare with `==`")
        }
        Operator::Assign | Operator::AssignRight | Operator::SuperAssign => {
            Diagnostic::error(span, "an assignment inside an expression").with_help("is the line above unfinished?")
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

fn call(tree: &Tree, scope: &mut Scope) -> Lowered {
    let span = tree.span;
    let Some((name, arguments)) = tree.as_call() else {
        return Err(Diagnostic::error(span, "only functions that have a name can be called")
            .with_help("functions of other packages are not supported: remove `package::`"));
    };
    match name {
        "linCmt" => return scope.linear_compartment(arguments, span),
        "transit" => return transit(arguments, span, scope),
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
    if of_doses(function) {
        if let Some(argument) = lowered.first().filter(|argument| !matches!(argument.node, Node::Name(_))) {
            return Err(Diagnostic::error(argument.span, format!("`{name}` takes the name of a state"))
                .with_help(format!("write `{name}()` or `{name}(depot)`")));
        }
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

fn unknown_function(name: &str, tree: &Tree) -> Diagnostic {
    let TreeNode::Call(function, _) = &tree.node else { unreachable!("only called for calls") };
    let near = FUNCTIONS
        .iter()
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
            Some((known, distance)) if distance <= 2 => format!("did you mean `{known}`?"),
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

/// `transit(n, mtt)` or `transit(n, mtt, bio)` in the derivative of a state: the input rate of a chain of n transit
/// compartments that a dose into that state enters (Savic et al., J Pharmacokinet Pharmacodyn 2007, 34:711, equation 6,
/// with Stirling's formula replaced by the gamma function):
/// bio podo ktr (ktr tad)ⁿ exp(-ktr tad) / Γ(n + 1), ktr = (n + 1) / mtt.
fn transit(arguments: &[Argument], span: Span, scope: &mut Scope) -> Lowered {
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
    if lowered.len() == 2 {
        lowered.push(number(1.0));
    }
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
        let dose = binary_of(BinaryOperator::Multiply, bio, of_state(Function::Podo));
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

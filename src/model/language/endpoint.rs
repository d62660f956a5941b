//! Endpoints: `y ~ add(a) + prop(b) | cmt` and its kin.

use super::constant;
use super::expression::{expression, number};
use super::scope::Scope;
use super::tree::{Argument, Operator, Tree, TreeNode};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{Endpoint, ErrorModel, Expression, Name, Span, Transform};

/// Whether the right side of `~` says how observations scatter; otherwise `~` assigns a variable that is no output.
pub(super) fn is_error_model(tree: &Tree) -> bool {
    match &tree.node {
        TreeNode::Infix(Operator::Bar, error, _) => is_error_model(error),
        TreeNode::Infix(Operator::Add, left, right) => is_error_model(left) || is_error_model(right),
        _ => tree.as_call().is_some_and(|(word, _)| Term::of(word).is_some()),
    }
}

/// Words of error models.
#[derive(Clone, Copy)]
enum Term {
    Additive,
    Proportional,
    Power,
    Log,
    Logit,
    Probit,
    BoxCox,
    YeoJohnson,
    Combined1,
    Combined2,
    Normal,
    Student,
    Cauchy,
    Poisson,
    Binomial,
    Bernoulli,
    Ordinal,
    None,
    Unsupported,
}

impl Term {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "add" => Self::Additive,
            "prop" => Self::Proportional,
            "pow" => Self::Power,
            "lnorm" | "dlnorm" | "logn" | "dlogn" => Self::Log,
            "logitNorm" => Self::Logit,
            "probitNorm" => Self::Probit,
            "boxCox" | "tbs" => Self::BoxCox,
            "yeoJohnson" | "tbsYj" => Self::YeoJohnson,
            "combined1" | "comb1" => Self::Combined1,
            "combined2" | "comb2" => Self::Combined2,
            "norm" | "dnorm" => Self::Normal,
            "t" | "dt" => Self::Student,
            "cauchy" | "dcauchy" => Self::Cauchy,
            "pois" | "dpois" => Self::Poisson,
            "binom" | "dbinom" => Self::Binomial,
            "bern" | "dbern" => Self::Bernoulli,
            "c" | "ordinal" => Self::Ordinal,
            "none" => Self::None,
            "propT" | "propF" | "powT" | "powF" | "var" | "dv" | "ar" | "beta" | "dbeta" | "chisq" | "dchisq"
            | "dexp" | "df" | "geom" | "dgeom" | "unif" | "dunif" | "weibull" | "dweibull" | "dgamma" | "nbinom"
            | "dnbinom" | "nbinomMu" | "dnbinomMu" | "hyper" | "dhyper" | "err" => Self::Unsupported,
            _ => return None,
        })
    }
}

/// Reads what stands right of `prediction ~`.
pub(super) fn endpoint(prediction: Name, tree: &Tree, span: Span, scope: &mut Scope) -> Result<Endpoint, Diagnostic> {
    let (error, condition) = match &tree.node {
        TreeNode::Infix(Operator::Bar, error, condition) => {
            let TreeNode::Name(text) = &condition.node else {
                return Err(Diagnostic::error(condition.span, "the name of an endpoint belongs behind `|`")
                    .with_help("write `Cc ~ add(add_sd) | plasma`"));
            };
            (error.as_ref(), Some(Name { text: text.clone(), span: condition.span }))
        }
        _ => (tree, None),
    };
    let mut terms = Vec::new();
    collect(error, &mut terms)?;
    let error = match terms.as_slice() {
        [(term, word, arguments, place)] => match alone(*term, word, arguments, *place, scope)? {
            Some(error) => error,
            None => continuous(&terms, tree.span, scope)?,
        },
        _ => continuous(&terms, tree.span, scope)?,
    };
    Ok(Endpoint { prediction, error, condition, span })
}

type Called<'t> = (Term, &'t str, &'t [Argument], Span);

fn collect<'t>(tree: &'t Tree, terms: &mut Vec<Called<'t>>) -> Result<(), Diagnostic> {
    if let TreeNode::Infix(Operator::Add, left, right) = &tree.node {
        collect(left, terms)?;
        return collect(right, terms);
    }
    match tree.as_call().and_then(|(word, arguments)| Some((Term::of(word)?, word, arguments))) {
        Some((Term::Unsupported, word, _)) => {
            let help = match word {
                "ar" => "residuals are independent here: remove it to simulate without autocorrelation",
                "var" => "give standard deviations, without var()",
                "propT" | "powT" | "propF" | "powF" => {
                    "use prop() or pow(), which are relative to the prediction itself"
                }
                _ => {
                    "supported are add, prop, pow, lnorm, logitNorm, probitNorm, boxCox, yeoJohnson, t, pois, binom and c()"
                }
            };
            Err(Diagnostic::error(tree.span, format!("`{word}()` is not supported in an endpoint")).with_help(help))
        }
        Some((term, word, arguments)) => {
            terms.push((term, word, arguments, tree.span));
            Ok(())
        }
        None => Err(Diagnostic::error(tree.span, "this is no part of an error model")
            .with_help("add up terms such as add(add_sd) and prop(prop_sd)")),
    }
}

/// Distributions that stand alone; `None` for those that add up.
fn alone(
    term: Term,
    word: &str,
    arguments: &[Argument],
    span: Span,
    scope: &mut Scope,
) -> Result<Option<ErrorModel>, Diagnostic> {
    Ok(Some(match term {
        Term::Poisson => {
            let [rate] = exactly(word, arguments, span, scope)?;
            ErrorModel::Poisson(rate)
        }
        Term::Binomial => {
            let [size, probability] = exactly(word, arguments, span, scope)?;
            ErrorModel::Binomial(size, probability)
        }
        Term::Bernoulli => {
            let [probability] = exactly(word, arguments, span, scope)?;
            ErrorModel::Binomial(super::expression::at(span, number(1.0)), probability)
        }
        Term::Ordinal => {
            if let Some(named) = arguments.iter().find_map(|argument| argument.name.as_ref()) {
                return Err(Diagnostic::error(named.span, "categories with values of their own are not supported")
                    .with_help("give the probabilities alone: `c(p1, p2)` are those of categories 1 and 2, the rest is category 3"));
            }
            if arguments.is_empty() {
                return Err(Diagnostic::error(span, "no probabilities").with_help("write `y ~ c(p1, p2)`"));
            }
            ErrorModel::Ordinal(lowered(word, arguments, span, scope)?)
        }
        Term::None => {
            let [] = exactly(word, arguments, span, scope)?;
            ErrorModel::None
        }
        _ => return Ok(None),
    }))
}

#[derive(Default)]
struct Parts {
    additive: Option<Expression>,
    proportional: Option<(Expression, Option<Expression>)>,
    combination: Option<bool>,
    transform: Option<Transform>,
    degrees_of_freedom: Option<Expression>,
}

fn continuous(terms: &[Called<'_>], whole: Span, scope: &mut Scope) -> Result<ErrorModel, Diagnostic> {
    let mut parts = Parts::default();
    for &(term, word, arguments, span) in terms {
        let twice = || {
            Diagnostic::error(span, format!("`{word}()` is one term too many of its kind"))
                .with_help("keep one of them")
        };
        let free = match term {
            Term::Additive => parts.additive.replace(only(word, arguments, span, scope)?).is_none(),
            Term::Proportional => {
                let sd = only(word, arguments, span, scope)?;
                parts.proportional.replace((sd, None)).is_none()
            }
            Term::Power => {
                let [sd, exponent] = exactly(word, arguments, span, scope)?;
                parts.proportional.replace((sd, Some(exponent))).is_none()
            }
            Term::Log | Term::Logit | Term::Probit => {
                let free = parts.transform.replace(transform(term, word, arguments, span)?).is_none();
                match arguments.first() {
                    // `lnorm(NA) + prop(b)`: the scale alone, without an SD of its own.
                    Some(Argument { value: Some(Tree { node: TreeNode::Null, .. }), .. }) => free,
                    first => {
                        let sd = only(word, first.map_or(&[], std::slice::from_ref), span, scope)?;
                        parts.additive.replace(sd).is_none() && free
                    }
                }
            }
            Term::BoxCox => {
                let [lambda] = exactly(word, arguments, span, scope)?;
                parts.transform.replace(Transform::BoxCox(lambda)).is_none()
            }
            Term::YeoJohnson => {
                let [lambda] = exactly(word, arguments, span, scope)?;
                parts.transform.replace(Transform::YeoJohnson(lambda)).is_none()
            }
            Term::Combined1 | Term::Combined2 => {
                let [] = exactly(word, arguments, span, scope)?;
                parts.combination.replace(matches!(term, Term::Combined1)).is_none()
            }
            Term::Normal => {
                if !arguments.is_empty() {
                    let sd = only(word, arguments, span, scope)?;
                    parts.additive.replace(sd).is_none()
                } else {
                    true
                }
            }
            Term::Student => {
                let df = only(word, arguments, span, scope)?;
                parts.degrees_of_freedom.replace(df).is_none()
            }
            // Cauchy's distribution is Student's with one degree of freedom.
            Term::Cauchy => {
                let [] = exactly(word, arguments, span, scope)?;
                let one = super::expression::at(span, number(1.0));
                parts.degrees_of_freedom.replace(one).is_none()
            }
            Term::Poisson | Term::Binomial | Term::Bernoulli | Term::Ordinal | Term::None | Term::Unsupported => {
                return Err(Diagnostic::error(span, format!("`{word}()` cannot be added to other terms"))
                    .with_help("let it stand alone"));
            }
        };
        if !free {
            return Err(twice());
        }
    }
    if parts.additive.is_none() && parts.proportional.is_none() {
        return Err(Diagnostic::error(whole, "this endpoint has no standard deviation")
            .with_help("add a term such as add(add_sd) or prop(prop_sd)"));
    }
    Ok(ErrorModel::Continuous {
        additive: parts.additive,
        proportional: parts.proportional,
        combined1: parts.combination.unwrap_or(false),
        transform: parts.transform.unwrap_or(Transform::Identity),
        degrees_of_freedom: parts.degrees_of_freedom,
    })
}

fn transform(term: Term, word: &str, arguments: &[Argument], span: Span) -> Result<Transform, Diagnostic> {
    let bound = |place: usize, default: f64| match arguments.get(place).and_then(|argument| argument.value.as_ref()) {
        Some(tree) => constant::value(tree),
        None => Ok(default),
    };
    let most = if matches!(term, Term::Log) { 1 } else { 3 };
    if arguments.is_empty() || arguments.len() > most {
        let wanted = if most == 1 { "one argument" } else { "1 to 3 arguments" };
        return Err(Diagnostic::error(span, format!("`{word}` takes {wanted}, found {}", arguments.len()))
            .with_help("write `lnorm(sd)`, `logitNorm(sd, low, high)` or `probitNorm(sd, low, high)`"));
    }
    if matches!(term, Term::Log) {
        return Ok(Transform::Log);
    }
    let (low, high) = (bound(1, 0.0)?, bound(2, 1.0)?);
    if !low.is_finite() || !high.is_finite() || low >= high {
        return Err(Diagnostic::error(span, format!("the bounds {low} and {high} of `{word}` are not in order"))
            .with_help("give the lower bound first, both finite"));
    }
    Ok(if matches!(term, Term::Logit) { Transform::Logit { low, high } } else { Transform::Probit { low, high } })
}

fn lowered(word: &str, arguments: &[Argument], span: Span, scope: &mut Scope) -> Result<Vec<Expression>, Diagnostic> {
    let mut found = Vec::with_capacity(arguments.len());
    for argument in arguments {
        match argument {
            Argument { name: None, value: Some(value) } => found.push(expression(value, scope)?),
            _ => {
                return Err(Diagnostic::error(span, format!("`{word}` takes arguments without names"))
                    .with_help("give the names of parameters or variables alone"));
            }
        }
    }
    Ok(found)
}

fn exactly<const N: usize>(
    word: &str,
    arguments: &[Argument],
    span: Span,
    scope: &mut Scope,
) -> Result<[Expression; N], Diagnostic> {
    lowered(word, arguments, span, scope)?.try_into().map_err(|found: Vec<Expression>| {
        let wanted = match N {
            0 => "no argument".to_owned(),
            1 => "one argument".to_owned(),
            n => format!("{n} arguments"),
        };
        Diagnostic::error(span, format!("`{word}` takes {wanted}, found {}", found.len()))
            .with_help("give the name of a parameter of `ini` or of a variable for each")
    })
}

fn only(word: &str, arguments: &[Argument], span: Span, scope: &mut Scope) -> Result<Expression, Diagnostic> {
    let [argument] = exactly(word, arguments, span, scope)?;
    Ok(argument)
}

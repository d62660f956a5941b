//! The equations of a model as MathML: derivatives as fractions, divisions as fractions, names with indices.
//!
//! What is typeset is the intermediate representation, so equations are those that ran, whatever language they were written in.

use maud::{Markup, html};

use super::names::Names;
use crate::model::ir::{
    BinaryOperator, DoseProperty, Endpoint, ErrorModel, Expression, Function, ModelIr, Node, Statement, Transform,
    UnaryOperator,
};
use crate::model::language::precedence::{ATOM, POWER, PRODUCT, SUM, operand, operands, tightness};
use crate::output::number;

/// One line of equations: how far it is indented, and what it says.
pub struct Line {
    /// 0 for what is not guarded by a condition.
    pub depth: usize,
    /// A `math` element, or words around one.
    pub content: Markup,
}

/// Equations of a model, line by line.
pub struct Typesetter {
    names: Names,
}

impl Typesetter {
    /// For the names of a model.
    pub fn of(ir: &ModelIr) -> Self {
        Self { names: Names::of(ir) }
    }

    /// The model block.
    pub fn statements(&self, statements: &[Statement]) -> Vec<Line> {
        let mut lines = Vec::new();
        self.block(statements, 0, &mut lines);
        lines
    }

    /// A name as a formula of its own, where it is typeset otherwise than it is written.
    pub fn name(&self, name: &str) -> Option<Markup> {
        self.names.differs(name).then(|| html! { math { (self.names.typeset(name)) } })
    }

    fn block(&self, statements: &[Statement], depth: usize, lines: &mut Vec<Line>) {
        for statement in statements {
            let left = match statement {
                Statement::If { branches, otherwise } => {
                    self.choice(branches, otherwise, depth, lines);
                    continue;
                }
                Statement::Assign { name, .. } | Statement::EventTime { name, .. } => self.names.typeset(&name.text),
                Statement::Derivative { state, .. } => {
                    let state = self.names.typeset(&state.text);
                    html! { mfrac { mrow { mi { "d" } (state) } mrow { mi { "d" } mi { "t" } } } }
                }
                Statement::Initial { state, .. } => {
                    html! { (self.names.typeset(&state.text)) mo { "(" } mn { "0" } mo { ")" } }
                }
                Statement::DoseProperty { property, state, .. } => {
                    html! { msub { mi { (property_symbol(*property)) } (self.grouped(&state.text)) } }
                }
            };
            let (Statement::Assign { value, .. }
            | Statement::EventTime { value, .. }
            | Statement::Derivative { value, .. }
            | Statement::Initial { value, .. }
            | Statement::DoseProperty { value, .. }) = statement
            else {
                continue;
            };
            let content = html! { math { (left) mo { "=" } (self.expression(value, 0)) } };
            lines.push(Line { depth, content });
        }
    }

    fn choice(
        &self,
        branches: &[(Expression, Vec<Statement>)],
        otherwise: &[Statement],
        depth: usize,
        lines: &mut Vec<Line>,
    ) {
        for (index, (condition, guarded)) in branches.iter().enumerate() {
            let word = if index == 0 { "if " } else { "else if " };
            lines.push(Line { depth, content: html! { (word) math { (self.expression(condition, 0)) } ":" } });
            self.block(guarded, depth + 1, lines);
        }
        if !otherwise.is_empty() {
            lines.push(Line { depth, content: html! { "else:" } });
            self.block(otherwise, depth + 1, lines);
        }
    }

    fn grouped(&self, name: &str) -> Markup {
        html! { mrow { (self.names.typeset(name)) } }
    }

    fn expression(&self, expression: &Expression, least: u8) -> Markup {
        let own = match &expression.node {
            // Fractions hold together by themselves.
            Node::Binary(BinaryOperator::Divide, ..) => POWER,
            node => tightness(node),
        };
        let inner = self.node(&expression.node);
        if own < least { bracketed("(", inner, ")") } else { inner }
    }

    fn node(&self, node: &Node) -> Markup {
        match node {
            Node::Number(value) => typeset_number(*value),
            Node::Name(name) => self.names.typeset(name),
            Node::Unary(operator, inner) => {
                let sign = if *operator == UnaryOperator::Negate { "−" } else { "¬" };
                html! { mrow { mo form="prefix" { (sign) } (self.expression(inner, operand(*operator))) } }
            }
            // A fraction holds its parts together without brackets.
            Node::Binary(BinaryOperator::Divide, above, below) => {
                html! { mfrac { mrow { (self.expression(above, 0)) } mrow { (self.expression(below, 0)) } } }
            }
            Node::Binary(BinaryOperator::Power, base, exponent) => self.power(base, exponent),
            Node::Binary(operator, left, right) => {
                let (left_least, right_least) = operands(*operator);
                html! {
                    mrow {
                        (self.expression(left, left_least))
                        mo { (sign(*operator)) }
                        (self.expression(right, right_least))
                    }
                }
            }
            Node::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    /// A fraction as a base needs brackets, which it needs nowhere else.
    fn power(&self, base: &Expression, exponent: &Expression) -> Markup {
        let is_fraction = matches!(base.node, Node::Binary(BinaryOperator::Divide | BinaryOperator::Power, ..));
        let base = match self.expression(base, ATOM) {
            bare if is_fraction => bare,
            bare => html! { mrow { (bare) } },
        };
        html! { msup { (base) mrow { (self.expression(exponent, 0)) } } }
    }

    fn call(&self, function: Function, arguments: &[Expression]) -> Markup {
        let bare = |index: usize| arguments.get(index).map(|argument| self.expression(argument, 0));
        let list = || {
            html! {
                @for (index, argument) in arguments.iter().enumerate() {
                    @if index > 0 { mo separator="true" { "," } }
                    (self.expression(argument, 0))
                }
            }
        };
        let named = |name: Markup| html! { mrow { (name) mo { "\u{2061}" } (bracketed("(", list(), ")")) } };
        match (function, arguments) {
            (Function::Sqrt, [_]) => html! { msqrt { (list()) } },
            (Function::Abs, [_]) => bracketed("|", list(), "|"),
            (Function::Floor, [_]) => bracketed("⌊", list(), "⌋"),
            (Function::Ceiling, [_]) => bracketed("⌈", list(), "⌉"),
            (Function::Pow, [base, exponent]) => self.power(base, exponent),
            (Function::Log1p, [argument]) => {
                html! { mrow { mi { "ln" } (bracketed("(", html! { mn { "1" } mo { "+" } (self.expression(argument, SUM)) }, ")")) } }
            }
            (Function::Expm1, [_]) => {
                html! { mrow { mi { "exp" } (bracketed("(", list(), ")")) mo { "−" } mn { "1" } } }
            }
            (Function::Factorial, [argument]) => html! { mrow { (self.expression(argument, ATOM)) mo { "!" } } },
            (Function::IfElse, [_, _, _]) => cases(&[(bare(1), bare(0)), (bare(2), None)]),
            (Function::Log10, _) => named(html! { msub { mi { "log" } mn { "10" } } }),
            (Function::Log2, _) => named(html! { msub { mi { "log" } mn { "2" } } }),
            (Function::Log, _) => named(html! { mi { "ln" } }),
            (Function::Phi, _) => named(html! { mi { "Φ" } }),
            (Function::Probit, _) => named(html! { msup { mi { "Φ" } mrow { mo { "−" } mn { "1" } } } }),
            (Function::Gamma, _) => named(html! { mi { "Γ" } }),
            (Function::Lgamma, [_]) => {
                html! { mrow { mi { "ln" } mo { "\u{2061}" } mi { "Γ" } (bracketed("(", list(), ")")) } }
            }
            _ => named(html! { mi { (format!("{function:?}").to_lowercase()) } }),
        }
    }

    /// An observed quantity: its distribution around the prediction.
    pub fn endpoint(&self, endpoint: &Endpoint) -> Markup {
        let prediction = || self.names.typeset(&endpoint.prediction.text);
        let observed = html! { msub { mi { "y" } mrow { (prediction()) } } };
        let distributed = |name: &str, parameters: &[&Expression]| {
            html! {
                math {
                    (observed) mo { "∼" } mi { (name) }
                    (bracketed("(", html! {
                        @for (index, parameter) in parameters.iter().enumerate() {
                            @if index > 0 { mo separator="true" { "," } }
                            (self.expression(parameter, 0))
                        }
                    }, ")"))
                }
            }
        };
        match &endpoint.error {
            ErrorModel::Poisson(rate) => distributed("Poisson", &[rate]),
            ErrorModel::Binomial(size, probability) => distributed("Binomial", &[size, probability]),
            ErrorModel::Ordinal(probabilities) => distributed("Categorical", &probabilities.iter().collect::<Vec<_>>()),
            ErrorModel::None => html! { math { (observed) mo { "=" } (prediction()) } },
            ErrorModel::Continuous { additive, proportional, combined1, transform, degrees_of_freedom } => {
                let size = self.error_size(&prediction(), additive.as_ref(), proportional.as_ref(), *combined1);
                let noise = html! { (size) mo { "·" } mi { "ε" } };
                let law = match degrees_of_freedom {
                    Some(degrees) => html! { msub { mi { "t" } mrow { (self.expression(degrees, 0)) } } },
                    None => html! { mi { "N" } mo { "(" } mn { "0" } mo { "," } mn { "1" } mo { ")" } },
                };
                let formula = match transform {
                    Transform::Identity => html! { (observed) mo { "=" } (prediction()) mo { "+" } (noise) },
                    Transform::Log => {
                        html! { (observed) mo { "=" } (prediction()) mo { "·" } mi { "exp" } (bracketed("(", noise, ")")) }
                    }
                    other => {
                        let scale = |inner: Markup| html! { mi { (scale_name(other)) } (bracketed("(", inner, ")")) };
                        html! { (scale(observed)) mo { "=" } (scale(prediction())) mo { "+" } (noise) }
                    }
                };
                html! { math { (formula) mo separator="true" { "," } mspace width="1em" {} mi { "ε" } mo { "∼" } (law) } }
            }
        }
    }

    /// The SD of an observation: a, b f^c, or both together.
    fn error_size(
        &self,
        prediction: &Markup,
        additive: Option<&Expression>,
        proportional: Option<&(Expression, Option<Expression>)>,
        combined1: bool,
    ) -> Markup {
        let relative = proportional.map(|(sd, exponent)| {
            let power = exponent.as_ref().map(|exponent| self.expression(exponent, 0));
            html! {
                (self.expression(sd, PRODUCT)) mo { "·" }
                @match &power {
                    Some(power) => { msup { mrow { (prediction) } mrow { (power) } } }
                    None => { (prediction) }
                }
            }
        });
        let constant = additive.map(|sd| self.expression(sd, 0));
        match (constant, relative) {
            (Some(constant), Some(relative)) if combined1 => {
                bracketed("(", html! { (constant) mo { "+" } (relative) }, ")")
            }
            (Some(constant), Some(relative)) => html! {
                msqrt { msup { mrow { (constant) } mn { "2" } } mo { "+" } msup { (bracketed("(", relative, ")")) mn { "2" } } }
            },
            (Some(one), None) | (None, Some(one)) => html! { mrow { (one) } },
            (None, None) => html! { mn { "0" } },
        }
    }
}

fn bracketed(open: &str, inner: Markup, close: &str) -> Markup {
    html! { mrow { mo fence="true" { (open) } (inner) mo fence="true" { (close) } } }
}

/// A brace with values and the conditions under which they hold; no condition is "otherwise".
fn cases(rows: &[(Option<Markup>, Option<Markup>)]) -> Markup {
    html! {
        mrow {
            mo fence="true" { "{" }
            mtable {
                @for (value, condition) in rows {
                    mtr {
                        mtd { @if let Some(value) = value { (value) } }
                        mtd {
                            @match condition {
                                Some(condition) => { mtext { "if " } (condition) }
                                None => { mtext { "otherwise" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn scale_name(transform: &Transform) -> &'static str {
    match transform {
        Transform::Logit { .. } => "logit",
        Transform::Probit { .. } => "probit",
        Transform::BoxCox(_) => "BoxCox",
        Transform::YeoJohnson(_) => "YeoJohnson",
        Transform::Identity | Transform::Log => "",
    }
}

fn property_symbol(property: DoseProperty) -> &'static str {
    match property {
        DoseProperty::Bioavailability => "F",
        DoseProperty::Lag => "lag",
        DoseProperty::Duration => "duration",
        DoseProperty::Rate => "rate",
    }
}

/// `1.5·10⁻⁷` for 1.5e-7; a minus sign for a hyphen.
fn typeset_number(value: f64) -> Markup {
    let text = number::format(value.abs(), None);
    let (mantissa, exponent) = text.split_once('e').map_or((text.as_str(), None), |(m, e)| (m, Some(e)));
    let minus = value.is_sign_negative();
    html! {
        @if minus { mo form="prefix" { "−" } }
        @match exponent {
            Some(exponent) => {
                mn { (mantissa) } mo { "·" }
                msup { mn { "10" } mrow { @if exponent.starts_with('-') { mo { "−" } } mn { (exponent.trim_start_matches('-')) } } }
            }
            None => { mn { (if value.is_infinite() { "∞" } else { mantissa }) } }
        }
    }
}

fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Or => "∨",
        BinaryOperator::And => "∧",
        BinaryOperator::Less => "<",
        BinaryOperator::LessEqual => "≤",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterEqual => "≥",
        BinaryOperator::Equal => "=",
        BinaryOperator::NotEqual => "≠",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "−",
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Power => "·",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader sees, without elements: fractions as (above)/(below), powers as ^(...), indices as _(...).
    fn seen(model_block: &str) -> Vec<String> {
        let text = format!("m <- function() {{\n  ini({{ lcl <- 1 }})\n  model({{\n{model_block}\n  }})\n}}\n");
        let ir = crate::model::language::read(&text, "m").unwrap().ir;
        let typesetter = Typesetter::of(&ir);
        typesetter.statements(&ir.statements).iter().map(|line| plain(&line.content.clone().into_string())).collect()
    }

    fn plain(markup: &str) -> String {
        let (mut out, mut inside) = (String::new(), false);
        for c in markup
            .replace("<mfrac>", "[")
            .replace("</mfrac>", "]")
            .replace("<msup>", "^[")
            .replace("</msup>", "]")
            .chars()
        {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                '\u{2061}' => {}
                _ if inside => {}
                c => out.push(c),
            }
        }
        out
    }

    #[test]
    fn derivatives_and_divisions_are_fractions_and_brackets_only_where_needed() {
        let lines = seen(
            "    ka <- 1\n    x <- ka * (ka + 2) / (ka - 1)\n    d/dt(depot) <- -ka * depot\n    y <- (x - ka) - (x - 1)\n    z <- (x / 70)^0.75\n    w <- 2^-ka",
        );
        assert_eq!(lines[1], "x=[ka·(ka+2)ka−1]");
        assert_eq!(lines[2], "[ddepotdt]=−ka·depot");
        assert_eq!(lines[3], "y=x−ka−(x−1)");
        assert_eq!(lines[4], "z=^[([x70])0.75]");
        assert_eq!(lines[5], "w=^[2−ka]");
    }

    #[test]
    fn conditions_indent_what_they_guard() {
        let text = "m <- function() {\n  ini({ a <- 1 })\n  model({\n    b <- 0\n    if (a < 2 && SEX == 1) {\n      b <- 1\n    } else {\n      b <- 2\n    }\n  })\n}\n";
        let ir = crate::model::language::read(text, "m").unwrap().ir;
        let lines = Typesetter::of(&ir).statements(&ir.statements);
        let seen: Vec<(usize, String)> =
            lines.iter().map(|line| (line.depth, plain(&line.content.clone().into_string()))).collect();
        let expected = [(0, "b=0"), (0, "if a&lt;2∧SEX=1:"), (1, "b=1"), (0, "else:"), (1, "b=2")];
        assert_eq!(seen, expected.map(|(depth, text)| (depth, text.to_owned())));
    }
}

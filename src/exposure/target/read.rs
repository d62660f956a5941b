//! From the text of a condition to what it asks.

use super::units::{Dimension, WrittenUnit, lift};
use super::{Arithmetic, Comparison, CycleChoice, Measure, NAMES, Quantity, TargetUnits, Test};
use crate::exposure::interval::{self, Metric};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::Span;
use crate::model::language::{self, Argument, Operator, Tree, TreeNode};

/// A quantity with what it is measured in; `None` for a number without a unit, which takes that of what it meets.
type Measured = (Quantity, Option<Dimension>);

struct Reader<'a> {
    units: &'a TargetUnits,
    written: Vec<WrittenUnit>,
    thresholds: &'a mut Vec<f64>,
}

pub(super) fn condition(text: &str, units: &TargetUnits, thresholds: &mut Vec<f64>) -> Result<Test, Diagnostic> {
    let (plain, written) = lift(text);
    let tree = language::tree(&plain)?;
    Reader { units, written, thresholds }.test(&tree)
}

fn error<T>(span: Span, message: impl Into<String>, help: impl Into<String>) -> Result<T, Diagnostic> {
    Err(Diagnostic::error(span, message).with_help(help))
}

fn unknown<T>(at: Span, name: &str) -> Result<T, Diagnostic> {
    error(at, format!("`{name}` is not known here"), format!("known are {}", known_names()))
}

fn known_names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

impl Reader<'_> {
    fn test(&mut self, tree: &Tree) -> Result<Test, Diagnostic> {
        const EXAMPLE: &str = "compare a quantity with a number, such as `auc(cycle = 4) > 80`";
        match &tree.node {
            TreeNode::Infix(Operator::And, left, right) => {
                Ok(Test::Both(Box::new(self.test(left)?), Box::new(self.test(right)?)))
            }
            TreeNode::Infix(Operator::Or | Operator::Bar, left, right) => {
                Ok(Test::Either(Box::new(self.test(left)?), Box::new(self.test(right)?)))
            }
            TreeNode::Prefix(Operator::Not, operand) => Ok(Test::Not(Box::new(self.test(operand)?))),
            TreeNode::Infix(Operator::Equal | Operator::EqualAssign | Operator::NotEqual, ..) => {
                error(tree.span, "a simulated quantity never equals a number", "compare with `<`, `<=`, `>` or `>=`")
            }
            TreeNode::Infix(Operator::Assign, ..) => {
                error(tree.span, "`<-` assigns", "to compare with a negative number write `a < -b`")
            }
            TreeNode::Infix(operator, left, right) => match comparison(*operator) {
                Some(comparison) => self.compare(tree, comparison, left, right),
                None => error(tree.span, "this is a quantity, not a condition", EXAMPLE),
            },
            _ => {
                self.quantity(tree)?;
                error(tree.span, "this is a quantity, not a condition", EXAMPLE)
            }
        }
    }

    fn compare(&mut self, tree: &Tree, comparison: Comparison, left: &Tree, right: &Tree) -> Result<Test, Diagnostic> {
        let ((left, of_left), (right, of_right)) = (self.quantity(left)?, self.quantity(right)?);
        together(tree.span, of_left, of_right)?;
        if left.is_constant() && right.is_constant() {
            return error(
                tree.span,
                "this compares numbers, whoever the subject is",
                format!("use a quantity: {}", known_names()),
            );
        }
        Ok(Test::Compare(comparison, left, right))
    }

    fn quantity(&mut self, tree: &Tree) -> Result<Measured, Diagnostic> {
        match &tree.node {
            TreeNode::Number(value) => self.number(*value, tree.span),
            TreeNode::Prefix(Operator::Add, operand) => self.quantity(operand),
            TreeNode::Prefix(Operator::Subtract, operand) => {
                let (quantity, dimension) = self.quantity(operand)?;
                Ok((calculated(Arithmetic::Subtract, Quantity::Number(0.0), quantity), dimension))
            }
            TreeNode::Infix(operator, left, right) => self.calculate(tree, *operator, left, right),
            TreeNode::Name(name) => self.measure(tree.span, name, tree.span, &[]),
            TreeNode::Call(function, arguments) => match function.as_name() {
                Some(name) => self.measure(tree.span, name, function.span, arguments),
                None => error(tree.span, "this cannot be called", format!("known are {}", known_names())),
            },
            TreeNode::Text(_) => {
                error(tree.span, "a text where a number belongs", "write numbers and units without quotes: `30 mg/L`")
            }
            _ => error(tree.span, "this is not a quantity", format!("use numbers, + - * / and {}", known_names())),
        }
    }

    fn number(&mut self, value: f64, span: Span) -> Result<Measured, Diagnostic> {
        match self.written.iter().find(|unit| unit.number_end == span.end) {
            None => Ok((Quantity::Number(value), None)),
            Some(unit) => {
                let (factor, dimension) = unit.factor(self.units)?;
                Ok((Quantity::Number(value * factor), Some(dimension)))
            }
        }
    }

    fn calculate(
        &mut self,
        tree: &Tree,
        operator: Operator,
        left: &Tree,
        right: &Tree,
    ) -> Result<Measured, Diagnostic> {
        let arithmetic = match operator {
            Operator::Add => Arithmetic::Add,
            Operator::Subtract => Arithmetic::Subtract,
            Operator::Multiply => Arithmetic::Multiply,
            Operator::Divide => Arithmetic::Divide,
            _ if comparison(operator).is_some() || matches!(operator, Operator::And | Operator::Or | Operator::Bar) => {
                return error(
                    tree.span,
                    "a condition where a quantity belongs",
                    "join conditions by `&` and `|`: `cmax > 10 & cmax < 500`",
                );
            }
            _ => {
                return error(
                    tree.span,
                    "this operator is not known here",
                    "use + - * /, comparisons, `&`, `|` and `!`",
                );
            }
        };
        let ((left, of_left), (right, of_right)) = (self.quantity(left)?, self.quantity(right)?);
        let dimension = match arithmetic {
            Arithmetic::Add | Arithmetic::Subtract => together(tree.span, of_left, of_right)?,
            Arithmetic::Multiply | Arithmetic::Divide => {
                let (a, b) = (of_left.unwrap_or_default(), of_right.unwrap_or_default());
                let combined = if arithmetic == Arithmetic::Multiply { a.times(b) } else { a.over(b) };
                of_left.or(of_right).map(|_| combined)
            }
        };
        let quantity = match (&left, &right) {
            (Quantity::Number(a), Quantity::Number(b)) => Quantity::Number(match arithmetic {
                Arithmetic::Add => a + b,
                Arithmetic::Subtract => a - b,
                Arithmetic::Multiply => a * b,
                Arithmetic::Divide => a / b,
            }),
            _ => calculated(arithmetic, left, right),
        };
        Ok((quantity, dimension))
    }

    /// A quantity of a cycle, by its name.
    fn measure(&mut self, span: Span, name: &str, at: Span, arguments: &[Argument]) -> Result<Measured, Diagnostic> {
        if !NAMES.iter().any(|(known, _)| *known == name) {
            return unknown(at, name);
        }
        let mut choice = CycleChoice::Last;
        let mut given: Option<&Tree> = None;
        for argument in arguments {
            let Some(value) = &argument.value else {
                return error(span, format!("`{name}` has an empty argument"), "remove the comma that is too many");
            };
            match &argument.name {
                Some(key) if key.text == "cycle" => choice = cycle(value)?,
                Some(key) => {
                    let message = format!("`{name}` has no argument `{}`", key.text);
                    return error(
                        key.span,
                        message,
                        "the cycle is said by `cycle = 4`, `cycle = first` or `cycle = last`",
                    );
                }
                None if given.is_none() && matches!(name, "time_above" | "accumulation") => given = Some(value),
                None => {
                    return error(
                        value.span,
                        format!("`{name}` has an argument too many"),
                        format!("write `{name}(cycle = 4)`"),
                    );
                }
            }
        }
        let of = |measure, dimension| Ok((Quantity::Of(measure, choice), Some(dimension)));
        let metric = |metric: Metric| of(Measure::Metric(metric), dimension(metric));
        match name {
            "auc" => metric(Metric::Auc),
            "cmax" => metric(Metric::Cmax),
            "tmax" => metric(Metric::Tmax),
            "ctrough" => metric(Metric::Ctrough),
            "cavg" => metric(Metric::Cavg),
            "accumulation" => metric(accumulated(given)?),
            "time_above" => {
                let threshold = self.threshold(span, given)?;
                of(Measure::TimeAbove(threshold), Dimension::TIME)
            }
            "tau" => of(Measure::Tau, Dimension::TIME),
            "dose" => of(Measure::Dose, Dimension::AMOUNT),
            _ => unknown(at, name),
        }
    }

    /// Index of the threshold of a `time_above`.
    fn threshold(&mut self, span: Span, given: Option<&Tree>) -> Result<usize, Diagnostic> {
        const EXAMPLE: &str = "write `time_above(2)` or `time_above(2 mg/L)`";
        let Some(tree) = given else {
            return error(span, "`time_above` needs the concentration to be above", EXAMPLE);
        };
        let (quantity, dimension) = self.quantity(tree)?;
        let Quantity::Number(threshold) = quantity else {
            return error(tree.span, "the concentration of `time_above` is a number", EXAMPLE);
        };
        together(tree.span, Some(Dimension::CONCENTRATION), dimension)?;
        if !(threshold > 0.0 && threshold.is_finite()) {
            return error(tree.span, "the concentration of `time_above` is above 0", EXAMPLE);
        }
        let known = self.thresholds.iter().position(|&other| other == threshold);
        Ok(known.unwrap_or_else(|| {
            self.thresholds.push(threshold);
            self.thresholds.len() - 1
        }))
    }
}

impl Quantity {
    fn is_constant(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Of(..) => false,
            Self::Calculated(_, left, right) => left.is_constant() && right.is_constant(),
        }
    }
}

fn calculated(arithmetic: Arithmetic, left: Quantity, right: Quantity) -> Quantity {
    match (arithmetic, &left, &right) {
        (Arithmetic::Subtract, Quantity::Number(0.0), Quantity::Number(value)) => Quantity::Number(-value),
        _ => Quantity::Calculated(arithmetic, Box::new(left), Box::new(right)),
    }
}

fn comparison(operator: Operator) -> Option<Comparison> {
    Some(match operator {
        Operator::Less => Comparison::Less,
        Operator::LessEqual => Comparison::LessEqual,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterEqual => Comparison::GreaterEqual,
        _ => return None,
    })
}

/// The dimension of two quantities that are compared or added.
fn together(span: Span, left: Option<Dimension>, right: Option<Dimension>) -> Result<Option<Dimension>, Diagnostic> {
    match (left, right) {
        (Some(left), Some(right)) if left != right => error(
            span,
            format!("{} does not go with {}", left.words(), right.words()),
            "compare and add like with like; a number without a unit takes the unit of what it meets",
        ),
        _ => Ok(left.or(right)),
    }
}

fn dimension(metric: Metric) -> Dimension {
    match metric.dimension() {
        interval::Dimension::Area => Dimension::AREA,
        interval::Dimension::Concentration => Dimension::CONCENTRATION,
        interval::Dimension::Time => Dimension::TIME,
        interval::Dimension::Ratio => Dimension::NONE,
    }
}

fn accumulated(given: Option<&Tree>) -> Result<Metric, Diagnostic> {
    match given.map(|tree| (tree, tree.as_name())) {
        None | Some((_, Some("auc"))) => Ok(Metric::AucRatio),
        Some((_, Some("cmax"))) => Ok(Metric::CmaxRatio),
        Some((_, Some("ctrough"))) => Ok(Metric::CtroughRatio),
        Some((tree, _)) => error(
            tree.span,
            "accumulation is that of auc, cmax or ctrough",
            "write `accumulation(cmax)`, or `accumulation` for auc",
        ),
    }
}

fn cycle(tree: &Tree) -> Result<CycleChoice, Diagnostic> {
    match (&tree.node, tree.as_name()) {
        (_, Some("first")) => Ok(CycleChoice::Number(1)),
        (_, Some("last")) => Ok(CycleChoice::Last),
        (TreeNode::Number(number), _) if *number >= 1.0 && *number <= 1e6 && number.fract() == 0.0 => {
            Ok(CycleChoice::Number(*number as u32))
        }
        _ => error(
            tree.span,
            "this is not a cycle",
            "cycles are counted from 1: `cycle = 4`, `cycle = first` or `cycle = last`",
        ),
    }
}

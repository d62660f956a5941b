//! The `ini` block: estimates with their bounds, and the variances of random effects.

use super::constant;
use super::omega::{self, Entries};
use super::tree::{Argument, Operator, Tree, TreeNode};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{Eta, ModelIr, Name, Span, Theta};
use std::collections::HashSet;

/// Reads the statements of `ini({...})` into the model.
pub(super) fn parameters(block: &[Tree], ir: &mut ModelIr, diagnostics: &mut Vec<Diagnostic>) {
    let mut reader = Reader { ir, diagnostics, names: HashSet::new(), last: None };
    for statement in block {
        if let Err(diagnostic) = reader.statement(statement) {
            reader.diagnostics.push(diagnostic);
        }
    }
    omega::check(reader.ir, reader.diagnostics);
}

/// What a `label()` belongs to.
#[derive(Clone, Copy)]
enum Last {
    Theta,
    Eta,
}

struct Reader<'m> {
    ir: &'m mut ModelIr,
    diagnostics: &'m mut Vec<Diagnostic>,
    /// Every name declared so far.
    names: HashSet<String>,
    last: Option<Last>,
}

impl Reader<'_> {
    fn statement(&mut self, statement: &Tree) -> Result<(), Diagnostic> {
        if let Some((target, value)) = statement.as_assignment() {
            return self.theta(target, value);
        }
        match &statement.node {
            TreeNode::Infix(Operator::Tilde, left, right) => self.etas(left, right, statement.span),
            TreeNode::Broken => Ok(()),
            TreeNode::Loop(word) => Err(Diagnostic::error(statement.span, format!("`{word}` has no place in `ini`"))
                .with_help("write the parameters out")),
            TreeNode::If { .. } => Err(Diagnostic::error(statement.span, "`if` has no place in `ini`")
                .with_help("decide in `model`, from a covariate")),
            _ => match statement.as_call() {
                Some(("label", arguments)) => self.label(arguments, statement.span),
                Some(("model", _)) => Err(Diagnostic::error(statement.span, "the `model` block stands inside `ini`")
                    .with_help("close `ini` with `})` before it")),
                Some((name, _)) => {
                    Err(Diagnostic::error(statement.span, format!("`{name}()` is not supported in `ini`"))
                        .with_help("remove it: `ini` holds `name <- value`, `eta ~ variance` and `label(\"...\")`"))
                }
                None => Err(Diagnostic::error(statement.span, "this statement of `ini` sets nothing")
                    .with_help("write `name <- value` or `eta ~ variance`")),
            },
        }
    }

    fn label(&mut self, arguments: &[Argument], span: Span) -> Result<(), Diagnostic> {
        let [Argument { value: Some(Tree { node: TreeNode::Text(text), .. }), .. }] = arguments else {
            return Err(
                Diagnostic::error(span, "`label` takes one text").with_help("write `label(\"clearance (L/h)\")`")
            );
        };
        let slot = match self.last {
            Some(Last::Theta) => self.ir.thetas.last_mut().map(|theta| &mut theta.label),
            Some(Last::Eta) => self.ir.etas.last_mut().map(|eta| &mut eta.label),
            None => None,
        };
        let Some(slot) = slot else {
            return Err(Diagnostic::error(span, "`label` without a parameter before it")
                .with_help("put it behind the parameter it describes"));
        };
        *slot = Some(text.clone());
        Ok(())
    }

    /// Takes a name; refuses one that is taken.
    fn new_name(&mut self, target: &Tree) -> Result<Name, Diagnostic> {
        let text = match &target.node {
            TreeNode::Name(text) => text.clone(),
            _ => {
                return Err(Diagnostic::error(target.span, "only a name can be given a value in `ini`")
                    .with_help("write `name <- value`; initial amounts belong to `model`"));
            }
        };
        if !self.names.insert(text.clone()) {
            return Err(Diagnostic::error(target.span, format!("`{text}` is declared twice in `ini`"))
                .with_help("remove or rename one of the two"));
        }
        Ok(Name { text, span: target.span })
    }

    fn theta(&mut self, target: &Tree, value: &Tree) -> Result<(), Diagnostic> {
        let name = self.new_name(target)?;
        let given = Given::read(value)?;
        let (lower, estimate, upper) = match given.numbers.as_slice() {
            [estimate] => (f64::NEG_INFINITY, *estimate, f64::INFINITY),
            [lower, estimate] => (*lower, *estimate, f64::INFINITY),
            [lower, estimate, upper] => (*lower, *estimate, *upper),
            numbers => {
                let message = format!("`{}` has {} numbers", name.text, numbers.len());
                return Err(Diagnostic::error(value.span, message)
                    .with_help("give `estimate`, `c(lower, estimate)` or `c(lower, estimate, upper)`"));
            }
        };
        if !estimate.is_finite() || lower.is_nan() || upper.is_nan() {
            let wrong = [estimate, lower, upper].into_iter().find(|x| x.is_nan()).unwrap_or(estimate);
            return Err(Diagnostic::error(value.span, format!("the value of `{}` is {wrong}", name.text))
                .with_help("an estimate is a finite number; check the logarithms and divisions"));
        }
        if lower > upper {
            return Err(Diagnostic::error(
                value.span,
                format!("the bounds of `{}` are in the wrong order: {lower} > {upper}", name.text),
            )
            .with_help("write `c(lower, estimate, upper)`"));
        }
        if estimate < lower || estimate > upper {
            let message =
                format!("the estimate {estimate} of `{}` is outside its bounds {lower} to {upper}", name.text);
            return Err(Diagnostic::error(value.span, message).with_help("write `c(lower, estimate, upper)`"));
        }
        self.ir.thetas.push(Theta { name, estimate, lower, upper, fixed: given.fixed, label: None });
        self.last = Some(Last::Theta);
        Ok(())
    }

    fn etas(&mut self, left: &Tree, right: &Tree, span: Span) -> Result<(), Diagnostic> {
        let mut targets = Vec::new();
        summands(left, &mut targets);
        let names = targets.iter().map(|target| self.new_name(target)).collect::<Result<Vec<_>, _>>()?;
        let (value, level) = match &right.node {
            TreeNode::Infix(Operator::Bar, value, level) => (value.as_ref(), self::level(level)?),
            _ => (right, None),
        };
        let entries = Entries::read(value)?;
        let etas = names.into_iter().map(|name| Eta { name, level: level.clone(), label: None }).collect();
        omega::append(self.ir, etas, &entries, span)?;
        self.last = Some(Last::Eta);
        Ok(())
    }
}

/// `| occ`; the subject's own level is the one that needs no name.
fn level(tree: &Tree) -> Result<Option<String>, Diagnostic> {
    match tree.as_name() {
        Some(name) if name.eq_ignore_ascii_case("id") => Ok(None),
        Some(name) => Ok(Some(name.to_owned())),
        None => Err(Diagnostic::error(tree.span, "the level of a random effect is the name of a column")
            .with_help("write `eta ~ 0.1 | occ`")),
    }
}

/// `a`, `b`, `c` of `a + b + c`.
fn summands<'t>(tree: &'t Tree, found: &mut Vec<&'t Tree>) {
    match &tree.node {
        TreeNode::Infix(Operator::Add, left, right) => {
            summands(left, found);
            summands(right, found);
        }
        _ => found.push(tree),
    }
}

/// Numbers with the word that fixes them.
pub(super) struct Given {
    pub numbers: Vec<f64>,
    pub fixed: bool,
}

impl Given {
    /// `0.5`, `c(0, 0.5)`, `fix(0.5)`, `fixed(c(0, 0.5, 1))`, `c(0, 0.5, 1, fixed)`, `fix(0, 0.5, 1)`, `c(0, fix(0.5))`.
    pub fn read(tree: &Tree) -> Result<Self, Diagnostic> {
        let mut given = Self { numbers: Vec::new(), fixed: false };
        match tree.as_call() {
            Some((word, arguments)) if is_fix(word) => {
                given.fixed = true;
                given.arguments(arguments, tree)?;
            }
            Some(("c", arguments)) => given.arguments(arguments, tree)?,
            _ => given.numbers = constant::values(tree)?,
        }
        Ok(given)
    }

    fn arguments(&mut self, arguments: &[Argument], tree: &Tree) -> Result<(), Diagnostic> {
        if arguments.is_empty() {
            return Err(
                Diagnostic::error(tree.span, "a value is missing in these brackets").with_help("put the number in")
            );
        }
        for argument in arguments {
            let Some(value) = &argument.value else {
                return Err(Diagnostic::error(tree.span, "a value is missing between two commas")
                    .with_help("remove the comma that is too many"));
            };
            if let Some(name) = &argument.name {
                return Err(Diagnostic::error(name.span, format!("a number with a name, `{} =`", name.text))
                    .with_help("give the numbers in order: `c(lower, estimate, upper)`"));
            }
            match value.as_name() {
                Some(word) if is_fix(word) => self.fixed = true,
                _ => {
                    let inner = Self::read(value)?;
                    self.numbers.extend(inner.numbers);
                    self.fixed |= inner.fixed;
                }
            }
        }
        Ok(())
    }
}

/// The words that hold a parameter at its value.
pub(super) fn is_fix(word: &str) -> bool {
    matches!(word, "fix" | "fixed" | "FIX" | "FIXED" | "Fix" | "Fixed")
}

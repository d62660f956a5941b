//! What expressions need to know of the model around them, and what they ask of it.

use super::expression::{self, derivative_of};
use super::tree::{Argument, Operator, Tree, TreeNode};
use super::{endpoint, linear_compartment};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{Expression, ModelIr, Name, Node, Span, Statement};
use std::collections::HashSet;

/// What expressions need to know of the model around them, and what they ask for.
pub(super) struct Scope {
    /// Names that `ini` or a statement of the model gives a value.
    declared: HashSet<String>,
    /// Names given a value by `model`, in order, then those of `ini`: what `linCmt()` takes its parameters from.
    pub parameters: Vec<String>,
    /// State whose derivative is being read.
    pub deriving: Option<String>,
    /// States whose derivative is used as a value somewhere.
    pub derivatives_used: HashSet<String>,
    /// Those of them that are set by now.
    pub derivatives_set: HashSet<String>,
    /// States fed by `transit()`.
    pub by_transit: Vec<String>,
    transit_known: HashSet<String>,
    /// What `linCmt()` stands for, once it is written out.
    linear_value: Option<Expression>,
    pub linear_states: Vec<Name>,
    /// Statements that the one being read needs before it.
    pub before: Vec<Statement>,
    pub conditional: bool,
    /// Nodes that may still be copied by writing functions out.
    copies_left: usize,
}

/// Nodes that writing functions out may add: nested ones multiply.
const MAX_COPIES: usize = 100_000;

impl Scope {
    pub fn new(block: &[Tree], ir: &ModelIr) -> Self {
        let mut scope = Self {
            declared: HashSet::new(),
            parameters: Vec::new(),
            deriving: None,
            derivatives_used: HashSet::new(),
            derivatives_set: HashSet::new(),
            by_transit: Vec::new(),
            transit_known: HashSet::new(),
            linear_value: None,
            linear_states: Vec::new(),
            before: Vec::new(),
            conditional: false,
            copies_left: MAX_COPIES,
        };
        scope.survey(block);
        for name in ir.thetas.iter().map(|t| &t.name).chain(ir.etas.iter().map(|e| &e.name)) {
            scope.declare(&name.text);
        }
        scope
    }

    fn declare(&mut self, name: &str) {
        if self.declared.insert(name.to_owned()) {
            self.parameters.push(name.to_owned());
        }
    }

    /// Collects the names that statements set, and the derivatives that are used as values.
    fn survey(&mut self, block: &[Tree]) {
        for statement in block {
            match &statement.node {
                TreeNode::If { then, otherwise, .. } => {
                    self.survey(then.statements());
                    if let Some(otherwise) = otherwise {
                        self.survey(otherwise.statements());
                    }
                }
                TreeNode::Infix(Operator::Tilde, target, value) if !endpoint::is_error_model(value) => {
                    self.survey_assignment(target, value);
                }
                _ => {
                    if let Some((target, value)) = statement.as_assignment() {
                        self.survey_assignment(target, value);
                    }
                }
            }
        }
    }

    fn survey_assignment(&mut self, target: &Tree, value: &Tree) {
        if let Some(name) = target.as_name() {
            self.declare(name);
        }
        self.survey_derivatives(value);
    }

    fn survey_derivatives(&mut self, tree: &Tree) {
        if let Some(Ok(state)) = derivative_of(tree) {
            self.derivatives_used.insert(state.text);
            return;
        }
        match &tree.node {
            TreeNode::Prefix(_, operand) => self.survey_derivatives(operand),
            TreeNode::Infix(_, left, right) => {
                self.survey_derivatives(left);
                self.survey_derivatives(right);
            }
            TreeNode::Call(_, arguments) => {
                arguments.iter().filter_map(|a| a.value.as_ref()).for_each(|value| self.survey_derivatives(value));
            }
            _ => {}
        }
    }

    /// Whether the model or `ini` gives this name a value.
    pub fn is_declared(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    pub fn derivative_state(&self) -> Option<String> {
        self.deriving.clone()
    }

    /// Doses into `state` enter through the transit chain alone.
    pub fn enters_by_transit(&mut self, state: &str) {
        if self.transit_known.insert(state.to_owned()) {
            self.by_transit.push(state.to_owned());
        }
    }

    /// `d/dt(state)` as a value: the variable that holds it.
    pub fn derivative_value(&self, state: &Name, span: Span) -> Result<Expression, Diagnostic> {
        if !self.derivatives_set.contains(&state.text) {
            return Err(Diagnostic::error(span, format!("`d/dt({})` is used before it is set", state.text))
                .with_help("put its equation above"));
        }
        Ok(Expression { node: Node::Name(derivative_variable(&state.text)), span })
    }

    /// The value of `linCmt()`; its equations go before the statement that is being read.
    pub fn linear_compartment(&mut self, arguments: &[Argument], span: Span) -> Result<Expression, Diagnostic> {
        if let Some(value) = &self.linear_value {
            return Ok(expression::at(span, value.clone()));
        }
        if self.conditional {
            return Err(Diagnostic::error(span, "`linCmt()` inside `if`")
                .with_help("put it before the `if` and choose its parameters there"));
        }
        let written = linear_compartment::write_out(&self.parameters, arguments, span)?;
        self.before.extend(written.statements);
        self.linear_states = written.states;
        self.linear_value = Some(written.value.clone());
        Ok(written.value)
    }

    /// A function expressed by others, all of it placed at `span`.
    pub fn write_out<const N: usize>(
        &mut self,
        span: Span,
        arguments: &[Expression],
        write: impl FnOnce([Expression; N]) -> Expression,
    ) -> Result<Expression, Diagnostic> {
        let size: usize = arguments.iter().map(size).sum();
        match self.copies_left.checked_sub(size) {
            Some(left) => self.copies_left = left,
            None => {
                return Err(Diagnostic::error(span, "written out, this model becomes too large")
                    .with_help("assign the arguments of this function to variables first"));
            }
        }
        let arguments: [Expression; N] = arguments.to_vec().try_into().expect("callers match the number of arguments");
        let mut written = write(arguments);
        place(&mut written, span);
        Ok(written)
    }
}

/// Number of nodes.
fn size(expression: &Expression) -> usize {
    1 + match &expression.node {
        Node::Number(_) | Node::Name(_) => 0,
        Node::Unary(_, a) => size(a),
        Node::Binary(_, a, b) => size(a) + size(b),
        Node::Call(_, arguments) => arguments.iter().map(size).sum(),
    }
}

/// Gives a place to the nodes that have none.
pub(super) fn place(expression: &mut Expression, span: Span) {
    if expression.span.end == 0 {
        expression.span = span;
    }
    match &mut expression.node {
        Node::Number(_) | Node::Name(_) => {}
        Node::Unary(_, a) => place(a, span),
        Node::Binary(_, a, b) => {
            place(a, span);
            place(b, span);
        }
        Node::Call(_, arguments) => arguments.iter_mut().for_each(|argument| place(argument, span)),
    }
}

pub(super) fn derivative_variable(state: &str) -> String {
    format!("rx_ddt_{state}")
}

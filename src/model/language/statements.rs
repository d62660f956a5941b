//! The `model` block: equations, dose properties, initial values, conditions, endpoints.

use super::endpoint;
use super::expression::{self, derivative_of, expression, is_time, name, number, state_name};
use super::linear_compartment;
use super::tree::{Argument, Operator, Tree, TreeNode};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{DoseProperty, Endpoint, Expression, ModelIr, Name, Node, Span, Statement};
use std::collections::{HashMap, HashSet};

/// Reads the statements of `model({...})` into the model.
pub(super) fn model_block(block: &[Tree], ir: &mut ModelIr, diagnostics: &mut Vec<Diagnostic>) {
    let mut scope = Scope::new(block, ir);
    let mut reader = Reader { scope: &mut scope, diagnostics, endpoints: Vec::new(), declared: Vec::new(), depth: 0 };
    let mut statements = reader.block(block);
    let Reader { endpoints, declared, .. } = reader;
    ir.endpoints = endpoints;
    ir.states = states(&declared, &statements, &scope, diagnostics);
    suppress_boluses(&mut statements, &scope, diagnostics);
    ir.statements = statements;
    if block.is_empty() {
        diagnostics.push(
            Diagnostic::error(Span::default(), "the `model` block is empty").with_help("put the equations into it"),
        );
    }
}

/// What expressions need to know of the model around them, and what they ask for.
pub(super) struct Scope {
    /// Names that `ini` or a statement of the model gives a value.
    declared: HashSet<String>,
    /// Names given a value by `model`, in order, then those of `ini`: what `linCmt()` takes its parameters from.
    pub parameters: Vec<String>,
    /// State whose derivative is being read.
    deriving: Option<String>,
    /// States whose derivative is used as a value somewhere.
    derivatives_used: HashSet<String>,
    /// Those of them that are set by now.
    derivatives_set: HashSet<String>,
    /// States fed by `transit()`, with the place of the first one.
    by_transit: Vec<String>,
    /// What `linCmt()` stands for, once it is written out.
    linear_value: Option<Expression>,
    linear_states: Vec<Name>,
    /// Statements that the one being read needs before it.
    before: Vec<Statement>,
    conditional: bool,
    /// Nodes that may still be copied by writing functions out.
    copies_left: usize,
}

/// Nodes that writing functions out may add: nested ones multiply.
const MAX_COPIES: usize = 100_000;

impl Scope {
    fn new(block: &[Tree], ir: &ModelIr) -> Self {
        let mut scope = Self {
            declared: HashSet::new(),
            parameters: Vec::new(),
            deriving: None,
            derivatives_used: HashSet::new(),
            derivatives_set: HashSet::new(),
            by_transit: Vec::new(),
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
        if !self.by_transit.iter().any(|known| known == state) {
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

fn derivative_variable(state: &str) -> String {
    format!("rx_ddt_{state}")
}

struct Reader<'m> {
    scope: &'m mut Scope,
    diagnostics: &'m mut Vec<Diagnostic>,
    endpoints: Vec<Endpoint>,
    /// Compartments in order of `cmt()` or `d/dt()`, `true` where by `cmt()`.
    declared: Vec<(Name, bool)>,
    /// Of conditions around the statement.
    depth: usize,
}

impl Reader<'_> {
    fn block(&mut self, block: &[Tree]) -> Vec<Statement> {
        let mut statements = Vec::with_capacity(block.len());
        let mut derivatives: HashMap<String, Span> = HashMap::new();
        for tree in block {
            let first = statements.len();
            if let Err(diagnostic) = self.statement(tree, &mut statements) {
                self.diagnostics.push(diagnostic);
            }
            for statement in &statements[first..] {
                let Statement::Derivative { state, .. } = statement else { continue };
                if derivatives.insert(state.text.clone(), state.span).is_some() {
                    self.diagnostics.push(
                        Diagnostic::error(tree.span, format!("`d/dt({})` is set twice", state.text))
                            .with_help("put all terms into one equation"),
                    );
                }
            }
        }
        statements
    }

    fn statement(&mut self, tree: &Tree, statements: &mut Vec<Statement>) -> Result<(), Diagnostic> {
        let span = tree.span;
        if let Some((target, value)) = tree.as_assignment() {
            return self.assignment(target, value, true, statements);
        }
        match &tree.node {
            TreeNode::Infix(Operator::Tilde, target, value) if endpoint::is_error_model(value) => {
                self.endpoint(target, value, span, statements)
            }
            TreeNode::Infix(Operator::Tilde, target, value) => self.assignment(target, value, false, statements),
            TreeNode::Infix(Operator::SuperAssign, ..) => {
                Err(Diagnostic::error(span, "this kind of assignment is not supported").with_help("write `<-`"))
            }
            TreeNode::Prefix(Operator::Tilde, _) => {
                Err(Diagnostic::error(span, "a residual without the variable it belongs to")
                    .with_help("write `Cc ~ add(add_sd)`"))
            }
            TreeNode::If { .. } => self.conditional(tree, statements),
            TreeNode::Loop(word) => Err(expression::no_loop(word, span)),
            TreeNode::Block(inner) => {
                let inner = self.block(inner);
                statements.extend(inner);
                Ok(())
            }
            TreeNode::Broken => Ok(()),
            _ => {
                match tree.as_call() {
                    Some((name, arguments)) => self.call(name, arguments, tree, statements),
                    None => Err(Diagnostic::error(span, "this statement sets nothing")
                        .with_help("assign the value: `name <- ...`")),
                }
            }
        }
    }

    /// A call that stands alone.
    fn call(
        &mut self,
        name: &str,
        arguments: &[Argument],
        tree: &Tree,
        statements: &mut Vec<Statement>,
    ) -> Result<(), Diagnostic> {
        let span = tree.span;
        let help = match name {
            "cmt" => {
                let state = state_name(arguments, span, "cmt")?;
                self.declared.push((state, true));
                return Ok(());
            }
            "linCmt" => {
                self.scope.linear_compartment(arguments, span)?;
                statements.append(&mut self.scope.before);
                return Ok(());
            }
            "param" | "params" => {
                self.diagnostics.push(Diagnostic::note(span, format!("`{name}()` orders R's parameters: not used")));
                return Ok(());
            }
            "locf" | "nocb" | "linear" | "midpoint" => {
                "say in the study how covariates run between records, and remove this line"
            }
            "bolus" | "infuse" | "infuseDur" | "evid_" | "replace" | "multiply" | "phantom" | "reset" | "obs" => {
                "give doses in the regimen or the data, not in the model"
            }
            "printf" | "Rprintf" | "print" => "remove it",
            "ifelse" => "write `if (...) { name <- ... } else { name <- ... }`, or assign the value of `ifelse`",
            _ => "assign the value: `name <- ...`, or remove the line",
        };
        Err(Diagnostic::error(span, format!("`{name}()` is not supported as a statement")).with_help(help))
    }

    fn assignment(
        &mut self,
        target: &Tree,
        value: &Tree,
        output: bool,
        statements: &mut Vec<Statement>,
    ) -> Result<(), Diagnostic> {
        let kind = Target::read(target)?;
        if let Target::Derivative(state) = &kind {
            if !self.declared.iter().any(|(known, by_cmt)| !by_cmt && known.text == state.text) {
                self.declared.push((state.clone(), false));
            }
            self.scope.deriving = Some(state.text.clone());
        }
        let lowered = expression(value, self.scope);
        self.scope.deriving = None;
        statements.append(&mut self.scope.before);
        let value = lowered?;
        let statement = match kind {
            Target::Variable(name) => Statement::Assign { name, value, output },
            Target::Initial(state) => Statement::Initial { state, value },
            Target::Dose(property, state) => Statement::DoseProperty { property, state, value },
            Target::EventTime(name) => Statement::EventTime { name, value },
            Target::Derivative(state) if self.scope.derivatives_used.contains(&state.text) => {
                self.scope.derivatives_set.insert(state.text.clone());
                let variable = Name { text: derivative_variable(&state.text), span: state.span };
                let held = expression::at(value.span, name(&variable.text));
                statements.push(Statement::Assign { name: variable, value, output: false });
                Statement::Derivative { state, value: held }
            }
            Target::Derivative(state) => Statement::Derivative { state, value },
        };
        statements.push(statement);
        Ok(())
    }

    fn endpoint(
        &mut self,
        target: &Tree,
        value: &Tree,
        span: Span,
        statements: &mut Vec<Statement>,
    ) -> Result<(), Diagnostic> {
        if self.depth > 0 {
            return Err(Diagnostic::error(span, "an endpoint inside `if`")
                .with_help("put it outside, and choose its SD by `if`"));
        }
        let prediction = match (&target.node, target.as_call()) {
            (TreeNode::Name(text), _) => Name { text: text.clone(), span: target.span },
            (_, Some(("linCmt", arguments))) => {
                let value = self.scope.linear_compartment(arguments, target.span)?;
                statements.append(&mut self.scope.before);
                // The name that nlmixr2 gives it.
                let name = Name { text: "rxLinCmt".to_owned(), span: target.span };
                statements.push(Statement::Assign { name: name.clone(), value, output: true });
                name
            }
            (_, Some(("ll" | "n2ll", _))) => {
                return Err(Diagnostic::error(span, "likelihoods of one's own cannot be simulated")
                    .with_help("choose a distribution that can, such as add(), prop(), lnorm(), pois()"));
            }
            _ => {
                return Err(Diagnostic::error(target.span, "the left side of an endpoint is the name of a variable")
                    .with_help("assign the prediction to a variable first"));
            }
        };
        let endpoint = endpoint::endpoint(prediction, value, span, self.scope)?;
        let data_name = |e: &Endpoint| e.condition.as_ref().unwrap_or(&e.prediction).text.clone();
        if self.endpoints.iter().any(|known| data_name(known) == data_name(&endpoint)) {
            return Err(Diagnostic::error(span, format!("a second endpoint `{}`", data_name(&endpoint)))
                .with_help("tell the two apart by `| name`"));
        }
        self.endpoints.push(endpoint);
        Ok(())
    }

    fn conditional(&mut self, tree: &Tree, statements: &mut Vec<Statement>) -> Result<(), Diagnostic> {
        let outside = std::mem::replace(&mut self.scope.conditional, true);
        self.depth += 1;
        let read = self.branches(tree);
        self.depth -= 1;
        self.scope.conditional = outside;
        statements.push(read?);
        Ok(())
    }

    fn branches(&mut self, tree: &Tree) -> Result<Statement, Diagnostic> {
        let mut branches = Vec::new();
        let mut faulty = Ok(());
        let mut rest = tree;
        // All branches are read even where a condition is faulty, so that their faults show too.
        while let TreeNode::If { condition, then, otherwise } = &rest.node {
            let condition = expression(condition, self.scope);
            let guarded = self.block(then.statements());
            match condition {
                Ok(condition) => branches.push((condition, guarded)),
                Err(diagnostic) => match faulty {
                    Ok(()) => faulty = Err(diagnostic),
                    Err(_) => self.diagnostics.push(diagnostic),
                },
            }
            match otherwise {
                Some(otherwise) => rest = otherwise,
                None => {
                    faulty?;
                    return Ok(Statement::If { branches, otherwise: Vec::new() });
                }
            }
        }
        let otherwise = self.block(rest.statements());
        faulty?;
        Ok(Statement::If { branches, otherwise })
    }
}

/// What stands left of `<-`.
enum Target {
    Variable(Name),
    Derivative(Name),
    Initial(Name),
    Dose(DoseProperty, Name),
    EventTime(Name),
}

impl Target {
    fn read(target: &Tree) -> Result<Self, Diagnostic> {
        let span = target.span;
        if let Some(state) = derivative_of(target) {
            return Ok(Self::Derivative(not_time(state?)?));
        }
        match &target.node {
            TreeNode::Name(text) | TreeNode::Text(text) => {
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
        if let [Argument { name: None, value: Some(Tree { node: TreeNode::Number(at), span: place, .. }) }] = arguments
        {
            if *at != 0.0 {
                return Err(Diagnostic::error(*place, format!("the value of `{word}` at time {at}"))
                    .with_help(format!("only initial values can be set: `{word}(0) <- ...`")));
            }
            let Tree { node: TreeNode::Call(state, _), .. } = target else { unreachable!("a call, as asked above") };
            return Ok(Self::Initial(Name { text: word.to_owned(), span: state.span }));
        }
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
            _ => {
                return Err(Diagnostic::error(span, format!("nothing can be assigned to `{word}(...)`"))
                    .with_help("the left side is a name, d/dt(x), x(0), f(x), alag(x), dur(x), rate(x) or mtime(x)"));
            }
        };
        Ok(Self::Dose(property, state_name(arguments, span, word)?))
    }
}

fn not_time(name: Name) -> Result<Name, Diagnostic> {
    if is_time(&name.text) {
        return Err(Diagnostic::error(name.span, format!("`{}` is the time and cannot be set", name.text))
            .with_help("choose another name"));
    }
    Ok(name)
}

/// States in order of compartment number: `cmt()` and `d/dt()` as they come, those of `linCmt()` last.
fn states(
    declared: &[(Name, bool)],
    statements: &[Statement],
    scope: &Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Name> {
    let mut with_derivative: HashSet<&str> =
        declared.iter().filter(|(_, by_cmt)| !by_cmt).map(|(name, _)| name.text.as_str()).collect();
    for state in &scope.linear_states {
        if !with_derivative.insert(&state.text) {
            diagnostics.push(
                Diagnostic::error(state.span, format!("`linCmt()` has a state `{}` of its own", state.text))
                    .with_help(format!("give the state of `d/dt({})` another name", state.text)),
            );
        }
    }
    let mut seen = HashSet::new();
    let mut states = Vec::new();
    for (name, by_cmt) in declared {
        if !with_derivative.contains(name.text.as_str()) {
            if *by_cmt {
                let message = format!("compartment `{}` has no differential equation: it is no state", name.text);
                diagnostics.push(Diagnostic::note(name.span, message));
            }
        } else if seen.insert(name.text.as_str()) {
            states.push(name.clone());
        }
    }
    for state in &scope.linear_states {
        if seen.insert(&state.text) {
            states.push(state.clone());
        }
    }
    let assigned = |name: &str| scope.is_declared(name);
    for state in &states {
        if assigned(&state.text) && assigns(statements, &state.text) {
            diagnostics.push(
                Diagnostic::error(state.span, format!("`{}` is a state and a variable", state.text))
                    .with_help("give one of them another name"),
            );
        }
    }
    states
}

fn assigns(statements: &[Statement], variable: &str) -> bool {
    statements.iter().any(|statement| match statement {
        Statement::Assign { name, .. } | Statement::EventTime { name, .. } => name.text == variable,
        Statement::If { branches, otherwise } => {
            branches.iter().any(|(_, guarded)| assigns(guarded, variable)) || assigns(otherwise, variable)
        }
        _ => false,
    })
}

/// A dose into a state fed by `transit()` enters through the chain alone, as in rxode2: its bolus is F = 0.
fn suppress_boluses(statements: &mut Vec<Statement>, scope: &Scope, diagnostics: &mut Vec<Diagnostic>) {
    for fed in &scope.by_transit {
        let given = statements.iter().find_map(|statement| match statement {
            Statement::DoseProperty { property: DoseProperty::Bioavailability, state, value } if state.text == *fed => {
                Some((state.span, value.node == Node::Number(0.0)))
            }
            _ => None,
        });
        match given {
            Some((_, true)) => {}
            Some((span, false)) => diagnostics.push(
                Diagnostic::error(
                    span,
                    format!("`f({fed})` beside `transit()`: doses enter `{fed}` through the chain alone"),
                )
                .with_help("give the bioavailability as the third argument, `transit(n, mtt, bio)`"),
            ),
            None => statements.push(Statement::DoseProperty {
                property: DoseProperty::Bioavailability,
                state: Name { text: fed.clone(), span: Span::default() },
                value: number(0.0),
            }),
        }
    }
}

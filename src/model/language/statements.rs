//! The `model` block: equations, dose properties, initial values, conditions, endpoints.

use super::endpoint;
use super::expression::{self, expression, name, number, state_name};
use super::scope::{Scope, derivative_variable};
use super::target::Target;
use super::tree::{Argument, Operator, Tree, TreeNode};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{DoseProperty, Endpoint, Interpolation, ModelIr, Name, Node, Span, Statement};
use std::collections::{HashMap, HashSet};

/// Reads the statements of `model({...})` into the model.
pub(super) fn model_block(block: &[Tree], ir: &mut ModelIr, diagnostics: &mut Vec<Diagnostic>) {
    let mut scope = Scope::new(block, ir);
    let mut reader = Reader {
        scope: &mut scope,
        diagnostics,
        endpoints: Vec::new(),
        interpolation: Vec::new(),
        declared: Vec::new(),
        with_equation: HashSet::new(),
        endpoint_names: HashSet::new(),
        interpolated: HashSet::new(),
        depth: 0,
    };
    let mut statements = reader.block(block);
    let Reader { endpoints, interpolation, declared, .. } = reader;
    ir.endpoints = endpoints;
    ir.interpolation = interpolation;
    ir.states = states(&declared, &statements, &scope, diagnostics);
    suppress_boluses(&mut statements, &scope, diagnostics);
    ir.statements = statements;
}

struct Reader<'m> {
    scope: &'m mut Scope,
    diagnostics: &'m mut Vec<Diagnostic>,
    endpoints: Vec<Endpoint>,
    interpolation: Vec<(Name, Interpolation)>,
    /// Compartments in order of `cmt()` or `d/dt()`, `true` where by `cmt()`.
    declared: Vec<(Name, bool)>,
    /// States that have a `d/dt()`.
    with_equation: HashSet<String>,
    /// Names of endpoints in data.
    endpoint_names: HashSet<String>,
    /// Covariates told how to run.
    interpolated: HashSet<String>,
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
            "locf" => return self.interpolation(Interpolation::Locf, name, arguments, span),
            "nocb" => return self.interpolation(Interpolation::Nocb, name, arguments, span),
            "linear" => return self.interpolation(Interpolation::Linear, name, arguments, span),
            "bolus" | "infuse" | "infuseDur" | "evid_" | "replace" | "multiply" | "phantom" | "reset" | "obs" => {
                "give doses in the regimen or the data, not in the model"
            }
            "midpoint" => "choose `locf()`, `nocb()` or `linear()`, which mean the same to every tool",
            "printf" | "Rprintf" | "print" => "remove it",
            "ifelse" => "write `if (...) { name <- ... } else { name <- ... }`, or assign the value of `ifelse`",
            _ => "assign the value: `name <- ...`, or remove the line",
        };
        Err(Diagnostic::error(span, format!("`{name}()` is not supported as a statement")).with_help(help))
    }

    /// `linear(INS, GLU)`
    fn interpolation(
        &mut self,
        interpolation: Interpolation,
        word: &str,
        arguments: &[Argument],
        span: Span,
    ) -> Result<(), Diagnostic> {
        if self.depth > 0 {
            return Err(Diagnostic::error(span, format!("`{word}()` inside `if`"))
                .with_help("a covariate runs in one way throughout: put it outside"));
        }
        for argument in arguments {
            let covariate = state_name(std::slice::from_ref(argument), span, word).map_err(|_| {
                Diagnostic::error(span, format!("`{word}` takes names of covariates"))
                    .with_help(format!("write `{word}(WT, AGE)`"))
            })?;
            if !self.interpolated.insert(covariate.text.clone()) {
                return Err(Diagnostic::error(
                    covariate.span,
                    format!("`{}` is told twice how to run", covariate.text),
                )
                .with_help("keep one of locf(), nocb(), linear()"));
            }
            self.interpolation.push((covariate, interpolation));
        }
        Ok(())
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
            if self.with_equation.insert(state.text.clone()) {
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
        let data_name = &endpoint.condition.as_ref().unwrap_or(&endpoint.prediction).text;
        if !self.endpoint_names.insert(data_name.clone()) {
            return Err(Diagnostic::error(span, format!("a second endpoint `{data_name}`"))
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
    let mut assigned = HashSet::new();
    assignments(statements, &mut assigned);
    for state in states.iter().filter(|state| assigned.contains(state.text.as_str())) {
        diagnostics.push(
            Diagnostic::error(state.span, format!("`{}` is a state and a variable", state.text))
                .with_help("give one of them another name"),
        );
    }
    states
}

/// Names of the variables set.
fn assignments<'s>(statements: &'s [Statement], found: &mut HashSet<&'s str>) {
    for statement in statements {
        match statement {
            Statement::Assign { name, .. } | Statement::EventTime { name, .. } => {
                found.insert(name.text.as_str());
            }
            Statement::If { branches, otherwise } => {
                branches.iter().for_each(|(_, guarded)| assignments(guarded, found));
                assignments(otherwise, found);
            }
            _ => {}
        }
    }
}

/// A dose into a state fed by `transit()` enters through the chain alone, as in rxode2: its bolus is F = 0.
fn suppress_boluses(statements: &mut Vec<Statement>, scope: &Scope, diagnostics: &mut Vec<Diagnostic>) {
    let mut given = HashMap::new();
    for statement in statements.iter() {
        if let Statement::DoseProperty { property: DoseProperty::Bioavailability, state, value } = statement {
            given.entry(state.text.clone()).or_insert((state.span, value.node == Node::Number(0.0)));
        }
    }
    for fed in &scope.by_transit {
        match given.get(fed) {
            Some((_, true)) => {}
            Some(&(span, false)) => diagnostics.push(
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

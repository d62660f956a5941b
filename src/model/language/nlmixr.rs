//! A file of the nlmixr2/rxode2 language: finds the model function and gives its parts their meaning.

use super::tree::{Argument, Tree, TreeNode};
use super::{ini, metadata, statements};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{Metadata, ModelIr, Span};
use crate::units::TimeUnit;
use std::collections::HashMap;

/// A file's statements as a model. Faults go to the diagnostics; what is returned then is only good for finding more of them.
pub(super) fn model(file: &[Tree], fallback_name: &str, diagnostics: &mut Vec<Diagnostic>) -> ModelIr {
    let mut ir = ModelIr { name: fallback_name.to_owned(), ..ModelIr::default() };
    let Some((name, body)) = find_function(file, diagnostics) else {
        return ir;
    };
    if let Some(name) = name {
        name.clone_into(&mut ir.name);
    }
    let Some(block) = sections(body, &mut ir, diagnostics) else {
        let span =
            body.first().map_or(Span::default(), |first| Span { start: first.span.start, end: first.span.start });
        diagnostics.push(
            Diagnostic::error(span, format!("model `{}` has no `model({{...}})` block", ir.name))
                .with_help("put the equations into `model({ ... })`"),
        );
        return ir;
    };
    statements::model_block(block, &mut ir, diagnostics);
    ir
}

/// The name and the statements of the one function that holds a model, or the file itself where `model({...})` stands bare.
fn find_function<'t>(file: &'t [Tree], diagnostics: &mut Vec<Diagnostic>) -> Option<(Option<&'t str>, &'t [Tree])> {
    let mut functions = file.iter().filter_map(|statement| Some((statement, model_function(statement)?)));
    let bare = file.iter().find(|statement| is_section(statement));
    let Some((chosen, (name, body))) = functions.next() else {
        return match bare {
            Some(_) => Some((None, file)),
            None => {
                no_model(file, diagnostics);
                None
            }
        };
    };
    let first = name.map_or("the first one".to_owned(), |name| format!("`{name}`"));
    for second in functions.map(|(statement, _)| statement).chain(bare) {
        diagnostics.push(
            Diagnostic::error(second.span, format!("this is a second model in one file, after {first}"))
                .with_help("keep one model per file"),
        );
    }
    for statement in file {
        if !std::ptr::eq(statement, chosen) && statement.node != TreeNode::Broken && model_function(statement).is_none()
        {
            diagnostics.push(Diagnostic::note(statement.span, "outside the model: not used"));
        }
    }
    Some((name, body))
}

/// Name and body of `name <- function() {...}` or a bare `function() {...}` with a model in it.
fn model_function(statement: &Tree) -> Option<(Option<&str>, &[Tree])> {
    let (name, value) = match statement.as_assignment() {
        Some((target, value)) => (target.as_name(), value),
        None => (None, statement),
    };
    let TreeNode::Function(body) = &value.node else { return None };
    let body = body.statements();
    body.iter().any(is_section).then_some((name, body))
}

fn no_model(file: &[Tree], diagnostics: &mut Vec<Diagnostic>) {
    if file.iter().any(|statement| statement.node == TreeNode::Broken) {
        // The model may well be in there: a second message would mislead.
        return;
    }
    let old_style = file.iter().any(|statement| {
        let value = statement.as_assignment().map_or(statement, |(_, value)| value);
        matches!(value.as_call(), Some(("rxode2" | "RxODE" | "rxode", _)))
    });
    let message = if file.is_empty() { "the file holds nothing" } else { "no model in this file" };
    let help = if old_style {
        "equations inside `rxode2(...)` are not read: put them into `name <- function() { model({ ... }) }`"
    } else {
        "a model is `name <- function() { ini({ ... }); model({ ... }) }`"
    };
    let span = file.first().map_or(Span::default(), |statement| statement.span);
    diagnostics.push(Diagnostic::error(span, message).with_help(help));
}

fn is_section(statement: &Tree) -> bool {
    matches!(statement.as_call(), Some(("model" | "ini", _)))
}

/// Reads metadata and `ini`; returns the statements of `model`.
fn sections<'t>(body: &'t [Tree], ir: &mut ModelIr, diagnostics: &mut Vec<Diagnostic>) -> Option<&'t [Tree]> {
    let mut parameters: Option<&[Tree]> = None;
    let mut equations: Option<&[Tree]> = None;
    let mut facts = Facts::default();
    for statement in body {
        if let Some((section @ ("ini" | "model"), arguments)) = statement.as_call() {
            let slot = if section == "ini" { &mut parameters } else { &mut equations };
            if slot.is_some() {
                let message = format!("a second `{section}` block");
                diagnostics.push(Diagnostic::error(statement.span, message).with_help("join the two"));
            }
            match arguments {
                [Argument { name: None, value: Some(block) }] => {
                    let block = block.statements();
                    if section == "model" && block.is_empty() {
                        diagnostics.push(
                            Diagnostic::error(statement.span, "the `model` block is empty")
                                .with_help("put the equations into it"),
                        );
                    }
                    *slot = Some(block);
                }
                _ => {
                    diagnostics.push(
                        Diagnostic::error(statement.span, format!("`{section}` takes one block in braces"))
                            .with_help(format!("write `{section}({{ ... }})`")),
                    );
                    slot.get_or_insert(&[]);
                }
            }
            continue;
        }
        match statement.as_assignment().map(|(target, value)| (target.as_name(), value)) {
            Some((Some(name), value)) => match metadata::literal(value) {
                Some(literal) => {
                    assign_metadata(ir, &mut facts, name, literal);
                    if name == "units" {
                        time_is_known(ir, statement.span, diagnostics);
                    }
                }
                None => {
                    diagnostics.push(Diagnostic::note(statement.span, format!("`{name}` is not a literal: not used")))
                }
            },
            _ if statement.node == TreeNode::Broken => {}
            _ => diagnostics.push(Diagnostic::note(statement.span, "outside `ini` and `model`: not used")),
        }
    }
    ir.metadata = facts.list;
    // What `units` says beyond time, dosing and concentration comes first, where it is printed.
    ir.metadata.sort_by_key(|(name, value)| !(name == "units" && matches!(value, Metadata::List(_))));
    if let Some(parameters) = parameters {
        ini::parameters(parameters, ir, diagnostics);
    }
    equations
}

/// Refuses a time that doses and samples cannot be converted to.
fn time_is_known(ir: &ModelIr, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(Err(cause)) = ir.units.time.as_ref().map(|unit| unit.parse::<TimeUnit>()) {
        let message = format!("the model's `units` say how time is counted: {cause}");
        diagnostics.push(Diagnostic::error(span, message).with_help("name one of these, and give rates per that time"));
    }
}

/// Puts a literal where the rest of the crate looks for it. A later assignment replaces an earlier one, as in R.
fn assign_metadata(ir: &mut ModelIr, facts: &mut Facts, name: &str, value: Metadata) {
    match (name, value) {
        ("description", Metadata::Text(text)) => ir.description = Some(text),
        ("reference", Metadata::Text(text)) => ir.reference = Some(text),
        ("units", Metadata::List(entries)) => {
            let mut others = Vec::new();
            for (key, value) in entries {
                match (key.as_deref().map(str::to_lowercase).as_deref(), value) {
                    (Some("time"), Metadata::Text(unit)) => ir.units.time = Some(unit),
                    (Some("dosing"), Metadata::Text(unit)) => ir.units.dosing = Some(unit),
                    (Some("concentration"), Metadata::Text(unit)) => ir.units.concentration = Some(unit),
                    (_, value) => others.push((key, value)),
                }
            }
            if !others.is_empty() {
                facts.set(name, Metadata::List(others));
            }
        }
        (_, value) => facts.set(name, value),
    }
}

/// Metadata by name, in order of their first assignment.
#[derive(Default)]
struct Facts {
    list: Vec<(String, Metadata)>,
    places: HashMap<String, usize>,
}

impl Facts {
    fn set(&mut self, name: &str, value: Metadata) {
        match self.places.get(name) {
            Some(&place) => self.list[place].1 = value,
            None => {
                self.places.insert(name.to_owned(), self.list.len());
                self.list.push((name.to_owned(), value));
            }
        }
    }
}

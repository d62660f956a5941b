//! Literals of R outside `ini` and `model`.

use super::constant;
use super::tree::{Argument, Tree, TreeNode};
use crate::model::ir::Metadata;

/// The value of a literal, or `None` where running R would be needed to know it.
pub(super) fn literal(tree: &Tree) -> Option<Metadata> {
    match &tree.node {
        TreeNode::Text(text) => Some(Metadata::Text(text.clone())),
        TreeNode::Logical(value) => Some(Metadata::Logical(*value)),
        TreeNode::Null => Some(Metadata::Null),
        _ => match tree.as_call() {
            Some(("c" | "list", arguments)) => list(arguments),
            Some(("paste0", arguments)) => pasted(arguments, ""),
            Some(("paste", arguments)) => pasted(arguments, " "),
            Some(("character" | "numeric", [])) => Some(Metadata::List(Vec::new())),
            _ => match constant::values(tree).ok()?.as_slice() {
                [value] => Some(Metadata::Number(*value)),
                values => Some(Metadata::List(values.iter().map(|v| (None, Metadata::Number(*v))).collect())),
            },
        },
    }
}

fn list(arguments: &[Argument]) -> Option<Metadata> {
    let entries = arguments.iter().map(|argument| {
        let name = argument.name.as_ref().map(|name| name.text.clone());
        Some((name, literal(argument.value.as_ref()?)?))
    });
    Some(Metadata::List(entries.collect::<Option<_>>()?))
}

/// `paste()` of texts alone, the usual way to break a long reference over lines.
fn pasted(arguments: &[Argument], separator: &str) -> Option<Metadata> {
    let mut parts = Vec::new();
    let mut separator = separator;
    for Argument { name, value } in arguments {
        let TreeNode::Text(text) = &value.as_ref()?.node else { return None };
        match name.as_ref().map(|name| name.text.as_str()) {
            None => parts.push(text.as_str()),
            Some("sep") => separator = text,
            Some("collapse") => {}
            Some(_) => return None,
        }
    }
    Some(Metadata::Text(parts.join(separator)))
}

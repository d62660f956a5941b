//! What labels and names say about parameters: units in brackets, and which theta a variable comes from.

use super::ir::{BinaryOperator, ModelIr, Node, Statement, Theta};

/// The unit at the end of a label: `L/h` of `Clearance (L/h)`.
#[must_use]
pub fn unit_of_label(label: &str) -> Option<&str> {
    let label = label.trim_end();
    let open = match label.as_bytes().last()? {
        b')' => '(',
        b']' => '[',
        _ => return None,
    };
    let inside = &label[label.rfind(open)? + 1..label.len() - 1];
    let words = inside.split_whitespace().count();
    let is_unit = inside == "%" || ((1..=2).contains(&words) && inside.chars().any(char::is_alphabetic));
    is_unit.then_some(inside)
}

/// Prefixes by which thetas are told from the variables they set: `lcl`, `tvcl`, `tcl`, `log_cl` all set `cl`.
const PREFIXES: [&str; 6] = ["", "l", "tv", "t", "log_", "log"];

/// The theta that sets a variable, by the naming habits of published models.
pub(crate) fn theta_of_variable<'a>(ir: &'a ModelIr, variable: &str) -> Option<&'a Theta> {
    let is_named = |theta: &&Theta, prefix: &str| theta.name.text.strip_prefix(prefix) == Some(variable);
    PREFIXES.iter().find_map(|prefix| ir.thetas.iter().find(|theta| is_named(theta, prefix)))
}

/// Unit of a variable: from the label of the theta that sets it, or, of a sum, from its first term where that is a variable.
pub(crate) fn unit_of_variable(ir: &ModelIr, variable: &str) -> Option<String> {
    if let Some(label) = theta_of_variable(ir, variable).and_then(|theta| theta.label.as_deref()) {
        return unit_of_label(label).map(str::to_owned);
    }
    let value = ir.statements.iter().find_map(|statement| match statement {
        Statement::Assign { name, value, .. } if name.text == variable => Some(value),
        _ => None,
    })?;
    match &value.node {
        Node::Binary(BinaryOperator::Add | BinaryOperator::Subtract, first, _) => match &first.node {
            // A variable that stands in its own sum says nothing of its unit.
            Node::Name(first) if first != variable => {
                unit_of_label(theta_of_variable(ir, first)?.label.as_deref()?).map(str::to_owned)
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_what_stands_in_the_last_brackets() {
        assert_eq!(unit_of_label("Clearance (L/h)"), Some("L/h"));
        assert_eq!(unit_of_label("Clearance (CL) at 70 kg [mL/min] "), Some("mL/min"));
        assert_eq!(unit_of_label("Prothrombin complex activity (%)"), Some("%"));
        assert_eq!(unit_of_label("Effect of age (see the paper for its form)"), None);
        assert_eq!(unit_of_label("Exponent (0.75)"), None);
        assert_eq!(unit_of_label("Hill coefficient"), None);
    }

    #[test]
    fn a_sum_has_the_unit_of_its_first_term() {
        let text = crate::model::library::builtin_text("inotuzumab_garrett_2019").unwrap();
        let ir = crate::model::language::read(text, "garrett").unwrap().ir;
        assert_eq!(unit_of_variable(&ir, "cl1").as_deref(), Some("L/h"));
        assert_eq!(unit_of_variable(&ir, "cl").as_deref(), Some("L/h"), "cl1 + cl2 exp(-kdes t)");
        assert_eq!(unit_of_variable(&ir, "sd_log"), None);
    }
}

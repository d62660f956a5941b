//! Whether the variances of a model are variances.

use nalgebra::DMatrix;

use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{ModelIr, OmegaBlock, Span};

/// Most negative eigenvalue, relative to the largest, that a published block may have from the rounding of its printed digits.
const ROUNDING: f64 = 1e-8;

/// The lower triangle of a block as a full matrix.
pub(crate) fn matrix(block: &OmegaBlock) -> DMatrix<f64> {
    DMatrix::from_fn(block.size, block.size, |row, column| {
        let (row, column) = (row.max(column), row.min(column));
        block.lower[row * (row + 1) / 2 + column]
    })
}

/// What is wrong with the random effects.
pub(crate) fn check(ir: &ModelIr) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let covered: usize = ir.omegas.iter().map(|block| block.size).sum();
    if let Some(eta) = ir.etas.get(covered) {
        let message = format!("the random effect `{}` has no variance", eta.name.text);
        let help = format!("write `{} ~ variance` in ini", eta.name.text);
        diagnostics.push(Diagnostic::error(eta.name.span, message).with_help(help));
    } else if covered > ir.etas.len() {
        let span = ir.omegas.last().map_or(Span::default(), |block| block.span);
        diagnostics.push(Diagnostic::error(span, "there are more variances than random effects"));
    }
    let mut first = 0;
    for block in &ir.omegas {
        let names = ir.etas.iter().skip(first).take(block.size).map(|eta| eta.name.text.as_str());
        if let Some(message) = problem(block, &super::names::list(names)) {
            diagnostics.push(
                Diagnostic::error(block.span, message)
                    .with_help("variances are squares of SDs, covariances at most the product of both SDs"),
            );
        }
        first += block.size;
    }
    diagnostics
}

fn problem(block: &OmegaBlock, names: &str) -> Option<String> {
    let expected = block.size * (block.size + 1) / 2;
    if block.lower.len() != expected {
        let found = block.lower.len();
        return Some(format!("the block of {names} has {found} values; its lower triangle has {expected}"));
    }
    if let Some(value) = block.lower.iter().find(|value| !value.is_finite()) {
        return Some(format!("the block of {names} holds `{value}`; a variance is a finite number"));
    }
    let matrix = matrix(block);
    if let Some(variance) = matrix.diagonal().iter().find(|variance| **variance < 0.0) {
        return Some(format!("a variance of {names} is `{variance}`; it must not be negative"));
    }
    if block.size == 1 {
        return None;
    }
    let eigenvalues = matrix.symmetric_eigenvalues();
    let smallest = eigenvalues.min();
    (smallest < -ROUNDING * eigenvalues.max())
        .then(|| format!("the variances of {names} are not positive semidefinite (smallest eigenvalue {smallest:.3e})"))
}

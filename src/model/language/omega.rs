//! Variances and covariances of random effects, in the forms of the language.

use super::constant;
use super::ini::{Given, is_fix};
use super::tree::{Argument, Tree};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{Eta, ModelIr, OmegaBlock, Span};

/// The right side of `etas ~ ...`.
pub(super) struct Entries {
    /// In the order written; names where given.
    values: Vec<(Option<String>, f64)>,
    fixed: bool,
    scale: Scale,
    span: Span,
}

/// Largest block: the lines of a matrix would otherwise let a small file ask for any amount of memory.
const MAX_BLOCK: usize = 100;

/// What the numbers are.
#[derive(Clone, Copy, Default)]
struct Scale {
    /// `sd(...)`: the diagonal holds standard deviations.
    sd: bool,
    /// `cor(...)`: the rest holds correlations.
    correlation: bool,
    /// `chol(...)`: the triangle is the Cholesky factor.
    cholesky: bool,
}

impl Entries {
    /// Numbers inside any of `fix()`, `sd()`, `var()`, `cor()`, `cov()`, `chol()`, `c()`.
    pub fn read(tree: &Tree) -> Result<Self, Diagnostic> {
        let mut entries = Self { values: Vec::new(), fixed: false, scale: Scale::default(), span: tree.span };
        entries.unwrap(tree)?;
        for (_, value) in &entries.values {
            if !value.is_finite() {
                return Err(Diagnostic::error(tree.span, format!("a variance or covariance is {value}"))
                    .with_help("give a finite number; check the logarithms and divisions"));
            }
        }
        if entries.values.is_empty() {
            return Err(Diagnostic::error(tree.span, "a variance is missing").with_help("write `eta ~ 0.1`"));
        }
        Ok(entries)
    }

    fn unwrap(&mut self, tree: &Tree) -> Result<(), Diagnostic> {
        let Some((word, arguments)) = tree.as_call() else {
            self.values.extend(constant::values(tree)?.into_iter().map(|value| (None, value)));
            return Ok(());
        };
        match word {
            _ if is_fix(word) => self.fixed = true,
            "sd" => self.scale.sd = true,
            "cor" => self.scale.correlation = true,
            "chol" => self.scale.cholesky = true,
            "var" | "cov" | "c" => {}
            _ => {
                self.values.extend(constant::values(tree)?.into_iter().map(|value| (None, value)));
                return Ok(());
            }
        }
        for Argument { name, value } in arguments {
            let Some(value) = value else {
                return Err(Diagnostic::error(tree.span, "a value is missing between two commas")
                    .with_help("remove the comma that is too many"));
            };
            match (name, value.as_name()) {
                (_, Some(word)) if is_fix(word) => self.fixed = true,
                (Some(name), _) => {
                    let given = Given::read(value)?;
                    self.fixed |= given.fixed;
                    let [number] = given.numbers.as_slice() else {
                        return Err(Diagnostic::error(value.span, format!("`{}` has several numbers", name.text))
                            .with_help("give one covariance to each name"));
                    };
                    self.values.push((Some(name.text.clone()), *number));
                }
                (None, _) => self.unwrap(value)?,
            }
        }
        Ok(())
    }
}

/// Adds etas with their block. A single eta with several numbers is one more line of the matrix above it.
pub(super) fn append(ir: &mut ModelIr, etas: Vec<Eta>, entries: &Entries, span: Span) -> Result<(), Diagnostic> {
    let size = etas.len();
    let count = entries.values.len();
    let named = entries.values.iter().any(|(name, _)| name.is_some());
    let lower = if count == triangle(size) && !(named && size > 1) {
        covariances(entries.values.iter().map(|(_, value)| *value).collect(), size, entries)?
    } else if size == 1 {
        return append_line(ir, etas, entries, span);
    } else if named {
        return Err(Diagnostic::error(entries.span, "names inside the triangle of several random effects")
            .with_help("give the numbers alone, row by row, or one line for each random effect"));
    } else {
        let message = format!("{size} random effects need {} numbers, found {count}", triangle(size));
        return Err(
            Diagnostic::error(entries.span, message).with_help("give the lower triangle row by row, diagonal included")
        );
    };
    ir.etas.extend(etas);
    ir.omegas.push(OmegaBlock { size, lower, fixed: entries.fixed, span });
    Ok(())
}

/// `b ~ c(cov_a_b, var_b)` after `a ~ var_a`, or `b ~ c(a = cov_a_b, b = var_b)`.
fn append_line(ir: &mut ModelIr, etas: Vec<Eta>, entries: &Entries, span: Span) -> Result<(), Diagnostic> {
    let eta = &etas[0];
    if entries.scale.sd || entries.scale.correlation || entries.scale.cholesky {
        return Err(Diagnostic::error(entries.span, "`sd`, `cor` and `chol` need the whole triangle")
            .with_help("write `a + b ~ sd(cor(c(...)))`, or give variances and covariances"));
    }
    let own = ir.etas.len();
    let count = entries.values.len();
    let nearest = || ir.etas.iter().enumerate().rev().take(MAX_BLOCK);
    // Column of the matrix for each number: the eta's place among all etas.
    let mut row = Vec::with_capacity(count);
    for (i, (name, value)) in entries.values.iter().enumerate() {
        let column = match name {
            Some(name) if *name == eta.name.text => own,
            Some(name) => nearest().find(|(_, e)| e.name.text == *name).map(|(column, _)| column).ok_or_else(|| {
                Diagnostic::error(entries.span, format!("`{name}` is not a random effect declared above"))
                    .with_help("a line of the matrix names the random effects before it")
            })?,
            None => (own + 1 + i).checked_sub(count).ok_or_else(|| {
                let message =
                    format!("`{}` has {count} numbers, but only {own} random effects stand above it", eta.name.text);
                Diagnostic::error(entries.span, message)
                    .with_help("a line holds the covariances with those above, then its own variance")
            })?,
        };
        row.push((column, *value));
    }
    let first = row.iter().map(|(column, _)| *column).fold(own, usize::min);
    // Blocks from the one that holds `first` on become one.
    let (mut block, mut start) = (ir.omegas.len(), own);
    while start > first {
        block -= 1;
        start -= ir.omegas[block].size;
    }
    let size = own - start + 1;
    if size > MAX_BLOCK {
        return Err(Diagnostic::error(entries.span, format!("a block of more than {MAX_BLOCK} random effects"))
            .with_help("declare independent random effects without covariances"));
    }
    let merged = ir.omegas.split_off(block);
    if ir.etas[start..].iter().any(|above| above.level != eta.level) {
        ir.omegas.extend(merged);
        return Err(Diagnostic::error(
            entries.span,
            format!("`{}` covaries with a random effect of another level", eta.name.text),
        )
        .with_help("only random effects of one level can covary"));
    }
    let mut lower = Vec::with_capacity(triangle(size));
    let mut fixed = entries.fixed;
    let mut offset = 0;
    for part in &merged {
        for i in 0..part.size {
            lower.extend(std::iter::repeat_n(0.0, offset));
            lower.extend(&part.lower[triangle(i)..triangle(i + 1)]);
        }
        offset += part.size;
        fixed |= part.fixed;
    }
    let columns = lower.len();
    lower.resize(triangle(size), 0.0);
    for (column, value) in row {
        lower[columns + column - start] = value;
    }
    let span = merged.first().map_or(span, |part| super::tree::join(part.span, span));
    ir.etas.extend(etas);
    ir.omegas.push(OmegaBlock { size, lower, fixed, span });
    Ok(())
}

/// Numbers of the lower triangle, diagonal included.
fn triangle(size: usize) -> usize {
    size * (size + 1) / 2
}

/// The triangle as variances and covariances.
fn covariances(mut lower: Vec<f64>, size: usize, entries: &Entries) -> Result<Vec<f64>, Diagnostic> {
    let Scale { sd, correlation, cholesky } = entries.scale;
    let at = |i: usize, j: usize| triangle(i) + j;
    if cholesky {
        let factor = lower.clone();
        for i in 0..size {
            for j in 0..=i {
                lower[at(i, j)] = (0..=j).map(|k| factor[at(i, k)] * factor[at(j, k)]).sum();
            }
        }
        return Ok(lower);
    }
    if sd {
        for i in 0..size {
            if lower[at(i, i)] < 0.0 {
                let message = format!("the standard deviation {} is negative", lower[at(i, i)]);
                return Err(Diagnostic::error(entries.span, message).with_help("give a positive number"));
            }
            lower[at(i, i)] *= lower[at(i, i)];
        }
    }
    if correlation {
        for i in 0..size {
            for j in 0..i {
                let value = lower[at(i, j)];
                if value.abs() > 1.0 {
                    return Err(Diagnostic::error(
                        entries.span,
                        format!("the correlation {value} is not between -1 and 1"),
                    )
                    .with_help("give covariances without `cor`"));
                }
                lower[at(i, j)] = value * (lower[at(i, i)] * lower[at(j, j)]).sqrt();
            }
        }
    }
    Ok(lower)
}

/// A pivot below this share of its variance is zero: a triangle printed with four digits is not more exact.
const SINGULAR: f64 = 1e-9;

/// Reports blocks that are no covariance matrix. Zero and singular ones are legal.
pub(super) fn check(ir: &ModelIr, diagnostics: &mut Vec<Diagnostic>) {
    let mut first = 0;
    for block in &ir.omegas {
        let names = &ir.etas[first..first + block.size];
        first += block.size;
        let negative = (0..block.size).find(|&i| block.lower[triangle(i) + i] < 0.0);
        if let Some(i) = negative {
            let message =
                format!("the variance {} of `{}` is negative", block.lower[triangle(i) + i], names[i].name.text);
            diagnostics
                .push(Diagnostic::error(names[i].name.span, message).with_help("variances are zero or positive"));
        } else if let Some(i) = failing_row(block) {
            let message =
                format!("the variances and covariances up to `{}` are not positive semi-definite", names[i].name.text);
            diagnostics.push(Diagnostic::error(block.span, message).with_help(
                "check the order of the triangle (row by row, diagonal included): a covariance cannot exceed the product of the two standard deviations",
            ));
        }
    }
}

/// Outer-product Cholesky (Golub and Van Loan, Matrix Computations, 4th ed., algorithm 4.2.2), stopped where a pivot is negative.
fn failing_row(block: &OmegaBlock) -> Option<usize> {
    let mut a = block.lower.clone();
    let at = |i: usize, j: usize| triangle(i) + j;
    for k in 0..block.size {
        let scale = block.lower[at(k, k)];
        let pivot = a[at(k, k)];
        if pivot < -SINGULAR * scale {
            return Some(k);
        }
        for i in k + 1..block.size {
            let limit = SINGULAR * (block.lower[at(i, i)] * scale).sqrt();
            if pivot <= SINGULAR * scale {
                if a[at(i, k)].abs() > limit.max(f64::MIN_POSITIVE) {
                    return Some(i);
                }
                continue;
            }
            let factor = a[at(i, k)] / pivot;
            for j in k + 1..=i {
                a[at(i, j)] -= factor * a[at(j, k)];
            }
        }
    }
    None
}

//! What a model is, for a reader: parameters on the scale one thinks in, covariates, equations, structure.

mod json;

use std::fmt::Write as _;
use std::sync::Arc;

pub use json::to_json;

use super::ir::{ErrorModel, Expression, Node, OmegaBlock};
use super::labels::unit_of_label;
use super::language::print::Equations;
use super::{Model, Scale};
use crate::engine::program::{Block, Structure};
use crate::engine::{Engine, SolverChoice, Tolerance};

/// The model as a page of text, line by line, without colours.
#[must_use]
pub fn to_text(model: &Model) -> String {
    let ir = model.ir();
    let mut out = format!("{}\n", ir.name);
    for text in [&ir.description, &ir.reference].into_iter().flatten() {
        wrap(&mut out, text);
    }
    let units = [("time", &ir.units.time), ("dose", &ir.units.dosing), ("concentration", &ir.units.concentration)];
    let units: Vec<String> =
        units.iter().filter_map(|(what, unit)| Some(format!("{what} {}", unit.as_ref()?))).collect();
    if !units.is_empty() {
        let _ = writeln!(out, "units: {}", units.join(", "));
    }
    section(&mut out, "parameters", &parameters(model));
    section(&mut out, "random effects", &random_effects(model));
    for level in levels(model) {
        let _ =
            writeln!(out, "  drawn anew for each value of {level} in the data; in a cohort without it, for each cycle");
    }
    section(&mut out, "covariates", &covariates(model));
    if !ir.statements.is_empty() {
        out.push_str("\nequations\n");
        let _ = write!(out, "{}", Equations(&ir.statements));
    }
    if !ir.endpoints.is_empty() {
        out.push_str("\nendpoints\n");
        for endpoint in &ir.endpoints {
            let _ = writeln!(out, "  {endpoint}");
            if let Some(zeros) = zero_residual(model, &endpoint.error) {
                let _ = writeln!(out, "    {zeros}: observations are simulated without residual error");
            }
        }
    }
    out.push_str("\nstructure\n");
    if let Some(dosed) = model.default_dose_state() {
        let numbered = |(index, name)| format!("{} {name}{}", index + 1, if index == dosed { " (doses)" } else { "" });
        let compartments: Vec<String> = model.states().enumerate().map(numbered).collect();
        let _ = writeln!(out, "  compartments: {}", compartments.join(", "));
    }
    let _ = writeln!(out, "  {}: {}", structure_words(model.program().structure), model.structure_reason());
    if let Ok(engine) = Engine::new(Arc::new(model.program().clone()), SolverChoice::Auto, Tolerance::default()) {
        let _ = writeln!(out, "  solver {}: {}", engine.solver(), engine.why());
    }
    if let Some(output) = model.program().exposure.and_then(|exposure| model.outputs().get(exposure.output)) {
        let _ = writeln!(out, "  exposure is measured on {}", output.name);
    }
    let positive: Vec<&str> = model.program().must_be_positive.iter().map(|(_, name)| name.as_str()).collect();
    if !positive.is_empty() {
        let _ = writeln!(out, "  a subject fails where one of these is not above 0: {}", positive.join(", "));
    }
    let cost = |block: &Block| block.instructions.len();
    let program = model.program();
    let _ = writeln!(
        out,
        "  operations: {} per subject, {} per record, {} per evaluation of the derivatives, {} per sample",
        cost(&program.subject),
        cost(&program.record),
        cost(&program.derivative),
        cost(&program.observation)
    );
    out
}

/// Columns of prose on the page.
const WIDTH: usize = 100;

/// The text in lines of at most [`WIDTH`] columns, where its words allow.
fn wrap(out: &mut String, text: &str) {
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            out.push('\n');
            column = 0;
        }
        if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

/// The structure in words.
#[must_use]
pub fn structure_words(structure: Structure) -> &'static str {
    match structure {
        Structure::LinearConstant => "linear with constant coefficients",
        Structure::LinearTimeVarying => "linear in the states with coefficients that change in time",
        Structure::Nonlinear => "nonlinear",
        Structure::NotSmooth => "not smooth",
    }
}

/// Heading and aligned columns; nothing where there are no rows but the column names.
fn section(out: &mut String, title: &str, rows: &[Vec<String>]) {
    if rows.len() < 2 {
        return;
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let _ = writeln!(out, "\n{title}");
    for row in rows {
        let mut line = String::from(" ");
        for (cell, &width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            let _ = write!(line, " {cell:width$} ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn cells(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// A value to four digits, as tables print it.
fn rounded(value: f64) -> String {
    let text = format!("{value:.3e}");
    let rounded: f64 = text.parse().unwrap_or(value);
    if value == 0.0 || (1e-4..1e7).contains(&value.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }
}

/// CV in percent of a log-normal parameter: 100 sqrt(exp(omega) - 1), omega a variance on the log scale.
#[must_use]
pub fn cv_percent(omega: f64) -> f64 {
    100.0 * libm::expm1(omega).sqrt()
}

/// The fixed effects as a table, on the scale one thinks in; the first row says what the columns are.
#[must_use]
pub fn parameters(model: &Model) -> Vec<Vec<String>> {
    let mut rows = vec![cells(&["name", "typical", "unit", "CV %", "in ini", "meaning"])];
    let etas = &model.analysis.scales.etas;
    for (index, (theta, scale)) in model.ir().thetas.iter().zip(&model.analysis.scales.thetas).enumerate() {
        let (typical, in_ini) = match scale {
            Scale::Log => (libm::exp(theta.estimate), rounded(theta.estimate)),
            Scale::Natural => (theta.estimate, String::new()),
            Scale::Logit => (theta.estimate, format!("logit of {}", rounded(1.0 / (1.0 + libm::exp(-theta.estimate))))),
        };
        let variability = etas.iter().position(|&eta| eta == (Scale::Log, Some(index)));
        let label = theta.label.as_deref().unwrap_or("");
        let unit = unit_of_label(label).unwrap_or("");
        let fixed = if theta.fixed { "fixed" } else { "" };
        rows.push(vec![
            theta.name.text.clone(),
            rounded(typical),
            unit.to_owned(),
            variability.map_or(String::new(), |eta| format!("{:.1}", cv_percent(variance(model.omegas(), eta)))),
            [in_ini.as_str(), fixed].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join(" "),
            label.strip_suffix(&format!("({unit})")).unwrap_or(label).trim_end().to_owned(),
        ]);
    }
    rows
}

/// Variance of an eta by its index among all.
fn variance(omegas: &[OmegaBlock], eta: usize) -> f64 {
    let mut index = eta;
    for block in omegas {
        if index < block.size {
            return block.lower[OmegaBlock::position(index, index)];
        }
        index -= block.size;
    }
    f64::NAN
}

/// The random effects as a table; the first row says what the columns are.
#[must_use]
pub fn random_effects(model: &Model) -> Vec<Vec<String>> {
    let mut rows = vec![cells(&["name", "variance", "SD", "CV %", "level", "correlations"])];
    let mut first = 0;
    for block in model.omegas() {
        for row in 0..block.size {
            let eta = first + row;
            let omega = |other: usize| block.lower[OmegaBlock::position(row, other)];
            let correlation = |other: usize| {
                let scale = (omega(row) * block.lower[OmegaBlock::position(other, other)]).sqrt();
                format!("{} {}", model.ir().etas[first + other].name.text, rounded(omega(other) / scale))
            };
            let correlations: Vec<String> = (0..row).filter(|&other| omega(other) != 0.0).map(correlation).collect();
            let is_log = model.analysis.scales.etas[eta].0 == Scale::Log;
            rows.push(vec![
                model.ir().etas[eta].name.text.clone(),
                rounded(omega(row)),
                rounded(omega(row).sqrt()),
                if is_log { format!("{:.1}", cv_percent(omega(row))) } else { String::new() },
                model.ir().etas[eta].level.clone().unwrap_or_default(),
                correlations.join(", "),
            ]);
        }
        first += block.size;
    }
    rows
}

/// Columns that say the occasion, each once.
fn levels(model: &Model) -> Vec<&str> {
    let mut levels: Vec<&str> = model.ir().etas.iter().filter_map(|eta| eta.level.as_deref()).collect();
    levels.dedup();
    levels
}

/// `a, b are 0` where an endpoint has SDs and all of them are parameters of value 0.
fn zero_residual(model: &Model, error: &ErrorModel) -> Option<String> {
    let ErrorModel::Continuous { additive, proportional, .. } = error else { return None };
    let sds = additive.iter().chain(proportional.iter().map(|(sd, _)| sd));
    let zeros: Vec<&str> = sds.map(|sd| zero_theta(model, sd)).collect::<Option<_>>()?;
    Some(format!("{} {} 0", zeros.join(", "), if zeros.len() == 1 { "is" } else { "are" }))
}

fn zero_theta<'m>(model: &'m Model, expression: &Expression) -> Option<&'m str> {
    let Node::Name(name) = &expression.node else { return None };
    let theta = model.ir().thetas.iter().find(|theta| theta.name.text == *name)?;
    (theta.estimate == 0.0).then_some(theta.name.text.as_str())
}

/// The covariates as a table; the first row says what the columns are.
#[must_use]
pub fn covariates(model: &Model) -> Vec<Vec<String>> {
    let interpolation = &model.ir().interpolation;
    let between = if interpolation.is_empty() { "" } else { "between records" };
    let mut rows = vec![cells(&["name", "unit", between, "used by", "meaning"])];
    for covariate in model.covariate_uses() {
        let unit = covariate.unit_or_empty();
        let meaning = match &covariate.description {
            Some(description) => description.clone(),
            None if covariate.declared => String::new(),
            None => "not described by the model".to_owned(),
        };
        let between = interpolation.iter().find(|(name, _)| name.text == covariate.name);
        let between = between.map_or("", |(_, how)| how.as_str());
        rows.push(vec![
            covariate.name.clone(),
            unit.to_owned(),
            between.to_owned(),
            covariate.used_by.join(", "),
            meaning,
        ]);
    }
    rows
}

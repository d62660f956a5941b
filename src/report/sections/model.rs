//! The model: equations, parameters, covariates, and how it was solved.

use maud::{Markup, html};

use super::without_study;
use crate::model::{Model, show};
use crate::report::mathml::Typesetter;
use crate::report::{Material, ReportError, tables};
use crate::study::Study;

pub(super) fn body(material: &Material<'_>) -> Result<Markup, ReportError> {
    let study = match material.study {
        Ok(study) => study,
        Err(why) => return Ok(without_study(why)),
    };
    let model = &study.setup().model;
    let ir = model.ir();
    let solver = &material.folder.manifest().solver;
    Ok(html! {
        @if let Some(description) = &ir.description { p { (description) } }
        @if let Some(reference) = &ir.reference { p.source { "Source: " (reference) } }
        h3 { "Equations" }
        (equations(model))
        h3 { "Parameters" }
        (tables::plain("Fixed effects", &parameters(study)))
        p.note {
            "CV % is that of a log-normal parameter over subjects, 100 √(exp ω² − 1). Parameters of the source “study” were set by the \
             study file; all others are the model's."
        }
        (tables::plain("Random effects", &show::random_effects(model)))
        h3 { "Covariates" }
        @if model.covariates().is_empty() {
            p { "The model has none." }
        } @else {
            (tables::plain("Covariates of the model", &show::covariates(model)))
        }
        h3 { "Solution" }
        p {
            "The equations are " (show::structure_words(model.program().structure)) ": " (model.structure_reason()) ". Solver "
            code { (solver.name) } ": " (solver.reason) ". Relative tolerance " (format!("{:e}", solver.rtol))
            ", absolute " (format!("{:e}", solver.atol)) "."
        }
    })
}

fn equations(model: &Model) -> Markup {
    let ir = model.ir();
    let typesetter = Typesetter::of(ir);
    let names = ir.thetas.iter().map(|theta| &theta.name.text).chain(ir.etas.iter().map(|eta| &eta.name.text));
    let otherwise: Vec<(&String, Markup)> = names.filter_map(|name| Some((name, typesetter.name(name)?))).collect();
    html! {
        div.equations {
            @for line in typesetter.statements(&ir.statements) {
                div.equation style=[(line.depth > 0).then(|| format!("--depth:{}", line.depth))] { (line.content) }
            }
            @for endpoint in &ir.endpoints { div.equation { (typesetter.endpoint(endpoint)) } }
        }
        p.note {
            "Times are in " (ir.units.time.as_deref().unwrap_or("h")) ". Doses enter their compartment beside the equations."
            @for (index, (name, formula)) in otherwise.iter().enumerate() {
                @if index > 0 { ", " } @else { " Names are those of the model file: " }
                (formula) " is " code { (name) }
            }
            @if !otherwise.is_empty() { "." }
        }
    }
}

/// The fixed effects with where their values are from.
fn parameters(study: &Study) -> Vec<Vec<String>> {
    let mut rows = show::parameters(&study.setup().model);
    let set: Vec<&String> = study.spec().parameters.keys().collect();
    for (index, row) in rows.iter_mut().enumerate() {
        let source = match index {
            0 => "source",
            _ if row.first().is_some_and(|name| set.contains(&name)) => "study",
            _ => "model",
        };
        row.push(source.to_owned());
    }
    rows
}

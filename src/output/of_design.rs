//! What a study's files hold, from what is simulated.

use crate::model::{CovariateUse, Model, Output};
use crate::simulate::{Design, RecordDesign, Setup};

use super::layout::{Layout, Quantity};

/// Covariates that cohorts draw, where the model does not say their unit itself.
const BODY_UNITS: [(&str, &str, &str); 7] = [
    ("SEXF", "", "1 for women and girls, 0 for men and boys"),
    ("AGE", "year", "age at baseline"),
    ("WT", "kg", "body weight"),
    ("HT", "cm", "height"),
    ("BSA", "m2", "body surface area"),
    ("LBM", "kg", "lean body mass"),
    ("BMI", "kg/m2", "body mass index"),
];

impl Layout {
    /// The layout of a cohort's files: the outputs that its model keeps, all covariates, etas and individual parameters.
    #[must_use]
    pub fn of(design: &Design) -> Self {
        let arms = design.arms.iter().map(|arm| arm.name.clone()).collect();
        Self::of_setup(&design.setup, arms, design.cohort.names())
    }

    /// The layout of a data set's files; `arm` is what its one arm is called, `carried` are the columns carried along.
    #[must_use]
    pub fn of_records(design: &RecordDesign, arm: &str, carried: &[String]) -> Self {
        let covariates = design.names().covariates;
        let layout = Self::of_setup(&design.setup, vec![arm.to_owned()], &covariates);
        Self { replicates: design.replicates > 1, carried: carried.to_vec(), ..layout }
    }

    fn of_setup(setup: &Setup, arms: Vec<String>, covariates: &[String]) -> Self {
        let model = &setup.model;
        let units = &model.ir().units;
        let unit = |unit: &Option<String>| unit.clone().unwrap_or_default();
        let subject_level: Vec<_> = model.ir().etas.iter().filter(|eta| eta.level.is_none()).collect();
        let observed = model.endpoints().first().filter(|_| setup.residual);
        let exposure = model.program().exposure;
        Self {
            swept: Vec::new(),
            arms,
            replicates: false,
            time_unit: units.time.clone().unwrap_or_else(|| "h".to_owned()),
            dose_unit: unit(&units.dosing),
            outputs: quantities(model.outputs(), |output| (&output.name, unit(&output.unit), meaning(model, output))),
            observed_unit: observed.map(|endpoint| unit_of_output(model, endpoint.prediction)),
            exposure_unit: exposure.map(|exposure| unit_of_output(model, exposure.output)).unwrap_or_default(),
            covariates: quantities(covariates, |name| covariate(model, name)),
            etas: quantities(&subject_level, |eta| {
                let meaning = eta.label.clone().unwrap_or_else(|| "random effect".to_owned());
                (&eta.name.text, String::new(), meaning)
            }),
            parameters: quantities(model.parameters(), |parameter| {
                (&parameter.name, unit(&parameter.unit), "individual parameter at the start".to_owned())
            }),
            carried: Vec::new(),
            provenance: provenance(setup),
        }
    }
}

fn provenance(setup: &Setup) -> Vec<(String, String)> {
    let ir = setup.model.ir();
    let reference = ir.reference.clone().unwrap_or_default();
    [
        ("teorell.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("teorell.model", ir.name.clone()),
        ("teorell.model.reference", reference),
        ("teorell.seed", setup.streams.seed().to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

fn quantities<'a, T>(list: &'a [T], describe: impl Fn(&'a T) -> (&'a String, String, String)) -> Vec<Quantity> {
    let quantity = |(index, item): (usize, &'a T)| {
        let (name, unit, meaning) = describe(item);
        Quantity { index, name: name.clone(), unit, meaning }
    };
    list.iter().enumerate().map(quantity).collect()
}

/// Unit of an output; the prediction of an endpoint is a concentration where nothing else is known.
#[must_use]
pub fn unit_of_output(model: &Model, index: usize) -> String {
    let said = model.outputs().get(index).and_then(|output| output.unit.clone());
    said.or_else(|| model.ir().units.concentration.clone()).unwrap_or_default()
}

fn meaning(model: &Model, output: &Output) -> String {
    let predicts =
        |name: &str| model.endpoints().iter().any(|endpoint| model.output(name) == Some(endpoint.prediction));
    if predicts(&output.name) {
        "individual prediction, without residual error".to_owned()
    } else if model.state(&output.name).is_some() {
        "state of the model".to_owned()
    } else {
        "variable of the model".to_owned()
    }
}

fn covariate<'a>(model: &Model, name: &'a String) -> (&'a String, String, String) {
    let used = model.covariate_use(name);
    let body = BODY_UNITS.iter().find(|(known, ..)| *known == name.as_str());
    let unit = used.filter(|used| used.unit.is_some()).map(CovariateUse::unit_or_empty);
    let unit = unit.or_else(|| body.map(|(_, unit, _)| *unit)).unwrap_or_default().to_owned();
    let meaning = used.and_then(|used| used.description.clone());
    let meaning = meaning.or_else(|| body.map(|(.., meaning)| (*meaning).to_owned()));
    (name, unit, meaning.unwrap_or_else(|| "covariate".to_owned()))
}

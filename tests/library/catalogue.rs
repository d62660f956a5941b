//! Every built-in model in one table: what it must be, and what its text must say.

use teorell::engine::program::Structure::{self, LinearConstant, LinearTimeVarying, Nonlinear, NotSmooth};
use teorell::model::library::{self, Listing};
use teorell::model::{Model, labels};

/// Name, structure of the equations, states, and what exposure is measured on.
const MODELS: [(&str, Structure, &[&str], &str); 18] = [
    ("alirocumab_djebli_2017", Nonlinear, &["depot", "central", "peripheral1", "target"], "Cc"),
    ("alirocumab_djebli_2017_full", Nonlinear, &["depot", "central", "peripheral1", "target", "complex"], "Cc"),
    (
        "docetaxel_ozawa_2007",
        Nonlinear,
        &[
            "central",
            "peripheral1",
            "peripheral2",
            "proliferating",
            "transit1",
            "transit2",
            "transit3",
            "circulating",
            "released",
        ],
        "Cc",
    ),
    ("dupilumab_kovalenko_2016", Nonlinear, &["depot", "central", "peripheral1"], "Cc"),
    ("inotuzumab_garrett_2019", LinearTimeVarying, &["central", "peripheral1"], "Cc"),
    ("inotuzumab_wu_2024", LinearTimeVarying, &["central", "peripheral1"], "Cc"),
    ("mab_7e3_cao_2013", LinearConstant, &["central", "tight", "leaky", "lymph"], "Cc"),
    ("mab_davda_2014", LinearConstant, &["depot", "central", "peripheral1"], "Cc"),
    (
        "mitoxantrone_an_2012",
        Nonlinear,
        &["central", "lung", "heart", "spleen", "liver", "kidney", "brain", "outside", "inside"],
        "Cc",
    ),
    ("nivolumab_bajaj_2017", LinearTimeVarying, &["central", "peripheral1"], "Cc"),
    (
        "paclitaxel_friberg_2002",
        Nonlinear,
        &["central", "peripheral1", "proliferating", "transit1", "transit2", "transit3", "circulating"],
        "circulating",
    ),
    (
        "paclitaxel_simeoni_2004",
        Nonlinear,
        &["central", "peripheral1", "cycling", "damaged1", "damaged2", "damaged3"],
        "tumour",
    ),
    ("phenobarbital_grasela_1985", LinearConstant, &["central"], "Cc"),
    ("phenytoin_grasela_1983", Nonlinear, &["central"], "Cc"),
    ("remifentanil_minto_1997", LinearConstant, &["central", "peripheral1", "peripheral2", "Ce"], "Cc"),
    ("rifampicin_wilkins_2008", NotSmooth, &["depot", "central"], "Cc"),
    ("vancomycin_goti_2018", LinearConstant, &["central", "peripheral1"], "Cc"),
    ("warfarin_nguyen_2017", Nonlinear, &["depot", "central", "PCA"], "Cc"),
];

#[test]
fn the_table_holds_every_built_in_model() {
    let listed: Vec<&str> = MODELS.iter().map(|&(name, ..)| name).collect();
    assert_eq!(library::builtin_names().collect::<Vec<_>>(), listed);
}

#[test]
fn each_has_the_expected_structure_and_states_and_nothing_to_note() {
    for (name, structure, states, exposure) in MODELS {
        let model = Model::builtin(name).unwrap();
        assert_eq!(model.program().structure, structure, "{name}: {}", model.structure_reason());
        assert_eq!(model.states().collect::<Vec<_>>(), states, "{name}");
        let measured = model.program().exposure.expect("an exposure").output;
        assert_eq!(model.outputs()[measured].name, exposure, "{name}");
        assert!(model.notes().is_empty(), "{name}: {:?}", model.notes());
        assert!(model.program().jacobian.is_some(), "{name} has no symbolic Jacobian");
        assert_eq!(model.ir().name, name);
    }
}

#[test]
fn each_says_where_it_comes_from_and_whom_it_is_about() {
    for (name, ..) in MODELS {
        let model = Model::builtin(name).unwrap();
        let ir = model.ir();
        assert!(ir.description.as_ref().is_some_and(|text| text.len() > 40), "{name}");
        assert!(ir.reference.as_ref().is_some_and(|text| text.contains("doi:10.")), "{name}");
        let units = [&ir.units.time, &ir.units.dosing, &ir.units.concentration];
        assert!(units.iter().all(|unit| unit.is_some()), "{name}");
        let listing = Listing::of(ir);
        for text in [listing.drug, listing.structure, listing.population] {
            // A line of `teorell models` has to fit a screen.
            assert!(text.is_some_and(|text| !text.is_empty() && text.len() <= 70), "{name}: {listing:?}");
        }
        for theta in &ir.thetas {
            assert!(theta.label.is_some(), "{name}: `{}` has no label", theta.name.text);
        }
        for covariate in model.covariate_uses() {
            assert!(
                covariate.declared && covariate.unit.is_some() && covariate.description.is_some(),
                "{name}: {}",
                covariate.name
            );
        }
    }
}

/// A logarithm carries the unit of what it is the logarithm of. Pure numbers and covariate effects have none; the others are named here.
#[test]
fn parameters_without_a_unit_are_pure_numbers() {
    let mut without = Vec::new();
    for (name, ..) in MODELS {
        for theta in &Model::builtin(name).unwrap().ir().thetas {
            let has_unit = theta.label.as_deref().and_then(labels::unit_of_label).is_some();
            if !has_unit && !theta.name.text.starts_with("e_") {
                without.push(format!("{name} {}", theta.name.text));
            }
        }
    }
    assert_eq!(
        without,
        [
            "docetaxel_ozawa_2007 feedback",
            "docetaxel_ozawa_2007 neut_sd",
            "inotuzumab_garrett_2019 sd_all",
            "inotuzumab_garrett_2019 sd_nhl",
            "inotuzumab_wu_2024 sd_nhl",
            "inotuzumab_wu_2024 sd_all",
            "inotuzumab_wu_2024 sd_child",
            "mab_7e3_cao_2013 sigma_tight",
            "mab_7e3_cao_2013 sigma_leaky",
            "mab_7e3_cao_2013 sigma_lymph",
            "nivolumab_bajaj_2017 emax",
            "nivolumab_bajaj_2017 hill",
            "paclitaxel_friberg_2002 feedback",
            "paclitaxel_simeoni_2004 psi",
            "rifampicin_wilkins_2008 ln",
        ]
    );
}

/// A covariance that its variances do not allow would only show when a cohort is drawn.
#[test]
fn every_block_of_variances_is_positive_definite() {
    for (name, ..) in MODELS {
        let model = Model::builtin(name).unwrap();
        teorell::cohort::random_effects::RandomEffects::new(model.omegas())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

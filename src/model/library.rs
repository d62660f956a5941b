//! The built-in models: text in data/models, embedded when the crate is built.

use super::ir::{Metadata, ModelIr};
use super::{ModelError, nearest_of};

macro_rules! built_in {
    ($name:literal) => {
        ($name, include_str!(concat!("../../data/models/", $name, ".R")))
    };
}

/// Name (that of the file) and text of every built-in model, in alphabetical order.
const MODELS: [(&str, &str); 18] = [
    built_in!("alirocumab_djebli_2017"),
    built_in!("alirocumab_djebli_2017_full"),
    built_in!("docetaxel_ozawa_2007"),
    built_in!("dupilumab_kovalenko_2016"),
    built_in!("inotuzumab_garrett_2019"),
    built_in!("inotuzumab_wu_2024"),
    built_in!("mab_7e3_cao_2013"),
    built_in!("mab_davda_2014"),
    built_in!("mitoxantrone_an_2012"),
    built_in!("nivolumab_bajaj_2017"),
    built_in!("paclitaxel_friberg_2002"),
    built_in!("paclitaxel_simeoni_2004"),
    built_in!("phenobarbital_grasela_1985"),
    built_in!("phenytoin_grasela_1983"),
    built_in!("remifentanil_minto_1997"),
    built_in!("rifampicin_wilkins_2008"),
    built_in!("vancomycin_goti_2018"),
    built_in!("warfarin_nguyen_2017"),
];

/// What a list of models says of one, as its text has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing<'a> {
    /// `drug <- "..."`.
    pub drug: Option<&'a str>,
    /// `structure <- "..."`: compartments, route and what is special, in a few words.
    pub structure: Option<&'a str>,
    /// `disease` of `population <- list(...)`: who was studied.
    pub population: Option<&'a str>,
}

impl<'a> Listing<'a> {
    /// From the metadata of a model, built in or not; what its text does not have is `None`.
    ///
    /// # Examples
    /// ```
    /// use teorell::model::{Model, library::Listing};
    ///
    /// let model = Model::builtin("vancomycin_goti_2018")?;
    /// assert_eq!(Listing::of(model.ir()).structure, Some("two compartments, intravenous"));
    /// # Ok::<(), teorell::model::ModelError>(())
    /// ```
    #[must_use]
    pub fn of(ir: &'a ModelIr) -> Self {
        let find = |wanted: &str| ir.metadata.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let text = |value: &'a Metadata| match value {
            Metadata::Text(text) => Some(text.as_str()),
            _ => None,
        };
        let population = match find("population") {
            Some(Metadata::List(entries)) => entries.iter().find(|(name, _)| name.as_deref() == Some("disease")),
            _ => None,
        };
        Self {
            drug: find("drug").and_then(text),
            structure: find("structure").and_then(text),
            population: population.and_then(|(_, value)| text(value)),
        }
    }
}

/// Names of the built-in models, in alphabetical order.
pub fn builtin_names() -> impl ExactSizeIterator<Item = &'static str> {
    MODELS.iter().map(|(name, _)| *name)
}

/// Text of a built-in model. Case does not matter, and `-` is `_`.
///
/// # Errors
///
/// An unknown name.
pub fn builtin_text(name: &str) -> Result<&'static str, ModelError> {
    let wanted = name.to_lowercase().replace('-', "_");
    MODELS.iter().find(|(known, _)| *known == wanted).map(|(_, text)| *text).ok_or_else(|| {
        let known: Vec<String> = builtin_names().map(str::to_owned).collect();
        ModelError::UnknownModel { name: name.to_owned(), nearest: nearest_of(&wanted, &known), known }
    })
}

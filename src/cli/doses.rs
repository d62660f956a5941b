//! Doses of a model that no study is written around.

use teorell::units::{TimeSpan, TimeUnit};

use super::options;
use super::report::Failure;

/// What is given to a model without a study.
#[derive(Debug, clap::Args)]
pub struct Doses {
    /// Amount of every dose, for a model without a study.
    #[arg(
        long,
        value_name = "AMOUNT",
        allow_negative_numbers = true,
        value_parser = options::decimal,
        requires = "model",
        conflicts_with = "study",
        help_heading = "Doses without a study"
    )]
    dose: Option<f64>,
    /// The amount is per unit of this covariate, such as BSA or WT.
    #[arg(long, value_name = "COVARIATE", requires = "dose", help_heading = "Doses without a study")]
    per: Option<String>,
    /// Time from one dose to the next [default: 24 h].
    #[arg(long, value_name = "TIME", requires = "dose", help_heading = "Doses without a study")]
    every: Option<String>,
    /// Number of doses [default: 1].
    #[arg(long, value_name = "N", value_parser = options::whole::<u32>, requires = "dose", help_heading = "Doses without a study")]
    repeat: Option<u32>,
    /// Length of each infusion; a bolus where not given.
    #[arg(long, value_name = "TIME", requires = "dose", help_heading = "Doses without a study")]
    infusion: Option<String>,
}

/// A regimen as a study says it.
#[derive(Debug)]
pub struct WrittenRegimen {
    /// An inline table of TOML.
    pub text: String,
    /// Time from one dose to the next.
    pub every: TimeSpan,
    /// Number of doses.
    pub repeat: u32,
}

impl Doses {
    /// Whether there are any.
    pub fn are_given(&self) -> bool {
        self.dose.is_some()
    }

    /// The regimen; nothing where no dose is given.
    pub fn regimen(&self) -> Result<Option<WrittenRegimen>, Failure> {
        let Some(dose) = self.dose else { return Ok(None) };
        let every: TimeSpan = match &self.every {
            Some(every) => every.parse().map_err(|error| Failure::bad_input(format!("--every: {error}")))?,
            None => TimeSpan { value: 24.0, unit: TimeUnit::Hour },
        };
        if every.value <= 0.0 {
            return Err(Failure::bad_input(format!(
                "--every: `{every}` is not above 0; expected the time between doses"
            )));
        }
        let repeat = self.repeat.unwrap_or(1);
        // A toml::Value writes itself with its quotes.
        let key = |key: &str, value: &Option<String>| {
            let value = value.as_deref().map(toml::Value::from);
            value.map_or_else(String::new, |value| format!(", {key} = {value}"))
        };
        let text = format!(
            "{{ amount = {dose:?}, every = {}, repeat = {repeat}{}{} }}",
            toml::Value::from(every.to_string()),
            key("per", &self.per),
            key("infusion", &self.infusion),
        );
        Ok(Some(WrittenRegimen { text, every, repeat }))
    }
}

//! Doses of a model that no study is written around.

use teorell::study::Override;
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

/// When doses are given.
#[derive(Debug)]
pub struct Rhythm {
    /// Time from one dose to the next.
    pub every: TimeSpan,
    /// Number of doses.
    pub repeat: u32,
}

/// Name of the arm that gives them.
pub const ARM: &str = "doses";

impl Doses {
    /// Whether there are any.
    pub fn are_given(&self) -> bool {
        self.dose.is_some()
    }

    /// When they are given; nothing where no dose is given.
    pub fn rhythm(&self) -> Result<Option<Rhythm>, Failure> {
        if !self.are_given() {
            return Ok(None);
        }
        let every: TimeSpan = match &self.every {
            Some(every) => every.parse().map_err(|error| Failure::bad_input(format!("--every: {error}")))?,
            None => TimeSpan { value: 24.0, unit: TimeUnit::Hour },
        };
        if every.value <= 0.0 {
            return Err(Failure::bad_input(format!(
                "--every: `{every}` is not above 0; expected the time between doses"
            )));
        }
        Ok(Some(Rhythm { every, repeat: self.repeat.unwrap_or(1) }))
    }

    /// The regimen of [`ARM`], key by key, so that a message names the flag.
    pub fn overrides(&self) -> Result<Vec<Override>, Failure> {
        let (Some(dose), Some(Rhythm { every, repeat })) = (self.dose, self.rhythm()?) else { return Ok(Vec::new()) };
        let mut keys: Vec<(&str, toml::Value, String)> = vec![
            ("amount", dose.into(), format!("--dose {dose}")),
            ("every", every.to_string().into(), format!("--every {every}")),
            ("repeat", repeat.into(), format!("--repeat {repeat}")),
        ];
        for (key, text) in [("per", &self.per), ("infusion", &self.infusion)] {
            keys.extend(text.as_ref().map(|text| (key, text.as_str().into(), format!("--{key} {text}"))));
        }
        let of_regimen = |(key, value, flag): (&str, toml::Value, String)| {
            Override::new(&["arm", ARM, "regimen", key], value, &flag)
        };
        Ok(keys.into_iter().map(of_regimen).collect())
    }
}

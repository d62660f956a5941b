//! The arguments of `teorell vpc`, and the study that they amount to.

use std::path::{Path, PathBuf};

use teorell::study::{Override, Study, StudyError};

use crate::cli::options;
use crate::cli::paths::from_working_folder;
use crate::cli::report::Failure;

const EXAMPLES: &str = "\
Examples:
  teorell vpc observed.csv --model my-model.R           500 simulations of the data
  teorell vpc observed.csv --model my-model.R --bins 0,1,4,24 --prediction-corrected --lloq 0.05
                                                        For doses or covariates that differ
  teorell vpc observed.csv --model my-model.R --time-after-dose --bins nominal
                                                        All intervals between doses over each other
  teorell vpc my-study.toml --stratify SEX --out check  A study with [data], and [vpc] for all of this

Observed percentiles are drawn over the bands of the same percentiles in simulations of the same
subjects, records, doses and covariates. Bins: `auto` (few times are bins of their own; many are cut
into bins of about equal counts, at the widest gaps nearby), `nominal` (one per value of NTIME, or
of the column given with --nominal), or edges.";

/// Compare observed data with simulations of themselves: a visual predictive check.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A data set in NONMEM's form with observed values in DV (and --model), or a study file (.toml) with [data].
    input: PathBuf,
    /// Name of a built-in model, or a model file.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// auto, nominal, or edges of bins separated by commas [default: auto].
    #[arg(long, value_name = "BINS", allow_hyphen_values = true)]
    bins: Option<String>,
    /// Count times from the last dose, so that intervals between doses lie over each other.
    #[arg(long)]
    time_after_dose: bool,
    /// Column of nominal times [default: the first of NTIME, NOMTIME, NOMINAL_TIME; after the last dose, of NTAD, NOMTAD, NTPD].
    #[arg(long, value_name = "COLUMN")]
    nominal: Option<String>,
    /// Correct observations by their predictions (Bergstrand 2011), for doses or covariates that differ within a bin.
    #[arg(long)]
    prediction_corrected: bool,
    /// How often the data set is simulated [default: 500].
    #[arg(long, value_name = "N", value_parser = options::whole::<i64>, allow_negative_numbers = true)]
    replicates: Option<i64>,
    /// Draw the parameters of each replicate as the study's [uncertainty] says, or not [default: on where it has that].
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    uncertainty: Option<String>,
    /// Limit of quantification, where the data have no column LLOQ; a column BLQ or CENS marks values below it.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = options::decimal)]
    lloq: Option<f64>,
    /// Compare each value of this column by itself.
    #[arg(long, value_name = "COLUMN")]
    stratify: Option<String>,
    /// Endpoint of the model, where the data observe more than one.
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// Seed of all random numbers.
    #[arg(long, value_name = "N", value_parser = options::whole::<i64>, allow_negative_numbers = true)]
    seed: Option<i64>,
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = options::threads, help = options::THREADS)]
    pub threads: Option<usize>,
    /// Folder for the results [default: the study's or data set's name, and -vpc].
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Colours of the picture: light, dark or print.
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Set a value of the study, such as data.covariates=nocb or parameters.lcl="log(5)"; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Print nothing but problems.
    #[arg(short, long)]
    pub quiet: bool,
}

impl Arguments {
    /// The study asked for.
    pub fn study(&self) -> Result<Study, Failure> {
        let overrides = self.overrides()?;
        if self.is_study_file() {
            if self.model.is_some() {
                let failure = Failure::bad_input("a study file names its own model");
                return Err(failure.with_hint("leave --model out, or give the data set in place of the study"));
            }
            return Ok(Study::from_path(&self.input, &overrides)?);
        }
        let Some(model) = &self.model else {
            let failure = Failure::bad_input("a data set alone does not say what the drug does");
            return Err(failure.with_hint("add the model, such as `--model my-model.R`"));
        };
        let name = self.input.file_name().and_then(|name| name.to_str()).unwrap_or("data");
        let name = name.strip_suffix(".gz").unwrap_or(name);
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        // A toml::Value writes itself with its quotes.
        let text = |text: &str| toml::Value::from(text).to_string();
        let study = format!(
            "name = {}\nmodel = {}\n[data]\npath = {}\n",
            text(name),
            text(&from_working_folder(Path::new(model))),
            text(&from_working_folder(&self.input))
        );
        Study::from_text(&study, &overrides).map_err(|error| self.placed(error))
    }

    /// Folder for the results.
    pub fn out(&self, study: &Study) -> PathBuf {
        self.out.clone().unwrap_or_else(|| format!("{}-vpc", study.name()).into())
    }

    /// An error with its place.
    pub fn placed(&self, error: StudyError) -> Failure {
        let failure = Failure::from(error);
        if self.is_study_file() { failure } else { failure.placed_at_flags() }
    }

    fn is_study_file(&self) -> bool {
        self.input.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
    }

    fn overrides(&self) -> Result<Vec<Override>, Failure> {
        let mut overrides = Vec::new();
        let mut add =
            |path: &[&str], value: toml::Value, origin: String| overrides.push(Override::new(path, value, &origin));
        let texts = [("nominal", &self.nominal), ("stratify", &self.stratify), ("endpoint", &self.endpoint)];
        for (key, value) in texts {
            if let Some(value) = value {
                add(&["vpc", key], value.as_str().into(), format!("--{key} {value}"));
            }
        }
        if let Some(bins) = &self.bins {
            add(&["vpc", "bins"], bins_value(bins)?, format!("--bins {bins}"));
        }
        if self.time_after_dose {
            add(&["vpc", "time_after_dose"], true.into(), "--time-after-dose".to_owned());
        }
        if let Some(uncertainty) = &self.uncertainty {
            add(&["vpc", "uncertainty"], (uncertainty == "on").into(), format!("--uncertainty {uncertainty}"));
        }
        if self.prediction_corrected {
            add(&["vpc", "prediction_corrected"], true.into(), "--prediction-corrected".to_owned());
        }
        if let Some(replicates) = self.replicates {
            add(&["vpc", "replicates"], replicates.into(), format!("--replicates {replicates}"));
        }
        if let Some(lloq) = self.lloq {
            add(&["vpc", "lloq"], lloq.into(), format!("--lloq {lloq}"));
        }
        if let Some(seed) = self.seed {
            add(&["seed"], seed.into(), format!("--seed {seed}"));
        }
        if let Some(theme) = &self.theme {
            add(&["outputs", "theme"], theme.as_str().into(), format!("--theme {theme}"));
        }
        for set in &self.sets {
            overrides.push(Override::parse(set, &format!("--set {set}"))?);
        }
        Ok(overrides)
    }
}

/// `auto`, `nominal` or `0,1,4` as a value of a study.
fn bins_value(text: &str) -> Result<toml::Value, Failure> {
    if matches!(text, "auto" | "nominal") {
        return Ok(text.into());
    }
    let edges: Option<Vec<f64>> = text.split(',').map(|edge| edge.trim().parse().ok()).collect();
    edges.map(toml::Value::from).ok_or_else(|| {
        let message = format!("--bins is `{text}`; expected auto, nominal, or edges such as 0,1,4,24");
        Failure::bad_input(message)
    })
}

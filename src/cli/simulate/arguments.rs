//! The arguments of `teorell simulate`, and the study that they amount to: every flag is an override of a key of the study.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use teorell::study::{Override, Study, embedded};

use crate::cli::doses::{ARM, Doses};
use crate::cli::options::{self, number};
use crate::cli::paths::from_working_folder;
use crate::cli::report::Failure;

const EXAMPLES: &str = "\
Examples:
  teorell simulate                                              The built-in study of inotuzumab ozogamicin
  teorell simulate my-study.toml -n 200 --arm fixed --out try   One arm of a study, with 200 subjects
  teorell simulate --set cohort.covariates.RITUX=1 --no-plots   Any key of the study, replaced
  teorell simulate rifampicin --sweep amount=300:900:150         The same for each of five doses, in one table
  teorell simulate --data data.csv --model my-model.R --carry ARM --replicates 100
                                                                The records of a data set, 100 times
  teorell simulate --model my-model.R --dose 100 --every \"12 h\" --repeat 14 -n 500
                                                                A model without a study file";

/// Simulate a study: draw its cohort, treat it in every arm, write tables and pictures into a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A study file, or the name of a built-in study [default: inotuzumab].
    study: Option<String>,
    /// Number of subjects.
    #[arg(short = 'n', long, value_name = "N", value_parser = options::whole::<i64>, allow_negative_numbers = true)]
    subjects: Option<i64>,
    /// Seed of all random numbers.
    #[arg(long, value_name = "N", value_parser = options::whole::<i64>, allow_negative_numbers = true)]
    seed: Option<i64>,
    /// Simulate so many times: with [uncertainty] each time with other parameters, a data set with other random numbers.
    #[arg(long, value_name = "N", value_parser = options::whole::<i64>, allow_negative_numbers = true)]
    replicates: Option<i64>,
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = options::threads, help = options::THREADS)]
    pub threads: Option<usize>,
    /// Folder for the results [default: the study's name].
    #[arg(short, long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Run this arm only; may be given several times.
    #[arg(long = "arm", value_name = "NAME")]
    arms: Vec<String>,
    /// Replace a value of the study, such as cohort.size=500; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Run the study for each value of a key, such as amount=100,200,400 or amount=100:400:100; several make a grid.
    #[arg(long = "sweep", value_name = "KEY=VALUES")]
    sweeps: Vec<String>,
    /// A condition that patients should meet, such as "ctrough > 30 mg/L", in place of the study's; may be given several times.
    #[arg(long = "target", value_name = "CONDITION")]
    targets: Vec<String>,
    /// Compare the other arms with one, such as reference=fixed; also level=0.95 and limits=[0.9,1.11].
    #[arg(long = "compare", value_name = "KEY=VALUE")]
    compares: Vec<String>,
    /// Draw no pictures.
    #[arg(long)]
    no_plots: bool,
    /// Print nothing but problems.
    #[arg(short, long)]
    pub quiet: bool,

    /// Name of a built-in model, or a model file.
    #[arg(long, value_name = "MODEL", help_heading = "Model")]
    model: Option<String>,
    /// Another value of a parameter, such as lcl=log(0.2); may be given several times.
    #[arg(long = "param", value_name = "NAME=VALUE", help_heading = "Model")]
    parameters: Vec<String>,
    /// Another variance of a random effect, such as etalcl=0.09; may be given several times.
    #[arg(long = "omega", value_name = "NAME=VARIANCE", help_heading = "Model")]
    omegas: Vec<String>,
    /// Simulate observations with residual error, or not.
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"], help_heading = "Model")]
    residual: Option<String>,
    /// Every subject is the typical one: all random effects are 0.
    #[arg(long, help_heading = "Model")]
    typical: bool,

    #[command(flatten)]
    doses: Doses,

    /// A data set in NONMEM's form (- is standard input), in place of a cohort and arms.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["subjects", "arms", "dose"], help_heading = "Data set")]
    data: Option<String>,
    /// Covariates between records: locf (last value carried forward, default), nocb (next carried back) or linear.
    #[arg(long, value_name = "HOW", help_heading = "Data set")]
    covariates: Option<String>,
    /// Answer observations only, instead of every record.
    #[arg(long, help_heading = "Data set")]
    obs_only: bool,
    /// Columns of the data set that profiles carry along, separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Data set")]
    carry: Vec<String>,
    #[arg(long, value_name = "NAME", help = options::SOLVER, help_heading = "Solver")]
    solver: Option<String>,
    /// Relative tolerance, 1e-13 or more [default: 1e-8].
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Solver")]
    rtol: Option<String>,
    /// Absolute tolerance in the unit of the states [default: 1e-10].
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Solver")]
    atol: Option<String>,

    /// What is written, separated by commas [default: rows, summary and plots].
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Output")]
    outputs: Vec<Output>,
    /// Sample times FROM:TO:BY in hours, such as 0:168:0.5, in place of the study's; may be given several times.
    #[arg(long, value_name = "FROM:TO:BY", help_heading = "Output")]
    grid: Vec<String>,
    /// Colours of the pictures: light, dark or print [default: the study's, or light].
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    theme: Option<String>,
    /// Significant digits of numbers, 1 to 17 [default: as many as it takes to read them back exactly].
    #[arg(long, value_name = "N", value_parser = options::whole::<i64>, allow_negative_numbers = true, help_heading = "Output")]
    digits: Option<i64>,
    /// How tables are written: csv, csv.gz, csv.zst or parquet.
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    format: Option<String>,
}

/// What can be written. All but `rows` are keys of a study's `[outputs]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// All rows of subjects: profiles, cycles and subjects.
    Rows,
    /// profiles.csv: a row per arm, subject and time.
    Profiles,
    /// exposure.csv: a row per arm, subject and cycle.
    Cycles,
    /// subjects.csv: a row per arm and subject.
    Subjects,
    /// summary.csv and accumulation.csv: statistics over subjects, per time and per cycle; no rows of subjects.
    Summary,
    /// Of these, the statistics per cycle (AUC, Cmax, ...); no rows of subjects.
    Exposure,
    /// Pictures.
    Plots,
}

impl Output {
    /// Those that are keys of a study.
    const KEYS: [(Self, &str); 6] = [
        (Self::Profiles, "profiles"),
        (Self::Cycles, "cycles"),
        (Self::Subjects, "subjects"),
        (Self::Summary, "summary"),
        (Self::Exposure, "exposure"),
        (Self::Plots, "plots"),
    ];

    fn is_row(self) -> bool {
        matches!(self, Self::Profiles | Self::Cycles | Self::Subjects)
    }

    /// As given on the command line.
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl Arguments {
    /// The study asked for.
    pub fn study(&self) -> Result<Study, Failure> {
        let overrides = self.overrides()?;
        let study = match (&self.study, &self.model) {
            (Some(study), _) => return find_study(study, &overrides),
            (None, None) if self.data.is_some() => {
                let failure = Failure::bad_input("a data set alone does not say what the drug does");
                return Err(failure.with_hint("add the model, such as `--model my-model.R`"));
            }
            (None, None) => Study::embedded(embedded::STUDIES[0].name, &overrides)?,
            (None, Some(model)) => Study::from_text(&self.text_around(model)?, &overrides)
                .map_err(|error| Failure::from(error).placed_at_flags())?,
        };
        Ok(study)
    }

    /// A study around a model: one arm, one subject.
    fn text_around(&self, model: &str) -> Result<String, Failure> {
        let name = Path::new(model).file_stem().and_then(|stem| stem.to_str()).unwrap_or("model");
        // A toml::Value writes itself with its quotes.
        let text = |text: &str| toml::Value::from(text).to_string();
        if let Some(data) = &self.data {
            return Ok(format!("name = {}\nmodel = {}\n[data]\npath = {}\n", text(name), text(model), text(data)));
        }
        let Some(rhythm) = self.doses.rhythm()? else {
            let failure = Failure::bad_input("a model alone does not say what is given");
            return Err(
                failure.with_hint("add doses, such as `--dose 100 --every \"12 h\" --repeat 14`, or name a study")
            );
        };
        let end = rhythm.every.value * f64::from(rhythm.repeat);
        Ok(format!(
            "name = {}\nmodel = {}\n[cohort]\nsize = 1\n[sampling]\ngrid = [{{ to = {end:?}, by = {:?}, unit = \"{unit}\" }}]\n\
             [[arm]]\nname = \"{ARM}\"\nregimen = {{}}\n",
            text(name),
            text(model),
            end / f64::from(rhythm.repeat.clamp(1, 1000)) / 50.0,
            unit = rhythm.every.unit,
        ))
    }

    fn overrides(&self) -> Result<Vec<Override>, Failure> {
        let mut overrides = self.doses.overrides()?;
        let mut add =
            |path: &[&str], value: toml::Value, origin: String| overrides.push(Override::new(path, value, &origin));
        if let Some(n) = self.subjects {
            add(&["cohort", "size"], n.into(), format!("-n {n}"));
        }
        if let Some(seed) = self.seed {
            add(&["seed"], seed.into(), format!("--seed {seed}"));
        }
        if !self.arms.is_empty() {
            add(&["arms"], self.arms.clone().into(), format!("--arm {}", self.arms.join(" --arm ")));
        }
        if let Some(model) = &self.model {
            let model = from_working_folder(Path::new(model));
            add(&["model"], model.as_str().into(), format!("--model {model}"));
        }
        for (flag, key, values) in [("--param", "parameters", &self.parameters), ("--omega", "omega", &self.omegas)] {
            for text in values {
                let Some((name, value)) = text.split_once('=') else {
                    return Err(Failure::bad_input(format!("{flag} `{text}` has no value; expected NAME=VALUE")));
                };
                let number = value.trim().parse::<f64>().map(toml::Value::from);
                add(&[key, name.trim()], number.unwrap_or_else(|_| value.trim().into()), format!("{flag} {text}"));
            }
        }
        if let Some(residual) = &self.residual {
            add(&["residual", "on"], (residual == "on").into(), format!("--residual {residual}"));
        }
        if self.typical {
            add(&["typical"], true.into(), "--typical".to_owned());
        }
        if let Some(data) = &self.data {
            let data = from_working_folder(Path::new(data));
            add(&["data", "path"], data.as_str().into(), format!("--data {data}"));
        }
        if let Some(covariates) = &self.covariates {
            add(&["data", "covariates"], covariates.as_str().into(), format!("--covariates {covariates}"));
        }
        if self.obs_only {
            add(&["data", "observations_only"], true.into(), "--obs-only".to_owned());
        }
        if !self.carry.is_empty() {
            add(&["data", "carry"], self.carry.clone().into(), format!("--carry {}", self.carry.join(",")));
        }
        if let Some(solver) = &self.solver {
            add(&["solver", "choice"], solver.as_str().into(), format!("--solver {solver}"));
        }
        for (key, value) in [("rtol", &self.rtol), ("atol", &self.atol)] {
            if let Some(text) = value {
                let value = number(text, &format!("--{key}"))?;
                add(&["solver", key], value.into(), format!("--{key} {text}"));
            }
        }
        if !self.outputs.is_empty() {
            let names: Vec<String> = self.outputs.iter().map(|output| output.name()).collect();
            let rows = self.outputs.contains(&Output::Rows);
            for (output, key) in Output::KEYS {
                let wanted = self.outputs.contains(&output) || (rows && output.is_row());
                add(&["outputs", key], wanted.into(), format!("--outputs {}", names.join(",")));
            }
        }
        if self.no_plots {
            add(&["outputs", "plots"], false.into(), "--no-plots".to_owned());
        }
        if let Some(theme) = &self.theme {
            add(&["outputs", "theme"], theme.as_str().into(), format!("--theme {theme}"));
        }
        if !self.grid.is_empty() {
            let grid = self.grid.iter().map(|text| grid(text)).collect::<Result<Vec<_>, _>>()?;
            add(&["sampling", "grid"], grid.into(), format!("--grid {}", self.grid.join(" --grid ")));
        }
        if let Some(digits) = self.digits {
            add(&["outputs", "digits"], digits.into(), format!("--digits {digits}"));
        }
        if let Some(format) = &self.format {
            add(&["outputs", "format"], format.as_str().into(), format!("--format {format}"));
        }
        if !self.targets.is_empty() {
            let target = |condition: &String| {
                toml::Value::Table([("condition".to_owned(), condition.as_str().into())].into_iter().collect())
            };
            let targets: Vec<toml::Value> = self.targets.iter().map(target).collect();
            add(&["target"], targets.into(), "--target".to_owned());
        }
        // The reference first: the table needs it, and each override is checked by itself.
        let (references, others): (Vec<_>, Vec<_>) =
            self.compares.iter().partition(|text| text.starts_with("reference"));
        for text in references.into_iter().chain(others) {
            let origin = format!("--compare {text}");
            overrides.push(match text.split_once('=') {
                // An arm may be called `1`.
                Some(("reference", arm)) => Override::new(&["comparison", "reference"], arm.trim(), &origin),
                Some(_) => Override::parse(&format!("comparison.{text}"), &origin)?,
                None => return Err(Failure::bad_input(format!("{origin} has no value; expected reference=ARM"))),
            });
        }
        for text in &self.sets {
            overrides.push(Override::parse(text, &format!("--set {text}"))?);
        }
        for text in &self.sweeps {
            overrides.push(Override::sweep(text, &format!("--sweep {text}"))?);
        }
        // The last: what is replicated may have been set just before.
        if let Some(replicates) = self.replicates {
            overrides.push(Override::new(&["replicates"], replicates, &format!("--replicates {replicates}")));
        }
        Ok(overrides)
    }
}

/// The study of that file, or the built-in one of that name.
pub fn find_study(study: &str, overrides: &[Override]) -> Result<Study, Failure> {
    // What looks like a file is one, so that a mistyped path is not answered with names of studies.
    let is_path = Path::new(study).is_file() || study.contains(['/', '\\', '.']);
    if Path::new(study).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("R")) {
        let failure =
            Failure::bad_input(format!("`{study}` is a model; expected a study file, or the name of a built-in study"));
        return Err(failure.with_hint(format!(
            "a study names its model: `model = \"{study}\"`; `teorell simulate --model {study} --dose 100` needs no study"
        )));
    }
    Ok(if is_path { Study::from_path(study.as_ref(), overrides) } else { Study::embedded(study, overrides) }?)
}

/// Refuses a study with a sweep, for a command that would take its first point and say nothing.
pub fn refuse_sweep(study: &Study, command: &str, hint: &str) -> Result<(), Failure> {
    if !study.is_swept() {
        return Ok(());
    }
    let keys: Vec<String> = study.swept().iter().map(|swept| format!("`{}`", swept.key)).collect();
    let message =
        format!("the study is swept over {}; expected a study without a sweep for `{command}`", keys.join(", "));
    Err(Failure::bad_input(message).with_hint(hint))
}

/// `0:168:0.5` as an entry of a study's grid.
fn grid(text: &str) -> Result<toml::Value, Failure> {
    let numbers: Option<Vec<f64>> = text.split(':').map(|part| part.trim().parse().ok()).collect();
    let Some([from, to, by]) = numbers.as_deref() else {
        let message = format!("--grid `{text}` is not FROM:TO:BY; expected three numbers of hours, such as 0:168:0.5");
        return Err(Failure::bad_input(message));
    };
    let entry =
        [("from", *from), ("to", *to), ("by", *by)].map(|(key, value)| (key.to_owned(), toml::Value::from(value)));
    Ok(toml::Value::Table(entry.into_iter().collect()))
}

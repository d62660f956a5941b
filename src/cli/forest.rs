//! `teorell forest`: what each covariate does to exposure, against a reference subject.

use std::path::{Path, PathBuf};
use std::time::Instant;

use teorell::exposure::forest::ForestRow;
use teorell::output::columns;
use teorell::output::folder::OutputFolder;
use teorell::output::forests::write_forest;
use teorell::plot;
use teorell::plot::forest::ForestPlot;
use teorell::plot::source::NamedPicture;
use teorell::simulate::Counts;
use teorell::study::{Override, embedded};

use super::exit_code::Exit;
use super::report::{Failure, note, print};
use super::simulate::{find_study, layout, manifest, plot_options, table_format, write_copies};
use super::table::{Align, significant, table};

const EXAMPLES: &str = "\
Examples:
  teorell forest inotuzumab --cycle 4                         Every covariate that varies in the cohort
  teorell forest inotuzumab --covariate BSA=1.55,2.21 --reference BSA=1.84 --parameters cl1,cl2
                                                              One covariate, at given values";

/// Compare exposure at the ends of each covariate with that of a reference subject.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A study file, or the name of a built-in study [default: inotuzumab].
    study: Option<String>,
    /// Name of a built-in model, or a model file, in place of the study's.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The arm [default: the first].
    #[arg(long, value_name = "NAME")]
    arm: Option<String>,
    /// Number of the cycle [default: the last].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    cycle: Option<i64>,
    /// Show this covariate, at its percentiles or categories or at given values; may be given several times [default: all that vary].
    #[arg(long = "covariate", value_name = "NAME[=V,V]")]
    covariates: Vec<String>,
    /// Covariate of the reference subject; may be given several times [default: medians].
    #[arg(long = "reference", value_name = "NAME=VALUE")]
    references: Vec<String>,
    /// Individual parameters that are compared beside AUC and Cmax, separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    parameters: Vec<String>,
    /// Replace a value of the study; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Colours of the picture: light, dark or print [default: the study's, or light].
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Draw no picture.
    #[arg(long)]
    no_plots: bool,
    /// Folder for the results [default: the study's name and `-forest`].
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Number of threads; results do not depend on it [default: all of the machine].
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Print nothing but problems.
    #[arg(short, long)]
    quiet: bool,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let name = arguments.study.as_deref().unwrap_or(embedded::STUDIES[0].name);
    let study = find_study(name, &arguments.overrides()?)?;
    let rows = study.forest(arguments.threads)?;
    let out = arguments.out.clone().unwrap_or_else(|| format!("{}-forest", study.name()).into());
    let folder = OutputFolder::open(&out)?;
    let outputs = &study.spec().outputs;
    let format = table_format(outputs)?;
    let file = folder.create(&format!("forest.{}", format.encoding.ending()), columns::forest())?;
    let mut files = write_copies(&study, &folder)?;
    files.push(write_forest(&rows, format, file)?);
    let spec = study.spec().forest.clone().unwrap_or_default();
    let arm = spec.arm.unwrap_or_else(|| study.arm_names()[0].to_owned());
    if outputs.plots {
        let cycle = spec.cycle.map_or_else(|| "last cycle".to_owned(), |cycle| format!("cycle {cycle}"));
        let plot = ForestPlot { heading: study.name().to_owned(), of: format!("{cycle} of {arm}"), rows: rows.clone() };
        let picture = plot.draw(plot_options(&study).theme);
        files.extend(plot::write(&folder, &[NamedPicture { name: "forest".to_owned(), picture }])?);
    }
    let mut manifest = manifest("forest", &study, &layout(&study), Counts::default());
    manifest.arms.retain(|record| record.name == arm);
    let n_files = folder.commit(files, manifest)?.files.len();
    if !arguments.quiet {
        print(&text(&rows))?;
        let seconds = begun.elapsed().as_secs_f64();
        note(&format!("wrote {} files into `{}` in {seconds:.1} s", n_files + 1, out.display()));
    }
    Ok(Exit::Success)
}

impl Arguments {
    fn overrides(&self) -> Result<Vec<Override>, Failure> {
        let mut overrides = Vec::new();
        let mut add = |path: &[&str], value: toml::Value, origin: String| {
            overrides.push(Override::new(path, value, &origin));
        };
        if let Some(model) = &self.model {
            // A path on the command line is relative to the working folder, not to the study file.
            let path = Path::new(model);
            let absolute = if path.is_file() { std::path::absolute(path).ok() } else { None };
            let path = absolute.map_or_else(|| model.clone(), |path| path.display().to_string());
            add(&["model"], path.into(), format!("--model {model}"));
        }
        if let Some(arm) = &self.arm {
            add(&["forest", "arm"], arm.as_str().into(), format!("--arm {arm}"));
        }
        if let Some(cycle) = self.cycle {
            add(&["forest", "cycle"], cycle.into(), format!("--cycle {cycle}"));
        }
        for text in &self.covariates {
            let origin = format!("--covariate {text}");
            let (name, values) = text.split_once('=').unwrap_or((text, ""));
            let values = values.split(',').filter(|value| !value.trim().is_empty());
            let values: Vec<f64> = values.map(|value| number(value, &origin)).collect::<Result<_, _>>()?;
            add(&["forest", "covariates", name.trim()], values.into(), origin);
        }
        for text in &self.references {
            let origin = format!("--reference {text}");
            let Some((name, value)) = text.split_once('=') else {
                return Err(Failure::bad_input(format!("{origin} has no value; expected NAME=VALUE")));
            };
            add(&["forest", "reference", name.trim()], number(value, &origin)?.into(), origin);
        }
        if !self.parameters.is_empty() {
            let origin = format!("--parameters {}", self.parameters.join(","));
            add(&["forest", "parameters"], self.parameters.clone().into(), origin);
        }
        if let Some(theme) = &self.theme {
            add(&["outputs", "theme"], theme.as_str().into(), format!("--theme {theme}"));
        }
        if self.no_plots {
            add(&["outputs", "plots"], false.into(), "--no-plots".to_owned());
        }
        for text in &self.sets {
            overrides.push(Override::parse(text, &format!("--set {text}"))?);
        }
        Ok(overrides)
    }
}

fn number(text: &str, origin: &str) -> Result<f64, Failure> {
    let value = text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    value.ok_or_else(|| Failure::bad_input(format!("{origin}: `{text}` is not a number")))
}

fn text(rows: &[ForestRow]) -> String {
    let cells = |row: &ForestRow| {
        let [low, high] = row
            .interval
            .map_or([String::new(), String::new()], |(interval, _)| interval.map(|value| significant(value, 3)));
        vec![
            if row.covariate.is_empty() { "individuals alike".to_owned() } else { row.covariate.clone() },
            row.at.map_or_else(String::new, |at| significant(at, 3)),
            row.unit.clone(),
            row.quantity.clone(),
            significant(row.ratio, 3),
            format!("{:+.1}", 100.0 * (row.ratio - 1.0)),
            low,
            high,
        ]
    };
    let headings = [
        ("covariate", Align::Left),
        ("value", Align::Right),
        ("unit", Align::Left),
        ("of", Align::Left),
        ("ratio", Align::Right),
        ("change, %", Align::Right),
        ("p5", Align::Right),
        ("p95", Align::Right),
    ];
    table(&headings, &rows.iter().map(cells).collect::<Vec<_>>())
}

//! `teorell bench`: how fast this machine simulates, and how exactly.

mod accuracy;

use std::sync::Arc;
use std::time::Instant;

use accuracy::{Judged, Speed};
use teorell::engine::Engine;
use teorell::output::summaries::{SummaryPlan, SummarySink};
use teorell::simulate::n_threads;
use teorell::study::{Override, Study};

use super::exit_code::Exit;
use super::options;
use super::report::{Failure, note, print};
use super::simulate::{find_study, layout, refuse_sweep, summary_times};
use super::table::{Align, significant, table, whole};

const EXAMPLES: &str = "\
Examples:
  teorell bench                                     Cohorts of 1,000 to 100,000 of the built-in study
  teorell bench --sizes 1000000 --threads 4 --csv   One size, as CSV

The first table has whole cohorts of the study's first arm: drawn, integrated by --solver and
summarised (mean, SD, percentiles per time and per cycle); only files are left out.
The second table has every engine that fits the model, on one thread: subjects drawn and integrated
a second (median of three runs), with all samples and with exposure only, beside the largest
relative error in all concentrations, areas, maxima and troughs against the reference at 1e-10.
By default all of it takes about half a minute.";

/// Measure subjects per second on this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A study file, or the name of a built-in study; its first arm is measured.
    #[arg(default_value = "inotuzumab")]
    study: String,
    /// Cohort sizes, separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_hyphen_values = true, value_parser = options::whole::<i64>, default_values_t = [1_000_i64, 10_000, 100_000])]
    sizes: Vec<i64>,
    /// Numbers of threads, separated by commas [default: 1, and all of the machine].
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_hyphen_values = true, value_parser = options::threads)]
    threads: Vec<usize>,
    #[arg(long, value_name = "NAME", help = options::SOLVER, default_value = "auto")]
    solver: String,
    /// Write CSV instead of a table.
    #[arg(long)]
    csv: bool,
}

/// One measurement.
struct Measured {
    mode: &'static str,
    threads: usize,
    subjects: u64,
    samples: usize,
    seconds: f64,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let whole = find_study(&arguments.study, &[])?;
    refuse_sweep(&whole, "teorell bench", "measure a copy of the study without `[sweep]`")?;
    let first = whole.arm_names().first().map(|name| (*name).to_owned()).unwrap_or_default();
    let machine = n_threads(None);
    let threads = match arguments.threads.as_slice() {
        [] if machine == 1 => vec![1],
        [] => vec![1, machine],
        given => given.to_vec(),
    };
    let mut measured = Vec::new();
    for &size in &arguments.sizes {
        for (mode, grid) in [("profiles", true), ("exposure only", false)] {
            let study = study(arguments, size, &first, grid)?;
            for &threads in &threads {
                measured.push(measure(&study, mode, threads)?);
                let plural = if threads == 1 { "" } else { "s" };
                note(&format!("measured {mode}: {size} subjects on {threads} thread{plural}"));
            }
        }
    }
    let setup = whole.setup();
    let engine = Engine::new(Arc::new(setup.model.program().clone()), setup.solver, setup.tolerance);
    let solver = engine.map_or_else(|error| error.to_string(), |engine| engine.solver().to_owned());
    let solver = if arguments.solver == "auto" { format!("auto ({solver})") } else { arguments.solver.clone() };
    let largest = arguments.sizes.iter().copied().max().unwrap_or_default();
    let engines = accuracy::judge(&arguments.study, &first, largest)?;
    note("measured every engine on one thread");
    let rtol = setup.tolerance.rtol;
    print(&if arguments.csv {
        csv(&measured, &solver, rtol, &engines)
    } else {
        text(&measured, &solver, rtol, &engines)
    })?;
    Ok(Exit::Success)
}

fn study(arguments: &Arguments, size: i64, arm: &str, grid: bool) -> Result<Study, Failure> {
    let mut overrides = vec![
        Override::new(&["cohort", "size"], size, "--sizes"),
        Override::new(&["arms"], vec![arm.to_owned()], "the first arm"),
        Override::new(&["solver", "choice"], arguments.solver.as_str(), "--solver"),
        Override::new(&["residual", "on"], false, "bench"),
        Override::new(&["outputs", "subjects"], false, "bench"),
    ];
    if !grid {
        overrides.push(Override::new(&["sampling", "grid"], toml::Value::Array(Vec::new()), "bench"));
        overrides.push(Override::new(&["sampling", "peaks"], false, "bench"));
        overrides.push(Override::new(&["sampling", "troughs"], false, "bench"));
    }
    find_study(&arguments.study, &overrides)
}

fn measure(study: &Study, mode: &'static str, threads: usize) -> Result<Measured, Failure> {
    let times = summary_times(study);
    let samples = times.first().map_or(0, |times| times.len());
    let plan = SummaryPlan { times, observed: false, expected_subjects: study.size() };
    let sink = SummarySink::new(Arc::new(layout(study)), plan);
    let begun = Instant::now();
    let counts = study.run(Some(threads), &[&sink], &mut |_| ())?;
    let summaries = sink.finish();
    let seconds = begun.elapsed().as_secs_f64();
    // A run whose result nobody looks at could be left out by a clever compiler.
    std::hint::black_box(&summaries);
    Ok(Measured { mode, threads, subjects: counts.subjects, samples, seconds })
}

#[expect(clippy::cast_precision_loss, reason = "numbers of subjects")]
fn rate(measured: &Measured) -> f64 {
    measured.subjects as f64 / measured.seconds
}

fn text(measured: &[Measured], solver: &str, rtol: f64, engines: &[Judged]) -> String {
    let rows: Vec<Vec<String>> = measured
        .iter()
        .map(|row| {
            vec![
                row.mode.to_owned(),
                whole(row.subjects),
                row.threads.to_string(),
                row.samples.to_string(),
                significant(row.seconds, 3),
                significant(rate(row), 3),
            ]
        })
        .collect();
    let headings = [
        ("mode", Align::Left),
        ("subjects", Align::Right),
        ("threads", Align::Right),
        ("samples", Align::Right),
        ("seconds", Align::Right),
        ("subjects/s", Align::Right),
    ];
    let cohorts = table(&headings, &rows);
    format!(
        "solver {solver}, relative tolerance {rtol:e}\n\n{cohorts}\nengines on one thread\n\n{}",
        of_engines(engines)
    )
}

fn of_engines(engines: &[Judged]) -> String {
    let headings = [
        ("engine", Align::Left),
        ("tolerance", Align::Right),
        ("largest error", Align::Right),
        ("subjects/s, all samples", Align::Right),
        ("exposure only", Align::Right),
    ];
    let rows: Vec<Vec<String>> = engines
        .iter()
        .map(|engine| {
            vec![
                engine.engine.to_owned(),
                format!("{:e}", engine.rtol),
                engine.error.map_or_else(|| "a subject failed".to_owned(), |error| format!("{error:.1e}")),
                significant(engine.all_samples.rate(), 3),
                significant(engine.exposure_only.rate(), 3),
            ]
        })
        .collect();
    table(&headings, &rows)
}

/// Empty where nothing was measured: errors of whole cohorts, samples of engines.
fn csv(measured: &[Measured], solver: &str, rtol: f64, engines: &[Judged]) -> String {
    let mut text = "mode,solver,rtol,largest_error,subjects,threads,samples,seconds,subjects_per_second\n".to_owned();
    for row in measured {
        let Measured { mode, threads, subjects, samples, seconds } = row;
        text += &format!("{mode},{solver},{rtol:e},,{subjects},{threads},{samples},{seconds},{}\n", rate(row));
    }
    for row in engines {
        let Judged { engine, rtol, error, all_samples, exposure_only } = row;
        let error = error.map_or_else(String::new, |error| format!("{error:e}"));
        for (mode, speed) in [("engine", all_samples), ("engine exposure only", exposure_only)] {
            let Speed { subjects, seconds } = speed;
            text += &format!("{mode},{engine},{rtol:e},{error},{subjects},1,,{seconds},{}\n", speed.rate());
        }
    }
    text
}

//! `teorell validate`: every published number against its simulation.

use teorell::study::Override;
use teorell::study::published::{Comparison, Published, Verdict};
use teorell::study::validate::validate;

use super::exit_code::Exit;
use super::options;
use super::progress::Progress;
use super::report::{Failure, print};
use super::table::{Align, significant, table};

const EXAMPLES: &str = "\
Examples:
  teorell validate                                Simulate every published number and judge it
  teorell validate --json > validation.json       The same as data, with sources and reasons";

/// Compare simulations with every published number of inotuzumab ozogamicin.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Write JSON instead of a table.
    #[arg(long)]
    json: bool,
    #[arg(long, value_name = "NAME", help = options::SOLVER)]
    solver: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = options::threads, help = options::THREADS)]
    threads: Option<usize>,
    /// No progress bar.
    #[arg(short, long)]
    quiet: bool,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let overrides: Vec<Override> = arguments
        .solver
        .iter()
        .map(|solver| Override::new(&["solver", "choice"], solver.as_str(), &format!("--solver {solver}")))
        .collect();
    let progress = Progress::new(arguments.quiet);
    let comparisons = validate(&Published::inotuzumab(), &overrides, arguments.threads, &mut |done, total| {
        progress.show(done, total)
    })?;
    progress.finish();
    let failed = comparisons.iter().filter(|comparison| comparison.verdict() == Verdict::Fail).count();
    let judged = comparisons.iter().filter(|comparison| comparison.verdict() != Verdict::NotJudged).count();
    if arguments.json {
        print(&json(&comparisons))?;
    } else {
        print(&text(&comparisons))?;
        print(&format!(
            "\n{} of {judged} published numbers met, {} reported only\n",
            judged - failed,
            comparisons.len() - judged
        ))?;
    }
    Ok(if failed == 0 { Exit::Success } else { Exit::CheckFailed })
}

/// The table "published | simulated".
pub fn text(comparisons: &[Comparison]) -> String {
    let rows: Vec<Vec<String>> = comparisons
        .iter()
        .map(|comparison| {
            let value = &comparison.value;
            // As many digits as tell the two numbers apart at the tolerance, and no fewer than were published.
            let digits = if comparison.tolerance().ends_with("relative") { 9 } else { 4 };
            vec![
                value.name.clone(),
                significant(value.published, digits),
                comparison.simulated.map_or_else(|| "none".to_owned(), |simulated| significant(simulated, digits)),
                value.unit.clone(),
                comparison.difference_percent().map_or_else(String::new, |percent| match percent.abs() {
                    small if small < 0.005 => format!("{percent:+.0e}"),
                    _ => format!("{percent:+.2}"),
                }),
                comparison.tolerance(),
                match comparison.verdict() {
                    Verdict::Pass => "pass".to_owned(),
                    Verdict::Fail => "FAIL".to_owned(),
                    Verdict::NotJudged => String::new(),
                },
                value.source.clone(),
            ]
        })
        .collect();
    let headings = [
        ("quantity", Align::Left),
        ("published", Align::Right),
        ("simulated", Align::Right),
        ("unit", Align::Left),
        ("difference %", Align::Right),
        ("allowed", Align::Left),
        ("verdict", Align::Left),
        ("source", Align::Left),
    ];
    table(&headings, &rows)
}

fn json(comparisons: &[Comparison]) -> String {
    let values: Vec<serde_json::Value> = comparisons
        .iter()
        .map(|comparison| {
            let value = &comparison.value;
            serde_json::json!({
                "name": value.name,
                "published": value.published,
                "simulated": comparison.simulated,
                "unit": value.unit,
                "difference_percent": comparison.difference_percent(),
                "tolerance": comparison.tolerance(),
                "verdict": match comparison.verdict() {
                    Verdict::Pass => "pass",
                    Verdict::Fail => "fail",
                    Verdict::NotJudged => "not judged",
                },
                "source": value.source,
                "reason": value.reason,
            })
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&values).expect("names and numbers always serialise");
    text.push('\n');
    text
}

//! `teorell simulate`: a study, from its file to a folder of results.

mod arguments;
mod comparisons;
mod failures;
mod files;
mod forests;
mod layout;
mod record;
mod replicates;
mod solved;
mod space;
mod tables;
mod targets;

use std::time::Instant;

use teorell::simulate::Counts;
use teorell::simulate::sink::AnySink;
use teorell::study::spec::StudySpec;
use teorell::study::watch::Watch;

use super::exit_code::Exit;
use super::progress::Progress;
use super::report::{Failure, note, print, warning};
pub use arguments::{Arguments, find_study, refuse_sweep};
use failures::Failures;
use files::Files;
pub use files::{open_folder, plot_options, write_copies};
pub use forests::ForestFile;
pub use layout::{layout, summary_times, table_format};
pub use record::{manifest, record_simulation};
pub use solved::Solved;
use space::Space;

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let study = arguments.study()?;
    let out = arguments.out.clone().unwrap_or_else(|| study.name().into());
    let begun = Instant::now();
    let mut files = Files::create(&study, &out)?;
    let mut failures = Failures::default();
    let solved = Solved::default();
    let progress = Progress::new(arguments.quiet);
    let mut space = Space::of(out);
    let mut counts = Counts::default();
    let mut exposure = tables::Exposure::default();
    let mut watches = Vec::new();
    for (index, point) in study.points().enumerate() {
        let point = point?;
        files.begin(&point, arguments.threads)?;
        failures.begin(&point);
        watches = (0..point.arm_names().len()).map(|arm| Watch::new(arm, &point)).collect::<Vec<_>>();
        let mut sinks: Vec<&dyn AnySink> = files.sinks();
        sinks.extend(watches.iter().map(|watch| watch as &dyn AnySink));
        sinks.push(&failures);
        sinks.push(&solved);
        let total = counts.subjects + (study.n_points() - index) as u64 * point.size();
        let show = &mut |subjects| {
            progress.show(counts.subjects + subjects, total);
            if let Some(text) = space.judge(files.n_bytes(), counts.subjects + subjects, total) {
                progress.beside(|| warning(&text));
            }
        };
        let wanted = &study.spec().outputs;
        let run = if wanted.profiles || wanted.summary { point } else { point.without_samples() };
        let found = run.run(arguments.threads, &sinks, show)?;
        counts = counts.and(found);
        files.end()?;
        exposure.add(&run, &watches);
    }
    progress.finish();
    let simulated = begun.elapsed();

    let comparison = files.comparison(&study);
    let forest = files.forest(&study);
    let targets = files.targets();
    let failures_in = files.failures_in(&study)?;
    let written = files.finish(&study, counts, &solved, arguments.threads, simulated)?;
    if !arguments.quiet {
        print(&exposure.text(&study))?;
        if let Some(comparison) = comparison {
            print(&format!("\n{comparison}"))?;
        }
        if let Some(forest) = forest {
            print(&format!("\n{forest}"))?;
        }
        if let Some(targets) = targets {
            print(&format!("\n{targets}"))?;
        }
        // Published numbers are those of one study, not of a sweep around it.
        let published = if study.is_swept() { None } else { tables::published(&study, &watches) };
        if let Some(table) = published {
            print(&format!("\n{table}"))?;
        }
        solved.tell(&study);
        if wants_times(study.spec()) {
            note(
                "no times of samples are given, so no table and no picture shows concentrations over time; \
                 give some with `--grid 0:168:1` (hours) or `[sampling]` in the study",
            );
        }
        note(&format!("{written} in {:.1} s", begun.elapsed().as_secs_f64()));
    }
    failures.report(&failures_in);
    Ok(if counts.failed == 0 { Exit::Success } else { Exit::SubjectsFailed })
}

/// Whether rows over time are wanted of a cohort and no time is given: the table would be empty without a word. (A data set
/// brings its times along.)
fn wants_times(spec: &StudySpec) -> bool {
    let sampling = &spec.sampling;
    spec.outputs.profiles && spec.data.is_none() && sampling.grid.is_empty() && !sampling.peaks && !sampling.troughs
}

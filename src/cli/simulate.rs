//! `teorell simulate`: a study, from its file to a folder of results.

mod arguments;
mod failures;
mod folder;
mod tables;

use std::time::Instant;

use teorell::simulate::sink::AnySink;
use teorell::study::Study;
use teorell::study::watch::Watch;

use super::exit_code::Exit;
use super::progress::Progress;
use super::report::{Failure, note, print};
pub use arguments::{Arguments, find_study};
use failures::Failures;
use folder::Files;
pub use folder::{layout, manifest, plot_options, summary_times};

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let study = arguments.study()?;
    let out = arguments.out.clone().unwrap_or_else(|| study.name().into());
    let begun = Instant::now();
    let files = Files::create(&study, &out)?;
    let watches: Vec<Watch> = (0..study.arm_names().len()).map(|arm| Watch::new(arm, &study)).collect();
    let failures = Failures::default();
    let mut sinks: Vec<&dyn AnySink> = files.sinks();
    sinks.extend(watches.iter().map(|watch| watch as &dyn AnySink));
    sinks.push(&failures);

    let progress = Progress::new(arguments.quiet);
    let size = study.size();
    let result = study.run(arguments.threads, &sinks, &mut |subjects| progress.show(subjects, size));
    progress.finish();
    let counts = result?;
    let simulated = begun.elapsed();

    let written = files.finish(&study, counts, arguments.threads, simulated)?;
    if !arguments.quiet {
        report(&study, &watches)?;
        note(&format!("{written} in {:.1} s", begun.elapsed().as_secs_f64()));
    }
    failures.report(&study);
    Ok(if counts.failed == 0 { Exit::Success } else { Exit::SubjectsFailed })
}

/// What came out, in a few lines.
fn report(study: &Study, watches: &[Watch]) -> Result<(), Failure> {
    print(&tables::exposure(study, watches))?;
    if let Some(table) = tables::published(study, watches) {
        print(&format!("\n{table}"))?;
    }
    Ok(())
}

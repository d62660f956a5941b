//! `teorell vpc`: a visual predictive check of a model against observed data.

mod arguments;
mod report;

use std::time::Instant;

use teorell::exposure::vpc::VpcResult;
use teorell::output::columns;
use teorell::output::of_design::unit_of_output;
use teorell::output::vpc::{VpcNames, write_observations, write_vpc};
use teorell::plot::source::{PlotFiles, pictures};
use teorell::study::Study;

use super::exit_code::Exit;
use super::pictures::write_pictures;
use super::progress::Progress;
use super::report::{Failure, note, print};
use super::simulate::{
    Solved, layout, manifest, open_folder, plot_options, record_simulation, refuse_sweep, table_format, write_copies,
};
pub use arguments::Arguments;

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let study = arguments.study()?;
    let hint = "set the sweep aside with `--set sweep={}`, and its keys with --set";
    refuse_sweep(&study, "teorell vpc", hint)?;
    let check = study.vpc().map_err(|error| arguments.placed(error))?;
    let model = &study.setup().model;
    let names = VpcNames {
        endpoint: check.endpoint().name.clone(),
        time: study.time_unit().to_string(),
        clock: check.design().clock,
        observed: unit_of_output(model, check.endpoint().prediction),
    };
    let out = arguments.out(&study);
    let begun = Instant::now();
    let outputs = &study.spec().outputs;
    let format = table_format(outputs)?;
    let folder = open_folder(&out)?;
    let ending = format.encoding.ending();
    let table = folder.create(&format!("vpc.{ending}"), columns::vpc(&names))?;
    let corrected = check.spec().prediction_corrected;
    let observations =
        folder.create(&format!("vpc_observations.{ending}"), columns::vpc_observations(&names, corrected))?;

    let copies = write_copies(&study, &folder)?;

    let solved = Solved::default();
    let progress = Progress::new(arguments.quiet);
    let size = check.size();
    let ran = check.run(arguments.threads, &[&solved], &mut |done| progress.show(done, size));
    progress.finish();
    let (result, counts) = ran?;
    let simulated = begun.elapsed();

    let table = write_vpc(&result, &names, format, table)?;
    let observations = write_observations(&result, &names, format, observations)?;
    let sources = PlotFiles {
        vpc: Some(table.written_path().to_owned()),
        vpc_observations: Some(observations.written_path().to_owned()),
        ..PlotFiles::default()
    };
    let mut files = copies;
    files.extend([table, observations]);
    let mut manifest = manifest("vpc", &study, &layout(&study), counts);
    // Its number of replicates is that of `simulate`; a check has its own, and says what their parameters are in vpc.csv.
    manifest.uncertainty = None;
    manifest.solver.solved_by = solved.counts();
    if outputs.plots {
        files.extend(write_pictures(&folder, &pictures(&sources, &manifest, &plot_options(&study))?)?);
    }
    record_simulation(&mut manifest, simulated, arguments.threads);
    let n_files = folder.commit(files, manifest)?.files.len();

    tell(arguments, &study, &result, &names)?;
    if !arguments.quiet {
        solved.tell(&study);
        let seconds = begun.elapsed().as_secs_f64();
        note(&format!("wrote {} files into `{}` in {seconds:.1} s", n_files + 1, out.display()));
    }
    report::warnings(&result, &study, counts);
    Ok(if counts.failed == 0 { Exit::Success } else { Exit::SubjectsFailed })
}

fn tell(arguments: &Arguments, study: &Study, result: &VpcResult, names: &VpcNames) -> Result<(), Failure> {
    if arguments.quiet {
        return Ok(());
    }
    print(&report::table_of(result, study, names))
}

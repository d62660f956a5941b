//! `teorell forest`: what each covariate does to exposure, against a reference subject.

mod arguments;
mod around_model;

use std::time::Instant;

use teorell::output::rows::Table;
use teorell::plot::source::{PlotFiles, pictures};
use teorell::simulate::Counts;

use super::exit_code::Exit;
use super::pictures::write_pictures;
use super::report::{Failure, note, print};
use super::simulate::{
    ForestFile, layout, manifest, open_folder, plot_options, record_simulation, table_format, write_copies,
};
pub use arguments::Arguments;

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let study = arguments.study()?;
    let out = arguments.out.clone().unwrap_or_else(|| format!("{}-forest", study.name()).into());
    let outputs = &study.spec().outputs;
    let format = table_format(outputs)?;
    let folder = open_folder(&out)?;
    let mut forest = ForestFile::create(&layout(&study), |name, columns| {
        let file = folder.create(&format!("{name}.{}", format.encoding.ending()), columns.clone())?;
        Ok(Table::new(file, format, &columns)?)
    })?;
    for point in study.points() {
        let point = point.map_err(|error| arguments.placed(error.into()))?;
        forest.add(&point, &layout(&point), arguments.threads).map_err(|failure| arguments.placed(failure))?;
    }
    let simulated = begun.elapsed();
    let text = forest.text(&study);
    let mut manifest = manifest("forest", &study, &layout(&study), Counts::default());
    manifest.arms.retain(|record| Some(record.name.as_str()) == forest.arm());
    record_simulation(&mut manifest, simulated, arguments.threads);
    let (file, solved) = forest.finish()?;
    manifest.solver.solved_by = solved.counts();
    let sources = PlotFiles { forest: Some(file.written_path().to_owned()), ..PlotFiles::default() };
    let mut files = write_copies(&study, &folder)?;
    files.push(file);
    if outputs.plots {
        files.extend(write_pictures(&folder, &pictures(&sources, &manifest, &plot_options(&study))?)?);
    }
    let n_files = folder.commit(files, manifest)?.files.len();
    if !arguments.quiet {
        print(&text)?;
        solved.tell(&study);
        arguments.notes().iter().for_each(|text| note(text));
        let seconds = begun.elapsed().as_secs_f64();
        note(&format!("wrote {} files into `{}` in {seconds:.1} s", n_files + 1, out.display()));
    }
    Ok(Exit::Success)
}

//! The files of a run: opened before it, finished after it.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use teorell::output::columns::{self, Column};
use teorell::output::exposures::ExposureSink;
use teorell::output::folder::{OutputError, OutputFile, OutputFolder};
use teorell::output::layout::{Format, Layout};
use teorell::output::profiles::ProfileSink;
use teorell::output::row_sink::{RowSink, SubjectRows};
use teorell::output::rows::Table;
use teorell::output::subjects::SubjectSink;
use teorell::output::summaries::{SummarySink, append_accumulation, append_summary};
use teorell::plot::source::{PlotFiles, PlotOptions, pictures};
use teorell::plot::style::Theme;
use teorell::simulate::Counts;
use teorell::simulate::sink::AnySink;
use teorell::study::Study;
use teorell::study::copies::{Content, Copy};
use teorell::study::spec::ThemeName;

use super::comparisons::ComparisonFiles;
use super::forests::ForestFile;
use super::layout::{layout, summary_plan, table_format};
use super::record::{manifest, record_simulation, seconds};
use super::replicates::ReplicateFiles;
use super::solved::Solved;
use super::targets::TargetFiles;
use crate::cli::pictures::write_pictures;
use crate::cli::report::{Failure, warning};

/// Open files, and what fills them.
pub struct Files {
    layout: Arc<Layout>,
    profiles: Option<ProfileSink<OutputFile>>,
    exposure: Option<ExposureSink<OutputFile>>,
    subjects: Option<SubjectSink<OutputFile>>,
    summary: Option<SummaryFiles>,
    targets: Option<TargetFiles>,
    comparison: Option<ComparisonFiles>,
    forest: Option<ForestFile>,
    replicates: Option<ReplicateFiles>,
    copies: Vec<OutputFile>,
    // The last to be dropped: a folder that was made for a run that failed is removed once its files are.
    folder: OutputFolder,
}

/// The tables of summaries, and what collects those of the point at hand.
struct SummaryFiles {
    sink: SummarySink,
    summary: Table<OutputFile>,
    accumulation: Table<OutputFile>,
}

impl Files {
    /// Opens every file that the study asks for, so that a folder that cannot be written shows before the run.
    pub fn create(study: &Study, out: &Path) -> Result<Self, Failure> {
        let wanted = &study.spec().outputs;
        let rows = writes_rows(study);
        let format = table_format(wanted)?;
        let folder = open_folder(out)?;
        let layout = Arc::new(layout(study));
        let create = |name: &str, columns| folder.create(&format!("{name}.{}", format.encoding.ending()), columns);
        let create_table = |name: &str, columns: Vec<Column>| -> Result<_, Failure> {
            Ok(Table::new(create(name, columns.clone())?, format, &columns)?.with_provenance(&layout.provenance))
        };
        let profiles = row_sink(wanted.profiles && rows, "profiles", &layout, format, create)?;
        let exposure = row_sink(wanted.cycles && rows, "exposure", &layout, format, create)?;
        let subjects = row_sink(wanted.subjects && rows, "subjects", &layout, format, create)?;
        let summary = match wanted.summary || wanted.exposure {
            true => Some(SummaryFiles {
                sink: summary_sink(study, &layout),
                summary: create_table("summary", columns::summary(&layout))?,
                accumulation: create_table("accumulation", columns::accumulation(&layout))?,
            }),
            false => None,
        };
        let targets = match study.targets() {
            [] => None,
            targets => Some(TargetFiles::create(study, targets, &layout, create_table)?),
        };
        let comparison = ComparisonFiles::create(study, &layout, create_table)?;
        let forest = match study.spec().forest {
            Some(_) => Some(ForestFile::create(&layout, create_table)?),
            None => None,
        };
        let replicates = match (&study.uncertainty().uncertainty, &summary) {
            (Some(uncertainty), Some(_)) => {
                let table = create("replicate_summary", columns::replicate_summary(&layout))?;
                Some(ReplicateFiles::create(study, uncertainty, &layout, format, table, create_table)?)
            }
            _ => None,
        };
        let copies = write_copies(study, &folder)?;
        Ok(Self {
            layout,
            profiles,
            exposure,
            subjects,
            summary,
            targets,
            comparison,
            forest,
            replicates,
            copies,
            folder,
        })
    }

    /// Turns to a point of the sweep: the rows to come are its. Its forest is made at once, so that what is wrong with it shows
    /// before the run.
    pub fn begin(&mut self, point: &Study, threads: Option<usize>) -> Result<(), Failure> {
        let layout = Arc::new(layout(point));
        if let Some(sink) = &mut self.profiles {
            sink.at_point(layout.clone());
        }
        if let Some(sink) = &mut self.exposure {
            sink.at_point(layout.clone());
        }
        if let Some(sink) = &mut self.subjects {
            sink.at_point(layout.clone());
        }
        if let Some(files) = &mut self.summary {
            files.sink = summary_sink(point, &layout);
        }
        if let Some(files) = &mut self.targets {
            files.begin(point, &layout);
        }
        if let Some(files) = &mut self.comparison {
            files.begin(point, &layout);
        }
        if let Some(files) = &mut self.replicates {
            files.begin(point, &layout);
        }
        if let Some(forest) = &mut self.forest {
            forest.add(point, &layout, threads)?;
        }
        self.layout = layout;
        Ok(())
    }

    /// Where all failed subjects are found, or what writes them.
    pub fn failures_in(&self, study: &Study) -> Result<String, Failure> {
        Ok(match &self.subjects {
            Some(_) => format!("`subjects.{}` says why", table_format(&study.spec().outputs)?.encoding.ending()),
            None if writes_rows(study) => "`subjects` among the outputs writes a table that says why".to_owned(),
            None => "`--set uncertainty.rows=true` writes a table that says why".to_owned(),
        })
    }

    /// Writes what is known of a point once all its subjects are done.
    pub fn end(&mut self) -> Result<(), Failure> {
        if let Some(files) = &self.summary {
            let mut summaries = files.sink.finish();
            if let Some(replicates) = &mut self.replicates {
                replicates.end(&self.layout, &mut summaries.summary)?;
            }
            append_summary(&files.summary, &summaries.summary, &self.layout)?;
            append_accumulation(&files.accumulation, &summaries.accumulation, &self.layout)?;
        }
        if let Some(files) = &mut self.targets {
            files.end(&self.layout)?;
        }
        if let Some(files) = &mut self.comparison {
            files.end(&self.layout)?;
        }
        Ok(())
    }

    /// What the run feeds.
    pub fn sinks(&self) -> Vec<&dyn AnySink> {
        let mut sinks: Vec<&dyn AnySink> = Vec::new();
        sinks.extend(self.profiles.as_ref().map(|sink| sink as &dyn AnySink));
        sinks.extend(self.exposure.as_ref().map(|sink| sink as &dyn AnySink));
        sinks.extend(self.subjects.as_ref().map(|sink| sink as &dyn AnySink));
        sinks.extend(self.summary.as_ref().map(|files| &files.sink as &dyn AnySink));
        sinks.extend(self.targets.as_ref().map(|files| files.sink() as &dyn AnySink));
        sinks.extend(self.comparison.as_ref().map(|files| files.sink() as &dyn AnySink));
        sinks.extend(self.replicates.as_ref().map(|files| &files.sink as &dyn AnySink));
        sinks
    }

    /// Bytes written so far into the tables that grow with the number of subjects.
    pub fn n_bytes(&self) -> u64 {
        let tables = [
            self.profiles.as_ref().map(RowSink::n_bytes),
            self.exposure.as_ref().map(RowSink::n_bytes),
            self.subjects.as_ref().map(RowSink::n_bytes),
        ];
        tables.into_iter().flatten().sum()
    }

    /// What is said of the targets at the end of the run.
    pub fn targets(&self) -> Option<String> {
        self.targets.as_ref().map(|files| files.text(&self.layout))
    }

    /// What is said of arms against the reference arm.
    pub fn comparison(&self, study: &Study) -> Option<String> {
        self.comparison.as_ref().and_then(|comparison| comparison.text(study))
    }

    /// What is said of covariates.
    pub fn forest(&self, study: &Study) -> Option<String> {
        self.forest.as_ref().map(|forest| forest.text(study))
    }

    /// Finishes the files, draws the pictures, and puts everything in its place. Says what was written.
    pub fn finish(
        self,
        study: &Study,
        counts: Counts,
        solved: &Solved,
        threads: Option<usize>,
        simulated: Duration,
    ) -> Result<String, Failure> {
        let mut manifest = manifest("simulate", study, &self.layout, counts);
        manifest.solver.solved_by = solved.counts();
        let mut files = self.copies;
        let mut sources = PlotFiles::default();
        if let Some(sink) = self.profiles {
            let file = sink.into_writer()?;
            sources.profiles = Some(file.written_path().to_owned());
            files.push(file);
        }
        if let Some(sink) = self.exposure {
            files.push(sink.into_writer()?);
        }
        if let Some(sink) = self.subjects {
            let file = sink.into_writer()?;
            sources.subjects = Some(file.written_path().to_owned());
            files.push(file);
        }
        if let Some(tables) = self.summary {
            let file = tables.summary.into_writer()?;
            sources.summary = Some(file.written_path().to_owned());
            files.push(file);
            files.push(tables.accumulation.into_writer()?);
        }
        if let Some(tables) = self.targets {
            let written = tables.finish(&self.layout)?;
            sources.targets = Some(written.targets.written_path().to_owned());
            sources.target_confidence = written.confidence.as_ref().map(|file| file.written_path().to_owned());
            files.push(written.targets);
            files.extend(written.confidence);
            files.extend(written.reached);
        }
        if let Some(table) = self.comparison {
            let file = table.finish()?;
            sources.comparison = Some(file.written_path().to_owned());
            files.push(file);
        }
        if let Some(forest) = self.forest {
            let (file, _) = forest.finish()?;
            sources.forest = Some(file.written_path().to_owned());
            files.push(file);
        }
        if let Some(replicates) = self.replicates {
            let [summaries, confidence, parameters] = replicates.into_files()?;
            sources.confidence = Some(confidence.written_path().to_owned()).filter(|_| !study.is_swept());
            files.extend([summaries, confidence, parameters]);
        }
        let begun = std::time::Instant::now();
        if study.spec().outputs.plots {
            let mut pictures = pictures(&sources, &manifest, &plot_options(study))?;
            pictures.retain(|picture| is_wanted(study, &picture.name));
            files.extend(write_pictures(&self.folder, &pictures)?);
        }
        record_simulation(&mut manifest, simulated, threads);
        manifest.timings.insert("pictures_s".to_owned(), seconds(begun.elapsed()).into());
        let path = self.folder.path().display().to_string();
        let n_files = self.folder.commit(files, manifest)?.files.len();
        Ok(format!("wrote {} files into `{path}`", n_files + 1))
    }
}

/// A table with rows of subjects, where it is wanted.
fn row_sink<R: SubjectRows>(
    wanted: bool,
    name: &str,
    layout: &Arc<Layout>,
    format: Format,
    create: impl Fn(&str, Vec<Column>) -> Result<OutputFile, OutputError>,
) -> Result<Option<RowSink<OutputFile, R>>, Failure> {
    if !wanted {
        return Ok(None);
    }
    Ok(Some(RowSink::new(layout.clone(), format, create(name, R::columns(layout))?)?))
}

/// Opens a folder for results, and says so where another run is writing into it.
pub fn open_folder(out: &Path) -> Result<OutputFolder, OutputError> {
    let folder = OutputFolder::open(out)?;
    if folder.under_way() > 0 {
        let out = out.display();
        warning(&format!(
            "another run is writing into `{out}`: of files that both write, those of the later one to end will stay"
        ));
    }
    Ok(folder)
}

/// How the study's pictures are drawn.
pub fn plot_options(study: &Study) -> PlotOptions {
    let theme = match study.spec().outputs.theme {
        ThemeName::Light => Theme::Light,
        ThemeName::Dark => Theme::Dark,
        ThemeName::Print => Theme::Print,
    };
    PlotOptions { theme, ..PlotOptions::default() }
}

/// Whether files with a row per subject are written: 200 replicates of them are read by nobody, so with uncertainty they have to be asked for.
pub fn writes_rows(study: &Study) -> bool {
    let asked = study.spec().uncertainty.as_ref().is_some_and(|uncertainty| uncertainty.rows);
    asked || study.uncertainty().uncertainty.is_none()
}

/// The files that the study is made of, so that the folder can be run again without anything else.
pub fn write_copies(study: &Study, folder: &OutputFolder) -> Result<Vec<OutputFile>, Failure> {
    study.copies().iter().map(|copy| write_copy(folder, copy)).collect()
}

fn write_copy(folder: &OutputFolder, copy: &Copy) -> Result<OutputFile, Failure> {
    let mut file = folder.create(&copy.name, Vec::new())?;
    match &copy.content {
        Content::Text(text) => file.write_all(text.as_bytes())?,
        Content::File(path) => {
            let unreadable = |error| Failure::bad_input(format!("could not read `{}`: {error}", path.display()));
            std::io::copy(&mut std::fs::File::open(path).map_err(unreadable)?, &mut file)?;
        }
    }
    Ok(file)
}

/// A data set is answered by every variable of its model; only those that were asked for are worth a picture.
fn is_wanted(study: &Study, picture: &str) -> bool {
    const ALWAYS: [&str; 9] = [
        "concentration",
        "spaghetti",
        "accumulation",
        "clearance",
        "comparison",
        "forest",
        "sweep",
        "sweep_concentration",
        "pta",
    ];
    let outputs = &study.spec().outputs;
    ALWAYS.contains(&picture) || outputs.variables.iter().flatten().any(|variable| variable == picture)
}

fn summary_sink(study: &Study, layout: &Arc<Layout>) -> SummarySink {
    SummarySink::new(layout.clone(), summary_plan(study, layout))
}

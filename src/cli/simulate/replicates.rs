//! The files of a run whose parameters are uncertain.

use std::io;
use std::sync::Arc;

use teorell::cohort::uncertainty::Uncertainty;
use teorell::output::columns::{self, Column};
use teorell::output::folder::OutputFile;
use teorell::output::layout::{Format, Layout};
use teorell::output::manifest::{BlockRecord, UncertaintyRecord};
use teorell::output::replicates::{DrawnParameters, ReplicateSink, append_confidence};
use teorell::output::rows::Table;
use teorell::output::summaries::{SummaryPlan, SummaryRow};
use teorell::simulate::Replicates;
use teorell::study::Study;

use super::layout::summary_plan;
use crate::cli::report::Failure;

/// Open files, and what fills them.
pub struct ReplicateFiles {
    pub sink: ReplicateSink<OutputFile>,
    confidence: Table<OutputFile>,
    parameters: Table<OutputFile>,
    drawn: DrawnParameters,
    /// Of the point at hand.
    replicates: Replicates,
}

impl ReplicateFiles {
    /// Opens them; `table` is the open `replicate_summary.csv`.
    pub fn create(
        study: &Study,
        uncertainty: &Uncertainty,
        layout: &Arc<Layout>,
        format: Format,
        table: OutputFile,
        create: impl Fn(&str, Vec<Column>) -> Result<Table<OutputFile>, Failure>,
    ) -> Result<Self, Failure> {
        let model = &study.setup().model;
        let drawn = DrawnParameters::new(model, &uncertainty.theta_names(model), &uncertainty.eta_names(model));
        Ok(Self {
            sink: ReplicateSink::new(layout.clone(), plan(study, layout), study.replicates(), format, table)?,
            confidence: create("confidence", columns::confidence(layout))?,
            parameters: create("replicates", drawn.columns(layout))?,
            drawn,
            replicates: study.replicates().clone(),
        })
    }

    /// Turns to a point of the sweep.
    pub fn begin(&mut self, point: &Study, layout: &Arc<Layout>) {
        self.replicates = point.replicates().clone();
        self.sink.at_point(layout.clone(), plan(point, layout), &self.replicates);
    }

    /// Writes what is known of a point once all its subjects are done. Rows over all replicates get their standard errors.
    pub fn end(&mut self, layout: &Layout, pooled: &mut [SummaryRow]) -> Result<(), Failure> {
        let confidence = self.sink.end()?;
        confidence.correct(pooled);
        append_confidence(&self.confidence, &confidence.rows(), layout)?;
        Ok(self.drawn.append(&self.parameters, &self.replicates, layout)?)
    }

    /// `replicate_summary.csv`, `confidence.csv`, `replicates.csv`.
    pub fn into_files(self) -> io::Result<[OutputFile; 3]> {
        Ok([self.sink.into_writer()?, self.confidence.into_writer()?, self.parameters.into_writer()?])
    }
}

/// What is summarised of one replicate.
fn plan(study: &Study, layout: &Layout) -> SummaryPlan {
    let plan = summary_plan(study, layout);
    SummaryPlan { expected_subjects: plan.expected_subjects / u64::from(study.replicates().count()), ..plan }
}

/// What `run.json` says of it.
pub fn record(study: &Study) -> Option<UncertaintyRecord> {
    let uncertainty = study.uncertainty().uncertainty.as_ref()?;
    let (model, replicates) = (&study.setup().model, study.replicates());
    let blocks = uncertainty.degrees_of_freedom(model).into_iter().map(|(etas, df)| BlockRecord { etas, df });
    Some(UncertaintyRecord {
        replicates: replicates.draws().len() as u64,
        trials: u64::from(replicates.trials()),
        common_random_numbers: replicates.common_random_numbers(),
        thetas: uncertainty.theta_names(model),
        etas: uncertainty.eta_names(model),
        degrees_of_freedom: blocks.collect(),
        redrawn: study.uncertainty().redrawn(),
        left_out: uncertainty.left_out().to_vec(),
        summary_interval: "prediction: of a new subject, over all subjects of all replicates".to_owned(),
        confidence_interval: "confidence: of a statistic of the subjects of a replicate, over replicates".to_owned(),
    })
}

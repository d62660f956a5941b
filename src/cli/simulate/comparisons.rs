//! The table of arms against a reference arm: filled point by point, and told at the end of the run.

use std::io;
use std::sync::Arc;

use teorell::output::columns::{self, Column};
use teorell::output::comparisons::{ComparisonPlan, ComparisonRow, ComparisonSink, append_comparison};
use teorell::output::folder::OutputFile;
use teorell::output::layout::Layout;
use teorell::output::rows::Table;
use teorell::study::Study;
use teorell::study::comparison::ArmComparison;

use crate::cli::report::Failure;
use crate::cli::table::{Align, significant, table, whole};

/// `comparison.csv`, and what collects the rows of the point at hand.
pub struct ComparisonFiles {
    sink: ComparisonSink,
    table: Table<OutputFile>,
    /// Rows of the first point: what is shown.
    first: Vec<ComparisonRow>,
}

impl ComparisonFiles {
    /// Opens it, where the study asks for a comparison.
    pub fn create(
        study: &Study,
        layout: &Arc<Layout>,
        create: impl Fn(&str, Vec<Column>) -> Result<Table<OutputFile>, Failure>,
    ) -> Result<Option<Self>, Failure> {
        let Some(asked) = study.comparison() else { return Ok(None) };
        let table = create("comparison", columns::comparison(layout))?;
        Ok(Some(Self { sink: sink(study, asked, layout), table, first: Vec::new() }))
    }

    /// What a run feeds.
    pub fn sink(&self) -> &ComparisonSink {
        &self.sink
    }

    /// Turns to a point of the sweep.
    pub fn begin(&mut self, point: &Study, layout: &Arc<Layout>) {
        if let Some(asked) = point.comparison() {
            self.sink = sink(point, asked, layout);
        }
    }

    /// Writes what is known of a point once all its subjects are done.
    pub fn end(&mut self, layout: &Layout) -> Result<(), Failure> {
        let rows = self.sink.finish();
        append_comparison(&self.table, &rows, layout)?;
        if self.first.is_empty() {
            self.first = rows;
        }
        Ok(())
    }

    /// The first and last cycle of the first point and replicate, as a table of text. The last is the one that both arms have.
    pub fn text(&self, study: &Study) -> Option<String> {
        let first = self.first.first()?;
        let last = |test: &str| {
            let compared = self.first.iter().filter(|row| row.test == test && row.comparison.n > 0);
            compared.map(|row| row.cycle).max()
        };
        let is_shown = |row: &&ComparisonRow| {
            row.replicate == 0 && (row.cycle == first.cycle || Some(row.cycle) == last(&row.test))
        };
        let [low, high] = first.criteria.limits();
        let interval = format!("{} % CI", first.criteria.level_percent());
        let within = format!("within {low} to {high}");
        let replicated = self.first.iter().any(|row| row.replicate > 0);
        let ratio = if replicated { "geometric mean ratio, first replicate" } else { "geometric mean ratio" };
        let headings = [
            (ratio, Align::Left),
            ("of", Align::Left),
            ("cycle", Align::Right),
            ("n", Align::Right),
            ("ratio", Align::Right),
            (interval.as_str(), Align::Left),
            (within.as_str(), Align::Left),
        ];
        let swept = match study.n_points() {
            1 => String::new(),
            n => format!("first of {n} points of the sweep; all are in the table `comparison`\n"),
        };
        let rows: Vec<_> = self.first.iter().filter(is_shown).map(cells).collect();
        Some(format!("{}{swept}", table(&headings, &rows)))
    }

    /// The finished file.
    pub fn finish(self) -> io::Result<OutputFile> {
        self.table.into_writer()
    }
}

fn sink(study: &Study, asked: ArmComparison, layout: &Arc<Layout>) -> ComparisonSink {
    let ArmComparison { reference, criteria } = asked;
    ComparisonSink::new(layout.clone(), ComparisonPlan { reference, criteria, expected_subjects: study.size() })
}

fn cells(row: &ComparisonRow) -> Vec<String> {
    let found = &row.comparison;
    let number = |value: f64| significant(value, 4);
    vec![
        format!("{} over {}", row.test, row.reference),
        row.quantity.clone(),
        row.cycle.to_string(),
        whole(found.n),
        found.ratio.map_or_else(String::new, number),
        found.interval.map_or_else(String::new, |[low, high]| format!("{} to {}", number(low), number(high))),
        found.within.map_or("", |within| if within { "yes" } else { "no" }).to_owned(),
    ]
}

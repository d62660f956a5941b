//! The tables of targets: filled point by point, and told at the end of the run.

use std::sync::Arc;

use teorell::exposure::target::Attainment;
use teorell::output::columns::{self, Column};
use teorell::output::folder::OutputFile;
use teorell::output::layout::{Layout, SweptCell};
use teorell::output::number;
use teorell::output::reached::{Reached, ReachedRow, append_reached, reaching_column};
use teorell::output::rows::Table;
use teorell::output::targets::{
    NamedTarget, TargetConfidence, TargetRow, TargetSink, append_target_confidence, append_targets,
};
use teorell::study::Study;
use teorell::study::target::Target;

use super::tables::heading;
use crate::cli::report::Failure;
use crate::cli::table::{Align, table, whole};

/// Rows of targets that are shown; all of them are in the table.
const MOST_ROWS: usize = 24;

/// `targets.csv`; `target_confidence.csv` where parameters are uncertain; `reached.csv` where a number is swept and a share asked for.
pub struct TargetFiles {
    targets: Arc<[NamedTarget]>,
    sink: TargetSink,
    table: Table<OutputFile>,
    confidence: Option<Table<OutputFile>>,
    /// Sets of parameters at the point at hand.
    draws: u64,
    reached: Option<(Reached, Table<OutputFile>)>,
    /// What is shown of the first points.
    shown: Vec<Vec<String>>,
    n_rows: usize,
}

/// The same, written.
pub struct FinishedTargets {
    pub targets: OutputFile,
    pub confidence: Option<OutputFile>,
    pub reached: Option<OutputFile>,
}

impl TargetFiles {
    /// Opens them.
    pub fn create(
        study: &Study,
        targets: &[Target],
        layout: &Layout,
        create: impl Fn(&str, Vec<Column>) -> Result<Table<OutputFile>, Failure>,
    ) -> Result<Self, Failure> {
        let named = |target: &Target| NamedTarget {
            name: target.name.clone(),
            required: target.share,
            condition: target.condition.clone(),
        };
        let targets: Arc<[NamedTarget]> = targets.iter().map(named).collect();
        let draws = study.replicates().draws().len() as u64;
        // One set of parameters is no more uncertain than none.
        let uncertain = draws > 1;
        let is_asked = targets.iter().any(|target| target.required.is_some());
        let reached = match reaching_column(layout).filter(|_| is_asked) {
            Some(column) => {
                let table = create("reached", columns::reached(layout, column, uncertain))?;
                Some((Reached::new(uncertain.then_some(draws)), table))
            }
            None => None,
        };
        let table = create("targets", columns::targets(layout))?;
        let confidence = match uncertain {
            true => Some(create("target_confidence", columns::target_confidence(layout))?),
            false => None,
        };
        let sink = sink(study, layout, &targets);
        Ok(Self { targets, sink, table, confidence, draws, reached, shown: Vec::new(), n_rows: 0 })
    }

    /// What a run feeds.
    pub fn sink(&self) -> &TargetSink {
        &self.sink
    }

    /// Turns to a point of the sweep.
    pub fn begin(&mut self, point: &Study, layout: &Layout) {
        // The levels of a point's conditions are its own: a swept model unit would move them.
        let conditions = self.targets.iter().zip(point.targets());
        self.targets = conditions
            .map(|(target, of_point)| NamedTarget { condition: of_point.condition.clone(), ..target.clone() })
            .collect();
        self.sink = sink(point, layout, &self.targets);
        self.draws = point.replicates().draws().len() as u64;
    }

    /// Writes what is known of a point once all its subjects are done.
    pub fn end(&mut self, layout: &Layout) -> Result<(), Failure> {
        let rows = self.sink.finish();
        append_targets(&self.table, &rows, &self.targets, layout)?;
        if let Some((reached, _)) = &mut self.reached {
            reached.add(&rows, &self.targets, layout);
        }
        let shown: Vec<Vec<String>> = match &self.confidence {
            Some(table) => {
                let rows = TargetConfidence::of_rows(&rows, self.draws);
                append_target_confidence(table, &rows, &self.targets, layout)?;
                rows.iter().map(|row| confidence_cells(row, &self.targets[row.target], layout)).collect()
            }
            None => rows.iter().map(|row| cells(row, &self.targets[row.target], layout)).collect(),
        };
        self.n_rows += shown.len();
        let room = MOST_ROWS.saturating_sub(self.shown.len());
        self.shown.extend(shown.into_iter().take(room));
        Ok(())
    }

    /// As tables of text.
    pub fn text(&self, layout: &Layout) -> String {
        let swept = layout.swept.iter().map(|column| heading(&column.name, &column.unit));
        let mut headings: Vec<(String, Align)> = swept.map(|name| (name, Align::Right)).collect();
        headings.push(("arm".to_owned(), Align::Left));
        if layout.replicates && self.confidence.is_none() {
            headings.push(("replicate".to_owned(), Align::Right));
        }
        headings.push(("target".to_owned(), Align::Left));
        let interval = if self.confidence.is_some() { "95 % CI over replicates" } else { "95 % CI" };
        for name in ["n", "attained, %", interval, "failed", "undefined"] {
            headings.push((name.to_owned(), Align::Right));
        }
        let headings: Vec<(&str, Align)> = headings.iter().map(|(name, align)| (name.as_str(), *align)).collect();
        let mut text = table(&headings, &self.shown);
        if self.n_rows > MOST_ROWS {
            text += &format!("... and {} more rows in `{}.csv`\n", self.n_rows - MOST_ROWS, self.table_name());
        }
        if let (Some((reached, _)), Some(column)) = (&self.reached, reaching_column(layout)) {
            text.push('\n');
            text += &reached_text(reached, &self.targets, layout, column);
        }
        text
    }

    fn table_name(&self) -> &str {
        if self.confidence.is_some() { "target_confidence" } else { "targets" }
    }

    /// The finished files.
    pub fn finish(self, layout: &Layout) -> Result<FinishedTargets, Failure> {
        let reached = match self.reached {
            Some((reached, table)) => {
                append_reached(&table, &reached, &self.targets, layout)?;
                Some(table.into_writer()?)
            }
            None => None,
        };
        let confidence = self.confidence.map(Table::into_writer).transpose()?;
        Ok(FinishedTargets { targets: self.table.into_writer()?, confidence, reached })
    }
}

fn sink(study: &Study, layout: &Layout, targets: &Arc<[NamedTarget]>) -> TargetSink {
    TargetSink::new(layout, targets.clone(), study.setup().levels.len())
}

fn text_of(cell: &SweptCell) -> String {
    match cell {
        SweptCell::Number(value) => number::format(*value, Some(6)),
        SweptCell::Text(text) => text.clone(),
    }
}

fn cells(row: &TargetRow, target: &NamedTarget, layout: &Layout) -> Vec<String> {
    let mut cells: Vec<String> = layout.swept.iter().map(|column| text_of(&column.cell)).collect();
    cells.push(row.arm.clone());
    if layout.replicates {
        cells.push(row.replicate.to_string());
    }
    cells.push(target.name.clone());
    let share = row.attainment.share();
    cells.extend(counted(&row.attainment, share.map(|share| (share.lower, share.upper))));
    cells
}

/// Of all replicates together, with the confidence interval over them.
fn confidence_cells(row: &TargetConfidence, target: &NamedTarget, layout: &Layout) -> Vec<String> {
    let mut cells: Vec<String> = layout.swept.iter().map(|column| text_of(&column.cell)).collect();
    cells.extend([row.arm.clone(), target.name.clone()]);
    cells.extend(counted(&row.pooled, row.percentiles[0].zip(row.percentiles[2])));
    cells
}

fn counted(found: &Attainment, interval: Option<(f64, f64)>) -> [String; 5] {
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let share = found.share().map_or_else(String::new, |share| percent(share.share));
    let interval = interval.map_or_else(String::new, |(low, high)| format!("{} to {}", percent(low), percent(high)));
    [whole(found.n), share, interval, whole(found.failed), whole(found.undefined)]
}

/// Which values of the swept column reach the share that is asked for.
fn reached_text(reached: &Reached, targets: &[NamedTarget], layout: &Layout, column: usize) -> String {
    let rows = reached.rows();
    let further: Vec<&str> = layout
        .swept
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != column)
        .map(|(_, column)| column.name.as_str())
        .collect();
    let swept = &layout.swept[column];
    let by_share = format!("{} that reaches it", heading(&swept.name, &swept.unit));
    let by_limit = match reached.is_uncertain() {
        true => "by the lower confidence limit over replicates",
        false => "by the lower confidence limit",
    };
    let mut headings: Vec<(&str, Align)> = further.iter().map(|name| (*name, Align::Right)).collect();
    headings.extend([
        ("arm", Align::Left),
        ("target", Align::Left),
        ("required, %", Align::Right),
        (by_share.as_str(), Align::Left),
        (by_limit, Align::Left),
    ]);
    let number = |value: f64| number::format(value, Some(6));
    let range = |range: Option<(f64, f64)>| match range {
        None => "none".to_owned(),
        Some((low, high)) if low == high => number(low),
        Some((low, high)) => format!("{} to {}", number(low), number(high)),
    };
    let cells = |row: &ReachedRow| {
        let target = &targets[row.target];
        let mut cells: Vec<String> = row.further.iter().map(text_of).collect();
        cells.extend([row.arm.clone(), target.name.clone()]);
        cells.push(target.required.map_or_else(String::new, |share| number(100.0 * share)));
        let by_limit = if reached.is_uncertain() { row.confidently } else { row.surely };
        cells.extend([range(row.reached), range(by_limit)]);
        cells
    };
    let shown: Vec<Vec<String>> = rows.iter().take(MOST_ROWS).map(cells).collect();
    let mut text = table(&headings, &shown);
    if rows.len() > MOST_ROWS {
        text += &format!("... and {} more rows in `reached.csv`\n", rows.len() - MOST_ROWS);
    }
    text
}

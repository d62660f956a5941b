//! The forest of covariates: made point by point before the run, and told at its end.

use std::io;

use teorell::exposure::forest::{ForestInterval, ForestRow};
use teorell::output::columns::{self, Column};
use teorell::output::folder::OutputFile;
use teorell::output::forests::append_forest;
use teorell::output::layout::Layout;
use teorell::output::rows::Table;
use teorell::study::Study;

use super::solved::Solved;
use crate::cli::report::Failure;
use crate::cli::table::{Align, significant, table};

/// `forest.csv`.
pub struct ForestFile {
    table: Table<OutputFile>,
    /// Rows of the first point: what is shown.
    first: Vec<ForestRow>,
    solved: Solved,
}

impl ForestFile {
    /// Opens it.
    pub fn create(
        layout: &Layout,
        create: impl Fn(&str, Vec<Column>) -> Result<Table<OutputFile>, Failure>,
    ) -> Result<Self, Failure> {
        Ok(Self { table: create("forest", columns::forest(layout))?, first: Vec::new(), solved: Solved::default() })
    }

    /// Makes the forest of a point of the sweep, and writes it.
    pub fn add(&mut self, point: &Study, layout: &Layout, threads: Option<usize>) -> Result<(), Failure> {
        let rows = point.forest(threads, &[&self.solved])?;
        append_forest(&self.table, &rows, layout)?;
        if self.first.is_empty() {
            self.first = rows;
        }
        Ok(())
    }

    /// The forest as a table of text; of a sweep that of the first point.
    pub fn text(&self, study: &Study) -> String {
        let swept = match study.n_points() {
            1 => String::new(),
            n => format!("first of {n} points of the sweep; all are in the table `forest`\n"),
        };
        let left_out = self.first.iter().map(|row| row.missing).max().unwrap_or(0);
        let missing = match left_out {
            0 => String::new(),
            n => format!("{n} individuals alike are left out: they failed, or have no such cycle\n"),
        };
        format!("{}{missing}{swept}", text(&self.first))
    }

    /// Name of the arm that is compared.
    pub fn arm(&self) -> Option<&str> {
        self.first.first().map(|row| row.arm.as_str())
    }

    /// The finished file, and who solved what over all points.
    pub fn finish(self) -> io::Result<(OutputFile, Solved)> {
        Ok((self.table.into_writer()?, self.solved))
    }
}

fn text(rows: &[ForestRow]) -> String {
    let cells = |row: &ForestRow| {
        let ends = |[low, high]: [f64; 2]| format!("{} to {}", significant(low, 3), significant(high, 3));
        vec![
            if row.covariate.is_empty() { "individuals alike".to_owned() } else { row.covariate.clone() },
            row.at.map_or_else(String::new, |at| significant(at, 3)),
            row.unit.clone(),
            row.quantity.clone(),
            significant(row.ratio, 3),
            format!("{:+.1}", 100.0 * (row.ratio - 1.0)),
            row.interval.map_or_else(String::new, |(interval, _)| ends(interval)),
        ]
    };
    let confidence = |row: &ForestRow| matches!(row.interval, Some((_, ForestInterval::Confidence)));
    let interval = if rows.iter().any(confidence) { "90 % CI" } else { "5th to 95th percentile" };
    let headings = [
        ("covariate", Align::Left),
        ("value", Align::Right),
        ("unit", Align::Left),
        ("of", Align::Left),
        ("ratio", Align::Right),
        ("change, %", Align::Right),
        (interval, Align::Left),
    ];
    table(&headings, &rows.iter().map(cells).collect::<Vec<_>>())
}

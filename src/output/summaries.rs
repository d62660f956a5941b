//! `summary.csv` and `accumulation.csv`: what a cohort's rows say together, in memory that does not grow with it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exposure::accumulation::PopulationAccumulation;
use crate::exposure::interval::Metric;
use crate::exposure::summary::{Accumulator, ChunkMoments, Summary};
use crate::simulate::result::{Outcome, Simulated};
use crate::simulate::sink::Sink;

use super::columns::{self, OBSERVED};
use super::exposures::interval_results;
use super::layout::{Format, Layout};
use super::number;
use super::profiles::push_swept;
use super::rows::{Table, push_text};

/// What is summarised.
#[derive(Clone, Debug, Default)]
pub struct SummaryPlan {
    /// Sample times per arm; a row at another time is left out (subjects of a data set may each have their own).
    pub times: Vec<Arc<[f64]>>,
    /// Whether the simulated observation is summarised beside the outputs.
    pub observed: bool,
    /// Subjects to come, where known: above 20,000 no values are kept.
    pub expected_subjects: u64,
}

/// Whether a summary is over subjects at a time or in a cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SummaryOf {
    /// At a time since the start of the study.
    Time(f64),
    /// In a cycle, from 1.
    Cycle(u32),
}

/// One row of `summary.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// Name of the arm.
    pub arm: String,
    /// Time or cycle.
    pub of: SummaryOf,
    /// Name of the summarised column.
    pub quantity: String,
    /// Its unit.
    pub unit: String,
    /// What is said of it.
    pub summary: Summary,
}

/// One row of `accumulation.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct AccumulationRow {
    /// Name of the arm.
    pub arm: String,
    /// Cycle that is compared with the first.
    pub cycle: u32,
    /// `auc`, `cmax` or `ctrough`.
    pub quantity: String,
    /// By each definition.
    pub accumulation: PopulationAccumulation,
}

/// Both tables of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summaries {
    /// Rows of `summary.csv`: arm by arm, outputs over time, then exposures over cycles.
    pub summary: Vec<SummaryRow>,
    /// Rows of `accumulation.csv`.
    pub accumulation: Vec<AccumulationRow>,
}

/// Compared with the first cycle: each with its ratio. The first cycle's values are collected anew for every cycle, over
/// the subjects that reached it; a ratio of means over different subjects would mix accumulation with drop-out.
const ACCUMULATED: [(Metric, Metric); 3] =
    [(Metric::Auc, Metric::AucRatio), (Metric::Cmax, Metric::CmaxRatio), (Metric::Ctrough, Metric::CtroughRatio)];
const SERIES_PER_CYCLE: usize = Metric::ALL.len() + ACCUMULATED.len();

/// Summarises profiles per sample time and exposures per cycle.
#[derive(Debug)]
pub struct SummarySink {
    layout: Arc<Layout>,
    plan: SummaryPlan,
    arms: Mutex<Vec<ArmCells>>,
}

#[derive(Debug, Default)]
struct ArmCells {
    /// Outputs one after the other, each over the sample times.
    profile: Vec<Accumulator>,
    cycles: Vec<(u32, Vec<Accumulator>)>,
}

/// One chunk's values, series by series.
#[derive(Debug, Default)]
pub struct SummaryDigest {
    values: Vec<f64>,
    arms: Vec<ArmSeries>,
}

#[derive(Debug, Default)]
struct ArmSeries {
    profile: Vec<Series>,
    cycles: Vec<(u32, Vec<Series>)>,
}

/// Values of one cell in one chunk: a stretch of the digest's values, and its moments.
#[derive(Clone, Copy, Debug)]
struct Series {
    start: usize,
    end: usize,
    moments: ChunkMoments,
}

impl SummarySink {
    /// A sink for the arms, outputs and units of `layout`.
    #[must_use]
    pub fn new(layout: Arc<Layout>, plan: SummaryPlan) -> Self {
        let n_quantities = layout.outputs.len() + usize::from(plan.observed);
        let cells = |arm: usize| {
            let n_times = plan.times.get(arm).map_or(0, |times: &Arc<[f64]>| times.len());
            let profile = vec![Accumulator::expecting(plan.expected_subjects); n_quantities * n_times];
            ArmCells { profile, cycles: Vec::new() }
        };
        let arms = (0..layout.arms.len()).map(cells).collect();
        Self { layout, plan, arms: Mutex::new(arms) }
    }

    /// What has been collected, as rows.
    #[must_use]
    pub fn finish(&self) -> Summaries {
        let mut summaries = Summaries::default();
        let arms = self.arms.lock().unwrap_or_else(PoisonError::into_inner);
        for (arm, cells) in arms.iter().enumerate() {
            self.finish_profile(arm, cells, &mut summaries.summary);
            self.finish_cycles(arm, cells, &mut summaries);
        }
        summaries
    }

    fn finish_profile(&self, arm: usize, cells: &ArmCells, rows: &mut Vec<SummaryRow>) {
        let outputs = self.layout.outputs.iter().map(|output| (output.name.as_str(), output.unit.as_str()));
        let observed = (OBSERVED, self.layout.observed_unit.as_deref().unwrap_or_default());
        let quantities = outputs.chain(self.plan.observed.then_some(observed));
        let Some(times) = self.plan.times.get(arm).filter(|times| !times.is_empty()) else { return };
        for ((quantity, unit), cells) in quantities.zip(cells.profile.chunks(times.len())) {
            rows.extend(times.iter().zip(cells).map(|(&time, cell)| SummaryRow {
                arm: self.layout.arms[arm].clone(),
                of: SummaryOf::Time(time),
                quantity: quantity.to_owned(),
                unit: unit.to_owned(),
                summary: cell.summary(),
            }));
        }
    }

    fn finish_cycles(&self, arm: usize, cells: &ArmCells, summaries: &mut Summaries) {
        let name = &self.layout.arms[arm];
        let by_cycle: Vec<(u32, Vec<Summary>)> = cells
            .cycles
            .iter()
            .map(|(number, cells)| (*number, cells.iter().map(Accumulator::summary).collect()))
            .collect();
        for (i, metric) in Metric::ALL.into_iter().enumerate() {
            summaries.summary.extend(by_cycle.iter().map(|(number, found)| SummaryRow {
                arm: name.clone(),
                of: SummaryOf::Cycle(*number),
                quantity: metric.name().to_owned(),
                unit: columns::metric_unit(metric, &self.layout),
                summary: found[i],
            }));
        }
        for (i, (metric, ratio)) in ACCUMULATED.into_iter().enumerate() {
            summaries.accumulation.extend(by_cycle.iter().map(|(number, found)| AccumulationRow {
                arm: name.clone(),
                cycle: *number,
                quantity: metric.name().to_owned(),
                accumulation: PopulationAccumulation::of_summaries(
                    &found[Metric::ALL.len() + i],
                    &found[metric as usize],
                    &found[ratio as usize],
                ),
            }));
        }
    }
}

impl Sink for SummarySink {
    type Digest = SummaryDigest;

    fn digest(&self, chunk: &[Simulated]) -> SummaryDigest {
        let mut collector = Collector::default();
        let arm_series = |arm: usize| {
            let done: Vec<(&Simulated, &Outcome)> = chunk
                .iter()
                .filter(|subject| subject.arm == arm)
                .filter_map(|subject| Some((subject, subject.outcome.as_ref().ok()?)))
                .collect();
            let profile = self.collect_profile(arm, &done, &mut collector);
            ArmSeries { profile, cycles: collect_cycles(&done, &mut collector) }
        };
        let arms = (0..self.layout.arms.len()).map(arm_series).collect();
        SummaryDigest { values: collector.values, arms }
    }

    fn absorb(&self, digest: SummaryDigest) -> io::Result<()> {
        let add = |cell: &mut Accumulator, series: &Series| {
            cell.add_chunk(&series.moments, &digest.values[series.start..series.end]);
        };
        let mut arms = self.arms.lock().unwrap_or_else(PoisonError::into_inner);
        for (cells, series) in arms.iter_mut().zip(&digest.arms) {
            cells.profile.iter_mut().zip(&series.profile).for_each(|(cell, series)| add(cell, series));
            for (i, (number, series)) in series.cycles.iter().enumerate() {
                if i == cells.cycles.len() {
                    let empty = Accumulator::expecting(self.plan.expected_subjects);
                    cells.cycles.push((*number, vec![empty; SERIES_PER_CYCLE]));
                }
                cells.cycles[i].1.iter_mut().zip(series).for_each(|(cell, series)| add(cell, series));
            }
        }
        Ok(())
    }
}

impl SummarySink {
    fn collect_profile(&self, arm: usize, done: &[(&Simulated, &Outcome)], collector: &mut Collector) -> Vec<Series> {
        let Some(times) = self.plan.times.get(arm) else { return Vec::new() };
        let rows = rows_at(times, done);
        let mut profile = Vec::with_capacity((self.layout.outputs.len() + 1) * times.len());
        for output in &self.layout.outputs {
            for i in 0..times.len() {
                let value = |((_, outcome), rows): (&(_, &Outcome), &SampleRows)| {
                    Some(outcome.profile.values[rows.at(i)? * outcome.profile.n_outputs + output.index])
                };
                profile.push(collector.series(done.iter().zip(&rows).filter_map(value)));
            }
        }
        if self.plan.observed {
            for i in 0..times.len() {
                let value =
                    |((_, outcome), rows): (&(_, &Outcome), &SampleRows)| outcome.observed.get(rows.at(i)?).copied();
                profile.push(collector.series(done.iter().zip(&rows).filter_map(value)));
            }
        }
        profile
    }
}

fn collect_cycles(done: &[(&Simulated, &Outcome)], collector: &mut Collector) -> Vec<(u32, Vec<Series>)> {
    let results: Vec<_> = done
        .iter()
        .map(|(subject, _)| {
            let results = interval_results(subject);
            results.iter().map(|result| result.metrics(&results[0])).collect::<Vec<_>>()
        })
        .collect();
    let n_cycles = results.iter().map(Vec::len).max().unwrap_or(0);
    let collect = |cycle: usize| {
        let reached = || results.iter().filter(|results| results.len() > cycle);
        let number = done.iter().find_map(|(subject, _)| subject.cycles.get(cycle)).map_or(0, |given| given.number);
        let mut series = Vec::with_capacity(SERIES_PER_CYCLE);
        for metric in 0..Metric::ALL.len() {
            series.push(collector.series(reached().filter_map(|results| results[cycle][metric])));
        }
        for (metric, ratio) in ACCUMULATED {
            let first = |results: &Vec<[Option<f64>; Metric::ALL.len()]>| {
                results[cycle][ratio as usize].and(results[0][metric as usize])
            };
            series.push(collector.series(reached().filter_map(first)));
        }
        (number, series)
    };
    (0..n_cycles).map(collect).collect()
}

#[derive(Default)]
struct Collector {
    values: Vec<f64>,
    logarithms: Vec<f64>,
}

impl Collector {
    fn series(&mut self, values: impl Iterator<Item = f64>) -> Series {
        let start = self.values.len();
        self.values.extend(values.filter(|value| value.is_finite()));
        let moments = ChunkMoments::of(&self.values[start..], &mut self.logarithms);
        Series { start, end: self.values.len(), moments }
    }
}

/// Which of a subject's rows answers each time of the plan.
#[derive(Clone)]
enum SampleRows {
    /// The subject's times are those of the plan.
    Same,
    /// `usize::MAX` where the subject has no such time.
    Table(Arc<[usize]>),
}

impl SampleRows {
    fn at(&self, i: usize) -> Option<usize> {
        match self {
            Self::Same => Some(i),
            Self::Table(rows) => Some(rows[i]).filter(|&row| row != usize::MAX),
        }
    }

    fn new(planned: &[f64], times: &[f64]) -> Self {
        if planned == times {
            return Self::Same;
        }
        // The last of equal times is what a reader would see as "the value at that time".
        let row = |time: &f64| times.iter().rposition(|t| t == time).unwrap_or(usize::MAX);
        Self::Table(planned.iter().map(row).collect())
    }
}

fn rows_at(planned: &Arc<[f64]>, done: &[(&Simulated, &Outcome)]) -> Vec<SampleRows> {
    let mut last: Option<(&Arc<[f64]>, SampleRows)> = None;
    done.iter()
        .map(|(subject, _)| match &last {
            Some((times, rows)) if Arc::ptr_eq(times, &subject.times) => rows.clone(),
            _ => {
                let rows = SampleRows::new(planned, &subject.times);
                last = Some((&subject.times, rows.clone()));
                rows
            }
        })
        .collect()
}

/// Writes `summary.csv`.
///
/// # Errors
/// Where it could not be written.
pub fn write_summary<W: Write>(rows: &[SummaryRow], layout: &Layout, format: Format, writer: W) -> io::Result<W> {
    let table = Table::new(writer, format, &columns::summary(layout))?;
    append_summary(&table, rows, layout)?;
    Ok(table.into_writer())
}

/// Adds rows to a table with the columns of `summary.csv`: those of one point of a sweep after the other.
///
/// # Errors
/// Where they could not be written.
pub fn append_summary<W: Write>(table: &Table<W>, rows: &[SummaryRow], layout: &Layout) -> io::Result<()> {
    let digits = table.digits();
    let mut bytes = table.buffer();
    for row in rows {
        push_swept(&mut bytes, layout, digits);
        push_text(&mut bytes, &row.arm);
        match row.of {
            SummaryOf::Time(time) => {
                bytes.extend_from_slice(b",profile,");
                number::push(&mut bytes, time, digits);
                bytes.extend_from_slice(b",,");
            }
            SummaryOf::Cycle(cycle) => bytes.extend_from_slice(format!(",exposure,,{cycle},").as_bytes()),
        }
        push_text(&mut bytes, &row.quantity);
        bytes.push(b',');
        push_text(&mut bytes, &row.unit);
        bytes.extend_from_slice(format!(",{}", row.summary.n).as_bytes());
        let s = &row.summary;
        let values =
            [s.mean, s.sd, s.cv_percent, s.geometric_mean, s.geometric_cv_percent, s.p5, s.p25, s.p50, s.p75, s.p95];
        push_line(&mut bytes, &values, digits);
    }
    table.append(table.seal(bytes, rows.len() as u64))
}

/// Adds rows to a table with the columns of `accumulation.csv`.
///
/// # Errors
/// Where they could not be written.
pub fn append_accumulation<W: Write>(table: &Table<W>, rows: &[AccumulationRow], layout: &Layout) -> io::Result<()> {
    let digits = table.digits();
    let mut bytes = table.buffer();
    for row in rows {
        push_swept(&mut bytes, layout, digits);
        push_text(&mut bytes, &row.arm);
        let found = &row.accumulation;
        bytes.extend_from_slice(format!(",{},{},{}", row.cycle, row.quantity, found.n).as_bytes());
        let values =
            [found.ratio_of_means, found.ratio_of_medians, found.geometric_mean_of_ratios, found.median_of_ratios];
        push_line(&mut bytes, &values, digits);
    }
    table.append(table.seal(bytes, rows.len() as u64))
}

fn push_line(bytes: &mut Vec<u8>, values: &[Option<f64>], digits: Option<u8>) {
    for &value in values {
        bytes.push(b',');
        number::push_option(bytes, value, digits);
    }
    bytes.push(b'\n');
}

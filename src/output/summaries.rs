//! `summary.csv` and `accumulation.csv`: what a cohort's rows say together, in memory that does not grow with it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exposure::accumulation::PopulationAccumulation;
use crate::exposure::interval::Metric;
use crate::exposure::summary::Summary;
use crate::exposure::tally::{CycleTallies, Prepared, Tally};
use crate::simulate::result::{Outcome, Simulated};
use crate::simulate::sink::Sink;

use super::cells::Cells;
use super::columns::{self, OBSERVED};
use super::exposures::interval_results;
use super::layout::{Format, Layout, Quantity};
use super::row_sink::push_swept;
use super::rows::Table;

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
    arms: Vec<ArmTallies>,
}

#[derive(Debug)]
struct ArmTallies {
    /// Outputs one after the other, each over the sample times.
    outputs: Tally,
    /// The observation over the sample times.
    observed: Tally,
    cycles: CycleTallies,
    /// Numbers of the cycles that were reached.
    numbers: Mutex<Vec<u32>>,
}

/// What a worker makes of one chunk, arm by arm.
#[derive(Debug)]
pub struct SummaryDigest {
    arms: Vec<ArmDigest>,
}

#[derive(Debug)]
struct ArmDigest {
    outputs: Prepared,
    observed: Prepared,
    cycles: Vec<(u32, Prepared)>,
}

impl SummarySink {
    /// A sink for the arms, outputs and units of `layout`.
    #[must_use]
    pub fn new(layout: Arc<Layout>, plan: SummaryPlan) -> Self {
        let tallies = |arm: usize| {
            let n_times = plan.times.get(arm).map_or(0, |times: &Arc<[f64]>| times.len());
            ArmTallies {
                outputs: Tally::new(layout.outputs.len() * n_times, plan.expected_subjects),
                observed: Tally::new(if plan.observed { n_times } else { 0 }, plan.expected_subjects),
                cycles: CycleTallies::new(SERIES_PER_CYCLE, plan.expected_subjects),
                numbers: Mutex::default(),
            }
        };
        let arms = (0..layout.arms.len()).map(tallies).collect();
        Self { layout, plan, arms }
    }

    /// What has been collected, as rows.
    #[must_use]
    pub fn finish(&self) -> Summaries {
        let mut summaries = Summaries::default();
        for (arm, tallies) in self.arms.iter().enumerate() {
            self.finish_profile(arm, tallies, &mut summaries.summary);
            self.finish_cycles(arm, tallies, &mut summaries);
        }
        summaries
    }

    fn finish_profile(&self, arm: usize, tallies: &ArmTallies, rows: &mut Vec<SummaryRow>) {
        let outputs = self.layout.outputs.iter().map(|output| (output.name.as_str(), output.unit.as_str()));
        let observed = (OBSERVED, self.layout.observed_unit.as_deref().unwrap_or_default());
        let quantities = outputs.chain(self.plan.observed.then_some(observed));
        let Some(times) = self.plan.times.get(arm).filter(|times| !times.is_empty()) else { return };
        let found = [tallies.outputs.summaries(), tallies.observed.summaries()].concat();
        for ((quantity, unit), found) in quantities.zip(found.chunks(times.len())) {
            rows.extend(times.iter().zip(found).map(|(&time, &summary)| SummaryRow {
                arm: self.layout.arms[arm].clone(),
                of: SummaryOf::Time(time),
                quantity: quantity.to_owned(),
                unit: unit.to_owned(),
                summary,
            }));
        }
    }

    fn finish_cycles(&self, arm: usize, tallies: &ArmTallies, summaries: &mut Summaries) {
        let name = &self.layout.arms[arm];
        let numbers = tallies.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let by_cycle: Vec<(u32, Vec<Summary>)> =
            numbers.iter().zip(tallies.cycles.all()).map(|(&number, cycle)| (number, cycle.summaries())).collect();
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
        let of_arm = |(arm, tallies): (usize, &ArmTallies)| {
            let done: Vec<(&Simulated, &Outcome)> = chunk
                .iter()
                .filter(|subject| subject.arm == arm)
                .filter_map(|subject| Some((subject, subject.outcome.as_ref().ok()?)))
                .collect();
            let (outputs, observed) = self.prepare_profiles(arm, &done);
            ArmDigest { outputs, observed, cycles: prepare_cycles(&done, &tallies.cycles) }
        };
        SummaryDigest { arms: self.arms.iter().enumerate().map(of_arm).collect() }
    }

    fn absorb(&self, digest: SummaryDigest) -> io::Result<()> {
        for (tallies, digest) in self.arms.iter().zip(digest.arms) {
            tallies.outputs.take(digest.outputs);
            tallies.observed.take(digest.observed);
            let mut numbers = tallies.numbers.lock().unwrap_or_else(PoisonError::into_inner);
            for (i, (number, cycle)) in digest.cycles.into_iter().enumerate() {
                if i == numbers.len() {
                    numbers.push(number);
                }
                tallies.cycles.of(i).take(cycle);
            }
        }
        Ok(())
    }
}

impl SummarySink {
    /// Outputs and observations at the times of the plan.
    fn prepare_profiles(&self, arm: usize, done: &[(&Simulated, &Outcome)]) -> (Prepared, Prepared) {
        let tallies = &self.arms[arm];
        let Some(times) = self.plan.times.get(arm).filter(|times| !times.is_empty()) else {
            return (tallies.outputs.prepare(&[], &[]), tallies.observed.prepare(&[], &[]));
        };
        let rows = rows_at(times, done);
        let n_outputs = done.first().map_or(0, |(_, outcome)| outcome.profile.n_outputs);
        let of_output =
            |output: &Quantity| (0..times.len()).map(|time| time * n_outputs + output.index).collect::<Vec<_>>();
        let outputs: Vec<usize> = self.layout.outputs.iter().flat_map(of_output).collect();
        let observations: Vec<usize> = (0..times.len()).filter(|_| self.plan.observed).collect();
        let prepare = |tally: &Tally, columns: &[usize], width: usize, values: &dyn Fn(&'_ Outcome) -> &'_ [f64]| {
            let rows: Vec<_> =
                done.iter().zip(&rows).map(|((_, outcome), rows)| rows.of(values(outcome), width)).collect();
            tally.prepare(&rows.iter().map(AsRef::as_ref).collect::<Vec<_>>(), columns)
        };
        (
            prepare(&tallies.outputs, &outputs, n_outputs, &|outcome| &outcome.profile.values),
            prepare(&tallies.observed, &observations, 1, &|outcome| &outcome.observed),
        )
    }
}

/// Metrics of every cycle that one of the subjects reached.
fn prepare_cycles(done: &[(&Simulated, &Outcome)], tallies: &CycleTallies) -> Vec<(u32, Prepared)> {
    let results: Vec<Vec<[Option<f64>; Metric::ALL.len()]>> = done
        .iter()
        .map(|(subject, _)| {
            let results = interval_results(subject);
            results.iter().map(|result| result.metrics(&results[0])).collect()
        })
        .collect();
    let n_cycles = results.iter().map(Vec::len).max().unwrap_or(0);
    let prepare = |cycle: usize| {
        let number = done.iter().find_map(|(subject, _)| subject.cycles.get(cycle)).map_or(0, |given| given.number);
        let series = |results: &[[Option<f64>; Metric::ALL.len()]]| -> [f64; SERIES_PER_CYCLE] {
            let metrics = results[cycle];
            let firsts = ACCUMULATED.map(|(metric, _)| metrics[metric as usize].and(results[0][metric as usize]));
            let mut all = metrics.into_iter().chain(firsts);
            std::array::from_fn(|_| all.next().flatten().unwrap_or(f64::NAN))
        };
        let reached = results.iter().filter(|results| results.len() > cycle);
        let rows: Vec<[f64; SERIES_PER_CYCLE]> = reached.map(|results| series(results)).collect();
        let rows: Vec<&[f64]> = rows.iter().map(<[f64; SERIES_PER_CYCLE]>::as_slice).collect();
        let columns: [usize; SERIES_PER_CYCLE] = std::array::from_fn(|i| i);
        (number, tallies.of(cycle).prepare(&rows, &columns))
    };
    (0..n_cycles).map(prepare).collect()
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
    /// A subject's rows of `width` values, as the plan's times have them; NaN at a time that the subject does not have.
    fn of<'a>(&self, values: &'a [f64], width: usize) -> Cow<'a, [f64]> {
        match self {
            Self::Same => Cow::Borrowed(values),
            Self::Table(rows) => {
                let missing = vec![f64::NAN; width];
                let row = |&row: &usize| match row {
                    usize::MAX => missing.as_slice(),
                    row => values.get(row * width..(row + 1) * width).unwrap_or(&missing),
                };
                Cow::Owned(rows.iter().flat_map(row).copied().collect())
            }
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
    let table = Table::new(writer, format, &columns::summary(layout))?.with_provenance(&layout.provenance);
    append_summary(&table, rows, layout)?;
    table.into_writer()
}

/// Adds rows to a table with the columns of `summary.csv`: those of one point of a sweep after the other.
///
/// # Errors
/// Where they could not be written.
pub fn append_summary<W: Write>(table: &Table<W>, rows: &[SummaryRow], layout: &Layout) -> io::Result<()> {
    let mut cells = table.cells();
    for row in rows {
        push_key(&mut cells, row, None, layout);
        cells.word("prediction");
        cells.word(row.summary.n);
        let (s, e) = (&row.summary, &row.summary.errors);
        cells.numbers([s.mean, s.sd, s.cv_percent, s.geometric_mean, s.geometric_cv_percent]);
        cells.numbers([s.p5, s.p25, s.p50, s.p75, s.p95]);
        cells.numbers([e.mean, e.p5, e.p25, e.p50, e.p75, e.p95]);
        cells.end_line();
    }
    table.write(cells)
}

/// `[swept,]arm,[replicate,]kind,time,cycle,quantity,unit`
pub(super) fn push_key(cells: &mut Cells, row: &SummaryRow, replicate: Option<u32>, layout: &Layout) {
    push_swept(cells, layout);
    cells.text(&row.arm);
    if let Some(replicate) = replicate {
        cells.word(replicate);
    }
    match row.of {
        SummaryOf::Time(time) => {
            cells.word("profile");
            cells.number(time);
            cells.empty();
        }
        SummaryOf::Cycle(cycle) => {
            cells.word("exposure");
            cells.empty();
            cells.word(cycle);
        }
    }
    cells.text(&row.quantity);
    cells.text(&row.unit);
}

/// Adds rows to a table with the columns of `accumulation.csv`.
///
/// # Errors
/// Where they could not be written.
pub fn append_accumulation<W: Write>(table: &Table<W>, rows: &[AccumulationRow], layout: &Layout) -> io::Result<()> {
    let mut cells = table.cells();
    for row in rows {
        push_swept(&mut cells, layout);
        cells.text(&row.arm);
        let found = &row.accumulation;
        cells.word(row.cycle);
        cells.text(&row.quantity);
        cells.word(found.n);
        cells.numbers([found.ratio_of_means, found.ratio_of_medians]);
        cells.numbers([found.geometric_mean_of_ratios, found.median_of_ratios]);
        cells.end_line();
    }
    table.write(cells)
}

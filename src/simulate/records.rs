//! Data sets: the subjects of a file, each with its own records, doses and covariates.

use super::design::Setup;
use super::error::SimulateError;
use super::replicates::Replicates;
use super::result::Simulated;
use super::run::{Counts, feed};
use super::sink::AnySink;
use super::subject::{Person, Replicate, Simulator, Treated};
use crate::engine::timeline::{CovariateTable, Interpolation, Interval};
use crate::model::Model;
use crate::regimen::dosing::Cycle;
use crate::regimen::event::{Evid, SubjectRecords};
use crate::regimen::names::ModelNames;
use crate::regimen::schedule::{self, Answer, CovariateInterpolation, Exposures, RowOrigin, ScheduleOptions};

/// Subjects per chunk. Records differ from subject to subject, so a chunk is smaller than a cohort's.
const CHUNK: usize = 64;

/// A data set to simulate: the subjects come one after the other, so that memory does not grow with the file.
#[derive(Clone, Debug)]
pub struct RecordDesign {
    /// Model, solver, random numbers.
    pub setup: Setup,
    /// Which records are answered.
    pub answer: Answer,
    /// Extra sample times, increasing, in the model's unit.
    pub grid: Vec<f64>,
    /// Covariates between records; what the model says of one holds where it is not named here.
    pub interpolation: CovariateInterpolation,
    /// Number of columns that the reader carries along with each record.
    pub n_carried: usize,
    /// Whether exposure is measured from dose to dose. Needs a clock that does not go back.
    pub exposure: bool,
    /// How often the data set is simulated, each time with its own random numbers; at least 1.
    pub replicates: u32,
}

impl RecordDesign {
    /// The names of the model that data sets refer to.
    #[must_use]
    pub fn names(&self) -> ModelNames {
        model_names(&self.setup.model)
    }
}

/// The names of a model that data sets refer to.
#[must_use]
pub fn model_names(model: &Model) -> ModelNames {
    let mut covariates = model.covariates().to_vec();
    let mut uses: Vec<String> = model.covariate_uses().iter().map(|covariate| covariate.used_by.join(", ")).collect();
    for column in model.ir().etas.iter().filter_map(|eta| eta.level.as_ref()) {
        if !covariates.contains(column) {
            covariates.push(column.clone());
            uses.push("the occasion".to_owned());
        }
    }
    ModelNames {
        states: model.states().map(str::to_owned).collect(),
        endpoints: model.endpoints().iter().map(|endpoint| endpoint.name.clone()).collect(),
        covariates,
        uses,
        default_state: model.default_dose_state().unwrap_or(0),
    }
}

/// Covariates between records as chosen, and for those not chosen by name as the model says: `linear(WT)`. Columns that say the
/// occasion are carried forward where others follow a line, for there is no occasion between two of them.
#[must_use]
pub fn with_interpolation_of(model: &Model, mut chosen: CovariateInterpolation) -> CovariateInterpolation {
    // The first mention of a name counts.
    chosen.by_name.extend(model.ir().interpolation.iter().map(|(name, how)| (name.text.clone(), *how)));
    let occasions = model.ir().etas.iter().filter_map(|eta| eta.level.as_deref());
    let on_a_line = occasions.filter(|column| chosen.of(column) == Interpolation::Linear);
    let forward: Vec<_> = on_a_line.map(|column| (column.to_owned(), Interpolation::Locf)).collect();
    chosen.by_name.splice(..0, forward);
    chosen
}

/// Simulates a data set on `threads` threads (`None`: all of the machine) and feeds the sinks, replicate by replicate, in the
/// order of the file. `open` gives the subjects anew for every replicate; `progress` is told the number of subjects done.
///
/// A subject's random numbers belong to the seed, the replicate and its position in the file.
///
/// # Errors
/// Where the model does not fit, a subject's records make no schedule, or a sink could not write.
pub fn run_records<I: Iterator<Item = SubjectRecords>>(
    design: &RecordDesign,
    open: impl FnMut() -> I,
    threads: Option<usize>,
    sinks: &[&dyn AnySink],
    progress: &mut dyn FnMut(u64),
) -> Result<Counts, SimulateError> {
    run_records_replicated(design, &Replicates::of_trials(design.replicates), open, threads, sinks, progress)
}

/// As [`run_records`], with replicates that may have parameters of their own in place of the design's number of them. A chunk of
/// results is of one replicate.
///
/// # Errors
/// As [`run_records`].
pub fn run_records_replicated<I: Iterator<Item = SubjectRecords>>(
    design: &RecordDesign,
    replicates: &Replicates,
    mut open: impl FnMut() -> I,
    threads: Option<usize>,
    sinks: &[&dyn AnySink],
    progress: &mut dyn FnMut(u64),
) -> Result<Counts, SimulateError> {
    let records_run = RecordsRun {
        design,
        simulator: Simulator::new(&design.setup, replicates)?,
        names: design.names(),
        interpolation: with_interpolation_of(&design.setup.model, design.interpolation.clone()),
    };
    let jobs = (0..replicates.count()).flat_map(|replicate| {
        let mut subjects = open().zip(1..);
        std::iter::from_fn(move || {
            let chunk: Vec<(SubjectRecords, u64)> = subjects.by_ref().take(CHUNK).collect();
            (!chunk.is_empty()).then_some((replicate, chunk))
        })
    });
    feed(threads, jobs, |(replicate, chunk)| records_run.chunk(replicate, &chunk), sinks, progress)
}

/// Amount that records and their additional doses give within an interval, as recorded: before bioavailability and lag.
fn amount_given(subject: &SubjectRecords, interval: &Interval) -> f64 {
    let doses = subject.records.iter().filter(|record| record.evid.gives_dose());
    doses.fold(0.0, |sum, record| {
        let times = (0..=record.additional).map(|number| f64::from(number).mul_add(record.interval, record.time));
        let within = times.filter(|&time| time >= interval.start && time < interval.end).count();
        sum + record.amount * within as f64
    })
}

/// Which one each row is among the observations of its endpoint and time. Rows of doses and of the grid are numbered apart, so
/// that an observation has the same residual error whichever of them are answered beside it.
fn ordinals(subject: &SubjectRecords, rows: &[RowOrigin], times: &[f64], endpoints: &[u16]) -> Vec<u16> {
    const OF_OTHER_RECORDS: u16 = 1 << 15;
    const OF_THE_GRID: u16 = OF_OTHER_RECORDS | 1 << 14;
    let mut next: Vec<(u16, u16, u16)> = Vec::new();
    let mut ordinals = Vec::with_capacity(rows.len());
    for (row, (origin, &endpoint)) in rows.iter().zip(endpoints).enumerate() {
        if row > 0 && times[row] != times[row - 1] {
            next.clear();
        }
        let first = match *origin {
            RowOrigin::Record(index) if subject.records[index].evid == Evid::Observation => 0,
            RowOrigin::Record(_) => OF_OTHER_RECORDS,
            RowOrigin::Grid(_) => OF_THE_GRID,
        };
        let known = next.iter().position(|&(of_first, of_endpoint, _)| (of_first, of_endpoint) == (first, endpoint));
        let place = known.unwrap_or_else(|| {
            next.push((first, endpoint, first));
            next.len() - 1
        });
        let ordinal = &mut next[place].2;
        ordinals.push(*ordinal);
        *ordinal = ordinal.wrapping_add(1);
    }
    ordinals
}

struct RecordsRun<'a> {
    design: &'a RecordDesign,
    simulator: Simulator<'a>,
    names: ModelNames,
    interpolation: CovariateInterpolation,
}

impl RecordsRun<'_> {
    fn chunk(
        &self,
        replicate: u32,
        subjects: &[(SubjectRecords, u64)],
    ) -> Result<(Vec<Simulated>, Counts), SimulateError> {
        let replicate = self.simulator.replicate(replicate);
        let mut people = Vec::with_capacity(subjects.len());
        let mut treated = Vec::with_capacity(subjects.len());
        for (subject, number) in subjects {
            people.push(Person {
                number: *number,
                id: subject.id.as_str().into(),
                covariates: self.first_covariates(subject),
                etas: replicate.population.variability.draw(&replicate.streams, *number),
            });
            treated.push(self.treat(&replicate, subject, *number)?);
        }
        let results = self.simulator.integrate(0, &replicate, &people, &mut treated, &[]);
        let failed = results.iter().filter(|result| result.outcome.is_err()).count() as u64;
        Ok((results, Counts { subjects: subjects.len() as u64, failed, rejected_draws: 0 }))
    }

    fn treat(
        &self,
        replicate: &Replicate<'_>,
        subject: &SubjectRecords,
        number: u64,
    ) -> Result<Treated, SimulateError> {
        let options = ScheduleOptions {
            answer: self.design.answer,
            grid: &self.design.grid,
            exposures: if self.design.exposure { Exposures::BetweenDoses } else { Exposures::None },
            interpolation: self.interpolation.clone(),
        };
        let schedule = schedule::from_records(subject, &self.names, &options)
            .map_err(|cause| SimulateError::Records { id: subject.id.clone(), cause })?;
        let mut timeline = schedule.timeline;
        timeline.levels = self.design.setup.levels.clone();
        self.add_occasions(replicate, number, &mut timeline.covariates);
        let mut times = vec![0.0; timeline.n_rows];
        for record in timeline.records.iter() {
            if let Some(row) = record.row {
                times[row] = record.time;
            }
        }
        let cycles = timeline.intervals.iter().zip(1..).map(|(interval, number)| {
            let dose = amount_given(subject, interval);
            Cycle { number, start: interval.start, end: interval.end, dose }
        });
        let (endpoints, carried) = self.rows(subject, &schedule.rows);
        Ok(Treated {
            cycles: cycles.collect(),
            ordinals: ordinals(subject, &schedule.rows, &times, &endpoints),
            times: times.into(),
            endpoints,
            carried,
            timeline,
            ..Treated::default()
        })
    }

    /// What each row observes, and what it carries along: a row of the grid carries what the record before it does.
    fn rows(&self, subject: &SubjectRecords, rows: &[RowOrigin]) -> (Vec<u16>, Vec<String>) {
        let mut endpoints = Vec::with_capacity(rows.len());
        let mut carried = Vec::with_capacity(rows.len() * self.design.n_carried);
        let mut last = 0;
        for row in rows {
            let mut endpoint = 0;
            if let RowOrigin::Record(index) = *row {
                last = index;
                endpoint = self.names.observed_endpoint(subject.records[index].compartment);
            }
            endpoints.push(u16::try_from(endpoint).unwrap_or(0));
            carried.extend_from_slice(&subject.carried[last * self.design.n_carried..][..self.design.n_carried]);
        }
        (endpoints, carried)
    }

    fn first_covariates(&self, subject: &SubjectRecords) -> Vec<f64> {
        if subject.records.is_empty() { Vec::new() } else { subject.covariates_of(0).to_vec() }
    }

    /// Occasion-level etas as further columns: drawn for the occasion of each row.
    fn add_occasions(&self, replicate: &Replicate<'_>, subject: u64, table: &mut CovariateTable) {
        let model = &self.simulator.setup.model;
        let columns: Vec<usize> = (self.simulator.occasion_columns())
            .filter_map(|column| self.names.covariates.iter().position(|name| name == column))
            .collect();
        if columns.is_empty() {
            return;
        }
        let (given, kept) = (self.names.covariates.len(), model.covariates().len());
        let values = std::mem::take(&mut table.values);
        for row in values.chunks_exact(given) {
            let occasions: Vec<f64> = columns.iter().map(|&column| row[column]).collect();
            table.values.extend_from_slice(&row[..kept]);
            let variability = &replicate.population.variability;
            table.values.extend(variability.draw_occasion(&replicate.streams, subject, &occasions));
        }
        let of_columns: Vec<Interpolation> = columns.iter().map(|&column| table.interpolation[column]).collect();
        let of_etas = replicate.population.variability.occasion_of_etas().into_iter();
        table.interpolation.truncate(kept);
        table.interpolation.extend(of_etas.map(|column| of_columns[column]));
    }
}

//! The run: every subject in every arm, chunk by chunk, into the sinks.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::design::{Arm, Design, Prescription};
use super::error::SimulateError;
use super::pump::pump;
use super::replicates::Replicates;
use super::result::Simulated;
use super::sampling::LastSchedule;
use super::sink::AnySink;
use super::subject::{Person, Replicate, Simulator, Treated};
use crate::cohort::Drawn;
use crate::cohort::streams::Purpose;
use crate::engine::lanes::LANES;
use crate::engine::timeline::{Interpolation, Interval, Record, RecordKind, Timeline};
use crate::regimen::dosing::{Cycle, RegimenError, Treatment};

/// Subjects per chunk: a multiple of the lanes of an engine, many enough that lanes seldom run empty and that what sinks look
/// up per chunk does not count, few enough that the rows of some chunks fit in memory.
const CHUNK: u64 = 256;

/// What happened in a run, over all its replicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Subjects simulated.
    pub subjects: u64,
    /// Subjects times arms without a result.
    pub failed: u64,
    /// Covariate draws outside their bounds, drawn again.
    pub rejected_draws: u64,
}

impl Counts {
    /// Of two runs together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            subjects: self.subjects + other.subjects,
            failed: self.failed + other.failed,
            rejected_draws: self.rejected_draws + other.rejected_draws,
        }
    }
}

/// Number of threads that a run takes: those asked for, or all of the machine.
#[must_use]
pub fn n_threads(asked: Option<usize>) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.filter(|&threads| threads > 0).unwrap_or_else(all)
}

/// Runs a design on `threads` threads (`None`: all of the machine) and feeds the sinks, in order of subjects.
/// `progress` is told the number of subjects done.
///
/// # Errors
/// Where the design does not fit together, or a sink could not write.
pub fn run(
    design: &Design,
    threads: Option<usize>,
    sinks: &[&dyn AnySink],
    progress: &mut dyn FnMut(u64),
) -> Result<Counts, SimulateError> {
    run_replicated(design, &Replicates::default(), threads, sinks, progress)
}

/// Runs every replicate of a design as [`run`] does one, in order of replicates. A chunk of results is of one replicate.
///
/// # Errors
/// As [`run`].
pub fn run_replicated(
    design: &Design,
    replicates: &Replicates,
    threads: Option<usize>,
    sinks: &[&dyn AnySink],
    progress: &mut dyn FnMut(u64),
) -> Result<Counts, SimulateError> {
    let cohort_run = CohortRun::new(design, replicates)?;
    let size = design.cohort.size();
    let chunks = move || (0..size.div_ceil(CHUNK)).map(move |chunk| chunk * CHUNK..size.min((chunk + 1) * CHUNK));
    let jobs = (0..replicates.count()).flat_map(|replicate| chunks().map(move |range| (replicate, range)));
    feed(threads, jobs, |(replicate, range)| cohort_run.chunk(replicate, range), sinks, progress)
}

/// Runs chunks of subjects on the threads asked for, and feeds the sinks with their results in order.
pub(super) fn feed<J: Send>(
    threads: Option<usize>,
    jobs: impl IntoIterator<Item = J>,
    work: impl Fn(J) -> Result<(Vec<Simulated>, Counts), SimulateError> + Sync,
    sinks: &[&dyn AnySink],
    progress: &mut dyn FnMut(u64),
) -> Result<Counts, SimulateError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads(threads))
        .build()
        .map_err(|cause| SimulateError::Threads { cause: cause.to_string() })?;
    let mut counts = Counts::default();
    pump(
        &pool,
        jobs,
        |job| {
            let (results, chunk_counts) = work(job)?;
            let digests: Vec<_> = sinks.iter().map(|sink| sink.digest_any(&results)).collect();
            Ok::<_, SimulateError>((digests, chunk_counts))
        },
        |result| {
            let (digests, chunk_counts) = result?;
            for (sink, digest) in sinks.iter().zip(digests) {
                sink.absorb_any(digest).map_err(SimulateError::Sink)?;
            }
            counts = counts.and(chunk_counts);
            progress(counts.subjects);
            Ok::<_, SimulateError>(())
        },
    )?;
    Ok(counts)
}

/// A design made ready.
struct CohortRun<'a> {
    design: &'a Design,
    simulator: Simulator<'a>,
    /// Where each covariate of the model stands among those of the cohort.
    covariates: Vec<usize>,
    /// Where each occasion column stands among the covariates of the cohort; `None`: the occasion is the cycle.
    occasions: Vec<Option<usize>>,
    /// Per arm the schedules that no worker is using.
    schedules: Vec<Mutex<Vec<LastSchedule>>>,
}

impl<'a> CohortRun<'a> {
    fn new(design: &'a Design, replicates: &'a Replicates) -> Result<Self, SimulateError> {
        let names = design.cohort.names();
        let place = |name: &str| place(names, name);
        let needed = design.setup.model.covariates();
        let missing: Vec<String> = needed.iter().filter(|name| place(name).is_none()).cloned().collect();
        if !missing.is_empty() {
            return Err(SimulateError::MissingCovariates { missing, given: names.to_vec() });
        }
        let simulator = Simulator::new(&design.setup, replicates)?;
        Ok(Self {
            design,
            covariates: needed.iter().filter_map(|name| place(name)).collect(),
            occasions: simulator.occasion_columns().map(place).collect(),
            schedules: design.arms.iter().map(|_| Mutex::default()).collect(),
            simulator,
        })
    }

    fn place(&self, name: &str) -> Option<usize> {
        place(self.design.cohort.names(), name)
    }

    /// All results of a range of subjects, subject by subject and arm by arm within a subject.
    fn chunk(&self, replicate: u32, range: Range<u64>) -> Result<(Vec<Simulated>, Counts), SimulateError> {
        let replicate = self.simulator.replicate(replicate);
        let streams = &replicate.streams;
        let mut counts = Counts { subjects: range.end - range.start, ..Counts::default() };
        let mut people = Vec::new();
        let person = |number: u64, drawn: Drawn| Person {
            number,
            id: drawn.id.map_or_else(|| number.to_string().into(), Into::into),
            covariates: drawn.values,
            etas: replicate.population.variability.draw(streams, number),
        };
        for number in range.start + 1..=range.end {
            let drawn = self.design.cohort.draw(streams, number)?;
            counts.rejected_draws += u64::from(drawn.rejected);
            people.push(person(number, drawn));
        }
        let n_people = people.len();
        // Whoever shares steps with the last subjects in a larger cohort does so in this one: the bytes are the same.
        let companions = range.end + 1..=range.end.next_multiple_of(LANES as u64);
        people.extend(
            companions.map_while(|number| Some(person(number, self.design.cohort.draw_beyond(streams, number)?))),
        );
        let (people, companions) = people.split_at(n_people);
        let mut by_arm = Vec::with_capacity(self.design.arms.len());
        for (index, arm) in self.design.arms.iter().enumerate() {
            let free = || self.schedules[index].lock().unwrap_or_else(PoisonError::into_inner);
            let mut last = free().pop().unwrap_or_default();
            let mut treated = people
                .iter()
                .map(|person| self.treat(&replicate, arm, person, &mut last))
                .collect::<Result<Vec<_>, _>>()?;
            let beside: Vec<(&Person, Treated)> = companions
                .iter()
                .map(|person| (person, self.treat(&replicate, arm, person, &mut last).unwrap_or_default()))
                .collect();
            let simulated = self.simulator.integrate(index, &replicate, people, &mut treated, &beside);
            free().push(last);
            by_arm.push(simulated.into_iter());
        }
        let mut results = Vec::with_capacity(people.len() * by_arm.len());
        for _ in people {
            results.extend(by_arm.iter_mut().filter_map(Iterator::next));
        }
        counts.failed = results.iter().filter(|result| result.outcome.is_err()).count() as u64;
        Ok((results, counts))
    }

    /// What one subject is given in one arm, as a timeline.
    fn treat(
        &self,
        replicate: &Replicate<'_>,
        arm: &Arm,
        person: &Person,
        last: &mut LastSchedule,
    ) -> Result<Treated, SimulateError> {
        let lookup = |name: &str| self.place(name).map(|index| person.covariates[index]);
        let treatment = match &arm.prescription {
            Prescription::Regimen(regimen) => regimen.plan(&lookup),
            Prescription::Course(course) => {
                course.plan(&mut replicate.streams.rng(Purpose::Course, person.number, 0), &lookup)
            }
        };
        let Treatment { doses, cycles, events } = match treatment {
            Ok(treatment) => treatment,
            Err(error @ RegimenError::BadSize { .. }) => {
                return Ok(Treated { untreatable: Some(error.to_string()), ..Treated::default() });
            }
            Err(error) => return Err(error.into()),
        };
        let intervals: Vec<Interval> =
            cycles.iter().map(|cycle| Interval { start: cycle.start, end: cycle.end }).collect();
        let covariates: Vec<f64> = self.covariates.iter().map(|&index| person.covariates[index]).collect();
        let (times, mut timeline) = last
            .of(&arm.sampling, &doses, &covariates, &intervals)
            .map_err(|cause| SimulateError::Schedule { number: person.number, cause })?;
        timeline.levels = self.design.setup.levels.clone();
        if !self.occasions.is_empty() {
            self.add_occasions(replicate, person, &cycles, &mut timeline);
        }
        Ok(Treated { timeline, times, cycles: cycles.into(), events, ..Treated::default() })
    }

    /// Occasion-level etas as further columns of the covariates: one row per cycle, or one where the occasion is a covariate.
    ///
    /// A sample at the start of a cycle is taken before its dose and belongs to the cycle that ends there. The k-th record
    /// at a time sees the k-th row of that time, so each such sample has a row of the cycle before.
    fn add_occasions(&self, replicate: &Replicate<'_>, person: &Person, cycles: &[Cycle], timeline: &mut Timeline) {
        let table = &mut timeline.covariates;
        let start = table.times.first().copied().unwrap_or_default();
        let constant = std::mem::take(&mut table.values);
        let by_cycle = self.occasions.iter().any(Option::is_none);
        let later = cycles.iter().skip(1).filter(|_| by_cycle).map(|cycle| (cycle.start, f64::from(cycle.number)));
        table.times.clear();
        let mut before: Vec<f64> = Vec::new();
        for (time, cycle) in std::iter::once((start, 1.0)).chain(later) {
            let occasions: Vec<f64> =
                self.occasions.iter().map(|place| place.map_or(cycle, |index| person.covariates[index])).collect();
            let mut row = constant.clone();
            let variability = &replicate.population.variability;
            row.extend(variability.draw_occasion(&replicate.streams, person.number, &occasions));
            let of_old_cycle = if before.is_empty() { 0 } else { samples_before_dose(&timeline.records, time) };
            for values in std::iter::repeat_n(&before, of_old_cycle).chain([&row]) {
                table.times.push(time);
                table.values.extend_from_slice(values);
            }
            before = row;
        }
        table.interpolation.resize(self.design.setup.model.program().covariates.len(), Interpolation::Locf);
    }
}

/// Number of records at a time before the first dose of that time.
fn samples_before_dose(records: &[Record], time: f64) -> usize {
    let first = records.partition_point(|record| record.time < time);
    let is_sample = |record: &&Record| record.time == time && !matches!(record.kind, RecordKind::Dose(_));
    records[first..].iter().take_while(is_sample).count()
}

/// Position of a covariate by name: as written, or else without regard to case, as in NONMEM.
fn place(names: &[String], name: &str) -> Option<usize> {
    let exact = names.iter().position(|other| other == name);
    exact.or_else(|| names.iter().position(|other| other.eq_ignore_ascii_case(name)))
}

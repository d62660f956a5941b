//! The run: every subject in every arm, chunk by chunk, into the sinks.

use std::ops::Range;
use std::sync::Arc;

use super::design::{Arm, Design, Prescription};
use super::error::SimulateError;
use super::half_life;
use super::pump::pump;
use super::residual::observe;
use super::result::{Failure, Outcome, Simulated};
use super::sampling::SampleTimes;
use super::sink::AnySink;
use super::variability::Variability;
use crate::cohort::streams::Purpose;
use crate::engine::timeline::{CovariateTable, Interpolation, Interval, Timeline};
use crate::engine::{Engine, SubjectInput};
use crate::profile::Profile;
use crate::regimen::dosing::{CourseEvent, Cycle, RegimenError, Treatment};
use crate::regimen::schedule;

/// Subjects per chunk: a multiple of the lanes of an engine, small enough that the rows of some chunks fit in memory.
const CHUNK: u64 = 128;

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Subjects simulated.
    pub subjects: u64,
    /// Subjects times arms without a result.
    pub failed: u64,
    /// Covariate draws outside their bounds, drawn again.
    pub rejected_draws: u64,
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
    let simulator = Simulator::new(design)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|cause| SimulateError::Threads { cause: cause.to_string() })?;
    let size = design.cohort.size();
    let chunks = (0..size.div_ceil(CHUNK)).map(|chunk| chunk * CHUNK..size.min((chunk + 1) * CHUNK));
    let mut counts = Counts::default();
    pump(
        &pool,
        chunks,
        |range: Range<u64>| {
            let (results, chunk_counts) = simulator.chunk(range)?;
            let digests: Vec<_> = sinks.iter().map(|sink| sink.digest_any(&results)).collect();
            Ok::<_, SimulateError>((digests, chunk_counts))
        },
        |result| {
            let (digests, chunk_counts) = result?;
            for (sink, digest) in sinks.iter().zip(digests) {
                sink.absorb_any(digest).map_err(SimulateError::Sink)?;
            }
            counts.subjects += chunk_counts.subjects;
            counts.failed += chunk_counts.failed;
            counts.rejected_draws += chunk_counts.rejected_draws;
            progress(counts.subjects);
            Ok::<_, SimulateError>(())
        },
    )?;
    Ok(counts)
}

/// A design made ready.
struct Simulator<'a> {
    design: &'a Design,
    engine: Engine,
    variability: Variability,
    thetas: Vec<f64>,
    /// Where each covariate of the model stands among those of the cohort.
    covariates: Vec<usize>,
    /// Where each occasion column stands among the covariates of the cohort; `None`: the occasion is the cycle.
    occasions: Vec<Option<usize>>,
}

/// A subject before treatment.
struct Person {
    number: u64,
    id: Arc<str>,
    covariates: Vec<f64>,
    etas: Vec<f64>,
}

/// A subject in one arm, before integration.
#[derive(Default)]
struct Treated {
    timeline: Timeline,
    times: Arc<[f64]>,
    cycles: Arc<[Cycle]>,
    events: Vec<CourseEvent>,
    /// Why no dose can be computed.
    untreatable: Option<String>,
}

impl<'a> Simulator<'a> {
    fn new(design: &'a Design) -> Result<Self, SimulateError> {
        let names = design.cohort.names();
        let place = |name: &str| place(names, name);
        let missing: Vec<String> =
            design.model.covariates().iter().filter(|name| place(name).is_none()).cloned().collect();
        if !missing.is_empty() {
            return Err(SimulateError::MissingCovariates { missing, given: names.to_vec() });
        }
        let variability = Variability::new(&design.model, design.typical)?;
        Ok(Self {
            design,
            engine: Engine::new(Arc::new(design.model.program().clone()), design.solver, design.tolerance)?,
            thetas: design.model.thetas(),
            covariates: design.model.covariates().iter().filter_map(|name| place(name)).collect(),
            occasions: variability.occasion_columns().map(place).collect(),
            variability,
        })
    }

    fn place(&self, name: &str) -> Option<usize> {
        place(self.design.cohort.names(), name)
    }

    /// All results of a range of subjects, subject by subject and arm by arm within a subject.
    fn chunk(&self, range: Range<u64>) -> Result<(Vec<Simulated>, Counts), SimulateError> {
        let mut counts = Counts { subjects: range.end - range.start, ..Counts::default() };
        let mut people = Vec::new();
        for number in range.start + 1..=range.end {
            let drawn = self.design.cohort.draw(&self.design.streams, number)?;
            counts.rejected_draws += u64::from(drawn.rejected);
            people.push(Person {
                number,
                id: drawn.id.map_or_else(|| number.to_string().into(), Into::into),
                covariates: drawn.values,
                etas: self.variability.draw(&self.design.streams, number),
            });
        }
        let mut by_arm = Vec::with_capacity(self.design.arms.len());
        for (index, arm) in self.design.arms.iter().enumerate() {
            by_arm.push(self.arm(index, arm, &people)?.into_iter());
        }
        let mut results = Vec::with_capacity(people.len() * by_arm.len());
        for _ in &people {
            results.extend(by_arm.iter_mut().filter_map(Iterator::next));
        }
        counts.failed = results.iter().filter(|result| result.outcome.is_err()).count() as u64;
        Ok((results, counts))
    }

    fn arm(&self, index: usize, arm: &Arm, people: &[Person]) -> Result<Vec<Simulated>, SimulateError> {
        let mut sample_times = SampleTimes::default();
        let treated: Vec<Treated> =
            people.iter().map(|person| self.treat(arm, person, &mut sample_times)).collect::<Result<_, _>>()?;
        let inputs: Vec<SubjectInput<'_>> = people
            .iter()
            .zip(&treated)
            .map(|(person, treated)| SubjectInput {
                number: person.number,
                thetas: &self.thetas,
                etas: &person.etas,
                timeline: &treated.timeline,
            })
            .collect();
        let outcomes = self.engine.run(&inputs);
        let parameters: Vec<_> = inputs.iter().map(|input| self.parameters(input)).collect();
        Ok(people
            .iter()
            .zip(treated)
            .zip(outcomes.into_iter().zip(parameters))
            .map(|((person, treated), (outcome, (parameters, terminal_half_life)))| Simulated {
                arm: index,
                replicate: 0,
                number: person.number,
                id: person.id.clone(),
                covariates: person.covariates.clone(),
                etas: person.etas.clone(),
                parameters,
                terminal_half_life,
                outcome: match (treated.untreatable, outcome) {
                    (Some(message), _) => Err(Failure { time: None, message }),
                    (None, Err(error)) => Err(Failure { time: Some(error.time), message: error.cause.to_string() }),
                    (None, Ok(profile)) => {
                        Ok(Outcome { observed: self.observe(person.number, &treated.times, &profile), profile })
                    }
                },
                times: treated.times,
                cycles: treated.cycles,
                events: treated.events,
            })
            .collect())
    }

    /// What one subject is given in one arm, as a timeline.
    fn treat(&self, arm: &Arm, person: &Person, sample_times: &mut SampleTimes) -> Result<Treated, SimulateError> {
        let lookup = |name: &str| self.place(name).map(|index| person.covariates[index]);
        let treatment = match &arm.prescription {
            Prescription::Regimen(regimen) => regimen.plan(&lookup),
            Prescription::Course(course) => {
                course.plan(&mut self.design.streams.rng(Purpose::Course, person.number, 0), &lookup)
            }
        };
        let Treatment { doses, cycles, events } = match treatment {
            Ok(treatment) => treatment,
            Err(error @ RegimenError::BadSize { .. }) => {
                return Ok(Treated { untreatable: Some(error.to_string()), ..Treated::default() });
            }
            Err(error) => return Err(error.into()),
        };
        let times = sample_times.of(&arm.sampling, &doses);
        let intervals: Vec<Interval> =
            cycles.iter().map(|cycle| Interval { start: cycle.start, end: cycle.end }).collect();
        let covariates: Vec<f64> = self.covariates.iter().map(|&index| person.covariates[index]).collect();
        let plan = schedule::Plan { doses: &doses, samples: &times, covariates: &covariates, intervals: &intervals };
        let mut timeline = schedule::from_plan(&plan)
            .map_err(|cause| SimulateError::Schedule { number: person.number, cause })?
            .timeline;
        if !self.occasions.is_empty() {
            self.add_occasions(person, &cycles, &mut timeline.covariates);
        }
        Ok(Treated { timeline, times, cycles: cycles.into(), events, untreatable: None })
    }

    /// Occasion-level etas as further columns of the covariates: one row per cycle, or one where the occasion is a covariate.
    fn add_occasions(&self, person: &Person, cycles: &[Cycle], table: &mut CovariateTable) {
        let start = table.times.first().copied().unwrap_or_default();
        let constant = std::mem::take(&mut table.values);
        let by_cycle = self.occasions.iter().any(Option::is_none);
        let later = cycles.iter().skip(1).filter(|_| by_cycle).map(|cycle| (cycle.start, f64::from(cycle.number)));
        table.times.clear();
        for (time, cycle) in std::iter::once((start, 1.0)).chain(later) {
            let values: Vec<f64> =
                self.occasions.iter().map(|place| place.map_or(cycle, |index| person.covariates[index])).collect();
            table.times.push(time);
            table.values.extend_from_slice(&constant);
            table.values.extend(self.variability.draw_occasion(&self.design.streams, person.number, &values));
        }
        table.interpolation.resize(self.design.model.program().covariates.len(), Interpolation::Locf);
    }

    /// Observations of the first endpoint with residual error, one per sample.
    fn observe(&self, subject: u64, times: &[f64], profile: &Profile) -> Vec<f64> {
        let Some(endpoint) = self.design.model.endpoints().first().filter(|_| self.design.residual) else {
            return Vec::new();
        };
        times
            .iter()
            .enumerate()
            .map(|(row, &time)| {
                let mut rng = self.design.streams.residual(subject, time, 0, 0);
                observe(endpoint, profile.row(row), &mut rng)
            })
            .collect()
    }

    /// Individual parameters at the start, and the terminal half-life they lead to.
    fn parameters(&self, input: &SubjectInput<'_>) -> (Vec<f64>, Option<f64>) {
        if !self.design.parameters {
            return (Vec::new(), None);
        }
        let program = self.design.model.program();
        let mut registers = program.registers();
        let set = |registers: &mut [f64], first: u32, values: &[f64]| {
            registers[first as usize..first as usize + values.len()].copy_from_slice(values);
        };
        set(&mut registers, program.thetas.start, input.thetas);
        set(&mut registers, program.etas.start, input.etas);
        set(&mut registers, program.covariates.start, &input.timeline.covariates.values[..program.covariates.len()]);
        program.subject.run(&mut registers);
        program.record.run(&mut registers);
        let parameters =
            self.design.model.parameters().iter().map(|parameter| registers[parameter.register as usize]).collect();
        (parameters, half_life::terminal(program, &mut registers))
    }
}

/// Position of a covariate by name: as written, or else without regard to case, as in NONMEM.
fn place(names: &[String], name: &str) -> Option<usize> {
    let exact = names.iter().position(|other| other == name);
    exact.or_else(|| names.iter().position(|other| other.eq_ignore_ascii_case(name)))
}

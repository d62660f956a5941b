//! From a subject with its timeline to its result: what cohorts and data sets have in common.

use std::sync::Arc;

use super::design::Setup;
use super::error::SimulateError;
use super::half_life;
use super::replicates::Replicates;
use super::residual::{self, Samples};
use super::result::{Failure, Outcome, Simulated};
use super::traces;
use super::variability::Variability;
use crate::cohort::streams::Streams;
use crate::engine::failure::readable;
use crate::engine::timeline::Timeline;
use crate::engine::{Engine, SubjectError, SubjectInput};
use crate::model::ir::OmegaBlock;
use crate::profile::Profile;
use crate::regimen::dosing::{CourseEvent, Cycle};

/// The solver without error per step, as `--solver` has it.
const EXACT: &str = "linear";
/// So many states of a failed subject are told: a row stays readable.
const SHOWN_STATES: usize = 8;

/// A setup made ready.
pub(super) struct Simulator<'a> {
    pub setup: &'a Setup,
    pub engine: Engine,
    /// Of each parameter draw; the model's own where there is none.
    parameters: Vec<Population>,
    replicates: &'a Replicates,
}

/// The parameters of a population.
pub(super) struct Population {
    pub variability: Variability,
    pub thetas: Vec<f64>,
}

/// One replicate: its parameters, and where its random numbers come from.
#[derive(Clone, Copy)]
pub(super) struct Replicate<'a> {
    pub number: u32,
    pub population: &'a Population,
    pub streams: Streams,
}

/// A subject before treatment.
pub(super) struct Person {
    pub number: u64,
    pub id: Arc<str>,
    pub covariates: Vec<f64>,
    pub etas: Vec<f64>,
}

/// A subject in one arm, before integration.
#[derive(Default)]
pub(super) struct Treated {
    pub timeline: Timeline,
    pub times: Arc<[f64]>,
    /// Endpoint that each sample observes; empty where all observe the first.
    pub endpoints: Vec<u16>,
    /// Which one each sample is among those of its endpoint and time; empty where they are numbered in their order.
    pub ordinals: Vec<u16>,
    pub cycles: Arc<[Cycle]>,
    pub events: Vec<CourseEvent>,
    /// Columns of the data that the results carry along, per sample.
    pub carried: Vec<String>,
    /// Why no dose can be computed.
    pub untreatable: Option<String>,
}

impl<'a> Simulator<'a> {
    pub(super) fn new(setup: &'a Setup, replicates: &'a Replicates) -> Result<Self, SimulateError> {
        let model = &setup.model;
        let population = |thetas: Vec<f64>, omegas: &[OmegaBlock]| {
            Ok(Population { variability: Variability::new(&model.ir().etas, omegas, setup.typical)?, thetas })
        };
        let parameters = match replicates.draws() {
            [] => vec![population(model.thetas(), model.omegas())?],
            draws => draws
                .iter()
                .map(|draw| population(draw.thetas.clone(), &draw.omegas))
                .collect::<Result<_, SimulateError>>()?,
        };
        let engine = Engine::new(Arc::new(model.program().clone()), setup.solver, setup.tolerance)?;
        Ok(Self { engine, parameters, replicates, setup })
    }

    /// A replicate of the run, from 0.
    pub(super) fn replicate(&self, number: u32) -> Replicate<'_> {
        Replicate {
            number,
            population: &self.parameters[self.replicates.place(number).0],
            streams: self.replicates.streams(&self.setup.streams, number),
        }
    }

    /// Names of the columns that say the occasion; the same for all parameters.
    pub(super) fn occasion_columns(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().take(1).flat_map(|population| population.variability.occasion_columns())
    }

    /// Results of subjects under one treatment each, in their order. Of the treatments nothing but the timelines is left.
    /// `companions` would come next in a larger cohort, see [`Engine::answer_among`].
    pub(super) fn integrate(
        &self,
        arm: usize,
        replicate: &Replicate<'_>,
        people: &[Person],
        treated: &mut [Treated],
        companions: &[(&Person, Treated)],
    ) -> Vec<Simulated> {
        let thetas = &replicate.population.thetas;
        let inputs: Vec<SubjectInput<'_>> =
            people.iter().zip(treated.iter()).map(|(person, treated)| input(thetas, person, treated)).collect();
        let beside: Vec<SubjectInput<'_>> =
            companions.iter().map(|(person, treated)| input(thetas, person, treated)).collect();
        let mut answers = self.engine.answer_among(&inputs, &beside);
        for (input, answer) in inputs.iter().zip(&mut answers) {
            // What is solved in closed form is exact, however little it is.
            if let Ok(profile) = &mut answer.result
                && answer.work.solver != EXACT
            {
                self.clear_traces(input, profile);
            }
        }
        let parameters: Vec<_> = inputs.iter().map(|input| self.parameters(input)).collect();
        drop(inputs);
        people
            .iter()
            .zip(treated)
            .zip(answers.into_iter().zip(parameters))
            .map(|((person, treated), (answer, (parameters, terminal_half_life)))| Simulated {
                arm,
                replicate: replicate.number,
                number: person.number,
                id: person.id.clone(),
                covariates: person.covariates.clone(),
                etas: person.etas.clone(),
                parameters,
                terminal_half_life,
                outcome: match (&treated.untreatable, answer.result) {
                    (Some(message), _) => Err(Failure { time: None, message: message.clone() }),
                    (None, Err(error)) => {
                        Err(Failure { time: Some(error.time), message: told(self.setup.model.states(), &error) })
                    }
                    (None, Ok(profile)) => Ok(Outcome {
                        observed: self.observe(&replicate.streams, person.number, treated, &profile),
                        profile,
                        solver: answer.work.solver,
                    }),
                },
                times: std::mem::take(&mut treated.times),
                cycles: std::mem::take(&mut treated.cycles),
                events: std::mem::take(&mut treated.events),
                carried: std::mem::take(&mut treated.carried),
            })
            .collect()
    }

    /// Observations with residual error, one per sample: of the endpoint that the sample observes.
    fn observe(&self, streams: &Streams, subject: u64, treated: &Treated, profile: &Profile) -> Vec<f64> {
        let endpoints = self.setup.model.endpoints();
        if endpoints.is_empty() || !self.setup.residual {
            return Vec::new();
        }
        let Treated { times, endpoints: observed, ordinals, .. } = treated;
        residual::observe_all(&Samples { endpoints, observed, times, ordinals, profile }, streams.residuals(subject))
    }

    /// Individual parameters at the start, and the terminal half-life they lead to.
    fn parameters(&self, input: &SubjectInput<'_>) -> (Vec<f64>, Option<f64>) {
        let model = &self.setup.model;
        let Some(mut registers) = self.setup.parameters.then(|| self.registers(input)).flatten() else {
            return (Vec::new(), None);
        };
        let parameters = model.parameters().iter().map(|parameter| registers[parameter.register as usize]).collect();
        (parameters, half_life::terminal(model.program(), &mut registers))
    }

    /// Makes troughs 0 that the solver cannot tell from nothing: ratios over them would be ratios of errors.
    fn clear_traces(&self, input: &SubjectInput<'_>, profile: &mut Profile) {
        let mut suspects = traces::suspects(&mut profile.exposures).peekable();
        if suspects.peek().is_none() {
            return;
        }
        let Some(mut registers) = self.registers(input) else { return };
        let least = traces::of_output(self.setup.model.program(), &mut registers, self.setup.tolerance.atol);
        suspects.filter(|trough| trough.abs() <= least).for_each(|trough| *trough = 0.0);
    }

    /// The subject and record phase of the model at the start; `None` where there are no covariates then.
    fn registers(&self, input: &SubjectInput<'_>) -> Option<Vec<f64>> {
        let program = self.setup.model.program();
        let covariates = input.timeline.covariates.values.get(..program.covariates.len())?;
        let mut registers = program.registers();
        let set = |registers: &mut [f64], first: u32, values: &[f64]| {
            registers[first as usize..first as usize + values.len()].copy_from_slice(values);
        };
        set(&mut registers, program.thetas.start, input.thetas);
        set(&mut registers, program.etas.start, input.etas);
        set(&mut registers, program.covariates.start, covariates);
        program.subject.run(&mut registers);
        program.record.run(&mut registers);
        Some(registers)
    }
}

/// Why a subject failed, with its states then: they show which of them ran away.
fn told<'a>(names: impl ExactSizeIterator<Item = &'a str>, error: &SubjectError) -> String {
    let more = match names.len().saturating_sub(SHOWN_STATES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let states: Vec<String> = (names.zip(&error.states).take(SHOWN_STATES))
        .map(|(name, &value)| format!("{name} {}", readable(value)))
        .collect();
    if states.is_empty() {
        return error.cause.to_string();
    }
    format!("{}; states then: {}{more}", error.cause, states.join(", "))
}

fn input<'a>(thetas: &'a [f64], person: &'a Person, treated: &'a Treated) -> SubjectInput<'a> {
    SubjectInput { number: person.number, thetas, etas: &person.etas, timeline: &treated.timeline }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::failure::Cause;

    #[test]
    fn a_failure_tells_eight_states_by_name_in_few_digits() {
        let error = |states| SubjectError { time: 3.0, states, cause: Cause::NonFinite };
        let two = told(["depot", "central"].into_iter(), &error(vec![12.500_000_01, f64::NAN]));
        assert!(two.starts_with("a state or its derivative is not finite"), "{two}");
        assert!(two.ends_with("; states then: depot 12.5, central NaN"), "{two}");
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].into_iter();
        let ten = told(names, &error(vec![0.0, -1.0, 1e300, 2e-9, f64::INFINITY, 123_456.0, 1.0, 2.0, 3.0, 4.0]));
        let expected = "; states then: a 0, b -1, c 1e300, d 2e-9, e inf, f 123456, g 1, h 2 and 2 more";
        assert!(ten.ends_with(expected), "{ten}");
        assert_eq!(told(["a"].into_iter(), &error(Vec::new())), Cause::NonFinite.to_string());
    }
}

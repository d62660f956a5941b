//! Subjects handed from one integrator to the next.
//!
//! The chosen integrator takes all subjects; what it cannot do goes on: a place where no Taylor series exists to Runge-Kutta, a
//! subject whose steps are held down by stability to the implicit method, covariates along a line to the reference. A subject
//! that is handed on starts anew, so its numbers are those of the integrator that finished it.

use super::lanes::Backend;
use super::lanes::bank::LaneIntegrator;
use super::lanes::driver::{self, Outcome};
use super::program::Program;
use super::runge_kutta::RungeKutta;
use super::taylor::Taylor;
use super::{SubjectError, SubjectInput, Tolerance, linear, reference, stiff};
use crate::profile::Profile;

type Answer = Result<Profile, SubjectError>;

/// One run over some subjects.
pub(super) struct Relay<'a> {
    program: &'a Program,
    tolerance: Tolerance,
    backend: Backend,
    /// Whether a subject may go on to the implicit method.
    watches_stiffness: bool,
    subjects: &'a [SubjectInput<'a>],
    answers: Vec<Option<Answer>>,
    /// Positions of subjects that wait for each integrator.
    left_to_series: Vec<usize>,
    left_to_runge_kutta: Vec<usize>,
    left_to_stiff: Vec<usize>,
    left_to_reference: Vec<usize>,
}

impl<'a> Relay<'a> {
    pub fn new(
        program: &'a Program,
        tolerance: Tolerance,
        backend: Backend,
        watches_stiffness: bool,
        subjects: &'a [SubjectInput<'a>],
    ) -> Self {
        Self {
            program,
            tolerance,
            backend,
            watches_stiffness,
            subjects,
            answers: subjects.iter().map(|_| None).collect(),
            left_to_series: Vec::new(),
            left_to_runge_kutta: Vec::new(),
            left_to_stiff: Vec::new(),
            left_to_reference: Vec::new(),
        }
    }

    /// All subjects, exactly; those whose eigenvalues repeat or are complex wait for series where `leave_slow` says so.
    pub fn linear(&mut self, forced: bool, leave_slow: bool) {
        for (index, &subject) in self.subjects.iter().enumerate() {
            if !forced && is_continuous(subject) {
                self.left_to_reference.push(index);
                continue;
            }
            match linear::run(self.program, subject, leave_slow).transpose() {
                Some(answer) => self.answers[index] = Some(answer),
                None => self.left_to_series.push(index),
            }
        }
    }

    /// All subjects over lanes.
    pub fn lanes<I: LaneIntegrator + Clone>(&mut self, integrator: &I) {
        self.seat(integrator.clone(), &(0..self.subjects.len()).collect::<Vec<usize>>());
    }

    /// Those that [`Self::linear`] left.
    pub fn series(&mut self, taylor: &Taylor) {
        let waiting = std::mem::take(&mut self.left_to_series);
        if !waiting.is_empty() {
            self.seat(taylor.clone(), &waiting);
        }
    }

    /// All subjects by the implicit method.
    pub fn stiff(&mut self) {
        self.left_to_stiff = (0..self.subjects.len()).collect();
    }

    /// All subjects by the reference.
    pub fn reference(&mut self) {
        self.left_to_reference = (0..self.subjects.len()).collect();
    }

    fn seat(&mut self, mut integrator: impl LaneIntegrator, waiting: &[usize]) {
        let (along_lines, seated): (Vec<usize>, Vec<usize>) =
            waiting.iter().partition(|&&index| is_continuous(self.subjects[index]));
        self.left_to_reference.extend(along_lines);
        let inputs: Vec<SubjectInput<'_>> = seated.iter().map(|&index| self.subjects[index]).collect();
        let outcomes = driver::run(self.program, &mut integrator, self.backend, self.watches_stiffness, &inputs);
        for (index, outcome) in seated.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Done(profile) => self.answers[index] = Some(Ok(profile)),
                Outcome::Failed(error) => self.answers[index] = Some(Err(error)),
                Outcome::Broken(error) if !integrator.expands_in_series() => self.answers[index] = Some(Err(error)),
                Outcome::Broken(_) => self.left_to_runge_kutta.push(index),
                Outcome::Stiff => self.left_to_stiff.push(index),
            }
        }
    }

    /// Runs whoever still waits.
    pub fn finish(mut self) -> Vec<Answer> {
        let waiting = std::mem::take(&mut self.left_to_runge_kutta);
        if !waiting.is_empty() {
            self.seat(RungeKutta::new(self.program, self.tolerance, self.backend), &waiting);
        }
        for &index in &self.left_to_stiff {
            self.answers[index] = Some(stiff::run(self.program, self.subjects[index], self.tolerance));
        }
        for index in self.left_to_series.iter().chain(&self.left_to_reference) {
            self.answers[*index] = Some(reference::run(self.program, self.subjects[*index], self.tolerance));
        }
        let answers = self.answers.into_iter();
        answers.map(|answer| answer.expect("whom one integrator does not answer, the next one does")).collect()
    }
}

/// Covariates on a line make coefficients change between events: for such a subject the equations are not constant.
fn is_continuous(subject: SubjectInput<'_>) -> bool {
    subject.timeline.covariates.varies_continuously()
}

//! Subjects handed from one integrator to the next.
//!
//! The chosen integrator takes all subjects; what it cannot do goes on: a place where no Taylor series exists to Runge-Kutta, a
//! subject whose steps are held down by stability to the implicit method (and back, should that take longer still), covariates
//! along a line to the reference. A subject that is handed on starts anew, so its numbers are those of the integrator that
//! finished it.

use super::lanes::Backend;
use super::lanes::bank::LaneIntegrator;
use super::lanes::driver::{self, Outcome};
use super::program::Program;
use super::runge_kutta::RungeKutta;
use super::taylor::Taylor;
use super::{Answer, SubjectInput, Tolerance, Work, linear, reference, stiff};

/// A step of the implicit method costs as much as this many of one lane: 2 to 9 were measured.
const STEPS_PER_IMPLICIT_ONE: u32 = 5;

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
    /// With the steps that the implicit method may take before it is given up.
    left_to_stiff: Vec<(usize, u32)>,
    left_to_explicit: Vec<usize>,
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
            left_to_explicit: Vec::new(),
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
                Some(result) => {
                    self.answers[index] = Some(Answer { result, work: Work { solver: "linear", steps: 0 } });
                }
                None => self.left_to_series.push(index),
            }
        }
    }

    /// All subjects over lanes, in groups where they fit together.
    pub fn lanes<I: LaneIntegrator + Clone>(&mut self, integrator: &I, companions: &[SubjectInput<'_>]) {
        self.seat(integrator.clone(), &(0..self.subjects.len()).collect::<Vec<usize>>(), Some(companions));
    }

    /// Those that [`Self::linear`] left.
    pub fn series(&mut self, taylor: &Taylor) {
        let waiting = std::mem::take(&mut self.left_to_series);
        if !waiting.is_empty() {
            self.seat(taylor.clone(), &waiting, None);
        }
    }

    /// All subjects by the implicit method.
    pub fn stiff(&mut self) {
        self.left_to_stiff = (0..self.subjects.len()).map(|index| (index, u32::MAX)).collect();
    }

    /// All subjects by the reference.
    pub fn reference(&mut self) {
        self.left_to_reference = (0..self.subjects.len()).collect();
    }

    /// Groups are for all subjects of a run alone: who waits after another integrator depends on more than a number.
    fn seat(
        &mut self,
        mut integrator: impl LaneIntegrator,
        waiting: &[usize],
        companions: Option<&[SubjectInput<'_>]>,
    ) {
        let (along_lines, seated): (Vec<usize>, Vec<usize>) =
            waiting.iter().partition(|&&index| is_continuous(self.subjects[index]));
        self.left_to_reference.extend(along_lines);
        let inputs: Vec<SubjectInput<'_>> = seated.iter().map(|&index| self.subjects[index]).collect();
        let watches = self.watches_stiffness;
        let outcomes = driver::run(self.program, &mut integrator, self.backend, watches, &inputs, companions);
        for (index, (outcome, steps)) in seated.into_iter().zip(outcomes) {
            let result = match outcome {
                Outcome::Done(profile) => Ok(profile),
                Outcome::Failed(error) => Err(error),
                Outcome::Broken(error) if !integrator.expands_in_series() => Err(error),
                Outcome::Broken(_) => {
                    self.left_to_runge_kutta.push(index);
                    continue;
                }
                Outcome::Stiff { expected_steps } => {
                    self.left_to_stiff.push((index, expected_steps / STEPS_PER_IMPLICIT_ONE));
                    continue;
                }
            };
            self.answers[index] = Some(Answer { result, work: Work { solver: integrator.name(), steps } });
        }
    }

    fn runge_kutta(&mut self) {
        let waiting = std::mem::take(&mut self.left_to_runge_kutta);
        if !waiting.is_empty() {
            self.seat(RungeKutta::new(self.program, self.tolerance, self.backend), &waiting, None);
        }
    }

    /// Those whom the implicit method would keep for longer: at tight tolerances many small steps are cheaper.
    fn explicit(&mut self) {
        let waiting = std::mem::take(&mut self.left_to_explicit);
        if waiting.is_empty() {
            return;
        }
        self.watches_stiffness = false;
        match Taylor::new(self.program, self.tolerance, self.backend) {
            Some(taylor) => self.seat(taylor, &waiting, None),
            None => self.seat(RungeKutta::new(self.program, self.tolerance, self.backend), &waiting, None),
        }
    }

    /// Runs whoever still waits.
    pub fn finish(mut self) -> Vec<Answer> {
        self.runge_kutta();
        for (index, allowed_steps) in std::mem::take(&mut self.left_to_stiff) {
            match stiff::run(self.program, self.subjects[index], self.tolerance, allowed_steps) {
                Some(answer) => self.answers[index] = Some(answer),
                None => self.left_to_explicit.push(index),
            }
        }
        self.explicit();
        self.runge_kutta();
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

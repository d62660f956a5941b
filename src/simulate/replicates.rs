//! How often a design is simulated, each time with parameters and random numbers of its own.
//!
//! Parameters hold trials, trials hold subjects. Replicate number `r` of a run is trial `r % trials` under parameter draw
//! `r / trials`. With common random numbers (the default) trial 3 treats the same people, with the same residual errors, under every
//! parameter draw: replicates then differ by their parameters alone, and need be fewer for the same accuracy (Law AM, Simulation
//! Modeling and Analysis, 5th ed. 2015, section 11.2). Without them every replicate draws people of its own.

use crate::cohort::streams::Streams;
use crate::cohort::uncertainty::ParameterDraw;

/// The replicates of a run. At least one: by default one, with the model's own parameters.
#[derive(Clone, Debug)]
pub struct Replicates {
    draws: Vec<ParameterDraw>,
    trials: u32,
    common: bool,
}

impl Default for Replicates {
    fn default() -> Self {
        Self::of_trials(1)
    }
}

impl Replicates {
    /// So many trials (at least 1) under the model's own parameters.
    #[must_use]
    pub fn of_trials(trials: u32) -> Self {
        Self { draws: Vec::new(), trials: trials.max(1), common: true }
    }

    /// So many trials (at least 1) under each set of parameters; with none, under the model's own.
    #[must_use]
    pub fn of_draws(draws: Vec<ParameterDraw>, trials: u32, common: bool) -> Self {
        Self { draws, trials: trials.max(1), common }
    }

    /// Number of replicates: parameter draws times trials.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.draws.len().max(1)).unwrap_or(u32::MAX).saturating_mul(self.trials)
    }

    /// Sets of parameters; empty where there are the model's own alone.
    #[must_use]
    pub fn draws(&self) -> &[ParameterDraw] {
        &self.draws
    }

    /// Trials under each set of parameters.
    #[must_use]
    pub fn trials(&self) -> u32 {
        self.trials
    }

    /// Whether a trial has the same random numbers under every set of parameters.
    #[must_use]
    pub fn common_random_numbers(&self) -> bool {
        self.common
    }

    /// Times that each subject's random numbers are used: the number of parameter draws where they are common, else 1.
    #[must_use]
    pub fn uses_of_a_subject(&self) -> u32 {
        if self.common { self.count() / self.trials } else { 1 }
    }

    /// Which set of parameters, and which trial under it, a replicate is; both from 0.
    #[must_use]
    pub fn place(&self, replicate: u32) -> (usize, u32) {
        ((replicate / self.trials) as usize, replicate % self.trials)
    }

    /// Where a replicate's random numbers come from.
    pub(super) fn streams(&self, of_study: &Streams, replicate: u32) -> Streams {
        of_study.for_replicate(if self.common { self.place(replicate).1 } else { replicate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw() -> ParameterDraw {
        ParameterDraw { thetas: vec![1.0], omegas: Vec::new(), redrawn: 0 }
    }

    #[test]
    fn trials_are_nested_in_parameters_and_share_random_numbers_where_they_are_common() {
        let streams = Streams::new(3);
        let common = Replicates::of_draws(vec![draw(), draw(), draw()], 2, true);
        assert_eq!((common.count(), common.place(3), common.uses_of_a_subject()), (6, (1, 1), 3));
        assert_eq!(common.streams(&streams, 0), streams);
        assert_eq!(common.streams(&streams, 1), common.streams(&streams, 5));
        assert_ne!(common.streams(&streams, 1), streams);
        let fresh = Replicates::of_draws(vec![draw(), draw(), draw()], 2, false);
        assert_eq!(fresh.uses_of_a_subject(), 1);
        assert_ne!(fresh.streams(&streams, 1), fresh.streams(&streams, 5));
    }

    #[test]
    fn without_parameters_replicates_are_trials() {
        let trials = Replicates::of_trials(4);
        assert_eq!((trials.count(), trials.place(3)), (4, (0, 3)));
        assert_eq!(trials.streams(&Streams::new(1), 3), Streams::new(1).for_replicate(3));
        assert_eq!((Replicates::default().count(), Replicates::of_trials(0).count()), (1, 1));
    }
}

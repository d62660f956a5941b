//! What the model calls its compartments and covariates, as far as records need to know it.

use super::event::Compartment;

/// Names of the model that records refer to. Plain text, so that regimens need to know nothing else about a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelNames {
    /// States in order of compartment number: CMT 1 is the first.
    pub states: Vec<String>,
    /// Endpoints: an observation may name one in CMT. Their numbers follow those of the states.
    pub endpoints: Vec<String>,
    /// Covariates that records have to give, in the model's order.
    pub covariates: Vec<String>,
    /// What the model computes from each of them, such as `cl, vc`, for messages: as many, or none at all.
    pub uses: Vec<String>,
    /// Index of the state a dose enters where CMT is missing or 0.
    pub default_state: usize,
}

impl ModelNames {
    /// Names of a model without endpoints whose doses enter the first state.
    #[must_use]
    pub fn new(states: &[String], covariates: &[String]) -> Self {
        Self { states: states.to_vec(), covariates: covariates.to_vec(), ..Self::default() }
    }

    /// Index of the endpoint that an observation in a compartment observes: one behind the states, or one by the state's name;
    /// else the first.
    #[must_use]
    pub fn observed_endpoint(&self, compartment: Compartment) -> usize {
        let Compartment::Number(number) = compartment else { return 0 };
        let number = number as usize;
        let index = match number.checked_sub(self.states.len() + 1) {
            Some(index) => Some(index),
            None => (self.states.get(number.wrapping_sub(1)))
                .and_then(|state| self.endpoints.iter().position(|endpoint| endpoint == state)),
        };
        index.unwrap_or(0)
    }
}

//! Where sixteen subjects stand, and what an integrator over lanes does with them.

use super::Lanes;
use crate::engine::program::Program;

/// Sixteen subjects, each at its own time with its own next stop. An idle lane has no room.
#[derive(Clone, Debug)]
pub(crate) struct Bank {
    /// Register files: inputs of each lane's subject, and what an integrator keeps there.
    pub registers: Vec<Lanes>,
    /// Time at the start of the step.
    pub time: Lanes,
    /// States at the start of the step.
    pub state: Vec<Lanes>,
    /// Infusions into each state.
    pub rates: Vec<Lanes>,
    /// 1, or 0 for a state that is off; looked at only where `any_off`.
    pub gates: Vec<Lanes>,
    pub any_off: bool,
    /// Time left to the next stop.
    pub room: Lanes,
    /// Step size that each lane would take if there were room. Outlives stops: an infusion changes a rate, nothing else.
    pub wish: Lanes,
    /// Step taken: `room` exactly where the stop is reached; 0 where none was.
    pub step: Lanes,
    /// States at the end of the step.
    pub end: Vec<Lanes>,
    /// 1 where the derivatives are not finite at the start of the step.
    pub broken: Lanes,
}

impl Bank {
    pub fn new(program: &Program, n_registers: usize) -> Self {
        let zeros = vec![Lanes::splat(0.0); program.n_states()];
        Self {
            registers: vec![Lanes::splat(0.0); n_registers],
            time: Lanes::splat(0.0),
            state: zeros.clone(),
            rates: zeros.clone(),
            gates: vec![Lanes::splat(1.0); program.n_states()],
            any_off: false,
            room: Lanes::splat(0.0),
            wish: Lanes::splat(f64::INFINITY),
            step: Lanes::splat(0.0),
            end: zeros,
            broken: Lanes::splat(0.0),
        }
    }
}

/// A way of getting sixteen subjects one step further.
pub(crate) trait LaneIntegrator {
    /// Registers it needs, beyond those of the program.
    fn n_registers(&self) -> usize;

    /// Sets what never changes.
    fn prepare(&self, bank: &mut Bank);

    /// Registers of earlier phases that a subject has to bring.
    fn inputs(&self) -> &[crate::engine::program::Register];

    /// Takes note that inputs of some lanes changed.
    fn inputs_changed(&mut self, bank: &mut Bank);

    /// One step, or a refusal, in each lane: fills `step`, `end`, `wish` and `broken`.
    fn step(&mut self, bank: &mut Bank);

    /// The solution over the last step, as polynomials in the time since its start.
    fn solution(&self) -> Solution<'_>;
}

/// Coefficients of polynomials, state by state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Solution<'a> {
    pub coefficients: &'a [Lanes],
    /// From one state to the next in `coefficients`.
    pub stride: usize,
    /// Highest power.
    pub degree: usize,
}

impl<'a> Solution<'a> {
    /// Coefficients of one state, constant first.
    #[inline(always)]
    pub fn of(&self, state: usize) -> &'a [Lanes] {
        &self.coefficients[state * self.stride..][..=self.degree]
    }
}

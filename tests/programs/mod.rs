//! Programs and timelines made by hand, for tests of the engine that do not depend on the model language.

#![expect(dead_code, reason = "each test file uses a part of it")]

use std::sync::Arc;
use teorell::engine::program::{
    BinaryOp, Block, DoseRegisters, ExposureTarget, Instruction, Program, Register, Structure, UnaryOp,
};
use teorell::engine::timeline::{
    CovariateTable, DoseRate, DoseRecord, Interpolation, Interval, Record, RecordKind, SteadyState, Timeline,
};
use teorell::engine::{Engine, SolverChoice, SubjectError, SubjectInput, Tolerance};
use teorell::profile::Profile;

/// Puts a program together, register by register.
pub struct Assembler {
    pub program: Program,
}

impl Assembler {
    pub fn new(n_thetas: u32, n_covariates: u32, n_states: u32) -> Self {
        let covariates = n_thetas..n_thetas + n_covariates;
        let states = covariates.end + 1..covariates.end + 1 + n_states;
        let program = Program {
            n_registers: states.end as usize,
            thetas: 0..n_thetas,
            etas: n_thetas..n_thetas,
            time: covariates.end,
            derivatives: vec![0; n_states as usize],
            initials: vec![None; n_states as usize],
            dose_registers: vec![DoseRegisters::default(); n_states as usize],
            only_integrates: vec![false; n_states as usize],
            covariates,
            states,
            ..Program::default()
        };
        Self { program }
    }

    pub fn register(&mut self) -> Register {
        self.program.n_registers += 1;
        (self.program.n_registers - 1) as Register
    }

    pub fn constant(&mut self, value: f64) -> Register {
        let register = self.register();
        self.program.constants.push((register, value));
        register
    }

    pub fn theta(&self, index: u32) -> Register {
        self.program.thetas.start + index
    }

    pub fn covariate(&self, index: u32) -> Register {
        self.program.covariates.start + index
    }

    pub fn state(&self, index: u32) -> Register {
        self.program.states.start + index
    }

    pub fn binary(
        &mut self,
        block: fn(&mut Program) -> &mut Block,
        op: BinaryOp,
        a: Register,
        b: Register,
    ) -> Register {
        let out = self.register();
        block(&mut self.program).instructions.push(Instruction::Binary { op, out, a, b });
        out
    }

    pub fn unary(&mut self, block: fn(&mut Program) -> &mut Block, op: UnaryOp, a: Register) -> Register {
        let out = self.register();
        block(&mut self.program).instructions.push(Instruction::Unary { op, out, a });
        out
    }

    /// a * b in the derivative block.
    pub fn flow(&mut self, a: Register, b: Register) -> Register {
        self.binary(derivative, BinaryOp::Mul, a, b)
    }

    pub fn add(&mut self, a: Register, b: Register) -> Register {
        self.binary(derivative, BinaryOp::Add, a, b)
    }

    pub fn sub(&mut self, a: Register, b: Register) -> Register {
        self.binary(derivative, BinaryOp::Sub, a, b)
    }

    pub fn finish(self) -> Arc<Program> {
        Arc::new(self.program)
    }
}

pub fn subject(program: &mut Program) -> &mut Block {
    &mut program.subject
}

pub fn record(program: &mut Program) -> &mut Block {
    &mut program.record
}

pub fn derivative(program: &mut Program) -> &mut Block {
    &mut program.derivative
}

/// States of [`compartments`].
pub const DEPOT: usize = 0;
pub const CENTRAL: usize = 1;
pub const PERIPHERAL: usize = 2;
pub const ELIMINATED: usize = 3;
pub const AUC: usize = 4;

/// Its thetas.
#[derive(Clone, Copy, Debug)]
pub struct Kinetics {
    pub ka: f64,
    pub cl: f64,
    pub v1: f64,
    pub q: f64,
    pub v2: f64,
}

impl Kinetics {
    pub fn thetas(&self) -> [f64; 5] {
        [self.ka, self.cl, self.v1, self.q, self.v2]
    }
}

/// Two compartments with a depot, what was eliminated and the area under the concentration. Covariates: F, lag, rate and
/// duration of the central compartment. Outputs: the concentration, then the states.
pub fn compartments() -> Assembler {
    let mut a = Assembler::new(5, 4, 5);
    let (ka, cl, v1, q, v2) = (a.theta(0), a.theta(1), a.theta(2), a.theta(3), a.theta(4));
    let k10 = a.binary(record, BinaryOp::Div, cl, v1);
    let k12 = a.binary(record, BinaryOp::Div, q, v1);
    let k21 = a.binary(record, BinaryOp::Div, q, v2);
    let (depot, central, peripheral) = (a.state(0), a.state(1), a.state(2));
    let absorbed = a.flow(ka, depot);
    let eliminated = a.flow(k10, central);
    let out = a.flow(k12, central);
    let back = a.flow(k21, peripheral);
    let depot_change = a.unary(derivative, UnaryOp::Neg, absorbed);
    let gain = a.add(absorbed, back);
    let loss = a.add(eliminated, out);
    let central_change = a.sub(gain, loss);
    let peripheral_change = a.sub(out, back);
    let concentration = a.binary(derivative, BinaryOp::Div, central, v1);
    let central_dose = DoseRegisters {
        bioavailability: Some(a.covariate(0)),
        lag: Some(a.covariate(1)),
        rate: Some(a.covariate(2)),
        duration: Some(a.covariate(3)),
    };
    let states = a.program.states.clone();
    let program = &mut a.program;
    program.derivatives = vec![depot_change, central_change, peripheral_change, eliminated, concentration];
    program.outputs = std::iter::once(concentration).chain(states).collect();
    program.exposure = Some(ExposureTarget { output: 0, auc_state: AUC });
    program.only_integrates = vec![false, false, false, true, true];
    program.dose_registers[CENTRAL] = central_dose;
    program.structure = Structure::LinearConstant;
    a
}

/// One compartment with saturable elimination: thetas Vmax and Km, in amounts.
pub fn saturable() -> Assembler {
    let mut a = Assembler::new(2, 0, 1);
    let (vmax, km, amount) = (a.theta(0), a.theta(1), a.state(0));
    let below = a.add(km, amount);
    let above = a.flow(vmax, amount);
    let rate = a.binary(derivative, BinaryOp::Div, above, below);
    let change = a.unary(derivative, UnaryOp::Neg, rate);
    a.program.derivatives = vec![change];
    a.program.outputs = vec![amount];
    a.program.structure = Structure::Nonlinear;
    a
}

/// A timeline, record by record.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub timeline: Timeline,
}

impl Records {
    /// F, lag, rate and duration of doses into the central compartment.
    pub fn with_dosing(bioavailability: f64, lag: f64, rate: f64, duration: f64) -> Self {
        Self::with_covariates(&[bioavailability, lag, rate, duration])
    }

    /// F = 1, no lag.
    pub fn new() -> Self {
        Self::with_dosing(1.0, 0.0, f64::NAN, f64::NAN)
    }

    pub fn with_covariates(values: &[f64]) -> Self {
        let covariates = CovariateTable {
            times: vec![0.0],
            values: values.to_vec(),
            interpolation: vec![Interpolation::Locf; values.len()],
        };
        Self { timeline: Timeline { covariates, ..Timeline::default() } }
    }

    pub fn record(mut self, time: f64, kind: RecordKind) -> Self {
        self.timeline.push(Record { time, kind, row: None });
        self
    }

    /// A record with a row.
    pub fn answered(mut self, time: f64, kind: RecordKind) -> Self {
        let row = Some(self.timeline.n_rows);
        self.timeline.n_rows += 1;
        self.timeline.push(Record { time, kind, row });
        self
    }

    pub fn dose(mut self, time: f64, dose: DoseRecord) -> Self {
        let dose = self.timeline.add_dose(dose);
        self.record(time, RecordKind::Dose(dose))
    }

    /// A dose with a row.
    pub fn answered_dose(mut self, time: f64, dose: DoseRecord) -> Self {
        let dose = self.timeline.add_dose(dose);
        self.answered(time, RecordKind::Dose(dose))
    }

    /// A reset and a dose, with a row.
    pub fn answered_reset_and_dose(mut self, time: f64, dose: DoseRecord) -> Self {
        let dose = self.timeline.add_dose(dose);
        self.answered(time, RecordKind::ResetAndDose(dose))
    }

    pub fn reset(self, time: f64) -> Self {
        self.record(time, RecordKind::Reset)
    }

    pub fn observe(self, time: f64) -> Self {
        self.answered(time, RecordKind::Observation)
    }

    pub fn observe_all(self, times: &[f64]) -> Self {
        times.iter().fold(self, |records, &time| records.observe(time))
    }

    pub fn interval(mut self, start: f64, end: f64) -> Self {
        self.timeline.intervals.push(Interval { start, end });
        self
    }
}

pub fn bolus(state: usize, amount: f64) -> DoseRecord {
    DoseRecord { state, amount, rate: DoseRate::Bolus, additional: 0, interval: 0.0, steady_state: SteadyState::None }
}

pub fn infusion(state: usize, amount: f64, rate: f64) -> DoseRecord {
    DoseRecord { rate: DoseRate::Rate(rate), ..bolus(state, amount) }
}

/// Repeats.
pub trait Repeated {
    fn every(self, interval: f64) -> Self;
    fn additional(self, number: u32) -> Self;
    fn steady(self, steady_state: SteadyState) -> Self;
}

impl Repeated for DoseRecord {
    fn every(mut self, interval: f64) -> Self {
        self.interval = interval;
        self
    }

    fn additional(mut self, number: u32) -> Self {
        self.additional = number;
        self
    }

    fn steady(mut self, steady_state: SteadyState) -> Self {
        self.steady_state = steady_state;
        self
    }
}

pub const TIGHT: Tolerance = Tolerance { rtol: 1e-11, atol: 1e-13 };

pub fn run(
    program: &Arc<Program>,
    solver: SolverChoice,
    thetas: &[f64],
    records: &Records,
) -> Result<Profile, SubjectError> {
    let engine = Engine::new(Arc::clone(program), solver, TIGHT).expect("the solver fits the program");
    let input = SubjectInput { number: 0, thetas, etas: &[], timeline: &records.timeline };
    engine.run(&[input]).remove(0)
}

/// First output of every row, by the exact solver and the reference, which must agree to 1e-8.
pub fn concentrations(kinetics: &Kinetics, records: &Records) -> Vec<f64> {
    let program = compartments().finish();
    let exact = run(&program, SolverChoice::Linear, &kinetics.thetas(), records).expect("the exact solver runs");
    let reference = run(&program, SolverChoice::Reference, &kinetics.thetas(), records).expect("the reference runs");
    let scale = exact.values.iter().fold(0.0f64, |scale, value| scale.max(value.abs()));
    for (exact, reference) in exact.values.iter().zip(&reference.values) {
        assert!(
            (exact - reference).abs() <= 1e-8 * exact.abs().max(1e-3 * scale),
            "exact {exact}, reference {reference}"
        );
    }
    (0..records.timeline.n_rows).map(|row| exact.row(row)[0]).collect()
}

/// Fails unless all values agree to a relative tolerance.
pub fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "found {found:?}, expected {expected:?}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(error <= tolerance * expected.abs(), "value {index}: found {found}, expected {expected}");
    }
}

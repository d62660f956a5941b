//! From nodes to a program: which block computes a node, and which register holds it.

use std::ops::Range;

use super::graph::{Dependence, Graph, Id, Input, Term};
use crate::engine::program::{Block, DoseInput, DoseRegisters, Instruction, Jacobian, Program, Register, Structure};

/// Everything a program must be able to say.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    pub(crate) n_thetas: usize,
    pub(crate) n_etas: usize,
    pub(crate) n_covariates: usize,
    pub(crate) n_occasion_etas: usize,
    /// Per state, the integral of the exposure included.
    pub(crate) derivatives: Vec<Id>,
    pub(crate) outputs: Vec<Id>,
    /// Per state.
    pub(crate) initials: Vec<Option<Id>>,
    /// Per state: bioavailability, lag, duration, rate.
    pub(crate) dose_properties: Vec<[Option<Id>; 4]>,
    pub(crate) event_times: Vec<Id>,
    /// Row, column, value.
    pub(crate) jacobian: Option<Vec<(usize, usize, Id)>>,
    pub(crate) inhomogeneous: Vec<Option<Id>>,
    pub(crate) must_be_positive: Vec<(Id, String)>,
    /// Values that somebody wants to read after the record phase.
    pub(crate) fixed: Vec<Id>,
    pub(crate) structure: Structure,
    pub(crate) only_integrates: Vec<bool>,
}

/// Registers of nodes, as one block and those before it see them.
type Registers = Vec<Option<Register>>;

struct Emitter<'a> {
    graph: &'a Graph,
    next: Register,
}

impl Emitter<'_> {
    fn take(&mut self, count: usize) -> Range<Register> {
        let start = self.next;
        self.next += Register::try_from(count).expect("a model text has fewer than 2^32 values");
        start..self.next
    }

    fn add(&mut self, id: Id, block: &mut Block, registers: &mut Registers) {
        let out = self.take(1).start;
        let of = |operand: Id| registers[operand as usize].expect("operands are computed before their node");
        block.instructions.push(match self.graph.term(id) {
            Term::Constant(_) | Term::Input(_) => return,
            Term::Unary(op, a) => Instruction::Unary { op, out, a: of(a) },
            Term::Binary(op, a, b) => Instruction::Binary { op, out, a: of(a), b: of(b) },
            Term::Select(condition, then, otherwise) => {
                Instruction::Select { out, condition: of(condition), then: of(then), otherwise: of(otherwise) }
            }
        });
        registers[id as usize] = Some(out);
    }

    /// A block of what the roots need and earlier blocks do not compute.
    fn block(&mut self, roots: impl Iterator<Item = Id>, before: &Registers) -> (Block, Registers) {
        let (mut block, mut registers) = (Block::default(), before.clone());
        for id in self.graph.cone(roots) {
            if registers[id as usize].is_none() {
                self.add(id, &mut block, &mut registers);
            }
        }
        (block, registers)
    }
}

/// The program, and the registers of `roots.fixed`.
pub(crate) fn emit(graph: &Graph, roots: &Roots) -> (Program, Vec<Register>) {
    let mut emitter = Emitter { graph, next: 0 };
    let jacobian_roots =
        || roots.jacobian.iter().flatten().map(|&(_, _, id)| id).chain(roots.inhomogeneous.iter().flatten().copied());
    let dose_roots = || roots.dose_properties.iter().flatten().flatten().copied();
    let initial_roots = || roots.initials.iter().flatten().copied();
    let all = graph.cone(
        (roots.fixed.iter().copied())
            .chain(roots.derivatives.iter().copied())
            .chain(roots.outputs.iter().copied())
            .chain(initial_roots())
            .chain(dose_roots())
            .chain(roots.event_times.iter().copied())
            .chain(roots.must_be_positive.iter().map(|&(id, _)| id))
            .chain(jacobian_roots()),
    );

    let mut program = Program::default();
    let mut fixed: Registers = vec![None; graph.len()];
    for &id in &all {
        if let Some(value) = graph.value(id) {
            let register = emitter.take(1).start;
            program.constants.push((register, value));
            fixed[id as usize] = Some(register);
        }
    }
    program.thetas = emitter.take(roots.n_thetas);
    program.etas = emitter.take(roots.n_etas);
    program.covariates = emitter.take(roots.n_covariates + roots.n_occasion_etas);
    let mut dose_inputs: Vec<(Id, DoseInput)> = Vec::new();
    for &id in &all {
        if let Term::Input(Input::Dose(input)) = graph.term(id) {
            dose_inputs.push((id, input));
        }
    }
    let dose_input_registers = emitter.take(dose_inputs.len());
    program.time = emitter.take(1).start;
    program.states = emitter.take(roots.derivatives.len());
    for &id in &all {
        let nth = |range: &Range<Register>, index: usize| range.clone().nth(index);
        if let Term::Input(input) = graph.term(id) {
            fixed[id as usize] = match input {
                Input::Theta(index) => nth(&program.thetas, index),
                Input::Eta(index) => nth(&program.etas, index),
                Input::Covariate(index) => nth(&program.covariates, index),
                Input::OccasionEta(index) => nth(&program.covariates, roots.n_covariates + index),
                Input::Dose(_) => None,
                Input::Time => Some(program.time),
                Input::State(index) => nth(&program.states, index),
            };
        }
    }
    for ((id, input), register) in dose_inputs.into_iter().zip(dose_input_registers) {
        fixed[id as usize] = Some(register);
        program.dose_inputs.push((register, input));
    }

    for &id in &all {
        let dependence = graph.dependence(id);
        if fixed[id as usize].is_none() && !dependence.is_continuous() {
            let block = if dependence.on(Dependence::RECORD) { &mut program.record } else { &mut program.subject };
            emitter.add(id, block, &mut fixed);
        }
    }
    let read = |registers: &Registers, id: Id| registers[id as usize].expect("every root was put into a block");
    program.event_times = roots.event_times.iter().map(|&id| read(&fixed, id)).collect();
    program.must_be_positive =
        roots.must_be_positive.iter().map(|(id, name)| (read(&fixed, *id), name.clone())).collect();
    let fixed_roots = roots.fixed.iter().map(|&id| read(&fixed, id)).collect();

    let (block, continuous) = emitter.block(roots.derivatives.iter().copied(), &fixed);
    program.derivative = block;
    program.derivatives = roots.derivatives.iter().map(|&id| read(&continuous, id)).collect();

    let (block, observed) = emitter.block(roots.outputs.iter().copied(), &continuous);
    program.observation = block;
    program.outputs = roots.outputs.iter().map(|&id| read(&observed, id)).collect();

    let (block, initial) = emitter.block(initial_roots(), &fixed);
    program.initial = block;
    program.initials = roots.initials.iter().map(|id| id.map(|id| read(&initial, id))).collect();

    let (block, dosed) = emitter.block(dose_roots(), &fixed);
    program.dose = block;
    program.dose_registers = roots
        .dose_properties
        .iter()
        .map(|properties| {
            let [bioavailability, lag, duration, rate] = properties.map(|id| id.map(|id| read(&dosed, id)));
            DoseRegisters { bioavailability, lag, rate, duration }
        })
        .collect();

    let (block, differentiated) = emitter.block(jacobian_roots(), &continuous);
    let entry = |&(row, column, id): &(usize, usize, Id)| (row, column, read(&differentiated, id));
    program.jacobian =
        roots.jacobian.as_ref().map(|entries| Jacobian { block, entries: entries.iter().map(entry).collect() });
    program.inhomogeneous = roots.inhomogeneous.iter().map(|id| id.map(|id| read(&differentiated, id))).collect();
    program.only_integrates = roots.only_integrates.clone();
    program.structure = roots.structure;
    program.n_registers = emitter.next as usize;
    (program, fixed_roots)
}

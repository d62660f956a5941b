//! Sums that have no slot yet, and the factors in them: the algebra behind `compile.rs`.

use std::collections::HashMap;

use super::recipe::{Combination, Product, Recipe, SeriesOp, Slot, Term};
use crate::engine::program::{BinaryOp, Instruction, Program, Register, UnaryOp};

/// A factor that does not change within a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Factor {
    One,
    MinusOne,
    Register(Register),
}

/// A [`Combination`] in the making.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Form {
    pub value: Option<Factor>,
    pub slope: Option<Factor>,
    /// Slot, whether it is shifted, factor.
    pub terms: Vec<(Slot, u32, Factor)>,
    /// The smaller slot, the larger one, factor.
    pub products: Vec<(Slot, Slot, Factor)>,
}

impl Form {
    pub fn constant(factor: Factor) -> Self {
        Self { value: Some(factor), ..Self::default() }
    }

    pub fn of_slot(slot: Slot) -> Self {
        Self::of_slot_times(slot, Factor::One)
    }

    pub fn of_slot_times(slot: Slot, factor: Factor) -> Self {
        Self { terms: vec![(slot, 0, factor)], ..Self::default() }
    }

    pub fn square(value: Option<Factor>, slot: Slot, factor: Factor) -> Self {
        Self { value, products: vec![(slot, slot, factor)], ..Self::default() }
    }

    /// Linear in time.
    pub fn is_line(&self) -> bool {
        self.terms.is_empty() && self.products.is_empty()
    }

    /// The slot this form is, if it is one and nothing else.
    pub fn as_slot(&self) -> Option<Slot> {
        match (self.value, self.slope, self.terms.as_slice(), self.products.as_slice()) {
            (None, None, &[(slot, 0, Factor::One)], []) => Some(slot),
            _ => None,
        }
    }

    /// Whether a product with it stays a sum of few parts, at most one of them a product of two series.
    pub fn is_expandable(&self) -> bool {
        self.products.is_empty() && self.terms.len() <= 1 && self.terms.iter().all(|term| term.1 == 0)
    }

    /// Whether using it twice costs more than storing it once.
    pub fn is_heavy(&self) -> bool {
        !self.products.is_empty() || self.terms.len() > 2
    }
}

/// A recipe in the making: registers, slots, and the blocks that fill registers.
#[derive(Debug)]
pub(super) struct Builder {
    pub recipe: Recipe,
    /// Values known at build time.
    known: HashMap<Register, f64>,
    literals: HashMap<u64, Register>,
    /// Whether a register changes with the time at which a step starts.
    per_step: Vec<bool>,
    /// Instructions made so far, so that none is made twice.
    emitted: HashMap<(u32, Register, Register), Register>,
    /// The derivative slot of a slot.
    derivatives: HashMap<Slot, Slot>,
}

impl Builder {
    pub fn new(program: &Program) -> Self {
        let mut per_step = vec![false; program.n_registers];
        per_step[program.time as usize] = true;
        Self {
            recipe: Recipe {
                n_registers: program.n_registers,
                time: program.time,
                n_slots: program.n_states(),
                literals: program.constants.clone(),
                ..Recipe::default()
            },
            known: program.constants.iter().copied().collect(),
            literals: HashMap::new(),
            per_step,
            emitted: HashMap::new(),
            derivatives: HashMap::new(),
        }
    }

    pub fn known(&self, register: Register) -> Option<f64> {
        self.known.get(&register).copied()
    }

    pub fn sum(&mut self, mut a: Form, b: Form) -> Form {
        a.value = self.plus(a.value, b.value);
        a.slope = self.plus(a.slope, b.slope);
        for (slot, shifted, factor) in b.terms {
            match a.terms.iter().position(|term| (term.0, term.1) == (slot, shifted)) {
                Some(at) => a.terms[at].2 = self.add(a.terms[at].2, factor),
                None => a.terms.push((slot, shifted, factor)),
            }
        }
        for (left, right, factor) in b.products {
            match a.products.iter().position(|product| (product.0, product.1) == (left, right)) {
                Some(at) => a.products[at].2 = self.add(a.products[at].2, factor),
                None => a.products.push((left, right, factor)),
            }
        }
        a
    }

    pub fn scale(&mut self, form: &Form, by: Factor) -> Form {
        Form {
            value: form.value.map(|factor| self.multiply(factor, by)),
            slope: form.slope.map(|factor| self.multiply(factor, by)),
            terms: form
                .terms
                .iter()
                .map(|&(slot, shifted, factor)| (slot, shifted, self.multiply(factor, by)))
                .collect(),
            products: form.products.iter().map(|&(a, b, factor)| (a, b, self.multiply(factor, by))).collect(),
        }
    }

    /// Multiplies out where that makes one product of two series at most; stores the operands where it would not.
    pub fn product(&mut self, a: Form, b: Form) -> Form {
        let two_slopes = a.slope.is_some() && b.slope.is_some();
        let a = if a.is_expandable() && !two_slopes { a } else { Form::of_slot(self.slot(a)) };
        let b = if b.is_expandable() { b } else { Form::of_slot(self.slot(b)) };
        let mut out = match a.value {
            Some(value) => self.scale(&b, value),
            None => Form::default(),
        };
        if let Some(slope) = a.slope {
            let part = Form {
                slope: b.value.map(|value| self.multiply(slope, value)),
                terms: b.terms.iter().map(|&(slot, _, factor)| (slot, 1, self.multiply(slope, factor))).collect(),
                ..Form::default()
            };
            out = self.sum(out, part);
        }
        for &(slot, _, factor) in &a.terms {
            let mut part = Form::default();
            if let Some(value) = b.value {
                part.terms.push((slot, 0, self.multiply(factor, value)));
            }
            if let Some(slope) = b.slope {
                part.terms.push((slot, 1, self.multiply(factor, slope)));
            }
            for &(other, _, with) in &b.terms {
                part.products.push((slot.min(other), slot.max(other), self.multiply(factor, with)));
            }
            out = self.sum(out, part);
        }
        out
    }

    fn plus(&mut self, a: Option<Factor>, b: Option<Factor>) -> Option<Factor> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.add(a, b)),
            (a, b) => a.or(b),
        }
    }

    fn add(&mut self, a: Factor, b: Factor) -> Factor {
        let (a, b) = (self.register(a), self.register(b));
        Factor::Register(self.emit_binary(BinaryOp::Add, a, b))
    }

    pub fn multiply(&mut self, a: Factor, b: Factor) -> Factor {
        match (a, b) {
            (Factor::One, other) | (other, Factor::One) => other,
            (Factor::MinusOne, Factor::MinusOne) => Factor::One,
            (Factor::MinusOne, Factor::Register(other)) | (Factor::Register(other), Factor::MinusOne) => {
                Factor::Register(self.emit_unary(UnaryOp::Neg, other))
            }
            (Factor::Register(a), Factor::Register(b)) => Factor::Register(self.emit_binary(BinaryOp::Mul, a, b)),
        }
    }

    pub fn reciprocal(&mut self, of: Factor) -> Factor {
        match of {
            Factor::One | Factor::MinusOne => of,
            Factor::Register(of) => {
                let one = self.literal(1.0);
                Factor::Register(self.emit_binary(BinaryOp::Div, one, of))
            }
        }
    }

    pub fn register(&mut self, factor: Factor) -> Register {
        match factor {
            Factor::One => self.literal(1.0),
            Factor::MinusOne => self.literal(-1.0),
            Factor::Register(register) => register,
        }
    }

    /// The register of a part of a line that may be missing.
    pub fn register_or_zero(&mut self, factor: Option<Factor>) -> Register {
        match factor {
            Some(factor) => self.register(factor),
            None => self.literal(0.0),
        }
    }

    pub fn literal(&mut self, value: f64) -> Register {
        if let Some(&register) = self.literals.get(&value.to_bits()) {
            return register;
        }
        let register = self.new_register();
        self.literals.insert(value.to_bits(), register);
        self.recipe.literals.push((register, value));
        self.known.insert(register, value);
        register
    }

    /// A register that an operation fills by itself.
    pub fn new_register(&mut self) -> Register {
        let register = self.recipe.n_registers as Register;
        self.recipe.n_registers += 1;
        self.per_step.push(false);
        register
    }

    pub fn emit_unary(&mut self, op: UnaryOp, a: Register) -> Register {
        if let Some(a) = self.known(a) {
            return self.literal(op.apply(a));
        }
        self.emit((op as u32, a, a), |out| Instruction::Unary { op, out, a })
    }

    pub fn emit_binary(&mut self, op: BinaryOp, a: Register, b: Register) -> Register {
        if let (Some(a), Some(b)) = (self.known(a), self.known(b)) {
            return self.literal(op.apply(a, b));
        }
        // Binary operations are numbered after the unary ones.
        self.emit((1000 + op as u32, a, b), |out| Instruction::Binary { op, out, a, b })
    }

    fn emit(&mut self, key: (u32, Register, Register), make: impl FnOnce(Register) -> Instruction) -> Register {
        if let Some(&register) = self.emitted.get(&key) {
            return register;
        }
        let per_step = self.per_step[key.1 as usize] || self.per_step[key.2 as usize];
        let out = self.new_register();
        self.per_step[out as usize] = per_step;
        let block = if per_step { &mut self.recipe.per_step } else { &mut self.recipe.constants };
        block.instructions.push(make(out));
        self.emitted.insert(key, out);
        out
    }

    pub fn next_slot(&self) -> Slot {
        self.recipe.n_slots as Slot
    }

    pub fn take_slot(&mut self) -> Slot {
        let slot = self.next_slot();
        self.recipe.n_slots += 1;
        slot
    }

    /// Appends an operation that writes a new slot.
    pub fn operation(&mut self, make: impl FnOnce(Slot) -> SeriesOp) -> Slot {
        let out = self.take_slot();
        self.recipe.ops.push(make(out));
        out
    }

    /// The slot of a form: its own where it is a series by itself.
    pub fn slot(&mut self, form: Form) -> Slot {
        form.as_slot().unwrap_or_else(|| {
            let of = self.combination(&form);
            self.operation(|out| SeriesOp::Combine { out, of })
        })
    }

    /// The slot of k x (coefficient k) of a slot.
    pub fn derivative(&mut self, of: Slot) -> Slot {
        if let Some(&slot) = self.derivatives.get(&of) {
            return slot;
        }
        let slot = self.operation(|out| SeriesOp::Derivative { out, of });
        self.derivatives.insert(of, slot);
        slot
    }

    pub fn combination(&mut self, form: &Form) -> Combination {
        Combination {
            value: form.value.map(|factor| self.register(factor)),
            slope: form.slope.map(|factor| self.register(factor)),
            terms: form
                .terms
                .iter()
                .map(|&(slot, shifted, factor)| Term { coefficient: self.register(factor), slot, shifted })
                .collect(),
            products: form
                .products
                .iter()
                .map(|&(a, b, factor)| Product { coefficient: self.register(factor), a, b })
                .collect(),
        }
    }
}

//! From a program's derivative block to a [`Recipe`].

use std::collections::HashMap;

use super::form::{Builder, Factor, Form};
use super::recipe::{Recipe, SeriesOp, Slot};
use crate::engine::program::{BinaryOp, Instruction, Program, Register, UnaryOp};

/// An operation on time or states has no recurrence (`abs`, `floor`, comparisons, gamma functions).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoRecurrence;

/// Compiles the derivative block of a program.
///
/// # Errors
/// [`NoRecurrence`].
pub(super) fn compile(program: &Program) -> Result<Recipe, NoRecurrence> {
    let mut compiler = Compiler::new(program);
    let needed = compiler.mark_needed(program);
    for (instruction, needed) in program.derivative.instructions.iter().zip(needed) {
        if needed {
            compiler.instruction(instruction)?;
        }
    }
    for &register in &program.derivatives {
        let form = compiler.value(register).into_form();
        let combination = compiler.builder.combination(&form);
        compiler.builder.recipe.derivatives.push(combination);
    }
    Ok(compiler.builder.recipe)
}

/// What a register of the program is.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Constant(Register),
    Form(Form),
}

impl Value {
    fn into_form(self) -> Form {
        match self {
            Self::Constant(register) => Form::constant(Factor::Register(register)),
            Self::Form(form) => form,
        }
    }
}

struct Compiler {
    builder: Builder,
    values: HashMap<Register, Value>,
    /// How often each register is read by what the derivatives need.
    uses: HashMap<Register, u32>,
}

impl Compiler {
    fn new(program: &Program) -> Self {
        let time = Form { value: Some(Factor::Register(program.time)), slope: Some(Factor::One), ..Form::default() };
        let states = (0..).zip(program.states.clone()).map(|(slot, state)| (state, Form::of_slot(slot)));
        let values = states.chain([(program.time, time)]).map(|(register, form)| (register, Value::Form(form)));
        Self { builder: Builder::new(program), values: values.collect(), uses: HashMap::new() }
    }

    /// Which instructions the derivatives need; counts uses on the way.
    fn mark_needed(&mut self, program: &Program) -> Vec<bool> {
        for &register in &program.derivatives {
            *self.uses.entry(register).or_default() += 1;
        }
        let mut needed = vec![false; program.derivative.instructions.len()];
        for (instruction, needed) in program.derivative.instructions.iter().zip(&mut needed).rev() {
            if self.uses.contains_key(&instruction.out()) {
                *needed = true;
                for operand in instruction.operands().into_iter().flatten() {
                    *self.uses.entry(operand).or_default() += 1;
                }
            }
        }
        needed
    }

    fn value(&mut self, register: Register) -> Value {
        if let Some(value) = self.values.get(&register) {
            return value.clone();
        }
        // From an earlier phase.
        let inputs = &mut self.builder.recipe.inputs;
        if !inputs.contains(&register) && self.builder.known(register).is_none() {
            self.builder.recipe.inputs.push(register);
        }
        Value::Constant(register)
    }

    fn instruction(&mut self, instruction: &Instruction) -> Result<(), NoRecurrence> {
        let value = match *instruction {
            Instruction::Unary { op, a, .. } => {
                let a = self.value(a);
                self.unary(op, a)?
            }
            Instruction::Binary { op, a, b, .. } => {
                let (a, b) = (self.value(a), self.value(b));
                self.binary(op, a, b)?
            }
            Instruction::Select { condition, then, otherwise, .. } => {
                let (condition, then, otherwise) = (self.value(condition), self.value(then), self.value(otherwise));
                self.select(condition, then, otherwise)?
            }
        };
        let out = instruction.out();
        let value = match value {
            Value::Form(form) if form.is_heavy() && self.uses.get(&out).is_some_and(|&uses| uses > 1) => {
                Value::Form(Form::of_slot(self.builder.slot(form)))
            }
            value => value,
        };
        self.values.insert(out, value);
        Ok(())
    }

    fn unary(&mut self, op: UnaryOp, a: Value) -> Result<Value, NoRecurrence> {
        let form = match a {
            Value::Constant(a) => return Ok(Value::Constant(self.builder.emit_unary(op, a))),
            Value::Form(form) => form,
        };
        let slot = match op {
            UnaryOp::Neg => return Ok(Value::Form(self.builder.scale(&form, Factor::MinusOne))),
            UnaryOp::Exp => self.exp(form),
            UnaryOp::Ln => self.ln(form),
            UnaryOp::ExpM1 => {
                let argument = self.builder.slot(form);
                let of = self.exp(Form::of_slot(argument));
                self.builder.operation(|out| SeriesOp::Restart { out, of, argument, first: op })
            }
            UnaryOp::Ln1p => {
                let argument = self.builder.slot(form);
                let sum = self.builder.sum(Form::of_slot(argument), Form::constant(Factor::One));
                let of = self.ln(sum);
                self.builder.operation(|out| SeriesOp::Restart { out, of, argument, first: op })
            }
            UnaryOp::Sqrt => self.sqrt(form),
            UnaryOp::Sin => self.pair(form, UnaryOp::Sin, UnaryOp::Cos, -1.0).0,
            UnaryOp::Cos => self.pair(form, UnaryOp::Sin, UnaryOp::Cos, -1.0).1,
            UnaryOp::Sinh => self.pair(form, UnaryOp::Sinh, UnaryOp::Cosh, 1.0).0,
            UnaryOp::Cosh => self.pair(form, UnaryOp::Sinh, UnaryOp::Cosh, 1.0).1,
            UnaryOp::Tan => self.one_plus_square(form, op, Factor::One),
            UnaryOp::Tanh => self.one_plus_square(form, op, Factor::MinusOne),
            UnaryOp::Atan => {
                let argument = self.builder.slot(form);
                let divisor = self.builder.slot(Form::square(Some(Factor::One), argument, Factor::One));
                self.quotient(argument, divisor, op)
            }
            UnaryOp::Asin => self.arc_sine(form),
            UnaryOp::Acos => {
                let arc_sine = self.arc_sine(form);
                let half_pi = Factor::Register(self.builder.literal(std::f64::consts::FRAC_PI_2));
                let minus = Form::of_slot_times(arc_sine, Factor::MinusOne);
                return Ok(Value::Form(Form { value: Some(half_pi), ..minus }));
            }
            UnaryOp::NormalCdf => self.normal_cdf(form),
            UnaryOp::Abs
            | UnaryOp::Floor
            | UnaryOp::Ceil
            | UnaryOp::Round
            | UnaryOp::LnGamma
            | UnaryOp::Gamma
            | UnaryOp::NormalQuantile
            | UnaryOp::Not => return Err(NoRecurrence),
        };
        Ok(Value::Form(Form::of_slot(slot)))
    }

    fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Value, NoRecurrence> {
        if let (&Value::Constant(a), &Value::Constant(b)) = (&a, &b) {
            return Ok(Value::Constant(self.builder.emit_binary(op, a, b)));
        }
        let form = match op {
            BinaryOp::Add => self.builder.sum(a.into_form(), b.into_form()),
            BinaryOp::Sub => {
                let b = self.builder.scale(&b.into_form(), Factor::MinusOne);
                self.builder.sum(a.into_form(), b)
            }
            BinaryOp::Mul => self.builder.product(a.into_form(), b.into_form()),
            BinaryOp::Div => self.divide(a, b),
            BinaryOp::Pow => self.power(a, b),
            BinaryOp::Min
            | BinaryOp::Max
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Equal
            | BinaryOp::And
            | BinaryOp::Or => return Err(NoRecurrence),
        };
        Ok(Value::Form(form))
    }

    /// A choice by a constant condition.
    fn select(&mut self, condition: Value, then: Value, otherwise: Value) -> Result<Value, NoRecurrence> {
        let Value::Constant(condition) = condition else { return Err(NoRecurrence) };
        if let (&Value::Constant(then), &Value::Constant(otherwise)) = (&then, &otherwise) {
            let out = self.builder.new_register();
            let choice = Instruction::Select { out, condition, then, otherwise };
            self.builder.recipe.constants.instructions.push(choice);
            return Ok(Value::Constant(out));
        }
        let (then, otherwise) = (self.builder.slot(then.into_form()), self.builder.slot(otherwise.into_form()));
        let slot = self.builder.operation(|out| SeriesOp::Select { out, condition, then, otherwise });
        Ok(Value::Form(Form::of_slot(slot)))
    }

    /// `out' = sign factor argument'`. The argument is a line or a slot whose derivative has one.
    fn chain(&mut self, argument: &Form, factor: Slot, sign: f64, first: UnaryOp) -> Slot {
        match argument.as_slot() {
            Some(argument) => {
                let derivative = self.builder.derivative(argument);
                self.builder.operation(|out| SeriesOp::Chain { out, argument, derivative, factor, sign, first })
            }
            None => {
                let value = self.builder.register_or_zero(argument.value);
                let slope = self.builder.register_or_zero(argument.slope);
                self.builder.operation(|out| SeriesOp::ChainOfLine { out, value, slope, factor, sign, first })
            }
        }
    }

    /// Makes an argument of [`Self::chain`]: after it, the chain itself takes the next slot.
    fn argument(&mut self, form: Form) -> Form {
        if form.is_line() {
            return form;
        }
        let slot = self.builder.slot(form);
        self.builder.derivative(slot);
        Form::of_slot(slot)
    }

    fn exp(&mut self, form: Form) -> Slot {
        let argument = self.argument(form);
        let itself = self.builder.next_slot();
        self.chain(&argument, itself, 1.0, UnaryOp::Exp)
    }

    /// Sine and cosine, or their hyperbolic kin: each is the other's derivative, the second with a sign.
    fn pair(&mut self, form: Form, first: UnaryOp, second: UnaryOp, sign: f64) -> (Slot, Slot) {
        let argument = self.argument(form);
        let next = self.builder.next_slot() + 1;
        let a = self.chain(&argument, next, 1.0, first);
        let b = self.chain(&argument, a, sign, second);
        (a, b)
    }

    /// tan' = (1 + tan²) x', tanh' = (1 - tanh²) x'.
    fn one_plus_square(&mut self, form: Form, op: UnaryOp, sign: Factor) -> Slot {
        let argument = self.argument(form);
        let factor = self.builder.next_slot() + 1;
        let out = self.chain(&argument, factor, 1.0, op);
        self.builder.slot(Form::square(Some(Factor::One), out, sign));
        out
    }

    /// `out' = argument' / divisor`
    fn quotient(&mut self, argument: Slot, divisor: Slot, first: UnaryOp) -> Slot {
        let derivative = self.builder.derivative(argument);
        let reciprocal = self.builder.new_register();
        let out_derivative = self.builder.take_slot();
        self.builder.operation(|out| SeriesOp::Quotient {
            out,
            out_derivative,
            argument,
            derivative,
            divisor,
            reciprocal,
            first,
        })
    }

    fn ln(&mut self, form: Form) -> Slot {
        let argument = self.builder.slot(form);
        self.quotient(argument, argument, UnaryOp::Ln)
    }

    /// asin' = x' / sqrt(1 - x²)
    fn arc_sine(&mut self, form: Form) -> Slot {
        let argument = self.builder.slot(form);
        let divisor = self.sqrt(Form::square(Some(Factor::One), argument, Factor::MinusOne));
        self.quotient(argument, divisor, UnaryOp::Asin)
    }

    fn sqrt(&mut self, form: Form) -> Slot {
        let of = self.builder.slot(form);
        let reciprocal = self.builder.new_register();
        self.builder.operation(|out| SeriesOp::Sqrt { out, of, reciprocal })
    }

    /// Φ' = exp(-x²/2) / sqrt(2π) x'
    fn normal_cdf(&mut self, form: Form) -> Slot {
        let argument = self.builder.slot(form);
        let minus_half = Factor::Register(self.builder.literal(-0.5));
        let bell = self.exp(Form::square(None, argument, minus_half));
        let norm = Factor::Register(self.builder.literal(0.398_942_280_401_432_7));
        let density = self.builder.slot(Form::of_slot_times(bell, norm));
        self.chain(&Form::of_slot(argument), density, 1.0, UnaryOp::NormalCdf)
    }

    fn divide(&mut self, a: Value, b: Value) -> Form {
        let denominator = match b {
            Value::Constant(b) => {
                let reciprocal = self.builder.reciprocal(Factor::Register(b));
                return self.builder.scale(&a.into_form(), reciprocal);
            }
            Value::Form(form) => form,
        };
        let numerator = a.into_form();
        let slot = if denominator.is_line() {
            let value = self.builder.register_or_zero(denominator.value);
            let reciprocal = self.builder.reciprocal(Factor::Register(value));
            let reciprocal = self.builder.register(reciprocal);
            let slope = self.builder.register_or_zero(denominator.slope);
            let numerator = self.builder.combination(&numerator);
            self.builder.operation(|out| SeriesOp::DivideByLine { out, numerator, slope, reciprocal })
        } else {
            let denominator = self.builder.slot(denominator);
            let numerator = self.builder.combination(&numerator);
            let reciprocal = self.builder.new_register();
            self.builder.operation(|out| SeriesOp::Divide { out, numerator, denominator, reciprocal })
        };
        Form::of_slot(slot)
    }

    fn power(&mut self, base: Value, exponent: Value) -> Form {
        match (base, exponent) {
            (Value::Form(base), Value::Constant(exponent)) => self.constant_power(base, exponent),
            (Value::Constant(base), exponent) => {
                let ln = Factor::Register(self.builder.emit_unary(UnaryOp::Ln, base));
                let argument = self.builder.scale(&exponent.into_form(), ln);
                Form::of_slot(self.exp(argument))
            }
            (Value::Form(base), exponent) => {
                let ln = Form::of_slot(self.ln(base));
                let argument = self.builder.product(ln, exponent.into_form());
                Form::of_slot(self.exp(argument))
            }
        }
    }

    fn constant_power(&mut self, base: Form, exponent: Register) -> Form {
        let known = self.builder.known(exponent);
        let base = self.builder.slot(base);
        // Products are cheaper, and unlike the recurrence of a power they pass through 0.
        if known == Some(1.0) {
            return Form::of_slot(base);
        }
        if known == Some(2.0) {
            return Form::square(None, base, Factor::One);
        }
        if known == Some(3.0) || known == Some(4.0) {
            let square = self.builder.slot(Form::square(None, base, Factor::One));
            let other = if known == Some(3.0) { base } else { square };
            return self.builder.product(Form::of_slot(square), Form::of_slot(other));
        }
        if known == Some(0.5) {
            return Form::of_slot(self.sqrt(Form::of_slot(base)));
        }
        let base_derivative = self.builder.derivative(base);
        let reciprocal = self.builder.new_register();
        let out_derivative = self.builder.take_slot();
        Form::of_slot(self.builder.operation(|out| SeriesOp::Power {
            out,
            out_derivative,
            base,
            base_derivative,
            exponent,
            reciprocal,
        }))
    }
}

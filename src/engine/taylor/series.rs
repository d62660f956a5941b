//! Series over lanes: one coefficient of every series at a time, by the recurrences of a [`Recipe`].

use super::recipe::{Combination, Recipe, SeriesOp, Slot};
use crate::engine::lanes::block::unary_out_of_line;
use crate::engine::lanes::math::pow_lanes;
use crate::engine::lanes::wide::{Instructions, Wide};
use crate::engine::lanes::{Backend, LANES, Lanes};
use crate::engine::program::Register;

/// Highest order in use.
pub(super) const MAX_ORDER: usize = 32;

/// 1/k, and 0 for 0.
pub(super) const INVERSE: [f64; MAX_ORDER + 2] = {
    let mut table = [0.0; MAX_ORDER + 2];
    let mut k = 1;
    while k < table.len() {
        table[k] = 1.0 / k as f64;
        k += 1;
    }
    table
};

/// Coefficients, slot by slot.
pub(super) struct Series<'a> {
    pub coefficients: &'a mut [Lanes],
    pub stride: usize,
}

impl Series<'_> {
    #[inline(always)]
    fn of(&self, slot: Slot) -> &[Lanes] {
        &self.coefficients[slot as usize * self.stride..][..self.stride]
    }

    #[inline(always)]
    fn at(&self, slot: Slot, k: usize) -> &Lanes {
        &self.of(slot)[k]
    }

    #[inline(always)]
    fn wide<I: Instructions>(&self, slot: Slot, k: usize) -> Wide<I> {
        Wide::load(self.at(slot, k))
    }

    #[inline(always)]
    fn set(&mut self, slot: Slot, k: usize, value: Lanes) {
        self.coefficients[slot as usize * self.stride + k] = value;
    }

    #[inline(always)]
    fn set_wide<I: Instructions>(&mut self, slot: Slot, k: usize, value: Wide<I>) {
        value.store(&mut self.coefficients[slot as usize * self.stride + k]);
    }

    /// Σ a_j b_(last - j) for j from `first` to `last`.
    #[inline(always)]
    fn convolve<I: Instructions>(&self, a: Slot, b: Slot, first: usize, last: usize) -> Wide<I> {
        convolve(&self.of(a)[first..=last], &self.of(b)[..=last - first])
    }

    /// Σ a_j b_(k - j) for j from 1 to k - 1.
    #[inline(always)]
    fn convolve_inner<I: Instructions>(&self, a: Slot, b: Slot, k: usize) -> Wide<I> {
        convolve(&self.of(a)[1..k], &self.of(b)[1..k])
    }
}

/// Σ of products, up one and down the other. Two sums at a time: one alone would wait for each multiply-add before the next.
#[inline(always)]
fn convolve<I: Instructions>(up: &[Lanes], down: &[Lanes]) -> Wide<I> {
    let (pairs, rest) = up.as_chunks::<2>();
    let (first, reversed) = down.as_rchunks::<2>();
    let mut even = match (rest, first) {
        ([x], [y]) => Wide::load(x).times(Wide::load(y)),
        _ => Wide::splat(0.0),
    };
    let mut odd = Wide::splat(0.0);
    for ([a, b], [y, x]) in pairs.iter().zip(reversed.iter().rev()) {
        even = Wide::load(a).mul_add(Wide::load(x), even);
        odd = Wide::load(b).mul_add(Wide::load(y), odd);
    }
    even.plus(odd)
}

/// Coefficient k of a sum.
#[inline(always)]
pub(super) fn combine<I: Instructions>(
    of: &Combination,
    k: usize,
    registers: &[Lanes],
    series: &Series<'_>,
) -> Wide<I> {
    let start: Option<Register> = match k {
        0 => of.value,
        1 => of.slope,
        _ => None,
    };
    let mut sum = start.map_or(Wide::splat(0.0), |start| register(registers, start));
    for term in &of.terms {
        if let Some(j) = k.checked_sub(term.shifted as usize) {
            sum = register::<I>(registers, term.coefficient).mul_add(series.wide(term.slot, j), sum);
        }
    }
    for product in &of.products {
        let part = series.convolve::<I>(product.a, product.b, 0, k);
        sum = register::<I>(registers, product.coefficient).mul_add(part, sum);
    }
    sum
}

#[inline(always)]
fn register<I: Instructions>(registers: &[Lanes], register: Register) -> Wide<I> {
    Wide::load(&registers[register as usize])
}

/// Coefficient k of every series but the states'.
#[inline(always)]
pub(super) fn run_ops<I: Instructions>(
    backend: Backend,
    recipe: &Recipe,
    k: usize,
    registers: &mut [Lanes],
    series: &mut Series<'_>,
) {
    for op in &recipe.ops {
        if k == 0 {
            start::<I>(backend, op, registers, series);
        } else {
            advance::<I>(op, k, registers, series);
        }
    }
}

/// The value at the start of the step.
#[inline(always)]
fn start<I: Instructions>(backend: Backend, op: &SeriesOp, registers: &mut [Lanes], series: &mut Series<'_>) {
    let zero = Lanes::splat(0.0);
    match *op {
        SeriesOp::Combine { out, ref of } => series.set_wide::<I>(out, 0, combine(of, 0, registers, series)),
        SeriesOp::Derivative { out, .. } => series.set(out, 0, zero),
        SeriesOp::Divide { out, ref numerator, denominator, reciprocal } => {
            registers[reciprocal as usize] = series.at(denominator, 0).map(|value| 1.0 / value);
            let numerator = combine::<I>(numerator, 0, registers, series);
            series.set_wide(out, 0, numerator.times(register(registers, reciprocal)));
        }
        SeriesOp::DivideByLine { out, ref numerator, reciprocal, .. } => {
            let numerator = combine::<I>(numerator, 0, registers, series);
            series.set_wide(out, 0, numerator.times(register(registers, reciprocal)));
        }
        SeriesOp::Chain { out, argument, first, .. } | SeriesOp::Restart { out, argument, first, .. } => {
            series.set(out, 0, unary_out_of_line(backend, first, series.at(argument, 0)));
        }
        SeriesOp::ChainOfLine { out, value, first, .. } => {
            series.set(out, 0, unary_out_of_line(backend, first, &registers[value as usize]));
        }
        SeriesOp::Quotient { out, out_derivative, argument, divisor, reciprocal, first, .. } => {
            registers[reciprocal as usize] = series.at(divisor, 0).map(|value| 1.0 / value);
            series.set(out_derivative, 0, zero);
            series.set(out, 0, unary_out_of_line(backend, first, series.at(argument, 0)));
        }
        SeriesOp::Power { out, out_derivative, base, exponent, reciprocal, .. } => {
            let base = *series.at(base, 0);
            registers[reciprocal as usize] = base.map(|value| 1.0 / value);
            series.set(out_derivative, 0, zero);
            series.set(out, 0, pow_lanes::<I>(base, registers[exponent as usize]));
        }
        SeriesOp::Sqrt { out, of, reciprocal } => {
            let root = series.at(of, 0).map(f64::sqrt);
            registers[reciprocal as usize] = root.map(|root| 0.5 / root);
            series.set(out, 0, root);
        }
        SeriesOp::Select { out, condition, then, otherwise } => {
            select(out, 0, &registers[condition as usize], then, otherwise, series);
        }
    }
}

/// Coefficient k > 0.
#[inline(always)]
fn advance<I: Instructions>(op: &SeriesOp, k: usize, registers: &[Lanes], series: &mut Series<'_>) {
    match *op {
        SeriesOp::Combine { out, ref of } => series.set_wide::<I>(out, k, combine(of, k, registers, series)),
        SeriesOp::Derivative { out, of } => {
            series.set_wide::<I>(out, k, series.wide(of, k).times(Wide::splat(k as f64)));
        }
        SeriesOp::Divide { out, ref numerator, denominator, reciprocal } => {
            let numerator = combine::<I>(numerator, k, registers, series);
            let known = series.convolve(denominator, out, 1, k);
            series.set_wide(out, k, numerator.minus(known).times(register(registers, reciprocal)));
        }
        SeriesOp::DivideByLine { out, ref numerator, slope, reciprocal } => {
            let numerator = combine::<I>(numerator, k, registers, series);
            let known = register(registers, slope).times(series.wide(out, k - 1));
            series.set_wide(out, k, numerator.minus(known).times(register(registers, reciprocal)));
        }
        SeriesOp::Chain { out, derivative, factor, sign, .. } => {
            let sum = series.convolve::<I>(derivative, factor, 1, k);
            series.set_wide(out, k, sum.times(Wide::splat(sign * INVERSE[k])));
        }
        SeriesOp::ChainOfLine { out, slope, factor, sign, .. } => {
            let slope = register::<I>(registers, slope).times(Wide::splat(sign * INVERSE[k]));
            series.set_wide(out, k, slope.times(series.wide(factor, k - 1)));
        }
        SeriesOp::Quotient { out, out_derivative, derivative, divisor, reciprocal, .. } => {
            let known = series.convolve_inner::<I>(out_derivative, divisor, k);
            let value = series.wide(derivative, k).minus(known).times(register(registers, reciprocal));
            series.set_wide(out_derivative, k, value);
            series.set_wide(out, k, value.times(Wide::splat(INVERSE[k])));
        }
        SeriesOp::Power { out, out_derivative, base, base_derivative, exponent, reciprocal } => {
            let known = series.convolve_inner::<I>(out_derivative, base, k);
            let sum = register(registers, exponent).times(series.convolve(base_derivative, out, 1, k));
            let value = sum.minus(known).times(register(registers, reciprocal));
            series.set_wide(out_derivative, k, value);
            series.set_wide(out, k, value.times(Wide::splat(INVERSE[k])));
        }
        SeriesOp::Sqrt { out, of, reciprocal } => {
            let known = series.convolve_inner::<I>(out, out, k);
            series.set_wide(out, k, series.wide(of, k).minus(known).times(register(registers, reciprocal)));
        }
        SeriesOp::Select { out, condition, then, otherwise } => {
            select(out, k, &registers[condition as usize], then, otherwise, series);
        }
        SeriesOp::Restart { out, of, .. } => series.set(out, k, *series.at(of, k)),
    }
}

#[inline(always)]
fn select(out: Slot, k: usize, condition: &Lanes, then: Slot, otherwise: Slot, series: &mut Series<'_>) {
    let (a, b) = (series.at(then, k), series.at(otherwise, k));
    let mut value = *a;
    for i in 0..LANES {
        value.0[i] = if condition.0[i] != 0.0 { a.0[i] } else { b.0[i] };
    }
    series.set(out, k, value);
}

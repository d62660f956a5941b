//! Series over lanes: one coefficient of every series at a time, by the recurrences of a [`Recipe`].

use super::recipe::{Combination, Recipe, SeriesOp, Slot};
use crate::engine::lanes::block::unary_out_of_line;
use crate::engine::lanes::math::pow_lanes;
use crate::engine::lanes::{Backend, LANES, Lanes, fused};
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
    fn at(&self, slot: Slot, k: usize) -> Lanes {
        self.of(slot)[k]
    }

    #[inline(always)]
    fn set(&mut self, slot: Slot, k: usize, value: Lanes) {
        self.coefficients[slot as usize * self.stride + k] = value;
    }

    /// Σ a_j b_(last - j) for j from `first` to `last`.
    #[inline(always)]
    fn convolve<const FMA: bool>(&self, a: Slot, b: Slot, first: usize, last: usize) -> Lanes {
        let (b_first, b_last) = (0, last - first);
        self.convolve_ranges::<FMA>(a, first..last + 1, b, b_first..b_last + 1)
    }

    /// Σ a_j b_i, j going up one range while i goes down the other, which is as long.
    #[inline(always)]
    fn convolve_ranges<const FMA: bool>(
        &self,
        a: Slot,
        up: std::ops::Range<usize>,
        b: Slot,
        down: std::ops::Range<usize>,
    ) -> Lanes {
        let (a, b) = (&self.of(a)[up], &self.of(b)[down]);
        let mut sum = Lanes::splat(0.0);
        for (x, y) in a.iter().zip(b.iter().rev()) {
            for i in 0..LANES {
                sum.0[i] = fused::<FMA>(x.0[i], y.0[i], sum.0[i]);
            }
        }
        sum
    }
}

/// Coefficient k of a sum.
#[inline(always)]
pub(super) fn combine<const FMA: bool>(of: &Combination, k: usize, registers: &[Lanes], series: &Series<'_>) -> Lanes {
    let start: Option<Register> = match k {
        0 => of.value,
        1 => of.slope,
        _ => None,
    };
    let mut sum = start.map_or(Lanes::splat(0.0), |register| registers[register as usize]);
    for term in &of.terms {
        if let Some(j) = k.checked_sub(term.shifted as usize) {
            sum = registers[term.coefficient as usize].mul_add::<FMA>(series.at(term.slot, j), sum);
        }
    }
    for product in &of.products {
        let part = series.convolve::<FMA>(product.a, product.b, 0, k);
        sum = registers[product.coefficient as usize].mul_add::<FMA>(part, sum);
    }
    sum
}

/// Coefficient k of every series but the states'.
#[inline(always)]
pub(super) fn run_ops<const FMA: bool>(
    backend: Backend,
    recipe: &Recipe,
    k: usize,
    registers: &mut [Lanes],
    series: &mut Series<'_>,
) {
    for op in &recipe.ops {
        if k == 0 {
            start::<FMA>(backend, op, registers, series);
        } else {
            advance::<FMA>(op, k, registers, series);
        }
    }
}

/// The value at the start of the step.
#[inline(always)]
fn start<const FMA: bool>(backend: Backend, op: &SeriesOp, registers: &mut [Lanes], series: &mut Series<'_>) {
    let one = Lanes::splat(1.0);
    match *op {
        SeriesOp::Combine { out, ref of } => series.set(out, 0, combine::<FMA>(of, 0, registers, series)),
        SeriesOp::Derivative { out, .. } => series.set(out, 0, Lanes::splat(0.0)),
        SeriesOp::Divide { out, ref numerator, denominator, reciprocal } => {
            registers[reciprocal as usize] = one / series.at(denominator, 0);
            let numerator = combine::<FMA>(numerator, 0, registers, series);
            series.set(out, 0, numerator * registers[reciprocal as usize]);
        }
        SeriesOp::DivideByLine { out, ref numerator, reciprocal, .. } => {
            let numerator = combine::<FMA>(numerator, 0, registers, series);
            series.set(out, 0, numerator * registers[reciprocal as usize]);
        }
        SeriesOp::Chain { out, argument, first, .. } => {
            series.set(out, 0, unary_out_of_line(backend, first, series.at(argument, 0)));
        }
        SeriesOp::ChainOfLine { out, value, first, .. } => {
            series.set(out, 0, unary_out_of_line(backend, first, registers[value as usize]));
        }
        SeriesOp::Quotient { out, out_derivative, argument, divisor, reciprocal, first, .. } => {
            registers[reciprocal as usize] = one / series.at(divisor, 0);
            series.set(out_derivative, 0, Lanes::splat(0.0));
            series.set(out, 0, unary_out_of_line(backend, first, series.at(argument, 0)));
        }
        SeriesOp::Power { out, out_derivative, base, exponent, reciprocal, .. } => {
            let base = series.at(base, 0);
            registers[reciprocal as usize] = one / base;
            series.set(out_derivative, 0, Lanes::splat(0.0));
            series.set(out, 0, pow_lanes::<FMA>(base, registers[exponent as usize]));
        }
        SeriesOp::Sqrt { out, of, reciprocal } => {
            let root = series.at(of, 0).map(f64::sqrt);
            registers[reciprocal as usize] = Lanes::splat(0.5) / root;
            series.set(out, 0, root);
        }
        SeriesOp::Select { out, condition, then, otherwise } => {
            select(out, 0, registers[condition as usize], then, otherwise, series);
        }
        SeriesOp::Restart { out, argument, first, .. } => {
            series.set(out, 0, unary_out_of_line(backend, first, series.at(argument, 0)));
        }
    }
}

/// Coefficient k > 0.
#[inline(always)]
fn advance<const FMA: bool>(op: &SeriesOp, k: usize, registers: &[Lanes], series: &mut Series<'_>) {
    let by_k = Lanes::splat(INVERSE[k]);
    match *op {
        SeriesOp::Combine { out, ref of } => series.set(out, k, combine::<FMA>(of, k, registers, series)),
        SeriesOp::Derivative { out, of } => series.set(out, k, series.at(of, k) * Lanes::splat(k as f64)),
        SeriesOp::Divide { out, ref numerator, denominator, reciprocal } => {
            let numerator = combine::<FMA>(numerator, k, registers, series);
            let known = series.convolve::<FMA>(denominator, out, 1, k);
            series.set(out, k, (numerator - known) * registers[reciprocal as usize]);
        }
        SeriesOp::DivideByLine { out, ref numerator, slope, reciprocal } => {
            let numerator = combine::<FMA>(numerator, k, registers, series);
            let known = registers[slope as usize] * series.at(out, k - 1);
            series.set(out, k, (numerator - known) * registers[reciprocal as usize]);
        }
        SeriesOp::Chain { out, derivative, factor, sign, .. } => {
            let sum = series.convolve::<FMA>(derivative, factor, 1, k);
            series.set(out, k, sum * Lanes::splat(sign * INVERSE[k]));
        }
        SeriesOp::ChainOfLine { out, slope, factor, sign, .. } => {
            let slope = registers[slope as usize] * Lanes::splat(sign * INVERSE[k]);
            series.set(out, k, slope * series.at(factor, k - 1));
        }
        SeriesOp::Quotient { out, out_derivative, derivative, divisor, reciprocal, .. } => {
            let mut sum = series.at(derivative, k);
            if k > 1 {
                sum = sum - series.convolve_ranges::<FMA>(out_derivative, 1..k, divisor, 1..k);
            }
            let value = sum * registers[reciprocal as usize];
            series.set(out_derivative, k, value);
            series.set(out, k, value * by_k);
        }
        SeriesOp::Power { out, out_derivative, base, base_derivative, exponent, reciprocal } => {
            let mut sum = registers[exponent as usize] * series.convolve::<FMA>(base_derivative, out, 1, k);
            if k > 1 {
                sum = sum - series.convolve_ranges::<FMA>(out_derivative, 1..k, base, 1..k);
            }
            let value = sum * registers[reciprocal as usize];
            series.set(out_derivative, k, value);
            series.set(out, k, value * by_k);
        }
        SeriesOp::Sqrt { out, of, reciprocal } => {
            let mut sum = series.at(of, k);
            if k > 1 {
                sum = sum - series.convolve_ranges::<FMA>(out, 1..k, out, 1..k);
            }
            series.set(out, k, sum * registers[reciprocal as usize]);
        }
        SeriesOp::Select { out, condition, then, otherwise } => {
            select(out, k, registers[condition as usize], then, otherwise, series);
        }
        SeriesOp::Restart { out, of, .. } => series.set(out, k, series.at(of, k)),
    }
}

#[inline(always)]
fn select(out: Slot, k: usize, condition: Lanes, then: Slot, otherwise: Slot, series: &mut Series<'_>) {
    let (a, b) = (series.at(then, k), series.at(otherwise, k));
    let mut value = a;
    for i in 0..LANES {
        value.0[i] = if condition.0[i] != 0.0 { a.0[i] } else { b.0[i] };
    }
    series.set(out, k, value);
}

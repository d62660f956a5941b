//! Taylor series over lanes: the main engine, for any right-hand side that is smooth, linear or not.
//!
//! The derivative block is run in Taylor arithmetic (`compile.rs` turns it into recurrences, `series.rs` runs them): each
//! order of every series gives one more coefficient of the states, `y_(k+1) = f_k / (k+1)`. From the coefficients come the
//! step, checked by the size of the last two terms against the tolerance at the end of the step, and every value inside it
//! by Horner's rule. A step that turns out too long is shortened with the same coefficients. Order and step control after
//! Jorba and Zou (2005), see [`recipe::SeriesOp`]; kin of TIDES and heyoka.

mod compile;
mod form;
mod recipe;
mod series;

use self::recipe::Recipe;
use self::series::{INVERSE, Series, combine, run_ops};
use super::Tolerance;
use super::lanes::bank::{Bank, LaneIntegrator, Solution};
use super::lanes::block::{run_block, run_block_kernel};
use super::lanes::math::rough_inverse_root;
use super::lanes::wide::{Instructions, Wide, polynomial};
use super::lanes::{Backend, LANES, Lanes, lane_kernel};
use super::program::{Program, Register, Structure};

/// The last but one term counts this much: the remainder is about the last term times the ratio of the two, and a
/// last term that happens to vanish must not hide the error.
const LAST_BUT_ONE: f64 = 0.1;

/// Share of the step size at which the estimated error would be as large as allowed.
const SAFETY: f64 = 0.95;

/// A step that could be longer by less than this is taken as it is.
const WORTH_GROWING: f64 = 1.3;

/// A step found too long is shortened to this share at least.
const LARGEST_CUT: f64 = 1e-3;

/// Share of the tolerance that steps are held to, so that errors at the end are a third of it or less; of nonlinear equations
/// much less, for errors of saturable processes grow on the way down.
const LINEAR_SHARE: f64 = 0.4;
const NONLINEAR_SHARE: f64 = 0.05;

/// Where lanes share a near stop (an infusion ends), the series ends at one of these degrees if it reaches that far.
const ENOUGH_AT: [usize; 3] = [6, 9, 12];

/// A stop is near within this share of the step before.
const NEAR: f64 = 0.5;

/// Share of the error allowed at which a series may end early.
const NEGLIGIBLE: f64 = 0.1;

/// Looks at a step size before it is left to the next round.
const ATTEMPTS: usize = 12;

/// Taylor series of one program.
#[derive(Clone, Debug)]
pub(super) struct Taylor {
    recipe: Recipe,
    backend: Backend,
    tolerance: Tolerance,
    order: usize,
    is_linear: bool,
    series: Vec<Lanes>,
    /// Of the polynomials of the last step; at most the order.
    degree: usize,
}

impl Taylor {
    /// `None` where an operation has no recurrence.
    pub fn new(program: &Program, tolerance: Tolerance, backend: Backend) -> Option<Self> {
        let recipe = compile::compile(program).ok()?;
        let is_linear = program.structure != Structure::Nonlinear;
        let share = if is_linear { LINEAR_SHARE } else { NONLINEAR_SHARE };
        let tolerance = Tolerance { rtol: share * tolerance.rtol, atol: share * tolerance.atol };
        let order = order(tolerance.rtol);
        let series = vec![Lanes::splat(0.0); recipe.n_slots * (order + 1)];
        Some(Self { recipe, backend, tolerance, order, is_linear, series, degree: order })
    }
}

/// Jorba and Zou's optimum for a cost that grows with the square of the order is -ln(rtol)/2 + 1; half of the cost here is
/// the same for any order (events, samples), so the best one measured is higher.
fn order(rtol: f64) -> usize {
    let order = (-0.7 * rtol.max(1e-16).ln() + 4.0).round();
    (order as usize).clamp(12, 24)
}

impl LaneIntegrator for Taylor {
    fn name(&self) -> &'static str {
        "taylor"
    }

    fn n_registers(&self) -> usize {
        self.recipe.n_registers
    }

    fn prepare(&self, bank: &mut Bank) {
        for &(register, value) in &self.recipe.literals {
            bank.registers[register as usize] = Lanes::splat(value);
        }
    }

    fn inputs(&self) -> &[Register] {
        &self.recipe.inputs
    }

    fn inputs_changed(&mut self, bank: &mut Bank) {
        run_block(self.backend, &self.recipe.constants, &mut bank.registers);
    }

    fn step(&mut self, bank: &mut Bank) {
        self.degree =
            step(self.backend, self.backend, &self.recipe, self.order, self.tolerance, bank, &mut self.series);
    }

    /// Saturable processes make the steps of subjects differ: up to twice as many suit all of sixteen, which costs more than
    /// is gained.
    fn shares_steps(&self) -> bool {
        self.is_linear
    }

    fn expands_in_series(&self) -> bool {
        true
    }

    fn calm_change(&self) -> f64 {
        self.tolerance.calm_change(self.order)
    }

    fn negligible(&self) -> f64 {
        self.tolerance.negligible()
    }

    fn solution(&self) -> Solution<'_> {
        Solution { coefficients: &self.series, stride: self.order + 1, degree: self.degree }
    }
}

lane_kernel! {
    fn step(
        backend: Backend,
        recipe: &Recipe,
        order: usize,
        tolerance: Tolerance,
        bank: &mut Bank,
        coefficients: &mut [Lanes],
    ) -> usize = step_kernel
}

#[inline(always)]
fn step_kernel<I: Instructions>(
    backend: Backend,
    recipe: &Recipe,
    order: usize,
    tolerance: Tolerance,
    bank: &mut Bank,
    coefficients: &mut [Lanes],
) -> usize {
    let degree = expand::<I>(backend, recipe, order, tolerance, bank, coefficients);
    let terms = Terms { degree, stride: order + 1 };
    if bank.together {
        choose_step::<I, 1>(terms, tolerance, bank, coefficients);
    } else {
        choose_step::<I, LANES>(terms, tolerance, bank, coefficients);
    }
    degree
}

/// Which coefficients there are.
#[derive(Clone, Copy)]
struct Terms {
    /// The highest power.
    degree: usize,
    /// From the first of one state to the first of the next.
    stride: usize,
}

/// The coefficients of all series at the start of the step: up to the order, or as many as the way to a near stop needs. Their
/// degree.
#[inline(always)]
fn expand<I: Instructions>(
    backend: Backend,
    recipe: &Recipe,
    order: usize,
    tolerance: Tolerance,
    bank: &mut Bank,
    coefficients: &mut [Lanes],
) -> usize {
    let stride = order + 1;
    for (slot, &value) in bank.state.iter().enumerate() {
        coefficients[slot * stride] = value;
    }
    bank.registers[recipe.time as usize] = bank.time;
    run_block_kernel::<I>(&recipe.per_step, &mut bank.registers);
    let stop_is_near = bank.together && bank.room[0] < NEAR * bank.wish[0];
    let mut series = Series { coefficients, stride };
    for k in 0..order {
        run_ops::<I>(backend, recipe, k, &mut bank.registers, &mut series);
        let by = Wide::splat(INVERSE[k + 1]);
        for (slot, derivative) in recipe.derivatives.iter().enumerate() {
            let mut value = combine::<I>(derivative, k, &bank.registers, &series);
            if k == 0 {
                value = value.plus(Wide::load(&bank.rates[slot]));
            }
            let next = &mut series.coefficients[slot * stride + k + 1];
            value.times(by).store(next);
            if bank.any_off {
                *next = next.zip(bank.gates[slot], |value, gate| if gate == 0.0 { 0.0 } else { value });
            }
        }
        let terms = Terms { degree: k + 1, stride };
        if stop_is_near
            && ENOUGH_AT.contains(&terms.degree)
            && terms.degree < order
            && reaches_stop(terms, tolerance, bank, series.coefficients)
        {
            return terms.degree;
        }
    }
    order
}

/// Whether the last two terms are negligible at the next stop, which all lanes share.
#[inline(always)]
fn reaches_stop(terms: Terms, tolerance: Tolerance, bank: &Bank, coefficients: &[Lanes]) -> bool {
    let room = bank.room[0];
    let before_last = (1..terms.degree).fold(1.0, |power, _| power * room);
    let last = before_last * room;
    let mut too_large = 0;
    for c in coefficients.chunks_exact(terms.stride).take(bank.state.len()) {
        let (a, b) = (&c[terms.degree], &c[terms.degree - 1]);
        for i in 0..LANES {
            let size = a.0[i].abs() * last + b.0[i].abs() * before_last * LAST_BUT_ONE;
            let allowed = NEGLIGIBLE * (c[0].0[i].abs() * tolerance.rtol + tolerance.atol);
            too_large |= u64::from(size > allowed || size.is_nan());
        }
    }
    too_large == 0
}

/// The longest step whose estimated error is allowed, and the states at its end: one for each lane, or one for all.
#[inline(always)]
fn choose_step<I: Instructions, const N: usize>(
    terms: Terms,
    tolerance: Tolerance,
    bank: &mut Bank,
    coefficients: &[Lanes],
) {
    let room: [f64; N] = std::array::from_fn(|i| bank.room.0[i]);
    let mut step: [f64; N] = first_guess(terms, tolerance, bank, coefficients);
    // 1 where a step was found too long: then it is not lengthened again.
    let mut tight = [0.0; N];
    let mut attempt = 1;
    let (ratio, reach) = loop {
        let ratio: [f64; N] = worst(&error_ratio::<I>(terms, tolerance, spread(step), bank, coefficients));
        let mut next = step;
        let mut reach = step;
        let mut changed = 0;
        for i in 0..N {
            let (h, room) = (step[i], room[i]);
            let growth = rough_inverse_root(ratio[i], terms.degree as f64) * SAFETY;
            let wish = h * growth;
            let fits = ratio[i] <= 1.0;
            let grows = (h < room) & (growth > WORTH_GROWING) & (tight[i] == 0.0);
            let longer = if wish < room { wish } else { room };
            let longer = if grows { longer } else { h };
            // Not a number as well: the powers of a long step overflow.
            let shorter = h * if growth > LARGEST_CUT { growth } else { LARGEST_CUT };
            tight[i] = if fits { tight[i] } else { 1.0 };
            next[i] = if fits { longer } else { shorter };
            reach[i] = wish;
            changed |= u64::from(next[i] != h);
        }
        if changed == 0 || attempt == ATTEMPTS {
            break (spread(ratio), spread(reach));
        }
        attempt += 1;
        step = next;
    };
    let step = spread(step);
    let mut refused = 0;
    for i in 0..LANES {
        let (h, ratio) = (step.0[i], ratio.0[i]);
        let fits = ratio <= 1.0;
        bank.broken.0[i] = if ratio.is_nan() { 1.0 } else { 0.0 };
        bank.step.0[i] = if fits { h } else { 0.0 };
        let free = if h < bank.room.0[i] || h > bank.wish.0[i] { h } else { bank.wish.0[i] };
        bank.wish.0[i] = if fits { free } else { reach.0[i] };
        refused |= u64::from(!fits);
    }
    if refused != 0 {
        for (end, state) in bank.end.iter_mut().zip(&bank.state) {
            for i in 0..LANES {
                end.0[i] = if bank.step.0[i] > 0.0 { end.0[i] } else { state.0[i] };
            }
        }
    }
}

/// The number of each lane, or the largest of all of them: not a number where one is not.
#[inline(always)]
fn worst<const N: usize>(values: &Lanes) -> [f64; N] {
    if N == LANES {
        return std::array::from_fn(|i| values.0[i]);
    }
    let larger = |a: f64, b: f64| if b <= a || a.is_nan() { a } else { b };
    // In four chains: one alone would wait for each comparison before the next.
    let chain = |first: usize| (1..4).fold(values.0[first], |worst, i| larger(worst, values.0[first + 4 * i]));
    [larger(larger(chain(0), chain(1)), larger(chain(2), chain(3))); N]
}

/// For each lane its own number, or the one for all.
#[inline(always)]
fn spread<const N: usize>(values: [f64; N]) -> Lanes {
    Lanes(std::array::from_fn(|i| values[i % N]))
}

/// Step sizes at which the last two terms are as large as the error allowed for the states at the start.
#[inline(always)]
fn first_guess<const N: usize>(
    Terms { degree, stride }: Terms,
    tolerance: Tolerance,
    bank: &Bank,
    coefficients: &[Lanes],
) -> [f64; N] {
    let mut last = Lanes::splat(0.0);
    let mut before_last = last;
    for c in coefficients.chunks_exact(stride).take(bank.state.len()) {
        for i in 0..LANES {
            let share = 1.0 / (c[0].0[i].abs() * tolerance.rtol + tolerance.atol);
            let a = c[degree].0[i].abs() * share;
            let b = c[degree - 1].0[i].abs() * share;
            last.0[i] = if a > last.0[i] { a } else { last.0[i] };
            before_last.0[i] = if b > before_last.0[i] { b } else { before_last.0[i] };
        }
    }
    let (last, before_last): ([f64; N], [f64; N]) = (worst(&last), worst(&before_last));
    std::array::from_fn(|i| {
        let a = rough_inverse_root(last[i], degree as f64);
        let b = rough_inverse_root(before_last[i] * LAST_BUT_ONE, (degree - 1) as f64);
        let guess = SAFETY * if a < b { a } else { b };
        let room = bank.room.0[i];
        if guess < room { guess } else { room }
    })
}

/// Evaluates the states at the end of a step into `bank.end`; the estimated error over the allowed one, the largest over
/// the states. Not a number where a coefficient is not finite.
#[inline(always)]
fn error_ratio<I: Instructions>(
    Terms { degree, stride }: Terms,
    tolerance: Tolerance,
    step: Lanes,
    bank: &mut Bank,
    coefficients: &[Lanes],
) -> Lanes {
    let mut before_last = Wide::<I>::splat(1.0);
    let mut factor = Wide::load(&step);
    let mut exponent = degree - 1;
    while exponent > 0 {
        if exponent % 2 == 1 {
            before_last = before_last.times(factor);
        }
        factor = factor.times(factor);
        exponent /= 2;
    }
    let last = before_last.times(Wide::load(&step)).to_lanes();
    let before_last = before_last.to_lanes();
    let mut ratio = Lanes::splat(0.0);
    let mut poison = ratio;
    for (end, c) in bank.end.iter_mut().zip(coefficients.chunks_exact(stride)) {
        *end = polynomial::<I, 4>(&c[..=degree], Wide::load(&step), Wide::load).to_lanes();
        for i in 0..LANES {
            let a = (c[degree].0[i] * last.0[i]).abs();
            let b = (c[degree - 1].0[i] * before_last.0[i]).abs() * LAST_BUT_ONE;
            let error = if a > b { a } else { b };
            let allowed = end.0[i].abs() * tolerance.rtol + tolerance.atol;
            let share = if error == 0.0 { 0.0 } else { error / allowed };
            ratio.0[i] = if share > ratio.0[i] { share } else { ratio.0[i] };
            poison.0[i] += (a + b + end.0[i]) * 0.0;
        }
    }
    // Where a lane is idle nothing has to fit.
    for i in 0..LANES {
        ratio.0[i] = if bank.room.0[i] > 0.0 { ratio.0[i] + poison.0[i] } else { 0.0 };
    }
    ratio
}

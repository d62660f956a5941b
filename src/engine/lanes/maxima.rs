//! Maxima of the exposure's curve inside a step.
//!
//! The curve is the derivative of the state that integrates it, so its slope is the second derivative of that state's polynomial.
//! A step is as long as accuracy allows: a dose that comes through a depot may fall, rise and fall again within one.

use super::wide::{Instructions, Wide};
use super::{Backend, LANES, Lanes, lane_kernel};

/// Places in a step at which the slope is looked at, besides its start. A step is some of the fastest time scales long.
const PLACES: usize = 8;

/// Looks for maxima, step by step.
#[derive(Clone, Debug)]
pub(crate) struct Maxima {
    backend: Backend,
    /// Slopes of the curve in each lane, from the start of the step to its end.
    slopes: [Lanes; PLACES + 1],
    /// Slope at the end of the last step before the one at hand; -1 where none is known.
    before: Lanes,
    /// The slope's polynomial over the step as a whole: its terms at the end.
    terms: Vec<Lanes>,
}

impl Maxima {
    pub fn new(backend: Backend) -> Self {
        Self { backend, slopes: [Lanes::splat(-1.0); PLACES + 1], before: Lanes::splat(-1.0), terms: Vec::new() }
    }

    /// Forgets the step before in one lane.
    pub fn forget(&mut self, lane: usize) {
        self.slopes[PLACES][lane] = -1.0;
    }

    /// Forgets it in all lanes.
    pub fn forget_all(&mut self) {
        self.slopes[PLACES] = Lanes::splat(-1.0);
    }

    /// Lanes (as bits) in which there may be a maximum in a step that follows the one of the last call; `area` is the
    /// polynomial of the integrating state.
    pub fn find(&mut self, area: &[Lanes], step: &Lanes) -> u32 {
        self.before = self.slopes[PLACES];
        self.terms.resize(area.len() - 2, Lanes::splat(0.0));
        look(self.backend, area, step, &mut self.terms, &mut self.slopes);
        turns(self.backend, &self.slopes, &self.before)
    }

    /// Times since the start of the step at which the curve rises and then falls, in order.
    pub fn locate(&self, area: &[Lanes], lane: usize, step: f64) -> impl Iterator<Item = f64> {
        let slope = move |at: f64| {
            let terms = area.iter().enumerate().skip(2).rev();
            terms.fold(0.0, |value, (k, c)| value * at + c[lane] * (k * (k - 1)) as f64)
        };
        // A maximum exactly between two steps shows in neither.
        let at_start = (self.before[lane] >= 0.0 && self.slopes[0][lane] <= 0.0).then_some(0.0);
        let mut rising = None;
        let inside = self.slopes.iter().enumerate().filter_map(move |(place, slopes)| {
            let time = place as f64 / PLACES as f64 * step;
            if slopes[lane] > 0.0 {
                rising = Some(time);
            }
            let from = if slopes[lane] < 0.0 { rising.take()? } else { return None };
            Some(bisect(from, time, slope))
        });
        at_start.into_iter().chain(inside)
    }
}

/// Where a slope that is positive before and negative behind changes its sign.
fn bisect(mut low: f64, mut high: f64, slope: impl Fn(f64) -> f64) -> f64 {
    // To the last digits: rare, and the curve is flat there.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

lane_kernel!(
    /// Lanes in which the curve rises at one place and falls at another, or between two steps.
    fn turns(slopes: &[Lanes; PLACES + 1], before: &Lanes) -> u32 = turns_kernel
);

#[inline(always)]
fn turns_kernel<I: Instructions>(slopes: &[Lanes; PLACES + 1], before: &Lanes) -> u32 {
    let start = slopes[0];
    let higher = |a: Lanes, b: &Lanes| a.zip(*b, |a, b| if a > b { a } else { b });
    let lower = |a: Lanes, b: &Lanes| a.zip(*b, |a, b| if a < b { a } else { b });
    let highest = slopes.iter().fold(start, higher);
    let lowest = slopes.iter().fold(start, lower);
    let mut found = 0;
    for i in 0..LANES {
        let turns = (highest.0[i] > 0.0) & (lowest.0[i] < 0.0);
        let between = (before.0[i] >= 0.0) & (start.0[i] <= 0.0);
        found |= u32::from(turns | between) << i;
    }
    found
}

lane_kernel!(
    /// Works out the slopes at all places of a step.
    fn look(area: &[Lanes], step: &Lanes, terms: &mut [Lanes], slopes: &mut [Lanes; PLACES + 1]) = look_kernel
);

#[inline(always)]
fn look_kernel<I: Instructions>(area: &[Lanes], step: &Lanes, terms: &mut [Lanes], slopes: &mut [Lanes; PLACES + 1]) {
    let step = Wide::<I>::load(step);
    let mut power = Wide::splat(1.0);
    for (k, (c, term)) in area[2..].iter().zip(terms.iter_mut()).enumerate() {
        Wide::load(c).times(power).times(Wide::splat(((k + 2) * (k + 1)) as f64)).store(term);
        power = power.times(step);
    }
    slopes[0] = terms[0];
    // Four places and half of the lanes at a time: their sums fit in registers.
    for (group, slopes) in slopes[1..].chunks_exact_mut(4).enumerate() {
        let at: [Wide<I, 2>; 4] = std::array::from_fn(|i| Wide::splat((4 * group + i + 1) as f64 / PLACES as f64));
        for first in (0..LANES).step_by(8) {
            let mut values = [Wide::<I, 2>::splat(0.0); 4];
            for term in terms.iter().rev() {
                let term = Wide::load_slice(&term.0[first..]);
                for (value, at) in values.iter_mut().zip(at) {
                    *value = value.mul_add(at, term);
                }
            }
            for (value, slope) in values.into_iter().zip(&mut *slopes) {
                value.store_slice(&mut slope.0[first..]);
            }
        }
    }
}

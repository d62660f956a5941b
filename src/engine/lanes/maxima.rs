//! Maxima of the exposure's curve inside a step.
//!
//! The curve is the derivative of the state that integrates it, so its slope is the second derivative of that state's polynomial.

use super::wide::{Instructions, Wide};
use super::{Backend, LANES, Lanes, lane_kernel};

/// Looks for maxima, step by step.
#[derive(Clone, Debug)]
pub(crate) struct Maxima {
    backend: Backend,
    slopes: Slopes,
    /// Slope at the end of the last step before the one at hand; -1 where none is known.
    before: Lanes,
}

/// Slopes of the curve in each lane.
#[derive(Clone, Copy, Debug)]
struct Slopes {
    start: Lanes,
    middle: Lanes,
    end: Lanes,
}

impl Maxima {
    pub fn new(backend: Backend) -> Self {
        let zeros = Lanes::splat(0.0);
        Self { backend, slopes: Slopes { start: zeros, middle: zeros, end: zeros }, before: Lanes::splat(-1.0) }
    }

    /// Forgets the step before in one lane.
    pub fn forget(&mut self, lane: usize) {
        self.slopes.end[lane] = -1.0;
    }

    /// Forgets it in all lanes.
    pub fn forget_all(&mut self) {
        self.slopes.end = Lanes::splat(-1.0);
    }

    /// Lanes (as bits) in which there may be a maximum in a step that follows the one of the last call; `area` is the
    /// polynomial of the integrating state.
    pub fn find(&mut self, area: &[Lanes], step: &Lanes) -> u32 {
        self.before = self.slopes.end;
        self.slopes = slopes(self.backend, area, step);
        let Slopes { start, middle, end } = &self.slopes;
        let mut found = 0;
        for i in 0..LANES {
            let rises = (start.0[i] > 0.0) | (middle.0[i] > 0.0);
            let falls = (middle.0[i] < 0.0) | (end.0[i] < 0.0);
            let between = (self.before.0[i] >= 0.0) & (start.0[i] <= 0.0);
            found |= u32::from((rises & falls) | between) << i;
        }
        found
    }

    /// Time since the start of the step at which the curve is highest inside it, where it rises and then falls.
    pub fn locate(&self, area: &[Lanes], lane: usize, step: f64) -> Option<f64> {
        let Slopes { start, middle, end } = &self.slopes;
        let (start, middle, end) = (start[lane], middle[lane], end[lane]);
        let (mut low, mut high) = if start > 0.0 && middle < 0.0 {
            (0.0, 0.5 * step)
        } else if middle > 0.0 && end < 0.0 {
            (0.5 * step, step)
        } else if start > 0.0 && end < 0.0 {
            (0.0, step)
        } else {
            // A maximum exactly between two steps shows in neither.
            return (self.before[lane] >= 0.0 && start <= 0.0).then_some(0.0);
        };
        let slope = |at: f64| {
            let terms = area.iter().enumerate().skip(2).rev();
            terms.fold(0.0, |value, (k, c)| value * at + c[lane] * (k * (k - 1)) as f64)
        };
        // Bisection to the last digits: rare, and the curve is flat there.
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if slope(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(0.5 * (low + high))
    }
}

lane_kernel!(fn slopes(area: &[Lanes], step: &Lanes) -> Slopes = slopes_kernel);

#[inline(always)]
fn slopes_kernel<I: Instructions>(area: &[Lanes], step: &Lanes) -> Slopes {
    let step = Wide::<I>::load(step);
    let half = step.times(Wide::splat(0.5));
    let mut middle = Wide::splat(0.0);
    let mut end = middle;
    for (k, c) in area.iter().enumerate().skip(2).rev() {
        let c = Wide::load(c).times(Wide::splat((k * (k - 1)) as f64));
        middle = middle.mul_add(half, c);
        end = end.mul_add(step, c);
    }
    let start = area[2].map(|c| 2.0 * c);
    Slopes { start, middle: middle.to_lanes(), end: end.to_lanes() }
}

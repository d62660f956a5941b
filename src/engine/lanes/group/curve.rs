//! Exposure of sixteen subjects who go together.

use crate::engine::exposure_tracker::ExposureTracker;
use crate::engine::lanes::bank::{Bank, Solution};
use crate::engine::lanes::maxima::Maxima;
use crate::engine::lanes::observer::Observer;
use crate::engine::lanes::{Backend, LANES, Lanes};
use crate::engine::program::{ExposureTarget, Program};
use crate::engine::timeline::Interval;

/// The curve that exposure is measured on, over sixteen subjects.
#[derive(Debug)]
pub(super) struct Curve {
    target: ExposureTarget,
    observer: Observer,
    maxima: Maxima,
    /// Its value at the last stop.
    value: Lanes,
    /// From the last stop to the next one.
    from: f64,
    to: f64,
    /// Exposure is measured between them.
    measures: bool,
}

impl Curve {
    pub fn new(program: &Program, target: ExposureTarget, backend: Backend) -> Self {
        Self {
            target,
            observer: Observer::new(program, &[program.outputs[target.output]], backend),
            maxima: Maxima::new(backend),
            value: Lanes::splat(f64::NAN),
            from: f64::NAN,
            to: f64::NAN,
            measures: false,
        }
    }

    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// Before anything happens: an interval may start here.
    pub fn begin(&mut self, bank: &Bank, tracker: &mut ExposureTracker<Lanes>, intervals: &[Interval]) {
        self.observer.take_inputs(bank);
        if tracker.next_time() <= bank.time[0] {
            tracker.pass_boundary(intervals);
            tracker.start(bank.state[self.target.auc_state]);
        }
    }

    /// From a stop on to the next one; `jumped` where the curve does not go on from where it was.
    pub fn depart(&mut self, bank: &Bank, jumped: bool, tracker: &mut ExposureTracker<Lanes>, intervals: &[Interval]) {
        self.from = bank.time[0];
        self.to = bank.stop[0];
        self.measures = tracker.is_open() || tracker.next_time() < self.to;
        self.maxima.forget_all();
        if self.measures {
            if jumped {
                self.value = self.value_of(&bank.state, bank.time);
            }
            tracker.note(intervals, self.from, Some(self.to), self.from, self.value);
        }
    }

    /// After a step: boundaries of intervals and maxima in it, and the value at a stop.
    pub fn follow(
        &mut self,
        bank: &Bank,
        solution: Solution<'_>,
        arrived: bool,
        tracker: &mut ExposureTracker<Lanes>,
        intervals: &[Interval],
    ) {
        let area = solution.of(self.target.auc_state);
        let peaks = self.maxima.find(area, &bank.step);
        // Measured or not: what comes next may begin with it.
        if arrived {
            self.value = self.value_of(&bank.end, bank.finish);
        }
        if !self.measures {
            return;
        }
        let (start, end) = (bank.start[0], bank.finish[0]);
        while tracker.next_time() <= end {
            let time = tracker.next_time();
            let (interval, is_end) = tracker.next_boundary();
            tracker.pass_boundary(intervals);
            let (value, area) = match time == end {
                true if arrived => (self.value, bank.end[self.target.auc_state]),
                true => (self.value_of(&bank.end, bank.finish), bank.end[self.target.auc_state]),
                false => (
                    self.value_at(solution, Lanes::splat(time - start), Lanes::splat(time)),
                    area.iter().rev().fold(Lanes::splat(0.0), |value, &c| value.zip(c, |v, c| v * (time - start) + c)),
                ),
            };
            if is_end {
                tracker.end(interval, area, value);
            } else {
                tracker.start(area);
            }
            tracker.note(intervals, self.from, Some(self.to), time, value);
        }
        if peaks != 0 {
            self.note_peaks(peaks, bank, solution, tracker, intervals);
        }
        if arrived {
            tracker.note(intervals, self.from, Some(self.to), end, self.value);
        }
    }

    /// Each subject has its maxima at times of its own.
    fn note_peaks(
        &mut self,
        peaks: u32,
        bank: &Bank,
        solution: Solution<'_>,
        tracker: &mut ExposureTracker<Lanes>,
        intervals: &[Interval],
    ) {
        let area = solution.of(self.target.auc_state);
        let of_lane = |lane: usize| match peaks & 1 << lane {
            0 => Vec::new(),
            _ => self.maxima.locate(area, lane, bank.step[lane]).collect(),
        };
        let found: [Vec<f64>; LANES] = std::array::from_fn(of_lane);
        let most = found.iter().map(Vec::len).max().unwrap_or(0);
        for number in 0..most {
            let elapsed = Lanes(std::array::from_fn(|lane| found[lane].get(number).copied().unwrap_or(f64::NAN)));
            let times = bank.start.zip(elapsed, |start, elapsed| start + elapsed);
            let values = self.value_at(solution, elapsed, times);
            for lane in (0..LANES).filter(|&lane| !times[lane].is_nan()) {
                let mut alone = Lanes::splat(f64::NEG_INFINITY);
                alone[lane] = values[lane];
                tracker.note(intervals, self.from, Some(self.to), times[lane], alone);
            }
        }
    }

    fn value_of(&mut self, states: &[Lanes], time: Lanes) -> Lanes {
        self.observer.observe_states(states, time);
        *self.observer.output(0)
    }

    fn value_at(&mut self, solution: Solution<'_>, elapsed: Lanes, times: Lanes) -> Lanes {
        self.observer.observe_all(solution, elapsed, times);
        *self.observer.output(0)
    }
}

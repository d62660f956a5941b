//! Axes: from values to positions, and ticks that people read easily.

use crate::units::TimeUnit;

/// How values lie along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
    pub logarithmic: bool,
}

/// A mark on an axis; one without a label is a minor one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: Option<String>,
}

/// A scale with its ticks and what it shows.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub scale: Scale,
    pub ticks: Vec<Tick>,
    pub label: String,
}

impl Scale {
    /// Position from 0 (low end) to 1; beyond them outside. `None` where a logarithm does not exist.
    pub fn position(self, value: f64) -> Option<f64> {
        if self.logarithmic {
            (value > 0.0).then(|| libm::log(value / self.low) / libm::log(self.high / self.low))
        } else {
            value.is_finite().then(|| (value - self.low) / (self.high - self.low))
        }
    }
}

impl Axis {
    /// From 0 to a little above the largest value.
    pub fn linear(largest: f64, label: String) -> Self {
        // Room above the curve, so that it does not touch the frame.
        let high = if largest > 0.0 && largest.is_finite() { 1.04 * largest } else { 1.0 };
        Self { scale: Scale { low: 0.0, high, logarithmic: false }, ticks: linear_ticks(high), label }
    }

    /// Between two values, with a little room on either side.
    pub fn between(low: f64, high: f64, label: String) -> Self {
        let span = if high > low && (high - low).is_finite() { high - low } else { 1.0 };
        let (low, high) = (low - 0.03 * span, high + 0.03 * span);
        let step = nice_step(high - low);
        Self { scale: Scale { low, high, logarithmic: false }, ticks: ticks_between(step, low, high), label }
    }

    /// Over the positive values between two bounds, at most five decades of them.
    pub fn logarithmic(smallest: f64, largest: f64, label: String) -> Self {
        const MOST_DECADES: f64 = 1e5;
        let high = if largest > 0.0 && largest.is_finite() { largest } else { 1.0 };
        let low = if smallest > 0.0 { smallest } else { high / MOST_DECADES };
        let low = low.max(high / MOST_DECADES).min(high / 10.0);
        // Room of a fixed part of the axis on either side.
        let room = libm::pow(high / low, 0.03);
        let scale = Scale { low: low / room, high: high * room, logarithmic: true };
        Self { scale, ticks: logarithmic_ticks(scale.low, scale.high), label }
    }

    /// Ratios on a logarithmic scale, with 1 and both limits among its ticks. Labels are at least `gap` of the axis apart.
    pub fn ratio(low: f64, high: f64, limits: [f64; 2], gap: f64, label: String) -> Self {
        // Room at either end, and never so narrow that nothing could be told.
        let room = libm::pow(high / low, 0.06);
        let scale = Scale { low: low / room, high: high * room, logarithmic: true };
        let decade = |exponent: i32| libm::pow(10.0, f64::from(exponent));
        // In the order of their worth.
        let mut values = vec![1.0, limits[0], limits[1], 0.5, 2.0];
        values.extend((1..=3).flat_map(|exponent| [decade(exponent), decade(-exponent)]));
        values.extend((-3..3).flat_map(|exponent| [2.0 * decade(exponent), 5.0 * decade(exponent)]));
        values.extend([1.5, 3.0, 0.7, 0.3, 0.9, 1.1, 0.6, 4.0, 0.4, 7.0, 30.0]);
        let mut ticks: Vec<(f64, Tick)> = Vec::new();
        for value in values {
            let Some(position) = scale.position(value).filter(|p| (0.0..=1.0).contains(p)) else { continue };
            if ticks.iter().all(|(other, _)| (other - position).abs() >= gap) {
                ticks.push((position, Tick { value, label: Some(value.to_string()) }));
            }
        }
        ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { scale, ticks: ticks.into_iter().map(|(_, tick)| tick).collect(), label }
    }

    /// Time from 0 to `end`, given in `unit` and shown in days, or in hours where it is short.
    pub fn time(end: f64, unit: TimeUnit) -> (Self, TimeUnit) {
        const STEPS_DAYS: [f64; 14] =
            [1.0, 2.0, 3.0, 7.0, 14.0, 21.0, 28.0, 42.0, 56.0, 84.0, 112.0, 168.0, 224.0, 364.0];
        const STEPS_HOURS: [f64; 7] = [0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0];
        const MOST_TICKS: f64 = 8.0;
        let shown = time_shown(end, unit);
        let (name, steps) = match shown {
            TimeUnit::Day => ("d", STEPS_DAYS.as_slice()),
            _ => ("h", STEPS_HOURS.as_slice()),
        };
        let high = unit.convert(end, shown);
        let high = if high > 0.0 && high.is_finite() { high } else { 1.0 };
        let label = format!("Time ({name})");
        let scale = Scale { low: 0.0, high, logarithmic: false };
        let ticks = match steps.iter().find(|&&step| high / step <= MOST_TICKS) {
            Some(&step) if high >= step => ticks_every(step, high),
            _ => linear_ticks(high),
        };
        (Self { scale, ticks, label }, shown)
    }
}

/// The unit that times up to `end`, given in `unit`, are shown in: days, or hours where they are few.
#[must_use]
pub fn time_shown(end: f64, unit: TimeUnit) -> TimeUnit {
    const SHORT_DAYS: f64 = 3.0;
    if unit.convert(end, TimeUnit::Day) > SHORT_DAYS { TimeUnit::Day } else { TimeUnit::Hour }
}

/// Ticks at multiples of 1, 2, 2.5 or 5 times a power of ten, four to seven of them.
fn linear_ticks(high: f64) -> Vec<Tick> {
    ticks_every(nice_step(high), high)
}

/// 1, 2, 2.5 or 5 times a power of ten, so that four to seven steps make `span`.
fn nice_step(span: f64) -> f64 {
    const MOST_STEPS: f64 = 6.5;
    let rough = span / MOST_STEPS;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    [1.0, 2.0, 2.5, 5.0].into_iter().find(|m| m * power >= rough).unwrap_or(10.0) * power
}

/// Multiples of a step from 0 on.
fn ticks_every(step: f64, high: f64) -> Vec<Tick> {
    ticks_between(step, 0.0, high)
}

/// Multiples of a step between two values.
fn ticks_between(step: f64, low: f64, high: f64) -> Vec<Tick> {
    /// Smaller and larger numbers have more zeros than can be counted at a glance.
    const PLAIN: std::ops::Range<i32> = -4..8;
    let exponent = |x: f64| libm::floor(libm::log10(x)) as i32;
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    // Steps of a far longer number need its digits whatever it is.
    let largest = exponent(step * first.abs().max(last.abs()).max(1) as f64);
    let in_powers = !PLAIN.contains(&exponent(step)) && largest - exponent(step) < 3;
    let unit = if in_powers { libm::pow(10.0, f64::from(largest)) } else { 1.0 };
    let decimals = decimals(step / unit);
    let tick = |i: i64| {
        let value = i as f64 * step;
        let label = match in_powers && i != 0 {
            true => format!("{}·10{}", plain(value / unit, decimals), superscript(largest)),
            false => plain(value, if in_powers { 0 } else { decimals }),
        };
        Tick { value, label: Some(label) }
    };
    (first..=last).map(tick).collect()
}

/// Digits behind the point that multiples of a step have.
fn decimals(step: f64) -> usize {
    let is_whole = |x: f64| (x - x.round()).abs() < 1e-6 * x;
    (0..12).find(|&d| is_whole(step * libm::pow(10.0, f64::from(d)))).unwrap_or(12) as usize
}

/// Labels at powers of ten, and at 2 and 5 times them where there are few; marks in between.
fn logarithmic_ticks(low: f64, high: f64) -> Vec<Tick> {
    let (first, last) = (libm::floor(libm::log10(low)) as i32, libm::ceil(libm::log10(high)) as i32);
    let decades = libm::log10(high / low);
    let labelled: &[u32] = match decades {
        d if d < 1.3 => &[1, 2, 3, 5, 7],
        d if d < 2.2 => &[1, 2, 5],
        d if d < 3.2 => &[1, 3],
        _ => &[1],
    };
    let tick = |exponent: i32, multiple: u32| {
        let value = f64::from(multiple) * libm::pow(10.0, f64::from(exponent));
        let label = labelled.contains(&multiple).then(|| power_label(multiple, exponent));
        Tick { value, label }
    };
    (first..=last)
        .flat_map(|exponent| (1..10).map(move |multiple| tick(exponent, multiple)))
        .filter(|tick| tick.value >= low * (1.0 - 1e-9) && tick.value <= high * (1.0 + 1e-9))
        .collect()
}

/// `0.01`, `1`, `10,000`; a power with a superscript only where zeros could no longer be counted.
fn power_label(multiple: u32, exponent: i32) -> String {
    match exponent {
        -3..=-1 => format!("{:.*}", -exponent as usize, f64::from(multiple) * libm::pow(10.0, f64::from(exponent))),
        0..=5 => plain(f64::from(multiple) * libm::pow(10.0, f64::from(exponent)), 0),
        _ if multiple == 1 => format!("10{}", superscript(exponent)),
        _ => format!("{multiple}·10{}", superscript(exponent)),
    }
}

/// `⁻⁷` for -7.
fn superscript(exponent: i32) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        _ => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][c as usize - '0' as usize],
    };
    exponent.to_string().chars().map(digit).collect()
}

/// A number with separated thousands.
pub(super) fn plain(value: f64, decimals: usize) -> String {
    let text = format!("{:.*}", decimals, value.abs());
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    let sign = if value < 0.0 && text.bytes().any(|c| (b'1'..=b'9').contains(&c)) { "−" } else { "" };
    format!("{sign}{grouped}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().filter_map(|tick| tick.label.as_deref()).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_few() {
        assert_eq!(labels(&Axis::linear(612.0, String::new()).ticks), ["0", "100", "200", "300", "400", "500", "600"]);
        assert_eq!(labels(&Axis::linear(0.4, String::new()).ticks), ["0.0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(
            labels(&Axis::linear(31_000.0, String::new()).ticks),
            ["0", "5,000", "10,000", "15,000", "20,000", "25,000", "30,000"]
        );
        for i in 1..2000 {
            let ticks = Axis::linear(f64::from(i) * 0.37, String::new()).ticks;
            assert!((4..=7).contains(&ticks.len()), "{i}: {}", ticks.len());
        }
    }

    #[test]
    fn tiny_and_huge_numbers_are_told_apart_on_a_linear_axis() {
        assert_eq!(
            labels(&Axis::linear(1.5e-7, String::new()).ticks),
            ["0", "0.25·10⁻⁷", "0.50·10⁻⁷", "0.75·10⁻⁷", "1.00·10⁻⁷", "1.25·10⁻⁷", "1.50·10⁻⁷"]
        );
        assert_eq!(
            labels(&Axis::linear(9e-12, String::new()).ticks),
            ["0", "2·10⁻¹²", "4·10⁻¹²", "6·10⁻¹²", "8·10⁻¹²"]
        );
        assert_eq!(labels(&Axis::linear(4e9, String::new()).ticks), ["0", "1·10⁹", "2·10⁹", "3·10⁹", "4·10⁹"]);
        assert_eq!(labels(&Axis::linear(0.004, String::new()).ticks), ["0.000", "0.001", "0.002", "0.003", "0.004"]);
        for exponent in -300..300 {
            let ticks = Axis::linear(1.7 * libm::pow(10.0, f64::from(exponent)), String::new()).ticks;
            let mut labels = labels(&ticks);
            let all = labels.len();
            labels.dedup();
            assert!(labels.len() == all && labels.iter().all(|label| label.chars().count() < 12), "{labels:?}");
        }
    }

    #[test]
    fn ticks_between_two_values_are_round_and_within() {
        assert_eq!(
            labels(&Axis::between(48.0, 109.0, String::new()).ticks),
            ["50", "60", "70", "80", "90", "100", "110"]
        );
        assert_eq!(labels(&Axis::between(-1.0, 1.0, String::new()).ticks), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        let far = Axis::between(1e9, 1e9 + 10.0, String::new()).ticks;
        assert!((3..=8).contains(&far.len()), "{far:?}");
    }

    #[test]
    fn days_are_marked_by_whole_weeks_and_short_times_in_hours() {
        let (axis, shown) = Axis::time(3864.0, TimeUnit::Hour);
        assert_eq!(shown, TimeUnit::Day);
        assert_eq!(axis.label, "Time (d)");
        assert_eq!(labels(&axis.ticks), ["0", "21", "42", "63", "84", "105", "126", "147"]);
        let (axis, _) = Axis::time(24.0, TimeUnit::Hour);
        assert_eq!(labels(&axis.ticks), ["0", "3", "6", "9", "12", "15", "18", "21", "24"]);
        assert_eq!(labels(&Axis::time(1e-3, TimeUnit::Hour).0.ticks).first(), Some(&"0.0000"));
    }

    #[test]
    fn powers_of_ten_are_written_out_while_they_can_be_read() {
        assert_eq!(labels(&Axis::logarithmic(0.05, 900.0, String::new()).ticks), ["0.1", "1", "10", "100", "1,000"]);
        assert_eq!(labels(&Axis::logarithmic(3.0, 60.0, String::new()).ticks), ["5", "10", "20", "50"]);
        assert_eq!(power_label(1, -5), "10⁻⁵");
        assert_eq!(power_label(2, 7), "2·10⁷");
        assert_eq!(power_label(1, 4), "10,000");
    }

    #[test]
    fn ratios_show_1_and_the_limits_and_what_else_has_room() {
        let ticks = |low, high, gap| Axis::ratio(low, high, [0.8, 1.25], gap, String::new()).ticks;
        assert_eq!(labels(&ticks(0.8, 1.25, 0.05)), ["0.8", "0.9", "1", "1.1", "1.25"]);
        assert_eq!(labels(&ticks(0.5, 2.1, 0.05)), ["0.5", "0.6", "0.7", "0.8", "0.9", "1", "1.1", "1.25", "1.5", "2"]);
        // Ten labels a tenth of the axis apart: powers of ten first.
        assert_eq!(labels(&ticks(0.02, 50.0, 0.1)), ["0.02", "0.1", "0.3", "1", "3", "10", "50"]);
    }

    #[test]
    fn a_logarithmic_axis_spans_at_most_five_decades() {
        let axis = Axis::logarithmic(0.0, 1e3, String::new());
        assert!(axis.scale.low > 0.5e-2 && axis.scale.low < 1e-2);
        assert_eq!(axis.scale.position(-1.0), None);
        assert!((axis.scale.position(axis.scale.high).unwrap() - 1.0).abs() < 1e-15);
    }
}

//! Decimals of many numbers at once, the shortest or rounded ones, digit for digit those of [`super::number`].
//!
//! A table's numbers of full length are most of its bytes and most of its time. Between 2^-16 and 2^48 a power of ten
//! scales a number to 16 digits before the point exactly: `5^s 2^t` fits in 64 bits there, so one product of 64 by 64 bits holds the
//! number and the interval that reads back as it. The digits follow as by Giulietti, "The Schubfach way to render doubles" (2020):
//! the multiple of ten in that interval where there is one, else the integer next to the number. A rounded decimal is the shortest one with half a unit
//! of its last digit added and the digits behind that one left out. All of it is straight-line integer arithmetic over
//! blocks, which compiles to instructions on four and eight numbers. Other numbers are left to the general way.

use std::hint::select_unpredictable;

use multiversion::multiversion;

/// Numbers of a block: their digits stay in the fastest cache for some columns.
pub(super) const BLOCK: usize = 64;

/// Bytes that a number may touch, though its text is shorter.
pub(super) const ROOM: usize = 40;

/// Binary exponents: of the smallest number, and how many.
const LOWEST: i32 = -16;
const EXPONENTS: usize = 64;

/// Digits before the last one.
const DIGITS: usize = 16;

/// `floor(e log10 2)`, exact for all exponents of doubles (315,653 / 2^20 is log10 2 to eight digits).
const fn decades(binary: i32) -> i32 {
    (binary * DECADES_PER_OCTAVE) >> DECADES_SHIFT
}

const DECADES_PER_OCTAVE: i32 = 315_653;
const DECADES_SHIFT: i32 = 20;

/// Per binary exponent the unit in the last place of the mantissa, in units of 2^-64 of the 16th digit.
const UNITS: [u64; EXPONENTS] = {
    let mut units = [0; EXPONENTS];
    let mut i = 0;
    while i < EXPONENTS {
        let binary = LOWEST - MANTISSA_BITS + i as i32;
        let tens = -(decades(binary) + 1);
        // 10^tens * 2^(binary + 64): no shift is negative, so nothing is cut off.
        units[i] = 5u64.pow(tens as u32) << (tens + binary + 64);
        i += 1;
    }
    units
};

const MANTISSA_BITS: i32 = 52;
const EXPONENT_BIAS: i32 = 1023;
const EXPONENT_MASK: u64 = 0x7ff;
const FRACTION_MASK: u64 = (1 << MANTISSA_BITS) - 1;
const LOW: u64 = u32::MAX as u64;

/// Added to exponents of ten so that they are never negative.
const LIFT: i32 = 64;

/// Digits of a block of numbers.
pub(super) struct Decimals {
    // 16 each as ASCII, zeros at their end included; behind them room to read 16 bytes from any digit.
    digits: [u8; DIGITS * BLOCK + DIGITS],
    // The 17th.
    last: [u8; BLOCK],
    // Digits before the point; below 1 where zeros come first behind it.
    point: [i8; BLOCK],
    negative: [bool; BLOCK],
    fits: [bool; BLOCK],
}

impl Default for Decimals {
    fn default() -> Self {
        Self {
            digits: [b'0'; DIGITS * BLOCK + DIGITS],
            last: [b'0'; BLOCK],
            point: [0; BLOCK],
            negative: [false; BLOCK],
            fits: [false; BLOCK],
        }
    }
}

impl Decimals {
    /// Works out a block of numbers: the shortest digits that read back as them, or so many significant ones, rounded half away
    /// from zero.
    pub(super) fn fill(&mut self, values: &[f64; BLOCK], digits: Option<u8>) {
        fill(self, values, digits.map_or(DIGITS + 1, |digits| digits.max(1).into()));
    }

    /// Writes number `i` of the block and says how long it is; `None` where it has to go the general way.
    #[inline]
    pub(super) fn write(&self, i: usize, text: &mut [u8; ROOM]) -> Option<usize> {
        // Remainders say to the compiler what is so anyway, which spares a comparison at every place.
        let i = i % BLOCK;
        if !self.fits[i] {
            return None;
        }
        text[0] = b'-';
        let sign = usize::from(self.negative[i]);
        let digits = self.of(i, 0);
        let n = significant(digits, self.last[i]);
        let point = self.point[i];
        if point < 1 {
            let zeros = sign + (2 - point) as usize % 8;
            text[sign..sign + 8].copy_from_slice(b"0.000000");
            text[zeros..zeros + DIGITS].copy_from_slice(digits);
            text[zeros + DIGITS] = self.last[i];
            return Some(zeros + n);
        }
        let point = point as usize % DIGITS;
        text[sign..sign + DIGITS].copy_from_slice(digits);
        text[sign + point] = b'.';
        text[sign + point + 1..sign + point + 1 + DIGITS].copy_from_slice(self.of(i, point));
        text[sign + DIGITS + 1] = self.last[i];
        Some(sign + select_unpredictable(n > point, n + 1, point))
    }

    /// 16 bytes from a digit of a number on.
    #[inline]
    fn of(&self, i: usize, digit: usize) -> &[u8; DIGITS] {
        self.digits[DIGITS * i + digit..].first_chunk().expect("there is room behind the last number")
    }
}

/// Digits up to the last one that is not zero.
#[inline]
fn significant(digits: &[u8; DIGITS], last: u8) -> usize {
    const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
    let digits = u128::from_le_bytes(*digits);
    let (high, low) = (digits as u64, (digits >> 64) as u64);
    // Seldom taken, unlike the 17th digit, which is there or not as a coin falls.
    let n = match low {
        ZEROS => 8 - (high ^ ZEROS).leading_zeros() / 8,
        _ => 16 - (low ^ ZEROS).leading_zeros() / 8,
    };
    select_unpredictable(last == b'0', n as usize, DIGITS + 1)
}

#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+fma+lzcnt"))]
fn fill(decimals: &mut Decimals, values: &[f64; BLOCK], n_digits: usize) {
    let mut units = [0; BLOCK];
    for (i, value) in values.iter().enumerate() {
        let bits = value.to_bits();
        let index = exponent(bits).wrapping_sub((EXPONENT_BIAS + LOWEST) as u64);
        units[i] = UNITS[index as usize % EXPONENTS];
        // The interval around a power of two is not symmetric.
        decimals.fits[i] = index < EXPONENTS as u64 && bits & FRACTION_MASK != 0;
        decimals.negative[i] = value.is_sign_negative();
    }
    let (mut sixteen, mut last, mut point) = ([0; BLOCK], [0; BLOCK], [0; BLOCK]);
    for (i, (value, unit)) in values.iter().zip(&units).enumerate() {
        let bits = value.to_bits();
        let long;
        (sixteen[i], last[i], long) = digits((bits & FRACTION_MASK) | (1 << MANTISSA_BITS), *unit);
        point[i] = lifted_decades(exponent(bits)) + long;
    }
    if n_digits <= DIGITS {
        round(&mut sixteen, &mut last, &mut point, n_digits);
    }
    let (mut high, mut low) = ([0; BLOCK], [0; BLOCK]);
    for (i, sixteen) in sixteen.iter().enumerate() {
        (high[i], low[i]) = halves(*sixteen);
    }
    let mut fours = [0; 4 * BLOCK];
    for (i, (high, low)) in high.iter().zip(&low).enumerate() {
        [fours[4 * i], fours[4 * i + 1]] = quarters(*high);
        [fours[4 * i + 2], fours[4 * i + 3]] = quarters(*low);
    }
    for (text, four) in decimals.digits.chunks_exact_mut(4).zip(fours) {
        text.copy_from_slice(&ascii(four).to_le_bytes());
    }
    if n_digits < DIGITS {
        let kept: [u8; DIGITS] = std::array::from_fn(|place| if place < n_digits { u8::MAX } else { b'0' });
        for text in decimals.digits.as_chunks_mut::<DIGITS>().0 {
            text.iter_mut().zip(kept).for_each(|(digit, kept)| *digit &= kept);
        }
    }
    for (i, (last, point)) in last.iter().zip(&point).enumerate() {
        decimals.last[i] = *last as u8 + b'0';
        // It may be anything where the number does not fit.
        decimals.point[i] = (*point as i8).wrapping_sub(LIFT as i8).wrapping_add(DIGITS as i8);
    }
}

#[inline(always)]
fn exponent(bits: u64) -> u64 {
    (bits >> MANTISSA_BITS) & EXPONENT_MASK
}

/// [`decades`] of a number with this biased exponent, plus [`LIFT`].
#[inline(always)]
fn lifted_decades(biased: u64) -> u64 {
    const START: u64 = (((EXPONENT_BIAS + MANTISSA_BITS) * DECADES_PER_OCTAVE) - (LIFT << DECADES_SHIFT)) as u64;
    (biased * DECADES_PER_OCTAVE as u64).wrapping_sub(START) >> DECADES_SHIFT
}

/// The first 16 digits, the 17th, and 1 where the scaled number has 16 before the point and not 15.
#[inline(always)]
fn digits(mantissa: u64, unit: u64) -> (u64, u64, u64) {
    // 64 by 64 bits from products of 32 by 32, of which there are instructions for four at a time.
    let (m1, m0, u1, u0) = (mantissa >> 32, mantissa & LOW, unit >> 32, unit & LOW);
    let middle = ((m0 * u0) >> 32) + ((m0 * u1) & LOW) + ((m1 * u0) & LOW);
    let whole = m1 * u1 + ((m0 * u1) >> 32) + ((m1 * u0) >> 32) + (middle >> 32);
    let rest = (middle << 32) | ((m0 * u0) & LOW);
    // Half a unit; its end itself belongs to even mantissas alone, because a tie is read as them.
    let half = (unit - (mantissa & 1)) >> 1;
    let up = rest.wrapping_add(half) < rest;
    let down = rest <= half;
    let ten = (rest >> 32) * 10 + (((rest & LOW) * 10) >> 32);
    // 2.5 goes to the even 2; 7.5 goes to 8 by itself, and no other tie is a multiple of 2^-64.
    let nearest = if rest == 1 << 62 { 2 } else { (ten + (1 << 31)) >> 32 };
    let digit = if up | down { 0 } else { nearest };
    let whole = whole + u64::from(up);
    let long = whole >= 10u64.pow(15);
    if long { (whole, digit, 1) } else { ((whole << 3) + (whole << 1) + digit, 0, 0) }
}

/// Adds half a unit of the last digit that is kept, so that those behind it can be left out.
#[inline(always)]
fn round(sixteen: &mut [u64; BLOCK], last: &mut [u64; BLOCK], point: &mut [u64; BLOCK], n_digits: usize) {
    const END: u64 = 10u64.pow(DIGITS as u32);
    // The digit behind the sixteenth is held by itself.
    let (half, tie) =
        if n_digits < DIGITS { (5 * 10u64.pow((DIGITS - 1 - n_digits) as u32), u64::MAX) } else { (0, 5) };
    for ((sixteen, last), point) in sixteen.iter_mut().zip(last).zip(point) {
        let rounded = *sixteen + half + u64::from(*last >= tie);
        // 999.9 to 1000: a digit more before the point.
        let carried = rounded >= END;
        *sixteen = if carried { END / 10 } else { rounded };
        *point += u64::from(carried);
        *last = 0;
    }
}

/// The first and the last eight of 16 digits.
#[inline(always)]
fn halves(sixteen: u64) -> (u64, u64) {
    // 10^8 = 2^8 * 390,625, and what 2^8 leaves of 16 digits is below 2^52: exact as a double, whose quotient is off by one at
    // the most. The lowest bits of 2^52 and more are those of the integer.
    const REST: u64 = 390_625;
    const INTEGER: f64 = (1u64 << MANTISSA_BITS) as f64;
    let shifted = sixteen >> 8;
    let quotient = (f64::from_bits(INTEGER.to_bits() | shifted) - INTEGER) * (1.0 / REST as f64);
    let quotient = (quotient + INTEGER).to_bits() & LOW;
    let too_much = shifted.wrapping_sub(quotient * REST) >> 63;
    let high = quotient - too_much;
    (high, sixteen - high * 100_000_000)
}

/// The first and the last four of eight digits.
#[inline(always)]
fn quarters(eight: u64) -> [u32; 2] {
    // 2^40 / 10,000 rounded up: exact below 10^8.
    let high = ((eight & LOW) * 109_951_163) >> 40;
    [high as u32, (eight - high * 10_000) as u32]
}

/// Four digits as text, the first one lowest.
#[inline(always)]
fn ascii(four: u32) -> u32 {
    // 2^19 / 100 and 2^10 / 10 rounded up: exact below 10,000 and 100.
    let hundreds = (four * 5243) >> 19;
    let pairs = hundreds | ((four - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f;
    (pairs << 8) - tens * ((10 << 8) - 1) + u32::from_le_bytes([b'0'; 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::number;
    use proptest::prelude::*;

    /// Number `i` of every block as text.
    fn texts(values: &[f64], digits: Option<u8>) -> Vec<String> {
        let mut decimals = Decimals::default();
        let mut texts = Vec::new();
        for chunk in values.chunks(BLOCK) {
            let mut block = [1.5; BLOCK];
            block[..chunk.len()].copy_from_slice(chunk);
            decimals.fill(&block, digits);
            for i in 0..chunk.len() {
                let mut text = [0; ROOM];
                let n = decimals.write(i, &mut text).unwrap_or_default();
                texts.push(String::from_utf8(text[..n].to_vec()).unwrap());
            }
        }
        texts
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        let values =
            [212.5, -0.073, 1.25, 100.1, 0.1, -1e-4, 1234567.0, 123456789012345.6, 0.3, 5.0, 0.1 + 0.2, 1e14, 99.6];
        let expected = "212.5 -0.073 1.25 100.1 0.1 -0.0001 1234567 123456789012345.6 0.3 5 0.30000000000000004 100000000000000 99.6";
        assert_eq!(texts(&values, None).join(" "), expected);
        let rounded = "210 -0.073 1.3 100 0.1 -0.0001 1200000 120000000000000 0.3 5 0.3 100000000000000 100";
        assert_eq!(texts(&values, Some(2)).join(" "), rounded);
    }

    #[test]
    fn what_cannot_be_scaled_exactly_is_left_to_the_general_way() {
        // Zero, powers of two, below 2^-16, from 2^48 on, nothing at all.
        for value in [0.0, -0.0, 1.0, 0.5, 1.5e-5, 3e14, 1e300, 5e-324, f64::NAN, f64::INFINITY] {
            assert_eq!(texts(&[value], None), [""], "{value}");
        }
        for value in (-323..=308).filter(|decade| !(-5..=14).contains(decade)).map(|decade| 10f64.powi(decade)) {
            assert_eq!([texts(&[value], None), texts(&[-value], Some(4))].concat(), [""; 2], "{value}");
        }
    }

    #[test]
    fn ends_of_a_rounding_interval_and_ties_are_those_of_the_general_way() {
        // Few bits behind the point at the top of the range: the only place where a decimal can be as far from one neighbour as from the other.
        let value = |i: u64| ((1u64 << 47) + 7_919 * i) as f64 + (i % 32) as f64 / 32.0;
        let values: Vec<f64> = (1..20_000).map(value).collect();
        for (value, text) in values.iter().zip(texts(&values, None)) {
            assert_eq!(text, number::format(*value, None));
        }
    }

    proptest! {
        /// The general way is a published algorithm of its own, tested by its authors.
        #[test]
        fn digits_are_those_of_the_general_way(
            numbers in proptest::collection::vec((0u64..1 << 52, 1007u64..1071, any::<bool>(), 0u32..52, 0i32..12), 256),
            n_digits in 1u8..=17,
        ) {
            let value = |&(fraction, exponent, negative, zeros, decimals): &(u64, u64, bool, u32, i32)| {
                let bits = (u64::from(negative) << 63) | (exponent << 52) | (fraction >> zeros << zeros);
                let value = f64::from_bits(bits);
                let scale = 10f64.powi(decimals);
                // Short ones too, as people write them.
                if zeros % 3 == 0 { (value * scale).round() / scale } else { value }
            };
            let values: Vec<f64> = numbers.iter().map(value).collect();
            for (value, text) in values.iter().zip(texts(&values, None)).filter(|(_, text)| !text.is_empty()) {
                prop_assert_eq!(&text, &number::format(*value, None));
                prop_assert_eq!(text.parse::<f64>().unwrap(), *value);
            }
            for (value, text) in values.iter().zip(texts(&values, Some(n_digits))).filter(|(_, text)| !text.is_empty()) {
                prop_assert_eq!(text, number::format(*value, Some(n_digits)));
            }
        }
    }
}

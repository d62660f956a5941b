//! Logarithms and exponentials of many numbers at once: the geometric means of a million subjects take a thousand million
//! logarithms, their observations as many exponentials.
//!
//! The algorithms are those of FreeBSD's msun (Ng 1993), which `libm` has as well, written so that four numbers at a time go
//! through them where the processor can. Nothing is fused, so that the bits are those of `libm` on every machine.

use multiversion::multiversion;

/// ln 2 to 33 bits, so that its product with an exponent is exact, and the rest.
pub(crate) const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
pub(crate) const LN2_LO: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

/// Coefficients of the minimax polynomial of (ln(1 + s) - ln(1 - s) - 2s) / s over s^2.
pub(crate) const LG: [f64; 7] = [
    f64::from_bits(0x3fe5_5555_5555_5593),
    f64::from_bits(0x3fd9_9999_9997_fa04),
    f64::from_bits(0x3fd2_4924_9422_9359),
    f64::from_bits(0x3fcc_71c5_1d8e_78af),
    f64::from_bits(0x3fc7_4664_96cb_03de),
    f64::from_bits(0x3fc3_9a09_d078_c69f),
    f64::from_bits(0x3fc2_f112_df3e_5244),
];

/// The logarithms of positive numbers, of which this is the smallest, in place of what was in `found`.
pub(crate) fn logarithms(values: &[f64], smallest: f64, found: &mut Vec<f64>) {
    found.resize(values.len(), 0.0);
    if smallest >= f64::MIN_POSITIVE {
        logarithms_of_normal(values, found);
    } else {
        found.iter_mut().zip(values).for_each(|(found, &value)| *found = libm::log(value));
    }
}

/// Without an early end, which would keep the loop from being vector code.
#[multiversion(targets("x86_64+avx2", "x86_64+avx"))]
fn all_within(values: &[f64], low: f64, high: f64) -> bool {
    values.iter().fold(true, |all, &value| all & (value >= low) & (value <= high))
}

#[multiversion(targets("x86_64+avx2", "x86_64+avx"))]
fn logarithms_of_normal(values: &[f64], found: &mut [f64]) {
    for (found, &value) in found.iter_mut().zip(values) {
        *found = logarithm(value);
    }
}

#[inline(always)]
fn logarithm(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3fe6_a09e_0000_0000;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    // x = m 2^k with m in [sqrt(1/2), sqrt(2)).
    let shifted = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let f = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + SQRT_HALF) - 1.0;
    // An integer below 2^52 put in the low bits of 2^52 is that number plus 2^52.
    let k = f64::from_bits((shifted >> 52) | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1023.0);
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let odd = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    let r = odd + even;
    s * (half_square + r) + k * LN2_LO - half_square + f + k * LN2_HI
}

/// Largest magnitude whose exponential is a normal number by far.
const LARGEST_EXPONENT: f64 = 700.0;

/// Coefficients of the minimax polynomial of r (exp(r) + 1) / (exp(r) - 1) over r^2.
const P: [f64; 5] = [
    f64::from_bits(0x3fc5_5555_5555_553e),
    f64::from_bits(0xbf66_c16c_16be_bd93),
    f64::from_bits(0x3f11_566a_af25_de2c),
    f64::from_bits(0xbebb_bd41_c5d2_6bf1),
    f64::from_bits(0x3e66_3769_72be_a4d0),
];

/// Replaces numbers by their exponentials.
pub(crate) fn exponentials(values: &mut [f64]) {
    if all_within(values, -LARGEST_EXPONENT, LARGEST_EXPONENT) {
        exponentials_of_moderate(values);
    } else {
        values.iter_mut().for_each(|value| *value = libm::exp(*value));
    }
}

#[multiversion(targets("x86_64+avx2", "x86_64+avx"))]
fn exponentials_of_moderate(values: &mut [f64]) {
    for value in values {
        *value = exponential(*value);
    }
}

#[inline(always)]
fn exponential(x: f64) -> f64 {
    // Upper words of 2^-28, ln 2 / 2 and 3/2 ln 2: where the reduction changes, which the last bit depends on.
    const TINY: u64 = 0x3e30_0000;
    const HALF_LN2: u64 = 0x3fd6_2e42;
    const THREE_HALVES_LN2: u64 = 0x3ff0_a2b2;
    const TWO_TO_52_AND_BIAS: f64 = 4_503_599_627_370_496.0 + 1023.0;
    let size = x.to_bits() >> 32 & 0x7fff_ffff;
    let one = 1.0_f64.copysign(x);
    let k = (std::f64::consts::LOG2_E * x + 0.5 * one).trunc();
    let k = if size < THREE_HALVES_LN2 { one } else { k };
    let k = if size > HALF_LN2 { k } else { 0.0 };
    let (high, low) = (x - k * LN2_HI, k * LN2_LO);
    let r = high - low;
    let square = r * r;
    let c = r - square * (P[0] + square * (P[1] + square * (P[2] + square * (P[3] + square * P[4]))));
    let y = 1.0 + (r * c / (2.0 - c) - low + high);
    // Adding 2^52 leaves the exponent in the low bits.
    let scale = f64::from_bits((k + TWO_TO_52_AND_BIAS).to_bits() << 52);
    if size > TINY { y * scale } else { 1.0 + x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn logarithms_have_the_bits_of_libm(bits in prop::collection::vec(1..f64::INFINITY.to_bits(), 0..9)) {
            let values: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
            let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
            let mut found = vec![0.5; 4];
            logarithms(&values, smallest, &mut found);
            prop_assert_eq!(found.len(), values.len());
            for (found, value) in found.iter().zip(&values) {
                prop_assert_eq!(found.to_bits(), libm::log(*value).to_bits(), "{}", value);
            }
        }
    }

    proptest! {
        #[test]
        fn exponentials_have_the_bits_of_libm(
            moderate in prop::collection::vec(-3.0..3.0_f64, 0..9),
            wide in prop::collection::vec(-700.0..700.0_f64, 0..9),
            // Both sides of every change of the reduction.
            words in prop::collection::vec((0..3_usize, -2..3_i64, any::<u32>(), any::<bool>()), 0..9),
        ) {
            const CHANGES: [i64; 3] = [0x3e30_0000, 0x3fd6_2e42, 0x3ff0_a2b2];
            let at_changes = words.into_iter().map(|(change, step, low, negative)| {
                let high = u64::try_from(CHANGES[change] + step).unwrap() | u64::from(negative) << 31;
                f64::from_bits(high << 32 | u64::from(low))
            });
            let values: Vec<f64> = moderate.into_iter().chain(wide).chain(at_changes).chain([0.0, -0.0]).collect();
            let mut found = values.clone();
            exponentials(&mut found);
            for (found, value) in found.iter().zip(&values) {
                prop_assert_eq!(found.to_bits(), libm::exp(*value).to_bits(), "{}", value);
            }
        }
    }

    #[test]
    fn what_overflows_or_is_undefined_comes_out_as_from_libm() {
        let mut values = [1.0, 710.0, -746.0, f64::NAN, f64::NEG_INFINITY];
        exponentials(&mut values);
        assert_eq!(values[..3], [libm::exp(1.0), f64::INFINITY, 0.0]);
        assert!(values[3].is_nan() && values[4] == 0.0);
    }

    #[test]
    fn one_subnormal_number_does_not_spoil_its_neighbours() {
        let mut found = Vec::new();
        logarithms(&[1.0, 5e-324, 2.0], 5e-324, &mut found);
        assert_eq!(found, [0.0, libm::log(5e-324), std::f64::consts::LN_2]);
    }
}

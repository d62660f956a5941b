//! Sixteen numbers in registers of the processor: what the hot loops of kernels are written in.
//!
//! Most loops over lanes become vector instructions by themselves. Those that carry sums from one round to the next (Horner's
//! rule, convolutions) do not do so reliably, so here the instructions are named.

use super::Lanes;

/// The instructions a kernel is compiled for.
///
/// [`Avx2Fma`] is a type argument of kernels alone, and `lane_kernel!` calls such a kernel only after [`super::Backend::detect`]
/// has found both on the processor: this is what its `unsafe` blocks stand on.
pub(crate) trait Instructions: Copy {
    /// Fused multiply-add is one instruction.
    const FMA: bool;
    /// Four numbers.
    type Quad: Copy;

    fn splat(value: f64) -> Self::Quad;
    fn load(from: &[f64; 4]) -> Self::Quad;
    fn store(quad: Self::Quad, to: &mut [f64; 4]);
    fn add(a: Self::Quad, b: Self::Quad) -> Self::Quad;
    fn sub(a: Self::Quad, b: Self::Quad) -> Self::Quad;
    fn mul(a: Self::Quad, b: Self::Quad) -> Self::Quad;
    fn div(a: Self::Quad, b: Self::Quad) -> Self::Quad;
    /// a b + c, fused where [`Self::FMA`] says so.
    fn mul_add(a: Self::Quad, b: Self::Quad, c: Self::Quad) -> Self::Quad;
}

/// The build's own target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

impl Portable {
    #[inline(always)]
    fn each(f: impl Fn(usize) -> f64) -> [f64; 4] {
        [f(0), f(1), f(2), f(3)]
    }
}

impl Instructions for Portable {
    const FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
    type Quad = [f64; 4];

    #[inline(always)]
    fn splat(value: f64) -> [f64; 4] {
        [value; 4]
    }

    #[inline(always)]
    fn load(from: &[f64; 4]) -> [f64; 4] {
        *from
    }

    #[inline(always)]
    fn store(quad: [f64; 4], to: &mut [f64; 4]) {
        *to = quad;
    }

    #[inline(always)]
    fn add(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        Self::each(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn sub(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        Self::each(|i| a[i] - b[i])
    }

    #[inline(always)]
    fn mul(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        Self::each(|i| a[i] * b[i])
    }

    #[inline(always)]
    fn div(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        Self::each(|i| a[i] / b[i])
    }

    #[inline(always)]
    fn mul_add(a: [f64; 4], b: [f64; 4], c: [f64; 4]) -> [f64; 4] {
        // Without the instruction `f64::mul_add` is a slow call.
        Self::each(|i| if Self::FMA { a[i].mul_add(b[i], c[i]) } else { a[i] * b[i] + c[i] })
    }
}

/// AVX2 with fused multiply-add.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2Fma;

#[cfg(target_arch = "x86_64")]
mod avx2_fma {
    use super::{Avx2Fma, Instructions};
    use std::arch::x86_64::{
        __m256d, _mm256_add_pd, _mm256_div_pd, _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_mul_pd, _mm256_set1_pd,
        _mm256_storeu_pd, _mm256_sub_pd,
    };

    // SAFETY of all: the processor has these instructions, see `Instructions`; loads and stores stay inside four numbers.
    impl Instructions for Avx2Fma {
        const FMA: bool = true;
        type Quad = __m256d;

        #[inline(always)]
        fn splat(value: f64) -> __m256d {
            unsafe { _mm256_set1_pd(value) }
        }

        #[inline(always)]
        fn load(from: &[f64; 4]) -> __m256d {
            unsafe { _mm256_loadu_pd(from.as_ptr()) }
        }

        #[inline(always)]
        fn store(quad: __m256d, to: &mut [f64; 4]) {
            unsafe { _mm256_storeu_pd(to.as_mut_ptr(), quad) }
        }

        #[inline(always)]
        fn add(a: __m256d, b: __m256d) -> __m256d {
            unsafe { _mm256_add_pd(a, b) }
        }

        #[inline(always)]
        fn sub(a: __m256d, b: __m256d) -> __m256d {
            unsafe { _mm256_sub_pd(a, b) }
        }

        #[inline(always)]
        fn mul(a: __m256d, b: __m256d) -> __m256d {
            unsafe { _mm256_mul_pd(a, b) }
        }

        #[inline(always)]
        fn div(a: __m256d, b: __m256d) -> __m256d {
            unsafe { _mm256_div_pd(a, b) }
        }

        #[inline(always)]
        fn mul_add(a: __m256d, b: __m256d, c: __m256d) -> __m256d {
            unsafe { _mm256_fmadd_pd(a, b, c) }
        }
    }
}

/// `4 Q` numbers.
#[derive(Clone, Copy)]
pub(crate) struct Wide<I: Instructions, const Q: usize = 4>([I::Quad; Q]);

impl<I: Instructions, const Q: usize> Wide<I, Q> {
    #[inline(always)]
    pub fn splat(value: f64) -> Self {
        Self([I::splat(value); Q])
    }

    /// The first `4 Q` lanes.
    #[inline(always)]
    pub fn load(lanes: &Lanes) -> Self {
        Self::load_slice(&lanes.0)
    }

    /// The first `4 Q` numbers.
    #[inline(always)]
    pub fn load_slice(numbers: &[f64]) -> Self {
        let (quads, _) = numbers[..4 * Q].as_chunks::<4>();
        Self(std::array::from_fn(|q| I::load(&quads[q])))
    }

    #[inline(always)]
    pub fn store(self, lanes: &mut Lanes) {
        self.store_slice(&mut lanes.0);
    }

    /// Into the first `4 Q` numbers.
    #[inline(always)]
    pub fn store_slice(self, numbers: &mut [f64]) {
        let (quads, _) = numbers[..4 * Q].as_chunks_mut::<4>();
        for (quad, to) in self.0.into_iter().zip(quads) {
            I::store(quad, to);
        }
    }

    #[inline(always)]
    pub fn to_lanes(self) -> Lanes {
        let mut lanes = Lanes::splat(0.0);
        self.store(&mut lanes);
        lanes
    }

    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(I::Quad, I::Quad) -> I::Quad) -> Self {
        let mut out = self;
        for q in 0..Q {
            out.0[q] = op(self.0[q], other.0[q]);
        }
        out
    }

    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        self.zip(other, I::add)
    }

    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        self.zip(other, I::sub)
    }

    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        self.zip(other, I::mul)
    }

    #[inline(always)]
    pub fn over(self, other: Self) -> Self {
        self.zip(other, I::div)
    }

    /// `self factor + term`, fused where the instructions are.
    #[inline(always)]
    pub fn mul_add(self, factor: Self, term: Self) -> Self {
        let mut out = self;
        for q in 0..Q {
            out.0[q] = I::mul_add(self.0[q], factor.0[q], term.0[q]);
        }
        out
    }
}

/// A polynomial, constant first, at `x`; `of` takes what is wanted of the lanes of each coefficient. Even and odd powers apart: two
/// short chains instead of a long one.
#[inline(always)]
pub(crate) fn polynomial<I: Instructions, const Q: usize>(
    coefficients: &[Lanes],
    x: Wide<I, Q>,
    of: impl Fn(&Lanes) -> Wide<I, Q>,
) -> Wide<I, Q> {
    let square = x.times(x);
    let (pairs, rest) = coefficients.as_chunks::<2>();
    let mut even = rest.first().map_or(Wide::splat(0.0), &of);
    let mut odd = Wide::splat(0.0);
    for [a, b] in pairs.iter().rev() {
        even = even.mul_add(square, of(a));
        odd = odd.mul_add(square, of(b));
    }
    odd.mul_add(x, even)
}

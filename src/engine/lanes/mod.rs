//! Sixteen subjects side by side: the lane type, and which instructions of the processor work on it.
//!
//! A [`Lanes`] is an array of 16 numbers, one per subject. Its operations are plain loops, compiled twice: once for
//! AVX2 with fused multiply-add (see [`Backend::detect`]), where the compiler turns each loop into four vector
//! instructions, and once for the build's own target ([`Backend::portable`]). Which of them runs is decided once, when a
//! solver is made, by asking the processor. Both give the same numbers to about 1e-15 relative per operation, not the same
//! bytes: fused multiply-add rounds once where the portable code rounds twice.
//!
//! `math.rs` holds exp, ln, pow, sin, cos and tanh over lanes; `block.rs` runs the blocks of a program over lanes.

pub(crate) mod bank;
pub mod block;
pub(crate) mod driver;
mod group;
pub mod math;
pub(crate) mod maxima;
pub(crate) mod observer;
pub(crate) mod slice;
pub(crate) mod wide;

use std::ops::{Index, IndexMut};

/// Number of lanes. Four AVX2 registers: enough independent work to hide the latency of a multiply-add.
pub const LANES: usize = 16;

/// One number per lane.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes(pub [f64; LANES]);

/// The instructions that lane code is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend(Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Avx2Fma,
    Portable,
}

impl Backend {
    /// What this processor can do.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return Self(Instructions::Avx2Fma);
        }
        Self::portable()
    }

    /// Code for the build's own target.
    #[must_use]
    pub fn portable() -> Self {
        Self(Instructions::Portable)
    }

    /// Name for the run's record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2Fma => "avx2+fma",
            Instructions::Portable => "portable",
        }
    }

    /// Whether the AVX2 code may be called; only [`Backend::detect`] makes a backend that says so.
    #[must_use]
    pub(crate) fn is_avx2_fma(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            self.0 == Instructions::Avx2Fma
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            false
        }
    }
}

/// Defines a function that runs `$kernel::<Instructions>` compiled for the backend it is given first.
///
/// The kernel and all that it calls must be `#[inline(always)]`: only what is inlined here is compiled for AVX2.
macro_rules! lane_kernel {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $kernel:ident) => {
        $(#[$meta])*
        $vis fn $name(backend: $crate::engine::lanes::Backend, $($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    $kernel::<$crate::engine::lanes::wide::Avx2Fma>($($arg),*)
                }
                if backend.is_avx2_fma() {
                    // SAFETY: such a backend is made by `Backend::detect` alone, after asking the processor for both.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $kernel::<$crate::engine::lanes::wide::Portable>($($arg),*)
        }
    };
}
pub(crate) use lane_kernel;

impl Lanes {
    /// The same number in every lane.
    #[inline(always)]
    #[must_use]
    pub const fn splat(value: f64) -> Self {
        Self([value; LANES])
    }

    /// `f` of each lane.
    #[inline(always)]
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let mut out = self;
        for i in 0..LANES {
            out.0[i] = f(self.0[i]);
        }
        out
    }

    /// `f` of each lane of two.
    #[inline(always)]
    #[must_use]
    pub fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let mut out = self;
        for i in 0..LANES {
            out.0[i] = f(self.0[i], other.0[i]);
        }
        out
    }
}

impl Default for Lanes {
    fn default() -> Self {
        Self::splat(0.0)
    }
}

impl Index<usize> for Lanes {
    type Output = f64;
    #[inline(always)]
    fn index(&self, lane: usize) -> &f64 {
        &self.0[lane]
    }
}

impl IndexMut<usize> for Lanes {
    #[inline(always)]
    fn index_mut(&mut self, lane: usize) -> &mut f64 {
        &mut self.0[lane]
    }
}

//! The walk over paths with wide registers.

#![expect(
    unsafe_code,
    clippy::inline_always,
    reason = "the tokens prove that the instructions exist, which are only used in what is inlined"
)]

use std::arch::x86_64::{
    __m256d, __m512d, __mmask8, _mm256_add_pd, _mm256_and_si256, _mm256_blendv_pd, _mm256_castsi256_pd,
    _mm256_cmpeq_epi64, _mm256_loadu_pd, _mm256_mul_pd, _mm256_set1_epi64x, _mm256_set1_pd, _mm256_setr_epi64x,
    _mm256_storeu_pd, _mm512_add_pd, _mm512_loadu_pd, _mm512_mask_blend_pd, _mm512_mul_pd, _mm512_set1_pd,
    _mm512_storeu_pd,
};

use super::{
    paths::PathWalker,
    vectors::{LANES, Lanes, Vectors},
};
use crate::catboost::{Avx2, Avx512};

impl Avx2 {
    /// Computes [`PathWalker::explain`].
    pub(super) fn explain_paths<C: Copy>(
        self,
        walker: &PathWalker<C>,
        holds: &impl Fn(&C, usize) -> u8,
        out: &mut [Lanes],
    ) {
        #[target_feature(enable = "avx2")]
        fn explain<C: Copy>(kernel: Avx2, walker: &PathWalker<C>, holds: &impl Fn(&C, usize) -> u8, out: &mut [Lanes]) {
            walker.explain_with(kernel, holds, out);
        }
        // SAFETY: `self` proves that AVX2 is available.
        unsafe { explain(self, walker, holds, out) }
    }
}

impl Avx512 {
    /// Computes [`PathWalker::explain`].
    pub(super) fn explain_paths<C: Copy>(
        self,
        walker: &PathWalker<C>,
        holds: &impl Fn(&C, usize) -> u8,
        out: &mut [Lanes],
    ) {
        #[target_feature(enable = "avx512f,avx512bw")]
        fn explain<C: Copy>(
            kernel: Avx512,
            walker: &PathWalker<C>,
            holds: &impl Fn(&C, usize) -> u8,
            out: &mut [Lanes],
        ) {
            walker.explain_with(kernel, holds, out);
        }
        // SAFETY: `self` proves that AVX-512 is available.
        unsafe { explain(self, walker, holds, out) }
    }
}

/// Applies an operation to both halves.
macro_rules! halves {
    ($operation:ident, $($half:expr),+) => {
        // SAFETY: `self` of the caller proves that AVX2 is available.
        unsafe { [$operation($($half[0]),+), $operation($($half[1]),+)] }
    };
}

impl Vectors for Avx2 {
    type Vector = [__m256d; 2];
    type Mask = [__m256d; 2];

    #[inline(always)]
    fn mask(self, bits: u8) -> [__m256d; 2] {
        // SAFETY: `self` proves that AVX2 is available.
        unsafe {
            let bits = _mm256_set1_epi64x(bits.into());
            let places = [_mm256_setr_epi64x(1, 2, 4, 8), _mm256_setr_epi64x(16, 32, 64, 128)];
            places.map(|place| _mm256_castsi256_pd(_mm256_cmpeq_epi64(_mm256_and_si256(bits, place), place)))
        }
    }

    #[inline(always)]
    fn splat(self, value: f64) -> [__m256d; 2] {
        // SAFETY: `self` proves that AVX2 is available.
        unsafe { [_mm256_set1_pd(value); 2] }
    }

    #[inline(always)]
    fn load(self, lanes: &Lanes) -> [__m256d; 2] {
        let at = lanes.as_ptr();
        // SAFETY: `self` proves that AVX2 is available; there are eight numbers.
        unsafe { [_mm256_loadu_pd(at), _mm256_loadu_pd(at.add(LANES / 2))] }
    }

    #[inline(always)]
    fn store(self, vector: [__m256d; 2], lanes: &mut Lanes) {
        let at = lanes.as_mut_ptr();
        // SAFETY: `self` proves that AVX2 is available; there are eight numbers.
        unsafe {
            _mm256_storeu_pd(at, vector[0]);
            _mm256_storeu_pd(at.add(LANES / 2), vector[1]);
        }
    }

    #[inline(always)]
    fn add(self, a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] {
        halves!(_mm256_add_pd, a, b)
    }

    #[inline(always)]
    fn mul(self, a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] {
        halves!(_mm256_mul_pd, a, b)
    }

    #[inline(always)]
    fn select(self, mask: [__m256d; 2], a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] {
        halves!(_mm256_blendv_pd, b, a, mask)
    }
}

impl Vectors for Avx512 {
    type Vector = __m512d;
    type Mask = __mmask8;

    #[inline(always)]
    fn mask(self, bits: u8) -> __mmask8 {
        bits
    }

    #[inline(always)]
    fn splat(self, value: f64) -> __m512d {
        // SAFETY: `self` proves that AVX-512 is available.
        unsafe { _mm512_set1_pd(value) }
    }

    #[inline(always)]
    fn load(self, lanes: &Lanes) -> __m512d {
        // SAFETY: `self` proves that AVX-512 is available; there are eight numbers.
        unsafe { _mm512_loadu_pd(lanes.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: __m512d, lanes: &mut Lanes) {
        // SAFETY: `self` proves that AVX-512 is available; there are eight numbers.
        unsafe { _mm512_storeu_pd(lanes.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn add(self, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` proves that AVX-512 is available.
        unsafe { _mm512_add_pd(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` proves that AVX-512 is available.
        unsafe { _mm512_mul_pd(a, b) }
    }

    #[inline(always)]
    fn select(self, mask: __mmask8, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` proves that AVX-512 is available.
        unsafe { _mm512_mask_blend_pd(mask, b, a) }
    }
}

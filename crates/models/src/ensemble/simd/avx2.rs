//! The AVX2 kernel: 32 rows at a time.

#![expect(
    unsafe_code,
    clippy::indexing_slicing,
    clippy::unused_self,
    reason = "`self` proves that the instructions exist (see the parent module), and slices are as long as a register"
)]

use std::arch::x86_64::{
    _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_set1_epi8, _mm256_setzero_si256,
    _mm256_storeu_si256,
};

use crate::{
    catboost::Avx2,
    ensemble::{bins::GROUP, plan::DenseNode},
};

/// Rows per register of bytes.
const REGISTER: usize = 32;

impl Avx2 {
    /// Computes `dense::dense_leaves`.
    pub(crate) fn dense_leaves(self, nodes: &[DenseNode], bins: &[u8], stride: usize, leaves: &mut [u8]) {
        let (wide, rest) = leaves.as_chunks_mut::<{ 4 * REGISTER }>();
        let from = wide.len() * 4 * REGISTER;
        // SAFETY: `self` proves that AVX2 is available.
        unsafe {
            for (at, leaves) in wide.iter_mut().enumerate() {
                find_leaves::<4>(nodes, bins, stride, at * 4 * REGISTER, leaves);
            }
            for (at, leaves) in rest.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
                find_leaves::<2>(nodes, bins, stride, from + at * GROUP, leaves);
            }
        }
    }
}

/// Finds the leaves of the rows of `N` registers.
#[target_feature(enable = "avx2")]
fn find_leaves<const N: usize>(nodes: &[DenseNode], bins: &[u8], stride: usize, from: usize, out: &mut [u8]) {
    let mut leaves = [_mm256_setzero_si256(); N];
    for node in nodes {
        let column = &bins[node.column as usize * stride + from..][..N * REGISTER];
        let mask = _mm256_set1_epi8(node.mask.cast_signed());
        let least = _mm256_set1_epi8(node.least.cast_signed());
        let first = _mm256_set1_epi8(node.first.cast_signed());
        let right = _mm256_set1_epi8(node.right.cast_signed());
        for (leaves, bins) in leaves.iter_mut().zip(column.chunks_exact(REGISTER)) {
            // SAFETY: a chunk fills a register.
            let bins = _mm256_and_si256(unsafe { _mm256_loadu_si256(bins.as_ptr().cast()) }, mask);
            let holds = _mm256_cmpeq_epi8(_mm256_max_epu8(bins, least), bins);
            let here = _mm256_cmpeq_epi8(*leaves, first);
            // The first leaf of the right side is above that of the node.
            *leaves = _mm256_max_epu8(*leaves, _mm256_and_si256(here, _mm256_and_si256(holds, right)));
        }
    }
    for (leaves, out) in leaves.into_iter().zip(out.chunks_exact_mut(REGISTER)) {
        // SAFETY: a chunk fills a register.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), leaves) }
    }
}

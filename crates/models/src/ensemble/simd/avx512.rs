//! The AVX-512 kernel: 64 rows at a time.

#![expect(
    unsafe_code,
    clippy::indexing_slicing,
    clippy::unused_self,
    reason = "`self` proves that the instructions exist (see the parent module), and slices are as long as a register"
)]

use std::arch::x86_64::{
    _mm512_and_si512, _mm512_cmple_epu8_mask, _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_mask_cmpeq_epu8_mask,
    _mm512_set1_epi8, _mm512_setzero_si512, _mm512_storeu_si512,
};

use crate::{catboost::Avx512, ensemble::plan::DenseNode};

/// Rows per register of bytes.
const GROUP: usize = 64;

impl Avx512 {
    /// Computes `dense::dense_leaves`.
    pub(crate) fn dense_leaves(self, nodes: &[DenseNode], bins: &[u8], stride: usize, leaves: &mut [u8]) {
        let (wide, rest) = leaves.as_chunks_mut::<{ 4 * GROUP }>();
        let from = wide.len() * 4 * GROUP;
        // SAFETY: `self` proves that AVX-512 is available.
        unsafe {
            for (at, leaves) in wide.iter_mut().enumerate() {
                find_leaves::<4>(nodes, bins, stride, at * 4 * GROUP, leaves);
            }
            for (at, leaves) in rest.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
                find_leaves::<1>(nodes, bins, stride, from + at * GROUP, leaves);
            }
        }
    }
}

/// Finds the leaves of the rows of `N` registers.
#[target_feature(enable = "avx512f,avx512bw")]
fn find_leaves<const N: usize>(nodes: &[DenseNode], bins: &[u8], stride: usize, from: usize, out: &mut [u8]) {
    let mut leaves = [_mm512_setzero_si512(); N];
    for node in nodes {
        let column = &bins[node.column as usize * stride + from..][..N * GROUP];
        let mask = _mm512_set1_epi8(node.mask.cast_signed());
        let least = _mm512_set1_epi8(node.least.cast_signed());
        let first = _mm512_set1_epi8(node.first.cast_signed());
        let right = _mm512_set1_epi8(node.right.cast_signed());
        for (leaves, bins) in leaves.iter_mut().zip(column.chunks_exact(GROUP)) {
            // SAFETY: a chunk fills a register.
            let bins = _mm512_and_si512(unsafe { _mm512_loadu_si512(bins.as_ptr().cast()) }, mask);
            let holds = _mm512_cmple_epu8_mask(least, bins);
            let is_right = _mm512_mask_cmpeq_epu8_mask(holds, *leaves, first);
            *leaves = _mm512_mask_blend_epi8(is_right, *leaves, right);
        }
    }
    for (leaves, out) in leaves.into_iter().zip(out.chunks_exact_mut(GROUP)) {
        // SAFETY: a chunk fills a register.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), leaves) }
    }
}

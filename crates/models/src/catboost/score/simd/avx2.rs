//! The AVX2 kernel: 32 bytes at a time.

#![expect(
    unsafe_code,
    clippy::indexing_slicing,
    clippy::unused_self,
    reason = "jobs are checked, and `self` proves that the instructions exist (see the parent module)"
)]

use std::arch::x86_64::{
    __m256, __m256i, _CMP_GT_OQ, _mm256_add_epi8, _mm256_add_epi32, _mm256_andnot_si256, _mm256_blendv_ps,
    _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cmpgt_epi8, _mm256_i32gather_ps, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_or_si256, _mm256_packus_epi16, _mm256_packus_epi32, _mm256_permutevar8x32_epi32,
    _mm256_permutevar8x32_ps, _mm256_set1_epi8, _mm256_setr_epi32, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_slli_epi32, _mm256_storeu_si256, _mm256_sub_epi32, _mm256_xor_si256,
};

use crate::catboost::{
    forest::split::Split,
    score::{search::count_below, tables::KernelJob},
};

/// Proof that the processor has AVX2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avx2(());

/// Rows per register of bytes.
const GROUP: usize = 32;
/// Trees per pass over the sums.
const TREES_PER_PASS: usize = 8;

impl Avx2 {
    /// Returns `None` if the processor does not have AVX2.
    #[must_use]
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Computes `search::count_below` for many numbers.
    pub(crate) fn search(self, borders: &[f32], levels: u32, numbers: &[f32], bins: &mut [u8]) {
        assert!(levels <= 8 && borders.len() >= (1 << levels) - 1 + 16 && bins.len() == numbers.len());
        // SAFETY: `self` proves that AVX2 is available. `borders` has 16 numbers after the last level.
        unsafe { search(borders, levels, numbers, bins) }
    }

    /// Accumulates the leaf values of every tree in `sums`, whose columns have `job.bins.stride` rows.
    pub(crate) fn add(self, job: KernelJob, values: &[f64], sums: &mut [f64]) {
        assert!(job.is_sound(values.len(), sums.len()));
        // SAFETY: `self` proves that AVX2 is available, and `is_sound` that all accesses are in bounds.
        unsafe {
            match (job.tables.has_levels, job.tables.is_single) {
                (false, true) => add_one::<false>(&job, values, &mut sums[..job.bins.stride]),
                (true, true) => add_one::<true>(&job, values, &mut sums[..job.bins.stride]),
                (_, false) => add_many(&job, values, sums),
            }
        }
    }
}

/// Number of borders below each of 32 numbers.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn borders_below(borders: *const f32, levels: u32, numbers: [__m256; 4]) -> [__m256i; 4] {
    let mut positions = [_mm256_setzero_si256(); 4];
    let step = |position: &mut __m256i, number: __m256, border: __m256| {
        let above = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_GT_OQ>(number, border));
        *position = _mm256_sub_epi32(_mm256_add_epi32(*position, *position), above);
    };
    for level in 0..levels {
        // SAFETY: as for `search`; the borders of a level begin at `2^level − 1`.
        let own = unsafe { borders.add((1 << level) - 1) };
        // SAFETY: as above; positions are below `2^level`.
        let (table, registers) = unsafe {
            let load = |at: usize| _mm256_loadu_ps(own.add(8 * at));
            match level {
                0..=3 => ([load(0); 4], 1),
                4 => ([load(0), load(1), load(0), load(1)], 2),
                5 => ([load(0), load(1), load(2), load(3)], 4),
                _ => ([_mm256_setzero_ps(); 4], 0),
            }
        };
        for (position, number) in positions.iter_mut().zip(numbers) {
            let pick = |at: usize| _mm256_permutevar8x32_ps(table[at], *position);
            // The fourth and fifth bits of the position select the register.
            let odd = _mm256_castsi256_ps(_mm256_slli_epi32::<28>(*position));
            let upper = _mm256_castsi256_ps(_mm256_slli_epi32::<27>(*position));
            let border = match registers {
                1 => pick(0),
                2 => _mm256_blendv_ps(pick(0), pick(1), odd),
                4 => {
                    let pairs = [_mm256_blendv_ps(pick(0), pick(1), odd), _mm256_blendv_ps(pick(2), pick(3), odd)];
                    _mm256_blendv_ps(pairs[0], pairs[1], upper)
                }
                // SAFETY: as above.
                _ => unsafe { _mm256_i32gather_ps::<4>(own, *position) },
            };
            step(position, number, border);
        }
    }
    positions
}

#[target_feature(enable = "avx2")]
unsafe fn search(borders: &[f32], levels: u32, numbers: &[f32], bins: &mut [u8]) {
    let mut chunks = numbers.chunks_exact(GROUP);
    let mut out = bins.chunks_exact_mut(GROUP);
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (numbers, bins) in chunks.by_ref().zip(out.by_ref()) {
        // SAFETY: a chunk has 32 numbers and 32 bins.
        unsafe {
            let numbers = [0, 8, 16, 24].map(|at| _mm256_loadu_ps(numbers.as_ptr().add(at)));
            let [a, b, c, d] = borders_below(borders.as_ptr(), levels, numbers);
            let packed = _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
            _mm256_storeu_si256(bins.as_mut_ptr().cast(), _mm256_permutevar8x32_epi32(packed, order));
        }
    }
    for (number, bin) in chunks.remainder().iter().zip(out.into_remainder()) {
        *bin = count_below(borders, levels, *number);
    }
}

/// Flips the highest bit of all bins: signed bytes, which one instruction compares, then have the order of the unsigned ones.
fn flip(bins: &[u8]) -> Vec<u8> {
    bins.iter().map(|bin| bin ^ 128).collect()
}

/// Finds the leaves of a block of rows; the rows of a block are a multiple of 64. `bins` are flipped.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn find_leaves<const LEVELS: bool>(splits: &[Split], bins: *const u8, stride: usize, out: *mut u8) {
    let mut group = 0;
    while group < stride {
        // SAFETY: as for this function.
        unsafe {
            if group + 4 * GROUP <= stride {
                find_leaves_of::<LEVELS, 4>(splits, bins.add(group), stride, out.add(group));
                group += 4 * GROUP;
            } else {
                find_leaves_of::<LEVELS, 2>(splits, bins.add(group), stride, out.add(group));
                group += 2 * GROUP;
            }
        }
    }
}

/// Finds the leaves of the rows of `N` registers.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn find_leaves_of<const LEVELS: bool, const N: usize>(
    splits: &[Split],
    bins: *const u8,
    stride: usize,
    out: *mut u8,
) {
    let mut leaves = [_mm256_setzero_si256(); N];
    let mut bit = _mm256_set1_epi8(1);
    for split in splits {
        let least = _mm256_set1_epi8((split.least ^ 128).cast_signed());
        let mask = _mm256_set1_epi8(split.mask.cast_signed());
        for (at, leaves) in leaves.iter_mut().enumerate() {
            let at = usize::from(split.column) * stride + at * GROUP;
            // SAFETY: in bounds, because the caller asserted `is_sound`.
            let mut bins = unsafe { _mm256_loadu_si256(bins.add(at).cast()) };
            if LEVELS {
                bins = _mm256_xor_si256(bins, mask);
            }
            let is_below = _mm256_cmpgt_epi8(least, bins);
            *leaves = _mm256_or_si256(*leaves, _mm256_andnot_si256(is_below, bit));
        }
        bit = _mm256_add_epi8(bit, bit);
    }
    for (at, leaves) in leaves.into_iter().enumerate() {
        // SAFETY: the caller provides `stride` bytes.
        unsafe { _mm256_storeu_si256(out.add(at * GROUP).cast(), leaves) }
    }
}

/// Adds one table per tree to one column of sums. Each pass handles several trees, so that sums are loaded and stored
/// less often.
#[target_feature(enable = "avx2")]
unsafe fn add_one<const LEVELS: bool>(job: &KernelJob, values: &[f64], sums: &mut [f64]) {
    let (stride, count) = (job.bins.stride, (job.trees.starts_len() - 1));
    let mut numbers = vec![0_u8; stride * TREES_PER_PASS];
    let bins = flip(job.bins.bytes);
    for first in (0..count).step_by(TREES_PER_PASS) {
        let in_pass = TREES_PER_PASS.min(count - first);
        let mut tables = [values.as_ptr(); TREES_PER_PASS];
        // SAFETY: `is_sound`; leaf numbers are below the length of the table.
        unsafe {
            for (at, table) in tables.iter_mut().take(in_pass).enumerate() {
                let out = numbers.as_mut_ptr().add(at * stride);
                find_leaves::<LEVELS>(job.trees.splits_of(first + at), bins.as_ptr(), stride, out);
                *table = values.as_ptr().add(*job.tables.starts.get_unchecked(first + at));
            }
            let leaf = |at: usize, row: usize| usize::from(*numbers.get_unchecked(at * stride + row));
            if in_pass == TREES_PER_PASS {
                for (row, sum) in sums.iter_mut().enumerate() {
                    for (at, table) in tables.iter().enumerate() {
                        *sum += *table.add(leaf(at, row));
                    }
                }
            } else {
                for (row, sum) in sums.iter_mut().enumerate() {
                    for (at, table) in tables.iter().take(in_pass).enumerate() {
                        *sum += *table.add(leaf(at, row));
                    }
                }
            }
        }
    }
}

/// Adds several tables per tree, each to its own column of sums.
#[target_feature(enable = "avx2")]
unsafe fn add_many(job: &KernelJob, values: &[f64], sums: &mut [f64]) {
    let stride = job.bins.stride;
    let mut numbers = vec![0_u8; stride];
    let bins = flip(job.bins.bytes);
    for tree in 0..(job.trees.starts_len() - 1) {
        let (splits, targets) = (job.trees.splits_of(tree), job.tables.targets(tree));
        if targets.is_empty() {
            continue;
        }
        // SAFETY: `is_sound`; leaf numbers are below the length of the table.
        unsafe {
            find_leaves::<true>(splits, bins.as_ptr(), stride, numbers.as_mut_ptr());
            let mut table = values.as_ptr().add(*job.tables.starts.get_unchecked(tree));
            for target in targets {
                let column = sums.as_mut_ptr().add(*target as usize * stride);
                for (row, leaf) in numbers.iter().enumerate() {
                    *column.add(row) += *table.add(usize::from(*leaf));
                }
                table = table.add(1 << splits.len());
            }
        }
    }
}

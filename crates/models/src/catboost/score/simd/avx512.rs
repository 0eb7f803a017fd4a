//! The AVX-512 kernel: 64 bytes at a time.

#![expect(
    unsafe_code,
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    clippy::unused_self,
    reason = "jobs are checked, and `self` proves that the instructions exist (see the parent module); a tree number \
              indexes several arrays"
)]

use std::arch::x86_64::{
    __m512, __m512d, __m512i, __mmask64, _CMP_GT_OQ, _mm_storeu_si128, _mm512_add_epi8, _mm512_add_epi32,
    _mm512_add_pd, _mm512_castsi512_pd, _mm512_cmp_ps_mask, _mm512_cmpge_epu8_mask, _mm512_cvtepi32_epi8,
    _mm512_i32gather_ps, _mm512_loadu_pd, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mask_add_epi8,
    _mm512_mask_add_epi32, _mm512_mask_blend_epi8, _mm512_mask_blend_ps, _mm512_mask_cvtepi32_storeu_epi8,
    _mm512_maskz_loadu_ps, _mm512_movepi8_mask, _mm512_permutex2var_epi8, _mm512_permutex2var_ps,
    _mm512_permutexvar_epi8, _mm512_permutexvar_ps, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_pd, _mm512_storeu_si512, _mm512_test_epi32_mask, _mm512_unpackhi_epi8, _mm512_unpackhi_epi16,
    _mm512_unpackhi_epi32, _mm512_unpacklo_epi8, _mm512_unpacklo_epi16, _mm512_unpacklo_epi32, _mm512_xor_si512,
};

use crate::catboost::{
    forest::split::Split,
    score::tables::{KernelJob, SLACK},
};

/// Proof that the processor has AVX-512 F, BW and VBMI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avx512(());

/// Rows per register of bytes.
const GROUP: usize = 64;

impl Avx512 {
    /// Returns `None` if the processor does not have AVX-512 F, BW and VBMI.
    #[must_use]
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi");
        has.then_some(Self(()))
    }

    /// Computes `search::count_below` for many numbers.
    pub(crate) fn search(self, borders: &[f32], levels: u32, numbers: &[f32], bins: &mut [u8]) {
        assert!(levels <= 8 && borders.len() >= (1 << levels) - 1 + 16 && bins.len() == numbers.len());
        // SAFETY: `self` proves that AVX-512 is available. `borders` has 16 numbers after the last level.
        unsafe { search(borders.as_ptr(), levels, numbers, bins) }
    }

    /// Accumulates the leaf values of every tree in `sums`, whose columns have `job.bins.stride` rows.
    pub(crate) fn add(self, job: KernelJob, sums: &mut [f64]) {
        let planes = job.tables.planes();
        assert!(job.is_sound(planes.len().saturating_sub(SLACK) / 8, sums.len()));
        // SAFETY: `self` proves that AVX-512 is available, and `is_sound` that all accesses are in bounds.
        unsafe {
            match (job.tables.has_levels, job.tables.is_single) {
                (false, true) => add_one::<false>(&job, &mut sums[..job.bins.stride]),
                (true, true) => add_one::<true>(&job, &mut sums[..job.bins.stride]),
                (_, false) => add_many(&job, sums),
            }
        }
        restore_order(sums);
    }
}

/// Number of borders below each of 16 N numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn borders_below<const N: usize>(borders: *const f32, levels: u32, numbers: [__m512; N]) -> [__m512i; N] {
    let one = _mm512_set1_epi32(1);
    let mut positions = [_mm512_setzero_si512(); N];
    let step = |position: &mut __m512i, number: __m512, border: __m512| {
        let above = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(number, border);
        let doubled = _mm512_add_epi32(*position, *position);
        *position = _mm512_mask_add_epi32(doubled, above, doubled, one);
    };
    // SAFETY: as for `search`; the borders of a level begin at `2^level − 1`.
    let load = |at: usize| unsafe { _mm512_loadu_ps(borders.add(at)) };
    for level in 0..levels.min(5) {
        let table = load((1 << level) - 1);
        for (position, number) in positions.iter_mut().zip(numbers) {
            let border = _mm512_permutexvar_ps(*position, table);
            step(position, number, border);
        }
    }
    if levels > 5 {
        let tables = [load(31), load(47)];
        for (position, number) in positions.iter_mut().zip(numbers) {
            let border = _mm512_permutex2var_ps(tables[0], *position, tables[1]);
            step(position, number, border);
        }
    }
    if levels > 6 {
        let tables = [load(63), load(79), load(95), load(111)];
        for (position, number) in positions.iter_mut().zip(numbers) {
            let lower = _mm512_permutex2var_ps(tables[0], *position, tables[1]);
            let upper = _mm512_permutex2var_ps(tables[2], *position, tables[3]);
            let is_upper = _mm512_test_epi32_mask(*position, _mm512_set1_epi32(32));
            step(position, number, _mm512_mask_blend_ps(is_upper, lower, upper));
        }
    }
    if levels > 7 {
        for (position, number) in positions.iter_mut().zip(numbers) {
            // SAFETY: positions of this level are below 128.
            let border = unsafe { _mm512_i32gather_ps::<4>(*position, borders.add(127)) };
            step(position, number, border);
        }
    }
    positions
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn search(borders: *const f32, levels: u32, numbers: &[f32], bins: &mut [u8]) {
    let mut chunks = numbers.chunks_exact(GROUP);
    let mut out = bins.chunks_exact_mut(GROUP);
    for (numbers, bins) in chunks.by_ref().zip(out.by_ref()) {
        // SAFETY: a chunk has 64 numbers and 64 bins.
        unsafe {
            let numbers = [0, 16, 32, 48].map(|at| _mm512_loadu_ps(numbers.as_ptr().add(at)));
            let positions = borders_below(borders, levels, numbers);
            for (at, position) in positions.into_iter().enumerate() {
                _mm_storeu_si128(bins.as_mut_ptr().add(16 * at).cast(), _mm512_cvtepi32_epi8(position));
            }
        }
    }
    let rest = chunks.remainder().chunks(16).zip(out.into_remainder().chunks_mut(16));
    for (numbers, bins) in rest {
        let mask = u16::MAX >> (16 - numbers.len());
        // SAFETY: the mask excludes elements past the end.
        unsafe {
            let [position] = borders_below(borders, levels, [_mm512_maskz_loadu_ps(mask, numbers.as_ptr())]);
            _mm512_mask_cvtepi32_storeu_epi8(bins.as_mut_ptr().cast(), mask, position);
        }
    }
}

/// Finds the leaves of a block of rows, two registers at a time.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn find_leaves<const LEVELS: bool>(splits: &[Split], bins: *const u8, stride: usize, out: *mut u8) {
    let mut group = 0;
    while group < stride {
        let two = group + GROUP < stride;
        let (mut one, mut other) = (_mm512_setzero_si512(), _mm512_setzero_si512());
        let mut bit = _mm512_set1_epi8(1);
        for split in splits {
            let least = _mm512_set1_epi8(split.least.cast_signed());
            let mask = _mm512_set1_epi8(split.mask.cast_signed());
            // SAFETY: in bounds, because the caller asserted `is_sound`. If there is no second register, the first is read again.
            let read = |at: usize| unsafe {
                let bins = _mm512_loadu_si512(bins.add(usize::from(split.column) * stride + at).cast());
                if LEVELS { _mm512_xor_si512(bins, mask) } else { bins }
            };
            one = _mm512_mask_add_epi8(one, _mm512_cmpge_epu8_mask(read(group), least), one, bit);
            let second = if two { group + GROUP } else { group };
            other = _mm512_mask_add_epi8(other, _mm512_cmpge_epu8_mask(read(second), least), other, bit);
            bit = _mm512_add_epi8(bit, bit);
        }
        // SAFETY: the caller provides `stride` bytes.
        unsafe {
            _mm512_storeu_si512(out.add(group).cast(), one);
            if two {
                _mm512_storeu_si512(out.add(group + GROUP).cast(), other);
            }
        }
        group += 2 * GROUP;
    }
}

/// Looks up one byte of the leaf values of 64 rows, in the registers that a plane fills.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn look_up(plane: *const u8, depth: usize, leaves: __m512i, is_upper: __mmask64) -> __m512i {
    // SAFETY: a plane has one byte per leaf. Bytes read past its end are not selected, and the last plane has slack.
    let load = |at: usize| unsafe { _mm512_loadu_si512(plane.add(GROUP * at).cast()) };
    match depth {
        0..=6 => _mm512_permutexvar_epi8(leaves, load(0)),
        7 => _mm512_permutex2var_epi8(load(0), leaves, load(1)),
        _ => _mm512_mask_blend_epi8(
            is_upper,
            _mm512_permutex2var_epi8(load(0), leaves, load(1)),
            _mm512_permutex2var_epi8(load(2), leaves, load(3)),
        ),
    }
}

/// Adds the leaf values of 64 rows to their sums, which are in a permuted order: see [`restore_order`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn add(planes: *const u8, depth: usize, leaves: __m512i, sums: &mut [__m512d; 8]) {
    let is_upper = if depth > 7 { _mm512_movepi8_mask(leaves) } else { 0 };
    // SAFETY: guaranteed by the caller.
    let byte = |at: usize| unsafe { look_up(planes.add(at << depth), depth, leaves, is_upper) };
    let pairs = |one, other| [_mm512_unpacklo_epi8(one, other), _mm512_unpackhi_epi8(one, other)];
    let [[a0, a1], [b0, b1]] = [pairs(byte(0), byte(1)), pairs(byte(2), byte(3))];
    let [[c0, c1], [d0, d1]] = [pairs(byte(4), byte(5)), pairs(byte(6), byte(7))];
    let halves = |one, other| [_mm512_unpacklo_epi16(one, other), _mm512_unpackhi_epi16(one, other)];
    let lower = [halves(a0, b0), halves(a1, b1)];
    let upper = [halves(c0, d0), halves(c1, d1)];
    for i in 0..4 {
        let (lower, upper) = (lower[i / 2][i % 2], upper[i / 2][i % 2]);
        let values = [_mm512_unpacklo_epi32(lower, upper), _mm512_unpackhi_epi32(lower, upper)];
        sums[2 * i] = _mm512_add_pd(sums[2 * i], _mm512_castsi512_pd(values[0]));
        sums[2 * i + 1] = _mm512_add_pd(sums[2 * i + 1], _mm512_castsi512_pd(values[1]));
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn load(sums: *const f64) -> [__m512d; 8] {
    // SAFETY: the caller provides 64 sums.
    [0, 8, 16, 24, 32, 40, 48, 56].map(|at| unsafe { _mm512_loadu_pd(sums.add(at)) })
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn store(sums: *mut f64, values: &[__m512d; 8]) {
    for (at, value) in values.iter().enumerate() {
        // SAFETY: the caller provides 64 sums.
        unsafe { _mm512_storeu_pd(sums.add(8 * at), *value) }
    }
}

/// Maximum number of values of the trees of one pass, so that they stay in the L1 cache.
const CACHED_VALUES: usize = 2048;
/// Maximum number of trees per pass.
const TREES_PER_PASS: usize = 32;

/// Adds one table per tree to one column of sums, which stay in registers over several trees.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn add_one<const LEVELS: bool>(job: &KernelJob, sums: &mut [f64]) {
    let (starts, count, stride) = (&job.tables.starts, job.trees.starts_len() - 1, job.bins.stride);
    let mut numbers = vec![0_u8; TREES_PER_PASS * stride];
    let mut first = 0;
    while first < count {
        let mut end = first + 1;
        while end < count && end - first < TREES_PER_PASS && starts[end + 1] - starts[first] <= CACHED_VALUES {
            end += 1;
        }
        // SAFETY: in bounds, because the caller asserted `is_sound`.
        unsafe {
            for tree in first..end {
                let own = numbers.as_mut_ptr().add((tree - first) * stride);
                find_leaves::<LEVELS>(job.trees.splits_of(tree), job.bins.bytes.as_ptr(), stride, own);
            }
            for group in (0..stride).step_by(GROUP) {
                let sums = sums.as_mut_ptr().add(group);
                let mut in_registers = load(sums);
                for tree in first..end {
                    let leaves = _mm512_loadu_si512(numbers.as_ptr().add((tree - first) * stride + group).cast());
                    let planes = job.tables.planes().as_ptr().add(8 * starts[tree]);
                    // Constant depths, so that each is compiled to branch-free code.
                    match job.trees.splits_of(tree).len() {
                        6 => add(planes, 6, leaves, &mut in_registers),
                        7 => add(planes, 7, leaves, &mut in_registers),
                        8 => add(planes, 8, leaves, &mut in_registers),
                        depth => add(planes, depth.min(6), leaves, &mut in_registers),
                    }
                }
                store(sums, &in_registers);
            }
        }
        first = end;
    }
}

/// Adds several tables per tree, each to its own column of sums.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn add_many(job: &KernelJob, sums: &mut [f64]) {
    let stride = job.bins.stride;
    let mut numbers = vec![0_u8; stride];
    for tree in 0..job.trees.starts_len() - 1 {
        let (splits, targets) = (job.trees.splits_of(tree), job.tables.targets(tree));
        if targets.is_empty() {
            continue;
        }
        // SAFETY: in bounds, because the caller asserted `is_sound`.
        unsafe {
            find_leaves::<true>(splits, job.bins.bytes.as_ptr(), stride, numbers.as_mut_ptr());
            let planes = job.tables.planes().as_ptr().add(8 * job.tables.starts[tree]);
            for group in (0..stride).step_by(GROUP) {
                let leaves = _mm512_loadu_si512(numbers.as_ptr().add(group).cast());
                for (table, target) in targets.iter().enumerate() {
                    let planes = planes.add((8 * table) << splits.len());
                    let sums = sums.as_mut_ptr().add(*target as usize * stride + group);
                    let mut in_registers = load(sums);
                    match splits.len() {
                        6 => add(planes, 6, leaves, &mut in_registers),
                        7 => add(planes, 7, leaves, &mut in_registers),
                        8 => add(planes, 8, leaves, &mut in_registers),
                        depth => add(planes, depth.min(6), leaves, &mut in_registers),
                    }
                    store(sums, &in_registers);
                }
            }
        }
    }
}

/// Restores the row order within every 64 sums. Unpacking leaves the rows `16 l + 2 r` and `16 l + 2 r + 1`, for `l` from
/// 0 to 3, in register `r`.
fn restore_order(sums: &mut [f64]) {
    for sums in sums.chunks_exact_mut(GROUP) {
        let permuted: [f64; GROUP] = std::array::from_fn(|at| sums[at]);
        for (at, sum) in permuted.into_iter().enumerate() {
            sums[16 * (at % 8 / 2) + 2 * (at / 8) + at % 2] = sum;
        }
    }
}

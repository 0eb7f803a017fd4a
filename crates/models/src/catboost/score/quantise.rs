//! Converts a block of rows to bins, column by column.

use arrow_array::Array;
use arrow_buffer::NullBuffer;

use super::{Kernel, search::count_below, tables::Bins};
use crate::{
    catboost::forest::{
        Forest,
        bins::BinColumn,
        ctr::{Projection, element_of_level, extend_key},
    },
    inputs::{ColumnValues, Inputs},
};

/// Rows per block, as in CatBoost: the bins of some hundred columns stay in the L1 cache.
pub(crate) const BLOCK: usize = 128;
/// Rows per block if the leaves do not fit into the L2 cache, so that they are loaded less often.
const LARGE_BLOCK: usize = 512;
/// Blocks with fewer rows are not padded to whole registers.
const MIN_WIDE_ROWS: usize = 24;

/// The bins of a block of rows, and buffers for computing them.
#[derive(Debug)]
pub(crate) struct BinBlock {
    /// Number of rows that are filled.
    pub rows: usize,
    stride: usize,
    /// `stride` bytes per column, of which the first `rows` are valid.
    bins: Vec<u8>,
    numbers: Vec<f32>,
    keys: Vec<u64>,
    table_rows: Vec<usize>,
}

impl BinBlock {
    /// Allocates a block for up to `rows` rows.
    pub(crate) fn new(forest: &Forest, rows: usize) -> Self {
        let stride = if rows < MIN_WIDE_ROWS { rows.max(1) } else { rows.next_multiple_of(64) };
        let keys = if forest.binning.projections.is_empty() { 0 } else { stride };
        Self {
            rows: 0,
            stride,
            bins: vec![0; forest.binning.columns.len().saturating_mul(stride)],
            numbers: vec![0.0; stride],
            keys: vec![0; keys],
            table_rows: vec![0; keys],
        }
    }

    /// The bins of one column.
    #[expect(clippy::indexing_slicing, reason = "columns of splits are checked when a model is read; rows ≤ stride")]
    #[inline]
    pub(crate) fn column(&self, column: usize) -> &[u8] {
        &self.bins[column * self.stride..][..self.rows]
    }

    /// The bins of one row, column by column.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = u8> {
        self.bins.iter().skip(row).step_by(self.stride).copied()
    }

    /// Distance between columns, also for the sums of this block.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// The bins in whole registers; `None` for a small block.
    pub(crate) fn bins(&self) -> Option<Bins<'_>> {
        self.stride.is_multiple_of(64).then_some(Bins { bytes: &self.bins, stride: self.stride })
    }
}

impl Forest {
    /// The best number of rows to score at once.
    pub(crate) fn block_rows(&self) -> usize {
        if self.leaf_values.len() > 1 << 16 { LARGE_BLOCK } else { BLOCK }
    }

    /// Fills the block with the bins of `rows` rows of `inputs`, starting at `from`. The caller has checked that these
    /// rows exist.
    #[expect(clippy::indexing_slicing, reason = "a block has space for every column")]
    pub(crate) fn quantise(&self, inputs: &Inputs, from: usize, rows: usize, block: &mut BinBlock) {
        block.rows = rows.min(block.stride);
        let (rows, stride) = (block.rows, block.stride);
        let mut loaded = None;
        let mut direct: Option<&[f32]> = None;
        for (column, source) in self.binning.columns.iter().enumerate() {
            match source {
                BinColumn::Number { feature, missing_above, .. } => {
                    if loaded != Some(feature) {
                        direct =
                            direct_values(inputs, *feature, *missing_above).and_then(|all| all.get(from..from + rows));
                        if direct.is_none() {
                            fetch(inputs, *feature, from, *missing_above, &mut block.numbers[..rows]);
                        }
                        loaded = Some(feature);
                    }
                    let numbers = direct.unwrap_or(&block.numbers[..rows]);
                    let bins = &mut block.bins[column * stride..][..rows];
                    let (borders, levels) = self.search_layout.column(column);
                    match self.kernel {
                        Kernel::Avx512(kernel) if rows >= MIN_WIDE_ROWS => {
                            kernel.search(borders, levels, numbers, bins);
                        }
                        Kernel::Avx2(kernel) if rows >= MIN_WIDE_ROWS => kernel.search(borders, levels, numbers, bins),
                        _ => bins
                            .iter_mut()
                            .zip(numbers)
                            .for_each(|(bin, number)| *bin = count_below(borders, levels, *number)),
                    }
                }
                BinColumn::Level { feature, levels } => {
                    let listed = self.binning.levels.get(levels.clone()).unwrap_or_default();
                    let bins = &mut block.bins[column * stride..][..rows];
                    for (bin, hash) in bins.iter_mut().zip(hashes(inputs, *feature, from)) {
                        let position = listed.iter().position(|listed| listed == hash);
                        *bin = position.and_then(|at| u8::try_from(at).ok()).map_or(0, |at| at.wrapping_add(1));
                    }
                }
                BinColumn::Ctr { .. } => {}
            }
        }
        for projection in &self.binning.projections {
            fill_ctr_columns(projection, inputs, from, block);
        }
    }
}

/// The numbers of a feature, if they need no conversion.
fn direct_values(inputs: &Inputs, feature: usize, missing_above: bool) -> Option<&[f32]> {
    match inputs.columns.get(feature) {
        Some(ColumnValues::Single(values)) if values.null_count() == 0 && !missing_above => Some(values.values()),
        _ => None,
    }
}

/// Copies the numbers of a feature. A missing one becomes NaN, or +∞ if it is above every border.
fn fetch(inputs: &Inputs, feature: usize, from: usize, missing_above: bool, numbers: &mut [f32]) {
    let nulls = match inputs.columns.get(feature) {
        Some(ColumnValues::Single(values)) => {
            let nulls = values.nulls();
            let values = values.values().get(from..).unwrap_or_default();
            numbers.iter_mut().zip(values).for_each(|(number, value)| *number = *value);
            nulls
        }
        Some(ColumnValues::Double(values)) => {
            let nulls = values.nulls();
            let values = values.values().get(from..).unwrap_or_default();
            #[expect(clippy::cast_possible_truncation, reason = "models compare in single precision")]
            numbers.iter_mut().zip(values).for_each(|(number, value)| *number = *value as f32);
            nulls
        }
        _ => {
            numbers.fill(f32::NAN);
            None
        }
    };
    if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
        nulls_to_nan(nulls, from, numbers);
    }
    if missing_above {
        numbers.iter_mut().for_each(|number| *number = if number.is_nan() { f32::INFINITY } else { *number });
    }
}

/// Replaces nulls by NaN. Without branches, as nulls are unpredictable.
#[expect(clippy::indexing_slicing, reason = "the table has an entry for every byte")]
fn nulls_to_nan(nulls: &NullBuffer, from: usize, numbers: &mut [f32]) {
    let nulls = nulls.inner();
    let valid = nulls.inner().bit_chunks(nulls.offset().saturating_add(from), numbers.len());
    let words = valid.iter().chain([valid.remainder_bits()]);
    for (numbers, word) in numbers.chunks_mut(64).zip(words) {
        let bytes = word.to_le_bytes();
        let (eights, rest) = numbers.as_chunks_mut::<8>();
        let last = bytes.get(eights.len()).copied().unwrap_or(u8::MAX);
        for (eight, byte) in eights.iter_mut().zip(bytes) {
            let nan_masks = &NAN_MASKS[usize::from(byte)];
            for at in 0..8 {
                eight[at] = f32::from_bits(eight[at].to_bits() | nan_masks[at]);
            }
        }
        for (number, blank) in rest.iter_mut().zip(NAN_MASKS[usize::from(last)]) {
            *number = f32::from_bits(number.to_bits() | blank);
        }
    }
}

/// For every byte of validity bits, eight masks that turn nulls into NaN: all ones for a null.
static NAN_MASKS: [[u32; 8]; 256] = nan_masks();

#[expect(clippy::indexing_slicing, reason = "computed by the compiler")]
const fn nan_masks() -> [[u32; 8]; 256] {
    let mut nan_masks = [[0; 8]; 256];
    let mut at = 0;
    while at < 256 * 8 {
        nan_masks[at / 8][at % 8] = if ((at / 8) >> (at % 8)) & 1 == 0 { u32::MAX } else { 0 };
        at += 1;
    }
    nan_masks
}

/// Hashes of the levels of a feature, starting at a row.
fn hashes(inputs: &Inputs, feature: usize, from: usize) -> &[u32] {
    match inputs.columns.get(feature) {
        Some(ColumnValues::Levels(hashes)) => hashes.get(from..).unwrap_or_default(),
        _ => &[],
    }
}

/// Fills the columns of a projection: keys, then rows of its tables, then bins.
#[expect(clippy::indexing_slicing, reason = "a block has space for every column")]
fn fill_ctr_columns(projection: &Projection, inputs: &Inputs, from: usize, block: &mut BinBlock) {
    let BinBlock { rows, stride, bins, keys, table_rows, .. } = block;
    let (keys, table_rows) = (&mut keys[..*rows], &mut table_rows[..*rows]);
    keys.fill(0);
    for &feature in &projection.features {
        for (key, &hash) in keys.iter_mut().zip(hashes(inputs, feature, from)) {
            *key = extend_key(*key, element_of_level(hash));
        }
    }
    for &split in &projection.splits {
        for (key, &bin) in keys.iter_mut().zip(&bins[usize::from(split.column) * *stride..]) {
            *key = extend_key(*key, u64::from(split.holds(bin)));
        }
    }
    for table in &projection.tables {
        table_rows.iter_mut().zip(&*keys).for_each(|(row, key)| *row = table.row(*key));
        for column in &table.columns {
            let bins = &mut bins[column.column * *stride..][..*rows];
            for (bin, row) in bins.iter_mut().zip(&*table_rows) {
                *bin = column.bins.get(*row).copied().unwrap_or(0);
            }
        }
    }
}

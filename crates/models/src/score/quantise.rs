//! A block of rows as bins, column after column.

use arrow_array::Array;
use arrow_buffer::NullBuffer;

use super::{Inputs, Kernel, inputs::Values, search::count_below, tables::Bins};
use crate::forest::{
    Forest,
    bins::BinColumn,
    ctr::{Projection, element_of_level, extend_key},
};

/// Rows per block: the bins of some hundred columns stay in the first-level cache. As CatBoost's.
pub(crate) const BLOCK: usize = 128;
/// Rows per block when leaves do not fit into the second-level cache: they pass less often then.
const LARGE_BLOCK: usize = 512;
/// Below so many rows, none are filled up to whole registers.
const FEW: usize = 24;

/// The bins of a block of rows, and what is needed to make them.
#[derive(Debug)]
pub(crate) struct Block {
    /// How many rows are filled.
    pub rows: usize,
    stride: usize,
    /// `stride` bytes a column, of which the first `rows` mean something.
    bins: Vec<u8>,
    numbers: Vec<f32>,
    keys: Vec<u64>,
    places: Vec<usize>,
}

impl Block {
    /// Room for up to `rows` rows.
    pub(crate) fn new(forest: &Forest, rows: usize) -> Self {
        let stride = if rows < FEW { rows.max(1) } else { rows.next_multiple_of(64) };
        let keys = if forest.binning.projections.is_empty() { 0 } else { stride };
        Self {
            rows: 0,
            stride,
            bins: vec![0; forest.binning.columns.len().saturating_mul(stride)],
            numbers: vec![0.0; stride],
            keys: vec![0; keys],
            places: vec![0; keys],
        }
    }

    /// The bins of one column.
    #[expect(clippy::indexing_slicing, reason = "columns of splits are checked when a model is read; rows ≤ stride")]
    #[inline]
    pub(crate) fn column(&self, column: usize) -> &[u8] {
        &self.bins[column * self.stride..][..self.rows]
    }

    /// The bins of one row, column after column.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = u8> {
        self.bins.iter().skip(row).step_by(self.stride).copied()
    }

    /// How far columns of sums for this block are apart.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Whole registers of bins, unless there are few rows.
    pub(crate) fn bins(&self) -> Option<Bins<'_>> {
        self.stride.is_multiple_of(64).then_some(Bins { bytes: &self.bins, stride: self.stride })
    }
}

impl Forest {
    /// How many rows it is best to score at once.
    pub(crate) fn block_rows(&self) -> usize {
        if self.leaf_values.len() > 1 << 16 { LARGE_BLOCK } else { BLOCK }
    }

    /// Fills the block with rows of `inputs` from `from` on; the caller has checked that they are there.
    #[expect(clippy::indexing_slicing, reason = "a block has room for every column")]
    pub(crate) fn quantise(&self, inputs: &Inputs, from: usize, rows: usize, block: &mut Block) {
        block.rows = rows.min(block.stride);
        let (rows, stride) = (block.rows, block.stride);
        let mut at_hand = None;
        let mut direct: Option<&[f32]> = None;
        for (column, source) in self.binning.columns.iter().enumerate() {
            match source {
                BinColumn::Number { feature, missing_above, .. } => {
                    if at_hand != Some(feature) {
                        direct =
                            as_they_are(inputs, *feature, *missing_above).and_then(|all| all.get(from..from + rows));
                        if direct.is_none() {
                            fetch(inputs, *feature, from, *missing_above, &mut block.numbers[..rows]);
                        }
                        at_hand = Some(feature);
                    }
                    let numbers = direct.unwrap_or(&block.numbers[..rows]);
                    let bins = &mut block.bins[column * stride..][..rows];
                    let (asked, levels) = self.searches.column(column);
                    match self.kernel {
                        Kernel::Avx512(kernel) if rows >= FEW => kernel.search(asked, levels, numbers, bins),
                        Kernel::Avx2(kernel) if rows >= FEW => kernel.search(asked, levels, numbers, bins),
                        _ => bins
                            .iter_mut()
                            .zip(numbers)
                            .for_each(|(bin, number)| *bin = count_below(asked, levels, *number)),
                    }
                }
                BinColumn::Level { feature, levels } => {
                    let listed = self.binning.levels.get(levels.clone()).unwrap_or_default();
                    let bins = &mut block.bins[column * stride..][..rows];
                    for (bin, hash) in bins.iter_mut().zip(hashes(inputs, *feature, from)) {
                        let place = listed.iter().position(|listed| listed == hash);
                        *bin =
                            place.and_then(|place| u8::try_from(place).ok()).map_or(0, |place| place.wrapping_add(1));
                    }
                }
                BinColumn::Ctr { .. } => {}
            }
        }
        for projection in &self.binning.projections {
            look_up(projection, inputs, from, block);
        }
    }
}

/// A feature's numbers, if nothing has to be done to them.
fn as_they_are(inputs: &Inputs, feature: usize, missing_above: bool) -> Option<&[f32]> {
    match inputs.columns.get(feature) {
        Some(Values::Single(values)) if values.null_count() == 0 && !missing_above => Some(values.values()),
        _ => None,
    }
}

/// Numbers of a feature, a missing one as NaN, or as +∞ where it lies above every border.
fn fetch(inputs: &Inputs, feature: usize, from: usize, missing_above: bool, numbers: &mut [f32]) {
    let nulls = match inputs.columns.get(feature) {
        Some(Values::Single(values)) => {
            let nulls = values.nulls();
            let values = values.values().get(from..).unwrap_or_default();
            numbers.iter_mut().zip(values).for_each(|(number, value)| *number = *value);
            nulls
        }
        Some(Values::Double(values)) => {
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
        blank(nulls, from, numbers);
    }
    if missing_above {
        numbers.iter_mut().for_each(|number| *number = if number.is_nan() { f32::INFINITY } else { *number });
    }
}

/// Makes NaN of the numbers of nulls. Without a branch: which rows are null, no processor can guess.
#[expect(clippy::indexing_slicing, reason = "there are as many entries as a byte has values")]
fn blank(nulls: &NullBuffer, from: usize, numbers: &mut [f32]) {
    let nulls = nulls.inner();
    let valid = nulls.inner().bit_chunks(nulls.offset().saturating_add(from), numbers.len());
    let words = valid.iter().chain([valid.remainder_bits()]);
    for (numbers, word) in numbers.chunks_mut(64).zip(words) {
        let bytes = word.to_le_bytes();
        let (eights, rest) = numbers.as_chunks_mut::<8>();
        let last = bytes.get(eights.len()).copied().unwrap_or(u8::MAX);
        for (eight, byte) in eights.iter_mut().zip(bytes) {
            let blanks = &BLANKS[usize::from(byte)];
            for at in 0..8 {
                eight[at] = f32::from_bits(eight[at].to_bits() | blanks[at]);
            }
        }
        for (number, blank) in rest.iter_mut().zip(BLANKS[usize::from(last)]) {
            *number = f32::from_bits(number.to_bits() | blank);
        }
    }
}

/// For eight bits of validity, what makes NaN of the others: all ones.
static BLANKS: [[u32; 8]; 256] = blanks();

#[expect(clippy::indexing_slicing, reason = "computed by the compiler")]
const fn blanks() -> [[u32; 8]; 256] {
    let mut blanks = [[0; 8]; 256];
    let mut at = 0;
    while at < 256 * 8 {
        blanks[at / 8][at % 8] = if ((at / 8) >> (at % 8)) & 1 == 0 { u32::MAX } else { 0 };
        at += 1;
    }
    blanks
}

/// Hashes of a feature's levels from a row on.
fn hashes(inputs: &Inputs, feature: usize, from: usize) -> &[u32] {
    match inputs.columns.get(feature) {
        Some(Values::Levels(hashes)) => hashes.get(from..).unwrap_or_default(),
        _ => &[],
    }
}

/// Fills the columns of a projection: keys, then rows of its tables, then bins.
#[expect(clippy::indexing_slicing, reason = "a block has room for every column")]
fn look_up(projection: &Projection, inputs: &Inputs, from: usize, block: &mut Block) {
    let Block { rows, stride, bins, keys, places, .. } = block;
    let (keys, places) = (&mut keys[..*rows], &mut places[..*rows]);
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
        places.iter_mut().zip(&*keys).for_each(|(place, key)| *place = table.row(*key));
        for column in &table.columns {
            let bins = &mut bins[column.column * *stride..][..*rows];
            for (bin, row) in bins.iter_mut().zip(&*places) {
                *bin = column.bins.get(*row).copied().unwrap_or(0);
            }
        }
    }
}

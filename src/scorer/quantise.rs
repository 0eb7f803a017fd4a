//! A block of rows as bins, column after column.

use arrow::array::Array;

use super::{
    Forest, Inputs,
    bins::BinColumn,
    ctr::{Projection, element_of_level, extend_key},
    inputs::Values,
};

/// Rows per block: the bins of some hundred columns stay in the first-level cache. As CatBoost's.
pub(super) const BLOCK: usize = 128;

/// The bins of up to [`BLOCK`] rows.
#[derive(Debug)]
pub(super) struct Block {
    /// How many rows are filled.
    pub rows: usize,
    /// [`BLOCK`] bytes a column, of which the first `rows` mean something.
    bins: Vec<u8>,
}

impl Block {
    pub fn new(forest: &Forest) -> Self {
        Self { rows: 0, bins: vec![0; forest.binning.columns.len().saturating_mul(BLOCK)] }
    }

    /// The bins of one column.
    #[expect(clippy::indexing_slicing, reason = "columns of splits are checked when a model is read; rows ≤ BLOCK")]
    #[inline]
    pub fn column(&self, column: usize) -> &[u8] {
        &self.bins[column * BLOCK..][..self.rows]
    }

    #[expect(clippy::indexing_slicing, reason = "as above")]
    fn column_mut(&mut self, column: usize) -> &mut [u8] {
        &mut self.bins[column * BLOCK..][..self.rows]
    }
}

impl Forest {
    /// Fills the block with rows of `inputs` from `from` on; the caller has checked that they are there.
    pub(super) fn quantise(&self, inputs: &Inputs, from: usize, rows: usize, block: &mut Block) {
        block.rows = rows.min(BLOCK);
        let mut numbers = [0.0_f32; BLOCK];
        let mut at_hand = None;
        for (column, source) in self.binning.columns.iter().enumerate() {
            match source {
                BinColumn::Number { feature, missing_above, borders } => {
                    let numbers = numbers.split_at_mut(block.rows).0;
                    if at_hand != Some(feature) {
                        fetch(inputs, *feature, from, *missing_above, numbers);
                        at_hand = Some(feature);
                    }
                    let borders = self.binning.borders.get(borders.clone()).unwrap_or_default();
                    count_below(borders, numbers, block.column_mut(column));
                }
                BinColumn::Level { feature, levels } => {
                    let listed = self.binning.levels.get(levels.clone()).unwrap_or_default();
                    let bins = block.column_mut(column);
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

/// Numbers of a feature, a missing one as NaN, or as +∞ where it lies above every border.
fn fetch(inputs: &Inputs, feature: usize, from: usize, missing_above: bool, numbers: &mut [f32]) {
    let values = inputs.columns.get(feature);
    let nulls = match values {
        Some(Values::Single(values)) => {
            numbers.iter_mut().zip(values.values().iter().skip(from)).for_each(|(number, value)| *number = *value);
            values.nulls()
        }
        Some(Values::Double(values)) => {
            #[expect(clippy::cast_possible_truncation, reason = "models compare in single precision")]
            let single = |(number, value): (&mut f32, &f64)| *number = *value as f32;
            numbers.iter_mut().zip(values.values().iter().skip(from)).for_each(single);
            values.nulls()
        }
        _ => {
            numbers.fill(f32::NAN);
            None
        }
    };
    if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
        for (number, valid) in numbers.iter_mut().zip(nulls.iter().skip(from)) {
            if !valid {
                *number = f32::NAN;
            }
        }
    }
    if missing_above {
        numbers.iter_mut().filter(|number| number.is_nan()).for_each(|number| *number = f32::INFINITY);
    }
}

/// How many borders lie below each number; none below NaN.
fn count_below(borders: &[f32], numbers: &[f32], bins: &mut [u8]) {
    bins.fill(0);
    for border in borders {
        for (bin, number) in bins.iter_mut().zip(numbers) {
            *bin = bin.wrapping_add(u8::from(number > border));
        }
    }
}

/// Hashes of a feature's levels from a row on.
fn hashes(inputs: &Inputs, feature: usize, from: usize) -> &[u32] {
    match inputs.columns.get(feature) {
        Some(Values::Levels(hashes)) => hashes.get(from..).unwrap_or_default(),
        _ => &[],
    }
}

/// Fills the columns of a projection: keys, then rows of its tables, then bins.
fn look_up(projection: &Projection, inputs: &Inputs, from: usize, block: &mut Block) {
    let mut keys = [0_u64; BLOCK];
    for &feature in &projection.features {
        for (key, &hash) in keys.iter_mut().zip(hashes(inputs, feature, from)) {
            *key = extend_key(*key, element_of_level(hash));
        }
    }
    for &split in &projection.splits {
        for (key, &bin) in keys.iter_mut().zip(block.column(usize::from(split.column))) {
            *key = extend_key(*key, u64::from(split.holds(bin)));
        }
    }
    for table in &projection.tables {
        let mut rows = [0_usize; BLOCK];
        rows.iter_mut().zip(&keys).take(block.rows).for_each(|(row, key)| *row = table.row(*key));
        for column in &table.columns {
            for (bin, row) in block.column_mut(column.column).iter_mut().zip(&rows) {
                *bin = column.bins.get(*row).copied().unwrap_or(0);
            }
        }
    }
}

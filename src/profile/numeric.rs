//! How often each cell of a numeric feature was hit.

use arrow::array::Array;

use super::{Moments, Scale};
use crate::{
    batch::for_each_number,
    layout::{Cells, Precision},
};

/// Values looked at together: each step of counting is a loop of its own over a block that stays in the nearest cache.
const BLOCK: usize = 1_024;

/// Counts on [`Cells`], with the sums that mean and deviation need.
#[derive(Debug, Clone, PartialEq)]
pub struct CellCounts {
    cells: Vec<u64>,
    missing: u64,
    moments: Moments,
    /// Least and greatest value seen; the other way round while there is none.
    least: f64,
    greatest: f64,
}

impl CellCounts {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(cells: &Cells) -> Self {
        Self::from_parts(vec![0; cells.len()], 0, Moments::default(), None)
    }

    /// From stored integers.
    #[must_use]
    pub fn from_parts(cells: Vec<u64>, missing: u64, moments: Moments, range: Option<(f64, f64)>) -> Self {
        let (least, greatest) = range.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
        Self { cells, missing, moments, least, greatest }
    }

    /// Counts the values of a column of any number or truth type; null and NaN are missing.
    pub fn observe_array(&mut self, array: &dyn Array, cells: &Cells, scale: &Scale, precision: Precision) {
        let mut block = [0.0; BLOCK];
        let (mut filled, mut present) = (0, 0);
        for_each_number(array, &mut |value: f64| {
            if let Some(place) = block.get_mut(filled) {
                *place = value;
            }
            // No branch: which values are missing cannot be foreseen.
            filled += usize::from(!value.is_nan());
            if filled == BLOCK {
                self.observe(&mut block, cells, scale, precision);
                present += filled;
                filled = 0;
            }
        });
        if let Some(rest) = block.get_mut(..filled) {
            self.observe(rest, cells, scale, precision);
        }
        self.missing += (array.len() - present - filled) as u64;
    }

    /// Counts values none of which is NaN.
    fn observe(&mut self, values: &mut [f64], cells: &Cells, scale: &Scale, precision: Precision) {
        for value in &mut *values {
            // Adding zero turns −0 into 0.
            *value = precision.round(*value) + 0.0;
        }
        for value in &*values {
            if let Some(count) = self.cells.get_mut(cells.cell(*value)) {
                *count += 1;
            }
        }
        let (least, greatest) = ends(values);
        self.least = self.least.min(least);
        self.greatest = self.greatest.max(greatest);
        self.moments.observe(values, scale);
    }

    /// Counts `rows` rows without a value.
    pub fn observe_missing(&mut self, rows: u64) {
        self.missing += rows;
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.cells.iter_mut().zip(&other.cells) {
            *ours += theirs;
        }
        self.missing += other.missing;
        self.moments.merge(&other.moments);
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    /// In cell order.
    #[must_use]
    pub fn cells(&self) -> &[u64] {
        &self.cells
    }

    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Rows with a value.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.cells.iter().sum()
    }

    #[must_use]
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        (self.present() > 0).then_some((self.least, self.greatest))
    }
}

/// The least and the greatest of values none of which is NaN.
fn ends(values: &[f64]) -> (f64, f64) {
    const LANES: usize = 8;
    let mut least = [f64::INFINITY; LANES];
    let mut greatest = [f64::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    for (lane, value) in chunks.remainder().iter().enumerate() {
        if let (Some(least), Some(greatest)) = (least.get_mut(lane), greatest.get_mut(lane)) {
            (*least, *greatest) = (*value, *value);
        }
    }
    for chunk in chunks {
        for ((least, greatest), value) in least.iter_mut().zip(&mut greatest).zip(chunk) {
            *least = if *value < *least { *value } else { *least };
            *greatest = if *value > *greatest { *value } else { *greatest };
        }
    }
    (least.into_iter().fold(f64::INFINITY, f64::min), greatest.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

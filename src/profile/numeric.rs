//! How often each cell of a numeric feature was hit.

use arrow::array::Array;

use super::{Moments, Scale};
use crate::{
    batch::for_each_number,
    layout::{Cells, Precision},
};

/// Counts on [`Cells`], with the sums that mean and deviation need.
#[derive(Debug, Clone, PartialEq)]
pub struct CellCounts {
    cells: Vec<u64>,
    missing: u64,
    moments: Moments,
    /// Least and greatest value seen.
    range: Option<(f64, f64)>,
}

impl CellCounts {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(cells: &Cells) -> Self {
        Self { cells: vec![0; cells.len()], missing: 0, moments: Moments::default(), range: None }
    }

    /// From stored integers.
    #[must_use]
    pub fn from_parts(cells: Vec<u64>, missing: u64, moments: Moments, range: Option<(f64, f64)>) -> Self {
        Self { cells, missing, moments, range }
    }

    /// Counts one value; NaN is missing.
    #[inline]
    pub fn observe(&mut self, value: f64, cells: &Cells, scale: &Scale, precision: Precision) {
        if value.is_nan() {
            self.missing += 1;
            return;
        }
        // Adding zero turns −0 into 0.
        let value = precision.round(value) + 0.0;
        if let Some(count) = self.cells.get_mut(cells.cell(value)) {
            *count += 1;
        }
        self.moments.observe(value, scale);
        self.range = Some(self.range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
    }

    /// Counts the values of a column of any number or truth type.
    pub fn observe_array(&mut self, array: &dyn Array, cells: &Cells, scale: &Scale, precision: Precision) {
        for_each_number(array, &mut |value| self.observe(value, cells, scale, precision));
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
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (ours, theirs) => ours.or(theirs),
        };
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
        self.range
    }
}

//! Counts of the cells of a numeric feature.

use arrow_array::{
    Array, PrimitiveArray,
    cast::AsArray,
    types::{ArrowPrimitiveType, Float32Type, Float64Type},
};
use arrow_schema::DataType;

use super::{
    Moments, Scale,
    tally::{BlockBuffer, ColumnSummary, ColumnTally},
};
use crate::{
    batch::for_each_number,
    layout::{Cells, Precision, Real},
};

/// Counts on [`Cells`], with the sums for mean and standard deviation.
#[derive(Debug, Clone, PartialEq)]
pub struct CellCounts {
    cells: Vec<u64>,
    missing: u64,
    moments: Moments,
    /// Smallest and largest value so far; infinity and negative infinity while there is none.
    least: f64,
    greatest: f64,
}

impl CellCounts {
    /// Creates empty counts.
    #[must_use]
    pub fn empty(cells: &Cells) -> Self {
        Self::from_parts(vec![0; cells.len()], 0, Moments::default(), None)
    }

    /// Restores stored counts.
    #[must_use]
    pub fn from_parts(cells: Vec<u64>, missing: u64, moments: Moments, range: Option<(f64, f64)>) -> Self {
        let (least, greatest) = range.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
        Self { cells, missing, moments, least, greatest }
    }

    /// Counts the values of a column of any numeric or boolean type; null and NaN are missing.
    pub fn observe_array(&mut self, array: &dyn Array, cells: &Cells, scale: &Scale, precision: Precision) {
        match (precision, array.data_type()) {
            (Precision::F32, DataType::Float32) => {
                self.observe_reals(array.as_primitive::<Float32Type>(), cells, scale);
            }
            (Precision::F64, DataType::Float64) => {
                self.observe_reals(array.as_primitive::<Float64Type>(), cells, scale);
            }
            (Precision::F32, _) => self.observe_numbers::<f32>(array, cells, scale),
            (Precision::F64, _) => self.observe_numbers::<f64>(array, cells, scale),
        }
    }

    /// Counts values that are stored in the type in which they are compared; without missing values none is copied.
    fn observe_reals<P: ArrowPrimitiveType<Native: Real>>(
        &mut self,
        array: &PrimitiveArray<P>,
        cells: &Cells,
        scale: &Scale,
    ) {
        let mut tally = ColumnTally::new(cells, scale, &mut self.cells);
        let mut block = BlockBuffer::new();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => tally.observe_all(array.values(), &mut block),
            Some(valid) => tally.observe_valid(array.values(), valid.inner(), &mut block),
        }
        let summary = block.finish(tally);
        self.add(&summary, array.len());
    }

    /// Counts values of another type, converting each to the type in which it is compared.
    fn observe_numbers<T: Real>(&mut self, array: &dyn Array, cells: &Cells, scale: &Scale) {
        let mut tally = ColumnTally::new(cells, scale, &mut self.cells);
        let mut block = BlockBuffer::new();
        for_each_number(array, &mut |value: f64| block.push(T::from_f64(value), &mut tally));
        let summary = block.finish(tally);
        self.add(&summary, array.len());
    }

    /// Counts a value `times` times; it must not be NaN.
    pub fn observe_n(&mut self, value: f64, times: u64, cells: &Cells, scale: &Scale) {
        if let Some(count) = self.cells.get_mut(cells.cell(value)) {
            *count += times;
        }
        self.moments.observe_n(value, times, scale);
        self.least = self.least.min(value + 0.0);
        self.greatest = self.greatest.max(value + 0.0);
    }

    fn add<T: Real>(&mut self, summary: &ColumnSummary<T>, rows: usize) {
        self.missing += rows as u64 - summary.present;
        self.moments.merge(&summary.moments);
        // Adding zero converts −0 to 0.
        self.least = self.least.min(summary.least.into() + 0.0);
        self.greatest = self.greatest.max(summary.greatest.into() + 0.0);
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

    /// Rows per cell.
    #[must_use]
    pub fn cells(&self) -> &[u64] {
        &self.cells
    }

    /// Rows without a value.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Rows with a value.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.cells.iter().sum()
    }

    /// Sums for mean and standard deviation.
    #[must_use]
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Smallest and largest value; `None` without values.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        (self.present() > 0).then_some((self.least, self.greatest))
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Float64Array;
    use proptest::prelude::*;

    use super::*;
    use crate::profile::scale;

    proptest! {
        #[test]
        fn repeated_values_count_the_same_at_once_and_one_by_one(
            values in prop::collection::vec((prop_oneof![-9.0f64..9.0, Just(-0.0), Just(1e300), Just(f64::INFINITY)], 1u64..5), 0..100),
            edges in prop::collection::btree_set(-8i32..8, 0..9),
        ) {
            let cells = Cells::from_parts(edges.into_iter().map(f64::from).collect(), Vec::new(), Vec::new());
            let scale = scale(&cells);
            let (mut at_once, mut one_by_one) = (CellCounts::empty(&cells), CellCounts::empty(&cells));
            values.iter().for_each(|(value, times)| at_once.observe_n(*value, *times, &cells, &scale));
            for time in 0..5 {
                let rows: Float64Array = values.iter().filter(|(_, times)| *times > time).map(|(value, _)| *value).collect();
                one_by_one.observe_array(&rows, &cells, &scale, Precision::F64);
            }
            prop_assert_eq!(at_once, one_by_one);
        }
    }
}

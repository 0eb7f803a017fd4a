//! How often each cell of a numeric feature was hit.

use arrow::{
    array::{Array, AsArray, BooleanArray, PrimitiveArray},
    datatypes::{
        ArrowPrimitiveType, DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};

use super::{Moments, Scale};
use crate::layout::{Cells, Precision};

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

/// Calls `each` with every value of a column of any number or truth type; NaN for null.
pub fn for_each_number(array: &dyn Array, each: &mut dyn FnMut(f64)) {
    fn walk<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, each: &mut dyn FnMut(f64), to: fn(T::Native) -> f64) {
        if array.null_count() == 0 {
            array.values().iter().for_each(|value| each(to(*value)));
        } else {
            array.iter().for_each(|value| each(value.map_or(f64::NAN, to)));
        }
    }
    fn truths(array: &BooleanArray, each: &mut dyn FnMut(f64)) {
        array.iter().for_each(|value| each(value.map_or(f64::NAN, |truth| f64::from(u8::from(truth)))));
    }
    match array.data_type() {
        DataType::Float64 => walk(array.as_primitive::<Float64Type>(), each, |v| v),
        DataType::Float32 => walk(array.as_primitive::<Float32Type>(), each, f64::from),
        DataType::Int8 => walk(array.as_primitive::<Int8Type>(), each, f64::from),
        DataType::Int16 => walk(array.as_primitive::<Int16Type>(), each, f64::from),
        DataType::Int32 => walk(array.as_primitive::<Int32Type>(), each, f64::from),
        DataType::UInt8 => walk(array.as_primitive::<UInt8Type>(), each, f64::from),
        DataType::UInt16 => walk(array.as_primitive::<UInt16Type>(), each, f64::from),
        DataType::UInt32 => walk(array.as_primitive::<UInt32Type>(), each, f64::from),
        #[expect(clippy::cast_precision_loss, reason = "a feature beyond 2^53 is compared as f64 by every model")]
        DataType::Int64 => walk(array.as_primitive::<Int64Type>(), each, |v| v as f64),
        #[expect(clippy::cast_precision_loss, reason = "a feature beyond 2^53 is compared as f64 by every model")]
        DataType::UInt64 => walk(array.as_primitive::<UInt64Type>(), each, |v| v as f64),
        DataType::Boolean => truths(array.as_boolean(), each),
        // Readers hand over numbers only; anything else they have turned into missing, with a complaint.
        _ => (0..array.len()).for_each(|_| each(f64::NAN)),
    }
}

//! The steps between the columns of a log and those that the estimator reads, computed for a block of rows at a time.
//!
//! Every transformer that is read works column by column, so each of its outputs is one step from one column. A level of a
//! category is its code as a number; NaN is a missing one, and −1 one that no transformer knows.

use std::ops::Range;

use arrow_array::Float64Array;
use arrow_buffer::ScalarBuffer;

use crate::{
    ensemble::codes::number,
    inputs::{ColumnValues, Inputs},
};

/// The steps of all transformers, in an order in which each follows the one it reads.
#[derive(Debug, Default)]
pub(crate) struct ColumnProgram {
    /// Number of features. A column is numbered by its feature, or by this plus the number of its step.
    pub features: usize,
    /// For each feature, the column of the inputs; `None` if no step reads it.
    pub places: Vec<Option<usize>>,
    pub steps: Vec<ColumnStep>,
    pub tables: Vec<CodeTable>,
    /// Numbers are 32-bit floats, and remain so until an encoder: scikit-learn rounds after each step.
    pub single_inputs: bool,
}

/// A column that is computed from another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ColumnStep {
    pub from: usize,
    pub op: ColumnOp,
    /// Whether the column has the precision of the inputs.
    pub is_rounded: bool,
}

/// What a step does with each value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ColumnOp {
    /// Refuses rows with an infinite value.
    Finite,
    /// Replaces the values that a marker stands for.
    Fill {
        marker: MissingMarker,
        value: f64,
    },
    /// 1 if the marker stands for the value, otherwise 0.
    IsMarked(MissingMarker),
    Subtract(f64),
    Divide(f64),
    Multiply(f64),
    Add(f64),
    Clip {
        low: f64,
        high: f64,
    },
    /// Looks up the value in a table.
    Code(usize),
    /// 1 if equal, otherwise 0.
    Equals(f64),
}

/// What an imputer replaces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MissingMarker {
    Nan,
    Value(f64),
}

/// The codes that an encoder gives to values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CodeTable {
    /// Values with their codes, in ascending order of values.
    pub codes: Vec<(f64, f64)>,
    /// The code of a missing value; `None` if it is unknown.
    pub missing: Option<f64>,
    /// The code of an unknown value; `None` if scikit-learn refuses the row.
    pub unknown: Option<f64>,
}

/// The columns of a block of rows.
#[derive(Debug)]
pub(crate) struct ColumnBlock {
    /// Column by column.
    values: Vec<f64>,
    /// Rows that scikit-learn refuses.
    refused: Vec<bool>,
    /// Rows per column.
    capacity: usize,
    rows: usize,
}

impl MissingMarker {
    #[expect(clippy::float_cmp, reason = "the rule is equality")]
    fn matches(self, value: f64) -> bool {
        match self {
            Self::Nan => value.is_nan(),
            Self::Value(marker) => value == marker,
        }
    }
}

impl CodeTable {
    fn code(&self, value: f64) -> Option<f64> {
        if value.is_nan() {
            return self.missing.or(self.unknown);
        }
        // Unlike `total_cmp`, this takes −0 for 0.
        let found =
            self.codes.binary_search_by(|(known, _)| known.partial_cmp(&value).unwrap_or(std::cmp::Ordering::Less));
        found.ok().and_then(|at| self.codes.get(at)).map(|(_, code)| *code).or(self.unknown)
    }
}

impl ColumnOp {
    #[expect(clippy::float_cmp, reason = "the rule is equality")]
    fn apply(self, tables: &[CodeTable], value: f64) -> Option<f64> {
        Some(match self {
            Self::Finite => return (!value.is_infinite()).then_some(value),
            Self::Fill { marker, value: fill } => {
                if marker.matches(value) {
                    fill
                } else {
                    value
                }
            }
            Self::IsMarked(marker) => f64::from(u8::from(marker.matches(value))),
            Self::Subtract(by) => value - by,
            Self::Divide(by) => value / by,
            Self::Multiply(by) => value * by,
            Self::Add(by) => value + by,
            // Unlike `f64::clamp`, this does not panic on bounds that a damaged file has swapped.
            Self::Clip { low, high } => {
                if value < low {
                    low
                } else if value > high {
                    high
                } else {
                    value
                }
            }
            Self::Code(table) => return tables.get(table).and_then(|table| table.code(value)),
            Self::Equals(other) => f64::from(u8::from(value == other)),
        })
    }
}

/// Rounds to a 32-bit float.
#[expect(clippy::cast_possible_truncation, reason = "rounding is the rule")]
pub(crate) fn rounded(value: f64) -> f64 {
    f64::from(value as f32)
}

impl ColumnProgram {
    /// Number of columns, computed ones included.
    pub(crate) fn columns(&self) -> usize {
        self.features.saturating_add(self.steps.len())
    }

    /// The feature that a column is computed from.
    pub(crate) fn feature_of(&self, column: usize) -> usize {
        let mut column = column;
        // A step reads an earlier column, so this ends.
        while let Some(step) = column.checked_sub(self.features).and_then(|step| self.steps.get(step)) {
            column = step.from;
        }
        column
    }

    /// A block for as many rows as fit the processor's cache.
    pub(crate) fn block(&self) -> ColumnBlock {
        let capacity = ((1_usize << 17) / self.columns().max(1)).clamp(1, 256);
        let values = vec![0.0; self.columns().saturating_mul(capacity)];
        ColumnBlock { values, refused: vec![false; capacity], capacity, rows: 0 }
    }

    /// Computes all columns of some rows, at most [`ColumnBlock::capacity`].
    pub(crate) fn run(&self, inputs: &Inputs, rows: Range<usize>, block: &mut ColumnBlock) {
        block.rows = rows.len().min(block.capacity);
        block.refused.fill(false);
        for (place, into) in self.places.iter().zip(block.values.chunks_exact_mut(block.capacity)) {
            let column = place.and_then(|place| inputs.columns.get(place));
            for (row, into) in rows.clone().zip(into) {
                let value = column.map_or(f64::NAN, |column| number(column, row));
                let rounds = self.single_inputs && !matches!(column, Some(ColumnValues::Levels(_)));
                *into = if rounds { rounded(value) } else { value };
            }
        }
        let first = self.features.saturating_mul(block.capacity);
        for (number, step) in self.steps.iter().enumerate() {
            let (before, after) = block.values.split_at_mut(first + number * block.capacity);
            let rounds = self.single_inputs && step.is_rounded;
            let from = before.iter().skip(step.from * block.capacity);
            for ((from, into), refused) in from.zip(after).zip(&mut block.refused).take(block.rows) {
                let value = step.op.apply(&self.tables, *from).unwrap_or_else(|| {
                    *refused = true;
                    f64::NAN
                });
                *into = if rounds { rounded(value) } else { value };
            }
        }
    }
}

impl ColumnBlock {
    /// Largest number of rows.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The value of a column in a row of the block.
    pub(crate) fn value(&self, column: usize, row: usize) -> f64 {
        self.values.get(column * self.capacity + row).copied().unwrap_or(f64::NAN)
    }

    /// Columns of the block, as ensembles read them.
    pub(crate) fn columns(&self, columns: &[usize]) -> Vec<ColumnValues> {
        let values = |column: &usize| {
            let own = self.values.iter().skip(column * self.capacity).take(self.rows);
            ColumnValues::Double(Float64Array::new(own.copied().collect::<ScalarBuffer<f64>>(), None))
        };
        columns.iter().map(values).collect()
    }

    /// Whether a transformer refuses the row.
    pub(crate) fn is_refused(&self, row: usize) -> bool {
        self.refused.get(row).is_some_and(|refused| *refused)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "results are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apply(op: ColumnOp, value: f64) -> f64 {
        op.apply(&[], value).unwrap()
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![any::<f64>(), prop::sample::select(vec![f64::NAN, 0.0, -0.0, 5e-324, f64::INFINITY, 1.0])]
    }

    proptest! {
        #[test]
        fn scalers_are_two_roundings(value in value(), centre in value(), scale in value()) {
            let scaled = apply(ColumnOp::Divide(scale), apply(ColumnOp::Subtract(centre), value));
            let expected = (value - centre) / scale;
            prop_assert!(scaled.to_bits() == expected.to_bits() || scaled.is_nan() && expected.is_nan());
            let scaled = apply(ColumnOp::Add(centre), apply(ColumnOp::Multiply(scale), value));
            let expected = value * scale + centre;
            prop_assert!(scaled.to_bits() == expected.to_bits() || scaled.is_nan() && expected.is_nan());
        }

        #[test]
        fn nothing_that_is_imputed_remains(value in value(), marker in value(), fill in -1e9..1e9_f64) {
            let marker = if marker.is_nan() { MissingMarker::Nan } else { MissingMarker::Value(marker) };
            let filled = apply(ColumnOp::Fill { marker, value: fill }, value);
            let is_marked = apply(ColumnOp::IsMarked(marker), value) == 1.0;
            let expected = if is_marked { fill } else { value };
            prop_assert_eq!(filled.to_bits(), expected.to_bits());
        }

        #[test]
        fn clipped_values_are_within_the_bounds(value in value(), low in -1e9..0.0_f64, width in 0.0..1e9_f64) {
            let clipped = apply(ColumnOp::Clip { low, high: low + width }, value);
            prop_assert!(clipped.is_nan() == value.is_nan());
            prop_assert!(clipped.is_nan() || (low <= clipped && clipped <= low + width));
        }

        #[test]
        fn codes_are_those_of_a_search_through_all(
            mut levels in prop::collection::vec(-20..20_i8, 0..12),
            value in prop_oneof![(-20..20_i8).prop_map(f64::from), value()],
            unknown in prop::option::of(value()),
        ) {
            levels.sort_unstable();
            levels.dedup();
            let codes: Vec<(f64, f64)> = (0_u8..).zip(&levels).map(|(code, level)| (f64::from(*level), f64::from(code))).collect();
            let table = CodeTable { codes: codes.clone(), missing: None, unknown };
            let expected = codes.iter().find(|(level, _)| *level == value).map(|(_, code)| *code).or(unknown);
            let code = table.code(value);
            prop_assert_eq!(code.map(f64::to_bits), expected.map(f64::to_bits));
        }
    }

    #[test]
    fn a_missing_value_has_a_code_of_its_own_or_is_unknown() {
        let table = |missing, unknown| CodeTable { codes: vec![(0.0, 7.0)], missing, unknown }.code(f64::NAN);
        assert_eq!(table(Some(3.0), None), Some(3.0));
        assert_eq!(table(None, Some(-1.0)), Some(-1.0));
        assert_eq!(table(None, None), None);
        assert_eq!(CodeTable { codes: vec![(0.0, 7.0)], missing: None, unknown: None }.code(-0.0), Some(7.0));
    }

    #[test]
    fn columns_lead_back_to_their_features() {
        let step = |from| ColumnStep { from, op: ColumnOp::Add(1.0), is_rounded: true };
        let program = ColumnProgram { features: 2, steps: vec![step(1), step(2), step(0)], ..ColumnProgram::default() };
        assert_eq!((0..5).map(|column| program.feature_of(column)).collect::<Vec<_>>(), [0, 1, 1, 1, 0]);
    }
}

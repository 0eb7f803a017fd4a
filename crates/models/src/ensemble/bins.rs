//! Converts a block of rows to bins, feature by feature.

use arrow_array::Array;
use arrow_buffer::NullBuffer;

use super::{
    codes::level,
    columns::{BinColumns, NumberColumns, floor},
    sets::Code,
    trees::{EnsembleRules, MissingValues},
};
use crate::{
    catboost::{Kernel, score::search::count_below},
    feature::InputPrecision,
    inputs::ColumnValues,
};

/// Rows per block: the bins of some hundred columns stay in the L2 cache, and the leaves of a tree in registers.
pub(crate) const BLOCK: usize = 256;
/// Rows of which the bins fill whole registers of every kernel.
pub(crate) const GROUP: usize = 64;
/// Blocks with fewer rows are not padded to whole groups: walking a few rows takes less time than a group.
pub(crate) const MIN_WIDE_ROWS: usize = 6;

/// The bins of a block of rows, and buffers for computing them.
#[derive(Debug)]
pub(crate) struct EnsembleBlock {
    /// Number of rows that are filled.
    pub rows: usize,
    stride: usize,
    /// `stride` bytes per column, of which the first `rows` are valid.
    bins: Vec<u8>,
    doubles: Vec<f64>,
    singles: Vec<f32>,
    counts: Vec<u8>,
    /// 255 for NaN, and for NaN or 0.
    nans: Vec<u8>,
    zeros: Vec<u8>,
}

impl EnsembleBlock {
    /// Allocates a block for up to `rows` rows.
    pub(crate) fn new(columns: &BinColumns, rows: usize) -> Self {
        let stride = if rows < MIN_WIDE_ROWS { rows.max(1) } else { rows.next_multiple_of(GROUP) };
        Self {
            rows: 0,
            stride,
            bins: vec![0; columns.count.saturating_mul(stride)],
            doubles: vec![0.0; stride],
            singles: vec![0.0; stride],
            counts: vec![0; stride],
            nans: vec![0; stride],
            zeros: vec![0; stride],
        }
    }

    /// Distance between columns, also for the sums of this block.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// All columns, including the bytes past the rows of the block, which are arbitrary.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bins
    }

    /// Whether the columns are whole groups.
    pub(crate) fn is_wide(&self) -> bool {
        self.stride.is_multiple_of(GROUP)
    }

    /// Fills the block with the bins of `rows` rows, starting at `from`. A feature without a column, or with a column that
    /// is too short, is missing.
    pub(crate) fn fill(
        &mut self,
        columns: &BinColumns,
        rules: &EnsembleRules,
        kernel: Kernel,
        values: &[ColumnValues],
        from: usize,
        rows: usize,
    ) {
        self.rows = rows.min(self.stride);
        let mut loaded = None;
        let mut is_double = false;
        for (number, own) in columns.numbers.iter().enumerate() {
            if loaded != Some(own.feature) {
                let values = values.get(own.feature);
                is_double = rules.input == InputPrecision::Double && matches!(values, Some(ColumnValues::Double(_)));
                if is_double {
                    self.load_doubles(rules, values, from);
                } else {
                    self.load_singles(rules, values, from);
                }
                loaded = Some(own.feature);
            }
            let (borders, levels) = columns.layout.column(number);
            self.search(kernel, borders, levels);
            if is_double {
                self.correct(&own.borders);
            }
            self.write(own);
        }
        for own in &columns.sets {
            self.load_doubles(rules, values.get(own.feature), from);
            let out = self.bins.get_mut(own.first.saturating_mul(self.stride)..).unwrap_or_default();
            let doubles = self.doubles.get(..self.rows).unwrap_or_default();
            own.fill(doubles.iter().map(|value| Code::from_value(*value)), self.stride, out);
        }
    }

    /// Loads the values of a feature as conditions read them, and which of them are missing. Only for values that are, or
    /// are rounded to, single-precision numbers.
    fn load_singles(&mut self, rules: &EnsembleRules, values: Option<&ColumnValues>, from: usize) {
        let singles = self.singles.get_mut(..self.rows).unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "rounding is the rule")]
        fetch(values, from, singles, |single| single, |double| double as f32, f32::NAN);
        let zero_within = floor(rules.zero_within);
        for ((value, nan), zero) in singles.iter_mut().zip(&mut self.nans).zip(&mut self.zeros) {
            *value = if value.abs() <= zero_within { 0.0 } else { *value };
            *nan = u8::from(value.is_nan()).wrapping_neg();
            *zero = (u8::from(value.is_nan()) | u8::from(*value == 0.0)).wrapping_neg();
        }
    }

    /// Like [`EnsembleBlock::load_singles`], for any values. The single-precision values are the largest that are not above.
    fn load_doubles(&mut self, rules: &EnsembleRules, values: Option<&ColumnValues>, from: usize) {
        let doubles = self.doubles.get_mut(..self.rows).unwrap_or_default();
        fetch(values, from, doubles, f64::from, |double| double, f64::NAN);
        let masks = self.nans.iter_mut().zip(&mut self.zeros);
        for ((value, single), (nan, zero)) in doubles.iter_mut().zip(&mut self.singles).zip(masks) {
            *value = rules.read(*value);
            *single = floor(*value);
            *nan = u8::from(value.is_nan()).wrapping_neg();
            *zero = (u8::from(value.is_nan()) | u8::from(*value == 0.0)).wrapping_neg();
        }
    }

    /// Counts the single-precision borders below the values.
    fn search(&mut self, kernel: Kernel, borders: &[f32], levels: u32) {
        let singles = self.singles.get(..self.rows).unwrap_or_default();
        let counts = self.counts.get_mut(..self.rows).unwrap_or_default();
        match kernel {
            Kernel::Avx512(kernel) if singles.len() >= MIN_WIDE_ROWS => kernel.search(borders, levels, singles, counts),
            Kernel::Avx2(kernel) if singles.len() >= MIN_WIDE_ROWS => kernel.search(borders, levels, singles, counts),
            _ => {
                let pairs = counts.iter_mut().zip(singles);
                pairs.for_each(|(count, value)| *count = count_below(borders, levels, *value));
            }
        }
    }

    /// Adds the borders that round to the same single-precision number as the value and are below it. All borders that
    /// round to a smaller number have been counted, and all that round to a larger number are above the value.
    fn correct(&mut self, borders: &[f64]) {
        for (count, value) in self.counts.iter_mut().zip(&self.doubles).take(self.rows) {
            while borders.get(usize::from(*count)).is_some_and(|border| value > border) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// Writes the bins of all columns that share the borders.
    fn write(&mut self, own: &NumberColumns) {
        let (rows, stride) = (self.rows, self.stride);
        let columns = self.bins.chunks_exact_mut(stride).skip(own.first);
        let counts = self.counts.get(..rows).unwrap_or_default();
        let zero = own.zero.saturating_add(1);
        for (bins, rule) in columns.zip(&own.rules) {
            let masks = if rule.missing == MissingValues::Zero { &self.zeros } else { &self.nans };
            let at_missing = match rule.missing {
                MissingValues::Nothing => zero,
                _ if rule.left => 0,
                _ => u8::MAX,
            };
            for ((bin, count), mask) in bins.iter_mut().zip(counts).zip(masks) {
                *bin = count.wrapping_add(1) & !mask | at_missing & mask;
            }
        }
    }
}

/// Copies the values of a column; NaN for missing ones.
fn fetch<N: Copy>(
    values: Option<&ColumnValues>,
    from: usize,
    out: &mut [N],
    single: impl Fn(f32) -> N,
    double: impl Fn(f64) -> N,
    nan: N,
) {
    let end = from.saturating_add(out.len());
    let nulls = match values {
        Some(ColumnValues::Single(values)) if values.len() >= end => {
            let own = values.values().get(from..).unwrap_or_default();
            out.iter_mut().zip(own).for_each(|(out, value)| *out = single(*value));
            values.nulls()
        }
        Some(ColumnValues::Double(values)) if values.len() >= end => {
            let own = values.values().get(from..).unwrap_or_default();
            out.iter_mut().zip(own).for_each(|(out, value)| *out = double(*value));
            values.nulls()
        }
        Some(ColumnValues::Levels(codes)) if codes.len() >= end => {
            let own = codes.get(from..).unwrap_or_default();
            out.iter_mut().zip(own).for_each(|(out, code)| *out = double(level(*code)));
            None
        }
        _ => {
            out.fill(nan);
            None
        }
    };
    if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
        nulls_to_nan(nulls, from, out, nan);
    }
}

/// Replaces nulls by NaN. Without branches, as nulls are unpredictable.
fn nulls_to_nan<N: Copy>(nulls: &NullBuffer, from: usize, values: &mut [N], nan: N) {
    let nulls = nulls.inner();
    let valid = nulls.inner().bit_chunks(nulls.offset().saturating_add(from), values.len());
    for (values, word) in values.chunks_mut(64).zip(valid.iter().chain([valid.remainder_bits()])) {
        for (bit, value) in values.iter_mut().enumerate() {
            *value = if word >> bit & 1 == 1 { *value } else { nan };
        }
    }
}

//! How a row becomes bins: the columns of small numbers that trees compare with.
//!
//! A bin column answers all conditions on one feature at once. A number's bin is how many of the column's borders lie
//! below it, so that `value > border k` is `bin > k`; a level's bin is the place of the one listed level it equals,
//! from 1, or 0. A column holds at most [`PER_COLUMN`] conditions, so that a bin is one byte; a feature with more has
//! several columns.

use std::ops::Range;

use super::ctr::Projection;

/// Conditions per column: the bins 0..=254, as CatBoost's `MAX_VALUES_PER_BIN`.
pub const PER_COLUMN: usize = 254;

/// One condition of a tree: true if `(bin ^ mask) >= least`.
///
/// For numbers `mask` is 0 and the condition is an order. For levels `mask` flips the bin asked for to 255, and `least`
/// is 255: equality by the same two operations. Source: CatBoost's `TRepackedBin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Split {
    pub column: u16,
    pub mask: u8,
    pub least: u8,
}

impl Split {
    /// Whether a bin of [`Split::column`] meets the condition.
    #[must_use]
    #[inline]
    pub fn holds(self, bin: u8) -> bool {
        bin ^ self.mask >= self.least
    }
}

/// What one bin column is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BinColumn {
    /// A numeric feature.
    Number {
        /// Among [`super::Forest::features`].
        feature: usize,
        /// A missing number lies above every border; otherwise below.
        missing_above: bool,
        /// Its part of [`Binning::borders`], ascending.
        borders: Range<usize>,
    },
    /// Single levels of a categorical feature.
    Level {
        feature: usize,
        /// Its part of [`Binning::levels`].
        levels: Range<usize>,
    },
    /// A CTR: filled by the [`Projection`] of this number.
    Ctr { projection: usize },
}

/// Everything that turns a row into bins. Columns of numbers come first, then of levels, then of CTRs, whose
/// projections may ask for bins of the former two.
#[derive(Debug, Default)]
pub struct Binning {
    pub columns: Vec<BinColumn>,
    pub borders: Vec<f32>,
    /// Hashes of levels.
    pub levels: Vec<u32>,
    pub projections: Vec<Projection>,
}

//! Bin columns: the one-byte values that trees compare.
//!
//! A bin column serves all conditions on one feature. The bin of a number is the number of the column's borders below
//! it, so `value > border k` becomes `bin > k`. The bin of a level is its 1-based position among the column's levels, or
//! 0 if it is not listed. A column has at most [`CONDITIONS_PER_COLUMN`] conditions, so that a bin fits into a byte; a
//! feature with more conditions has several columns.

use std::ops::Range;

use super::ctr::Projection;

/// Maximum number of conditions per column, for the bins 0..=254. CatBoost's `MAX_VALUES_PER_BIN`.
pub const CONDITIONS_PER_COLUMN: usize = 254;

/// The source of a bin column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BinColumn {
    /// A numeric feature.
    Number {
        /// Index into [`Forest::features`](super::Forest::features).
        feature: usize,
        /// Whether a missing number is above every border; otherwise it is below.
        missing_above: bool,
        /// Range of [`Binning::borders`], in ascending order.
        borders: Range<usize>,
    },
    /// Single levels of a categorical feature.
    Level {
        /// Index into [`Forest::features`](super::Forest::features).
        feature: usize,
        /// Range of [`Binning::levels`].
        levels: Range<usize>,
    },
    /// A CTR.
    Ctr {
        /// Index into [`Binning::projections`], of the projection that fills the column.
        projection: usize,
    },
}

/// Everything that turns a row into bins.
///
/// Columns of numbers come first, then columns of levels, then CTRs, whose projections may read the bins of the first
/// two kinds.
#[derive(Debug, Default)]
pub struct Binning {
    /// All columns, in the order of their numbers.
    pub columns: Vec<BinColumn>,
    /// Borders of all numeric columns.
    pub borders: Vec<f32>,
    /// Hashes of the levels of all level columns.
    pub levels: Vec<u32>,
    /// The keys of all CTRs, with their tables.
    pub projections: Vec<Projection>,
}

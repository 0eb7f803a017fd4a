//! The raw rows of a block of clients.

use polars::prelude::DataFrame;

/// Rows of one table and of its inner tables, in the order of `TableNeeds::inner`.
#[derive(Debug)]
pub(crate) struct BlockRows {
    pub(crate) frame: DataFrame,
    pub(crate) inner: Vec<BlockRows>,
}

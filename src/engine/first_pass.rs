//! Result of the first pass over a window.

use std::collections::HashSet;

use super::{column_scan::ColumnScan, tally::WindowTally};
use crate::source::{ReadSummary, Unreadable};

/// Result of the first pass over a window.
pub(super) struct FirstPass {
    pub found: ReadSummary,
    pub unreadable: Vec<Unreadable>,
    /// Not valid if an id occurs twice.
    pub tally: WindowTally,
    /// Short hashes of the ids that occur twice.
    pub repeated: HashSet<u64>,
    /// How to read single features again, if possible.
    pub column_scan: Option<ColumnScan>,
    /// Whether the tally includes the sample.
    pub has_sample: bool,
}

//! How many rows and labels a window left out, as stored in the trend file.

use serde::{Deserialize, Serialize};

use crate::performance::LabelCounts;

/// Rows left out, of those that should have been usable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossCount {
    pub left_out: u64,
    pub of: u64,
}

impl LossCount {
    pub(super) fn of_rows(left_out: u64, used: u64) -> Self {
        Self { left_out, of: used + left_out }
    }

    pub(super) fn of_labels(labels: &LabelCounts) -> Self {
        let loss = labels.left_out();
        Self { left_out: loss.left_out, of: loss.of }
    }
}

/// What a window left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossPoint {
    pub rows: LossCount,
    /// `None` without labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LossCount>,
}

//! Everything known and estimated about a window's performance, as one value.

use std::fmt;

use vigie_stats::loss::CalibrationBin;

use super::{CostCurve, EstimateCheck, Expected, LabelCounts, Realised, SegmentCost, Terms};

/// Performance of the window.
#[derive(Debug, Clone, PartialEq)]
pub struct Performance {
    pub terms: Terms,
    /// Number of rows used in the window.
    pub rows: u64,
    /// Result of the label join; `None` without `labels:`.
    pub labels: Option<LabelCounts>,
    /// Performance of the labelled rows; `None` if there are none.
    pub realised: Option<Realised>,
    /// Calibration curve of the reference's rows, by score; empty without labelled rows or without outcomes of the reference.
    pub reference_calibration: Vec<CalibrationBin>,
    /// Estimate for the labelled rows compared with their labels; `None` if there is no estimate.
    pub estimate_check: Option<EstimateCheck>,
    /// Cost of each threshold on the reference's rows.
    pub curve: Option<CostCurve>,
    /// Performance of each segment's labelled rows, in segment order; empty without segments or labels.
    pub segments: Vec<Option<Realised>>,
    /// Expected cost of each segment's rows, in segment order; empty without segments or without an estimate.
    pub expected_in_segments: Vec<Option<SegmentCost>>,
    /// Estimate over all used rows, or the reason why there is none.
    pub expected: Result<Expected, NoEstimate>,
}

/// Reason why a window's performance cannot be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEstimate {
    /// The reference holds no outcomes.
    NoOutcomes,
    /// The window has no used rows.
    NoRows,
}

impl fmt::Display for NoEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOutcomes => "the reference was learnt without --target or without a probability",
            Self::NoRows => "the window has no used rows",
        })
    }
}

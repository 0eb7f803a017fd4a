//! All that is known and expected of a window's performance, as one value.

use std::fmt;

use vigie_stats::Price;

use super::{Against, CostCurve, Expected, Labelled, Realised, SegmentCost};

/// How decisions are made and what wrong ones cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Refused when the score is at least this.
    pub threshold: f64,
    pub price: Price,
    /// Recall counts so much as precision in F-beta.
    pub beta: f64,
}

/// The window's performance.
#[derive(Debug, Clone, PartialEq)]
pub struct Performance {
    pub terms: Terms,
    /// The window's used rows.
    pub rows: u64,
    /// Of the labels that were looked for; `None` without `labels:`.
    pub labels: Option<Labelled>,
    /// Of the rows with a label; `None` if there is none.
    pub realised: Option<Realised>,
    /// Of the rows with a label, what was expected of them without; `None` where nothing can be.
    pub against: Option<Against>,
    /// What each threshold would cost on the reference's rows.
    pub curve: Option<CostCurve>,
    /// Of the labelled rows of each segment, in their order; empty without segments or labels.
    pub segments: Vec<Option<Realised>>,
    /// Of all used rows of each segment, in their order; empty without segments, or where nothing can be expected.
    pub expected_in_segments: Vec<Option<SegmentCost>>,
    /// Of all used rows; `Err` says why not.
    pub expected: Result<Expected, Unexpected>,
}

/// Why nothing can be expected of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unexpected {
    /// The reference does not know how its rows turned out.
    NoOutcomes,
    /// The window has no used rows.
    NoRows,
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOutcomes => "the reference was learnt without --target and a probability",
            Self::NoRows => "the window has no used rows",
        })
    }
}

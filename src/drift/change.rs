//! What happened to one feature: the kind of its [`Change`], the rows it concerns, and since when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

use super::CommonValue;

/// What happened to a feature between the reference and the window. `extent` is the share of the rows that changed in this
/// way, from 0 to 1: of all rows that the reference leads to expect to have a value (a gap) or none (filled), otherwise of the
/// window's rows with a value.
///
/// Changes are compared by value to group features: factors and sentinels are exact (factors come from a fixed list, except
/// that of [`Change::Factor`]), and so is the amount of an offset, which is found for its features together; extents are
/// estimates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// No record of the window has the feature.
    Absent,
    /// Values are missing that the reference leads to expect: extent = (w − r) / (1 − r), with w and r the missing shares.
    Gap { extent: f64 },
    /// Values are present that the reference leads to expect to be missing: extent = (r − w) / r.
    Filled { extent: f64 },
    /// One value that is in less than 0.1% of the reference's rows took the place of others.
    Sentinel { value: f64, extent: f64 },
    /// One value of the reference became more frequent, at the cost of the others.
    Atom { value: f64, extent: f64 },
    /// Values are in another unit: multiplied by a well-known factor.
    Unit { factor: f64, extent: f64 },
    /// All values are multiplied by the same unexpected factor.
    Factor { factor: f64 },
    /// All values moved by an amount that features on different scales share.
    Offset { by: f64 },
    /// At least 80% of the rows with unknown levels have another spelling of a known one.
    Spelling { levels: Vec<Respelled>, extent: f64 },
    /// Levels that the reference does not have: the commonest one, and the number of others.
    NewLevel {
        /// `None` if redacted: it may be free text from a single row.
        level: Option<String>,
        others: usize,
        extent: f64,
    },
    /// A level of the reference is gone, and one other level has its rows: extent = its share in the reference.
    Merged { from: String, into: String, extent: f64 },
    /// One value in at least 99% of the rows with a value, which was not so in the reference.
    Constant { value: CommonValue },
    /// Rows repeat the values that rows of the previous window had in a block of features.
    Stale { extent: f64 },
    /// Rows of the same window have the values of one row in a block of features.
    Repeated { extent: f64 },
    /// None of the above: the distribution moved.
    Shift,
}

/// An unknown level that is another spelling of a known one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Respelled {
    pub known: String,
    /// As in the log; `None` if redacted.
    pub found: Option<String>,
    pub rows: u64,
}

/// Since when a feature has changed, if that was inside the window, and until when, if it ended there: the best split, or the best
/// interval, of the counts by slot of the window's time. The logarithm of the likelihood ratio is at least 12 for a split and 14
/// for an interval, and the shares differ by at least 0.3.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Onset {
    /// Start of the first slot after the change.
    pub at: Instant,
    /// End of the last slot before it ended; null if it lasts.
    #[serde(default)]
    pub until: Option<Instant>,
    /// Length of a slot in seconds: the change may be that much later than `at`.
    pub resolution_s: u64,
    /// What the shares count.
    pub of: OnsetOf,
    /// Share of rows before, and after it ended.
    pub before: f64,
    /// Share of rows since, as long as it lasted.
    pub after: f64,
}

/// Rows by which an onset is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnsetOf {
    Missing,
    /// Levels that the reference does not have.
    Unseen,
    /// Below the reference's 10% quantile.
    Low,
    /// Above the reference's 90% quantile.
    High,
}

impl Change {
    /// Share of the rows that changed; `None` for a change without an extent, which concerns all rows.
    #[must_use]
    pub fn extent(&self) -> Option<f64> {
        match self {
            Self::Gap { extent }
            | Self::Filled { extent }
            | Self::Sentinel { extent, .. }
            | Self::Atom { extent, .. }
            | Self::Unit { extent, .. }
            | Self::Spelling { extent, .. }
            | Self::NewLevel { extent, .. }
            | Self::Merged { extent, .. }
            | Self::Stale { extent }
            | Self::Repeated { extent } => Some(*extent),
            Self::Absent | Self::Factor { .. } | Self::Offset { .. } | Self::Constant { .. } | Self::Shift => None,
        }
    }

    /// Returns the change without values of single rows.
    ///
    /// Every field is named, so that adding one forces a decision here on whether it may leave the organisation.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            Self::Spelling { levels, extent } => {
                let redacted = |Respelled { known, found: _, rows }: Respelled| Respelled { known, found: None, rows };
                Self::Spelling { levels: levels.into_iter().map(redacted).collect(), extent }
            }
            Self::NewLevel { level: _, others, extent } => Self::NewLevel { level: None, others, extent },
            Self::Constant { value } => Self::Constant { value: value.redacted() },
            // Aggregates of many rows, and levels of the reference: a sentinel is in at least 1% of them.
            change @ (Self::Absent
            | Self::Gap { extent: _ }
            | Self::Filled { extent: _ }
            | Self::Sentinel { value: _, extent: _ }
            | Self::Atom { value: _, extent: _ }
            | Self::Unit { factor: _, extent: _ }
            | Self::Factor { factor: _ }
            | Self::Offset { by: _ }
            | Self::Merged { from: _, into: _, extent: _ }
            | Self::Stale { extent: _ }
            | Self::Repeated { extent: _ }
            | Self::Shift) => change,
        }
    }
}

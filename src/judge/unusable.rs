//! What is left out, and why.

use serde::{Deserialize, Serialize};

/// What is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutKind {
    /// Rows of the log.
    Rows,
    Labels,
}

/// Why rows or labels cannot be used.
///
/// Stored in the ledger: a variant may be added, but not renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnusableReason {
    /// The line is not a record.
    Malformed,
    /// No readable time.
    Timestamp,
    NoFeatures,
    UnknownInputs,
    NoScore,
    /// A score above 1 and at most 100.
    Percentage,
    /// Any other score outside 0 to 1.
    OutOfRange,
    /// A prediction that is not a number.
    NoPrediction,
    /// A label without an id.
    NoId,
    /// A label that is not an outcome.
    Outcome,
    /// An id with several outcomes.
    Contradictory,
}

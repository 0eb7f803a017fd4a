//! What sentences of the pages state, as values.

use crate::judge::Severity;

/// For how long the worst finding or the verdict has lasted.
#[derive(Debug, Clone, PartialEq)]
pub enum Since {
    /// There is no earlier report.
    First,
    /// The previous window was not stable.
    StableAgain { was: Severity },
    /// It begins in this window, after `windows` others. `subject`: the drifted feature; `None`: the verdict.
    New { day: String, subject: Option<String>, windows: usize },
    Stable { day: String, windows: usize },
    Lasting { day: String, subject: Option<String>, windows: usize },
}

/// Decisions that another model would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedDecisions {
    pub refused: u64,
    pub accepted: u64,
    /// All compared rows.
    pub rows: u64,
}

/// Effect of restoring the reference's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// The restored features.
    pub names: Vec<String>,
    /// Refusal rate as it is and as it would be.
    pub refused: (f64, f64),
    /// Expected cost per 1,000 rows as it is and as it would be.
    pub cost: Option<(f64, f64)>,
    /// Refusal rate with all drifted features restored, if these are not all.
    pub all_refused: Option<f64>,
}

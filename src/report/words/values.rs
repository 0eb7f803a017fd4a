//! What sentences of the pages state, as values.

use vigie_profile::window::Instant;

use crate::judge::Severity;

/// For how long the worst finding or the verdict has lasted.
#[derive(Debug, Clone, PartialEq)]
pub enum Since {
    /// There is no earlier report.
    First,
    /// This window is stable, the previous one was not.
    StableAgain { was: Severity },
    /// It begins in this window, after `windows` others. `subject`: the drifted feature; `None`: the verdict.
    New { from: Instant, subject: Option<String>, windows: usize },
    /// Stable for this many consecutive windows.
    Stable { from: Instant, windows: usize },
    /// Drifted for this many consecutive windows.
    Lasting { from: Instant, subject: Option<String>, windows: usize },
}

/// How values in another unit were multiplied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Multiple {
    /// By −1.
    Reversed,
    By(f64),
    DividedBy(f64),
}

impl Multiple {
    pub(crate) fn new(factor: f64) -> Self {
        let rounded = |value: f64| (value * 1e6).round() / 1e6;
        if factor < 0.0 {
            Self::Reversed
        } else if factor < 1.0 {
            Self::DividedBy(rounded(1.0 / factor))
        } else {
            Self::By(rounded(factor))
        }
    }
}

/// The next step recommended for a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// There is no finding.
    Nothing,
    /// Values of a feature fall outside the reference's range.
    OutOfRange,
    /// A feature's share of missing values has changed, in either direction.
    MissingChanged,
    MoreMissing,
    LessMissing,
    UnseenLevels,
    Absent,
    /// A feature has no values.
    Dead,
    /// A feature has one value.
    Constant,
    /// Rows that should have been usable are left out.
    LeftOut,
    /// Part of a feature's values is missing, and the applicants changed as well.
    UnclearGap,
    /// Values are in another unit.
    Unit,
    /// One value that the reference does not have took the place of others.
    Sentinel,
    /// One value became more frequent.
    Atom,
    /// Known levels are spelt differently.
    Respelled,
    /// Values moved, and those of related features did not.
    PipelineMove,
    /// The applicants changed.
    PopulationMove,
    /// Several features are multiplied by the same factor.
    SharedFactor,
    /// Values moved, and nothing shows why.
    UnclearMove,
    ScoreNotMapped,
    RefusalRate,
    Score,
    Latency,
    ErrorRate,
    ModelVersion,
    NoData,
    TooFew,
    Source,
    Labels,
    Parity,
    RunFailed,
    Volume,
    StaleReference,
    Stale,
    Auc,
    SegmentScore,
    Disparity,
    /// Logged decisions contradict their scores.
    Decision,
    /// Words of logged decisions are not known.
    DecisionWords,
    Overrides,
    Cost,
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

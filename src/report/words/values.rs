//! What sentences of the pages state, as values.

use vigie_profile::window::Instant;

use crate::judge::{Severity, StorySide};

/// For how long the worst finding or the verdict has lasted.
#[derive(Debug, Clone, PartialEq)]
pub enum Since {
    /// Two tables are compared, whose rows have no times.
    WithoutTimes,
    /// Two tables are compared: when the first change inside the second one began, if that is known.
    InTable { begin: Option<Instant> },
    /// There is no earlier report. `begin`: when it began, if that is known; `latest`: when it had begun at the latest. Both are
    /// `None` without a finding.
    First { begin: Option<Instant>, latest: Option<Instant> },
    /// This window is stable, the previous one was not.
    StableAgain { was: Severity },
    /// It begins in this window, after `windows` others. `begin`: when, if that is known.
    New { what: Lasted, from: Instant, begin: Option<Instant>, windows: usize },
    /// Stable for this many consecutive windows.
    Stable { from: Instant, windows: usize },
    /// So for this many consecutive windows.
    Lasting { what: Lasted, from: Instant, windows: usize },
}

/// What has lasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lasted {
    /// The drift of a feature or of several: its subject.
    Drift(String),
    /// The finding that the headline states.
    Finding,
    Verdict,
}

/// What caused a finding that is not about features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Decisions contradict the scores of the same rows.
    Decisions,
    /// People or rules may have overridden the model.
    Overrides,
    /// Rows or files cannot be used.
    Log,
    Service,
    /// Another model than the expected one answers.
    Model,
    /// The service changes inputs between the log and the model.
    ScoredInputs,
    /// The service reads the model file, or returns its output, in another way than the config says.
    ModelReading,
    /// Serving and training have other values of one feature.
    Skew,
    /// The feature table was not compared.
    FeatureTable,
    /// There are fewer rows than usual.
    Volume,
    /// No feature shows why.
    Unexplained,
}

impl Cause {
    #[must_use]
    pub fn side(self) -> StorySide {
        match self {
            Self::Decisions
            | Self::Log
            | Self::Service
            | Self::Model
            | Self::ScoredInputs
            | Self::ModelReading
            | Self::Skew
            | Self::FeatureTable => StorySide::Pipeline,
            Self::Overrides | Self::Volume | Self::Unexplained => StorySide::Unknown,
        }
    }
}

/// A headline that fits in two lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortHeadline {
    /// What counts most, without the severity and a full stop. It begins with a capital letter unless with a name.
    pub text: String,
    /// What else the headline says, as clauses.
    pub details: Vec<String>,
}

/// Longer ones need more than two lines on a phone, where they are cut.
const MAX_SHORT: usize = 60;

impl ShortHeadline {
    /// A headline that is short as a whole.
    pub(crate) fn whole(text: String) -> Self {
        let details = if text.chars().count() > MAX_SHORT { vec![text.clone()] } else { Vec::new() };
        Self { text, details }
    }

    /// `short`: the first clause in a few words, and whether they say all of it; `None` if the clause itself is short. `otherwise`:
    /// what to say without clauses.
    pub(crate) fn new(short: Option<(String, bool)>, clauses: Vec<String>, otherwise: &str) -> Self {
        let first = || (clauses.first().map_or(otherwise, String::as_str).to_owned(), true);
        let (text, is_whole) = short.unwrap_or_else(first);
        let said = usize::from(is_whole && text.chars().count() <= MAX_SHORT);
        Self { text, details: clauses.into_iter().skip(said).collect() }
    }
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
    /// Rows are left out because their probability is a percentage.
    Percentage,
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
    /// Several features moved by the same amount.
    SharedOffset,
    /// The rows of a level have another one.
    Merged,
    /// A level is gone, and nothing shows where its rows are.
    LevelGone,
    /// Many rows of a block have the values of one row.
    Repeated,
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
    /// The scores are those of another model.
    Parity,
    /// They are those of other inputs.
    ParityInputs,
    /// They are those of the same file, used in another way.
    ParityReading,
    RunFailed,
    Volume,
    StaleReference,
    Registry,
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
    /// Logged inputs are not those of the feature table.
    Skew,
    /// The feature table was not compared.
    FeatureTable,
    /// Records are missing in the log.
    Sequence,
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

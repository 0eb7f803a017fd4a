//! What a finding states, as typed values. Sentences are made from them by `report`, in each language.

use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

use super::{Contradictions, Failure, LeftOutKind, Measure, SkewCause, Story, Test, UnusableReason};
use crate::{
    drift::{CommonValue, PsiBinKind},
    fault::{LeftOut, LostInput},
    replay::ParityCause,
};

/// The values behind a finding. Its subject, severity, limit and q-value are in [`super::Finding`].
///
/// Facts are stored in the ledger and in trend files: a variant or field may be added, but not renamed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Facts {
    Psi {
        value: f64,
        /// The bin that contributes most.
        largest_bin: Option<BinShare>,
        /// The exact test that is the evidence, if the chance distribution of PSI itself is not.
        exact_test: Option<ExactTest>,
    },
    /// Any other distance between the distributions of reference and window.
    Distance {
        measure: Measure,
        value: f64,
        /// Least and greatest possible value; `None` if `value` is exact.
        bounds: Option<(f64, f64)>,
        /// `value` in the unit of the feature, if the measure is in standard deviations of the reference.
        in_unit: Option<f64>,
    },
    /// Shares of rows without a value, in the reference and in the window.
    Missing {
        from: f64,
        to: f64,
    },
    Unseen {
        /// Share of rows with levels that the reference does not have.
        share: f64,
        /// The part of that share beyond what the reference leads to expect.
        excess: f64,
        /// At most three names, which may be free text from single rows.
        levels: Vec<String>,
        has_more: bool,
    },
    /// No record of the window has the feature.
    Absent {
        /// A field of the log whose name differs from the feature's only in case or separators.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        near: Option<String>,
    },
    /// Shares of rows without a value, in the reference and in the window, where it is nearly all.
    Dead {
        from: f64,
        to: f64,
    },
    /// Nearly all rows with a value have the same.
    Constant {
        value: CommonValue,
        /// Upper bound on the share of the rows of the reference that share a value.
        from: f64,
        to: f64,
    },
    /// Rows of the log, or labels, that should have been usable and are not.
    RowsLeftOut {
        what: LeftOutKind,
        rows: u64,
        of: u64,
        /// The commonest reason, its rows, and what one of them holds; `None` once redacted.
        reason: UnusableReason,
        with_reason: u64,
        example: Option<String>,
        /// Share in earlier windows, and their number.
        usual: f64,
        windows: usize,
        /// Whether too many are left out to judge the others.
        no_verdict: bool,
    },
    /// The reference has a score, but the config maps none.
    ScoreNotMapped,
    RefusalRate {
        from: f64,
        to: f64,
    },
    /// Share of rows answered by a different model version.
    ModelVersion {
        share: f64,
    },
    /// Share of failed requests.
    ErrorRate {
        share: f64,
    },
    Latency {
        p95_ms: f64,
    },
    NoData {
        /// Whether a part of the log could not be read.
        has_unreadable: bool,
        /// Number of records excluded by `source.where`.
        filtered: u64,
    },
    TooFew {
        rows: u64,
        min_rows: u64,
    },
    Parity {
        compared: u64,
        mismatches: u64,
        max_difference: Option<f64>,
        decisions_flipped: u64,
        /// Why they differ, if the rows show it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<ParityCause>,
    },
    /// Logged decisions that contradict score and threshold.
    Decision(Contradictions),
    /// Rows with a decision whose word is unknown.
    UnknownDecisions {
        /// Rows with any decision.
        rows: u64,
        unknown: u64,
        /// At most five words, which may be free text from single rows.
        words: Vec<String>,
    },
    /// Share of decisions against the score, in earlier windows and in this one.
    Overrides {
        /// Whether it is of refusals; otherwise of acceptances.
        refused: bool,
        from: f64,
        to: f64,
        windows: usize,
    },
    /// Cost of decisions per 1,000 rows.
    Cost {
        by_labels: bool,
        /// Relative to the reference.
        increase: f64,
        window: f64,
        reference: f64,
    },
    Auc {
        by_labels: bool,
        drop: f64,
        window: f64,
        reference: f64,
    },
    /// Score of a segment compared with the same segment of the reference.
    SegmentScore {
        rows: u64,
        psi: f64,
        /// Refusal rate in the reference and in the window.
        refused: Option<(f64, f64)>,
    },
    /// Acceptance rate of a segment relative to another's.
    Disparity {
        /// The other segment; `None`: all rows outside the segment.
        against: Option<String>,
        ratio: f64,
        low: f64,
        high: f64,
    },
    /// Fewer records than usual on this weekday.
    Volume {
        records: u64,
        /// The median of earlier windows, and their number.
        usual: f64,
        windows: usize,
    },
    StaleReference {
        days: i64,
        limit_days: i64,
    },
    /// The registry cannot be reached, and a file that was kept is in use.
    RegistryAway {
        /// The version of that file: `version 3 of credit-default`.
        kept: String,
        /// Whether the registry refused the credentials.
        #[serde(default)]
        is_denied: bool,
    },
    /// Rows that repeat rows of the previous window in a block of features.
    Stale {
        /// Prefix of the names of the features, and their number.
        block: String,
        features: usize,
        /// Share of the rows that could be compared.
        share: f64,
        /// Start of the first window since which this has been so.
        since: Instant,
    },
    /// Logged inputs that are not those of the feature table.
    Skew {
        /// Rows that were compared.
        compared: u64,
        /// What happened to which features, largest share first.
        causes: Vec<SkewCause>,
        /// Number of further causes.
        more: usize,
    },
    /// Records that the sequence numbers say were written, and that are not in the log.
    MissingRecords {
        missing: u64,
        /// Writers that miss records.
        writers: u64,
        /// Records that writers dropped on purpose; not among the missing.
        dropped: u64,
        /// Requests in the log.
        requests: u64,
    },
    /// The sequence numbers cannot be followed, because there are too many writers or gaps.
    UnfollowedSequence,
    /// A part of the log or of the labels, or the feature table, could not be read.
    LeftOut(LeftOut),
    /// A part of the log, or the labels, of which nothing could be used for one reason.
    Lost(LostInput),
    /// The run has no report.
    Failed(Failure),
    /// Features that changed in the same way, with the strongest test of the feature that leads.
    Story {
        story: Box<Story>,
        test: Test,
        strongest: Box<Facts>,
    },
    /// A sentence from a version of vigie that stored no facts; `None` once redacted, if it may quote a row.
    Stored {
        sentence: Option<String>,
    },
}

/// A PSI bin with its shares of rows in the reference and in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BinShare {
    pub kind: PsiBinKind,
    pub label: String,
    pub from: f64,
    pub to: f64,
}

/// The values that an exact test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExactTest {
    Missing,
    Unseen,
    OutOfRange,
}

impl Facts {
    /// Returns the facts without values of single rows.
    ///
    /// Every field is named, so that adding one forces a decision here on whether it may leave the organisation.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            Self::Unseen { share, excess, levels: _, has_more: _ } => {
                Self::Unseen { share, excess, levels: Vec::new(), has_more: false }
            }
            Self::UnknownDecisions { rows, unknown, words: _ } => {
                Self::UnknownDecisions { rows, unknown, words: Vec::new() }
            }
            Self::RowsLeftOut { what, rows, of, reason, with_reason, example: _, usual, windows, no_verdict } => {
                Self::RowsLeftOut { what, rows, of, reason, with_reason, example: None, usual, windows, no_verdict }
            }
            Self::Constant { value, from, to } => Self::Constant { value: value.redacted(), from, to },
            Self::LeftOut(input) => Self::LeftOut(input.redacted()),
            Self::Skew { compared, causes, more } => {
                let hidden = |cause: SkewCause| SkewCause { how: cause.how.redacted(), ..cause };
                Self::Skew { compared, causes: causes.into_iter().map(hidden).collect(), more }
            }
            Self::Failed(failure) => Self::Failed(failure.redacted()),
            Self::Story { story, test, strongest } => Self::Story {
                story: Box::new(story.redacted()),
                test,
                strongest: Box::new(strongest.redacted()),
            },
            // Aggregates of many rows, and names from the config and the reference.
            facts @ (Self::Psi { value: _, largest_bin: _, exact_test: _ }
            | Self::Distance { measure: _, value: _, bounds: _, in_unit: _ }
            | Self::Missing { from: _, to: _ }
            | Self::Absent { near: _ }
            | Self::Dead { from: _, to: _ }
            | Self::ScoreNotMapped
            | Self::RefusalRate { from: _, to: _ }
            | Self::ModelVersion { share: _ }
            | Self::ErrorRate { share: _ }
            | Self::Latency { p95_ms: _ }
            | Self::NoData { has_unreadable: _, filtered: _ }
            | Self::TooFew { rows: _, min_rows: _ }
            | Self::Parity { compared: _, mismatches: _, max_difference: _, decisions_flipped: _, cause: _ }
            | Self::Decision(Contradictions {
                rows: _,
                accepted: _,
                refused: _,
                threshold: _,
                high_score: _,
                cause: _,
            })
            | Self::Overrides { refused: _, from: _, to: _, windows: _ }
            | Self::Cost { by_labels: _, increase: _, window: _, reference: _ }
            | Self::Auc { by_labels: _, drop: _, window: _, reference: _ }
            | Self::SegmentScore { rows: _, psi: _, refused: _ }
            | Self::Disparity { against: _, ratio: _, low: _, high: _ }
            | Self::Volume { records: _, usual: _, windows: _ }
            | Self::StaleReference { days: _, limit_days: _ }
            | Self::RegistryAway { kept: _, is_denied: _ }
            | Self::Stale { block: _, features: _, share: _, since: _ }
            | Self::MissingRecords { missing: _, writers: _, dropped: _, requests: _ }
            | Self::UnfollowedSequence
            // A file name and what it looks like.
            | Self::Lost(LostInput { place: _, line: _, shape: _, more: _ })) => facts,
            // Depends on the test: see `Finding::redacted`.
            Self::Stored { sentence } => Self::Stored { sentence },
        }
    }
}

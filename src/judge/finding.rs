//! An opinion with its reason: one test over its limit.

use std::fmt;

use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::Error as ValueError},
};

/// In rising order of how much somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Stable,
    Watch,
    /// Fewer used rows than the policy asks for: no verdict.
    TooFew,
    /// No record at all: no verdict.
    NoData,
    Alarm,
}

impl Severity {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Watch => "watch",
            Self::TooFew => "too_few",
            Self::NoData => "no_data",
            Self::Alarm => "alarm",
        }
    }

    /// The severity of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::deserialize(IntoDeserializer::<ValueError>::into_deserializer(word)).ok()
    }

    /// Whether a feature with it has drifted.
    #[must_use]
    pub fn is_drift(self) -> bool {
        matches!(self, Self::Watch | Self::Alarm)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    Psi,
    Ks,
    Chi2,
    Missing,
    Unseen,
    Absent,
    ShareRefused,
    Score,
    Latency,
    ErrorRate,
    NoData,
    TooFew,
    ModelVersion,
    Source,
    Volume,
    Parity,
    RunFailed,
    StaleReference,
    Cost,
    Labels,
    Auc,
    /// What decisions cost, by their labels.
    RealisedCost,
    /// The AUC of the rows with labels.
    RealisedAuc,
    /// A segment's score, from that of the same segment in the reference.
    SegmentScore,
    /// A segment accepted less often than another.
    Disparity,
}

impl Test {
    /// The test of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::deserialize(IntoDeserializer::<ValueError>::into_deserializer(word)).ok()
    }

    /// Whether the subject of such a finding is a segment, not a feature.
    #[must_use]
    pub fn is_of_segment(self) -> bool {
        matches!(self, Self::SegmentScore | Self::Disparity)
    }

    /// Whether only labels can tell, which come when the window is long past.
    #[must_use]
    pub fn needs_labels(self) -> bool {
        matches!(self, Self::RealisedCost | Self::RealisedAuc)
    }

    /// The test as reports name it: there, `by_labels` stands beside the cost and the AUC.
    #[must_use]
    pub fn reported(self) -> Self {
        match self {
            Self::RealisedCost => Self::Cost,
            Self::RealisedAuc => Self::Auc,
            other => other,
        }
    }

    /// The word in alerts and the config.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Psi => "psi",
            Self::Ks => "ks",
            Self::Chi2 => "chi2",
            Self::Missing => "missing",
            Self::Unseen => "unseen",
            Self::Absent => "absent",
            Self::ShareRefused => "share_refused",
            Self::Score => "score",
            Self::Latency => "latency",
            Self::ErrorRate => "error_rate",
            Self::NoData => "no_data",
            Self::TooFew => "too_few",
            Self::ModelVersion => "model_version",
            Self::Source => "source",
            Self::Volume => "volume",
            Self::Parity => "parity",
            Self::RunFailed => "run_failed",
            Self::StaleReference => "stale_reference",
            Self::Cost => "cost",
            Self::Labels => "labels",
            Self::Auc => "auc",
            Self::RealisedCost => "realised_cost",
            Self::RealisedAuc => "realised_auc",
            Self::SegmentScore => "segment_score",
            Self::Disparity => "disparity",
        }
    }
}

/// One test over its limit, with evidence where evidence is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub severity: Severity,
    /// The feature, or of a segment's test the segment; `None`: about the score or the service.
    pub feature: Option<String>,
    pub test: Test,
    pub value: Option<f64>,
    pub limit: Option<f64>,
    pub q_value: Option<f64>,
    /// One sentence for people.
    pub reason: String,
}

//! Findings: a test over its limit, with the reason.

use std::fmt;

use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::Error as ValueError},
};

/// Severity, in ascending order of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Stable,
    Watch,
    /// Fewer used rows than the policy requires: no verdict.
    TooFew,
    /// No records: no verdict.
    NoData,
    Alarm,
}

impl Severity {
    /// Returns the name used in reports.
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

    /// Parses a name as used in reports.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::deserialize(IntoDeserializer::<ValueError>::into_deserializer(word)).ok()
    }

    /// Returns whether a feature of this severity has drifted.
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

/// The test that a finding comes from.
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
    /// Cost of decisions, measured from labels.
    RealisedCost,
    /// AUC of the labelled rows.
    RealisedAuc,
    /// Score of a segment compared with the same segment of the reference.
    SegmentScore,
    /// A segment accepted less often than another.
    Disparity,
}

impl Test {
    /// Parses a name as used in alerts and the config.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::deserialize(IntoDeserializer::<ValueError>::into_deserializer(word)).ok()
    }

    /// Returns whether the finding's subject is a segment rather than a feature.
    #[must_use]
    pub fn is_about_segment(self) -> bool {
        matches!(self, Self::SegmentScore | Self::Disparity)
    }

    /// Returns whether the test needs labels, which arrive long after the window.
    #[must_use]
    pub fn needs_labels(self) -> bool {
        matches!(self, Self::RealisedCost | Self::RealisedAuc)
    }

    /// Returns the test under which reports list it: they mark cost and AUC with `by_labels` instead.
    #[must_use]
    pub fn reported(self) -> Self {
        match self {
            Self::RealisedCost => Self::Cost,
            Self::RealisedAuc => Self::Auc,
            other => other,
        }
    }

    /// Returns the name used in alerts and the config.
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

/// A test over its limit, with evidence where evidence is required.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub severity: Severity,
    /// The feature, or the segment for a segment test; `None` for the score and the service.
    pub feature: Option<String>,
    pub test: Test,
    pub value: Option<f64>,
    pub limit: Option<f64>,
    pub q_value: Option<f64>,
    /// Explanation in one sentence.
    pub reason: String,
}

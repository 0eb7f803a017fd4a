//! The `performance` section of `report.json`: realised values from labels next to estimates without them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    estimate_check::EstimateAgainstLabels,
    estimated::EstimatedPerformance,
    realised::{CalibrationPoint, RealisedPerformance},
};
use crate::performance::{LabelCounts, Performance};

/// Ranking quality of the score and its decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PerformanceSection {
    /// Weight of recall relative to precision in `f_beta`.
    pub beta: f64,
    /// Calibration curve of the reference's rows; missing without labels or without outcomes of the reference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibration_reference: Vec<CalibrationPoint>,
    /// Null without labels or without an estimate.
    pub estimate_against_labels: Option<EstimateAgainstLabels>,
    /// Estimate over all used rows.
    pub estimated: Option<EstimatedPerformance>,
    /// Why there is no estimate.
    pub estimated_reason: Option<String>,
    /// Result of the label join; null if no labels are configured.
    pub labels: Option<ReportedLabels>,
    /// Performance of the labelled rows.
    pub realised: Option<RealisedPerformance>,
    /// Why no row is labelled.
    pub realised_reason: Option<String>,
    /// Used rows of the window.
    pub rows: u64,
    /// The threshold of the score. Decisions are those of the log where it has them.
    pub threshold: f64,
}

/// Counts of the labels found for the window's rows, and of all others by reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedLabels {
    /// Ids of the window with both outcomes, which are not used.
    pub contradictory: u64,
    /// Share of used rows with a label.
    pub coverage: Option<f64>,
    /// Label rows that repeat an outcome already read for the same id.
    pub duplicates: u64,
    /// Label rows whose id is not among the window's used rows.
    pub elsewhere: u64,
    /// At most five examples of invalid labels.
    pub examples: Vec<String>,
    /// Label rows of the window whose value is not an outcome.
    pub invalid: u64,
    /// Lines that are not a record.
    pub malformed: u64,
    /// Used rows of the window with exactly one outcome.
    pub matched: u64,
    /// The configured location if it holds no labels yet.
    pub not_yet: Option<String>,
    /// Label rows of the window without an outcome yet.
    pub pending: u64,
    /// Label rows read.
    pub read: u64,
    /// Parts of the labels that could not be read.
    pub unreadable: Vec<String>,
    /// Label rows without an id.
    pub without_id: u64,
}

impl PerformanceSection {
    pub(super) fn new(performance: &Performance) -> Self {
        let unlabelled = || match &performance.labels {
            None => "no labels are configured".to_owned(),
            Some(_) => format!("none of the {} used rows has a label", performance.rows),
        };
        Self {
            beta: performance.terms.beta,
            calibration_reference: performance.reference_calibration.iter().map(CalibrationPoint::new).collect(),
            estimate_against_labels: performance.estimate_check.as_ref().map(EstimateAgainstLabels::new),
            estimated: performance.expected.as_ref().ok().map(EstimatedPerformance::new),
            estimated_reason: performance.expected.as_ref().err().map(ToString::to_string),
            labels: performance.labels.as_ref().map(|labels| ReportedLabels::new(labels, performance.rows)),
            realised: performance.realised.as_ref().map(RealisedPerformance::new),
            realised_reason: performance.realised.is_none().then(unlabelled),
            rows: performance.rows,
            threshold: performance.terms.threshold,
        }
    }
}

impl ReportedLabels {
    /// Returns the counts of labels that were or were not used.
    pub(super) fn counts(&self) -> LabelCounts {
        LabelCounts {
            read: self.read,
            matched: self.matched,
            without_id: self.without_id,
            contradictory: self.contradictory,
            invalid: self.invalid,
            malformed: self.malformed,
            ..LabelCounts::default()
        }
    }

    pub(super) fn new(labels: &LabelCounts, rows: u64) -> Self {
        let unreadable = labels.unreadable.iter().map(ToString::to_string);
        Self {
            contradictory: labels.contradictory,
            coverage: coverage(labels, rows),
            duplicates: labels.duplicates,
            elsewhere: labels.elsewhere,
            examples: labels.examples.clone(),
            invalid: labels.invalid,
            malformed: labels.malformed,
            matched: labels.matched,
            not_yet: labels.not_yet.clone(),
            pending: labels.pending,
            read: labels.read,
            unreadable: unreadable.chain(labels.lost.iter().map(ToString::to_string)).collect(),
            without_id: labels.without_id,
        }
    }
}

/// Returns the share of rows with a label.
pub(crate) fn coverage(labels: &LabelCounts, rows: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    (rows > 0).then(|| labels.matched as f64 / rows as f64)
}

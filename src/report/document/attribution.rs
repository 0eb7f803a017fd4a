//! The `attribution` section of `report.json`, and that of each feature.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{measures::ReportedKsDistance, score_shift::ScoreShiftSection};
use crate::{
    drift::Summary,
    replay::{Attribution, ContributionDrift},
    report::{Report, words::Language},
};

/// Which drift matters for the score: the drift of each feature's contributions is with the feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttributionSection {
    /// Why contributions were not measured.
    pub reason: Option<String>,
    /// Rows of the window that were explained; null if none were.
    pub rows: Option<u64>,
    /// The effect of restoring the reference's values, if it was to be measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_shift: Option<ScoreShiftSection>,
    /// Unit of the contributions, if measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// Drift of a feature's contributions to the score (SHAP values).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureAttribution {
    pub ks: Option<ReportedKsDistance>,
    pub mean: ContributionMeans,
    /// Mean of the absolute contributions.
    pub mean_abs: ContributionMeans,
    /// Population stability index.
    pub psi: Option<f64>,
}

/// Means of both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContributionMeans {
    pub reference: Option<f64>,
    pub window: Option<f64>,
}

impl AttributionSection {
    pub(super) fn new(report: &Report) -> Option<Self> {
        let (reason, rows) = match report.attribution.as_ref()? {
            Attribution::Unavailable(why) => (Some(Language::English.unmeasured(why)), None),
            Attribution::Measured { rows, .. } => (None, Some(*rows)),
        };
        let shift = report.score_shift.as_ref();
        Some(Self {
            reason,
            rows,
            score_shift: shift.map(|shift| ScoreShiftSection::new(shift, report.policy.q)),
            unit: rows.map(|_| "raw score".to_owned()),
        })
    }
}

impl FeatureAttribution {
    pub(super) fn new(drift: &ContributionDrift) -> Self {
        let mean = |summary: &Summary| match summary {
            Summary::Numeric { mean, .. } => *mean,
            Summary::Categorical { .. } => None,
        };
        let distance = &drift.distance;
        Self {
            ks: distance.ks.as_ref().map(ReportedKsDistance::new),
            mean: ContributionMeans { reference: mean(&distance.reference), window: mean(&distance.window) },
            mean_abs: ContributionMeans { reference: Some(drift.mean_abs.0), window: drift.mean_abs.1 },
            psi: distance.psi.value,
        }
    }
}

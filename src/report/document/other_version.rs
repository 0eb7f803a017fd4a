//! The `other_version` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{feature::ReportedFeature, score::score, sorted::sorted};
use crate::{drift::Drift, judge::Policy};

/// Drift of rows scored by another version of the model, without a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OtherVersionSection {
    pub features: Vec<OtherVersionFeature>,
    pub rows: u64,
    #[serde(serialize_with = "sorted")]
    pub score: Option<ReportedFeature>,
}

/// A feature of these rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OtherVersionFeature {
    pub n_window: u64,
    pub name: String,
    /// Population stability index.
    pub psi: Option<f64>,
}

impl OtherVersionSection {
    pub(super) fn new(drift: &Drift, policy: &Policy) -> Self {
        let features = drift.features.iter().map(|feature| OtherVersionFeature {
            n_window: feature.n_window,
            name: feature.name.clone(),
            psi: feature.psi.value,
        });
        Self { features: features.collect(), rows: drift.n_window, score: score(drift, None, None, policy) }
    }
}

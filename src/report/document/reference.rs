//! The `reference` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sorted::sorted;
use crate::{
    reference::Provenance,
    report::{Report, words::Language},
};

/// The reference that the window was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceSection {
    pub id: String,
    /// How the config's model differs from the one that the reference was learnt with, in one sentence; missing if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_model: Option<String>,
    #[serde(serialize_with = "sorted")]
    pub provenance: Provenance,
}

impl ReferenceSection {
    pub(super) fn new(report: &Report) -> Self {
        Self {
            id: report.run.reference_id.clone(),
            other_model: report.other_model.as_ref().map(|other| Language::English.other_model(other)),
            provenance: report.reference.clone(),
        }
    }
}

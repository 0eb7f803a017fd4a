//! The `reference` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sorted::sorted;
use crate::{reference::Provenance, report::Report};

/// The reference that the window was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceSection {
    pub id: String,
    #[serde(serialize_with = "sorted")]
    pub provenance: Provenance,
}

impl ReferenceSection {
    pub(super) fn new(report: &Report) -> Self {
        Self { id: report.run.reference_id.clone(), provenance: report.reference.clone() }
    }
}

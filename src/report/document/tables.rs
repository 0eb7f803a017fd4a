//! The `tables` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::Report;

/// Two tables that are compared: every `reference` in this report is the first, every `window` the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TablesSection {
    /// Name of the file, folder or glob.
    pub current: String,
    /// Columns of either table that are neither a feature nor anything else.
    pub not_compared: Vec<String>,
    pub reference: String,
}

impl TablesSection {
    pub(super) fn new(report: &Report) -> Option<Self> {
        let tables = report.tables.as_ref()?;
        Some(Self {
            current: tables.current.clone(),
            not_compared: tables.not_compared.clone(),
            reference: tables.reference.clone(),
        })
    }
}

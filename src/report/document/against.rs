//! The `against` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

use crate::report::Report;

/// The window that takes the place of the reference. Every `reference` in this report is this window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstSection {
    /// Whether its values were compared one by one. Otherwise only counts per bin were, which support PSI alone.
    pub exact: bool,
    pub from: Instant,
    /// Rows used.
    pub rows: u64,
    pub to: Instant,
}

impl AgainstSection {
    pub(super) fn new(report: &Report) -> Option<Self> {
        let against = report.against.as_ref()?;
        let window = against.window;
        Some(Self { exact: against.is_exact, from: window.from, rows: against.rows, to: window.to })
    }
}

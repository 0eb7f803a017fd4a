//! What a test without limits leads to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Severity;

/// Severity of a finding that either is there or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reaction {
    Alarm,
    Watch,
    /// No finding.
    Off,
}

impl Reaction {
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Alarm => Some(Severity::Alarm),
            Self::Watch => Some(Severity::Watch),
            Self::Off => None,
        }
    }
}

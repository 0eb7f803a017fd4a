//! Severity of a finding, a feature or a run.

use std::fmt;

use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::Error as ValueError},
};

/// Severity, in ascending order of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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

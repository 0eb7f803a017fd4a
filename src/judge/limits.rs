//! Limits of a test: the effect at which it is a watch, and the effect at which it is an alarm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Effect sizes at which a test is a watch or an alarm; `null` means never.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    #[serde(default)]
    pub watch: Option<f64>,
    #[serde(default)]
    pub alarm: Option<f64>,
}

impl Limits {
    pub(super) const fn new(watch: f64, alarm: f64) -> Self {
        Self { watch: Some(watch), alarm: Some(alarm) }
    }

    pub(super) const fn watch_only(watch: f64) -> Self {
        Self { watch: Some(watch), alarm: None }
    }

    /// No effect is a finding.
    #[must_use]
    pub const fn off() -> Self {
        Self { watch: None, alarm: None }
    }

    /// Returns whether no effect is a finding.
    #[must_use]
    pub fn is_off(self) -> bool {
        self.watch.is_none() && self.alarm.is_none()
    }
}

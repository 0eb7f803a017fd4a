//! The `alerts:` and `http:` sections.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Span;

use crate::{
    alert::{Email, Webhook},
    judge::Test,
};

/// The `alerts:` section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// Email delivery. Without it, alerts appear only in the reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Webhook delivery: the same alerts as a JSON POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// Consecutive windows before an alert opens (an alarm on the score opens one immediately).
    pub after: u32,
    /// Time before the first reminder of an open alert; the interval doubles with each reminder.
    pub cooldown: Span,
    /// Fewer records than this share of the median for the same weekday is a finding.
    pub volume: f64,
    /// A reference older than this is a finding. Without it, age is not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_age: Option<Span>,
    /// Tests that never open an alert; their findings still appear in the reports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Test>,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            email: None,
            webhook: None,
            after: 2,
            cooldown: Span::from_hours(24),
            volume: 0.5,
            reference_age: None,
            ignore: Vec::new(),
        }
    }
}

/// The `http:` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port, for example `127.0.0.1:8787`.
    pub listen: String,
    /// File that contains only the token clients must send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

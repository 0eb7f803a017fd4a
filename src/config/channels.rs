//! The `alerts:` and `http:` sections: how vigie speaks to people and to other machines.

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
    /// Without it nobody is told: alerts stand in the reports only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The same for machines: a JSON POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// Consecutive windows before an alert opens (an alarm on the score opens one at once).
    pub after: u32,
    /// How long an open alert stays silent before it is told again; each reminder waits twice as long as the last.
    pub cooldown: Span,
    /// Fewer records than this share of the same weekday's median are a finding.
    pub volume: f64,
    /// An older reference is a finding; without it none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_age: Option<Span>,
    /// Tests that open no alert; their findings stand in the reports all the same.
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
    /// Address and port, `127.0.0.1:8787`.
    pub listen: String,
    /// A file that holds the token readers must send, and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

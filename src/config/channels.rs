//! The `alerts:` and `http:` sections: how vigie speaks to people and to other machines.

use std::{fmt, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::masked;
use crate::window::Span;

/// The `alerts:` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// Without it nobody is told: alerts stand in the reports only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Consecutive windows before an alert opens (an alarm on the score opens one at once).
    pub after: u32,
    /// How long an open alert stays silent before it is told again.
    pub cooldown: Span,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { email: None, after: 2, cooldown: Span::from_hours(24) }
    }
}

/// The `alerts.email:` section.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// `smtps://host:465`, or `smtp://host:587`.
    pub smtp: String,
    /// The sender's address.
    pub from: String,
    /// The address of whoever is told, or a list of them.
    pub to: Addresses,
    /// The name to log in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A file that holds the password and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

/// One address, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Addresses {
    /// A single address.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Addresses {
    /// In the order they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(address) => std::slice::from_ref(address).iter(),
            Self::Many(addresses) => addresses.iter(),
        }
        .map(String::as_str)
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

/// Without the password that an SMTP address may hold.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("smtp", &masked(&self.smtp))
            .field("from", &self.from)
            .field("to", &self.to)
            .field("username", &self.username)
            .field("password_file", &self.password_file)
            .finish()
    }
}

//! The `alerts.email:` section: the mail server and the recipients.

use std::{fmt, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `alerts.email:` section.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// `smtps://host:465` (TLS from the start), or `smtp://host:587` (STARTTLS).
    pub smtp: String,
    /// The sender's address.
    pub from: String,
    /// The recipient's address, or a list of addresses.
    pub to: Addresses,
    /// The user name to log in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A file that contains the password and nothing else. Default: the systemd credential `vigie.smtp-password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// A PEM file with certificates to trust in addition to the system's, for example those of an internal CA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// For `smtp://`: whether the connection must be encrypted. Default: `required`, except for this machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starttls: Option<StartTls>,
}

/// Whether a plain-text connection must be upgraded to TLS before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartTls {
    /// No email is sent to a server that does not offer STARTTLS.
    Required,
    /// Everything is sent in plain text, including the password.
    Never,
}

/// One address, or a list of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Addresses {
    /// A single address.
    One(String),
    /// Several addresses.
    Many(Vec<String>),
}

impl Addresses {
    /// Returns the addresses in the order they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(address) => std::slice::from_ref(address).iter(),
            Self::Many(addresses) => addresses.iter(),
        }
        .map(String::as_str)
    }
}

/// Omits the password that an SMTP URL may contain.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("smtp", &self.smtp.rsplit('@').next().unwrap_or_default())
            .field("from", &self.from)
            .field("to", &self.to)
            .field("username", &self.username)
            .field("password_file", &self.password_file)
            .field("ca_file", &self.ca_file)
            .field("starttls", &self.starttls)
            .finish()
    }
}

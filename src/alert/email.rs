//! The `alerts.email:` section: which server takes the mail, who is told.

use std::{fmt, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `alerts.email:` section.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// `smtps://host:465` (TLS from the first byte), or `smtp://host:587` (STARTTLS).
    pub smtp: String,
    /// The sender's address.
    pub from: String,
    /// The address of whoever is told, or a list of them.
    pub to: Addresses,
    /// The name to log in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A file that holds the password and nothing else. Without it, systemd's credential `vigie.smtp-password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Certificates (PEM) to trust beside the system's, as of a company's own authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Of `smtp://`: whether mail goes out without encryption. Default: only to this machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starttls: Option<StartTls>,
}

/// Whether a connection that begins in plain text is encrypted before anything is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartTls {
    /// A server that does not offer it gets no mail.
    Required,
    /// Everything goes in plain text, the password too.
    Never,
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

/// Without the password that an SMTP address may hold.
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

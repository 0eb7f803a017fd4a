//! A channel sends notifications. It owns its options and secrets, composes its messages and sends them.

use std::path::PathBuf;

use vigie_profile::window::Instant;

use super::{Delivery, Message, Notification, Timeouts};
use crate::{
    fault::Result,
    report::{Language, Report},
};

/// Properties of a channel that do not depend on its options.
#[derive(Debug, PartialEq, Eq)]
pub struct ChannelSpec {
    /// Its section under `alerts:`, and its name in the ledger, in logs and in `vigie status`.
    pub word: &'static str,
    /// Receiver of its messages: `the mail server`, `Slack`.
    pub server: &'static str,
    /// Name of the systemd credential with its secret.
    pub credential: &'static str,
    /// The keys whose values must be more than of the right type.
    pub keys: &'static [ChannelKey],
    /// Whether later messages about an alert refer to the first by its id.
    pub has_threads: bool,
}

/// A key of a channel's section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelKey {
    /// The dotted key, where `*` stands for any item of a list.
    pub key: &'static str,
    pub kind: KeyKind,
    /// What to write, if the key is required.
    pub hint: Option<&'static str>,
}

/// Requirement on the value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    MailServer,
    MailAddress,
    WebUrl {
        example: &'static str,
    },
    /// A section whose keys are all optional.
    Section,
    /// A section with `url` or `url_file`, but not both; its other keys are optional.
    UrlOrFile,
    /// A file that contains a secret and nothing else.
    SecretFile,
    /// A PEM file.
    CertificateFile,
}

impl ChannelKey {
    pub(super) const fn new(key: &'static str, kind: KeyKind) -> Self {
        Self { key, kind, hint: None }
    }

    pub(super) const fn required(key: &'static str, kind: KeyKind, hint: &'static str) -> Self {
        Self { key, kind, hint: Some(hint) }
    }
}

/// A secret that only the systemd credential can provide, because the section contains and names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingSecret {
    /// The key that the problem is about.
    pub key: &'static str,
    pub problem: &'static str,
    /// The key, within its section, that names a file instead.
    pub file_key: &'static str,
}

/// Input for composing messages, in addition to the notification.
#[derive(Debug, Clone, Copy)]
pub struct ComposeContext<'a> {
    /// The report of the run; `None` if it has none.
    pub report: Option<&'a Report>,
    /// `reports.base_url`, the public URL of the reports folder.
    pub base_url: Option<&'a str>,
    /// `reports.language`.
    pub language: Language,
    pub now: Instant,
}

/// A way to send notifications. Implemented by its options in the config.
pub trait Channel {
    fn spec(&self) -> &'static ChannelSpec;

    /// The files that the section names, with their keys.
    fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)>;

    /// Returns the secret that only a systemd credential can provide, if there is one.
    fn missing_secret(&self) -> Option<MissingSecret>;

    /// Composes the messages about a notification, in the order in which they are sent; none if there is nothing to say on
    /// this channel. The same arguments always produce the same bytes, without secrets.
    fn compose(&self, notification: &Notification, context: &ComposeContext<'_>) -> Result<Vec<Message>>;

    /// Sends a message to its recipients. Returns within `timeouts`. Blocks.
    fn send(&self, message: &Message, timeouts: Timeouts) -> Delivery;
}

/// The files that are set, with their keys.
pub(super) fn set_files<'a, const N: usize>(
    files: [(&'static str, &'a mut Option<PathBuf>); N],
) -> Vec<(&'static str, &'a mut PathBuf)> {
    files.into_iter().filter_map(|(key, file)| Some((key, file.as_mut()?))).collect()
}

//! A message as it waits in the outbox: composed once, then sent with the same bytes on every attempt.

use std::fmt;

use sha2::{Digest, Sha256};

/// A message that is ready to send. Plain data, so that it survives restarts.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Derived from the notification's id, so that the same notification always gets the same one. For an email, the
    /// Message-ID `<…@host>`: an alert keeps that of the email that opened it as its thread.
    pub message_id: String,
    /// A summary for `vigie status`; for an email, the decoded subject.
    pub subject: String,
    /// Envelope recipients: bare email addresses. Empty if the channel has one recipient without an address.
    pub to: Vec<String>,
    /// What is sent, without secrets: an email (RFC 5322, CRLF line endings, 7-bit), or a JSON body.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message {} to {:?}, {} bytes", self.message_id, self.to, self.bytes.len())
    }
}

/// Derives 32 hexadecimal digits from an id, for use in Message-IDs, Content-IDs, MIME boundaries and keys.
pub(super) fn digest(id: &str) -> String {
    Sha256::digest(id.as_bytes()).iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

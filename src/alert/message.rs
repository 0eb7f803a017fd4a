//! An email as it waits in the outbox: composed once, then sent with the same bytes on every attempt.

use std::fmt;

/// An email that is ready to send. Plain data, so that it survives restarts.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// `<…@host>`, derived from the notification's id, so the same notification always gets the same Message-ID. An alert
    /// keeps the Message-ID of the email that opened it as its thread.
    pub message_id: String,
    /// The decoded subject, for `vigie status`.
    pub subject: String,
    /// Envelope recipients: bare addresses.
    pub to: Vec<String>,
    /// Headers and body (RFC 5322, CRLF line endings, 7-bit).
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message {} to {:?}, {} bytes", self.message_id, self.to, self.bytes.len())
    }
}

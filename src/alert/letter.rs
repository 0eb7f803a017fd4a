//! A mail as it waits in the outbox: composed once, sent as often as it takes, always the same bytes.

use std::fmt;

/// Ready to send. All of it is plain data, so that it survives restarts.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// `<…@host>`, made from the telling's id: the same telling has the same one. Whoever opens an alert keeps it as the
    /// alert's thread.
    pub message_id: String,
    /// As people read it: for `vigie status`.
    pub subject: String,
    /// The envelope's recipients: bare addresses.
    pub to: Vec<String>,
    /// Headers and body (RFC 5322, lines ended by CR LF, 7-bit).
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter {} to {:?}, {} bytes", self.message_id, self.to, self.bytes.len())
    }
}

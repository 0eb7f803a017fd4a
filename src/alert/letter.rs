//! A mail as it waits in the outbox: composed once, sent as often as it takes, always the same bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Ready to send. All of it is plain data, so that it survives restarts.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// `<…@host>`, made from the telling's id: the same telling has the same one. Whoever opens an alert keeps it as the
    /// alert's thread.
    pub message_id: String,
    /// As people read it: for `vigie status`.
    pub subject: String,
    /// The envelope's recipients: bare addresses. Those who have it are taken out while others wait.
    pub to: Vec<String>,
    /// Headers and body (RFC 5322, lines ended by CR LF, 7-bit).
    pub bytes: Vec<u8>,
}

/// What stands before the bytes in the outbox, on a line of its own.
#[derive(Serialize, Deserialize)]
struct Envelope {
    message_id: String,
    subject: String,
    to: Vec<String>,
}

impl Letter {
    /// As one piece, for the outbox.
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let Self { message_id, subject, to, bytes } = self.clone();
        let mut stored = serde_json::to_vec(&Envelope { message_id, subject, to }).unwrap_or_default();
        stored.push(b'\n');
        stored.extend(bytes);
        stored
    }

    /// What was stored; `None` when it was not.
    #[must_use]
    pub fn from_stored(stored: &[u8]) -> Option<Self> {
        let end = stored.iter().position(|byte| *byte == b'\n')?;
        let (envelope, bytes) = stored.split_at_checked(end)?;
        let Envelope { message_id, subject, to } = serde_json::from_slice(envelope).ok()?;
        Some(Self { message_id, subject, to, bytes: bytes.get(1..)?.to_vec() })
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter {} to {:?}, {} bytes", self.message_id, self.to, self.bytes.len())
    }
}

//! The outcome of one delivery attempt.

use std::{fmt, time::Duration};

use super::words::sentence;

/// Time limits for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For an HTTP request; over SMTP, from connecting to the server's reply to DATA.
    pub dialogue: Duration,
    /// Over SMTP, for the message and the final reply. A client that gives up before that reply and retries creates
    /// duplicates, so RFC 5321 (4.5.3.2.6) requires ten minutes.
    pub acceptance: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { dialogue: Duration::from_mins(1), acceptance: Duration::from_mins(10) }
    }
}

/// The outcome of one attempt. If the server accepted a message but the reply was lost, the message is sent again with the
/// same id: a recipient may get it twice, but never misses it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Delivery {
    /// The server has taken responsibility for the message.
    Accepted {
        /// Recipients who will never receive it, to be shown to the operator.
        refused: Vec<Refusal>,
    },
    /// To be tried again. Nothing is lost yet.
    Later {
        /// One sentence, without secrets.
        reason: String,
        /// Recipients still to be reached; empty if the recipient has no address. Other recipients that are neither here nor
        /// in `refused` have received it.
        to: Vec<String>,
        /// The server's replies to single recipients in `to`, if it gave any.
        replies: Vec<Refusal>,
        /// Recipients who will never receive it.
        refused: Vec<Refusal>,
        /// No attempt can succeed until the setup is fixed: the login is refused (535), the password file cannot be read,
        /// the certificate is not trusted. Logged as an error; the message itself is fine and is kept.
        setup: bool,
        /// How long the server asks to wait before the next attempt.
        retry_after: Option<Duration>,
    },
    /// Permanent failure: the server refuses this message, or every recipient (5xx other than 535).
    Refused {
        /// One sentence, without secrets.
        reason: String,
        /// The server's replies to single recipients, if it gave any.
        replies: Vec<Refusal>,
    },
}

impl Delivery {
    /// An attempt to be repeated, for a recipient without an address.
    pub(crate) fn later(reason: &str, retry_after: Option<Duration>) -> Self {
        let (to, replies, refused) = (Vec::new(), Vec::new(), Vec::new());
        Self::Later { reason: sentence(reason), to, replies, refused, setup: false, retry_after }
    }

    /// Like [`Self::later`], once the setup is fixed.
    pub(crate) fn setup(reason: &str) -> Self {
        let (to, replies, refused) = (Vec::new(), Vec::new(), Vec::new());
        Self::Later { reason: sentence(reason), to, replies, refused, setup: true, retry_after: None }
    }

    /// A permanent failure, for a recipient without an address.
    pub(crate) fn refused(reason: &str) -> Self {
        Self::Refused { reason: sentence(reason), replies: Vec::new() }
    }

    /// For recipients with an address: if it is to be tried again, then for all of these.
    pub(crate) fn waiting_for(mut self, recipients: &[String]) -> Self {
        if let Self::Later { to, .. } = &mut self {
            recipients.clone_into(to);
        }
        self
    }
}

/// A recipient refused by the server, for now or permanently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub to: String,
    /// The server's reply.
    pub reply: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.to, self.reply)
    }
}

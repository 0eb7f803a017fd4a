//! The outcome of one delivery attempt.

use std::fmt;

/// The outcome of one attempt. If the server accepted an email but the reply was lost, the email is sent again with the same
/// Message-ID: a recipient may get it twice, but never misses it.
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
        /// Recipients still to be reached; empty for a webhook. Recipients neither here nor in `refused` have received it.
        to: Vec<String>,
        /// The server's replies to single recipients in `to`, if it gave any.
        replies: Vec<Refusal>,
        /// Recipients who will never receive it.
        refused: Vec<Refusal>,
        /// No attempt can succeed until the setup is fixed: the login is refused (535), the password file cannot be read,
        /// the certificate is not trusted. Logged as an error; the message itself is fine and is kept.
        setup: bool,
    },
    /// Permanent failure: the server refuses this message, or every recipient (5xx other than 535).
    Refused {
        /// One sentence, without secrets.
        reason: String,
        /// The server's replies to single recipients, if it gave any.
        replies: Vec<Refusal>,
    },
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

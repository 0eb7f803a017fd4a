//! What became of one try to send something.

use std::fmt;

/// How a try ended. A mail whose acceptance was lost on the way is tried again under the same Message-ID, so whoever reads
/// may find it twice, never not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Delivery {
    /// The server has it and answers for it from here on.
    Accepted {
        /// Recipients it will never go to: for people to see.
        refused: Vec<Refusal>,
    },
    /// To be tried again. Nothing is lost yet.
    Later {
        /// One sentence, without secrets.
        reason: String,
        /// Who has to get it still; of a webhook, empty. Those neither here nor in `refused` have it.
        to: Vec<String>,
        /// Recipients it will never go to.
        refused: Vec<Refusal>,
        /// A person has to mend the setup before any try can succeed: the login is refused (535), the password file cannot
        /// be read, the certificate is not trusted. Say it loudly; the letter itself is fine and is worth keeping.
        setup: bool,
    },
    /// Never: the server refuses this very letter, or every recipient, for good (5xx but 535).
    Refused(String),
}

/// A recipient whom a letter will never go to.
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

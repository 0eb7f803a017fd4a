//! What the daemon knows that the reports folder does not.

use vigie_profile::window::Instant;

use crate::report::OpenAlert;

/// Asked for at each request that shows it, so it must be cheap to make; it is made off the runtime's threads.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Why the daemon cannot do its work just now; `None` when it can. `/readyz` says it.
    pub not_ready: Option<String>,
    pub alerts: Vec<OpenAlert>,
    /// Messages that are written and not yet delivered.
    pub outbox: u64,
    pub models: Vec<ModelStanding>,
}

/// How a watched model's runs go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelStanding {
    pub model: String,
    /// When a run last ended well.
    pub last_success: Option<Instant>,
    /// When a run last failed, and the sentence.
    pub last_failure: Option<(Instant, String)>,
    /// When the next window will be looked at.
    pub next_due: Option<Instant>,
}

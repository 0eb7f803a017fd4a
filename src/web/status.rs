//! State of the daemon that is not in the reports folder.

use vigie_profile::window::Instant;

use crate::{judge::Headline, report::OpenAlert};

/// Current state of the daemon. Computed on a blocking thread for every request that needs it, so it must be cheap.
#[derive(Debug, Clone, Default)]
pub struct DaemonStatus {
    /// Reason why the daemon cannot work at the moment, as returned by `/readyz`; `None` if it can.
    pub not_ready: Option<String>,
    pub alerts: Vec<OpenAlert>,
    /// Number of undelivered messages.
    pub outbox: u64,
    pub models: Vec<ModelRunStatus>,
}

/// Run status of a monitored model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelRunStatus {
    pub model: String,
    /// Time of the last successful run.
    pub last_success: Option<Instant>,
    /// Time of the last failed run, and why it failed.
    pub last_failure: Option<(Instant, Headline)>,
    /// When the next window is due.
    pub next_due: Option<Instant>,
}

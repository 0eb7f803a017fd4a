//! What happened to alerts: what people are told of one run, before it has words, a form or an address.

use vigie_profile::window::{Instant, Window};

use crate::judge::{Severity, Test};

/// What an alert is about. One alert lives under one key, from its opening to its recovery.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub model: String,
    /// `None`: about the score, the service, the run itself.
    pub feature: Option<String>,
    pub test: Test,
}

/// What happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    Opened,
    /// Open, and now an alarm where it was a watch.
    Worsened,
    /// Open for longer than the cooldown.
    Reminded,
    Recovered,
    /// A `watch` of the daily digest.
    Noted,
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub key: Key,
    pub change: Change,
    pub severity: Severity,
    /// The finding's reason; of a recovery, the last one's.
    pub sentence: String,
    pub value: Option<f64>,
    pub limit: Option<f64>,
    /// The start of the first window of this alert.
    pub since: Instant,
    /// The Message-ID of the mail that opened the alert, once it was queued.
    pub thread: Option<String>,
}

/// All there is to tell of one run of one model: one mail, one webhook call.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// Stable over retries and restarts, unique to the run and its revision: the Message-ID is made from it.
    pub id: String,
    pub model: String,
    /// `None` where the run failed before it had one.
    pub window: Option<Window>,
    /// Of the run.
    pub severity: Severity,
    /// The run's verdict in one sentence, or why it failed.
    pub verdict: String,
    /// Windows whose labels have come, where it is them that tell; `None`: it is a run.
    pub by_labels: Option<usize>,
    /// Worst first.
    pub events: Vec<Event>,
    /// The report's page below the reports folder, `credit-default/20261001T…/report.html`.
    pub report: Option<String>,
}

//! What happened to alerts in one run, before it has wording, a format or a recipient.

use vigie_profile::window::{Instant, Window};

use crate::judge::{Severity, Test};

/// The subject of an alert. At most one alert is alive per key, from opening to recovery.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertKey {
    pub model: String,
    /// `None` for the score, the service, or the run itself.
    pub feature: Option<String>,
    pub test: Test,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    Opened,
    /// Was open as a watch and is now an alarm.
    Worsened,
    /// Still open after the cooldown.
    Reminded,
    Recovered,
    /// A `watch` reported in the daily digest.
    Noted,
}

/// One change of one alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub key: AlertKey,
    pub change: Change,
    pub severity: Severity,
    /// Reason of the finding; on recovery, reason of the last finding.
    pub sentence: String,
    pub value: Option<f64>,
    pub limit: Option<f64>,
    /// Start of the alert's first window.
    pub since: Instant,
    /// Message-ID of the email that opened the alert, once it has been queued.
    pub thread: Option<String>,
}

/// Everything to report about one run of one model: one email, one webhook call.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Stable over retries and restarts, unique to the run and its revision. The Message-ID is derived from it.
    pub id: String,
    pub model: String,
    /// `None` if the run failed before it had a window.
    pub window: Option<Window>,
    /// Severity of the run.
    pub severity: Severity,
    /// The verdict in one sentence, or why the run failed.
    pub verdict: String,
    /// Number of windows that received labels, if the notification is about labels; `None` if it is about a run.
    pub labelled_windows: Option<usize>,
    /// Most severe first.
    pub events: Vec<Event>,
    /// Path of the report page below the reports folder, `credit-default/20261001T…/report.html`.
    pub report: Option<String>,
}

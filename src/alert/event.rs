//! What happened to alerts in one run, before it has wording, a format or a recipient.

use std::collections::BTreeSet;

use vigie_profile::window::{Instant, Window};

use crate::judge::{Finding, Headline, Note, Severity, Subject, Test};

/// What an alert is about. At most one alert is alive per key, from opening to recovery.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertKey {
    pub model: String,
    pub subject: Subject,
    pub test: Test,
}

impl AlertKey {
    #[must_use]
    pub fn new(model: &str, finding: &Finding) -> Self {
        Self { model: model.to_owned(), subject: finding.subject.clone(), test: finding.test }
    }
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertChange {
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
    pub change: AlertChange,
    /// The latest finding; on recovery, the last one.
    pub finding: Finding,
    /// Start of the alert's first window.
    pub since: Instant,
    /// Message-ID of the email that opened the alert, once it has been queued.
    pub thread: Option<String>,
    /// Other names under which someone has been notified of the alert or of a part of it, oldest first.
    pub origins: Vec<(Subject, Test)>,
}

/// Everything to report about one run of one model. Each channel composes its messages from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Unique to the event, also over several installations and a lost ledger; the Message-ID is derived from it. Retries
    /// and restarts send what the outbox holds.
    pub id: String,
    pub model: String,
    /// `None` if the run failed before it had a window.
    pub window: Option<Window>,
    /// Severity of the run.
    pub severity: Severity,
    /// The verdict, why the run failed, or what else the notification is about.
    pub headline: Headline,
    pub note: Option<Note>,
    /// Most severe first.
    pub events: Vec<Event>,
    /// Path of the report page below the reports folder, `credit-default/20261001T…/report.html`.
    pub report: Option<String>,
    /// What the report found and nobody wants to hear of.
    pub muted: BTreeSet<(Subject, Test)>,
}

impl Notification {
    /// Returns the notification without values of single rows. Messages are composed from nothing else.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let Self { id, model, window, severity, headline, note, events, report, muted } = self.clone();
        let events = events.into_iter().map(|event| Event { finding: event.finding.redacted(), ..event }).collect();
        Self { id, model, window, severity, headline: headline.redacted(), note, events, report, muted }
    }
}

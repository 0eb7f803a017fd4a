//! The state of one alert, from the first window over a limit to its recovery.

use vigie_profile::window::Instant;

use super::AlertKey;
use crate::judge::{Finding, Severity, Subject, Test};

/// The state an alert is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Over the limit, but not yet for enough consecutive windows. Nobody is notified.
    Pending,
    Open,
    /// Was open and is over, but nobody has been notified: the next digest reports both.
    Ended,
    Recovered,
    /// Continues as a part of another alert, whose story its features are in.
    Merged,
}

impl Phase {
    /// The name used by `vigie status` and in the ledger.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Recovered => "recovered",
            Self::Merged => "merged",
        }
    }

    /// Parses the name returned by [`Self::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Open, Self::Ended, Self::Recovered, Self::Merged];
        all.into_iter().find(|phase| phase.word() == word)
    }
}

/// The state of an alert that is kept between two windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Row id in the ledger; `None` until the alert is stored.
    pub id: Option<i64>,
    pub model: String,
    /// The latest finding.
    pub finding: Finding,
    pub phase: Phase,
    /// Number of consecutive windows with a finding before the alert opened.
    pub streak: u32,
    /// Start of the first window.
    pub since: Instant,
    /// Start of the latest window with a finding. Retrying a window does not count it twice.
    pub latest: Instant,
    /// When the alert opened.
    pub opened: Option<Instant>,
    /// When the latest notification was made.
    pub notified: Option<Instant>,
    /// The worst severity notified so far.
    pub notified_severity: Severity,
    /// Number of reminders since.
    pub reminders: u32,
    /// Message-ID of the email that opened the alert.
    pub thread: Option<String>,
    /// Someone is working on it: no reminders.
    pub acknowledged: bool,
    /// Other names under which someone has been notified of it or of a part of it, oldest first.
    pub origins: Vec<(Subject, Test)>,
}

impl Alert {
    #[must_use]
    pub fn key(&self) -> AlertKey {
        AlertKey::new(&self.model, &self.finding)
    }

    /// Remembers a name under which someone has been notified.
    pub(super) fn add_origin(&mut self, origin: (Subject, Test)) {
        if !self.origins.contains(&origin) {
            self.origins.push(origin);
        }
    }
}

/// A mute set by an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    /// `None` mutes the subject for every model.
    pub model: Option<String>,
    /// A feature, a group of features as alerts name it, a segment, or the name of a test about the run itself: `latency`,
    /// `no_data`.
    pub subject: String,
    pub until: Instant,
}

impl Mute {
    /// Returns whether the mute silences alerts of a model at `now`.
    fn is_active(&self, model: &str, now: Instant) -> bool {
        now < self.until && self.model.as_ref().is_none_or(|muted| muted == model)
    }
}

/// Returns whether a finding is muted: by its name, or, if it is a story, by the story's own name or by those of all its features.
#[must_use]
pub fn is_muted(mutes: &[Mute], model: &str, finding: &Finding, now: Instant) -> bool {
    let is_named = |name: &str| mutes.iter().any(|mute| mute.subject == name && mute.is_active(model, now));
    if is_named(finding.subject.name().unwrap_or(finding.test.word())) {
        return true;
    }
    finding.story().is_some_and(|story| {
        story.subject().name().is_some_and(is_named) || story.members.iter().all(|member| is_named(&member.feature))
    })
}

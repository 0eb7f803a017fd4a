//! One alert through time: from the first window over a limit to the window that is well again.

use vigie_profile::window::Instant;

use super::Key;
use crate::judge::Severity;

/// How far an alert has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Over the limit, not yet for enough windows in a row. Nobody is told.
    Pending,
    Open,
    Recovered,
}

impl Phase {
    /// The word in `vigie status` and in the ledger.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Open => "open",
            Self::Recovered => "recovered",
        }
    }

    /// The phase of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Open, Self::Recovered].into_iter().find(|phase| phase.word() == word)
    }
}

/// What is remembered of an alert between two windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The ledger's number of it; `None` until it is written down.
    pub id: Option<i64>,
    pub key: Key,
    pub phase: Phase,
    /// Of the latest finding.
    pub severity: Severity,
    /// Windows in a row with a finding, before it opened.
    pub streak: u32,
    /// Start of the first window.
    pub since: Instant,
    /// Start of the latest window with a finding: a window that is tried again is not one more.
    pub latest: Instant,
    /// When it opened.
    pub opened: Option<Instant>,
    /// When people were last told of it.
    pub told: Option<Instant>,
    /// The worst severity they were told of.
    pub told_severity: Severity,
    /// How often they were reminded since.
    pub reminders: u32,
    /// The Message-ID of the mail that opened it.
    pub thread: Option<String>,
    /// Somebody looks after it: no reminders.
    pub acknowledged: bool,
    /// The latest finding's.
    pub sentence: String,
    pub value: Option<f64>,
    pub limit: Option<f64>,
}

/// Silence that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    /// `None`: of every model.
    pub model: Option<String>,
    /// A feature, or the word of a test of the run itself: `latency`, `no_data`.
    pub subject: String,
    pub until: Instant,
}

impl Mute {
    /// Whether an alert of that key is silent at `now`.
    #[must_use]
    pub fn silences(&self, key: &Key, now: Instant) -> bool {
        let subject = key.feature.as_deref().unwrap_or(key.test.word());
        now < self.until && self.subject == subject && self.model.as_ref().is_none_or(|model| *model == key.model)
    }
}

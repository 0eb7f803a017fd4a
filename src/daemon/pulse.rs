//! The daemon's pulse, and what systemd is told: the watchdog is fed only while something moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant as Stopwatch},
};

use sd_notify::NotifyState;
use tracing::{debug, error};

/// Beats with every piece of the log that is read, and with every turn of the loop.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
    born: Stopwatch,
    /// Milliseconds after birth of the last beat.
    last: Arc<AtomicU64>,
    watchdog: Option<Duration>,
}

/// One file may take this long to read without a sign of life; then systemd may find the daemon stuck.
const PATIENCE: Duration = Duration::from_mins(15);

impl Default for Pulse {
    fn default() -> Self {
        Self { born: Stopwatch::now(), last: Arc::default(), watchdog: sd_notify::watchdog_enabled() }
    }
}

impl Pulse {
    /// How often it has to be fed.
    pub(super) fn rhythm(&self) -> Duration {
        let third = self.watchdog.map(|watchdog| watchdog / 3);
        third.unwrap_or(Duration::from_secs(10)).clamp(Duration::from_millis(100), Duration::from_secs(10))
    }

    pub(super) fn beat(&self) {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.fetch_max(now, Ordering::Relaxed);
    }

    /// Feeds the watchdog, unless nothing has moved for too long.
    pub(super) fn feed(&self) {
        let quiet = self.born.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)));
        if quiet > PATIENCE {
            error!(minutes = quiet.as_secs() / 60, "nothing has moved: the watchdog is not fed");
        } else if self.watchdog.is_some() {
            notify(&[NotifyState::Watchdog]);
        }
    }
}

/// Tells systemd, when it listens.
pub(super) fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!("systemd does not hear: {error}");
    }
}

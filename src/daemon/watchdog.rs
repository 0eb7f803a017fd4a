//! systemd notifications. The watchdog is pinged only while the daemon makes progress.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant as StdInstant},
};

use sd_notify::NotifyState;
use tracing::{debug, error};

/// Tracks progress: every chunk of the log that is read, and every iteration of the main loop.
#[derive(Debug, Clone)]
pub(super) struct Watchdog {
    started: StdInstant,
    /// Time of the last progress, in milliseconds after the start.
    last: Arc<AtomicU64>,
    /// The watchdog timeout that systemd expects.
    timeout: Option<Duration>,
}

/// Maximum time without progress. After that, the daemon is considered stuck and systemd may restart it.
const MAX_IDLE: Duration = Duration::from_mins(15);

impl Default for Watchdog {
    fn default() -> Self {
        Self { started: StdInstant::now(), last: Arc::default(), timeout: sd_notify::watchdog_enabled() }
    }
}

impl Watchdog {
    /// Returns the interval between pings.
    pub(super) fn interval(&self) -> Duration {
        let third = self.timeout.map(|timeout| timeout / 3);
        third.unwrap_or(Duration::from_secs(10)).clamp(Duration::from_millis(100), Duration::from_secs(10))
    }

    /// Records progress.
    pub(super) fn progress(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.fetch_max(now, Ordering::Relaxed);
    }

    /// Pings systemd's watchdog, unless there has been no progress for too long.
    pub(super) fn ping(&self) {
        let idle = self.started.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)));
        if idle > MAX_IDLE {
            error!(minutes = idle.as_secs() / 60, "no progress: no longer pinging the watchdog");
        } else if self.timeout.is_some() {
            notify(&[NotifyState::Watchdog]);
        }
    }
}

/// Notifies systemd, if the daemon runs under it.
pub(super) fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!("cannot notify systemd: {error}");
    }
}

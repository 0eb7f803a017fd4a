//! When each model is checked next: at once after a tick, with backoff after a failure.

use std::time::{Duration, Instant as StdInstant};

/// The next check of one model.
#[derive(Debug, Clone, Copy)]
struct Wake {
    at: Option<StdInstant>,
    /// Number of consecutive failed checks.
    failures: u32,
}

/// The next checks of all models, by model index.
#[derive(Debug)]
pub(super) struct WakeQueue {
    models: Vec<Wake>,
    /// Whether the config must be reloaded.
    pub reload: bool,
}

/// Delay after the first failure; it doubles with each further failure.
const FIRST_BACKOFF: Duration = Duration::from_secs(15);
const MAX_BACKOFF: Duration = Duration::from_hours(1);

impl WakeQueue {
    /// Schedules every model at once, to catch up with what was missed.
    pub(super) fn all_due(models: usize) -> Self {
        Self { models: vec![Wake { at: Some(StdInstant::now()), failures: 0 }; models], reload: false }
    }

    /// Schedules a model at once.
    pub(super) fn wake(&mut self, model: usize) {
        if let Some(wake) = self.models.get_mut(model) {
            wake.at = Some(StdInstant::now());
        }
    }

    /// Removes and returns the model that has been due for longest, so that a busy model does not starve the others.
    pub(super) fn take(&mut self, now: StdInstant) -> Option<usize> {
        let due = self.models.iter().enumerate().filter_map(|(model, wake)| Some((wake.at?, model)));
        let (_, model) = due.filter(|(at, _)| *at <= now).min()?;
        if let Some(wake) = self.models.get_mut(model) {
            wake.at = None;
        }
        Some(model)
    }

    /// Records the end of a check and, if it failed, schedules a retry.
    pub(super) fn finish(&mut self, model: usize, failed: bool) {
        let Some(wake) = self.models.get_mut(model) else { return };
        if !failed {
            wake.failures = 0;
            return;
        }
        let backoff = FIRST_BACKOFF.saturating_mul(1 << wake.failures.min(16)).min(MAX_BACKOFF);
        wake.failures = wake.failures.saturating_add(1);
        let retry = StdInstant::now() + backoff;
        wake.at = Some(wake.at.map_or(retry, |at| at.min(retry)));
    }

    /// Returns whether the last check of any model failed.
    pub(super) fn is_failing(&self) -> bool {
        self.models.iter().any(|wake| wake.failures > 0)
    }

    /// Returns when the next check is due; far in the future if none is.
    pub(super) fn next(&self) -> StdInstant {
        let next = self.models.iter().filter_map(|wake| wake.at).min();
        next.unwrap_or_else(|| StdInstant::now() + MAX_BACKOFF)
    }
}

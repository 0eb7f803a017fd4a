//! Which models are to be looked at, and when: at once after a tick, later after a failure.

use std::time::{Duration, Instant as Stopwatch};

/// A model's next look.
#[derive(Debug, Clone, Copy)]
struct Wake {
    at: Option<Stopwatch>,
    /// Looks in a row in which something failed.
    failed: u32,
}

/// All models', by their number.
#[derive(Debug)]
pub(super) struct Wakes {
    models: Vec<Wake>,
    /// The config is to be read again.
    pub reload: bool,
}

/// After a failure a look waits so long, then twice as long each time.
const FIRST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_hours(1);

impl Wakes {
    /// Every model at once: what was missed while nobody looked is due.
    pub(super) fn all(models: usize) -> Self {
        Self { models: vec![Wake { at: Some(Stopwatch::now()), failed: 0 }; models], reload: false }
    }

    pub(super) fn at_once(&mut self, model: usize) {
        if let Some(wake) = self.models.get_mut(model) {
            wake.at = Some(Stopwatch::now());
        }
    }

    /// The model whose look has been due for longest, so that a busy one starves no other; it is not due any more.
    pub(super) fn take(&mut self, now: Stopwatch) -> Option<usize> {
        let due = self.models.iter().enumerate().filter_map(|(model, wake)| Some((wake.at?, model)));
        let (_, model) = due.filter(|(at, _)| *at <= now).min()?;
        if let Some(wake) = self.models.get_mut(model) {
            wake.at = None;
        }
        Some(model)
    }

    /// A look has ended.
    pub(super) fn done(&mut self, model: usize, failed: bool) {
        let Some(wake) = self.models.get_mut(model) else { return };
        if !failed {
            wake.failed = 0;
            return;
        }
        let wait = FIRST.saturating_mul(1 << wake.failed.min(16)).min(LONGEST);
        wake.failed = wake.failed.saturating_add(1);
        let retry = Stopwatch::now() + wait;
        wake.at = Some(wake.at.map_or(retry, |at| at.min(retry)));
    }

    /// Whether the last look at some model failed.
    pub(super) fn is_failing(&self) -> bool {
        self.models.iter().any(|wake| wake.failed > 0)
    }

    /// When something is due next; far off when nothing is.
    pub(super) fn next(&self) -> Stopwatch {
        let next = self.models.iter().filter_map(|wake| wake.at).min();
        next.unwrap_or_else(|| Stopwatch::now() + LONGEST)
    }
}

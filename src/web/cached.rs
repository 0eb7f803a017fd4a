//! A value cached for a second, so that concurrent clients share one pass over the disk.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant as StdInstant},
};

/// Long enough to absorb bursts of requests, short enough that pages stay current.
const MAX_AGE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Cached<T>(Mutex<Option<(StdInstant, Arc<T>)>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Cached<T> {
    /// Returns the value, computing it if it is missing or too old. Concurrent callers wait for the computation.
    pub(super) fn get(&self, compute: impl FnOnce() -> T) -> Arc<T> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, value)) = cached.as_ref()
            && at.elapsed() < MAX_AGE
        {
            return Arc::clone(value);
        }
        let value = Arc::new(compute());
        *cached = Some((StdInstant::now(), Arc::clone(&value)));
        value
    }
}

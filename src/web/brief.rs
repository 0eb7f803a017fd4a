//! A value that is made again only when it is older than a moment: a thousand readers cost one look at the disk.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant as Stopwatch},
};

/// Longer than a burst of requests, shorter than anybody waits for news.
const MOMENT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Brief<T>(Mutex<Option<(Stopwatch, Arc<T>)>>);

impl<T> Default for Brief<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Brief<T> {
    /// The value; whoever comes while it is being made waits for it.
    pub(super) fn get(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, value)) = held.as_ref()
            && at.elapsed() < MOMENT
        {
            return Arc::clone(value);
        }
        let value = Arc::new(make());
        *held = Some((Stopwatch::now(), Arc::clone(&value)));
        value
    }
}

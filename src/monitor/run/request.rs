//! What a run is asked to do.

use vigie_profile::window::{Instant, Window};

/// The window to check, and the current time.
#[derive(Debug, Clone, Copy)]
pub struct RunRequest {
    /// `None`: the latest complete window that holds a record.
    pub window: Option<Window>,
    pub now: Instant,
}

/// How to scan the log. The result does not depend on it.
#[derive(Clone, Copy)]
pub struct ScanOptions<'a> {
    pub threads: usize,
    /// Called with the number of pieces of the log read so far, and their total.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

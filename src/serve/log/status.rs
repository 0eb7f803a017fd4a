//! The state of a log: whether it can be written, what waits, and counts.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tracing::{error, info};

/// Why a record is not in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) enum LogError {
    /// Too many records wait.
    Full,
    /// It cannot be written.
    Failed(String),
}

/// The state of a log.
#[derive(Debug, Default)]
pub(in crate::serve) struct LogStatus {
    /// Why the last attempt to write failed; `None` if it succeeded.
    failure: Mutex<Option<String>>,
    /// What happens while the log cannot be written.
    outcome: &'static str,
    waiting_bytes: AtomicUsize,
    /// Records written, and dropped because too many waited.
    pub written: AtomicU64,
    pub dropped: AtomicU64,
    /// Failed attempts to write.
    pub failures: AtomicU64,
}

impl LogStatus {
    /// `outcome`: what happens while the log cannot be written.
    pub(super) fn new(outcome: &'static str) -> Self {
        Self { outcome, ..Self::default() }
    }

    /// Why the log cannot be written; `None` if the last attempt succeeded.
    pub(in crate::serve) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes the result of an attempt to write; changes are logged.
    pub(super) fn note(&self, result: &Result<(), String>, place: &str) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(()) => {
                if failure.take().is_some() {
                    info!("serve.log: {place} can be written again");
                }
            }
            Err(why) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                if failure.replace(why.clone()).is_none() {
                    error!("{why}; {} until it can be written", self.outcome);
                }
            }
        }
    }
}

/// Bytes of records that wait, until this is dropped.
pub(super) struct WaitingBytes {
    bytes: usize,
    status: Arc<LogStatus>,
}

impl WaitingBytes {
    /// Also returns how many waited before.
    pub(super) fn add(status: &Arc<LogStatus>, bytes: usize) -> (Self, usize) {
        let before = status.waiting_bytes.fetch_add(bytes, Ordering::SeqCst);
        (Self { bytes, status: Arc::clone(status) }, before)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for WaitingBytes {
    fn drop(&mut self) {
        self.status.waiting_bytes.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

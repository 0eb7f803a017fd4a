//! One hour of the day over all days of a window: how many requests, how fast, which failures.

use std::collections::BTreeMap;

use super::{Answer, Latency};

/// Integers only; merged exactly.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HourOfDay {
    requests: u64,
    /// Of answered requests, to 2 significant digits; `None` until one has a latency.
    latency: Option<Latency>,
    /// Failed requests by status, where the log has one.
    errors: BTreeMap<i32, u64>,
}

impl HourOfDay {
    pub(super) fn observe(&mut self, answer: &Answer) {
        self.requests += 1;
        match (answer.failed, answer.latency_ms, answer.status) {
            (false, Some(latency), _) => self.latency.get_or_insert_with(Latency::coarse).observe(latency),
            (true, _, Some(status)) => *self.errors.entry(status).or_default() += 1,
            _ => {}
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        match (&mut self.latency, other.latency) {
            (Some(ours), Some(theirs)) => ours.merge(&theirs),
            (ours @ None, theirs) => *ours = theirs,
            (Some(_), None) => {}
        }
        for (status, count) in other.errors {
            *self.errors.entry(status).or_default() += count;
        }
    }

    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Of answered requests.
    #[must_use]
    pub fn latency(&self) -> Latency {
        self.latency.clone().unwrap_or_else(Latency::coarse)
    }

    /// In milliseconds; `None` without answered requests that have a latency.
    #[must_use]
    pub fn quantile_ms(&self, q: f64) -> Option<f64> {
        self.latency.as_ref().and_then(|latency| latency.quantile_ms(q))
    }

    /// Failed requests by status.
    #[must_use]
    pub fn errors(&self) -> &BTreeMap<i32, u64> {
        &self.errors
    }
}

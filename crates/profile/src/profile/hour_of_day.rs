//! Service metrics of one hour of the day over all days of a window.

use std::collections::BTreeMap;

use super::{Latency, ServedRequest};

/// Requests, latencies and errors in one hour of the day. Integers only, exactly mergeable.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HourOfDay {
    requests: u64,
    /// Latency of successful requests to 2 significant digits; `None` until a request has a latency.
    latency: Option<Latency>,
    /// Failed requests by status, if the log has one.
    errors: BTreeMap<i32, u64>,
}

impl HourOfDay {
    /// Counts a request; `latency_us` is its latency in microseconds, if it is one.
    pub(super) fn observe(&mut self, request: &ServedRequest, latency_us: Option<u64>) {
        self.requests += 1;
        match (request.failed, request.latency_ms, request.status) {
            (false, Some(_), _) => {
                let latency = self.latency.get_or_insert_with(Latency::coarse);
                if let Some(latency_us) = latency_us {
                    latency.observe_us(latency_us);
                }
            }
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

    /// Number of requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Latency of successful requests.
    #[must_use]
    pub fn latency(&self) -> Latency {
        self.latency.clone().unwrap_or_else(Latency::coarse)
    }

    /// Latency quantile `q` of successful requests in milliseconds; `None` if none of them has a latency.
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

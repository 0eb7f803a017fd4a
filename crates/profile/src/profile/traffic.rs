//! Service metrics over all requests of a window: number, time, status and latency.

use std::collections::BTreeMap;

use super::{HourOfDay, Latency, ServedRequest, latency::microseconds};

/// Counts of the requests of a window that match the config's `where`, each id once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traffic {
    pub requests: u64,
    pub errors: u64,
    /// Requests by HTTP status, where the log has one.
    pub by_status: BTreeMap<i32, u64>,
    /// Requests and errors by hour (hours since 1970 in UTC).
    pub by_hour: BTreeMap<i64, (u64, u64)>,
    /// By hour of the day, 0 to 23 in UTC.
    pub by_hour_of_day: [HourOfDay; 24],
    /// Latency of successful requests.
    pub latency: Latency,
    /// Latency of failed requests, kept separately because it would distort that of the others.
    pub failed_latency: Latency,
}

const HOUR_US: i64 = 3_600_000_000;

impl Traffic {
    /// The counts of rows whose times mean nothing.
    #[must_use]
    pub fn without_hours(self) -> Self {
        Self { by_hour: BTreeMap::new(), by_hour_of_day: Default::default(), ..self }
    }

    /// Counts requests. Consecutive requests mostly share an hour and a status, so each run of them is looked up once.
    pub fn observe(&mut self, requests: impl IntoIterator<Item = ServedRequest>) {
        let mut hour = (0, (0, 0));
        let mut hour_of_day = 0;
        let mut status = (None, 0);
        for request in requests {
            let errors = u64::from(request.failed);
            self.requests += 1;
            self.errors += errors;
            if request.status != status.0 {
                self.add_status(status);
                status = (request.status, 0);
            }
            status.1 += 1;
            let own = request.at.0.div_euclid(HOUR_US);
            if own != hour.0 {
                self.add_hour(hour);
                hour = (own, (0, 0));
                hour_of_day = usize::try_from(own.rem_euclid(24)).unwrap_or(0);
            }
            hour.1 = (hour.1.0 + 1, hour.1.1 + errors);
            let latency_us = request.latency_ms.and_then(microseconds);
            if let Some(hour) = self.by_hour_of_day.get_mut(hour_of_day) {
                hour.observe(&request, latency_us);
            }
            if let Some(latency_us) = latency_us {
                let histogram = if request.failed { &mut self.failed_latency } else { &mut self.latency };
                histogram.observe_us(latency_us);
            }
        }
        self.add_status(status);
        self.add_hour(hour);
    }

    fn add_status(&mut self, (status, requests): (Option<i32>, u64)) {
        if let Some(status) = status {
            *self.by_status.entry(status).or_default() += requests;
        }
    }

    fn add_hour(&mut self, (hour, (requests, errors)): (i64, (u64, u64))) {
        if requests > 0 {
            let ours = self.by_hour.entry(hour).or_default();
            *ours = (ours.0 + requests, ours.1 + errors);
        }
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        for (status, count) in other.by_status {
            *self.by_status.entry(status).or_default() += count;
        }
        for (hour, (requests, errors)) in other.by_hour {
            let ours = self.by_hour.entry(hour).or_default();
            ours.0 += requests;
            ours.1 += errors;
        }
        for (ours, theirs) in self.by_hour_of_day.iter_mut().zip(other.by_hour_of_day) {
            ours.merge(theirs);
        }
        self.latency.merge(&other.latency);
        self.failed_latency.merge(&other.failed_latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::Instant;

    fn request(row: i64) -> ServedRequest {
        let failed = row % 7 == 0;
        ServedRequest {
            at: Instant(row * 977_000_000),
            status: Some(if failed { 500 } else { 200 }),
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            latency_ms: Some((row % 40) as f64),
            failed,
        }
    }

    #[test]
    fn hours_of_the_day_add_up_and_merge_in_any_order() {
        let all: Vec<ServedRequest> = (-500..1_500).map(request).collect();
        let mut whole = Traffic::default();
        whole.observe(all.iter().copied());
        let (mut one, mut other) = (Traffic::default(), Traffic::default());
        one.observe(all.iter().rev().step_by(2).copied());
        other.observe(all.iter().rev().skip(1).step_by(2).copied());
        other.merge(one);
        assert_eq!(whole, other);
        let hours = &whole.by_hour_of_day;
        assert!(hours.iter().all(|hour| hour.requests() > 0));
        assert_eq!(hours.iter().map(HourOfDay::requests).sum::<u64>(), whole.requests);
        assert_eq!(hours.iter().map(|hour| hour.latency().count()).sum::<u64>(), whole.latency.count());
        let errors: u64 = hours.iter().flat_map(|hour| hour.errors().values()).sum();
        assert_eq!((errors, whole.errors), (whole.by_status[&500], whole.by_status[&500]));
        let noon: Vec<&ServedRequest> =
            all.iter().filter(|one| one.at.0.div_euclid(HOUR_US).rem_euclid(24) == 12).collect();
        assert_eq!(hours[12].requests(), noon.len() as u64);
    }
}

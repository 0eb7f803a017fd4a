//! What the service did, over all requests of the window: how many, when, with which status, how fast.

use std::collections::BTreeMap;

use super::{HourOfDay, Latency};
use crate::window::Instant;

/// Every request of the window that the config's `where` lets through, once an id.
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
    /// Of requests that were answered.
    pub latency: Latency,
    /// Of requests that failed: they would flatter or spoil the others.
    pub failed_latency: Latency,
}

const US_AN_HOUR: i64 = 3_600_000_000;

/// One request, as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub at: Instant,
    pub status: Option<i32>,
    pub latency_ms: Option<f64>,
    pub failed: bool,
}

impl Traffic {
    /// Counts requests. Those that follow each other mostly fall in one hour and have one status, which is looked up once.
    pub fn observe(&mut self, answers: impl IntoIterator<Item = Answer>) {
        let mut hour = (0, (0, 0));
        let mut status = (None, 0);
        for answer in answers {
            let errors = u64::from(answer.failed);
            self.requests += 1;
            self.errors += errors;
            if answer.status != status.0 {
                self.add_status(status);
                status = (answer.status, 0);
            }
            status.1 += 1;
            let own = answer.at.0.div_euclid(US_AN_HOUR);
            if own != hour.0 {
                self.add_hour(hour);
                hour = (own, (0, 0));
            }
            if let Some(hour) = usize::try_from(own.rem_euclid(24)).ok().and_then(|at| self.by_hour_of_day.get_mut(at))
            {
                hour.observe(&answer);
            }
            hour.1 = (hour.1.0 + 1, hour.1.1 + errors);
            if let Some(latency) = answer.latency_ms {
                let book = if answer.failed { &mut self.failed_latency } else { &mut self.latency };
                book.observe(latency);
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

    fn answer(row: i64) -> Answer {
        let failed = row % 7 == 0;
        Answer {
            at: Instant(row * 977_000_000),
            status: Some(if failed { 500 } else { 200 }),
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            latency_ms: Some((row % 40) as f64),
            failed,
        }
    }

    #[test]
    fn hours_of_the_day_add_up_and_merge_whatever_the_order() {
        let all: Vec<Answer> = (-500..1_500).map(answer).collect();
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
        let noon: Vec<&Answer> =
            all.iter().filter(|one| one.at.0.div_euclid(US_AN_HOUR).rem_euclid(24) == 12).collect();
        assert_eq!(hours[12].requests(), noon.len() as u64);
    }
}

//! What the service did, over all requests of the window: how many, when, with which status, how fast.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::window::Instant;

/// Latencies in microseconds, to 3 significant digits, 1 µs to 1 hour. Mergeable exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    histogram: Histogram<u64>,
    sum_us: u128,
    max_us: u64,
}

const HOUR_US: u64 = 3_600_000_000;

impl Default for Latency {
    fn default() -> Self {
        // 3 digits are within 0..=5, and the bounds are those it asks for.
        let histogram = Histogram::new_with_bounds(1, HOUR_US, 3).unwrap_or_else(|_| unreachable!("constant bounds"));
        Self { histogram, sum_us: 0, max_us: 0 }
    }
}

impl Latency {
    /// Counts one latency; what is negative, infinite or no number is left out.
    pub fn observe(&mut self, milliseconds: f64) {
        if !(milliseconds.is_finite() && milliseconds >= 0.0) {
            return;
        }
        let microseconds = rounded(milliseconds * 1000.0).min(HOUR_US);
        self.histogram.saturating_record(microseconds);
        self.sum_us += u128::from(microseconds);
        self.max_us = self.max_us.max(microseconds);
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: &Self) {
        // Cannot fail: both have the same bounds.
        let _ = self.histogram.add(&other.histogram);
        self.sum_us += other.sum_us;
        self.max_us = self.max_us.max(other.max_us);
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// In milliseconds; `None` without requests.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds is below 2^53")]
    pub fn quantile_ms(&self, q: f64) -> Option<f64> {
        (self.count() > 0).then(|| self.histogram.value_at_quantile(q).min(self.max_us) as f64 / 1000.0)
    }

    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rounded once")]
    pub fn mean_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum_us as f64 / self.count() as f64 / 1000.0)
    }

    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds is below 2^53")]
    pub fn max_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.max_us as f64 / 1000.0)
    }
}

/// The nearest whole number, halves up, as `f64::round` does; that is a call into the C library on x86-64.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, not negative")]
#[expect(clippy::cast_precision_loss, reason = "a float that has a fraction is below 2^53")]
fn rounded(number: f64) -> u64 {
    let whole = number as u64;
    whole.saturating_add(u64::from(number - whole as f64 >= 0.5))
}

/// Every request of the window that the config's `where` lets through, once an id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traffic {
    pub requests: u64,
    pub errors: u64,
    /// Requests by HTTP status, where the log has one.
    pub by_status: BTreeMap<i32, u64>,
    /// Requests and errors by hour (hours since 1970 in UTC).
    pub by_hour: BTreeMap<i64, (u64, u64)>,
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
        self.latency.merge(&other.latency);
        self.failed_latency.merge(&other.failed_latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_three_digits_and_merge_exactly() {
        let (mut all, mut odd, mut even) = (Latency::default(), Latency::default(), Latency::default());
        for row in 1..=1000u32 {
            let milliseconds = f64::from(row) / 10.0;
            all.observe(milliseconds);
            if row % 2 == 0 { even.observe(milliseconds) } else { odd.observe(milliseconds) }
        }
        odd.merge(&even);
        assert_eq!(odd, all);
        for (q, wanted) in [(0.5, 50.0), (0.9, 90.0), (0.95, 95.0), (0.99, 99.0)] {
            let got = all.quantile_ms(q).unwrap();
            assert!((got - wanted).abs() <= wanted * 1e-3, "{q}: {got}");
        }
        assert_eq!(all.max_ms(), Some(100.0));
        assert!((all.mean_ms().unwrap() - 50.05).abs() < 1e-9);
    }

    #[test]
    fn rounding_is_that_of_f64() {
        let halves = (0..1_000u32).map(|half| f64::from(half) / 2.0);
        let near = halves.flat_map(|half| [half, half.next_up(), half.next_down().max(0.0)]);
        for number in
            near.chain([0.499_999_999_999_999_94, 4_503_599_627_370_495.5, 9_007_199_254_740_993.0, 1e18, 1e300])
        {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, not negative")]
            let wanted = number.round() as u64;
            assert_eq!(rounded(number), wanted, "{number}");
        }
    }

    #[test]
    fn what_is_no_latency_is_left_out_and_hours_are_an_hour() {
        let mut latency = Latency::default();
        for value in [-1.0, f64::NAN, f64::INFINITY] {
            latency.observe(value);
        }
        assert_eq!((latency.count(), latency.quantile_ms(0.5)), (0, None));
        latency.observe(1e12);
        assert_eq!(latency.max_ms(), Some(3_600_000.0));
    }
}

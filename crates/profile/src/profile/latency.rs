//! Latency histogram of integers: quantiles to a fixed number of significant digits, exactly mergeable.

use hdrhistogram::Histogram;

/// Latencies in microseconds, from 1 µs to 1 hour. Quantiles have 3 significant digits (within 0.1%), those of a
/// coarse histogram 2 (within 1%, in a seventh of the memory). Histograms of equal precision merge exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    histogram: Histogram<u64>,
    sum_us: u128,
    max_us: u64,
}

const HOUR_US: u64 = 3_600_000_000;

impl Default for Latency {
    fn default() -> Self {
        Self::with_digits(3)
    }
}

impl Latency {
    /// Creates an empty histogram with 2 significant digits.
    #[must_use]
    pub fn coarse() -> Self {
        Self::with_digits(2)
    }

    fn with_digits(digits: u8) -> Self {
        // Cannot fail: the number of digits is within 0..=5 and the bounds are valid.
        let histogram =
            Histogram::new_with_bounds(1, HOUR_US, digits).unwrap_or_else(|_| unreachable!("constant bounds"));
        Self { histogram, sum_us: 0, max_us: 0 }
    }

    /// Counts one latency; negative, infinite and NaN values are ignored.
    pub fn observe(&mut self, milliseconds: f64) {
        if let Some(microseconds) = microseconds(milliseconds) {
            self.observe_us(microseconds);
        }
    }

    /// Counts one latency as returned by [`microseconds`].
    pub(super) fn observe_us(&mut self, microseconds: u64) {
        self.histogram.saturating_record(microseconds);
        self.sum_us += u128::from(microseconds);
        self.max_us = self.max_us.max(microseconds);
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: &Self) {
        // Cannot fail: all histograms have the same bounds.
        let _ = self.histogram.add(&other.histogram);
        self.sum_us += other.sum_us;
        self.max_us = self.max_us.max(other.max_us);
    }

    /// Number of latencies.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Quantile `q` in milliseconds; `None` without latencies.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds is below 2^53")]
    pub fn quantile_ms(&self, q: f64) -> Option<f64> {
        (self.count() > 0).then(|| self.histogram.value_at_quantile(q).min(self.max_us) as f64 / 1000.0)
    }

    /// Mean in milliseconds; `None` without latencies.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rounded once")]
    pub fn mean_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum_us as f64 / self.count() as f64 / 1000.0)
    }

    /// Maximum in milliseconds; `None` without latencies.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds is below 2^53")]
    pub fn max_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.max_us as f64 / 1000.0)
    }
}

/// A latency of at most an hour, in whole microseconds; `None` if it is negative, infinite or NaN.
#[inline]
pub(super) fn microseconds(milliseconds: f64) -> Option<u64> {
    (milliseconds.is_finite() && milliseconds >= 0.0).then(|| rounded(milliseconds * 1000.0).min(HOUR_US))
}

/// Rounds to the nearest integer, halves up, like `f64::round`, which is a call into the C library on x86-64.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, not negative")]
#[expect(clippy::cast_precision_loss, reason = "a float that has a fraction is below 2^53")]
fn rounded(number: f64) -> u64 {
    let whole = number as u64;
    whole.saturating_add(u64::from(number - whole as f64 >= 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_matches_f64_round() {
        let halves = (0..1_000u32).map(|half| f64::from(half) / 2.0);
        let near = halves.flat_map(|half| [half, half.next_up(), half.next_down().max(0.0)]);
        for number in
            near.chain([0.499_999_999_999_999_94, 4_503_599_627_370_495.5, 9_007_199_254_740_993.0, 1e18, 1e300])
        {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, not negative")]
            let expected = number.round() as u64;
            assert_eq!(rounded(number), expected, "{number}");
        }
    }

    #[test]
    fn quantiles_have_three_digits_and_merge_exactly() {
        let (mut all, mut odd, mut even) = (Latency::default(), Latency::default(), Latency::default());
        for row in 1..=1000u32 {
            let milliseconds = f64::from(row) / 10.0;
            all.observe(milliseconds);
            if row % 2 == 0 { even.observe(milliseconds) } else { odd.observe(milliseconds) }
        }
        odd.merge(&even);
        assert_eq!(odd, all);
        for (q, expected) in [(0.5, 50.0), (0.9, 90.0), (0.95, 95.0), (0.99, 99.0)] {
            let got = all.quantile_ms(q).unwrap();
            assert!((got - expected).abs() <= expected * 1e-3, "{q}: {got}");
        }
        assert_eq!(all.max_ms(), Some(100.0));
        assert!((all.mean_ms().unwrap() - 50.05).abs() < 1e-9);
    }

    #[test]
    fn invalid_latencies_are_ignored_and_long_ones_count_as_an_hour() {
        let mut latency = Latency::default();
        for value in [-1.0, f64::NAN, f64::INFINITY] {
            latency.observe(value);
        }
        assert_eq!((latency.count(), latency.quantile_ms(0.5)), (0, None));
        latency.observe(1e12);
        assert_eq!(latency.max_ms(), Some(3_600_000.0));
    }

    #[test]
    fn coarse_quantiles_have_two_digits() {
        let mut coarse = Latency::coarse();
        (1..=1000u32).for_each(|row| coarse.observe(f64::from(row) * 1.7));
        for (q, expected) in [(0.5, 850.0), (0.95, 1615.0), (0.99, 1683.0)] {
            let got = coarse.quantile_ms(q).unwrap();
            assert!((got - expected).abs() <= expected * 1e-2, "{q}: {got}");
        }
    }
}

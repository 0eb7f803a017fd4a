//! Values of a feature by ascending bucket: quantiles, shares, and values that many rows have.

/// Values that are close to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    pub least: f64,
    pub greatest: f64,
    pub rows: u64,
}

impl Bucket {
    pub(super) const EMPTY: Self = Self { least: f64::INFINITY, greatest: f64::NEG_INFINITY, rows: 0 };

    /// Adds a value, which is not NaN. Most are between the others, so that nothing has to be written.
    #[inline]
    pub(super) fn observe(&mut self, value: f64) {
        self.rows += 1;
        if value < self.least {
            self.least = value;
        }
        if value > self.greatest {
            self.greatest = value;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    /// Returns whether all of its rows have the same value.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.least.to_bits() == self.greatest.to_bits()
    }

    /// Number of values at or below `value`, if those between the least and the greatest are evenly spaced.
    fn rows_up_to(&self, value: f64) -> f64 {
        if value >= self.greatest {
            return real(self.rows);
        }
        if value < self.least {
            return 0.0;
        }
        1.0 + (value - self.least) / (self.greatest - self.least) * (real(self.rows) - 1.0)
    }

    /// The value with `below` others of the bucket below it.
    fn value_at(&self, below: u64) -> f64 {
        if self.is_single() || below == 0 {
            return self.least;
        }
        if below + 1 >= self.rows {
            return self.greatest;
        }
        self.least + (self.greatest - self.least) * (real(below) / (real(self.rows) - 1.0))
    }
}

/// Values by bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueDistribution {
    /// Ascending, none empty.
    buckets: Vec<Bucket>,
    /// Rows up to and including each bucket.
    up_to: Vec<u64>,
}

impl ValueDistribution {
    /// `buckets` are ascending, and none is empty.
    pub(super) fn new(buckets: Vec<Bucket>) -> Self {
        let up_to = buckets
            .iter()
            .scan(0u64, |rows, bucket| {
                *rows += bucket.rows;
                Some(*rows)
            })
            .collect();
        Self { buckets, up_to }
    }

    /// Buckets in ascending order; none is empty.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Number of values.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.up_to.last().copied().unwrap_or(0)
    }

    /// Quantile as numpy computes it by default (linear between the two nearest values), accurate to the width of a bucket;
    /// `None` without values.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.rows().checked_sub(1)?;
        let at = real(last) * q.clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of rows")]
        let below = (at.floor() as u64).min(last);
        let low = self.value_at(below)?;
        let high = self.value_at((below + 1).min(last))?;
        let part = at - at.floor();
        let is_between = part > 0.0 && low.is_finite() && low < high;
        Some(if is_between { low + (high - low) * part } else { low })
    }

    /// The value with `below` others below it.
    fn value_at(&self, below: u64) -> Option<f64> {
        let place = self.up_to.partition_point(|rows| *rows <= below);
        let bucket = self.buckets.get(place)?;
        let before = self.up_to.get(place)? - bucket.rows;
        Some(bucket.value_at(below - before))
    }

    /// Share of the values at or below `value`, from 0 to 1; 0 without values.
    #[must_use]
    pub fn share_up_to(&self, value: f64) -> f64 {
        let place = self.buckets.partition_point(|bucket| bucket.greatest <= value);
        let before = place.checked_sub(1).and_then(|last| self.up_to.get(last)).copied().unwrap_or(0);
        let inside = self.buckets.get(place).map_or(0.0, |bucket| bucket.rows_up_to(value));
        (real(before) + inside) / real(self.rows()).max(1.0)
    }

    /// Values that at least this share of the rows have, each alone in its bucket, with their rows. Ascending.
    #[must_use]
    pub fn heavy(&self, min_share: f64) -> Vec<(f64, u64)> {
        let least = min_share * real(self.rows());
        let heavy = self.buckets.iter().filter(|bucket| bucket.is_single() && real(bucket.rows) >= least);
        heavy.map(|bucket| (bucket.least, bucket.rows)).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use crate::sketch::Sketch;

    #[test]
    fn shares_count_values_up_to_a_bound() {
        let mut sketch = Sketch::default();
        [-2.0, 0.0, 0.0, 5.0, 365_243.0, 365_243.0, 365_243.0, 365_243.0]
            .iter()
            .for_each(|value| sketch.observe(*value));
        let distribution = sketch.distribution();
        let shares =
            [-3.0, -2.0, -1.0, 0.0, 4.9, 5.0, 365_242.0, 365_243.0].map(|value| distribution.share_up_to(value));
        assert_eq!(shares, [0.0, 0.125, 0.125, 0.375, 0.375, 0.5, 0.5, 1.0]);
        assert_eq!(distribution.heavy(0.2), [(0.0, 2), (365_243.0, 4)]);
    }

    #[test]
    fn values_in_one_bucket_are_spread_evenly() {
        let mut sketch = Sketch::default();
        // Between 4096 and 4112 all share one bucket.
        (0..=10).for_each(|step| sketch.observe(4_100.0 + f64::from(step)));
        let distribution = sketch.distribution();
        assert_eq!(distribution.buckets().len(), 1);
        assert_eq!(distribution.quantile(0.5), Some(4_105.0));
        assert_eq!(distribution.share_up_to(4_104.0), 5.0 / 11.0);
        assert_eq!(distribution.heavy(0.01), []);
    }
}

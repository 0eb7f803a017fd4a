//! Sorted distinct values of the reference: shares and quantiles.

/// Distinct values of the reference with their rows up to each.
pub(super) struct DistinctValues<'a> {
    values: &'a [(f64, u64)],
    up_to: Vec<u64>,
}

impl<'a> DistinctValues<'a> {
    /// `values` are ascending.
    pub(super) fn new(values: &'a [(f64, u64)]) -> Self {
        let mut rows = 0;
        let sum = |(_, more): &(f64, u64)| {
            rows += more;
            rows
        };
        Self { values, up_to: values.iter().map(sum).collect() }
    }

    pub(super) fn rows(&self) -> u64 {
        self.up_to.last().copied().unwrap_or(0)
    }

    /// Rows with exactly this value.
    pub(super) fn rows_with(&self, value: f64) -> u64 {
        let place = self.values.partition_point(|(own, _)| *own < value);
        self.values.get(place).filter(|(own, _)| own.to_bits() == value.to_bits()).map_or(0, |(_, rows)| *rows)
    }

    fn rows_of_first(&self, values: usize) -> u64 {
        values.checked_sub(1).and_then(|last| self.up_to.get(last)).copied().unwrap_or(0)
    }

    fn rows_below(&self, value: f64) -> u64 {
        self.rows_of_first(self.values.partition_point(|(own, _)| *own < value))
    }

    /// Share of the rows at or below `value`.
    pub(super) fn share_up_to(&self, value: f64) -> f64 {
        self.share(self.rows_of_first(self.values.partition_point(|(own, _)| *own <= value)))
    }

    fn share(&self, rows: u64) -> f64 {
        real(rows) / real(self.rows()).max(1.0)
    }

    /// Quantile as numpy computes it by default: linear between the two nearest values. `None` without values.
    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.rows().checked_sub(1)?;
        let at = real(last) * q.clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of rows")]
        let below = (at.floor() as u64).min(last);
        let value_at = |below: u64| self.values.get(self.up_to.partition_point(|rows| *rows <= below));
        let (low, high) = (value_at(below)?.0, value_at((below + 1).min(last))?.0);
        let part = at - at.floor();
        Some(if part > 0.0 && low.is_finite() && low < high { low + (high - low) * part } else { low })
    }

    /// Middle of the ranks of the rows with `value`, as a share of all rows: half a row from the ends at least.
    pub(super) fn middle_rank(&self, value: f64) -> f64 {
        let below = real(self.rows_below(value));
        let half_a_row = 0.5 / real(self.rows()).max(1.0);
        let middle = f64::midpoint(below / real(self.rows()).max(1.0), self.share_up_to(value));
        middle.clamp(half_a_row, 1.0 - half_a_row)
    }

    /// Share of the rows at or below `value` if all values were multiplied by `factor`.
    pub(super) fn multiplied_up_to(&self, factor: f64, value: f64) -> f64 {
        if factor > 0.0 {
            self.share_up_to(value / factor)
        } else {
            self.share(self.rows() - self.rows_below(value / factor))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn real(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn shares_and_quantiles_are_those_of_the_rows() {
        // numpy.quantile([1, 1, 1, 2, 4], q)
        let values = [(1.0, 3), (2.0, 1), (4.0, 1)];
        let distinct = DistinctValues::new(&values);
        let quantiles = [0.0, 0.5, 0.625, 0.75, 0.875, 1.0].map(|q| distinct.quantile(q).unwrap());
        assert_eq!(quantiles, [1.0, 1.0, 1.5, 2.0, 3.0, 4.0]);
        assert_eq!([0.9, 1.0, 3.0, 4.0].map(|value| distinct.share_up_to(value)), [0.0, 0.6, 0.8, 1.0]);
        assert_eq!((distinct.rows(), distinct.rows_with(1.0), distinct.rows_with(1.5)), (5, 3, 0));
        // A rank beyond the ends is half a row from them.
        assert_eq!([0.0, 1.0, 1.5, 2.0, 9.0].map(|value| distinct.middle_rank(value)), [0.1, 0.3, 0.6, 0.7, 0.9]);
        // Values −1 (three times), −2 and −4.
        assert_eq!([-4.0, -2.0, -1.5, -1.0].map(|value| distinct.multiplied_up_to(-1.0, value)), [0.2, 0.4, 0.4, 1.0]);
        assert_eq!(DistinctValues::new(&[]).quantile(0.5), None);
    }
}

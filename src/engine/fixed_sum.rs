//! Sums of values in fixed point: the same for any order of the rows.

/// Unit of the sums of a feature: a power of two, at most 2⁻⁸⁷ of the largest value.
#[derive(Debug, Clone, Copy)]
pub(super) struct FixedScale {
    /// Units per 1.0.
    units: f64,
}

impl FixedScale {
    /// `largest` bounds the magnitude of the values; `None` if it is below 2⁻⁹³⁵.
    pub(super) fn new(largest: f64) -> Option<Self> {
        // The bits of the exponent: `largest` is below 2^(exponent − 1022).
        let exponent = (largest.to_bits() >> 52) & 0x7ff;
        // 2^(88 + 1022 − exponent), with the bias of 1023; 2046 is the largest exponent of a number.
        let biased = 2_133 - exponent;
        (biased <= 2_046).then(|| Self { units: f64::from_bits(biased << 52) })
    }
}

/// A sum of values and their number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FixedSum {
    rows: u64,
    units: i128,
}

impl FixedSum {
    /// Adds a value `rows` times. Below 2³⁹ rows, no sum overflows.
    #[inline]
    pub(super) fn add(&mut self, value: f64, rows: u64, scale: FixedScale) {
        self.rows += rows;
        #[expect(clippy::cast_possible_truncation, reason = "digits below a unit are left out")]
        let units = (value * scale.units) as i128;
        self.units = self.units.wrapping_add(units.wrapping_mul(i128::from(rows)));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.units = self.units.wrapping_add(other.units);
    }

    pub(super) fn rows(self) -> u64 {
        self.rows
    }

    /// This mean minus the other, with an error of at most two units before it is rounded; 0 without rows.
    pub(super) fn mean_difference(self, other: Self, scale: FixedScale) -> f64 {
        let mean = |sum: Self| sum.units.checked_div(i128::from(sum.rows)).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "rounded once")]
        let units = (mean(self) - mean(other)) as f64;
        units / scale.units
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn sum(values: &[f64], scale: FixedScale) -> FixedSum {
        let mut sum = FixedSum::default();
        values.iter().for_each(|value| sum.add(*value, 1, scale));
        sum
    }

    #[test]
    fn means_of_large_values_differ_exactly() {
        let scale = FixedScale::new(1e9 + 1.0).unwrap();
        let (ours, theirs) = (sum(&[1e9, 1e9 + 0.25], scale), sum(&[1e9 + 1.0, 1e9 + 0.125], scale));
        assert_eq!(theirs.mean_difference(ours, scale), 0.4375);
        let third = sum(&[1e9, 1e9, 1e9 + 1.0], scale);
        assert_eq!(third.mean_difference(sum(&[1e9], scale), scale), 1.0 / 3.0);
    }

    #[test]
    fn large_and_small_values_have_a_scale() {
        for largest in [1e-280, 0.1, 1.0, 1e300, f64::MAX] {
            let scale = FixedScale::new(largest).unwrap();
            let units = largest * scale.units;
            assert!(87_f64.exp2() <= units && units < 88_f64.exp2(), "{largest}");
            let got = sum(&[largest, largest, 0.0, -largest], scale).mean_difference(sum(&[0.0], scale), scale);
            assert!((got - largest / 4.0).abs() <= largest * 1e-15, "{largest}: {got}");
        }
        assert!(FixedScale::new(0.0).is_none() && FixedScale::new(1e-290).is_none());
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        let scale = FixedScale::new(3.0).unwrap();
        let values = [0.1, 3.0, -0.7, 1e-9, 0.1];
        let mut counted = FixedSum::default();
        [(3.0, 1), (1e-9, 1), (0.1, 2), (-0.7, 1)].iter().for_each(|(value, rows)| counted.add(*value, *rows, scale));
        let mut halves = sum(&values[3..], scale);
        halves.merge(sum(&values[..3], scale));
        assert_eq!((counted.units, counted.rows()), (halves.units, halves.rows()));
    }
}

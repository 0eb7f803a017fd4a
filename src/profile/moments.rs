//! Mean and standard deviation from fixed-point sums: integers, so that no order of rows changes a bit.

/// Where zero lies and how long a unit is, for one feature. From the reference's range alone.
///
/// With `d` the largest distance of a reference value from the centre, a unit of the sum is
/// about `d / 2^38` and a unit of the sum of squares about `d / 2^26` (before squaring).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    center: f64,
    /// Power of two: units of the sum per 1.0.
    fine: f64,
    /// Power of two: units of the sum of squares per 1.0.
    coarse: f64,
}

/// Sums of the finite values of a feature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moments {
    count: u64,
    sum: i128,
    squares: i128,
    /// Values so far outside the reference's range (2^19 times) that a sum of them means nothing, and infinities.
    beyond: u64,
}

impl Scale {
    /// From the reference's minimum and maximum (both finite, else the unit scale).
    #[must_use]
    pub fn of_range(min: f64, max: f64) -> Self {
        let center = min / 2.0 + max / 2.0;
        let reach = (max - center).max(center - min);
        if !center.is_finite() || !reach.is_finite() {
            return Self { center: 0.0, fine: 1.0, coarse: 1.0 };
        }
        // A constant feature: its own size, or 1, says what a unit is.
        let reach = if reach > 0.0 { reach } else { center.abs().max(1.0) };
        // 2^ceil(log2(reach)), kept where its powers below stay normal numbers.
        let exponent = reach.log2().ceil().clamp(-900.0, 900.0);
        Self { center, fine: (38.0 - exponent).exp2(), coarse: (26.0 - exponent).exp2() }
    }
}

impl Moments {
    /// Counts one value.
    #[inline]
    pub fn observe(&mut self, value: f64, scale: &Scale) {
        let distance = value - scale.center;
        let coarse = (distance * scale.coarse).round_ties_even();
        if coarse.abs() < 35_184_372_088_832.0 {
            // 2^45: squares of 2^90, and 2^36 rows of them fit.
            self.count += 1;
            #[expect(clippy::cast_possible_truncation, reason = "bounded just above")]
            let (fine, coarse) = ((distance * scale.fine).round_ties_even() as i128, coarse as i128);
            self.sum += fine;
            self.squares += coarse * coarse;
        } else {
            self.beyond += 1;
        }
    }

    /// Adds the other's sums.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.beyond += other.beyond;
    }

    /// `None` without values, or with values beyond all proportion to the reference.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rounded once, at the end")]
    pub fn mean(&self, scale: &Scale) -> Option<f64> {
        (self.count > 0 && self.beyond == 0).then(|| scale.center + self.sum as f64 / self.count as f64 / scale.fine)
    }

    /// Population standard deviation (divides by n).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rounded once, at the end")]
    pub fn std(&self, scale: &Scale) -> Option<f64> {
        (self.count > 0 && self.beyond == 0).then(|| {
            let n = self.count as f64;
            let mean = self.sum as f64 / n / scale.fine;
            let square = self.squares as f64 / n / scale.coarse / scale.coarse;
            (square - mean * mean).max(0.0).sqrt()
        })
    }

    /// The integers, as they are stored: count, sum, squares, beyond.
    #[must_use]
    pub fn parts(&self) -> (u64, i128, i128, u64) {
        (self.count, self.sum, self.squares, self.beyond)
    }

    /// From stored integers.
    #[must_use]
    pub fn from_parts((count, sum, squares, beyond): (u64, i128, i128, u64)) -> Self {
        Self { count, sum, squares, beyond }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn close_to_the_textbook_and_blind_to_order(values in prop::collection::vec(-1e5f64..1e5, 2..500)) {
            let (min, max) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
            let scale = Scale::of_range(min, max);
            let observe = |values: &mut dyn Iterator<Item = &f64>| {
                let mut moments = Moments::default();
                values.for_each(|value| moments.observe(*value, &scale));
                moments
            };
            let forward = observe(&mut values.iter());
            prop_assert_eq!(forward, observe(&mut values.iter().rev()));
            #[expect(clippy::cast_precision_loss, reason = "a handful of values")]
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let std = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            prop_assert!((forward.mean(&scale).unwrap() - mean).abs() <= 1e-9 * (max - min).max(1e-9));
            prop_assert!((forward.std(&scale).unwrap() - std).abs() <= 1e-6 * (max - min).max(1e-9));
        }
    }

    #[test]
    fn infinities_leave_no_mean() {
        let scale = Scale::of_range(0.0, 1.0);
        let mut moments = Moments::default();
        moments.observe(0.5, &scale);
        moments.observe(f64::INFINITY, &scale);
        assert_eq!(moments.mean(&scale), None);
    }
}

//! Mean and standard deviation from fixed-point integer sums, which do not depend on the order of rows.

#![expect(clippy::inline_always, reason = "compiled separately for each vector width")]

#[cfg(doc)]
use crate::layout::BLOCK;
use crate::layout::Real;

/// Origin and unit of the fixed-point sums of one feature, derived from the reference's cells alone.
///
/// The origin is the middle of the bulk of the values and a unit is at most 2^-26 of the width of the bulk, so that a
/// far outlier in the reference costs no precision. Only an outlier beyond 2^12 such widths makes the unit larger, to
/// 2^-38 of its distance. The sum of the values, which needs fewer bits than the sum of their squares, is kept in steps of
/// 2^-12 units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    center: f64,
    /// Units per 1.0, a power of two.
    units: f64,
}

/// Fixed-point sums of the finite values of a feature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moments {
    count: u64,
    sum: i128,
    squares: i128,
    /// Number of values at least 2^48 units from the origin (1,024 times the range of the reference or more), and of
    /// infinities. They would make the sums meaningless.
    beyond: u64,
}

/// 2^48 units: the squares are up to 2^96, and the sum of 2^31 of them fits an `i128`.
const BEYOND: f64 = 281_474_976_710_656.0;

/// 2^12.
const FINE: f64 = 4_096.0;

impl Scale {
    /// Derives the scale from the edges of the reference's cells, which are as dense as its values; finite and
    /// ascending.
    #[must_use]
    pub fn from_edges(edges: &[f64]) -> Self {
        let edge = |quarter: usize| edges.get(quarter * edges.len().saturating_sub(1) / 4).copied().unwrap_or(0.0);
        let center = edge(2);
        let reach = (edge(4) - center).max(center - edge(0));
        let bulk = edge(3) - edge(1);
        // A constant feature has no range: use its magnitude, or 1.
        let least = if reach > 0.0 { reach } else { center.abs().max(1.0) };
        let bulk = if bulk > 0.0 { bulk } else { least };
        // A power of two, limited so that it and its square are normal numbers.
        let power = (26.0 - bulk.log2().ceil()).min(38.0 - least.log2().ceil());
        Self { center, units: power.clamp(-400.0, 400.0).exp2() }
    }

    /// Bound of the error of [`Moments::mean`] for values within `range`: half of the finest step of the sum, and the
    /// rounding of each value's distance from the origin and of the result.
    #[must_use]
    pub fn mean_error(&self, range: (f64, f64)) -> f64 {
        0.5 / FINE / self.units + 2.0 * f64::EPSILON * (range.0.abs() + range.1.abs() + self.center.abs())
    }
}

/// 1.5 · 2^52: after adding it to a value within ±2^51, the low bits of the sum are the nearest integer (ties to even).
/// `f64::round_ties_even` would be a call into the C library on x86-64.
const MAGIC: f64 = 6_755_399_441_055_744.0;

/// 2^52: after adding it to an integer from 0 to 2^52, the low bits of the sum are that integer.
const WHOLE: f64 = 4_503_599_627_370_496.0;

#[inline(always)]
#[expect(clippy::cast_possible_wrap, reason = "bits, not numbers")]
fn nearest(value: f64) -> i64 {
    (value + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()) as i64
}

/// Sums of at most [`BLOCK`] values. Values are squared in halves of 24 bits, whose products and sums fit 64 bits, so
/// that the loop needs no wider integers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BlockSums {
    count: u64,
    /// Number of values less than [`BEYOND`] units away; the sums below are valid only if all values are.
    within: u64,
    integers: i64,
    fractions: i64,
    high_squares: u64,
    products: u64,
    low_squares: u64,
}

impl BlockSums {
    /// Sums values, none of which may be NaN. A single loop without calls, branches or wide integers, so that it
    /// vectorises.
    #[inline(always)]
    pub(super) fn from_values<T: Real>(values: &[T], scale: &Scale) -> Self {
        const HALF: u64 = (1 << 24) - 1;
        let mut sums = Self { count: values.len() as u64, ..Self::default() };
        for value in values {
            let value: f64 = (*value).into();
            let distance = (value - scale.center) * scale.units;
            let whole = distance + MAGIC - MAGIC;
            sums.within += u64::from(distance.abs() < BEYOND);
            sums.integers = sums.integers.wrapping_add(nearest(distance));
            sums.fractions = sums.fractions.wrapping_add(nearest((distance - whole) * FINE));
            let size = (whole.abs() + WHOLE).to_bits().wrapping_sub(WHOLE.to_bits());
            let (high, low) = ((size >> 24) & HALF, size & HALF);
            sums.high_squares = sums.high_squares.wrapping_add(high * high);
            sums.products = sums.products.wrapping_add(high * low);
            sums.low_squares = sums.low_squares.wrapping_add(low * low);
        }
        sums
    }
}

impl Moments {
    /// Counts at most [`BLOCK`] values, none of which may be NaN; `sums` are their sums.
    pub(super) fn observe<T: Real>(&mut self, values: &[T], sums: &BlockSums, scale: &Scale) {
        if sums.within == sums.count {
            self.add(sums);
            return;
        }
        self.beyond += sums.count - sums.within;
        let is_within = |value: &&T| (((**value).into() - scale.center) * scale.units).abs() < BEYOND;
        let within: Vec<T> = values.iter().filter(is_within).copied().collect();
        self.add(&BlockSums::from_values(&within, scale));
    }

    /// Counts a value `times` times; it must not be NaN.
    pub(super) fn observe_n(&mut self, value: f64, times: u64, scale: &Scale) {
        let mut once = Self::default();
        once.observe(&[value], &BlockSums::from_values(&[value], scale), scale);
        self.merge(&Self {
            count: once.count * times,
            sum: once.sum * i128::from(times),
            squares: once.squares * i128::from(times),
            beyond: once.beyond * times,
        });
    }

    fn add(&mut self, sums: &BlockSums) {
        self.count += sums.count;
        self.sum += (i128::from(sums.integers) << 12) + i128::from(sums.fractions);
        let wide = |sum: u64| i128::from(sum);
        self.squares += (wide(sums.high_squares) << 48) + (wide(sums.products) << 25) + wide(sums.low_squares);
    }

    /// Adds the other's sums.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        // Sums of rows fit; those of a file that was made up may not.
        self.squares = self.squares.saturating_add(other.squares);
        self.beyond += other.beyond;
    }

    /// Mean; `None` without values, or with values far beyond the range of the reference.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rounded once, at the end")]
    pub fn mean(&self, scale: &Scale) -> Option<f64> {
        (self.count > 0 && self.beyond == 0)
            .then(|| scale.center + self.sum as f64 / self.count as f64 / FINE / scale.units)
    }

    /// Population standard deviation (divides by n); `None` as for [`Self::mean`].
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rounded once, at the end")]
    pub fn std(&self, scale: &Scale) -> Option<f64> {
        (self.count > 0 && self.beyond == 0).then(|| {
            let n = self.count as f64;
            let mean = self.sum as f64 / n / FINE;
            (self.squares as f64 / n - mean * mean).max(0.0).sqrt() / scale.units
        })
    }

    /// The integers as they are stored: count, sum, sum of squares, number of values out of range.
    #[must_use]
    pub fn parts(&self) -> (u64, i128, i128, u64) {
        (self.count, self.sum, self.squares, self.beyond)
    }

    /// Restores stored integers.
    #[must_use]
    pub fn from_parts((count, sum, squares, beyond): (u64, i128, i128, u64)) -> Self {
        Self { count, sum, squares, beyond }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::BLOCK;

    fn observe(moments: &mut Moments, values: &[f64], scale: &Scale) {
        values.chunks(BLOCK).for_each(|values| moments.observe(values, &BlockSums::from_values(values, scale), scale));
    }

    proptest! {
        #[test]
        fn moments_match_the_textbook_formulas_in_any_order(values in prop::collection::vec(-1e5f64..1e5, 2..500)) {
            let mut edges = values.clone();
            edges.sort_unstable_by(f64::total_cmp);
            edges.dedup();
            let width = edges[edges.len() - 1] - edges[0];
            let scale = Scale::from_edges(&edges);
            let one_by_one = |values: &mut dyn Iterator<Item = &f64>| {
                let mut moments = Moments::default();
                values.for_each(|value| observe(&mut moments, &[*value], &scale));
                moments
            };
            let forward = one_by_one(&mut values.iter());
            prop_assert_eq!(forward, one_by_one(&mut values.iter().rev()));
            let mut together = Moments::default();
            observe(&mut together, &values, &scale);
            prop_assert_eq!(forward, together);
            let mut thrice = Moments::default();
            values.iter().for_each(|value| thrice.observe_n(*value, 3, &scale));
            (0..2).for_each(|_| together.merge(&forward));
            prop_assert_eq!(thrice, together);
            // The expected integers, by wide arithmetic.
            let integers = values.iter().map(|value| i128::from(nearest((value - scale.center) * scale.units)));
            prop_assert_eq!(forward.squares, integers.map(|integer| integer * integer).sum::<i128>());
            #[expect(clippy::cast_precision_loss, reason = "a handful of values")]
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let std = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            prop_assert!((forward.mean(&scale).unwrap() - mean).abs() <= 1e-9 * width.max(1e-9));
            // The mean in steps of 2^-60, by integers.
            #[expect(clippy::cast_possible_truncation, reason = "2^77 at most")]
            let steps: i128 = values.iter().map(|value| (value * 60_f64.exp2()) as i128).sum();
            #[expect(clippy::cast_precision_loss, reason = "rounded once")]
            let exact = (steps / values.len() as i128) as f64 / 60_f64.exp2();
            let error = scale.mean_error((edges[0], edges[edges.len() - 1]));
            prop_assert!((forward.mean(&scale).unwrap() - exact).abs() <= error);
            prop_assert!((forward.std(&scale).unwrap() - std).abs() <= 1e-7 * width.max(1e-9));
        }
    }

    /// One row of 1e12 in the reference does not reduce the precision of the window's standard deviation.
    #[test]
    fn an_outlier_in_the_reference_costs_no_precision() {
        let values: Vec<f64> = (0..4_000).map(|row| 50_000.0 + f64::from(row) * 37.0).collect();
        // Rounding errors are at most half a unit, which is 2^-26 of the bulk, and 1e12 / 2^38 = 4.
        for (outlier, most) in [(1.17e8, 1e-8), (1e12, 2.0 / 42_727.0)] {
            let scale = Scale::from_edges(&[values.as_slice(), &[outlier]].concat());
            let mut moments = Moments::default();
            observe(&mut moments, &values, &scale);
            // The variance of 0, 1, …, n − 1 is (n² − 1) / 12.
            let std = ((4_000.0_f64.powi(2) - 1.0) / 12.0).sqrt() * 37.0;
            assert!((moments.std(&scale).unwrap() / std - 1.0).abs() < most, "{outlier}");
            assert!((moments.mean(&scale).unwrap() / (50_000.0 + 1_999.5 * 37.0) - 1.0).abs() < 1e-9, "{outlier}");
        }
    }

    #[test]
    fn infinities_leave_no_mean() {
        let scale = Scale::from_edges(&[0.0, 1.0]);
        let mut moments = Moments::default();
        observe(&mut moments, &[0.5, f64::INFINITY], &scale);
        assert_eq!(moments.mean(&scale), None);
    }
}

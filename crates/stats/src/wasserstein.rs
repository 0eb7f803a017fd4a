//! First Wasserstein distance of two weighted samples on the real line.

use super::real::{real, wide};

/// First Wasserstein distance `∫ |F_ref − F_win| dx` from sorted distinct values with their counts: the least mean
/// distance over which the rows of one side have to be moved to obtain the distribution of the other.
///
/// In the unit of the values, not bounded; 0 for equal distributions, `|c|` after a shift by `c`, and a metric. Equal to
/// `scipy.stats.wasserstein_distance(reference, window, reference_counts, window_counts)`. Differences of the
/// distribution functions are exact integers and the areas are added with compensation, so the relative error is a few
/// units in the last place for any number of values. `None` when a side has no rows, a value is not finite, or the
/// distance exceeds the largest `f64`. Source: Vallender (1974).
#[must_use]
pub fn wasserstein(reference: &[(f64, u64)], window: &[(f64, u64)]) -> Option<f64> {
    let rows = |side: &[(f64, u64)]| side.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.1));
    let ends = |side: &[(f64, u64)]| Some((side.first()?.0, side.last()?.0));
    let totals = (rows(reference), rows(window));
    if totals.0 == 0 || totals.1 == 0 {
        return None;
    }
    let (r, w) = (ends(reference)?, ends(window)?);
    let between = (r.0.min(w.0), r.1.max(w.1));
    let distance = area(between, (0, 0), totals, reference, window, i128::saturating_abs);
    distance.is_finite().then_some(distance)
}

/// The distance in units of the reference's standard deviation (dividing by the number of rows, numpy's default).
/// `None` when that is 0 or not finite.
#[must_use]
pub fn normalised(distance: f64, reference_std: f64) -> Option<f64> {
    let normalised = distance / reference_std;
    (reference_std > 0.0 && normalised.is_finite()).then_some(normalised)
}

/// Area between two values of a part of `F_ref − F_win`.
///
/// `before` holds the numbers of reference and window rows at or below the first value, `totals` those of all rows;
/// `reference` and `window` are the sorted values in between with their counts. `part` receives the difference times
/// both totals: `i128::saturating_abs` returns the Wasserstein distance.
pub(super) fn area(
    between: (f64, f64),
    before: (u64, u64),
    totals: (u64, u64),
    reference: &[(f64, u64)],
    window: &[(f64, u64)],
    part: impl Fn(i128) -> i128,
) -> f64 {
    let (n, m) = (i128::from(totals.0), i128::from(totals.1));
    // Saturates beyond 2⁶³ rows.
    let product = |count: u64, other: i128| i128::from(count).saturating_mul(other);
    let mut difference = product(before.0, m).saturating_sub(product(before.1, n));
    let scale = 1.0 / (real(totals.0) * real(totals.1));
    let (mut reference, mut window) = (reference.iter().peekable(), window.iter().peekable());
    let mut at = between.0;
    let mut sum = CompensatedSum::default();
    loop {
        let (value, step) = match (reference.peek(), window.peek()) {
            (Some(&&(r, count)), Some(&&(w, _))) if r <= w => {
                reference.next();
                (r, product(count, m))
            }
            (_, Some(&&(w, count))) => {
                window.next();
                (w, -product(count, n))
            }
            (Some(&&(r, count)), None) => {
                reference.next();
                (r, product(count, m))
            }
            (None, None) => {
                sum.add((between.1 - at) * (wide(part(difference)) * scale));
                return sum.total();
            }
        };
        if value > at || value.is_nan() {
            sum.add((value - at) * (wide(part(difference)) * scale));
            at = value;
        }
        difference = difference.saturating_add(step);
    }
}

/// Neumaier's sum, which loses no digits to the number of terms.
#[derive(Debug, Clone, Copy, Default)]
struct CompensatedSum {
    sum: f64,
    rest: f64,
}

impl CompensatedSum {
    fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.rest += if self.sum.abs() >= term.abs() { (self.sum - sum) + term } else { (term - sum) + self.sum };
        self.sum = sum;
    }

    fn total(self) -> f64 {
        self.sum + self.rest
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(mut values: Vec<f64>) -> Vec<(f64, u64)> {
        values.sort_unstable_by(f64::total_cmp);
        values.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect()
    }

    fn distance(reference: &[(f64, u64)], window: &[(f64, u64)]) -> f64 {
        wasserstein(reference, window).unwrap()
    }

    #[test]
    fn rows_move_the_least_way() {
        assert_eq!(distance(&[(0.0, 1), (1.0, 1), (3.0, 1)], &[(5.0, 1), (6.0, 1), (8.0, 1)]), 5.0);
        // scipy's example with weights.
        let (r, w) = ([(3.4, 14), (3.9, 9), (7.5, 31), (7.8, 72)], [(1.4, 35), (4.5, 32)]);
        assert!((distance(&r, &w) - 4.078_133_143_804_786).abs() < 1e-14);
        assert_eq!(distance(&[(1.0, 1)], &[(0.0, 3), (2.0, 1)]), 1.0);
    }

    #[test]
    fn negative_zero_equals_zero() {
        assert_eq!(wasserstein(&[(-0.0, 1), (0.0, 1)], &[(0.0, 7)]), Some(0.0));
    }

    #[test]
    fn without_rows_or_finite_values_there_is_no_distance() {
        assert_eq!(wasserstein(&[], &[(1.0, 1)]), None);
        assert_eq!(wasserstein(&[(1.0, 1)], &[(1.0, 0)]), None);
        assert_eq!(wasserstein(&[(f64::NEG_INFINITY, 1)], &[(1.0, 1)]), None);
        assert_eq!(wasserstein(&[(1.0, 1)], &[(1.0, 1), (f64::INFINITY, 1)]), None);
        assert_eq!(wasserstein(&[(1.0, 1), (f64::NAN, 1)], &[(1.0, 1)]), None);
        assert_eq!(wasserstein(&[(f64::MIN, 1)], &[(f64::MAX, 1)]), None, "more than the largest number");
    }

    #[test]
    fn the_unit_is_the_standard_deviation_of_the_reference() {
        assert_eq!(normalised(3.0, 2.0), Some(1.5));
        assert_eq!(normalised(3.0, 0.0), None);
        assert_eq!(normalised(3.0, f64::NAN), None);
        assert_eq!(normalised(0.0, f64::INFINITY), Some(0.0));
    }

    /// A million distinct values: the error does not grow with their number.
    #[test]
    fn long_samples_lose_no_digits() {
        let rows: Vec<(f64, u64)> = (0..1_000_000).map(|row| (f64::from(row) * 0.1, 1)).collect();
        let moved: Vec<(f64, u64)> = rows.iter().map(|(value, count)| (value + 0.7, *count)).collect();
        // Each value is rounded to 2⁻³⁷ or finer.
        assert!((distance(&rows, &moved) - 0.7).abs() < 1e-11);
    }

    fn sample() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(prop_oneof![(-20_i32..20).prop_map(f64::from), -20.0_f64..20.0, -1e6_f64..1e6], 1..60)
    }

    proptest! {
        /// For equally many rows, the distance is the mean difference of the sorted values.
        #[test]
        fn equals_the_mean_difference_of_sorted_values(pairs in prop::collection::vec((-1e3_f64..1e3, -1e3_f64..1e3), 1..60)) {
            let (mut a, mut b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let got = distance(&counted(a.clone()), &counted(b.clone()));
            a.sort_unstable_by(f64::total_cmp);
            b.sort_unstable_by(f64::total_cmp);
            let expected = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f64>() / real(a.len() as u64);
            prop_assert!((got - expected).abs() <= 1e-12 * expected.max(1.0), "{} {}", got, expected);
        }

        #[test]
        fn is_zero_on_the_same_distribution(values in sample(), times in 1_u64..1000) {
            let a = counted(values);
            let more: Vec<(f64, u64)> = a.iter().map(|(value, count)| (*value, count * times)).collect();
            prop_assert_eq!(distance(&a, &more), 0.0);
        }

        #[test]
        fn is_symmetric(a in sample(), b in sample()) {
            let (a, b) = (counted(a), counted(b));
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
        }

        #[test]
        fn satisfies_the_triangle_inequality(a in sample(), b in sample(), c in sample()) {
            let (a, b, c) = (counted(a), counted(b), counted(c));
            let detour = distance(&a, &b) + distance(&b, &c);
            prop_assert!(distance(&a, &c) <= detour * (1.0 + 1e-12));
        }

        /// Sixteenths, so that shifted values are exact.
        #[test]
        fn a_shift_moves_by_its_size(values in prop::collection::vec(-1_000_000_i32..1_000_000, 1..60), by in -1_000_000_i32..1_000_000) {
            let sixteenths = |values: &[i32]| counted(values.iter().map(|value| f64::from(*value) / 16.0).collect());
            let moved: Vec<i32> = values.iter().map(|value| value + by).collect();
            let expected = f64::from(by.abs()) / 16.0;
            let got = distance(&sixteenths(&values), &sixteenths(&moved));
            prop_assert!((got - expected).abs() <= 1e-14 * expected, "{} {}", got, expected);
        }

        /// Rows may be listed one by one or as counts, equal values in any order.
        #[test]
        fn does_not_depend_on_how_rows_are_listed(a in sample(), b in sample()) {
            let (counts_a, counts_b) = (counted(a.clone()), counted(b));
            let mut rows: Vec<(f64, u64)> = a.into_iter().map(|value| (value, 1)).collect();
            rows.sort_by(|a, b| b.0.total_cmp(&a.0));
            rows.reverse();
            prop_assert_eq!(distance(&counts_a, &counts_b), distance(&rows, &counts_b));
        }

        #[test]
        fn any_values_give_a_finite_distance_or_none(
            mut a in prop::collection::vec((prop::num::f64::ANY, any::<u64>()), 0..20),
            mut b in prop::collection::vec((prop::num::f64::ANY, any::<u64>()), 0..20),
        ) {
            a.sort_by(|a, b| a.0.total_cmp(&b.0));
            b.sort_by(|a, b| a.0.total_cmp(&b.0));
            prop_assert!(wasserstein(&a, &b).is_none_or(|distance| distance.is_finite() && distance >= 0.0));
        }
    }
}

//! Jensen–Shannon distance of two rows of counts.

use std::f64::consts::LN_2;

use super::real::{columns, real, total};

/// Below this difference the series is at least as accurate as the logarithms, whose leading terms cancel.
const SMALL: f64 = 0.1;

/// Jensen–Shannon distance in base 2: the square root of `½ KL(r ‖ a) + ½ KL(w ‖ a)`, where `r` and `w` are the shares
/// of the reference and of the window, `a = (r + w) / 2`, and `KL(p ‖ q) = Σ p · log₂(p / q)`.
///
/// From 0 (equal shares) to 1 (no bin in common), a metric, without unit. A bin that is empty on one side needs no rule,
/// because `a` is not 0 there: it adds half of the other side's share to the square of the distance. A bin that is empty
/// on both sides adds nothing. Equal to `scipy.spatial.distance.jensenshannon(r, w, base=2)`. `None` when one side has
/// no rows. Source: Lin (1991); Endres and Schindelin (2003) for the square root.
#[must_use]
pub fn jensen_shannon(reference: &[u64], window: &[u64]) -> Option<f64> {
    let (n, m) = (total(reference), total(window));
    if n == 0 || m == 0 {
        return None;
    }
    let terms = columns(reference, window).filter(|bin| *bin != (0, 0)).map(|(in_reference, in_window)| {
        // Both shares times n · m: whole numbers, so that their difference has no rounding error.
        let (r, w) = (u128::from(in_reference) * u128::from(m), u128::from(in_window) * u128::from(n));
        let sum = real(in_reference) / real(n) + real(in_window) / real(m);
        sum * deviation(rounded(r.abs_diff(w)) / (rounded(r) + rounded(w)))
    });
    // Rounding may exceed 1 in the last bit.
    Some((terms.fold(0.0, |sum, term| sum + term) / (4.0 * LN_2)).sqrt().min(1.0))
}

/// `(1 + t) ln(1 + t) + (1 − t) ln(1 − t)` for `t` from 0 to 1: a bin's contribution relative to the sum of its shares
/// `s (1 ± t) / 2`, in nats.
fn deviation(t: f64) -> f64 {
    if t < SMALL {
        // t² Σ t^2k / ((k + 1) (2k + 1)); the first term left out is below 2⁻⁵³ of the first.
        let square = t * t;
        let series = (0..8_u32).rev().map(|k| 1.0 / f64::from((k + 1) * (2 * k + 1)));
        return square * series.fold(0.0, |sum, coefficient| sum * square + coefficient);
    }
    let rest = if t < 1.0 { (1.0 - t) * (-t).ln_1p() } else { 0.0 };
    (1.0 + t) * t.ln_1p() + rest
}

#[expect(clippy::cast_precision_loss, reason = "relative to the product, which is exact, this is one rounding")]
fn rounded(product: u128) -> f64 {
    product as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distance(reference: &[u64], window: &[u64]) -> f64 {
        jensen_shannon(reference, window).unwrap()
    }

    /// The definition, term by term.
    fn textbook(reference: &[u64], window: &[u64]) -> f64 {
        let (n, m) = (real(total(reference)), real(total(window)));
        let divergence: f64 = columns(reference, window)
            .map(|(r, w)| {
                let (r, w) = (real(r) / n, real(w) / m);
                let term = |share: f64| if share > 0.0 { share * (2.0 * share / (r + w)).log2() } else { 0.0 };
                term(r) + term(w)
            })
            .sum();
        (divergence / 2.0).max(0.0).sqrt()
    }

    #[test]
    fn rows_without_a_common_bin_are_at_distance_one() {
        assert_eq!(distance(&[3, 4, 0, 0], &[0, 0, 5, 1]), 1.0);
        assert_eq!(distance(&[7], &[0, 9]), 1.0, "the shorter row is padded");
    }

    #[test]
    fn a_bin_empty_on_one_side_adds_half_of_the_other_share() {
        // The shares of the other bin are 1 and ¾.
        let common = f64::midpoint((2.0_f64 / 1.75).log2(), 0.75 * (1.5_f64 / 1.75).log2());
        assert!((distance(&[8, 0], &[6, 2]).powi(2) - (common + 0.25 / 2.0)).abs() < 1e-15);
    }

    #[test]
    fn a_side_without_rows_has_no_distance() {
        assert_eq!(jensen_shannon(&[0, 0], &[1, 2]), None);
        assert_eq!(jensen_shannon(&[1, 2], &[]), None);
    }

    /// One row of 10⁹ is elsewhere. The logarithms would cancel to the last digit; the series leaves `t²`.
    #[test]
    fn tiny_differences_are_not_lost() {
        let half = 500_000_000;
        let got = distance(&[half, half], &[half + 1, half - 1]);
        let expected = (2.0 * 1e-9 * 1e-9 / (4.0 * LN_2)).sqrt();
        assert!((got / expected - 1.0).abs() < 1e-8, "{got:e} {expected:e}");
    }

    #[test]
    fn the_series_continues_the_logarithms() {
        for t in [SMALL.next_down(), 0.05, 0.01] {
            let by_logarithms = (1.0 + t) * t.ln_1p() + (1.0 - t) * (-t).ln_1p();
            assert!((deviation(t) / by_logarithms - 1.0).abs() < 1e-15 / t, "{t}");
        }
    }

    fn row() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(prop_oneof![Just(0), 0_u64..1000, 0_u64..1_000_000_000], 1..30)
            .prop_filter("a side without rows", |row| total(row) > 0)
    }

    proptest! {
        #[test]
        fn equals_the_definition(a in row(), b in row()) {
            // The definition cancels: its square is known to about 10⁻¹⁵.
            let (got, expected) = (distance(&a, &b), textbook(&a, &b));
            prop_assert!((got * got - expected * expected).abs() < 1e-14, "{} {}", got, expected);
        }

        #[test]
        fn is_zero_on_equal_shares(a in row(), times in 1_u64..1000) {
            let more: Vec<u64> = a.iter().map(|count| count * times).collect();
            prop_assert_eq!(jensen_shannon(&a, &more), Some(0.0));
        }

        #[test]
        fn is_symmetric_and_from_zero_to_one(a in row(), b in row()) {
            let (forth, back) = (distance(&a, &b), distance(&b, &a));
            prop_assert!((0.0..=1.0).contains(&forth));
            prop_assert_eq!(forth, back);
        }

        #[test]
        fn satisfies_the_triangle_inequality(a in row(), b in row(), c in row()) {
            prop_assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c) + 1e-12);
        }

        #[test]
        fn does_not_depend_on_the_order_of_bins(bins in prop::collection::vec((0_u64..1000, 0_u64..1000), 1..30), by in 0_usize..30) {
            let mut turned = bins.clone();
            turned.rotate_left(by % bins.len());
            turned.reverse();
            let of = |bins: &[(u64, u64)]| {
                let (a, b): (Vec<u64>, Vec<u64>) = bins.iter().copied().unzip();
                jensen_shannon(&a, &b)
            };
            match (of(&bins), of(&turned)) {
                (Some(straight), Some(turned)) => prop_assert!((straight - turned).abs() <= 1e-15),
                (straight, turned) => prop_assert_eq!(straight, turned),
            }
        }

        /// Merging bins never increases the distance.
        #[test]
        fn merged_bins_are_closer(a in prop::collection::vec(1_u64..1000, 4), b in prop::collection::vec(1_u64..1000, 4)) {
            let merged = |row: &[u64]| vec![row[0] + row[1], row[2] + row[3]];
            prop_assert!(distance(&merged(&a), &merged(&b)) <= distance(&a, &b) + 1e-15);
        }

        #[test]
        fn any_counts_give_a_finite_distance(rows in prop::collection::vec((any::<u64>(), any::<u64>()), 1..10)) {
            let (a, b): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
            prop_assert!(jensen_shannon(&a, &b).is_none_or(|distance| (0.0..=1.0).contains(&distance)));
        }
    }
}

//! False discovery rate control over many tests.

use super::real::length;

/// Benjamini–Hochberg q-values, in the order of `p`: `q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎ · m / j`, at most 1.
///
/// Reporting every test with `q ≤ α` keeps the expected share of false positives among them at or below `α`. A NaN
/// p-value counts as 1. Equal to `scipy.stats.false_discovery_control(p, method="bh")`. Source: Benjamini and Hochberg
/// (1995).
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut ordered: Vec<(usize, f64)> =
        p.iter().map(|&value| if value.is_nan() { 1.0 } else { value.clamp(0.0, 1.0) }).enumerate().collect();
    ordered.sort_by(|left, right| left.1.total_cmp(&right.1));

    let tests = length(p.len());
    let mut least = 1.0_f64;
    for (rank, (_, value)) in ordered.iter_mut().enumerate().rev() {
        least = least.min(*value * (tests / length(rank + 1)));
        *value = least;
    }
    ordered.sort_by_key(|&(index, _)| index);
    ordered.into_iter().map(|(_, q)| q).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn empty_input_gives_empty_output() {
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn one_test_keeps_its_p_value() {
        assert_eq!(benjamini_hochberg(&[0.03]), [0.03]);
    }

    #[test]
    fn nan_counts_as_one() {
        assert_eq!(benjamini_hochberg(&[f64::NAN, 0.01]), [1.0, 0.02]);
    }

    proptest! {
        #[test]
        fn q_values_are_between_p_and_one_and_keep_the_order(p in prop::collection::vec(0.0_f64..=1.0, 1..200)) {
            let q = benjamini_hochberg(&p);
            let mut pairs: Vec<(f64, f64)> = p.into_iter().zip(q).collect();
            pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
            prop_assert!(pairs.iter().all(|&(p, q)| p <= q && q <= 1.0));
            prop_assert!(pairs.windows(2).all(|two| two[0].1 <= two[1].1));
        }
    }
}

//! Normal scores: a rank as a value of the standard normal distribution.
//!
//! The score of a row whose share `u` of the rows is below it is the quantile of `u` (van der Waerden 1952). Scores make shifts
//! of features with any distribution comparable: the mean over the rows that the ranks come from is 0, and the variance 1.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::erf::{erfc, erfc_inv};

/// Quantile of the standard normal distribution; infinite at 0 and 1, NaN outside.
#[must_use]
pub fn quantile(share: f64) -> f64 {
    if (0.0..=1.0).contains(&share) { -SQRT_2 * erfc_inv(2.0 * share) } else { f64::NAN }
}

/// Share of the rows with a score up to this one: the inverse of [`quantile`].
#[must_use]
pub fn share_up_to(score: f64) -> f64 {
    erfc(-score / SQRT_2) / 2.0
}

/// Mean score of the rows with ranks between two shares of all rows, `0 <= from < to <= 1`; `None` otherwise.
#[must_use]
pub fn mean_between(from: f64, to: f64) -> Option<f64> {
    if !(0.0 <= from && from < to && to <= 1.0) {
        return None;
    }
    let density = |share: f64| (-quantile(share).powi(2) / 2.0).exp() / (2.0 * PI).sqrt();
    Some((density(from) - density(to)) / (to - from))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `scipy.stats.norm.ppf`.
    #[test]
    fn quantiles_equal_those_of_scipy() {
        for (share, expected) in [(0.5, 0.0), (0.975, 1.959_963_984_540_054), (0.1, -1.281_551_565_544_600_4)] {
            assert!((quantile(share) - expected).abs() < 1e-9, "{share}: {}", quantile(share));
        }
        assert_eq!((quantile(0.0), quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(quantile(1.5).is_nan() && quantile(f64::NAN).is_nan());
    }

    #[test]
    fn shares_and_quantiles_are_inverse() {
        for share in [1e-6, 0.1, 0.5, 0.975] {
            assert!((share_up_to(quantile(share)) - share).abs() < 1e-9, "{share}");
        }
        assert_eq!((share_up_to(f64::NEG_INFINITY), share_up_to(f64::INFINITY)), (0.0, 1.0));
    }

    #[test]
    fn means_of_halves_and_of_all_rows() {
        // The mean of a half-normal distribution is sqrt(2 / π).
        assert!((mean_between(0.5, 1.0).unwrap() - (2.0 / PI).sqrt()).abs() < 1e-9);
        assert!(mean_between(0.0, 1.0).unwrap().abs() < 1e-12);
        assert_eq!(mean_between(0.3, 0.3), None);
        assert_eq!(mean_between(f64::NAN, 1.0), None);
    }

    proptest! {
        /// Parts of an interval have its mean, and each part's mean is between the scores of its ends.
        #[test]
        fn means_of_parts_add_up(low in 0.0_f64..0.4, middle in 0.45_f64..0.55, high in 0.6_f64..1.0) {
            let mean = |from, to| mean_between(from, to).unwrap();
            let parts = mean(low, middle) * (middle - low) + mean(middle, high) * (high - middle);
            prop_assert!((parts - mean(low, high) * (high - low)).abs() < 1e-9);
            prop_assert!(quantile(low) <= mean(low, middle) && mean(low, middle) <= quantile(middle));
        }
    }
}

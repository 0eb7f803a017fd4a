//! Errors of predicted numbers: RMSE, MAE, R² and the mean error.
//!
//! Equal to scikit-learn's `root_mean_squared_error`, `mean_absolute_error` and `r2_score`. Rows are sorted before they are
//! summed, with compensation, so that the result does not depend on their order.

use super::{Interval, real::length};

/// Errors of predictions whose actual values are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictionErrors {
    pub rows: u64,
    /// Root of the mean squared error, in the unit of the prediction.
    pub rmse: Interval,
    /// Mean absolute error.
    pub mae: Interval,
    /// Mean of prediction minus actual value: above 0 if predictions are too high.
    pub mean_error: Interval,
    /// Share of the variance of the actual values that the predictions explain; `None` if these are all equal (scikit-learn
    /// then returns 0 or 1 by convention).
    pub r2: Option<f64>,
}

impl PredictionErrors {
    /// Measures predictions with their actual values, in any order; `None` without rows. Rows with a NaN are left out.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let mut rows: Vec<(f64, f64)> =
            rows.into_iter().filter(|(predicted, actual)| !predicted.is_nan() && !actual.is_nan()).collect();
        if rows.is_empty() {
            return None;
        }
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let count = length(rows.len());
        let error = |(predicted, actual): &(f64, f64)| predicted - actual;
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| sum(rows.iter().map(of)) / count;
        // Variance of a mean of independent rows.
        let interval = |of: &dyn Fn(&(f64, f64)) -> f64| {
            let value = mean(of);
            let spread = sum(rows.iter().map(|row| (of(row) - value).powi(2))) / (count - 1.0).max(1.0);
            (value, spread / count)
        };
        let (square, variance) = interval(&|row| error(row).powi(2));
        let rmse = square.sqrt();
        // The slope of the root; without any error there is no interval.
        let of_root = if square > 0.0 { variance / (4.0 * square) } else { 0.0 };
        let (absolute, of_absolute) = interval(&|row| error(row).abs());
        let (bias, of_bias) = interval(&error);
        let actual = mean(&|row| row.1);
        let spread = sum(rows.iter().map(|row| (row.1 - actual).powi(2)));
        Some(Self {
            rows: rows.len() as u64,
            rmse: Interval::normal(rmse, of_root).clamped(0.0, f64::INFINITY),
            mae: Interval::normal(absolute, of_absolute).clamped(0.0, f64::INFINITY),
            mean_error: Interval::normal(bias, of_bias),
            r2: (spread > 0.0).then(|| 1.0 - square * count / spread),
        })
    }
}

/// Sum with Neumaier's compensation.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    // Infinite sums have no lost part.
    if lost.is_finite() { sum + lost } else { sum }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_errors() {
        let errors = PredictionErrors::new([(2.5, 3.0), (0.0, -0.5), (2.0, 2.0), (8.0, 7.0)]).unwrap();
        assert_eq!((errors.rows, errors.mae.value), (4, 0.5));
        assert!((errors.rmse.value - 0.375_f64.sqrt()).abs() < 1e-15);
        assert!((errors.mean_error.value - 0.25).abs() < 1e-15);
        assert!((errors.r2.unwrap() - 0.948_608_137_044_967_9).abs() < 1e-15);
    }

    #[test]
    fn undefined_figures_are_none() {
        assert_eq!(PredictionErrors::new([(f64::NAN, 1.0), (1.0, f64::NAN)]), None);
        let equal = PredictionErrors::new([(1.0, 2.0), (3.0, 2.0)]).unwrap();
        assert_eq!((equal.r2, equal.mae.value, equal.mean_error.value), (None, 1.0, 0.0));
        let perfect = PredictionErrors::new([(1.0, 1.0), (2.0, 2.0)]).unwrap();
        assert_eq!((perfect.r2, perfect.rmse), (Some(1.0), Interval { value: 0.0, low: 0.0, high: 0.0 }));
    }

    proptest! {
        #[test]
        fn the_order_of_rows_does_not_matter(mut rows in prop::collection::vec((-1e6_f64..1e6, -1e6_f64..1e6), 1..80)) {
            let before = PredictionErrors::new(rows.clone()).unwrap();
            rows.reverse();
            prop_assert_eq!(PredictionErrors::new(rows).unwrap(), before);
            prop_assert!(before.mae.value <= before.rmse.value * (1.0 + 1e-12));
            prop_assert!(before.mean_error.value.abs() <= before.mae.value * (1.0 + 1e-12));
            prop_assert!(before.rmse.contains(before.rmse.value) && before.mae.contains(before.mae.value));
        }
    }
}

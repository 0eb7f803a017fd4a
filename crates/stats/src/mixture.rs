//! Share of another distribution mixed into the reference: whether a window is the reference with some of its rows changed in
//! a given way.

use super::real::real;

/// Multiple of `sqrt(1/n + 1/m)` that the KS distance of two samples of one distribution exceeds with probability 0.1%.
const KS_ONE_IN_1000: f64 = 1.95;
/// Residuals up to this are accepted at any number of rows: no stable feature stays as close as chance alone allows in
/// millions of rows.
const MIN_RESIDUAL: f64 = 0.03;
/// What the mixture explains must be at least this multiple of what it leaves open.
pub(super) const MIN_GAIN: f64 = 2.0;

/// Values of three distribution functions at one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixturePoint {
    pub window: f64,
    pub reference: f64,
    /// The distribution of the rows that changed.
    pub changed: f64,
}

/// `window ≈ (1 − share) · reference + share · changed`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mixture {
    /// From 0 to 1.
    pub share: f64,
    /// Largest distance between the window and the mixture over the points.
    pub residual: f64,
    /// Largest distance between the mixture and the reference over the points.
    pub reach: f64,
}

impl Mixture {
    /// Fits the share by least squares over the points; `None` if `changed` equals the reference at all of them.
    #[must_use]
    pub fn fit(points: &[MixturePoint]) -> Option<Self> {
        let (mut both, mut own) = (0.0, 0.0);
        for point in points {
            let change = point.changed - point.reference;
            both += (point.window - point.reference) * change;
            own += change * change;
        }
        (own > 0.0).then(|| Self::with_share(points, (both / own).clamp(0.0, 1.0)))
    }

    /// The mixture with a known share.
    #[must_use]
    pub fn with_share(points: &[MixturePoint], share: f64) -> Self {
        let (mut residual, mut reach) = (0.0_f64, 0.0_f64);
        for point in points {
            let change = share * (point.changed - point.reference);
            residual = residual.max((point.window - point.reference - change).abs());
            reach = reach.max(change.abs());
        }
        Self { share, residual, reach }
    }

    /// Returns whether the window of `m` values is the mixture as far as chance allows, against a reference of `n` values.
    #[must_use]
    pub fn is_possible(&self, n: u64, m: u64) -> bool {
        self.residual <= possible_residual(real(n), real(m))
    }

    /// Returns whether, in addition, the mixture explains more than it leaves open.
    #[must_use]
    pub fn is_accepted(&self, n: u64, m: u64) -> bool {
        self.is_possible(n, m) && self.reach >= MIN_GAIN * self.residual && self.reach > 0.0
    }
}

/// Largest distance that is possible between samples of `n` and `m` values of one distribution.
pub(super) fn possible_residual(n: f64, m: f64) -> f64 {
    (KS_ONE_IN_1000 * (1.0 / n.max(1.0) + 1.0 / m.max(1.0)).sqrt()).max(MIN_RESIDUAL)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::real::length;

    fn share_up_to(values: &[f64], at: f64) -> f64 {
        length(values.iter().filter(|value| **value <= at).count()) / length(values.len())
    }

    proptest! {
        /// No other share has a smaller sum of squares.
        #[test]
        fn the_share_is_the_best_of_all(
            points in prop::collection::vec((0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0), 1..40),
        ) {
            let points: Vec<MixturePoint> = points
                .into_iter()
                .map(|(window, reference, changed)| MixturePoint { window, reference, changed })
                .collect();
            let squares = |share: f64| -> f64 {
                let residual = |point: &MixturePoint| {
                    point.window - (1.0 - share) * point.reference - share * point.changed
                };
                points.iter().map(|point| residual(point).powi(2)).sum()
            };
            if let Some(fit) = Mixture::fit(&points) {
                for step in 0..=1_000 {
                    prop_assert!(squares(fit.share) <= squares(f64::from(step) / 1_000.0) + 1e-12);
                }
            }
        }
    }

    #[test]
    fn a_known_mixture_is_found_and_accepted() {
        // 30% of the rows in another unit.
        let reference: Vec<f64> = (0..1_000).map(|row| 10.0 + f64::from(row)).collect();
        let window: Vec<f64> =
            (0..1_000).map(|row| (10.0 + f64::from(row)) * if row % 10 < 3 { 1_000.0 } else { 1.0 }).collect();
        let points: Vec<MixturePoint> = (0..40)
            .map(|step| 10f64.powf(f64::from(step) / 6.0))
            .map(|at| MixturePoint {
                window: share_up_to(&window, at),
                reference: share_up_to(&reference, at),
                changed: share_up_to(&reference, at / 1_000.0),
            })
            .collect();
        let fit = Mixture::fit(&points).unwrap();
        assert!((fit.share - 0.3).abs() < 0.005, "{fit:?}");
        assert!(fit.is_accepted(1_000, 1_000), "{fit:?}");
        let all = Mixture::with_share(&points, 1.0);
        assert!((all.residual - 0.7).abs() < 0.02 && !all.is_possible(1_000, 1_000), "{all:?}");
    }

    #[test]
    fn an_equal_distribution_explains_nothing() {
        let same = |window, reference| MixturePoint { window, reference, changed: reference };
        assert_eq!(Mixture::fit(&[same(0.2, 0.1), same(0.9, 0.8)]), None);
        assert!(!Mixture { share: 0.0, residual: 0.0, reach: 0.0 }.is_accepted(10, 10));
    }
}

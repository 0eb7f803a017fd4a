//! Chance law of a statistic from simulated draws, and beyond them from a Pearson type III law with their moments.

use statrs::{
    distribution::{ContinuousCDF, Gamma},
    function::erf::erfc,
};

use super::real::length;

/// Fewest draws that a law is made of.
const LEAST_DRAWS: usize = 100;
/// p-values below this come from the fitted law.
const FITTED_BELOW: f64 = 0.005;
/// With less skewness the law is as good as normal, and the gamma distribution loses digits.
const LEAST_SKEWNESS: f64 = 1e-3;

/// The law of a statistic without drift.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedLaw {
    /// Ascending.
    draws: Vec<f64>,
    mean: f64,
    deviation: f64,
    skewness: f64,
}

impl SimulatedLaw {
    /// Makes a law of draws in any order. `None` for fewer than 100 draws, or if they are all equal or not finite.
    #[must_use]
    pub fn new(mut draws: Vec<f64>) -> Option<Self> {
        draws.sort_unstable_by(f64::total_cmp);
        let count = length(draws.len());
        let mean_of = |of: &dyn Fn(f64) -> f64| draws.iter().fold(0.0, |sum, draw| sum + of(*draw)) / count;
        let mean = mean_of(&|draw| draw);
        let variance = mean_of(&|draw| (draw - mean) * (draw - mean));
        let deviation = variance.sqrt();
        let skewness = mean_of(&|draw| (draw - mean).powi(3)) / (variance * deviation);
        let is_law = draws.len() >= LEAST_DRAWS && mean.is_finite() && deviation > 0.0 && skewness.is_finite();
        is_law.then_some(Self { draws, mean, deviation, skewness })
    }

    /// Probability of a value this large or larger without drift: `(1 + #{draw ≥ value}) / (K + 1)` of `K` draws. Below
    /// 0.005, that of the Pearson type III law with the mean, the standard deviation and the skewness of the draws.
    #[must_use]
    pub fn p_value(&self, value: f64) -> f64 {
        let reached = self.draws.len() - self.draws.partition_point(|draw| *draw < value);
        let share = (1.0 + length(reached)) / (length(self.draws.len()) + 1.0);
        if share >= FITTED_BELOW {
            return share;
        }
        pearson3((value - self.mean) / self.deviation, self.skewness).min(FITTED_BELOW)
    }
}

/// Probability that a variable with mean 0, standard deviation 1 and this skewness, distributed by Pearson's type III (a
/// shifted gamma law, mirrored for negative skewness), is at least `z`. Source: Pearson (1895); `scipy.stats.pearson3`.
#[must_use]
pub fn pearson3(z: f64, skewness: f64) -> f64 {
    if z.is_nan() || skewness.is_nan() {
        return f64::NAN;
    }
    if skewness.abs() < LEAST_SKEWNESS {
        return 0.5 * erfc(z / std::f64::consts::SQRT_2);
    }
    let root = 2.0 / skewness.abs();
    let shape = root * root;
    let Ok(gamma) = Gamma::new(shape, 1.0) else { return f64::NAN };
    let p = if skewness > 0.0 { gamma.sf(shape + z * root) } else { gamma.cdf(shape - z * root) };
    p.clamp(0.0, 1.0)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pearson3_of_an_exponential_law() {
        // Skewness 2 is the exponential law: z = x − 1.
        for x in [0.1, 1.0, 5.0, 30.0_f64] {
            assert!((pearson3(x - 1.0, 2.0) / (-x).exp() - 1.0).abs() < 1e-10, "{x}");
            assert!((pearson3(1.0 - x, -2.0) - (1.0 - (-x).exp())).abs() < 1e-12, "{x}");
        }
        assert_eq!(pearson3(-1.5, 2.0), 1.0);
        assert_eq!(pearson3(1.5, -2.0), 0.0);
        assert!(pearson3(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn pearson3_without_skewness_is_normal() {
        for z in [-3.0, 0.0, 1.0, 4.0] {
            let normal = pearson3(z, 0.0);
            assert!((normal - 0.5 * erfc(z / std::f64::consts::SQRT_2)).abs() < 1e-15);
            for skewness in [2e-3, -2e-3] {
                assert!((pearson3(z, skewness) / normal - 1.0).abs() < 0.03, "{z} {skewness}");
            }
        }
    }

    #[test]
    fn large_p_values_are_shares_of_draws() {
        let law = SimulatedLaw::new((0..999).rev().map(f64::from).collect()).unwrap();
        assert_eq!([-1.0, 0.0, 499.0, 989.5].map(|value| law.p_value(value)), [1.0, 1.0, 0.501, 0.010]);
        // Beyond the draws the law goes on.
        let beyond = [998.0, 1_400.0, 2_000.0].map(|value| law.p_value(value));
        assert!(beyond[0] <= 0.005 && beyond[0] > beyond[1] && beyond[1] > beyond[2], "{beyond:?}");
    }

    #[test]
    fn degenerate_draws_are_not_a_law() {
        assert_eq!(SimulatedLaw::new(vec![1.0; 99]), None);
        assert_eq!(SimulatedLaw::new(vec![1.0; 500]), None);
        assert_eq!(SimulatedLaw::new((0..200).map(|number| 1.0 / f64::from(number)).collect()), None);
    }

    proptest! {
        #[test]
        fn p_values_fall_as_values_grow(
            draws in prop::collection::vec(0.0_f64..9.0, 100..400),
            values in prop::collection::vec(-5.0_f64..40.0, 2..20),
        ) {
            let law = SimulatedLaw::new(draws).unwrap();
            let mut values = values;
            values.sort_unstable_by(f64::total_cmp);
            let p: Vec<f64> = values.iter().map(|value| law.p_value(*value)).collect();
            prop_assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
            prop_assert!(p.windows(2).all(|pair| pair[0] >= pair[1]), "{:?}", p);
        }
    }
}

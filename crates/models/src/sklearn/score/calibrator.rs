//! The functions by which `CalibratedClassifierCV` turns a score into a probability.

use super::output::sigmoid;

/// The calibration of one class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Calibrator {
    /// 1 / (1 + exp(slope · score + intercept)).
    Sigmoid { slope: f64, intercept: f64 },
    /// Linear interpolation between points; constant outside.
    Isotonic { points: Vec<(f64, f64)>, low: f64, high: f64 },
}

impl Calibrator {
    pub(crate) fn probability(&self, score: f64) -> f64 {
        let probability = match self {
            Self::Sigmoid { slope, intercept } => sigmoid(-(slope * score + intercept)),
            Self::Isotonic { points, low, high } => {
                let score = if score < *low {
                    *low
                } else if score > *high {
                    *high
                } else {
                    score
                };
                interpolate(points, score)
            }
        };
        // Interpolation may exceed 1 by rounding.
        if probability > 1.0 && probability <= 1.0 + 1e-5 { 1.0 } else { probability }
    }
}

/// `numpy.interp`, operation by operation.
#[expect(clippy::float_cmp, reason = "NumPy's rule")]
fn interpolate(points: &[(f64, f64)], at: f64) -> f64 {
    if at.is_nan() {
        return at;
    }
    let next = points.partition_point(|(x, _)| *x <= at);
    match (next.checked_sub(1).and_then(|last| points.get(last)), points.get(next)) {
        (None, Some((_, y))) | (Some((_, y)), None) => *y,
        (None, None) => f64::NAN,
        (Some((x, y)), Some(_)) if *x == at => *y,
        (Some((x, y)), Some((next_x, next_y))) => {
            let slope = (next_y - y) / (next_x - x);
            slope * (at - x) + y
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "results are exact")]
mod tests {
    use super::*;

    #[test]
    fn isotonic_calibration_interpolates_and_is_constant_outside() {
        let points = vec![(0.0, 0.25), (1.0, 0.5), (1.0, 0.75), (3.0, 1.0)];
        let calibrator = Calibrator::Isotonic { points, low: 0.0, high: 3.0 };
        let probability = |score| calibrator.probability(score);
        assert_eq!([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0].map(probability), [0.25, 0.25, 0.375, 0.75, 0.875, 1.0, 1.0]);
        assert!(probability(f64::NAN).is_nan());
    }

    #[test]
    fn sigmoid_calibration_falls_for_positive_slopes() {
        let calibrator = Calibrator::Sigmoid { slope: -2.0, intercept: 1.0 };
        assert_eq!(calibrator.probability(0.5), 0.5);
        assert_eq!(calibrator.probability(1.0), 1.0 / (1.0 + (-1.0_f64).exp()));
    }
}

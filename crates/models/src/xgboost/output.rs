//! From raw outputs of XGBoost models to probabilities and predicted values, in 32-bit floats as XGBoost computes them.

use crate::link::Link;

/// How raw outputs become what the library predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum XgBoostOutput {
    /// The raw output is the prediction.
    Identity,
    /// One probability per output: of the second class, or of each label.
    Logistic { outputs: usize },
    /// One probability per class.
    Softmax,
    /// The exponential of the raw output.
    Exponential,
    /// 1 above zero, otherwise 0.
    Hinge,
    /// Several quantiles, put in ascending order.
    Quantiles,
}

impl XgBoostOutput {
    pub(crate) fn link(&self) -> Link {
        match self {
            Self::Identity | Self::Hinge | Self::Quantiles => Link::Identity,
            Self::Logistic { outputs: 0 | 1 } => Link::Sigmoid,
            Self::Logistic { .. } => Link::Labels,
            Self::Softmax => Link::Softmax,
            Self::Exponential => Link::Exp,
        }
    }

    /// Turns raw outputs, `outputs` per row, into what `predict` gives, in place. Returns false and changes nothing if
    /// that is the raw output. For `multi:softmax`, whose `predict` gives the class, these are the probabilities.
    pub(crate) fn apply(&self, outputs: usize, raw: &mut [f64]) -> bool {
        match self {
            Self::Identity => return false,
            Self::Logistic { .. } => raw.iter_mut().for_each(|value| *value = f64::from(sigmoid(single(*value)))),
            Self::Softmax => raw.chunks_exact_mut(outputs.max(1)).for_each(softmax),
            Self::Exponential => raw.iter_mut().for_each(|value| *value = f64::from(single(*value).exp())),
            Self::Hinge => raw.iter_mut().for_each(|value| *value = if *value > 0.0 { 1.0 } else { 0.0 }),
            Self::Quantiles => {
                raw.chunks_exact_mut(outputs.max(1)).for_each(|row| row.sort_unstable_by(f64::total_cmp));
            }
        }
        true
    }

    /// The class of a row. With two classes, as the scikit-learn wrapper decides: above a probability of one half.
    pub(crate) fn decision(&self, raw: &[f64]) -> Option<usize> {
        match (self, raw) {
            (Self::Logistic { outputs: 1 }, [raw]) => Some(usize::from(sigmoid(single(*raw)) > 0.5)),
            (Self::Softmax, [first, rest @ ..]) => {
                let mut best = (0, *first);
                for (&value, class) in rest.iter().zip(1..) {
                    if value > best.1 {
                        best = (class, value);
                    }
                }
                Some(best.0)
            }
            _ => None,
        }
    }
}

/// A raw output, which is a widened 32-bit float.
#[expect(clippy::cast_possible_truncation, reason = "it was widened")]
fn single(value: f64) -> f32 {
    value as f32
}

/// The raw output of this probability.
pub(crate) fn logit(probability: f32) -> f32 {
    const EDGE: f32 = 1e-6;
    -(1.0 / probability.clamp(EDGE, 1.0 - EDGE) - 1.0).ln()
}

fn sigmoid(raw: f32) -> f32 {
    const LARGEST: f32 = 88.7;
    let exponent = if -raw > LARGEST { LARGEST } else { -raw };
    // 1e-16 is far below the precision of the sum, but XGBoost adds it.
    1.0 / (exponent.exp() + 1.0 + 1e-16)
}

fn softmax(raw: &mut [f64]) {
    let greatest = raw.iter().copied().map(single).fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0_f64;
    for value in raw.iter_mut() {
        *value = f64::from((single(*value) - greatest).exp());
        total += *value;
    }
    let total = single(total);
    raw.iter_mut().for_each(|value| *value = f64::from(single(*value) / total));
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn applied(rule: XgBoostOutput, outputs: usize, raw: &[f64]) -> Vec<f64> {
        let mut values = raw.to_vec();
        assert!(rule.apply(outputs, &mut values));
        values
    }

    #[test]
    fn a_sigmoid_does_not_overflow() {
        let rule = XgBoostOutput::Logistic { outputs: 1 };
        let values = applied(rule, 1, &[0.0, -1e30, 1e30, f64::NEG_INFINITY, f64::INFINITY, f64::NAN]);
        assert_eq!((values[0], values[2], values[4]), (0.5, 1.0, 1.0));
        // 1 / exp(88.7f) in xgboost 3.2.0.
        assert_eq!((values[1], values[3]), (values[3], f64::from(1.0_f32 / (88.7_f32.exp() + 1.0))));
        assert!(values[1] > 0.0 && values[5].is_nan());
        assert_eq!((rule.decision(&[1e-9]), rule.decision(&[1e-3])), (Some(0), Some(1)), "half is not above half");
    }

    #[test]
    fn the_first_of_equal_classes_is_chosen() {
        assert_eq!(XgBoostOutput::Softmax.decision(&[0.1, 0.3, 0.3]), Some(1));
        assert_eq!(XgBoostOutput::Softmax.decision(&[0.3, 0.3, f64::NEG_INFINITY]), Some(0));
        assert_eq!(XgBoostOutput::Softmax.decision(&[]), None);
    }

    #[test]
    fn other_predictions() {
        assert_eq!(applied(XgBoostOutput::Hinge, 1, &[0.1, 0.0, -2.0]), [1.0, 0.0, 0.0]);
        assert_eq!(applied(XgBoostOutput::Quantiles, 2, &[0.3, 0.1, 0.2, 0.4]), [0.1, 0.3, 0.2, 0.4]);
        assert_eq!(applied(XgBoostOutput::Exponential, 1, &[0.0, f64::NEG_INFINITY]), [1.0, 0.0]);
        let mut raw = [3.0];
        assert!(!XgBoostOutput::Identity.apply(1, &mut raw) && raw == [3.0]);
    }

    #[test]
    fn a_certain_base_score_has_a_finite_raw_output() {
        assert_eq!((logit(0.0), logit(1.0)), (logit(1e-6), logit(1.0 - 1e-6)));
        assert!(logit(0.0).is_finite() && logit(1.0).is_finite() && logit(0.5) == 0.0);
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one(mut row in prop::collection::vec(-1e4..1e4_f64, 1..9)) {
            let outputs = row.len();
            prop_assert!(XgBoostOutput::Softmax.apply(outputs, &mut row));
            prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-6 && row.iter().all(|p| (0.0..=1.0).contains(p)));
        }

        #[test]
        fn the_logit_undoes_the_sigmoid(probability in 0.001..0.999_f32) {
            prop_assert!((sigmoid(logit(probability)) - probability).abs() < 1e-5);
        }
    }
}

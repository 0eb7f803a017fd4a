//! From raw outputs of scikit-learn's estimators to probabilities, predicted values and classes.

use crate::link::Link;

/// What the raw outputs of an estimator are, and how they become what `predict_proba` or `predict` returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum EstimatorOutput {
    /// The predicted value of a regression.
    Value,
    /// Its logarithm.
    LogValue,
    /// The log-odds of the second of two classes, divided by `factor`. The estimator decides for the second class if they
    /// are above zero, or, with `includes_zero`, not below.
    LogOdds { factor: f64, includes_zero: bool },
    /// Like [`EstimatorOutput::LogOdds`], but the decision is by the rounded probability.
    LogOddsByProbability,
    /// One number per class, whose softmax gives the probabilities.
    Logits,
    /// The probability of the second of two classes, or that of every class.
    Probability,
}

impl EstimatorOutput {
    pub(crate) fn link(self) -> Link {
        match self {
            Self::Value => Link::Identity,
            Self::LogValue => Link::Exp,
            Self::LogOdds { .. } | Self::LogOddsByProbability => Link::Sigmoid,
            Self::Logits => Link::Softmax,
            Self::Probability => Link::Probability,
        }
    }

    /// Turns raw outputs of rows into what scikit-learn returns, in place. Returns false and changes nothing if that is
    /// the raw output itself and no probability.
    pub(crate) fn apply(self, outputs: usize, raw: &mut [f64]) -> bool {
        match self {
            Self::Value => return false,
            Self::Probability => {}
            Self::LogValue => raw.iter_mut().for_each(|raw| *raw = raw.exp()),
            Self::LogOdds { factor, .. } => raw.iter_mut().for_each(|raw| *raw = sigmoid(factor * *raw)),
            Self::LogOddsByProbability => raw.iter_mut().for_each(|raw| *raw = sigmoid(*raw)),
            Self::Logits => raw.chunks_exact_mut(outputs.max(1)).for_each(softmax),
        }
        true
    }

    /// Index of the class that the estimator predicts for a row; `None` for a regression or a row without a score.
    pub(crate) fn decision(self, raw: &[f64]) -> Option<usize> {
        if raw.iter().any(|raw| raw.is_nan()) {
            return None;
        }
        match (self, raw) {
            (Self::Value | Self::LogValue, _) => None,
            (Self::LogOdds { includes_zero, .. }, [raw]) => {
                Some(usize::from(*raw > 0.0 || (includes_zero && *raw == 0.0)))
            }
            (Self::LogOddsByProbability, [raw]) => Some(usize::from(sigmoid(*raw) > 0.5)),
            (Self::Probability, [probability]) => Some(usize::from(*probability > 0.5)),
            (_, raw) => largest(raw),
        }
    }
}

/// Index of the largest number, the first of equals.
fn largest(numbers: &[f64]) -> Option<usize> {
    let better = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
    numbers.iter().copied().enumerate().reduce(better).map(|(at, _)| at)
}

/// `expit` of SciPy.
pub(crate) fn sigmoid(raw: f64) -> f64 {
    1.0 / (1.0 + (-raw).exp())
}

pub(crate) fn softmax(raw: &mut [f64]) {
    let most = raw.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    raw.iter_mut().for_each(|raw| *raw = (*raw - most).exp());
    let sum: f64 = raw.iter().sum();
    raw.iter_mut().for_each(|raw| *raw /= sum);
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "results are exact")]
mod tests {
    use super::*;

    #[test]
    fn ties_are_decided_as_each_estimator_does() {
        let log_odds = |includes_zero| EstimatorOutput::LogOdds { factor: 1.0, includes_zero };
        assert_eq!(log_odds(false).decision(&[0.0]), Some(0));
        assert_eq!(log_odds(true).decision(&[0.0]), Some(1));
        // The probability rounds to one half.
        assert_eq!(log_odds(false).decision(&[1e-20]), Some(1));
        assert_eq!(EstimatorOutput::LogOddsByProbability.decision(&[1e-20]), Some(0));
        assert_eq!(EstimatorOutput::Logits.decision(&[1.0, 3.0, 3.0]), Some(1));
        assert_eq!(EstimatorOutput::Probability.decision(&[0.5]), Some(0));
        assert_eq!(EstimatorOutput::Probability.decision(&[f64::NAN]), None);
        assert_eq!(EstimatorOutput::Value.decision(&[3.0]), None);
    }

    #[test]
    fn probabilities_are_those_of_scikit_learn() {
        let mut raw = [0.0, -2.0];
        assert!(EstimatorOutput::LogOdds { factor: 2.0, includes_zero: true }.apply(1, &mut raw));
        assert_eq!(raw, [0.5, 1.0 / (1.0 + 4.0_f64.exp())]);
        let mut raw = [1000.0, 1000.0, 0.0, 0.0];
        assert!(EstimatorOutput::Logits.apply(2, &mut raw));
        assert_eq!(raw, [0.5; 4]);
        let mut raw = [0.25];
        assert!(EstimatorOutput::Probability.apply(1, &mut raw) && raw == [0.25]);
        assert!(!EstimatorOutput::Value.apply(1, &mut raw));
    }
}

//! From raw outputs of LightGBM models to probabilities and predicted values, as `predict` computes them.
//!
//! Source: `ConvertOutput` of each objective in LightGBM's `src/objective`, and `GBDT::Predict`. Probabilities are
//! bit-identical where the platform's `exp` and `log1p` are those of LightGBM's build (glibc on Linux).

use crate::link::Link;

/// How raw outputs become what the library predicts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LightGbmOutput {
    pub transform: Transform,
    /// For a random forest, the number of iterations; raw outputs are divided by it before the transform.
    pub mean_of: Option<f64>,
}

/// The function from raw outputs to predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Transform {
    /// The raw output.
    Identity,
    /// The sigmoid of the raw output times a factor.
    Sigmoid(f64),
    /// A sigmoid per class, with a common factor. Not normalised.
    Sigmoids(f64),
    Softmax,
    Exp,
    /// log(1 + exp(raw)).
    Log1pExp,
    /// The square, with the sign of the raw output.
    SignedSquare,
}

impl LightGbmOutput {
    pub(crate) fn link(&self) -> Link {
        match self.transform {
            Transform::Identity => Link::Identity,
            Transform::Sigmoid(_) => Link::Sigmoid,
            Transform::Sigmoids(_) => Link::OneVersusAll,
            Transform::Softmax => Link::Softmax,
            Transform::Exp => Link::Exp,
            Transform::Log1pExp => Link::Log1pExp,
            Transform::SignedSquare => Link::SignedSquare,
        }
    }

    /// Turns raw outputs of rows, `outputs` per row, into predictions, in place. Returns false and changes nothing if the
    /// raw output is the prediction.
    pub(crate) fn apply(&self, outputs: usize, raw: &mut [f64]) -> bool {
        raw.iter_mut().for_each(|value| *value = self.mean(*value));
        match self.transform {
            Transform::Identity => {}
            Transform::Sigmoid(factor) | Transform::Sigmoids(factor) => {
                raw.iter_mut().for_each(|value| *value = sigmoid(factor, *value));
            }
            Transform::Softmax => raw.chunks_exact_mut(outputs.max(1)).for_each(|row| {
                let (greatest, total) = softmax_parts(row.iter().copied());
                row.iter_mut().for_each(|value| *value = (*value - greatest).exp() / total);
            }),
            Transform::Exp => raw.iter_mut().for_each(|value| *value = value.exp()),
            Transform::Log1pExp => raw.iter_mut().for_each(|value| *value = value.exp().ln_1p()),
            Transform::SignedSquare => raw.iter_mut().for_each(|value| *value = sign(*value) * *value * *value),
        }
        self.mean_of.is_some() || self.transform != Transform::Identity
    }

    /// The class that LightGBM's scikit-learn interface predicts: that of the greatest probability, the first of equals.
    pub(crate) fn decision(&self, raw: &[f64]) -> Option<usize> {
        let means = raw.iter().map(|value| self.mean(*value));
        match self.transform {
            Transform::Sigmoid(factor) => {
                let probability = sigmoid(factor, self.mean(*raw.first()?));
                Some(usize::from(probability > 1.0 - probability))
            }
            Transform::Sigmoids(factor) => greatest(means.map(|value| sigmoid(factor, value))),
            Transform::Softmax => {
                let (top, total) = softmax_parts(means.clone());
                greatest(means.map(|value| (value - top).exp() / total))
            }
            Transform::Identity | Transform::Exp | Transform::Log1pExp | Transform::SignedSquare => None,
        }
    }

    fn mean(&self, raw: f64) -> f64 {
        self.mean_of.map_or(raw, |iterations| raw / iterations)
    }
}

fn sigmoid(factor: f64, raw: f64) -> f64 {
    1.0 / (1.0 + (-factor * raw).exp())
}

/// −1, 0 or 1; 0 for NaN.
fn sign(value: f64) -> f64 {
    f64::from(i8::from(value > 0.0) - i8::from(value < 0.0))
}

/// The greatest value, and the sum of the exponentials of the distances from it.
fn softmax_parts(row: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    // As C++'s `std::max`: a NaN replaces the maximum and is replaced by the next value.
    let greatest = row.clone().reduce(|greatest, value| if value < greatest { greatest } else { value });
    let greatest = greatest.unwrap_or(f64::NAN);
    (greatest, row.fold(0.0, |total, value| total + (value - greatest).exp()))
}

/// The index of the greatest value, or of the first NaN, as numpy's `argmax`.
fn greatest(values: impl Iterator<Item = f64>) -> Option<usize> {
    let better = |value: f64, best: f64| value > best || (value.is_nan() && !best.is_nan());
    let best = values.enumerate().reduce(|best, next| if better(next.1, best.1) { next } else { best });
    best.map(|(class, _)| class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(transform: Transform, mean_of: Option<f64>, raw: &[f64]) -> Option<Vec<f64>> {
        let mut row = raw.to_vec();
        LightGbmOutput { transform, mean_of }.apply(raw.len(), &mut row).then_some(row)
    }

    #[test]
    fn transforms_are_those_of_the_objectives() {
        assert_eq!(applied(Transform::Identity, None, &[2.5]), None);
        assert_eq!(applied(Transform::Identity, Some(4.0), &[2.0]), Some(vec![0.5]));
        assert_eq!(applied(Transform::Sigmoid(2.0), None, &[0.0]), Some(vec![0.5]));
        assert_eq!(applied(Transform::Sigmoid(2.0), Some(4.0), &[2.0]), Some(vec![1.0 / (1.0 + (-1.0_f64).exp())]));
        assert_eq!(applied(Transform::Sigmoids(1.0), None, &[0.0, 0.0, 0.0]), Some(vec![0.5; 3]));
        assert_eq!(applied(Transform::Softmax, None, &[7.0, 7.0]), Some(vec![0.5; 2]));
        assert_eq!(applied(Transform::Exp, None, &[0.0]), Some(vec![1.0]));
        assert_eq!(applied(Transform::Log1pExp, None, &[0.0]), Some(vec![std::f64::consts::LN_2]));
        assert_eq!(applied(Transform::SignedSquare, None, &[-3.0]), Some(vec![-9.0]));
        assert_eq!(applied(Transform::SignedSquare, None, &[0.0]), Some(vec![0.0]));
    }

    #[test]
    fn not_a_number_stays_so() {
        for transform in [Transform::Sigmoid(1.0), Transform::Softmax, Transform::Exp, Transform::SignedSquare] {
            assert!(applied(transform, None, &[f64::NAN]).unwrap()[0].is_nan(), "{transform:?}");
        }
    }

    #[test]
    fn the_first_of_the_most_probable_classes_is_chosen() {
        let decide = |transform, raw: &[f64]| LightGbmOutput { transform, mean_of: None }.decision(raw);
        assert_eq!(decide(Transform::Sigmoid(1.0), &[1e-3]), Some(1));
        // So close to 0 that the probability is 0.5.
        assert_eq!(decide(Transform::Sigmoid(1.0), &[1e-18]), Some(0));
        assert_eq!(decide(Transform::Sigmoid(1.0), &[f64::NAN]), Some(0));
        assert_eq!(decide(Transform::Softmax, &[1.0, 3.0, 3.0]), Some(1));
        assert_eq!(decide(Transform::Sigmoids(1.0), &[-1.0, f64::NAN, 3.0]), Some(1));
        // Both probabilities are 1.
        assert_eq!(decide(Transform::Sigmoids(1.0), &[50.0, 60.0]), Some(0));
        assert_eq!(decide(Transform::Exp, &[1.0]), None);
    }
}

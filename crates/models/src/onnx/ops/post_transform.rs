//! How classifiers turn scores into probabilities: the attribute `post_transform`.

use crate::{
    error::Result,
    onnx::{
        compile::unsupported_form,
        messages::OnnxNode,
        numbers::{FloatElement, to_single},
    },
};

/// A function of the scores of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PostTransform {
    None,
    Logistic,
    Softmax,
    /// Like `Softmax`, but scores of 0 stay 0.
    SoftmaxZero,
}

impl PostTransform {
    pub(crate) fn of(node: &OnnxNode<'_>) -> Result<Self> {
        match node.attribute("post_transform").and_then(|attribute| attribute.text()) {
            None | Some("NONE") => Ok(Self::None),
            Some("LOGISTIC") => Ok(Self::Logistic),
            Some("SOFTMAX") => Ok(Self::Softmax),
            Some("SOFTMAX_ZERO") => Ok(Self::SoftmaxZero),
            _ => Err(unsupported_form(node, "with a rare post_transform")),
        }
    }

    /// Applies the function to the scores of a row, one per class.
    pub(crate) fn apply(self, scores: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Logistic => scores.iter_mut().for_each(|score| *score = score.sigmoid()),
            Self::Softmax => softmax(scores),
            Self::SoftmaxZero => {
                let largest = largest(scores);
                let scale = to_single((-f64::from(largest)).exp());
                let mut sum = 0.0;
                for score in scores.iter_mut() {
                    if score.abs() > 1e-7 {
                        *score = to_single(f64::from(*score - largest).exp());
                        sum += *score;
                    } else {
                        *score *= scale;
                    }
                }
                scores.iter_mut().for_each(|score| *score /= sum);
            }
        }
    }
}

/// The largest value; the first if none compares as larger.
fn largest<T: FloatElement>(values: &[T]) -> T {
    let first = values.first().copied().unwrap_or(T::ZERO);
    values.iter().fold(first, |largest, value| if *value > largest { *value } else { largest })
}

/// Turns values into their shares of the sum of their exponentials.
pub(super) fn softmax<T: FloatElement>(values: &mut [T]) {
    let largest = largest(values);
    let mut sum = T::ZERO;
    for value in values.iter_mut() {
        *value = T::rounded(T::rounded(value.wide() - largest.wide()).wide().exp());
        sum = T::rounded(sum.wide() + value.wide());
    }
    values.iter_mut().for_each(|value| *value = T::rounded(value.wide() / sum.wide()));
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    fn applied<const N: usize>(transform: PostTransform, mut scores: [f32; N]) -> [f32; N] {
        transform.apply(&mut scores);
        scores
    }

    #[test]
    fn scores_become_probabilities() {
        assert_eq!(applied(PostTransform::None, [3.0, -1.0]), [3.0, -1.0]);
        assert_eq!(applied(PostTransform::Logistic, [0.0, f32::NEG_INFINITY]), [0.5, 0.0]);
        let shares = applied(PostTransform::Softmax, [1000.0, 1000.0, -1000.0]);
        assert_eq!(shares, [0.5, 0.5, 0.0]);
        // As measured with onnxruntime 1.32.
        let [zero, low, high] = applied(PostTransform::SoftmaxZero, [0.0, -0.1, 0.6]);
        assert!(zero == 0.0 && (low - 0.3318).abs() < 1e-4 && (high - 0.6682).abs() < 1e-4, "{low} {high}");
        assert!(applied(PostTransform::Softmax, [f32::NAN, 1.0])[1].is_nan());
    }
}

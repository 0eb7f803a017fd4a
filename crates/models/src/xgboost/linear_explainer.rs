//! Contributions of a linear model's features.

use std::ops::Range;

use super::linear::LinearBooster;
use crate::{error::Result, inputs::Inputs};

/// Contributions of features to the raw outputs of a [`LinearBooster`]: value times weight, as `pred_contribs` gives them.
#[derive(Debug)]
pub(crate) struct LinearExplainer {
    /// What each output starts from.
    pub expected: Vec<f64>,
    features: usize,
}

impl LinearExplainer {
    pub(crate) fn new(model: &LinearBooster) -> Self {
        Self { expected: model.expected(), features: model.features.len() }
    }

    /// Number of values per row.
    pub(crate) fn width(&self) -> usize {
        self.expected.len().saturating_mul(self.features.saturating_add(1))
    }

    /// The mean of |contribution| over rows, per feature, summed over outputs.
    pub(crate) fn importance(&self, model: &LinearBooster, inputs: &Inputs, rows: Range<usize>) -> Result<Vec<f64>> {
        let (mut importance, mut values) = (vec![0.0; self.features], vec![0.0; self.width()]);
        #[expect(clippy::cast_precision_loss, reason = "numbers of rows are far below 2^52")]
        let count = rows.len().max(1) as f64;
        for row in rows {
            model.contributions(inputs, row..row.saturating_add(1), &mut values)?;
            for output in values.chunks_exact(self.features.saturating_add(1)) {
                importance.iter_mut().zip(output).for_each(|(sum, value)| *sum += value.abs());
            }
        }
        importance.iter_mut().for_each(|sum| *sum /= count);
        Ok(importance)
    }

    /// The largest difference between a sum of contributions and the raw output, relative to the largest absolute value
    /// in the row or 1.
    pub(crate) fn gap(&self, values: &[f64], raw: &[f64]) -> f64 {
        let width = self.features.saturating_add(1);
        let gaps = values.chunks_exact(width).zip(raw).map(|(values, raw)| {
            let scale = values.iter().fold(raw.abs().max(1.0), |scale, value| scale.max(value.abs()));
            (values.iter().sum::<f64>() - raw).abs() / scale
        });
        gaps.fold(0.0, f64::max)
    }

    /// Maximum gap of correct values: raw outputs are rounded to 32 bits after each addition.
    pub(crate) fn tolerance(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "numbers of features are far below 2^52")]
        let additions = self.features.saturating_add(1) as f64;
        // A partial sum may exceed the largest contribution by their number.
        f64::from(f32::EPSILON) * additions * additions
    }
}

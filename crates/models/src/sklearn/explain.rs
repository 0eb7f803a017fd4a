//! Contributions of the features of a pipeline to its raw outputs.
//!
//! An estimator's columns are explained, and those that a feature became are added up.

use std::ops::Range;

use super::{
    file::refusal::unsupported,
    pipeline::SklearnPipeline,
    score::{
        program::ColumnBlock,
        scorer::{Estimator, LinearModel, TreeSum},
    },
};
use crate::{
    ensemble::shap::EnsembleShap,
    error::{ModelError, Result},
    inputs::Inputs,
};

/// Prepared contributions of a pipeline's features.
#[derive(Debug)]
pub(crate) struct PipelineShap {
    /// The expected value of each output.
    pub expected: Vec<f64>,
    /// Number of features.
    features: usize,
    /// For each column of the estimator, its feature.
    owners: Vec<usize>,
    /// For each column of a linear estimator, its mean over the background.
    pub means: Vec<f64>,
    /// Contributions of trees, if the estimator consists of trees.
    trees: Option<EnsembleShap>,
    model: [u8; 32],
}

impl PipelineShap {
    /// Maximum [`PipelineShap::gap`] of correct values.
    pub(crate) const TOLERANCE: f64 = 1e-12;

    /// Prepares contributions to a linear model: `coefficient · (value − mean)`, summed over the columns of a feature.
    /// `means`: as [`background_means`] returns them.
    pub(crate) fn linear(model: &SklearnPipeline, means: &[f64]) -> Result<Self> {
        let Estimator::Linear(linear) = &model.scorer.estimator else { return Err(no_contributions(model)) };
        let columns = &model.scorer.columns;
        if means.len() != columns.len() {
            let (have, want) = (means.len(), columns.len());
            return Err(ModelError::new(format!("the model needs the means of {want} columns, but got {have}")));
        }
        let coefficients = linear.coefficients.chunks(columns.len().max(1));
        let expected = coefficients.zip(&linear.intercepts).map(|(coefficients, intercept)| {
            coefficients.iter().zip(means).map(|(by, mean)| by * mean).sum::<f64>() + intercept
        });
        Ok(Self { means: means.to_vec(), ..Self::with_expected(model, expected.collect(), None) })
    }

    /// Prepares SHAP values of trees.
    pub(crate) fn trees(model: &SklearnPipeline) -> Result<Self> {
        let Estimator::Trees(trees) = &model.scorer.estimator else { return Err(no_contributions(model)) };
        let shap = EnsembleShap::new(&trees.ensemble)?;
        let expected = shap.expected.iter().map(|expected| expected / trees.divisor).collect();
        Ok(Self::with_expected(model, expected, Some(shap)))
    }

    fn with_expected(model: &SklearnPipeline, expected: Vec<f64>, trees: Option<EnsembleShap>) -> Self {
        let owners = model.owners();
        Self { expected, features: model.features.len(), owners, means: Vec::new(), trees, model: model.sha256 }
    }

    /// Number of values per row: for each output, one per feature, and the expected value.
    pub(crate) fn width(&self) -> usize {
        self.expected.len().saturating_mul(self.features.saturating_add(1))
    }

    /// Computes the contributions of some rows, [`PipelineShap::width`] per row. Those of a row without a score are NaN.
    pub(crate) fn values(
        &self,
        model: &SklearnPipeline,
        inputs: &Inputs,
        rows: Range<usize>,
        out: &mut [f64],
    ) -> Result<()> {
        if self.model != model.sha256 {
            return Err(ModelError::new("these contributions were prepared for another model"));
        }
        model.for_each_block(inputs, rows, self.width(), out, |block, out| {
            out.fill(0.0);
            match (&model.scorer.estimator, &self.trees) {
                (Estimator::Linear(linear), _) => self.explain_linear(model, linear, block, out),
                (Estimator::Trees(trees), Some(shap)) => self.explain_trees(model, trees, shap, block, out),
                // Not prepared for others.
                _ => out.fill(f64::NAN),
            }
            for (row, out) in out.chunks_exact_mut(self.width().max(1)).enumerate() {
                let lasts = out.chunks_exact_mut(self.features + 1).filter_map(<[f64]>::last_mut);
                lasts.zip(&self.expected).for_each(|(last, expected)| *last = *expected);
                if !model.scorer.accepts(block, row) {
                    out.fill(f64::NAN);
                }
            }
        })
    }

    fn explain_linear(&self, model: &SklearnPipeline, linear: &LinearModel, block: &ColumnBlock, out: &mut [f64]) {
        let columns = &model.scorer.columns;
        for (row, out) in out.chunks_exact_mut(self.width().max(1)).enumerate() {
            let coefficients = linear.coefficients.chunks(columns.len().max(1));
            for (out, coefficients) in out.chunks_exact_mut(self.features + 1).zip(coefficients) {
                let values = columns.iter().zip(&self.means).map(|(column, mean)| block.value(*column, row) - mean);
                for ((owner, by), value) in self.owners.iter().zip(coefficients).zip(values) {
                    out.get_mut(*owner).into_iter().for_each(|sum| *sum += by * value);
                }
            }
        }
    }

    fn explain_trees(
        &self,
        model: &SklearnPipeline,
        trees: &TreeSum,
        shap: &EnsembleShap,
        block: &ColumnBlock,
        out: &mut [f64],
    ) {
        let mut values = vec![0.0; block.rows().saturating_mul(shap.width())];
        shap.values(&trees.ensemble, &block.columns(&model.scorer.columns), 0..block.rows(), &mut values);
        for (out, values) in out.chunks_exact_mut(self.features + 1).zip(values.chunks_exact(self.owners.len() + 1)) {
            for (owner, value) in self.owners.iter().zip(values) {
                out.get_mut(*owner).into_iter().for_each(|sum| *sum += value);
            }
            out.iter_mut().for_each(|sum| *sum /= trees.divisor);
        }
    }

    /// The mean of |contribution| over some rows, per feature, summed over outputs. Rows without a score do not count.
    pub(crate) fn importance(&self, model: &SklearnPipeline, inputs: &Inputs, rows: Range<usize>) -> Result<Vec<f64>> {
        const BLOCK: usize = 256;
        let (mut importance, mut count) = (vec![0.0; self.features], 0.0);
        let mut values = vec![0.0; self.width().saturating_mul(BLOCK.min(rows.len()))];
        for first in rows.clone().step_by(BLOCK) {
            let end = first.saturating_add(BLOCK).min(rows.end);
            let values = values.split_at_mut(self.width().saturating_mul(end - first)).0;
            self.values(model, inputs, first..end, values)?;
            let scored = values.chunks_exact(self.width().max(1)).filter(|row| !row.iter().any(|value| value.is_nan()));
            for row in scored {
                count += 1.0;
                for values in row.chunks_exact(self.features + 1) {
                    importance.iter_mut().zip(values).for_each(|(sum, value)| *sum += value.abs());
                }
            }
        }
        importance.iter_mut().for_each(|sum| *sum /= f64::max(count, 1.0));
        Ok(importance)
    }

    /// The largest difference between a row's sum of contributions and its raw output, relative to the largest absolute
    /// value in the row or 1.
    pub(crate) fn gap(&self, values: &[f64], raw: &[f64]) -> f64 {
        let gaps = values.chunks_exact(self.features + 1).zip(raw).map(|(values, raw)| {
            let size = values.iter().fold(1.0_f64, |size, value| size.max(value.abs()));
            (values.iter().sum::<f64>() - raw).abs() / size
        });
        gaps.fold(0.0, |worst, gap| if gap <= worst { worst } else { gap })
    }
}

/// The means over some rows of the columns that the estimator reads. Rows without a score do not count.
pub(crate) fn background_means(model: &SklearnPipeline, inputs: &Inputs) -> Result<Vec<f64>> {
    let mut sums = vec![0.0; model.scorer.columns.len()];
    let mut count = 0.0;
    model.for_each_block(inputs, 0..inputs.rows(), 0, &mut [], |block, _| {
        for row in (0..block.rows()).filter(|row| model.scorer.accepts(block, *row)) {
            count += 1.0;
            let columns = sums.iter_mut().zip(&model.scorer.columns);
            columns.for_each(|(sum, column)| *sum += block.value(*column, row));
        }
    })?;
    if count == 0.0 {
        return Err(ModelError::new("the background has no row that the model scores"));
    }
    sums.iter_mut().for_each(|sum| *sum /= count);
    Ok(sums)
}

/// Why a model has no contributions, or none without a background.
fn no_contributions(model: &SklearnPipeline) -> ModelError {
    unsupported(match model.scorer.estimator {
        Estimator::Linear(_) => {
            "is linear, so its contributions are differences from means; they need rows of the reference as a background"
        }
        Estimator::Network(_) => {
            "is a neural network, for which no exact contributions are defined; scores are available, explanations are not"
        }
        Estimator::Calibrated(_) => {
            "is a CalibratedClassifierCV, whose probabilities are not sums of contributions; scores are available, \
             explanations are not (explain the classifier inside it instead)"
        }
        Estimator::Trees(_) => "consists of trees, whose contributions need no background",
    })
}

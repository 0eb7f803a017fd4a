//! SHAP values of a model of any family.

use std::ops::Range;

use crate::{
    catboost::Shap,
    ensemble::shap::EnsembleShap,
    error::{ModelError, Result},
    inputs::Inputs,
    model::{Family, Model},
    sklearn::{PipelineShap, explain},
    xgboost::LinearExplainer,
};

/// Explains the raw outputs of a model: how much each feature moves them away from the expected value.
///
/// [`Model::explainer`] prepares it, which takes time and memory once; explaining rows is cheap after that. See the
/// [crate documentation](crate) for an example.
#[derive(Debug)]
pub struct Explainer(Explained);

#[derive(Debug)]
enum Explained {
    CatBoost(Box<Shap>),
    /// With the SHA-256 of the model.
    Trees(Box<EnsembleShap>, [u8; 32]),
    Linear(LinearExplainer),
    Pipeline(Box<PipelineShap>),
}

/// What contributions are differences from, for models that do not know their training data.
#[derive(Debug, Clone, Copy)]
pub enum Background<'b> {
    /// Rows of the reference.
    Rows(&'b Inputs),
    /// [`Explainer::means`] of an explainer that was prepared with rows.
    Means(&'b [f64]),
}

impl Model {
    /// Prepares SHAP values. Fails if they are not defined for this model, or need a background.
    pub fn explainer(&self) -> Result<Explainer> {
        self.explainer_with(None)
    }

    /// Prepares SHAP values. Only linear models need a background; others ignore it.
    pub fn explainer_with(&self, background: Option<Background<'_>>) -> Result<Explainer> {
        Ok(Explainer(match &self.family {
            Family::CatBoost(forest) => Explained::CatBoost(Box::new(Shap::new(forest)?)),
            Family::Trees(model) => Explained::Trees(Box::new(EnsembleShap::new(&model.ensemble)?), model.sha256),
            Family::Linear(model) => Explained::Linear(LinearExplainer::new(model)),
            Family::Sklearn(model) => Explained::Pipeline(Box::new(match background {
                Some(Background::Rows(rows)) if model.is_linear() => {
                    PipelineShap::linear(model, &explain::background_means(model, rows)?)?
                }
                Some(Background::Means(means)) if model.is_linear() => PipelineShap::linear(model, means)?,
                _ => PipelineShap::trees(model)?,
            })),
            Family::Onnx(_) => {
                return Err(ModelError::new(
                    "an ONNX model is not explained, because it does not say how its features and trees belong together; \
                     save the pipeline with `skops.io.dump(pipeline, \"model.skops\")` instead",
                ));
            }
        }))
    }
}

impl Explainer {
    /// The expected value of each explained output: the mean raw output over the training data.
    #[must_use]
    pub fn expected(&self) -> &[f64] {
        match &self.0 {
            Explained::CatBoost(shap) => shap.expected(),
            Explained::Trees(shap, _) => &shap.expected,
            Explained::Linear(linear) => &linear.expected,
            Explained::Pipeline(shap) => &shap.expected,
        }
    }

    /// Number of raw outputs that are explained, which may be fewer than [`Model::output_count`]: classes that did not
    /// occur in training are not explained.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        match &self.0 {
            Explained::CatBoost(shap) => shap.dimensions(),
            Explained::Trees(shap, _) => shap.expected.len(),
            Explained::Linear(linear) => linear.expected.len(),
            Explained::Pipeline(shap) => shap.expected.len(),
        }
    }

    /// The dimension that explains this raw output: its values are the `dimension`-th block of `features + 1` of a row.
    /// `None` if the output is not explained.
    #[must_use]
    pub fn dimension_of(&self, model: &Model, output: usize) -> Option<usize> {
        match (&self.0, &model.family) {
            (Explained::CatBoost(_), Family::CatBoost(forest)) => forest.dimension_of(output),
            _ => (output < self.dimensions()).then_some(output),
        }
    }

    /// Number of values per row: `dimensions · (features + 1)`.
    #[must_use]
    pub fn width(&self) -> usize {
        match &self.0 {
            Explained::CatBoost(shap) => shap.width(),
            Explained::Trees(shap, _) => shap.width(),
            Explained::Linear(linear) => linear.width(),
            Explained::Pipeline(shap) => shap.width(),
        }
    }

    /// Computes the SHAP values of some rows, [`Explainer::width`] per row.
    ///
    /// For each row and dimension: one contribution per feature, in the order of [`Model::features`], then the expected
    /// value. Their sum is the raw output. Several threads may explain different rows of the same inputs.
    pub fn values(&self, model: &Model, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        match (&self.0, &model.family) {
            (Explained::CatBoost(shap), Family::CatBoost(forest)) => shap.values(forest, inputs, rows, out),
            (Explained::Trees(shap, sha256), Family::Trees(model)) if model.sha256 == *sha256 => {
                model.check_rows(inputs, &rows, shap.width(), out.len())?;
                shap.values(&model.ensemble, &inputs.columns, rows, out);
                Ok(())
            }
            (Explained::Linear(_), Family::Linear(model)) => model.contributions(inputs, rows, out),
            (Explained::Pipeline(shap), Family::Sklearn(model)) => shap.values(model, inputs, rows, out),
            _ => Err(other_model()),
        }
    }

    /// Feature importance in units of the raw output: the mean of |SHAP value| over some rows, per feature, summed over
    /// dimensions.
    pub fn importance(&self, model: &Model, inputs: &Inputs, rows: Range<usize>) -> Result<Vec<f64>> {
        match (&self.0, &model.family) {
            (Explained::CatBoost(shap), Family::CatBoost(forest)) => shap.importance(forest, inputs, rows),
            (Explained::Trees(shap, sha256), Family::Trees(model)) if model.sha256 == *sha256 => {
                model.check_rows(inputs, &rows, 0, 0)?;
                Ok(shap.importance(&model.ensemble, &inputs.columns, rows))
            }
            (Explained::Linear(linear), Family::Linear(model)) => linear.importance(model, inputs, rows),
            (Explained::Pipeline(shap), Family::Sklearn(model)) => shap.importance(model, inputs, rows),
            _ => Err(other_model()),
        }
    }

    /// Computes what the SHAP values of some rows add up to, [`Model::output_count`] per row: the raw outputs, but added up
    /// in 64-bit floats even if the library uses 32.
    pub fn sums(&self, model: &Model, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        match (&self.0, &model.family) {
            (Explained::CatBoost(_), Family::CatBoost(forest)) => forest.predict_raw(inputs, rows, out),
            (Explained::Trees(..), Family::Trees(model)) => {
                model.check_rows(inputs, &rows, model.ensemble.outputs(), out.len())?;
                model.ensemble.sums(&inputs.columns, rows, out);
                Ok(())
            }
            (Explained::Linear(_), Family::Linear(model)) => model.predict_raw(inputs, rows, out),
            (Explained::Pipeline(_), Family::Sklearn(model)) => model.predict_raw(inputs, rows, out),
            _ => Err(other_model()),
        }
    }

    /// Self-test: the largest difference between a row's sum of SHAP values and what [`Explainer::sums`] computes, relative
    /// to the largest absolute value in the row or 1. Above [`Explainer::tolerance`], the values are wrong.
    #[must_use]
    pub fn gap(&self, model: &Model, values: &[f64], sums: &[f64]) -> f64 {
        match (&self.0, &model.family) {
            (Explained::CatBoost(shap), Family::CatBoost(forest)) => shap.gap(forest, values, sums),
            (Explained::Trees(shap, _), Family::Trees(_)) => shap.gap(values, sums),
            (Explained::Linear(linear), Family::Linear(_)) => linear.gap(values, sums),
            (Explained::Pipeline(shap), Family::Sklearn(_)) => shap.gap(values, sums),
            _ => f64::INFINITY,
        }
    }

    /// Means of the background, for [`Background::Means`]; empty for a model that needs none.
    #[must_use]
    pub fn means(&self) -> &[f64] {
        match &self.0 {
            Explained::Pipeline(shap) => &shap.means,
            Explained::CatBoost(_) | Explained::Trees(..) | Explained::Linear(_) => &[],
        }
    }

    /// Maximum [`Explainer::gap`] of correct values.
    #[must_use]
    pub fn tolerance(&self) -> f64 {
        match &self.0 {
            Explained::CatBoost(_) => Shap::TOLERANCE,
            Explained::Trees(..) => EnsembleShap::TOLERANCE,
            Explained::Linear(linear) => linear.tolerance(),
            Explained::Pipeline(_) => PipelineShap::TOLERANCE,
        }
    }
}

fn other_model() -> ModelError {
    ModelError::new("this explainer was prepared for another model")
}

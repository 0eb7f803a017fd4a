//! SHAP values of a model of any family.

use std::ops::Range;

use crate::{
    catboost::Shap,
    error::Result,
    inputs::Inputs,
    model::{Family, Model},
};

/// Explains the raw outputs of a model: how much each feature moves them away from the expected value.
///
/// [`Model::explainer`] prepares it, which takes time and memory once; explaining rows is cheap after that. See the
/// [crate documentation](crate) for an example.
#[derive(Debug)]
pub struct Explainer(Explained);

#[derive(Debug)]
enum Explained {
    CatBoost(Shap),
}

impl Model {
    /// Prepares SHAP values. Fails if they are not defined for this model.
    pub fn explainer(&self) -> Result<Explainer> {
        Ok(Explainer(match &self.family {
            Family::CatBoost(forest) => Explained::CatBoost(Shap::new(forest)?),
        }))
    }
}

impl Explainer {
    /// The expected value of each explained output: the mean raw output over the training data.
    #[must_use]
    pub fn expected(&self) -> &[f64] {
        match &self.0 {
            Explained::CatBoost(shap) => shap.expected(),
        }
    }

    /// Number of raw outputs that are explained, which may be fewer than [`Model::output_count`]: classes that did not
    /// occur in training are not explained.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        match &self.0 {
            Explained::CatBoost(shap) => shap.dimensions(),
        }
    }

    /// Number of values per row: `dimensions · (features + 1)`.
    #[must_use]
    pub fn width(&self) -> usize {
        match &self.0 {
            Explained::CatBoost(shap) => shap.width(),
        }
    }

    /// Computes the SHAP values of some rows, [`Explainer::width`] per row.
    ///
    /// For each row and dimension: one contribution per feature, in the order of [`Model::features`], then the expected
    /// value. Their sum is the raw output. Several threads may explain different rows of the same inputs.
    pub fn values(&self, model: &Model, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        match (&self.0, &model.family) {
            (Explained::CatBoost(shap), Family::CatBoost(forest)) => shap.values(forest, inputs, rows, out),
        }
    }

    /// Feature importance in units of the raw output: the mean of |SHAP value| over some rows, per feature, summed over
    /// dimensions.
    pub fn importance(&self, model: &Model, inputs: &Inputs, rows: Range<usize>) -> Result<Vec<f64>> {
        match (&self.0, &model.family) {
            (Explained::CatBoost(shap), Family::CatBoost(forest)) => shap.importance(forest, inputs, rows),
        }
    }

    /// Self-test: the largest difference between a row's sum of SHAP values and its raw output from
    /// [`Model::predict_raw`], relative to the largest absolute value in the row or 1. Above [`Explainer::tolerance`],
    /// the values are wrong.
    #[must_use]
    pub fn gap(&self, model: &Model, values: &[f64], raw: &[f64]) -> f64 {
        match (&self.0, &model.family) {
            (Explained::CatBoost(shap), Family::CatBoost(forest)) => shap.gap(forest, values, raw),
        }
    }

    /// Maximum [`Explainer::gap`] of correct values.
    #[must_use]
    pub fn tolerance(&self) -> f64 {
        match &self.0 {
            Explained::CatBoost(_) => Shap::TOLERANCE,
        }
    }
}

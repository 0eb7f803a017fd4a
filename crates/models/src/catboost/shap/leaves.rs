//! Leaves and their training weights, which SHAP values are computed from.

use crate::{
    catboost::{
        file::refusal::{damaged, unsupported},
        forest::Forest,
    },
    error::Result,
};

/// Returns true if CatBoost treats the weight as 0 (its `FuzzyEquals(1 + weight, 1)`).
pub(crate) fn is_negligible(weight: f64) -> bool {
    weight * 1e13 <= 1.0
}

/// Number of dimensions that are explained. CatBoost leaves out the second dimension of `RMSEWithUncertainty`, a
/// variance.
pub(crate) fn dimensions(forest: &Forest) -> usize {
    if forest.loss == "RMSEWithUncertainty" { forest.dimension.min(1) } else { forest.dimension }
}

/// Refuses models without SHAP values, and those whose SHAP values in CatBoost depend on the set of rows.
pub(crate) fn check(forest: &Forest) -> Result<()> {
    #[expect(clippy::float_cmp, reason = "CatBoost requires exactly 1")]
    if forest.scale != 1.0 {
        return Err(unsupported(format_args!(
            "has a scale of {}, but SHAP values are only defined for a scale of 1 (CatBoost refuses them too); \
             explain the model as it was before `set_scale_and_bias`",
            forest.scale
        )));
    }
    if forest.trees.is_empty() {
        return Ok(());
    }
    if forest.leaf_weights.is_empty() {
        return Err(unsupported(
            "has no leaf weights, which SHAP values require; save it again with the library that trained it",
        ));
    }
    if !forest.leaf_weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0) {
        return Err(damaged("the weight of a leaf is negative or not finite"));
    }
    let leaves = forest.leaf_weights.iter().zip(forest.leaf_values.chunks(forest.dimension));
    let is_zero = |values: &[f64]| values.iter().map(|value| value.abs()).sum::<f64>() < 1e-9;
    if let Some(leaf) = leaves.enumerate().find(|(_, (weight, values))| **weight == 0.0 && !is_zero(values)) {
        return Err(unsupported(format_args!(
            "has a leaf (number {}) with a value but no weight, so its SHAP values would depend on which rows are \
             explained together; train it again, or explain the model it was derived from",
            leaf.0
        )));
    }
    Ok(())
}

/// Weighted means of the leaves of one tree.
#[derive(Debug, PartialEq)]
pub(crate) struct Means {
    /// One mean per dimension.
    pub by_dimension: Vec<f64>,
    /// The mean over dimensions, which CatBoost subtracts from every leaf of a `MultiClass` model; 0 for other models.
    pub offset: f64,
}

impl Means {
    /// Averages the leaves at these indices.
    pub(crate) fn new(forest: &Forest, leaves: impl Iterator<Item = usize>) -> Result<Self> {
        let (mut total, mut by_dimension) = (0.0, vec![0.0; forest.dimension]);
        for leaf in leaves {
            let (weight, values) = leaf_at(forest, leaf);
            total += weight;
            by_dimension.iter_mut().zip(values).for_each(|(mean, value)| *mean += value * weight);
        }
        if is_negligible(total) {
            return Err(unsupported("has a tree that no training row reached, so it has no SHAP values"));
        }
        by_dimension.iter_mut().for_each(|mean| *mean /= total);
        // A model with an unknown loss is treated as `MultiClass`.
        let is_multiclass = by_dimension.len() > 1 && (forest.loss == "MultiClass" || forest.loss.is_empty());
        #[expect(clippy::cast_precision_loss, reason = "there are few dimensions")]
        let offset = if is_multiclass { by_dimension.iter().sum::<f64>() / by_dimension.len() as f64 } else { 0.0 };
        Ok(Self { by_dimension, offset })
    }
}

/// The weight and the values of a leaf.
pub(crate) fn leaf_at(forest: &Forest, leaf: usize) -> (f64, &[f64]) {
    let from = leaf.saturating_mul(forest.dimension);
    let values = forest.leaf_values.get(from..from.saturating_add(forest.dimension)).unwrap_or_default();
    (forest.leaf_weights.get(leaf).copied().unwrap_or(0.0), values)
}

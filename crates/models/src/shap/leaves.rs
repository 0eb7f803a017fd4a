//! What SHAP values stand on: leaves with the weight that training gave them, and what a model must have for that.

use crate::{
    error::Result,
    file::refusal::{damaged, unsupported},
    forest::Forest,
};

/// Whether CatBoost takes a weight for none (its `FuzzyEquals(1 + weight, 1)`).
pub(crate) fn is_none(weight: f64) -> bool {
    weight * 1e13 <= 1.0
}

/// How many dimensions of a leaf are explained. Of two, the second of `RMSEWithUncertainty` is a variance, which
/// CatBoost leaves out.
pub(crate) fn dimensions(forest: &Forest) -> usize {
    if forest.loss == "RMSEWithUncertainty" { forest.dimension.min(1) } else { forest.dimension }
}

/// Refuses what has no SHAP values, or other ones in CatBoost on each set of rows.
pub(crate) fn check(forest: &Forest) -> Result<()> {
    #[expect(clippy::float_cmp, reason = "CatBoost asks for exactly 1")]
    if forest.scale != 1.0 {
        return Err(unsupported(format_args!(
            "has a scale of {}, and SHAP values are only defined for a scale of 1 (CatBoost refuses them too); \
             explain the model before `set_scale_and_bias`",
            forest.scale
        )));
    }
    if forest.trees.is_empty() {
        return Ok(());
    }
    if forest.leaf_weights.is_empty() {
        return Err(unsupported(
            "has no leaf weights, which SHAP values are computed from; save it again with the library that trained it",
        ));
    }
    if !forest.leaf_weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0) {
        return Err(damaged("a leaf's weight is no weight"));
    }
    let leaves = forest.leaf_weights.iter().zip(forest.leaf_values.chunks(forest.dimension));
    let silent = |values: &[f64]| values.iter().map(|value| value.abs()).sum::<f64>() < 1e-9;
    if let Some(leaf) = leaves.enumerate().find(|(_, (weight, values))| **weight == 0.0 && !silent(values)) {
        return Err(unsupported(format_args!(
            "has a leaf (number {}) with a value but without weight, so its SHAP values would depend on which rows are \
             explained together; train it again, or explain the model it was made of",
            leaf.0
        )));
    }
    Ok(())
}

/// What one tree's leaves are on average.
#[derive(Debug, PartialEq)]
pub(crate) struct Means {
    /// By dimension.
    pub of: Vec<f64>,
    /// Over dimensions; what CatBoost takes off each leaf of a `MultiClass` model before it shares the rest, else 0.
    pub taken_off: f64,
}

impl Means {
    /// Of leaves by their numbers.
    pub(crate) fn of(forest: &Forest, leaves: impl Iterator<Item = usize>) -> Result<Self> {
        let (mut total, mut of) = (0.0, vec![0.0; forest.dimension]);
        for leaf in leaves {
            let (weight, values) = read(forest, leaf);
            total += weight;
            of.iter_mut().zip(values).for_each(|(mean, value)| *mean += value * weight);
        }
        if is_none(total) {
            return Err(unsupported("has a tree that no training row reached, so it has no SHAP values"));
        }
        of.iter_mut().for_each(|mean| *mean /= total);
        // A model that does not say its loss is taken for one of classes.
        let is_classes = of.len() > 1 && (forest.loss == "MultiClass" || forest.loss.is_empty());
        #[expect(clippy::cast_precision_loss, reason = "dimensions are few")]
        let taken_off = if is_classes { of.iter().sum::<f64>() / of.len() as f64 } else { 0.0 };
        Ok(Self { of, taken_off })
    }
}

/// Weight and values of a leaf.
pub(crate) fn read(forest: &Forest, leaf: usize) -> (f64, &[f64]) {
    let from = leaf.saturating_mul(forest.dimension);
    let values = forest.leaf_values.get(from..from.saturating_add(forest.dimension)).unwrap_or_default();
    (forest.leaf_weights.get(leaf).copied().unwrap_or(0.0), values)
}

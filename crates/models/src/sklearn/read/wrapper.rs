//! Estimators that score as one inside them does: searches, frozen estimators, and classifiers with a threshold of their own.

use super::transform::{MAX_DEPTH, sklearn_class, steps};
use crate::{
    error::Result,
    sklearn::file::{
        node::{NodeScalar, SkopsNode},
        refusal::{damaged, unfitted, unsupported},
    },
};

/// The estimator inside a wrapper that has the same scores; `None` if it is not such a wrapper.
pub(crate) fn wrapped<'a>(node: &SkopsNode<'a>) -> Result<Option<SkopsNode<'a>>> {
    let attribute = match sklearn_class(node) {
        Some("FrozenEstimator") => "estimator",
        Some("TunedThresholdClassifierCV" | "FixedThresholdClassifier") => "estimator_",
        Some("GridSearchCV" | "RandomizedSearchCV" | "HalvingGridSearchCV" | "HalvingRandomSearchCV") => {
            "best_estimator_"
        }
        _ => return Ok(None),
    };
    if let Some(inner) = node.find(attribute)? {
        return Ok(Some(inner));
    }
    let class = node.class();
    Err(if attribute == "best_estimator_" && node.is_fitted()? {
        unsupported(format_args!(
            "is a {class} without its best estimator, because it was made with refit=False; fit an estimator with \
             `search.best_params_` and save that one: `skops.io.dump(estimator, \"model.skops\")`"
        ))
    } else {
        unfitted(class)
    })
}

/// The probability from which on a model predicts the second of two classes, if a wrapper has one of its own.
pub(crate) fn threshold(node: &SkopsNode<'_>) -> Result<Option<f64>> {
    let mut node = node.clone();
    for _ in 0..=MAX_DEPTH {
        let value = match sklearn_class(&node) {
            Some("TunedThresholdClassifierCV") => Some(node.attribute("best_threshold_")?),
            Some("FixedThresholdClassifier") => Some(node.attribute("threshold")?),
            _ => None,
        };
        if let Some(value) = value {
            return checked_threshold(&node, &value).map(Some);
        }
        node = match (wrapped(&node)?, sklearn_class(&node)) {
            (Some(inner), _) => inner,
            (None, Some("Pipeline")) => steps(&node)?.pop().ok_or_else(|| damaged("a pipeline has no steps"))?,
            _ => return Ok(None),
        };
    }
    Ok(None)
}

fn checked_threshold(node: &SkopsNode<'_>, value: &SkopsNode<'_>) -> Result<f64> {
    let is_probability = matches!(node.text("response_method")?.as_deref(), Some("auto" | "predict_proba"));
    if !is_probability || node.find("pos_label")?.is_some() {
        return Err(unsupported(format_args!(
            "is a {} whose threshold is not one for the probability of the second class; save the classifier inside it: \
             `skops.io.dump(model.estimator_, \"model.skops\")`",
            node.class()
        )));
    }
    match value.scalar()? {
        NodeScalar::Number(threshold) => Ok(threshold),
        NodeScalar::Text(text) if text == "auto" => Ok(0.5),
        _ => Err(damaged("a threshold is not a number")),
    }
}

//! Categorical columns of which a model knows no level, as when lists of levels are assigned to the wrong columns.

use std::collections::BTreeSet;

use vigie_models::{InputKind, Model};
use vigie_profile::{
    batch::texts,
    shown::{listed, shown},
};

use super::rows::FeatureColumns;
use crate::{reference::Training, replay::trained_spelling};

/// Maximum number of levels to compare, and to name.
const COMPARED: usize = 1_000;
const NAMED: usize = 3;

/// A note for each column of which the model knows no level, although its trees read it.
///
/// CatBoost models keep hashes of levels, and do not say which they know.
pub(crate) fn notes(model: &Model, columns: &FeatureColumns, training: &Training) -> Vec<String> {
    if model.replaces_missing_levels() {
        return Vec::new();
    }
    let features = model.features().iter().enumerate().zip(columns.names(training));
    let of_levels = features.filter(|((_, feature), _)| feature.used && feature.kind == InputKind::Categorical);
    of_levels
        .filter_map(|((index, _), name)| {
            let column = training.column(name).ok()?.array()?;
            let levels = texts(&column);
            let distinct: BTreeSet<&str> = levels.iter().flatten().take(COMPARED).collect();
            let is_known = |level: &&str| {
                let spelled = trained_spelling(model, index, level, false);
                spelled.is_none_or(|spelled| model.knows_level(index, &spelled))
            };
            if distinct.is_empty() || distinct.iter().any(is_known) {
                return None;
            }
            Some(format!(
                "The model knows no level of column `{}` ({}), so that all its rows are scored as unseen: check that the \
                 column has the values of training{}.",
                shown(name),
                listed(distinct.iter().copied(), NAMED),
                if model.kind().starts_with("LightGBM") { ", and the order of --categories" } else { "" }
            ))
        })
        .collect()
}

//! The input features that a file lists.

use crate::{
    catboost::file::{
        parts::{FeaturePosition, ModelParts},
        refusal::{damaged, excerpt},
    },
    error::Result,
    feature::{InputKind, ModelFeature},
};

/// Maps the file's indices of features of one kind to positions among all features.
#[derive(Debug)]
pub(crate) struct FeatureIndex {
    /// Index in the file and position among all features, sorted.
    by_index: Vec<(i32, usize)>,
}

impl FeatureIndex {
    /// Position among all features of the feature with this index in the file.
    pub(crate) fn find(&self, index: i32) -> Result<usize> {
        let at = self.by_index.binary_search_by_key(&index, |entry| entry.0);
        let position = at.ok().and_then(|at| self.by_index.get(at)).map(|entry| entry.1);
        position.ok_or_else(|| damaged(format_args!("it uses feature {index}, which it does not list")))
    }
}

/// All features in the order of columns, and the indices of the numeric and the categorical ones.
pub(crate) fn features(parts: &ModelParts) -> Result<(Vec<ModelFeature>, FeatureIndex, FeatureIndex)> {
    let numeric = parts.floats.iter().map(|float| (&float.position, InputKind::Numeric));
    let categorical = parts.levels.iter().map(|level| (&level.position, InputKind::Categorical));
    let mut all: Vec<(usize, &FeaturePosition, InputKind)> = numeric
        .chain(categorical)
        .map(|(position, kind)| match usize::try_from(position.flat) {
            Ok(column) => Ok((column, position, kind)),
            Err(_) => Err(damaged(format_args!("feature {:?} has no column", excerpt(&position.name)))),
        })
        .collect::<Result<_>>()?;
    all.sort_by_key(|entry| entry.0);
    if let Some([first, _]) = all.array_windows().find(|[first, second]| first.0 == second.0) {
        return Err(damaged(format_args!("two features are in column {}", first.0)));
    }
    let index_of = |kind| -> Result<FeatureIndex> {
        let own = all.iter().enumerate().filter(|(_, entry)| entry.2 == kind);
        let mut by_index: Vec<_> = own.map(|(at, entry)| (entry.1.index, at)).collect();
        by_index.sort_unstable();
        match by_index.array_windows().find(|[first, second]| first.0 == second.0) {
            Some([first, _]) => Err(damaged(format_args!("two features have the index {}", first.0))),
            None => Ok(FeatureIndex { by_index }),
        }
    };
    let (numeric, categorical) = (index_of(InputKind::Numeric)?, index_of(InputKind::Categorical)?);
    let features = all.into_iter().map(|(column, position, kind)| ModelFeature {
        name: if position.name.is_empty() { column.to_string() } else { position.name.clone() },
        kind,
        column,
        used: false,
    });
    Ok((features.collect(), numeric, categorical))
}

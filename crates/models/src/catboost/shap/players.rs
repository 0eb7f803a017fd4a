//! The players of the Shapley game.
//!
//! All conditions on one feature form one player, and so do all CTRs of one combination of categorical features, whose
//! contribution is divided evenly among the features. Conditions in the key of a combination are not players. Source:
//! CatBoost's `MapBinFeaturesToClasses`.

use std::collections::BTreeMap;

use crate::{
    catboost::{
        file::refusal::damaged,
        forest::{Forest, bins::BinColumn},
    },
    error::Result,
};

/// The players of a model.
#[derive(Debug)]
pub(crate) struct Players {
    /// The features of each player, as indices into [`Forest::features`].
    pub features: Vec<Vec<usize>>,
    /// The player of each bin column.
    pub by_column: Vec<usize>,
}

impl Players {
    pub(crate) fn new(forest: &Forest) -> Result<Self> {
        let mut numbers: BTreeMap<&[usize], usize> = BTreeMap::new();
        let mut features = Vec::new();
        let mut by_column = Vec::with_capacity(forest.binning.columns.len());
        for column in &forest.binning.columns {
            let own = match column {
                BinColumn::Number { feature, .. } | BinColumn::Level { feature, .. } => std::slice::from_ref(feature),
                BinColumn::Ctr { projection } => {
                    forest.binning.projections.get(*projection).map_or(&[][..], |projection| &projection.features)
                }
            };
            if own.is_empty() {
                return Err(damaged("a CTR has no features"));
            }
            let player = *numbers.entry(own).or_insert_with(|| {
                features.push(own.to_vec());
                features.len().saturating_sub(1)
            });
            by_column.push(player);
        }
        Ok(Self { features, by_column })
    }

    /// The player of a bin column.
    pub(crate) fn player_of(&self, column: u16) -> usize {
        self.by_column.get(usize::from(column)).copied().unwrap_or(0)
    }
}

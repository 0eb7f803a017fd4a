//! Who shares a contribution: what SHAP takes as one player.
//!
//! All conditions on one feature are one player, and so are all CTRs of one combination of categorical features: its
//! contribution is divided evenly among them. Conditions inside a combination's key do not take part. Source:
//! CatBoost's `MapBinFeaturesToClasses`.

use std::collections::BTreeMap;

use crate::{
    error::Result,
    file::refusal::damaged,
    forest::{Forest, bins::BinColumn},
};

#[derive(Debug)]
pub(crate) struct Players {
    /// The features of each player, among [`Forest::features`].
    pub features: Vec<Vec<usize>>,
    /// The player that a bin column belongs to.
    pub of_column: Vec<usize>,
}

impl Players {
    pub(crate) fn of(forest: &Forest) -> Result<Self> {
        let mut numbers: BTreeMap<&[usize], usize> = BTreeMap::new();
        let mut features = Vec::new();
        let mut of_column = Vec::with_capacity(forest.binning.columns.len());
        for column in &forest.binning.columns {
            let own = match column {
                BinColumn::Number { feature, .. } | BinColumn::Level { feature, .. } => std::slice::from_ref(feature),
                BinColumn::Ctr { projection } => {
                    forest.binning.projections.get(*projection).map_or(&[][..], |projection| &projection.features)
                }
            };
            if own.is_empty() {
                return Err(damaged("a CTR counts by no feature"));
            }
            let player = *numbers.entry(own).or_insert_with(|| {
                features.push(own.to_vec());
                features.len().saturating_sub(1)
            });
            of_column.push(player);
        }
        Ok(Self { features, of_column })
    }

    /// The player a condition belongs to.
    pub(crate) fn asked(&self, column: u16) -> usize {
        self.of_column.get(usize::from(column)).copied().unwrap_or(0)
    }
}

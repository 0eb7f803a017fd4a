//! How a model spells a missing level.

use super::{
    Forest,
    bins::{BinColumn, Binning},
    city::level_hash,
    ctr::{element_of_level, extend_key},
};

/// What people write where a level is missing, the unmistakable ones first.
const SPELLINGS: [&str; 9] = ["__MISSING__", "<NA>", "NaT", "NaN", "nan", "None", "NULL", "null", ""];

impl Forest {
    /// The text that stood for a missing level at training, of the feature at this place of [`Forest::features`].
    ///
    /// CatBoost refuses a missing level, so whoever trained the model wrote something. It is the first usual spelling
    /// whose hash the model knows as a level of this feature; the empty text if it knows none of them (then a missing
    /// level is an unseen one).
    #[must_use]
    pub fn missing_level(&self, feature: usize) -> &'static str {
        self.missing_levels.get(feature).copied().unwrap_or_default()
    }

    /// Whether a tree asks for this level, or a table counts it by itself. A level that only ever enters combinations
    /// is not known here.
    #[must_use]
    pub fn knows_level(&self, feature: usize, level: &str) -> bool {
        knows(&self.binning, feature, level)
    }
}

/// The first usual spelling that a feature knows.
pub(crate) fn spelling(binning: &Binning, feature: usize) -> &'static str {
    SPELLINGS.into_iter().find(|spelling| knows(binning, feature, spelling)).unwrap_or_default()
}

fn knows(binning: &Binning, feature: usize, level: &str) -> bool {
    let hash = level_hash(level);
    let key = extend_key(0, element_of_level(hash));
    let listed = binning.columns.iter().any(|column| match column {
        BinColumn::Level { feature: own, levels } if *own == feature => {
            binning.levels.get(levels.clone()).is_some_and(|levels| levels.contains(&hash))
        }
        _ => false,
    });
    let alone = |features: &[usize]| matches!(features, [own] if *own == feature);
    listed
        || binning.projections.iter().any(|projection| {
            alone(&projection.features)
                && projection.splits.is_empty()
                && projection.tables.iter().any(|table| table.has(key))
        })
}

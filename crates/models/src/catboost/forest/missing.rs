//! Guesses which level represents a missing value in a model.

use super::{
    bins::{BinColumn, Binning},
    city::level_hash,
    ctr::{element_of_level, extend_key},
};

/// Usual spellings of a missing level, the least ambiguous first: those that libraries write, then the words with which
/// applications replace a missing value.
pub(crate) const SPELLINGS: [&str; 30] = [
    "__MISSING__",
    "<NA>",
    "NaT",
    "NaN",
    "nan",
    "None",
    "NULL",
    "null",
    "",
    " ",
    "MISSING",
    "Missing",
    "missing",
    "_MISSING_",
    "__missing__",
    "_missing_",
    "__NA__",
    "_NA_",
    "missing_value",
    "MISSING_VALUE",
    "N/A",
    "n/a",
    "XNA",
    "NONE",
    "none",
    "Unknown",
    "UNKNOWN",
    "unknown",
    "NA",
    "na",
];

/// The first usual spelling that is a known level of the feature, or the empty string.
pub(crate) fn missing_level(binning: &Binning, feature: usize) -> &'static str {
    usual_spelling(|spelling| knows_level(binning, feature, spelling))
}

/// The first usual spelling of a missing level that a feature knows, or the empty string.
pub(crate) fn usual_spelling(knows: impl Fn(&str) -> bool) -> &'static str {
    SPELLINGS.into_iter().find(|spelling| knows(spelling)).unwrap_or_default()
}

/// See [`Forest::knows_level`](super::Forest::knows_level).
pub(crate) fn knows_level(binning: &Binning, feature: usize, level: &str) -> bool {
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
                && projection.tables.iter().any(|table| table.contains(key))
        })
}

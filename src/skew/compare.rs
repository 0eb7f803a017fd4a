//! Compares a sample of logged rows with the rows that the feature table holds of the same ids, feature by feature.

use vigie_profile::layout::Feature;

use super::{
    kind::{SkewKind, are_nearly_all},
    levels,
    numbers::{self, NumberPair},
    rows::{FeatureRows, SkewColumn},
};
use crate::drift::CommonValue;

/// Logged inputs compared with the feature table. Counts of rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Skew {
    /// Rows of the window, or of a sample of them.
    pub rows: u64,
    /// Rows without an id to join.
    pub without_id: u64,
    /// Rows whose id is not in the feature table.
    pub not_found: u64,
    /// Rows whose id is in the feature table more than once, which are not compared.
    pub ambiguous: u64,
    /// Ids of these rows that are in the feature table more than once.
    pub duplicates: u64,
    /// Rows that were compared.
    pub compared: u64,
    /// Features that were compared.
    pub features: usize,
    /// Features that the feature table does not have.
    pub not_in_table: Vec<String>,
    /// Features with unequal rows, most first.
    pub unequal: Vec<FeatureSkew>,
}

/// A feature of which logged values are not those of the feature table.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureSkew {
    pub name: String,
    /// Rows that were compared.
    pub compared: u64,
    /// Unequal rows with a value in the feature table only.
    pub missing_in_log: u64,
    /// Unequal rows with a value in the log only.
    pub missing_in_table: u64,
    /// Rows with two different values.
    pub different: u64,
    pub kind: SkewKind,
}

/// Unequal rows of a feature.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unequal {
    pub missing_in_log: u64,
    pub missing_in_table: u64,
    pub different: u64,
}

impl Unequal {
    pub(super) fn rows(self) -> u64 {
        self.missing_in_log + self.missing_in_table + self.different
    }

    /// The kind if nearly all rows lack a value on one side. `constant`: the logged value that nearly all share.
    pub(super) fn of_missing(self, constant: &dyn Fn() -> Option<CommonValue>) -> Option<SkewKind> {
        if are_nearly_all(self.missing_in_log, self.rows()) {
            return Some(SkewKind::MissingInLog);
        }
        are_nearly_all(self.missing_in_table, self.rows()).then(|| match constant() {
            Some(value) => SkewKind::Constant { value, of_missing: true },
            None => SkewKind::MissingInTable,
        })
    }
}

impl FeatureSkew {
    /// Number of unequal rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.missing_in_log + self.missing_in_table + self.different
    }

    /// Share of the rows compared that are unequal.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    pub fn share(&self) -> f64 {
        self.rows() as f64 / (self.compared as f64).max(1.0)
    }
}

impl Skew {
    /// Compares rows of both sides: `pairs` holds their numbers among the logged and the stored rows. Only `features` and
    /// `unequal` and what belongs to them are set; the counts of rows are the caller's.
    #[must_use]
    pub fn compare(
        features: &[Feature],
        (logged, stored): (&FeatureRows, &FeatureRows),
        pairs: &[(usize, usize)],
    ) -> Self {
        let mut skew = Self { compared: pairs.len() as u64, ..Self::default() };
        let columns = logged.columns.iter().zip(&stored.columns).zip(&stored.has_column);
        for (feature, ((logged, stored), is_stored)) in features.iter().zip(columns) {
            if !is_stored {
                skew.not_in_table.push(feature.name.clone());
                continue;
            }
            skew.features += 1;
            let (unequal, kind) = compare_columns(logged, stored, pairs);
            let Unequal { missing_in_log, missing_in_table, different } = unequal;
            skew.unequal.extend(kind.map(|kind| FeatureSkew {
                name: feature.name.clone(),
                compared: skew.compared,
                missing_in_log,
                missing_in_table,
                different,
                kind,
            }));
        }
        skew.unequal.sort_by(|a, b| b.rows().cmp(&a.rows()).then_with(|| a.name.cmp(&b.name)));
        if pairs.is_empty() {
            // Nothing is known of a table of which no row was wanted.
            skew.not_in_table.clear();
        }
        skew
    }
}

fn compare_columns(logged: &SkewColumn, stored: &SkewColumn, pairs: &[(usize, usize)]) -> (Unequal, Option<SkewKind>) {
    match (logged, stored) {
        (SkewColumn::Numbers(logged), SkewColumn::Numbers(stored)) => {
            let value = |values: &[f64], row: usize| values.get(row).copied().unwrap_or(f64::NAN);
            let pairs: Vec<NumberPair> = pairs
                .iter()
                .map(|(own, other)| NumberPair { logged: value(logged, *own), stored: value(stored, *other) })
                .collect();
            numbers::compare(&pairs, &|| logged.clone())
        }
        (SkewColumn::Levels(logged), SkewColumn::Levels(stored)) => {
            let pairs: Vec<levels::LevelPair<'_>> =
                pairs.iter().map(|(own, other)| (logged.level(*own), stored.level(*other))).collect();
            levels::compare(&pairs)
        }
        // Both sides have the features of one layout.
        _ => (Unequal::default(), None),
    }
}

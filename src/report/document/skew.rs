//! The `skew` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sorted::sorted;
use crate::{
    judge::{Severity, SkewCheck, skew_severity},
    report::Report,
    skew::{FeatureSkew, Skew, SkewKind},
};

/// Logged inputs of a sample of the rows, compared with the feature table by id. Counts of rows. Only `reason` has a value if
/// nothing was compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SkewSection {
    /// Rows whose id is in the feature table more than once; they are not compared.
    pub ambiguous: u64,
    /// Rows that were compared.
    pub compared: u64,
    /// Ids of these rows that are in the feature table more than once.
    pub duplicates: u64,
    /// Features with unequal rows, most first.
    #[serde(serialize_with = "sorted")]
    pub features: Vec<ReportedSkew>,
    /// Number of features that were compared.
    pub features_compared: usize,
    /// Rows whose id is not in the feature table.
    pub not_found: u64,
    /// Features that the feature table does not have.
    pub not_in_table: Vec<String>,
    /// Why nothing was compared.
    pub reason: Option<String>,
    /// Rows of the window, or of a sample of them.
    pub rows: u64,
    /// Rows without an id to look up.
    pub without_id: u64,
}

/// A feature of which logged values are not those of the feature table, at the precision of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedSkew {
    pub name: String,
    /// What nearly all unequal rows have in common.
    #[serde(flatten)]
    pub how: SkewKind,
    /// Unequal rows.
    pub unequal: u64,
    /// Share of the compared rows.
    pub share: f64,
    /// Unequal rows with a value in the feature table only.
    pub missing_in_log: u64,
    /// Unequal rows with a value in the log only.
    pub missing_in_table: u64,
    /// Rows with two different values.
    pub different: u64,
    pub severity: Severity,
}

impl SkewSection {
    pub(super) fn new(report: &Report) -> Option<Self> {
        let skew = match &report.skew.as_ref()?.skew {
            Ok(skew) => skew,
            Err(input) => return Some(Self { reason: Some(input.to_string()), ..Self::default() }),
        };
        let Skew { rows, without_id, not_found, ambiguous, duplicates, compared, features, not_in_table, unequal } =
            skew;
        Some(Self {
            ambiguous: *ambiguous,
            compared: *compared,
            duplicates: *duplicates,
            features: unequal.iter().map(|feature| ReportedSkew::new(feature, report)).collect(),
            features_compared: *features,
            not_found: *not_found,
            not_in_table: not_in_table.clone(),
            reason: None,
            rows: *rows,
            without_id: *without_id,
        })
    }

    /// Returns the comparison that the section states, for a revision of the report; `None` if nothing was compared.
    #[must_use]
    pub fn check(&self, names: Vec<String>) -> Option<SkewCheck> {
        let unequal = self.features.iter().map(|feature| feature.skew(self.compared)).collect();
        let skew = Skew {
            rows: self.rows,
            without_id: self.without_id,
            not_found: self.not_found,
            ambiguous: self.ambiguous,
            duplicates: self.duplicates,
            compared: self.compared,
            features: self.features_compared,
            not_in_table: self.not_in_table.clone(),
            unequal,
        };
        self.reason.is_none().then_some(SkewCheck { skew: Ok(skew), names })
    }
}

impl ReportedSkew {
    fn new(feature: &FeatureSkew, report: &Report) -> Self {
        Self {
            name: feature.name.clone(),
            how: feature.kind.clone(),
            unequal: feature.rows(),
            share: feature.share(),
            missing_in_log: feature.missing_in_log,
            missing_in_table: feature.missing_in_table,
            different: feature.different,
            severity: skew_severity(feature, &report.policy),
        }
    }

    fn skew(&self, compared: u64) -> FeatureSkew {
        FeatureSkew {
            name: self.name.clone(),
            compared,
            missing_in_log: self.missing_in_log,
            missing_in_table: self.missing_in_table,
            different: self.different,
            kind: self.how.clone(),
        }
    }
}

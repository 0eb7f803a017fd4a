//! The `skew` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    drift::CommonValue,
    judge::{Severity, SkewCheck, skew_severity},
    report::Report,
    skew::{FeatureSkew, RenamedLevel, Skew, SkewKind},
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

/// A feature of which logged values are not those of the feature table, at the precision of the log. What nearly all unequal rows
/// have in common is `kind`, with the keys that belong to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedSkew {
    /// For kind `offset`: logged values are the table's plus this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<f64>,
    /// Rows with two different values.
    pub different: u64,
    /// For kind `factor`: logged values are the table's times this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    pub kind: ReportedSkewKind,
    /// For kind `renamed`: the commonest levels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<RenamedLevel>,
    /// Unequal rows with a value in the feature table only.
    pub missing_in_log: u64,
    /// Unequal rows with a value in the log only.
    pub missing_in_table: u64,
    /// For kind `renamed`: number of further levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_levels: Option<usize>,
    pub name: String,
    /// For kind `constant`: whether the value is in place of missing ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_missing: Option<bool>,
    pub severity: Severity,
    /// Share of the compared rows.
    pub share: f64,
    /// Unequal rows.
    pub unequal: u64,
    /// For kind `constant`: the logged value; missing if it is a level that may not be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<CommonValue>,
}

/// How the unequal rows of a feature differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportedSkewKind {
    MissingInLog,
    MissingInTable,
    Constant,
    Factor,
    Offset,
    Renamed,
    Other,
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
        let plain = Self {
            by: None,
            different: feature.different,
            factor: None,
            kind: ReportedSkewKind::Other,
            levels: Vec::new(),
            missing_in_log: feature.missing_in_log,
            missing_in_table: feature.missing_in_table,
            more_levels: None,
            name: feature.name.clone(),
            of_missing: None,
            severity: skew_severity(feature, &report.policy),
            share: feature.share(),
            unequal: feature.rows(),
            value: None,
        };
        match &feature.kind {
            SkewKind::MissingInLog => Self { kind: ReportedSkewKind::MissingInLog, ..plain },
            SkewKind::MissingInTable => Self { kind: ReportedSkewKind::MissingInTable, ..plain },
            SkewKind::Constant { value, of_missing } => {
                let value = Some(value.clone()).filter(|value| *value != CommonValue::Level(None));
                Self { kind: ReportedSkewKind::Constant, value, of_missing: Some(*of_missing), ..plain }
            }
            SkewKind::Factor { factor } => Self { kind: ReportedSkewKind::Factor, factor: Some(*factor), ..plain },
            SkewKind::Offset { by } => Self { kind: ReportedSkewKind::Offset, by: Some(*by), ..plain },
            SkewKind::Renamed { levels, more } => {
                let (levels, more) = (levels.clone(), Some(*more));
                Self { kind: ReportedSkewKind::Renamed, levels, more_levels: more, ..plain }
            }
            SkewKind::Other => plain,
        }
    }

    fn skew(&self, compared: u64) -> FeatureSkew {
        let kind = match self.kind {
            ReportedSkewKind::MissingInLog => SkewKind::MissingInLog,
            ReportedSkewKind::MissingInTable => SkewKind::MissingInTable,
            ReportedSkewKind::Constant => SkewKind::Constant {
                value: self.value.clone().unwrap_or(CommonValue::Level(None)),
                of_missing: self.of_missing.unwrap_or_default(),
            },
            ReportedSkewKind::Factor => SkewKind::Factor { factor: self.factor.unwrap_or(1.0) },
            ReportedSkewKind::Offset => SkewKind::Offset { by: self.by.unwrap_or_default() },
            ReportedSkewKind::Renamed => {
                SkewKind::Renamed { levels: self.levels.clone(), more: self.more_levels.unwrap_or_default() }
            }
            ReportedSkewKind::Other => SkewKind::Other,
        };
        FeatureSkew {
            name: self.name.clone(),
            compared,
            missing_in_log: self.missing_in_log,
            missing_in_table: self.missing_in_table,
            different: self.different,
            kind,
        }
    }
}

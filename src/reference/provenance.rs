//! Provenance of a reference, so that an auditor can find the rows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

/// Whether the reference rows were held out of training. Scores on training rows are too optimistic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Holdout {
    Yes,
    No,
    #[default]
    Unknown,
}

/// A file that the reference was learnt from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFile {
    /// File name without folders, so that the path is not disclosed.
    pub name: String,
    pub sha256: String,
    pub rows: u64,
}

/// The outcome column and its share of positive rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The value that is the event; 1 if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    pub name: String,
    /// Share of rows with an outcome that are the event.
    pub share: Option<f64>,
}

/// The model that the reference was learnt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceModel {
    /// SHA-256 of the file alone. Missing in references of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
    /// File name without folders, or the address in the registry.
    pub name: String,
    /// What the file leaves open and the user decided (`iterations`, `class`, …). Empty in references of earlier versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Identity of the score: SHA-256 of the file and the options.
    pub sha256: String,
    /// Number of rows that importance was measured on; 0 if the model has none.
    pub rows_explained: u64,
}

/// How and when a reference was created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    pub created_at: Instant,
    pub vigie_version: String,
    pub files: Vec<SourceFile>,
    pub rows: u64,
    pub columns: usize,
    pub holdout: Holdout,
    pub target: Option<Target>,
    /// Column of the score, logged or computed by the model.
    pub probability: Option<String>,
    /// In its place, the column of the numbers that a regression predicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<String>,
    /// Whether it was imported from distributions and supports only PSI.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reduced: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<SourceModel>,
}

impl Provenance {
    /// Whether the score is a predicted number, so that no decision follows from it.
    #[must_use]
    pub fn has_prediction(&self) -> bool {
        self.prediction.is_some()
    }

    /// Whether the rows are known to be held out of training.
    #[must_use]
    pub fn is_holdout(&self) -> bool {
        self.holdout == Holdout::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// References of earlier versions state neither the hash of the file nor the options.
    #[test]
    fn earlier_models_are_read() {
        let earlier = r#"{"name":"m.cbm","sha256":"ab12","rows_explained":7}"#;
        let model: SourceModel = serde_json::from_str(earlier).unwrap();
        assert_eq!((&*model.name, &*model.sha256, model.rows_explained), ("m.cbm", "ab12", 7));
        assert!(model.file_sha256.is_none() && model.options.is_empty());
        let again: serde_json::Value = serde_json::to_value(&model).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(earlier).unwrap());
    }
}

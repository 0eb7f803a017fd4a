//! Where a reference comes from, so that an auditor can find the rows again.

use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

/// Whether the model saw the reference's rows when it was trained: a score learnt on those is too good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holdout {
    Yes,
    No,
    #[default]
    Unknown,
}

/// A file the reference was learnt from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its name without folders: the machine it was learnt on is nobody's business.
    pub name: String,
    pub sha256: String,
    pub rows: u64,
}

/// The outcome's column and the share of rows in which it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    pub name: String,
    pub share: Option<f64>,
}

/// The model file that says which features matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceModel {
    /// Its name without folders.
    pub name: String,
    pub sha256: String,
    /// Rows that importance was measured on.
    pub rows_explained: u64,
}

/// Who learnt what from where, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    pub created_at: Instant,
    pub vigie_version: String,
    pub files: Vec<SourceFile>,
    pub rows: u64,
    pub columns: usize,
    pub holdout: Holdout,
    pub target: Option<Target>,
    /// The column the score was learnt from, or that the model gave it.
    pub probability: Option<String>,
    /// Whether it was imported as distributions: bins only, so PSI only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reduced: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<SourceModel>,
}

impl Provenance {
    /// Whether the rows are known to be none that the model was trained on.
    #[must_use]
    pub fn is_holdout(&self) -> bool {
        self.holdout == Holdout::Yes
    }
}

//! What a finding about skew states of features that differ in the same way.

use serde::{Deserialize, Serialize};

use super::StoryBlock;
use crate::skew::SkewKind;

/// Features whose logged values differ from the feature table in the same way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SkewCause {
    pub how: SkewKind,
    /// The beginning that all of their names share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<StoryBlock>,
    /// The features with most unequal rows, at most three.
    pub named: Vec<String>,
    /// Number of further ones.
    pub more: usize,
    /// The greatest share of unequal rows.
    pub share: f64,
}

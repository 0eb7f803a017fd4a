//! The `source.fields:` section of the config: the dotted path of each field in a record.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A dotted path, or a list of paths of which the first present one is used.
///
/// A path is first tried as a single name (`emp.var.rate` may be one key), then split at its dots. A value that is JSON
/// text is parsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    One(String),
    First(Vec<String>),
}

impl Default for Paths {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl Paths {
    /// The paths in the order they are tried.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(path) => std::slice::from_ref(path).iter(),
            Self::First(paths) => paths.iter(),
        }
        .map(String::as_str)
    }
}

/// The paths of a number, and a factor to multiply it by (`response_time` in seconds → `scale: 1000`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scaled {
    Plain(Paths),
    Scaled { path: Paths, scale: f64 },
}

impl Scaled {
    #[must_use]
    pub fn paths(&self) -> &Paths {
        match self {
            Self::Plain(paths) | Self::Scaled { path: paths, .. } => paths,
        }
    }

    #[must_use]
    pub fn scale(&self) -> f64 {
        match self {
            Self::Plain(_) => 1.0,
            Self::Scaled { scale, .. } => *scale,
        }
    }
}

/// The `source.fields:` section.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Required, except with `kind: vigie`.
    #[serde(default)]
    pub timestamp: Paths,
    /// An object, JSON text, or an array with `feature_names`. Default: the record's own fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Paths>,
    /// Names of the features if they are a bare array (also accepted under `source:`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_names: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<Scaled>,
    /// In place of a probability, the number that a regression predicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Scaled>,
    /// In place of a probability, the probability of each class, by the name that the class has in the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<BTreeMap<String, Paths>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Paths>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Scaled>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Paths>,
    /// Set (not null, not empty, not false) if the request failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Paths>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Paths>,
    /// Id of the person or thing that the inputs describe, such as the applicant's; joined to `features.id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<Paths>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<Paths>,
    /// Number of the record among those of its writer, without gaps: the daemon counts the records that are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Paths>,
    /// Name of the process that numbered the record. Default: there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<Paths>,
    /// Number of records just before this one that the writer dropped on purpose. They have numbers, too, and are not missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Paths>,
}

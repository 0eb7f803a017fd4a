//! Where in a record each thing stands: dotted paths, the first that is there wins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One dotted path, or a list of them: the first that is there.
///
/// A path is tried as a whole name first (`emp.var.rate` may be one key), then piece by piece; a
/// piece that holds JSON text is read as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    One(String),
    First(Vec<String>),
}

impl Paths {
    /// In the order they are tried.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(path) => std::slice::from_ref(path).iter(),
            Self::First(paths) => paths.iter(),
        }
        .map(String::as_str)
    }
}

/// A number's paths, and what to multiply it by (`response_time` in seconds → `scale: 1000`).
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    pub timestamp: Paths,
    /// An object, a JSON text, or an array with `feature_names`; absent: the columns themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Paths>,
    /// Names of the features when they are a bare array (also understood under `source:`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_names: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<Scaled>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Paths>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Scaled>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Paths>,
    /// Set (not null, not empty, not false) when the request failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Paths>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Paths>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<Paths>,
}

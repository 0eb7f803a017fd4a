//! The `source:` section of the config: where the log is, and the names of its fields.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DatabaseOptions, Fields};

/// Where the log, or the labels, are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    #[default]
    Files,
    Postgres,
}

/// The `source:` section.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceOptions {
    #[serde(default)]
    pub kind: SourceKind,
    /// With `kind: files`: a file, a folder (searched recursively, with Hive partitions) or a glob.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub path: PathBuf,
    #[serde(flatten)]
    pub database: DatabaseOptions,
    /// Keep only records whose field equals the value, or one of a list. The others are not requests to this model:
    /// they count as filtered, not as rejected.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub only: BTreeMap<String, Where>,
    pub fields: Fields,
    /// Time zone of timestamps without one.
    #[serde(default = "utc")]
    pub timestamp_timezone: String,
    /// Names of the features if the log stores them as a bare array or a line of CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_names: Option<Vec<String>>,
}

impl SourceOptions {
    /// All files and folders named here.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let log = (self.kind == SourceKind::Files).then_some(&mut self.path);
        log.into_iter().chain(self.database.paths())
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

/// The value or values that a field must equal, compared in canonical spelling: `200`, `200.0` and `"200"` are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Where {
    OneOf(Vec<Scalar>),
    Equals(Scalar),
}

/// A string, number or boolean in the config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    Bool(bool),
    Integer(i64),
    Real(f64),
    Text(String),
}

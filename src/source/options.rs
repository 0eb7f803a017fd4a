//! The `source:` section of the config: where the log is, and what its fields are called.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DatabaseOptions, Fields};

/// What kind of place the log is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Files,
    Postgres,
}

/// The `source:` section.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    #[serde(default)]
    pub kind: Kind,
    /// Of `kind: files`: a file, a folder (searched deeply, Hive partitions understood) or a glob.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub path: PathBuf,
    #[serde(flatten)]
    pub database: DatabaseOptions,
    /// Keep only records whose field equals the value (or one of a list). The others are not this
    /// model's requests: they are counted as filtered, not as rejected.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub only: BTreeMap<String, Where>,
    pub fields: Fields,
    /// The zone of timestamps that name none.
    #[serde(default = "utc")]
    pub timestamp_timezone: String,
    /// Names of the features when the log holds them as a bare array or a line of CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_names: Option<Vec<String>>,
}

impl Options {
    /// Every file and folder that is named.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let log = (self.kind == Kind::Files).then_some(&mut self.path);
        log.into_iter().chain(self.database.paths())
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

/// The value or values a field must equal. Compared in canonical spelling: `200`, `200.0` and `"200"` are one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Where {
    OneOf(Vec<Scalar>),
    Equals(Scalar),
}

/// A text, number or truth value of the config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    Truth(bool),
    Integer(i64),
    Real(f64),
    Text(String),
}

//! What the registry says about models and versions.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::json::{filled, integer, pairs};

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ModelVersion {
    /// The registered model.
    pub name: String,
    /// 1, 2, 3, …
    #[serde(deserialize_with = "integer")]
    pub version: i64,
    /// `m-` and 32 hexadecimal digits; only MLflow 3.
    #[serde(default, deserialize_with = "filled")]
    pub model_id: Option<String>,
    /// The run that made it.
    #[serde(default, deserialize_with = "filled")]
    pub run_id: Option<String>,
    /// Where it was registered from: `models:/m-…`, `mlflow-artifacts:/…`, `s3://…`. Its files may be elsewhere: see
    /// [`MlflowClient::locate`](crate::MlflowClient::locate).
    #[serde(default)]
    pub source: String,
    /// Milliseconds since 1970.
    #[serde(default, rename = "creation_timestamp", deserialize_with = "integer")]
    pub created_ms: i64,
    /// Milliseconds since 1970.
    #[serde(default, rename = "last_updated_timestamp", deserialize_with = "integer")]
    pub updated_ms: i64,
    /// `Production`, `Staging`, `Archived`; absent for `None`.
    #[serde(default, rename = "current_stage", deserialize_with = "stage")]
    pub stage: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "filled")]
    pub description: Option<String>,
    /// `READY`, `PENDING_REGISTRATION` or `FAILED_REGISTRATION`.
    #[serde(default)]
    pub status: String,
    /// Why registration failed.
    #[serde(default, deserialize_with = "filled")]
    pub status_message: Option<String>,
    /// Tags of the version.
    #[serde(default, deserialize_with = "pairs")]
    pub tags: BTreeMap<String, String>,
    /// Aliases, sorted. Empty in the replies of searches, also if there are any.
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl ModelVersion {
    /// Whether its files are complete.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status.is_empty() || self.status == "READY"
    }

    /// Fills in the model id, which servers state in one of two fields, and sorts aliases.
    pub(crate) fn normalized(mut self) -> Self {
        self.model_id = self.model_id.or_else(|| {
            let id = self.source.strip_prefix("models:/")?;
            (id.starts_with("m-") && !id.contains(['/', '@'])).then(|| id.to_owned())
        });
        self.aliases.sort();
        self
    }
}

fn stage<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(filled(deserializer)?.filter(|stage| stage != "None"))
}

/// A registered model with all its aliases: one call says where each of them points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredModel {
    /// The name.
    pub name: String,
    /// Version by alias.
    pub aliases: BTreeMap<String, i64>,
    /// Tags of the registered model.
    pub tags: BTreeMap<String, String>,
    /// The newest version of each stage; servers that know no stages return the newest version.
    pub latest: Vec<ModelVersion>,
}

/// A logged model of MLflow 3.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LoggedModel {
    /// `m-` and 32 hexadecimal digits.
    pub model_id: String,
    /// The name that it was logged under.
    #[serde(default)]
    pub name: String,
    /// Where its files are.
    #[serde(default)]
    pub artifact_uri: String,
    /// Milliseconds since 1970.
    #[serde(default, rename = "creation_timestamp_ms", deserialize_with = "integer")]
    pub created_ms: i64,
    /// The run that logged it.
    #[serde(default, deserialize_with = "filled")]
    pub source_run_id: Option<String>,
    /// Tags of the logged model.
    #[serde(default, deserialize_with = "pairs")]
    pub tags: BTreeMap<String, String>,
}

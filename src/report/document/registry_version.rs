//! The version of a model in MLflow's registry, as reports name it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version that an address of MLflow's registry meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegistryVersion {
    /// As in the config: `models:/credit-default@champion`.
    pub address: String,
    /// The id that MLflow 3 gives to a logged model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// Name of the registered model.
    pub name: String,
    /// The run that made the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// 1, 2, 3, …
    pub version: i64,
}

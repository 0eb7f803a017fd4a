//! The `features:` section of the config: the table that serving should have read, and the names of its fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::{Paths, PlaceOptions};

/// The `features:` section: the feature table, joined to the log by the id of whom or what the inputs describe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureTableOptions {
    #[serde(flatten)]
    pub place: PlaceOptions,
    /// Column or dotted path of the id that the log has in `source.fields.entity`.
    pub id: String,
    /// The column that holds the features as an object or JSON text. Default: one column per feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Paths>,
}

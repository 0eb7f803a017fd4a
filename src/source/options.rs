//! The `source:` section of the config: where the log is, and the names of its fields.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::batch::{level_of_number, word};

use super::{Fields, PlaceOptions};

/// The `source:` section.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceOptions {
    #[serde(flatten)]
    pub place: PlaceOptions,
    /// Keep only records whose field equals the value, or one of a list. The others are not requests to this model:
    /// they count as filtered, not as rejected.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub only: BTreeMap<String, Where>,
    /// Where a record has what. Required, except with `kind: vigie`, of whose records all but what is named here is known.
    #[serde(default)]
    pub fields: Fields,
    /// Time zone of timestamps without one.
    #[serde(default = "utc")]
    pub timestamp_timezone: String,
    /// Whether the config states that time zone.
    #[serde(skip)]
    pub is_timezone_set: bool,
    /// Names of the features if the log stores them as a bare array or a line of CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_names: Option<Vec<String>>,
}

fn utc() -> String {
    "UTC".to_owned()
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

impl Scalar {
    /// The value as readers spell it in a log; `None` if it stands for a missing value.
    #[must_use]
    pub fn spelled(&self) -> Option<String> {
        match self {
            Self::Bool(flag) => Some(u8::from(*flag).to_string()),
            Self::Integer(integer) => Some(integer.to_string()),
            Self::Real(real) => level_of_number(*real),
            Self::Text(text) => word(text).map(Cow::into_owned),
        }
    }
}

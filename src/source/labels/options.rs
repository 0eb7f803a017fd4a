//! The `labels:` section of the config: where outcomes arrive, and the names of their fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Span;

use crate::source::PlaceOptions;

/// The `labels:` section: outcomes, joined to the log by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelOptions {
    #[serde(flatten)]
    pub place: PlaceOptions,
    /// Column or dotted path of the record's id.
    #[serde(default = "id")]
    pub id: String,
    /// Column or dotted path of the outcome: 0 or 1 (for a regression a number, for several classes one of them), or empty
    /// while it is unknown.
    #[serde(default = "target")]
    pub target: String,
    /// With `kind: postgres`: the column with the time a label was written. Rows written before a window are not read for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// How long after its end a window is checked again when labels arrive.
    #[serde(default = "ninety_days")]
    pub revise: Span,
}

fn ninety_days() -> Span {
    Span::from_days(90)
}

fn id() -> String {
    "request_id".to_owned()
}

fn target() -> String {
    "actual".to_owned()
}

//! The `labels:` section of the config: where outcomes come, and what their fields are called.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Span;

use crate::source::{DatabaseOptions, Kind};

/// The `labels:` section: outcomes, joined to the log by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelOptions {
    #[serde(default)]
    pub kind: Kind,
    /// Of `kind: files`: a file, a folder or a glob, which need not be there yet.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub path: PathBuf,
    #[serde(flatten)]
    pub database: DatabaseOptions,
    /// Where the record's id stands: a column or a dotted path.
    #[serde(default = "id")]
    pub id: String,
    /// Where the outcome stands, 0 or 1; empty as long as there is none.
    #[serde(default = "target")]
    pub target: String,
    /// Of `kind: postgres`: the column that says when a label was written. Rows written before a window are not read for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// So long after its end a window is checked again when labels have come.
    #[serde(default = "ninety_days")]
    pub revise: Span,
}

impl LabelOptions {
    /// Every file and folder that is named.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let files = (self.kind == Kind::Files).then_some(&mut self.path);
        files.into_iter().chain(self.database.paths())
    }
}

fn is_empty(path: &std::path::Path) -> bool {
    path.as_os_str().is_empty()
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

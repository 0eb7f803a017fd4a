//! The `labels:` section of the config: where outcomes arrive, and the names of their fields.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Span;

use crate::source::{DatabaseOptions, SourceKind};

/// The `labels:` section: outcomes, joined to the log by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelOptions {
    #[serde(default)]
    pub kind: SourceKind,
    /// With `kind: files`: a file, a folder or a glob, which may not exist yet.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub path: PathBuf,
    #[serde(flatten)]
    pub database: DatabaseOptions,
    /// Column or dotted path of the record's id.
    #[serde(default = "id")]
    pub id: String,
    /// Column or dotted path of the outcome: 0 or 1, or empty while it is unknown.
    #[serde(default = "target")]
    pub target: String,
    /// With `kind: postgres`: the column with the time a label was written. Rows written before a window are not read for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// How long after its end a window is checked again when labels arrive.
    #[serde(default = "ninety_days")]
    pub revise: Span,
}

impl LabelOptions {
    /// All files and folders named here.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let files = (self.kind == SourceKind::Files).then_some(&mut self.path);
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

//! The `labels:` section of the config: where outcomes come, and what their fields are called.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    source::{DatabaseUrl, Kind, SslMode},
    window::Span,
};

/// The `labels:` section: outcomes, joined to the log by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelOptions {
    #[serde(default)]
    pub kind: Kind,
    /// Of `kind: files`: a file, a folder or a glob, which need not be there yet.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub path: PathBuf,
    /// Of `kind: postgres`, as the keys that follow, all as under `source`. Without it: the database of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<DatabaseUrl>,
    /// A file that holds the password and nothing else. Without it: systemd's credential `postgres-password`, or `~/.pgpass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Without it, what `url` says, or `prefer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sslmode: Option<SslMode>,
    /// The certificates (PEM) of the authorities that `verify-ca` and `verify-full` believe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sslrootcert: Option<PathBuf>,
    /// The table or view of labels, `schema.table`; a name with dots in it stands in double quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Instead of a table: a SELECT whose rows are labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// A read that takes longer is broken off by the server.
    #[serde(default = "ten_minutes")]
    pub statement_timeout: Span,
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
        files.into_iter().chain(&mut self.password_file).chain(&mut self.sslrootcert)
    }
}

fn is_empty(path: &std::path::Path) -> bool {
    path.as_os_str().is_empty()
}

fn ten_minutes() -> Span {
    Span::from_minutes(10)
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

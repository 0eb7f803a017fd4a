//! The `source:` section of the config: where the log is, and what its fields are called.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Fields;
use crate::window::Span;

/// What kind of place the log is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Files,
    Postgres,
}

/// How a connection to a database is secured, as libpq's `sslmode` says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    Disable,
    /// TLS where the server offers it, whoever the server is.
    #[default]
    Prefer,
    /// TLS, whoever the server is (with `sslrootcert`: as `verify-ca`).
    Require,
    /// TLS with a server whose certificate an authority of `sslrootcert` has signed.
    VerifyCa,
    /// As `verify-ca`, and the certificate is made out to the host's name.
    VerifyFull,
}

/// `postgresql://user@host:5432/database`, or `host=… user=… dbname=…`. It may hold a password, and is never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DatabaseUrl(pub(super) String);

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
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
    /// Of `kind: postgres`, as the keys that follow: `postgresql://user@host:5432/database`, or `host=… user=… dbname=…`.
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
    /// The table or view of the log, `schema.table`; a name with dots in it stands in double quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Instead of a table: a SELECT whose rows are the log's records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// A read that takes longer is broken off by the server.
    #[serde(default = "ten_minutes")]
    pub statement_timeout: Span,
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
        log.into_iter().chain(&mut self.password_file).chain(&mut self.sslrootcert)
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

fn ten_minutes() -> Span {
    Span::from_minutes(10)
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

//! Config keys that locate a PostgreSQL table, shared by `source:` and `labels:`.

use std::{fmt, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Span;

/// How a database connection is secured; same meaning as libpq's `sslmode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    Disable,
    /// TLS if the server offers it; the server is not authenticated.
    #[default]
    Prefer,
    /// TLS; the server is not authenticated (with `sslrootcert`: same as `verify-ca`).
    Require,
    /// TLS, and the server's certificate must be signed by a CA in `sslrootcert`.
    VerifyCa,
    /// Same as `verify-ca`, and the certificate must match the host name.
    VerifyFull,
}

/// `postgresql://user@host:5432/database` or `host=… user=… dbname=…`. It may contain a password and is never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DatabaseUrl(pub(super) String);

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Settings of `kind: postgres`: the database, the user, TLS, and the table or query to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseOptions {
    /// With `kind: postgres`, like the keys below: `postgresql://user@host:5432/database` or `host=… user=… dbname=…`.
    /// Labels without a `url` are read from the log's database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<DatabaseUrl>,
    /// File that contains only the password. Default: systemd's credential `postgres-password`, then `~/.pgpass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Default: the `sslmode` in `url`, or `prefer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sslmode: Option<SslMode>,
    /// PEM file of the CA certificates that `verify-ca` and `verify-full` trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sslrootcert: Option<PathBuf>,
    /// The table or view, `schema.table`; a name that contains dots goes in double quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Instead of a table: a SELECT that returns the log's records, or the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The server cancels a query that takes longer.
    #[serde(default = "ten_minutes")]
    pub statement_timeout: Span,
}

impl DatabaseOptions {
    /// All files named here.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.password_file.iter_mut().chain(&mut self.sslrootcert)
    }
}

fn ten_minutes() -> Span {
    Span::from_minutes(10)
}

//! The keys of the config that say where a table of PostgreSQL is: those of `source:`, and the same of `labels:`.

use std::{fmt, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Span;

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

/// Of `kind: postgres`: which database, as whom, secured how, and what is read there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseOptions {
    /// Of `kind: postgres`, as the keys that follow: `postgresql://user@host:5432/database`, or `host=… user=… dbname=…`.
    /// Labels without one stand in the database of the log.
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
    /// The table or view, `schema.table`; a name with dots in it stands in double quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Instead of a table: a SELECT whose rows are the log's records, or labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// A read that takes longer is broken off by the server.
    #[serde(default = "ten_minutes")]
    pub statement_timeout: Span,
}

impl DatabaseOptions {
    /// Every file that is named.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.password_file.iter_mut().chain(&mut self.sslrootcert)
    }
}

fn ten_minutes() -> Span {
    Span::from_minutes(10)
}

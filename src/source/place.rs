//! Where the log or the labels are: the kinds of sources and their config keys, shared by `source:`, `labels:` and `features:`.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vigie_profile::window::Span;

use super::file::{FileForm, FileFormat};
use crate::delimited::CsvForm;

/// Where the log, the labels or the feature table are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceKind {
    #[default]
    Files,
    Postgres,
    /// The log of `vigie serve`, in files or in a table.
    Vigie,
}

/// Where rows are, whichever kind says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowPlace {
    Files,
    Table,
}

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

/// The keys that locate rows, in files or in a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceOptions {
    #[serde(default)]
    pub(super) kind: SourceKind,
    /// With `kind: files` or `vigie`: a file, a folder (searched recursively, with Hive partitions) or a glob. Labels need not
    /// exist yet.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub(super) path: PathBuf,
    /// With `kind: files`: the format of files whose names do not tell it, such as `predictions.log`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<FileFormat>,
    /// With `kind: files`: how CSV is written, if not with commas between cells, decimal points and in UTF-8.
    #[serde(default, skip_serializing_if = "CsvForm::is_default")]
    pub(super) csv: CsvForm,
    /// With a `table` or `query`, like the keys below: `postgresql://user@host:5432/database` or `host=… user=… dbname=…`.
    /// Labels and feature tables without a `url` are read from the log's database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<DatabaseUrl>,
    /// File that contains only the password. Default: systemd's credential `postgres-password`, then `~/.pgpass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password_file: Option<PathBuf>,
    /// Default: the `sslmode` in `url`, or `prefer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sslmode: Option<SslMode>,
    /// PEM file of the CA certificates that `verify-ca` and `verify-full` trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sslrootcert: Option<PathBuf>,
    /// The table or view, `schema.table`; a name that contains dots goes in double quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) table: Option<String>,
    /// Instead of a table: a SELECT that returns the log's records, the labels or the features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) query: Option<String>,
    /// The server cancels a query that takes longer.
    #[serde(default = "ten_minutes")]
    pub(super) statement_timeout: Span,
}

fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

fn ten_minutes() -> Span {
    Span::from_minutes(10)
}

/// The keys that locate a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseServer {
    pub url: Option<DatabaseUrl>,
    pub password_file: Option<PathBuf>,
    pub sslmode: Option<SslMode>,
    pub sslrootcert: Option<PathBuf>,
}

/// A section of the config that has these keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceSection {
    Log,
    Labels,
    /// The feature table.
    Features,
}

/// A file that the config names, other than the log and the labels.
#[derive(Debug, Clone, Copy)]
pub struct RequiredFile<'o> {
    /// The key within its section.
    pub key: &'static str,
    pub path: &'o Path,
    /// How to fix it if it cannot be read.
    pub hint: &'static str,
}

/// Keys of these sections whose values are checked after parsing: paths and database URLs.
pub const LOCATED_KEYS: [&str; 4] = ["path", "url", "password_file", "sslrootcert"];

/// Hints for keys that are missing.
pub const PLACE_HINTS: [(&str, &str); 10] = [
    ("source.path", "set it to the prediction log: a file, a folder or a glob"),
    ("source.url", "set it to the database: `postgresql://vigie@db.example.com:5432/scoring`"),
    ("source.table", "set it to the log's table, or set `query` to a SELECT"),
    ("labels.path", "set it to the labels: a file, a folder or a glob; or remove `labels`"),
    ("labels.url", "set it to the database, as under `source`; optional only if the log is in PostgreSQL"),
    ("labels.table", "set it to the table of labels, or set `query` to a SELECT"),
    ("features.path", "set it to the feature table: a file, a folder or a glob; or remove `features`"),
    ("features.url", "set it to the database, as under `source`; optional only if the log is in PostgreSQL"),
    ("features.table", "set it to the feature table, or set `query` to a SELECT"),
    ("features.id", "set it to the column of the id that the log has in `source.fields.entity`"),
];

/// The kind of a log that `vigie serve` wrote.
pub const OWN_LOG: &str = "vigie";

const DATABASE_KEYS: [&str; 7] = ["url", "password_file", "sslmode", "sslrootcert", "table", "query", "time"];

pub(super) fn is_database(section: &Map<String, Value>) -> bool {
    match section.get("kind").and_then(Value::as_str) {
        Some("postgres") => true,
        Some(OWN_LOG) => ["table", "query"].into_iter().any(|key| section.contains_key(key)),
        _ => false,
    }
}

impl PlaceSection {
    pub const ALL: [Self; 3] = [Self::Log, Self::Labels, Self::Features];

    /// Its name in the config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "source",
            Self::Labels => "labels",
            Self::Features => "features",
        }
    }

    /// Returns whether the section, as far as it has been read, requires a key.
    #[must_use]
    pub fn requires(self, key: &str, section: &Map<String, Value>) -> bool {
        match (is_database(section), key) {
            (false, "path") => true,
            // The others may be in the log's database. Fields of the log of `vigie serve` are known.
            (true, "url") | (_, "fields") => self == Self::Log,
            (true, "table") => !section.contains_key("query"),
            _ => false,
        }
    }
}

/// As [`misplaced_key`], for rows that are joined to the log.
#[must_use]
pub fn misplaced_joined_key(section: &Value) -> Option<(String, String)> {
    let is_log = section.get("kind").and_then(Value::as_str) == Some(OWN_LOG);
    let own = is_log.then(|| {
        let hint = "write `kind: files` or `kind: postgres`";
        ("has the kind `vigie`, which is only for `source`".to_owned(), hint.to_owned())
    });
    own.or_else(|| misplaced_key(section))
}

/// Checks the keys of a section against each other; returns the problem, as a predicate of the section, and a hint.
#[must_use]
pub fn misplaced_key(section: &Value) -> Option<(String, String)> {
    let section = section.as_object()?;
    if is_database(section) {
        if let Some(stray) = ["path", "format", "csv"].into_iter().find(|key| section.contains_key(*key)) {
            return Some((format!("has `{stray}`, which does not apply to a database"), "remove the line".to_owned()));
        }
        return (section.contains_key("table") && section.contains_key("query"))
            .then(|| ("has both `table` and `query`".to_owned(), "keep one of the two".to_owned()));
    }
    let stray = DATABASE_KEYS.into_iter().find(|key| section.contains_key(*key))?;
    let is_own_log = section.get("kind").and_then(Value::as_str) == Some(OWN_LOG);
    let missing = if is_own_log { "`table`" } else { "`kind: postgres`" };
    Some((format!("has `{stray}`, which applies only to a database"), format!("set {missing}, or remove the line")))
}

impl PlaceOptions {
    /// A table of a database; without a `url`, of the log's.
    #[must_use]
    pub fn of_table(table: String, server: DatabaseServer) -> Self {
        let DatabaseServer { url, password_file, sslmode, sslrootcert } = server;
        Self {
            kind: SourceKind::Postgres,
            path: PathBuf::new(),
            format: None,
            csv: CsvForm::default(),
            url,
            password_file,
            sslmode,
            sslrootcert,
            table: Some(table),
            query: None,
            statement_timeout: ten_minutes(),
        }
    }

    /// Where the rows are.
    pub(super) fn rows(&self) -> RowPlace {
        let is_table = match self.kind {
            SourceKind::Files => false,
            SourceKind::Postgres => true,
            SourceKind::Vigie => self.table.is_some() || self.query.is_some(),
        };
        if is_table { RowPlace::Table } else { RowPlace::Files }
    }

    /// What the names of files do not tell.
    pub(super) fn form(&self) -> FileForm {
        FileForm { format: self.format, csv: self.csv }
    }

    /// Returns whether a server has to be reached.
    #[must_use]
    pub fn has_connection(&self) -> bool {
        self.rows() == RowPlace::Table
    }

    /// Returns whether something that could not be read changes the stamp once it can be. A broken file does; a server
    /// recovers unnoticed.
    #[must_use]
    pub fn stamps_show_repairs(&self) -> bool {
        self.rows() == RowPlace::Files
    }

    /// All paths of this host named here.
    pub fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let place = (self.rows() == RowPlace::Files).then_some(&mut self.path);
        place.into_iter().chain(&mut self.password_file).chain(&mut self.sslrootcert)
    }

    /// Files that must be readable, other than the log and the labels.
    pub fn required_files(&self) -> impl Iterator<Item = RequiredFile<'_>> {
        let password = self.password_file.iter().map(|path| RequiredFile {
            key: "password_file",
            path,
            hint: "it must contain only the password; make it readable only by the user that runs vigie",
        });
        password.chain(self.sslrootcert.iter().map(|path| RequiredFile {
            key: "sslrootcert",
            path,
            hint: "set it to the PEM file of the CA that signed the server's certificate",
        }))
    }

    /// For rows that are joined to a log at `log`: the key that is missing, and why it is required.
    #[must_use]
    pub fn missing_key(&self, log: &Self) -> Option<(&'static str, &'static str)> {
        (self.rows() == RowPlace::Table && self.url.is_none() && log.rows() != RowPlace::Table)
            .then_some(("url", "the log is not in a database"))
    }
}

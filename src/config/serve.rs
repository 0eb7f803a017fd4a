//! The `serve:` section: the scoring API and its log.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Span;

use crate::source::{DatabaseServer, DatabaseUrl, PlaceOptions, SslMode};

/// The scoring API of `vigie serve`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServeOptions {
    /// Address and port, for example `127.0.0.1:8080`.
    pub listen: String,
    /// File that contains only the token clients must send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Names by which clients reach the server, besides addresses, `localhost` and this host's name. Without a token, requests
    /// for other names are refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Where requests are logged. No request is answered before it is logged.
    pub log: RequestLogOptions,
    /// What happens to requests that do not fit the model.
    #[serde(default)]
    pub inputs: InputPolicy,
    /// Maximum number of rows in a request.
    #[serde(default = "max_rows")]
    pub max_rows: u32,
    /// Maximum size of a request's body, in KiB.
    #[serde(default = "max_body_kib")]
    pub max_body_kib: u32,
    /// Maximum number of requests that are answered at the same time. More get 503 at once.
    #[serde(default = "max_requests")]
    pub max_requests: u32,
    /// How often the model's address or file is looked up for another version.
    #[serde(default = "refresh")]
    pub refresh: Span,
    /// Remembers features of the feature table. Default: it is asked for every id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_cache: Option<FeatureCacheOptions>,
    /// Folder for files of models from a registry, which serve while it is away. Default: the state folder that systemd gives
    /// the service, otherwise `state`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PathBuf>,
    /// Another model that scores the same requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenger: Option<ChallengerOptions>,
}

/// Features of the feature table that are kept in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureCacheOptions {
    /// No features are used that are older. Records state how old they were, in `features_age_s`.
    pub age: Span,
    /// Maximum size in memory, in MiB. The oldest features are forgotten first.
    #[serde(default = "max_cache_mib")]
    pub max_mib: u32,
}

/// The log of requests: files in a folder, or a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestLogOptions {
    /// Folder for the files, `day=2026-10-14/INSTANCE-N.ndjson`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// Instead of files, a table of PostgreSQL, `schema.table`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Database of the table: `postgresql://user@host:5432/database`. Default: that of `source`.
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
    /// What has happened to a record when its request is answered.
    #[serde(default)]
    pub durability: Durability,
    /// What happens to a request when too many records wait to be written.
    #[serde(default)]
    pub when_full: WhenFull,
    /// Maximum size of a file, in MiB.
    #[serde(default = "max_file_mib")]
    pub max_file_mib: u32,
    /// Inputs that are not logged, such as a name. Features of the model cannot be among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit: Vec<String>,
}

/// What has happened to a record when its request is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The kernel has it: it survives the end of the process.
    #[default]
    Written,
    /// The disk has it: it survives a power loss. Slower.
    Synced,
    /// It waits to be written: it is lost with the process.
    Queued,
}

/// What happens to a request when too many records wait to be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhenFull {
    /// It is refused, with status 503.
    #[default]
    Refuse,
    /// It is answered, and its record is dropped. Sequence numbers show how many are missing.
    Drop,
}

/// What happens to requests that do not fit the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InputPolicy {
    /// Names that are not features of the model.
    pub unknown: Misfit,
    /// Features that the request does not name. (A feature that is null is missing, which is up to the model.)
    pub absent: Misfit,
    /// Levels that are not in the reference, nor known to the model. Without a reference, none is unseen.
    pub unseen: Misfit,
}

impl Default for InputPolicy {
    fn default() -> Self {
        Self { unknown: Misfit::Refuse, absent: Misfit::Refuse, unseen: Misfit::Score }
    }
}

/// What happens to a request with an input that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Misfit {
    /// It is refused, with status 422 and the names.
    Refuse,
    /// It is scored, and the answer names the input in `notes`.
    Score,
}

/// Another model that scores the same requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengerOptions {
    /// Its file, or its address in MLflow's registry.
    pub file: PathBuf,
    /// Its version in the log; `{version}` stands for its number in the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The share of requests that it answers, chosen by a hash of the request's id. Default: none, its scores are only logged.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub share: f64,
    /// Folder of the log of its scores for requests that the champion answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_dir: Option<PathBuf>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

fn max_rows() -> u32 {
    1_000
}

fn max_body_kib() -> u32 {
    8_192
}

fn max_cache_mib() -> u32 {
    64
}

fn max_requests() -> u32 {
    256
}

fn max_file_mib() -> u32 {
    256
}

fn refresh() -> Span {
    Span::from_minutes(1)
}

impl ServeOptions {
    /// Its files and folders, each with the key that names it.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let challenger = self.challenger.as_mut();
        let challenger = challenger.into_iter().flat_map(|own| [Some(&mut own.file), own.log_dir.as_mut()]).flatten();
        let log = &mut self.log;
        let own = [log.dir.as_mut(), log.password_file.as_mut(), log.sslrootcert.as_mut(), self.token_file.as_mut()];
        let own = own.into_iter().chain([self.state.as_mut()]);
        own.flatten().chain(challenger)
    }
}

impl RequestLogOptions {
    /// The table, if records go to one.
    #[must_use]
    pub fn place(&self) -> Option<PlaceOptions> {
        let server = DatabaseServer {
            url: self.url.clone(),
            password_file: self.password_file.clone(),
            sslmode: self.sslmode,
            sslrootcert: self.sslrootcert.clone(),
        };
        Some(PlaceOptions::of_table(self.table.clone()?, server))
    }
}

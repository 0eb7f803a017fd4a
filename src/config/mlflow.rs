//! The `mlflow:` section: which server addresses such as `models:/NAME@champion` are about, and how to log in.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_mlflow::ModelAddress;

use super::secrets::masked;

/// The MLflow server. What is not set is read from the environment, as MLflow's own clients do (`MLFLOW_TRACKING_URI`, …).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MlflowOptions {
    /// Address of the tracking server, such as `http://mlflow:5000`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_uri: Option<String>,
    /// Address of the registry, if it is another server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_uri: Option<String>,
    /// User name for basic authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// File that contains only the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// File that contains only a bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// PEM file with the certificates that may sign the server's, instead of the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// PEM file with the client's certificate chain and private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<PathBuf>,
    /// Workspace of a server that has workspaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Log each run to MLflow: figures, tags and the report, in the experiment `vigie/NAME` of the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tracking: bool,
    /// Hosts (`host:port`) of separate artefact servers that may get the credentials.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifact_hosts: Vec<String>,
}

/// Addresses may contain logins.
impl fmt::Debug for MlflowOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tracking_uri, registry_uri, username, password_file, token_file, tracking, .. } = self;
        f.debug_struct("MlflowOptions")
            .field("tracking_uri", &tracking_uri.as_deref().map(masked))
            .field("registry_uri", &registry_uri.as_deref().map(masked))
            .field("username", username)
            .field("password_file", password_file)
            .field("token_file", token_file)
            .field("tracking", tracking)
            .finish_non_exhaustive()
    }
}

impl MlflowOptions {
    /// Its files, each with the key that names it.
    pub(super) fn files(&mut self) -> impl Iterator<Item = (&'static str, &mut PathBuf)> {
        let files = [
            ("mlflow.password_file", self.password_file.as_mut()),
            ("mlflow.token_file", self.token_file.as_mut()),
            ("mlflow.ca_file", self.ca_file.as_mut()),
            ("mlflow.client_certificate", self.client_certificate.as_mut()),
        ];
        files.into_iter().filter_map(|(key, file)| Some((key, file?)))
    }
}

/// Whether a path is an address in a registry, and not that of a file.
#[must_use]
pub fn is_address(path: &Path) -> bool {
    path.to_str().is_some_and(ModelAddress::is_address)
}

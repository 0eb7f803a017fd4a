//! The client: its servers, and what all calls share.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ureq::http::Method;

use crate::{
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    server_url::{ServerUrl, encoded},
    server_version::ServerVersion,
    settings::{Credentials, MlflowSettings},
    tls::{server_tls, storage_tls},
    wire::{Call, ServerWire},
};

/// A blocking client of an MLflow tracking server and its model registry. Can be shared between threads.
pub struct MlflowClient {
    settings: MlflowSettings,
    tracking: Arc<ServerWire>,
    registry: Arc<ServerWire>,
    /// The tracking server's version, once it is known.
    version: Mutex<Option<ServerVersion>>,
}

impl fmt::Debug for MlflowClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MlflowClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl MlflowClient {
    /// Checks the settings and reads secrets and certificates. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Setup`: a setting is missing or wrong, or one of its files is unusable.
    pub fn new(settings: MlflowSettings) -> Result<Self> {
        let uri = settings.tracking_uri.as_deref().ok_or_else(|| {
            MlflowError::setup("the address of the MLflow server is not set; set MLFLOW_TRACKING_URI or tracking_uri")
        })?;
        if !settings.artifact_hosts.iter().all(|host| ServerUrl::is_authority(host)) {
            return Err(MlflowError::setup(
                "artifact_hosts has an entry that is neither a host nor host:port; write it without scheme, login and path, as \
                 artifacts.example.com:5500",
            ));
        }
        let tls = server_tls(&settings)?;
        let wire = |uri: &str, place: &str| -> Result<Arc<ServerWire>> {
            let (url, credentials) = settings.server(uri, place)?;
            let workspace = settings.workspace.as_deref();
            Ok(Arc::new(ServerWire::new(url, &credentials, workspace, &tls, settings.limits)?))
        };
        let tracking = wire(uri, "MLFLOW_TRACKING_URI (or tracking_uri)")?;
        let registry = match settings.registry_uri.as_deref().filter(|registry| *registry != uri) {
            Some(uri) => wire(uri, "MLFLOW_REGISTRY_URI (or registry_uri)")?,
            None => Arc::clone(&tracking),
        };
        Ok(Self { tracking, registry, version: Mutex::new(None), settings })
    }

    /// The address of the tracking server, without user information.
    #[must_use]
    pub fn server(&self) -> String {
        self.tracking.url().to_string()
    }

    /// The address of the registry, without user information.
    #[must_use]
    pub fn registry_server(&self) -> String {
        self.registry.url().to_string()
    }

    /// The version of the tracking server. Asked for once; later calls return the same.
    ///
    /// # Errors
    ///
    /// As every call; `BadReply` if it is not an MLflow server.
    pub fn server_version(&self) -> Result<ServerVersion> {
        let mut known = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(version) = &*known {
            return Ok(version.clone());
        }
        let url = self.tracking.url();
        let purpose = "asking for the version of the MLflow server";
        let text = self.tracking.text(&Call::get(url.join("/version"), purpose))?;
        let version = ServerVersion::parse(&text).ok_or_else(|| {
            MlflowError::new(
                Kind::BadReply,
                format!("{purpose}: {url} replies something else; check that this is the address of an MLflow server"),
            )
        })?;
        *known = Some(version.clone());
        Ok(version)
    }

    pub(crate) fn tracking(&self) -> &ServerWire {
        &self.tracking
    }

    pub(crate) fn registry(&self) -> &ServerWire {
        &self.registry
    }

    /// A separate artefact server. It gets the credentials only if the settings list its host.
    pub(crate) fn artifact_server(&self, authority: &str) -> Result<Arc<ServerWire>> {
        let authority = authority.to_ascii_lowercase();
        if authority == self.tracking.url().authority() {
            return Ok(Arc::clone(&self.tracking));
        }
        let url = self.tracking.url().with_authority(&authority)?;
        let is_trusted = self.settings.artifact_hosts.iter().any(|host| host.eq_ignore_ascii_case(&authority));
        let credentials = match &self.settings.tracking_uri {
            Some(uri) if is_trusted => self.settings.server(uri, "MLFLOW_TRACKING_URI (or tracking_uri)")?.1,
            _ => Credentials::None,
        };
        let tls = server_tls(&self.settings)?;
        let workspace = self.settings.workspace.as_deref();
        Ok(Arc::new(ServerWire::new(url, &credentials, workspace, &tls, self.settings.limits)?))
    }

    /// Storage at a signed address, which gets no credentials.
    pub(crate) fn storage(&self, origin: &str) -> Result<ServerWire> {
        let url = ServerUrl::parse(origin, "the signed address")?.0;
        ServerWire::new(url, &Credentials::None, None, &storage_tls(&self.settings)?, self.settings.limits)
    }
}

/// The address of a call of MLflow's REST API 2.0.
pub(crate) fn api(wire: &ServerWire, call: &str, query: &[(&str, &str)]) -> String {
    let query: Vec<String> = query.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    wire.url().join(&format!("/api/2.0/mlflow/{call}{mark}{}", query.join("&")))
}

/// A POST that changes nothing when it is sent twice.
pub(crate) fn post<'a>(wire: &ServerWire, call: &str, body: &serde_json::Value, purpose: &'a str) -> Result<Call<'a>> {
    Call::json(Method::POST, api(wire, call, &[]), body, purpose)
}

/// A DELETE that changes nothing when it is sent twice.
pub(crate) fn delete<'a>(
    wire: &ServerWire,
    call: &str,
    body: &serde_json::Value,
    purpose: &'a str,
) -> Result<Call<'a>> {
    Call::json(Method::DELETE, api(wire, call, &[]), body, purpose)
}

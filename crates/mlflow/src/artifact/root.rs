//! Where the files of a model or run are, and by which way they are reached.

use std::{fmt, path::PathBuf};

use serde::Deserialize;

use crate::{
    address::is_plain_path,
    client::{MlflowClient, api},
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    registry::ResolvedModel,
    server_url::{origin_of, percent_decoded},
    tracking::TrackedRun,
    wire::Call,
};

/// Levels of a run's folder below the one in which the folder of all artefacts is. MLflow creates that one with the first file.
const RUN_LEVELS: usize = 4;

/// A folder of files in MLflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRoot {
    uri: String,
    pub(super) access: RootAccess,
}

/// The way to the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RootAccess {
    /// The server passes files through, for reading and writing.
    Proxy { host: Option<String>, path: String },
    /// A folder of this machine.
    Folder(PathBuf),
    /// Other storage, which the server reads for us.
    Server(Route),
}

/// By which of its calls the server reads files of other storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Version { name: String, version: i64, run_id: Option<String>, model_id: Option<String> },
    Run { run_id: String, path: String },
    Logged { model_id: String },
}

impl ArtifactRoot {
    /// Where the files are: `mlflow-artifacts:/1/models/m-…/artifacts`, `s3://bucket/…`, `/data/mlruns/…`.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Whether [`MlflowClient::upload_artifact`] can write there.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        !matches!(self.access, RootAccess::Server(_))
    }
}

impl fmt::Display for ArtifactRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

#[derive(Deserialize)]
struct DownloadUri {
    artifact_uri: String,
}

impl MlflowClient {
    /// Finds the folder that contains a model's `MLmodel`.
    ///
    /// # Errors
    ///
    /// `Unsupported`: storage that neither the server nor this client can read; as every call.
    pub fn locate(&self, model: &ResolvedModel) -> Result<ArtifactRoot> {
        match model {
            ResolvedModel::Version(version) => {
                if !version.is_ready() {
                    let status = version.status_message.as_deref().unwrap_or(&version.status);
                    return Err(MlflowError::new(
                        Kind::NotFound,
                        format!(
                            "version {} of the model {:?} is not ready ({status}); wait, or register it again",
                            version.version, version.name
                        ),
                    ));
                }
                let purpose =
                    format!("finding the files of version {} of the model {:?}", version.version, version.name);
                let query = [("name", version.name.as_str()), ("version", &version.version.to_string())];
                let url = api(self.registry(), "model-versions/get-download-uri", &query);
                let reply: DownloadUri = self.registry().json(&Call::get(url, &purpose))?;
                self.root(
                    &reply.artifact_uri,
                    Route::Version {
                        name: version.name.clone(),
                        version: version.version,
                        run_id: version.run_id.clone(),
                        model_id: version.model_id.clone(),
                    },
                )
            }
            ResolvedModel::Logged(model) => {
                self.root(&model.artifact_uri, Route::Logged { model_id: model.model_id.clone() })
            }
            ResolvedModel::Run { run_id, artifact_uri, path } => {
                let uri = format!("{}/{path}", artifact_uri.trim_end_matches('/'));
                self.root(&uri, Route::Run { run_id: run_id.clone(), path: path.clone() })
            }
        }
    }

    /// The folder of a run's artefacts.
    ///
    /// # Errors
    ///
    /// `Unsupported`: storage that neither the server nor this client can read.
    pub fn run_root(&self, run: &TrackedRun) -> Result<ArtifactRoot> {
        self.root(&run.artifact_uri, Route::Run { run_id: run.run_id.clone(), path: String::new() })
    }

    fn root(&self, uri: &str, route: Route) -> Result<ArtifactRoot> {
        let uri = uri.trim_end_matches('/');
        let shown = || if uri.contains("://") { origin_of(uri) } else { uri.chars().take(200).collect() };
        let access = if let Some(rest) = uri.strip_prefix("mlflow-artifacts:") {
            let (host, path) = match rest.strip_prefix("//") {
                Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
                None => ("", rest.trim_start_matches('/')),
            };
            if !is_plain_path(path) {
                return Err(MlflowError::new(
                    Kind::Unsupported,
                    format!("the files are at an address that is not valid ({}); register the model again", shown()),
                ));
            }
            RootAccess::Proxy { host: (!host.is_empty()).then(|| host.to_owned()), path: path.to_owned() }
        } else if uri.starts_with("dbfs:") {
            return Err(MlflowError::new(
                Kind::Unsupported,
                format!("the files are on Databricks ({}), which is not supported; export the model's file", shown()),
            ));
        } else {
            let is_run = matches!(&route, Route::Run { path, .. } if path.is_empty());
            match self.local_folder(uri, is_run) {
                Some(folder) => RootAccess::Folder(folder),
                None => RootAccess::Server(route),
            }
        };
        Ok(ArtifactRoot { uri: uri.to_owned(), access })
    }

    /// A path is a folder of this machine only if the server runs here, too. That of a run's own files (`ROOT/EXPERIMENT/RUN/
    /// artifacts`) does not exist before the first of them is written, so it counts if one of the folders around it exists.
    fn local_folder(&self, uri: &str, is_run: bool) -> Option<PathBuf> {
        let path = match uri.strip_prefix("file:") {
            Some(rest) => percent_decoded(rest.strip_prefix("//localhost").or(rest.strip_prefix("//")).unwrap_or(rest)),
            None => uri.to_owned(),
        };
        let folder = PathBuf::from(path);
        let around = folder.ancestors().skip(1).take(if is_run { RUN_LEVELS } else { 0 });
        let exists = folder.is_dir() || around.into_iter().any(|parent| parent.parent().is_some() && parent.is_dir());
        (folder.is_absolute() && self.tracking().url().is_local() && exists).then_some(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::MlflowSettings;

    fn root(server: &str, uri: &str) -> Result<ArtifactRoot> {
        let settings = MlflowSettings { tracking_uri: Some(server.to_owned()), ..MlflowSettings::default() };
        MlflowClient::new(settings).unwrap().root(uri, Route::Logged { model_id: "m-1".to_owned() })
    }

    #[test]
    fn each_kind_of_address_has_its_way() {
        let server = "http://127.0.0.1:1";
        let proxy = |host: Option<&str>, path: &str| RootAccess::Proxy {
            host: host.map(ToOwned::to_owned),
            path: path.to_owned(),
        };
        assert_eq!(
            root(server, "mlflow-artifacts:/1/models/x y/artifacts/").unwrap().access,
            proxy(None, "1/models/x y/artifacts")
        );
        assert_eq!(root(server, "mlflow-artifacts://h:5/a/b").unwrap().access, proxy(Some("h:5"), "a/b"));
        assert!(root(server, "mlflow-artifacts:/a/../b").is_err());
        assert!(root(server, "mlflow-artifacts:/a/%2e%2e/b").is_err());
        assert!(root(server, "dbfs:/x").unwrap_err().to_string().contains("Databricks"));
        assert!(!root(server, "s3://u:p@bucket/x").unwrap().is_writable());

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        for uri in
            [path.to_owned(), format!("file:{path}"), format!("file://{path}"), format!("file://localhost{path}")]
        {
            assert_eq!(root(server, &uri).unwrap().access, RootAccess::Folder(folder.path().to_owned()), "{uri}");
            // If the server runs on another machine, it has to read the files.
            assert!(matches!(root("http://192.0.2.1", &uri).unwrap().access, RootAccess::Server(_)), "{uri}");
        }
        assert!(matches!(root(server, "/does/not/exist").unwrap().access, RootAccess::Server(_)));

        // The folder of a run, which does not exist yet.
        let run = |server: &str, uri: &str| {
            let settings = MlflowSettings { tracking_uri: Some(server.to_owned()), ..MlflowSettings::default() };
            let run = TrackedRun { artifact_uri: uri.to_owned(), ..TrackedRun::default() };
            MlflowClient::new(settings).unwrap().run_root(&run).unwrap().access
        };
        let new = format!("{path}/1/0a1b/artifacts");
        assert_eq!(run(server, &new), RootAccess::Folder(PathBuf::from(&new)));
        assert!(matches!(run("http://192.0.2.1", &new), RootAccess::Server(_)));
        let root_too = format!("{path}/mlruns/1/0a1b/artifacts");
        assert_eq!(run(server, &root_too), RootAccess::Folder(PathBuf::from(&root_too)));
        for uri in
            [format!("{path}/absent/mlruns/1/0a1b/artifacts"), "/1/0a1b/artifacts".to_owned(), "s3://b/1".to_owned()]
        {
            assert!(matches!(run(server, &uri), RootAccess::Server(_)), "{uri}");
        }
        assert!(matches!(root(server, &new).unwrap().access, RootAccess::Server(_)), "a model's folder");
    }
}

//! Downloading files.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::json;
use tempfile::NamedTempFile;

use super::root::{ArtifactRoot, RootAccess, Route};
use crate::{
    address::is_plain_path,
    client::{MlflowClient, post},
    error::{MlflowError, MlflowErrorKind as Kind, Result},
    server_url::{encoded, encoded_path, origin_of},
    sink::{FetchedArtifact, Passing, Sink, copy},
    wire::{Call, ServerWire},
};

/// Where storage serves a file without credentials of ours.
#[derive(Deserialize)]
struct SignedAddress {
    #[serde(alias = "url")]
    presigned_url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl MlflowClient {
    /// Reads a small file into memory. `path`: relative to the root. `limit`: bytes.
    ///
    /// # Errors
    ///
    /// `NotFound`, `TooLarge`; as every call.
    pub fn read_artifact(&self, root: &ArtifactRoot, path: &str, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.fetch(root, path, limit, &mut bytes)?;
        Ok(bytes)
    }

    /// Streams a file into a writer. After the first byte, a failed attempt is not repeated, and the writer has a part.
    ///
    /// # Errors
    ///
    /// `NotFound`, `TooLarge`, `Local`; as every call.
    pub fn stream_artifact(
        &self,
        root: &ArtifactRoot,
        path: &str,
        limit: u64,
        writer: &mut dyn Write,
    ) -> Result<FetchedArtifact> {
        self.fetch(root, path, limit, &mut Passing { writer, has_passed: false })
    }

    /// Downloads to a file, which appears, or replaces another, only when it is complete.
    ///
    /// # Errors
    ///
    /// `NotFound`, `TooLarge`, `Local`; as every call.
    pub fn download_artifact(
        &self,
        root: &ArtifactRoot,
        path: &str,
        limit: u64,
        file: &Path,
    ) -> Result<FetchedArtifact> {
        let (fetched, part) = self.download_part(root, path, limit, folder_of(file))?;
        persist(part, file)?;
        Ok(fetched)
    }

    /// Downloads to a file named by the SHA-256 of its content. A file that is there already is left as it is, unless it
    /// is damaged.
    ///
    /// # Errors
    ///
    /// `NotFound`, `TooLarge`, `Local`; as every call.
    pub fn keep_artifact(
        &self,
        root: &ArtifactRoot,
        path: &str,
        limit: u64,
        folder: &Path,
    ) -> Result<(FetchedArtifact, PathBuf)> {
        let (fetched, part) = self.download_part(root, path, limit, folder)?;
        let file = folder.join(&fetched.sha256);
        let is_there = File::open(&file).is_ok_and(|mut kept| {
            let cut = |error: io::Error| MlflowError::new(Kind::Local, error.to_string());
            copy(&mut kept, None, fetched.size, &mut Nowhere, "", cut).is_ok_and(|kept| kept == fetched)
        });
        if !is_there {
            persist(part, &file)?;
        }
        Ok((fetched, file))
    }

    fn download_part(
        &self,
        root: &ArtifactRoot,
        path: &str,
        limit: u64,
        folder: &Path,
    ) -> Result<(FetchedArtifact, NamedTempFile)> {
        let mut part = tempfile::Builder::new()
            .prefix(".mlflow-")
            .suffix(".part")
            .tempfile_in(folder)
            .map_err(|error| local(folder, &error))?;
        let fetched = self.fetch(root, path, limit, part.as_file_mut())?;
        Ok((fetched, part))
    }

    fn fetch(&self, root: &ArtifactRoot, path: &str, limit: u64, sink: &mut dyn Sink) -> Result<FetchedArtifact> {
        let purpose = format!("reading {path:?} below {root}");
        if !is_plain_path(path) {
            return Err(MlflowError::new(
                Kind::Refused,
                format!("{purpose}: the path is not a relative path of a file"),
            ));
        }
        match &root.access {
            RootAccess::Folder(folder) => copy_file(&folder.join(path), limit, sink, &purpose),
            RootAccess::Proxy { host, path: folder } => {
                let wire = self.proxy(host.as_deref())?;
                let url = proxied(&wire, folder, path);
                wire.download(&Call::get(url, &purpose), &[], limit, sink)
            }
            RootAccess::Server(route) => {
                let (wire, url) = self.server_route(route, path);
                match wire.download(&Call::get(url, &purpose), &[], limit, sink) {
                    // These calls are outside MLflow's REST API, so a gateway may not pass them.
                    Err(error) if error.kind() == Kind::Unsupported => self
                        .fetch_signed(root, route, path, limit, sink, &purpose)
                        .map_err(|signed| match signed.kind() {
                            Kind::Unsupported | Kind::NotFound => unreadable(root, &purpose, &error),
                            _ => signed,
                        }),
                    result => result,
                }
            }
        }
    }

    pub(super) fn proxy(&self, host: Option<&str>) -> Result<Arc<ServerWire>> {
        self.artifact_server(host.unwrap_or(self.tracking().url().authority()))
    }

    fn server_route(&self, route: &Route, path: &str) -> (&ServerWire, String) {
        let (wire, call) = match route {
            Route::Version { name, version, .. } => (
                self.registry(),
                format!("/model-versions/get-artifact?name={}&version={version}&path={}", encoded(name), encoded(path)),
            ),
            Route::Run { run_id, path: folder } => {
                let path = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
                (self.tracking(), format!("/get-artifact?run_id={}&path={}", encoded(run_id), encoded(&path)))
            }
            Route::Logged { model_id } => (
                self.tracking(),
                format!(
                    "/ajax-api/2.0/mlflow/logged-models/{}/artifacts/files?artifact_file_path={}",
                    encoded(model_id),
                    encoded(path)
                ),
            ),
        };
        (wire, wire.url().join(&call))
    }

    /// Asks the server for a signed address of a run's file in S3 or alike, and downloads from there without credentials.
    fn fetch_signed(
        &self,
        root: &ArtifactRoot,
        route: &Route,
        path: &str,
        limit: u64,
        sink: &mut dyn Sink,
        purpose: &str,
    ) -> Result<FetchedArtifact> {
        let (run_id, folder) = match route {
            Route::Run { run_id, path } => (run_id, path.clone()),
            Route::Version { run_id: Some(run_id), .. } => (run_id, self.below_run(run_id, root, purpose)?),
            _ => return Err(MlflowError::new(Kind::Unsupported, String::new())),
        };
        let path = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        let body = json!({"run_id": run_id, "path": path});
        let signed: SignedAddress =
            self.tracking().json(&post(self.tracking(), "artifacts/presigned-download-url", &body, purpose)?)?;
        let storage = self.storage(&origin_of(&signed.presigned_url))?;
        let headers: Vec<_> = signed.headers.into_iter().collect();
        storage.download(&Call::get(signed.presigned_url, purpose), &headers, limit, sink)
    }
}

struct Nowhere;

impl Sink for Nowhere {
    fn restart(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn put(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// The address of a file that the server passes through.
pub(super) fn proxied(wire: &ServerWire, folder: &str, path: &str) -> String {
    wire.url().join(&format!("/api/2.0/mlflow-artifacts/artifacts/{}/{}", encoded_path(folder), encoded_path(path)))
}

fn unreadable(root: &ArtifactRoot, purpose: &str, error: &MlflowError) -> MlflowError {
    MlflowError::new(
        Kind::Unsupported,
        format!(
            "{purpose}: the server passes on neither the files of {} nor signed addresses for them; start it with \
             --serve-artifacts, or give the model's file by its path ({error})",
            origin_of(root.uri())
        ),
    )
}

fn copy_file(file: &Path, limit: u64, sink: &mut dyn Sink, purpose: &str) -> Result<FetchedArtifact> {
    let cannot = |error: io::Error| {
        let kind = if error.kind() == io::ErrorKind::NotFound { Kind::NotFound } else { Kind::Local };
        MlflowError::new(kind, format!("{purpose}: {}: {error}", file.display()))
    };
    let mut open = File::open(file).map_err(cannot)?;
    let metadata = open.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err(cannot(io::ErrorKind::IsADirectory.into()));
    }
    copy(&mut open, Some(metadata.len()), limit, sink, purpose, cannot)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives a complete temporary file its name, after its content is on disk.
pub(super) fn persist(part: NamedTempFile, file: &Path) -> Result<()> {
    part.as_file().sync_all().map_err(|error| local(file, &error))?;
    part.persist(file).map_err(|error| local(file, &error.error))?;
    File::open(folder_of(file)).and_then(|folder| folder.sync_all()).map_err(|error| local(file, &error))
}

fn local(file: &Path, error: &io::Error) -> MlflowError {
    MlflowError::new(Kind::Local, format!("{}: {error}; check the folder's permissions and free space", file.display()))
}

/// Creates a file with this content in one step.
pub(super) fn write_file(file: &Path, content: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    let folder = folder_of(file);
    fs::create_dir_all(folder).map_err(|error| local(folder, &error))?;
    let mut part = NamedTempFile::new_in(folder).map_err(|error| local(folder, &error))?;
    content(part.as_file_mut()).map_err(|error| local(file, &error))?;
    persist(part, file)
}
